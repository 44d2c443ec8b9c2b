//! What an entry is about, where this program says so itself: a sentence in the ledger, and fields
//! for programs and for people of other languages. What people wrote is theirs, and has none.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use super::record::Kind;
use crate::credits::grouped;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// Credits that a user added.
    TopUp,
    /// Credits that every new user gets.
    Welcome,
    /// Rows that were predicted.
    Rows {
        /// The model that was asked.
        model: &'a str,
        /// How many.
        n_rows: u64,
    },
    /// Rows that were predicted, of those that were sent.
    RowsOf {
        /// The model that was asked.
        model: &'a str,
        /// How many were predicted.
        n_rows: u64,
        /// How many were sent.
        n_rows_sent: u64,
    },
    /// Rows that will be paid for if they can be predicted.
    UpToRows {
        /// The model that is asked.
        model: &'a str,
        /// How many were sent.
        n_rows: u64,
    },
    /// Work that cost nothing in the end.
    NotCharged {
        /// The model that was asked.
        model: &'a str,
    },
}

const TOP_UP: &str = "top-up";
const WELCOME: &str = "welcome to Cellar";
const NOT_CHARGED: &str = "not charged";

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TopUp => f.write_str(TOP_UP),
            Self::Welcome => f.write_str(WELCOME),
            Self::Rows { model, n_rows: 1 } => write!(f, "{model}: 1 row"),
            Self::Rows { model, n_rows } => write!(f, "{model}: {} rows", grouped(n_rows)),
            Self::RowsOf { model, n_rows, n_rows_sent } => {
                write!(f, "{model}: {} of {} rows", grouped(n_rows), grouped(n_rows_sent))
            }
            Self::UpToRows { model, n_rows } => {
                write!(f, "{model}: up to {} rows", grouped(n_rows))
            }
            Self::NotCharged { model } => write!(f, "{model}: {NOT_CHARGED}"),
        }
    }
}

impl<'a> Subject<'a> {
    /// Reads it back out of an entry; `None` if a person wrote the description.
    pub(super) fn of(kind: Kind, description: &'a str) -> Option<Self> {
        match kind {
            Kind::TopUp => (description == TOP_UP).then_some(Self::TopUp),
            Kind::Gift => (description == WELCOME).then_some(Self::Welcome),
            Kind::Charge | Kind::Hold | Kind::Settle | Kind::Release => Self::of_work(description),
            Kind::Refund | Kind::Adjustment => None,
        }
    }

    fn of_work(description: &'a str) -> Option<Self> {
        let (model, rest) = description.split_once(": ")?;
        if rest == NOT_CHARGED {
            return Some(Self::NotCharged { model });
        }
        let counts = rest.strip_suffix(" rows").or_else(|| rest.strip_suffix(" row"))?;
        if let Some(n) = counts.strip_prefix("up to ") {
            return Some(Self::UpToRows { model, n_rows: count(n)? });
        }
        let Some((n, sent)) = counts.split_once(" of ") else {
            return Some(Self::Rows { model, n_rows: count(counts)? });
        };
        Some(Self::RowsOf { model, n_rows: count(n)?, n_rows_sent: count(sent)? })
    }
}

fn count(text: &str) -> Option<u64> {
    text.replace(',', "").parse().ok()
}

/// What an entry is about, in fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct SubjectView {
    /// `top_up`, `welcome`, `rows`, `rows_of`, `up_to_rows` or `not_charged`.
    code: &'static str,
    /// The model that was asked.
    model: Option<String>,
    /// Rows that the entry is about.
    n_rows: Option<u64>,
    /// Rows that were sent, if not all of them could be predicted.
    n_rows_sent: Option<u64>,
}

impl From<Subject<'_>> for SubjectView {
    fn from(subject: Subject<'_>) -> Self {
        let (code, model, n_rows, n_rows_sent) = match subject {
            Subject::TopUp => ("top_up", None, None, None),
            Subject::Welcome => ("welcome", None, None, None),
            Subject::Rows { model, n_rows } => ("rows", Some(model), Some(n_rows), None),
            Subject::RowsOf { model, n_rows, n_rows_sent } => {
                ("rows_of", Some(model), Some(n_rows), Some(n_rows_sent))
            }
            Subject::UpToRows { model, n_rows } => ("up_to_rows", Some(model), Some(n_rows), None),
            Subject::NotCharged { model } => ("not_charged", Some(model), None, None),
        };
        Self { code, model: model.map(str::to_owned), n_rows, n_rows_sent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let model = "wine";
        for (kind, subject) in [
            (Kind::TopUp, Subject::TopUp),
            (Kind::Gift, Subject::Welcome),
            (Kind::Charge, Subject::Rows { model, n_rows: 1 }),
            (Kind::Charge, Subject::Rows { model, n_rows: 1_234_567 }),
            (Kind::Settle, Subject::RowsOf { model, n_rows: 9_963, n_rows_sent: 10_000 }),
            (Kind::Hold, Subject::UpToRows { model, n_rows: 10_000 }),
            (Kind::Release, Subject::NotCharged { model }),
        ] {
            assert_eq!(Subject::of(kind, &subject.to_string()), Some(subject));
        }
    }

    #[test]
    fn what_people_write_is_theirs() {
        for description in ["thanks for the wine", "wine: a gift", "wine: x rows", "top-up"] {
            assert_eq!(Subject::of(Kind::Charge, description), None);
            assert_eq!(Subject::of(Kind::Adjustment, description), None);
        }
        assert_eq!(Subject::of(Kind::Refund, "wine: 3 rows"), None);
    }
}
