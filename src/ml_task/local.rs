//! Predictions without a server: rows in, a table with their predictions out.

use std::io::{BufReader, Cursor, Read, Write};
use std::mem;

use super::download::{Table, Widths};
use super::flow::flow;
use super::form::{Form, Introduction, Opened, Reading};
use super::prediction::{predict, write_lines};
use super::results::Stretch;
use crate::error::{Error, Result};
use crate::ml::intake::{Block, Fault, Keeping, Limits};
use crate::ml_model::MLModel;
use crate::web::CsvText;

/// Rows, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LocalTally {
    /// Rows that were given.
    pub n_given: u64,
    /// Rows that were predicted.
    pub n_predicted: u64,
}

/// What stands before some texts in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// So much of a text says what it is.
const HEAD_BYTES: u64 = 1024;

/// In what rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// A table as text.
    Table,
    /// JSON, in one of its forms.
    Json,
}

impl Writing {
    /// What the beginning of a text looks like.
    fn of(head: &[u8]) -> Self {
        let head = head.strip_prefix(MARK).unwrap_or(head);
        match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{' | b'[') => Self::Json,
            _ => Self::Table,
        }
    }
}

/// Predicts rows and writes them as a table with their predictions, block by block. How they are
/// written is seen from their beginning, if it is not known. `rejected` is told every fault.
pub fn predict_locally<'s>(
    model: &dyn MLModel,
    source: impl Read + Send + 's,
    writing: Option<Writing>,
    out: &mut dyn Write,
    mut rejected: impl FnMut(&Fault) -> Result<()>,
) -> Result<LocalTally> {
    let limits = Limits { rows_max: u64::MAX, ..Limits::default() };
    let how = Reading { inputs: &model.schema().inputs, limits, keeping: Keeping::Cells };
    let mut opened = open(source, writing, how)?;
    let names: Vec<_> = opened.layout().names().iter().map(ToString::to_string).collect();
    let table = Table::of(&names, model);
    let unwritable = |cause: std::io::Error| {
        Error::Unavailable(format!("the result cannot be written: {cause}"))
    };
    let mut header = CsvText::default();
    header.add(&table.header);
    // Written with the first rows, so that nothing is where there are none.
    let mut header = header.finish();
    let mut tally = LocalTally::default();
    let next = |portion| opened.next_block(portion);
    let worker = || |block| piece_of(block, model, table.widths);
    flow(next, worker, |piece| {
        piece.faults.iter().try_for_each(&mut rejected)?;
        tally.n_given += piece.tally.n_given;
        tally.n_predicted += piece.tally.n_predicted;
        out.write_all(&mem::take(&mut header)).map_err(unwritable)?;
        out.write_all(&piece.text).map_err(unwritable)
    })?;
    out.flush().map_err(unwritable)?;
    Ok(tally)
}

/// What came of a block.
struct Piece {
    text: Vec<u8>,
    faults: Vec<Fault>,
    tally: LocalTally,
}

fn piece_of(mut block: Block, model: &dyn MLModel, widths: Widths) -> Result<Piece> {
    let outputs = predict(model, &block.rows)?;
    let (n_given, n_predicted) = (block.n_given() as u64, outputs.len() as u64);
    let (mut lines, mut text) = (String::new(), CsvText::default());
    write_lines(&outputs, &mut lines);
    let faults = mem::take(&mut block.faults);
    let first_row = block.first_row;
    let cells = block.into_cells().unwrap_or_default();
    let stretch = Stretch { first_row, cells, faults, lines: Some(lines) };
    widths.write(&stretch, &mut text)?;
    let tally = LocalTally { n_given, n_predicted };
    Ok(Piece { text: text.finish(), faults: stretch.faults, tally })
}

/// Begins to read.
fn open<'s>(
    source: impl Read + Send + 's,
    writing: Option<Writing>,
    how: Reading<'_>,
) -> Result<Opened<'static, Box<dyn Read + Send + 's>>> {
    let mut source = source;
    // A pipe gives as little as it likes at a time.
    let mut head = vec![];
    source.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(Error::internal)?;
    let writing = writing.unwrap_or_else(|| Writing::of(&head));
    let mut source = BufReader::new(Cursor::new(head).chain(source));
    if writing == Writing::Table {
        return Form::Table.open_as(Box::new(source), how);
    }
    let mut text = vec![];
    source.read_to_end(&mut text).map_err(Error::internal)?;
    if text.starts_with(MARK) {
        text.drain(..MARK.len());
    }
    let Introduction { form, .. } = Introduction::of_file(&text)?;
    form.open_as(Box::new(Cursor::new(text)), how)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml_model::SimpleMLModel;

    fn predicted(table: &[u8]) -> Result<(Vec<u8>, LocalTally)> {
        let mut out = vec![];
        let model = SimpleMLModel::new();
        let tally = predict_locally(&model, table, None, &mut out, |_| Ok(()))?;
        Ok((out, tally))
    }

    #[test]
    fn json_is_read_in_every_form() {
        for text in [
            r#"{"records": [{"a": 1, "b": 2}, {"a": "x", "b": 3}]}"#,
            r#"{"model": "simple", "columns": ["a", "b"], "data": [[1, 2], ["x", 3]]}"#,
            r#"[{"a": 1, "b": 2}, {"a": "x", "b": 3}]"#,
            "\u{feff}\n [{\"a\": 1, \"b\": 2}, {\"a\": \"x\", \"b\": 3}] ",
            r#"{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], ["x", 3]]}}"#,
        ] {
            let (out, tally) = predicted(text.as_bytes()).unwrap();
            let expected = "a,b,doubled,error\n1,2,2 4,\nx,3,,a must be a number\n";
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{text}");
            assert_eq!(tally, LocalTally { n_given: 2, n_predicted: 1 });
        }
        let (out, _) = predicted(b"[[1], [2, 3]]").unwrap();
        let expected = "column 1,column 2,doubled,error\n1,,2,\n2,3,4 6,\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        for broken in ["[[1], [2]", "[[1]] [[2]]", "{\"rows\": [[1]]", "{\"cells\": [[1]]}", "[]"] {
            assert!(matches!(predicted(broken.as_bytes()), Err(Error::Invalid(_))), "{broken}");
        }
    }

    #[test]
    fn every_fault_is_told() {
        let mut told = vec![];
        let tell = |fault: &Fault| {
            told.push((fault.row, fault.line, fault.field.clone()));
            Ok(())
        };
        let (table, model) = (&b"a,b\n1,2\nx,y\n"[..], SimpleMLModel::new());
        predict_locally(&model, table, Some(Writing::Table), &mut vec![], tell).unwrap();
        assert_eq!(told, [(2, Some(3), "a".to_owned()), (2, Some(3), "b".to_owned())]);
        // What is called a table is none because of how it begins, and the other way round.
        let as_table = |text: &[u8], writing| {
            predict_locally(&model, text, Some(writing), &mut vec![], |_| Ok(()))
        };
        assert!(as_table(b"[a],b\n1,2\n", Writing::Table).is_ok());
        assert!(as_table(b"a,b\n1,2\n", Writing::Json).is_err());
    }

    #[test]
    fn bytes_of_older_files_come_back_as_letters() {
        let (out, tally) = predicted(b"\xe2ge,b\n1,2\nCh\xe2teau,2\n=\xe2,2\n").unwrap();
        let expected = "âge,b,doubled,error\n1,2,2 4,\nChâteau,2,,âge must be text in UTF-8\n\
            '=â,2,,âge must be text in UTF-8\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(tally, LocalTally { n_given: 3, n_predicted: 1 });
    }

    #[test]
    fn rows_of_any_length_are_columns_side_by_side() {
        let (out, tally) = predicted(b"a,b\n1,2,3,4\n1\n").unwrap();
        let expected = "a,b,column 3,column 4,doubled,error\n1,2,3,4,2 4 6 8,\n1,,,,2,\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(tally, LocalTally { n_given: 2, n_predicted: 2 });
    }

    #[test]
    fn what_is_wider_than_the_beginning_stands_together_in_the_last_column() {
        let table = format!("1,2\n{}1,2,3,4\n", "1,2\n".repeat(20_000));
        let (out, tally) = predicted(table.as_bytes()).unwrap();
        let last = String::from_utf8(out).unwrap().lines().last().map(str::to_owned);
        assert_eq!(last.as_deref(), Some("1,2 3 4,2 4 6 8,"));
        assert_eq!(tally, LocalTally { n_given: 20_002, n_predicted: 20_002 });
    }

    #[test]
    fn a_quote_without_an_end_fails_the_table() {
        let failed = predicted(b"a,b\n1,2\n\"3,4\n5,6\n").unwrap_err().to_string();
        assert!(failed.contains("line 3"), "{failed}");
    }
}
