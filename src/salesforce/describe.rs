//! What the org says about an object: its fields, their types and limits, picklist values, record types.
//!
//! Salesforce: "sObject Describe". What the sync user may not see is not in it, and what they may not write is marked
//! so.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::SfId;

/// An object, as the sync user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Describe {
    /// API name.
    pub name: String,
    /// Name for people, in the sync user's language.
    #[serde(default)]
    pub label: String,
    /// First three characters of its ids.
    #[serde(default)]
    pub key_prefix: Option<String>,
    /// Whether records can be created.
    #[serde(default)]
    pub createable: bool,
    /// Whether records can be updated.
    #[serde(default)]
    pub updateable: bool,
    /// Whether records can be deleted.
    #[serde(default)]
    pub deletable: bool,
    /// All visible fields.
    pub fields: Vec<Field>,
    /// Record types, the master among them.
    #[serde(default)]
    pub record_type_infos: Vec<RecordType>,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // Salesforce's own flags, one for one
pub struct Field {
    /// API name, in its canonical case.
    pub name: String,
    /// Name for people.
    #[serde(default)]
    pub label: String,
    /// Type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Longest text in characters; 0 when it has none.
    #[serde(default)]
    pub length: u32,
    /// All digits of a decimal number.
    #[serde(default)]
    pub precision: u32,
    /// Digits after the point.
    #[serde(default)]
    pub scale: u32,
    /// Digits of a whole number.
    #[serde(default)]
    pub digits: u32,
    /// Whether it may be empty.
    #[serde(default)]
    pub nillable: bool,
    /// Whether it can be set on create.
    #[serde(default)]
    pub createable: bool,
    /// Whether it can be changed.
    #[serde(default)]
    pub updateable: bool,
    /// Whether it can stand in a `WHERE`.
    #[serde(default)]
    pub filterable: bool,
    /// Whether Salesforce fills it on create when it is left out.
    #[serde(default)]
    pub defaulted_on_create: bool,
    /// Made by the org, not by Salesforce.
    #[serde(default)]
    pub custom: bool,
    /// A formula: never written.
    #[serde(default)]
    pub calculated: bool,
    /// Declared an external id.
    #[serde(default)]
    pub external_id: bool,
    /// Usable in an upsert (external ids, and standard fields such as `Email`).
    #[serde(default)]
    pub id_lookup: bool,
    /// No two records may share a value.
    #[serde(default)]
    pub unique: bool,
    /// Whether unique values differ by case.
    #[serde(default)]
    pub case_sensitive: bool,
    /// The values of a picklist, inactive ones included.
    #[serde(default)]
    pub picklist_values: Vec<PicklistValue>,
    /// Whether a picklist takes its own active values only.
    #[serde(default)]
    pub restricted_picklist: bool,
    /// The objects a reference can point to.
    #[serde(default)]
    pub reference_to: Vec<String>,
    /// The name that leads to the referenced record in a query (`Owner` of `OwnerId`).
    #[serde(default)]
    pub relationship_name: Option<String>,
}

/// One value of a picklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PicklistValue {
    /// What is stored.
    pub value: String,
    /// What is shown.
    #[serde(default)]
    pub label: Option<String>,
    /// Whether it can still be chosen.
    #[serde(default)]
    pub active: bool,
    /// Whether it is chosen on create when none is given.
    #[serde(default)]
    pub default_value: bool,
}

/// One record type of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordType {
    /// Its id, for `RecordTypeId`.
    pub record_type_id: SfId,
    /// Name for people.
    pub name: String,
    /// API name.
    #[serde(default)]
    pub developer_name: String,
    /// Whether the sync user may use it.
    #[serde(default)]
    pub available: bool,
    /// Whether it is the sync user's default.
    #[serde(default)]
    pub default_record_type_mapping: bool,
    /// The type of records that have none.
    #[serde(default)]
    pub master: bool,
}

/// The types of fields.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Salesforce's own names
pub enum FieldType {
    Id,
    String,
    TextArea,
    Email,
    Phone,
    Url,
    EncryptedString,
    Boolean,
    Int,
    Long,
    Double,
    Currency,
    Percent,
    Date,
    DateTime,
    Time,
    Picklist,
    MultiPicklist,
    ComboBox,
    Reference,
    Address,
    Location,
    Base64,
    #[serde(rename = "anyType")]
    AnyType,
    ComplexValue,
    /// One that is not listed here.
    #[serde(untagged)]
    Other(String),
}

impl Describe {
    pub(super) fn from_value(body: Value) -> Option<Self> {
        serde_json::from_value(body).ok()
    }

    /// A field by its exact API name.
    pub fn field_exact(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A field by its API name in any case, as Salesforce itself takes it.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The fields a create must set.
    pub fn required_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_required())
    }

    /// A record type by its API name or its name for people; an exact API name goes first.
    pub fn record_type(&self, name: &str) -> Option<&RecordType> {
        let by = |test: &dyn Fn(&RecordType) -> bool| self.record_type_infos.iter().find(|info| test(info));
        by(&|info| info.developer_name == name).or_else(|| {
            by(&|info| info.developer_name.eq_ignore_ascii_case(name) || info.name.eq_ignore_ascii_case(name))
        })
    }
}

impl Field {
    /// Whether a create fails without it: it must not be empty, can be set, and Salesforce does not fill it.
    pub fn is_required(&self) -> bool {
        !self.nillable && self.createable && !self.defaulted_on_create && self.kind != FieldType::Boolean
    }

    /// Whether it can be written at all.
    pub fn is_writable(&self) -> bool {
        self.createable || self.updateable
    }

    /// The picklist values that can be chosen.
    pub fn active_values(&self) -> impl Iterator<Item = &PicklistValue> {
        self.picklist_values.iter().filter(|value| value.active)
    }

    /// The active picklist value for a text: the stored value or the label, exact first, then in any case.
    pub fn picklist_value(&self, text: &str) -> Option<&PicklistValue> {
        let same = |value: &str| value.eq_ignore_ascii_case(text);
        self.active_values()
            .find(|v| v.value == text)
            .or_else(|| self.active_values().find(|v| same(&v.value) || v.label.as_deref().is_some_and(same)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn lead() -> Describe {
        Describe::from_value(json!({
            "name": "Lead", "label": "Lead", "keyPrefix": "00Q",
            "createable": true, "updateable": true, "deletable": true,
            "urls": {"describe": "/x"},
            "fields": [
                {"name": "Id", "type": "id", "nillable": false, "createable": false, "defaultedOnCreate": true},
                {"name": "LastName", "label": "Last Name", "type": "string", "length": 80,
                 "nillable": false, "createable": true, "updateable": true, "defaultedOnCreate": false},
                {"name": "Email", "type": "email", "length": 80, "nillable": true,
                 "createable": true, "idLookup": true, "externalId": false},
                {"name": "Status", "type": "picklist", "length": 255, "nillable": false,
                 "createable": true, "defaultedOnCreate": true, "restrictedPicklist": false,
                 "picklistValues": [
                    {"active": true, "defaultValue": true, "label": "Open", "value": "Open - Not Contacted"},
                    {"active": false, "defaultValue": false, "label": "Old", "validFor": null, "value": "Old"},
                    {"active": true, "defaultValue": false, "label": null, "value": "OPEN"}]},
                {"name": "IsUnreadByOwner", "type": "boolean", "nillable": false,
                 "createable": true, "defaultedOnCreate": true},
                {"name": "OwnerId", "type": "reference", "referenceTo": ["Group", "User"], "relationshipName": "Owner"},
                {"name": "Odd__c", "type": "holographic", "custom": true},
            ],
            "recordTypeInfos": [
                {"active": true, "available": true, "defaultRecordTypeMapping": true,
                 "developerName": "Master", "master": true, "name": "Master", "recordTypeId": "012000000000000AAA"}],
        }))
        .unwrap()
    }

    #[test]
    fn fields_exact_and_in_any_case() {
        let lead = lead();
        assert_eq!(lead.field("LASTNAME").unwrap().name, "LastName");
        assert!(lead.field_exact("LASTNAME").is_none() && lead.field_exact("LastName").is_some());
        assert!(lead.field("Nope").is_none());
        assert_eq!(lead.field("Odd__c").unwrap().kind, FieldType::Other("holographic".to_owned()));
        assert_eq!(lead.field("OwnerId").unwrap().reference_to, ["Group", "User"]);
    }

    #[test]
    fn required_is_what_nobody_else_fills() {
        let names: Vec<_> = lead().required_fields().map(|field| field.name.clone()).collect();
        assert_eq!(names, ["LastName"]);
    }

    #[test]
    fn picklists_offer_active_values() {
        let lead = lead();
        let status = lead.field("Status").unwrap();
        for (text, value) in [
            ("Open - Not Contacted", Some("Open - Not Contacted")),
            ("OPEN", Some("OPEN")),
            ("open - not contacted", Some("Open - Not Contacted")),
            ("open", Some("Open - Not Contacted")),
            ("Old", None),
            ("", None),
        ] {
            let found = status.picklist_value(text).map(|v| v.value.as_str());
            assert_eq!(found, value, "{text:?}");
        }
        assert_eq!(status.active_values().count(), 2);
    }

    #[test]
    fn every_type_name_of_salesforce_is_read() {
        for (name, kind) in [
            ("textarea", FieldType::TextArea),
            ("datetime", FieldType::DateTime),
            ("multipicklist", FieldType::MultiPicklist),
            ("combobox", FieldType::ComboBox),
            ("encryptedstring", FieldType::EncryptedString),
            ("anyType", FieldType::AnyType),
            ("complexvalue", FieldType::ComplexValue),
        ] {
            assert_eq!(serde_json::from_value::<FieldType>(json!(name)).unwrap(), kind);
            assert_eq!(serde_json::to_value(&kind).unwrap(), name);
        }
    }

    #[test]
    fn record_types_by_either_name() {
        assert!(lead().record_type("master").is_some());
        assert!(lead().record_type("Partner").is_none());
    }

    #[test]
    fn a_stored_describe_reads_back() {
        let text = serde_json::to_value(lead()).unwrap();
        assert_eq!(Describe::from_value(text), Some(lead()));
    }

    proptest! {
        #[test]
        fn other_shapes_are_refused_without_panic(name in any::<String>(), noise in any::<i64>()) {
            prop_assert_eq!(Describe::from_value(json!({"name": name, "fields": noise})), None);
            prop_assert_eq!(Describe::from_value(json!([noise])), None);
        }
    }
}
