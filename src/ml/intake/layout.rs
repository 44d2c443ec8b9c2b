//! Which cell of a record is which number of the model.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::block::Block;
use super::cell::{self, Place, Wrong};
use super::{Limits, whole};
use crate::error::{Error, Issues, Result};
use crate::ml::schema::{Column, Inputs};

/// The name of a column. Those of a model need not be copied.
pub(super) type Name = Cow<'static, str>;

/// The columns of a table and what the model takes from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    names: Vec<Name>,
    inputs: Inputs,
    /// The cell of each of the model's columns.
    places: Vec<usize>,
    /// How many cells a row has that does not name them; any number of them if none.
    n_listed: Option<usize>,
}

impl Layout {
    /// A table with these names above its columns. Where any number of numbers will do, a row may
    /// be shorter or longer than they are.
    pub(super) fn named(names: Vec<Name>, inputs: &Inputs) -> Result<Self> {
        let n_listed = Some(names.len());
        let Inputs::Named(columns) = inputs else {
            let places = (0..names.len()).collect();
            return Ok(Self { names, inputs: inputs.clone(), places, n_listed: None });
        };
        let mut issues = Issues::default();
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let is_it = |(_, name): &(usize, &Name)| is_same_name(name, column.name);
            let mut found = names.iter().enumerate().filter(is_it).map(|(place, _)| place);
            match (found.next(), found.next()) {
                (Some(place), None) => places.push(place),
                (None, _) => issues.add(column.name, "missing_column", "is no column of the table"),
                (Some(_), Some(_)) => {
                    issues.add(column.name, "duplicate_column", "is there more than once");
                }
            }
        }
        issues.or(Self { names, inputs: inputs.clone(), places, n_listed })
    }

    /// A table without names: the model's columns in their order, or any numbers.
    pub(super) fn unnamed(n_columns: usize, inputs: &Inputs) -> Result<Self> {
        let names: Vec<Name> = match inputs {
            Inputs::Named(columns) => columns.iter().map(|column| column.name.into()).collect(),
            Inputs::Numbers(_) => (0..n_columns).map(numbered).collect(),
        };
        if names.len() != n_columns {
            let message = format!("must have {} cells, or names above its columns", names.len());
            return Err(whole("row", "wrong_width", message));
        }
        Self::named(names, inputs)
    }

    /// Rows of any length, all of it numbers, or the model's columns in their order.
    pub(super) fn open(inputs: &Inputs) -> Self {
        let names: Vec<Name> = inputs.columns().iter().map(|column| column.name.into()).collect();
        let n_listed = (!inputs.takes_any()).then_some(names.len());
        Self { places: (0..names.len()).collect(), names, inputs: inputs.clone(), n_listed }
    }

    /// The names above the columns, in the order of the table.
    pub fn names(&self) -> &[Cow<'static, str>] {
        &self.names
    }

    /// Adds a column that is no number of the model.
    pub(super) fn add_name(&mut self, name: Name) {
        self.names.push(name);
    }

    /// Where rows may have any length: columns for all cells of a row with so many.
    pub(super) fn widen(&mut self, n_cells: usize) {
        while self.inputs.takes_any() && self.names.len() < n_cells {
            self.add_name(self.unnamed_column(self.names.len()));
        }
    }

    /// Where the model's columns are, in the model's order.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// How many cells a row has that does not name them; any number of them if none.
    pub(super) fn n_listed(&self) -> Option<usize> {
        self.n_listed
    }

    /// What the model takes.
    pub(super) fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Reads a record of text into a block.
    pub(super) fn read_record(
        &self,
        block: &mut Block,
        record: &Record<'_>,
        numbers: &mut Vec<f64>,
        limits: Limits,
    ) {
        numbers.clear();
        block.keep_record(record);
        let row = block.row();
        let place = |field| Place { row, line: Some(record.line), field };
        let misfit = self.misfit(record.n_cells, limits, "cells");
        let is_misfit = misfit.is_some();
        if let Some((code, message)) = misfit {
            block.fault(|| place("row").fault(None, code, message));
        }
        // A cell of many pages is no cell, whether the model takes it or not.
        for at in record.too_large(limits) {
            let wrong = Wrong::TooLarge(limits.cell_bytes_max);
            let name = self.names.get(at).map_or("row", AsRef::as_ref);
            block.fault(|| place(name).wrong(wrong, record.cell(at)));
        }
        if !is_misfit {
            let takes_any = self.inputs.takes_any();
            let n_numbers = if takes_any { record.n_cells } else { self.places.len() };
            for number in 0..n_numbers {
                let range = self.inputs.allowed(number);
                let text = record.cell(if takes_any { number } else { self.places[number] });
                match cell::read_text(text, record.has_decimal_comma())
                    .and_then(|number| cell::allowed(number, range))
                {
                    Ok(number) => numbers.push(number),
                    Err(_) if text.len() > limits.cell_bytes_max => {}
                    Err(wrong) => block.fault(|| {
                        Place { field: &self.field(number), ..place("row") }.wrong(wrong, text)
                    }),
                }
            }
        }
        block.end_row(numbers);
    }

    /// The name of a number: the model's, or that of its column.
    pub(super) fn field(&self, number: usize) -> Cow<'_, str> {
        if let Some(column) = self.inputs.columns().get(number) {
            return column.name.into();
        }
        let name = self.places.get(number).map(|place| self.names[*place].as_ref());
        name.map_or_else(|| self.unnamed_column(number), Cow::Borrowed)
    }

    /// The name of a column beyond the named ones, none of which it repeats.
    fn unnamed_column(&self, at: usize) -> Name {
        let mut name = numbered(at).into_owned();
        while self.names[..self.places.len()].iter().any(|taken| *taken == name) {
            name.push('′');
        }
        name.into()
    }

    /// What is wrong with a row of so many cells that does not name them, if anything is.
    pub(super) fn misfit(
        &self,
        n_cells: usize,
        limits: Limits,
        what: &str,
    ) -> Option<(&'static str, String)> {
        let Some(n_columns) = self.n_listed else {
            let most = limits.columns_max;
            let message = || format!("has {n_cells} {what} where {most} are the most");
            return (n_cells > most).then(|| ("too_many_cells", message()));
        };
        let code = match n_cells.cmp(&n_columns) {
            Ordering::Less => "too_few_cells",
            Ordering::Equal => return None,
            Ordering::Greater => "too_many_cells",
        };
        Some((code, format!("has {n_cells} {what} where there are {n_columns} columns")))
    }
}

/// The name of a column that has none, counted from 1.
pub(super) fn numbered(at: usize) -> Name {
    format!("column {}", at + 1).into()
}

/// A record of a file.
pub(super) struct Record<'a> {
    pub(super) line: u64,
    pub(super) text: &'a [u8],
    /// How many bytes part a cell from the next.
    pub(super) parted_by: usize,
    pub(super) ends: &'a [usize],
    /// How many cells it has, which may be more than are in memory.
    pub(super) n_cells: usize,
    /// What parts its cells in the file.
    pub(super) delimiter: u8,
}

impl<'a> Record<'a> {
    /// Whether its text is the line of the file, with commas between its cells.
    pub(super) fn is_line(&self) -> bool {
        self.parted_by > 0 && self.delimiter == b','
    }

    /// Whether a comma may stand for a decimal point: it does not part cells.
    pub(super) fn has_decimal_comma(&self) -> bool {
        self.delimiter != b','
    }

    /// Where a cell begins.
    pub(super) fn begin(&self, place: usize) -> usize {
        if place == 0 { 0 } else { self.ends[place - 1] + self.parted_by }
    }

    fn cell(&self, place: usize) -> &'a [u8] {
        &self.text[self.begin(place)..self.ends[place]]
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.ends.len()).map(|place| self.cell(place))
    }

    fn too_large(&self, limits: Limits) -> impl Iterator<Item = usize> {
        let bytes_max = limits.cell_bytes_max;
        let is_suspect = self.text.len() > bytes_max;
        let all = if is_suspect { 0..self.ends.len() } else { 0..0 };
        all.filter(move |at| self.cell(*at).len() > bytes_max)
    }
}

/// Whether two names are the same to people: case, and how words are parted, do not matter.
pub(super) fn is_same_name(given: &str, name: &str) -> bool {
    // Most names are spelled as they should be.
    given == name || letters_of(given).eq(letters_of(name))
}

fn letters_of(name: &str) -> impl Iterator<Item = char> {
    let parting = |c: &char| c.is_whitespace() || matches!(c, '_' | '-' | '.');
    name.chars().filter(move |c| !parting(c)).flat_map(char::to_lowercase)
}

/// The number of the model's column with this name.
pub(super) fn column_named(columns: &[Column], name: &str) -> Option<usize> {
    let is_it = |column: &Column| is_same_name(name, column.name);
    columns.iter().position(|column| column.name == name).or_else(|| columns.iter().position(is_it))
}

/// A table has too many columns.
pub(super) fn too_many_columns(limits: Limits) -> Error {
    whole("header", "too_many_columns", format!("must have at most {} columns", limits.columns_max))
}
