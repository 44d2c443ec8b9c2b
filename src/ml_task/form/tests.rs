use super::*;
use crate::ml::schema::{Column, Range};

fn inputs() -> Inputs {
    let column = |name, max| Column {
        name,
        unit: None,
        allowed: Range::new(0.0, max),
        trained: Range::new(0.0, max),
        description: "",
        example: 1.0,
    };
    Inputs::Named(vec![column("acid", 100.0), column("pH", 14.0)])
}

fn read_as(form: Form, body: &str, inputs: &Inputs) -> Result<Block> {
    let limits = Limits::default();
    let how = Reading { inputs, limits, keeping: Keeping::Numbers };
    let block = form.open_bytes(body.as_bytes(), how)?.next_block(Portion::ALL)?;
    // Out of a file it is the same.
    let mut opened = form.open(body.as_bytes(), inputs, limits)?;
    assert_eq!(opened.next_block(Portion::ALL)?, block);
    Ok(block.unwrap_or_default())
}

fn read(form: Form, body: &str) -> Result<Block> {
    read_as(form, body, &inputs())
}

fn rows(found: Result<Block>) -> Vec<Vec<f64>> {
    let block = found.unwrap();
    assert_eq!(block.faults, []);
    block.rows.iter().map(<[f64]>::to_vec).collect()
}

/// The fields and codes of what is wrong with the whole.
fn wrong<T>(found: Result<T>) -> Vec<String> {
    let Err(Error::Invalid(issues)) = found else { panic!("it is taken") };
    issues.all().iter().map(|issue| format!("{}:{}", issue.field, issue.code)).collect()
}

fn faults(block: &Block) -> Vec<(u64, &str, &str)> {
    block.faults.iter().map(|f| (f.row, f.field.as_str(), f.code.as_ref())).collect()
}

#[test]
fn every_body_of_our_own_is_read_whatever_the_order_of_its_fields() {
    for body in [
        r#"{"model": "m", "records": [{"acid": 7, "pH": 3}, {"pH": 3, "acid": 7}]}"#,
        r#"{"rows": [[7, 3], {"pH": 3, "acid": 7}], "model": "m"}"#,
        r#"{"data": [[3, 7], [3, 7]], "model": "m", "columns": ["pH", "acid"]}"#,
        r#" {"data" : [ [7, 3], [7, 3] ] } "#,
    ] {
        assert_eq!(rows(read(Form::Json, body)), [[7.0, 3.0]; 2], "{body}");
    }
    for body in [
        r#"{"data": [7, 3]}"#,
        r#"{"record": {"acid": 7, "pH": 3}}"#,
        r#"{"model": "m", "record":  {"pH": 3, "acid": 7}  }"#,
        r#"{"record": {"acid": 7, "pH": 3}, "model": "m"}"#,
    ] {
        assert_eq!(rows(read(Form::Json, body)), [[7.0, 3.0]], "{body}");
    }
}

#[test]
fn a_body_that_is_no_request_is_told_why() {
    for (body, expected) in [
        ("", "body:malformed"),
        (r#"{"rows": ["#, "body:malformed"),
        (r#"{"rows": [[NaN, 1]]}"#, "body:malformed"),
        (r#"{"rows": [[7, 3]]} x"#, "body:malformed"),
        ("\u{feff}{}", "body:malformed"),
        ("[[7, 3]", "body:malformed"),
        ("[[7, 3]] x", "body:malformed"),
        ("1", "body:wrong_type"),
        ("{}", "records:required"),
        (r#"{"columns": ["acid"]}"#, "data:required"),
        (r#"{"columns": [1], "data": []}"#, "columns:wrong_type"),
        (r#"{"records": [], "rows": []}"#, "rows:surplus"),
        (r#"{"records": [], "data": []}"#, "records:surplus"),
        (r#"{"records": [], "records": []}"#, "records:repeated"),
        (r#"{"records": {}}"#, "records:wrong_type"),
        (r#"{"rows": [[7, 3]], "row": 1}"#, "row:unknown"),
        (r#"{"record": {}, "data": []}"#, "record:surplus"),
        (r#"{"record": [7, 3]}"#, "record:wrong_type"),
        (r#"{"rows": []}"#, "rows:empty"),
    ] {
        assert_eq!(wrong(read(Form::Json, body)), [expected], "{body}");
    }
    // A list by itself does not say what it is for: in a file it is rows, in a request it is not.
    assert_eq!(wrong(Introduction::of(b"[[7, 3]]")), ["body:wrong_type"]);
    assert_eq!(rows(read(Form::Json, " [[7, 3]] ")), [[7.0, 3.0]]);
    let found = read(Form::Json, "{\"rows\": [\n[1, }]}").unwrap_err().to_string();
    assert_eq!(found, "body is not valid JSON: expected value at line 2 column 5");
    let how = Reading { inputs: &inputs(), limits: Limits::default(), keeping: Keeping::Numbers };
    let latin = Form::Json.open_bytes(b"{\"rows\":\n[\"\xe2\"]}", how);
    let Err(Error::Invalid(issues)) = latin else { panic!("it is taken") };
    assert_eq!(issues.to_string(), "body is not valid JSON: not UTF-8 at line 2 column 3");
}

#[test]
fn the_model_is_found_without_reading_the_rows() {
    let named = |body: &str| Introduction::of(body.as_bytes()).map(|found| found.model);
    for body in [r#"{"model": "w\u0069ne", "rows": 1}"#, r#"{"rows": [[1]], "model": "wine"}"#] {
        assert_eq!(named(body).unwrap().as_deref(), Some("wine"));
    }
    assert_eq!(named(r#"{"rows": [{"model": "wine"}]}"#).unwrap(), None);
    for (body, expected) in [
        (r#"{"model": 1}"#, "model:wrong_type"),
        (r#"{"model": null}"#, "model:wrong_type"),
        (r#"{"model": "wine", "model": "beer"}"#, "model:repeated"),
        (r#"{"model": "wine""#, "body:malformed"),
        ("", "body:malformed"),
        ("[]", "body:wrong_type"),
    ] {
        assert_eq!(wrong(named(body)), [expected], "{body}");
    }
}

#[test]
fn whose_words_a_body_is_in_is_known_by_its_fields() {
    let tensor = tensor("rows", "FP64", "[1,2]", "[7,3]");
    for (body, form) in [
        (r#"{"records": []}"#.to_owned(), Form::Json),
        ("{}".into(), Form::Json),
        (r#"{"instances": [], "data": []}"#.into(), Form::Json),
        (r#"{"dataframe_split": {}}"#.into(), Form::Mlflow),
        (r#"{"instances": [[NaN, 3]]}"#.into(), Form::Mlflow),
        (r#"{"inputs": [[7, 3]]}"#.into(), Form::Mlflow),
        (r#"{"inputs": {"acid": [7]}}"#.into(), Form::Mlflow),
        (r#"{"inputs": [{"name": 1, "shape": 2}]}"#.into(), Form::Mlflow),
        (infer(&[tensor]), Form::Oip),
    ] {
        assert_eq!(Introduction::of(body.as_bytes()).unwrap().form, form, "{body}");
    }
    assert_eq!(wrong(Introduction::of(br#"{"records": [NaN]}"#)), ["body:malformed"]);
}

#[test]
fn what_pandas_writes_for_no_number_is_told_at_its_row() {
    let body = r#"{"dataframe_split": {"columns": ["acid", "pH", "Infinity \" NaN"],
        "data": [[7, 3, "NaN"], [NaN, 3, ""], [7, -Infinity, "\\"], [7, Infinity, null]]}}"#;
    let block = read(Form::Mlflow, body).unwrap();
    assert_eq!(
        faults(&block),
        [(2, "acid", "missing"), (3, "pH", "not_finite"), (4, "pH", "not_finite")]
    );
    let torn = r#"{"instances": [[7, NaN], [Inf]]}"#;
    assert_eq!(wrong(read(Form::Mlflow, torn)), ["body:malformed"]);
    assert_eq!(without_bare_words(r#"{"a": "NaN", "b": "\"Infinity"}"#), None);
}

#[test]
fn every_body_of_mlflow_is_read() {
    for body in [
        r#"{"dataframe_split": {"index": [0], "columns": ["pH", "acid"], "data": [[3, 7]]}}"#,
        r#"{"dataframe_records": [{"pH": 3, "acid": 7}]}"#,
        r#"{"instances": [[7, 3]], "params": {}}"#,
        r#"{"inputs": {"pH": [3], "acid": [7]}}"#,
    ] {
        assert_eq!(rows(read(Form::Mlflow, body)), [[7.0, 3.0]], "{body}");
    }
    for (body, expected) in [
        (r#"{"instances": [], "inputs": []}"#, "body:required"),
        (r#"{"dataframe_split": []}"#, "dataframe_split:wrong_type"),
        (r#"{"dataframe_split": {"data": []}}"#, "columns:required"),
        (r#"{"inputs": {"acid": [7], "pH": [3, 3]}}"#, "pH:wrong_length"),
        (r#"{"inputs": {"acid": [7], "pH": 3}}"#, "pH:wrong_type"),
        (r#"{"inputs": {"acid": [7], "pH": [3], "pH": [3]}}"#, "pH:repeated"),
        (r#"{"inputs": {}}"#, "acid:missing_column"),
    ] {
        assert_eq!(wrong(read(Form::Mlflow, body))[0], expected, "{body}");
    }
}

fn tensor(name: &str, datatype: &str, shape: &str, data: &str) -> String {
    format!(r#"{{"name":"{name}","datatype":"{datatype}","shape":{shape},"data":{data}}}"#)
}

fn infer(tensors: &[String]) -> String {
    format!(r#"{{"inputs": [{}]}}"#, tensors.join(","))
}

#[test]
fn tensors_are_read_flat_and_nested() {
    for tensors in [
        vec![tensor("x", "FP64", "[2,2]", "[7,3,7,3]")],
        vec![tensor("x", "INT32", "[2,2]", "[[7,3],[7,3.0]]")],
        vec![tensor("pH", "FP32", "[2]", "[3,3]"), tensor("acid", "INT8", "[2,1]", "[7,7]")],
        vec![tensor("pH", "FP32", "[2,1]", "[[3],[3]]"), tensor("acid", "INT8", "[2]", "[7,7]")],
    ] {
        assert_eq!(rows(read(Form::Oip, &infer(&tensors))), [[7.0, 3.0]; 2], "{tensors:?}");
    }
}

#[test]
fn tensors_that_are_not_what_their_shape_says_are_refused() {
    let any = Inputs::Numbers(Range::new(-1e9, 1e9));
    let two = |shape: &str, data: &str| {
        vec![tensor("a", "FP64", shape, data), tensor("b", "FP64", shape, data)]
    };
    let one = |shape: &str, data: &str| vec![tensor("a", "FP64", shape, data)];
    for (tensors, expected) in [
        (two("[2,2]", "[1,2,3,4]"), "inputs[0].shape:invalid"),
        (one("[2]", "[1]"), "inputs[0].data:wrong_length"),
        (one("[2,2]", "[[1,2,3],[4]]"), "inputs[0].data:wrong_length"),
        (one("[2,2]", "[[1,2],3,4]"), "inputs[0].data:wrong_length"),
        (one("[2,2]", "[[1,2]]"), "inputs[0].data:wrong_length"),
        (one("[2,2]", "1"), "inputs[0].data:wrong_length"),
        (one("[1,0]", "[]"), "inputs[0].shape:invalid"),
        (one("[1.5]", "[1]"), "inputs[0].shape:invalid"),
        (one("[0]", "[]"), "rows:empty"),
        (vec![tensor("a", "BYTES", "[1]", "[1]")], "inputs[0].datatype:unknown_value"),
        (vec!["1".into()], "inputs[0]:wrong_type"),
        (vec![], "inputs:empty"),
    ] {
        assert_eq!(wrong(read_as(Form::Oip, &infer(&tensors), &any)), [expected], "{tensors:?}");
    }
    let uneven = [tensor("a", "FP64", "[1]", "[1]"), tensor("b", "FP64", "[2]", "[1,2]")];
    assert_eq!(wrong(read_as(Form::Oip, &infer(&uneven), &any)), ["b:wrong_length"]);
    // A value that is missing stays missing at its place, and a fraction is no whole number.
    let body = infer(&one("[2,2]", "[1,null,3,4]"));
    assert_eq!(faults(&read_as(Form::Oip, &body, &any).unwrap()), [(1, "column 2", "missing")]);
    let body = infer(&[tensor("x", "INT64", "[2,2]", "[7,3,7.5,3]")]);
    assert_eq!(faults(&read(Form::Oip, &body).unwrap()), [(2, "acid", "not_whole")]);
    let columns = [tensor("pH", "INT64", "[1]", "[3.5]"), tensor("acid", "FP64", "[1]", "[7.5]")];
    assert_eq!(faults(&read(Form::Oip, &infer(&columns)).unwrap()), [(1, "pH", "not_whole")]);
}

/// How long reading takes: `cargo test --lib reading_is_measured -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn reading_is_measured() {
    let names: Vec<_> = (0..11).map(|n| format!("measurement {n}")).collect();
    let columns = names.iter().map(|name| Column {
        name: name.clone().leak(),
        unit: None,
        allowed: Range::new(0.0, 2000.0),
        trained: Range::new(0.0, 2000.0),
        description: "",
        example: 1.0,
    });
    let inputs = Inputs::Named(columns.collect());
    let record: Vec<_> = names.iter().map(|name| format!("\"{name}\":0.9978")).collect();
    for n_rows in [1, 1000] {
        let body = format!(r#"{{"model":"wine","records":[{{{}}}{}]}}"#, record.join(","), {
            format!(",{{{}}}", record.join(",")).repeat(n_rows - 1)
        });
        let n_times = 20_000 / n_rows;
        let begun = std::time::Instant::now();
        for _ in 0..n_times {
            let limits = Limits::default();
            let how = Reading { inputs: &inputs, limits, keeping: Keeping::Numbers };
            let mut opened = Form::Json.open_bytes(body.as_bytes(), how).unwrap();
            let block = opened.next_block(Portion::ALL).unwrap().unwrap();
            assert_eq!(block.rows.len(), n_rows);
        }
        let each = begun.elapsed() / u32::try_from(n_times).unwrap();
        eprintln!("{n_rows} rows of JSON, {} bytes: {each:?}", body.len());
    }
}
