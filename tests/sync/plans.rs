//! The worker carries out exactly what the plan says: each plan is compared with what the org then holds (product S10).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rolodeck::domain::Status;
use rolodeck::sync::plan::{Action, BatchPlan, FieldWrite, relation};
use rolodeck::sync::seen::same;
use serde_json::{Value, json};

use super::{Rig, batcher, cal, rig};

const OBJECTS: [&str; 3] = ["Lead", "Contact", "Event"];

/// One write of a plan: object, the record unless it is new, its fields; `None`: it is deleted.
type Planned = (String, Option<String>, Option<Vec<FieldWrite>>);

fn planned(plan: &BatchPlan) -> Vec<Planned> {
    let people = plan.persons.iter().filter_map(|person| person.operation.as_ref().map(|one| (one, Vec::new())));
    let events = plan.items.iter().filter_map(|item| {
        let event = item.event.as_ref()?;
        Some((event.operation.as_ref()?, relation(event, item, plan)))
    });
    people
        .chain(events)
        .map(|(operation, relation)| {
            let fields: Vec<FieldWrite> = operation.fields.iter().cloned().chain(relation).collect();
            match &operation.action {
                Action::Create => (operation.object.clone(), None, Some(fields)),
                Action::Update(id) => (operation.object.clone(), Some(id.clone()), Some(fields)),
                Action::Delete(id) => (operation.object.clone(), Some(id.clone()), None),
            }
        })
        .collect()
}

fn all(rig: &Rig) -> Vec<(&'static str, Value)> {
    OBJECTS.into_iter().flat_map(|object| rig.records(object).into_iter().map(move |record| (object, record))).collect()
}

/// Plans what waits, lets the worker send it, and compares.
async fn compare(rig: &Rig, config: &str, what: &str) {
    let mut rows = rig.store.outbox(&[rolodeck::store::OutboxState::Pending], 99).await.unwrap();
    rows.sort_by_key(|row| row.id);
    assert!(!rows.is_empty(), "{what}: nothing waits");
    let plan = batcher(&rig.store, &rig.client, config).plan(&rows, rig.now()).await.unwrap();
    let before = all(rig);
    let report = rig.sync().await;
    assert_eq!((report.held, report.retry), (0, 0), "{what}: {report:?}");
    let after = all(rig);
    let find = |records: &[(&str, Value)], object: &str, id: &str| {
        records.iter().find(|(kind, record)| *kind == object && record["Id"] == id).map(|(_, record)| record.clone())
    };
    let mut new: Vec<(&str, Value)> = after
        .iter()
        .filter(|(object, record)| find(&before, object, record["Id"].as_str().unwrap()).is_none())
        .cloned()
        .collect();
    let mut touched = BTreeSet::new();
    for (object, id, fields) in planned(&plan) {
        let Some(fields) = fields else {
            let id = id.unwrap();
            assert!(find(&after, &object, &id).is_none(), "{what}: {object} {id} is still there");
            touched.insert(id);
            continue;
        };
        // A person who is new stands in the plan by name.
        let holds = |record: &Value, write: &FieldWrite| match write.after.as_str() {
            Some(name) if name.starts_with("(new ") => record[&write.field].is_string(),
            _ => write.field == "EventWhoIds" || same(&record[&write.field], &write.after),
        };
        let record = if let Some(id) = &id {
            find(&after, &object, id).unwrap()
        } else {
            let fits =
                |(kind, record): &(&str, Value)| *kind == object && fields.iter().all(|write| holds(record, write));
            let at = new.iter().position(fits).unwrap_or_else(|| panic!("{what}: no new {object} with {fields:#?}"));
            new.remove(at).1
        };
        for write in &fields {
            assert!(
                holds(&record, write),
                "{what}: {} is {} and not {}",
                write.field,
                record[&write.field],
                write.after
            );
        }
        if let Some(id) = id {
            // Nothing but what was planned has changed, apart from what Salesforce makes itself.
            let old = find(&before, &object, &id).unwrap();
            let made = [
                "LastModifiedDate",
                "SystemModstamp",
                "ActivityDate",
                "ActivityDateTime",
                "EndDate",
                "DurationInMinutes",
                "Name",
                "AccountId",
                "LastModifiedById",
            ];
            for (field, value) in record.as_object().unwrap() {
                let named = fields.iter().any(|write| write.field == *field) || made.contains(&field.as_str());
                assert!(named || old[field] == *value, "{what}: {field} of {object} changed and was not planned");
            }
            for write in fields.iter().filter(|write| write.before.is_some() && write.field != "EventWhoIds") {
                let before = write.before.clone().unwrap();
                assert!(
                    same(&old[&write.field], &before),
                    "{what}: {} was {}, not {before}",
                    write.field,
                    old[&write.field]
                );
            }
            touched.insert(id);
        }
    }
    assert!(new.is_empty(), "{what}: made and not planned: {new:#?}");
    for (object, record) in &before {
        let id = record["Id"].as_str().unwrap();
        let kept = find(&after, object, id).is_some_and(|now| now == *record);
        // Relating an Event makes Salesforce touch nothing of the person.
        assert!(kept || touched.contains(id), "{what}: {object} {id} changed and was not planned");
    }
}

#[tokio::test]
async fn what_the_plan_says_is_what_salesforce_gets() {
    let text = |name: &str| json!({"name": name, "type": "string", "length": 10});
    let rules = "[[sync.profile.write]]\nobject = \"event\"\non = \"create\"\nfield = \"Product__c\"\nvalue = \"{product}\"\n\
                 [[sync.profile.write]]\nobject = \"event\"\non = \"update\"\nfield = \"Stage__c\"\nvalue = \"{booking.state}\"\n\
                 [[sync.profile.write]]\nobject = \"event\"\non = \"create\"\nfield = \"Nope__c\"\nvalue = \"x\"\n\
                 [[sync.profile.write]]\nobject = \"person\"\non = \"create\"\nfield = \"Title\"\nvalue = \"wants {product}\"\n\
                 [[sync.profile.write]]\nobject = \"person\"\non = \"cancel\"\nfield = \"Description\"\nvalue = \"{booking.reason}\"\n\
                 [[sync.profile.write]]\nobject = \"contact\"\non = \"update\"\nfield = \"Department\"\nvalue = \"{contact.status}\"\n\
                 [[sync.profile.write]]\nobject = \"lead\"\non = \"update\"\nfield = \"Rating\"\nvalue = \"Hot\"\n";
    for (options, shared) in [
        ("", true),
        ("", false),
        ("record = \"lead\"\non_cancel = \"update\"\n", true),
        ("base = \"oncehub\"\n", true),
        ("record = \"account\"\ncontact_under_account = true\nlead_when_no_account = true\n", true),
        ("ignore_guests = true\norganizer_owns = false\n", false),
    ] {
        let config = format!("[[sync.profile]]\nname = \"x\"\n{options}{rules}");
        let org = json!({
            "settings": {"shared_activities": shared},
            "custom_fields": {"Event": [text("Product__c"), text("Stage__c")]},
            "Account": [{"_key": "a", "Name": "Buyer", "Website": "buyer.test"}],
            "Contact": [{"LastName": "There", "Email": "cy@buyer.test", "AccountId": "@a"}],
            "Lead": [{"LastName": "There", "Company": "C", "Email": "di@else.test"}]
        });
        let rig = rig(org, json!({}), &config).await;
        let people = |emails: &[&str]| {
            let attendee =
                |email: &&str| json!({"email": email, "name": format!("{email} Guest"), "timeZone": "Europe/Oslo"});
            json!({"attendees": emails.iter().map(attendee).collect::<Vec<_>>(), "responses": {
                "email": {"label": "email_address", "value": emails[0]}, "product": {"label": "Product", "value": "A long product name"}}})
        };
        let first = rig
            .calcom(cal("BOOKING_CREATED", "u1", 0, people(&["bo@buyer.test", "cy@buyer.test", "di@else.test"])))
            .await;
        let mut second = people(&["di@else.test"]);
        second["title"] = json!("Another meeting");
        rig.calcom(cal("BOOKING_CREATED", "v1", 0, second)).await;
        compare(&rig, &config, &format!("{options}: created")).await;
        let mut moved = people(&["bo@buyer.test"]);
        moved["rescheduleUid"] = json!("u1");
        moved["startTime"] = json!("2031-03-06T12:00:00Z");
        moved["endTime"] = json!("2031-03-06T13:00:00Z");
        rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, moved)).await;
        compare(&rig, &config, &format!("{options}: moved")).await;
        let ids = [first.contact_id.unwrap()];
        rig.store.set_status(&ids, Some(Status::Qualified), "ann", Timestamp::now()).await.unwrap();
        compare(&rig, &config, &format!("{options}: status")).await;
        rig.calcom(cal("BOOKING_CANCELLED", "u2", 9, json!({"status": "CANCELLED", "cancellationReason": "ill"})))
            .await;
        compare(&rig, &config, &format!("{options}: cancelled")).await;
    }
}
