//! Files with a record on each line: commas, tabs, semicolons or bars between cells, quotes around
//! them if need be. The automaton is csv-core's; here is what surrounds it: finding out the
//! dialect, the header, the limits, and on which line a record began.

use std::io::Read;

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::block::Block;
use super::layout::{Layout, Record, too_many_columns};
use super::{Limits, whole};
use crate::error::{Error, Result};
use crate::ml::schema::Inputs;

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// What the dialect is told from.
const SNIFFED: usize = 16 * 1024;

/// How cells are parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    delimiter: u8,
}

impl Dialect {
    /// The dialect that the first lines of a file look like: what parts cells is there equally
    /// often on every line. Commas win a tie, for that is what most files are.
    pub fn sniff(head: &[u8]) -> Self {
        let mut lines = head.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default();
        let second = lines.next().unwrap_or(first);
        let score = |delimiter: u8| {
            let (a, b) = (n_outside_quotes(first, delimiter), n_outside_quotes(second, delimiter));
            // As often on both lines is a strong sign; a decimal comma is not there on the first.
            if a == b { (a > 0, a) } else { (false, a.min(b)) }
        };
        let best = [b'|', b'\t', b';', b','].into_iter().max_by_key(|delimiter| score(*delimiter));
        Self { delimiter: best.unwrap_or(b',') }
    }
}

fn n_outside_quotes(line: &[u8], wanted: u8) -> usize {
    let mut is_quoted = false;
    let mut n = 0;
    for byte in line {
        is_quoted ^= *byte == b'"';
        n += usize::from(!is_quoted && *byte == wanted);
    }
    n
}

/// A file being read.
pub struct Delimited<R> {
    source: R,
    automaton: csv_core::Reader,
    limits: Limits,
    delimiter: u8,
    layout: Layout,
    piece: Vec<u8>,
    /// What is left of the piece.
    at: usize,
    has_ended: bool,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// The first record, if it was no header.
    waiting: Option<Span>,
    n_rows: u64,
}

/// A record in `text` and `ends`.
#[derive(Debug, Clone, Copy)]
struct Span {
    line: u64,
    n_bytes: usize,
    n_cells: usize,
}

impl<R: Read> Delimited<R> {
    /// Begins to read a file for a model with these inputs: its dialect and its header.
    pub fn new(mut source: R, inputs: &Inputs, limits: Limits) -> Result<Self> {
        let mut piece = Vec::with_capacity(PIECE);
        source.by_ref().take(PIECE as u64).read_to_end(&mut piece).map_err(broken)?;
        let has_ended = piece.len() < PIECE;
        let at = if piece.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        if piece[at..].contains(&0) {
            return Err(whole("body", "not_text", "must be a table as text, in UTF-8"));
        }
        let dialect = Dialect::sniff(&piece[at..piece.len().min(SNIFFED)]);
        let mut reader = Self {
            source,
            automaton: ReaderBuilder::new().delimiter(dialect.delimiter).build(),
            limits,
            delimiter: dialect.delimiter,
            layout: Layout::open(inputs),
            piece,
            at,
            has_ended,
            text: vec![0; PIECE],
            ends: vec![0; 64],
            waiting: None,
            n_rows: 0,
        };
        reader.read_header(inputs)?;
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
        let Some(span) = self.next_record()? else {
            return Err(whole("body", "empty", "must have at least one row"));
        };
        let record = self.record(span);
        let is_number = |cell: &[u8]| {
            let place = super::cell::Place { row: 1, line: None, field: "" };
            super::cell::read_text(place, cell, record.has_decimal_comma).is_ok()
        };
        // Names are no numbers: a first line of nothing but numbers is a row.
        if record.cells().all(is_number) {
            self.layout = Layout::unnamed(span.n_cells, inputs)?;
            self.waiting = Some(span);
        } else {
            let name = |cell: &[u8]| String::from_utf8_lossy(cell).trim().to_owned();
            self.layout = Layout::named(record.cells().map(name).collect(), inputs)?;
        }
        Ok(())
    }

    fn record(&self, span: Span) -> Record<'_> {
        Record {
            text: &self.text[..span.n_bytes],
            ends: &self.ends[..span.n_cells],
            has_decimal_comma: self.delimiter != b',',
        }
    }

    /// Up to `n_rows_max` more rows; `None` at the end.
    pub fn next_block(&mut self, n_rows_max: usize) -> Result<Option<Block>> {
        let mut block = Block { first_row: self.n_rows + 1, ..Block::default() };
        let mut numbers = Vec::new();
        while block.n_given() < n_rows_max {
            let span = match self.waiting.take() {
                Some(span) => span,
                None => match self.next_record()? {
                    Some(span) => span,
                    None => break,
                },
            };
            self.n_rows += 1;
            if self.n_rows > self.limits.rows_max {
                let message = format!("must have at most {} rows", self.limits.rows_max);
                return Err(whole("body", "too_many_rows", message));
            }
            let record = Record {
                text: &self.text[..span.n_bytes],
                ends: &self.ends[..span.n_cells],
                has_decimal_comma: self.delimiter != b',',
            };
            self.layout.read_record(&mut block, span.line, &record, &mut numbers);
        }
        Ok((block.n_given() > 0).then_some(block))
    }

    /// Counts the rows that are left, without reading what is in them.
    pub fn count_rest(&mut self) -> Result<u64> {
        while self.waiting.take().is_some() || self.next_record()?.is_some() {
            self.n_rows += 1;
        }
        Ok(self.n_rows)
    }

    /// The next record that is not empty.
    fn next_record(&mut self) -> Result<Option<Span>> {
        let (mut n_bytes, mut n_cells) = (0, 0);
        let mut last = b'\n';
        loop {
            if self.at == self.piece.len() && !self.has_ended {
                self.refill()?;
            }
            let input = &self.piece[self.at..];
            let (result, n_in, n_out, n_ends) = self.automaton.read_record(
                input,
                &mut self.text[n_bytes..],
                &mut self.ends[n_cells..],
            );
            last = if n_in > 0 { input[n_in - 1] } else { last };
            self.at += n_in;
            n_bytes += n_out;
            n_cells += n_ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.lengthen(n_bytes)?,
                ReadRecordResult::OutputEndsFull => self.widen()?,
                ReadRecordResult::Record => return self.span(last, n_bytes, n_cells).map(Some),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn span(&self, last: u8, n_bytes: usize, n_cells: usize) -> Result<Span> {
        // The automaton counts a line when it has passed its end, and passes the second half of a
        // Windows line's end with the next record.
        let end = self.automaton.line() - u64::from(last == b'\n');
        let line = end.saturating_sub(n_lines_in(&self.text[..n_bytes])).max(1);
        let widths = std::iter::once(0).chain(self.ends[..n_cells].iter().copied());
        let widest = widths.zip(&self.ends[..n_cells]).map(|(begin, end)| end - begin).max();
        if widest.is_some_and(|widest| widest > self.limits.cell_bytes_max) {
            return Err(self.too_long(line));
        }
        Ok(Span { line, n_bytes, n_cells })
    }

    fn too_long(&self, line: u64) -> Error {
        let kb = self.limits.cell_bytes_max / 1024;
        let message = format!("has a cell of more than {kb} KB; is a quote left open?");
        whole(format!("line {line}"), "cell_too_large", message)
    }

    fn lengthen(&mut self, n_bytes: usize) -> Result<()> {
        if self.text.len() >= self.limits.record_bytes_max {
            let n_inside = n_lines_in(&self.text[..n_bytes]);
            return Err(self.too_long((self.automaton.line() - n_inside).max(1)));
        }
        self.text.resize(self.text.len() * 2, 0);
        Ok(())
    }

    fn widen(&mut self) -> Result<()> {
        if self.ends.len() >= self.limits.columns_max {
            return Err(too_many_columns(self.limits.columns_max));
        }
        self.ends.resize((self.ends.len() * 2).min(self.limits.columns_max), 0);
        Ok(())
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

/// How often a line ends in a text. Records are short, so nothing faster is needed.
#[expect(clippy::naive_bytecount, reason = "a crate for it would count no faster here")]
fn n_lines_in(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn broken(cause: std::io::Error) -> Error {
    Error::internal(cause)
}
