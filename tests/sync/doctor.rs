//! What the doctor says of the org (product S6).

use rolodeck::config;
use rolodeck::filter::CustomField;
use rolodeck::salesforce::{ApiVersion, Client, ClientConfig, TokenSource};
use rolodeck::sync::doctor::{Level, Line, examine};
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
        ("change_owner_from = \"Nobody Here\"\n".to_owned(), Level::Warning, "no user Nobody Here"),
        (write("event", "Nope__c", "x"), Level::Error, "write rule 1: Event.Nope__c"),
        (write("event", "Stage__c", "Closed"), Level::Error, "Stage__c"),
        (write("contact", "CreatedDate", "x"), Level::Error, "CreatedDate"),
    ] {
        let lines = lines(&rig, &format!("[[sync.profile]]\nname = \"x\"\n{options}")).await;
        let line = lines.iter().find(|line| format!("{}: {}", line.about, line.finding).contains(words));
        let line = line.unwrap_or_else(|| panic!("{words}: {lines:#?}"));
        assert_eq!(line.level, level, "{line:?}");
        assert!(line.remedy.is_some(), "{line:?}");
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
