use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::filter::{Context, List};

const SEED: &str = "
    INSERT INTO user (id, email, name) VALUES (1, 'ana@s.test', 'Ana');
    INSERT INTO contact (id, email, source, name_key, created_at, updated_at, status, owner_id) VALUES
      (1, 'a@x.test', 'calcom', 'a', 1772409600000, 0, 'qualified', 1),
      (2, 'b@x.test', 'calcom', 'b', 1772409600000, 0, NULL, NULL),
      (3, 'c@x.test', 'oncehub', 'c', 1772492400000, 0, 'disqualified', 1);
    INSERT INTO activity (kind, state, source, external_id, contact_id, utm_source, test, detail, source_at, created_at, updated_at, trashed_at) VALUES
      ('booking', 'completed', 'calcom', '1', 1, 'ads', 0, '{}', 0, 0, 0, NULL),
      ('booking', 'no_show', 'calcom', '2', 1, 'mail \"x\"', 0, '{}', 0, 0, 0, NULL),
      ('booking', 'canceled', 'calcom', '3', 2, 'ads', 0, '{}', 0, 0, 0, NULL),
      ('booking', 'completed', 'calcom', '4', 2, 'ads', 1, '{}', 0, 0, 0, NULL),
      ('booking', 'completed', 'calcom', '5', 2, 'ads', 0, '{}', 0, 0, 0, 1),
      ('conversation', 'closed', 'oncehub', '6', 3, NULL, 0, '{}', 0, 0, 0, NULL);
    INSERT INTO history (at, actor, contact_id, what, data) VALUES
      (1772409660000, 'ana', 1, 'status', '{\"from\": null, \"to\": \"marketing_qualified\"}'),
      (1772409720000, 'ana', 1, 'status', '{\"from\": \"marketing_qualified\", \"to\": \"qualified\"}'),
      (1772492700000, 'ana', 3, 'status', '{\"from\": null, \"to\": \"disqualified\"}');";

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
    let mut writer = store.writer().await;
    sqlx::raw_sql(SEED).execute(&mut *writer).await.unwrap();
    drop(writer);
    (folder, store)
}

fn filter(text: &str) -> Filter {
    Filter::parse(text, &Context::new(List::Contacts, Timestamp::UNIX_EPOCH)).unwrap()
}

#[tokio::test]
async fn contacts_are_counted_under_each_of_their_values_and_once_in_all() {
    let (_folder, store) = store().await;
    let zone = TimeZone::get("Europe/Oslo").unwrap();
    // By what, filter, then label and contacts of each row, and contacts in all.
    for (by, text, rows, total) in [
        (Dimension::Status, "", vec![("no status", 1), ("Qualified", 1), ("Disqualified", 1)], 3),
        (Dimension::Source, "", vec![("calcom", 2), ("oncehub", 1)], 3),
        (Dimension::Source, "status:qualified", vec![("calcom", 1)], 1),
        (Dimension::Owner, "", vec![("ana@s.test", 2), ("nobody", 1)], 3),
        (Dimension::UtmSource, "", vec![("ads", 2), ("none", 1), ("mail \"x\"", 1)], 3),
        // Two of them came late in the evening of UTC, which is the next day in Oslo.
        (Dimension::Day, "", vec![("Tue 3 Mar 2026", 1), ("Mon 2 Mar 2026", 2)], 3),
        (Dimension::Week, "", vec![("week of 2 Mar 2026", 3)], 3),
        (Dimension::Month, "", vec![("Mar 2026", 3)], 3),
        (Dimension::Bot, "email:nobody", vec![], 0),
    ] {
        let report = store.report(&filter(text), by, &zone).await.unwrap();
        let mut found: Vec<_> = report.rows.iter().map(|row| (&*row.label, row.figures.contacts())).collect();
        let mut rows = rows;
        if !by.is_of_time() {
            found.sort_unstable();
            rows.sort_unstable();
        }
        assert_eq!(found, rows, "{by:?} {text}");
        assert_eq!(report.total.contacts(), total, "{by:?} {text}");
    }
}

#[tokio::test]
async fn rates_leave_out_tests_and_trash_and_no_shows_are_of_meetings_whose_time_came() {
    let (_folder, store) = store().await;
    let report = store.report(&filter(""), Dimension::UtmSource, &TimeZone::UTC).await.unwrap();
    let ads = &report.rows.iter().find(|row| row.key == "ads").unwrap().figures;
    assert_eq!((ads.bookings, ads.booked, ads.canceled, ads.completed, ads.no_show), (2, 2, 1, 1, 0));
    assert_eq!((ads.booking_rate(), ads.cancel_rate(), ads.no_show_rate()), (Some(100.0), Some(50.0), Some(0.0)));
    let total = &report.total;
    assert_eq!((total.bookings, total.booked, total.no_show), (3, 2, 1));
    assert_eq!((total.booking_rate(), total.no_show_rate()), (Some(66.7), Some(50.0)));
    // One minute to the first status of one, five of the other; of "qualified" it took two.
    assert_eq!(total.median_to_status, Some(60_000));
    let report = store.report(&filter(""), Dimension::Status, &TimeZone::UTC).await.unwrap();
    let waits: Vec<_> = report.rows.iter().map(|row| (&*row.key, row.figures.median_to_status)).collect();
    assert!(waits.contains(&("qualified", Some(120_000))) && waits.contains(&("", None)), "{waits:?}");
}

/// Whatever the values hold, the query of a row finds as many contacts as the row counts.
#[tokio::test]
async fn the_contacts_behind_a_number_are_found_by_its_query() {
    let (_folder, store) = store().await;
    let zone = TimeZone::get("Europe/Oslo").unwrap();
    let context = Context { zone: zone.clone(), ..Context::new(List::Contacts, Timestamp::UNIX_EPOCH) };
    for by in Dimension::ALL {
        for row in store.report(&filter(""), by, &zone).await.unwrap().rows {
            let filter = Filter::parse(&row.query, &context).unwrap_or_else(|error| panic!("{}: {error}", row.query));
            let found = store.contact_total(&filter, 100).await.unwrap().n;
            assert_eq!(found, row.figures.contacts(), "{by:?}: {}", row.query);
        }
    }
}

#[test]
fn values_are_quoted_so_that_they_mean_themselves() {
    for (value, query) in [
        ("ads", "activity.utm_source:ads"),
        ("none", "activity.utm_source:\"none\""),
        ("a \"b\" \\c*", "activity.utm_source:\"a \\\"b\\\" \\\\c*\""),
    ] {
        assert_eq!(Dimension::UtmSource.query(&Key::Text(value.to_owned())), query);
    }
    assert_eq!(Dimension::Month.query(&Key::Day(date(2026, 3, 1))), "contact.created:2026-03");
}

#[test]
fn the_median_is_a_value_that_half_do_not_exceed() {
    for (mut values, expected) in [(vec![], None), (vec![7], Some(7)), (vec![9, 1], Some(1)), (vec![9, 1, 4], Some(4))]
    {
        assert_eq!(median(&mut values), expected);
    }
}
