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

/// Digits that are always a whole number which a float holds as it is.
const FEW_DIGITS: usize = 15;

/// Ten to the power of each place behind the point.
const TENS: [f64; FEW_DIGITS] =
    [1., 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14];

/// The number of a cell that is nothing but few digits, with or without a point, as nearly all are.
/// It is one whole number by another, both exact, and so the nearest that there is: the same that
/// the library finds, whose way is made for all numbers and takes several times as long.
fn read_few_digits(cell: &[u8]) -> Option<f64> {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let (mut number, mut point) = (0_u64, None);
    if digits.len() > FEW_DIGITS {
        return None;
    }
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = number * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let n_behind = point.map_or(0, |at| digits.len() - 1 - at);
    if digits.len() == usize::from(point.is_some()) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "fifteen digits are less than 2^53")]
    let size = number as f64 / TENS[n_behind];
    Some(if digits.len() < cell.len() { -size } else { size })
}

/// Reads a cell of a file. A comma is taken for a decimal point where it does not part cells.
pub(super) fn read_text(cell: &[u8], has_decimal_comma: bool) -> Result<f64, Wrong> {
    if let Some(number) = read_few_digits(cell) {
        return Ok(number);
    }
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
        Some(b'-' | b'0'..=b'9') => match read_few_digits(value.as_bytes()) {
            Some(number) => Ok(number),
            None => finite(value.parse().map_err(|_| Wrong::NotANumber)?),
        },
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the library says.
    fn told(text: &str) -> Option<u64> {
        text.parse::<f64>().ok().map(f64::to_bits)
    }

    proptest! {
        #[test]
        fn few_digits_are_read_as_the_library_reads(text in "-?[0-9]{0,15}[.]?[0-9]{0,15}") {
            if let Some(number) = read_few_digits(text.as_bytes()) {
                prop_assert_eq!(Some(number.to_bits()), told(&text));
            } else {
                let n_digits = text.len() - usize::from(text.starts_with('-'));
                prop_assert!(n_digits > FEW_DIGITS || told(&text).is_none());
            }
        }
    }

    #[test]
    fn what_is_more_than_few_digits_is_left_to_the_library() {
        let others = ["", "-", ".", "-.", "1.2.3", "--1", "+1", " 1", "1e3", "nan", "1,5", "1 "];
        for text in others.into_iter().chain(["9007199254740993"]) {
            assert_eq!(read_few_digits(text.as_bytes()), None, "{text}");
        }
        for text in
            ["0", "-0", "-0.0", "5.", ".5", "-.5", "007", "999999999999999", "0.9970000000001"]
        {
            let found = read_few_digits(text.as_bytes()).map(f64::to_bits);
            assert_eq!(found, told(text), "{text}");
        }
    }
}
