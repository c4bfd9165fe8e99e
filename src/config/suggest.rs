//! "Did you mean": the known word nearest to what was written.

/// The candidate that a person most likely meant by `word`, if one is near enough to be worth naming:
/// at most one slip of the finger (a letter more, less, other, or two swapped) in every three letters.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = plain(word);
    let allowed = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (slips(&word, &plain(candidate)), candidate))
        .filter(|(slips, _)| *slips <= allowed)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// Case and the choice of separator are no slips.
fn plain(word: &str) -> Vec<char> {
    word.chars().take(64).flat_map(char::to_lowercase).map(|c| if "- ".contains(c) { '_' } else { c }).collect()
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn slips(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        let known = ["interval_seconds", "enabled", "gate", "role"];
        for (word, meant) in [
            ("intervall_seconds", Some("interval_seconds")),
            ("interval-seconds", Some("interval_seconds")),
            ("Enabled", Some("enabled")),
            ("gaet", Some("gate")),
            ("rle", Some("role")),
            ("enable", Some("enabled")),
            ("theme", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn the_nearest_of_several_wins() {
        assert_eq!(nearest("jtw", ["jwt", "pkce", "jtx"]), Some("jwt"));
        assert_eq!(nearest("leads", ["lead", "leader"]), Some("lead"));
    }
}
