//! Rows in: from what people send to numbers, with a precise reason for every cell that is none.
//!
//! A file is read as a stream, in [`Block`]s of a bounded number of rows; good and bad rows
//! together are always the rows given, in their order. What cannot be a table at all (a header
//! without the model's columns, a cell without an end) is an error of the whole; everything else is
//! a [`Fault`] of one row.

mod block;
mod cell;
mod delimited;
mod json;
mod layout;

pub use block::{Block, Cells, Fault};
pub use delimited::{Delimited, Dialect};
pub use json::{Given, read_json};
pub use layout::Layout;

use crate::error::{Error, Issues};

/// What a table may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a cell.
    pub cell_bytes_max: usize,
    /// Bytes of a record.
    pub record_bytes_max: usize,
    /// Columns.
    pub columns_max: usize,
    /// Rows.
    pub rows_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cell_bytes_max: 64 * 1024,
            record_bytes_max: 1024 * 1024,
            columns_max: 4096,
            rows_max: 5_000_000,
        }
    }
}

/// The table as a whole is not right, at this place.
fn whole(place: impl Into<String>, code: &'static str, message: impl Into<String>) -> Error {
    let mut issues = Issues::default();
    issues.add(place, code, message);
    Error::Invalid(issues)
}

#[cfg(test)]
mod tests;
