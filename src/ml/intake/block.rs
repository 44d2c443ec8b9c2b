//! Some rows of a table: what was given, the numbers of the good ones, and the faults of the bad.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::layout::Record;
use super::{Keeping, Portion};
use crate::ml::rows::Rows;

/// The longest value that a fault repeats; what is longer is cut.
const VALUE_CHARS_MAX: usize = 80;

/// Faults of one row that are told; the last of them says how many more there are.
pub const FAULTS_MAX: usize = 64;

/// Why a row is rejected: one of its cells, or its shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
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
    /// The least that is allowed, if the value is out of range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The most that is allowed, if the value is out of range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

impl Fault {
    /// The codes that there are.
    const CODES: [&'static str; 12] = [
        "missing",
        "not_a_number",
        "not_finite",
        "not_whole",
        "out_of_range",
        "too_few_cells",
        "too_many_cells",
        "cell_too_large",
        "repeated",
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

    /// What it takes in memory.
    pub fn n_bytes(&self) -> usize {
        let value = self.value.as_ref().map_or(0, String::len);
        size_of::<Self>() + self.field.len() + value + self.message.len()
    }
}

/// Rows as they were given, one behind the other. Cells that a row does not have take no room: each
/// one that is there knows its column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells {
    text: Vec<u8>,
    all: Vec<Cell>,
    rows: Vec<Row>,
    /// Whether the row under way is a line.
    is_line: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    /// How many cells there are up to its end.
    n_cells: usize,
    /// Whether they lie as they stood in a file, with commas between them.
    is_line: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    column: usize,
    /// Where its text begins and ends.
    begin: usize,
    end: usize,
}

impl Cells {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The cells of the row at `place`, each with its column.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, place: usize) -> impl Iterator<Item = (usize, &[u8])> {
        self.of_row(place).iter().map(|cell| (cell.column, &self.text[cell.begin..cell.end]))
    }

    fn of_row(&self, place: usize) -> &[Cell] {
        let begin = if place == 0 { 0 } else { self.rows[place - 1].n_cells };
        &self.all[begin..self.rows[place].n_cells]
    }

    /// The row at `place` as it stood in a file: so many cells of UTF-8, with commas between them.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn line(&self, place: usize, n_columns: usize) -> Option<&[u8]> {
        let cells = self.of_row(place);
        let is_whole = self.rows[place].is_line && cells.len() == n_columns;
        let line = &self.text[cells.first()?.begin..cells.last()?.end];
        (is_whole && str::from_utf8(line).is_ok()).then_some(line)
    }

    /// The same side by side, with nothing in those that are not there; more than `n_columns` if
    /// the row is wider than its table.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn lay_out<'a>(&'a self, place: usize, n_columns: usize, cells: &mut Vec<&'a [u8]>) {
        cells.clear();
        cells.resize(n_columns, &[]);
        for (column, text) in self.row(place) {
            if column >= cells.len() {
                cells.resize(column + 1, &[]);
            }
            cells[column] = text;
        }
    }

    /// What they take in memory, roughly.
    pub fn n_bytes(&self) -> usize {
        self.text.len() + self.all.len() * size_of::<Cell>()
    }

    /// Adds a cell to the row under way.
    fn push(&mut self, column: usize, text: &[u8]) {
        let begin = self.text.len();
        self.text.extend_from_slice(text);
        self.all.push(Cell { column, begin, end: self.text.len() });
    }

    fn end_row(&mut self) {
        let is_line = std::mem::take(&mut self.is_line);
        self.rows.push(Row { n_cells: self.all.len(), is_line });
    }

    /// Adds the cells of a record to the row under way, which has no other.
    fn push_record(&mut self, record: &Record<'_>) {
        let before = self.text.len();
        let n_bytes = record.ends.last().copied().unwrap_or(0);
        self.text.extend_from_slice(&record.text[..n_bytes]);
        let cells = record.ends.iter().enumerate().map(|(column, end)| Cell {
            column,
            begin: before + record.begin(column),
            end: before + end,
        });
        self.all.extend(cells);
        self.is_line = record.is_line();
    }

    /// Adds a record as a row.
    pub(super) fn keep(&mut self, record: &Record<'_>) {
        self.push_record(record);
        self.end_row();
    }

    /// Adds other rows behind these.
    pub fn append(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
            return;
        }
        let (n_bytes, n_cells) = (self.text.len(), self.all.len());
        self.text.extend(others.text);
        let moved =
            |cell: Cell| Cell { begin: cell.begin + n_bytes, end: cell.end + n_bytes, ..cell };
        self.all.extend(others.all.into_iter().map(moved));
        let moved = |row: Row| Row { n_cells: row.n_cells + n_cells, ..row };
        self.rows.extend(others.rows.into_iter().map(moved));
    }
}

/// Some rows of a table, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// The number of its first row, counted from 1.
    pub first_row: u64,
    /// Whether each row is good.
    pub is_good: Vec<bool>,
    /// The numbers of the good rows.
    pub rows: Rows,
    /// What is wrong with the others.
    pub faults: Vec<Fault>,
    /// Every row as it was given, if cells are kept.
    cells: Option<Box<Cells>>,
    fault_bytes: usize,
    /// What faults may take before of each row one is told; they end the block if there is none.
    fault_bytes_max: Option<usize>,
    /// Faults there were before the row under way, and those of its own that are not told.
    n_faults_before: usize,
    n_untold: usize,
}

impl Block {
    /// A block that begins with this row.
    pub(super) fn begin(first_row: u64, keeping: Keeping, portion: Portion) -> Self {
        let cells = (keeping == Keeping::Cells).then(Box::default);
        Self { first_row, cells, fault_bytes_max: portion.fault_bytes_max, ..Self::default() }
    }

    /// Rows that were given.
    pub fn n_given(&self) -> usize {
        self.is_good.len()
    }

    /// The number of each good row.
    pub fn good_rows(&self) -> impl Iterator<Item = u64> {
        (self.first_row..).zip(&self.is_good).filter_map(|(row, good)| good.then_some(row))
    }

    /// Every row as it was given, if cells are kept.
    pub fn cells(&self) -> Option<&Cells> {
        self.cells.as_deref()
    }

    /// The same, without the rest.
    pub fn into_cells(self) -> Option<Cells> {
        self.cells.map(|cells| *cells)
    }

    /// What its rows take in memory, roughly; of the faults, what is beyond the room of their own.
    pub fn n_bytes(&self) -> usize {
        let n_numbers = self.rows.values().len() + self.rows.len();
        let n_in_cells = self.cells.as_ref().map_or(0, |cells| cells.n_bytes());
        let n_in_faults = self.fault_bytes.saturating_sub(self.fault_bytes_max.unwrap_or(0));
        n_in_cells + n_in_faults + n_numbers * size_of::<f64>() + self.n_given()
    }

    /// The number of the row under way.
    pub(super) fn row(&self) -> u64 {
        self.first_row + self.n_given() as u64
    }

    /// Whether cells are kept.
    pub(super) fn keeps_cells(&self) -> bool {
        self.cells.is_some()
    }

    /// Keeps a cell of the row under way, if cells are kept.
    pub(super) fn keep(&mut self, column: usize, text: &[u8]) {
        if let Some(cells) = &mut self.cells {
            cells.push(column, text);
        }
    }

    /// Keeps a record as the row under way, which has no other cells, if cells are kept.
    pub(super) fn keep_record(&mut self, record: &Record<'_>) {
        if let Some(cells) = &mut self.cells {
            cells.push_record(record);
        }
    }

    /// Notes what is wrong with the row under way. A row of which very much is wrong is told in
    /// part: nobody reads four thousand reasons, and they would fill the memory.
    pub(super) fn fault(&mut self, fault: impl FnOnce() -> Fault) {
        let is_full = self.fault_bytes_max.is_some_and(|most| self.fault_bytes >= most);
        let n_max = if is_full { 1 } else { FAULTS_MAX };
        if self.faults.len() - self.n_faults_before < n_max {
            self.faults.push(fault());
        } else {
            self.n_untold += 1;
        }
    }

    /// Ends the row under way; it is good if it has no fault.
    pub(super) fn end_row(&mut self, numbers: &[f64]) {
        let n_untold = std::mem::take(&mut self.n_untold);
        if n_untold > 0
            && let Some(last) = self.faults.last_mut()
        {
            // Writing to a string does not fail.
            let _ = write!(last.message, "; {n_untold} more are wrong with this row");
        }
        let own = &self.faults[self.n_faults_before..];
        let is_good = own.is_empty();
        self.fault_bytes += own.iter().map(Fault::n_bytes).sum::<usize>();
        self.n_faults_before = self.faults.len();
        self.is_good.push(is_good);
        if is_good {
            self.rows.push(numbers);
        }
        if let Some(cells) = &mut self.cells {
            cells.end_row();
        }
    }
}
