//! Which columns the contact list shows, in which order, and from which one on.

use serde::{Deserialize, Serialize};

use crate::domain::{Field, FieldKey};
use crate::filter::CustomField;
use crate::store::ContactOrder;

/// A column of the contact list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// What to call the person; always there, always first.
    Name,
    /// Status.
    Status,
    /// Owner.
    Owner,
    /// Mobile phone, else phone.
    Phone,
    /// The time that the list is ordered by, else when the person was last heard of.
    Time,
    /// When the person was last heard of.
    Seen,
    /// When the contact was added.
    Added,
    /// When it last changed.
    Changed,
    /// Where it came from.
    Source,
    /// How it stands with Salesforce.
    Sync,
    /// A system or custom field.
    Field(FieldKey),
}

impl Shown {
    /// What people read over it.
    pub fn title(&self) -> &str {
        match self {
            Self::Name => "Name",
            Self::Status => "Status",
            Self::Owner => "Owner",
            Self::Phone | Self::Field(FieldKey::System(Field::MobilePhone)) => "Phone",
            Self::Time | Self::Seen => "Seen",
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Source => "Source",
            Self::Sync => "",
            Self::Field(FieldKey::System(Field::JobTitle)) => "Title",
            Self::Field(FieldKey::System(field)) => field.label(),
            Self::Field(FieldKey::Custom(name)) => name,
        }
    }

    /// What people read of it in the list of columns.
    pub fn label(&self) -> &str {
        match self {
            Self::Sync => "Salesforce mark",
            Self::Time => "Seen, or the time that orders the list",
            Self::Phone => "Phone (mobile first)",
            Self::Field(FieldKey::System(field)) => field.label(),
            other => other.title(),
        }
    }

    /// The order by it; `None`: there is none.
    pub fn order(&self) -> Option<ContactOrder> {
        Some(match self {
            Self::Name => ContactOrder::Name,
            Self::Status => ContactOrder::Status,
            Self::Owner => ContactOrder::Owner,
            Self::Phone => ContactOrder::Field(Field::MobilePhone.into()),
            Self::Time | Self::Seen => ContactOrder::Recent,
            Self::Added => ContactOrder::Created,
            Self::Changed => ContactOrder::Updated,
            Self::Source => ContactOrder::Source,
            Self::Sync => return None,
            Self::Field(key) => ContactOrder::Field(key.clone()),
        })
    }

    /// It is the column by which that order sorts.
    pub fn is_of(&self, order: &ContactOrder) -> bool {
        let time = matches!(order, ContactOrder::Recent | ContactOrder::Created | ContactOrder::Updated);
        (*self == Self::Time && time) || self.order().as_ref() == Some(order)
    }
}

/// The columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Those that are shown, in their order; the name first.
    pub shown: Vec<Shown>,
    /// So many after the first are scrolled away.
    pub skip: usize,
    /// The field whose cell was edited last.
    pub edited: Option<String>,
}

impl Default for Columns {
    fn default() -> Self {
        let field = |field: Field| Shown::Field(field.into());
        let shown = vec![
            Shown::Name,
            Shown::Status,
            field(Field::Company),
            field(Field::Email),
            field(Field::JobTitle),
            Shown::Phone,
            Shown::Owner,
            Shown::Time,
            Shown::Sync,
        ];
        Self { shown, skip: 0, edited: None }
    }
}

impl Columns {
    /// As a session left them; the name is first whatever it says.
    pub fn restored(shown: Vec<Shown>) -> Self {
        let mut columns = Self::default();
        if !shown.is_empty() {
            columns.shown = vec![Shown::Name];
            for column in shown {
                if !columns.shown.contains(&column) {
                    columns.shown.push(column);
                }
            }
        }
        columns
    }

    /// Nobody chose others, and nothing is scrolled away.
    pub fn is_usual(&self) -> bool {
        self.skip == 0 && self.shown == Self::default().shown
    }

    /// The first column, and those that are not scrolled away.
    pub fn in_view(&self) -> impl Iterator<Item = &Shown> {
        self.shown.iter().take(1).chain(self.shown.iter().skip(1 + self.skip))
    }

    /// Scrolls, with one column left beside the first.
    pub fn scroll(&mut self, by: isize) {
        self.skip = self.skip.saturating_add_signed(by).min(self.shown.len().saturating_sub(2));
    }

    /// Every column that there is: those shown in their order, then all others.
    pub fn all(&self, custom: &[CustomField]) -> Vec<Shown> {
        let mut all = self.shown.clone();
        let others =
            [Shown::Status, Shown::Owner, Shown::Phone, Shown::Time, Shown::Seen, Shown::Added, Shown::Changed];
        let fields = Field::ALL.into_iter().map(|field| Shown::Field(field.into()));
        let custom = custom.iter().map(|field| Shown::Field(FieldKey::Custom(field.name.clone())));
        for column in others.into_iter().chain([Shown::Source, Shown::Sync]).chain(custom).chain(fields) {
            if !all.contains(&column) {
                all.push(column);
            }
        }
        all
    }

    /// Shows a column at the right, or takes it away; the name stays.
    pub fn toggle(&mut self, column: &Shown) {
        match self.shown.iter().position(|shown| shown == column) {
            Some(0) => {}
            Some(place) => drop(self.shown.remove(place)),
            None => self.shown.push(column.clone()),
        }
        self.scroll(0);
    }

    /// Moves a column by one place; returns whether it moved.
    pub fn shift(&mut self, column: &Shown, right: bool) -> bool {
        let Some(place) = self.shown.iter().position(|shown| shown == column) else { return false };
        let other = if right { place + 1 } else { place.saturating_sub(1) };
        if place == 0 || other == 0 || other >= self.shown.len() {
            return false;
        }
        self.shown.swap(place, other);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stays_first() {
        let mut columns = Columns::default();
        columns.toggle(&Shown::Name);
        assert!(columns.is_usual());
        assert!(!columns.shift(&Shown::Status, false));
        assert!(columns.shift(&Shown::Status, true));
        assert_eq!(columns.shown[..3], [Shown::Name, Shown::Field(Field::Company.into()), Shown::Status]);
        assert!(!columns.shift(&Shown::Sync, true));
        let odd = Columns::restored(vec![Shown::Owner, Shown::Name, Shown::Owner]);
        assert_eq!(odd.shown, [Shown::Name, Shown::Owner]);
        assert!(Columns::restored(Vec::new()).is_usual());
    }

    #[test]
    fn scrolling_keeps_a_column_beside_the_name() {
        let mut columns = Columns::restored(vec![Shown::Status, Shown::Owner]);
        columns.scroll(9);
        assert_eq!(columns.in_view().collect::<Vec<_>>(), [&Shown::Name, &Shown::Owner]);
        columns.toggle(&Shown::Owner);
        assert_eq!(columns.in_view().collect::<Vec<_>>(), [&Shown::Name, &Shown::Status]);
        columns.scroll(-9);
        assert_eq!(columns.skip, 0);
    }

    #[test]
    fn a_session_brings_them_back() {
        let mut columns = Columns::default();
        columns.toggle(&Shown::Field(FieldKey::Custom("budget".to_owned())));
        let json = serde_json::to_string(&columns.shown).unwrap();
        assert_eq!(Columns::restored(serde_json::from_str(&json).unwrap()), columns);
    }

    #[test]
    fn every_column_is_listed_once() {
        let all = Columns::default().all(&[]);
        for column in &all {
            assert_eq!(all.iter().filter(|other| *other == column).count(), 1, "{column:?}");
        }
    }
}
