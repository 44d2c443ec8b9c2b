//! Whatever is sent, and however it is cut into blocks: no row is lost, and none comes twice.

use super::json::{from_json, json_reader, rows_in};
use super::*;

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
                prop_assert!(lean.cells().is_none());
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
