//! What can go wrong, in Cellar's own words. No HTTP here: `web/problem.rs` gives each case its
//! status. A message is a lower-case clause that says what to do; the cause of an internal failure
//! is for the log alone.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::credits::{Credits, grouped};

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every way a request or a command can fail.
#[derive(Debug)]
pub enum Error {
    /// What was sent breaks rules; each broken rule is named with its field.
    Invalid(Issues),
    /// Nobody is signed in, or the session has ended.
    SignedOut,
    /// Somebody is signed in with a password that has to be changed before anything else.
    PasswordExpired,
    /// Somebody is signed in, but may not do this.
    Forbidden,
    /// A program calls with a key that may not do this; the word is the scope it lacks.
    OutOfScope(&'static str),
    /// A program calls with a key, for what only a signed-in person may do.
    NotForKeys,
    /// An `Idempotency-Key` came before, with another request.
    KeyReused,
    /// Somebody else has it already: each is named with its field.
    Taken(Issues),
    /// This server takes nobody in.
    Closed,
    /// There is no such thing, or it is someone else's: the two look the same.
    NotFound(&'static str),
    /// The thing is in a state that does not allow this.
    Conflict {
        /// A stable word for programs, one for each reason.
        code: &'static str,
        /// The clause for people.
        why: String,
    },
    /// The balance does not cover the price.
    OutOfCredits {
        /// The price.
        cost: Credits,
        /// What is available.
        balance: Credits,
    },
    /// The body is larger than this route takes.
    TooLarge {
        /// The most it takes.
        bytes_max: u64,
    },
    /// There are more rows than this route takes.
    TooManyRows {
        /// The most it takes.
        rows_max: u64,
    },
    /// As much work of this caller waits as may wait.
    TooMuchWaits {
        /// How much that is.
        n_max: u64,
        /// When to come back.
        retry_after_s: u64,
    },
    /// Too many requests or tries.
    TooMany {
        /// When to come back.
        retry_after_s: u64,
    },
    /// More work is waiting than the server takes on; trying again soon is right.
    Busy,
    /// What is asked for is being made ready, as it should be; trying again soon is right.
    NotReady(&'static str),
    /// Something outside the program (folder, disk, database file) is unusable; the clause names it
    /// and the cure.
    Unavailable(String),
    /// A failure of ours, or of the machine. The cause is logged, never sent.
    Internal(Cause),
}

/// The cause of an internal failure.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// An internal failure with this cause.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// A state that does not allow this.
    pub fn conflict(code: &'static str, why: impl Into<String>) -> Self {
        Self::Conflict { code, why: why.into() }
    }

    /// One broken rule.
    pub fn invalid(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        let mut issues = Issues::default();
        issues.add(field, code, message);
        Self::Invalid(issues)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(issues) | Self::Taken(issues) => write!(f, "{issues}"),
            Self::SignedOut => f.write_str("sign in first"),
            Self::PasswordExpired => {
                f.write_str("change your password first; somebody else has seen it")
            }
            Self::Forbidden => f.write_str(
                "your account may not do this; ask an administrator, or in a workspace its owner",
            ),
            Self::OutOfScope(scope) => {
                write!(f, "this key lacks the scope {scope}; make one that has it")
            }
            Self::Closed => {
                f.write_str("nobody can sign up here; ask the administrator for an account")
            }
            Self::NotForKeys => f.write_str("no API key may do this; sign in"),
            Self::KeyReused => f.write_str(
                "this Idempotency-Key came before with another request; use a new key for a new one",
            ),
            Self::NotFound(what) => write!(f, "there is no such {what}"),
            Self::Conflict { why, .. } | Self::Unavailable(why) => f.write_str(why),
            Self::OutOfCredits { cost, balance } => {
                let verb = if balance.amount() == 1 { "is" } else { "are" };
                write!(f, "this costs {cost} and {balance} {verb} available; top up and try again")
            }
            Self::TooLarge { bytes_max } => {
                write!(f, "the body is larger than {bytes_max} bytes; send less at once")
            }
            Self::TooManyRows { rows_max } => {
                let rows_max = grouped(*rows_max);
                write!(f, "there are more than {rows_max} rows; send fewer at once")
            }
            Self::TooMuchWaits { n_max, retry_after_s } => write!(
                f,
                "{n_max} tasks of yours wait or run, and no more may; wait for one of them to end, \
                 or cancel one, and try again in {retry_after_s} s"
            ),
            Self::TooMany { retry_after_s } => {
                write!(f, "too many requests; try again in {retry_after_s} s")
            }
            Self::Busy => {
                f.write_str("more work is waiting than can be taken on; try again in a second")
            }
            Self::NotReady(what) => write!(f, "the {what} is not ready yet; try again in a moment"),
            Self::Internal(cause) => write!(f, "internal failure: {cause}"),
        }
    }
}

impl std::error::Error for Error {}

/// Both, or what is wrong with either: two questions about one request are answered at once.
pub fn both<A, B>(one: Result<A>, other: Result<B>) -> Result<(A, B)> {
    match (one, other) {
        (Err(Error::Invalid(mut issues)), Err(Error::Invalid(more))) => {
            issues.append(more);
            Err(Error::Invalid(issues))
        }
        (one, other) => Ok((one?, other?)),
    }
}

/// The rules that what was sent breaks, all at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Issues(Vec<Issue>);

/// One broken rule.
#[derive(Debug, Clone, PartialEq, ToSchema)]
pub struct Issue {
    /// The field, as the caller wrote it (`rows[3].alcohol`).
    pub field: String,
    /// A stable word for programs.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// A clause for people, to be read after the field's name.
    pub message: String,
    /// The row of a table, counted from 1, for a mistake in one; it goes with a line and a value,
    /// null where there is none.
    pub row: Option<u64>,
    /// The line on which that row begins, if the table was a file.
    pub line: Option<u64>,
    /// What stood there.
    pub value: Option<String>,
    /// The least that is allowed, if a value in a row is out of range.
    pub min: Option<f64>,
    /// The most that is allowed, if a value in a row is out of range.
    pub max: Option<f64>,
}

impl Serialize for Issue {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("field", &self.field)?;
        map.serialize_entry("code", self.code)?;
        map.serialize_entry("message", &self.message)?;
        let is_in_row = self.row.is_some();
        if is_in_row {
            map.serialize_entry("row", &self.row)?;
        }
        if is_in_row || self.line.is_some() {
            map.serialize_entry("line", &self.line)?;
        }
        if is_in_row || self.value.is_some() {
            map.serialize_entry("value", &self.value)?;
        }
        for (name, bound) in [("min", self.min), ("max", self.max)] {
            if bound.is_some() {
                map.serialize_entry(name, &bound)?;
            }
        }
        map.end()
    }
}

impl Issue {
    /// A broken rule that is not in a row of a table.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        Self { field, code, message, row: None, line: None, value: None, min: None, max: None }
    }
}

impl Issues {
    /// Notes one more.
    pub fn add(
        &mut self,
        field: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        self.push(Issue::new(field, code, message));
    }

    /// Notes one more, made before.
    pub fn push(&mut self, issue: Issue) {
        self.0.push(issue);
    }

    /// All of them, in the order they were found.
    pub fn all(&self) -> &[Issue] {
        &self.0
    }

    /// The same, for whoever goes on with them.
    pub fn into_all(self) -> Vec<Issue> {
        self.0
    }

    /// Takes over another list's issues.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// `value` if no rule is broken.
    pub fn or<T>(self, value: T) -> Result<T> {
        if self.0.is_empty() { Ok(value) } else { Err(Error::Invalid(self)) }
    }
}

impl fmt::Display for Issues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, issue) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("; ")?;
            }
            if let Some(row) = issue.row {
                write!(f, "row {row}: ")?;
            }
            write!(f, "{} {}", issue.field, issue.message)?;
        }
        Ok(())
    }
}
