//! Custom fields: made, renamed, archived and brought back (product C2; OnceHub reference 1.3).
//!
//! A field's identifier and type stay what they are. Archiving takes no new data and keeps the old.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::connect::transact;
use super::convert::{instant, ms, word};
use super::undo::{self, Recorder, Row, Table};
use super::{ChangeError, Store, StoreError};
use crate::domain::access::Action;
use crate::domain::{Field, FieldKind};
use crate::filter::KEYS;

/// Longest identifier.
const LONGEST_NAME: usize = 40;
/// Longest label (OnceHub: title, 200).
const LONGEST_LABEL: usize = 200;

/// A custom field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldDef {
    /// Its identifier: filters, templates, API, import.
    pub name: String,
    /// What people read.
    pub label: String,
    /// The type of its values.
    pub kind: FieldKind,
    /// The values of a picklist.
    pub options: Vec<String>,
    /// When it was archived; `None`: in use.
    pub archived_at: Option<Timestamp>,
}

impl Store {
    /// Custom fields by name; with `archived`, those too that are out of use.
    pub async fn fields(&self, archived: bool) -> Result<Vec<FieldDef>, StoreError> {
        let rows = sqlx::query("SELECT * FROM custom_field WHERE ? OR archived_at IS NULL ORDER BY name")
            .bind(archived)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(decode).collect()
    }

    /// Makes a field. Its name becomes an identifier: lower case, digits and underscores.
    pub async fn add_field(
        &self,
        name: &str,
        label: Option<&str>,
        kind: FieldKind,
        options: &[String],
        now: Timestamp,
    ) -> Result<FieldDef, ChangeError> {
        self.allow(Action::Fields, &[])?;
        let label = checked_label(label.unwrap_or(name))?;
        let name = identifier(name)?;
        let options = checked_options(kind, options)?;
        let actor = self.actor().name;
        transact!(self, |tx| {
            if let Some(known) = get(&mut tx, &name).await? {
                let state = if known.archived_at.is_some() { "; it is archived: restore it" } else { "" };
                return Err(ChangeError::Refused(format!("there is a field {} already{state}", known.name)));
            }
            let made = sqlx::query("INSERT INTO custom_field (name, label, kind, options) VALUES (?, ?, ?, ?)")
                .bind(&name)
                .bind(&label)
                .bind(json!(kind).as_str().unwrap_or_default())
                .bind(options_json(&options))
                .execute(&mut *tx)
                .await?;
            let key = Row::from_iter([("id".to_owned(), json!(made.last_insert_rowid()))]);
            let steps = [undo::inserted(&mut tx, Table::CustomField, key).await?];
            let note = "values that were stored under it meanwhile stay stored";
            undo::log(&mut tx, &actor, &format!("new field {name}"), Some(note), &steps, now).await?;
            FieldDef { name, label, kind, options, archived_at: None }
        })
    }

    /// Gives a field another label.
    pub async fn rename_field(&self, name: &str, label: &str, now: Timestamp) -> Result<FieldDef, ChangeError> {
        let label = checked_label(label)?;
        self.change_field(name, "label of field", now, |field| {
            field.label = label;
            Ok(())
        })
        .await
    }

    /// Gives a picklist other values. Values that contacts have and that are no option any more stay as they are.
    pub async fn set_field_options(
        &self,
        name: &str,
        options: &[String],
        now: Timestamp,
    ) -> Result<FieldDef, ChangeError> {
        self.change_field(name, "options of field", now, |field| {
            field.options = checked_options(field.kind, options)?;
            Ok(())
        })
        .await
    }

    /// Takes a field out of use; its values stay.
    pub async fn archive_field(&self, name: &str, now: Timestamp) -> Result<FieldDef, ChangeError> {
        self.change_field(name, "archiving of field", now, |field| {
            field.archived_at.get_or_insert(now);
            Ok(())
        })
        .await
    }

    /// Brings a field back into use.
    pub async fn restore_field(&self, name: &str, now: Timestamp) -> Result<FieldDef, ChangeError> {
        self.change_field(name, "restoring of field", now, |field| {
            field.archived_at = None;
            Ok(())
        })
        .await
    }

    /// How many contacts have a value of a field.
    pub async fn field_use(&self, name: &str) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM contact WHERE json_extract(custom, ?) IS NOT NULL")
            .bind(format!("$.\"{}\"", name.replace('"', "")))
            .fetch_one(self.readers())
            .await?)
    }

    async fn change_field(
        &self,
        name: &str,
        what: &str,
        now: Timestamp,
        change: impl FnOnce(&mut FieldDef) -> Result<(), ChangeError> + Send,
    ) -> Result<FieldDef, ChangeError> {
        self.allow(Action::Fields, &[])?;
        let actor = self.actor().name;
        transact!(self, |tx| {
            let Some(mut field) = get(&mut tx, name).await? else {
                return Err(ChangeError::Refused(format!("there is no field {name}")));
            };
            let id: i64 = sqlx::query_scalar("SELECT id FROM custom_field WHERE name = ?")
                .bind(&field.name)
                .fetch_one(&mut *tx)
                .await?;
            let mut recorder = Recorder::default();
            recorder.watch(&mut tx, Table::CustomField, id).await?;
            change(&mut field)?;
            sqlx::query("UPDATE custom_field SET label = ?, options = ?, archived_at = ? WHERE id = ?")
                .bind(&field.label)
                .bind(options_json(&field.options))
                .bind(field.archived_at.map(ms))
                .bind(id)
                .execute(&mut *tx)
                .await?;
            let steps = recorder.steps(&mut tx).await?;
            undo::log(&mut tx, &actor, &format!("{what} {}", field.name), None, &steps, now).await?;
            field
        })
    }
}

/// Fields that are not archived.
pub(super) async fn in_use(tx: &mut SqliteConnection) -> Result<Vec<FieldDef>, StoreError> {
    let rows = sqlx::query("SELECT * FROM custom_field WHERE archived_at IS NULL").fetch_all(tx).await?;
    rows.iter().map(decode).collect()
}

/// A field by its identifier, whatever the case.
pub(super) async fn get(tx: &mut SqliteConnection, name: &str) -> Result<Option<FieldDef>, StoreError> {
    let row = sqlx::query("SELECT * FROM custom_field WHERE name = ?").bind(name.trim()).fetch_optional(tx).await?;
    row.as_ref().map(decode).transpose()
}

/// Lower case, digits and underscores; not the name of a system field or of a key of filters.
fn identifier(name: &str) -> Result<String, ChangeError> {
    let mut id = String::new();
    for c in name.trim().chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => id.push(c),
            _ if !id.is_empty() && !id.ends_with('_') => id.push('_'),
            _ => {}
        }
    }
    let id = id.trim_end_matches('_').to_owned();
    let refused = |why: &str| Err(ChangeError::Refused(format!("`{}` cannot name a field: {why}", name.trim())));
    if !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        return refused("begin with a letter from a to z");
    }
    if id.len() > LONGEST_NAME {
        return refused(&format!("longer than {LONGEST_NAME} characters"));
    }
    let reserved = ["custom_fields", "object", "name", "full_name", "created_at", "updated_at", "interacted_at"];
    if Field::parse(&id).is_some() || KEYS.iter().any(|key| key.name == id) || reserved.contains(&id.as_str()) {
        return refused("the name is taken");
    }
    Ok(id)
}

fn checked_label(label: &str) -> Result<String, ChangeError> {
    let label = label.trim();
    if label.is_empty() || label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
        return Err(ChangeError::Refused(format!("a label is one line of 1 to {LONGEST_LABEL} characters")));
    }
    Ok(label.to_owned())
}

/// A picklist has options, each once; nothing else has any.
fn checked_options(kind: FieldKind, options: &[String]) -> Result<Vec<String>, ChangeError> {
    let picklist = matches!(kind, FieldKind::Picklist | FieldKind::MultiPicklist);
    if !picklist && !options.is_empty() {
        return Err(ChangeError::Refused("only picklists have options".to_owned()));
    }
    let mut kept: Vec<String> = Vec::new();
    for option in options {
        let option = option.trim();
        // A multi picklist is written with separators in forms and files.
        let separated = kind == FieldKind::MultiPicklist && option.contains([';', ',']);
        if option.is_empty() || option.chars().any(char::is_control) || separated {
            return Err(ChangeError::Refused(format!("`{option}` cannot be an option")));
        }
        if kept.iter().any(|known| known.to_lowercase() == option.to_lowercase()) {
            return Err(ChangeError::Refused(format!("the option `{option}` is there twice")));
        }
        kept.push(option.to_owned());
    }
    if picklist && kept.is_empty() {
        return Err(ChangeError::Refused("a picklist needs options".to_owned()));
    }
    Ok(kept)
}

fn options_json(options: &[String]) -> Option<String> {
    (!options.is_empty()).then(|| json!(options).to_string())
}

fn decode(row: &SqliteRow) -> Result<FieldDef, StoreError> {
    let options: Option<String> = row.try_get("options")?;
    let parse = |text: &str| serde_json::from_value::<FieldKind>(text.into()).ok();
    Ok(FieldDef {
        name: row.try_get("name")?,
        label: row.try_get("label")?,
        kind: word("type of a custom field", row.try_get("kind")?, parse)?,
        options: options.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        archived_at: row.try_get::<Option<i64>, _>("archived_at")?.map(instant).transpose()?,
    })
}
