//! Rows in: from what people send to numbers, with a precise reason for every cell that is none.
//!
//! Rows come in [`Block`]s that are bounded in rows and in bytes; good and bad rows together are
//! always the rows given, in their order. What cannot be a table at all (a header without the
//! model's columns, a quote without an end) is an error of the whole; everything else is a
//! [`Fault`] of one row.

mod block;
mod cell;
mod delimited;
mod dialect;
mod json;
mod layout;
mod records;

pub use block::{Block, Cells, FAULTS_MAX, Fault};
pub use delimited::Delimited;
pub use json::{Cursor, Given, Json, Listed};
pub use layout::Layout;

use crate::error::{Error, Issue, Issues};

/// What a table may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a cell; a row with a larger one is rejected.
    pub cell_bytes_max: usize,
    /// Bytes of a record of a file, which must be in memory at once.
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

/// Whether rows are kept as they were given, beside their numbers: that costs memory and time, and
/// few look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// Numbers and faults alone.
    Numbers,
    /// Every cell too.
    Cells,
}

/// Where a block ends: at so many rows, or at the row with which it has so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// Rows.
    pub rows_max: usize,
    /// Bytes in memory, of cells, numbers, and faults that have no room of their own.
    pub bytes_max: usize,
    /// If it is there, faults have this room of their own: once they take so many bytes, of each
    /// further row the first is told, with how many more there are.
    pub fault_bytes_max: Option<usize>,
}

impl Portion {
    /// All there is, for tables that are known to be small.
    pub const ALL: Self =
        Self { rows_max: usize::MAX, bytes_max: usize::MAX, fault_bytes_max: None };

    /// Whether there is room for another row beside so many, which take so many bytes.
    pub fn has_room(self, n_rows: usize, n_bytes: usize) -> bool {
        n_rows < self.rows_max && n_bytes < self.bytes_max
    }
}

/// The table as a whole is not right, at this place.
fn whole(place: impl Into<String>, code: &'static str, message: impl Into<String>) -> Error {
    let mut issues = Issues::default();
    issues.add(place, code, message);
    Error::Invalid(issues)
}

/// The table as a whole is not right from this line on.
fn whole_from_line(line: u64, code: &'static str, message: impl Into<String>) -> Error {
    let mut issues = Issues::default();
    issues.push(Issue { line: Some(line), ..Issue::new("body", code, message) });
    Error::Invalid(issues)
}

/// A table without a row.
fn empty() -> Error {
    whole("rows", "empty", "must have at least one row")
}

/// A table with too many rows; a server answers it as it answers a body that is too large.
fn too_many_rows(limits: Limits) -> Error {
    Error::TooManyRows { rows_max: limits.rows_max }
}

#[cfg(test)]
mod tests;
