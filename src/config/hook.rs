//! `[[hook]]`: events out (product C16), and what such an entry may say but not mean.

use std::collections::HashSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::check::check_secret;
use super::problem::Problem;
use super::suggest::nearest;

/// Every event there is. A hook chooses some by name, all of a kind by `booking.*`, or all by `*`.
pub const EVENTS: [&str; 19] = [
    "contact.created",
    "contact.updated",
    "contact.status_changed",
    "contact.merged",
    "contact.deleted",
    "booking.requested",
    "booking.scheduled",
    "booking.rescheduled",
    "booking.reassigned",
    "booking.updated",
    "booking.completed",
    "booking.canceled",
    "booking.no_show",
    "conversation.started",
    "conversation.updated",
    "conversation.closed",
    "conversation.abandoned",
    "form.submitted",
    "sync.failed",
];

/// The longest that a receiver may take, in seconds.
const LONGEST_TIMEOUT: u64 = 60;

/// One receiver of events: an address, or a program on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hook {
    /// What people call it; deliveries are kept under this name.
    pub name: String,
    /// Which events: names, `booking.*`, or `*`.
    pub events: Vec<String>,
    /// Filter over contacts; empty: everybody.
    pub filter: String,
    /// Where signed JSON is sent; empty: to a program.
    pub url: String,
    /// The program and its arguments, with JSON on its standard input; empty: to an address.
    pub command: Vec<String>,
    /// Environment variable that holds the secret of the signature.
    pub secret_env: String,
    /// File (mode 0600) that holds it; counts before the variable. Empty: none.
    pub secret_file: String,
    /// How long the receiver may take for one event.
    pub timeout_seconds: u64,
    /// Changes by these actors are not told: `api:NAME` of a program that would answer itself.
    pub ignore_actors: Vec<String>,
    /// Also tell what our own sync changed.
    pub own_sync: bool,
    /// False: nothing is told, and what happens meanwhile is not told later.
    pub enabled: bool,
}

impl Default for Hook {
    fn default() -> Self {
        Self {
            name: String::new(),
            events: Vec::new(),
            filter: String::new(),
            url: String::new(),
            command: Vec::new(),
            secret_env: "ROLODECK_HOOK_SECRET".into(),
            secret_file: String::new(),
            timeout_seconds: 10,
            ignore_actors: Vec::new(),
            own_sync: false,
            enabled: true,
        }
    }
}

impl Hook {
    /// True if the hook chose this event.
    pub fn wants(&self, event: &str) -> bool {
        self.events.iter().any(|pattern| fits(pattern, event))
    }
}

fn fits(pattern: &str, event: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => event.starts_with(start),
        None => pattern == event,
    }
}

/// Everything wrong with the hooks. Their filters are another room's.
pub(super) fn check_hooks(hooks: &[Hook], found: &mut Vec<Problem>) {
    let mut names = HashSet::new();
    for (i, hook) in hooks.iter().enumerate() {
        let key = |name: &str| format!("hook[{i}].{name}");
        if hook.name.trim().is_empty() {
            found.push(Problem::error(key("name"), "a hook needs a name").hint("its deliveries are kept under it"));
        } else if !names.insert(hook.name.trim()) {
            let message = format!("there are two hooks `{}`", hook.name);
            found.push(Problem::error(key("name"), message).hint("give each its own name"));
        }
        if hook.events.is_empty() {
            let hint = "name some, as in [\"contact.status_changed\", \"booking.*\"], or [\"*\"] for all";
            found.push(Problem::error(key("events"), "a hook needs events").hint(hint));
        }
        for pattern in &hook.events {
            if !EVENTS.iter().any(|event| fits(pattern, event)) {
                let hint = nearest(pattern, EVENTS).map_or_else(
                    || "docs/hooks.md lists the events".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                found.push(Problem::error(key("events"), format!("there is no event `{pattern}`")).hint(hint));
            }
        }
        match (hook.url.is_empty(), hook.command.is_empty()) {
            (true, true) => found.push(
                Problem::error(key("url"), "a hook needs a receiver").hint("set `url`, or `command` for a program"),
            ),
            (false, false) => found
                .push(Problem::error(key("command"), "a hook has one receiver").hint("set either `url` or `command`")),
            (false, true) => check_receiver(&key("url"), &hook.url, found),
            (true, false) => {
                if hook.command[0].trim().is_empty() {
                    let hint = "the program first, then its arguments: [\"/usr/local/bin/notify\", \"--quiet\"]";
                    found.push(Problem::error(key("command"), "no program is named").hint(hint));
                }
            }
        }
        if !(1..=LONGEST_TIMEOUT).contains(&hook.timeout_seconds) {
            let message = format!("{} is not between 1 and {LONGEST_TIMEOUT}", hook.timeout_seconds);
            found.push(Problem::error(key("timeout_seconds"), message).hint("10 is the default"));
        }
        check_secret(&format!("hook[{i}]"), &hook.secret_env, &hook.secret_file, found);
        if !hook.url.is_empty() && hook.secret_env.is_empty() && hook.secret_file.is_empty() {
            let hint = "name a variable or file with a secret that the receiver knows too";
            found.push(Problem::error(key("secret_env"), "nothing to sign the events with").hint(hint));
        }
    }
}

/// What goes out tells of people: https, or to this machine.
fn check_receiver(key: &str, url: &str, found: &mut Vec<Problem>) {
    // The address itself is not repeated: with some services it is as good as a password.
    let hint = "write it as in \"https://example.test/rolodeck\"; http is for 127.0.0.1 alone";
    let Ok(parsed) = reqwest::Url::parse(url) else {
        found.push(Problem::error(key, "not a web address").hint(hint));
        return;
    };
    let host = parsed.host_str().unwrap_or_default();
    let loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match parsed.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => found.push(Problem::error(key, "people's data would go out unencrypted").hint(hint)),
        _ => found.push(Problem::error(key, "not a web address").hint(hint)),
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        let hint = "the signature tells the receiver who sends; leave the part before @ out";
        found.push(Problem::error(key, "a user name or password in the address").hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let hook: Hook = toml::from_str(text).unwrap();
        let mut found = Vec::new();
        check_hooks(&[hook], &mut found);
        found.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn a_hook_is_a_name_events_and_one_receiver() {
        let good = "name = \"crm\"\nevents = [\"booking.*\", \"contact.created\"]\n";
        assert_eq!(problems(&format!("{good}url = \"https://crm.test/in\"")), Vec::<String>::new());
        assert_eq!(problems(&format!("{good}url = \"http://127.0.0.1:9/in\"")), Vec::<String>::new());
        assert_eq!(problems(&format!("{good}url = \"http://[::1]:9/in\"")), Vec::<String>::new());
        assert_eq!(problems(&format!("{good}command = [\"/bin/cat\"]")), Vec::<String>::new());
        for (more, message) in [
            ("url = \"http://crm.test/in\"", "people's data would go out unencrypted"),
            ("url = \"ftp://crm.test/in\"", "not a web address"),
            ("url = \"crm\"", "not a web address"),
            ("url = \"https://a:b@crm.test\"", "a user name or password in the address"),
            ("", "a hook needs a receiver"),
            ("url = \"https://crm.test\"\ncommand = [\"x\"]", "a hook has one receiver"),
            ("command = [\" \"]", "no program is named"),
            ("url = \"https://crm.test\"\nsecret_env = \"\"", "nothing to sign the events with"),
            ("url = \"https://crm.test\"\ntimeout_seconds = 0", "0 is not between 1 and 60"),
        ] {
            assert_eq!(problems(&format!("{good}{more}")), [message], "{more}");
        }
        assert_eq!(
            problems("url = \"https://crm.test\"\nevents = [\"contact.status_chnged\"]"),
            ["a hook needs a name", "there is no event `contact.status_chnged`"]
        );
    }

    #[test]
    fn events_are_chosen_by_name_kind_or_all() {
        let hook = |events: &[&str]| Hook { events: events.iter().map(|&e| e.to_owned()).collect(), ..Hook::default() };
        assert!(hook(&["*"]).wants("sync.failed"));
        assert!(hook(&["booking.*"]).wants("booking.canceled"));
        assert!(!hook(&["booking.*"]).wants("contact.created"));
        assert!(hook(&["contact.merged"]).wants("contact.merged"));
        assert!(!hook(&["contact.merged"]).wants("contact.merge"));
        assert!(!hook(&[]).wants("contact.created"));
    }
}
