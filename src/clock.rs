//! Time: a point in UTC, and a clock that tests can set.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// A point in time: milliseconds since 1970 in UTC, written as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point so many milliseconds after the start of 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The moment that RFC 3339 writes so.
    pub fn parse(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let millis = moment.unix_timestamp_nanos().div_euclid(1_000_000);
        i64::try_from(millis).ok().map(Self)
    }

    /// The moment that RFC 3339 writes so, or the start of the day.
    pub fn parse_day_or_moment(text: &str) -> Option<Self> {
        if text.len() == "2026-11-21".len() {
            return Self::parse(&format!("{text}T00:00:00Z"));
        }
        Self::parse(text)
    }

    /// The start of the day it lies in, in UTC.
    #[must_use]
    pub const fn start_of_day(self) -> Self {
        Self(self.0 - self.0.rem_euclid(DAY_MS))
    }

    /// Its day in UTC: `2026-11-21`.
    pub fn day(self) -> String {
        self.to_string()[..10].to_owned()
    }

    /// Milliseconds since the start of 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The point so many seconds later (or earlier, if negative).
    #[must_use]
    pub const fn plus_s(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Milliseconds from `earlier` to this point; negative if it is the later one.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1000)).ok();
        let Some(moment) = moment.filter(|moment| moment.year() >= 0) else {
            return f.write_str("9999-12-31T23:59:59.999Z");
        };
        // Every answer has several of these, and a description that is interpreted takes as long
        // as the rest of a short answer.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut put = |place: usize, n_digits: usize, mut number: u32| {
            for digit in text[place..place + n_digits].iter_mut().rev() {
                *digit = b"0123456789"[(number % 10) as usize];
                number /= 10;
            }
        };
        put(0, 4, moment.year().unsigned_abs());
        put(5, 2, u8::from(moment.month()).into());
        put(8, 2, moment.day().into());
        put(11, 2, moment.hour().into());
        put(14, 2, moment.minute().into());
        put(17, 2, moment.second().into());
        put(20, 3, u32::try_from(self.0.rem_euclid(1000)).unwrap_or(0));
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a moment is not as RFC 3339 writes it"))
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-11-21T09:30:00.000Z"])
            .into()
    }
}
impl utoipa::ToSchema for Timestamp {}

/// Where the time comes from: the system, or a test's hand.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    set_millis: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `start` until [`Clock::advance_s`] moves it.
    pub fn standing_at(start: Timestamp) -> Self {
        Self { set_millis: Some(Arc::new(AtomicI64::new(start.0))) }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        if let Some(millis) = &self.set_millis {
            return Timestamp(millis.load(Ordering::SeqCst));
        }
        let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
        Timestamp(i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX))
    }

    /// Moves a standing clock forward; the system's clock moves by itself.
    pub fn advance_s(&self, seconds: i64) {
        if let Some(millis) = &self.set_millis {
            millis.fetch_add(seconds * 1000, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_as_rfc_3339_with_milliseconds() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(1_795_253_400_007).to_string(), "2026-11-21T09:30:00.007Z");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_standing_clock_moves_only_when_told() {
        let clock = Clock::standing_at(Timestamp(5_000));
        assert_eq!(clock.now(), Timestamp(5_000));
        clock.advance_s(60);
        assert_eq!(clock.now().millis_since(Timestamp(5_000)), 60_000);
    }
}
