//! `@{ref.path}`: what a subrequest takes from the answers before it.

use std::collections::HashMap;

use serde_json::Value;

/// The bodies of the subrequests so far, by reference id. `None`: that subrequest failed.
pub type Answers = HashMap<String, Option<Value>>;

/// Replaces every reference in a text.
pub fn in_text(text: &str, answers: &Answers) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("@{") {
        let Some(end) = rest[start..].find('}') else { break };
        out.push_str(&rest[..start]);
        match resolve(&rest[start + 2..start + end], answers)? {
            Value::String(text) => out.push_str(&text),
            other => out.push_str(&other.to_string()),
        }
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Replaces every reference in a body. A string that is nothing but a reference takes the type of what it names.
pub fn in_value(value: &Value, answers: &Answers) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match text.strip_prefix("@{").and_then(|rest| rest.strip_suffix('}')) {
            Some(path) if !path.contains('}') => resolve(path, answers)?,
            _ => Value::String(in_text(text, answers)?),
        },
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| in_value(item, answers)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => {
            let fields = map.iter().map(|(key, value)| Ok::<_, String>((key.clone(), in_value(value, answers)?)));
            Value::Object(fields.collect::<Result<_, _>>()?)
        }
        other => other.clone(),
    })
}

/// Follows `ref.records[0].Id`, minding case.
fn resolve(path: &str, answers: &Answers) -> Result<Value, String> {
    let (name, steps) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let missing = || format!("Invalid reference specified. No value for {path} found in {name}. ");
    let mut value = answers.get(name).and_then(Option::as_ref).ok_or_else(missing)?;
    for step in steps.split(['.', '[']).filter(|step| !step.is_empty()) {
        value = match step.strip_suffix(']') {
            Some(index) => index.parse::<usize>().ok().and_then(|index| value.get(index)),
            None => value.get(step),
        }
        .ok_or_else(missing)?;
    }
    Ok(value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_in_texts_and_bodies() {
        let answers = Answers::from([
            ("person".to_owned(), Some(json!({"id": "003A", "n": 5}))),
            ("list".to_owned(), Some(json!([{"id": "00QA"}]))),
            ("found".to_owned(), Some(json!({"records": [{"Id": "001A"}]}))),
            ("bad".to_owned(), None),
        ]);
        assert_eq!(in_text("/x/@{person.id}/@{list[0].id}", &answers).unwrap(), "/x/003A/00QA");
        assert_eq!(in_text("a @{ b", &answers).unwrap(), "a @{ b");
        let body = json!({"a": "@{found.records[0].Id}", "b": ["@{person.n}", "n=@{person.n}"]});
        assert_eq!(in_value(&body, &answers).unwrap(), json!({"a": "001A", "b": [5, "n=5"]}));
        for path in ["person.Id", "list[1].id", "bad.id", "nobody.id", "found.records[x].Id", ""] {
            let error = in_text(&format!("@{{{path}}}"), &answers).unwrap_err();
            assert!(error.contains(&format!("No value for {path} found")), "{error}");
        }
    }
}
