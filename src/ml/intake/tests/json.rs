//! Rows in JSON, in each of their shapes.

use super::*;

pub(super) fn json_reader<'t>(
    text: &'t str,
    inputs: &Inputs,
    find: impl FnOnce(&str) -> Given<'_>,
) -> Result<Json<'t>> {
    Json::new(text.into(), inputs, Limits::default(), Keeping::Cells, |text| Ok(find(text)))
}

pub(super) fn rows_in(text: &str) -> Given<'_> {
    Given::Rows(text)
}

pub(super) fn columns_in(text: &str) -> Given<'_> {
    Given::Columns(text)
}

/// Reads a list of rows.
pub(super) fn from_json(rows: impl AsRef<str>, inputs: &Inputs) -> Result<Block> {
    let mut reader = json_reader(rows.as_ref(), inputs, rows_in)?;
    let block = reader.next_block(Portion::ALL)?.unwrap_or_default();
    assert!(reader.is_at_end());
    Ok(block)
}

#[test]
fn every_shape_of_json_is_read() {
    for rows in [
        r#" [ {"pH": 3, "fixed acidity": 7.5} , {"FIXED_ACIDITY":7.5,"ph":3.0,"id":"a"} ] "#,
        "[[7.5, 3], [7.5, 3.0]]",
        r#"[[7.5, 3], {"\u0070H": 3, "fixed acidity": 75e-1}]"#,
    ] {
        let block = from_json(rows, &inputs()).unwrap();
        assert_eq!(block.faults, [], "{rows}");
        assert_eq!(block.rows.iter().collect::<Vec<_>>(), [[7.5, 3.0]; 2], "{rows}");
    }
    assert_eq!(from_json("[7.5, 3]", &inputs()).unwrap().rows.row(0), [7.5, 3.0]);
    let columns = r#"["pH", "id", "fixed acidity"]"#;
    let data = r#"[[3, "x", 7.5], [3, null, 7.5]]"#;
    let text = format!("{columns}{data}");
    let mut reader = json_reader(&text, &inputs(), |text| {
        let (columns, data) = text.split_at(columns.len());
        Given::Table { columns, data }
    });
    let block = reader.as_mut().unwrap().next_block(Portion::ALL).unwrap().unwrap();
    assert_eq!(block.rows.iter().collect::<Vec<_>>(), [[7.5, 3.0]; 2]);
    assert_eq!(cells(&block, 0), [&b"7.5"[..], b"3", b"x"]);
    let text = r#"{"pH": [3, 3], "id": [1, null], "fixed acidity": [7.5, 7.5]}"#;
    let mut reader = json_reader(text, &inputs(), columns_in).unwrap();
    for row in 1..=2 {
        let block = reader.next_block(rows_of(1)).unwrap().unwrap();
        assert_eq!((block.first_row, block.rows.row(0)), (row, &[7.5, 3.0][..]));
    }
    assert_eq!(reader.next_block(rows_of(1)).unwrap(), None);
}

#[test]
fn bad_cells_of_json_are_named() {
    let rows = r#"[
        {"pH": 3, "fixed acidity": 7},
        {"pH": "3", "fixed acidity": null},
        {"pH": 3},
        [7, 3, 1],
        "wine",
        {"pH": 15, "fixed acidity": [1]},
        {"pH": -1e400, "fixed acidity": 1},
        {"pH": 3, "fixed acidity": 7, "ph": 3},
        {"id": 3, "fixed acidity": 7, "pH": 3, "id": 3}
    ]"#;
    let block = from_json(rows, &inputs()).unwrap();
    assert_eq!(
        faults(&block),
        [
            (2, None, "fixed acidity", "missing"),
            (2, None, "pH", "not_a_number"),
            (3, None, "fixed acidity", "missing"),
            (4, None, "row", "too_many_cells"),
            (5, None, "row", "not_a_row"),
            (6, None, "fixed acidity", "not_a_number"),
            (6, None, "pH", "out_of_range"),
            (7, None, "pH", "not_finite"),
            (8, None, "pH", "repeated"),
            (9, None, "id", "repeated"),
        ]
    );
    assert_eq!(block.faults[1].value.as_deref(), Some("\"3\""));
    assert_eq!(block.faults[7].value.as_deref(), Some("-1e400"));
    assert_eq!((block.n_given(), block.rows.len()), (9, 1));
}

#[test]
fn a_number_may_have_any_number_of_digits() {
    let digits = "1".repeat(60_000);
    let rows = format!("[[7, 0.{digits}], [7, {digits}], [7, {digits}{digits}], [7, 3]]");
    let block = from_json(rows, &inputs()).unwrap();
    assert_eq!(faults(&block), [(2, None, "pH", "not_finite"), (3, None, "pH", "cell_too_large")]);
    assert_eq!(block.rows.row(0), [7.0, 1.0 / 9.0]);
}

#[test]
fn what_one_record_carries_makes_no_other_row_bad() {
    let rows =
        r#"[{"pH": 3, "fixed acidity": 7}, [7, 3], {"pH": 3, "fixed acidity": 7, "id": "a\n"}]"#;
    let mut reader = json_reader(rows, &inputs(), rows_in).unwrap();
    let names: Vec<_> = reader.layout().names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["fixed acidity", "pH", "id"]);
    let block = reader.next_block(Portion::ALL).unwrap().unwrap();
    assert_eq!(block.faults, []);
    let third: Vec<_> = block.cells().unwrap().row(2).collect();
    assert_eq!(third, [(0, &b"7"[..]), (1, b"3"), (2, b"a\n")]);
}

#[test]
fn cells_that_are_not_there_take_no_room() {
    let wide: Vec<_> = (0..4000).map(|n| format!("\"{n}\":{n}")).collect();
    let rows = format!("[{{{}}}{}]", wide.join(","), ",{}".repeat(100_000));
    let mut reader = json_reader(&rows, &inputs(), rows_in).unwrap();
    assert_eq!(reader.layout().names().len(), 4002);
    let (mut n_given, mut n_bytes_max) = (0, 0);
    let portion = Portion { rows_max: usize::MAX, bytes_max: 1_000_000, ..Portion::ALL };
    while let Some(block) = reader.next_block(portion).unwrap() {
        n_given += block.n_given();
        n_bytes_max = n_bytes_max.max(block.n_bytes());
    }
    assert_eq!(n_given, 100_001);
    assert!(n_bytes_max < 1_010_000, "{n_bytes_max}");
    let too_many: Vec<_> = (0..4095).map(|n| format!("\"{n}\":{n}")).collect();
    let found = from_json(format!("[{{{}}}]", too_many.join(",")), &inputs());
    assert_eq!(codes(found), [("header".to_owned(), "too_many_columns")]);
}

#[test]
fn lists_and_columns_have_the_limits_of_tables() {
    let wide = format!("[[1], [{}1], [2]]", "1,".repeat(200_000));
    let block = from_json(wide, &any_numbers()).unwrap();
    assert_eq!(faults(&block), [(2, None, "row", "too_many_cells")]);
    let columns: Vec<_> = (0..5000).map(|n| format!("\"{n}\":[1]")).collect();
    let columns = format!("{{{}}}", columns.join(","));
    let found = json_reader(&columns, &any_numbers(), columns_in).map(|_| Block::default());
    assert_eq!(codes(found), [("header".to_owned(), "too_many_columns")]);
    let note = "x".repeat(64 * 1024);
    let rows = format!(r#"[{{"pH":3,"fixed acidity":7,"note":"{note}"}}]"#);
    let block = from_json(rows, &inputs()).unwrap();
    assert_eq!(faults(&block), [(1, None, "note", "cell_too_large")]);
}

#[test]
fn rows_of_any_length_are_read_where_any_will_do() {
    let block = from_json("[[1, 2], [3], [], {}]", &any_numbers()).unwrap();
    assert_eq!(block.rows.iter().collect::<Vec<_>>(), [&[1.0, 2.0][..], &[3.0]]);
    // What has no number is no row, and must not be paid for.
    assert_eq!(
        faults(&block),
        [(3, None, "row", "too_few_cells"), (4, None, "row", "too_few_cells")]
    );
    // A record's numbers stand as the names first came.
    let block = from_json(r#"[{"a":1,"b":2},{"b":3,"a":4},{"b":5}]"#, &any_numbers()).unwrap();
    assert_eq!(block.rows.iter().collect::<Vec<_>>(), [&[1.0, 2.0][..], &[4.0, 3.0], &[5.0]]);
}

#[test]
fn tables_of_json_without_rows_are_empty() {
    for rows in ["[]", " [ ] "] {
        assert_eq!(codes(from_json(rows, &inputs())), [("rows".to_owned(), "empty")]);
        let counted = json_reader(rows, &inputs(), rows_in).unwrap().count_rest();
        assert_eq!(codes(counted.map(|_| Block::default())), [("rows".to_owned(), "empty")]);
    }
}
