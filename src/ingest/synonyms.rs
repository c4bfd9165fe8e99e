//! Names under which forms, files and other programs know the system fields.

use crate::domain::edit::{CustomKind, custom_named};
pub use crate::domain::text::normalize;
use crate::domain::{Field, FieldKey};

/// The field whose own name or label this is: a system field, else a custom one.
pub fn own(name: &str, custom: &[CustomKind]) -> Option<FieldKey> {
    let normalized = normalize(name);
    let system = |field: &Field| normalize(field.key()) == normalized || normalize(field.label()) == normalized;
    let system = Field::ALL.into_iter().find(|field| !normalized.is_empty() && system(field));
    system.map(FieldKey::System).or_else(|| Some(FieldKey::Custom(custom_named(custom, name)?.name.clone())))
}

/// The system field that a name means. OnceHub's keys first, then Salesforce's field names (Lead, Contact), then what
/// exports and forms usually say.
pub fn field(name: &str) -> Option<Field> {
    let name = normalize(name);
    NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(field, _)| *field)
}

const NAMES: &[(Field, &[&str])] = &[
    (
        Field::Email,
        &[
            "email",
            "emailaddress",
            "mail",
            "workemail",
            "businessemail",
            "emailaddr",
            "personemail",
            "contactemail",
            "leademail",
            "youremail",
            "epost",
            "emailadresse",
            "correo",
            "correoelectronico",
            "courriel",
            "adresseemail",
        ],
    ),
    (
        Field::MobilePhone,
        &[
            "mobilephone",
            "mobile",
            "mobilenumber",
            "mobilephonenumber",
            "cell",
            "cellphone",
            "cellnumber",
            "cellphonenumber",
            "personmobilephone",
            "attendeephonenumber",
            "smsremindernumber",
            "smsnumber",
            "mobil",
            "handy",
            "movil",
            "portable",
        ],
    ),
    (
        Field::Phone,
        &[
            "phone",
            "phonenumber",
            "telephone",
            "telephonenumber",
            "tel",
            "workphone",
            "businessphone",
            "officephone",
            "landline",
            "homephone",
            "directphone",
            "telefon",
            "telefono",
        ],
    ),
    (
        Field::FirstName,
        &["firstname", "givenname", "forename", "first", "fname", "vorname", "fornavn", "prenom", "nombre"],
    ),
    (
        Field::LastName,
        &[
            "lastname",
            "surname",
            "familyname",
            "last",
            "lname",
            "nachname",
            "etternavn",
            "nom",
            "apellido",
            "apellidos",
        ],
    ),
    (Field::Salutation, &["salutation", "prefix", "nameprefix", "honorific"]),
    (
        Field::Company,
        &[
            "company",
            "companyname",
            "organization",
            "organisation",
            "organizationname",
            "organisationname",
            "account",
            "accountname",
            "employer",
            "business",
            "businessname",
            "firm",
            "firma",
            "unternehmen",
            "bedrift",
            "societe",
            "entreprise",
            "empresa",
            "azienda",
        ],
    ),
    (Field::JobTitle, &["jobtitle", "title", "position", "role", "jobrole", "jobposition"]),
    (Field::CompanySize, &["companysize", "organizationsize", "organisationsize", "teamsize", "companyheadcount"]),
    (
        Field::Employees,
        &["employees", "numberofemployees", "noofemployees", "employeecount", "numemployees", "headcount"],
    ),
    (
        Field::StreetAddress,
        &[
            "streetaddress",
            "street",
            "address",
            "address1",
            "addressline1",
            "mailingstreet",
            "mailingaddress",
            "postaladdress",
        ],
    ),
    (Field::City, &["city", "town", "mailingcity", "locality"]),
    (
        Field::State,
        &[
            "state",
            "stateprovince",
            "stateregion",
            "province",
            "region",
            "county",
            "mailingstate",
            "mailingstateprovince",
            "statecode",
            "mailingstatecode",
        ],
    ),
    (
        Field::PostCode,
        &[
            "postcode",
            "postalcode",
            "zip",
            "zipcode",
            "zippostalcode",
            "mailingpostalcode",
            "mailingzip",
            "mailingzippostalcode",
        ],
    ),
    (
        Field::Country,
        &["country", "countryname", "mailingcountry", "countrycode", "mailingcountrycode", "countryregion"],
    ),
    (Field::TimeZone, &["timezone", "tz", "timezonesidkey"]),
    (Field::HasConsent, &["hasconsent", "consent", "gdprconsent", "marketingconsent", "dataprocessingconsent"]),
    (Field::TermsOfService, &["termsofservice", "termsofsevice", "tos", "acceptedterms"]),
    (Field::Bot, &["bot"]),
    (Field::Form, &["form"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_means_one_field_and_every_field_is_found_by_its_key_and_label() {
        let mut names: Vec<_> = NAMES.iter().flat_map(|(_, names)| names.iter()).collect();
        let count = names.len();
        assert!(names.iter().all(|name| normalize(name) == **name));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for known in Field::ALL {
            assert_eq!(field(known.key()), Some(known));
            assert_eq!(field(known.label()), Some(known));
        }
    }

    #[test]
    fn spelling_does_not_matter() {
        for (name, expected) in [
            ("E-Mail Address", Field::Email),
            ("MailingPostalCode", Field::PostCode),
            ("Mobile Phone", Field::MobilePhone),
            ("ACCOUNT NAME", Field::Company),
            ("No. of Employees", Field::Employees),
        ] {
            assert_eq!(field(name), Some(expected), "{name}");
        }
        assert_eq!(field("Industry"), None);
        assert_eq!(field(""), None);
    }
}
