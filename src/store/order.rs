//! What a list is ordered by, as SQL: an expression over the contact `c` that puts blank values last.

use super::list::{ContactOrder, Order};
use crate::domain::{Field, FieldKey, FieldKind};
use crate::filter::Sort;

/// The expression, and the order as the filter knows it if an index gives it.
pub(super) fn contact_order(order: &Order<ContactOrder>) -> (String, Option<Sort>) {
    let (column, sort) = match &order.by {
        ContactOrder::Recent => ("c.recent_at", Sort::Recent),
        ContactOrder::Name => ("c.name_key", Sort::Name),
        ContactOrder::Created => ("c.created_at", Sort::Created),
        ContactOrder::Updated => ("c.updated_at", Sort::Updated),
        other => {
            // Whatever the direction, blanks come after everything: SQLite sorts numbers, then text, then blobs.
            let blank = if order.descending { "-9e999" } else { "x''" };
            return (format!("ifnull({}, {blank})", value(other)), None);
        }
    };
    (column.to_owned(), Some(sort))
}

fn value(by: &ContactOrder) -> String {
    match by {
        ContactOrder::Recent | ContactOrder::Name | ContactOrder::Created | ContactOrder::Updated => "NULL".to_owned(),
        ContactOrder::Status => "CASE c.status WHEN 'sales_qualified' THEN 1 WHEN 'marketing_qualified' THEN 2 \
             WHEN 'qualified' THEN 3 WHEN 'disqualified' THEN 4 END"
            .to_owned(),
        ContactOrder::Owner => {
            "(SELECT lower(coalesce(s.name, s.email, s.external_id)) FROM user s WHERE s.id = c.owner_id)".to_owned()
        }
        ContactOrder::Source => "c.source".to_owned(),
        ContactOrder::Field(FieldKey::System(field)) => system(*field),
        ContactOrder::Field(FieldKey::Custom(name)) => custom(name),
    }
}

fn system(field: Field) -> String {
    match field.kind() {
        FieldKind::Number | FieldKind::Checkbox => format!("c.{}", field.key()),
        _ => format!("lower(c.{})", field.key()),
    }
}

/// Names of custom fields are identifiers; whatever else may stand in a database does not reach the statement.
fn custom(name: &str) -> String {
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.')) {
        return "NULL".to_owned();
    }
    let path = format!("'$.\"{name}\"'");
    format!(
        "CASE json_type(c.custom, {path}) WHEN 'text' THEN lower(json_extract(c.custom, {path})) \
         ELSE json_extract(c.custom, {path}) END"
    )
}

#[cfg(test)]
mod tests;
