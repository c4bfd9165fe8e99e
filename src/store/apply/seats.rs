//! A payload about a booking whose seats are activities of their own is about each of them.

use sqlx::sqlite::SqliteConnection;

use crate::domain::{ActivityUpdate, Interaction, Kind, seats};
use crate::store::{StoreError, activities};

/// One interaction a seat; `None`: the booking has no seats, as most.
pub(super) async fn spread(
    tx: &mut SqliteConnection,
    interaction: &Interaction,
    update: &ActivityUpdate,
) -> Result<Option<Vec<Interaction>>, StoreError> {
    if update.seat_of.is_some() || update.kind != Kind::Booking {
        return Ok(None);
    }
    let mut known = Vec::new();
    for booking in std::iter::once(&update.external_id).chain(&update.previous_id) {
        for seat in activities::seats(tx, interaction.source.key(), booking).await? {
            if !known.contains(&seat) {
                known.push(seat);
            }
        }
    }
    if known.is_empty() {
        return Ok(None);
    }
    let of_seat = |told| Interaction { person: None, activity: Some(told), ..interaction.clone() };
    Ok(Some(seats::told(update, &known).into_iter().map(of_seat).collect()))
}
