//! Every rule by a table: what Salesforce holds, the option, the Account.

use proptest::prelude::*;

use super::*;

fn id(n: u32) -> String {
    format!("001{n:012}AAA")
}

fn account(n: u32, website: &str) -> Account {
    Account {
        id: id(n),
        name: format!("A{n}"),
        website: (!website.is_empty()).then(|| website.to_owned()),
        owner: Some(User {
            id: format!("005{n}"),
            email: format!("owner{n}@seller.test"),
            name: String::new(),
            active: true,
        }),
        ..Account::default()
    }
}

fn org(accounts: impl IntoIterator<Item = Account>) -> Accounts {
    Accounts {
        by_id: accounts.into_iter().map(|account| (account.id.clone(), account)).collect(),
        ..Accounts::default()
    }
}

fn contacts(accounts: &mut Accounts, domain: &str, counts: &[(u32, u64)]) {
    accounts.of_domain.insert(domain.to_owned(), counts.iter().map(|(n, count)| (id(*n), *count)).collect());
}

fn chosen(email: &str, accounts: &Accounts, rules: Rules<'_>) -> Option<(String, Rule)> {
    choose(email, accounts, rules).map(|choice| (choice.account.id.clone(), choice.rule))
}

const FUZZY: Rules<'_> = Rules {
    fuzzy: true,
    exclude: &[],
    hosts: None,
    fields: &[],
    ties: None,
    place: Place { country: None, state: None, zip: None, sub_region: None },
    sub_region: None,
};

#[test]
fn the_rules_come_in_their_order() {
    let mut all = org([
        account(1, "https://acme.com/about"),
        account(2, "www.acme.com"),
        account(3, "acme.de"),
        account(4, ""),
        account(5, ""),
    ]);
    contacts(&mut all, "acme.com", &[(4, 7)]);
    all.of_email.insert("bo@acme.com".into(), vec![id(5)]);
    let mut expected = vec![
        (5, Rule::OwnContact),
        (2, Rule::ExactWebsite),
        (1, Rule::Website),
        (4, Rule::ContactsOfDomain),
        (3, Rule::Fuzzy),
    ];
    for (n, rule) in expected.drain(..) {
        assert_eq!(chosen("bo@acme.com", &all, FUZZY), Some((id(n), rule)));
        all.by_id.remove(&id(n));
    }
    assert_eq!(chosen("bo@acme.com", &all, FUZZY), None);
}

#[test]
fn websites_that_only_contain_the_domain_are_somebody_elses() {
    let all = org([
        account(1, "https://not-acme.com"),
        account(2, "acme.com.au"),
        account(3, "partners.acme.com"),
        account(4, "https://example.test/acme.com"),
    ]);
    assert_eq!(chosen("bo@acme.com", &all, Rules::default()), None);
    assert_eq!(chosen("bo@partners.acme.com", &all, Rules::default()), Some((id(3), Rule::ExactWebsite)));
}

#[test]
fn fuzzy_is_an_option_and_wants_a_name_of_three_letters() {
    let all = org([account(1, "acme.co.uk"), account(2, "mail.acme.fr"), account(3, "hp.de")]);
    assert_eq!(chosen("bo@eu.acme.com", &all, Rules::default()), None);
    assert_eq!(chosen("bo@eu.acme.com", &all, FUZZY), Some((id(1), Rule::Fuzzy)));
    assert_eq!(chosen("bo@hp.com", &all, FUZZY), None);
    // A mailbox at a mail service is no company of that name, either way.
    let gmx = org([account(1, "https://gmx.net"), account(2, "gmail.com")]);
    for email in ["bo@gmx.de", "bo@gmail.com", "bo@gmx.test"] {
        assert_eq!(chosen(email, &gmx, FUZZY), None, "{email}");
    }
}

/// Cal.com reference 3.7, 5: a gmail address is put under the Account that happens to hold gmail contacts.
#[test]
fn free_mail_never_matches_by_domain_but_its_own_contact_does() {
    let mut all = org([account(1, "gmail.com"), account(2, "")]);
    contacts(&mut all, "gmail.com", &[(1, 40)]);
    assert_eq!(chosen("bo@gmail.com", &all, FUZZY), None);
    all.of_email.insert("bo@gmail.com".into(), vec![id(2)]);
    assert_eq!(chosen("bo@gmail.com", &all, FUZZY), Some((id(2), Rule::OwnContact)));
}

#[test]
fn the_plurality_of_contacts_decides_and_an_excluded_account_passes_its_turn() {
    let mut all = org([account(1, ""), account(2, ""), account(3, "")]);
    contacts(&mut all, "acme.com", &[(1, 2), (2, 5), (3, 4)]);
    assert_eq!(chosen("bo@acme.com", &all, Rules::default()), Some((id(2), Rule::ContactsOfDomain)));
    if let Some(account) = all.by_id.get_mut(&id(2)) {
        account.record_type = Some("Partner".into());
    }
    let exclude = ["pArTnEr ".to_owned()];
    let rules = Rules { exclude: &exclude, ..Rules::default() };
    assert_eq!(chosen("bo@acme.com", &all, rules), Some((id(3), Rule::ContactsOfDomain)));
}

#[test]
fn record_types_are_excluded_in_every_step_and_none_is_kept() {
    let exclude = ["Partner".to_owned()];
    let rules = Rules { exclude: &exclude, ..FUZZY };
    let kind = |n, website: &str, kind: &str| Account { record_type: Some(kind.into()), ..account(n, website) };
    let mut all = org([
        kind(1, "acme.com", "PARTNER"),
        kind(2, "https://acme.com/", "partner"),
        kind(3, "acme.de", "Partner"),
        account(4, "acme.fr"),
    ]);
    all.of_email.insert("bo@acme.com".into(), vec![id(1)]);
    assert_eq!(chosen("bo@acme.com", &all, rules), Some((id(4), Rule::Fuzzy)));
    all.by_id.insert(id(5), kind(5, "https://acme.com/", "Customer"));
    assert_eq!(chosen("bo@acme.com", &all, rules), Some((id(5), Rule::Website)));
}

#[test]
fn hosts_empty_a_step_and_the_next_one_is_tried() {
    let mut all = org([account(1, "acme.com"), account(2, "https://acme.com/x"), account(3, "acme.de")]);
    let hosts = ["owner3@seller.test".to_owned(), "owner2@seller.test".to_owned()];
    let rules = Rules { hosts: Some(&hosts), ..FUZZY };
    assert_eq!(chosen("bo@acme.com", &all, rules), Some((id(2), Rule::Website)));
    if let Some(owner) = all.by_id.get_mut(&id(2)).and_then(|account| account.owner.as_mut()) {
        owner.active = false;
    }
    assert_eq!(chosen("bo@acme.com", &all, rules), Some((id(3), Rule::Fuzzy)));
    assert_eq!(chosen("bo@acme.com", &all, Rules { hosts: Some(&[]), ..FUZZY }), None);
}

/// Each row: the winner first; what distinguishes it; the words of the reason.
#[test]
fn ties_are_broken_in_the_documented_order() {
    let counts = |children, opportunities, contacts| {
        Some(Counts { children: Some(children), opportunities: Some(opportunities), contacts: Some(contacts) })
    };
    let at = |text: &str| Some(text.parse().unwrap());
    let day = |text: &str| Some(text.parse().unwrap());
    let base = |n| account(n, "acme.com");
    let cases: Vec<(Account, Account, &str)> = vec![
        (Account { counts: counts(2, 0, 0), ..base(9) }, Account { counts: counts(1, 9, 9), ..base(1) }, "child"),
        (
            Account { counts: counts(1, 2, 0), ..base(9) },
            Account { counts: counts(1, 1, 9), ..base(1) },
            "opportunities",
        ),
        (
            Account { counts: counts(1, 1, 2), ..base(9) },
            Account { counts: counts(1, 1, 1), ..base(1) },
            "most contacts",
        ),
        (Account { counts: counts(0, 0, 0), ..base(9) }, Account { counts: None, ..base(1) }, "child"),
        (
            Account { last_activity: day("2026-01-02"), ..base(9) },
            Account { last_activity: day("2025-12-31"), ..base(1) },
            "latest activity",
        ),
        (Account { last_activity: day("2020-01-02"), ..base(9) }, base(1), "latest activity"),
        (
            Account { created: at("2019-01-01T00:00:00Z"), ..base(9) },
            Account { created: at("2020-01-01T00:00:00Z"), ..base(1) },
            "made first",
        ),
        (base(1), base(9), "lowest id"),
    ];
    for (winner, other, words) in cases {
        let all = org([winner.clone(), other]);
        let choice = choose("bo@acme.com", &all, Rules::default()).unwrap();
        assert_eq!(choice.account.id, winner.id, "{words}");
        assert!(choice.reason.contains(words), "{}", choice.reason);
        assert_eq!(choice.candidates.len(), 2);
    }
}

#[test]
fn one_account_of_each_owner_before_all_other_ties() {
    let of = |n, owner: &str, year: u32, children| Account {
        owner: Some(User { email: owner.into(), active: true, ..User::default() }),
        created: Some(format!("{year}-01-01T00:00:00Z").parse().unwrap()),
        counts: Some(Counts { children: Some(children), ..Counts::default() }),
        ..account(n, "acme.com")
    };
    // All of one owner (in any case): the oldest, without counting anything.
    let same = org([of(1, "ann@seller.test", 2020, 9), of(2, "Ann@Seller.test", 2018, 0)]);
    assert_eq!(chosen("bo@acme.com", &same, Rules::default()).unwrap().0, id(2));
    assert!(undecided("bo@acme.com", &same, Rules::default()).is_empty());
    // Of two owners: each one's oldest, then most children.
    let two =
        org([of(1, "ann@seller.test", 2020, 9), of(2, "ann@seller.test", 2018, 0), of(3, "bob@seller.test", 2021, 1)]);
    assert_eq!(chosen("bo@acme.com", &two, Rules::default()).unwrap().0, id(3));
    assert_eq!(undecided("bo@acme.com", &two, Rules::default()), [id(2), id(3)]);
    // Without an owner's email every one stands for itself.
    let nobody = org([of(1, "", 2020, 1), of(2, "", 2018, 3)]);
    assert_eq!(chosen("bo@acme.com", &nobody, Rules::default()).unwrap().0, id(2));
}

#[test]
fn the_statements_ask_for_all_that_may_match_and_quote_what_is_hostile() {
    let mut wants = ask::Wants::default();
    for email in ["a@acme.co.uk", "b@acme.co.uk", "c@gmail.com", "d@100%_o'x.test"] {
        wants.domain_of(email, false);
    }
    let texts: Vec<String> = wants.statements().unwrap().into_iter().map(|(_, soql)| soql).collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].ends_with(
        r"FROM Account WHERE (Website LIKE '%100\%\_o\'x.test%' OR Website LIKE '%acme.co.uk%') ORDER BY Id"
    ));
    assert!(texts[1].contains(r"AND (Email LIKE '%@100\%\_o\'x.test' OR Email LIKE '%@acme.co.uk')"), "{}", texts[1]);
    assert!(!texts[0].contains("RecordType") && !texts[0].contains("gmail") && !texts[0].contains("LIMIT"));
    // Fuzzy asks for the name, which every website of the domain contains too.
    wants.domain_of("z@acme.co.uk", true);
    assert!(wants.statements().unwrap()[0].1.contains("Website LIKE '%acme%'"));
    assert!(ask::Wants::default().statements().unwrap().is_empty());
    let mut many = ask::Wants::default();
    many.record_types = true;
    (0..250).for_each(|n| many.domain_of(&format!("a@d{n}.test"), false));
    assert_eq!(many.statements().unwrap().len(), 6);
    assert!(many.statements().unwrap()[0].1.contains("RecordType.Name"));
}

prop_compose! {
    fn any_account()(
        n in 0..8_u32, website in 0..5_usize, owner in 0..3_u32, children in proptest::option::of(0..2_u64),
        created in proptest::option::of(0..2_i64), kind in any::<bool>(),
    ) -> Account {
        Account {
            website: Some(["acme.com", "https://www.acme.com/", "acme.de", "other.com", "gmail.com"][website].into()),
            owner: Some(User { email: format!("owner{owner}@seller.test"), active: owner != 2, ..User::default() }),
            created: created.map(|second| Timestamp::from_second(second).unwrap()),
            counts: children.map(|children| Counts { children: Some(children), ..Counts::default() }),
            record_type: kind.then(|| "Partner".into()),
            ..account(n, "")
        }
    }
}

proptest! {
    #[test]
    fn the_choice_is_one_of_the_allowed_and_its_own_candidate(
        accounts in prop::collection::vec(any_account(), 0..8), email in "[a-c]@(acme.com|gmail.com|eu.acme.fr)", fuzzy in any::<bool>(),
    ) {
        let exclude = ["partner".to_owned()];
        let hosts = ["owner0@seller.test".to_owned(), "owner2@seller.test".to_owned()];
        let rules = Rules { fuzzy, exclude: &exclude, hosts: Some(&hosts), ..Rules::default() };
        let all = org(accounts);
        if let Some(choice) = choose(&email, &all, rules) {
            prop_assert!(choice.account.record_type.is_none());
            prop_assert_eq!(&choice.account.owner.as_ref().unwrap().email, "owner0@seller.test");
            prop_assert!(!email.ends_with("gmail.com"));
            prop_assert!(fuzzy || choice.rule != Rule::Fuzzy);
            prop_assert!(choice.candidates.is_empty() || choice.candidates.contains(&choice.account.id.as_str()));
        }
    }
}
