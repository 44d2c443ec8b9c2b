//! Where rows stand in a text.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::cursor::Cursor;
use crate::error::{Issues, Result};
use crate::ml::intake::layout::{Layout, Name, too_many_columns};
use crate::ml::intake::{Limits, whole};
use crate::ml::schema::Inputs;

/// Rows as JSON has them; each text is a piece of the whole.
#[derive(Debug, Clone)]
pub enum Given<'t> {
    /// A list: each a record, or each a list; a list of nothing but numbers is one row.
    Rows(&'t str),
    /// A record: one row.
    Record(&'t str),
    /// The names of columns, and a list for each row.
    Table {
        /// A list of the names.
        columns: &'t str,
        /// A list of the rows.
        data: &'t str,
    },
    /// An object with a list of values for each column.
    Columns(&'t str),
    /// A list of values for each column.
    Lists(Vec<Listed<'t>>),
    /// The values of all rows, one row behind the other.
    Matrix {
        /// A list of the values, or of the rows.
        data: &'t str,
        /// Values in a row.
        n_columns: usize,
        /// Whether each row is a list.
        is_nested: bool,
        /// Whether all values must be whole numbers.
        is_whole: bool,
    },
}

/// A column with its values.
#[derive(Debug, Clone)]
pub struct Listed<'t> {
    /// Its name.
    pub name: String,
    /// A list of its values.
    pub data: &'t str,
    /// Whether each value is a list of its own.
    pub is_nested: bool,
    /// Whether they must be whole numbers.
    pub is_whole: bool,
}

/// What is read row by row.
#[derive(Debug)]
pub(super) enum Source {
    /// A list of rows.
    Rows(Cursor),
    /// The list of one row.
    OneRow(Cursor),
    /// A list for each column.
    Columns(Vec<Column>),
    /// A list of the values of all rows.
    Matrix { data: Cursor, n_columns: usize },
}

/// The values of a column.
#[derive(Debug)]
pub(super) struct Column {
    values: Cursor,
    is_nested: bool,
}

impl Column {
    pub(super) fn next<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let value = self.values.next(text)?;
        if self.is_nested { Cursor::of(value, 0)?.next(value) } else { Some(value) }
    }
}

/// What rows are read from, what their columns are, and which of these must be whole numbers.
pub(super) struct Sourced {
    pub(super) source: Source,
    pub(super) layout: Layout,
    pub(super) is_whole: Vec<bool>,
}

impl Sourced {
    /// How the rows that were pointed out are read.
    pub(super) fn of(
        text: &str,
        given: Given<'_>,
        inputs: &Inputs,
        limits: Limits,
    ) -> Result<Self> {
        let list = |field: &str, part: &str| {
            let found = Cursor::of(text, place_in(text, part));
            found.ok_or_else(|| whole(field, "wrong_type", "must be a list"))
        };
        let open = |source| Self { source, layout: Layout::open(inputs), is_whole: vec![] };
        Ok(match given {
            Given::Rows(rows) => {
                let rows = list("rows", rows)?;
                let is_row = is_nothing_but_numbers(rows.clone(), text);
                open(if is_row { Source::OneRow(rows) } else { Source::Rows(rows) })
            }
            Given::Record(record) => open(Source::Rows(Cursor::alone(place_in(text, record)))),
            Given::Table { columns, data } => {
                let layout = Layout::named(names_in(columns, limits)?, inputs)?;
                Self { source: Source::Rows(list("data", data)?), layout, is_whole: vec![] }
            }
            Given::Columns(columns) => Self::of_lists(text, lists_in(columns, limits)?, inputs)?,
            Given::Lists(lists) => Self::of_lists(text, lists, inputs)?,
            Given::Matrix { data, n_columns, is_nested, is_whole } => {
                let data = list("data", data)?;
                let source =
                    if is_nested { Source::Rows(data) } else { Source::Matrix { data, n_columns } };
                let is_whole = if is_whole { vec![true; n_columns] } else { vec![] };
                Self { is_whole, ..open(source) }
            }
        })
    }

    fn of_lists(text: &str, lists: Vec<Listed<'_>>, inputs: &Inputs) -> Result<Self> {
        let (mut names, mut columns, mut is_whole) = (vec![], vec![], vec![]);
        let mut n_rows = None;
        for list in lists {
            let values = Cursor::of(text, place_in(text, list.data));
            let wrong = || whole(&list.name, "wrong_type", "must be a list of values");
            let values = values.ok_or_else(wrong)?;
            let n = values.clone().skip(text, u64::MAX);
            let n_rows = *n_rows.get_or_insert(n);
            if n != n_rows {
                let message = format!("must have {n_rows} values, as the first column has");
                return Err(whole(list.name, "wrong_length", message));
            }
            names.push(Name::from(list.name));
            columns.push(Column { values, is_nested: list.is_nested });
            is_whole.push(list.is_whole);
        }
        let layout = Layout::named(names, inputs)?;
        Ok(Self { source: Source::Columns(columns), layout, is_whole })
    }
}

impl Source {
    /// Whether there is no further row.
    pub(super) fn is_at_end(&mut self, text: &str) -> bool {
        match self {
            Self::Rows(values) | Self::OneRow(values) | Self::Matrix { data: values, .. } => {
                values.begin(text).is_none()
            }
            Self::Columns(columns) => {
                columns.first_mut().is_none_or(|column| column.values.begin(text).is_none())
            }
        }
    }

    /// Passes up to `n_rows` rows; how many there were.
    pub(super) fn skip(&mut self, text: &str, n_rows: u64) -> u64 {
        match self {
            Self::Rows(rows) => rows.skip(text, n_rows),
            Self::OneRow(list) => {
                let is_there = n_rows > 0 && list.begin(text).is_some();
                if is_there {
                    list.skip(text, u64::MAX);
                }
                u64::from(is_there)
            }
            Self::Columns(columns) => {
                let passed = columns.iter_mut().map(|column| column.values.skip(text, n_rows));
                passed.min().unwrap_or(0)
            }
            Self::Matrix { data, n_columns } => {
                let n_columns = *n_columns as u64;
                data.skip(text, n_rows.saturating_mul(n_columns)).div_ceil(n_columns)
            }
        }
    }
}

/// Where a piece of a text begins.
fn place_in(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr()).min(text.len())
}

fn is_nothing_but_numbers(mut list: Cursor, text: &str) -> bool {
    let mut n = 0_u64;
    while let Some(begin) = list.begin(text) {
        // A record, which may be long, is known by its first letter.
        if !text[begin..].starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return false;
        }
        if list.next(text).is_none() {
            break;
        }
        n += 1;
    }
    n > 0
}

/// The names in a list.
fn names_in(columns: &str, limits: Limits) -> Result<Vec<Name>> {
    let wrong = || whole("columns", "wrong_type", "must be a list of texts");
    let mut list = Cursor::of(columns, 0).ok_or_else(wrong)?;
    let mut names = Vec::new();
    while let Some(name) = list.next(columns) {
        if names.len() == limits.columns_max {
            return Err(too_many_columns(limits));
        }
        names.push(serde_json::from_str::<String>(name).map_err(|_| wrong())?.into());
    }
    Ok(names)
}

/// The columns in an object.
fn lists_in(columns: &str, limits: Limits) -> Result<Vec<Listed<'_>>> {
    let mut deserializer = serde_json::Deserializer::from_str(columns);
    let read = ReadColumns { columns_max: limits.columns_max };
    let lists = (&mut deserializer).deserialize_map(read);
    let lists = lists.map_err(|_| whole("body", "wrong_type", "must be an object of lists"))?;
    if lists.len() > limits.columns_max {
        return Err(too_many_columns(limits));
    }
    let mut issues = Issues::default();
    let mut known = std::collections::HashSet::new();
    for list in &lists {
        if !known.insert(list.name.as_str()) {
            issues.add(&*list.name, "repeated", "may stand there only once");
        }
    }
    drop(known);
    issues.or(lists)
}

struct ReadColumns {
    columns_max: usize,
}

impl<'t> Visitor<'t> for ReadColumns {
    type Value = Vec<Listed<'t>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut lists = Vec::new();
        while let Some((name, data)) = map.next_entry::<String, &'t RawValue>()? {
            // One more than there may be tells too many.
            if lists.len() <= self.columns_max {
                let data = data.get();
                lists.push(Listed { name, data, is_nested: false, is_whole: false });
            }
        }
        Ok(lists)
    }
}
