//! Plain words for what Salesforce answers.

/// What an error code means and what helps; `None`: only Salesforce's own message is known.
pub fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "STRING_TOO_LONG" => "The value is longer than the field",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" => "The value is not in the field's picklist",
        "REQUIRED_FIELD_MISSING" => "A required field has no value",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION" => "A validation rule of the org said no",
        "FIELD_INTEGRITY_EXCEPTION" => "The value does not fit the field or the record it refers to",
        "INVALID_FIELD" | "INVALID_FIELD_FOR_INSERT_UPDATE" => "The field does not exist or may not be written",
        "INVALID_TYPE" => "The object is not there for this user",
        "INVALID_CROSS_REFERENCE_KEY" | "MALFORMED_ID" => "It refers to a record that is not there",
        "ENTITY_IS_DELETED" => "The record was deleted in Salesforce",
        "NOT_FOUND" => "The record is not there any more",
        "CANNOT_UPDATE_CONVERTED_LEAD" => "The Lead was converted meanwhile",
        "DUPLICATES_DETECTED" => "A duplicate rule of the org found the same person",
        "DUPLICATE_VALUE" => "Another record has the same unique value",
        "INSUFFICIENT_ACCESS_OR_READONLY" | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" => {
            "The integration user may not write this record"
        }
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" => "A trigger or flow of the org failed",
        "CANNOT_EXECUTE_FLOW_TRIGGER" => "A flow of the org failed",
        "UNABLE_TO_LOCK_ROW" => "Someone else was writing the record",
        "REQUEST_LIMIT_EXCEEDED" => "The org's daily API calls are used up",
        "SERVER_UNAVAILABLE" | "UNKNOWN_EXCEPTION" => "Salesforce had a fault of its own",
        "INVALID_SESSION_ID" => "The login has expired",
        "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" => "The org has no API access",
        "INVALID_EMAIL_ADDRESS" => "Salesforce does not accept the email address",
        "NUMBER_OUTSIDE_VALID_RANGE" => "The number is too large or too small for the field",
        "STORAGE_LIMIT_EXCEEDED" => "The org's storage is full",
        "TRANSPORT" => "Salesforce could not be reached",
        _ => return None,
    })
}
