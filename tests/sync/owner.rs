//! Owner lookup for round robin (product S8).

use rolodeck::config::RuleAction::{Ignore, MustInclude};
use rolodeck::config::{self, OwnerLookup};
use rolodeck::sync::account::Place;
use rolodeck::sync::owner::{Finding, Lookup, Question, Rule};
use serde_json::json;

use super::{Rig, rig};

async fn org() -> Rig {
    let org = json!({
        "User": [
            {"_key": "ann", "Username": "ann@seller.test", "LastName": "Host", "FirstName": "Ann", "Email": "Ann@seller.test", "Alias": "ann"},
            {"_key": "bob", "Username": "bob@seller.test", "LastName": "Lee", "FirstName": "Bob", "Email": "bob@seller.test", "Alias": "bob"},
            {"_key": "old", "Username": "old@seller.test", "LastName": "Old", "Email": "old@seller.test", "Alias": "old", "IsActive": false}
        ],
        "custom_fields": {"Account": [
            {"name": "Csm__c", "type": "reference", "reference_to": ["User"]},
            {"name": "Region__c", "type": "reference", "reference_to": ["Account"]}
        ]},
        "Account": [
            {"_key": "r", "Name": "Region", "OwnerId": "@old", "Csm__c": "@bob"},
            {"_key": "a", "Name": "Acme", "Website": "https://acme.test/", "OwnerId": "@ann", "Csm__c": "@bob", "Region__c": "@r"},
            {"_key": "g", "Name": "Globex", "Website": "globex.test", "OwnerId": "@old"},
            {"_key": "t1", "Name": "Tie 1", "Website": "tie.test", "OwnerId": "@ann"},
            {"_key": "t2", "Name": "Tie 2", "Website": "tie.test", "OwnerId": "@bob"}
        ],
        "Contact": [
            {"LastName": "Known", "Email": "known@buyer.test", "OwnerId": "@bob", "AccountId": "@a"},
            {"LastName": "Tied", "Email": "x@elsewhere.test", "AccountId": "@t2"},
            {"LastName": "Gmail", "Email": "x@gmail.com", "OwnerId": "@ann"}
        ],
        "Lead": [{"LastName": "Lead", "Company": "L", "Email": "lead@buyer.test", "OwnerId": "@ann"}]
    });
    rig(org, json!({}), "").await
}

async fn find(rig: &Rig, change: impl FnOnce(&mut OwnerLookup), email: &str, hosts: &[&str]) -> Finding {
    let mut said = OwnerLookup::default();
    change(&mut said);
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let question = Question { email, hosts: &hosts, ..Question::default() };
    Lookup::from_config(&said).find(&rig.client, question).await.unwrap()
}

fn owner(finding: &Finding) -> Option<&str> {
    finding.owner.as_ref().map(|owner| owner.email.as_str())
}

const BOTH: [&str; 2] = ["ANN@seller.test", "bob@seller.test"];

#[tokio::test]
async fn the_owner_of_a_contact_or_lead_in_one_call() {
    let rig = org().await;
    let found = find(&rig, |_| (), " Known@Buyer.test ", &BOTH).await;
    assert_eq!((owner(&found), found.rule), (Some("bob@seller.test"), Some(Rule::ContactOwner)));
    assert_eq!(rig.client.calls_made(), 1);
    let found = find(&rig, |_| (), "known@buyer.test", &["ann@seller.test"]).await;
    assert_eq!((owner(&found), found.record.is_some()), (None, true));
    assert!(found.reason.contains("Bob Lee, who is not among the hosts"), "{}", found.reason);
    // Who is a Lead alone: nobody, but whose Lead it is is told, and by what they would count; in one call, too.
    let calls = rig.client.calls_made();
    let found = find(&rig, |_| (), "lead@buyer.test", &BOTH).await;
    assert_eq!((owner(&found), found.record.as_ref().map(|seen| seen.object.as_str())), (None, Some("Lead")));
    assert!(
        found.reason.contains("Lead Lead belongs to Ann Host, which counts with fallback_to_lead"),
        "{}",
        found.reason
    );
    assert_eq!(rig.client.calls_made(), calls + 1);
    let found = find(&rig, |said| said.fallback_to_lead = true, "lead@buyer.test", &BOTH).await;
    assert_eq!((owner(&found), found.rule), (Some("ann@seller.test"), Some(Rule::LeadOwner)));
    let found = find(&rig, |said| said.record = config::Record::Lead, "lead@buyer.test", &BOTH).await;
    assert_eq!(owner(&found), Some("ann@seller.test"));
}

#[tokio::test]
async fn the_owner_of_an_account_by_every_way() {
    let rig = org().await;
    let account = |said: &mut OwnerLookup| said.record = config::Record::Account;
    for (email, hosts, expected, reason) in [
        ("known@buyer.test", &BOTH[..], Some("ann@seller.test"), "a contact with this email"),
        ("new@acme.test", &BOTH[..], Some("ann@seller.test"), "its website is acme.test"),
        (
            "new@acme.test",
            &["bob@seller.test"][..],
            None,
            "Ann Host (Account Acme: its website is acme.test), who is not among the hosts",
        ),
        ("new@globex.test", &BOTH[..], None, "who is not active"),
        // Hosts narrow the Accounts before ties are broken.
        ("new@tie.test", &["bob@seller.test"][..], Some("bob@seller.test"), "Tie 2"),
        ("new@tie.test", &BOTH[..], Some("bob@seller.test"), "most contacts"),
        ("new@nobody.test", &BOTH[..], None, "no Account is theirs"),
        ("new@gmail.com", &BOTH[..], None, "no Account is theirs"),
    ] {
        let found = find(&rig, account, email, hosts).await;
        assert_eq!(owner(&found), expected, "{email}: {}", found.reason);
        assert!(found.reason.contains(reason), "{email}: {}", found.reason);
    }
}

#[tokio::test]
async fn a_user_lookup_of_the_account_counts_instead_of_its_owner() {
    let rig = org().await;
    let with = |field: &str| {
        let field = field.to_owned();
        move |said: &mut OwnerLookup| {
            said.record = config::Record::Account;
            said.account_field = field;
        }
    };
    for (field, hosts, expected, reason) in [
        ("Csm__c", &BOTH[..], Some("bob@seller.test"), "by its field Csm__c"),
        ("Region__r.Csm__c", &BOTH[..], Some("bob@seller.test"), "by its field Region__r.Csm__c"),
        ("Region__r.OwnerId", &BOTH[..], None, "who is not active"),
        ("Csm__c", &["ann@seller.test"][..], None, "Bob Lee"),
        ("Website", &BOTH[..], None, "names no user"),
        ("Nope__c", &BOTH[..], None, "is no field of Account"),
        ("Csm__c FROM User--", &BOTH[..], None, "is no field of Account"),
    ] {
        let found = find(&rig, with(field), "new@acme.test", hosts).await;
        assert_eq!(owner(&found), expected, "{field}: {}", found.reason);
        assert!(found.reason.contains(reason), "{field}: {}", found.reason);
    }
}

#[tokio::test]
async fn a_mail_service_is_skipped_where_wanted_without_asking() {
    let rig = org().await;
    let found = find(&rig, |said| said.skip_free_email = true, "x@gmail.com", &BOTH).await;
    assert_eq!((owner(&found), rig.client.calls_made()), (None, 0));
    assert!(found.reason.contains("gmail.com is a mail service"), "{}", found.reason);
    assert_eq!(owner(&find(&rig, |_| (), "x@gmail.com", &BOTH).await), Some("ann@seller.test"));
}

#[tokio::test]
async fn a_failed_question_is_an_error_and_not_nobody() {
    let faults = json!({"rules": [{"match": {"path": "/composite"}, "effect": "html_503"}]});
    let rig = rig(json!({}), faults, "").await;
    let lookup = Lookup::from_config(&OwnerLookup::default());
    assert!(lookup.find(&rig.client, Question { email: "bo@buyer.test", ..Question::default() }).await.is_err());
}

/// Cal.com: rrSkipFieldRules. All must let a record through; case does not matter; unknown fields are passed over.
#[tokio::test]
async fn rules_about_fields_say_which_records_may_decide() {
    let rig = org().await;
    let rule =
        |field: &str, value: &str, action| config::OwnerRule { field: field.into(), value: value.into(), action };
    for (record, email, rules, expected) in [
        (
            config::Record::Contact,
            "known@buyer.test",
            vec![rule("LastName", "KNOWN", MustInclude)],
            Some("bob@seller.test"),
        ),
        (config::Record::Contact, "known@buyer.test", vec![rule("lastname", "known", Ignore)], None),
        (config::Record::Contact, "known@buyer.test", vec![rule("Nope__c", "x", MustInclude)], Some("bob@seller.test")),
        (
            config::Record::Contact,
            "known@buyer.test",
            vec![rule("LastName", "Known", MustInclude), rule("Email", "known@buyer.test", Ignore)],
            None,
        ),
        (config::Record::Account, "new@tie.test", vec![rule("Name", "tie 2", Ignore)], Some("ann@seller.test")),
        (config::Record::Account, "new@tie.test", vec![rule("Name", "Tie 2", MustInclude)], Some("bob@seller.test")),
        (config::Record::Account, "new@tie.test", vec![rule("Name", "Else", MustInclude)], None),
        (config::Record::Lead, "lead@buyer.test", vec![rule("Company", "l", Ignore)], None),
    ] {
        let change = |said: &mut OwnerLookup| {
            said.record = record;
            said.rules = rules;
        };
        let found = find(&rig, change, email, &BOTH).await;
        assert_eq!(owner(&found), expected, "{email}: {}", found.reason);
        assert!(expected.is_some() || found.reason.contains("passes the rules"), "{}", found.reason);
    }
}

/// Cal.com [help 2026]: geo rules come before the others, when the booker says where they are.
#[tokio::test]
async fn where_they_are_decides_between_accounts() {
    let account = |name: &str, owner: &str, country: &str, state: &str, zip: &str, region: &str| {
        json!({"Name": name, "Website": "geo.test", "OwnerId": owner, "BillingCountry": country, "BillingState": state,
               "BillingPostalCode": zip, "Sub_Region__c": region})
    };
    let org = json!({
        "custom_fields": {"Account": [{"name": "Sub_Region__c", "type": "string", "length": 40}]},
        "User": [
            {"_key": "a", "Username": "a@s.test", "LastName": "A", "Email": "a@s.test", "Alias": "a"},
            {"_key": "b", "Username": "b@s.test", "LastName": "B", "Email": "b@s.test", "Alias": "b"},
            {"_key": "c", "Username": "c@s.test", "LastName": "C", "Email": "c@s.test", "Alias": "c"},
            {"_key": "d", "Username": "d@s.test", "LastName": "D", "Email": "d@s.test", "Alias": "d"}
        ],
        "Account": [
            account("First", "@a", "Norway", "", "", ""),
            account("State", "@b", "United States", "CA", "90001", ""),
            account("Zip", "@c", "United States", "CA", "94110", ""),
            account("Region", "@d", "United States", "NY", "10001", "Bay Area")
        ]
    });
    let rig = rig(org, json!({}), "").await;
    let mut said = OwnerLookup {
        record: config::Record::Account,
        sub_region_field: "Sub_Region__c".into(),
        ..OwnerLookup::default()
    };
    let us = Place { country: Some("united states"), state: Some("CA"), ..Place::default() };
    for (place, expected) in [
        (Place::default(), "a@s.test"),
        (Place { country: Some("NORWAY"), ..Place::default() }, "a@s.test"),
        (us, "b@s.test"),
        (Place { zip: Some("94110"), ..us }, "c@s.test"),
        (Place { sub_region: Some("bay area"), zip: Some("94110"), ..us }, "d@s.test"),
        // What matches nothing says nothing.
        (Place { country: Some("Atlantis"), ..Place::default() }, "a@s.test"),
    ] {
        let question = Question { email: "new@geo.test", hosts: &[], place };
        let found = Lookup::from_config(&said).find(&rig.client, question).await.unwrap();
        assert_eq!(owner(&found), Some(expected), "{place:?}: {}", found.reason);
    }
    // A rule that is not wanted does not count.
    said.tie_rules.retain(|rule| *rule != config::TieRule::SubRegion);
    let question = Question { email: "new@geo.test", hosts: &[], place: Place { sub_region: Some("bay area"), ..us } };
    let found = Lookup::from_config(&said).find(&rig.client, question).await.unwrap();
    assert_eq!(owner(&found), Some("b@s.test"), "{}", found.reason);
}
