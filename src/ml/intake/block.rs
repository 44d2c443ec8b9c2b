//! Some rows of a table: what was given, the numbers of the good ones, and the faults of the bad.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ml::rows::Rows;

/// The longest value that a fault repeats; what is longer is cut.
const VALUE_CHARS_MAX: usize = 80;

/// Why a row is rejected: one of its cells, or its shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// The row, counted from 1.
    pub row: u64,
    /// The line of the file on which it begins, counted from 1; null for rows that are no lines.
    pub line: Option<u64>,
    /// The column, by its name in the model; `row` if it is the row's shape.
    pub field: String,
    /// What was there, cut if it is long; null if nothing was.
    pub value: Option<String>,
    /// A stable word for programs.
    pub code: Cow<'static, str>,
    /// A clause for people, to be read after the field's name.
    pub message: String,
}

impl Fault {
    /// The codes that there are.
    const CODES: [&'static str; 9] = [
        "missing",
        "not_a_number",
        "not_finite",
        "out_of_range",
        "too_few_cells",
        "too_many_cells",
        "not_a_row",
        "not_text",
        "invalid",
    ];

    /// The code as a word of this program.
    pub fn stable_code(&self) -> &'static str {
        Self::CODES.into_iter().find(|code| *code == self.code).unwrap_or("invalid")
    }

    /// What is repeated of a value.
    pub(super) fn cut(value: &str) -> String {
        match value.char_indices().nth(VALUE_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &value[..end]),
            None => value.to_owned(),
        }
    }
}

/// Records of text as they were given, one behind the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells {
    text: Vec<u8>,
    /// Where each cell ends.
    ends: Vec<usize>,
    /// How many cells there are up to the end of each record.
    records: Vec<usize>,
}

impl Cells {
    /// Adds a cell to the record under way.
    pub fn push(&mut self, cell: &[u8]) {
        self.text.extend_from_slice(cell);
        self.ends.push(self.text.len());
    }

    /// Ends the record under way.
    pub fn end_record(&mut self) {
        self.records.push(self.ends.len());
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The cells of the record at `place`.
    ///
    /// # Panics
    /// If there is none.
    pub fn record(&self, place: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        let begin = if place == 0 { 0 } else { self.records[place - 1] };
        (begin..self.records[place]).map(|cell| {
            let begin = if cell == 0 { 0 } else { self.ends[cell - 1] };
            &self.text[begin..self.ends[cell]]
        })
    }

    /// Each record's cells.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = impl ExactSizeIterator<Item = &[u8]>> {
        (0..self.len()).map(|place| self.record(place))
    }
}

/// Some rows of a table, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// The number of its first row, counted from 1.
    pub first_row: u64,
    /// Every row as it was given.
    pub cells: Cells,
    /// Whether each row is good.
    pub is_good: Vec<bool>,
    /// The numbers of the good rows.
    pub rows: Rows,
    /// What is wrong with the others.
    pub faults: Vec<Fault>,
}

impl Block {
    /// Rows that were given.
    pub fn n_given(&self) -> usize {
        self.is_good.len()
    }

    /// The number of each good row.
    pub fn good_rows(&self) -> impl Iterator<Item = u64> {
        (self.first_row..).zip(&self.is_good).filter_map(|(row, good)| good.then_some(row))
    }

    /// Ends a row: it is good if it has no fault since there were `n_faults`.
    pub(super) fn end_row(&mut self, numbers: &[f64], n_faults: usize) {
        let is_good = self.faults.len() == n_faults;
        self.is_good.push(is_good);
        if is_good {
            self.rows.push(numbers);
        }
        self.cells.end_record();
    }
}
