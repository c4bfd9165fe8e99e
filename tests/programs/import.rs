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

/// Twenty wrong files, each with what is said of it: the exit status, and words of the message or of the report.
#[test]
fn wrong_files_are_told_what_is_wrong_with_them() {
    let utf16: Vec<u8> = "email,name\nana@x.test,Ana\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cut = [&b"\xFF\xFE"[..], &utf16, b"x"].concat();
    let long = format!("email,company\nana@x.test,{}\nbo@x.test,Lee\n", "x".repeat(2 << 20));
    let cases: [(&str, &[u8], i32, &str); 23] = [
        // Files that are none.
        ("empty.csv", b"", 2, "the file is empty"),
        ("blank.csv", b"\n\n\r\n", 2, "the file is empty"),
        ("book.xlsx", b"PK\x03\x04\x14\x00\x06\x00", 2, "spreadsheet workbook"),
        ("old.xls", b"\xD0\xCF\x11\xE0\xA1\xB1", 2, "spreadsheet workbook"),
        ("utf16-without-mark.csv", &utf16, 2, "UTF-16 without its byte order mark"),
        ("binary.csv", b"email\x00\x01\x02", 2, "this is no text file"),
        // Headers.
        ("no-identifier.csv", b"name,city\nAna,Oslo\n", 2, "no column holds an email or a mobile phone"),
        ("no-header.csv", b"ana@x.test,Ana\nbo@x.test,Bo\n", 2, "no column holds an email"),
        ("open-quote-in-header.csv", b"email,\"name\nana@x.test,Ana\n", 2, "the header (line 1) cannot be read"),
        ("only-landlines.csv", b"name,telephone\nAna,555\n", 2, "map one with \"Header=email\""),
        // Rows; the rest of the file is imported.
        ("bad-email.csv", b"email\nana\nbo@x.test\n", 3, "line 2: rejected: email: `ana` is not an email address"),
        (
            "bad-mobile.csv",
            b"email,mobile\nana@x.test,ask\n",
            3,
            "line 2: rejected: mobile: `ask` is not a phone number",
        ),
        ("bad-consent.csv", b"email,has consent\nana@x.test,maybe\n", 3, "`maybe` is not yes or no"),
        (
            "too-few.csv",
            b"email,name\nana@x.test\nbo@x.test,Bo\n",
            3,
            "line 2: rejected: the row has 1 cells, the header 2",
        ),
        ("too-many.csv", b"email,name\nana@x.test,Berg, Ana\n", 3, "the row has 3 cells, the header 2"),
        ("open-quote.csv", b"email,name\nana@x.test,\"Ana\nbo@x.test,Bo\n", 3, "line 2: rejected: a quote is opened"),
        ("after-quote.csv", b"email,name\nana@x.test,\"Ana\" B\n", 3, "text follows a closing quote"),
        ("long.csv", long.as_bytes(), 3, "longer than 1 MiB"),
        ("nobody.csv", b"email,city\n,Oslo\n", 0, "line 2: skipped: the row has neither an email nor a mobile"),
        ("status.csv", b"email,status\nana@x.test,Hot\n", 0, "line 2: warning: status: "),
        (
            "size-in-words.csv",
            b"email,Employees\nana@x.test,11-50\n",
            0,
            "line 2: warning: Employees: `11-50` is not a whole number; kept as the company size",
        ),
        ("latin1.csv", b"email,name\nana@x.test,Zo\xEB\n", 0, "Windows-1252"),
        ("cut.csv", &cut, 3, "line 3: rejected: the row has 1 cells, the header 2"),
    ];
    for (file, bytes, status, words) in cases {
        let place = place();
        let path = place.write(file, bytes);
        let (code, stdout, stderr) = place.run(&["import", name(&path)]);
        assert_eq!(code, status, "{file}: {stdout}{stderr}");
        let told = if status == 2 { &stderr } else { &stdout };
        assert!(told.contains(words), "{file}: {told}");
        // Whatever is refused says what to do.
        assert!(status != 2 || stderr.contains("fix: "), "{file}: {stderr}");
    }
}

#[test]
fn what_is_no_file_is_told_too() {
    let place = place();
    let folder = place.path("folder");
    std::fs::create_dir(&folder).unwrap();
    for (file, words) in [(folder, "is a directory"), (place.path("missing.csv"), "no such file")] {
        let (code, _, stderr) = place.run(&["import", name(&file)]);
        assert_eq!(code, 2);
        assert!(stderr.contains(words) && stderr.contains("fix: name "), "{stderr}");
    }
    assert_eq!(place.run(&["import"]).0, 2);
}

#[test]
fn files_of_spreadsheets_are_read_as_they_were_meant() {
    let text = "E-mail;Vorname;Firma\r\nana@x.test;Zoë;\"Berg; Ås\r\n& Co\"\r\n";
    let utf16 = |bom: [u8; 2], to: fn(u16) -> [u8; 2]| {
        [&bom[..], &text.encode_utf16().flat_map(to).collect::<Vec<_>>()].concat()
    };
    let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (encoding, bytes) in [
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-8 with byte order mark", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("UTF-16 LE", utf16([0xFF, 0xFE], u16::to_le_bytes)),
        ("UTF-16 BE", utf16([0xFE, 0xFF], u16::to_be_bytes)),
        ("Windows-1252", latin1),
    ] {
        let place = place();
        let file = place.write("people.csv", bytes);
        let (code, stdout, stderr) = place.run(&["import", name(&file)]);
        assert_eq!(code, 0, "{encoding}: {stdout}{stderr}");
        assert!(stdout.contains(&format!("{encoding}, separated by ';'")), "{encoding}: {stdout}");
        let found: Vec<(String, String)> = place.query("SELECT first_name, company FROM contact");
        assert_eq!(found, [("Zoë".to_owned(), "Berg; Ås\r\n& Co".to_owned())], "{encoding}");
    }
}

#[test]
fn imports_are_listed() {
    let place = place();
    assert!(place.run(&["import", "--list"]).1.contains("nothing was imported yet"));
    let file = place.write("people.csv", PEOPLE);
    place.run(&["import", name(&file), "--dry-run"]);
    place.run(&["import", name(&file), "--name", "Fair 2026"]);
    place.run(&["import", name(&file)]);
    let (_, list) = place.json(&["import", "--list"]);
    let told: Vec<_> =
        list.as_array().unwrap().iter().map(|import| (&import["name"], &import["created"], &import["state"])).collect();
    assert_eq!(told, [(&json!("people"), &json!(0), &json!("done")), (&json!("Fair 2026"), &json!(2), &json!("done"))]);
    assert!(list[0]["rejects"].as_str().unwrap().ends_with("people.rejected.csv"));
    let (_, stdout, _) = place.run(&["import", "--list"]);
    assert!(stdout.contains("Fair 2026"), "{stdout}");
}

/// OnceHub reference 1.7 and 3, for every field: a blank cell clears nothing; 0 and no are values.
#[test]
fn a_blank_cell_clears_nothing_and_zero_and_no_are_values() {
    let place = place();
    let header = "email,mobile_phone,phone,first_name,last_name,salutation,company,job_title,company_size,employees,\
        street_address,city,state,post_code,country,time_zone,has_consent,terms_of_service,status,score,tags\n";
    assert_eq!(place.run(&["field", "add", "score", "--type", "number"]).0, 0);
    assert_eq!(place.run(&["field", "add", "tags", "--type", "multi_picklist", "--option", "a", "--option", "b"]).0, 0);
    let row = "ana@x.test,+4790000001,+4722000001,Ana,Berg,Ms,Berg AS,CTO,11-50,12,Gate 1,Oslo,Viken,0150,Norway,\
        Europe/Oslo,yes,yes,Qualified,7,a; b\n";
    let first = place.write("first.csv", format!("{header}{row}"));
    assert_eq!(place.json(&["import", name(&first)]).1["created"], 1);
    let show = || {
        let (_, mut shown) = place.json(&["contact", "show", "ana@x.test"]);
        shown.as_object_mut().unwrap().remove("history"); // that the file named her
        shown
    };
    let before = show();
    let blank = place.write("blank.csv", format!("{header}ana@x.test{}\n", ", ".repeat(20)));
    assert_eq!(place.json(&["import", name(&blank)]).1["unchanged"], 1);
    assert_eq!(show(), before);
    let zeros = place.write("zeros.csv", "email,employees,has_consent,score\nana@x.test,0,no,0\n");
    assert_eq!(place.json(&["import", name(&zeros)]).1["updated"], 1);
    let after = show();
    let values = [&after["employees"], &after["has_consent"], &after["custom_fields"]["score"], &after["city"]];
    assert_eq!(values, [&json!(0), &json!(false), &json!(0), &json!("Oslo")]);
}

/// What strangers wrote goes out in a form that no terminal obeys, and comes back without changing anybody.
#[test]
fn an_export_is_safe_to_print_and_comes_back_as_it_was() {
    let place = place();
    let file = place.write(
        "people.csv",
        "email,first_name,last_name,company\nana@x.test,Ana \u{1b}]0;x\u{7},\u{202e}greB,\"Berg, \"\"Ås\"\" & Co\"\n\
         bo@x.test,\u{645}\u{6cc}\u{200c}\u{62e},李小龙,=1+1\n",
    );
    assert_eq!(place.json(&["import", name(&file)]).1["created"], 2);
    let out = place.path("out.csv");
    let columns = "email,first_name,last_name,company";
    let (code, _, stderr) = place.run(&["export", "contacts", "--columns", columns, "--output", name(&out)]);
    assert_eq!(code, 0, "{stderr}");
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    assert!(
        text.contains("Ana ␛]0;x␇") && text.contains("'=1+1") && text.contains("\"Berg, \"\"Ås\"\" & Co\""),
        "{text}"
    );
    let (_, again) = place.json(&["import", name(&out)]);
    assert_eq!(
        (&again["created"], &again["unchanged"]),
        (&json!(0), &json!(1)),
        "only what was unsafe differs: {again}"
    );
}

/// Work on a rejects file is never lost to the next import of the same list.
#[test]
fn a_rejects_file_that_somebody_corrected_stays() {
    let place = place();
    let list = |bad: &str| place.write("o.csv", format!("email\n{bad}\nbo@x.test\n"));
    let file = list("ana");
    let rejects = |file| place.json(&["import", name(file)]).1["rejects"].as_str().unwrap().to_owned();
    let first = rejects(&file);
    assert!(first.ends_with("o.rejected.csv"), "{first}");
    // As we left it, it is ours: the same again, and other rows.
    assert_eq!(rejects(&file), first);
    list("cy");
    assert_eq!(rejects(&file), first);
    assert!(std::fs::read_to_string(&first).unwrap().contains("cy"));

    let corrected = std::fs::read_to_string(&first).unwrap().replace("cy", "cy@x.test");
    std::fs::write(&first, &corrected).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_mins(1);
    std::fs::File::options().write(true).open(&first).unwrap().set_modified(later).unwrap();
    let (code, stdout, _) = place.run(&["import", name(&file)]);
    assert_eq!(code, 3);
    assert!(stdout.contains("o.rejected-2.csv and import it"), "{stdout}");
    assert_eq!(std::fs::read_to_string(&first).unwrap(), corrected);
    assert!(place.path("o.rejected-2.csv").exists());
    // The second one is ours.
    list("dan");
    assert!(rejects(&file).ends_with("o.rejected-2.csv"));
    assert_eq!(std::fs::read_to_string(&first).unwrap(), corrected);
    // A file that we never wrote is nobody's to overwrite.
    let other = place.write("mine.csv", "keep me");
    let (_, told) = place.json(&["import", name(&file), "--rejects", name(&other)]);
    assert!(told["rejects"].as_str().unwrap().ends_with("mine-2.csv"), "{told:#}");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "keep me");
}

/// What an edit refuses, an import does not take either; the rest of the row is taken.
#[test]
fn nobody_has_fewer_than_no_employees() {
    let place = place();
    let file = place.write("size.csv", "email,Employees\nana@x.test,-3\nbo@x.test,0\n");
    let (code, report) = place.json(&["import", name(&file)]);
    assert_eq!((code, &report["created"], &report["warnings"]), (0, &json!(2), &json!(1)), "{report:#}");
    assert_eq!(report["problems"][0]["value"], "-3", "{report:#}");
    let employees = |who| place.json(&["contact", "show", who]).1["employees"].clone();
    assert_eq!((employees("ana@x.test"), employees("bo@x.test")), (json!(null), json!(0)));
}
