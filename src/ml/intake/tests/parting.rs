//! Records are parted as the library parts them, whether they went through its automaton or not.

use super::*;

/// Gives so few bytes at a time.
struct Dripping<'a> {
    rest: &'a [u8],
    n_at_once: usize,
}

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.n_at_once.min(buffer.len()).min(self.rest.len());
        let (now, later) = self.rest.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.rest = later;
        Ok(n)
    }
}

/// The cells of each record, as the library tells them.
fn parted(text: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.delimiter(delimiter).has_headers(false).flexible(true).from_reader(text);
    let records = reader.into_byte_records().map(|record| record.expect("it is in memory"));
    records.map(|record| record.iter().map(<[u8]>::to_vec).collect()).collect()
}

fn rows_of_cells(cells: &Cells) -> Vec<Vec<Vec<u8>>> {
    let row = |place| cells.row(place).map(|(_, cell)| cell.to_vec()).collect();
    (0..cells.len()).map(row).collect()
}

/// Text with much in it that parts cells and records.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let letter = prop_oneof![
        4 => Just(b"7".to_vec()),
        3 => Just(b",".to_vec()),
        2 => Just(b"\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"\"".to_vec()),
        1 => Just(b"\"\"".to_vec()),
        1 => Just(b"\"a,\n\"".to_vec()),
        1 => Just("\u{feff}".as_bytes().to_vec()),
        1 => Just(b";".to_vec()),
        1 => Just(b"\xe2".to_vec()),
    ];
    prop::collection::vec(letter, 0..80).prop_map(|letters| letters.concat())
}

proptest! {
    #[test]
    fn cells_are_those_of_the_library(
        text in any_text(),
        n_at_once in 1..20_usize,
        n_before in prop_oneof![Just(100), Just(10_921), Just(10_922)],
        n in 1..40_usize,
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|')],
    ) {
        // Of the longer beginnings, the last row ends where the first piece does, or near there.
        let mut text = [&b"1,2,3\n".repeat(n_before), &text[..]].concat();
        for byte in &mut text {
            if *byte == b',' {
                *byte = delimiter;
            } else if *byte == delimiter {
                *byte = b',';
            }
        }
        let drip = Dripping { rest: &text, n_at_once };
        let mut reader = table(drip, &any_numbers())?;
        let (mut found, mut ended) = (vec![], Ok(()));
        loop {
            match reader.next_cells(rows_of(n)) {
                Ok(Some(cells)) => found.extend(rows_of_cells(&cells)),
                Ok(None) => break,
                Err(failure) => {
                    ended = Err(failure);
                    break;
                }
            }
        }
        let told = parted(&text, delimiter);
        if ended.is_ok() {
            prop_assert_eq!(&found, &told);
        } else {
            // A quote that is left open, which the library closes at the end.
            prop_assert!(told.starts_with(&found));
        }
        // Passed, they are as many.
        let counted = table(&text[..], &any_numbers())?.count_rest();
        prop_assert_eq!(counted.is_ok(), ended.is_ok());
        prop_assert!(ended.is_err() || counted? == told.len() as u64);
        // What is read beside its cells has the same.
        if let Ok(block) = read_as(&text, &any_numbers()) {
            prop_assert_eq!(rows_of_cells(block.cells().unwrap()), told);
        }
    }
}

#[test]
fn a_row_that_is_wider_than_any_before_has_all_its_cells() {
    let wide: Vec<_> = (0..300).map(|n: u32| n.to_string()).collect();
    let text = format!("1,2\n{0}\n3,4\n{0}\n", wide.join(","));
    let cells = table(text.as_bytes(), &any_numbers()).unwrap().next_cells(Portion::ALL);
    let found = rows_of_cells(&cells.unwrap().unwrap());
    assert_eq!(found, parted(text.as_bytes(), b','));
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [2, 300, 2, 300]);
}

#[test]
fn of_a_row_that_is_too_wide_the_first_cells_are_kept() {
    let most = Limits::default().columns_max;
    for n_cells in [most - 1, most, most + 1, most + 900] {
        let wide: Vec<_> = (0..n_cells).map(|n| n.to_string()).collect();
        let (plain, quoted) = (wide.join(","), wide.join(",").replacen("0,", "\"0\",", 1));
        let text = format!("1,2\n{plain}\n{quoted}\n{plain}\n3,4\n");
        let cells = table(text.as_bytes(), &any_numbers()).unwrap().next_cells(Portion::ALL);
        let mut told = parted(text.as_bytes(), b',');
        for row in &mut told {
            row.truncate(most);
        }
        assert!(rows_of_cells(&cells.unwrap().unwrap()) == told, "{n_cells} cells");
        let n_faults = if n_cells > most { 3 } else { 0 };
        assert_eq!(read_as(&text, &any_numbers()).unwrap().faults.len(), n_faults, "{n_cells}");
    }
}

#[test]
fn a_mark_is_passed_at_the_beginning_alone() {
    for before in ["\u{feff}", "\u{feff}\u{feff}", "\n\u{feff}", "\u{feff}\r\n\n\u{feff}\r\n"] {
        let text = format!("{before}a,b\n1,2\n\u{feff}\"1\",2\n");
        let mut reader = table(text.as_bytes(), &any_numbers()).unwrap();
        assert_eq!(reader.layout().names(), ["a", "b"], "{before:?}");
        let cells = reader.next_cells(Portion::ALL).unwrap().unwrap();
        assert_eq!(rows_of_cells(&cells)[1], [&b"\xef\xbb\xbf\"1\""[..], b"2"]);
        let n_lines = before.matches('\n').count() as u64 + 3;
        let found = read_as(&text, &any_numbers()).unwrap();
        assert_eq!(found.faults[0].line, Some(n_lines), "{before:?}");
    }
}
