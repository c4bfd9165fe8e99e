//! A contact whose every field is hostile, on every screen: nothing of it acts on the terminal.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rolodeck::domain::activity::{ActivityUpdate, Answer, Attendee, Detail, Kind, State, Utm};
use rolodeck::domain::{Email, Field, FieldKey, FieldKind, FieldValue, Interaction, Person, Source, UserRef};
use rolodeck::store::{Fault, Holder, IdentityRules, Outcome, PageView, Settled};

use super::terminal::Pty;
use super::{open, runtime};

/// Erases the screen, sets colours, title and clipboard, asks for the cursor and the device, turns the text around, ends a
/// line, hides itself. `ZAP` tells whose it is.
const POISON: &str = "ZAP\u{1b}[2JZAP\u{1b}[5;5HZAP\u{1b}]0;ZAP\u{7}\u{1b}]52;c;WkFQ\u{7}\u{1b}[6n\u{1b}[c\u{9b}31m\
                      \u{1b}P+q\u{1b}\\\u{90}\u{8}\u{c}\u{b}\u{202e}\u{2066}\u{200b}\u{200f}\u{feff}\u{2028}\u{e0001}ZAP";

fn poison(name: &str) -> String {
    format!("{name} {POISON}\r\n\t{POISON}")
}

async fn fill(folder: &Path) {
    let store = open(folder).await;
    let now = Timestamp::now();
    let words = |name: &str| Some(poison(name));
    let label = poison("Motto").replace(['\r', '\n', '\t'], " ");
    let motto = match store.add_field("motto", Some(&label), FieldKind::TextLong, &[], now).await {
        Ok(field) => field.name,
        // A label may be refused for what it holds; the values are what strangers send.
        Err(_) => store.add_field("motto", None, FieldKind::TextLong, &[], now).await.unwrap().name,
    };
    for (key, email) in [("one", "evil@x.example"), ("two", "evil+2@x.example")] {
        let mut person = Person {
            owner: Some(UserRef { email: None, name: words("Owner"), external_id: None }),
            ..Person::default()
        };
        for field in Field::ALL {
            let value = match field.kind() {
                FieldKind::TextShort => FieldValue::Text(poison(field.label())),
                _ => continue,
            };
            person.values.set(field, Some(value));
        }
        person.values.set(Field::Email, Some(FieldValue::Text(email.into())));
        person.values.set(Field::Phone, Some(FieldValue::Text("+14155550100".into())));
        person.values.set(FieldKey::Custom(motto.clone()), Some(FieldValue::Text(poison("Motto"))));
        let answers = [("q1", words("Question")), ("q2", None)].map(|(key, label)| Answer {
            key: format!("{key}{POISON}"),
            label,
            value: serde_json::json!([poison("Answer"), { poison("key"): poison("value") }]),
            form: false,
        });
        let attendee =
            Attendee { email: words("mail"), name: words("Guest"), phone: words("phone"), ..Attendee::default() };
        let detail = Detail {
            attendees: vec![attendee],
            answers: answers.into(),
            notes: words("Notes"),
            description: words("Description"),
            join_url: words("https://x.example/"),
            cancel_url: words("https://x.example/"),
            reschedule_url: words("https://x.example/"),
            calendar: words("Calendar"),
            detailed_state: words("State"),
            assignment_reason: words("Reason"),
            recurrence: words("RRULE"),
            ..Detail::default()
        };
        let utm =
            Utm { source: words("s"), medium: words("m"), campaign: words("c"), term: words("t"), content: words("c") };
        let update = ActivityUpdate {
            state: Some(State::Canceled),
            subject: words("Subject"),
            person_name: words("Name"),
            person_email: Some(email.into()),
            start: Some(now + SignedDuration::from_hours(30)),
            end: Some(now + SignedDuration::from_hours(31)),
            customer_time_zone: words("Zone"),
            user: Some(UserRef { email: None, name: words("Host"), external_id: words("USR") }),
            event_type: words("Event type"),
            page: words("Page"),
            bot: words("Bot"),
            form: words("Form"),
            location: words("Where"),
            utm,
            reason: words("Why"),
            reason_by: words("By"),
            detail,
            ..ActivityUpdate::new(Kind::Booking, format!("{key}{POISON}"))
        };
        let interaction = Interaction {
            source: Source::CalCom,
            key: key.into(),
            event: poison("EVENT"),
            at: now,
            person: Some(person),
            activity: Some(update),
            payload: "{}".into(),
        };
        store.apply(&interaction, IdentityRules::default(), now).await.unwrap();
    }
    let id = store.contact_by_email(&Email::parse("evil@x.example").unwrap()).await.unwrap().unwrap();
    let view = PageView { url: poison("https://x.example/"), title: words("Title"), seconds: Some(3), at: now };
    store.add_page_views(id, &[view]).await.unwrap();
    let user = store.actor().name;
    for query in ["motto:x".to_owned(), POISON.to_owned()] {
        // Whether such a name is taken is the store's business; if it is, it is shown.
        let _ = store.save_filter(&user, &poison("Filter"), "contacts", &query, now).await;
    }
    let holder = Holder { owner: "test".into(), host: "here".into(), pid: 1 };
    assert!(store.lease_take("sync", &holder, SignedDuration::from_mins(1), now).await.unwrap());
    let rows = store.outbox_claim("test", 100, now + SignedDuration::from_hours(1)).await.unwrap();
    assert!(!rows.is_empty());
    let settled = rows.iter().map(|row| {
        let fault = Fault {
            code: poison("CODE"),
            message: poison("Message"),
            field: words("Field__c"),
            object: words("Lead"),
            class: "tell".into(),
        };
        Settled {
            id: row.id,
            version: row.version,
            outcome: Outcome::Held(fault),
            note: vec![poison("Note")],
            links: Vec::new(),
        }
    });
    store.outbox_settle("test", &settled.collect::<Vec<_>>(), now).await.unwrap();
    store.lease_release("sync", "test").await.unwrap();
    store.close().await;
}

/// What is no text: `(what, where)` of the first of it. Our own sequences are CSI and, for the clipboard, OSC 52 with
/// base64; nothing else may begin with an escape.
fn alien(raw: &str) -> Option<String> {
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let all = rest;
        rest = &rest[c.len_utf8()..];
        let bad = match c {
            '\u{1b}' => {
                let taken = rest.strip_prefix('[').map_or_else(
                    || {
                        let text = rest.strip_prefix("]52;c;")?;
                        let (text, _) = text.split_once("\u{1b}\\")?;
                        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
                        plain.then_some("]52;c;".len() + text.len() + 2)
                    },
                    |text| {
                        let end = text.find(|c: char| !c.is_ascii_digit() && c != ';' && c != '?')?;
                        "HmJKABCDGdXhl".contains(text[end..].chars().next()?).then_some(1 + end + 1)
                    },
                );
                rest = &rest[taken.unwrap_or(0)..];
                taken.is_none()
            }
            // Of the program that starts the screen; and what joins an emoji.
            '\r' | '\n' | '\u{200d}' => false,
            '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => true,
            // Tags lie up there, and nothing that people write.
            c => c.is_control() || c > '\u{dffff}',
        };
        if bad {
            return Some(all.chars().take(60).collect::<String>().escape_debug().to_string());
        }
    }
    None
}

#[test]
fn what_is_alien_is_found() {
    assert_eq!(alien("a\u{1b}[2J\u{1b}[?25l\u{1b}]52;c;YQ==\u{1b}\\é 李 👩\u{200d}💻"), None);
    for bad in ["\u{1b}]0;a\u{7}", "\u{7}", "\u{9b}31m", "\u{202e}", "\u{1b}P", "\u{1b}[6n", "\u{1b}[c", "\u{200b}"] {
        assert!(alien(bad).is_some(), "{bad:?}");
    }
}

/// Presses keys and waits for what they bring: an escape that is followed at once would be an alt key.
fn framed(pty: &mut Pty, keys: &str) {
    let before = pty.raw().len();
    pty.press(keys);
    pty.wait_raw("a frame", |raw| raw.len() > before && raw.ends_with(b"\x1b[?2026l"));
}

#[test]
fn a_contact_whose_every_field_is_hostile_is_harmless_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(fill(folder.path()));
    for size in [(200, 60), (44, 12)] {
        let mut pty = Pty::start(folder.path(), size, &[]);
        pty.wait_for("ZAP");
        // Each pane in full from its beginning to its end, then each dialog and screen; a redraw after each.
        for keys in [
            "2zG\u{6}", "zo", "o", "y", "Y", "\u{19}", "C", "e", "s", "P", "L", ":zap", "/zap", "\r", "3", "zG", "z\r",
            "zG", "z", "4zgg", "\u{6}", "\u{6}", "\u{6}", "\u{6}", "z", "1", "G", "5", "zG", "z", "\r", "2", "gm",
            "gd", "gu", "gh", "gl", "gr", "gi", "gf", "sq", "u", "?",
        ] {
            framed(&mut pty, keys);
            framed(&mut pty, "\u{c}");
            // Out of whatever was opened; twice and more, since a form asks.
            for _ in 0..3 {
                framed(&mut pty, "\u{1b}");
            }
        }
        pty.signal(rustix::process::Signal::TERM);
        assert!(pty.finish(), "{size:?}");
        pty.assert_restored();
        let raw = String::from_utf8(pty.raw()).unwrap();
        let ours = &raw[raw.find("\u{1b}[?1049h").unwrap()..raw.rfind("\u{1b}[?1049l").unwrap()];
        assert_eq!(alien(ours), None, "{size:?}");
        // The sequences of the data are there to be read, with a symbol for the escape.
        assert!(!ours.contains("ZAP\u{1b}[2J") && !ours.contains("ZAP\u{1b}[5;5H"));
    }
}
