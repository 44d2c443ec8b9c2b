//! Tables as people send them: what is read, what is rejected and why, and that no row is ever
//! lost.

mod json;
mod parting;
mod whole;

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
    let mut reader = table(text.as_ref(), inputs)?;
    let block = reader.next_block(Portion::ALL)?.unwrap_or_default();
    assert_eq!(reader.n_rows(), block.n_given() as u64);
    assert!(reader.is_at_end()?);
    Ok(block)
}

fn table<R: Read>(source: R, inputs: &Inputs) -> Result<Delimited<R>> {
    Delimited::new(source, inputs, Limits::default(), Keeping::Cells)
}

fn rows_of(n: usize) -> Portion {
    Portion { rows_max: n, bytes_max: usize::MAX, ..Portion::ALL }
}

/// The cells of a record, without their columns.
fn cells(block: &Block, place: usize) -> Vec<&[u8]> {
    let cells = block.cells().expect("cells are kept");
    cells.row(place).map(|(_, cell)| cell).collect()
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
    assert_eq!(cells(&block, 2), [&b"3"[..], b"two\nlines", b"inf"]);
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
    assert_eq!(codes(read("")), [("rows".to_owned(), "empty")]);
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
    let mut reader = table(source, &inputs()).unwrap();
    let found = reader.next_block(Portion::ALL).map(Option::unwrap_or_default);
    assert_eq!(lines(found), [("row_too_large", Some(3))]);
}

/// The codes and lines of what is wrong with the whole.
fn lines(found: Result<Block>) -> Vec<(&'static str, Option<u64>)> {
    let Err(Error::Invalid(issues)) = found else { panic!("{found:?}") };
    issues.all().iter().map(|issue| (issue.code, issue.line)).collect()
}

#[test]
fn an_unclosed_quote_is_told_with_its_line() {
    let good = "7,3\n".repeat(500);
    for (text, line) in [
        (format!("fixed acidity,pH\n7,3\n\"7,3\n{good}"), 3),
        (format!("fixed acidity,pH\r\n7,3\r\n7,\"3\r\n{good}"), 3),
        ("fixed acidity,pH\n\n\"7\n,3".to_owned(), 3),
        ("fixed acidity,pH\n\"7".to_owned(), 2),
        ("fixed acidity,pH\n\"".to_owned(), 2),
        ("fixed acidity,pH\n\"7\n\n\",\"3\n".to_owned(), 4),
        ("\"fixed acidity,pH\n7,3\n".to_owned(), 1),
    ] {
        let expected = [("unclosed_quote", Some(line))];
        assert_eq!(lines(read(&text)), expected, "{text:?}");
        // Whoever counts is told the same, so that nobody pays for rows that are none.
        let counted = table(text.as_bytes(), &inputs()).and_then(|mut t| t.count_rest());
        assert_eq!(lines(counted.map(|_| Block::default())), expected, "{text:?}");
    }
    let closed = read("fixed acidity,pH\n\"7\",\"3\"").unwrap();
    assert_eq!(closed.rows.len(), 1);
}

#[test]
fn the_line_of_a_row_is_where_it_begins() {
    for end in ["\n", "\r\n", "\r"] {
        let rows =
            ["note,fixed acidity,pH", "\"a\nb\",x,3", "", "\"c\r\nd\",x,3", "e,x,3", "f,x,3"];
        for last in ["", end] {
            let text = rows.join(end) + last;
            let block = read(&text).unwrap();
            let lines: Vec<_> = block.faults.iter().map(|f| f.line.unwrap()).collect();
            assert_eq!(lines, [2, 5, 7, 8], "{text:?}");
        }
    }
}

#[test]
fn a_cell_that_is_too_large_rejects_its_row() {
    let page = "x".repeat(64 * 1024 + 1);
    let text = format!("note,fixed acidity,pH\na,7,3\n{page},7,3\nb,{page},3\nc,7,3\n");
    let block = read(&text).unwrap();
    assert_eq!(
        faults(&block),
        [(2, Some(3), "note", "cell_too_large"), (3, Some(4), "fixed acidity", "cell_too_large")]
    );
    assert!(block.faults.iter().all(|fault| fault.value.as_ref().unwrap().len() < 100));
    assert_eq!(block.is_good, [true, false, false, true]);
}

#[test]
fn a_row_that_is_much_too_wide_is_rejected_alone() {
    for n in [3, 64, 65, 4095, 4096, 4097, 9000] {
        let text = format!("fixed acidity,pH\n7,3\n{}7\n7,3\n", "7,".repeat(n - 1));
        let block = read(&text).unwrap();
        assert_eq!(faults(&block), [(2, Some(3), "row", "too_many_cells")], "{n}");
        assert!(block.faults[0].message.contains(&format!("has {n} cells")));
        assert_eq!(block.rows.len(), 2);
    }
}

#[test]
fn semicolons_with_decimal_commas_need_no_header() {
    for inputs in [inputs(), any_numbers()] {
        let block = read_as("7,4;3,5\n7,4;3,5\n", &inputs).unwrap();
        assert_eq!(block.rows.iter().collect::<Vec<_>>(), [[7.4, 3.5], [7.4, 3.5]]);
    }
}

#[test]
fn rows_have_a_limit() {
    let limits = Limits { rows_max: 2, ..Limits::default() };
    let text = "fixed acidity,pH\n7,3\n7,3\n7,3\n".as_bytes();
    let open = || Delimited::new(text, &inputs(), limits, Keeping::Numbers).unwrap();
    let found = open().next_block(Portion::ALL).err();
    let counted = open().count_rest().err();
    for refused in [found, counted] {
        assert!(matches!(refused, Some(Error::TooManyRows { rows_max: 2 })), "{refused:?}");
    }
}

#[test]
fn a_header_without_rows_is_empty_to_whoever_reads_it() {
    let open = || table("fixed acidity,pH\n".as_bytes(), &inputs()).unwrap();
    let empty = [("rows".to_owned(), "empty")];
    assert_eq!(codes(open().next_block(rows_of(5)).map(Option::unwrap_or_default)), empty);
    assert_eq!(codes(open().count_rest().map(|_| Block::default())), empty);
}

#[test]
fn a_block_ends_when_it_is_full() {
    let text =
        format!("note,fixed acidity,pH\n{}", format!("{},7,3\n", "x".repeat(1000)).repeat(99));
    let portion = Portion { rows_max: 50, bytes_max: 10_000, ..Portion::ALL };
    for (keeping, n_rows) in [(Keeping::Cells, 10), (Keeping::Numbers, 50)] {
        let mut reader =
            Delimited::new(text.as_bytes(), &inputs(), Limits::default(), keeping).unwrap();
        let block = reader.next_block(portion).unwrap().unwrap();
        assert_eq!(block.n_given(), n_rows, "{keeping:?}");
        assert!(block.n_bytes() < 12_000);
        assert!(!reader.is_at_end().unwrap());
    }
    // Faults take room, too.
    let text = format!("fixed acidity,pH\n{}", "x,y\n".repeat(5000));
    let mut reader = table(text.as_bytes(), &inputs()).unwrap();
    let block = reader
        .next_block(Portion { rows_max: 5000, bytes_max: 50_000, ..Portion::ALL })
        .unwrap()
        .unwrap();
    assert!((50..500).contains(&block.n_given()), "{}", block.n_given());
}

#[test]
fn where_faults_end_no_block_each_bad_row_is_told() {
    let text = format!("fixed acidity,pH\n{}", "x,y\n".repeat(5000));
    let portion = Portion { bytes_max: 4_000_000, fault_bytes_max: Some(50_000), ..Portion::ALL };
    let (limits, keeping) = (Limits::default(), Keeping::Numbers);
    let mut reader = Delimited::new(text.as_bytes(), &inputs(), limits, keeping).unwrap();
    let block = reader.next_block(portion).unwrap().unwrap();
    assert_eq!((block.n_given(), reader.is_at_end().unwrap()), (5000, true));
    let n_of = |row: u64| block.faults.iter().filter(|fault| fault.row == row).count();
    assert_eq!(((1..=5000).filter(|row| n_of(*row) == 0).count(), n_of(1), n_of(5000)), (0, 2, 1));
    let last = &block.faults.last().unwrap().message;
    assert!(last.ends_with("must be a number; 1 more are wrong with this row"), "{last}");
}

#[test]
fn of_a_row_with_very_many_faults_some_are_told() {
    let text =
        format!("{}\n{}\n1{}\n", vec!["a"; 4000].join(","), ",".repeat(3999), ",1".repeat(3999));
    let block = read_as(text, &any_numbers()).unwrap();
    assert_eq!((block.faults.len(), block.rows.len()), (FAULTS_MAX, 1));
    let last = &block.faults[FAULTS_MAX - 1].message;
    assert!(last.ends_with("; 3936 more are wrong with this row"), "{last}");
}

#[test]
fn bounds_are_told_in_few_digits() {
    let inputs = Inputs::Numbers(Range::new(f64::MIN / 2.0, f64::MAX / 2.0));
    let block = read_as("1\n1e308\n", &inputs).unwrap();
    assert_eq!(block.faults[0].message, "must be from -8.99e307 to 8.99e307");
    assert_eq!(block.faults[0].value.as_deref(), Some("1e308"));
    let block = read("7,3\n7,14.5\n").unwrap();
    assert_eq!(block.faults[0].message, "must be from 0 to 14");
}

#[test]
fn any_numbers_are_read_where_any_will_do() {
    let block = read_as("1,2\n3,4\n5,x\n", &any_numbers()).unwrap();
    assert_eq!(block.rows.iter().collect::<Vec<_>>(), [&[1.0, 2.0], &[3.0, 4.0]]);
    assert_eq!(faults(&block), [(3, Some(3), "column 2", "not_a_number")]);
    let block = read_as("a,b\n1,2\n", &any_numbers()).unwrap();
    assert_eq!(block.rows.len(), 1);
}

#[test]
fn rows_of_any_numbers_may_have_any_length() {
    for text in ["1,2,3\n4\n5,6,7,8\n", "1;2;3\n4\n5;6;7;8\n", "a;b;c\n1;2;3\n4\n5;6;7;8"] {
        let block = read_as(text, &any_numbers()).unwrap();
        assert_eq!(faults(&block), [], "{text}");
        let rows: Vec<_> = block.rows.iter().collect();
        assert_eq!(rows, [&[1.0, 2.0, 3.0][..], &[4.0], &[5.0, 6.0, 7.0, 8.0]], "{text}");
    }
    let found = read_as("a,b\n1,\n\"\"\n1,2,x\n", &any_numbers()).unwrap();
    let expected = [
        (1, Some(2), "b", "missing"),
        (2, Some(3), "a", "missing"),
        (3, Some(4), "column 3", "not_a_number"),
    ];
    assert_eq!(faults(&found), expected);
    let found = read_as("column 2\n1,x\n", &any_numbers()).unwrap();
    assert_eq!(faults(&found), [(1, Some(2), "column 2′", "not_a_number")]);
    // What parts the names parts the cells, where one of them has a decimal comma.
    let block = read_as("x;y\n7,4\n3,5;1\n", &any_numbers()).unwrap();
    assert_eq!(block.rows.iter().collect::<Vec<_>>(), [&[7.4][..], &[3.5, 1.0]]);
    // A column may be named as its sender likes, and is not repeated as often as it has faults.
    let named = format!("{}\n{}", "n".repeat(60_000), "x\n".repeat(50));
    let named = read_as(named, &any_numbers());
    assert!(named.unwrap().faults.iter().all(|fault| fault.field.len() < 100));
    let wide = format!("1\n{}1\n", "1,".repeat(4096));
    let block = read_as(&wide, &any_numbers()).unwrap();
    assert_eq!(faults(&block), [(2, Some(2), "row", "too_many_cells")]);
    // Each cell has a column of its own.
    for (text, names) in [
        ("1\n2,3\n", &["column 1", "column 2"][..]),
        ("a\n1\n2,3", &["a", "column 2"]),
        ("column 2\n1\n2,3", &["column 2", "column 2′"]),
        (&wide, &["column 1"]),
    ] {
        let reader = table(text.as_bytes(), &any_numbers()).unwrap();
        assert_eq!(reader.layout().names(), names, "{text}");
    }
}
