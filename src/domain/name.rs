//! A full name as first and last name.

/// First word, and all the rest as the last name: no word is lost. One word is a first name.
pub fn split(full: &str) -> (Option<String>, Option<String>) {
    let mut words = full.split_whitespace();
    let first = words.next().map(str::to_owned);
    let rest = words.collect::<Vec<_>>().join(" ");
    (first, (!rest.is_empty()).then_some(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_kept() {
        let owned = |text: &str| Some(text.to_owned());
        assert_eq!(split("John Michael  Doe"), (owned("John"), owned("Michael Doe")));
        assert_eq!(split(" Cher "), (owned("Cher"), None));
        assert_eq!(split("  "), (None, None));
    }
}
