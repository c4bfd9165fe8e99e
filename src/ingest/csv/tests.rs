use super::tokenizer::{Fault, Record, Tokenizer};
use super::*;
use crate::domain::{Field, FieldKey, FieldKind, FieldValue};
use crate::ingest::bytes::Bytes;
use proptest::prelude::*;

fn options() -> Options {
    Options { country: Country::parse("US"), ..Options::default() }
}

fn read_with(text: impl AsRef<[u8]>, options: Options) -> (Plan, Vec<Outcome>) {
    let csv = open(text.as_ref(), options).unwrap();
    let plan = csv.plan().clone();
    (plan, csv.map(Result::unwrap).collect())
}

fn read(text: impl AsRef<[u8]>) -> Vec<Outcome> {
    read_with(text, options()).1
}

fn rows(outcomes: Vec<Outcome>) -> Vec<Row> {
    let row = |outcome| match outcome {
        Outcome::Row(row) => row,
        other => panic!("{other:?}"),
    };
    outcomes.into_iter().map(row).collect()
}

fn rejects(outcomes: Vec<Outcome>) -> Vec<Reject> {
    let reject = |outcome| match outcome {
        Outcome::Rejected(reject) => Some(reject),
        _ => None,
    };
    outcomes.into_iter().filter_map(reject).collect()
}

fn refused(text: impl AsRef<[u8]>, options: Options) -> CsvError {
    match open(text.as_ref(), options) {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

fn with_map(rules: &[&str]) -> Options {
    Options { map: rules.iter().map(|rule| rule.parse().unwrap()).collect(), ..options() }
}

#[test]
fn a_salesforce_lead_export_is_understood() {
    let text = "City,Company,Country,Email,FirstName,Industry,LastName,MobilePhone,State,Status,Street,Title,PostalCode,NumberOfEmployees\r\n\
        Oslo,\"Berg, Nord and Co\",NO,Ana@X.no,Ana,Banking,Berg,+1 (619) 307-7599,CA,Open - Not Contacted,\"1 Main\r\nStreet\",\"VP, Sales\",0150,12\r\n";
    let (plan, outcomes) = read_with(text, options());
    assert_eq!(plan.unmapped().map(|column| column.header.as_str()).collect::<Vec<_>>(), ["Industry"]);
    let row = rows(outcomes).remove(0);
    for (field, value) in [
        (Field::City, "Oslo"),
        (Field::Company, "Berg, Nord and Co"),
        (Field::Email, "ana@x.no"),
        (Field::MobilePhone, "+16193077599"),
        (Field::StreetAddress, "1 Main\r\nStreet"),
        (Field::JobTitle, "VP, Sales"),
        (Field::PostCode, "0150"),
    ] {
        assert_eq!(row.values.text(field), Some(value), "{field:?}");
    }
    assert_eq!(row.values.get(Field::Employees), Some(&FieldValue::Integer(12)));
    // Salesforce's own status is none of ours: said, not taken, and no reason to lose the row.
    assert_eq!(row.status, None);
    assert_eq!(row.warnings.len(), 1);
    assert_eq!((row.warnings[0].column.as_str(), row.warnings[0].value.as_str()), ("Status", "Open - Not Contacted"));
}

#[test]
fn headers_are_found_by_their_meaning() {
    let (plan, outcomes) = read_with(
        "Full Name;E-Mail;Mobile;Contact Owner;Lead Source;Contact status;Mailing City\nAna Maria Berg;a@x.no;;kari@co.test;Web;MQL;Oslo\n",
        options(),
    );
    assert_eq!(plan.delimiter, b';');
    assert!(plan.has(Field::City) && !plan.has(Field::Country));
    let row = rows(outcomes).remove(0);
    assert_eq!(row.values.text(Field::FirstName), Some("Ana"));
    assert_eq!(row.values.text(Field::LastName), Some("Maria Berg"));
    assert_eq!(row.status, Some(Status::MarketingQualified));
    assert_eq!(row.owner.unwrap().email.unwrap().as_str(), "kari@co.test");
    assert_eq!(row.source.as_deref(), Some("Web"));
    assert_eq!(row.values.get(Field::MobilePhone), None);
}

#[test]
fn of_two_columns_for_one_field_the_nearer_name_counts() {
    let (plan, outcomes) = read_with("Work email,Email,email\nw@x.no,a@x.no,b@x.no\n", options());
    let found: Vec<_> = plan.columns.iter().map(|column| column.found.clone()).collect();
    assert_eq!(found, [Found::Duplicate("Email".into()), Found::ByHeader, Found::Duplicate("Email".into())]);
    assert_eq!(rows(outcomes)[0].values.text(Field::Email), Some("a@x.no"));
}

#[test]
fn columns_are_mapped_by_hand() {
    let text = "Email,Other,City,x,x\nold@x.no,new@x.no,Oslo,1,2\n";
    let (plan, outcomes) = read_with(text, with_map(&["other=Email", "City=ignore", "#5=company"]));
    assert_eq!(plan.columns[0].found, Found::Duplicate("Other".into()));
    assert_eq!(plan.columns[2].found, Found::Ignored);
    let values = &rows(outcomes)[0].values;
    assert_eq!((values.text(Field::Email), values.text(Field::Company)), (Some("new@x.no"), Some("2")));
    assert_eq!(values.get(Field::City), None);

    assert!(matches!(refused(text, with_map(&["Nope=email"])), CsvError::NoColumn { .. }));
    assert!(matches!(refused(text, with_map(&["City=nope"])), CsvError::NoField(_)));
    assert!(matches!(refused(text, with_map(&["City=company", "Other=company"])), CsvError::Twice { .. }));
    assert!(matches!("City".parse::<MapRule>(), Err(CsvError::NoRule(_))));
    assert!(matches!("=email".parse::<MapRule>(), Err(CsvError::NoRule(_))));
}

#[test]
fn custom_fields_are_found_by_name_and_label_and_checked() {
    let field = |name: &str, label: &str, kind, options: &[&str]| CustomField {
        name: name.into(),
        label: label.into(),
        kind,
        options: options.iter().map(|option| (*option).to_owned()).collect(),
    };
    let custom_fields = vec![
        field("industry", "Branch of industry", FieldKind::Picklist, &["Banking", "Fishing"]),
        field("budget", "Budget", FieldKind::Number, &[]),
    ];
    let options = Options { custom_fields, ..options() };
    let text = "email,Branch of Industry,BUDGET\na@x.no,fishing,0\nb@x.no,Farming,1\nc@x.no,,lots\n";
    let (_, outcomes) = read_with(text, options);
    let Outcome::Row(row) = &outcomes[0] else { panic!() };
    assert_eq!(row.values.get(FieldKey::Custom("industry".into())), Some(&FieldValue::Text("Fishing".into())));
    assert_eq!(row.values.get(FieldKey::Custom("budget".into())), Some(&FieldValue::Integer(0)));
    let rejects = rejects(outcomes);
    assert_eq!(rejects.iter().map(|reject| reject.line).collect::<Vec<_>>(), [3, 4]);
    assert!(rejects[0].problems[0].reason.contains("Banking, Fishing"));
}

#[test]
fn a_bad_cell_refuses_its_row_and_says_where_and_why() {
    let text = "Email,Mobile,Phone,Consent\n\
        a@x.no,,,\n\
        not an address,,,\n\
        b@x.no,call me,,maybe\n\
        c@x.no,,ask Ann,yes\n";
    let outcomes = read(text);
    let problems: Vec<_> = rejects(outcomes.clone())
        .into_iter()
        .flat_map(|reject| reject.problems.into_iter().map(move |problem| (reject.line, problem.column, problem.value)))
        .collect();
    let told = |line, column: &str, value: &str| (line, column.to_owned(), value.to_owned());
    let expected = [told(3, "Email", "not an address"), told(4, "Mobile", "call me"), told(4, "Consent", "maybe")];
    assert_eq!(problems, expected);
    let Outcome::Row(row) = outcomes.last().unwrap() else { panic!() };
    assert_eq!(row.values.text(Field::Phone), Some("ask Ann"), "a landline is kept as written");
    assert_eq!(row.warnings[0].column, "Phone");
    assert_eq!(row.values.bool(Field::HasConsent), Some(true));
}

#[test]
fn a_status_mapped_by_hand_must_be_ours() {
    let (_, outcomes) = read_with("email,Stage\na@x.no,Hot\nb@x.no,SQL\n", with_map(&["Stage=status"]));
    assert_eq!(rejects(outcomes.clone())[0].problems[0].column, "Stage");
    assert!(matches!(&outcomes[1], Outcome::Row(row) if row.status == Some(Status::SalesQualified)));
}

#[test]
fn rows_without_identifier_are_skipped_unless_asked_for() {
    let text = "name,email,phone\nAna,,619 307 7599\n , ,\nBo,b@x.no,\n,,619 307 7599\n";
    let outcomes = read(text);
    let skipped = |outcome: &&Outcome| matches!(outcome, Outcome::Skipped(_));
    assert_eq!(outcomes.iter().filter(skipped).count(), 2);
    assert_eq!(outcomes.len(), 3, "a blank row is no row");
    let (_, outcomes) = read_with(text, Options { name_only: true, ..options() });
    assert_eq!(outcomes.iter().filter(skipped).count(), 1, "a landline alone is nobody");
}

#[test]
fn ragged_rows_are_refused_but_for_blanks_at_the_end() {
    let outcomes = read("email,city,country\na@x.no,Oslo\nb@x.no,Oslo,NO,x\nc@x.no,Oslo,NO,,\n");
    let rejected = rejects(outcomes.clone());
    assert_eq!(rejected.iter().map(|reject| reject.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(rejected[0].problems[0].reason, "the row has 2 cells, the header 3");
    assert!(matches!(outcomes[2], Outcome::Row(_)));
}

#[test]
fn sizes_in_words_find_their_field() {
    let rows = rows(read("email,employees\na@x.no,11-50\nb@x.no,\"1,200\"\n"));
    assert_eq!(rows[0].values.text(Field::CompanySize), Some("11-50"));
    assert_eq!(rows[1].values.get(Field::Employees), Some(&FieldValue::Integer(1200)));
}

#[test]
fn every_encoding_is_read() {
    let text = "email,name\r\na@x.no,Åsa Ødegård\r\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
    };
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        (format!("\u{feff}{text}").into_bytes(), Encoding::Utf8WithMark),
        (utf16(u16::to_le_bytes), Encoding::Utf16Le),
        (utf16(u16::to_be_bytes), Encoding::Utf16Be),
        (latin, Encoding::Windows1252),
    ] {
        let mut csv = open(bytes.as_slice(), options()).unwrap();
        assert_eq!(csv.plan().encoding, encoding);
        let outcomes: Vec<_> = csv.by_ref().map(Result::unwrap).collect();
        assert_eq!(rows(outcomes)[0].values.text(Field::LastName), Some("Ødegård"), "{encoding:?}");
        assert_eq!(csv.first_odd_line(), (encoding == Encoding::Windows1252).then_some(2));
        assert_eq!(csv.bytes_read(), bytes.len() as u64);
    }
}

#[test]
fn one_line_in_another_encoding_does_not_spoil_the_others() {
    let mut bytes = "email,name\na@x.no,Åsa\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"b@x.no,\xc5se \x80\n");
    let rows = rows(read(bytes));
    assert_eq!(rows[0].values.text(Field::FirstName), Some("Åsa"));
    assert_eq!(rows[1].values.full_name(), "Åse €");
}

#[test]
fn what_is_no_csv_is_refused_in_words() {
    for (bytes, hint) in [
        (&b""[..], "empty"),
        (b"\n\r\n", "empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"e\0m\0a\0i\0l\0", "UTF-16"),
        (b"city,country\nOslo,NO\n", "no column holds an email"),
        (b"\"email,city\nOslo", "cannot be read"),
    ] {
        let error = refused(bytes, options()).to_string();
        assert!(error.contains(hint), "{error}");
    }
}

#[test]
fn a_declared_delimiter_and_one_by_hand_count() {
    let email = |text: &str, options| rows(read_with(text, options).1)[0].values.text(Field::Email).map(str::to_owned);
    assert_eq!(email("sep=|\nemail|note,note|x\na@x.no|1,2|3\n", options()).as_deref(), Some("a@x.no"));
    let by_hand = Options { delimiter: Some(b'^'), ..options() };
    assert_eq!(email("email^note,note\na@x.no^1,2\n", by_hand).as_deref(), Some("a@x.no"));
}

/// Line, cells and fault of each record.
fn records(text: &[u8]) -> Vec<(u64, Vec<String>, Option<Fault>)> {
    let mut tokenizer = Tokenizer::new(Bytes::new(text), b',');
    let (mut record, mut records) = (Record::default(), Vec::new());
    while tokenizer.read(&mut record).unwrap() {
        let cells = record.cells().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
        records.push((record.line, cells, record.fault));
    }
    records
}

#[test]
fn records_know_their_line_whatever_ends_it() {
    let lines = |text: &str| records(text.as_bytes()).into_iter().map(|(line, ..)| line).collect::<Vec<_>>();
    assert_eq!(lines("a\nb\n\nc"), [1, 2, 4]);
    assert_eq!(lines("a\r\nb\r\n\r\nc\r\n"), [1, 2, 4]);
    assert_eq!(lines("a\rb\r\rc"), [1, 2, 4]);
    assert_eq!(lines("\n\na,\"x\r\ny\nz\"\r\nb"), [3, 6]);
}

#[test]
fn cells_are_cut_by_the_rules_of_quotes() {
    for (text, cells) in [
        ("a,,b,", &["a", "", "b", ""][..]),
        ("\"a,b\",\"c\"\"d\",\"\"", &["a,b", "c\"d", ""]),
        ("a \"b\" c,d", &["a \"b\" c", "d"]),
        ("\"a\" ,b", &["a", "b"]),
        ("\"x\ny\",z", &["x\ny", "z"]),
        (",", &["", ""]),
    ] {
        let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        assert_eq!(records(text.as_bytes()), [(1, cells, None)], "{text}");
    }
}

#[test]
fn a_broken_quote_costs_its_own_line_only() {
    let found = |text: &[u8]| {
        records(text).into_iter().map(|(line, cells, fault)| (line, cells.len(), fault)).collect::<Vec<_>>()
    };
    assert_eq!(found(b"a,\"b\nc,d\ne,f\n"), [(1, 2, Some(Fault::Unclosed)), (2, 2, None), (3, 2, None)]);
    assert_eq!(found(b",\"\r\nc,d"), [(1, 2, Some(Fault::Unclosed)), (2, 2, None)]);
    // A CR that ends the cell before is none of the line's end.
    let cells = |text: &[u8]| records(text).remove(0).1;
    assert_eq!(found(b"\"\r\",\"\n\"a"), [(1, 2, Some(Fault::Unclosed)), (2, 1, Some(Fault::Unclosed))]);
    assert_eq!(cells(b"\"\r\",\"\n\"a"), ["\r", ""]);
    // The next quote in the file belongs to another row.
    assert_eq!(found(b"a,\"b\nc,d\ne,\"f\"\n"), [(1, 2, Some(Fault::Unclosed)), (2, 2, None), (3, 2, None)]);
    assert_eq!(found(b"\"a\"b,c\nd,e\n"), [(1, 2, Some(Fault::AfterQuote)), (2, 2, None)]);
    let long = [b"a,\"".as_slice(), &vec![b'x'; tokenizer::MAX_RECORD], b"\nb,c\n"].concat();
    assert_eq!(found(&long)[0].2, Some(Fault::TooLong));
    assert_eq!(found(&long).last(), Some(&(2, 2, None)));
    let many = [b"a,\"x\n".as_slice(), &b"b,c\n".repeat(tokenizer::MAX_RECORD / 4)].concat();
    let found = found(&many);
    assert_eq!(found.len(), tokenizer::MAX_RECORD / 4 + 1);
    assert!(found[1..].iter().all(|(_, cells, fault)| (*cells, *fault) == (2, None)));
}

fn rejects_file(text: &str) -> String {
    let mut csv = open(text.as_bytes(), options()).unwrap();
    let mut file = Vec::new();
    let mut writer = Rejects::new(&mut file, csv.plan()).unwrap();
    for outcome in csv.by_ref() {
        match outcome.unwrap() {
            Outcome::Rejected(reject) | Outcome::Skipped(reject) => writer.write(&reject).unwrap(),
            Outcome::Row(_) => {}
        }
    }
    writer.flush().unwrap();
    drop(writer);
    String::from_utf8(file).unwrap()
}

#[test]
fn rejected_rows_can_be_corrected_and_imported_as_they_are() {
    let file = rejects_file("Email;Full name;Note\na@x.no;Ana;x\n=bad;\"Bo; \"\"B\"\"\nGuest\";+1\n");
    assert_eq!(
        file,
        "Email;Full name;Note;rejected_line;rejected_column;rejected_value;rejected_reason\r\n\
         =bad;\"Bo; \"\"B\"\"\nGuest\";+1;3;Email;'=bad;`=bad` is not an email address (name@domain)\r\n"
    );
    let corrected = file.replacen("=bad;", "bo@x.no;", 1);
    let (plan, outcomes) = read_with(&corrected, options());
    assert_eq!(plan.columns.iter().filter(|column| column.found == Found::Reject).count(), 4);
    assert_eq!(rows(outcomes)[0].values.text(Field::Email), Some("bo@x.no"));
    // Not corrected, it is rejected again, with our columns once.
    assert_eq!(rejects_file(&file).matches("rejected_line").count(), 1);
    assert_eq!(rejects_file(&file).lines().next(), file.lines().next());
}

#[test]
fn a_row_with_surplus_cells_stays_refused() {
    let file = rejects_file("email,city\na@x.no,Oslo,surplus\n");
    assert_eq!(rejects(read(&file)).len(), 1, "{file}");
}

#[test]
fn an_apostrophe_before_a_formula_is_not_part_of_the_cell() {
    let rows = rows(read(
        "email,mobile,city\n'@x.no@y.no,'+1 619 307 7599,'s-Hertogenbosch\n".replace("'@x.no@y.no", "a@x.no"),
    ));
    assert_eq!(rows[0].values.text(Field::MobilePhone), Some("+16193077599"));
    assert_eq!(rows[0].values.text(Field::City), Some("'s-Hertogenbosch"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in any::<Vec<u8>>()) {
        if let Ok(csv) = open(bytes.as_slice(), Options { name_only: true, ..options() }) {
            csv.for_each(drop);
        }
    }

    #[test]
    fn anything_like_csv_is_read_without_panic(body in "[\",;\n\ra@.1'=é]{0,80}") {
        if let Ok(csv) = open(format!("email,name,phone\n{body}").as_bytes(), options()) {
            let mut last = 0;
            for outcome in csv {
                let line = match outcome.unwrap() {
                    Outcome::Row(row) => row.line,
                    Outcome::Skipped(reject) | Outcome::Rejected(reject) => {
                        prop_assert!(!reject.problems.is_empty());
                        reject.line
                    }
                };
                prop_assert!(line > last, "lines go up");
                last = line;
            }
        }
    }

    #[test]
    fn what_a_writer_quotes_is_read_back(table in prop::collection::vec(prop::collection::vec("[a-z\",;\n é]{1,6}", 3), 1..8)) {
        let mut writer = ::csv::WriterBuilder::new().quote_style(::csv::QuoteStyle::Always).from_writer(Vec::new());
        let mut lines = Vec::new();
        let mut line = 1;
        for row in &table {
            lines.push(line);
            line += 1 + row.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
            writer.write_record(row).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let expected: Vec<_> = lines.into_iter().zip(table).map(|(line, row)| (line, row, None)).collect();
        prop_assert_eq!(records(&text), expected);
    }
}
