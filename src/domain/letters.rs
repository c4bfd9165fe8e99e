//! Letters that people take for the same: `ü` is found by `u`, `Ø` by `o`, whatever their case.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::fold;

/// Where letters have case or accents: Latin, Greek, Cyrillic, Armenian, Georgian, and the signs for kelvin and ångström.
const SCRIPTS: [(u32, u32); 6] =
    [(0x41, 0x7a), (0xc0, 0x52f), (0x531, 0x587), (0x10a0, 0x10ff), (0x1e00, 0x1fff), (0x212a, 0x212b)];

/// Of each letter all those that fold to the same text, itself among them.
static ALIKE: LazyLock<HashMap<char, String>> = LazyLock::new(|| {
    let letters = || SCRIPTS.iter().flat_map(|&(from, to)| (from..=to).filter_map(char::from_u32));
    let mut groups: HashMap<String, String> = HashMap::new();
    for letter in letters().filter(|letter| letter.is_alphabetic()) {
        groups.entry(fold(letter.encode_utf8(&mut [0; 4]))).or_default().push(letter);
    }
    groups
        .into_values()
        .flat_map(|group| group.chars().map(|letter| (letter, group.clone())).collect::<Vec<_>>())
        .collect()
});

/// All letters that are like this one, itself among them; `None`: there are no others.
pub fn alike(letter: char) -> Option<&'static str> {
    ALIKE.get(&letter).map(String::as_str)
}

/// True if two characters are the same but for case and accents.
pub fn same(a: char, b: char) -> bool {
    a == b || alike(a).is_some_and(|letters| letters.contains(b))
}

/// The letter from a to z that is like this one; `None`: there is none.
pub fn plain(letter: char) -> Option<char> {
    if letter.is_ascii() { Some(letter) } else { alike(letter)?.chars().find(char::is_ascii_lowercase) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_tell_letters_apart() {
        for (a, b) in [('u', 'Ü'), ('Ø', 'o'), ('ł', 'L'), ('é', 'Ê'), ('ж', 'Ж'), ('ά', 'Α'), ('s', 'Š'), ('Æ', 'ǽ')]
        {
            assert!(same(a, b) && same(b, a), "{a} {b}");
        }
        for (a, b) in [('a', 'b'), ('æ', 'a'), ('1', '2'), ('-', '_'), ('李', '里'), ('ß', 's')] {
            assert!(!same(a, b), "{a} {b}");
        }
        assert_eq!((plain('Ü'), plain('Z'), plain('-')), (Some('u'), Some('Z'), Some('-')));
        assert_eq!((plain('ж'), plain('æ'), plain('李')), (None, None, None));
    }

    #[test]
    fn what_is_alike_folds_alike() {
        for (letter, others) in ALIKE.iter() {
            assert!(others.contains(*letter));
            assert!(others.chars().all(|other| fold(&other.to_string()) == fold(&letter.to_string())), "{others}");
        }
    }
}
