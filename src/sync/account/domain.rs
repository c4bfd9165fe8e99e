//! What a domain says about a company: which one is a website's, which is the company's own, which says nothing.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::sync::LazyLock;

/// Shorter base labels are too common to tell a company (Cal.com: fuzzy matching).
const SHORTEST_BASE: usize = 3;

/// The list of free mail services.
const FREE_MAIL: &str = include_str!("../../../assets/free_mail.txt");

/// The domain of a case-folded email.
pub fn of_email(email: &str) -> Option<&str> {
    email.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
}

/// The host of a website in whatever form people typed it: without scheme, `www.`, port, path and case; `None` if
/// nothing is left. Subdomains stay: `partners.acme.com` is not `acme.com` (Cal.com: normalisation).
pub fn normalise(website: &str) -> Option<String> {
    let lower = website.trim().to_lowercase();
    let mut host = lower.as_str();
    while let Some(rest) = host.strip_prefix("https://").or_else(|| host.strip_prefix("http://")) {
        host = rest;
    }
    host = host.split(['/', '?', '#']).next().unwrap_or_default();
    host = host.strip_prefix("www.").unwrap_or(host);
    let port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    host = host.rsplit_once(':').filter(|(_, after)| port(after)).map_or(host, |(host, _)| host);
    host = host.strip_suffix('.').unwrap_or(host);
    (!host.is_empty()).then(|| host.to_owned())
}

/// True if a website is one of the six plain forms of a domain; case does not matter, as in a query.
pub fn is_plain_form(website: &str, domain: &str) -> bool {
    let lower = website.to_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")).unwrap_or(&lower);
    rest.strip_prefix("www.").unwrap_or(rest) == domain
}

/// The part of a host that its owner registered: `acme.co.uk` of `mail.acme.co.uk`. Hosts of customers under one
/// provider (`acme.myshopify.com`) count as each customer's own, as the list's private part says.
pub fn registrable(host: &str) -> Option<&str> {
    if host.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    psl::domain_str(host)
}

/// The label that names the company in a host: `acme` of `mail.acme.co.uk`; `None` if there is none, or it is too
/// short to tell anybody.
pub fn base(host: &str) -> Option<&str> {
    let (base, _) = registrable(host)?.split_once('.')?;
    (base.chars().count() >= SHORTEST_BASE).then_some(base)
}

/// True for domains where anybody can have an address: they name no company.
pub fn is_free_mail(domain: &str) -> bool {
    static LIST: LazyLock<HashSet<&str>> = LazyLock::new(|| lines().collect());
    LIST.contains(domain) || registrable(domain).is_some_and(|domain| LIST.contains(domain))
}

fn lines() -> impl Iterator<Item = &'static str> {
    FREE_MAIL.lines().filter(|line| !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn websites_in_every_form_are_one_host() {
        for website in [
            "acme.com",
            "  ACME.com ",
            "www.acme.com",
            "http://acme.com",
            "https://www.Acme.com/",
            "http://https://acme.com",
            "acme.com:8080/shop?x=1#y",
            "acme.com.",
            "https://acme.com#top",
        ] {
            assert_eq!(normalise(website).as_deref(), Some("acme.com"), "{website}");
        }
        assert_eq!(normalise("partners.acme.com").as_deref(), Some("partners.acme.com"));
        assert_eq!(normalise("www.www.acme.com").as_deref(), Some("www.acme.com"));
        for nothing in ["", "  ", "https://", "/path"] {
            assert_eq!(normalise(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn the_six_plain_forms() {
        for website in [
            "acme.com",
            "www.acme.com",
            "http://acme.com",
            "http://www.acme.com",
            "https://acme.com",
            "HTTPS://WWW.acme.com",
        ] {
            assert!(is_plain_form(website, "acme.com"), "{website}");
        }
        for website in ["acme.com/", "https://acme.com/about", "my-acme.com", "acme.com.au"] {
            assert!(!is_plain_form(website, "acme.com"), "{website}");
        }
    }

    #[test]
    fn the_label_that_names_the_company() {
        for (host, name) in [
            ("acme.com", Some("acme")),
            ("mail.eu.acme.co.uk", Some("acme")),
            ("acme.test", Some("acme")),
            ("acme.myshopify.com", Some("acme")),
            ("ab.com", None),
            ("localhost", None),
            ("10.0.0.1", None),
            ("co.uk", None),
            ("", None),
        ] {
            assert_eq!(base(host), name, "{host}");
        }
    }

    #[test]
    fn free_mail_names_nobody() {
        for domain in
            ["gmail.com", "outlook.com", "yahoo.co.uk", "gmx.at", "mail.ru", "qq.com", "yopmail.com", "rr.com"]
        {
            assert!(is_free_mail(domain), "{domain}");
        }
        // Access providers give each region a subdomain.
        assert!(is_free_mail("nyc.rr.com"));
        for domain in ["acme.com", "gmail.acme.com", "notgmail.com", "com"] {
            assert!(!is_free_mail(domain), "{domain}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_folded() {
        let list: Vec<&str> = lines().collect();
        assert!(list.len() > 1_000, "{}", list.len());
        assert!(list.is_sorted_by(|a, b| a < b), "sorted, and nothing twice");
        assert!(list.iter().all(|domain| normalise(domain).as_deref() == Some(domain)));
    }

    proptest! {
        #[test]
        fn a_host_is_its_own_normal_form(website in "\\PC{0,30}") {
            if let Some(host) = normalise(&website) {
                prop_assert!(!host.contains(['/', '?', '#']));
                prop_assert!(base(&host).is_none_or(|base| host.contains(base)));
            }
        }
    }
}
