//! The mapping screen: what it shows, and what its keys ask for.

use std::sync::Arc;

use rolodeck::config::{Config, read};
use rolodeck::salesforce::Describe;
use rolodeck::tui::job::Answered;
use rolodeck::tui::message::{Effect, Message, Reply};
use rolodeck::tui::screens::mapping::{Found, Mapping, ReadMapping, SaveRule};
use serde_json::json;

use crate::pictures::look;
use crate::world::{Screen, World};

const FILE: &str = r#"
[[sync.profile]]
name = "demos"
when = "event_type:demo"
base = "calcom"

[[sync.profile.write]]
object = "event"
on = "create"
field = "Prodct__c"
value = "{product}"

[[sync.profile.write]]
object = "lead"
on = "update"
field = "Rating"
value = "Hot"
when = "empty"
fallback = "Warm"
"#;

fn describe(name: &str, fields: serde_json::Value) -> Arc<Describe> {
    let about = json!({"name": name, "label": name, "createable": true, "updateable": true, "fields": fields});
    Arc::new(serde_json::from_value(about).unwrap())
}

fn found(text: &str) -> Arc<Found> {
    let (config, problems) = read(text);
    assert!(problems.is_empty(), "{problems:?}");
    let config: Config = config.unwrap();
    let field = |name: &str, label: &str, kind: &str, length: u32| {
        json!({"name": name, "label": label, "type": kind, "length": length, "nillable": true, "createable": true,
               "updateable": true, "picklistValues": [{"value": "Hot", "active": true}, {"value": "Warm", "active": true}]})
    };
    let describes = vec![
        describe("Lead", json!([field("Rating", "Rating", "picklist", 40), field("Visits__c", "Visits", "double", 0)])),
        describe("Event", json!([field("Product__c", "Product", "string", 80)])),
    ];
    Arc::new(Found::new(&config, describes, Vec::new(), None, (None, None)))
}

/// The screen with what the file says.
fn opened(text: &str) -> Screen {
    let mut screen = Screen::new(World::new(60), 120, 30);
    screen.press("g w");
    assert!(screen.model.layers.find::<Mapping>().is_some());
    answer(&mut screen, text);
    screen
}

fn answer(screen: &mut Screen, text: &str) {
    let asked = ReadMapping::default();
    screen.send(Message::Reply(Reply::Job(Answered::new(asked, Ok(found(text))))));
}

fn saved(screen: &Screen) -> Vec<String> {
    let jobs = screen.world.log.iter().filter_map(|effect| match effect {
        Effect::Job(job) => job.get::<SaveRule>().map(|job| format!("{job:?}")),
        _ => None,
    });
    jobs.collect()
}

#[test]
fn rules_stand_with_what_is_wrong_with_them() {
    let mut screen = opened(FILE);
    let text = screen.text();
    assert!(text.contains("2 rules, 1 wrong") && text.contains("Prodct__c") && text.contains("Product__c"), "{text}");
    screen.press("j");
    let text = screen.text();
    assert!(text.contains("picklist; only if empty") && text.contains("without a value: Warm"), "{text}");
}

#[test]
fn the_screen_at_every_size() {
    for (width, height) in [(200, 50), (120, 40), (80, 24), (60, 20), (40, 10)] {
        let mut screen = Screen::new(World::new(60), width, height);
        screen.press("g w");
        answer(&mut screen, FILE);
        look(&format!("mapping_{width}x{height}"), &mut screen);
        screen.press("a");
        look(&format!("mapping_add_{width}x{height}"), &mut screen);
    }
    look("mapping_empty", &mut opened(""));
}

#[test]
fn a_rule_is_made_by_choosing_and_only_what_fits_is_offered() {
    let mut screen = opened(FILE);
    screen.press("a").type_text("lead, when it changes").press("enter");
    let text = screen.text();
    assert!(text.contains("Visits (Visits__c)") && text.contains("Rating (Rating)"), "{text}");
    screen.type_text("visits").press("enter");
    let text = screen.text();
    assert!(!text.contains("booking.start}"), "a date does not go into a number: {text}");
    screen.type_text("booking.duration").press("enter");
    let saved = saved(&screen);
    assert!(saved.len() == 1 && saved[0].contains("Visits__c") && saved[0].contains("{booking.duration}"), "{saved:?}");
    assert!(saved[0].contains("\"demos\""), "{saved:?}");
}

#[test]
fn values_are_changed_and_rules_removed_after_a_question() {
    let mut screen = opened(FILE);
    screen.press("j w");
    assert!(saved(&screen)[0].contains("Replace(1") && saved(&screen)[0].contains("Always"), "{:?}", saved(&screen));
    screen.press("e").type_text("{").press("enter");
    assert_eq!(saved(&screen).len(), 1, "a template that is wrong is not saved");
    screen.press("esc D y");
    assert!(saved(&screen)[1].contains("Remove(1)"), "{:?}", saved(&screen));
}

#[test]
fn without_a_profile_one_is_made() {
    let mut screen = opened("");
    assert!(screen.text().contains("No rule yet"), "{}", screen.text());
    screen.press("a").type_text("oncehub").press("enter").type_text("lead, when it is made").press("enter");
    screen.type_text("rating").press("enter").type_text("always hot").press("enter");
    let saved = saved(&screen);
    assert!(saved[0].contains("\"oncehub\"") && saved[0].contains("value: \"Hot\""), "{saved:?}");
}
