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
    pub fn demo() -> Self {
        #[allow(clippy::expect_used)] // compiled in, and a test builds it
        serde_json::from_str(DEMO).expect("the demo org is well formed")
    }

    /// The settings, for a program that wants to say more than the file does.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }
}
