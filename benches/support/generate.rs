//! A large store of made-up people, the same for the same seed: for benchmarks of lists and filters.
//!
//! Rows are written directly, several hundred a statement and without the indexes, which are made afterwards: through the
//! front door it would take an hour. What is written is what the store itself would hold.

use std::fmt::Write as _;
use std::path::Path;

use fastrand::Rng;
use rolodeck::domain::activity::{Kind, State, Utm};
use rolodeck::domain::text::fold;
use rolodeck::domain::{Activity, Field, FieldValue, Values};
use rolodeck::filter::{activity_text, contact_text};
use rolodeck::store::Store;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Contacts.
    pub contacts: i64,
    /// Activities.
    pub activities: i64,
    /// The same seed makes the same store.
    pub seed: u64,
}

/// Everything happens before this moment, but for the meetings to come: 2026-06-01T12:00:00Z.
pub const NOW_MS: i64 = 1_780_315_200_000;

const DAY: i64 = 86_400_000;
/// Users of the team; `host0@seller.test` is the first.
const USERS: i64 = 20;

const FIRST: &[&str] = &[
    "Ana", "Bo", "Cy", "Dana", "Eli", "Fay", "Gus", "Hanna", "Ivo", "Jana", "Kai", "Lea", "Mats", "Nora", "Ola", "Pia",
    "Quinn", "Rosa", "Sven", "Tara", "Ulf", "Vera", "Wim", "Xenia", "Yara", "Zoë", "Åse", "Björn", "Chloé", "Daniela",
    "Erik", "Farida", "Giulia", "Hugo", "Ines", "Jonas", "Kari", "Liam", "Maria", "Nils", "Olga", "Paul", "Rania",
    "Stefan", "Thea", "Umar", "Viktor", "Wanda", "Yusuf", "Zainab",
];
const LAST: &[&str] = &[
    "Berg",
    "Dahl",
    "Eriksen",
    "Fischer",
    "García",
    "Hansen",
    "Ibrahim",
    "Jensen",
    "Kowalski",
    "Larsen",
    "Müller",
    "Nguyen",
    "Olsen",
    "Petrov",
    "Quist",
    "Rossi",
    "Silva",
    "Thomsen",
    "Ueda",
    "Virtanen",
    "Weber",
    "Xu",
    "Yilmaz",
    "Zimmermann",
    "Andersson",
    "Bakke",
    "Costa",
    "Dubois",
    "Evans",
    "Fernández",
    "Gruber",
    "Holm",
    "Iversen",
    "Johansson",
    "Keller",
    "Lund",
    "Moreau",
    "Nielsen",
    "Okafor",
    "Popescu",
    "Reyes",
    "Schmidt",
    "Tanaka",
    "Urban",
    "Vogel",
    "Walker",
    "Young",
    "Zhang",
    "O'Brien",
    "van Dijk",
];
const COMPANY: &[&str] =
    &["Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Wonka", "Tyrell", "Cyberdyne"];
const SUFFIX: &[&str] = &["AS", "GmbH", "Inc.", "Ltd", "SA", "AB", "BV", "LLC"];
const CITY: &[&str] =
    &["Oslo", "Bergen", "Berlin", "Hamburg", "Paris", "Lyon", "Madrid", "London", "Leeds", "Boston", "Austin", "Tokyo"];
const COUNTRY: &[&str] =
    &["Norway", "Norway", "Germany", "Germany", "France", "France", "Spain", "UK", "UK", "USA", "USA", "Japan"];
const JOB: &[&str] =
    &["CEO", "CTO", "Head of Sales", "Account Executive", "Engineer", "Buyer", "Marketing Manager", "Founder"];
const EVENT: &[&str] =
    &["demo", "intro", "30min", "60min", "onboarding", "renewal", "support", "pricing", "workshop", "audit"];
const PAGE: &[&str] = &["Sales", "Support", "Partners", "Events", "Website demo", "Pricing"];
const BOT: &[&str] = &["Helper", "Qualifier", "Night owl", "Pricing bot"];
const FORM: &[&str] = &["Contact us", "Request a demo", "Newsletter", "Partner form"];
const CAMPAIGN: &[&str] = &["spring", "summer", "autumn", "winter", "launch", "black-friday", "webinar-1", "webinar-2"];

/// Where a text stands in its index (migration 100).
fn place(at: i64, id: i64) -> String {
    format!("{at} >> 24 << 32 | {id}")
}

fn pick<'a>(rng: &mut Rng, words: &[&'a str]) -> &'a str {
    words[rng.usize(..words.len())]
}

/// Makes the store `rolodeck.db` in a folder.
pub async fn generate(folder: &Path, size: Size, mut progress: impl FnMut(&str)) {
    let path = folder.join("rolodeck.db");
    Store::open(&path).await.unwrap().close().await;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .pragma("journal_mode", "off")
        .pragma("synchronous", "off")
        .pragma("foreign_keys", "off")
        .pragma("cache_size", "-400000")
        .pragma("temp_store", "memory")
        .pragma("locking_mode", "exclusive")
        .disable_statement_logging();
    let mut db = options.connect().await.unwrap();
    let late = late(&mut db).await;
    for (kind, name, _) in &late {
        run(&mut db, &format!("DROP {kind} {name}")).await;
    }
    run(&mut db, "BEGIN").await;
    users(&mut db).await;
    let mut rng = Rng::with_seed(size.seed);
    contacts(&mut db, &mut rng, size).await;
    progress("contacts");
    activities(&mut db, &mut rng, size).await;
    progress("activities");
    around(&mut db, size).await;
    run(&mut db, "COMMIT").await;
    for (_, name, sql) in &late {
        run(&mut db, sql).await;
        progress(name);
    }
    // As the triggers would have done it, in the order of the index.
    run(
        &mut db,
        "INSERT INTO contact_search (rowid, text) SELECT place, text || '  ' FROM contact_text ORDER BY place; \
         INSERT INTO activity_search (rowid, text) SELECT t.place, t.text || k.text || '  ' \
         FROM activity_text t JOIN activity a ON a.id = t.id JOIN contact_text k ON k.id = a.contact_id ORDER BY t.place",
    )
    .await;
    progress("words");
    run(&mut db, "INSERT INTO contact_search (contact_search) VALUES ('optimize')").await;
    run(&mut db, "INSERT INTO activity_search (activity_search) VALUES ('optimize')").await;
    db.close().await.unwrap();
    // Back to the journal that the store works with.
    Store::open(&path).await.unwrap().close().await;
    progress("done");
}

async fn run(db: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(db).await.unwrap();
}

/// Indexes of the two large tables that are not part of a constraint, and what indexes each of their texts, with their
/// statements.
async fn late(db: &mut SqliteConnection) -> Vec<(String, String, String)> {
    sqlx::query_as(
        "SELECT type, name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL \
         AND tbl_name IN ('contact', 'activity', 'activity_key') \
         OR type = 'trigger' AND tbl_name IN ('contact_text', 'activity_text')",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

async fn users(db: &mut SqliteConnection) {
    for n in 0..USERS {
        let name = format!("{} {}", FIRST[n as usize % FIRST.len()], LAST[n as usize * 7 % LAST.len()]);
        sqlx::query("INSERT INTO user (id, email, name) VALUES (?, ?, ?)")
            .bind(n + 1)
            .bind(format!("host{n}@seller.test"))
            .bind(name)
            .execute(&mut *db)
            .await
            .unwrap();
    }
}

/// Rows of one statement.
const TOGETHER: usize = 200;

struct Insert {
    head: String,
    columns: usize,
    text: String,
    rows: usize,
}

impl Insert {
    fn into(table: &str, columns: &[&str]) -> Self {
        Self {
            head: format!("INSERT INTO {table} ({}) VALUES ", columns.join(", ")),
            columns: columns.len(),
            text: String::new(),
            rows: 0,
        }
    }

    /// One row of SQL literals.
    fn row(&mut self, values: &[String]) {
        assert_eq!(values.len(), self.columns);
        let _ = write!(self.text, "{}({})", if self.rows > 0 { ", " } else { "" }, values.join(", "));
        self.rows += 1;
    }

    async fn write(&mut self, db: &mut SqliteConnection, least: usize) {
        if self.rows > least {
            let sql = format!("{}{}", self.head, self.text);
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(db).await.unwrap();
            self.text.clear();
            self.rows = 0;
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), quoted)
}

fn number(n: Option<i64>) -> String {
    n.map_or_else(|| "NULL".to_owned(), |n| n.to_string())
}

/// The person with a number: the same whenever asked.
fn person(seed: u64, id: i64) -> Values {
    let rng = &mut Rng::with_seed(seed ^ (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let (first, last) = (pick(rng, FIRST), pick(rng, LAST));
    let town = rng.usize(..CITY.len());
    let mut values = Values::new();
    let mut put = |field, text: String| values.set(field, Some(FieldValue::Text(text)));
    put(Field::FirstName, first.to_owned());
    put(Field::LastName, last.to_owned());
    let company = rng.i64(0..40_000);
    let plain = |text: &str| fold(text).chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    put(Field::Email, format!("{}.{}{id}@firm{company}.test", plain(first), plain(last)));
    put(Field::Company, format!("{} {company} {}", pick(rng, COMPANY), pick(rng, SUFFIX)));
    put(Field::JobTitle, pick(rng, JOB).to_owned());
    put(Field::City, CITY[town].to_owned());
    put(Field::Country, COUNTRY[town].to_owned());
    if rng.u8(..10) < 3 {
        put(Field::MobilePhone, format!("+479{id:07}"));
    }
    values
}

fn since(rng: &mut Rng, days: i64) -> i64 {
    NOW_MS - rng.i64(0..days * DAY)
}

async fn contacts(db: &mut SqliteConnection, rng: &mut Rng, size: Size) {
    let mut rows = Insert::into(
        "contact",
        &[
            "id",
            "email",
            "mobile_phone",
            "first_name",
            "last_name",
            "company",
            "job_title",
            "city",
            "country",
            "employees",
            "time_zone",
            "status",
            "owner_id",
            "source",
            "name_key",
            "created_at",
            "updated_at",
            "interacted_at",
        ],
    );
    let mut texts = Insert::into("contact_text", &["id", "place", "text"]);
    for id in 1..=size.contacts {
        let values = person(size.seed, id);
        let text = |field| optional(values.text(field));
        let status = match rng.u8(..100) {
            0..55 => None,
            55..75 => Some("qualified"),
            75..85 => Some("marketing_qualified"),
            85..93 => Some("sales_qualified"),
            _ => Some("disqualified"),
        };
        let source = ["calcom", "calcom", "oncehub", "oncehub", "import"][rng.usize(..5)];
        let created = since(rng, 1000);
        let touched = created + rng.i64(0..=NOW_MS - created);
        let name = format!(
            "{} {}",
            values.text(Field::LastName).unwrap_or_default(),
            values.text(Field::FirstName).unwrap_or_default()
        );
        rows.row(&[
            id.to_string(),
            text(Field::Email),
            text(Field::MobilePhone),
            text(Field::FirstName),
            text(Field::LastName),
            text(Field::Company),
            text(Field::JobTitle),
            text(Field::City),
            text(Field::Country),
            number(rng.bool().then(|| rng.i64(1..2000))),
            quoted("Europe/Oslo"),
            optional(status),
            number((rng.u8(..10) < 7).then(|| rng.i64(1..=USERS))),
            quoted(source),
            quoted(&fold(&name)),
            created.to_string(),
            touched.to_string(),
            number((source != "import").then_some(touched)),
        ]);
        let recent = if source == "import" { created } else { touched };
        texts.row(&[id.to_string(), place(recent, id), quoted(&contact_text(&values))]);
        rows.write(db, TOGETHER).await;
        texts.write(db, TOGETHER).await;
    }
    rows.write(db, 0).await;
    texts.write(db, 0).await;
}

async fn activities(db: &mut SqliteConnection, rng: &mut Rng, size: Size) {
    let columns = [
        "id",
        "kind",
        "state",
        "source",
        "external_id",
        "contact_id",
        "person_name",
        "person_email",
        "subject",
        "start_at",
        "end_at",
        "user_id",
        "event_type",
        "page",
        "bot",
        "form",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "detail",
        "test",
        "unread",
        "trashed_at",
        "source_at",
        "created_at",
        "updated_at",
    ];
    let mut rows = Insert::into("activity", &columns);
    let mut texts = Insert::into("activity_text", &["id", "place", "text"]);
    let mut keys = Insert::into("activity_key", &["source", "external_id", "activity_id"]);
    for id in 1..=size.activities {
        let activity = activity(rng, size, id);
        let ms = |at: Option<jiff::Timestamp>| number(at.map(jiff::Timestamp::as_millisecond));
        let utm = &activity.utm;
        rows.row(&[
            id.to_string(),
            quoted(activity.kind.key()),
            quoted(activity.state.key()),
            quoted(&activity.source),
            quoted(&activity.external_id),
            number(activity.contact_id),
            optional(activity.person_name.as_deref()),
            optional(activity.person_email.as_deref()),
            optional(activity.subject.as_deref()),
            ms(activity.start),
            ms(activity.end),
            rng.i64(1..=USERS).to_string(),
            optional(activity.event_type.as_deref()),
            optional(activity.page.as_deref()),
            optional(activity.bot.as_deref()),
            optional(activity.form.as_deref()),
            optional(utm.source.as_deref()),
            optional(utm.medium.as_deref()),
            optional(utm.campaign.as_deref()),
            quoted("{}"),
            i64::from(activity.test).to_string(),
            i64::from(activity.unread).to_string(),
            ms(activity.trashed_at),
            ms(Some(activity.source_at)),
            ms(Some(activity.created_at)),
            ms(Some(activity.updated_at)),
        ]);
        let heard = activity.updated_at.as_millisecond();
        texts.row(&[id.to_string(), place(heard, id), quoted(&activity_text(&activity))]);
        // Ascending by key, as the table is.
        keys.row(&[quoted(&activity.source), quoted(&activity.external_id), id.to_string()]);
        rows.write(db, TOGETHER).await;
        texts.write(db, TOGETHER).await;
        keys.write(db, TOGETHER).await;
    }
    rows.write(db, 0).await;
    texts.write(db, 0).await;
    keys.write(db, 0).await;
}

fn activity(rng: &mut Rng, size: Size, id: i64) -> Activity {
    let contact = rng.i64(1..=size.contacts);
    let values = person(size.seed, contact);
    let created = since(rng, 1000);
    let updated = created + rng.i64(0..30 * DAY);
    let kind = [Kind::Booking, Kind::Booking, Kind::Booking, Kind::Conversation, Kind::Conversation, Kind::Form]
        [rng.usize(..6)];
    let start = (kind == Kind::Booking).then(|| created + rng.i64(DAY / 24..21 * DAY));
    let state = match kind {
        Kind::Form => State::Submitted,
        Kind::Conversation => [State::Closed, State::Closed, State::Abandoned][rng.usize(..3)],
        Kind::Booking => match rng.u8(..100) {
            0..18 => State::Canceled,
            18..24 => State::NoShow,
            24 if start > Some(NOW_MS) => State::Requested,
            25..40 if start > Some(NOW_MS) => State::Rescheduled,
            _ if start > Some(NOW_MS) => State::Scheduled,
            _ => State::Completed,
        },
    };
    let at = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap();
    let some = |text: &str| Some(text.to_owned());
    let campaign = rng.u8(..10) < 3;
    let (event, page, bot, form) = (pick(rng, EVENT), pick(rng, PAGE), pick(rng, BOT), pick(rng, FORM));
    Activity {
        id,
        kind,
        state,
        source: if rng.bool() { "calcom" } else { "oncehub" }.to_owned(),
        external_id: format!("g{id:010}"),
        contact_id: Some(contact),
        person_name: Some(values.full_name()),
        person_email: values.text(Field::Email).map(str::to_owned),
        person_phone: None,
        subject: match kind {
            Kind::Booking => Some(format!("{event} with {}", values.full_name())),
            Kind::Conversation => some(bot),
            Kind::Form => some(form),
        },
        start: start.map(at),
        end: start.map(|start| at(start + 1_800_000)),
        customer_time_zone: None,
        user: None,
        event_type: (kind == Kind::Booking).then(|| event.to_owned()),
        page: (kind == Kind::Booking).then(|| page.to_owned()),
        bot: (kind == Kind::Conversation).then(|| bot.to_owned()),
        form: (kind == Kind::Form).then(|| form.to_owned()),
        location: None,
        utm: Utm {
            source: campaign.then(|| pick(rng, &["google", "linkedin", "newsletter"]).to_owned()),
            medium: campaign.then(|| pick(rng, &["cpc", "email", "social"]).to_owned()),
            campaign: campaign.then(|| pick(rng, CAMPAIGN).to_owned()),
            ..Utm::default()
        },
        reason: None,
        reason_by: None,
        detail: rolodeck::domain::activity::Detail::default(),
        related_id: None,
        test: rng.u16(..1000) == 0,
        unread: updated > NOW_MS - 5 * DAY,
        trashed_at: (rng.u16(..1000) == 0).then(|| at(NOW_MS - DAY)),
        source_at: at(updated),
        created_at: at(created),
        updated_at: at(updated),
    }
}

/// What stands around: links to Salesforce, things that wait for it, possible duplicates.
async fn around(db: &mut SqliteConnection, size: Size) {
    let sql = format!(
        "INSERT INTO link (entity, entity_id, object, record_id, sent, seen, linked_at, updated_at) \
         SELECT 'contact', id, 'Lead', printf('00Q%015d', id), '{{}}', '{{}}', {NOW_MS}, {NOW_MS} FROM contact WHERE id % 5 < 3; \
         INSERT INTO link (entity, entity_id, object, record_id, sent, seen, linked_at, updated_at) \
         SELECT 'activity', id, 'Event', printf('00U%015d', id), '{{}}', '{{}}', {NOW_MS}, {NOW_MS} FROM activity WHERE id % 5 = 0; \
         INSERT INTO outbox (entity, entity_id, contact_id, cause, state, next_at, created_at, updated_at) \
         SELECT 'contact', id, id, 'status', iif(id % 3 = 0, 'held', iif(id % 3 = 1, 'pending', 'retry')), {NOW_MS}, {NOW_MS}, {NOW_MS} \
         FROM contact WHERE id % 2000 = 7; \
         INSERT INTO possible_duplicate (a, b, reason, at) \
         SELECT id, id + 1, 'same_name_company', {NOW_MS} FROM contact WHERE id % 1000 = 3 AND id < {};",
        size.contacts
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(db).await.unwrap();
}
