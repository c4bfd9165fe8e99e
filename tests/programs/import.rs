//! `rolodeck import`.

use serde_json::json;

use super::{name, place};

const PEOPLE: &str = "First Name,Last Name,E-mail,Mobile,Company,Notes\r\n\
    Ana,Berg,ana@x.test,+47 900 00 001,\"Berg, Ås & Co\",\"two\r\nlines\"\r\n\
    Bo,Lee,not-an-email,+47 900 00 002,Lee,\r\n\
    Cy,Dahl,CY@X.test,+47 900 00 003,Dahl,\r\n\
    ,,,,Nobody,\r\n";

#[test]
fn a_bad_row_is_named_and_the_rest_is_imported() {
    let place = place();
    let file = place.write("people.csv", PEOPLE);
    let (code, stdout, stderr) = place.run(&["import", name(&file)]);
    assert_eq!(code, 3, "{stdout}{stderr}");
    assert!(stdout.contains("4 rows: 2 created, 0 updated, 0 unchanged, 1 skipped, 1 rejected"), "{stdout}");
    assert!(stdout.contains("line 4: rejected: E-mail: "), "{stdout}");
    let rejects = std::fs::read_to_string(place.path("people.rejected.csv")).unwrap();
    assert!(rejects.contains("not-an-email") && rejects.contains("rejected_reason"), "{rejects}");

    // Corrected, the rejects file is a file to import.
    let corrected = place.write("again.csv", rejects.replace("not-an-email", "bo@x.test"));
    let (_, report) = place.json(&["import", name(&corrected)]);
    assert_eq!((&report["created"], &report["rejected"]), (&json!(1), &json!(0)), "{report:#}");
}

#[test]
fn twice_is_once_and_a_dry_run_is_nothing() {
    let place = place();
    let file = place.write("people.csv", PEOPLE);
    let (_, dry) = place.json(&["import", name(&file), "--dry-run"]);
    assert_eq!((&dry["created"], &dry["rejected"]), (&json!(2), &json!(1)));
    assert!(!place.path("people.rejected.csv").exists());
    let (_, first) = place.json(&["import", name(&file)]);
    assert_eq!(first["created"], 2);
    let (_, second) = place.json(&["import", name(&file)]);
    assert_eq!((&second["created"], &second["updated"], &second["unchanged"]), (&json!(0), &json!(0), &json!(2)));
    let (_, dry) = place.json(&["import", name(&file), "--dry-run"]);
    assert_eq!((&dry["created"], &dry["unchanged"]), (&json!(0), &json!(2)));
    // An import is no activity: nothing waits for Salesforce unless asked for.
    assert_eq!(place.json(&["queue", "list"]).1, json!([]));
}

#[test]
fn people_who_share_a_phone_stay_people() {
    let place = place();
    let file = place.write("office.csv", "email,mobile\na@x.test,+4790000001\nb@x.test,+4790000001\n");
    assert_eq!(place.json(&["import", name(&file)]).1["created"], 2);
    assert_eq!(place.json(&["import", name(&file)]).1["unchanged"], 2);
}

#[test]
fn files_that_are_none_are_refused_with_a_reason() {
    let place = place();
    let cases: [(&str, &[u8], &str); 4] = [
        ("empty.csv", b"", "empty"),
        ("noid.csv", b"name,city\nAna,Oslo\n", "no column holds an email"),
        ("book.xlsx", b"PK\x03\x04\x14\x00\x06\x00", "workbook"),
        ("quote.csv", b"email,\"name\nana@x.test,Ana\n", "header"),
    ];
    for (file, bytes, word) in cases {
        let path = place.write(file, bytes);
        let (code, stdout, stderr) = place.run(&["import", name(&path)]);
        assert_eq!(code, 2, "{file}: {stdout}{stderr}");
        assert!(stderr.to_lowercase().contains(word), "{file}: {stderr}");
    }
    let (code, _, stderr) = place.run(&["import", name(&place.path("missing.csv"))]);
    assert_eq!(code, 2);
    assert!(stderr.contains("no such file"), "{stderr}");
}
