//! Runs a query: finds the records (by an index where a condition allows), sorts, groups and prints them.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::SoqlError;
use super::ast::{Comparison, Operand, Order, Query, Scope, Selected};
use super::bind::{Column, Source};
use super::groups::{aggregate, check_aggregate, group};
use super::predicate::{Key, Predicate, Subject, Test, compare_keys, key_of};
use super::shape::Shape;
use crate::sandbox::metadata::{FieldType, TypeId};
use crate::sandbox::org::{Org, Place};

/// The answer of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// How many records there are; more than `records` only for `COUNT()`.
    pub total: usize,
    /// The records or groups as JSON.
    pub records: Vec<Value>,
    /// The type names and columns, for `?columns=true`.
    pub columns: Vec<ColumnInfo>,
    /// The object of FROM.
    pub entity: String,
}

/// One column of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnInfo {
    /// The name in full.
    pub name: String,
    /// Whether it is an aggregate.
    pub aggregate: bool,
    /// The type of its values.
    pub kind: FieldType,
    /// What people see.
    pub label: String,
    /// Whether an admin made it.
    pub custom: bool,
}

/// Runs a query. `all` shows deleted and archived records, too; `base` begins the records' addresses.
pub fn run(org: &Org, query: &Query, all: bool, base: &str) -> Result<Answer, SoqlError> {
    let name = &query.from.parts[query.from.parts.len() - 1];
    let object = org.schema.find(name).filter(|_| query.from.parts.len() == 1).ok_or_else(|| {
        let message = format!(
            "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the \
             '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
            query.from.parts.join(".")
        );
        SoqlError::at("INVALID_TYPE", message, query.from.at)
    })?;
    let plan = Plan::bind(org, object, query, all, base)?;
    let places = plan.find(None);
    let mut answer = plan.print(places)?;
    if query.is_bare_count() {
        answer.records.clear();
    }
    Ok(answer)
}

/// The ids that a semi-join's query selects.
pub fn semi_join(org: &Org, query: &Query, all: bool) -> Result<HashSet<Key>, SoqlError> {
    let [Selected::Field(path, _)] = query.select.as_slice() else {
        let message = "Semi join sub-selects must select exactly one id or reference field";
        return Err(SoqlError::at("MALFORMED_QUERY", message, query.from.at));
    };
    let object = org.schema.find(&query.from.parts[0]);
    let unknown = || {
        SoqlError::at(
            "INVALID_TYPE",
            format!("sObject type '{}' is not supported.", query.from.parts[0]),
            query.from.at,
        )
    };
    let plan = Plan::bind(org, object.ok_or_else(unknown)?, query, all, "")?;
    let column = plan.source.column(path)?;
    if !matches!(column.kind, FieldType::Id | FieldType::Reference) {
        let message = format!("The selected field '{}' in the semi join must be an id or reference field", column.name);
        return Err(SoqlError::at("MALFORMED_QUERY", message, path.at));
    }
    let places = plan.find(None);
    Ok(places.into_iter().filter_map(|place| key_of(column.kind, &column.value(org, place))).collect())
}

/// A query bound to the schema.
pub struct Plan<'a> {
    /// The org.
    pub org: &'a Org,
    /// Its object.
    pub source: Source<'a>,
    /// What the records' addresses begin with.
    pub base: &'a str,
    query: &'a Query,
    all: bool,
    condition: Option<Predicate>,
    order: Vec<(Subject, &'a Order)>,
}

impl<'a> Plan<'a> {
    fn bind(org: &'a Org, object: TypeId, query: &'a Query, all: bool, base: &'a str) -> Result<Self, SoqlError> {
        let source = Source { org, object, alias: query.alias.as_deref() };
        let condition = query.condition.as_ref().map(|c| Predicate::bind(source, c, false, all)).transpose()?;
        let grouped = query.is_aggregate();
        let aliases = |operand: &Operand| alias_of(query, operand);
        let mut order = Vec::new();
        for key in &query.order_by {
            let operand = aliases(&key.by).unwrap_or_else(|| key.by.clone());
            let subject = Subject::bind(source, &operand, grouped)?;
            if let (Subject::Column(column), Operand::Field(path)) = (&subject, &key.by)
                && column.field(org).is_some_and(|field| !field.sortable())
            {
                let message = format!("field '{}' can not be sorted in a query call", column.name);
                return Err(SoqlError::at("INVALID_FIELD", message, path.at));
            }
            order.push((subject, key));
        }
        Ok(Self { org, source, base, query, all, condition, order })
    }

    /// The records that satisfy the condition, in order, cut to size. `within` limits them to the rows of a parent.
    pub fn find(&self, within: Option<&[usize]>) -> Vec<Place> {
        let object = self.source.object;
        let table = self.org.table(object);
        let indexed = self.condition.as_ref().and_then(|condition| candidates(self.org, object, condition));
        let rows: Box<dyn Iterator<Item = usize>> = match (within, indexed) {
            (Some(rows), _) => Box::new(rows.iter().copied()),
            (None, Some(rows)) => Box::new(rows.into_iter()),
            (None, None) => Box::new(0..table.len()),
        };
        let archived = self.org.object(object).field("IsArchived");
        let visible = |row: usize| {
            let record = table.get(row);
            let is_archived = archived.is_some_and(|field| record.get(field) == &Value::Bool(true));
            self.all || !(record.is_deleted() || is_archived)
        };
        let places = rows.filter(|row| visible(*row)).map(|row| Place { object, row });
        let mut places: Vec<Place> = match &self.condition {
            Some(condition) => places.filter(|place| condition.matches(self.org, &[*place])).collect(),
            None => places.collect(),
        };
        if !self.query.is_aggregate() {
            self.sort(&mut places, |place| vec![*place]);
            places = self.cut(places);
        }
        places
    }

    fn sort<T>(&self, items: &mut [T], rows: impl Fn(&T) -> Vec<Place>) {
        if self.order.is_empty() {
            return;
        }
        items.sort_by_cached_key(|item| {
            let rows = rows(item);
            SortKey(
                self.order
                    .iter()
                    .map(|(subject, order)| (subject.key(self.org, &rows), order.descending, order.nulls_last))
                    .collect(),
            )
        });
    }

    fn cut<T>(&self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip(self.query.offset).take(self.query.limit.unwrap_or(usize::MAX)).collect()
    }

    /// Prints the records found.
    pub fn print(&self, places: Vec<Place>) -> Result<Answer, SoqlError> {
        let entity = self.org.object(self.source.object).name.clone();
        if self.query.is_bare_count() {
            let total = self.cut(places).len();
            return Ok(Answer { total, records: Vec::new(), columns: Vec::new(), entity });
        }
        if self.query.is_aggregate() {
            let (records, columns) = self.print_groups(places)?;
            return Ok(Answer { total: records.len(), records, columns, entity });
        }
        let mut columns = Vec::new();
        let mut shape = Shape::default();
        for item in &self.query.select {
            self.add_to_shape(item, &mut shape, &mut columns)?;
        }
        let records: Result<Vec<Value>, SoqlError> = places.iter().map(|place| shape.print(self, *place)).collect();
        let records = records?;
        Ok(Answer { total: records.len(), records, columns, entity })
    }

    fn add_to_shape(
        &self,
        item: &'a Selected,
        shape: &mut Shape<'a>,
        columns: &mut Vec<ColumnInfo>,
    ) -> Result<(), SoqlError> {
        match item {
            Selected::Field(_, Some(alias)) => {
                let message = format!("only aggregate expressions use field aliasing: '{alias}'");
                Err(SoqlError::whole("MALFORMED_QUERY", message))
            }
            Selected::Field(path, None) => {
                let column = self.source.column(path)?;
                columns.push(self.info(&column));
                shape.add(&column, 0)
            }
            Selected::Fields(scope, at) => {
                if *scope != Scope::Standard && self.query.limit.is_none_or(|limit| limit > 200) {
                    let message = "The SOQL FIELDS function must have a LIMIT of at most 200";
                    return Err(SoqlError::at("MALFORMED_QUERY", message, *at));
                }
                let kind = self.org.object(self.source.object);
                for field in &kind.fields {
                    let wanted = match scope {
                        Scope::All => true,
                        Scope::Standard => !field.custom,
                        Scope::Custom => field.custom,
                    };
                    if wanted {
                        let path = super::ast::Path { parts: vec![field.name.clone()], at: *at };
                        let column = self.source.column(&path)?;
                        columns.push(self.info(&column));
                        shape.add(&column, 0)?;
                    }
                }
                Ok(())
            }
            Selected::Children(query, at) => {
                let kind = self.org.object(self.source.object);
                let name = &query.from.parts[query.from.parts.len() - 1];
                let child = kind.child(name);
                let bound = child.and_then(|child| {
                    let object = self.org.schema.find(&child.object)?;
                    Some((child.relationship.clone(), object, self.org.object(object).field(&child.field)?))
                });
                let (relationship, object, field) = bound.ok_or_else(|| {
                    let message = format!(
                        "Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to \
                         use a custom relationship, be sure to append the '__r' after the custom relationship name. \
                         Please reference your WSDL or the describe call for the appropriate names."
                    );
                    SoqlError::at("INVALID_TYPE", message, *at)
                })?;
                let plan = Plan::bind(self.org, object, query, self.all, self.base)?;
                shape.add_children(relationship, field, plan)
            }
            Selected::Function(function, _) => Err(SoqlError::malformed("unexpected aggregate", function.at)),
        }
    }

    fn info(&self, column: &Column) -> ColumnInfo {
        let field = column.field(self.org);
        ColumnInfo {
            name: column.full_name(),
            aggregate: false,
            kind: column.kind,
            label: field.map_or_else(|| column.name.clone(), |field| field.label.clone()),
            custom: field.is_some_and(|field| field.custom),
        }
    }

    fn print_groups(&self, places: Vec<Place>) -> Result<(Vec<Value>, Vec<ColumnInfo>), SoqlError> {
        let org = self.org;
        let keys: Vec<Column> =
            self.query.group_by.iter().map(|path| self.source.column(path)).collect::<Result<_, _>>()?;
        for (column, path) in keys.iter().zip(&self.query.group_by) {
            if column.field(org).is_some_and(|field| !field.groupable()) {
                let message = format!("field '{}' can not be grouped in a query call", column.name);
                return Err(SoqlError::at("MALFORMED_QUERY", message, path.at));
            }
        }
        let mut outputs: Vec<(String, Subject)> = Vec::new();
        let mut columns = Vec::new();
        let mut unnamed = 0;
        for item in &self.query.select {
            match item {
                Selected::Field(path, alias) => {
                    let column = self.source.column(path)?;
                    if !keys.contains(&column) {
                        let message = format!("Field must be grouped or aggregated: {}", column.full_name());
                        return Err(SoqlError::at("MALFORMED_QUERY", message, path.at));
                    }
                    columns.push(self.info(&column));
                    outputs.push((alias.clone().unwrap_or_else(|| column.name.clone()), Subject::Column(column)));
                }
                Selected::Function(function, alias) => {
                    let subject = Subject::bind(self.source, &Operand::Function(function.clone()), true)?;
                    check_aggregate(org, function.kind, &subject, function.at)?;
                    let name = alias.clone().unwrap_or_else(|| {
                        unnamed += 1;
                        format!("expr{}", unnamed - 1)
                    });
                    let info = ColumnInfo {
                        name: name.clone(),
                        aggregate: true,
                        kind: subject.kind(),
                        label: name.clone(),
                        custom: false,
                    };
                    columns.push(info);
                    outputs.push((name, subject));
                }
                Selected::Fields(_, at) | Selected::Children(_, at) => {
                    return Err(SoqlError::malformed("not allowed in a query with aggregates", *at));
                }
            }
        }
        let mut groups = group(org, &keys, places);
        if let Some(having) = &self.query.having {
            let having = Predicate::bind(self.source, having, true, self.all)?;
            groups.retain(|rows| having.matches(org, rows));
        }
        self.sort(&mut groups, Clone::clone);
        let records = self.cut(groups).into_iter().map(|rows| {
            let mut record = Map::new();
            record.insert("attributes".into(), json!({"type": "AggregateResult"}));
            for (name, subject) in &outputs {
                let value = match subject {
                    Subject::Column(column) => {
                        rows.first().map_or(Value::Null, |place| column.value(org, *place).into_owned())
                    }
                    Subject::Aggregate(kind, column) => aggregate(org, *kind, column.as_ref(), &rows),
                };
                record.insert(name.clone(), value);
            }
            Value::Object(record)
        });
        Ok((records.collect(), columns))
    }
}

/// ORDER BY may use the alias of an aggregate.
fn alias_of(query: &Query, operand: &Operand) -> Option<Operand> {
    let Operand::Field(path) = operand else { return None };
    let [name] = path.parts.as_slice() else { return None };
    query.select.iter().find_map(|item| match item {
        Selected::Function(function, Some(alias)) if alias.eq_ignore_ascii_case(name) => {
            Some(Operand::Function(function.clone()))
        }
        Selected::Field(path, Some(alias)) if alias.eq_ignore_ascii_case(name) => Some(Operand::Field(path.clone())),
        _ => None,
    })
}

/// The rows that a condition can possibly match, in order, found by an index. `None`: look at all.
fn candidates(org: &Org, object: TypeId, predicate: &Predicate) -> Option<Vec<usize>> {
    match predicate {
        Predicate::All(list) => list.iter().filter_map(|part| candidates(org, object, part)).min_by_key(Vec::len),
        Predicate::Any(list) => {
            let parts: Option<Vec<Vec<usize>>> = list.iter().map(|part| candidates(org, object, part)).collect();
            Some(sorted(parts?.into_iter().flatten()))
        }
        Predicate::Test(Subject::Column(column), test) => {
            let field = column.own_field()?;
            let keys: Vec<&Key> = match test {
                Test::Compare(Comparison::Equal, key) => vec![key],
                Test::In(keys, false, false) => keys.iter().collect(),
                _ => return None,
            };
            let texts =
                keys.iter().filter_map(|key| if let Key::Text(text) = key { Some(text.as_str()) } else { None });
            let table = org.table(object);
            let definition = &org.object(object).fields[field];
            if column.kind == FieldType::Id {
                let ids = texts.filter_map(crate::sandbox::ids::RecordId::parse);
                return Some(sorted(ids.filter_map(|id| table.position(id))));
            }
            let usable = definition.is_indexed() && !column.kind.is_number();
            usable.then(|| sorted(texts.flat_map(|text| table.lookup(field, text).iter().copied())))
        }
        Predicate::Test(..) | Predicate::Not(_) => None,
    }
}

fn sorted(rows: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut rows: Vec<usize> = rows.collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Sorts as ORDER BY says: nulls first unless told otherwise, whatever the direction.
#[derive(PartialEq, Eq)]
struct SortKey(Vec<(Option<Key>, bool, bool)>);

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        for ((left, descending, nulls_last), (right, ..)) in self.0.iter().zip(&other.0) {
            let order = match (left, right) {
                (Some(left), Some(right)) if *descending => compare_keys(right, left),
                (Some(left), Some(right)) => compare_keys(left, right),
                (left, right) if *nulls_last => right.is_some().cmp(&left.is_some()),
                (left, right) => left.is_some().cmp(&right.is_some()),
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
