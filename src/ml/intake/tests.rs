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
    Portion { rows_max: n, bytes_max: usize::MAX }
}

/// The cells of a record, without their columns.
fn cells(block: &Block, place: usize) -> Vec<&[u8]> {
    block.cells_of(place).map(|(_, cell)| cell).collect()
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
    let found = open().next_block(Portion::ALL).map(Option::unwrap_or_default);
    assert_eq!(codes(found), [("rows".to_owned(), "too_many_rows")]);
    let counted = open().count_rest().map(|_| Block::default());
    assert_eq!(codes(counted), [("rows".to_owned(), "too_many_rows")]);
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
    let portion = Portion { rows_max: 50, bytes_max: 10_000 };
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
    let block = reader.next_block(Portion { rows_max: 5000, bytes_max: 50_000 }).unwrap().unwrap();
    assert!((50..500).contains(&block.n_given()), "{}", block.n_given());
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

fn json_reader<'t>(
    text: &'t str,
    inputs: &Inputs,
    find: impl FnOnce(&str) -> Given<'_>,
) -> Result<Json<'t>> {
    Json::new(text.into(), inputs, Limits::default(), Keeping::Cells, |text| Ok(find(text)))
}

fn rows_in(text: &str) -> Given<'_> {
    Given::Rows(text)
}

fn columns_in(text: &str) -> Given<'_> {
    Given::Columns(text)
}

/// Reads a list of rows.
fn from_json(rows: impl AsRef<str>, inputs: &Inputs) -> Result<Block> {
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
    let third: Vec<_> = block.cells_of(2).collect();
    assert_eq!(third, [(0, &b"7"[..]), (1, b"3"), (2, b"a\n")]);
}

#[test]
fn cells_that_are_not_there_take_no_room() {
    let wide: Vec<_> = (0..4000).map(|n| format!("\"{n}\":{n}")).collect();
    let rows = format!("[{{{}}}{}]", wide.join(","), ",{}".repeat(100_000));
    let mut reader = json_reader(&rows, &inputs(), rows_in).unwrap();
    assert_eq!(reader.layout().names().len(), 4002);
    let (mut n_given, mut n_bytes_max) = (0, 0);
    let portion = Portion { rows_max: usize::MAX, bytes_max: 1_000_000 };
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
    assert_eq!(block.row() - block.first_row, block.n_given() as u64);
    let mut rejected: Vec<u64> = block.faults.iter().map(|fault| fault.row).collect();
    rejected.dedup();
    assert!(rejected.is_sorted());
    let bad =
        (block.first_row..).zip(&block.is_good).filter(|(_, good)| !**good).map(|(row, _)| row);
    assert_eq!(rejected, bad.collect::<Vec<u64>>());
}

fn all<T: Clone>(blocks: &[Block], part: impl Fn(&Block) -> Vec<T>) -> Vec<T> {
    blocks.iter().flat_map(part).collect()
}

/// What is left of a table read in blocks, whatever their size.
fn assert_same(blocks: &[Block], whole: &Block) {
    let mut next_row = 1;
    for block in blocks {
        assert_eq!(block.first_row, next_row);
        next_row += block.n_given() as u64;
        assert_whole(block);
    }
    let rows = |block: &Block| block.rows.iter().map(<[f64]>::to_vec).collect::<Vec<_>>();
    assert_eq!(all(blocks, rows), rows(whole));
    assert_eq!(all(blocks, |b| b.faults.clone()), whole.faults);
    assert_eq!(all(blocks, |b| b.is_good.clone()), whole.is_good);
    let kept = |b: &Block| (0..b.n_given()).map(|at| cells(b, at).concat()).collect::<Vec<_>>();
    assert_eq!(all(blocks, kept), kept(whole));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_losing_a_row(bytes in prop::collection::vec(
        prop_oneof![Just(b','), Just(b'\n'), Just(b'"'), Just(b'7'), Just(b'\r'), any::<u8>()],
        0..300,
    ), n in 1_usize..5) {
        let whole = [b"pH,fixed acidity\n".as_slice(), &bytes].concat();
        for text in [&bytes, &whole] {
            if let Ok(block) = read(text) {
                assert_whole(&block);
                // In blocks of any size it is the same table.
                let mut reader = table(text.as_slice(), &inputs())?;
                let mut blocks = vec![];
                while let Some(block) = reader.next_block(rows_of(n))? {
                    blocks.push(block);
                }
                assert_same(&blocks, &block);
                let n_given = block.n_given() as u64;
                prop_assert_eq!(table(text.as_slice(), &inputs())?.count_rest()?, n_given);
                let mut reader = table(text.as_slice(), &inputs())?;
                reader.skip(1)?;
                let rest = reader.next_block(Portion::ALL)?;
                prop_assert_eq!(rest.map_or(0, |b| b.n_given() as u64), n_given - 1);
            }
        }
    }

    #[test]
    fn lines_are_those_of_the_text(
        cells in prop::collection::vec("[a\n\r]{0,4}", 1..12),
        is_windows in any::<bool>(),
    ) {
        let end = if is_windows { "\r\n" } else { "\n" };
        let mut text = "fixed acidity,pH".to_owned() + end;
        let mut lines = vec![];
        for cell in &cells {
            let so_far = text.replace("\r\n", "\n").replace('\r', "\n");
            lines.push(so_far.matches('\n').count() as u64 + 1);
            text.extend(["\"", cell, "\",x", end]);
        }
        let block = read(&text)?;
        let mut found: Vec<_> = block.faults.iter().map(|fault| fault.line.unwrap()).collect();
        found.dedup();
        prop_assert_eq!(found, lines, "{:?}", text);
    }

    #[test]
    fn any_json_is_read_without_losing_a_row(
        rows in prop::collection::vec(any_json(), 0..8),
        n in 1_usize..4,
    ) {
        let text = Value::from(rows.clone()).to_string();
        for inputs in [inputs(), any_numbers()] {
            if let Ok(block) = from_json(&text, &inputs) {
                assert_whole(&block);
                let is_one = rows.iter().all(Value::is_number);
                prop_assert_eq!(block.n_given(), if is_one { 1 } else { rows.len() });
                let mut reader = json_reader(&text, &inputs, rows_in)?;
                let mut blocks = vec![];
                while let Some(block) = reader.next_block(rows_of(n))? {
                    blocks.push(block);
                }
                assert_same(&blocks, &block);
                let counted = json_reader(&text, &inputs, rows_in)?.count_rest()?;
                prop_assert_eq!(counted, block.n_given() as u64);
                // Rows are the same whether their cells are kept or not.
                let limits = Limits::default();
                let keeping = Keeping::Numbers;
                let mut reader =
                    Json::new(text.as_str().into(), &inputs, limits, keeping, |text| {
                        Ok(Given::Rows(text))
                    })?;
                let lean = reader.next_block(Portion::ALL)?.unwrap_or_default();
                prop_assert_eq!((&lean.rows, &lean.faults), (&block.rows, &block.faults));
                prop_assert!((0..lean.n_given()).all(|at| lean.cells_of(at).next().is_none()));
            }
        }
    }

    #[test]
    fn the_same_rows_are_the_same_in_every_form(rows in prop::collection::vec(
        (
            prop_oneof![Just(None), (-20.0..120.0_f64).prop_map(Some)],
            prop_oneof![Just(None), (-20.0..20.0_f64).prop_map(Some), Just(Some(f64::MAX))],
        ),
        1..20,
    )) {
        let cell = |x: &Option<f64>| x.map(|x| x.to_string()).unwrap_or_default();
        let lines: Vec<_> = rows.iter().map(|(a, b)| format!("{},{}", cell(a), cell(b))).collect();
        let from_csv = read(format!("fixed acidity,pH\n{}\n", lines.join("\n")))?;
        let records: Value =
            rows.iter().map(|(a, b)| json!({"fixed acidity": a, "pH": b})).collect();
        let lists: Value = rows.iter().map(|(a, b)| json!([a, b])).collect();
        for text in [records.to_string(), lists.to_string()] {
            let from_json = from_json(&text, &inputs())?;
            prop_assert_eq!(&from_json.rows, &from_csv.rows);
            let codes = |block: &Block| {
                let code = |f: &Fault| (f.row, f.field.clone(), f.code.clone(), f.message.clone());
                block.faults.iter().map(code).collect::<Vec<_>>()
            };
            prop_assert_eq!(codes(&from_json), codes(&from_csv));
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
