//! What somebody asks to have predicted, and what it came to.

use super::form::Form;
use super::outcome::Speech;
use crate::access::Caller;
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::error::Error;
use crate::id::MLTaskId;
use crate::idempotency::{Done, Ticket};
use crate::web::Upload;

/// Rows to be predicted for somebody.
pub struct Order {
    /// For whom.
    pub caller: Caller,
    /// The right to do it once.
    pub ticket: Ticket,
    /// The model's name.
    pub model: String,
    /// What the body is.
    pub form: Form,
    /// The body.
    pub upload: Upload,
    /// In whose words the answer is.
    pub speech: Speech,
    /// Whether the caller would rather be told later.
    pub is_async: bool,
    /// When work on it shall end, done or not.
    pub deadline: Option<Timestamp>,
}

/// What an order came to.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub done: Done,
    /// What it cost, if that is known by now.
    pub cost: Option<Credits>,
}

/// A failure, with the task that was recorded about it, if any.
#[derive(Debug)]
pub struct Refused {
    /// The failure.
    pub error: Error,
    /// The task.
    pub task: Option<MLTaskId>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, task: None }
    }
}

/// Who asked, and how they want to be told.
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) ticket: Ticket,
    pub(super) form: Form,
    pub(super) speech: Speech,
    pub(super) deadline: Option<Timestamp>,
}
