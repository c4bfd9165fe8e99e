//! A small world with a fixed seed, in memory and in SQLite.

use fastrand::Rng;
use jiff::{Timestamp, ToSpan};
use rolodeck::domain::activity::{Answer, Attendee, Detail, Utm};
use rolodeck::domain::{
    Activity, Contact, Email, Field, FieldKey, FieldKind, FieldValue, Kind, State, Status, UserRef, Values,
};
use rolodeck::filter::{
    ActivityFacts, ContactFacts, Context, CustomField, Facts, List, OpenRow, OpenState, SyncFacts, activity_text,
    contact_text,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};

pub const NOW: &str = "2026-03-28T19:30:15.500Z";

/// How something stands with Salesforce, as rows of `link` and `outbox`.
#[derive(Clone, Debug, Default)]
pub struct Sync {
    pub record: Option<String>,
    /// State and attempts of the open row.
    pub open: Option<(&'static str, i64)>,
    /// An old row lies about.
    pub settled: bool,
}

pub struct Person {
    pub contact: Contact,
    pub owner_id: Option<i64>,
    pub duplicate: bool,
    pub imports: Vec<(i64, String)>,
    pub sync: Sync,
}

pub struct Act {
    pub activity: Activity,
    pub user_id: Option<i64>,
    pub former: Vec<String>,
    pub sync: Sync,
}

pub struct World {
    pub people: Vec<Person>,
    pub acts: Vec<Act>,
    pub pairs: Vec<(i64, Option<i64>, &'static str)>,
    pub users: Vec<(i64, UserRef)>,
}

pub fn context(list: List) -> Context {
    let field = |name: &str, kind| CustomField { name: name.into(), label: name.into(), kind, options: vec![] };
    Context {
        zone: jiff::tz::TimeZone::get("Europe/Oslo").unwrap(),
        me: Some(Email::parse("ana@x.no").unwrap()),
        custom: vec![
            field("team_size", FieldKind::Number),
            field("plan", FieldKind::Picklist),
            field("tags", FieldKind::MultiPicklist),
            field("renewal", FieldKind::Date),
            field("last_call", FieldKind::Datetime),
            field("call_at", FieldKind::Time),
            field("vip", FieldKind::Checkbox),
            field("Any note", FieldKind::TextLong),
            field("start", FieldKind::TextShort),
        ],
        ..Context::new(list, NOW.parse().unwrap())
    }
}

impl Sync {
    fn random(rng: &mut Rng, record: &str) -> Self {
        Self {
            record: rng.bool().then(|| record.to_owned()),
            open: (rng.u8(..3) == 0).then(|| {
                let state = ["pending", "in_flight", "retry", "held", "in_doubt"][rng.usize(..5)];
                (state, rng.i64(0..2))
            }),
            settled: rng.bool(),
        }
    }

    fn facts(&self) -> SyncFacts<'_> {
        let open = self.open.map(|(state, attempts)| OpenRow {
            state: match state {
                "held" => OpenState::Held,
                "retry" => OpenState::Retry,
                _ => OpenState::Waiting,
            },
            attempts,
        });
        SyncFacts { record: self.record.as_deref(), open }
    }
}

fn maybe(rng: &mut Rng, from: &[&str]) -> Option<String> {
    (rng.u8(..4) > 0).then(|| (*rng.choice(from).unwrap()).to_owned())
}

/// Around now, from minutes to months away.
fn at(rng: &mut Rng) -> Timestamp {
    let now: Timestamp = NOW.parse().unwrap();
    let reach = *rng.choice(&[90, 60 * 30, 60 * 24 * 10, 60 * 24 * 90]).unwrap();
    let at = now + rng.i64(-reach..reach).minutes() + rng.i64(0..60_000).milliseconds();
    Timestamp::from_millisecond(at.as_millisecond()).unwrap()
}

const NAMES: &[&str] = &["Ana", "Åsa", "Bo", "Lee", "李", "O'Brien", "ana-lise"];
const COMPANIES: &[&str] = &[
    "Acme AS",
    "ACME as",
    "Ærlig AS",
    "ærlig as",
    "Acme%",
    "Østfold \"Bygg\" \\ Co",
    "ØSTLAND",
    "Ostland",
    "Straße A_c [1]",
    "3M",
    "ÄÖ",
];
const CITIES: &[&str] = &["Oslo", "oslo", "Bergen", "São Paulo", "Zürich", "ZURICH"];

impl World {
    pub fn new(seed: u64, people: i64, acts: i64) -> Self {
        let rng = &mut Rng::with_seed(seed);
        let user = |email: Option<&str>, name: Option<&str>, id: &str| UserRef {
            email: email.map(|text| Email::parse(text).unwrap()),
            name: name.map(str::to_owned),
            external_id: Some(id.to_owned()),
        };
        let users = vec![
            (1, user(Some("ana@x.no"), Some("Ana Berg"), "USR-1")),
            (2, user(Some("bo@x.no"), Some("Bo Lee"), "USR-2")),
            (3, user(Some("ana.lee@y.com"), None, "USR-3")),
            (4, user(None, Some("Dee Ræv"), "USR-4")),
        ];
        let mut world = Self { people: vec![], acts: vec![], pairs: vec![], users };
        for id in 1..=people {
            world.person(rng, id);
        }
        for _ in 0..people / 8 {
            let (a, b) = (rng.i64(1..=people), rng.i64(1..=people));
            let b = (a < b).then_some(b);
            world.pairs.push((a, b, if rng.bool() { "open" } else { "dismissed" }));
        }
        let open = |id| world.pairs.iter().any(|(a, b, state)| *state == "open" && (*a == id || *b == Some(id)));
        for person in &mut world.people {
            person.duplicate = open(person.contact.id);
        }
        for id in 1..=acts {
            world.act(rng, id, people);
        }
        world
    }

    fn a_user(&self, rng: &mut Rng) -> Option<(i64, UserRef)> {
        (rng.u8(..4) > 0).then(|| rng.choice(&self.users).unwrap().clone())
    }

    fn person(&mut self, rng: &mut Rng, id: i64) {
        let mut values = Values::new();
        if id % 4 > 0 {
            let domain = ["acme.no", "x.no", "mail.acme.no"][id as usize % 3];
            values.set(Field::Email, Some(FieldValue::Text(format!("p{id}@{domain}"))));
        }
        if id % 2 == 0 {
            values.set(Field::MobilePhone, Some(FieldValue::Text(format!("+479000{id:04}"))));
        }
        for (field, from) in [
            (Field::Phone, ["+4722000000", "+15551234567", "n/a"].as_slice()),
            (Field::FirstName, NAMES),
            (Field::LastName, NAMES),
            (Field::Company, COMPANIES),
            (Field::City, CITIES),
            (Field::State, &["Oregon", "Viken"]),
            (Field::Bot, &["Hello"]),
            (Field::JobTitle, &["CEO", "Head of Sales"]),
        ] {
            values.set(field, maybe(rng, from).map(FieldValue::Text));
        }
        if rng.bool() {
            values.set(Field::Employees, Some(FieldValue::Integer([0, 5, 12, 13, 60, 99][rng.usize(..6)])));
        }
        if rng.bool() {
            values.set(Field::HasConsent, Some(FieldValue::Bool(rng.bool())));
        }
        let mut custom = |name: &str, value: FieldValue| {
            if rng.bool() {
                values.set(FieldKey::Custom(name.into()), Some(value));
            }
        };
        custom("team_size", FieldValue::Integer(id % 20));
        custom("team_size", FieldValue::Number(f64::from(id as i32 % 7) + 0.5));
        custom("team_size", FieldValue::Text("many".into())); // not of the field's type
        custom("plan", FieldValue::Text(["Pro", "pro", "Free 100%"][id as usize % 3].into()));
        custom("plan", FieldValue::Integer(5)); // nor this
        custom("tags", FieldValue::List(vec!["Red".into(), ["blue", "GRØNN"][id as usize % 2].into()]));
        custom("tags", FieldValue::List(vec![]));
        custom("renewal", FieldValue::Text(format!("2026-0{}-15", id % 9 + 1)));
        custom(
            "last_call",
            FieldValue::Text(["2026-03-28T19:00:00Z", "2026-03-01T10:00:00+01:00"][id as usize % 2].into()),
        );
        custom("call_at", FieldValue::Text(["09:30", "09:30:00", "17:00"][id as usize % 3].into()));
        custom("vip", FieldValue::Bool(id % 2 == 0));
        custom("Any note", FieldValue::Text("said \"hi\"\n100% sure".into()));
        custom("start", FieldValue::Text("slow".into()));
        let owner = self.a_user(rng);
        let created = at(rng);
        let imports = [(1, "Fair 2026".to_owned()), (2, "3".to_owned()), (3, "list 1".to_owned())];
        self.people.push(Person {
            contact: Contact {
                id,
                values,
                status: [vec![None], Status::ALL.map(Some).to_vec()].concat()[rng.usize(..5)],
                owner: owner.as_ref().map(|(_, user)| user.clone()),
                source: (*rng.choice(&["calcom", "oncehub", "import"]).unwrap()).to_owned(),
                created_at: created,
                updated_at: at(rng),
                interacted_at: rng.bool().then(|| at(rng)),
            },
            owner_id: owner.map(|(id, _)| id),
            duplicate: false,
            imports: imports.into_iter().filter(|_| rng.u8(..3) == 0).collect(),
            sync: Sync::random(rng, &format!("00Q0000000{id:05}AAA")),
        });
    }

    fn act(&mut self, rng: &mut Rng, id: i64, people: i64) {
        let kind = *rng.choice(Kind::ALL).unwrap();
        let user = self.a_user(rng);
        let start = (kind == Kind::Booking).then(|| at(rng));
        let answer = |value: &str| Answer { key: "q".into(), label: None, value: value.into(), form: false };
        let detail = Detail {
            attendees: vec![Attendee { email: maybe(rng, &["guest@x.no"]), ..Attendee::default() }],
            answers: maybe(rng, &["blå himmel", "n"]).iter().map(|value| answer(value)).collect(),
            ..Detail::default()
        };
        self.acts.push(Act {
            activity: Activity {
                id,
                kind,
                state: *rng.choice(State::ALL).unwrap(),
                source: (*rng.choice(&["calcom", "oncehub"]).unwrap()).to_owned(),
                external_id: format!("BKNG-{id}"),
                contact_id: (rng.u8(..6) > 0).then(|| rng.i64(1..=people)),
                person_name: maybe(rng, NAMES),
                person_email: None,
                person_phone: None,
                subject: maybe(rng, &["Demo with Ana", "Intro call", "Åpen time"]),
                start,
                end: start.map(|start| start + 30.minutes()),
                customer_time_zone: None,
                user: user.as_ref().map(|(_, user)| user.clone()),
                event_type: maybe(rng, &["demo", "Demo call", "intro"]),
                page: maybe(rng, &["/book/demo", "sales"]),
                bot: maybe(rng, &["Hello", "hello"]),
                form: maybe(rng, &["Contact us"]),
                location: None,
                utm: Utm {
                    source: maybe(rng, &["google", "Google"]),
                    medium: maybe(rng, &["cpc"]),
                    campaign: maybe(rng, &["spring 2026"]),
                    term: maybe(rng, &["crm"]),
                    content: maybe(rng, &["a", "b"]),
                },
                reason: maybe(rng, &["ill"]),
                reason_by: None,
                detail,
                related_id: None,
                test: rng.u8(..4) == 0,
                unread: rng.bool(),
                trashed_at: (rng.u8(..4) == 0).then(|| at(rng)),
                source_at: at(rng),
                created_at: at(rng),
                updated_at: at(rng),
            },
            user_id: user.map(|(id, _)| id),
            former: (rng.u8(..4) == 0).then(|| format!("{}", id + 1000)).into_iter().collect(),
            sync: Sync::random(rng, &format!("00U0000000{id:05}AAA")),
        });
    }

    /// The ids of a list's rows that satisfy `test`.
    pub fn select(&self, list: List, test: impl Fn(&Facts<'_>) -> bool) -> Vec<i64> {
        match list {
            List::Contacts => self
                .people
                .iter()
                .filter(|person| {
                    let of = |act: &&Act| act.activity.contact_id == Some(person.contact.id);
                    let others: Vec<_> = self.acts.iter().filter(of).map(Act::facts).collect();
                    test(&Facts { contact: Some(person.facts()), activity: None, others: &others })
                })
                .map(|person| person.contact.id)
                .collect(),
            List::Activities => self
                .acts
                .iter()
                .filter(|act| {
                    let contact = act.activity.contact_id;
                    let other = |other: &&Act| {
                        contact.is_some()
                            && other.activity.contact_id == contact
                            && other.activity.id != act.activity.id
                    };
                    let others: Vec<_> = self.acts.iter().filter(other).map(Act::facts).collect();
                    let person = self.people.iter().find(|person| Some(person.contact.id) == contact);
                    let facts =
                        Facts { contact: person.map(Person::facts), activity: Some(act.facts()), others: &others };
                    test(&facts)
                })
                .map(|act| act.activity.id)
                .collect(),
        }
    }

    /// The same world in the store's schema.
    pub async fn store(&self) -> SqliteConnection {
        let mut db = empty().await;
        for (id, user) in &self.users {
            sqlx::query("INSERT INTO user (id, email, name, external_id) VALUES (?, ?, ?, ?)")
                .bind(id)
                .bind(user.email.as_ref().map(Email::as_str))
                .bind(&user.name)
                .bind(&user.external_id)
                .execute(&mut db)
                .await
                .unwrap();
        }
        sqlx::raw_sql(
            "INSERT INTO import (id, name, file, actor, at) VALUES
             (1, 'Fair 2026', '', '', 0), (2, '3', '', '', 0), (3, 'list 1', '', '', 0)",
        )
        .execute(&mut db)
        .await
        .unwrap();
        for person in &self.people {
            person.store(&mut db).await;
        }
        for act in &self.acts {
            act.store(&mut db).await;
        }
        for (a, b, state) in &self.pairs {
            sqlx::query(
                "INSERT OR IGNORE INTO possible_duplicate (a, b, other, reason, at, state) VALUES (?, ?, ?, '', 0, ?)",
            )
            .bind(a)
            .bind(b)
            .bind(b.is_none().then(|| state.to_string()))
            .bind(state)
            .execute(&mut db)
            .await
            .unwrap();
        }
        db
    }
}

/// The schema without rows.
pub async fn empty() -> SqliteConnection {
    let mut db = SqliteConnectOptions::new().in_memory(true).foreign_keys(true).connect().await.unwrap();
    sqlx::migrate!("assets/migrations").run(&mut db).await.unwrap();
    db
}

async fn store_sync(db: &mut SqliteConnection, sync: &Sync, entity: &str, id: i64, contact: Option<i64>) {
    if let Some(record) = &sync.record {
        sqlx::query(
            "INSERT INTO link (entity, entity_id, object, record_id, sent, seen, linked_at, updated_at)
             VALUES (?, ?, '', ?, '{}', '{}', 0, 0)",
        )
        .bind(entity)
        .bind(id)
        .bind(record)
        .execute(&mut *db)
        .await
        .unwrap();
    }
    for (state, attempts) in sync.open.into_iter().chain(sync.settled.then_some(("done", 0))) {
        sqlx::query(
            "INSERT INTO outbox (entity, entity_id, contact_id, cause, state, attempts, next_at, created_at, updated_at)
             VALUES (?, ?, ?, '', ?, ?, 0, 0, 0)",
        )
        .bind(entity)
        .bind(id)
        .bind(contact)
        .bind(state)
        .bind(attempts)
        .execute(&mut *db)
        .await
        .unwrap();
    }
}

impl Person {
    fn facts(&self) -> ContactFacts<'_> {
        let Self { contact, duplicate, imports, sync, .. } = self;
        ContactFacts { contact, duplicate: *duplicate, imports, sync: sync.facts() }
    }

    async fn store(&self, db: &mut SqliteConnection) {
        let Contact { id, values, status, source, created_at, updated_at, interacted_at, .. } = &self.contact;
        let columns: Vec<_> = Field::ALL.iter().map(|field| field.key()).collect();
        let sql = format!(
            "INSERT INTO contact ({}, id, custom, status, owner_id, source, name_key, created_at, updated_at, interacted_at)
             VALUES ({}?, ?, ?, ?, ?, '', ?, ?, ?)",
            columns.join(", "),
            "?, ".repeat(columns.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for field in Field::ALL {
            query = match values.get(field) {
                Some(FieldValue::Integer(n)) => query.bind(*n),
                Some(FieldValue::Bool(b)) => query.bind(*b),
                Some(value) => query.bind(value.as_str().map(str::to_owned)),
                None => query.bind(None::<String>),
            };
        }
        let custom: Values = values
            .iter()
            .filter(|(key, _)| matches!(key, FieldKey::Custom(_)))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        query
            .bind(id)
            .bind((!custom.is_empty()).then(|| serde_json::to_string(&custom).unwrap()))
            .bind(status.map(Status::key))
            .bind(self.owner_id)
            .bind(source)
            .bind(created_at.as_millisecond())
            .bind(updated_at.as_millisecond())
            .bind(interacted_at.map(Timestamp::as_millisecond))
            .execute(&mut *db)
            .await
            .unwrap();
        sqlx::query("INSERT INTO contact_text (id, place, text) SELECT id, recent_at >> 24 << 32 | id, ?2 FROM contact WHERE id = ?1")
            .bind(id)
            .bind(contact_text(values))
            .execute(&mut *db)
            .await
            .unwrap();
        sqlx::query(
            "INSERT INTO contact_search (rowid, text) SELECT place, text || '  ' FROM contact_text WHERE id = ?",
        )
        .bind(id)
        .execute(&mut *db)
        .await
        .unwrap();
        for (import, _) in &self.imports {
            sqlx::query("INSERT INTO import_contact (import_id, contact_id, created) VALUES (?, ?, 1)")
                .bind(import)
                .bind(id)
                .execute(&mut *db)
                .await
                .unwrap();
        }
        store_sync(db, &self.sync, "contact", *id, Some(*id)).await;
    }
}

impl Act {
    fn facts(&self) -> ActivityFacts<'_> {
        ActivityFacts { activity: &self.activity, former_ids: &self.former, sync: self.sync.facts() }
    }

    async fn store(&self, db: &mut SqliteConnection) {
        let a = &self.activity;
        sqlx::query(
            "INSERT INTO activity (id, kind, state, source, external_id, contact_id, person_name, subject, start_at, end_at,
             user_id, event_type, page, bot, form, utm_source, utm_medium, utm_campaign, utm_term, utm_content, reason,
             detail, test, unread, trashed_at, source_at, created_at, updated_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(a.id)
        .bind(a.kind.key())
        .bind(a.state.key())
        .bind(&a.source)
        .bind(&a.external_id)
        .bind(a.contact_id)
        .bind(&a.person_name)
        .bind(&a.subject)
        .bind(a.start.map(Timestamp::as_millisecond))
        .bind(a.end.map(Timestamp::as_millisecond))
        .bind(self.user_id)
        .bind(&a.event_type)
        .bind(&a.page)
        .bind(&a.bot)
        .bind(&a.form)
        .bind(&a.utm.source)
        .bind(&a.utm.medium)
        .bind(&a.utm.campaign)
        .bind(&a.utm.term)
        .bind(&a.utm.content)
        .bind(&a.reason)
        .bind(serde_json::to_string(&a.detail).unwrap())
        .bind(a.test)
        .bind(a.unread)
        .bind(a.trashed_at.map(Timestamp::as_millisecond))
        .bind(a.source_at.as_millisecond())
        .bind(a.created_at.as_millisecond())
        .bind(a.updated_at.as_millisecond())
        .execute(&mut *db)
        .await
        .unwrap();
        sqlx::query("INSERT INTO activity_text (id, place, text) SELECT id, updated_at >> 24 << 32 | id, ?2 FROM activity WHERE id = ?1")
            .bind(a.id)
            .bind(activity_text(a))
            .execute(&mut *db)
            .await
            .unwrap();
        for key in [&a.external_id].into_iter().chain(&self.former) {
            sqlx::query("INSERT INTO activity_key (source, external_id, activity_id) VALUES (?, ?, ?)")
                .bind(&a.source)
                .bind(key)
                .bind(a.id)
                .execute(&mut *db)
                .await
                .unwrap();
        }
        store_sync(db, &self.sync, "activity", a.id, a.contact_id).await;
    }
}
