//! Predictions without a server: a table in, the table with its predictions out.

use std::io::{Read, Write};

use super::download::{Table, cells_of};
use super::form::Form;
use super::prediction::predict;
use super::results::{ResultRow, RowOutcome};
use crate::error::{Error, Result};
use crate::ml::intake::{Block, Limits};
use crate::ml_model::MLModel;
use crate::web::csv_rows;

/// Rows that are predicted together.
const BLOCK_ROWS: usize = 4096;

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
    let mut opened = Form::Table.open(source, &model.schema().inputs, limits)?;
    let table = Table::of(opened.layout().names(), model);
    let unwritable = |cause: std::io::Error| {
        Error::Unavailable(format!("the result cannot be written: {cause}"))
    };
    let head = csv_rows([table.header])?;
    out.write_all(head.as_bytes()).map_err(unwritable)?;
    let mut tally = LocalTally::default();
    while let Some(block) = opened.next_block(BLOCK_ROWS)? {
        let outputs = predict(model, &block.rows)?;
        tally.n_given += block.n_given() as u64;
        tally.n_predicted += outputs.len() as u64;
        let mut outputs = outputs.iter().map(<[f64]>::to_vec);
        let rows = rows_of(&block, &mut outputs).map(|row| cells_of(row, table.widths));
        out.write_all(csv_rows(rows)?.as_bytes()).map_err(unwritable)?;
    }
    out.flush().map_err(unwritable)?;
    Ok(tally)
}

/// Each row of a block with what came of it.
fn rows_of<'a>(
    block: &'a Block,
    outputs: &'a mut dyn Iterator<Item = Vec<f64>>,
) -> impl Iterator<Item = ResultRow> + 'a {
    let mut faults = block.faults.iter().peekable();
    (block.first_row..).zip(block.cells.iter().zip(&block.is_good)).map(
        move |(row, (cells, good))| {
            let cells = cells.map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
            let mut mine = vec![];
            while let Some(fault) = faults.next_if(|fault| fault.row == row) {
                mine.push(fault.clone());
            }
            let numbers = if *good { outputs.next() } else { None };
            let outcome = match numbers {
                Some(numbers) => RowOutcome::Predicted { inputs: vec![], numbers },
                None => RowOutcome::Rejected(mine),
            };
            ResultRow { row, cells, outcome }
        },
    )
}
