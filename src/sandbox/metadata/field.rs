//! One field of an object, as the asset and the org file write it, and what follows from its type.

use serde::Deserialize;
use serde_json::Value;

/// The types of fields, by describe's names. The org file may also use the names of the setup pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Salesforce's own names
pub enum FieldType {
    Id,
    #[serde(alias = "text")]
    String,
    #[serde(alias = "longtextarea", alias = "long_text")]
    TextArea,
    Email,
    Phone,
    Url,
    Picklist,
    MultiPicklist,
    Combobox,
    #[serde(alias = "checkbox")]
    Boolean,
    Int,
    #[serde(alias = "number")]
    Double,
    Currency,
    Percent,
    Date,
    DateTime,
    Time,
    #[serde(alias = "lookup")]
    Reference,
    Address,
}

impl FieldType {
    /// Describe's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::String => "string",
            Self::TextArea => "textarea",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Picklist => "picklist",
            Self::MultiPicklist => "multipicklist",
            Self::Combobox => "combobox",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Time => "time",
            Self::Reference => "reference",
            Self::Address => "address",
        }
    }

    /// The XML schema type in describe.
    pub fn soap_type(self) -> &'static str {
        match self {
            Self::Id | Self::Reference => "tns:ID",
            Self::Boolean => "xsd:boolean",
            Self::Int => "xsd:int",
            Self::Double | Self::Currency | Self::Percent => "xsd:double",
            Self::Date => "xsd:date",
            Self::DateTime => "xsd:dateTime",
            Self::Time => "xsd:time",
            Self::Address => "urn:address",
            _ => "xsd:string",
        }
    }

    /// Whether values are text.
    pub fn is_text(self) -> bool {
        self.soap_type() == "xsd:string"
    }

    /// Whether values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Double | Self::Currency | Self::Percent)
    }
}

/// Who may write a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Nobody but the system.
    Read,
    /// On create only.
    Create,
    /// On update only.
    Update,
    /// Create and update.
    #[default]
    Write,
}

/// A value of a picklist.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "PickValueForm")]
pub struct PickValue {
    /// The value of the API.
    pub value: String,
    /// What people see.
    pub label: String,
    /// Whether it may be chosen.
    pub active: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PickValueForm {
    Plain(String),
    Labelled(String, String),
    Full {
        value: String,
        label: Option<String>,
        #[serde(default = "yes")]
        active: bool,
    },
}

fn yes() -> bool {
    true
}

impl From<PickValueForm> for PickValue {
    fn from(form: PickValueForm) -> Self {
        match form {
            PickValueForm::Plain(value) => Self { label: value.clone(), value, active: true },
            PickValueForm::Labelled(value, label) => Self { value, label, active: true },
            PickValueForm::Full { value, label, active } => {
                Self { label: label.unwrap_or_else(|| value.clone()), value, active }
            }
        }
    }
}

#[allow(clippy::struct_excessive_bools)] // describe's own independent properties
/// A field. The same shape serves the standard objects and `custom_fields` of the org file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The API name.
    pub name: String,
    /// What people see; by default the name in words.
    #[serde(default)]
    pub label: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// The longest text, in characters.
    #[serde(default)]
    pub length: usize,
    /// Digits of a number altogether.
    #[serde(default)]
    pub precision: u32,
    /// Digits after the point.
    #[serde(default)]
    pub scale: u32,
    /// Digits of an integer.
    #[serde(default)]
    pub digits: u32,
    /// Who may write it.
    #[serde(default)]
    pub access: Access,
    /// Whether it may be empty.
    #[serde(default)]
    pub nillable: Option<bool>,
    /// An admin's "required", the same as `nillable: false`.
    #[serde(default)]
    pub required: bool,
    /// The value of a new record.
    #[serde(default)]
    pub default: Option<Value>,
    /// Filled by the system when a create leaves it out.
    #[serde(default)]
    pub defaulted: bool,
    /// Can be the key of an upsert.
    #[serde(default)]
    pub external_id: bool,
    /// No two records may share a value.
    #[serde(default)]
    pub unique: bool,
    /// Whether a unique value minds its case.
    #[serde(default)]
    pub case_sensitive: bool,
    /// Indexed by Salesforce itself; also a key of an upsert.
    #[serde(default)]
    pub id_lookup: bool,
    /// A picklist that takes no value outside its set.
    #[serde(default)]
    pub restricted: bool,
    /// The values of a picklist.
    #[serde(default)]
    pub values: Vec<PickValue>,
    /// The types that a reference may point to.
    #[serde(default)]
    pub reference_to: Vec<String>,
    /// The name that leads to the parent in a query.
    #[serde(default)]
    pub relationship: Option<String>,
    /// The compound field that this is a part of.
    #[serde(default)]
    pub compound: Option<String>,
    /// Describe's `extraTypeInfo`.
    #[serde(default)]
    pub extra: Option<String>,
    /// The field that names the record.
    #[serde(default, rename = "name_field")]
    pub names_record: bool,
    /// Made by the org's admin.
    #[serde(skip)]
    pub custom: bool,
}

impl Field {
    /// Fills in what the type implies.
    pub fn complete(&mut self, custom: bool) {
        self.custom = custom;
        if self.label.is_empty() {
            self.label = self.name.trim_end_matches("__c").replace('_', " ");
        }
        if self.length == 0 {
            self.length = match self.kind {
                FieldType::Id | FieldType::Reference => 18,
                FieldType::Email => 80,
                FieldType::Phone => 40,
                FieldType::TextArea => 32_768,
                kind if kind.is_text() => 255,
                _ => 0,
            };
        }
        if self.kind == FieldType::Boolean && self.default.is_none() {
            self.default = Some(Value::Bool(false));
        }
        if self.kind == FieldType::Int && self.digits == 0 {
            self.digits = 9;
        }
        if self.kind.is_number() && self.kind != FieldType::Int && self.precision == 0 {
            self.precision = 18;
        }
        if custom && self.kind == FieldType::Reference && self.relationship.is_none() {
            self.relationship = Some(format!("{}__r", self.name.trim_end_matches("__c")));
        }
    }

    /// Whether the field may be empty.
    pub fn nillable(&self) -> bool {
        let by_type = !matches!(self.kind, FieldType::Boolean | FieldType::Id);
        !self.required && self.nillable.unwrap_or(by_type)
    }

    /// Whether a create must give a value.
    pub fn required_on_create(&self) -> bool {
        !self.nillable() && self.createable() && !self.defaulted_on_create()
    }

    /// Whether a create may leave it out because the system fills it.
    pub fn defaulted_on_create(&self) -> bool {
        self.defaulted || self.default.is_some() || matches!(self.kind, FieldType::Id | FieldType::Boolean)
    }

    /// Whether a create may set it.
    pub fn createable(&self) -> bool {
        self.kind != FieldType::Id && matches!(self.access, Access::Create | Access::Write) && !self.is_compound()
    }

    /// Whether an update may set it.
    pub fn updateable(&self) -> bool {
        self.kind != FieldType::Id && matches!(self.access, Access::Update | Access::Write) && !self.is_compound()
    }

    /// Whether it is computed from its parts.
    pub fn is_compound(&self) -> bool {
        self.kind == FieldType::Address
    }

    /// A long text can be selected, but neither filtered, sorted nor grouped.
    pub fn is_long_text(&self) -> bool {
        self.kind == FieldType::TextArea && self.length > 255
    }

    /// Whether a WHERE clause may use it.
    pub fn filterable(&self) -> bool {
        !self.is_long_text() && !self.is_compound()
    }

    /// Whether ORDER BY may use it.
    pub fn sortable(&self) -> bool {
        self.filterable() && self.kind != FieldType::MultiPicklist
    }

    /// Whether GROUP BY may use it.
    pub fn groupable(&self) -> bool {
        self.filterable()
            && !matches!(self.kind, FieldType::DateTime | FieldType::Double | FieldType::Currency | FieldType::Percent)
            && !matches!(self.kind, FieldType::Combobox | FieldType::MultiPicklist)
    }

    /// Whether a reference may point to more than one type.
    pub fn is_polymorphic(&self) -> bool {
        self.reference_to.len() > 1
    }

    /// Whether the table keeps an index: keys of upserts, and references that lead to few records.
    pub fn is_indexed(&self) -> bool {
        self.id_lookup || self.external_id || self.unique || self.kind == FieldType::Email || self.leads_to_parent()
    }

    /// References to owners and authors have too few values to be worth an index.
    fn leads_to_parent(&self) -> bool {
        self.kind == FieldType::Reference
            && !matches!(self.reference_to.last().map(String::as_str), Some("User" | "RecordType"))
    }

    /// Whether an upsert may use it as key.
    pub fn is_upsert_key(&self) -> bool {
        self.external_id || self.id_lookup || self.kind == FieldType::Id
    }

    /// The fields of every custom object.
    pub fn of_custom_object() -> Vec<Self> {
        let text = r#"[
            {"name":"Id","label":"Record ID","type":"id"},
            {"name":"OwnerId","label":"Owner ID","type":"reference","nillable":false,"defaulted":true,"relationship":"Owner","reference_to":["Group","User"]},
            {"name":"IsDeleted","label":"Deleted","type":"boolean","access":"read"},
            {"name":"Name","label":"Name","type":"string","length":80,"name_field":true},
            {"name":"CreatedDate","label":"Created Date","type":"datetime","access":"read","nillable":false,"defaulted":true},
            {"name":"CreatedById","label":"Created By ID","type":"reference","access":"read","nillable":false,"defaulted":true,"relationship":"CreatedBy","reference_to":["User"]},
            {"name":"LastModifiedDate","label":"Last Modified Date","type":"datetime","access":"read","nillable":false,"defaulted":true},
            {"name":"LastModifiedById","label":"Last Modified By ID","type":"reference","access":"read","nillable":false,"defaulted":true,"relationship":"LastModifiedBy","reference_to":["User"]},
            {"name":"SystemModstamp","label":"System Modstamp","type":"datetime","access":"read","nillable":false,"defaulted":true}
        ]"#;
        #[allow(clippy::expect_used)] // the text above
        let mut fields: Vec<Self> = serde_json::from_str(text).expect("well formed");
        for field in &mut fields {
            field.complete(false);
        }
        fields
    }
}
