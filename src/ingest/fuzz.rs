//! CSV files, webhooks of both sources, and files of them: whatever comes, it is read, refused with a reason, or warned of.

use jiff::Timestamp;

use super::csv::{Options, open};
use super::document::Documents;
use super::tests::field;
use super::{Context, understand};
use crate::domain::phone::Country;
use crate::domain::{FieldKind, Source};
use crate::fuzz;

const CALCOM: &str = r#"{"triggerEvent":"BOOKING_CREATED","createdAt":"2026-11-20T10:00:00.000Z","payload":{"uid":"u1",
"bookingId":7,"title":"Intro","type":"demo","startTime":"2026-12-05T10:00:00Z","endTime":"2026-12-05T10:30:00Z",
"organizer":{"id":1,"email":"ann@seller.test","name":"Ann","timeZone":"Europe/Oslo","language":{"locale":"en"}},
"attendees":[{"email":"bo@buyer.test","name":"Bo Lee","timeZone":"America/New_York","phoneNumber":"+4790000000"}],
"responses":{"name":{"label":"your_name","value":"Bo Lee"},"employees":{"label":"How many?","value":"50"},
"location":{"label":"location","value":{"value":"integrations:zoom","optionValue":""}}},
"customInputs":{},"metadata":{"videoCallUrl":"https://x.test/1"},"status":"ACCEPTED","rescheduleUid":"u0"}}"#;
const CALCOM_FORM: &str = r#"{"triggerEvent":"FORM_SUBMITTED","createdAt":"2026-11-20T10:00:00Z","payload":{"formId":"f",
"formName":"Routing","teamId":null,"responses":{"email":{"value":"bo@buyer.test"},"size":{"value":["a","b"]}}}}"#;
const ONCEHUB: &str = r#"{"id":"EVNT-1","object":"event","type":"booking.scheduled","api_version":"v2",
"creation_time":"2026-11-20T10:00:00.000Z","data":{"id":"BKNG-1","object":"booking","status":"scheduled",
"subject":"Intro","starting_time":"2026-12-05T10:00:00Z","duration_minutes":30,"customer_timezone":"Europe/Oslo",
"owner":"USER-1","form_submission":{"name":"Bo Lee","email":"bo@buyer.test","phone":"+4790000000","guests":["c@d.test"],
"custom_fields":[{"name":"employees","value":50}]},"virtual_conferencing":{"join_url":"https://x.test"},
"rescheduled_booking_id":null,"cancel_reschedule_information":null,"utm":{"source":"ads"}}}"#;
const ONCEHUB_CHAT: &str = r#"{"id":"EVNT-2","object":"event","type":"conversation.closed","creation_time":"2026-11-20T10:00:00Z",
"data":{"id":"CNV-1","object":"conversation","status":"closed","contact":{"id":"CNT-1","first_name":"Bo","email":"bo@buyer.test",
"status":"Qualified","has_consent":true,"custom_fields":[]},"bot":"BOT-1"}}"#;
const FILE: &str = "Email,First name,\"Last, name\",Phone,Employees,Created\r\nbo@buyer.test,Bo,\"Le\"\"e\nX\",+4790000000,50,2026-01-02\r\n;;;\r\n";

fn context() -> Context {
    Context { country: Country::parse("US"), custom_fields: vec![field("budget", "Employees", FieldKind::Number)] }
}

#[test]
fn fuzz_webhooks() {
    let now = Timestamp::from_second(1_795_000_000).unwrap();
    let context = context();
    let examples: Vec<&[u8]> = [CALCOM, CALCOM_FORM, ONCEHUB, ONCEHUB_CHAT].map(str::as_bytes).into();
    fuzz::run("webhooks", &examples, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for source in [None, Some(Source::CalCom), Some(Source::OnceHub)] {
            match understand(source, &text, &context, now) {
                Ok(parsed) => {
                    assert!(!parsed.interactions.is_empty(), "what was understood says something");
                    for interaction in &parsed.interactions {
                        assert!(interaction.at <= now + super::CLOCKS_DIFFER, "nothing outranks the present");
                        let email = interaction
                            .person
                            .as_ref()
                            .and_then(|person| person.values.text(crate::domain::Field::Email));
                        assert!(email.is_none_or(|email| crate::domain::Email::parse(email).is_ok()), "{email:?}");
                    }
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    });
}

#[test]
fn fuzz_files_of_webhooks() {
    let lines = format!(
        "{}\n[{ONCEHUB},{CALCOM_FORM}]\n{{\"object\":\"list\",\"data\":[{ONCEHUB_CHAT}]}}",
        CALCOM.replace('\n', "")
    );
    fuzz::run("files of webhooks", &[lines.as_bytes(), CALCOM.as_bytes(), b"[]", b"{}{}"], |bytes| {
        // Every document comes from the file, and reading comes to an end.
        let found = Documents::new(bytes).count();
        assert!(found <= bytes.len() + 1, "{found} documents in {} bytes", bytes.len());
    });
}

#[test]
fn fuzz_csv() {
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(FILE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let semicolons = FILE.replace(',', ";");
    let examples: [&[u8]; 4] = [FILE.as_bytes(), &utf16, semicolons.as_bytes(), b"sep=|\nemail|name\na@b.test|x\n"];
    fuzz::run("csv", &examples, |bytes| {
        let options = Options { country: Country::parse("US"), ..Options::default() };
        let Ok(rows) = open(bytes, options) else { return };
        let mut count = 0_usize;
        for _ in rows {
            count += 1;
            assert!(count <= bytes.len() + 1, "a row is made of something");
        }
    });
}
