//! The pages of the team's website that people look at before they talk or book there, as the website would tell them.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};

use super::dice::Dice;
use crate::store::PageView;

/// Address below the website, title, and how long people stay at most, in seconds.
const PAGES: [(&str, &str, i64); 8] = [
    ("", "Seller: meetings that sell", 40),
    ("pricing", "Pricing", 180),
    ("features/routing", "Round-robin routing", 120),
    ("features/salesforce", "Salesforce sync", 150),
    ("customers", "Customers", 70),
    ("security", "Security", 200),
    ("docs/getting-started", "Getting started", 240),
    ("demo", "Book a demo", 60),
];

/// What somebody looked at before an activity that began then; the same activity, the same pages. Half of them had been
/// there before.
pub fn before(activity: &str, began: Timestamp) -> Vec<PageView> {
    let mut hasher = DefaultHasher::new();
    activity.hash(&mut hasher);
    let mut dice = Dice::with_seed(hasher.finish());
    let mut views = Vec::new();
    if dice.percent(50) {
        let days = SignedDuration::from_hours(dice.number(1, 9) * 24);
        visit(&mut views, began - days - dice.minutes(0, 300), &mut dice);
    }
    visit(&mut views, began, &mut dice);
    views
}

/// A visit that ends at a moment: the front page or one that was looked for, then others.
fn visit(views: &mut Vec<PageView>, end: Timestamp, dice: &mut Dice) {
    let mut at = end;
    for n in 0..dice.number(1, 4) {
        let (path, title, most) = if n == 0 { *dice.pick(&PAGES[1..]) } else { *dice.pick(&PAGES) };
        let seconds = dice.number(6, most);
        at -= SignedDuration::from_secs(seconds + 1);
        let url = format!("https://seller.test/{path}");
        views.push(PageView { url, title: Some(title.to_owned()), seconds: Some(seconds), at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_activity_has_the_same_pages_and_all_of_them_before_it() {
        let began: Timestamp = "2026-05-06T10:20:30Z".parse().unwrap();
        let mut again = 0;
        for n in 0..100 {
            let id = format!("CVR-{n}");
            let views = before(&id, began);
            assert_eq!(views, before(&id, began));
            assert!((1..=8).contains(&views.len()));
            for view in &views {
                let stayed = SignedDuration::from_secs(view.seconds.unwrap());
                assert!(view.at + stayed < began, "{view:?}");
            }
            again += usize::from(views.iter().any(|view| began.duration_since(view.at).as_hours() > 20));
        }
        assert!((30..70).contains(&again), "{again} came again");
    }
}
