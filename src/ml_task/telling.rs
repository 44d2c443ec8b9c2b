//! The answer to rows that were predicted at once: composed before they are paid for, so that the
//! write that takes the credits has nothing else to do, and told when the task has its number.

use super::form::Form;
use super::outcome::{ForeignAnswer, Predicted, Speech};
use super::parts::Parts;
use super::record::MLTask;
use super::service::task_address;
use super::view::TaskView;
use crate::error::Result;
use crate::idempotency::Done;
use crate::ml_model::MLModel;
use crate::web::Upload;

/// What was paid for.
pub(super) enum Paid {
    /// A task, and how it is to be told.
    Now(Box<MLTask>, Telling),
    /// An answer that is kept under the caller's key, made now or earlier.
    Kept(Done),
}

/// The answer, ready but for the task's number.
pub(super) enum Telling {
    /// The task with its contents.
    Own(Parts),
    /// What a client of another server is told.
    Foreign(ForeignAnswer),
}

impl Telling {
    /// For what came of these rows.
    pub(super) fn of(
        model: &dyn MLModel,
        form: Form,
        speech: &Speech,
        upload: &Upload,
        of: &Predicted,
    ) -> Result<Self> {
        if speech.is_own() {
            return Parts::answered(model, form, upload, of).map(Self::Own);
        }
        speech.compose(model, of).map(Self::Foreign)
    }

    /// The answer about this task.
    pub(super) fn tell(self, task: &MLTask) -> Result<Done> {
        let address = task_address(task.id);
        match self {
            Self::Own(parts) => Done::ok(address, &TaskView::new(task, parts.or_addresses(task))),
            Self::Foreign(answer) => Done::ok(address, &answer.of_task(task)),
        }
    }
}
