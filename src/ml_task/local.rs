//! Predictions without a server: a table in, the table with its predictions out.

use std::io::{Read, Write};

use super::download::Table;
use super::form::{Form, Reading};
use super::prediction::predict;
use super::results::{LentOutcome, LentRow};
use crate::error::{Error, Result};
use crate::ml::intake::{Keeping, Limits, Portion};
use crate::ml_model::MLModel;
use crate::web::CsvText;

/// Rows that are predicted together.
const BLOCK: Portion = Portion { rows_max: 4096, bytes_max: 8 * 1024 * 1024, ..Portion::ALL };

/// Rows, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LocalTally {
    /// Rows that were given.
    pub n_given: u64,
    /// Rows that were predicted.
    pub n_predicted: u64,
}

/// Predicts a table and writes it with its predictions, block by block.
pub fn predict_locally<R: Read>(
    model: &dyn MLModel,
    source: R,
    out: &mut dyn Write,
) -> Result<LocalTally> {
    let limits = Limits { rows_max: u64::MAX, ..Limits::default() };
    let how = Reading { inputs: &model.schema().inputs, limits, keeping: Keeping::Cells };
    let mut opened = Form::Table.open_as(source, how)?;
    let names: Vec<_> = opened.layout().names().iter().map(ToString::to_string).collect();
    let table = Table::of(&names, model);
    let unwritable = |cause: std::io::Error| {
        Error::Unavailable(format!("the result cannot be written: {cause}"))
    };
    let mut text = CsvText::default();
    text.add(&table.header)?;
    let mut tally = LocalTally::default();
    while let Some(block) = opened.next_block(BLOCK)? {
        let outputs = predict(model, &block.rows)?;
        tally.n_given += block.n_given() as u64;
        tally.n_predicted += outputs.len() as u64;
        let (mut outputs, mut faults) = (outputs.iter(), &block.faults[..]);
        for (at, row) in (0..block.n_given()).zip(block.first_row..) {
            let n_mine = faults.iter().take_while(|fault| fault.row == row).count();
            let mine = faults.split_off(..n_mine).unwrap_or_default();
            let numbers = if block.is_good[at] { outputs.next() } else { None };
            let outcome = match numbers {
                Some(numbers) => LentOutcome::Predicted { inputs: &[], numbers },
                None => LentOutcome::Rejected(mine),
            };
            table.widths.write(LentRow { row, block: &block, at, outcome }, &mut text)?;
        }
        out.write_all(&std::mem::take(&mut text).finish()?).map_err(unwritable)?;
    }
    out.flush().map_err(unwritable)?;
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml_model::SimpleMLModel;

    fn predicted(table: &[u8]) -> Result<(Vec<u8>, LocalTally)> {
        let mut out = vec![];
        let tally = predict_locally(&SimpleMLModel::new(), table, &mut out)?;
        Ok((out, tally))
    }

    #[test]
    fn bytes_that_are_no_text_come_back_as_they_were() {
        let (out, tally) = predicted(b"a,b\n1,2\nCh\xe2teau,2\n=\xe2,2\n").unwrap();
        let expected = b"a,b,doubled,error\n1,2,2 4,\nCh\xe2teau,2,,a must be text in UTF-8\n\
            '=\xe2,2,,a must be text in UTF-8\n";
        assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(expected));
        assert_eq!(out, expected);
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
