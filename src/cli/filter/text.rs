//! Saved filters as text, to be sent to a colleague: TOML, one table a filter.

use serde::{Deserialize, Serialize};

use crate::filter::List;
use crate::store::{NewFilter, SavedFilter};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    filter: Vec<Item>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    name: String,
    list: String,
    query: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<u8>,
}

/// The text of some filters, in their order.
pub fn write(filters: &[SavedFilter]) -> String {
    let item = |filter: &SavedFilter| Item {
        name: filter.name.clone(),
        list: filter.list.clone(),
        query: filter.query.clone(),
        key: filter.pin,
    };
    toml::to_string(&File { filter: filters.iter().map(item).collect() }).unwrap_or_default()
}

/// Reads such a text; the error is in words, with its line.
pub fn read(text: &str) -> Result<Vec<NewFilter>, String> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        format!("line {line}: {}", error.message())
    })?;
    let item = |item: Item| {
        let list = List::parse(&item.list)
            .ok_or_else(|| format!("{}: `{}` is no list: contacts, activities", item.name, item.list))?;
        let pin = item.key.filter(|key| (1..=9).contains(key));
        Ok(NewFilter { name: item.name, list, query: item.query, pin })
    };
    file.filter.into_iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let filters =
            [("Hot \"leads\"\n", "contacts", "status:qualified \"a b\"", Some(1)), ("李", "activities", "", None)].map(
                |(name, list, query, pin)| SavedFilter {
                    id: 1,
                    name: name.into(),
                    list: list.into(),
                    query: query.into(),
                    position: 1,
                    pin,
                },
            );
        let read = read(&write(&filters)).unwrap();
        let plain: Vec<_> =
            read.iter().map(|it| (it.name.as_str(), it.list.key(), it.query.as_str(), it.pin)).collect();
        let expected: Vec<_> =
            filters.iter().map(|it| (it.name.as_str(), it.list.as_str(), it.query.as_str(), it.pin)).collect();
        assert_eq!(plain, expected);
        assert!(super::read("").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        assert!(read("[[filter]]\nname = 1\n").unwrap_err().starts_with("line 2: "));
        let error = read("[[filter]]\nname = \"a\"\nlist = \"people\"\nquery = \"\"\n").unwrap_err();
        assert_eq!(error, "a: `people` is no list: contacts, activities");
    }
}
