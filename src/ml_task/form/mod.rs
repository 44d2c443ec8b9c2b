//! The forms in which rows come: Cellar's own JSON, tables as text, and what clients of other
//! servers send. Whatever the form, out come blocks of rows.

mod fields;
mod oip;

use std::borrow::Cow;
use std::io::Read;

use fields::malformed;
pub(super) use fields::{Others, fields, text_of, utf8};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::ml::intake::{Block, Cells, Delimited, Given, Json, Keeping, Layout, Limits, Portion};
use crate::ml::schema::Inputs;

/// What the body of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `{"records": [..]}`, `{"columns": [..], "data": [..]}` or `{"data": [..]}`.
    Json,
    /// Comma-separated values and their kin.
    Table,
    /// What MLflow's scoring server takes in JSON.
    Mlflow,
    /// The tensors of the Open Inference Protocol.
    Oip,
}

/// How a body is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'m> {
    /// What the model takes.
    pub inputs: &'m Inputs,
    /// What the table may be.
    pub limits: Limits,
    /// Whether rows are kept as they were given.
    pub keeping: Keeping,
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
            // Its letters are the sender's, and need not be UTF-8.
            Self::Table => ("input.csv", "text/csv"),
            Self::Json | Self::Mlflow | Self::Oip => ("input.json", "application/json"),
        }
    }

    /// The form with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }

    /// Begins to read a body of this form, for a model with these inputs. Rows are not kept as they
    /// were given.
    pub fn open<R: Read>(
        self,
        body: R,
        inputs: &Inputs,
        limits: Limits,
    ) -> Result<Opened<'static, R>> {
        self.open_as(body, Reading { inputs, limits, keeping: Keeping::Numbers })
    }

    /// The same, as it is asked for.
    pub fn open_as<R: Read>(self, mut body: R, how: Reading<'_>) -> Result<Opened<'static, R>> {
        let Reading { inputs, limits, keeping } = how;
        if self == Self::Table {
            let table = Delimited::new(body, inputs, limits, keeping)?;
            return Ok(Opened::Table(Box::new(table)));
        }
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).map_err(Error::internal)?;
        utf8(&bytes)?;
        let text = String::from_utf8(bytes).map_err(Error::internal)?;
        Ok(Opened::Json(Box::new(self.open_json(text.into(), how)?)))
    }

    /// Begins to read a body that is in memory, where it lies.
    pub fn open_bytes<'b>(self, body: &'b [u8], how: Reading<'_>) -> Result<Opened<'b, &'b [u8]>> {
        let Reading { inputs, limits, keeping } = how;
        if self == Self::Table {
            let table = Delimited::new(body, inputs, limits, keeping)?;
            return Ok(Opened::Table(Box::new(table)));
        }
        Ok(Opened::Json(Box::new(self.open_json(utf8(body)?.into(), how)?)))
    }

    fn open_json<'b>(self, text: Cow<'b, str>, how: Reading<'_>) -> Result<Json<'b>> {
        let Reading { inputs, limits, keeping } = how;
        let find = match self {
            Self::Mlflow => rows_by_mlflow,
            Self::Oip => oip::rows_in,
            Self::Json | Self::Table => rows_in_json,
        };
        let cured = if self == Self::Mlflow { without_bare_words(&text) } else { None };
        Json::new(cured.map_or(text, Cow::Owned), inputs, limits, keeping, find)
    }
}

/// A body being read.
pub enum Opened<'b, R> {
    /// As a stream.
    Table(Box<Delimited<R>>),
    /// In memory.
    Json(Box<Json<'b>>),
}

impl<R: Read> Opened<'_, R> {
    /// Its columns.
    pub fn layout(&self) -> &Layout {
        match self {
            Self::Table(table) => table.layout(),
            Self::Json(json) => json.layout(),
        }
    }

    /// The next rows; `None` at the end.
    pub fn next_block(&mut self, portion: Portion) -> Result<Option<Block>> {
        match self {
            Self::Table(table) => table.next_block(portion),
            Self::Json(json) => json.next_block(portion),
        }
    }

    /// The next rows as they were given, of a body whose cells are kept; `None` at the end.
    pub fn next_cells(&mut self, portion: Portion) -> Result<Option<Cells>> {
        match self {
            Self::Table(table) => table.next_cells(portion),
            Self::Json(json) => Ok(json.next_block(portion)?.and_then(Block::into_cells)),
        }
    }

    /// Whether there is no further row.
    pub fn is_at_end(&mut self) -> Result<bool> {
        match self {
            Self::Table(table) => table.is_at_end(),
            Self::Json(json) => Ok(json.is_at_end()),
        }
    }

    /// Passes up to `n_rows` rows, without reading what is in them.
    pub fn skip(&mut self, n_rows: u64) -> Result<()> {
        match self {
            Self::Table(table) => table.skip(n_rows),
            Self::Json(json) => {
                json.skip(n_rows);
                Ok(())
            }
        }
    }

    /// How many rows there are, read to the end.
    pub fn count(self) -> Result<u64> {
        match self {
            Self::Table(mut table) => table.count_rest(),
            Self::Json(mut json) => json.count_rest(),
        }
    }
}

/// What a body of JSON says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Introduction {
    /// The model, if it names one.
    pub(super) model: Option<String>,
    /// Whose words it is in.
    pub(super) form: Form,
}

/// The fields that hold rows in Cellar's own JSON.
const OWN_FIELDS: [&str; 5] = ["records", "rows", "columns", "data", "record"];

impl Introduction {
    /// What the text of a file says, which may be nothing but a list of rows.
    pub(super) fn of_file(text: &[u8]) -> Result<Self> {
        if is_list(utf8(text)?) {
            return Ok(Self { model: None, form: Form::Json });
        }
        Self::of(text)
    }

    /// What this body says. Nothing is built of it, however large it is, but it is read to its end:
    /// what is no JSON is told as that. What clients of other servers once sent is known by its
    /// fields, so that it can be sent again.
    pub(super) fn of(body: &[u8]) -> Result<Self> {
        let text = utf8(body)?;
        match Self::read(text) {
            Err(error) => match without_bare_words(text).map(|cured| Self::read(&cured)) {
                Some(Ok(read)) if read.form == Form::Mlflow => Ok(read),
                _ => Err(error),
            },
            read => read,
        }
    }

    fn read(text: &str) -> Result<Self> {
        let [records, rows, columns, data, record] = OWN_FIELDS;
        let [split, of_records, instances, inputs] = MLFLOW_FIELDS;
        let names =
            ["model", records, rows, columns, data, record, split, of_records, instances, inputs];
        let found = fields(text, names, Others::Passed)?;
        let model = match found[0].map(text_of).transpose()? {
            None => None,
            Some(None) => return Err(Error::invalid("model", "wrong_type", "must be a text")),
            Some(name) => name,
        };
        let (own, foreign) = found[1..].split_at(OWN_FIELDS.len());
        let has_any = |values: &[Option<&str>]| values.iter().any(Option::is_some);
        let form = match () {
            () if has_any(own) || !has_any(foreign) => Form::Json,
            () if found[9].is_some_and(oip::are_tensors) => Form::Oip,
            () => Form::Mlflow,
        };
        Ok(Self { model, form })
    }
}

fn rows_in_json(body: &str) -> Result<Given<'_>> {
    if is_list(body) {
        let rows = serde_json::from_str::<&RawValue>(body).map_err(|why| malformed(&why))?;
        return Ok(Given::Rows(rows.get()));
    }
    let names = ["model", "records", "rows", "columns", "data", "record"];
    let [_, records, rows, columns, data, record] = fields(body, names, Others::Refused)?;
    if let Some(record) = record {
        return lone_record(
            record,
            [("records", records), ("rows", rows), ("columns", columns), ("data", data)],
        );
    }
    let surplus = |field: &str, other: &str| {
        let message = format!("must not be there beside {other}; send one of them");
        Err(Error::invalid(field, "surplus", message))
    };
    match (records, rows, columns, data) {
        (Some(_), Some(_), _, _) => surplus("rows", "records"),
        (Some(_), _, Some(_), _) => surplus("records", "columns"),
        (_, Some(_), Some(_), _) => surplus("rows", "columns"),
        (Some(_), _, _, Some(_)) => surplus("records", "data"),
        (_, Some(_), _, Some(_)) => surplus("rows", "data"),
        (Some(rows), ..) => list("records", rows).map(Given::Rows),
        (_, Some(rows), ..) => list("rows", rows).map(Given::Rows),
        (_, _, Some(columns), Some(data)) => {
            Ok(Given::Table { columns: list("columns", columns)?, data: list("data", data)? })
        }
        (_, _, Some(_), None) => Err(Error::invalid("data", "required", "is missing")),
        // The specification's `data`: rows, or the numbers of one.
        (_, _, None, Some(data)) => list("data", data).map(Given::Rows),
        (None, None, None, None) => Err(Error::invalid("records", "required", "is missing")),
    }
}

/// Whether a text of JSON is a list by itself, which says nothing of what is in it.
fn is_list(text: &str) -> bool {
    text.trim_start_matches([' ', '\n', '\r', '\t']).starts_with('[')
}

/// The one row of a body that has no list of them.
fn lone_record<'t>(record: &'t str, others: [(&str, Option<&str>); 4]) -> Result<Given<'t>> {
    if let Some((other, _)) = others.into_iter().find(|(_, value)| value.is_some()) {
        let message = format!("must not be there beside {other}; send one of them");
        return Err(Error::invalid("record", "surplus", message));
    }
    if record.starts_with('{') {
        return Ok(Given::Record(record));
    }
    Err(Error::invalid("record", "wrong_type", "must be an object"))
}

fn list<'t>(field: &str, value: &'t str) -> Result<&'t str> {
    if value.starts_with('[') {
        return Ok(value);
    }
    Err(Error::invalid(field, "wrong_type", "must be a list"))
}

/// What MLflow's scoring server takes: exactly one of four fields.
const MLFLOW_FIELDS: [&str; 4] = ["dataframe_split", "dataframe_records", "instances", "inputs"];

fn rows_by_mlflow(body: &str) -> Result<Given<'_>> {
    let found = fields(body, MLFLOW_FIELDS, Others::Passed)?;
    let mut found = MLFLOW_FIELDS.into_iter().zip(found).filter_map(|(n, v)| Some((n, v?)));
    let (Some((field, value)), None) = (found.next(), found.next()) else {
        let message = format!("must have exactly one of {}", MLFLOW_FIELDS.join(", "));
        return Err(Error::invalid("body", "required", message));
    };
    match (field, value.as_bytes().first()) {
        ("dataframe_split", Some(b'{')) => {
            let [columns, data] = fields(value, ["columns", "data"], Others::Passed)?;
            let part = |field: &str, value: Option<_>| {
                let missing = || Error::invalid(field, "required", "is missing");
                list(field, value.ok_or_else(missing)?)
            };
            Ok(Given::Table { columns: part("columns", columns)?, data: part("data", data)? })
        }
        ("dataframe_records" | "instances" | "inputs", Some(b'[')) => Ok(Given::Rows(value)),
        ("instances" | "inputs", Some(b'{')) => Ok(Given::Columns(value)),
        _ => Err(Error::invalid(field, "wrong_type", "must be a table")),
    }
}

/// The text with what pandas writes for numbers that JSON does not have: a missing one for `NaN`,
/// one beyond all bounds for `Infinity`. `None` if there is none of them outside of texts.
fn without_bare_words(text: &str) -> Option<String> {
    const WORDS: [(&str, &str); 2] = [("NaN", "null"), ("Infinity", "1e999")];
    if !WORDS.iter().any(|(word, _)| text.contains(word)) {
        return None;
    }
    let mut cured = String::with_capacity(text.len() + 64);
    let (mut is_quoted, mut is_escaped) = (false, false);
    let (mut copied, mut at) = (0, 0);
    while let Some(byte) = text.as_bytes().get(at) {
        let rest = &text.as_bytes()[at..];
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            _ => {
                let found = WORDS.into_iter().find(|(word, _)| rest.starts_with(word.as_bytes()));
                if let Some((word, cure)) = found {
                    cured.push_str(&text[copied..at]);
                    cured.push_str(cure);
                    copied = at + word.len();
                    at = copied;
                    continue;
                }
            }
        }
        at += 1;
    }
    cured.push_str(&text[copied..]);
    (copied > 0).then_some(cured)
}

#[cfg(test)]
mod tests;
