//! Rows in JSON: a list of records, a list of lists, or columns with their data. A text is no
//! number here, whatever it says: JSON has numbers of its own.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::block::{Block, Fault};
use super::cell::{self, Place};
use super::layout::{Layout, column_named, is_same_name, too_many_columns};
use super::{Limits, whole};
use crate::error::Result;
use crate::ml::schema::{Inputs, Range};

/// Rows as JSON has them.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    /// Each a record, or each a list; a list of nothing but numbers is one row.
    Rows(&'a [Value]),
    /// The names of columns, and a list for each row.
    Table {
        /// The names.
        columns: &'a [Value],
        /// The rows.
        data: &'a [Value],
    },
    /// A list of values for each column.
    Columns(&'a Map<String, Value>),
}

/// Reads rows for a model with these inputs.
pub fn read_json(given: Given<'_>, inputs: &Inputs, limits: Limits) -> Result<(Layout, Block)> {
    match given {
        Given::Rows(rows) if !rows.is_empty() && rows.iter().all(Value::is_number) => {
            let row = [Value::Array(rows.to_vec())];
            read_rows(&row, Layout::open(inputs), limits)
        }
        Given::Rows(rows) if rows.iter().any(Value::is_object) => {
            read_rows(rows, layout_of_records(rows, inputs, limits)?, limits)
        }
        Given::Rows(rows) => read_rows(rows, Layout::open(inputs), limits),
        Given::Table { columns, data } => {
            let name = |value: &Value| value.as_str().map(str::to_owned);
            let names = columns.iter().map(name).collect::<Option<Vec<_>>>();
            let names = names.ok_or_else(|| whole("columns", "wrong_type", "must be texts"))?;
            if names.len() > limits.columns_max {
                return Err(too_many_columns(limits.columns_max));
            }
            read_rows(data, Layout::named(names, inputs)?, limits)
        }
        Given::Columns(columns) => {
            let rows = rows_of_columns(columns)?;
            let layout = Layout::named(columns.keys().cloned().collect(), inputs)?;
            read_rows(&rows, layout, limits)
        }
    }
}

/// The names in records: the model's first, then whatever else there is, as it comes.
fn layout_of_records(rows: &[Value], inputs: &Inputs, limits: Limits) -> Result<Layout> {
    let columns = inputs.columns();
    let mut names: Vec<String> = columns.iter().map(|column| column.name.to_owned()).collect();
    let mut known = HashSet::new();
    for key in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !known.contains(key) {
            known.insert(key.clone());
            if column_named(columns, key).is_none() {
                names.push(key.clone());
            }
        }
        if names.len() > limits.columns_max {
            return Err(too_many_columns(limits.columns_max));
        }
    }
    Layout::named(names, inputs)
}

/// A list for each row out of a list for each column.
fn rows_of_columns(columns: &Map<String, Value>) -> Result<Vec<Value>> {
    let mut lists = Vec::with_capacity(columns.len());
    for (name, value) in columns {
        let Value::Array(list) = value else {
            return Err(whole(name, "wrong_type", "must be a list of values"));
        };
        lists.push((name, list));
    }
    let n_rows = lists.first().map_or(0, |(_, list)| list.len());
    if let Some((name, _)) = lists.iter().find(|(_, list)| list.len() != n_rows) {
        let message = format!("must have {n_rows} values, as the first column has");
        return Err(whole(*name, "wrong_length", message));
    }
    let row = |at: usize| Value::Array(lists.iter().map(|(_, list)| list[at].clone()).collect());
    Ok((0..n_rows).map(row).collect())
}

fn read_rows(rows: &[Value], layout: Layout, limits: Limits) -> Result<(Layout, Block)> {
    if rows.is_empty() {
        return Err(whole("rows", "empty", "must have at least one row"));
    }
    if rows.len() as u64 > limits.rows_max {
        let message = format!("must have at most {} rows", limits.rows_max);
        return Err(whole("rows", "too_many_rows", message));
    }
    let mut block = Block { first_row: 1, ..Block::default() };
    let mut numbers = Vec::new();
    for row in rows {
        numbers.clear();
        let n_faults = block.faults.len();
        let reading = Reading { layout: &layout, row: block.first_row + block.n_given() as u64 };
        reading.read(row, &mut block, &mut numbers);
        block.end_row(&numbers, n_faults);
    }
    let widest = rows.iter().filter_map(Value::as_array).map(Vec::len).max().unwrap_or(0);
    let layout = if layout.is_open() { Layout::unnamed(widest, layout.inputs())? } else { layout };
    Ok((layout, block))
}

/// A row being read.
#[derive(Clone, Copy)]
struct Reading<'a> {
    layout: &'a Layout,
    row: u64,
}

impl Reading<'_> {
    fn read(self, row: &Value, block: &mut Block, numbers: &mut Vec<f64>) {
        match row {
            Value::Object(record) => self.read_record(record, block, numbers),
            Value::Array(list) => self.read_list(list, block, numbers),
            other => {
                block.cells.push(text_of(other).as_bytes());
                let message = "must be a record or a list of numbers";
                block.faults.push(self.row_fault(Some(&other.to_string()), "not_a_row", message));
            }
        }
    }

    fn read_record(self, record: &Map<String, Value>, block: &mut Block, numbers: &mut Vec<f64>) {
        let named = |name: &String| {
            let alike = || record.iter().find(|(key, _)| is_same_name(key, name));
            record.get(name).or_else(|| alike().map(|(_, value)| value))
        };
        let values: Vec<_> = self.layout.names().iter().map(named).collect();
        self.read_values(&values, block, numbers);
    }

    fn read_list(self, list: &[Value], block: &mut Block, numbers: &mut Vec<f64>) {
        let values: Vec<_> = list.iter().map(Some).collect();
        let n_columns = self.layout.names().len();
        if self.layout.is_open() {
            if list.is_empty() {
                block.faults.push(self.row_fault(None, "too_few_cells", "has no number"));
            }
            self.read_any(&values, block, numbers);
        } else if list.len() == n_columns {
            self.read_values(&values, block, numbers);
        } else {
            keep(&values, block);
            let code = if list.len() < n_columns { "too_few_cells" } else { "too_many_cells" };
            let message = format!("has {} values where there are {n_columns} columns", list.len());
            block.faults.push(self.row_fault(None, code, &message));
        }
    }

    /// Reads what the model takes out of the values of a row, which stand as the names do.
    fn read_values(self, values: &[Option<&Value>], block: &mut Block, numbers: &mut Vec<f64>) {
        keep(values, block);
        let inputs = self.layout.inputs();
        for (number, at) in self.layout.places().iter().enumerate() {
            let column = inputs.columns().get(number);
            let field = column.map_or(self.layout.names()[*at].as_str(), |column| column.name);
            self.take(field, values[*at], inputs.allowed(number), block, numbers);
        }
    }

    /// Reads a row in which every value is a number for the model.
    fn read_any(self, values: &[Option<&Value>], block: &mut Block, numbers: &mut Vec<f64>) {
        keep(values, block);
        for (at, value) in values.iter().enumerate() {
            let range = self.layout.inputs().allowed(at);
            self.take(&format!("column {}", at + 1), *value, range, block, numbers);
        }
    }

    fn take(
        self,
        field: &str,
        value: Option<&Value>,
        range: Range,
        block: &mut Block,
        numbers: &mut Vec<f64>,
    ) {
        match self.number(field, value, range) {
            Ok(number) => numbers.push(number),
            Err(fault) => block.faults.push(fault),
        }
    }

    fn number(self, field: &str, value: Option<&Value>, range: Range) -> Result<f64, Fault> {
        let place = Place { row: self.row, line: None, field };
        let number = match value {
            None | Some(Value::Null) => return Err(place.missing(None)),
            Some(Value::Number(number)) => number.as_f64(),
            Some(_) => None,
        };
        let text = value.map(Value::to_string).unwrap_or_default();
        let number = number.ok_or_else(|| place.not_a_number(&text))?;
        let number = cell::finite(place, number, &text)?;
        cell::allowed(place, number, range)
    }

    fn row_fault(self, value: Option<&str>, code: &'static str, message: &str) -> Fault {
        Place { row: self.row, line: None, field: "row" }.fault(value, code, message)
    }
}

/// Keeps the values of a row as they were given.
fn keep(values: &[Option<&Value>], block: &mut Block) {
    for value in values {
        block.cells.push(value.map(text_of).unwrap_or_default().as_bytes());
    }
}

/// A value as the cell of a table.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
