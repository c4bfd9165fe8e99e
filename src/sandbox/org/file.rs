//! The org file: records by type, custom fields and settings, checked for shape before anything is built.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Settings;
use crate::sandbox::metadata::Field;

/// The org that the demo opens with.
const DEMO: &str = include_str!("../../../assets/demo-org.json");

/// What is wrong with an org file, and where.
#[derive(Debug, thiserror::Error)]
pub enum OrgFileError {
    /// Not JSON, or not of the right shape.
    #[error("the org file cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    /// Something in it contradicts the schema or itself.
    #[error("{place}: {problem}")]
    Content {
        /// Where, such as `Contact[3].AccountId`.
        place: String,
        /// What.
        problem: String,
    },
}

impl OrgFileError {
    pub(super) fn at(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Content { place: place.into(), problem: problem.into() }
    }
}

/// A parsed org file: `{"Account":[…],"custom_fields":{…},"settings":{…}}`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrgFile {
    pub(super) settings: Settings,
    pub(super) custom_fields: BTreeMap<String, Vec<Field>>,
    /// Everything else is a list of records under the name of their type.
    #[serde(flatten)]
    pub(super) records: BTreeMap<String, Vec<Map<String, Value>>>,
}

impl OrgFile {
    /// Reads an org file and checks that an org can be made of it.
    pub fn parse(text: &str) -> Result<Self, OrgFileError> {
        let file: Self = serde_json::from_str(text)?;
        file.build()?;
        Ok(file)
    }

    /// An org with one user and nothing else.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The org of the demo: accounts, contacts, leads, users, and the custom fields that the demo writes.
    ///
    /// # Panics
    ///
    /// Never: the file is compiled in, and a test reads it.
    pub fn demo() -> Self {
        #[allow(clippy::expect_used)] // compiled in, and a test reads it
        serde_json::from_str(DEMO).expect("the demo org is well formed")
    }

    /// The same fields and settings with other records: those that a sandbox of this org once dumped.
    pub fn with_records(mut self, dump: &str) -> Result<Self, OrgFileError> {
        // The keys of the file's own records end with them.
        if let Some(key) = self.settings.api_user.as_ref().and_then(|user| user.strip_prefix('@')) {
            let users = self.records.get("User").into_iter().flatten();
            let user = users.into_iter().find(|user| user.get("_key").and_then(Value::as_str) == Some(key));
            let username = user.and_then(|user| user.get("Username")).and_then(Value::as_str).map(str::to_owned);
            self.settings.api_user = username;
        }
        self.records = serde_json::from_str(dump)?;
        for row in self.records.values_mut().flatten() {
            // A dump says it of every record, also of objects that have no such field.
            row.retain(|field, value| !(field == "IsDeleted" && *value == Value::Bool(false)));
        }
        self.build()?;
        Ok(self)
    }

    /// The settings, for a program that wants to say more than the file does.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_org_is_whole() {
        let org = OrgFile::demo().build().unwrap();
        let count = |name: &str| org.table(org.schema.find(name).unwrap()).len();
        assert_eq!((count("Account"), count("Contact"), count("Lead"), count("User")), (12, 60, 40, 6));
    }

    #[test]
    fn an_empty_org_has_a_user_and_itself() {
        let org = OrgFile::empty().build().unwrap();
        assert!(org.find(org.user).is_some() && org.find(org.id).is_some());
    }

    #[test]
    fn errors_name_their_place() {
        for (text, words) in [
            ("{", "the org file cannot be read"),
            (r#"{"Lead":[{"Nmae":"x"}]}"#, "Lead[0].Nmae: no such field"),
            (r#"{"Laed":[]}"#, "Laed: no such object"),
            (
                r#"{"Contact":[{"LastName":"a"},{"AccountId":"@a1"}]}"#,
                "Contact[1].AccountId: no record has the key \"a1\"",
            ),
            (r#"{"Lead":[{"_key":"a"},{"_key":"a"}]}"#, "Lead[1]._key: \"a\" is used twice"),
            (
                r#"{"Lead":[{"NumberOfEmployees":"many"}]}"#,
                "Lead[0].NumberOfEmployees: Cannot deserialize instance of int",
            ),
            (r#"{"Lead":[{"Id":"003000000000001AAA"}]}"#, "Lead[0].Id"),
            (
                r#"{"custom_fields":{"Event":[{"name":"No_Show","type":"boolean"}]}}"#,
                "custom_fields.Event.No_Show: a custom field's name",
            ),
            (
                r#"{"custom_fields":{"Lead":[{"name":"A__c","type":"boolean"},{"name":"a__c","type":"string"}]}}"#,
                "already has",
            ),
            (r#"{"custom_fields":{"Lead":[{"name":"A__c","type":"colour"}]}}"#, "colour"),
            (r#"{"settings":{"daily_limt":1}}"#, "daily_limt"),
            (r#"{"settings":{"api_user":"@x"}}"#, "settings.api_user: no user"),
            (r#"{"settings":{"now":"yesterday"}}"#, "yesterday"),
        ] {
            let error = OrgFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn an_org_goes_on_from_its_dump_and_gives_no_id_twice() {
        let mut org = OrgFile::demo().build().unwrap();
        let lead = org.schema.find("Lead").unwrap();
        let last = org.table(lead).rows().last().unwrap().id;
        let place = org.find_in(lead, last).unwrap();
        org.mark_deleted(place);
        let dump = org.dump();
        let mut again = OrgFile::demo().with_records(&dump.to_string()).unwrap().build().unwrap();
        assert!(again.dump() == dump);
        assert_eq!(again.user, org.user);
        let known = dump["Lead"].as_array().unwrap().len();
        let ids: std::collections::HashSet<_> = (0..=known).map(|_| again.fresh_id(lead).to_string()).collect();
        assert!(dump["Lead"].as_array().unwrap().iter().all(|row| !ids.contains(row["Id"].as_str().unwrap())));
    }
}
