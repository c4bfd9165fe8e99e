//! Fuzzy search in what is held in memory: actions, filters, screens, fields. People are searched by the store.

use std::cell::RefCell;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

thread_local! {
    /// Its tables are 130 KiB and are kept: they are needed again at the next key.
    static MATCHER: RefCell<Matcher> = RefCell::new(Matcher::new(Config::DEFAULT));
}

/// Places of the labels that match, best first, with the characters that matched. An empty query takes all, in their
/// order; of labels that match equally well, the one that matches earlier is first, then they stay in their order.
pub fn rank<'a>(query: &str, labels: impl Iterator<Item = &'a str>) -> Vec<(usize, Vec<u32>)> {
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    if pattern.atoms.is_empty() {
        return labels.enumerate().map(|(index, _)| (index, Vec::new())).collect();
    }
    MATCHER.with_borrow_mut(|matcher| {
        let mut buffer = Vec::new();
        let mut found = Vec::new();
        for (index, label) in labels.enumerate() {
            let mut hits = Vec::new();
            if let Some(score) = pattern.indices(Utf32Str::new(label, &mut buffer), matcher, &mut hits) {
                hits.sort_unstable();
                hits.dedup();
                found.push((score, index, hits));
            }
        }
        found.sort_by(|one, other| {
            other.0.cmp(&one.0).then(one.2.first().cmp(&other.2.first())).then(one.1.cmp(&other.1))
        });
        found.into_iter().map(|(_, index, hits)| (index, hits)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_is_first_and_nothing_is_lost_without_a_query() {
        let labels = ["Sync now", "Set contact status", "Show everything", "Set the same status again"];
        assert_eq!(rank("", labels.into_iter()).len(), 4);
        let found = rank("setsta", labels.into_iter());
        assert_eq!(found.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(rank("snow", labels.into_iter())[0], (0, vec![0, 5, 6, 7]));
        assert!(rank("zzz", labels.into_iter()).is_empty());
    }
}
