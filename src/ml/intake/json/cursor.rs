//! A walk along a list in a text that is known to be JSON, one element at a time.

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny};
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Behind what has been passed.
    at: usize,
    /// Whether what comes next is all there is.
    is_alone: bool,
}

impl Cursor {
    /// The beginning of the list that begins here; `None` if what begins here is no list.
    pub fn of(text: &str, list: usize) -> Option<Self> {
        let at = list + n_blanks(&text[list..]);
        (text.as_bytes().get(at) == Some(&b'[')).then_some(Self { at: at + 1, is_alone: false })
    }

    /// Before a value that stands alone, as if it were the only one of a list.
    pub(super) fn alone(at: usize) -> Self {
        Self { at, is_alone: true }
    }

    /// Passes what was read, up to this place.
    fn pass_to(&mut self, at: usize) {
        // Behind a value that stands alone is the rest of something else.
        self.at = if self.is_alone { usize::MAX } else { at };
    }

    /// Where the next element begins; `None` at the end.
    pub(super) fn begin(&mut self, text: &str) -> Option<usize> {
        let bytes = text.as_bytes();
        if self.at >= bytes.len() {
            return None;
        }
        self.at += n_blanks(&text[self.at..]);
        if bytes.get(self.at) == Some(&b',') {
            self.at += 1;
            self.at += n_blanks(&text[self.at..]);
        }
        bytes.get(self.at).filter(|byte| **byte != b']').map(|_| self.at)
    }

    /// Reads the next element with `seed`; `None` at the end.
    pub(super) fn read<'t, S>(
        &mut self,
        text: &'t str,
        seed: S,
    ) -> serde_json::Result<Option<S::Value>>
    where
        S: DeserializeSeed<'t>,
    {
        let Some(begin) = self.begin(text) else { return Ok(None) };
        let mut deserializer = Deserializer::from_str(&text[begin..]);
        let value = seed.deserialize(&mut deserializer)?;
        self.pass_to(begin + deserializer.into_iter::<IgnoredAny>().byte_offset());
        Ok(Some(value))
    }

    /// The text of the next element; `None` at the end.
    pub fn next<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let begin = self.begin(text)?;
        let mut deserializer = Deserializer::from_str(&text[begin..]);
        // What is known to be JSON is read.
        let value = <&RawValue>::deserialize(&mut deserializer).ok()?;
        self.pass_to(begin + deserializer.into_iter::<IgnoredAny>().byte_offset());
        Some(value.get())
    }

    /// Passes up to `n` elements; how many there were.
    pub fn skip(&mut self, text: &str, n: u64) -> u64 {
        (0..n).take_while(|_| self.next(text).is_some()).count() as u64
    }
}

fn n_blanks(text: &str) -> usize {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    text.bytes().take_while(is_blank).count()
}

/// A value as the cell of a table.
pub(super) fn cell_text(value: &str) -> std::borrow::Cow<'_, str> {
    if value.starts_with('"') {
        if !value.contains('\\') {
            return value[1..value.len() - 1].into();
        }
        // A text that is no Unicode is kept as it was sent.
        return serde_json::from_str::<String>(value).map_or_else(|_| value.into(), Into::into);
    }
    if value == "null" { "".into() } else { value.into() }
}
