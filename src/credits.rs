//! Credits: what a prediction costs and an account holds. Whole numbers only, every sum checked.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A signed number of whole credits.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = i64, example = 100)]
pub struct Credits(i64);

impl Credits {
    /// No credits.
    pub const ZERO: Self = Self(0);

    /// So many credits.
    pub const fn new(amount: i64) -> Self {
        Self(amount)
    }

    /// The plain number.
    pub const fn amount(self) -> i64 {
        self.0
    }

    /// The sum, or `None` where it does not fit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` where it does not fit.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The same number on the other side of zero, or `None` for the one number that has no
    /// opposite.
    #[must_use]
    pub fn negated(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let noun = if self.0.unsigned_abs() == 1 { "credit" } else { "credits" };
        write!(f, "{sign}{} {noun}", grouped(self.0.unsigned_abs()))
    }
}

/// A count for people: `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_written_in_groups_of_three() {
        let written = [0, 1, -1, 999, 1_234, -12_480, i64::MIN].map(|n| Credits(n).to_string());
        assert_eq!(
            written,
            [
                "0 credits",
                "1 credit",
                "-1 credit",
                "999 credits",
                "1,234 credits",
                "-12,480 credits",
                "-9,223,372,036,854,775,808 credits"
            ]
        );
    }

    #[test]
    fn a_sum_that_does_not_fit_is_none_and_never_wraps() {
        let most = Credits(i64::MAX);
        assert_eq!(most.plus(Credits(1)), None);
        assert_eq!(Credits(i64::MIN).minus(Credits(1)), None);
        assert_eq!(Credits(i64::MIN).negated(), None);
        assert_eq!(most.minus(most), Some(Credits::ZERO));
    }
}
