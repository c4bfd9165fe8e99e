//! What one sees in passing: the next meeting, and how busy the last days were. Read at the start and, while the store
//! changes, twice a minute at most.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp, ToSpan};

use super::effects::{Hands, words};
use super::job::{Job, Kind};
use super::message::Effect;
use super::model::Model;
use crate::filter::List;
use crate::store::{ActivityOrder, Anchor, Order};

/// Days of the sparkline.
pub const DAYS: usize = 14;
/// Between two readings while the store keeps changing.
const EVERY: Duration = Duration::from_secs(30);

/// The figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// The next meeting: when, and with whom.
    pub next: Option<(Timestamp, String)>,
    /// Activities of each of the last days, the oldest first.
    pub days: Vec<u16>,
    changed: bool,
    due: Option<Instant>,
}

impl Glance {
    /// When it is read again.
    pub fn deadline(&self) -> Option<Instant> {
        self.due.filter(|_| self.changed)
    }

    /// When its words change: each minute of the last hour before the meeting, and when it begins.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let (start, _) = self.next.as_ref()?;
        let left = start.duration_since(now).as_secs();
        match left {
            ..=0 => None,
            1..=3_600 => now.checked_add(SignedDuration::from_secs((left - 1) % 60 + 1)).ok(),
            _ => start.checked_sub(SignedDuration::from_secs(3_600)).ok(),
        }
    }
}

/// Asks for it, if it is time.
pub fn settle(model: &mut Model, stale: bool, effects: &mut Vec<Effect>) {
    let now = model.setup.now;
    let glance = &mut model.glance;
    let began = glance.next.as_ref().is_some_and(|(start, _)| *start <= now.at);
    glance.changed |= stale || glance.due.is_none() || began;
    if glance.changed && glance.due.is_none_or(|due| due <= now.instant) {
        glance.changed = false;
        glance.due = Some(now.instant + EVERY);
        effects.push(Effect::job(ReadGlance));
    }
}

/// Reads the figures.
#[derive(Debug, PartialEq)]
pub struct ReadGlance;

impl Job for ReadGlance {
    type Answer = (Option<(Timestamp, String)>, Vec<u16>);

    fn kind(&self) -> Kind {
        Kind::Reading("glance")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let query = "mine kind:booking state:scheduled,rescheduled start:>now";
        let filter = hands.filter(List::Activities, query).map_err(|error| words(&error))?;
        let order = Order { by: ActivityOrder::Start, descending: false };
        let page = hands.store.activity_page(&filter, order, &Anchor::First, 1).await;
        let next = page.map_err(|error| words(&error))?.rows.into_iter().next();
        let days = hands.store.activities_between(&bounds(hands)).await.map_err(|error| words(&error))?;
        let days = days.into_iter().map(|n| u16::try_from(n).unwrap_or(u16::MAX)).collect();
        Ok((next.and_then(|(_, row)| Some((row.start?, row.name))), days))
    }

    fn take(&self, (next, days): Self::Answer, model: &mut Model, _: &mut Vec<Effect>) {
        model.glance.next = next;
        model.glance.days = days;
    }

    /// A glance that can not be had is left out; whatever is wrong with the store is told by what people asked for.
    fn failed(&self, _: String, model: &mut Model, _: &mut Vec<Effect>) {
        model.glance.days.clear();
    }
}

/// Midnights of the last days in the user's zone, and the next one.
fn bounds(hands: &Hands) -> Vec<Timestamp> {
    let today = Timestamp::now().to_zoned(hands.zone.clone()).date();
    let days = (0..=DAYS as i64).filter_map(|n| {
        let day = today.checked_sub((DAYS as i64 - 1 - n).days()).ok()?;
        Some(day.to_zoned(hands.zone.clone()).ok()?.timestamp())
    });
    days.collect()
}
