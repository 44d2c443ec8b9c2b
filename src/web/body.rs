//! Bodies in JSON: of the right type, of a bounded size, at a bearable pace, with every problem of
//! every field found at once. A body comes at its sender's pace, so whoever sent it is looked at
//! again when it is there.

use std::io;
use std::ops::ControlFlow;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, Value, ValueKind,
    ValuePointerRef,
};
use rocket::data::{self, ByteUnit, Data, FromData};
use rocket::http::ContentType;
use rocket::tokio::io::AsyncReadExt;
use rocket::{Request, async_trait};
use sha2::{Digest, Sha256};

use super::endpoint::readmit;
use super::json;
use super::keeper::Keeper;
use super::problem::{Problem, Refusal, refuse};
use crate::clock::Timestamp;
use crate::error::{Error, Issues};

/// What a JSON body may weigh where a route says nothing else.
const JSON_BYTES_MAX: u64 = 64 * 1024;

/// A body in JSON, read into `T`, of at most `BYTES_MAX` bytes.
#[derive(Debug)]
pub struct Body<T, const BYTES_MAX: u64 = JSON_BYTES_MAX> {
    /// What it says.
    pub value: T,
    /// The SHA-256 of its bytes.
    pub hash: [u8; 32],
}

#[async_trait]
impl<'r, T: Deserr<Mistakes>, const BYTES_MAX: u64> FromData<'r> for Body<T, BYTES_MAX> {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        match read_json(request, data, BYTES_MAX).await {
            Ok((value, hash)) => data::Outcome::Success(Self { value, hash }),
            Err(problem) => refuse(request, problem),
        }
    }
}

async fn read_json<T: Deserr<Mistakes>>(
    request: &Request<'_>,
    data: Data<'_>,
    bytes_max: u64,
) -> Result<(T, [u8; 32]), Problem> {
    if !request.content_type().is_some_and(is_json)
        || request.headers().contains("Content-Encoding")
    {
        return Err(Refusal::UnsupportedType("application/json".into()).into());
    }
    let bytes = read_whole(request, data, bytes_max).await?;
    readmit(request)?;
    let mut issues = Issues::default();
    let value = json::read(&bytes, &mut issues)
        .map_err(|why| Refusal::Malformed(format!("the body is not valid JSON: {why}")))?;
    match deserr::deserialize(value) {
        Ok(value) => Ok((issues.or(value)?, Sha256::digest(&bytes).into())),
        Err(Mistakes(found)) => {
            issues.append(found);
            Err(Error::Invalid(issues).into())
        }
    }
}

pub(super) fn is_json(given: &ContentType) -> bool {
    given.top() == "application" && given.sub() == "json"
}

/// The whole body, if it is within the limit and keeps the pace.
async fn read_whole(
    request: &Request<'_>,
    data: Data<'_>,
    bytes_max: u64,
) -> Result<Vec<u8>, Problem> {
    let keeper = request.rocket().state::<Keeper>();
    let keeper = keeper.ok_or_else(|| Error::internal("the keeper is not managed"))?;
    // One byte more than is taken tells a body of the largest size from one beyond it.
    let mut reader = keeper.pace(data.open(ByteUnit::from(bytes_max + 1)));
    let mut bytes = Vec::new();
    match reader.read_to_end(&mut bytes).await {
        Ok(_) if bytes.len() as u64 > bytes_max => Err(Error::TooLarge { bytes_max }.into()),
        // Rocket takes a body that ends within its first bytes for a whole one.
        Ok(_) if announced_bytes(request).is_some_and(|size| size > bytes.len() as u64) => {
            Err(cut_off())
        }
        Ok(_) => Ok(bytes),
        Err(cause) if cause.kind() == io::ErrorKind::TimedOut => Err(Refusal::TooSlow.into()),
        Err(_) => Err(cut_off()),
    }
}

pub(super) fn announced_bytes(request: &Request<'_>) -> Option<u64> {
    request.headers().get_one("Content-Length")?.parse().ok()
}

pub(super) fn cut_off() -> Problem {
    Refusal::Malformed("the body broke off before its end".into()).into()
}

/// What is wrong with a body, field by field; the error type of every `Deserr` input.
#[derive(Debug, Default)]
pub struct Mistakes(pub Issues);

impl Mistakes {
    fn and(found: Option<Self>, add: impl FnOnce(&mut Issues)) -> ControlFlow<Self, Self> {
        let mut found = found.unwrap_or_default();
        add(&mut found.0);
        ControlFlow::Continue(found)
    }
}

impl DeserializeError for Mistakes {
    fn error<V: IntoValue>(
        found: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let here = field_at(location);
        let below = |key: &str| match here.as_str() {
            "body" => key.to_owned(),
            _ => format!("{here}.{key}"),
        };
        Self::and(found, |issues| match error {
            ErrorKind::IncorrectValueKind { actual: Value::Float(number), accepted }
                if is_huge(number) && accepted.iter().all(|kind| is_integer(*kind)) =>
            {
                add_out_of_range(issues, &here);
            }
            ErrorKind::IncorrectValueKind { accepted, .. } => {
                issues.add(&*here, "wrong_type", format!("must be {}", kinds_in_words(accepted)));
            }
            ErrorKind::MissingField { field } => issues.add(below(field), "required", "is missing"),
            ErrorKind::UnknownKey { key, accepted } => {
                let known = accepted.join(", ");
                issues.add(
                    below(key),
                    "unknown",
                    format!("is not a field here; the fields are {known}"),
                );
            }
            ErrorKind::UnknownValue { accepted, .. } => {
                issues.add(
                    &*here,
                    "unknown_value",
                    format!("must be one of {}", accepted.join(", ")),
                );
            }
            ErrorKind::BadSequenceLen { expected, .. } => {
                issues.add(&*here, "wrong_length", format!("must have {expected} items"));
            }
            // The library's words for a whole number that does not fit the field's type.
            ErrorKind::Unexpected { msg } if msg.starts_with("value: `") => {
                add_out_of_range(issues, &here);
            }
            ErrorKind::Unexpected { msg } => issues.add(&*here, "invalid", msg),
        })
    }
}

impl MergeWithError<Mistakes> for Mistakes {
    fn merge(found: Option<Self>, other: Self, _: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        Self::and(found, |issues| issues.append(other.0))
    }
}

/// Whether a number is beyond all whole numbers that are kept as such.
fn is_huge(number: f64) -> bool {
    number.abs() >= 2_f64.powi(63)
}

fn is_integer(kind: ValueKind) -> bool {
    matches!(kind, ValueKind::Integer | ValueKind::NegativeInteger)
}

fn add_out_of_range(issues: &mut Issues, field: &str) {
    issues.add(field, "out_of_range", "is a whole number beyond all that can be meant here");
}

/// A moment in a body: RFC 3339.
impl<E: DeserializeError> Deserr<E> for Timestamp {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, E> {
        let text = String::deserialize_from_value(value, location)?;
        Self::parse(&text).ok_or_else(|| {
            let msg = "must be a moment such as 2027-01-31T12:00:00Z".to_owned();
            deserr::take_cf_content(E::error::<V>(None, ErrorKind::Unexpected { msg }, location))
        })
    }
}

/// `rows[3].alcohol`, or `body` for the whole of it.
fn field_at(location: ValuePointerRef<'_>) -> String {
    match location {
        ValuePointerRef::Origin => "body".to_owned(),
        ValuePointerRef::Key { key, prev } => match field_at(*prev) {
            outer if outer == "body" => key.to_owned(),
            outer => format!("{outer}.{key}"),
        },
        ValuePointerRef::Index { index, prev } => format!("{}[{index}]", field_at(*prev)),
    }
}

fn kinds_in_words(kinds: &[ValueKind]) -> String {
    let mut words: Vec<&str> = kinds
        .iter()
        .map(|kind| match kind {
            ValueKind::Null => "null",
            ValueKind::Boolean => "true or false",
            ValueKind::Integer | ValueKind::NegativeInteger => "a whole number",
            ValueKind::Float => "a number",
            ValueKind::String => "a text",
            ValueKind::Sequence => "a list",
            ValueKind::Map => "an object",
        })
        .collect();
    words.sort_unstable();
    words.dedup();
    words.join(" or ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserr, PartialEq)]
    #[deserr(error = Mistakes, deny_unknown_fields)]
    struct Order {
        amount: i64,
        name: String,
        lines: Option<Vec<Line>>,
    }

    #[derive(Debug, Deserr, PartialEq)]
    #[deserr(error = Mistakes, deny_unknown_fields)]
    struct Line {
        n: u32,
    }

    fn mistakes(value: serde_json::Value) -> Vec<(String, &'static str)> {
        let found: Mistakes = deserr::deserialize::<Order, _, _>(value).unwrap_err();
        let mut found: Vec<_> = found.0.all().iter().map(|i| (i.field.clone(), i.code)).collect();
        found.sort();
        found
    }

    #[test]
    fn every_problem_of_every_field_is_found_at_once() {
        let found =
            mistakes(json!({"amount": 1.5, "lines": [{"n": 1}, {"n": -1, "m": 2}], "x": 0}));
        assert_eq!(
            found,
            [
                ("amount".to_owned(), "wrong_type"),
                ("lines[1].m".to_owned(), "unknown"),
                ("lines[1].n".to_owned(), "wrong_type"),
                ("name".to_owned(), "required"),
                ("x".to_owned(), "unknown"),
            ]
        );
    }

    #[test]
    fn a_whole_number_that_nothing_can_hold_is_out_of_range() {
        for (amount, n) in [("9223372036854775808", "5000000000"), ("-1e30", "1e20")] {
            let body = format!(r#"{{"amount": {amount}, "name": "", "lines": [{{"n": {n}}}]}}"#);
            let value: serde_json::Value = serde_json::from_str(&body).unwrap();
            let found = deserr::deserialize::<Order, _, _>(value).map_err(|m: Mistakes| m.0);
            for issue in found.unwrap_err().all() {
                assert_eq!(issue.code, "out_of_range", "{issue:?}");
                assert!(issue.message.starts_with("is a whole number"), "{issue:?}");
            }
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_named_as_a_whole() {
        assert_eq!(mistakes(json!([1])), [("body".to_owned(), "wrong_type")]);
    }
}
