//! Rows in JSON: a list of records or lists, columns with their rows, or a list for each column.
//!
//! The text is in memory and known to be JSON; rows are read out of it one by one, so nothing grows
//! with it but what is asked for. Each cell is a piece of the text, of which a number is read or a
//! reason why it is none.

mod cursor;
mod record;
mod source;

use std::borrow::Cow;

pub use cursor::Cursor;
use cursor::cell_text;
use record::{Found, Names, ReadList, ReadRecord, Target};
pub use source::{Given, Listed};
use source::{Source, Sourced};

use super::block::{Block, Fault};
use super::cell::{self, Place, Wrong};
use super::layout::{Layout, too_many_columns};
use super::{Keeping, Limits, Portion, empty, too_many_rows, whole};
use crate::error::{Error, Result};
use crate::ml::schema::Inputs;

/// Rows being read out of a text.
pub struct Json<'a> {
    text: Cow<'a, str>,
    rows: Reader,
}

/// All but the text.
struct Reader {
    layout: Layout,
    /// The number of the model that each cell of a list is.
    number_at: Vec<Option<usize>>,
    source: Source,
    /// Which columns must be whole numbers; none if this is empty.
    is_whole: Vec<bool>,
    names: Names,
    limits: Limits,
    keeping: Keeping,
    n_rows: u64,
}

impl<'a> Json<'a> {
    /// Begins to read the rows that `find` points out in the text, for a model with these inputs.
    pub fn new(
        text: Cow<'a, str>,
        inputs: &Inputs,
        limits: Limits,
        keeping: Keeping,
        find: impl FnOnce(&str) -> Result<Given<'_>>,
    ) -> Result<Self> {
        let Sourced { source, layout, is_whole } =
            Sourced::of(&text, find(&text)?, inputs, limits)?;
        let mut number_at = vec![None; layout.names().len()];
        for (number, at) in layout.places().iter().enumerate() {
            number_at[*at] = Some(number);
        }
        let names = Names::beside(&layout, limits.columns_max);
        let mut rows =
            Reader { layout, number_at, source, is_whole, names, limits, keeping, n_rows: 0 };
        if keeping == Keeping::Cells {
            rows.survey(&text)?;
        }
        Ok(Self { text, rows })
    }

    /// The columns; those that the model does not take only if cells are kept.
    pub fn layout(&self) -> &Layout {
        &self.rows.layout
    }

    /// The next rows; `None` at the end.
    pub fn next_block(&mut self, portion: Portion) -> Result<Option<Block>> {
        let Self { text, rows } = self;
        let mut block = Block::begin(rows.n_rows + 1, rows.keeping, portion);
        let (mut found, mut numbers) = (Found::default(), Vec::new());
        while portion.has_room(block.n_given(), block.n_bytes())
            && rows.read_row(text, &mut block, &mut found, &mut numbers)?
        {
            rows.n_rows += 1;
            if rows.n_rows > rows.limits.rows_max {
                return Err(too_many_rows(rows.limits));
            }
        }
        if rows.n_rows == 0 && portion.rows_max > 0 {
            return Err(empty());
        }
        Ok((block.n_given() > 0).then_some(block))
    }

    /// Whether there is no further row.
    pub fn is_at_end(&mut self) -> bool {
        self.rows.source.is_at_end(&self.text)
    }

    /// Passes up to `n_rows` rows, without reading what is in them.
    pub fn skip(&mut self, n_rows: u64) {
        self.rows.n_rows += self.rows.source.skip(&self.text, n_rows);
    }

    /// Counts all rows, without reading what is in them.
    pub fn count_rest(&mut self) -> Result<u64> {
        // One more than there may be tells too many.
        self.skip((self.rows.limits.rows_max - self.rows.n_rows).saturating_add(1));
        match self.rows.n_rows {
            0 => Err(empty()),
            n_rows if n_rows > self.rows.limits.rows_max => Err(too_many_rows(self.rows.limits)),
            n_rows => Ok(n_rows),
        }
    }
}

impl Reader {
    /// Finds the names of all columns before the first row is read.
    fn survey(&mut self, text: &str) -> Result<()> {
        let Source::Rows(source) = &self.source else {
            if let Source::OneRow(list) = &self.source
                && self.layout.n_listed().is_none()
            {
                let n = list.clone().skip(text, self.limits.columns_max as u64);
                self.layout.widen(usize::try_from(n).unwrap_or(0));
            }
            return Ok(());
        };
        let (mut rows, mut widest) = (source.clone(), 0);
        let mut found = Found::default();
        for row in 1.. {
            let Some(begin) = rows.begin(text) else { break };
            if text.as_bytes()[begin] == b'{' {
                found.clear(self.layout.inputs().columns().len());
                let (layout, names) = (&self.layout, &mut self.names);
                let seed = ReadRecord { layout, names, row, found: &mut found };
                rows.read(text, seed).map_err(|why| self.unreadable(text, begin, &why))?;
                continue;
            }
            let list = Cursor::of(text, begin).filter(|_| self.layout.n_listed().is_none());
            let n_listed = list.map_or(0, |mut l| l.skip(text, self.limits.columns_max as u64));
            widest = widest.max(usize::try_from(n_listed).unwrap_or(0));
            rows.next(text);
        }
        for at in 0..self.names.new_ones().len() {
            self.layout.add_name(self.names.new_ones()[at].clone());
        }
        // Rows that name nothing are as wide as the widest of them.
        self.layout.widen(widest);
        self.names.forget_rows();
        Ok(())
    }

    /// Reads the next row; false at the end.
    fn read_row<'t>(
        &mut self,
        text: &'t str,
        block: &mut Block,
        found: &mut Found<'t>,
        numbers: &mut Vec<f64>,
    ) -> Result<bool> {
        found.clear(self.layout.inputs().columns().len());
        let n_max = self.layout.n_listed().unwrap_or(0).max(self.limits.columns_max);
        let number_at = &self.number_at;
        let (mut is_listed, mut is_row) = (true, true);
        let row = block.row();
        match &mut self.source {
            Source::Rows(rows) => {
                let Some(begin) = rows.begin(text) else { return Ok(false) };
                let layout = &self.layout;
                let read = match text.as_bytes()[begin] {
                    b'{' => {
                        is_listed = false;
                        let names = &mut self.names;
                        rows.read(text, ReadRecord { layout, names, row, found })
                    }
                    b'[' => rows.read(text, ReadList { layout, found, number_at, n_max }),
                    _ => {
                        is_row = false;
                        found.others.extend(rows.next(text).map(|value| (0, value)));
                        Ok(None)
                    }
                };
                read.map_err(|why| self.unreadable(text, begin, &why))?;
            }
            Source::OneRow(list) => {
                if list.begin(text).is_none() {
                    return Ok(false);
                }
                while let Some(value) = list.next(text) {
                    if found.n_listed < n_max {
                        found.put(&self.layout, number_at, value);
                    } else {
                        found.n_listed += 1;
                    }
                }
            }
            Source::Columns(columns) => {
                for column in columns {
                    let Some(value) = column.next(text) else { return Ok(false) };
                    found.put(&self.layout, number_at, value);
                }
                if found.n_listed == 0 {
                    return Ok(false);
                }
            }
            Source::Matrix { data, n_columns } => {
                if data.begin(text).is_none() {
                    return Ok(false);
                }
                for _ in 0..*n_columns {
                    let Some(value) = data.next(text) else { break };
                    found.put(&self.layout, number_at, value);
                }
            }
        }
        if is_row {
            self.judge(block, found, numbers, is_listed);
        } else {
            no_row(block, found);
        }
        block.end_row(numbers);
        Ok(true)
    }

    /// Says of each cell that was found whether it is right.
    fn judge(
        &self,
        block: &mut Block,
        found: &mut Found<'_>,
        numbers: &mut Vec<f64>,
        is_listed: bool,
    ) {
        numbers.clear();
        let row = block.row();
        let takes_any = self.layout.inputs().takes_any();
        if takes_any && !is_listed {
            // A record's numbers stand as its names first came, so that columns stay columns.
            found.numbers.sort_by_key(|(place, _)| *place);
        }
        self.keep(block, found);
        for target in &found.repeated {
            let place = match target {
                Target::Number(number) => self.layout.field(*number),
                Target::Other(place) => self.names.name(&self.layout, *place).into(),
            };
            let place = Place { row, line: None, field: &place };
            block.fault(|| place.fault(None, "repeated", "may stand there only once"));
        }
        if let Some(fault) = self.misfit(row, found, is_listed) {
            block.fault(|| fault);
            return;
        }
        for (at, value) in &found.numbers {
            let name = || match () {
                () if is_listed || !takes_any => self.layout.field(*at),
                () => self.names.name(&self.layout, *at).into(),
            };
            match self.number(*at, *value) {
                Ok(number) => numbers.push(number),
                Err(wrong) => block.fault(|| {
                    let place = Place { row, line: None, field: &name() };
                    let text = value.filter(|text| *text != "null").unwrap_or_default();
                    place.wrong(wrong, text.as_bytes())
                }),
            }
        }
        let bytes_max = self.limits.cell_bytes_max;
        for (place, value) in found.others.iter().filter(|(_, value)| value.len() > bytes_max) {
            let field = self.names.name(&self.layout, *place);
            let wrong = Wrong::TooLarge(bytes_max);
            block.fault(|| Place { row, line: None, field }.wrong(wrong, value.as_bytes()));
        }
    }

    fn number(&self, at: usize, value: Option<&str>) -> Result<f64, Wrong> {
        let value = value.ok_or(Wrong::Missing)?;
        if value.len() > self.limits.cell_bytes_max {
            return Err(Wrong::TooLarge(self.limits.cell_bytes_max));
        }
        let number = cell::read_json(value)?;
        if number.fract() != 0.0 && self.is_whole.get(self.place(at)) == Some(&true) {
            return Err(Wrong::NotWhole);
        }
        cell::allowed(number, self.layout.inputs().allowed(at))
    }

    /// The column of what was found for a number.
    fn place(&self, at: usize) -> usize {
        if self.layout.inputs().takes_any() { at } else { self.layout.places()[at] }
    }

    fn misfit(&self, row: u64, found: &Found<'_>, is_listed: bool) -> Option<Fault> {
        let misfit = || self.layout.misfit(found.n_listed, self.limits, "values");
        let (code, message) = match is_listed.then(misfit).flatten() {
            Some(misfit) => misfit,
            // What has no number is no row, and must not be paid for.
            None if found.numbers.is_empty() => ("too_few_cells", "has no number".to_owned()),
            None => return None,
        };
        Some(row_fault(row, None, code, &message))
    }

    /// Keeps the cells of a row as they were given.
    fn keep(&self, block: &mut Block, found: &Found<'_>) {
        if !block.keeps_cells() {
            return;
        }
        for (at, value) in &found.numbers {
            if let Some(value) = value {
                block.keep(self.place(*at), cell_text(value).as_bytes());
            }
        }
        for (place, value) in &found.others {
            block.keep(*place, cell_text(value).as_bytes());
        }
    }

    /// A record that cannot be read though it is JSON: it has too many names, or names that are no
    /// texts.
    fn unreadable(&self, text: &str, begin: usize, why: &serde_json::Error) -> Error {
        if self.names.is_full() {
            return too_many_columns(self.limits);
        }
        let before = &text[..begin];
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
        let message = format!("is not valid JSON: {why}, counted from line {line} column {column}");
        whole("body", "malformed", message)
    }
}

/// Something else stands where a row should.
fn no_row(block: &mut Block, found: &Found<'_>) {
    let (row, value) = (block.row(), found.others.first().map(|(_, value)| *value));
    block.keep(0, cell_text(value.unwrap_or_default()).as_bytes());
    let message = "must be a record or a list of numbers";
    block.fault(|| row_fault(row, value, "not_a_row", message));
}

fn row_fault(row: u64, value: Option<&str>, code: &'static str, message: &str) -> Fault {
    Place { row, line: None, field: "row" }.fault(value, code, message)
}
