//! The period that a list is asked for: from a moment on, and before another.

use crate::clock::Timestamp;
use crate::error::Issues;

/// From a moment on and before another; each end may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// Its first moment.
    pub from: Option<Timestamp>,
    /// The first moment after it.
    pub to: Option<Timestamp>,
}

impl Period {
    /// Reads the parameters `from` and `to`; what is wrong with them is added to the issues.
    pub fn read(from: Option<&str>, to: Option<&str>, issues: &mut Issues) -> Self {
        let mut moment = |name: &str, text: Option<&str>| {
            let moment = text.map(Timestamp::parse_day_or_moment);
            if moment == Some(None) {
                let rule = "must be a day such as 2026-11-21 or a moment such as \
                            2026-11-21T12:00:00Z";
                issues.add(name, "invalid", rule);
            }
            moment.flatten()
        };
        let period = Self { from: moment("from", from), to: moment("to", to) };
        if let Self { from: Some(from), to: Some(to) } = period
            && from > to
        {
            issues.add("to", "before_from", "must not lie before from");
        }
        period
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(from: &str, to: &str) -> Vec<(String, &'static str)> {
        let mut issues = Issues::default();
        Period::read(Some(from), Some(to), &mut issues);
        issues.all().iter().map(|issue| (issue.field.clone(), issue.code)).collect()
    }

    #[test]
    fn a_period_may_be_open_at_either_end() {
        let mut issues = Issues::default();
        assert_eq!(Period::read(None, None, &mut issues), Period::default());
        let open = Period::read(Some("2026-11-21"), None, &mut issues);
        assert_eq!(open.from, Timestamp::parse_day_or_moment("2026-11-21T00:00:00Z"));
        assert_eq!((open.to, issues), (None, Issues::default()));
    }

    #[test]
    fn every_mistake_of_a_period_is_told() {
        let both = [("from".to_owned(), "invalid"), ("to".to_owned(), "invalid")];
        assert_eq!(mistakes("yesterday", "2026-02-30"), both);
        let backwards = [("to".to_owned(), "before_from")];
        assert_eq!(mistakes("2026-11-21", "2026-11-20"), backwards);
        assert_eq!(mistakes("2026-11-21", "2026-11-21"), []);
    }
}
