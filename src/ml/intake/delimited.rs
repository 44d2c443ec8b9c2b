//! Files with a record on each line: commas, tabs, semicolons or bars between cells, quotes around
//! them if need be. The automaton is csv-core's; here is what surrounds it: the header, the limits,
//! on which line a record began, and that a quote without an end is told.

use std::io::Read;

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::block::Block;
use super::dialect::Dialect;
use super::layout::{Layout, Record, too_many_columns};
use super::{Keeping, Limits, Portion, empty, too_many_rows, whole, whole_from_line};
use crate::error::{Error, Result};
use crate::ml::schema::Inputs;
use crate::text::legible;

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// What the dialect is told from.
const SNIFFED: usize = 16 * 1024;

/// A file being read.
pub struct Delimited<R> {
    source: R,
    automaton: csv_core::Reader,
    limits: Limits,
    keeping: Keeping,
    delimiter: u8,
    layout: Layout,
    piece: Vec<u8>,
    /// What is left of the piece.
    at: usize,
    has_ended: bool,
    /// The line on which the next byte stands, and whether it may be the second half of a Windows
    /// line's end.
    line: u64,
    is_after_return: bool,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// A record that was read and not yet taken.
    waiting: Option<Span>,
    n_rows: u64,
}

/// A record in `text` and `ends`.
#[derive(Debug, Clone, Copy)]
struct Span {
    line: u64,
    n_bytes: usize,
    /// Cells whose ends are known, and cells that there are.
    n_ends: usize,
    n_cells: usize,
}

impl<R: Read> Delimited<R> {
    /// Begins to read a file for a model with these inputs: its dialect and its header.
    pub fn new(mut source: R, inputs: &Inputs, limits: Limits, keeping: Keeping) -> Result<Self> {
        let mut piece = Vec::with_capacity(PIECE);
        source.by_ref().take(PIECE as u64).read_to_end(&mut piece).map_err(broken)?;
        let has_ended = piece.len() < PIECE;
        let at = if piece.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        if piece[at..].contains(&0) {
            return Err(whole("body", "not_text", "must be a table as text, in UTF-8"));
        }
        let Dialect { delimiter } = Dialect::sniff(&piece[at..piece.len().min(SNIFFED)], inputs);
        let mut reader = Self {
            source,
            automaton: ReaderBuilder::new().delimiter(delimiter).build(),
            limits,
            keeping,
            delimiter,
            layout: Layout::open(inputs),
            piece,
            at,
            has_ended,
            line: 1,
            is_after_return: false,
            text: vec![0; 4 * 1024],
            ends: vec![0; 64],
            waiting: None,
            n_rows: 0,
        };
        let head = (keeping == Keeping::Cells && inputs.takes_any()).then(|| reader.widest());
        reader.read_header(inputs)?;
        // Whoever shows the cells has a column for each, as far as can be seen from the beginning.
        reader.layout.widen(head.unwrap_or(0));
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
        let Some(span) = self.next_record()? else { return Err(empty()) };
        if span.n_cells > self.limits.columns_max {
            return Err(too_many_columns(self.limits));
        }
        let record = self.record(span);
        let is_number =
            |cell: &[u8]| super::cell::read_text(cell, record.has_decimal_comma).is_ok();
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

    /// The most cells that a row has which begins in the first piece.
    fn widest(&self) -> usize {
        let mut automaton = ReaderBuilder::new().delimiter(self.delimiter).build();
        let (mut text, mut ends) = (vec![0; 4 * 1024], vec![0; 64]);
        let (mut input, mut widest, mut n_cells) = (&self.piece[self.at..], 0, 0);
        loop {
            let (result, n_in, _, n_new) = automaton.read_record(input, &mut text, &mut ends);
            input = &input[n_in..];
            n_cells += n_new;
            match result {
                ReadRecordResult::Record => {
                    // What is too wide is rejected, and needs no columns.
                    if n_cells <= self.limits.columns_max {
                        widest = widest.max(n_cells);
                    }
                    n_cells = 0;
                }
                ReadRecordResult::End => return widest,
                _ => {}
            }
        }
    }

    fn record(&self, span: Span) -> Record<'_> {
        Record {
            line: span.line,
            text: &self.text[..span.n_bytes],
            ends: &self.ends[..span.n_ends],
            n_cells: span.n_cells,
            has_decimal_comma: self.delimiter != b',',
        }
    }

    /// The next rows; `None` at the end.
    pub fn next_block(&mut self, portion: Portion) -> Result<Option<Block>> {
        let mut block = Block::begin(self.n_rows + 1, self.keeping, portion);
        let mut numbers = Vec::new();
        while portion.has_room(&block) {
            let Some(span) = self.next_row()? else { break };
            self.layout.read_record(&mut block, &self.record(span), &mut numbers, self.limits);
        }
        Ok((block.n_given() > 0).then_some(block))
    }

    /// Whether there is no further row.
    pub fn is_at_end(&mut self) -> Result<bool> {
        if self.waiting.is_none() {
            self.waiting = self.next_record()?;
        }
        Ok(self.waiting.is_none())
    }

    /// Passes up to `n_rows` rows, without reading what is in them.
    pub fn skip(&mut self, n_rows: u64) -> Result<()> {
        for _ in 0..n_rows {
            if self.next_row()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Counts all rows, without reading what is in them.
    pub fn count_rest(&mut self) -> Result<u64> {
        while self.next_row()?.is_some() {}
        Ok(self.n_rows)
    }

    fn next_row(&mut self) -> Result<Option<Span>> {
        let span = match self.waiting.take() {
            None => self.next_record()?,
            waiting => waiting,
        };
        if span.is_none() && self.n_rows == 0 {
            return Err(empty());
        }
        self.n_rows += u64::from(span.is_some());
        if self.n_rows > self.limits.rows_max {
            return Err(too_many_rows(self.limits));
        }
        Ok(span)
    }

    /// The next record that is not empty.
    fn next_record(&mut self) -> Result<Option<Span>> {
        if !self.pass_empty_lines()? {
            return Ok(None);
        }
        let (mut n_bytes, mut n_ends, mut n_cells) = (0, 0, 0);
        loop {
            if self.at == self.piece.len() && !self.has_ended {
                self.refill()?;
            }
            // The end of the file ends the last line, as if it had been written.
            let is_over = self.at == self.piece.len();
            let input = if is_over { &b"\n"[..] } else { &self.piece[self.at..] };
            let (result, n_in, n_out, n_new) = self.automaton.read_record(
                input,
                &mut self.text[n_bytes..],
                &mut self.ends[n_ends..],
            );
            let last = n_in.checked_sub(1).map(|last| input[last]);
            self.at += if is_over { 0 } else { n_in };
            n_bytes += n_out;
            n_ends += n_new;
            n_cells += n_new;
            match result {
                // The end of a line goes on with the record only inside of quotes.
                ReadRecordResult::InputEmpty if is_over => {
                    return Err(self.unclosed(n_bytes - n_out, n_ends));
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.lengthen(n_bytes)?,
                ReadRecordResult::OutputEndsFull => {
                    // Cells beyond what a table may have are counted, and their places forgotten.
                    if self.ends.len() < self.limits.columns_max + 1 {
                        let wider = (self.ends.len() * 2).min(self.limits.columns_max + 1);
                        self.ends.resize(wider, 0);
                    } else {
                        n_ends -= 1;
                    }
                }
                ReadRecordResult::Record => {
                    let line = self.line;
                    let is_return = last == Some(b'\r');
                    self.line += n_lines_in(&self.text[..n_bytes]) + 1;
                    self.is_after_return = is_return;
                    let n_ends = n_ends.min(self.limits.columns_max);
                    return Ok(Some(Span { line, n_bytes, n_ends, n_cells }));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Goes to the first byte of the next record; false if there is none. The automaton would pass
    /// empty lines itself, but not say on which line the record begins.
    fn pass_empty_lines(&mut self) -> Result<bool> {
        loop {
            if self.at == self.piece.len() {
                if self.has_ended {
                    return Ok(false);
                }
                self.refill()?;
                continue;
            }
            match self.piece[self.at] {
                b'\n' => self.line += u64::from(!std::mem::take(&mut self.is_after_return)),
                b'\r' => {
                    self.line += 1;
                    self.is_after_return = true;
                }
                _ => {
                    self.is_after_return = false;
                    return Ok(true);
                }
            }
            self.at += 1;
        }
    }

    fn unclosed(&self, n_bytes: usize, n_ends: usize) -> Error {
        let begin = n_ends.checked_sub(1).map_or(0, |last| self.ends[last]).min(n_bytes);
        let line = self.line + n_lines_in(&self.text[..begin]);
        let message = format!(
            "has a quote that opens on line {line} and never closes, so that what follows it \
             cannot be told into rows"
        );
        whole_from_line(line, "unclosed_quote", message)
    }

    fn lengthen(&mut self, n_bytes: usize) -> Result<()> {
        if self.text.len() < self.limits.record_bytes_max {
            let longer = (self.text.len() * 4).min(self.limits.record_bytes_max);
            self.text.resize(longer, 0);
            return Ok(());
        }
        debug_assert_eq!(n_bytes, self.text.len());
        let (kb, line) = (self.limits.record_bytes_max / 1024, self.line);
        let message =
            format!("has a row of more than {kb} KB on line {line}; is a quote left open?");
        Err(whole_from_line(line, "row_too_large", message))
    }

    fn refill(&mut self) -> Result<()> {
        self.piece.resize(PIECE, 0);
        let n = loop {
            match self.source.read(&mut self.piece) {
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other.map_err(broken)?,
            }
        };
        self.piece.truncate(n);
        self.at = 0;
        self.has_ended = n == 0;
        Ok(())
    }
}

/// How often a line ends in a text, whichever way. Records are short, so nothing faster is needed.
#[expect(clippy::naive_bytecount, reason = "a crate for it would count no faster here")]
fn n_lines_in(text: &[u8]) -> u64 {
    let count = |wanted: u8| text.iter().filter(|byte| **byte == wanted).count() as u64;
    let n_returns = count(b'\r');
    if n_returns == 0 {
        return count(b'\n');
    }
    let n_pairs = text.windows(2).filter(|pair| pair == b"\r\n").count() as u64;
    count(b'\n') + n_returns - n_pairs
}

fn broken(cause: std::io::Error) -> Error {
    Error::internal(cause)
}
