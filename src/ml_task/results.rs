//! A task's results, read back row by row in bounded memory: what was sent, what was predicted of
//! it, or what is wrong with it.

use std::io::{BufRead, BufReader, Cursor, Read};
use std::iter::Peekable;

use lz4_flex::frame::FrameDecoder;

use super::form::Opened;
use super::prediction::read_line;
use super::record::{Content, Contents, MLTask};
use crate::error::{Error, Result};
use crate::files::Files;
use crate::ml::intake::{Block, Fault, Limits};
use crate::ml::schema::Inputs;

/// Rows that are read of the input at once.
const BLOCK_ROWS: usize = 1024;

/// One row of the results.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResultRow {
    pub(super) row: u64,
    /// Every cell, as it was given.
    pub(super) cells: Vec<String>,
    pub(super) outcome: RowOutcome,
}

/// What came of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RowOutcome {
    Predicted { inputs: Vec<f64>, numbers: Vec<f64> },
    Rejected(Vec<Fault>),
}

/// A content being read.
pub(super) type Source = Box<dyn Read + Send>;
type Lines = std::io::Lines<BufReader<Source>>;

/// The results of a task, being read.
pub(super) struct Results {
    input: Opened<Source>,
    output: Lines,
    faults: Peekable<Faults>,
    block: Block,
    /// The next row of the block, and the next good one.
    next: usize,
    next_good: usize,
}

impl Results {
    /// Begins to read. What the model takes is what it took when the rows were sent.
    pub(super) fn open(
        task: &MLTask,
        contents: Contents,
        files: &Files,
        inputs: &Inputs,
    ) -> Result<Self> {
        let open = |content: Option<Content>| open_content(content, files);
        let body = open(contents.input)?;
        let input =
            task.form.open(body, inputs, Limits { rows_max: u64::MAX, ..Limits::default() })?;
        let output = BufReader::new(open(contents.output)?).lines();
        let faults = Faults(BufReader::new(open(contents.faults)?).lines()).peekable();
        Ok(Self { input, output, faults, block: Block::default(), next: 0, next_good: 0 })
    }

    /// The names above the columns.
    pub(super) fn names(&self) -> &[String] {
        self.input.layout().names()
    }

    /// The next row; `None` at the end.
    pub(super) fn next_row(&mut self) -> Result<Option<ResultRow>> {
        if self.next == self.block.n_given() {
            let Some(block) = self.input.next_block(BLOCK_ROWS)? else { return Ok(None) };
            (self.block, self.next, self.next_good) = (block, 0, 0);
        }
        let at = self.next;
        self.next += 1;
        let row = self.block.first_row + at as u64;
        let cells = self.block.cells.record(at);
        let cells = cells.map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
        // What was a fault then is one, whatever this program would say today.
        let mut found = vec![];
        while let Some(fault) = self.faults.next_if(|f| f.as_ref().is_ok_and(|f| f.row <= row)) {
            found.push(fault?);
        }
        let good = self.block.is_good[at].then(|| {
            self.next_good += 1;
            self.block.rows.row(self.next_good - 1).to_vec()
        });
        if !found.is_empty() {
            return Ok(Some(ResultRow { row, cells, outcome: RowOutcome::Rejected(found) }));
        }
        let line = self.output.next().transpose().map_err(Error::internal)?;
        let outcome = match line {
            Some(line) => RowOutcome::Predicted {
                inputs: good.unwrap_or_default(),
                numbers: read_line(&line)?,
            },
            // The task failed or is not done: nothing was predicted of any row.
            None => RowOutcome::Rejected(vec![]),
        };
        Ok(Some(ResultRow { row, cells, outcome }))
    }
}

/// Opens a content; one that is not there is empty.
pub(super) fn open_content(content: Option<Content>, files: &Files) -> Result<Source> {
    Ok(match content {
        None => Box::new(std::io::empty()),
        Some(Content::Inline(bytes)) => Box::new(Cursor::new(bytes)),
        Some(Content::File(hash)) => Box::new(FrameDecoder::new(files.open_blob(hash)?)),
    })
}

struct Faults(Lines);

impl Iterator for Faults {
    type Item = Result<Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.0.next()?.map_err(Error::internal);
        Some(line.and_then(|line| serde_json::from_str(&line).map_err(Error::internal)))
    }
}
