//! Who counts as the owner of a person.

use super::*;

fn person(object: &str, owner: &str, modified: i64, converted: bool) -> Person {
    Person {
        seen: Seen { object: object.into(), id: format!("{object}{modified}"), name: "Bo".into() },
        owner: User {
            id: "005".into(),
            email: owner.into(),
            name: owner.split('@').next().unwrap_or_default().into(),
            active: !owner.starts_with("gone"),
        },
        converted,
        modified: Timestamp::from_second(modified).ok(),
    }
}

/// Record, fallback, people (most recent first), hosts, the owner, and what the reason says.
#[test]
fn owners_of_people() {
    let contact = |owner: &str| person("Contact", owner, 9, false);
    let lead = |owner: &str| person("Lead", owner, 8, false);
    let converted = |owner: &str| person("Lead", owner, 7, true);
    let hosts = ["ann@x.test".to_owned(), "bob@x.test".to_owned()];
    let (contacts, leads) = (RecordKind::Contact, RecordKind::Lead);
    let cases = [
        (contacts, false, vec![contact("ann@x.test")], Some("ann@x.test"), "Contact Bo belongs to ann"),
        (contacts, false, vec![], None, "no Contact has this email"),
        (
            contacts,
            false,
            vec![lead("ann@x.test")],
            None,
            "no Contact has this email; Lead Bo belongs to ann, which counts with",
        ),
        (contacts, false, vec![converted("ann@x.test")], None, "no Contact has this email"),
        (contacts, false, vec![contact("eve@x.test")], None, "who is not among the hosts"),
        (contacts, false, vec![contact("gone@x.test")], None, "who is not active"),
        (contacts, false, vec![contact("")], None, "no user with an email"),
        (contacts, false, vec![contact("eve@x.test"), contact("bob@x.test")], Some("bob@x.test"), "bob"),
        (contacts, true, vec![lead("ann@x.test")], Some("ann@x.test"), "Lead Bo belongs to ann"),
        (contacts, true, vec![contact("bob@x.test"), lead("ann@x.test")], Some("bob@x.test"), "Contact Bo"),
        (contacts, true, vec![contact("eve@x.test"), lead("ann@x.test")], None, "Contact Bo belongs to eve"),
        (contacts, true, vec![], None, "no Contact and no Lead"),
        (contacts, true, vec![converted("ann@x.test")], None, "no Contact and no Lead"),
        (leads, false, vec![lead("ann@x.test"), contact("bob@x.test")], Some("ann@x.test"), "Lead Bo"),
        (
            leads,
            false,
            vec![contact("bob@x.test")],
            None,
            "no Lead has this email; Contact Bo belongs to bob, which counts with",
        ),
        (leads, false, vec![converted("ann@x.test"), contact("bob@x.test")], Some("bob@x.test"), "Contact Bo"),
    ];
    for (record, fallback_to_lead, people, owner, reason) in cases {
        let lookup = Lookup { record, fallback_to_lead, ..Lookup::from_config(&config::OwnerLookup::default()) };
        let finding = lookup.of_person(&people, Some(&hosts));
        assert_eq!(finding.owner.map(|owner| owner.email).as_deref(), owner, "{reason}");
        assert!(finding.reason.contains(reason), "{} / {reason}", finding.reason);
        assert_eq!(finding.rule.is_some(), owner.is_some());
    }
}

#[test]
fn without_hosts_everyone_active_counts() {
    let lookup = Lookup::from_config(&config::OwnerLookup::default());
    assert!(lookup.of_person(&[person("Contact", "eve@x.test", 1, false)], None).owner.is_some());
    assert!(lookup.of_person(&[person("Contact", "gone@x.test", 1, false)], None).owner.is_none());
}
