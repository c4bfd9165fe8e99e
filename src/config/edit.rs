//! Changes of the file that leave everything else as it is: comments, order, blank lines.

use std::path::Path;

use toml_edit::{ArrayOfTables, Decor, DocumentMut, Item, Key, RawString, Table, value};

use super::{ConfigError, FieldType, Operation, Profile, Target, When, Wins, WriteRule};

/// Why a change of the file was not made. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file cannot be read, or says something wrong already.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file is not TOML.
    #[error("{0}")]
    Syntax(String),
    /// There is no such profile or rule any more: somebody else has changed the file.
    #[error("the file has changed: there is no {0}")]
    Gone(String),
    /// The file cannot be written.
    #[error("{0}")]
    Write(#[from] std::io::Error),
}

/// A change of the write rules of one profile, by its name and the rules' places from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleChange {
    /// One more, at the end. A profile of that name that does not exist is made, with the defaults of the base.
    Add(WriteRule),
    /// Another in its place.
    Replace(usize, WriteRule),
    /// One less.
    Remove(usize),
}

/// The text of a configuration with one profile's rules changed. `new`: how to begin a profile that is not there yet.
pub fn change_rule(text: &str, profile: &str, change: &RuleChange, new: &Profile) -> Result<String, EditError> {
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| EditError::Syntax(error.message().to_owned()))?;
    let sync = document.entry("sync").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let sync = sync.as_table_mut().ok_or_else(|| EditError::Gone("table [sync]".to_owned()))?;
    let profiles = sync.entry("profile").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let profiles = profiles.as_array_of_tables_mut().ok_or_else(|| EditError::Gone("[[sync.profile]]".to_owned()))?;
    let known = profiles.iter().position(|table| table.get("name").and_then(Item::as_str) == Some(profile));
    let at = match (known, change) {
        (Some(at), _) => at,
        (None, RuleChange::Add(_)) => {
            profiles.push(begin_profile(profile, new));
            profiles.len() - 1
        }
        (None, _) => return Err(EditError::Gone(format!("profile `{profile}`"))),
    };
    let gone = || EditError::Gone(format!("rule of profile `{profile}` at that place"));
    let table = profiles.get_mut(at).ok_or_else(gone)?;
    let rules = table.entry("write").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    // Rules may also stand in one line: write = [{ … }].
    if let Some(inline) = rules.as_array().cloned() {
        *rules = Item::ArrayOfTables(
            inline.iter().filter_map(|rule| Some(rule.as_inline_table()?.clone().into_table())).collect(),
        );
    }
    let rules = rules.as_array_of_tables_mut().ok_or_else(gone)?;
    match change {
        RuleChange::Add(rule) => {
            let mut table = Table::new();
            write(&mut table, rule);
            table.decor_mut().set_prefix("\n");
            rules.push(table);
        }
        RuleChange::Replace(place, rule) => write(rules.get_mut(*place).ok_or_else(gone)?, rule),
        RuleChange::Remove(place) => {
            if *place >= rules.len() {
                return Err(gone());
            }
            rules.remove(*place);
        }
    }
    Ok(document.to_string())
}

/// Makes the change in the file, whole or not at all. The result is checked before it is written: a file that was right
/// stays right.
pub fn change_rule_in(path: &Path, profile: &str, change: &RuleChange, new: &Profile) -> Result<(), EditError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let text = change_rule(&text, profile, change, new)?;
    let (_, problems) = super::read(&text);
    if problems.iter().any(super::Problem::is_error) {
        return Err(ConfigError::Invalid { path: path.to_owned(), problems }.into());
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    // Through a link to where the file lies: people keep their configuration elsewhere and link it.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().unwrap_or(directory);
    let mut file = tempfile::Builder::new().prefix(".config").tempfile_in(folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    if let Ok(about) = std::fs::metadata(&target) {
        file.as_file().set_permissions(about.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

fn begin_profile(name: &str, new: &Profile) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table.insert("name", value(name));
    if !new.when.is_empty() {
        table.insert("when", value(&new.when));
    }
    table.insert("base", value(word(&new.base)));
    table
}

/// What is not said follows its default, and a key that says a default is left out unless it stands there already.
fn write(table: &mut Table, rule: &WriteRule) {
    // What is new is indented as what stands above it.
    let above = table.iter().last().map(|(key, _)| key.to_owned()).and_then(|key| table.key(&key).cloned());
    let indent =
        above.as_ref().and_then(|key| key.leaf_decor().prefix()).and_then(RawString::as_str).unwrap_or_default();
    let indent = indent.rsplit('\n').next().filter(|line| line.trim().is_empty()).unwrap_or_default().to_owned();
    let mut set = |key: &str, text: &str, default: Option<&str>| {
        if default == Some(text) && !table.contains_key(key) {
            return;
        }
        if table.get(key).and_then(Item::as_str) == Some(text) {
            return;
        }
        // In its place: the comment behind it and the spaces before its key are the user's.
        if let Some(old) = table.get_mut(key).and_then(Item::as_value_mut) {
            let decor = old.decor().clone();
            *old = text.into();
            *old.decor_mut() = decor;
            return;
        }
        let key = Key::new(key).with_leaf_decor(Decor::new(&indent, " "));
        table.insert_formatted(&key, value(text));
    };
    set("object", &word::<Target>(&rule.object), None);
    set("on", &word::<Operation>(&rule.on), None);
    set("field", &rule.field, None);
    set("value", &rule.value, None);
    set("when", &word::<When>(&rule.when), Some("always"));
    set("type", &word::<FieldType>(&rule.field_type), Some("auto"));
    set("fallback", &rule.fallback, Some(""));
    set("wins", &word(&rule.wins), Some(&word(&Wins::default())));
}

/// The word of the file for a value.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Base, Config, read};

    const FILE: &str = "# my file\n[user]\nemail = \"ana@seller.test\" # me\n\n[[sync.profile]]\n# the demos\nname = \"demo\"\n\
        when = \"event_type:demo\"\n\n  [[sync.profile.write]]\n  object = \"event\" # the meeting\n  on = \"create\"\n  \
        field = \"Product__c\"\n  value = \"{product}\" # what they want\n\n[ui]\n# last\ntheme = \"default\"\n";

    fn rule(field: &str, value: &str) -> WriteRule {
        WriteRule {
            object: Target::Lead,
            on: Operation::Update,
            field: field.into(),
            value: value.into(),
            when: When::Empty,
            field_type: FieldType::Auto,
            fallback: String::new(),
            wins: Wins::default(),
        }
    }

    fn changed(text: &str, profile: &str, change: &RuleChange) -> String {
        change_rule(text, profile, change, &Profile::defaults(Base::Oncehub)).unwrap()
    }

    fn rules(text: &str) -> Vec<Vec<WriteRule>> {
        let (config, problems) = read(text);
        assert!(problems.is_empty(), "{problems:?}\n{text}");
        let config: Config = config.unwrap();
        config.sync.profiles.into_iter().map(|profile| profile.write).collect()
    }

    #[test]
    fn a_rule_is_added_and_nothing_else_changes() {
        let text = changed(FILE, "demo", &RuleChange::Add(rule("Rating", "{contact.status}")));
        assert_eq!(rules(&text)[0][1], rule("Rating", "{contact.status}"));
        let added: Vec<&str> = text.lines().filter(|line| !FILE.lines().any(|old| old == *line)).collect();
        assert_eq!(
            added,
            [
                "[[sync.profile.write]]",
                "object = \"lead\"",
                "on = \"update\"",
                "field = \"Rating\"",
                "value = \"{contact.status}\"",
                "when = \"empty\""
            ]
        );
        let mut at = 0;
        for line in FILE.lines() {
            at += text[at..].find(line).unwrap_or_else(|| panic!("`{line}` is gone or moved:\n{text}"));
        }
    }

    #[test]
    fn a_rule_is_replaced_in_its_place_and_keeps_its_comments() {
        let new = WriteRule {
            object: Target::Event,
            on: Operation::Create,
            when: When::Always,
            ..rule("Product__c", "{other}")
        };
        let text = changed(FILE, "demo", &RuleChange::Replace(0, new.clone()));
        assert_eq!(rules(&text), [[new]]);
        assert_eq!(text, FILE.replace("{product}", "{other}"));
    }

    #[test]
    fn what_is_new_in_a_rule_is_indented_as_the_rest_of_it() {
        let new = WriteRule { object: Target::Event, on: Operation::Create, ..rule("Product__c", "{product}") };
        let text = changed(FILE, "demo", &RuleChange::Replace(0, new.clone()));
        assert_eq!(rules(&text), [[new]]);
        let line = "  value = \"{product}\" # what they want\n";
        assert_eq!(text, FILE.replace(line, &format!("{line}  when = \"empty\"\n")));
    }

    #[test]
    fn a_rule_is_removed() {
        let text = changed(FILE, "demo", &RuleChange::Remove(0));
        assert_eq!(rules(&text), [Vec::new()]);
        assert!(text.contains("# my file") && text.contains("# last"), "{text}");
    }

    #[test]
    fn a_profile_that_is_not_there_is_made() {
        let text = changed("", "leads", &RuleChange::Add(rule("Rating", "Hot")));
        assert_eq!(rules(&text), [[rule("Rating", "Hot")]]);
        assert!(text.contains("base = \"oncehub\"") && !text.contains("[sync]\n"), "{text}");
        let text = changed(&text, "leads", &RuleChange::Add(rule("Title", "x")));
        assert_eq!(rules(&text)[0].len(), 2);
    }

    #[test]
    fn rules_in_one_line_are_changed_too() {
        let text = "[[sync.profile]]\nname = \"demo\"\nwrite = [{ object = \"lead\", on = \"update\", field = \"Title\", value = \"x\" }]\n";
        let text = changed(text, "demo", &RuleChange::Add(rule("Rating", "Hot")));
        assert_eq!(rules(&text)[0].len(), 2, "{text}");
    }

    #[test]
    fn what_has_gone_meanwhile_is_said() {
        let new = Profile::defaults(Base::Calcom);
        for (profile, change) in [
            ("other", RuleChange::Remove(0)),
            ("demo", RuleChange::Remove(1)),
            ("demo", RuleChange::Replace(7, rule("X", "y"))),
        ] {
            assert!(matches!(change_rule(FILE, profile, &change, &new), Err(EditError::Gone(_))));
        }
        assert!(matches!(change_rule("[", "demo", &RuleChange::Remove(0), &new), Err(EditError::Syntax(_))));
    }

    #[test]
    fn a_file_that_would_be_wrong_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, FILE).unwrap();
        let new = Profile::defaults(Base::Calcom);
        let wrong = RuleChange::Add(rule("not a field!", "x"));
        assert!(matches!(change_rule_in(&path, "demo", &wrong, &new), Err(EditError::Config(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), FILE);
        change_rule_in(&path, "demo", &RuleChange::Remove(0), &new).unwrap();
        assert_eq!(rules(&std::fs::read_to_string(&path).unwrap()), [Vec::new()]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
