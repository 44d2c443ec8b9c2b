//! What is wrong with the rows of a task, read back.

use std::io::{BufRead, BufReader};

use serde::Deserialize;

use super::Source;
use crate::error::{Error, Result};
use crate::ml::intake::Fault;

/// The faults of a task, one line of JSON each, in the order of the rows.
pub(super) struct Faults {
    lines: BufReader<Source>,
    /// The next line, and the row it is of.
    line: String,
    row: Option<u64>,
}

impl Faults {
    pub(super) fn new(source: Source) -> Self {
        Self { lines: BufReader::new(source), line: String::new(), row: None }
    }

    /// The row of the next fault; `None` at the end. A line that cannot be read is an error each
    /// time: predictions would move to other rows if it were passed over.
    pub(super) fn next_row(&mut self) -> Result<Option<u64>> {
        #[derive(Deserialize)]
        struct Numbered {
            row: u64,
        }
        if self.row.is_none() {
            if self.line.is_empty()
                && self.lines.read_line(&mut self.line).map_err(Error::internal)? == 0
            {
                return Ok(None);
            }
            let Numbered { row } = serde_json::from_str(&self.line).map_err(Error::internal)?;
            self.row = Some(row);
        }
        Ok(self.row)
    }

    /// Adds the faults up to this row.
    pub(super) fn take(&mut self, row: u64, found: &mut Vec<Fault>) -> Result<()> {
        while self.next_row()?.is_some_and(|next| next <= row) {
            found.push(serde_json::from_str(&self.line).map_err(Error::internal)?);
            self.line.clear();
            self.row = None;
        }
        Ok(())
    }

    /// Passes the faults of rows before this one; of how many rows they were.
    pub(super) fn pass(&mut self, row: u64) -> Result<u64> {
        let (mut n_rows, mut last) = (0, None);
        while let Some(next) = self.next_row()?.filter(|next| *next < row) {
            n_rows += u64::from(last != Some(next));
            last = Some(next);
            self.line.clear();
            self.row = None;
        }
        Ok(n_rows)
    }
}
