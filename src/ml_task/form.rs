//! The forms in which rows come: Cellar's own JSON, tables as text, and what clients of other
//! servers send. Whatever the form, out come blocks of rows.

use std::io::Read;

use serde_json::{Map, Value};

use crate::error::{Error, Issues, Result};
use crate::ml::intake::{Block, Delimited, Given, Layout, Limits, read_json};
use crate::ml::schema::Inputs;
use crate::web;

/// What the body of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `{"rows": [..]}` or `{"columns": [..], "data": [..]}`.
    Json,
    /// Comma-separated values and their kin.
    Table,
    /// What MLflow's scoring server takes in JSON.
    Mlflow,
    /// The tensors of the Open Inference Protocol.
    Oip,
}

impl Form {
    const ALL: [Self; 4] = [Self::Json, Self::Table, Self::Mlflow, Self::Oip];

    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Table => "table",
            Self::Mlflow => "mlflow",
            Self::Oip => "oip",
        }
    }

    /// What a body of this form is called when it is given back, and of what type it is.
    pub(super) const fn as_file(self) -> (&'static str, &'static str) {
        match self {
            Self::Table => ("input.csv", "text/csv; charset=utf-8"),
            Self::Json | Self::Mlflow | Self::Oip => ("input.json", "application/json"),
        }
    }

    /// The form with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }

    /// Begins to read a body of this form, for a model with these inputs.
    pub fn open<R: Read>(self, mut body: R, inputs: &Inputs, limits: Limits) -> Result<Opened<R>> {
        if self == Self::Table {
            return Ok(Opened::Table(Box::new(Delimited::new(body, inputs, limits)?)));
        }
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).map_err(Error::internal)?;
        let value = web::read_json(&bytes)?;
        let (layout, block) = match self {
            Self::Json => read_json(given_in_json(&value)?, inputs, limits),
            Self::Mlflow => read_json(given_by_mlflow(&value)?, inputs, limits),
            Self::Oip => {
                let table = oip_table(&value)?;
                read_json(table.given(), inputs, limits)
            }
            Self::Table => unreachable!("a table is read as a stream"),
        }?;
        Ok(Opened::Whole { layout, block: Some(Box::new(block)) })
    }
}

/// A body being read.
pub enum Opened<R> {
    /// As a stream.
    Table(Box<Delimited<R>>),
    /// Read already.
    Whole {
        /// Its columns.
        layout: Layout,
        /// Its rows, until they are taken.
        block: Option<Box<Block>>,
    },
}

impl<R: Read> Opened<R> {
    /// Its columns.
    pub fn layout(&self) -> &Layout {
        match self {
            Self::Table(table) => table.layout(),
            Self::Whole { layout, .. } => layout,
        }
    }

    /// The next rows, up to `n_rows_max` if they come as a stream; `None` at the end.
    pub fn next_block(&mut self, n_rows_max: usize) -> Result<Option<Block>> {
        match self {
            Self::Table(table) => table.next_block(n_rows_max),
            Self::Whole { block, .. } => Ok(block.take().map(|block| *block)),
        }
    }

    /// How many rows there are, read to the end.
    pub fn count(self) -> Result<u64> {
        match self {
            Self::Table(mut table) => table.count_rest(),
            Self::Whole { block, .. } => Ok(block.map_or(0, |block| block.n_given() as u64)),
        }
    }
}

/// The model that a body of Cellar's own JSON names.
pub(super) fn model_in_json(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        model: Option<String>,
    }
    serde_json::from_slice::<Named>(body).ok()?.model
}

fn object(value: &Value) -> Result<&Map<String, Value>> {
    let object = value.as_object();
    object.ok_or_else(|| Error::invalid("body", "wrong_type", "must be an object"))
}

fn list<'a>(record: &'a Map<String, Value>, field: &str) -> Result<&'a [Value]> {
    match record.get(field) {
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Error::invalid(field, "wrong_type", "must be a list")),
        None => Err(Error::invalid(field, "required", "is missing")),
    }
}

/// Refuses fields that nobody reads: a misspelt one would be ignored without a word.
fn only(record: &Map<String, Value>, known: &[&str]) -> Result<()> {
    let mut issues = Issues::default();
    for name in record.keys().filter(|name| !known.contains(&name.as_str())) {
        let message = format!("is not a field here; the fields are {}", known.join(", "));
        issues.add(name, "unknown", message);
    }
    issues.or(())
}

fn given_in_json(value: &Value) -> Result<Given<'_>> {
    let body = object(value)?;
    only(body, &["model", "rows", "columns", "data"])?;
    match (body.contains_key("rows"), body.contains_key("columns")) {
        (true, true) => {
            let message = "must not be there beside columns; send one of them";
            Err(Error::invalid("rows", "surplus", message))
        }
        (false, true) => {
            Ok(Given::Table { columns: list(body, "columns")?, data: list(body, "data")? })
        }
        // The specification's `data`: rows, or the numbers of one.
        (false, false) if body.contains_key("data") => Ok(Given::Rows(list(body, "data")?)),
        (_, false) => Ok(Given::Rows(list(body, "rows")?)),
    }
}

/// What MLflow's scoring server takes: exactly one of four fields.
const MLFLOW_FIELDS: [&str; 4] = ["dataframe_split", "dataframe_records", "instances", "inputs"];

fn given_by_mlflow(value: &Value) -> Result<Given<'_>> {
    let body = object(value)?;
    let mut found = MLFLOW_FIELDS.into_iter().filter(|field| body.contains_key(*field));
    let (Some(field), None) = (found.next(), found.next()) else {
        let message = format!("must have exactly one of {}", MLFLOW_FIELDS.join(", "));
        return Err(Error::invalid("body", "required", message));
    };
    match &body[field] {
        Value::Object(table) if field == "dataframe_split" => {
            Ok(Given::Table { columns: list(table, "columns")?, data: list(table, "data")? })
        }
        Value::Array(rows) if field != "dataframe_split" => Ok(Given::Rows(rows)),
        Value::Object(columns) if field == "inputs" || field == "instances" => {
            Ok(Given::Columns(columns))
        }
        _ => Err(Error::invalid(field, "wrong_type", "must be a table")),
    }
}

/// The tensors of a request as columns and rows.
pub(super) struct OipTable {
    columns: Vec<Value>,
    data: Vec<Value>,
}

impl OipTable {
    fn given(&self) -> Given<'_> {
        if self.columns.is_empty() {
            return Given::Rows(&self.data);
        }
        Given::Table { columns: &self.columns, data: &self.data }
    }
}

/// Datatypes whose values are numbers.
const NUMERIC: [&str; 11] = [
    "FP64", "FP32", "FP16", "INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16",
    "UINT8",
];

/// Reads the tensors: one of the shape rows × columns, or one for each column.
pub(super) fn oip_table(value: &Value) -> Result<OipTable> {
    let body = object(value)?;
    let inputs = list(body, "inputs")?;
    let tensors = inputs.iter().enumerate().map(|(at, input)| Tensor::read(input, at));
    let tensors = tensors.collect::<Result<Vec<_>>>()?;
    match &tensors[..] {
        [] => Err(Error::invalid("inputs", "empty", "must have at least one tensor")),
        [Tensor { n_columns: Some(n_columns), values, .. }] => {
            let rows = values.chunks(*n_columns).map(|row| Value::Array(row.to_vec()));
            Ok(OipTable { columns: vec![], data: rows.collect() })
        }
        columns => {
            let n_rows = columns[0].values.len();
            if let Some(odd) = columns.iter().find(|column| column.values.len() != n_rows) {
                let message = format!("must have {n_rows} values, as the first has");
                return Err(Error::invalid(odd.name, "wrong_length", message));
            }
            let row = |at: usize| columns.iter().map(|column| column.values[at].clone()).collect();
            Ok(OipTable {
                columns: columns.iter().map(|column| column.name.into()).collect(),
                data: (0..n_rows).map(|at| Value::Array(row(at))).collect(),
            })
        }
    }
}

struct Tensor<'a> {
    name: &'a str,
    /// How many columns its rows have; none if it is one column.
    n_columns: Option<usize>,
    values: Vec<Value>,
}

impl<'a> Tensor<'a> {
    fn read(value: &'a Value, at: usize) -> Result<Self> {
        let place = |field: &str| format!("inputs[{at}].{field}");
        let wrong = |field: &str, code, message: &str| {
            Error::invalid(&place(field), code, message.to_owned())
        };
        let tensor = object(value)?;
        let name = tensor.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| wrong("name", "required", "must be a text"))?;
        let datatype = tensor.get("datatype").and_then(Value::as_str).unwrap_or_default();
        if !NUMERIC.contains(&datatype) {
            let message = format!("must be one of {}", NUMERIC.join(", "));
            return Err(wrong("datatype", "unknown_value", &message));
        }
        let shape = tensor.get("shape").and_then(Value::as_array);
        let shape = shape.and_then(|shape| {
            let sizes = shape.iter().map(|n| n.as_u64().and_then(|n| usize::try_from(n).ok()));
            sizes.collect::<Option<Vec<_>>>()
        });
        let (n_rows, n_columns) = match shape.as_deref() {
            Some([n_rows] | [n_rows, 1]) => (*n_rows, None),
            Some([n_rows, n_columns]) if *n_columns > 0 => (*n_rows, Some(*n_columns)),
            _ => return Err(wrong("shape", "invalid", "must be [rows] or [rows, columns]")),
        };
        let mut values = Vec::new();
        flatten(tensor.get("data").unwrap_or(&Value::Null), &mut values);
        if n_rows.checked_mul(n_columns.unwrap_or(1)) != Some(values.len()) {
            let message = format!("has {} values, which is not what shape says", values.len());
            return Err(wrong("data", "wrong_length", &message));
        }
        Ok(Self { name, n_columns, values })
    }
}

/// Data may be flat or nested, row by row.
fn flatten(value: &Value, values: &mut Vec<Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| flatten(value, values)),
        Value::Null => {}
        other => values.push(other.clone()),
    }
}
