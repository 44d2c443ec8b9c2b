//! The rules of tasks: what is predicted at once and what by a job, and that an answer and its
//! charge are one.

use std::sync::Arc;
use std::time::Duration;

use rocket::tokio::time::timeout;
use rocket::tokio::try_join;

use super::at_once::{Computed, read_and_predict};
use super::draft::{Which, charge, draft_of};
use super::form::Form;
use super::kept::Kept;
use super::order::{Answered, Asked, Order, Refused};
use super::outcome::Predicted;
use super::parts::{Parts, Told};
use super::record::{MLTask, NamedTask, Status, Tally, TaskQuery, times};
use super::results::{Results, Source, open_content};
use super::submission::HERE_BYTES_MAX;
use super::telling::{Paid, Telling};
use super::trouble::Trouble;
use super::unpaid::Unpaid;
use super::view::TaskView;
use crate::access::Caller;
use crate::clock::Clock;
use crate::compute::compute;
use crate::credits::Credits;
use crate::database::{Database, Reader, Tx};
use crate::error::{Error, Result};
use crate::files::Files;
use crate::id::{MLTaskId, UserId};
use crate::idempotency;
use crate::job::{JobView, Jobs, Watch, Whose};
use crate::ml::intake;
use crate::ml_model::MLModel;
use crate::ml_model_manager::MLModelManager;
use crate::transaction::Balance;
use crate::web::Upload;

/// What a fault takes where it is kept, about.
const FAULT_BYTES: u64 = 128;

/// What is large.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Rows that are predicted at once; a job does more.
    pub rows_at_once_max: u64,
    /// What a table may be.
    pub intake: intake::Limits,
}

/// What the service works with.
pub struct TaskParts {
    /// The database.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// Where large contents lie.
    pub files: Files,
    /// The models.
    pub models: MLModelManager,
    /// Background work.
    pub jobs: Jobs,
    /// What is large.
    pub limits: Limits,
    /// What may be left behind without having been paid for.
    pub unpaid: Unpaid,
}

/// Predictions and their history; a clone is the same service.
#[derive(Clone)]
pub struct MLService {
    parts: Arc<TaskParts>,
}

impl MLService {
    /// Tasks with these parts.
    pub fn new(parts: TaskParts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    /// Has rows predicted: at once if they are few, by a job if they are many.
    ///
    /// What few requests need is boxed: every one makes room for the rest, and moves it about.
    pub async fn process_task(&self, order: Order) -> Result<Answered, Refused> {
        if order.ticket.has_key()
            && let Some(answered) = Box::pin(self.replay(&order)).await?
        {
            return Ok(answered);
        }
        let Order { caller, ticket, model: name, form, upload, speech, is_async, deadline } = order;
        let asked = Asked { caller, ticket, form, speech, deadline };
        if is_async || upload.bytes().is_none() {
            return Box::pin(self.begin(asked, &name, upload)).await;
        }
        let model = self.parts.models.await_model(&name).await?;
        let limits = self.parts.limits;
        let (user_id, price) = (asked.caller.user_id(), model.price());
        // Much is not predicted for somebody who cannot pay for it.
        let can_pay = async |n_rows| self.require(user_id, times(price, n_rows)?).await;
        let (upload, computed) = read_and_predict(&model, form, upload, limits, can_pay).await?;
        match computed {
            Computed::Large if asked.speech.may_be_later() => {
                Box::pin(self.begin(asked, &name, upload)).await
            }
            // Their clients wait for an answer, and all or nothing is what they were promised.
            Computed::Large => {
                let rows_max = self.parts.limits.rows_at_once_max;
                Err(Error::TooManyRows { rows_max }.into())
            }
            Computed::Predicted(of) => self.answer(asked, model, upload, of).await,
            Computed::Failed(error) => {
                let now = self.parts.clock.now();
                let draft = draft_of(&asked, &Which::of(&*model), Tally::default(), now);
                let why = Trouble::ModelFailed;
                let of = Predicted::default();
                let failed = self.record_failure(&asked, draft, of, upload, why);
                let (task, _) = Box::pin(failed).await?;
                Err(Refused { error, task })
            }
        }
    }

    /// What was answered to the same request before, without doing any of it again.
    async fn replay(&self, order: &Order) -> Result<Option<Answered>> {
        let (ticket, user_id) = (order.ticket.clone(), order.caller.user_id());
        let find = move |r: &Reader<'_>| {
            let Some(done) = ticket.lookup(r)? else { return Ok(None) };
            let task =
                done.location().and_then(task_at).map(|id| MLTask::find(r, Some(user_id), id));
            // What waits has no price yet.
            let task = task.and_then(Result::ok).filter(|task| task.status == Status::Succeeded);
            Ok(Some(Answered { done, cost: task.map(|task| task.cost) }))
        };
        self.parts.database.read(find).await
    }

    /// Pays for what was predicted and records it, in one write; then it may be told.
    async fn answer(
        &self,
        asked: Asked,
        model: Arc<dyn MLModel>,
        upload: Upload,
        of: Predicted,
    ) -> Result<Answered, Refused> {
        let (tally, now) = (of.tally(), self.parts.clock.now());
        let mut task = draft_of(&asked, &Which::of(&*model), tally, now);
        task.compute_us = Some(of.compute_us);
        if tally.n_predicted == 0 || asked.speech.is_strict() && tally.n_rejected > 0 {
            let why = if tally.n_predicted == 0 { Trouble::NoGoodRow } else { Trouble::NotAllGood };
            let (task, of) = Box::pin(self.record_failure(&asked, task, of, upload, why)).await?;
            return Err(Refused { error: Error::Invalid(of.into_issues()), task });
        }
        task.status = Status::Succeeded;
        task.cost = tally.cost(task.price)?;
        let cost = task.cost;
        let Asked { caller, ticket, form, speech, .. } = asked;
        let files = self.parts.files.clone();
        let is_small = upload.size_bytes <= HERE_BYTES_MAX && of.is_small();
        let deposit = if is_small {
            None
        } else {
            self.parts.unpaid.check_lost(caller.user_id(), now)?;
            Box::pin(self.require(caller.user_id(), cost)).await?;
            Some(self.parts.unpaid.deposit(caller.user_id(), upload.size_bytes, now))
        };
        let work = Arc::new((upload, of));
        let told = Arc::clone(&work);
        let tell = move || Telling::of(&*model, form, &speech, &told.0, &told.1);
        let keep = move || Kept::put(&files, &work.0, &work.1);
        let (telling, kept) = if is_small {
            (tell()?, keep()?)
        } else {
            // Writing a large answer down does not wait for the disk that keeps it.
            Box::pin(async { try_join!(compute(tell), compute(keep)) }).await?
        };
        let request_id = caller.request_id().to_owned();
        let is_sure = is_small && !ticket.has_key();
        let database = &self.parts.database;
        let pay = move |tx: &Tx<'_>| {
            let record = |tx: &Tx<'_>| {
                task.transaction_id = charge(tx, &task, &request_id, now)?;
                task.id = MLTask::create(tx, &task, &kept.record(tx, now)?)?;
                Ok(task)
            };
            if !ticket.has_key() {
                return record(tx).map(|task| Paid::Now(Box::new(task), telling));
            }
            let done = ticket.redeem(tx, now, |tx| telling.tell(&record(tx)?));
            done.map(Paid::Kept)
        };
        // The balance is what can be refused, and it is looked at in the first change.
        let paid = if is_sure {
            caller.write_sure(database, pay).await
        } else {
            caller.write(database, pay).await
        };
        let paid = paid?;
        if let Some(deposit) = deposit {
            deposit.recorded();
        }
        match paid {
            // Whoever has no answer to keep writes it down after the commit, in nobody's way.
            Paid::Now(task, telling) => {
                Ok(Answered { cost: Some(cost), done: telling.tell(&task)? })
            }
            Paid::Kept(done) => Ok(Answered { done, cost: Some(cost) }),
        }
    }

    /// Refuses what this user could not pay for now, before much is done or kept for it.
    async fn require(&self, user_id: UserId, cost: Credits) -> Result<()> {
        self.parts.database.read(move |r| Balance::require(r, user_id, cost)).await
    }

    /// Records a task that failed and costs nothing, if there is room for it. What is known of its
    /// rows comes back, for there may be much of it.
    async fn record_failure(
        &self,
        asked: &Asked,
        mut task: MLTask,
        of: Predicted,
        upload: Upload,
        why: Trouble,
    ) -> Result<(Option<MLTaskId>, Predicted)> {
        let (user_id, unpaid) = (task.user_id, self.parts.unpaid.clone());
        let n_faults = of.block.faults.len() as u64;
        let n_bytes = upload.size_bytes.saturating_add(n_faults * FAULT_BYTES);
        if !unpaid.has_room(user_id, n_bytes, task.created_at) {
            tracing::info!(request_id = asked.caller.request_id(), "a failure was not recorded");
            return Ok((None, of));
        }
        task.status = Status::Failed;
        task.error = Some(why.in_words().to_owned());
        task.tally.n_rejected = task.tally.n_given;
        task.tally.n_predicted = 0;
        let (files, now) = (self.parts.files.clone(), task.created_at);
        let put = move || Ok((Kept::put_without_output(&files, &upload, &of)?, of));
        let (kept, of) = compute(put).await?;
        let surplus = self.parts.database.read(move |r| unpaid.surplus(r, user_id)).await?;
        let record = move |tx: &Tx<'_>| {
            Unpaid::delete(tx, user_id, &surplus, now)?;
            MLTask::create(tx, &task, &kept.record(tx, now)?).map(Some)
        };
        Ok((asked.caller.write(&self.parts.database, record).await?, of))
    }

    /// What the service works with.
    pub(super) fn parts(&self) -> &TaskParts {
        &self.parts
    }

    /// One task of this user, with its contents if they are small.
    pub async fn find(&self, user_id: UserId, id: MLTaskId) -> Result<TaskView> {
        let find = move |r: &Reader<'_>| {
            let task = MLTask::find(r, Some(user_id), id)?;
            let contents =
                if task.status.is_final() { Some(MLTask::contents(r, id)?) } else { None };
            Ok((task, contents))
        };
        let (task, contents) = self.parts.database.read(find).await?;
        match (contents, self.parts.models.recall_now(&task.model_id)) {
            (Some(contents), Ok(model)) => {
                let files = self.parts.files.clone();
                compute(move || {
                    let parts = Parts::kept(&task, contents, &files, &*model, Told::ALONE)?;
                    Ok(TaskView::new(&task, parts))
                })
                .await
            }
            _ => self.at_work(task).await,
        }
    }

    /// The task as it is shown, with how far its job is.
    async fn at_work(&self, task: MLTask) -> Result<TaskView> {
        let jobs = self.parts.jobs.clone();
        let find = move |r: &Reader<'_>| {
            let job = job_of(&jobs, r, &task)?;
            Ok(TaskView::addressed(&task).of(job))
        };
        self.parts.database.read(find).await
    }

    /// What was sent with a task, as it came.
    pub(super) async fn input(&self, user_id: UserId, id: MLTaskId) -> Result<(Form, Source)> {
        let find = move |r: &Reader<'_>| {
            Ok((MLTask::find(r, Some(user_id), id)?, MLTask::contents(r, id)?))
        };
        let (task, contents) = self.parts.database.read(find).await?;
        let files = self.parts.files.clone();
        compute(move || Ok((task.form, open_content(contents.input, &files)?))).await
    }

    /// Up to `limit` tasks below the number `before`, newest first; those under way with their job.
    pub async fn list(
        &self,
        query: TaskQuery,
        before: i64,
        limit: u32,
    ) -> Result<Vec<(NamedTask, Option<JobView>)>> {
        let jobs = self.parts.jobs.clone();
        let list = move |r: &Reader<'_>| {
            let found = query.list(r, before, limit)?.into_iter();
            found.map(|named| job_of(&jobs, r, &named.task).map(|job| (named, job))).collect()
        };
        self.parts.database.read(list).await
    }

    /// Ends a task that waits or runs; the task as it is then.
    pub async fn cancel(&self, user_id: UserId, id: MLTaskId) -> Result<TaskView> {
        let find = move |r: &Reader<'_>| MLTask::find(r, Some(user_id), id);
        let task = self.parts.database.read(find).await?;
        if let Some(job_id) = task.job_id.filter(|_| !task.status.is_final()) {
            self.parts.jobs.cancel(Whose::User(user_id), job_id).await?;
        }
        self.find(user_id, id).await
    }

    /// Deletes a task that has ended; the ledger keeps what it cost.
    pub async fn delete(&self, caller: &Caller, id: MLTaskId) -> Result<()> {
        let (user_id, now) = (caller.user_id(), self.parts.clock.now());
        let delete = move |tx: &Tx<'_>| {
            MLTask::delete(tx, user_id, id, now)?;
            idempotency::forget_made(tx, user_id, &task_address(id))
        };
        caller.write(&self.parts.database, delete).await
    }

    /// Follows the job of a task, if it has one that is not forgotten.
    pub async fn watch(&self, user_id: UserId, id: MLTaskId) -> Result<Option<Watch>> {
        let find = move |r: &Reader<'_>| MLTask::find(r, Some(user_id), id);
        let task = self.parts.database.read(find).await?;
        match task.job_id {
            Some(job_id) => self.parts.jobs.watch(Whose::User(user_id), job_id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Ends a task if it has not ended in this time.
    pub(super) async fn cancel_after(
        &self,
        user_id: UserId,
        id: MLTaskId,
        time: Duration,
    ) -> Result<()> {
        let Some(mut watch) = self.watch(user_id, id).await? else { return Ok(()) };
        let end = async { while watch.next().await.is_some() {} };
        if timeout(time, end).await.is_err() {
            self.cancel(user_id, id).await?;
        }
        Ok(())
    }

    /// A task's results, ready to be read, and the model they are of, if it is still there.
    pub(super) async fn results(
        &self,
        user_id: UserId,
        id: MLTaskId,
    ) -> Result<(MLTask, Arc<dyn MLModel>, Results)> {
        let read = move |r: &Reader<'_>| {
            Ok((MLTask::find(r, Some(user_id), id)?, MLTask::contents(r, id)?))
        };
        let (task, contents) = self.parts.database.read(read).await?;
        if !task.status.is_final() {
            let why = "this task is still at work; its results come later";
            return Err(Error::conflict("results_later", why));
        }
        let model = self.parts.models.recall(&task.model_id).await?;
        let (files, worker) = (self.parts.files.clone(), Arc::clone(&model));
        let open = move || {
            let results = Results::open(&task, contents, &files, &worker.schema().inputs)?;
            Ok((task, worker, results))
        };
        compute(open).await
    }
}

/// The address of a task.
pub(super) fn task_address(id: MLTaskId) -> String {
    format!("/api/tasks/{id}")
}

/// The task at an address.
pub(super) fn task_at(address: &str) -> Option<MLTaskId> {
    address.strip_prefix("/api/tasks/")?.parse().ok()
}

/// The job of a task that is under way.
pub(super) fn job_of(jobs: &Jobs, r: &Reader<'_>, task: &MLTask) -> Result<Option<JobView>> {
    let Some(job_id) = task.job_id.filter(|_| !task.status.is_final()) else { return Ok(None) };
    match jobs.find_in(r, Whose::Anyone, job_id) {
        Err(Error::NotFound(_)) => Ok(None),
        found => found.map(Some),
    }
}
