//! One cell: a number within what is allowed, or the reason why it is none.

use std::borrow::Cow;

use super::block::Fault;
use crate::ml::schema::Range;

/// What people write where nothing is.
const NOTHING: [&str; 6] = ["na", "n/a", "null", "none", "-", "?"];

/// Where a cell stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) row: u64,
    pub(super) line: Option<u64>,
    pub(super) field: &'a str,
}

impl Place<'_> {
    pub(super) fn fault(
        self,
        value: Option<&str>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Fault {
        Fault {
            row: self.row,
            line: self.line,
            field: self.field.to_owned(),
            value: value.map(Fault::cut),
            code: Cow::Borrowed(code),
            message: message.into(),
        }
    }

    pub(super) fn missing(self, value: Option<&str>) -> Fault {
        self.fault(value, "missing", "is missing")
    }

    pub(super) fn not_a_number(self, value: &str) -> Fault {
        self.fault(Some(value), "not_a_number", "must be a number")
    }
}

/// Reads a cell of a file. A comma is taken for a decimal point where it does not part cells.
pub(super) fn read_text(
    place: Place<'_>,
    cell: &[u8],
    has_decimal_comma: bool,
) -> Result<f64, Fault> {
    let Ok(text) = std::str::from_utf8(cell) else {
        let shown = String::from_utf8_lossy(cell);
        return Err(place.fault(Some(&shown), "not_text", "must be text in UTF-8"));
    };
    let text = text.trim();
    let number = match text.parse() {
        Ok(number) => Some(number),
        Err(_) if has_decimal_comma && text.matches(',').count() == 1 => {
            text.replace(',', ".").parse().ok()
        }
        Err(_) => None,
    };
    match number {
        Some(number) => finite(place, number, text),
        None if text.is_empty() => Err(place.missing(None)),
        None if NOTHING.contains(&text.to_lowercase().as_str()) => Err(place.missing(Some(text))),
        None => Err(place.not_a_number(text)),
    }
}

/// The number, if it is one that can be computed with.
pub(super) fn finite(place: Place<'_>, number: f64, text: &str) -> Result<f64, Fault> {
    if number.is_finite() {
        return Ok(number);
    }
    Err(place.fault(Some(text), "not_finite", "must be a finite number"))
}

/// The number, if the model takes it.
pub(super) fn allowed(place: Place<'_>, number: f64, range: Range) -> Result<f64, Fault> {
    if range.contains(number) {
        return Ok(number);
    }
    let message = format!("must be from {} to {}", range.min, range.max);
    Err(place.fault(Some(&number.to_string()), "out_of_range", message))
}
