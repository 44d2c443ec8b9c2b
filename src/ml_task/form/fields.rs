//! The fields of an object that somebody looks at, as they stand in its text; the others are passed
//! over, and nothing is built of any.

use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Error, Issues, Result};

/// Fields that are named in a refusal; a body with more of them has the same mistake many times.
const TOLD_MAX: usize = 50;

/// What the values of some fields are, in the order in which their names were given.
pub(in crate::ml_task) type Values<'t, const N: usize> = [Option<&'t str>; N];

/// Whether fields that nobody looks at may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ml_task) enum Others {
    /// They are passed over.
    Passed,
    /// They are refused: a misspelt one would be ignored without a word.
    Refused,
}

/// The fields with these names. The text is read to its end, and refused if it is not JSON.
pub(in crate::ml_task) fn fields<'t, const N: usize>(
    text: &'t str,
    names: [&'static str; N],
    others: Others,
) -> Result<Values<'t, N>> {
    if !text.trim_start_matches([' ', '\n', '\r', '\t']).starts_with('{') {
        serde_json::from_str::<IgnoredAny>(text).map_err(|why| malformed(&why))?;
        return Err(Error::invalid("body", "wrong_type", "must be an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Read { names, others, issues: Issues::default() };
    let found = (&mut deserializer).deserialize_map(read);
    let (values, issues) = found
        .and_then(|found| deserializer.end().map(|()| found))
        .map_err(|why| malformed(&why))?;
    issues.or(values)
}

/// What is no JSON, with the line and the column where that shows.
pub(in crate::ml_task) fn malformed(why: &serde_json::Error) -> Error {
    Error::invalid("body", "malformed", format!("is not valid JSON: {why}"))
}

struct Read<const N: usize> {
    names: [&'static str; N],
    others: Others,
    issues: Issues,
}

impl<const N: usize> Read<N> {
    fn refuse(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let is_told = self.issues.all().iter().any(|issue| issue.field == name);
        if !is_told && self.issues.all().len() < TOLD_MAX {
            self.issues.add(name, code, message);
        }
    }
}

impl<'t, const N: usize> Visitor<'t> for Read<N> {
    type Value = (Values<'t, N>, Issues);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = [None; N];
        while let Some(name) = map.next_key::<std::borrow::Cow<'t, str>>()? {
            let Some(at) = self.names.iter().position(|known| *known == name) else {
                map.next_value::<IgnoredAny>()?;
                if self.others == Others::Refused {
                    let all = self.names.join(", ");
                    let message = format!("is not a field here; the fields are {all}");
                    self.refuse(&name, "unknown", message);
                }
                continue;
            };
            let value = map.next_value::<&'t RawValue>()?.get();
            if values[at].replace(value).is_some() {
                self.refuse(&name, "repeated", "may stand there only once");
            }
        }
        Ok((values, self.issues))
    }
}

/// A text in JSON; `None` if the value is no text.
pub(in crate::ml_task) fn text_of(value: &str) -> Result<Option<String>> {
    if !value.starts_with('"') {
        return Ok(None);
    }
    serde_json::from_str(value).map(Some).map_err(|why| malformed(&why))
}

/// The text of a whole body.
pub(in crate::ml_task) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|why| {
        let before = &bytes[..why.valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len) + 1;
        let why = format!("not UTF-8 at line {line} column {column}");
        malformed(&serde_json::Error::custom(why))
    })
}
