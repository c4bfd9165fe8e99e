//! Contacts changed by hand: the form, the merge prompt, the cell of a row, and what is done to many at once.

use jiff::Timestamp;

use crate::domain::ContactId;
use crate::domain::edit::{Edit, FieldError, Schema};
use crate::domain::{Contact, Email, FieldKind, Status};
use crate::store::{ChangeError, Edited, MergePrompt, Saved, UserRow};
use crate::tui::effects::{Hands, words};
use crate::tui::form::{Choice, Entry, Form};
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::update::say;

pub mod bulk;
pub mod cell;
pub mod edit;
pub mod merge;

/// What a form of a contact is made of.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The contact; `None`: a new one, or it is gone.
    pub contact: Option<Contact>,
    /// The fields that there are.
    pub schema: Schema,
    /// Whom contacts can belong to.
    pub users: Vec<UserRow>,
}

impl Basis {
    /// Reads it.
    pub async fn read(hands: &Hands, id: Option<ContactId>) -> Result<Self, String> {
        let failed = |error: &dyn std::error::Error| format!("The contact can not be read: {}", words(error));
        let contact = match id {
            Some(id) => {
                hands.store.contact_detail(id).await.map_err(|error| failed(&error))?.map(|found| found.contact)
            }
            None => None,
        };
        let country = hands.config.identity.country();
        let schema = hands.store.schema(country).await.map_err(|error| failed(&error))?;
        let users = hands.store.users().await.map_err(|error| failed(&error))?;
        Ok(Self { contact, schema, users })
    }

    /// The choices of an owner: those who are active, and whoever it is now.
    fn owners(&self) -> Vec<Choice> {
        let now = self.contact.as_ref().and_then(|contact| contact.owner.as_ref()?.email.clone());
        let users =
            self.users.iter().filter(|user| user.active || user.email.as_deref() == now.as_ref().map(Email::as_str));
        let choice = |user: &UserRow| {
            let email = user.email.clone()?;
            let label = user.name.as_ref().map_or_else(|| email.clone(), |name| format!("{name}  {email}"));
            Some(Choice::new(email, label))
        };
        users.filter_map(choice).collect()
    }

    /// Adds a field to a form, `status` and `owner` among them, with what the contact has in it.
    pub fn add(&self, form: Form, id: &str) -> Form {
        let contact = self.contact.as_ref();
        match id {
            "status" => {
                let choices = Status::ALL.iter().map(|status| Choice::new(status.key(), status.label())).collect();
                form.choice("status", "Status", choices, contact.and_then(|contact| contact.status).map(Status::key))
            }
            "owner" => {
                let owner = contact.and_then(|contact| contact.owner.as_ref()?.email.as_ref());
                form.choice("owner", "Owner", self.owners(), owner.map(Email::as_str))
            }
            id => {
                let Some(key) = self.schema.key(id) else { return form };
                let (kind, options) = self.schema.kind(&key).unwrap_or((FieldKind::TextShort, &[]));
                let value = contact.and_then(|contact| contact.values.get(key.clone()));
                form.field(key.as_str(), self.schema.label(&key), kind, options, value)
            }
        }
    }
}

/// What was changed in a form, as an edit; or messages for its fields.
pub fn edit_of(form: &Form, schema: &Schema) -> Result<Edit, Vec<FieldError>> {
    let mut edit = Edit::default();
    let mut errors = Vec::new();
    for entry in form.changed() {
        if let Err(reason) = take(&mut edit, form, entry, schema) {
            errors.push(FieldError::new(entry.id(), reason));
        }
    }
    if errors.is_empty() { Ok(edit) } else { Err(errors) }
}

fn take(edit: &mut Edit, form: &Form, entry: &Entry, schema: &Schema) -> Result<(), String> {
    let text = entry.text();
    match entry.id() {
        "status" if text.is_empty() => edit.status = Some(None),
        "status" => edit.status = Some(Some(Status::parse(&text).map_err(|error| error.to_string())?)),
        "owner" if text.is_empty() => edit.owner = Some(None),
        "owner" => edit.owner = Some(Some(Email::parse(&text).map_err(|error| error.to_string())?)),
        id => {
            let key = schema.key(id).ok_or("there is no such field any more")?;
            let value = match form.read(entry)? {
                Some(value) => schema.parse_json(&key, &value.to_json())?,
                None => None,
            };
            edit.values.insert(key, value);
        }
    }
    Ok(())
}

/// What became of a wish to save.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It is stored.
    Saved(Box<Saved>),
    /// A new contact was made.
    Added(Box<Contact>),
    /// Another contact holds the identifier: the merge prompt.
    Merge(Box<MergePrompt>),
    /// Messages at fields.
    Fields(Vec<FieldError>),
    /// Nothing was stored; a heading and why.
    Refused(&'static str, String),
}

/// Saves a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Save {
    /// `None`: a new contact.
    pub contact: Option<ContactId>,
    /// What is to become of it.
    pub edit: Edit,
}

/// A change that was refused, with what people read.
pub fn refused(error: &ChangeError) -> Answer {
    match error {
        ChangeError::Fields(errors) => Answer::Fields(errors.clone()),
        ChangeError::CannotSave { field } => Answer::Refused(
            "Cannot save contact",
            format!("This {field} belongs to a contact that you have no access to.\nNothing was saved. Ask an administrator."),
        ),
        ChangeError::TwoContacts { .. } => Answer::Refused(
            "Cannot save contact",
            "The email belongs to one contact and the mobile phone to another.\nNothing was saved. Change one at a time."
                .to_owned(),
        ),
        ChangeError::NoIdentifier => {
            Answer::Fields(vec![FieldError::new("email", "a contact needs an email or a mobile phone")])
        }
        ChangeError::Exists { field, .. } => {
            let id = if *field == "email" { "email" } else { "mobile_phone" };
            Answer::Fields(vec![FieldError::new(id, "a contact has this already: find it with / and edit it")])
        }
        error => Answer::Refused("Not saved", words(error)),
    }
}

impl Job for Save {
    type Answer = Answer;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<Answer, String> {
        let now = Timestamp::now();
        Ok(match self.contact {
            Some(id) => match hands.store.edit(id, &self.edit, now).await {
                Ok(Edited::Saved(saved)) => Answer::Saved(saved),
                Ok(Edited::NeedsMerge(prompt)) => Answer::Merge(prompt),
                Err(error) => refused(&error),
            },
            None => match hands.store.add_contact(&self.edit, "manual", false, now).await {
                Ok(added) => Answer::Added(Box::new(added.contact)),
                Err(error) => refused(&error),
            },
        })
    }

    fn take(&self, answer: Answer, model: &mut Model, effects: &mut Vec<Effect>) {
        edit::saved(answer, model, effects);
    }
}

/// "Saved" and what follows from it: for identifiers in a window of its own, for all else in a word.
pub fn tell(saved: &Saved, model: &mut Model) {
    let dot = model.setup.theme.glyphs.dot;
    if saved.changes.is_empty() && !saved.other {
        return say(model, Tone::Info, "Nothing was changed");
    }
    let identifier = saved.changes.iter().any(|change| matches!(change.field.as_str(), "email" | "mobile_phone"));
    let lines = saved.follow.lines();
    if identifier && !lines.is_empty() {
        let text = lines.join("\n");
        model.layers.open(crate::tui::dialogs::text::Text::new("Saved, and what follows", &text));
    }
    say(model, Tone::Good, format!("Saved {dot} u undoes it"));
}
