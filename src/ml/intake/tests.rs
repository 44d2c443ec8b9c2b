//! Tables as people send them: what is read, what is rejected and why, and that no row is ever
//! lost.

use std::io::{self, Read};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::error::Result;
use crate::ml::schema::{Column, Inputs, Range};

fn column(name: &'static str, max: f64) -> Column {
    Column {
        name,
        unit: None,
        allowed: Range::new(0.0, max),
        trained: Range::new(0.0, max),
        description: "",
        example: 1.0,
    }
}

fn inputs() -> Inputs {
    Inputs::Named(vec![column("fixed acidity", 100.0), column("pH", 14.0)])
}

fn any_numbers() -> Inputs {
    Inputs::Numbers(Range::new(-1e300, 1e300))
}

fn read(text: impl AsRef<[u8]>) -> Result<Block> {
    read_as(text, &inputs())
}

fn read_as(text: impl AsRef<[u8]>, inputs: &Inputs) -> Result<Block> {
    let mut reader = Delimited::new(text.as_ref(), inputs, Limits::default())?;
    let block = reader.next_block(usize::MAX)?.unwrap_or_default();
    assert_eq!(reader.n_rows(), block.n_given() as u64);
    Ok(block)
}

fn faults(block: &Block) -> Vec<(u64, Option<u64>, &str, &str)> {
    block.faults.iter().map(|f| (f.row, f.line, f.field.as_str(), f.code.as_ref())).collect()
}

fn codes(found: Result<Block>) -> Vec<(String, &'static str)> {
    let Err(Error::Invalid(issues)) = found else { panic!("{found:?}") };
    issues.all().iter().map(|issue| (issue.field.clone(), issue.code)).collect()
}

#[test]
fn every_common_dialect_is_read() {
    for text in [
        "fixed acidity,pH\n7.5,3\n",
        "pH,fixed acidity\n3,7.5\n",
        "\u{feff}Fixed_Acidity;PH\r\n7,5;3\r\n",
        "\"fixed acidity\"\t\"ph\"\n\"7.5\"\t 3 ",
        "fixed-acidity|ph|note\n7.5|3|\"a|b\"\n",
        "7.5,3\n",
        "7.5;3",
        "fixed acidity;pH\n7,5;3,0\n",
        "\n\nfixed acidity,pH\n\n7.5,3\n\n",
    ] {
        let block = read(text).unwrap();
        assert_eq!(block.rows.iter().collect::<Vec<_>>(), [&[7.5, 3.0]], "{text:?}");
        assert_eq!(block.faults, [], "{text:?}");
    }
}

#[test]
fn every_bad_cell_is_named_with_its_row_and_line() {
    let text = "pH,id,fixed acidity\n3,a,7\n,b,x\n\n3,\"two\nlines\",inf\n15,c,1e999\n3\n\
                3,d,7,8\nNA,e,7\n";
    let block = read(text).unwrap();
    assert_eq!(
        faults(&block),
        [
            (2, Some(3), "fixed acidity", "not_a_number"),
            (2, Some(3), "pH", "missing"),
            (3, Some(5), "fixed acidity", "not_finite"),
            (4, Some(7), "fixed acidity", "not_finite"),
            (4, Some(7), "pH", "out_of_range"),
            (5, Some(8), "row", "too_few_cells"),
            (6, Some(9), "row", "too_many_cells"),
            (7, Some(10), "pH", "missing"),
        ]
    );
    assert_eq!(block.is_good, [true, false, false, false, false, false, false]);
    assert_eq!(block.faults[0].value.as_deref(), Some("x"));
    // What came along is kept as it was.
    let third: Vec<_> = block.cells.iter().nth(2).unwrap().collect();
    assert_eq!(third, [&b"3"[..], b"two\nlines", b"inf"]);
}

#[test]
fn lines_are_counted_with_both_kinds_of_line_ends() {
    for end in ["\n", "\r\n"] {
        let text = ["fixed acidity,pH", "7,3", "x,3", "7,3", "7,y"].join(end);
        let block = read(&text).unwrap();
        assert_eq!(
            faults(&block),
            [(2, Some(3), "fixed acidity", "not_a_number"), (4, Some(5), "pH", "not_a_number")],
            "{end:?}"
        );
    }
}

#[test]
fn a_table_that_is_none_is_refused_whole() {
    let missing = |name: &str| (name.to_owned(), "missing_column");
    assert_eq!(codes(read("a,b\n1,2\n")), [missing("fixed acidity"), missing("pH")]);
    assert_eq!(codes(read("pH,PH,fixed acidity\n")), [("pH".to_owned(), "duplicate_column")]);
    assert_eq!(codes(read("")), [("body".to_owned(), "empty")]);
    assert_eq!(codes(read("1,2,3\n")), [("row".to_owned(), "wrong_width")]);
    assert_eq!(codes(read(b"PK\x03\x04\0\0")), [("body".to_owned(), "not_text")]);
    let wide = format!("pH{}\n", ",x".repeat(5000));
    assert_eq!(codes(read(wide)), [("header".to_owned(), "too_many_columns")]);
}

/// Endless text: what an unclosed quote would have one read.
struct Endless {
    n_read: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b'a');
        self.n_read += buffer.len();
        assert!(self.n_read < 4 * 1024 * 1024, "an unclosed quote is read on and on");
        Ok(buffer.len())
    }
}

#[test]
fn an_unclosed_quote_costs_little() {
    let head = &b"fixed acidity,pH\n7,3\n7,\"3\n"[..];
    let source = head.chain(Endless { n_read: 0 });
    let mut reader = Delimited::new(source, &inputs(), Limits::default()).unwrap();
    let found = reader.next_block(usize::MAX).map(Option::unwrap_or_default);
    assert_eq!(codes(found), [("line 3".to_owned(), "cell_too_large")]);
}

#[test]
fn rows_have_a_limit() {
    let limits = Limits { rows_max: 2, ..Limits::default() };
    let text = "fixed acidity,pH\n7,3\n7,3\n7,3\n".as_bytes();
    let mut reader = Delimited::new(text, &inputs(), limits).unwrap();
    let found = reader.next_block(usize::MAX).map(Option::unwrap_or_default);
    assert_eq!(codes(found), [("body".to_owned(), "too_many_rows")]);
}

#[test]
fn any_numbers_are_read_where_any_will_do() {
    let block = read_as("1,2\n3,4\n5,x\n", &any_numbers()).unwrap();
    assert_eq!(block.rows.iter().collect::<Vec<_>>(), [&[1.0, 2.0], &[3.0, 4.0]]);
    assert_eq!(faults(&block), [(3, Some(3), "column 2", "not_a_number")]);
    let block = read_as("a,b\n1,2\n", &any_numbers()).unwrap();
    assert_eq!(block.rows.len(), 1);
}

fn from_json(given: Given<'_>, inputs: &Inputs) -> Result<Block> {
    read_json(given, inputs, Limits::default()).map(|(_, block)| block)
}

#[test]
fn every_shape_of_json_is_read() {
    let value = json!({
        "records": [{"pH": 3, "fixed acidity": 7.5}, {"FIXED_ACIDITY": 7.5, "ph": 3.0, "id": "a"}],
        "lists": [[7.5, 3], [7.5, 3]],
        "columns": ["pH", "id", "fixed acidity"],
        "data": [[3, "x", 7.5], [3, null, 7.5]],
        "by_column": {"pH": [3, 3], "fixed acidity": [7.5, 7.5]},
        "row": [7.5, 3],
    });
    let list = |name: &str| value[name].as_array().unwrap().as_slice();
    for (given, n_rows) in [
        (Given::Rows(list("records")), 2),
        (Given::Rows(list("lists")), 2),
        (Given::Table { columns: list("columns"), data: list("data") }, 2),
        (Given::Columns(value["by_column"].as_object().unwrap()), 2),
        (Given::Rows(list("row")), 1),
    ] {
        let block = from_json(given, &inputs()).unwrap();
        assert_eq!(block.faults, [], "{given:?}");
        assert_eq!(block.rows.iter().collect::<Vec<_>>(), vec![[7.5, 3.0]; n_rows], "{given:?}");
    }
}

#[test]
fn bad_cells_of_json_are_named() {
    let rows = json!([
        {"pH": 3, "fixed acidity": 7},
        {"pH": "3", "fixed acidity": null},
        {"pH": 3},
        [7, 3, 1],
        "wine",
        {"pH": 15, "fixed acidity": [1]},
    ]);
    let block = from_json(Given::Rows(rows.as_array().unwrap()), &inputs()).unwrap();
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
        ]
    );
    assert_eq!((block.n_given(), block.rows.len()), (6, 1));
}

#[test]
fn rows_of_any_length_are_read_where_any_will_do() {
    let rows = json!([[1, 2], [3], []]);
    let block = from_json(Given::Rows(rows.as_array().unwrap()), &any_numbers()).unwrap();
    assert_eq!(block.rows.iter().collect::<Vec<_>>(), [&[1.0, 2.0][..], &[3.0]]);
    assert_eq!(faults(&block), [(3, None, "row", "too_few_cells")]);
}

/// JSON of any shape, small.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zA-Z ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("(pH|fixed acidity|[a-c])", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn assert_whole(block: &Block) {
    let n_bad = block.is_good.iter().filter(|good| !**good).count();
    assert_eq!(block.rows.len() + n_bad, block.n_given());
    assert_eq!(block.cells.len(), block.n_given());
    let mut rejected: Vec<u64> = block.faults.iter().map(|fault| fault.row).collect();
    rejected.dedup();
    assert!(rejected.is_sorted());
    let bad = (1..).zip(&block.is_good).filter(|(_, good)| !**good).map(|(row, _)| row);
    assert_eq!(rejected, bad.collect::<Vec<u64>>());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_losing_a_row(bytes in prop::collection::vec(
        prop_oneof![Just(b','), Just(b'\n'), Just(b'"'), Just(b'7'), Just(b'\r'), any::<u8>()],
        0..300,
    )) {
        let whole = [b"pH,fixed acidity\n".as_slice(), &bytes].concat();
        for text in [&bytes, &whole] {
            if let Ok(block) = read(text) {
                assert_whole(&block);
                // In blocks of any size it is the same table.
                let mut reader = Delimited::new(text.as_slice(), &inputs(), Limits::default())?;
                let mut rows = vec![];
                let mut next_row = 1;
                while let Some(block) = reader.next_block(3)? {
                    prop_assert_eq!(block.first_row, next_row);
                    next_row += block.n_given() as u64;
                    rows.extend(block.rows.iter().map(<[f64]>::to_vec));
                }
                let all: Vec<_> = block.rows.iter().map(<[f64]>::to_vec).collect();
                prop_assert_eq!(rows, all);
                let mut reader = Delimited::new(text.as_slice(), &inputs(), Limits::default())?;
                prop_assert_eq!(reader.count_rest()?, block.n_given() as u64);
            }
        }
    }

    #[test]
    fn any_json_is_read_without_losing_a_row(rows in prop::collection::vec(any_json(), 0..8)) {
        for inputs in [inputs(), any_numbers()] {
            if let Ok(block) = from_json(Given::Rows(&rows), &inputs) {
                assert_whole(&block);
            }
        }
    }

    #[test]
    fn numbers_survive_being_written_and_read(rows in prop::collection::vec(
        (0.0..100.0_f64, 0.0..14.0_f64), 1..20,
    )) {
        let lines: Vec<_> = rows.iter().map(|(a, b)| format!("{a},{b}")).collect();
        let text = format!("fixed acidity,pH\n{}\n", lines.join("\n"));
        let block = read(&text)?;
        let found: Vec<_> = block.rows.iter().map(|row| (row[0], row[1])).collect();
        prop_assert_eq!(found, rows);
    }
}
