//! The tensors of the Open Inference Protocol: one of the shape rows × columns, or one for each
//! column.

use super::fields::{Others, fields, text_of};
use crate::error::{Error, Result};
use crate::ml::intake::{Cursor, Given, Listed};

/// Datatypes whose values are numbers.
const NUMERIC: [&str; 11] = [
    "FP64", "FP32", "FP16", "INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16",
    "UINT8",
];

/// Tensors that a request may have.
const TENSORS_MAX: usize = 4096;

/// Where the rows stand in a request.
pub(super) fn rows_in(body: &str) -> Result<Given<'_>> {
    let [inputs] = fields(body, ["inputs"], Others::Passed)?;
    let inputs = inputs.ok_or_else(|| Error::invalid("inputs", "required", "is missing"))?;
    let wrong = || Error::invalid("inputs", "wrong_type", "must be a list");
    let mut list = Cursor::of(inputs, 0).ok_or_else(wrong)?;
    let mut tensors = Vec::new();
    while let Some(tensor) = list.next(inputs) {
        if tensors.len() == TENSORS_MAX {
            let message = format!("must have at most {TENSORS_MAX} tensors");
            return Err(Error::invalid("inputs", "too_many_columns", message));
        }
        tensors.push(Tensor::read(tensor, tensors.len())?);
    }
    let Some(first) = tensors.first() else {
        return Err(Error::invalid("inputs", "empty", "must have at least one tensor"));
    };
    if tensors.len() == 1 && first.n_columns > 1 {
        let Tensor { data, n_columns, is_nested, is_whole, .. } = *first;
        return Ok(Given::Matrix { data, n_columns, is_nested, is_whole });
    }
    let n_rows = first.n_rows;
    let mut lists = Vec::with_capacity(tensors.len());
    for (at, tensor) in tensors.into_iter().enumerate() {
        if tensor.n_columns > 1 {
            let message = "must be [rows] or [rows, 1], as there is a tensor for each column";
            return Err(Error::invalid(&place(at, "shape"), "invalid", message));
        }
        if tensor.n_rows != n_rows {
            let message = format!("must have {n_rows} values, as the first has");
            return Err(Error::invalid(&tensor.name, "wrong_length", message));
        }
        let Tensor { name, data, is_nested, is_whole, .. } = tensor;
        lists.push(Listed { name, data, is_nested, is_whole });
    }
    Ok(Given::Lists(lists))
}

/// Whether this is a list of tensors, as far as its first value shows.
pub(super) fn are_tensors(inputs: &str) -> bool {
    let first = Cursor::of(inputs, 0).and_then(|mut list| list.next(inputs));
    let names = ["name", "shape", "datatype"];
    let found = first.map(|first| fields(first, names, Others::Passed));
    found.is_some_and(|found| found.is_ok_and(|found| found.iter().all(Option::is_some)))
}

struct Tensor<'t> {
    name: String,
    n_rows: usize,
    n_columns: usize,
    data: &'t str,
    /// Whether each row is a list.
    is_nested: bool,
    is_whole: bool,
}

impl<'t> Tensor<'t> {
    fn read(text: &'t str, at: usize) -> Result<Self> {
        let wrong =
            |field: &str, code, message: String| Error::invalid(&place(at, field), code, message);
        if !text.starts_with('{') {
            let message = "must be an object";
            return Err(Error::invalid(&format!("inputs[{at}]"), "wrong_type", message));
        }
        let names = ["name", "shape", "datatype", "data"];
        let [name, shape, datatype, data] = fields(text, names, Others::Passed)?;
        let name = name.map(text_of).transpose()?.flatten();
        let name = name.ok_or_else(|| wrong("name", "required", "must be a text".into()))?;
        let datatype = datatype.map(text_of).transpose()?.flatten().unwrap_or_default();
        if !NUMERIC.contains(&datatype.as_str()) {
            let message = format!("must be one of {}", NUMERIC.join(", "));
            return Err(wrong("datatype", "unknown_value", message));
        }
        let shape = shape.and_then(|shape| serde_json::from_str::<Vec<usize>>(shape).ok());
        let (n_rows, n_columns) = match shape.as_deref() {
            Some([n_rows]) => (*n_rows, 1),
            Some([n_rows, n_columns]) if *n_columns > 0 => (*n_rows, *n_columns),
            _ => {
                let message = "must be [rows] or [rows, columns]";
                return Err(wrong("shape", "invalid", message.into()));
            }
        };
        let data = data.unwrap_or("null");
        let is_nested = check_lengths(data, n_rows, n_columns)
            .map_err(|message| wrong("data", "wrong_length", message))?;
        let is_whole = !datatype.starts_with("FP");
        Ok(Self { name, n_rows, n_columns, data, is_nested, is_whole })
    }
}

fn place(at: usize, field: &str) -> String {
    format!("inputs[{at}].{field}")
}

/// Whether each row is a list of its own; refused if there are other values than the shape says.
/// Values that moved to other rows would be predicted, and paid for, as what they are not.
fn check_lengths(data: &str, n_rows: usize, n_columns: usize) -> Result<bool, String> {
    let Some(mut list) = Cursor::of(data, 0) else { return Err("must be a list".into()) };
    let n_values = n_rows.saturating_mul(n_columns);
    let (mut n, mut n_lists) = (0, 0);
    while let Some(value) = list.next(data) {
        n += 1;
        let Some(mut row) = Cursor::of(value, 0) else { continue };
        n_lists += 1;
        let found = row.skip(value, u64::MAX);
        if found != n_columns as u64 {
            return Err(format!("has {found} values in row {n}, where shape says {n_columns}"));
        }
    }
    let is_nested = n_lists > 0;
    if is_nested && n_lists != n {
        return Err("must be lists throughout, or values throughout".into());
    }
    let expected = if is_nested { n_rows } else { n_values };
    if n == expected {
        return Ok(is_nested);
    }
    let what = if is_nested { "rows" } else { "values" };
    Err(format!("has {n} {what}, where shape says {expected}"))
}
