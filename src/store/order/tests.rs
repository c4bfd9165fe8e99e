use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::edit::Edit;
use crate::domain::{Email, FieldValue, Status};
use crate::filter::{Context, Filter, List};
use crate::store::{Anchor, Key, Store};

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// Email, company, employees, budget, status.
type Who = (&'static str, Option<&'static str>, Option<i64>, Option<f64>, Option<Status>);

async fn store(folder: &std::path::Path) -> Store {
    let store = Store::open(&folder.join("rolodeck.db")).await.unwrap();
    store.add_field("budget", None, FieldKind::Number, &[], now()).await.unwrap();
    store.add_field("tags", None, FieldKind::MultiPicklist, &["a".to_owned(), "b".to_owned()], now()).await.unwrap();
    store.add_user(&Email::parse("zed@seller.test").unwrap(), Some("Zed")).await.unwrap();
    let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
    let people: [Who; 6] = [
        ("a@x.test", Some("Beta"), Some(10), Some(1.5), Some(Status::Qualified)),
        ("b@x.test", Some("alpha"), None, Some(200.0), None),
        ("c@x.test", None, Some(0), None, Some(Status::Disqualified)),
        ("d@x.test", Some("Ünder"), Some(9), Some(-3.0), Some(Status::SalesQualified)),
        ("e@x.test", None, None, None, None),
        ("f@x.test", Some("alpha"), Some(10), None, None),
    ];
    for (email, company, employees, budget, status) in people {
        let mut edit = Edit { status: Some(status), ..Edit::default() }.with(Field::Email, text(email));
        edit = edit.with(Field::Company, company.and_then(text));
        edit = edit.with(Field::Employees, employees.map(FieldValue::Integer));
        let budget =
            budget.map(|n| if n.fract() == 0.0 { FieldValue::Integer(n as i64) } else { FieldValue::Number(n) });
        edit = edit.with(FieldKey::Custom("budget".to_owned()), budget);
        if email == "c@x.test" {
            edit.owner = Some(Some(Email::parse("zed@seller.test").unwrap()));
            edit = edit.with(FieldKey::Custom("tags".to_owned()), Some(FieldValue::List(vec!["b".to_owned()])));
        }
        store.add_contact(&edit, "manual", false, now()).await.unwrap();
    }
    store
}

fn everybody() -> Filter {
    Filter::parse("", &Context::new(List::Contacts, now())).unwrap()
}

/// Everybody in an order, page by page, down from the top or up from the bottom.
async fn walk(store: &Store, order: &Order<ContactOrder>, page: usize, up: bool) -> String {
    let mut anchor = if up { Anchor::Last } else { Anchor::First };
    let mut found: Vec<String> = Vec::new();
    loop {
        let window = store.contact_page(&everybody(), order.clone(), &anchor, page).await.unwrap();
        let letters = window.rows.iter().map(|(_, row)| row.email.as_deref().unwrap()[..1].to_owned());
        if up {
            found.splice(0..0, letters);
        } else {
            found.extend(letters);
        }
        let key = |entry: Option<&(Key, _)>| entry.map(|(key, _)| key.clone());
        let more = if up { window.before } else { window.after };
        let next = if up { key(window.rows.first()) } else { key(window.rows.last()) };
        match next.filter(|_| more) {
            // As a session would bring it back.
            Some(key) => {
                let json = serde_json::to_string(&key).unwrap();
                let key = serde_json::from_str(&json).unwrap();
                anchor = if up { Anchor::Before(key) } else { Anchor::After(key) };
            }
            None => return found.concat(),
        }
    }
}

#[tokio::test]
async fn every_order_pages_by_key_with_blanks_last() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let field = |field: Field| ContactOrder::Field(field.into());
    let custom = |name: &str| ContactOrder::Field(FieldKey::Custom(name.to_owned()));
    let cases = [
        (field(Field::Company), "bfadce", "dafbec"),
        (field(Field::Employees), "cdafbe", "fadceb"),
        (field(Field::Email), "abcdef", "fedcba"),
        (custom("budget"), "dabcef", "badfec"),
        (custom("tags"), "cabdef", "cfedba"),
        (custom("nobody'); DROP TABLE contact; --"), "abcdef", "fedcba"),
        (ContactOrder::Status, "dacbef", "cadfeb"),
        (ContactOrder::Owner, "cabdef", "cfedba"),
        (ContactOrder::Source, "abcdef", "fedcba"),
    ];
    for (by, ascending, descending) in cases {
        for (descending, expected) in [(false, ascending), (true, descending)] {
            let order = Order { by: by.clone(), descending };
            for page in [1, 2, 4, 10] {
                assert_eq!(walk(&store, &order, page, false).await, expected, "{order:?} by {page}");
                assert_eq!(walk(&store, &order, page, true).await, expected, "{order:?} by {page}, upwards");
            }
        }
    }
}

proptest! {
    #[test]
    fn a_name_never_breaks_out_of_its_quotes(name in "\\PC{0,20}|['\"$.;)(-]{0,10}") {
        let by = ContactOrder::Field(FieldKey::Custom(name));
        let (sql, _) = contact_order(&Order { by, descending: false });
        prop_assert!(matches!(sql.matches('\'').count(), 2 | 10), "{}", sql);
        prop_assert!(!sql.contains(';'));
    }
}
