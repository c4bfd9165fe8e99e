//! A small world of people and bookings that answers the screen's questions as the store would, and a screen to press
//! keys on.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use rolodeck::domain::activity::{Answer, Attendee, Detail, Utm};
use rolodeck::domain::{Activity, Contact, Email, Field, FieldValue, Kind, State, Status, UserRef, Values};
use rolodeck::store::{
    ActivityDetail, ActivityRow, Anchor, ContactDetail, ContactRow, Count, DuplicateHint, Entity, HistoryEntry, Key,
    Link, OutboxCounts, OutboxRow, OutboxState, PageView, SavedFilter, SortValue, StatusCounts, SyncMark, UndoEntry,
    Window,
};
use rolodeck::sync::status::{ApiUse, BatchProgress, Connection, ErrorGroup, ResultLine, WorkerState, WorkerStatus};
use rolodeck::tui::dialogs::facets::CountFacets;
use rolodeck::tui::dialogs::palette::FindPeople;
use rolodeck::tui::dialogs::undo::ReadChanges;
use rolodeck::tui::glance::ReadGlance;
use rolodeck::tui::job::Answered;
use rolodeck::tui::message::{Effect, FilterId, Message, Overview, Reply};
use rolodeck::tui::model::{Model, Now, Setup};
use rolodeck::tui::theme::Theme;
use rolodeck::tui::update::complete::ReadWords;
use rolodeck::tui::update::{start, update};
use rolodeck::tui::view::view;
use serde_json::json;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn now() -> Timestamp {
    at("2026-11-20T12:00:00Z")
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

/// Name, email, company, title, status, owner: real-looking, then wide, joined, hostile, and next to nothing.
type Who = (&'static str, &'static str, &'static str, &'static str, Option<Status>, &'static str);
const PEOPLE: [Who; 14] = [
    ("Ana Berg", "ana.berg@fjordtech.example", "Fjord Tech AS", "Head of Sales", None, "Jo Host"),
    ("Bo Lindqvist", "bo@lindqvist.example", "Lindqvist & Söner", "CTO", Some(Status::Qualified), "Jo Host"),
    ("Chidi Okafor", "c.okafor@lagosworks.example", "Lagos Works", "Founder", Some(Status::SalesQualified), ""),
    (
        "Daniela Moreira",
        "daniela.moreira@azulejo.example",
        "Azulejo",
        "Marketing",
        Some(Status::MarketingQualified),
        "",
    ),
    ("李小龙", "xiaolong.li@dragon.example", "龙科技有限公司", "产品经理", None, "Mei Tan"),
    (
        "Zoë Müller-Schönfeld",
        "zoe@ms.example",
        "Müller-Schönfeld Maschinenbau GmbH & Co. KG",
        "Einkauf",
        None,
        "Jo Host",
    ),
    ("Evil \u{1b}[31mRed\u{7}\u{202e}lave", "evil\u{200b}@x.example", "\u{1b}]52;c;aGk=\u{7}Corp", "\tTab", None, ""),
    ("Priya 👩‍💻 Raman", "priya@raman.example", "Raman Labs", "Engineer", Some(Status::Disqualified), "Mei Tan"),
    ("مريم حداد", "m.haddad@sahara.example", "Sahara Trade", "Buyer", None, ""),
    ("", "info@nameless.example", "", "", None, ""),
    ("Éloïse Lefèvre", "eloise@lefevre.example", "Lefèvre Frères", "Directrice", Some(Status::Qualified), "Jo Host"),
    ("Jun Sato 佐藤純", "jun@sato.example", "佐藤商事", "部長", Some(Status::SalesQualified), "Mei Tan"),
    ("Karl-Friedrich von der Hohenlohe-Langenburg", "kf@hohenlohe.example", "H", "Prinz", None, ""),
    ("Lena O'Hara", "lena@ohara.example", "O'Hara, Smith, \"Partners\"", "Partner", None, "Jo Host"),
];
const SUBJECTS: [&str; 5] = ["Intro call", "Product demo, 45 minutes", "Pricing", "Technical deep dive", "契約の相談"];
const SYNC: [SyncMark; 5] = [SyncMark::Done, SyncMark::Pending, SyncMark::Done, SyncMark::Held, SyncMark::None];

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub struct World {
    pub contacts: Vec<ContactRow>,
    pub activities: Vec<ActivityRow>,
    pub outbox: Vec<OutboxRow>,
    pub saved: Vec<SavedFilter>,
    pub paused: bool,
    /// Everything that was asked for but has no answer, and every change.
    pub log: Vec<Effect>,
}

impl World {
    pub fn empty() -> Self {
        let none = Vec::new();
        Self {
            contacts: Vec::new(),
            activities: Vec::new(),
            outbox: none,
            saved: Vec::new(),
            paused: false,
            log: Vec::new(),
        }
    }

    /// `size` contacts, newest first, and twice as many activities.
    pub fn new(size: usize) -> Self {
        let contacts: Vec<_> = (0..size).map(contact).collect();
        let activities = (0..size * 2).map(|index| activity(index, &contacts[index % size])).collect();
        let saved = vec![
            SavedFilter {
                id: 1,
                name: "Norway".into(),
                list: "contacts".into(),
                query: "fjord".into(),
                position: 1,
                pin: None,
            },
            SavedFilter {
                id: 2,
                name: "Demos of mine".into(),
                list: "activities".into(),
                query: "demo".into(),
                position: 2,
                pin: None,
            },
        ];
        Self { contacts, activities, outbox: outbox(), saved, paused: false, log: Vec::new() }
    }

    pub fn answer(&mut self, effect: Effect) -> Option<Message> {
        let matches = |text: &str, filter: &str| text.to_lowercase().contains(&filter.to_lowercase());
        let contacts = |filter: &str| {
            let none = filter == "status:none";
            let word = if none { "" } else { filter };
            let rows = self.contacts.iter().filter(|row| matches(&format!("{} {:?}", row.name, row.company), word));
            let rows = rows.filter(|row| !none || row.status.is_none());
            rows.cloned().collect::<Vec<_>>()
        };
        let activities = |filter: &str| {
            let word = if filter.contains(':') || ["mine", "unread", "trash"].contains(&filter) { "" } else { filter };
            let rows = self.activities.iter().filter(|row| matches(&format!("{} {:?}", row.name, row.subject), word));
            let rows = rows.filter(|row| filter != "unread:yes" || row.unread);
            rows.cloned().collect::<Vec<_>>()
        };
        let count = |n: usize| Count { n: n as i64, capped: false };
        let reply = match effect {
            Effect::Contacts { filter, request, .. } => {
                let window = window(contacts(&filter), &request.anchor, request.limit, |row| row.id);
                Reply::Contacts(request.generation, request.load, window)
            }
            Effect::Activities { filter, request, .. } => {
                let window = window(activities(&filter), &request.anchor, request.limit, |row| row.id);
                Reply::Activities(request.generation, request.load, window)
            }
            Effect::Total { list: rolodeck::filter::List::Contacts, filter, generation } => {
                Reply::ContactTotal(generation, count(contacts(&filter).len()))
            }
            Effect::Total { filter, generation, .. } => {
                Reply::ActivityTotal(generation, count(activities(&filter).len()))
            }
            Effect::Contact(generation, id) => {
                let row = self.contacts.iter().find(|row| row.id == id);
                Reply::Contact(generation, row.map(|row| Box::new(self.contact_detail(row))))
            }
            Effect::Activity(generation, id) => {
                let row = self.activities.iter().find(|row| row.id == id);
                Reply::Activity(generation, row.map(|row| Box::new(self.activity_detail(row))))
            }
            Effect::SetStatus(ids, status) => {
                self.contacts.iter_mut().filter(|row| ids.contains(&row.id)).for_each(|row| row.status = status);
                let mine = |row: &&mut ActivityRow| row.contact_id.is_some_and(|id| ids.contains(&id));
                self.activities.iter_mut().filter(mine).for_each(|row| row.status = status);
                let reply = Reply::StatusSet(status, ids.len());
                self.log.push(Effect::SetStatus(ids, status));
                reply
            }
            Effect::MarkRead(ids, read) => {
                self.activities.iter_mut().filter(|row| ids.contains(&row.id)).for_each(|row| row.unread = !read);
                let reply = Reply::ReadSet(read, ids.len() as u64);
                self.log.push(Effect::MarkRead(ids, read));
                reply
            }
            Effect::Opened(id) => {
                self.activities.iter_mut().filter(|row| row.id == id).for_each(|row| row.unread = false);
                self.log.push(Effect::Opened(id));
                Reply::ReadSet(true, 0)
            }
            Effect::SavedFilters => Reply::SavedFilters(self.saved.clone()),
            Effect::Outbox => Reply::Outbox(self.outbox.clone()),
            Effect::Overview => Reply::Overview(Box::new(self.overview())),
            Effect::Pause(paused) => {
                self.paused = paused;
                Reply::Overview(Box::new(self.overview()))
            }
            Effect::Job(job) if job.get::<ReadGlance>().is_some() => {
                let next = self.contacts.first().map(|row| (now() + SignedDuration::from_mins(42), row.name.clone()));
                let days = vec![3, 8, 5, 0, 0, 12, 9, 7, 14, 11, 1, 2, 16, 6];
                Reply::Job(Answered::new(ReadGlance, Ok((next, days))))
            }
            Effect::Job(job) if job.get::<ReadWords>().is_some() => {
                let words = [
                    ("company", vec!["Fjord Tech AS", "Azulejo", "龙科技有限公司"]),
                    ("event_type", vec!["demo", "intro"]),
                    ("owner", vec!["jo@seller.example", "mei@seller.example"]),
                    ("host", vec!["jo@seller.example", "mei@seller.example"]),
                ];
                let words =
                    words.map(|(key, values)| (key.to_owned(), values.into_iter().map(str::to_owned).collect()));
                Reply::Job(Answered::new(ReadWords, Ok(words.into_iter().collect())))
            }
            Effect::Job(job) if job.get::<CountFacets>().is_some() => {
                let job = job.get::<CountFacets>().unwrap().clone();
                let counts = job.queries.iter().map(|query| {
                    let n = query.len() as i64 * 43;
                    Some(Count { n: n.min(1_000), capped: n > 1_000 })
                });
                let counts = counts.collect();
                Reply::Job(Answered::new(job, Ok(counts)))
            }
            Effect::Job(job) if job.get::<FindPeople>().is_some() => {
                let text = job.get::<FindPeople>().unwrap().0.clone();
                let people = contacts(&text).into_iter().take(8);
                let people = people.map(|row| (row.id, row.name, row.email.unwrap_or_default())).collect();
                Reply::Job(Answered::new(FindPeople(text), Ok(people)))
            }
            Effect::Job(job) if job.get::<ReadChanges>().is_some() => {
                let entry = |id, label: &str, undone| UndoEntry {
                    id,
                    at: ago(id * 7),
                    actor: "ana@seller.example".into(),
                    label: label.into(),
                    note: (id == 2).then(|| "Salesforce keeps what was sent".into()),
                    undone_at: undone,
                };
                let changes = vec![
                    entry(1, "Qualified of 3 contacts", None),
                    entry(2, "edit of Evil \u{1b}[31mRed", None),
                    entry(3, "deleted 1 contact", Some(ago(1))),
                ];
                Reply::Job(Answered::new(ReadChanges, Ok(changes)))
            }
            Effect::LoadSession => Reply::Session(None, Vec::new()),
            Effect::SaveFilter(name, list, query) => {
                let (id, position) = (self.saved.len() as i64 + 1, 9);
                let list = list.key().to_owned();
                match self.saved.iter_mut().find(|saved| saved.name.to_lowercase() == name.to_lowercase()) {
                    Some(saved) => (saved.list, saved.query) = (list, query),
                    None => self.saved.push(SavedFilter { id, name: name.clone(), list, query, position, pin: None }),
                }
                Reply::FilterSaved(name)
            }
            Effect::DeleteFilter(id) => {
                self.saved.retain(|filter| filter.id != id);
                Reply::FilterDeleted
            }
            Effect::Retry(ids) => {
                let n = ids.len() as u64;
                self.log.push(Effect::Retry(ids));
                Reply::Retried(n)
            }
            Effect::Skip(ids) => {
                let n = ids.len() as u64;
                self.log.push(Effect::Skip(ids));
                Reply::Skipped(n)
            }
            other => {
                self.log.push(other);
                return None;
            }
        };
        Some(Message::Reply(reply))
    }

    fn overview(&self) -> Overview {
        let of = |status: Option<Status>| self.contacts.iter().filter(|row| row.status == status).count() as i64;
        let waiting = |state| self.outbox.iter().filter(|row| row.state == state).count() as i64;
        Overview {
            statuses: StatusCounts {
                none: of(None),
                qualified: of(Some(Status::Qualified)),
                marketing_qualified: of(Some(Status::MarketingQualified)),
                sales_qualified: of(Some(Status::SalesQualified)),
                disqualified: of(Some(Status::Disqualified)),
            },
            outbox: OutboxCounts {
                pending: 12,
                in_flight: 2,
                retry: waiting(OutboxState::Retry),
                held: waiting(OutboxState::Held),
                in_doubt: waiting(OutboxState::InDoubt),
                done: 1_482,
                skipped: 3,
            },
            lease: None,
            paused: self.paused,
            undoable: self.log.iter().any(|effect| matches!(effect, Effect::SetStatus(..))),
        }
    }

    fn contact_detail(&self, row: &ContactRow) -> ContactDetail {
        let activities: Vec<_> = self.activities.iter().filter(|a| a.contact_id == Some(row.id)).cloned().collect();
        let mut values = Values::new();
        let mut name = row.name.splitn(2, ' ');
        values.put_text(Field::FirstName, name.next());
        values.put_text(Field::LastName, name.next());
        values.put_text(Field::Email, row.email.as_deref());
        values.put_text(Field::MobilePhone, row.phone.as_deref());
        values.put_text(Field::Company, row.company.as_deref());
        values.put_text(Field::JobTitle, row.job_title.as_deref());
        values.put_text(Field::Country, Some("Norway"));
        values.set(Field::Employees, Some(FieldValue::Integer(250)));
        values.set(
            rolodeck::domain::FieldKey::Custom("product_interest".into()),
            Some(FieldValue::Text("Scheduling, routing and the mobile app for the whole field team".into())),
        );
        let contact = Contact {
            id: row.id,
            values,
            status: row.status,
            owner: row.owner.clone().map(|name| UserRef { name: Some(name), ..UserRef::default() }),
            source: row.source.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            interacted_at: Some(row.recent_at),
        };
        let entry = |minutes, actor: &str, what: &str, data| HistoryEntry {
            at: ago(minutes),
            actor: actor.into(),
            activity_id: None,
            what: what.into(),
            data,
        };
        ContactDetail {
            contact,
            activity_count: activities.len() as i64,
            activities,
            history: vec![
                entry(3, "ana@seller.example", "status", json!({"from": null, "to": "qualified"})),
                entry(55, "calcom", "field", json!({"field": "company", "from": "Fjord", "to": "Fjord Tech AS"})),
                entry(60, "calcom", "created", json!({})),
            ],
            page_views: vec![PageView {
                url: "https://x.example/pricing".into(),
                title: Some("Pricing".into()),
                seconds: Some(42),
                at: ago(70),
            }],
            link: (row.sync == SyncMark::Done).then(|| link("Lead", "00QAa00000fGh1YMAS")),
            outbox: self.outbox.iter().filter(|item| item.contact_id == Some(row.id)).cloned().collect(),
            duplicates: if row.duplicate {
                vec![DuplicateHint { contact_id: Some(3), label: "Ana Bergh".into(), reason: "same_phone".into() }]
            } else {
                Vec::new()
            },
        }
    }

    fn activity_detail(&self, row: &ActivityRow) -> ActivityDetail {
        let contact = self.contacts.iter().find(|contact| Some(contact.id) == row.contact_id);
        let answers = vec![
            Answer { key: "team".into(), label: Some("Team size".into()), value: json!(25), form: false },
            Answer {
                key: "why".into(),
                label: Some("What would you like to talk about?".into()),
                value: json!(
                    "How we move five hundred bookings a week from three calendars into Salesforce without anyone typing anything.\nAnd the price."
                ),
                form: false,
            },
        ];
        let activity = Activity {
            id: row.id,
            kind: row.kind,
            state: row.state,
            source: row.source.clone(),
            external_id: "bk_7f3Kq9".into(),
            contact_id: row.contact_id,
            person_name: Some(row.name.clone()),
            person_email: row.email.clone(),
            person_phone: None,
            subject: row.subject.clone(),
            start: row.start,
            end: row.end,
            customer_time_zone: Some("America/New_York".into()),
            user: row.user.clone().map(|name| UserRef { name: Some(name), ..UserRef::default() }),
            event_type: Some("demo".into()),
            page: None,
            bot: None,
            form: None,
            location: Some("Google Meet".into()),
            utm: Utm { source: Some("google".into()), campaign: Some("autumn".into()), ..Utm::default() },
            reason: None,
            reason_by: None,
            detail: Detail {
                attendees: vec![
                    Attendee { name: Some(row.name.clone()), email: row.email.clone(), ..Attendee::default() },
                    Attendee {
                        name: Some("Guest Two".into()),
                        email: Some("two@x.example".into()),
                        no_show: Some(true),
                        ..Attendee::default()
                    },
                ],
                answers,
                ..Detail::default()
            },
            related_id: None,
            test: false,
            unread: row.unread,
            trashed_at: None,
            source_at: row.updated_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        ActivityDetail {
            activity,
            contact: contact.map(|contact| self.contact_detail(contact)),
            link: Some(link("Event", "00UAa00000p8LmMMAU")),
            outbox: self
                .outbox
                .iter()
                .find(|item| item.entity_id == row.id && item.entity == Entity::Activity)
                .cloned(),
            related: Vec::new(),
            history: Vec::new(),
        }
    }
}

fn link(object: &str, id: &str) -> Link {
    let (sent, seen, candidates) = (json!({}), json!({}), Vec::new());
    Link {
        object: object.into(),
        record_id: id.into(),
        sent,
        seen,
        candidates,
        linked_at: ago(20),
        updated_at: ago(20),
    }
}

fn window<T>(all: Vec<T>, anchor: &Anchor, limit: usize, id: impl Fn(&T) -> i64) -> Window<T> {
    let key = |row: &T| Key { sort: SortValue::Integer(id(row)), id: id(row) };
    let place = |key: &Key| all.partition_point(|row| id(row) < key.id);
    let past = |key: &Key| all.partition_point(|row| id(row) <= key.id);
    let (from, to) = match anchor {
        Anchor::First => (0, limit.min(all.len())),
        Anchor::Last => (all.len().saturating_sub(limit), all.len()),
        Anchor::After(key) => (past(key), (past(key) + limit).min(all.len())),
        Anchor::From(key) => (place(key), (place(key) + limit).min(all.len())),
        Anchor::Before(key) => (place(key).saturating_sub(limit), place(key)),
    };
    let (before, after) = (from > 0, to < all.len());
    Window { rows: all.into_iter().skip(from).take(to - from).map(|row| (key(&row), row)).collect(), before, after }
}

fn contact(index: usize) -> ContactRow {
    let (name, email, company, job_title, status, owner) = PEOPLE[index % PEOPLE.len()];
    let round = index / PEOPLE.len();
    let recent = ago((index * index * 7 + index * 3) as i64);
    let suffix = |text: &str| if round == 0 || text.is_empty() { text.to_owned() } else { format!("{text} {round}") };
    ContactRow {
        id: index as i64 + 1,
        name: suffix(name),
        email: some(email),
        phone: (!index.is_multiple_of(3)).then(|| format!("+4790000{index:03}")),
        company: some(company),
        job_title: some(job_title),
        status,
        owner: some(owner),
        source: "calcom".into(),
        recent_at: recent,
        created_at: recent,
        updated_at: recent,
        unread: index.is_multiple_of(4),
        duplicate: index == 0,
        sync: SYNC[index % SYNC.len()],
        values: Values::new(),
    }
}

fn activity(index: usize, contact: &ContactRow) -> ActivityRow {
    let (kind, state) = [
        (Kind::Booking, State::Scheduled),
        (Kind::Booking, State::Rescheduled),
        (Kind::Conversation, State::Started),
        (Kind::Booking, State::Canceled),
        (Kind::Form, State::Submitted),
        (Kind::Booking, State::NoShow),
        (Kind::Booking, State::Requested),
    ][index % 7];
    let start = ago(-(90 + index as i64 * 700) * if state == State::NoShow { -1 } else { 1 });
    let booking = kind == Kind::Booking;
    let heard = ago((index * index * 2 + index) as i64);
    ActivityRow {
        id: index as i64 + 1,
        kind,
        state,
        source: "calcom".into(),
        contact_id: Some(contact.id),
        name: contact.name.clone(),
        email: contact.email.clone(),
        status: contact.status,
        subject: booking.then(|| SUBJECTS[index % SUBJECTS.len()].to_owned()),
        start: booking.then_some(start),
        end: booking.then(|| start + SignedDuration::from_mins(30)),
        user: some(["Jo Host", "Mei Tan", ""][index % 3]),
        unread: index.is_multiple_of(3),
        test: index == 9,
        trashed: false,
        sync: SYNC[(index + 1) % SYNC.len()],
        created_at: heard,
        updated_at: heard,
    }
}

fn outbox() -> Vec<OutboxRow> {
    let item = |id, state, label: &str, code: &str, field: &str, object: &str, message: &str| OutboxRow {
        id,
        entity: if id % 2 == 0 { Entity::Contact } else { Entity::Activity },
        entity_id: id,
        contact_id: Some(id),
        label: label.into(),
        cause: if id % 2 == 0 { "status".into() } else { "scheduled".into() },
        state,
        version: 1,
        attempts: id + 1,
        next_at: ago(-(id * 4)),
        intent: None,
        code: some(code),
        message: some(message),
        field: some(field),
        object: some(object),
        class: Some("tell_user".into()),
        note: Vec::new(),
        created_at: ago(30),
        updated_at: ago(10),
        done_at: None,
    };
    vec![
        item(
            4,
            OutboxState::Held,
            "Daniela Moreira",
            "STRING_TOO_LONG",
            "Company",
            "Lead",
            "Company: data value too large: Azulejo (max length=5)",
        ),
        item(
            7,
            OutboxState::Held,
            "Evil \u{1b}[31mRed: Pricing",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Status__c",
            "Event",
            "bad value for restricted picklist field: \u{1b}[2J",
        ),
        item(
            2,
            OutboxState::Retry,
            "Bo Lindqvist",
            "UNABLE_TO_LOCK_ROW",
            "",
            "Contact",
            "unable to obtain exclusive access to this record",
        ),
        item(3, OutboxState::InDoubt, "Chidi Okafor: Pricing", "", "", "Event", ""),
    ]
}

pub fn worker() -> WorkerStatus {
    let result = |minutes, ok, text: &str| ResultLine { at: ago(minutes), ok, text: text.into(), names: true };
    WorkerStatus {
        state: WorkerState::Working,
        connection: Some(Connection {
            user: Some("sync@seller.example".into()),
            instance: "seller.my.salesforce.com".into(),
        }),
        api: Some(ApiUse { used: 11_204, max: 15_000, ours: 312 }),
        forecast: None,
        counts: OutboxCounts::default(),
        throughput_at: Some(now().as_second()),
        throughput: (0..60).map(|n| [0, 0, 3, 8, 12, 5, 1, 0, 20, 14][n % 10]).collect(),
        batch: Some(BatchProgress { done: 18, total: 25 }),
        results: vec![
            result(0, true, "Created Event for Ana Berg"),
            result(1, true, "Updated Lead of 李小龙"),
            result(1, false, "Lead of Daniela Moreira: value too long"),
            result(2, true, "Moved Event of Bo Lindqvist"),
            result(4, true, "Created Lead for Evil \u{1b}[31mRed"),
        ],
        errors: vec![
            ErrorGroup { code: "STRING_TOO_LONG".into(), words: "The value is longer than the field".into(), count: 1 },
            ErrorGroup {
                code: "UNABLE_TO_LOCK_ROW".into(),
                words: "Someone else was writing the record".into(),
                count: 1,
            },
        ],
    }
}

/// A screen with a world behind it.
pub struct Screen {
    pub model: Model,
    pub world: World,
    terminal: Terminal<TestBackend>,
}

impl Screen {
    pub fn new(world: World, width: u16, height: u16) -> Self {
        Self::with_theme(world, width, height, Theme::colours())
    }

    pub fn with_theme(world: World, width: u16, height: u16, theme: Theme) -> Self {
        let setup = Setup {
            config: std::sync::Arc::default(),
            me: Some(Email::parse("ana@seller.example").unwrap()),
            administrator: true,
            time_zone: TimeZone::get("Europe/Oslo").unwrap(),
            custom: Vec::new(),
            theme,
            demo: true,
            size: Size::new(width, height),
            now: Now { at: now(), instant: Instant::now() },
        };
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut screen = Self { model: Model::new(setup), world, terminal };
        screen.answer(start());
        screen.send(Message::Worker(Box::new(worker())));
        screen.wait(1_000);
        screen
    }

    /// Sends a message and answers everything that it leads to.
    pub fn send(&mut self, message: Message) {
        let effects = update(&mut self.model, message);
        self.answer(effects);
    }

    pub fn answer(&mut self, effects: Vec<Effect>) {
        let mut effects: std::collections::VecDeque<_> = effects.into();
        while let Some(effect) = effects.pop_front() {
            if let Effect::FilterTotals(filters) = effect {
                for (id, _, query) in filters {
                    let n = match id {
                        FilterId::Preset(index) => index as i64 * 37 + 4,
                        FilterId::Saved(_) => query.len() as i64,
                    };
                    let count = Count { n: if n > 300 { 10_000 } else { n }, capped: n > 300 };
                    effects.extend(update(&mut self.model, Message::Reply(Reply::FilterTotal(id, count))));
                }
            } else if let Some(message) = self.world.answer(effect) {
                effects.extend(update(&mut self.model, message));
            }
        }
    }

    /// Lets time pass: every deadline in it comes true.
    pub fn wait(&mut self, milliseconds: u64) {
        let end = self.model.setup.now.instant + Duration::from_millis(milliseconds);
        while let Some(deadline) = self.model.deadline().filter(|deadline| *deadline <= end) {
            let step = deadline.saturating_duration_since(self.model.setup.now.instant);
            self.pass(step);
            self.send(Message::Wake);
        }
        let rest = end.saturating_duration_since(self.model.setup.now.instant);
        self.pass(rest);
    }

    fn pass(&mut self, step: Duration) {
        let now = &mut self.model.setup.now;
        now.instant += step;
        now.at = now.at.checked_add(SignedDuration::try_from(step).unwrap()).unwrap();
    }

    /// Presses keys by their names, blanks between them.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for name in keys.split_whitespace() {
            self.send(Message::Key(event(name)));
        }
        self
    }

    /// Types text.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
        self.send(Message::Resize(Size::new(width, height)));
        self.wait(300);
    }

    /// What is on the screen, as text.
    pub fn text(&mut self) -> String {
        self.draw();
        let buffer = self.terminal.backend().buffer();
        let area = buffer.area;
        let mut text = String::new();
        for y in 0..area.height {
            let mut skip = 0;
            let mut line = String::new();
            for x in 0..area.width {
                let symbol = buffer[(x, y)].symbol();
                if skip > 0 {
                    skip -= 1; // covered by the wide character before it, whatever the cell holds
                    continue;
                }
                line.push_str(symbol);
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Draws on an empty terminal: what a test backend keeps behind wide characters a real one does not.
    pub fn draw(&mut self) {
        let size = self.terminal.backend().buffer().area;
        self.terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
        let model = &self.model;
        self.terminal.draw(|frame| view(model, frame)).unwrap();
    }

    pub fn buffer(&mut self) -> ratatui::buffer::Buffer {
        self.draw();
        self.terminal.backend().buffer().clone()
    }
}

pub fn event(name: &str) -> KeyEvent {
    let (rest, modifiers) = match (name.strip_prefix("ctrl-"), name.strip_prefix("alt-")) {
        (Some(rest), _) => (rest, KeyModifiers::CONTROL),
        (None, Some(rest)) => (rest, KeyModifiers::ALT),
        (None, None) => (name, KeyModifiers::NONE),
    };
    let code = match rest {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "shift-tab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "backspace" => KeyCode::Backspace,
        "down" => KeyCode::Down,
        "up" => KeyCode::Up,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgdn" => KeyCode::PageDown,
        "pgup" => KeyCode::PageUp,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "delete" => KeyCode::Delete,
        "insert" => KeyCode::Insert,
        "f1" => KeyCode::F(1),
        other => KeyCode::Char(other.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}
