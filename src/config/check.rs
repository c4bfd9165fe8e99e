//! What a configuration may say but not mean.

use std::collections::HashSet;

use super::hook::check_hooks;
use super::problem::Problem;
use super::suggest::nearest;
use super::{Auth, Config, Operation, Profile, Record, Salesforce, Serve, Sync, Target, User, WriteRule, zone};
use crate::domain::Email;

/// Everything wrong or doubtful in a configuration whose syntax and types are right.
/// Filters (`sync.gate`, `sync.profile[].when`) are not looked into: their language is another room's.
pub fn check(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let found = &mut problems;
    check_user(&config.user, found);
    if !config.identity.default_country.is_empty() && config.identity.country().is_none() {
        let message = format!("`{}` is not a country code", config.identity.default_country);
        let hint = "use two letters as in \"US\" or \"NO\", or \"\" for none";
        found.push(Problem::error("identity.default_country", message).hint(hint));
    }
    check_salesforce(&config.salesforce, found);
    check_sync(&config.sync, found);
    // It may lead over parents: `Region__r.Owner__c`.
    for part in config.owner_lookup.account_field.split('.') {
        check_api_name("owner_lookup.account_field", part, found);
    }
    check_api_name("owner_lookup.sub_region_field", &config.owner_lookup.sub_region_field, found);
    for (i, rule) in config.owner_lookup.rules.iter().enumerate() {
        let key = format!("owner_lookup.rule[{i}].field");
        check_api_name(&key, &rule.field, found);
        if rule.field.is_empty() {
            found.push(Problem::error(key, "a rule needs a field").hint("use Salesforce's API name, as in \"Type\""));
        }
    }
    check_serve(&config.serve, found);
    check_secret("source.calcom", &config.source.calcom.secret_env, &config.source.calcom.secret_file, found);
    check_secret("source.oncehub", &config.source.oncehub.secret_env, &config.source.oncehub.secret_file, found);
    check_hooks(&config.hooks, found);
    let (calcom, oncehub) = (&config.source.calcom, &config.source.oncehub);
    for (key, url, seconds) in [
        ("source.calcom", &calcom.api_url, calcom.poll_seconds),
        ("source.oncehub", &oncehub.api_url, oncehub.poll_seconds),
    ] {
        check_url(&format!("{key}.api_url"), url, found);
        if seconds < 30 {
            let message = format!("{seconds} seconds are too short for the source's limits");
            found.push(Problem::error(format!("{key}.poll_seconds"), message).hint("set it to 30 or more"));
        }
    }
    problems
}

/// What keeps secrets from being read; looks at files and the environment. A webhook's variable that is not set is no
/// problem: not everyone receives from every program.
pub fn check_secrets(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, secret) in [
        ("source.calcom.secret_file", config.source.calcom.secret()),
        ("source.oncehub.secret_file", config.source.oncehub.secret()),
        ("source.calcom.api_key_file", config.source.calcom.api_key()),
        ("source.oncehub.api_key_file", config.source.oncehub.api_key()),
    ] {
        if let Err(error) = secret {
            problems
                .push(Problem::error(key, error.to_string()).hint("make it a text file of mode 0600 that is yours"));
        }
    }
    for (key, polled, secret) in [
        ("source.calcom.poll", config.source.calcom.poll, config.source.calcom.api_key()),
        ("source.oncehub.poll", config.source.oncehub.poll, config.source.oncehub.api_key()),
    ] {
        if polled && matches!(secret, Ok(None)) {
            problems.push(
                Problem::warning(key, "there is no API key to poll with").hint("set api_key_env or api_key_file"),
            );
        }
    }
    for (i, hook) in config.hooks.iter().enumerate().filter(|(_, hook)| hook.enabled && !hook.url.is_empty()) {
        let key = |name: &str| format!("hook[{i}].{name}");
        match hook.secret() {
            Ok(Some(_)) => {}
            Ok(None) => problems.push(
                Problem::warning(key("secret_env"), format!("{} is not set", hook.secret_env))
                    .hint("events wait until there is a secret to sign them with"),
            ),
            Err(error) => problems.push(
                Problem::error(key("secret_file"), error.to_string())
                    .hint("make it a text file of mode 0600 that is yours"),
            ),
        }
    }
    let salesforce = &config.salesforce;
    for (key, used, secret) in [
        ("salesforce.client_secret_file", true, salesforce.client_secret()),
        ("salesforce.refresh_token_file", salesforce.auth == Auth::RefreshToken, salesforce.refresh_token()),
        ("salesforce.private_key_file", salesforce.auth == Auth::Jwt, salesforce.private_key()),
    ] {
        if let (true, Err(error)) = (used, secret) {
            problems
                .push(Problem::error(key, error.to_string()).hint("make it a text file of mode 0600 that is yours"));
        }
    }
    if config.salesforce.auth == Auth::AccessToken && !matches!(config.salesforce.access_token(), Ok(Some(_))) {
        let message = format!("auth = \"access_token\", and {} is not set", config.salesforce.access_token_source());
        problems.push(Problem::warning("salesforce.auth", message).hint("set it before you start rolodeck"));
    }
    problems
}

fn check_user(user: &User, found: &mut Vec<Problem>) {
    check_email("user.email", &user.email, found);
    let name = &user.time_zone;
    if !name.is_empty() && zone::get(name).is_none() {
        let names: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let hint = nearest(name, names.iter().map(String::as_str))
            .map_or("use an IANA name such as \"Europe/Oslo\", or \"\" for the system's zone".into(), |meant| {
                format!("did you mean `{meant}`?")
            });
        found.push(Problem::error("user.time_zone", format!("unknown time zone `{name}`")).hint(hint));
    }
}

fn check_email(key: &str, text: &str, found: &mut Vec<Problem>) {
    if let (false, Err(error)) = (text.is_empty(), Email::parse(text)) {
        found.push(Problem::error(key, error.to_string()).hint("write an address, or \"\" for none"));
    }
}

fn check_salesforce(salesforce: &Salesforce, found: &mut Vec<Problem>) {
    check_url("salesforce.login_url", &salesforce.login_url, found);
    if !salesforce.instance_url.is_empty() {
        check_url("salesforce.instance_url", &salesforce.instance_url, found);
    } else if salesforce.auth == Auth::AccessToken {
        let message = "auth = \"access_token\" needs to know where the org answers";
        let hint = "set it as in \"https://example.my.salesforce.com\"";
        found.push(Problem::error("salesforce.instance_url", message).hint(hint));
    }
    check_login(salesforce, found);
    let version = &salesforce.api_version;
    let number = version.strip_suffix(".0").filter(|number| number.len() <= 3).and_then(|n| n.parse::<u16>().ok());
    if number.is_none_or(|number| number < 31) {
        let hint = "write it as in \"66.0\"";
        let message = format!("`{version}` is not an API version that Salesforce still serves");
        found.push(Problem::error("salesforce.api_version", message).hint(hint));
    }
}

/// What each way of logging in needs. Nothing at all in `[salesforce]` is no problem: rolodeck works without an org.
fn check_login(salesforce: &Salesforce, found: &mut Vec<Problem>) {
    let name = salesforce.auth.name();
    let mut need = |key: &str, value: &str, hint: &str| {
        if value.trim().is_empty() {
            let message = format!("auth = \"{name}\" needs {key}");
            found.push(Problem::error(format!("salesforce.{key}"), message).hint(hint));
        }
    };
    let app = "set it to the consumer key of the app in Salesforce";
    match salesforce.auth {
        Auth::Pkce | Auth::SfCli | Auth::AccessToken => {}
        Auth::RefreshToken => need("client_id", &salesforce.client_id, app),
        Auth::Jwt => {
            need("client_id", &salesforce.client_id, app);
            need("username", &salesforce.username, "set it to the username of the integration user");
            need("private_key_file", &salesforce.private_key_file, "name the PEM file of the app's private key");
        }
        Auth::ClientCredentials => {
            need("client_id", &salesforce.client_id, app);
            let shared = ["https://login.salesforce.com", "https://test.salesforce.com"];
            if shared.contains(&salesforce.login_url.trim_end_matches('/')) {
                let message = "client credentials are granted at the org's own address alone";
                let hint = "set it to My Domain, as in \"https://example.my.salesforce.com\"";
                found.push(Problem::error("salesforce.login_url", message).hint(hint));
            }
        }
    }
    if salesforce.callback_port == 0 {
        let hint = "use the port of the app's callback address, as in 1717";
        found.push(Problem::error("salesforce.callback_port", "0 is no port to come back to").hint(hint));
    }
}

/// A base address: https, or http to this machine; no path, no user.
fn check_url(key: &str, url: &str, found: &mut Vec<Problem>) {
    let hint = "write scheme and host alone, as in \"https://example.my.salesforce.com\"";
    let Some((scheme, rest)) = url.split_once("://") else {
        found.push(Problem::error(key, format!("`{url}` is not a web address")).hint(hint));
        return;
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<std::net::IpAddr>().ok();
    let host_is_good = address.is_some()
        || (!host.is_empty() && host.split('.').all(|label| !label.is_empty()) && is_made_of(host, "-."));
    if !host_is_good || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        found.push(Problem::error(key, format!("`{url}` is not a web address of a host alone")).hint(hint));
        return;
    }
    let loopback = bare == "localhost" || address.is_some_and(|address| address.is_loopback());
    match scheme {
        "https" => {}
        "http" if loopback => {}
        "http" => {
            let message = format!("`{url}` would send tokens in clear text");
            found.push(Problem::error(key, message).hint("use https; http is for this machine alone"));
        }
        _ => found.push(Problem::error(key, format!("`{scheme}` is not a scheme for Salesforce")).hint(hint)),
    }
}

fn is_made_of(text: &str, more: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

fn check_api_name(key: &str, name: &str, found: &mut Vec<Problem>) {
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic()) && is_made_of(name, "_");
    if !name.is_empty() && !good {
        let message = format!("`{name}` is not the API name of a field");
        found.push(Problem::error(key, message).hint("use Salesforce's API name, as in \"No_Show__c\""));
    }
}

fn check_sync(sync: &Sync, found: &mut Vec<Problem>) {
    if sync.interval_seconds == 0 {
        let problem = Problem::error("sync.interval_seconds", "an interval of 0 seconds never rests");
        found.push(problem.hint("use 1 or more"));
    }
    if !(1..=100).contains(&sync.api_share_percent) {
        let message = format!("{} is not a share of the allowance", sync.api_share_percent);
        found.push(Problem::error("sync.api_share_percent", message).hint("use a percentage from 1 to 100"));
    }
    check_api_name("sync.external_id_field", &sync.external_id_field, found);
    check_email("sync.default_owner", &sync.default_owner, found);
    let mut names = HashSet::new();
    let mut catches_all: Option<&str> = None;
    for (i, profile) in sync.profiles.iter().enumerate() {
        let key = |name: &str| format!("sync.profile[{i}].{name}");
        if profile.name.trim().is_empty() {
            found.push(Problem::error(key("name"), "a profile needs a name").hint("the plan and the log show it"));
        } else if !names.insert(profile.name.trim()) {
            let message = format!("there are two profiles `{}`", profile.name);
            found.push(Problem::error(key("name"), message).hint("give each its own name"));
        }
        if let Some(earlier) = catches_all {
            let message = format!("never reached: `{earlier}` before it takes every activity");
            let hint = "the first profile that matches counts: give that one a `when`, or move it to the end";
            found.push(Problem::warning(key("when"), message).hint(hint));
        } else if profile.when.trim().is_empty() {
            catches_all = Some(&profile.name);
        }
        check_profile(profile, &key, found);
    }
}

fn check_profile(profile: &Profile, key: &dyn Fn(&str) -> String, found: &mut Vec<Problem>) {
    let defaults = Profile::defaults(profile.base);
    for (name, set, default, needs, fits) in [
        (
            "skip_creation",
            profile.skip_creation,
            defaults.skip_creation,
            "record = \"contact\"",
            profile.record == Record::Contact,
        ),
        (
            "lead_checks_contact",
            profile.lead_checks_contact,
            defaults.lead_checks_contact,
            "record = \"lead\"",
            profile.record == Record::Lead,
        ),
        (
            "contact_under_account",
            profile.contact_under_account,
            defaults.contact_under_account,
            "record = \"lead\" or \"account\"",
            profile.record != Record::Contact,
        ),
        (
            "lead_when_no_account",
            profile.lead_when_no_account,
            defaults.lead_when_no_account,
            "record = \"account\"",
            profile.record == Record::Account,
        ),
    ] {
        if set && !default && !fits {
            let problem = Problem::warning(key(name), format!("`{name}` has no effect here"));
            found.push(problem.hint(format!("it needs {needs}")));
        }
    }
    check_api_name(&key("no_show_field"), &profile.no_show_field, found);
    check_api_name(&key("sub_region_field"), &profile.sub_region_field, found);
    for (i, rule) in profile.write.iter().enumerate() {
        check_rule(rule, &|name| key(&format!("write[{i}].{name}")), found);
    }
}

fn check_rule(rule: &WriteRule, key: &dyn Fn(&str) -> String, found: &mut Vec<Problem>) {
    if rule.field.is_empty() {
        found.push(Problem::error(key("field"), "a write rule needs a field").hint("use Salesforce's API name"));
    }
    check_api_name(&key("field"), &rule.field, found);
    if rule.value.trim().is_empty() {
        let hint = "blank values never clear a field; use a literal or a template such as \"{answer}\"";
        found.push(Problem::error(key("value"), "a write rule needs a value").hint(hint));
    }
    let hint = match (rule.object, rule.on) {
        (Target::Lead | Target::Contact, Operation::Cancel) => "use object = \"person\" for what a cancellation writes",
        (Target::Person, Operation::Update) => "use object = \"lead\" or \"contact\" for what an update writes",
        _ => return,
    };
    found.push(Problem::error(key("on"), "no such occasion for this object").hint(hint));
}

fn check_serve(serve: &Serve, found: &mut Vec<Problem>) {
    if !serve.listen.ip().is_loopback() {
        let message = format!("{} can be reached from other machines", serve.listen);
        let hint = "listen on 127.0.0.1 behind a proxy that speaks TLS, unless you mean it";
        found.push(Problem::warning("serve.listen", message).hint(hint));
    }
    if !(1..=10_000).contains(&serve.requests_per_second) {
        let message = format!("{} is not between 1 and 10000", serve.requests_per_second);
        found.push(Problem::error("serve.requests_per_second", message).hint("20 is the default"));
    }
}

pub(super) fn check_secret(table: &str, env: &str, file: &str, found: &mut Vec<Problem>) {
    // Nothing of the text is repeated: it may be the secret itself, pasted into the wrong place.
    let good = env.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && env.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if !env.is_empty() && !good {
        let problem = Problem::error(format!("{table}.secret_env"), "not the name of an environment variable");
        found.push(problem.hint("name the variable (capitals, digits, _) here and put the secret into it"));
    }
    if !file.is_empty()
        && !file.starts_with('/')
        && !file.starts_with("~/")
        && !std::path::Path::new(file).is_absolute()
    {
        let problem = Problem::error(format!("{table}.secret_file"), "not an absolute path");
        found.push(problem.hint("begin it with / or ~/"));
    }
}

#[cfg(test)]
mod tests;
