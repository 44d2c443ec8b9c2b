//! Whether a text is JSON that everyone can read, found out without keeping any of it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Something in JSON with nothing but what everyone reads: no number is beyond all bounds.
pub(super) struct Sound;

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything in JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_a_reader_of_values_takes() {
        for text in [
            "null",
            "[true, -1, 18446744073709551615, 1e308, \"a\\u00e9\"]",
            "{\"a\": {\"b\": [{}, []]}, \"c\\n\": 0.1}",
            "1e999",
            "NaN",
            "[1,]",
            "{\"a\"}",
            "\"open",
            "\"\\ud800\"",
            "",
            "1 2",
        ] {
            let is_value = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(serde_json::from_str::<Sound>(text).is_ok(), is_value, "{text}");
        }
    }
}
