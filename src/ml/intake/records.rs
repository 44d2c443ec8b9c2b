//! A text parted into records: commas, tabs, semicolons or bars between cells, quotes around them
//! if need be. The automaton is csv-core's; here is what surrounds it: the limits, on which line a
//! record began, and that a quote without an end is told. Most lines have no quote at all and are
//! records as they stand: those are parted here, in a fraction of the time.

use std::io::Read;

use csv_core::{ReadRecordResult, ReaderBuilder};
use memchr::{memchr_iter, memchr3};

use super::layout::Record;
use super::{Limits, whole, whole_from_line};
use crate::error::{Error, Result};

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// The mark that some programs begin a text with.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A text being parted.
pub(super) struct Records<R> {
    source: R,
    automaton: csv_core::Reader,
    limits: Limits,
    delimiter: u8,
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
}

/// A record with its `ends`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    line: u64,
    place: Place,
    n_bytes: usize,
    /// Cells whose ends are known, and cells that there are.
    n_ends: usize,
    pub(super) n_cells: usize,
}

/// Where the text of a record is.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the piece, from here on, as it stands.
    Piece(usize),
    /// In `text`, one cell right behind the other, without quotes.
    Text,
}

impl<R: Read> Records<R> {
    /// Begins to part a text; what parts its cells is told by its beginning.
    pub(super) fn new(
        mut source: R,
        limits: Limits,
        delimiter: impl FnOnce(&[u8]) -> u8,
    ) -> Result<Self> {
        let mut piece = Vec::with_capacity(PIECE);
        source.by_ref().take(PIECE as u64).read_to_end(&mut piece).map_err(Error::internal)?;
        let has_ended = piece.len() < PIECE;
        let mut at = 0;
        while piece[at..].starts_with(MARK) {
            at += MARK.len();
        }
        if piece[at..].contains(&0) {
            return Err(whole("body", "not_text", "must be a table as text, in UTF-8"));
        }
        let delimiter = delimiter(&piece[at..]);
        let mut automaton = ReaderBuilder::new().delimiter(delimiter).build();
        // It passes a mark where it begins, which need not be where the text does.
        automaton.read_record(b"\n", &mut [], &mut []);
        let mut records = Self {
            source,
            automaton,
            limits,
            delimiter,
            piece,
            at,
            has_ended,
            line: 1,
            is_after_return: false,
            text: vec![0; 4 * 1024],
            ends: vec![0; 64],
        };
        // Some programs put an empty line before the mark.
        while records.pass_empty_lines()? && records.piece[records.at..].starts_with(MARK) {
            records.at += MARK.len();
        }
        Ok(records)
    }

    /// The most cells that a row has which begins in the first piece.
    pub(super) fn widest(&self) -> usize {
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

    /// A record that was read, and none after it.
    pub(super) fn record(&self, span: Span) -> Record<'_> {
        let (text, parted_by) = match span.place {
            Place::Piece(begin) => (&self.piece[begin..], 1),
            Place::Text => (&self.text[..], 0),
        };
        Record {
            line: span.line,
            text: &text[..span.n_bytes],
            parted_by,
            ends: &self.ends[..span.n_ends],
            n_cells: span.n_cells,
            delimiter: self.delimiter,
        }
    }

    /// The next record that is not empty.
    pub(super) fn next_record(&mut self) -> Result<Option<Span>> {
        if !self.pass_empty_lines()? {
            return Ok(None);
        }
        if let Some(span) = self.plain_record() {
            return Ok(Some(span));
        }
        self.quoted_record()
    }

    /// Passes a record that is not empty; false if there is none.
    pub(super) fn pass_record(&mut self) -> Result<bool> {
        if !self.pass_empty_lines()? {
            return Ok(false);
        }
        if let Some(n_bytes) = self.plain_line() {
            self.pass_line(n_bytes);
            return Ok(true);
        }
        Ok(self.quoted_record()?.is_some())
    }

    /// How long the line is that begins here, if it is a record as it stands: one that ends within
    /// the piece and has no quote.
    fn plain_line(&self) -> Option<usize> {
        let rest = &self.piece[self.at..];
        let end = memchr3(b'"', b'\n', b'\r', rest)?;
        (rest[end] != b'"' && end <= self.limits.record_bytes_max).then_some(end)
    }

    /// Goes to what is behind such a line.
    fn pass_line(&mut self, n_bytes: usize) {
        self.is_after_return = self.piece[self.at + n_bytes] == b'\r';
        self.at += n_bytes + 1;
        self.line += 1;
    }

    /// The record that begins here, if it is such a line.
    fn plain_record(&mut self) -> Option<Span> {
        let (begin, n_bytes) = (self.at, self.plain_line()?);
        let text = &self.piece[begin..begin + n_bytes];
        let n_cells = memchr_iter(self.delimiter, text).count() + 1;
        // The automaton makes room for more, if there may be more.
        let ends = self.ends.get_mut(..n_cells)?;
        // Cells are so short that to guess where one ends takes longer than to look at each letter.
        let mut n_ends = 0;
        for (at, byte) in text.iter().enumerate() {
            ends[n_ends] = at;
            n_ends += usize::from(*byte == self.delimiter);
        }
        ends[n_ends] = n_bytes;
        let (line, place) = (self.line, Place::Piece(begin));
        self.pass_line(n_bytes);
        let n_ends = n_cells.min(self.limits.columns_max);
        Some(Span { line, place, n_bytes, n_ends, n_cells })
    }

    /// The record that begins here, whatever it is like.
    fn quoted_record(&mut self) -> Result<Option<Span>> {
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
                    let (place, n_ends) = (Place::Text, n_ends.min(self.limits.columns_max));
                    return Ok(Some(Span { line, place, n_bytes, n_ends, n_cells }));
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
                other => break other.map_err(Error::internal)?,
            }
        };
        self.piece.truncate(n);
        self.at = 0;
        self.has_ended = n == 0;
        Ok(())
    }
}

/// How often a line ends in a text, whichever way.
fn n_lines_in(text: &[u8]) -> u64 {
    let count = |wanted: u8| memchr_iter(wanted, text).count() as u64;
    let n_returns = count(b'\r');
    if n_returns == 0 {
        return count(b'\n');
    }
    let n_pairs = text.windows(2).filter(|pair| pair == b"\r\n").count() as u64;
    count(b'\n') + n_returns - n_pairs
}
