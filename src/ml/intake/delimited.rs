//! Files with a record on each line: which columns they have, and their records as rows.

use std::io::Read;

use super::block::{Block, Cells};
use super::dialect::Dialect;
use super::layout::{Layout, too_many_columns};
use super::records::{Records, Span};
use super::{Keeping, Limits, Portion, empty, too_many_rows, whole};
use crate::error::Result;
use crate::ml::schema::Inputs;
use crate::text::legible;

/// What the dialect is told from.
const SNIFFED: usize = 16 * 1024;

/// A file being read.
pub struct Delimited<R> {
    records: Records<R>,
    limits: Limits,
    keeping: Keeping,
    layout: Layout,
    /// A record that was read and not yet taken.
    waiting: Option<Span>,
    n_rows: u64,
}

impl<R: Read> Delimited<R> {
    /// Begins to read a file for a model with these inputs: its dialect and its header.
    pub fn new(source: R, inputs: &Inputs, limits: Limits, keeping: Keeping) -> Result<Self> {
        let sniffed =
            |text: &[u8]| Dialect::sniff(&text[..text.len().min(SNIFFED)], inputs).delimiter;
        let records = Records::new(source, limits, sniffed)?;
        let layout = Layout::open(inputs);
        let mut reader = Self { records, limits, keeping, layout, waiting: None, n_rows: 0 };
        let is_open = keeping == Keeping::Cells && inputs.takes_any();
        let n_columns = if is_open { reader.records.widest() } else { 0 };
        reader.read_header(inputs)?;
        // Whoever shows the cells has a column for each, as far as can be seen from the beginning.
        reader.layout.widen(n_columns);
        Ok(reader)
    }

    /// The columns.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Rows read so far.
    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    fn read_header(&mut self, inputs: &Inputs) -> Result<()> {
        let Some(span) = self.records.next_record()? else { return Err(empty()) };
        if span.n_cells > self.limits.columns_max {
            return Err(too_many_columns(self.limits));
        }
        let record = self.records.record(span);
        let is_number =
            |cell: &[u8]| super::cell::read_text(cell, record.has_decimal_comma()).is_ok();
        // Names are no numbers: a first line of nothing but numbers is a row.
        if record.cells().all(is_number) {
            self.layout = Layout::unnamed(span.n_cells, inputs)?;
            self.waiting = Some(span);
        } else {
            if record.cells().any(|cell| cell.len() > self.limits.cell_bytes_max) {
                let kb = self.limits.cell_bytes_max / 1024;
                let message = format!("must have names of at most {kb} KB");
                return Err(whole("header", "cell_too_large", message));
            }
            let name = |cell: &[u8]| legible(cell).trim().to_owned().into();
            self.layout = Layout::named(record.cells().map(name).collect(), inputs)?;
        }
        Ok(())
    }

    /// The next rows; `None` at the end.
    pub fn next_block(&mut self, portion: Portion) -> Result<Option<Block>> {
        let mut block = Block::begin(self.n_rows + 1, self.keeping, portion);
        let mut numbers = Vec::new();
        while portion.has_room(block.n_given(), block.n_bytes()) {
            let Some(span) = self.next_row()? else { break };
            let record = self.records.record(span);
            self.layout.read_record(&mut block, &record, &mut numbers, self.limits);
        }
        Ok((block.n_given() > 0).then_some(block))
    }

    /// The next rows as they were given, whatever is in them; `None` at the end.
    pub fn next_cells(&mut self, portion: Portion) -> Result<Option<Cells>> {
        let mut cells = Cells::default();
        while portion.has_room(cells.len(), cells.n_bytes()) {
            let Some(span) = self.next_row()? else { break };
            cells.keep(&self.records.record(span));
        }
        Ok((!cells.is_empty()).then_some(cells))
    }

    /// Whether there is no further row.
    pub fn is_at_end(&mut self) -> Result<bool> {
        if self.waiting.is_none() {
            self.waiting = self.records.next_record()?;
        }
        Ok(self.waiting.is_none())
    }

    /// Passes up to `n_rows` rows, without reading what is in them.
    pub fn skip(&mut self, n_rows: u64) -> Result<()> {
        for _ in 0..n_rows {
            if !self.pass_row()? {
                break;
            }
        }
        Ok(())
    }

    /// Counts all rows, without reading what is in them.
    pub fn count_rest(&mut self) -> Result<u64> {
        while self.pass_row()? {}
        Ok(self.n_rows)
    }

    fn next_row(&mut self) -> Result<Option<Span>> {
        let span = match self.waiting.take() {
            None => self.records.next_record()?,
            waiting => waiting,
        };
        self.count_row(span.is_some())?;
        Ok(span)
    }

    /// Passes a row; false if there is none.
    fn pass_row(&mut self) -> Result<bool> {
        let is_there = self.waiting.take().is_some() || self.records.pass_record()?;
        self.count_row(is_there)?;
        Ok(is_there)
    }

    /// Counts a row, if it is there.
    fn count_row(&mut self, is_there: bool) -> Result<()> {
        if !is_there && self.n_rows == 0 {
            return Err(empty());
        }
        self.n_rows += u64::from(is_there);
        if self.n_rows > self.limits.rows_max {
            return Err(too_many_rows(self.limits));
        }
        Ok(())
    }
}
