//! No text makes the language panic, and what is understood can be printed and read again.

use super::context;
use crate::filter::parser::MAX_LENGTH;
use crate::filter::{Filter, List, Query};
use crate::fuzz;

const EXAMPLES: [&str; 7] = [
    "berg \"intro call\" status:qualified,sales_qualified -company:acme*",
    "kind:booking (state:canceled OR state:no_show) start:today..+7d",
    "employees>50 AND NOT has:phone updated:<2h",
    "team_size>=3 \"Any note\":x tags:a,b renewal:2026-01-01..",
    "utm_source:ads mine unread sync:held",
    "start:2026-02-30 created:..-1y -(a OR (b c))",
    "email:\"a@b.test\" name:\u{674e}* \u{1f469}\u{200d}\u{1f4bb}",
];

#[test]
fn fuzz_filter() {
    let examples = EXAMPLES.map(str::as_bytes);
    fuzz::run("filter", &examples, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(query) = Query::parse(&text) else { return };
        for list in [List::Contacts, List::Activities] {
            if let Err(error) = Filter::new(&query, &context(list)) {
                assert!(!error.to_string().is_empty());
            }
        }
        let printed = query.to_string();
        // Quotes and escapes make it longer: one of nearly the greatest length may go beyond.
        if printed.len() > MAX_LENGTH {
            return;
        }
        let again = Query::parse(&printed).unwrap_or_else(|error| panic!("`{printed}` is not read again: {error}"));
        assert_eq!(again.to_string(), printed, "printing what was printed changes nothing");
    });
}
