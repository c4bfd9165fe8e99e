//! Lists and filters over a large store (product P3 and P10): any page of any filter at any depth, typing in the filter
//! line, and a key that cancels the query before.
//!
//! ```text
//! cargo bench --bench filter                       # 1,000,000 contacts, 5,000,000 activities; made once, then kept
//! cargo bench --bench filter -- 50000 250000       # so many
//! cargo bench --bench filter -- "ana status:none"  # only this query, on both lists
//! cargo bench --bench filter -- typing             # only the keys of P3
//! ```
//!
//! The store is made by `benches/support/generate.rs` with seed 1 and stays in the target directory. A page is what the
//! screen asks for: 50 rows by `contact_page` or `activity_page`, from the text of the filter on, so that parsing and the
//! choice of the index are in it. Times depend on the machine; nothing is asserted.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/generate.rs"]
mod generate;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use generate::{NOW_MS, Size, generate};
use jiff::Timestamp;
use rolodeck::domain::Email;
use rolodeck::filter::{Context, Filter, List};
use rolodeck::store::{ActivityOrder, Anchor, ContactOrder, Key, Order, SortValue, Store};

const PAGE: usize = 50;
const ROUNDS: usize = 7;
const DAY: i64 = 86_400_000;

/// The common keys, alone and together: at most 10 ms.
const COMMON_CONTACTS: &[&str] = &[
    "",
    "status:qualified",
    "status:none",
    "status:qualified,marketing_qualified",
    "owner:me",
    "mine",
    "owner:host3@seller.test status:none",
    "source:calcom",
    "created:<30d",
    "updated:<7d",
    "interacted:<1d",
    "company:acme*",
    "has:booking",
    "kind:booking state:canceled",
    "unread",
    "host:me",
    "start:today..+7d",
    "ana",
    "nora jensen",
    "email:@example.com",
];
const COMMON_ACTIVITIES: &[&str] = &[
    "",
    "kind:booking",
    "state:scheduled",
    "state:scheduled,rescheduled",
    "kind:booking state:no_show",
    "host:me",
    "mine start:>now",
    "unread",
    "trash",
    "start:today",
    "updated:<7d",
    "created:<30d",
    "status:qualified",
    "owner:me",
    "status:qualified owner:me",
    "source:oncehub",
    "event_type:demo",
    "ana",
    "nora jensen",
    "kind:conversation state:abandoned unread",
];
/// Nothing helps but looking at rows, or several indexes speak against each other: at most 50 ms.
const WORST_CONTACTS: &[&str] = &[
    "employees>5000 country:norway",
    "-has:booking status:sales_qualified",
    "(ana OR berg) -state:canceled employees<10",
    "an",
    "job_title:*engineer* city:none",
    "(kind:booking) (kind:form) (kind:conversation)",
    "company:\"no such company\" employees>1",
    "zzzzzz",
];
const WORST_ACTIVITIES: &[&str] = &[
    "utm_campaign:spring* state:no_show -unread",
    "employees>5000 kind:form",
    "status:disqualified host:none start:last_month",
    "(ana OR nora) -status:none utm_source:google",
    "an",
    "page:\"no such page\"",
    "zzzzzz",
];
/// What a person types; rows are asked for after each letter.
const TYPED: &[&str] =
    &["nora jensen", "berg status:qualified", "ana.dahl@", "acme", "status:qualified owner:me unread"];

#[tokio::main]
async fn main() {
    let args: Vec<i64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let (contacts, activities) = match args.as_slice() {
        [contacts, activities, ..] => (*contacts, *activities),
        [contacts] => (*contacts, contacts * 5),
        [] => (1_000_000, 5_000_000),
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("filter-{contacts}-{activities}"));
    make(&folder, Size { contacts, activities, seed: 1 }).await;
    let store = Store::open(&folder.join("rolodeck.db")).await.unwrap();
    println!("{contacts} contacts, {activities} activities, pages of {PAGE} rows\n");
    let only: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--") && arg.parse::<i64>().is_err()).collect();
    if only == ["typing"] {
        keys(&store).await;
        return store.close().await;
    }
    if !only.is_empty() {
        let only: Vec<&str> = only.iter().map(String::as_str).collect();
        pages(&store, List::Contacts, &only, 10.0).await;
        pages(&store, List::Activities, &only, 10.0).await;
        return store.close().await;
    }

    println!("P10: any page of any filter                    first      middle        last         bar");
    pages(&store, List::Contacts, COMMON_CONTACTS, 10.0).await;
    pages(&store, List::Activities, COMMON_ACTIVITIES, 10.0).await;
    pages(&store, List::Contacts, WORST_CONTACTS, 50.0).await;
    pages(&store, List::Activities, WORST_ACTIVITIES, 50.0).await;

    println!("\nP10: counts, which follow                      up to 10,000");
    counts(&store).await;

    println!();
    keys(&store).await;
    store.close().await;
}

/// Makes the store beside its place, so that one that was not finished is never taken for one that was.
async fn make(folder: &Path, size: Size) {
    if folder.exists() {
        return;
    }
    let begin = Instant::now();
    let unfinished = folder.with_extension("unfinished");
    let _ = std::fs::remove_dir_all(&unfinished);
    std::fs::create_dir_all(&unfinished).unwrap();
    generate(&unfinished, size, |what| println!("{:>7.1} s  {what}", begin.elapsed().as_secs_f64())).await;
    std::fs::rename(&unfinished, folder).unwrap();
}

fn filter(list: List, text: &str) -> Filter {
    let me = Some(Email::parse("host0@seller.test").unwrap());
    let context = Context { me, ..Context::new(list, Timestamp::from_millisecond(NOW_MS).unwrap()) };
    Filter::parse(text, &context).unwrap()
}

/// One page, as the screen reads it; its rows.
async fn page(store: &Store, list: List, text: &str, by_other: bool, anchor: &Anchor) -> usize {
    let filter = filter(list, text);
    match (list, by_other) {
        (List::Contacts, false) => {
            let order = Order { by: ContactOrder::Recent, descending: true };
            store.contact_page(&filter, order, anchor, PAGE).await.unwrap().rows.len()
        }
        (List::Contacts, true) => {
            let order = Order { by: ContactOrder::Name, descending: false };
            store.contact_page(&filter, order, anchor, PAGE).await.unwrap().rows.len()
        }
        (List::Activities, false) => {
            let order = Order { by: ActivityOrder::Updated, descending: true };
            store.activity_page(&filter, order, anchor, PAGE).await.unwrap().rows.len()
        }
        (List::Activities, true) => {
            let order = Order { by: ActivityOrder::Start, descending: false };
            store.activity_page(&filter, order, anchor, PAGE).await.unwrap().rows.len()
        }
    }
}

/// Somewhere in the middle of an order.
fn middle(list: List, by_other: bool) -> Anchor {
    let sort = match (list, by_other) {
        (List::Contacts, true) => SortValue::Text("larsen".to_owned()),
        _ => SortValue::Integer(NOW_MS - 180 * DAY),
    };
    Anchor::From(Key { sort, id: 1 })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn quantile(times: &mut [f64], part: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times[((times.len() - 1) as f64 * part).round() as usize]
}

/// The median of some rounds; the first, cold one is not among them.
async fn median(store: &Store, list: List, text: &str, by_other: bool, anchor: &Anchor) -> (f64, usize) {
    let rows = page(store, list, text, by_other, anchor).await;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        page(store, list, text, by_other, anchor).await;
        times.push(milliseconds(begin.elapsed()));
    }
    (quantile(&mut times, 0.5), rows)
}

async fn pages(store: &Store, list: List, queries: &[&str], bar: f64) {
    let (mut worst, mut over) = (0.0_f64, 0);
    for by_other in [false, true] {
        let order = match (list, by_other) {
            (List::Contacts, false) => "contacts, recent",
            (List::Contacts, true) => "contacts, name",
            (List::Activities, false) => "stream, heard",
            (List::Activities, true) => "stream, start",
        };
        println!("  {order}");
        for query in queries {
            let mut line = format!("    {:40}", if query.is_empty() { "(everything)" } else { query });
            for anchor in [Anchor::First, middle(list, by_other), Anchor::Last] {
                let (time, rows) = median(store, list, query, by_other, &anchor).await;
                let mark = if time > bar { '!' } else { ' ' };
                let _ = write!(line, " {time:7.2}{mark}{rows:>3}");
                worst = worst.max(time);
                over += usize::from(time > bar);
            }
            println!("{line}");
        }
    }
    println!("    worst {worst:.2} ms, {over} over the bar of {bar:.0} ms\n");
}

async fn counts(store: &Store) {
    for (list, query) in [
        (List::Contacts, ""),
        (List::Contacts, "status:qualified"),
        (List::Contacts, "has:booking employees>100"),
        (List::Activities, ""),
        (List::Activities, "kind:booking state:scheduled"),
        (List::Activities, "ana"),
    ] {
        let filter = filter(list, query);
        let begin = Instant::now();
        let count = match list {
            List::Contacts => store.contact_total(&filter, 10_000).await,
            List::Activities => store.activity_total(&filter, 10_000).await,
        };
        let (time, count) = (milliseconds(begin.elapsed()), count.unwrap());
        let more = if count.capped { "+" } else { "" };
        println!("    {:10} {query:34} {time:8.2} ms  {}{more}", list.key(), count.n);
    }
}

/// P3 on both lists.
async fn keys(store: &Store) {
    println!("P3: typing, rows after each letter");
    typing(store, List::Contacts).await;
    typing(store, List::Activities).await;
    canceled(store).await;
}

/// Rows after each letter; letters that make no query yet (`status:`) ask for nothing, as on the screen.
async fn typing(store: &Store, list: List) {
    let (mut times, mut slow) = (Vec::new(), Vec::new());
    for text in TYPED {
        for end in text.char_indices().map(|(at, c)| at + c.len_utf8()) {
            let context = Context {
                me: Some(Email::parse("host0@seller.test").unwrap()),
                ..Context::new(list, Timestamp::from_millisecond(NOW_MS).unwrap())
            };
            if Filter::parse(&text[..end], &context).is_err() {
                continue;
            }
            page(store, list, &text[..end], false, &Anchor::First).await;
            let begin = Instant::now();
            page(store, list, &text[..end], false, &Anchor::First).await;
            times.push(milliseconds(begin.elapsed()));
            slow.push((milliseconds(begin.elapsed()), &text[..end]));
        }
    }
    slow.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (half, most) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    let worst = quantile(&mut times, 1.0);
    let n = times.len();
    println!("    {:10} p50 {half:6.2}  p99 {most:6.2}  max {worst:6.2} ms   {n} keys, bar p99 10 ms", list.key());
    for (time, text) in slow.into_iter().take_while(|(time, _)| *time > 10.0) {
        println!("               {time:8.2} ms  {text}");
    }
}

/// A slow query is dropped by the next key: what the next one takes with that behind it, against alone.
async fn canceled(store: &Store) {
    let (slow, next) = ("job_title:*zzz* employees>1", "status:qualified");
    let (alone, _) = median(store, List::Contacts, next, false, &Anchor::First).await;
    let begin = Instant::now();
    page(store, List::Contacts, slow, false, &Anchor::First).await;
    let whole = milliseconds(begin.elapsed());
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let theirs = store.clone();
        let task = tokio::spawn(async move { page(&theirs, List::Contacts, slow, false, &Anchor::First).await });
        tokio::time::sleep(Duration::from_millis(2)).await;
        task.abort();
        let begin = Instant::now();
        page(store, List::Contacts, next, false, &Anchor::First).await;
        times.push(milliseconds(begin.elapsed()));
    }
    let behind = quantile(&mut times, 0.5);
    println!("    cancel     {alone:.2} ms alone, {behind:.2} ms behind a canceled query of {whole:.2} ms");
}
