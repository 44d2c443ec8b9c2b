//! JSON as it was sent, with every field that stands there twice. What two readers of the same
//! body may read differently is no request: one of them would take the first value, the other the
//! last.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::Issues;

/// Repeated fields that are named; a body with more of them has the same mistake many times over,
/// and the names of the fields around one may be long.
const REPEATED_MAX: usize = 50;

/// Reads a whole body; what stands in it twice goes to `issues`.
pub(super) fn read(bytes: &[u8], issues: &mut Issues) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Node { place: Place::Whole, issues }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Where a value stands; spelled out only for one that is named.
#[derive(Clone, Copy)]
enum Place<'p> {
    Whole,
    Field(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    /// `rows[3].alcohol`, or `body` for the whole.
    fn path(self) -> String {
        match self {
            Self::Whole => "body".to_owned(),
            Self::Field(Place::Whole, name) => name.to_owned(),
            Self::Field(outer, name) => format!("{}.{name}", outer.path()),
            Self::Item(outer, index) => format!("{}[{index}]", outer.path()),
        }
    }
}

/// A value about to be read.
struct Node<'p, 'i> {
    place: Place<'p>,
    issues: &'i mut Issues,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let place = Place::Item(&self.place, values.len());
            match list.next_element_seed(Node { place, issues: &mut *self.issues })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        let mut repeated = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let place = Place::Field(&self.place, &name);
            if fields.contains_key(&name)
                && self.issues.all().len() < REPEATED_MAX
                && repeated.insert(name.clone())
            {
                self.issues.add(place.path(), "repeated", "may stand there only once");
            }
            let value = map.next_value_seed(Node { place, issues: &mut *self.issues })?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn repeated(body: &str) -> Vec<String> {
        let mut issues = Issues::default();
        read(body.as_bytes(), &mut issues).unwrap();
        issues.all().iter().map(|issue| issue.field.clone()).collect()
    }

    #[test]
    fn every_field_that_stands_there_twice_is_named_with_its_place() {
        assert_eq!(repeated(r#"{"a": 1, "a": 1, "a": 2, "b": 3}"#), ["a"]);
        assert_eq!(repeated(r#"{"a": {"b": [{"c": 1, "\u0063": 2}]}}"#), ["a.b[0].c"]);
        assert_eq!(repeated(r#"[{"a": 1}, {"a": 1, "a": 1}]"#), ["body[1].a"]);
        assert_eq!(repeated(r#"{"a": {"b": 1}, "b": {"a": 1}}"#), Vec::<String>::new());
        let many: Vec<_> = (0..500).map(|n| format!(r#""{n}":1,"{n}":2"#)).collect();
        assert_eq!(repeated(&format!("{{{}}}", many.join(","))).len(), REPEATED_MAX);
    }

    proptest! {
        #[test]
        fn a_body_is_read_as_anybody_reads_it(body in "[\\[\\]{}\",:.0-9a-e \\\\+-]{0,24}") {
            let read = read(body.as_bytes(), &mut Issues::default());
            let known = serde_json::from_slice::<Value>(body.as_bytes());
            prop_assert_eq!(read.ok(), known.ok());
        }
    }
}
