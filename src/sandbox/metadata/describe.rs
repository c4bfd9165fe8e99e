//! Describe: the schema as the API tells it, with every property that clients were seen to read.

use serde_json::{Map, Value, json};

use super::{Field, FieldType, ObjectType, Schema};

/// Properties of a field that no field of this org has.
const NEVER: [&str; 13] = [
    "aiPredictionField",
    "autoNumber",
    "calculated",
    "cascadeDelete",
    "dependentPicklist",
    "deprecatedAndHidden",
    "displayLocationInDecimal",
    "encrypted",
    "formulaTreatNullNumberAsZero",
    "highScaleNumber",
    "htmlFormatted",
    "restrictedDelete",
    "writeRequiresMasterRead",
];
/// Properties of a field that are empty throughout.
const NONE: [&str; 9] = [
    "calculatedFormula",
    "controllerName",
    "defaultValueFormula",
    "filteredLookupInfo",
    "inlineHelpText",
    "mask",
    "maskType",
    "referenceTargetField",
    "relationshipOrder",
];

impl Schema {
    /// The answer of `/sobjects`.
    pub fn describe_global(&self, base: &str) -> Value {
        let objects: Vec<Value> = self.iter().map(|(_, object)| object.summary(base)).collect();
        json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})
    }
}

impl ObjectType {
    /// The answer of `/sobjects/{T}/describe`.
    pub fn describe(&self, base: &str, record_types: Vec<Value>) -> Value {
        let mut answer = self.summary(base);
        answer["fields"] = self.fields.iter().map(Field::describe).collect();
        answer["recordTypeInfos"] = Value::Array(record_types);
        answer["childRelationships"] = self
            .children
            .iter()
            .map(|child| {
                json!({
                    "cascadeDelete": child.cascade, "childSObject": child.object, "deprecatedAndHidden": false,
                    "field": child.field, "junctionIdListNames": [], "junctionReferenceTo": [],
                    "relationshipName": child.relationship, "restrictedDelete": false,
                })
            })
            .collect();
        answer["actionOverrides"] = json!([]);
        answer["namedLayoutInfos"] = json!([]);
        answer["networkScopeFieldName"] = Value::Null;
        answer["listviewable"] = Value::Null;
        answer["lookupLayoutable"] = Value::Null;
        answer["searchLayoutable"] = json!(true);
        answer["supportedScopes"] =
            json!([{"label": format!("All {}", self.plural.to_lowercase()), "name": "everything"}]);
        answer["compactLayoutable"] = json!(true);
        answer
    }

    /// What `/sobjects` says about this type; also the head of its describe.
    pub fn summary(&self, base: &str) -> Value {
        let path = format!("{base}/sobjects/{}", self.name);
        json!({
            "activateable": false, "associateEntityType": null, "associateParentEntity": null,
            "createable": self.createable, "custom": self.name.ends_with("__c"), "customSetting": false,
            "deepCloneable": false, "deletable": self.deletable, "deprecatedAndHidden": false, "feedEnabled": true,
            "hasSubtypes": false, "isInterface": false, "isSubtype": false, "keyPrefix": self.prefix,
            "label": self.label, "labelPlural": self.plural, "layoutable": true,
            "mergeable": matches!(self.name.as_str(), "Account" | "Contact" | "Lead"), "mruEnabled": true,
            "name": self.name, "queryable": true, "replicateable": true, "retrieveable": true, "searchable": true,
            "triggerable": true, "undeletable": self.deletable, "updateable": true,
            "urls": {"sobject": path, "describe": format!("{path}/describe"), "rowTemplate": format!("{path}/{{ID}}")},
        })
    }
}

impl Field {
    /// This field in describe.
    pub fn describe(&self) -> Value {
        let is_reference = self.kind == FieldType::Reference;
        let long = self.is_long_text();
        let byte_length = match self.kind {
            FieldType::Id | FieldType::Reference => 18,
            kind if kind.is_text() => self.length * 3,
            _ => 0,
        };
        let values: Vec<Value> = self
            .values
            .iter()
            .map(|pick| {
                let is_default = self.default.as_ref().is_some_and(|value| *value == pick.value);
                json!({"active": pick.active, "defaultValue": is_default, "label": pick.label, "validFor": null, "value": pick.value})
            })
            .collect();
        let facts = json!({
            "byteLength": byte_length, "caseSensitive": self.case_sensitive, "compoundFieldName": self.compound,
            "custom": self.custom, "defaultValue": self.default, "digits": self.digits, "externalId": self.external_id,
            "extraTypeInfo": self.extra, "idLookup": self.is_upsert_key(), "label": self.label, "length": self.length,
            "name": self.name, "nameField": self.names_record, "namePointing": self.is_polymorphic(),
            "picklistValues": values, "polymorphicForeignKey": self.is_polymorphic(), "precision": self.precision,
            "queryByDistance": self.kind == FieldType::Address, "referenceTo": self.reference_to,
            "relationshipName": self.relationship, "restrictedPicklist": self.restricted, "scale": self.scale,
            "searchPrefilterable": is_reference, "soapType": self.kind.soap_type(), "type": self.kind.name(),
            "unique": self.unique,
        });
        let rights = json!({
            "aggregatable": !long && !matches!(self.kind, FieldType::Boolean | FieldType::Address),
            "createable": self.createable(), "defaultedOnCreate": self.defaulted_on_create(),
            "filterable": self.filterable() || self.is_compound(), "groupable": self.groupable(), "nillable": self.nillable(),
            "permissionable": self.custom || (self.nillable() && self.createable()), "sortable": self.sortable(),
            "updateable": self.updateable(),
        });
        let mut answer = Map::new();
        answer.extend(NEVER.iter().map(|name| ((*name).to_owned(), json!(false))));
        answer.extend(NONE.iter().map(|name| ((*name).to_owned(), Value::Null)));
        for part in [facts, rights] {
            if let Value::Object(part) = part {
                answer.extend(part);
            }
        }
        Value::Object(answer)
    }
}
