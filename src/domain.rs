//! What things are. Pure: no I/O, no clock, no SQL; whoever needs the time passes it in.

pub mod access;
pub mod activity;
pub mod contact;
pub mod edit;
pub mod email;
pub mod field;
pub mod identity;
pub mod interaction;
pub mod letters;
pub mod lifecycle;
pub mod merge;
pub mod name;
pub mod near;
pub mod phone;
pub mod seats;
pub mod status;
pub mod text;
pub mod typed;
pub mod value;

pub use access::{Actor, Role};
pub use activity::{Activity, ActivityId, ActivityUpdate, Kind, State};
pub use contact::{Contact, ContactId, Values};
pub use email::Email;
pub use field::{Field, FieldKey, FieldKind};
pub use interaction::{Interaction, Person, Source, UserRef};
pub use phone::Phone;
pub use status::Status;
pub use value::FieldValue;
