//! A task about to be recorded, and the entry that pays for it.

use super::order::Asked;
use super::record::{MLTask, Status, Tally};
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::Tx;
use crate::error::Result;
use crate::id::{MLTaskId, RowId, TransactionId};
use crate::ml_model::MLModel;
use crate::transaction::{Entry, Kind, Subject, Transaction};

/// Which model a task is of.
pub(super) struct Which<'a> {
    pub(super) name: &'a str,
    /// Empty until it is trained.
    pub(super) version: &'a str,
    pub(super) price: Credits,
}

impl<'a> Which<'a> {
    pub(super) fn of(model: &'a dyn MLModel) -> Self {
        Self { name: model.name(), version: model.version(), price: model.price() }
    }
}

/// A task that begins and ends now; what is not known yet is to be filled in.
pub(super) fn draft_of(asked: &Asked, model: &Which<'_>, tally: Tally, now: Timestamp) -> MLTask {
    MLTask {
        id: MLTaskId::from_number(0),
        user_id: asked.caller.user_id(),
        model_id: model.name.to_owned(),
        model_version: model.version.to_owned(),
        form: asked.form,
        status: Status::Failed,
        tally,
        price: model.price,
        cost: Credits::ZERO,
        error: None,
        transaction_id: None,
        hold_id: None,
        job_id: None,
        request_id: Some(asked.caller.request_id().to_owned()),
        compute_us: None,
        created_at: now,
        started_at: Some(now),
        finished_at: Some(now),
    }
}

/// Takes what a task costs; nothing if it is free.
pub(super) fn charge(
    tx: &Tx<'_>,
    task: &MLTask,
    request_id: &str,
    now: Timestamp,
) -> Result<Option<TransactionId>> {
    let Some(amount) = task.cost.negated().filter(|amount| *amount < Credits::ZERO) else {
        return Ok(None);
    };
    let subject = Subject::Rows { model: &task.model_id, n_rows: task.tally.n_predicted };
    let entry = Entry {
        user_id: task.user_id,
        kind: Kind::Charge,
        amount,
        description: subject.to_string(),
        actor_id: None,
        request_id: Some(request_id.to_owned()),
    };
    Transaction::create(tx, entry, now).map(|made| Some(made.id))
}
