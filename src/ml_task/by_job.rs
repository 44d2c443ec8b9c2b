//! Rows that are too many to wait for: their price is held, and a job is ordered.

use std::sync::Arc;

use super::compressed::compressed;
use super::content::{Content, Contents};
use super::draft::{Which, draft_of};
use super::job::{Payload, PredictionKind};
use super::order::{Answered, Asked, Refused};
use super::record::{MLTask, Status, Tally, times};
use super::service::{MLService, task_address};
use super::view::TaskView;
use crate::compute::compute;
use crate::credits::Credits;
use crate::database::{Reader, Tx};
use crate::error::{Error, Result};
use crate::id::UserId;
use crate::idempotency::Done;
use crate::transaction::{Balance, Subject, hold};
use crate::web::Upload;

/// Tasks of one user that may wait or run.
const LIVE_MAX: u64 = 20;

/// When to come back if there are too many.
const LIVE_RETRY_AFTER_S: u64 = 10;

fn too_much_waits() -> Error {
    Error::TooMuchWaits { n_max: LIVE_MAX, retry_after_s: LIVE_RETRY_AFTER_S }
}

impl MLService {
    /// Refuses what the write would refuse anyway, before a large file is read or kept for it.
    async fn could_begin(&self, user_id: UserId, price: Credits) -> Result<()> {
        let look = move |r: &Reader<'_>| {
            if MLTask::count_live(r, user_id)? >= LIVE_MAX {
                return Err(too_much_waits());
            }
            Balance::require(r, user_id, price)
        };
        self.parts().database.read(look).await
    }

    /// Holds the price of every row and orders the job that predicts them.
    pub(super) async fn begin(
        &self,
        asked: Asked,
        name: &str,
        upload: Upload,
    ) -> Result<Answered, Refused> {
        // A model that is being trained has its columns and its price already.
        let offer = self.parts().models.offer(name)?;
        let trained = self.parts().models.get_model(name).ok();
        let (user_id, now) = (asked.caller.user_id(), self.parts().clock.now());
        self.parts().unpaid.check(user_id, now)?;
        self.could_begin(user_id, offer.price).await?;
        let (form, limits) = (asked.form, self.parts().limits);
        let (files, offered) = (self.parts().files.clone(), Arc::clone(&offer));
        let count = move || {
            let inputs = &offered.schema.inputs;
            let n_given = form.open(upload.open()?, inputs, limits.intake)?.count()?;
            Ok((n_given, upload))
        };
        let (n_given, upload) = compute(count).await?;
        let price = times(offer.price, n_given)?;
        self.could_begin(user_id, price).await?;
        let deposit = self.parts().unpaid.deposit(user_id, upload.size_bytes, now);
        let blob = compute(move || compressed(&files, &mut upload.open()?)).await?;
        let now = self.parts().clock.now();
        let tally = Tally { n_given, ..Tally::default() };
        let version = trained.as_ref().map_or("", |model| model.version());
        let which = Which { name: &offer.name, version, price: offer.price };
        let mut task = draft_of(&asked, &which, tally, now);
        (task.status, task.finished_at, task.started_at) = (Status::Queued, None, None);
        let Asked { caller, ticket, deadline, .. } = asked;
        let jobs = self.parts().jobs.clone();
        let order = move |tx: &Tx<'_>| {
            ticket.redeem(tx, now, |tx| {
                if MLTask::count_live(tx, task.user_id)? >= LIVE_MAX {
                    return Err(too_much_waits());
                }
                blob.create(tx, now)?;
                if price > Credits::ZERO {
                    let what = Subject::UpToRows { model: &task.model_id, n_rows: n_given };
                    let what = what.to_string();
                    task.hold_id = Some(hold::place(tx, task.user_id, price, &what, now)?);
                }
                let input = Some(Content::File(blob.hash));
                let contents = Contents { input, output: None, faults: None };
                task.id = MLTask::create(tx, &task, &contents)?;
                let payload = Payload { task: task.id, deadline };
                let job = jobs.enqueue::<PredictionKind>(tx, Some(task.user_id), &payload)?;
                MLTask::give_job(tx, task.id, job)?;
                Done::accepted(task_address(task.id), &TaskView::addressed(&task))
            })
        };
        let done = caller.write(&self.parts().database, order).await?;
        deposit.recorded();
        Ok(Answered { done, cost: None })
    }
}
