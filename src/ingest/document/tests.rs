use super::*;
use proptest::prelude::*;
use serde_json::json;

/// What was found, by its line.
type Found<T> = Vec<(u64, T)>;

/// Lines of documents, and lines with the reasons of what is none.
fn split(text: impl AsRef<[u8]>) -> (Found<Json>, Found<String>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for document in Documents::new(text.as_ref()) {
        match document {
            Ok(document) => good.push((document.line, document.json)),
            Err(DocumentError::Malformed { line, reason }) => bad.push((line, reason)),
            Err(error) => panic!("{error}"),
        }
    }
    (good, bad)
}

fn numbered(items: &[(u64, i64)]) -> Vec<(u64, Json)> {
    items.iter().map(|(line, n)| (*line, json!({ "n": n }))).collect()
}

#[test]
fn every_form_of_file_is_split() {
    for (text, documents) in [
        ("{\"n\":1}", &[(1, 1)][..]),
        ("\u{feff}{\"n\":1}\r\n\r\n{\"n\":2}\r\n", &[(1, 1), (3, 2)]),
        ("{\"n\":1}{\"n\":2} {\"n\":3}", &[(1, 1), (1, 2), (1, 3)]),
        ("[{\"n\":1},{\"n\":2}]", &[(1, 1), (1, 2)]),
        ("[\n  {\n    \"n\": 1\n  },\n  {\"n\": 2}\n]\n", &[(2, 1), (5, 2)]),
        ("[{\"n\":1}]\n[{\"n\":2}]\n", &[(1, 1), (2, 2)]),
        ("{\n  \"n\": 1\n}\n{\n  \"n\": 2\n}\n", &[(1, 1), (4, 2)]),
        (
            "{\"object\":\"list\",\"data\":[{\"n\":1},{\"n\":2}],\"has_more\":false}\n{\"n\":3}",
            &[(1, 1), (1, 2), (2, 3)],
        ),
        ("", &[]),
        (" \r\n\t", &[]),
        ("[]", &[]),
        ("{\"data\":[]}\n{\"data\":[]}\n{\"n\":1}", &[(3, 1)]),
    ] {
        assert_eq!(split(text), (numbered(documents), vec![]), "{text}");
    }
}

#[test]
fn an_event_keeps_its_data() {
    let event = json!({"object": "event", "data": {"id": "BKNG-1"}});
    assert_eq!(split(event.to_string()).0, [(1, event)]);
}

#[test]
fn the_text_of_a_document_is_kept_as_it_came() {
    let text = "{ \"b\": 1,  \"a\": \"}{\\\"\" }";
    let document = Documents::new(text.as_bytes()).next().unwrap().unwrap();
    assert_eq!(document.payload, text);
}

#[test]
fn a_malformed_piece_is_reported_and_the_rest_goes_on() {
    for (text, good, bad) in [
        ("{\"n\":1}\ngarbage\n{\"n\":2}", &[(1, 1), (3, 2)][..], &[2][..]),
        ("{\"n\":1}\n{\"n\":\n{\"n\":2}\n{\"n\":3}", &[(1, 1), (3, 2), (4, 3)], &[2]),
        ("{\"n\":\"open\n{\"n\":2}\n", &[(2, 2)], &[1]),
        ("{\"n\":1,}\n{\"n\":2}", &[(2, 2)], &[1]),
        ("}\n{\"n\":2}", &[(2, 2)], &[1]),
        ("it's \"odd\n{\"n\":2}", &[(2, 2)], &[1]),
        ("3\n\"text\"\n{\"n\":2}", &[(3, 2)], &[1, 2]),
        ("[{\"n\":1},{\"n\":x},{\"n\":3}]", &[(1, 1), (1, 3)], &[1]),
        ("[\n  {\"n\":1},\n  {\"n\":\n  {\"n\":3}\n]\n{\"n\":4}", &[(2, 1), (4, 3), (6, 4)], &[3]),
        ("[{\"n\":\n{\"n\":2},\n{\"n\":3}]", &[(2, 2), (3, 3)], &[1]),
        ("{\n  \"n\" 1,\n  \"x\": {\n  }\n}\n{\"n\":2}", &[(6, 2)], &[1]),
        ("[{\"n\":1},\n", &[(1, 1)], &[1]),
        ("{\"n\":1}\n{\"n\":", &[(1, 1)], &[2]),
    ] {
        let (documents, reasons) = split(text);
        assert_eq!(documents, numbered(good), "{text}");
        assert_eq!(reasons.iter().map(|(line, _)| *line).collect::<Vec<_>>(), bad, "{text}");
    }
}

#[test]
fn bytes_that_are_no_text_spoil_only_their_line() {
    let (good, bad) = split(b"{\"n\":1}\n{\"n\":\"\xff\"}\n{\"n\":3}\n");
    assert_eq!(good, numbered(&[(1, 1), (3, 3)]));
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0].0, 2);
}

#[test]
fn a_document_beyond_all_measure_is_refused_and_the_next_one_read() {
    let long = format!("{{\"n\":\"{}\"}}\n{{\"n\":2}}\n", "a".repeat(MAX_DOCUMENT));
    let (good, bad) = split(long);
    assert_eq!(good, numbered(&[(2, 2)]));
    assert_eq!(bad, [(1, "longer than 16 MiB".to_owned())]);
}

#[test]
fn a_reader_that_fails_ends_the_file_once() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::Other.into())
        }
    }
    let mut documents = Documents::new(Broken);
    assert!(matches!(documents.next(), Some(Err(DocumentError::Read { line: 1, .. }))));
    assert!(documents.next().is_none());
}

proptest! {
    #[test]
    fn any_bytes_are_split_without_panic(bytes in any::<Vec<u8>>()) {
        let _ = split(bytes);
    }

    #[test]
    fn anything_like_json_is_split_without_panic(text in "[\\[\\]{}\",:a1 \\\\\n]{0,60}") {
        let _ = split(text);
    }

    #[test]
    fn broken_lines_never_cost_the_others(lines in prop::collection::vec(prop_oneof![
        Just(None),
        "\\{\"[a-z]{0,3}|[a-z]{1,5}|\\}|\\{\"n\":[,}]".prop_map(Some),
    ], 0..12)) {
        let text: Vec<String> =
            lines.iter().map(|line| line.clone().unwrap_or_else(|| "{\"n\":7}".to_owned())).collect();
        let (good, _) = split(text.join("\n"));
        let expected = lines.iter().enumerate().filter(|(_, line)| line.is_none()).map(|(at, _)| (at as u64 + 1, 7));
        prop_assert_eq!(good, numbered(&expected.collect::<Vec<_>>()));
    }
}
