use super::super::read;
use super::*;

fn problems(text: &str) -> Vec<String> {
    let (config, problems) = read(text);
    assert!(config.is_some(), "{text}: {problems:?}");
    let line = |problem: &Problem| {
        let sign = if problem.is_error() { "" } else { "warning: " };
        assert!(problem.hint.is_some(), "no advice for {problem:?}");
        format!("{sign}{}: {}", problem.key, problem.message)
    };
    problems.iter().map(line).collect()
}

#[test]
fn values_that_cannot_be_meant_are_found() {
    for (text, problem) in [
        ("[user]\nemail = \"ana\"", "user.email: `ana` is not an email address (name@domain)"),
        ("[user]\ntime_zone = \"Europe/Osl\"", "user.time_zone: unknown time zone `Europe/Osl`"),
        ("[identity]\ndefault_country = \"Norway\"", "identity.default_country: `Norway` is not a country code"),
        ("[sync]\ninterval_seconds = 0", "sync.interval_seconds: an interval of 0 seconds never rests"),
        ("[sync]\napi_share_percent = 0", "sync.api_share_percent: 0 is not a share of the allowance"),
        ("[sync]\napi_share_percent = 101", "sync.api_share_percent: 101 is not a share of the allowance"),
        ("[sync]\nexternal_id_field = \"My Id\"", "sync.external_id_field: `My Id` is not the API name of a field"),
        ("[sync]\ndefault_owner = \"Ana\"", "sync.default_owner: `Ana` is not an email address (name@domain)"),
        (
            "[salesforce]\napi_version = \"v66\"",
            "salesforce.api_version: `v66` is not an API version that Salesforce still serves",
        ),
        (
            "[salesforce]\napi_version = \"30.0\"",
            "salesforce.api_version: `30.0` is not an API version that Salesforce still serves",
        ),
        (
            "[salesforce]\nauth = \"access_token\"",
            "salesforce.instance_url: auth = \"access_token\" needs to know where the org answers",
        ),
        (
            "[salesforce]\nlogin_url = \"login.salesforce.com\"",
            "salesforce.login_url: `login.salesforce.com` is not a web address",
        ),
        (
            "[salesforce]\nlogin_url = \"http://acme.my.salesforce.com\"",
            "salesforce.login_url: `http://acme.my.salesforce.com` would send tokens in clear text",
        ),
        (
            "[salesforce]\nlogin_url = \"https://a@evil.test\"",
            "salesforce.login_url: `https://a@evil.test` is not a web address of a host alone",
        ),
        (
            "[salesforce]\ninstance_url = \"https://a.test/services\"",
            "salesforce.instance_url: `https://a.test/services` is not a web address of a host alone",
        ),
        (
            "[salesforce]\ninstance_url = \"ftp://a.test\"",
            "salesforce.instance_url: `ftp` is not a scheme for Salesforce",
        ),
        ("[serve]\nrequests_per_second = 0", "serve.requests_per_second: 0 is not between 1 and 10000"),
        ("[serve]\nlisten = \"0.0.0.0:80\"", "warning: serve.listen: 0.0.0.0:80 can be reached from other machines"),
        (
            "[source.calcom]\nsecret_env = \"my secret\"",
            "source.calcom.secret_env: not the name of an environment variable",
        ),
        ("[source.oncehub]\nsecret_file = \"secret\"", "source.oncehub.secret_file: not an absolute path"),
        ("[owner_lookup]\naccount_field = \"1x\"", "owner_lookup.account_field: `1x` is not the API name of a field"),
    ] {
        assert_eq!(problems(text), [problem]);
    }
}

#[test]
fn values_at_the_edge_are_good() {
    for text in [
        "[sync]\napi_share_percent = 1",
        "[sync]\napi_share_percent = 100",
        "[salesforce]\nauth = \"access_token\"\ninstance_url = \"http://127.0.0.1:8080\"",
        "[salesforce]\nlogin_url = \"http://[::1]:8080/\"",
        "[salesforce]\nlogin_url = \"http://localhost:1717\"",
        "[salesforce]\nlogin_url = \"https://acme--dev.sandbox.my.salesforce.com\"",
        "[serve]\nlisten = \"[::1]:1\"",
        "[source.calcom]\nsecret_env = \"\"\nsecret_file = \"~/calcom\"",
        "[user]\ntime_zone = \"europe/oslo\"",
    ] {
        assert_eq!(problems(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn profiles_are_looked_into_one_by_one() {
    let text = r#"
        [[sync.profile]]
        name = "demo"
        when = "source:calcom"
        lead_checks_contact = true
        lead_when_no_account = true
        contact_under_account = true
        [[sync.profile]]
        name = "demo "
        no_show_field = "No Show"
        [[sync.profile]]
        name = ""
        base = "oncehub"
        record = "account"
        skip_creation = true
    "#;
    assert_eq!(
        problems(text),
        [
            "warning: sync.profile[0].lead_checks_contact: `lead_checks_contact` has no effect here",
            "warning: sync.profile[0].lead_when_no_account: `lead_when_no_account` has no effect here",
            "warning: sync.profile[0].contact_under_account: `contact_under_account` has no effect here",
            "sync.profile[1].name: there are two profiles `demo `",
            "sync.profile[1].no_show_field: `No Show` is not the API name of a field",
            "warning: sync.profile[2].when: never reached: `demo ` before it takes every activity",
            "sync.profile[2].name: a profile needs a name",
            "warning: sync.profile[2].skip_creation: `skip_creation` has no effect here",
        ]
    );
}

#[test]
fn a_key_that_is_not_written_is_placed_at_its_table() {
    let (_, problems) = read("[[sync.profile]]\nname = \"a\"\n\n[[sync.profile]]\nname = \"b\"\n");
    assert_eq!(problems[0].key, "sync.profile[1].when");
    let place = problems[0].place.as_ref().unwrap();
    assert_eq!((place.line, place.text.as_str()), (4, "[[sync.profile]]"));
}

#[test]
fn rules_need_a_field_a_value_and_an_occasion() {
    let rule = |object: &str, on: &str, field: &str, value: &str| {
        problems(&format!(
            "[[sync.profile]]\nname = \"p\"\n[[sync.profile.write]]\nobject = \"{object}\"\non = \"{on}\"\n\
             field = \"{field}\"\nvalue = \"{value}\""
        ))
    };
    let key = "sync.profile[0].write[0]";
    assert_eq!(rule("event", "cancel", "Reason__c", "{booking.reason}"), Vec::<String>::new());
    assert_eq!(rule("event", "create", "", "x"), [format!("{key}.field: a write rule needs a field")]);
    assert_eq!(rule("event", "create", "a b", "x"), [format!("{key}.field: `a b` is not the API name of a field")]);
    assert_eq!(rule("event", "create", "F", " "), [format!("{key}.value: a write rule needs a value")]);
    assert_eq!(rule("lead", "cancel", "F", "x"), [format!("{key}.on: no such occasion for this object")]);
    assert_eq!(rule("person", "update", "F", "x"), [format!("{key}.on: no such occasion for this object")]);
}
