//! What the doctor says of the org (product S6).

use rolodeck::config;
use rolodeck::filter::CustomField;
use rolodeck::salesforce::{ApiVersion, Client, ClientConfig, TokenSource};
use rolodeck::sync::doctor::{Level, Line, examine, owner_lookup};
use rolodeck::sync::setup::{Setup, Surroundings};
use serde_json::{Value, json};

use super::{Rig, rig};

async fn lines(rig: &Rig, text: &str) -> Vec<Line> {
    let (config, problems) = config::read(text);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:?}");
    let custom: Vec<CustomField> = Vec::new();
    let surroundings = Surroundings { zone: jiff::tz::TimeZone::UTC, me: None, custom: custom.clone() };
    examine(&rig.client, &Setup::from_config(&config.unwrap(), &surroundings).unwrap(), &custom).await
}

fn org() -> Value {
    json!({"custom_fields": {"Event": [
        {"name": "No_Show__c", "type": "boolean"},
        {"name": "Stage__c", "type": "picklist", "restricted": true, "values": ["Open"]}
    ]}})
}

#[tokio::test]
async fn an_org_that_fits_has_nothing_but_good_lines() {
    let rig = rig(org(), json!({}), "").await;
    let config = "[sync]\ndefault_owner = \"ann@seller.test\"\n[[sync.profile]]\nname = \"x\"\nno_show_field = \"No_Show__c\"\n\
                  change_owner_from = \"Ann Host\"\n[[sync.profile.write]]\nobject = \"event\"\non = \"create\"\nfield = \"Stage__c\"\nvalue = \"Open\"\n";
    let lines = lines(&rig, config).await;
    assert!(lines.iter().all(|line| line.level == Level::Ok), "{lines:#?}");
    let said = lines.iter().map(|line| format!("{}: {}", line.about, line.finding)).collect::<Vec<_>>().join("\n");
    for words in [
        "logged in as ann@seller.test",
        "serves API version 66.0",
        "API calls of the day are left",
        "fits the org (1 write rule)",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

/// Configuration, the level of the worst line about it, and its words.
#[tokio::test]
async fn what_does_not_fit_is_said_with_what_to_do() {
    let rig = rig(org(), json!({}), "").await;
    let write = |object: &str, field: &str, value: &str| {
        format!(
            "[[sync.profile.write]]\nobject = \"{object}\"\non = \"create\"\nfield = \"{field}\"\nvalue = \"{value}\"\n"
        )
    };
    for (options, level, words) in [
        ("no_show_field = \"Gone__c\"\n".to_owned(), Level::Error, "Event has no field Gone__c"),
        ("no_show_field = \"no_show__c\"\n".to_owned(), Level::Error, "Salesforce spells it No_Show__c"),
        ("no_show_field = \"Stage__c\"\n".to_owned(), Level::Error, "is no checkbox"),
        ("exclude_account_record_types = [\"Nope\"]\n".to_owned(), Level::Warning, "no record type Nope"),
        ("record = \"account\"\n".to_owned(), Level::Warning, "creates nobody"),
        ("lead_when_no_account = true\n".to_owned(), Level::Warning, "does nothing unless"),
        ("fuzzy_domain = true\n".to_owned(), Level::Warning, "does nothing where no Account"),
        ("sub_region_field = \"Nope__c\"\n".to_owned(), Level::Error, "Account has no field Nope__c"),
        (write("event", "stage__c", "Open"), Level::Warning, "is spelled Stage__c in Salesforce"),
        (write("event", "No_Show__c", "perhaps"), Level::Error, "No_Show__c: its value cannot be written"),
        (write("contact", "LastName", "{utm:source}"), Level::Ok, "fits the org"),
        ("change_owner_from = \"Nobody Here\"\n".to_owned(), Level::Warning, "no user Nobody Here"),
        (write("event", "Nope__c", "x"), Level::Error, "write rule 1: Event.Nope__c"),
        (write("event", "Stage__c", "Closed"), Level::Error, "Stage__c"),
        (write("contact", "CreatedDate", "x"), Level::Error, "CreatedDate"),
        (
            format!("record = \"lead\"\n{}", write("lead", "Rating", "{contact.status}")),
            Level::Error,
            "of which no value can be written: `Qualified` is none of its active values (Hot, Warm, Cold)",
        ),
    ] {
        let lines = lines(&rig, &format!("[[sync.profile]]\nname = \"x\"\n{options}")).await;
        let line = lines.iter().find(|line| format!("{}: {}", line.about, line.finding).contains(words));
        let line = line.unwrap_or_else(|| panic!("{words}: {lines:#?}"));
        assert_eq!(line.level, level, "{line:?}");
        assert!(line.remedy.is_some() || level == Level::Ok, "{line:?}");
    }
    let users = lines(&rig, "[sync]\ndefault_owner = \"no@body.test\"\n").await;
    assert!(users.iter().any(|line| line.level == Level::Warning && line.about == "sync.default_owner"), "{users:#?}");
}

#[tokio::test]
async fn a_connection_that_fails_ends_it_with_one_plain_line() {
    let faults = json!({"rules": [{"match": {"path": "/limits"}, "effect": "expired_session"}]});
    let mut rig = rig(org(), faults, "").await;
    let dead = lines(&rig, "").await;
    assert_eq!(dead.len(), 1, "{dead:#?}");
    assert_eq!(dead[0].level, Level::Error);
    let tokens = TokenSource::access_token(&rig.sandbox.url(), rig.sandbox.access_token().into()).unwrap();
    let mut client = ClientConfig::new(tokens);
    client.api_version = "99.0".parse::<ApiVersion>().unwrap();
    rig.client = Client::new(client).unwrap();
    let old = lines(&rig, "").await;
    assert!(old.iter().any(|line| line.finding.contains("does not serve API version 99.0")), "{old:#?}");
}

/// A field that the org demands, and that no rule and no base writes: said of each object that is made, also of those
/// that the bases make where no profile matches.
#[tokio::test]
async fn a_required_field_without_a_rule_is_an_error_where_such_records_are_made() {
    let org =
        json!({"custom_fields": {"Lead": [{"name": "Need__c", "type": "string", "length": 10, "required": true}]}});
    let rig = rig(org, json!({}), "").await;
    let rule = "[[sync.profile.write]]\nobject = \"lead\"\non = \"create\"\nfield = \"Need__c\"\nvalue = \"x\"\n";
    for (config, errors) in [
        (String::new(), vec!["base `oncehub`, where no profile matches"]),
        ("[[sync.profile]]\nname = \"x\"\nrecord = \"contact\"\n".to_owned(), vec![]),
        ("[[sync.profile]]\nname = \"x\"\nrecord = \"lead\"\n".to_owned(), vec!["profile `x`"]),
        ("[[sync.profile]]\nname = \"x\"\nrecord = \"lead\"\nskip_creation = true\n".to_owned(), vec![]),
        (format!("[[sync.profile]]\nname = \"x\"\nrecord = \"lead\"\n{rule}"), vec![]),
    ] {
        let found = lines(&rig, &config).await;
        let missing = |line: &&Line| line.level == Level::Error && line.finding.contains("a new Lead needs it");
        let about: Vec<&str> = found.iter().filter(missing).map(|line| line.about.as_str()).collect();
        assert_eq!(about, errors, "{config}: {found:#?}");
    }
}

#[tokio::test]
async fn the_owner_lookup_is_looked_at_too() {
    let rig = rig(
        json!({"custom_fields": {"Account": [{"name": "Csm__c", "type": "reference", "reference_to": ["User"]}]}}),
        json!({}),
        "",
    )
    .await;
    for (text, level, words) in [
        ("", Level::Ok, "fits the org"),
        ("record = \"account\"\naccount_field = \"Csm__c\"", Level::Ok, "fits the org"),
        ("record = \"account\"\naccount_field = \"Parent.OwnerId\"", Level::Ok, "fits the org"),
        ("record = \"account\"\naccount_field = \"Nope__c\"", Level::Error, "Account has no field Nope__c"),
        ("record = \"account\"\naccount_field = \"Website\"", Level::Error, "no lookup to User"),
        ("record = \"account\"\nsub_region_field = \"Nope__c\"", Level::Error, "sub_region_field"),
        (
            "[[owner_lookup.rule]]\nfield = \"Nope__c\"\nvalue = \"x\"\naction = \"ignore\"",
            Level::Warning,
            "Contact has no field Nope__c",
        ),
    ] {
        let (config, problems) = config::read(&format!("[owner_lookup]\n{text}\n"));
        assert!(problems.is_empty(), "{problems:?}");
        let found = owner_lookup(&rig.client, &config.unwrap().owner_lookup).await;
        let line =
            found.iter().find(|line| line.finding.contains(words)).unwrap_or_else(|| panic!("{text}: {found:?}"));
        assert_eq!(line.level, level);
    }
}

/// Whoever copies the README's rules gets rules that write something, in an org that nobody has changed.
#[tokio::test]
async fn the_rules_of_the_readme_fit_an_org_as_it_comes() {
    let readme = include_str!("../../README.md");
    let mut blocks = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let example = blocks.find(|block| block.contains("[[sync.profile.write]]")).expect("the README has an example");
    let rig = rig(json!({}), json!({}), "").await;
    let lines = lines(&rig, example).await;
    let mine: Vec<_> = lines.iter().filter(|line| line.about.contains("demo calls")).collect();
    let rules = example.matches("[[sync.profile.write]]").count();
    let fits = format!("fits the org ({rules} write rule{})", if rules == 1 { "" } else { "s" });
    assert!(mine.len() == 1 && mine[0].level == Level::Ok && mine[0].finding == fits, "{mine:#?}");
}
