//! Which cell of a record is which number of the model.

use super::block::{Block, Fault};
use super::cell::{self, Place};
use super::whole;
use crate::error::{Error, Issues, Result};
use crate::ml::schema::{Column, Inputs};

/// The columns of a table and what the model takes from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    names: Vec<String>,
    inputs: Inputs,
    /// The cell of each of the model's columns.
    places: Vec<usize>,
    /// Whether rows may be of any length, all of it numbers.
    is_open: bool,
}

impl Layout {
    /// A table with these names above its columns.
    pub fn named(names: Vec<String>, inputs: &Inputs) -> Result<Self> {
        let Inputs::Named(columns) = inputs else {
            let places = (0..names.len()).collect();
            return Ok(Self { names, inputs: inputs.clone(), places, is_open: false });
        };
        let mut issues = Issues::default();
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let is_it = |(_, name): &(usize, &String)| is_same_name(name, column.name);
            let mut found = names.iter().enumerate().filter(is_it).map(|(place, _)| place);
            match (found.next(), found.next()) {
                (Some(place), None) => places.push(place),
                (None, _) => issues.add(column.name, "missing_column", "is no column of the table"),
                (Some(_), Some(_)) => {
                    issues.add(column.name, "duplicate_column", "is there more than once");
                }
            }
        }
        issues.or(Self { names, inputs: inputs.clone(), places, is_open: false })
    }

    /// A table without names: the model's columns in their order, or any numbers.
    pub fn unnamed(n_columns: usize, inputs: &Inputs) -> Result<Self> {
        let names = match inputs {
            Inputs::Named(columns) => columns.iter().map(|column| column.name.to_owned()).collect(),
            Inputs::Numbers(_) => {
                (1..=n_columns).map(|number| format!("column {number}")).collect()
            }
        };
        let names: Vec<String> = names;
        if names.len() != n_columns {
            let message = format!("must have {} cells, or names above its columns", names.len());
            return Err(whole("row", "wrong_width", message));
        }
        Self::named(names, inputs)
    }

    /// Rows of any length, all of it numbers, or the model's columns in their order.
    pub fn open(inputs: &Inputs) -> Self {
        let names: Vec<_> = inputs.columns().iter().map(|column| column.name.to_owned()).collect();
        let is_open = inputs.takes_any();
        Self { places: (0..names.len()).collect(), names, inputs: inputs.clone(), is_open }
    }

    /// The names above the columns, in the order of the table.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where the model's columns are, in the model's order.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// Whether rows may be of any length.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// What the model takes.
    pub(super) fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Reads a record of text into a block.
    pub(super) fn read_record(
        &self,
        block: &mut Block,
        line: u64,
        record: &Record<'_>,
        numbers: &mut Vec<f64>,
    ) {
        let row = block.first_row + block.n_given() as u64;
        let n_faults = block.faults.len();
        numbers.clear();
        for cell in record.cells() {
            block.cells.push(cell);
        }
        let place = |field| Place { row, line: Some(line), field };
        if let Some(fault) = self.misfit(place("row"), record.len()) {
            block.faults.push(fault);
        } else {
            for (number, at) in self.places.iter().enumerate() {
                let range = self.inputs.allowed(number);
                let field = self.field(number, *at);
                let found =
                    cell::read_text(place(field), record.cell(*at), record.has_decimal_comma)
                        .and_then(|number| cell::allowed(place(field), number, range));
                match found {
                    Ok(number) => numbers.push(number),
                    Err(fault) => block.faults.push(fault),
                }
            }
        }
        block.end_row(numbers, n_faults);
    }

    fn field(&self, number: usize, at: usize) -> &str {
        self.inputs.columns().get(number).map_or_else(|| self.names[at].as_str(), |c| c.name)
    }

    fn misfit(&self, place: Place<'_>, n_cells: usize) -> Option<Fault> {
        let n_columns = self.names.len();
        let code = match n_cells.cmp(&n_columns) {
            std::cmp::Ordering::Less => "too_few_cells",
            std::cmp::Ordering::Equal => return None,
            std::cmp::Ordering::Greater => "too_many_cells",
        };
        let message = format!("has {n_cells} cells where the table has {n_columns} columns");
        Some(place.fault(None, code, message))
    }
}

/// A record of a file.
pub(super) struct Record<'a> {
    pub(super) text: &'a [u8],
    pub(super) ends: &'a [usize],
    pub(super) has_decimal_comma: bool,
}

impl<'a> Record<'a> {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn cell(&self, place: usize) -> &'a [u8] {
        let begin = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.text[begin..self.ends[place]]
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).map(|place| self.cell(place))
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

/// The model's column with this name.
pub(super) fn column_named<'a>(columns: &'a [Column], name: &str) -> Option<(usize, &'a Column)> {
    columns.iter().enumerate().find(|(_, column)| is_same_name(name, column.name))
}

/// A table has too many columns.
pub(super) fn too_many_columns(columns_max: usize) -> Error {
    whole("header", "too_many_columns", format!("must have at most {columns_max} columns"))
}
