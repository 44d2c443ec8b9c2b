//! Asking a model about a block of rows, and putting its answers down as text: a line of numbers
//! for every row that was predicted.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result};
use crate::ml::rows::Rows;
use crate::ml_model::MLModel;

/// What the model says of these rows. A model that panics has failed like any other.
pub(super) fn predict(model: &dyn MLModel, rows: &Rows) -> Result<Rows> {
    if rows.is_empty() {
        return Ok(Rows::new());
    }
    let outputs = catch_unwind(AssertUnwindSafe(|| model.predict_rows(rows)))
        .unwrap_or_else(|_| Err(Error::internal("the model panicked")))?;
    if outputs.len() != rows.len() {
        return Err(Error::internal("the model gave another number of outputs than it got rows"));
    }
    if !outputs.values().iter().all(|number| number.is_finite()) {
        return Err(Error::internal("the model gave a number that is not finite"));
    }
    Ok(outputs)
}

/// Adds a line for each row.
pub(super) fn write_lines(outputs: &Rows, lines: &mut String) {
    for row in outputs.iter() {
        for (at, number) in row.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            // Writing to a string does not fail.
            let _ = write!(lines, "{comma}{number}");
        }
        lines.push('\n');
    }
}

/// The numbers of a line.
pub(super) fn read_line(line: &str) -> Result<Vec<f64>> {
    let numbers = line.split(',').filter(|cell| !cell.is_empty()).map(str::parse);
    numbers.collect::<std::result::Result<_, _>>().map_err(Error::internal)
}
