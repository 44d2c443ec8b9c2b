//! One cell: a number within what is allowed, or the reason why it is none.

use std::borrow::Cow;

use super::block::Fault;
use crate::ml::schema::Range;
use crate::text::legible;

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
            // Whoever names a column may name it as they like.
            field: Fault::cut(self.field),
            value: value.map(Fault::cut),
            code: Cow::Borrowed(code),
            message: message.into(),
            min: None,
            max: None,
        }
    }

    /// The fault of a cell with this text.
    pub(super) fn wrong(self, wrong: Wrong, text: &[u8]) -> Fault {
        // A fault repeats a few letters; the rest of a long cell need not be looked at.
        let shown = legible(&text[..text.len().min(1024)]);
        let shown = shown.trim();
        let value = (!shown.is_empty()).then_some(shown);
        let bounds = match wrong {
            Wrong::OutOfRange(range) => Some(range),
            _ => None,
        };
        Fault {
            min: bounds.map(|range| range.min),
            max: bounds.map(|range| range.max),
            ..self.fault(value, wrong.code(), wrong.message())
        }
    }
}

/// What can be wrong with a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wrong {
    Missing,
    NotANumber,
    NotFinite,
    NotWhole,
    NotText,
    TooLarge(usize),
    OutOfRange(Range),
}

impl Wrong {
    fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotANumber => "not_a_number",
            Self::NotFinite => "not_finite",
            Self::NotWhole => "not_whole",
            Self::NotText => "not_text",
            Self::TooLarge(_) => "cell_too_large",
            Self::OutOfRange(_) => "out_of_range",
        }
    }

    fn message(self) -> String {
        match self {
            Self::Missing => "is missing".into(),
            Self::NotANumber => "must be a number".into(),
            Self::NotFinite => "must be a finite number".into(),
            Self::NotWhole => "must be a whole number, as its datatype says".into(),
            Self::NotText => "must be text in UTF-8".into(),
            Self::TooLarge(bytes_max) => format!("must be at most {} KB", bytes_max / 1024),
            Self::OutOfRange(Range { min, max }) => {
                format!("must be from {} to {}", brief(min), brief(max))
            }
        }
    }
}

/// A bound as people write it: three hundred digits tell less than three.
fn brief(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-6..1e15).contains(&size) {
        number.to_string()
    } else {
        format!("{number:.2e}")
    }
}

/// Reads a cell of a file. A comma is taken for a decimal point where it does not part cells.
pub(super) fn read_text(cell: &[u8], has_decimal_comma: bool) -> Result<f64, Wrong> {
    let text = std::str::from_utf8(cell).map_err(|_| Wrong::NotText)?.trim();
    let number = match text.parse() {
        Ok(number) => Some(number),
        Err(_) if has_decimal_comma && text.matches(',').count() == 1 => {
            text.replace(',', ".").parse().ok()
        }
        Err(_) => None,
    };
    match number {
        Some(number) => finite(number),
        None if text.is_empty() => Err(Wrong::Missing),
        None if NOTHING.iter().any(|word| text.eq_ignore_ascii_case(word)) => Err(Wrong::Missing),
        None => Err(Wrong::NotANumber),
    }
}

/// Reads a value of JSON. A text is no number here, whatever it says: JSON has numbers of its own.
pub(super) fn read_json(value: &str) -> Result<f64, Wrong> {
    match value.as_bytes().first() {
        // How many digits a number has is no matter: it is the nearest one that can be had.
        Some(b'-' | b'0'..=b'9') => finite(value.parse().map_err(|_| Wrong::NotANumber)?),
        None | Some(b'n') => Err(Wrong::Missing),
        Some(_) => Err(Wrong::NotANumber),
    }
}

/// The number, if it is one that can be computed with.
fn finite(number: f64) -> Result<f64, Wrong> {
    if number.is_finite() { Ok(number) } else { Err(Wrong::NotFinite) }
}

/// The number, if the model takes it.
pub(super) fn allowed(number: f64, range: Range) -> Result<f64, Wrong> {
    if range.contains(number) { Ok(number) } else { Err(Wrong::OutOfRange(range)) }
}
