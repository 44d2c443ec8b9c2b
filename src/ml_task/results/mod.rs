//! A task's results, read back row by row in bounded memory: what was sent, what was predicted of
//! it, or what is wrong with it. Rows that nobody asks for are passed without being read.

mod faults;

use std::io::{BufRead, BufReader, Cursor, Read};

use faults::Faults;

use super::compressed::decompressed;
use super::content::{Content, Contents};
use super::form::{Opened, Reading};
use super::prediction::read_line;
use super::record::MLTask;
use crate::error::{Error, Result};
use crate::files::Files;
use crate::ml::intake::{Block, Cells, Fault, Keeping, Limits, Portion};
use crate::ml::schema::{Inputs, Range};
use crate::text::legible;

/// Rows that are read of the input at once.
const BLOCK: Portion = Portion { rows_max: 1024, bytes_max: 2 * 1024 * 1024, ..Portion::ALL };

/// Rows that are read together though something is wrong with one of them.
const FAULTY_ROWS_MAX: usize = 16;

/// One row of the results.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResultRow {
    pub(super) row: u64,
    /// Every cell, as it was given.
    pub(super) cells: Vec<Vec<u8>>,
    pub(super) outcome: RowOutcome,
}

impl ResultRow {
    /// The cells as texts.
    pub(super) fn texts(&self) -> Vec<String> {
        self.cells.iter().map(|cell| legible(cell).into_owned()).collect()
    }
}

/// What came of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RowOutcome {
    Predicted { inputs: Vec<f64>, numbers: Vec<f64> },
    Rejected(Vec<Fault>),
}

/// Rows that lie together, with what came of them, for whoever writes them down on another thread.
pub(super) struct Stretch {
    /// The number of the first one.
    pub(super) first_row: u64,
    pub(super) cells: Cells,
    /// What is wrong with some of them, in their order.
    pub(super) faults: Vec<Fault>,
    /// What was predicted of the others, a line each, unless nothing was.
    pub(super) lines: Option<String>,
}

/// Which rows are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Only {
    All,
    Predicted,
    Rejected,
}

impl Only {
    pub(super) fn from_word(word: Option<&str>) -> Result<Self> {
        match word {
            None | Some("all") => Ok(Self::All),
            Some("predicted") => Ok(Self::Predicted),
            Some("rejected") => Ok(Self::Rejected),
            Some(_) => {
                let message = "must be one of all, predicted, rejected";
                Err(Error::invalid("only", "unknown_value", message))
            }
        }
    }
}

/// A content being read.
pub(super) type Source = Box<dyn Read + Send>;

/// The results of a task, being read.
pub(super) struct Results {
    names: Vec<String>,
    input: Opened<'static, Source>,
    output: BufReader<Source>,
    faults: Faults,
    /// Whether any row was predicted; if not, none was, whatever is wrong with it.
    has_predictions: bool,
    block: Block,
    /// The next row of the block, and the next good one.
    next: usize,
    next_good: usize,
    /// The number of the next row.
    next_row: u64,
}

impl Results {
    /// Begins to read. What the model takes is what it took when the rows were sent; if it takes
    /// something else by now, the rows are shown as they were sent all the same.
    pub(super) fn open(
        task: &MLTask,
        contents: Contents,
        files: &Files,
        inputs: &Inputs,
    ) -> Result<Self> {
        let limits = Limits { rows_max: u64::MAX, ..Limits::default() };
        let Contents { input: sent, output, faults } = contents;
        let open = |inputs: &Inputs| {
            let body = open_content(sent.clone(), files)?;
            task.form.open_as(body, Reading { inputs, limits, keeping: Keeping::Cells })
        };
        let anything = || Inputs::Numbers(Range::new(f64::MIN, f64::MAX));
        let input = match open(inputs) {
            Err(Error::Invalid(_)) => open(&anything())?,
            opened => opened?,
        };
        Ok(Self {
            names: input.layout().names().iter().map(ToString::to_string).collect(),
            input,
            output: BufReader::new(open_content(output, files)?),
            faults: Faults::new(open_content(faults, files)?),
            has_predictions: task.tally.n_predicted > 0,
            block: Block::default(),
            next: 0,
            next_good: 0,
            next_row: 1,
        })
    }

    /// The names above the columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The next of the rows that are asked for; `None` at the end.
    pub(super) fn next_of(&mut self, only: Only) -> Result<Option<ResultRow>> {
        if !self.pass_others(only)? {
            return Ok(None);
        }
        if self.next == self.block.n_given() {
            // Rejected rows are far apart, as a rule, and what lies between is passed unread.
            let is_sparse = only == Only::Rejected && self.has_predictions;
            let rows_max = if is_sparse { 1 } else { BLOCK.rows_max };
            let block = self.input.next_block(Portion { rows_max, ..BLOCK })?;
            let Some(block) = block else { return Ok(None) };
            (self.block, self.next, self.next_good) = (block, 0, 0);
        }
        let (at, row) = (self.next, self.next_row);
        self.next += 1;
        self.next_row += 1;
        let is_good = self.block.is_good[at];
        self.next_good += usize::from(is_good);
        // What was a fault then is one, whatever this program would say today.
        let mut found = vec![];
        self.faults.take(row, &mut found)?;
        let outcome = if !found.is_empty() || !self.has_predictions {
            RowOutcome::Rejected(found)
        } else {
            let mut line = String::new();
            read_lines(&mut self.output, 1, &mut line)?;
            let numbers = read_line(line.trim_end_matches('\n'))?;
            let inputs = if is_good { self.block.rows.row(self.next_good - 1) } else { &[] };
            RowOutcome::Predicted { inputs: inputs.to_vec(), numbers }
        };
        let mut cells = vec![];
        if let Some(given) = self.block.cells() {
            given.lay_out(at, self.names.len(), &mut cells);
        }
        let cells = cells.into_iter().map(<[u8]>::to_vec).collect();
        Ok(Some(ResultRow { row, cells, outcome }))
    }

    /// The next rows together, for whoever wants them all from the first one on; `None` at the end.
    pub(super) fn next_stretch(&mut self, portion: Portion) -> Result<Option<Stretch>> {
        debug_assert_eq!(self.next, self.block.n_given(), "no row of a block was read alone");
        let first_row = self.next_row;
        let (mut cells, mut faults, mut n_bytes) = (Cells::default(), vec![], 0);
        while portion.has_room(cells.len(), n_bytes) {
            // Of some rows much may be wrong: few are read with their faults before the next look.
            let n_faultless =
                self.faults.next_row()?.map_or(u64::MAX, |row| row.saturating_sub(self.next_row));
            let n_at_once = usize::try_from(n_faultless).unwrap_or(usize::MAX).max(FAULTY_ROWS_MAX);
            let rows_max = n_at_once.min(portion.rows_max - cells.len());
            let bytes_max = portion.bytes_max - n_bytes;
            let Some(more) = self.input.next_cells(Portion { rows_max, bytes_max, ..portion })?
            else {
                break;
            };
            self.next_row += more.len() as u64;
            cells.append(more);
            self.faults.take(self.next_row - 1, &mut faults)?;
            n_bytes = cells.n_bytes() + faults.iter().map(Fault::n_bytes).sum::<usize>();
        }
        if cells.is_empty() {
            return Ok(None);
        }
        let n_given = cells.len() as u64;
        let mut lines = self.has_predictions.then(String::new);
        if let Some(lines) = &mut lines {
            let n_rejected = faults.chunk_by(|one, other| one.row == other.row).count() as u64;
            read_lines(&mut self.output, n_given.saturating_sub(n_rejected), lines)?;
        }
        Ok(Some(Stretch { first_row, cells, faults, lines }))
    }

    /// Passes `n` of the rows that are asked for, without reading what is in them.
    pub(super) fn pass(&mut self, only: Only, mut n: u64) -> Result<()> {
        while n > 0 && self.pass_others(only)? {
            let run = match (only, self.faults.next_row()?) {
                (Only::Rejected, _) if self.has_predictions => 1,
                (Only::Predicted, Some(row)) => n.min(row.saturating_sub(self.next_row)).max(1),
                _ => n,
            };
            self.skip(run)?;
            n -= run;
        }
        Ok(())
    }

    /// Passes rows that are not asked for; false if there is none left that is.
    fn pass_others(&mut self, only: Only) -> Result<bool> {
        match only {
            Only::All => {}
            Only::Predicted if !self.has_predictions => return Ok(false),
            Only::Predicted => {
                while self.faults.next_row()? == Some(self.next_row) {
                    self.skip(1)?;
                }
            }
            Only::Rejected if !self.has_predictions => {}
            Only::Rejected => {
                let Some(row) = self.faults.next_row()? else { return Ok(false) };
                self.skip(row.saturating_sub(self.next_row))?;
            }
        }
        Ok(true)
    }

    fn skip(&mut self, n: u64) -> Result<()> {
        let n_in_block = (self.block.n_given() - self.next) as u64;
        let n_here = n.min(n_in_block);
        for _ in 0..n_here {
            self.next_good += usize::from(self.block.is_good[self.next]);
            self.next += 1;
        }
        self.input.skip(n - n_here)?;
        self.next_row = self.next_row.saturating_add(n);
        let n_rejected = self.faults.pass(self.next_row)?;
        if self.has_predictions {
            pass_lines(&mut self.output, n - n_rejected)?;
        }
        Ok(())
    }
}

/// Opens a content; one that is not there is empty.
pub(super) fn open_content(content: Option<Content>, files: &Files) -> Result<Source> {
    Ok(match content {
        None => Box::new(std::io::empty()),
        Some(Content::Inline(bytes)) => Box::new(Cursor::new(bytes)),
        Some(Content::File(hash)) => Box::new(decompressed(files, hash)?),
    })
}

/// Passes so many lines, or what there is.
fn pass_lines(source: &mut impl BufRead, n: u64) -> Result<()> {
    let mut n_left = n;
    while n_left > 0 {
        let piece = source.fill_buf().map_err(Error::internal)?;
        if piece.is_empty() {
            return Ok(());
        }
        let mut n_used = piece.len();
        for (at, _) in piece.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            n_left -= 1;
            if n_left == 0 {
                n_used = at + 1;
                break;
            }
        }
        source.consume(n_used);
    }
    Ok(())
}

/// Adds so many lines.
fn read_lines(source: &mut impl BufRead, n: u64, lines: &mut String) -> Result<()> {
    for _ in 0..n {
        if source.read_line(lines).map_err(Error::internal)? == 0 {
            let why = "a task has fewer predictions than rows that were predicted";
            return Err(Error::internal(why));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
