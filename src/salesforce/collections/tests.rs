use proptest::prelude::*;

use super::*;

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

fn id(n: usize) -> SfId {
    format!("003{n:012}").parse().unwrap()
}

#[test]
fn each_operation_has_its_request() {
    let ana = || fields(json!({"LastName": "A", "Id": "wrong", "ATTRIBUTES": 1}));
    for (request, method, path, body) in [
        (
            CollectionRequest::Create(vec![Row::new("Lead", ana())]),
            "POST",
            "/composite/sobjects".to_owned(),
            Some(json!({"allOrNone": false, "records": [{"attributes": {"type": "Lead"}, "LastName": "A"}]})),
        ),
        (
            CollectionRequest::Update(vec![Row::existing("Contact", id(1), ana())]),
            "PATCH",
            "/composite/sobjects".to_owned(),
            Some(
                json!({"allOrNone": false, "records": [{"attributes": {"type": "Contact"}, "id": id(1), "LastName": "A"}]}),
            ),
        ),
        (
            CollectionRequest::Upsert {
                object: "Contact".to_owned(),
                external_id_field: "Ext__c".to_owned(),
                rows: vec![Row::existing("Contact", id(1), ana())],
            },
            "PATCH",
            "/composite/sobjects/Contact/Ext__c".to_owned(),
            Some(json!({"allOrNone": false, "records": [{"attributes": {"type": "Contact"}, "LastName": "A"}]})),
        ),
        (
            CollectionRequest::Delete(vec![id(1), id(2)]),
            "DELETE",
            format!("/composite/sobjects?ids={},{}&allOrNone=false", id(1), id(2)),
            None,
        ),
    ] {
        let sub = request.subrequest("x").unwrap();
        assert_eq!((sub.method.as_str(), &sub.path, &sub.body), (method, &path, &body));
    }
}

#[test]
fn what_the_server_would_refuse_is_not_sent() {
    let row = |object: &str| Row::new(object, Map::new());
    let alternating = (0..11).map(|n| row(if n % 2 == 0 { "Lead" } else { "Contact" })).collect();
    for request in [
        CollectionRequest::Create(vec![row("Lead"); 201]),
        CollectionRequest::Create(alternating),
        CollectionRequest::Update(vec![row("Lead")]),
        CollectionRequest::Upsert {
            object: "Lead".to_owned(),
            external_id_field: "X__c".to_owned(),
            rows: vec![row("Contact")],
        },
        CollectionRequest::Upsert {
            object: "Lead".to_owned(),
            external_id_field: "Id".to_owned(),
            rows: vec![row("Lead")],
        },
        CollectionRequest::Delete(vec![id(1); 201]),
    ] {
        assert!(matches!(request.subrequest("x"), Err(ApiError::Request(_))), "{request:?}");
    }
    assert!(CollectionRequest::Create(vec![row("Lead"); 200]).subrequest("x").is_ok());
}

#[test]
fn rows_by_position() {
    let body = json!([
        {"id": "003000000000001AAA", "success": true, "errors": []},
        {"success": false, "errors": [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "m", "fields": ["LastName"]}]},
        {"id": "003000000000002AAA", "success": true, "errors": [], "created": true},
        {"success": false, "created": true, "errors": [{"statusCode": "DUPLICATES_DETECTED", "message": "m", "fields": [],
            "duplicateResult": {"allowSave": false, "matchResults": [
                {"entityType": "Contact", "matchRecords": [{"record": {"Id": "003000000000009"}}]}]}}]},
        {"id": "003000000000003AAA", "success": false,
         "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "m", "fields": []}]},
        {"success": false, "errors": []},
    ]);
    let rows = rows_from(200, &body, 6).unwrap();
    assert_eq!(rows[0].clone().into_result(), Ok(id(1)));
    assert_eq!(rows[1].errors[0].fields, ["LastName"]);
    assert_eq!((rows[2].id, rows[2].created), (Some(id(2)), Some(true)));
    assert_eq!(rows[3].errors[0].only_duplicate("Contact"), Some(id(9)));
    assert!(rows[3].clone().into_result().is_err() && rows[4].clone().into_result().is_err());
    assert_eq!(rows[5].clone().into_result(), Err(vec![]));
}

#[test]
fn rows_that_cannot_be_told_apart_are_no_rows() {
    let good = json!({"id": "003000000000001AAA", "success": true, "errors": []});
    for (body, expected) in [
        (json!([good]), 2),
        (json!([good, good]), 1),
        (json!([{"success": true, "errors": []}]), 1),
        (json!([{"success": true, "id": "short", "errors": []}]), 1),
        (json!([{"id": "003000000000001AAA"}]), 1),
        (json!(["x"]), 1),
        (json!({}), 0),
        (json!(null), 1),
    ] {
        assert!(matches!(rows_from(200, &body, expected), Err(ApiError::Http { status: 200, .. })), "{body}");
    }
    assert_eq!(rows_from(200, &json!([]), 0), Ok(vec![]));
}

proptest! {
    #[test]
    fn rows_are_all_or_an_error(
        successes in prop::collection::vec(any::<Option<bool>>(), 0..20),
        expected in 0_usize..20,
    ) {
        let body: Value = successes.iter().map(|s| json!({"id": "003000000000001AAA", "success": s, "errors": 5})).collect();
        match rows_from(200, &body, expected) {
            Ok(rows) => {
                prop_assert_eq!(rows.len(), expected);
                prop_assert!(successes.iter().all(Option::is_some));
            }
            Err(error) => prop_assert!(error.may_have_committed()),
        }
    }
}
