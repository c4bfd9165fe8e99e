use std::collections::BTreeSet;

use super::*;

/// The example as if a user had taken every `#` of a configuration line away. `# ` (with a blank) is prose.
fn uncommented() -> String {
    EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn parse(text: &str) -> Config {
    let (config, problems) = read(text);
    assert_eq!(problems, [], "{text}");
    config.unwrap()
}

/// Every key that a table holds, as paths without numbers.
fn keys(table: &toml::Table, path: &str, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let path = format!("{path}.{key}");
        match value {
            toml::Value::Table(inner) => keys(inner, &path, found),
            toml::Value::Array(items) => {
                items.iter().filter_map(toml::Value::as_table).for_each(|item| keys(item, &path, found));
            }
            _ => {}
        }
        found.insert(path);
    }
}

#[test]
fn no_file_and_an_empty_file_and_the_example_as_it_is_are_the_defaults() {
    assert_eq!(parse(""), Config::default());
    assert_eq!(parse(EXAMPLE), Config::default());
    assert_eq!(check(&Config::default()), []);
}

#[test]
fn the_example_uncommented_is_the_defaults_and_one_profile() {
    let mut config = parse(&uncommented());
    let [profile] = config.sync.profiles.as_slice() else { panic!("one example profile") };
    let [rule] = profile.write.as_slice() else { panic!("one example rule") };

    let plain: WriteRule = toml::from_str(&format!(
        "object = \"event\"\non = \"create\"\nfield = \"{}\"\nvalue = \"{}\"",
        rule.field, rule.value
    ))
    .unwrap();
    assert_eq!(*rule, plain, "what a rule may leave out stands in the example with its default");

    let plain = Profile {
        name: profile.name.clone(),
        when: profile.when.clone(),
        write: profile.write.clone(),
        ..Profile::defaults(Base::default())
    };
    assert_eq!(*profile, plain, "what a profile may leave out stands in the example with its default");

    config.sync.profiles.clear();
    assert_eq!(config.owner_lookup.rules.len(), 1, "one example rule");
    config.owner_lookup.rules.clear();
    let [hook] = config.hooks.as_slice() else { panic!("one example hook") };
    let plain = Hook {
        name: hook.name.clone(),
        events: hook.events.clone(),
        filter: hook.filter.clone(),
        url: hook.url.clone(),
        ..Hook::default()
    };
    assert_eq!(*hook, plain, "what a hook may leave out stands in the example with its default");
    config.hooks.clear();
    assert_eq!(config, Config::default());
}

#[test]
fn the_example_names_every_key_there_is() {
    let mut written = BTreeSet::new();
    keys(&toml::from_str(&uncommented()).unwrap(), "", &mut written);
    let mut known = BTreeSet::new();
    keys(&toml::Table::try_from(parse(&uncommented())).unwrap(), "", &mut known);
    assert_eq!(written, known);
}

#[test]
fn every_key_of_the_example_is_explained_in_the_line_above_it() {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    for pair in lines.windows(2) {
        let [above, line] = pair else { unreachable!() };
        if line.starts_with('#') && *line != "#" && !line.starts_with("# ") {
            assert!(above.starts_with("# "), "nothing explains {line}");
        }
    }
}

#[test]
fn the_words_for_enumerated_values_stand_in_the_example() {
    // A value that the program knows and the example does not name would never be found by anyone.
    for (key, value) in [
        ("user.role", "viewer"),
        ("salesforce.auth", "x"),
        ("owner_lookup.record", "x"),
        ("sync.profile.base", "x"),
        ("sync.profile.record", "x"),
        ("sync.profile.on_cancel", "x"),
        ("sync.profile.write.object", "x"),
        ("sync.profile.write.on", "x"),
        ("sync.profile.write.when", "x"),
        ("sync.profile.write.type", "x"),
        ("ui.theme", "x"),
    ] {
        let (table, name) = key.rsplit_once('.').unwrap();
        let line = format!("{name} = \"{value}\"");
        let header = if table.starts_with("sync.profile") { format!("[[{table}]]") } else { format!("[{table}]") };
        let text = match table {
            "sync.profile" => format!("{header}\nname = \"p\"\n{line}"),
            "sync.profile.write" => {
                let others = ["object = \"event\"", "on = \"create\"", "field = \"F\"", "value = \"v\""];
                let others = others.into_iter().filter(|other| !other.starts_with(&format!("{name} ")));
                let others = others.collect::<Vec<_>>().join("\n");
                format!("[[sync.profile]]\nname = \"p\"\n{header}\n{others}\n{line}")
            }
            _ => format!("{header}\n{line}"),
        };
        let (config, problems) = read(&text);
        assert!(config.is_none(), "{text}");
        let mut quoted = problems[0].message.split('`').skip(1).step_by(2);
        assert_eq!(quoted.next(), Some(value), "{problems:?}");

        let section = EXAMPLE.split(&format!("#{header}\n")).nth(1).unwrap();
        let above: Vec<&str> = section.lines().take_while(|line| !line.starts_with(&format!("#{name} ="))).collect();
        let prose: Vec<&str> = above.into_iter().rev().take_while(|line| line.starts_with("# ")).collect();
        let prose: Vec<&str> =
            prose.iter().flat_map(|line| line.split(|c: char| !"_-".contains(c) && !c.is_alphanumeric())).collect();
        let mut known = quoted.peekable();
        assert!(known.peek().is_some(), "{problems:?}");
        for word in known {
            assert!(prose.contains(&word), "{key}: the example does not name `{word}` in {prose:?}");
        }
    }
}

fn only(text: &str) -> Problem {
    let (_, mut problems) = read(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn place(problem: &Problem) -> (usize, usize, &str) {
    let place = problem.place.as_ref().expect("a place");
    (place.line, place.column, &place.text)
}

#[test]
fn an_unknown_key_is_shown_with_its_place_and_the_key_that_was_meant() {
    let problem = only("# sync\n[sync]\nenabled = false\n  intervall_seconds = 9\n");
    assert_eq!(place(&problem), (4, 3, "intervall_seconds = 9"));
    assert_eq!(
        (problem.key.as_str(), problem.message.as_str()),
        ("sync.intervall_seconds", "unknown key `intervall_seconds`")
    );
    assert_eq!(problem.hint.as_deref(), Some("did you mean `interval_seconds`?"));

    for (text, hint) in [
        ("gate = \"\"", "`gate` belongs in [sync]"),
        ("[user]\nno_show_field = \"\"", "`no_show_field` belongs in [sync.profile]"),
        ("[serve]\nport = 1", "known here: listen, requests_per_second"),
        ("[usr]\nemail = \"\"", "did you mean `user`?"),
        (
            "[source.calcom]\ntoken = \"x\"",
            "known here: api_key_env, api_key_file, api_url, poll, poll_days, poll_seconds, secret_env, secret_file",
        ),
        (
            "[salesforce]\nclient_secret = \"x\"",
            "secrets never stand in this file; `rolodeck config example` says how each is given",
        ),
    ] {
        assert_eq!(only(text).hint.as_deref(), Some(hint), "{text}");
    }
}

#[test]
fn unknown_keys_deep_in_a_profile_are_found_and_the_rest_is_still_read() {
    let text = "[[sync.profile]]\nname = \"a\"\n[[sync.profile]]\nname = \"b\"\nwhen = \"x\"\non_cancle = \"update\"\n\
                [[sync.profile.write]]\nobject = \"event\"\non = \"create\"\nfield = \"F\"\nvalue = \"v\"\nfall = \"\"\n";
    let (config, problems) = read(text);
    let keys: Vec<_> = problems.iter().map(|p| (p.key.as_str(), p.place.as_ref().unwrap().line)).collect();
    assert_eq!(
        keys,
        [
            ("sync.profile[1].when", 5), // the warning about a profile that takes everything
            ("sync.profile[1].on_cancle", 6),
            ("sync.profile[1].write[0].fall", 12)
        ]
    );
    assert_eq!(config.unwrap().sync.profiles[1].write[0].field, "F");
}

#[test]
fn a_wrong_value_is_shown_with_its_key_and_place() {
    for (text, key, line_column, message, hint) in [
        (
            "[salesforce]\nauth = \"jtw\"",
            "salesforce.auth",
            (2, 8),
            "unknown value `jtw`, expected one of `pkce`, `jwt`, `refresh_token`, `client_credentials`, `sf_cli`, \
             `access_token`",
            Some("did you mean `jwt`?"),
        ),
        (
            "[sync]\ninterval_seconds = \"5\"",
            "sync.interval_seconds",
            (2, 20),
            "invalid type: string \"5\", expected a whole number, 0 or more",
            None,
        ),
        ("[sync]\nenabled = 1", "sync.enabled", (2, 11), "invalid type: integer `1`, expected true or false", None),
        (
            "[serve]\nlisten = \"8787\"",
            "serve.listen",
            (2, 10),
            "`8787` is not an address and port, as in `127.0.0.1:8787`",
            None,
        ),
        ("\n[[sync.profile]]\nwhen = \"x\"", "sync.profile[0]", (2, 1), "missing key `name`", None),
        (
            "[sync.profile]\nname = \"x\"",
            "sync.profile",
            (1, 7),
            "`profile` is a list of tables",
            Some("write [[sync.profile]] with double brackets"),
        ),
        ("user = 5", "user", (1, 1), "`user` is a table of keys", Some("write [user], once, and its keys below it")),
    ] {
        let problem = only(text);
        let (line, column, _) = place(&problem);
        assert_eq!((problem.key.as_str(), (line, column)), (key, line_column), "{text}");
        assert_eq!((problem.message.as_str(), problem.hint.as_deref()), (message, hint), "{text}");
    }
}

#[test]
fn broken_syntax_is_shown_once_a_line() {
    let (config, problems) = read("[user]\nemail = ana@seller.test\nrole = \"member\"\n[sync\n");
    assert!(config.is_none());
    let lines: Vec<_> = problems.iter().map(|p| p.place.as_ref().unwrap().line).collect();
    assert_eq!(lines, [2, 4], "{problems:?}");
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    for text in [
        "[source.calcom]\nsecret_env = \"whsec-hunter2\"",
        "[source.calcom]\nsecret = \"whsec-hunter2\"",
        "[source.calcom]\nsecret_env = [\"whsec-hunter2\"]",
        "[source.calcom]\nsecret = whsec-hunter2",
        "[salesforce]\nclient_secret = \"whsec-hunter2\"",
    ] {
        let (_, problems) = read(text);
        assert!(!problems.is_empty());
        assert!(!format!("{problems:?}").contains("hunter2"), "{problems:?}");
    }
}

#[test]
fn what_a_profile_leaves_out_follows_its_base() {
    let config =
        parse("[[sync.profile]]\nname = \"o\"\nbase = \"oncehub\"\nwhen = \"x\"\n[[sync.profile]]\nname = \"c\"");
    let [oncehub, calcom] = config.sync.profiles.as_slice() else { panic!("two profiles") };
    assert_eq!(
        (oncehub.record, oncehub.on_cancel, oncehub.lead_checks_contact),
        (Record::Lead, OnCancel::Update, true)
    );
    assert_eq!(
        (calcom.record, calcom.on_cancel, calcom.lead_checks_contact),
        (Record::Contact, OnCancel::Delete, false)
    );
    let said =
        parse("[[sync.profile]]\nname = \"o\"\nbase = \"oncehub\"\non_cancel = \"delete\"\nrecord = \"account\"");
    assert_eq!((said.sync.profiles[0].on_cancel, said.sync.profiles[0].record), (OnCancel::Delete, Record::Account));
}

#[test]
fn what_is_shown_can_be_read_again() {
    let config = parse(&uncommented());
    assert_eq!(parse(&toml::to_string(&config).unwrap()), config);
}

#[test]
fn values_have_their_types() {
    let config = parse(
        "[user]\nemail = \" Ana@Seller.test\"\ntime_zone = \"Asia/Tokyo\"\n[identity]\ndefault_country = \"no\"\n\
         [serve]\nlisten = \"localhost:99\"",
    );
    assert_eq!(config.user.email().unwrap().as_str(), "ana@seller.test");
    assert_eq!(config.user.time_zone().iana_name(), Some("Asia/Tokyo"));
    assert_eq!(config.identity.country(), crate::domain::phone::Country::parse("NO"));
    assert_eq!(config.serve.listen.to_string(), "127.0.0.1:99");
    let nobody = Config::default();
    assert_eq!(nobody.user.email(), None);
    assert_eq!(parse("[identity]\ndefault_country = \"\"").identity.country(), None);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]a-z_.=\"'#\\{\\}0-9, \n\u{e6}\u{1b}]{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn no_damage_to_the_example_makes_it_panic(cut in 0..2000_usize, length in 0..40_usize, junk in "[\\PC\n]{0,6}") {
        let text = uncommented();
        let at = text.floor_char_boundary(cut * text.len() / 2000);
        let end = text.floor_char_boundary((at + length).min(text.len()));
        let damaged = format!("{}{junk}{}", &text[..at], &text[end..]);
        let (config, problems) = read(&damaged);
        proptest::prop_assert!(config.is_some() || problems.iter().any(Problem::is_error));
    }
}

#[test]
fn fuzz_config() {
    let text = uncommented();
    let small = "[sync]\ngate = \"status:qualified\"\n[[sync.profile]]\nname = \"a\"\nwhen = \"source:calcom\"\n";
    crate::fuzz::run("configuration", &[text.as_bytes(), small.as_bytes()], |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (config, problems) = read(&text);
        assert!(config.is_some() || problems.iter().any(Problem::is_error), "what cannot be read says why");
        // Whatever counts can be written down, and says the same again.
        if let Some(config) = config.filter(|_| !problems.iter().any(Problem::is_error)) {
            let shown = toml::to_string(&config).unwrap();
            let (again, _) = read(&shown);
            assert_eq!(again.as_ref(), Some(&config), "{shown}");
        }
    });
}

/// What the fuzzer found: each error was looked for in the whole file, so that 64 KiB of errors took seconds.
#[test]
fn a_file_of_nothing_but_errors_tells_a_hundred_of_them() {
    let unknown = (0..5_000).map(|n| format!("unknown{n} = 1")).collect::<Vec<_>>().join("\n");
    let unnamed = "[[sync.profile]]\nname = \"\"\nbase = \"calcom\"\n".repeat(1_000);
    let shown = |text: &str| {
        let (_, problems) = read(text);
        assert!(problems.iter().any(Problem::is_error));
        problems.len()
    };
    assert_eq!(shown(&"\r".repeat(64 * 1024)), 1, "one a line");
    assert_eq!(shown(&"a b\n".repeat(16 * 1024)), 100);
    assert_eq!(shown(&"a = 1\n".repeat(16 * 1024)), 100);
    assert_eq!(shown(&unknown), 100);
    assert_eq!(shown(&unnamed), 100);
    // What is left out is no less wrong, and errors go before warnings.
    let (config, problems) = read(&format!("{unknown}\n[serve]\nlisten = \"127.0.0.1:9\"\n"));
    assert!(problems.iter().all(Problem::is_error) && config.unwrap().serve.listen.port() == 9);
}

/// R6: whoever does not say otherwise is reached from this machine alone.
#[test]
fn the_listener_is_for_this_machine_alone_unless_said() {
    assert!(Config::default().serve.listen.ip().is_loopback());
}
