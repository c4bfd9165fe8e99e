//! From text to a configuration, with all that is wrong and where.

use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem, line_around};
use super::secret::is_secret_name;
use super::suggest::nearest;
use super::{Base, Config, FieldType, Hook, Operation, Profile, Target, When, WriteRule, check};

/// So many problems are told at once. Each is looked for in the file, so that a file of nothing but errors would take
/// the longer the longer it is, squared; and nobody mends more in one go.
const MOST: usize = 100;

/// Reads a configuration. It is there unless the syntax or a value is wrong; the problems stand in the file's order.
pub fn read(text: &str) -> (Option<Config>, Vec<Problem>) {
    read_with(text, &|_| Vec::new())
}

/// The same, with the problems that rooms above this one find in it.
pub fn read_with(text: &str, more: &dyn Fn(&Config) -> Vec<Problem>) -> (Option<Config>, Vec<Problem>) {
    let (tree, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return (None, syntax_problems(text, &errors));
    }
    let mut index = Vec::new();
    index_table(tree.get_ref(), "", &mut index);
    let mut problems = Vec::new();
    let mut tree = tree;
    drop_unknown(tree.get_mut(), &SHAPE, "", text, &mut problems);
    let config = match Config::deserialize(toml::Deserializer::from(tree)) {
        Ok(config) => {
            let mut found: Vec<Problem> = check(&config).into_iter().chain(more(&config)).collect();
            // What rolodeck does not start with is among those that are told.
            found.sort_by_key(|problem| !problem.is_error());
            found.truncate(MOST);
            problems.extend(found.into_iter().map(|problem| locate(problem, &index, text)));
            Some(config)
        }
        Err(error) => {
            problems.push(value_problem(text, &error, &index));
            None
        }
    };
    sort(&mut problems);
    (config, problems)
}

/// In the order of the file; what has no place in it comes last.
fn sort(problems: &mut [Problem]) {
    problems.sort_by_key(|problem| problem.place.as_ref().map_or((usize::MAX, 0), |place| (place.line, place.column)));
}

/// Tables whose keys another room knows.
const OPEN: [&str; 2] = ["keys", "theme"];

/// Every key that there is: the defaults with one profile and one rule, written out.
static SHAPE: LazyLock<toml::Table> = LazyLock::new(|| {
    let rule = WriteRule {
        object: Target::Event,
        on: Operation::Create,
        field: String::new(),
        value: String::new(),
        when: When::default(),
        field_type: FieldType::default(),
        fallback: String::new(),
        wins: super::Wins::default(),
    };
    let mut config = Config::default();
    config.sync.profiles = vec![Profile { write: vec![rule], ..Profile::defaults(Base::default()) }];
    config.hooks = vec![Hook::default()];
    toml::Table::try_from(config).unwrap_or_default()
});

fn syntax_problems(text: &str, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut lines: Vec<Range<usize>> = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let at = span.start.min(text.len());
        // The parser goes on after an error and stumbles over its remains: the first of a line is the one to mend.
        if lines.iter().any(|line| line.start <= at && at <= line.end) {
            continue;
        }
        if problems.len() == MOST {
            break;
        }
        lines.push(line_around(text, at));
        let place = Place::in_text(text, &span);
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        let message = message.strip_suffix(", expected literal string").unwrap_or(&message);
        problems.push(Problem::error("", message).at(place));
    }
    sort(&mut problems);
    problems
}

/// A key of the file.
struct Entry {
    path: String,
    /// The key itself; the whole item, for an item of a list.
    key: Range<usize>,
    value: Range<usize>,
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn index_table(table: &DeTable<'_>, path: &str, index: &mut Vec<Entry>) {
    for (key, value) in table {
        let path = join(path, key.get_ref());
        index.push(Entry { path: path.clone(), key: key.span(), value: value.span() });
        index_value(value.get_ref(), &path, index);
    }
}

fn index_value(value: &DeValue<'_>, path: &str, index: &mut Vec<Entry>) {
    match value {
        DeValue::Table(table) => index_table(table, path, index),
        DeValue::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                let path = format!("{path}[{i}]");
                index.push(Entry { path: path.clone(), key: item.span(), value: item.span() });
                index_value(item.get_ref(), &path, index);
            }
        }
        _ => {}
    }
}

/// Takes the keys that are not known, or have a table where a value belongs, out of the tree and reports them, so that
/// the rest can be read all the same.
fn drop_unknown(table: &mut DeTable<'_>, shape: &toml::Table, path: &str, text: &str, problems: &mut Vec<Problem>) {
    for (key, mut value) in std::mem::take(table) {
        if problems.len() >= MOST && !shape.contains_key(key.get_ref().as_ref()) {
            continue;
        }
        let path = join(path, key.get_ref());
        match misfit(key.get_ref(), value.get_mut(), shape, &path, text, problems) {
            Some(problem) => problems.push(problem.at(Place::in_text(text, &key.span()))),
            None => {
                table.insert(key, value);
            }
        }
    }
}

fn misfit(
    name: &str,
    value: &mut DeValue<'_>,
    shape: &toml::Table,
    path: &str,
    text: &str,
    problems: &mut Vec<Problem>,
) -> Option<Problem> {
    let Some(known) = shape.get(name) else {
        let problem = Problem::error(path, format!("unknown key `{name}`"));
        return Some(problem.hint(unknown_hint(name, shape, path)));
    };
    let inner = match known {
        toml::Value::Table(_) if OPEN.contains(&path) && matches!(value, DeValue::Table(_)) => return None,
        toml::Value::Table(inner) => inner,
        toml::Value::Array(items) => items.first()?.as_table()?, // a list of values: serde looks into it
        _ => return None,
    };
    match (known, value) {
        (toml::Value::Table(_), DeValue::Table(table)) => drop_unknown(table, inner, path, text, problems),
        (toml::Value::Array(_), DeValue::Array(tables)) => {
            for (i, item) in tables.iter_mut().enumerate() {
                if let DeValue::Table(table) = item.get_mut() {
                    drop_unknown(table, inner, &format!("{path}[{i}]"), text, problems);
                }
            }
        }
        (toml::Value::Table(_), _) => {
            let problem = Problem::error(path, format!("`{name}` is a table of keys"));
            return Some(problem.hint(format!("write [{path}], once, and its keys below it")));
        }
        _ => {
            let problem = Problem::error(path, format!("`{name}` is a list of tables"));
            return Some(problem.hint(format!("write [[{}]] with double brackets", without_numbers(path))));
        }
    }
    None
}

fn unknown_hint(name: &str, shape: &toml::Table, path: &str) -> String {
    if is_secret_name(name) && !shape.contains_key("secret_env") {
        return "secrets never stand in this file; `rolodeck config example` says how each is given".into();
    }
    if let Some(meant) = nearest(name, shape.keys().map(String::as_str)) {
        return format!("did you mean `{meant}`?");
    }
    let mut homes = Vec::new();
    find_homes(name, &SHAPE, "", &mut homes);
    let table = without_numbers(path.rsplit_once('.').map_or("", |(table, _)| table));
    match (homes.as_slice(), shape.is_empty()) {
        ([home], _) => format!("`{name}` belongs in {home}"),
        (_, true) => format!("[{table}] has no keys yet: take it out"),
        _ => format!("known here: {}", shape.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
    }
}

/// The tables that have a key of this name.
fn find_homes(name: &str, shape: &toml::Table, path: &str, homes: &mut Vec<String>) {
    for (key, value) in shape {
        let path_here = join(path, key);
        if key == name && !path.is_empty() {
            homes.push(format!("[{path}]"));
        }
        match value {
            toml::Value::Table(inner) => find_homes(name, inner, &path_here, homes),
            toml::Value::Array(items) => {
                if let Some(toml::Value::Table(inner)) = items.first() {
                    find_homes(name, inner, &path_here, homes);
                }
            }
            _ => {}
        }
    }
}

fn without_numbers(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .filter(|c| {
            inside = (inside || *c == '[') && *c != ']';
            !inside && *c != ']'
        })
        .collect()
}

/// A value that does not fit its key.
fn value_problem(text: &str, error: &toml::de::Error, index: &[Entry]) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let innermost = index
        .iter()
        .rev() // of two with the same span the inner one
        .filter(|entry| entry.value.start <= span.start && span.end <= entry.value.end)
        .min_by_key(|entry| entry.value.len());
    let path = innermost.map_or("", |entry| &entry.path);
    let place = Place::in_text(text, &span);
    if is_secret_name(path) || is_secret_name(&place.text) {
        return Problem::error(path, "the value has the wrong form").at(place);
    }
    let message = in_words(error.message());
    let mut quoted = message.split('`').skip(1).step_by(2);
    let hint = match quoted.next() {
        Some(written) if message.starts_with("unknown variant") => {
            nearest(written, quoted).map(|meant| format!("did you mean `{meant}`?"))
        }
        _ => None,
    };
    let problem = Problem::error(path, message.replace("unknown variant", "unknown value")).at(place);
    Problem { hint, ..problem }
}

/// serde's names of types, as people call them.
fn in_words(message: &str) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("u64", "a whole number, 0 or more"),
        ("u32", "a whole number, 0 or more"),
        ("a boolean", "true or false"),
        ("a string", "a text in quotes"),
        ("a sequence", "a list in brackets"),
        ("missing field", "missing key"),
    ];
    let mut message = message.lines().collect::<Vec<_>>().join("; ");
    for (theirs, ours) in WORDS {
        message = message.replace(theirs, ours);
    }
    message
}

/// Gives a problem of a key its place: the value's, or where the nearest table around it stands.
fn locate(problem: Problem, index: &[Entry], text: &str) -> Problem {
    let mut path = problem.key.as_str();
    while !path.is_empty() {
        if let Some(entry) = index.iter().find(|entry| entry.path == path) {
            let span = if path == problem.key { &entry.value } else { &entry.key };
            let place = Place::in_text(text, span);
            return problem.at(place);
        }
        path = path.rfind(['.', '[']).map_or("", |cut| &path[..cut]);
    }
    problem
}
