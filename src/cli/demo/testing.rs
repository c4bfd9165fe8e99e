//! What the tests of the generator share.

use super::delivery::Delivery;
use super::people::Cast;
use crate::domain::Interaction;
use crate::domain::phone::Country;
use crate::ingest;

/// The cast of the demo org, from its file: the keys of the file stand in for the ids that the sandbox would tell.
pub fn cast() -> Cast {
    let mut org: serde_json::Value = serde_json::from_str(include_str!("../../../assets/demo-org.json")).unwrap();
    for account in org["Account"].as_array_mut().unwrap() {
        account["Id"] = format!("@{}", account["_key"].as_str().unwrap()).into();
    }
    let cast = Cast::of_org(&org);
    assert_eq!((cast.hosts.len(), cast.customers.len()), (4, 60));
    assert!(cast.customers.iter().all(|person| !person.company.is_empty()));
    cast
}

/// What `ingest` makes of a delivery, which must leave nothing out.
pub fn understood(delivery: &Delivery) -> Interaction {
    let context = ingest::Context { country: Country::parse("US"), ..ingest::Context::default() };
    let text = delivery.body.to_string();
    assert_eq!(ingest::detect(&delivery.body), Some(delivery.source), "{text}");
    let parsed =
        ingest::understand(None, &text, &context, delivery.at).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(parsed.warnings, [], "{text}");
    assert_eq!(parsed.interactions.len(), 1, "{text}");
    parsed.interactions.into_iter().next().unwrap()
}
