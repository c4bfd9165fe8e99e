//! Whether two addresses may be one person's: what people and forms get wrong in them.

/// Domains in which most typing errors are made, because most people have their address there.
const COMMON: [&str; 10] = [
    "gmail.com",
    "hotmail.com",
    "outlook.com",
    "yahoo.com",
    "icloud.com",
    "live.com",
    "msn.com",
    "aol.com",
    "gmx.com",
    "proton.me",
];

/// What near-equal addresses have in common: no dots, hyphens or underscores, no `+tag`, and a domain that is one slip
/// away from a common one is that one. Two different addresses with the same key may be one person's.
pub fn email_key(email: &str) -> String {
    let email = email.trim().to_lowercase();
    let (local, domain) = email.rsplit_once('@').unwrap_or((&email, ""));
    let local = local.split('+').next().unwrap_or_default();
    let mut key: String = local.chars().filter(|c| !matches!(c, '.' | '-' | '_')).collect();
    key.push('@');
    key.push_str(domain_key(domain));
    key
}

/// The domain that is meant.
fn domain_key(domain: &str) -> &str {
    if domain == "googlemail.com" {
        return "gmail.com";
    }
    // A domain of another length of word is another domain: `mail.com` and `ymail.com` are real.
    let real = ["mail.com", "ymail.com", "email.com", "gmx.de", "me.com", "love.com", "life.com", "line.com"];
    if COMMON.contains(&domain) || real.contains(&domain) {
        return domain;
    }
    COMMON.into_iter().find(|common| is_one_slip(domain, common)).unwrap_or(domain)
}

/// One letter too many, too few, or wrong, or two neighbours swapped.
pub fn is_one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 || a == b {
        return false;
    }
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let tail = |skip_a: usize, skip_b: usize| a.get(head + skip_a..) == b.get(head + skip_b..);
    tail(1, 1)
        || tail(1, 0)
        || tail(0, 1)
        || (a.len() == b.len() && head + 1 < a.len() && a[head] == b[head + 1] && a[head + 1] == b[head] && tail(2, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_have_one_key() {
        for (a, b) in [
            ("ana.berg@acme.no", "anaberg@acme.no"),
            ("ana+news@acme.no", "ana@acme.no"),
            ("Ana_Berg@Acme.no", "ana-berg@acme.no"),
            ("ana@googlemail.com", "ana@gmail.com"),
            ("ana@gmial.com", "ana@gmail.com"),
            ("ana@gmail.co", "ana@gmail.com"),
            ("ana@hotmial.com", "ana@hotmail.com"),
            ("ana@yahooo.com", "ana@yahoo.com"),
        ] {
            assert_eq!(email_key(a), email_key(b), "{a} {b}");
        }
        for (a, b) in [
            ("ana@acme.no", "ana@acme.se"),
            ("ana1@acme.no", "ana2@acme.no"),
            ("ana@ymail.com", "ana@gmail.com"),
            ("ana@mail.com", "ana@gmail.com"),
            ("ana@live.com", "ana@love.com"),
        ] {
            assert_ne!(email_key(a), email_key(b), "{a} {b}");
        }
    }

    #[test]
    fn one_slip_is_one_slip() {
        for (a, b, slip) in [
            ("ana", "ana", false),
            ("ana", "anna", true),
            ("anna", "ana", true),
            ("ana", "anb", true),
            ("ana", "naa", true),
            ("abcd", "badc", false),
            ("", "a", true),
            ("", "ab", false),
            ("æa", "aæ", true),
        ] {
            assert_eq!(is_one_slip(a, b), slip, "{a} {b}");
        }
    }
}
