//! Large tasks: a file is read, predicted and written as a stream, in bounded memory, by as many
//! threads as there are cores; its rows stay in their order.

use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::compressed::Compressing;
use super::content::Content;
use super::ending::Ending;
use super::flow::flow;
use super::outcome::write_faults;
use super::prediction::{Pace, write_lines};
use super::record::{MLTask, Status, Tally};
use super::results::open_content;
use super::service::Limits;
use super::trouble::Trouble;
use super::unpaid::Unpaid;
use crate::clock::Timestamp;
use crate::credits::{Credits, grouped};
use crate::database::{Reader, Tx};
use crate::error::{Error, Result};
use crate::files::{Blob, Files};
use crate::id::{HoldId, MLTaskId};
use crate::job::{Context, Failure, Job, JobKind, Outcome, Status as JobStatus};
use crate::ml::intake::Block;
use crate::ml::rows::Rows;
use crate::ml_model::MLModel;
use crate::ml_model_manager::MLModelManager;
use crate::transaction::{Subject, hold};

/// How often a task looks whether its model is trained by now.
const MODEL_LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a job is to do.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload {
    /// The task.
    pub task: MLTaskId,
    /// When it shall end, done or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

impl Payload {
    /// Whether it should have ended by now.
    fn is_late(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }

    /// Errs once the work should stop.
    fn check(&self, context: &Context) -> Result<(), Failure> {
        if self.is_late(context.clock().now()) && !context.should_stop() {
            context.cancel()?;
        }
        context.check().map_err(Failure::from)
    }
}

/// Predicts a large task.
pub struct PredictionKind {
    files: Files,
    models: MLModelManager,
    limits: Limits,
    unpaid: Unpaid,
}

impl PredictionKind {
    /// With these models, on contents that lie there.
    pub fn new(files: Files, models: MLModelManager, limits: Limits, unpaid: Unpaid) -> Self {
        Self { files, models, limits, unpaid }
    }

    /// The model, once it is trained.
    fn model(
        &self,
        name: &str,
        check: impl Fn() -> Result<(), Failure>,
    ) -> Result<Arc<dyn MLModel>, Failure> {
        loop {
            match self.models.get_model(name) {
                Err(Error::NotReady(_)) if self.models.is_training(name) => {
                    check()?;
                    thread::sleep(MODEL_LOOK_EVERY);
                }
                found => return Ok(found?),
            }
        }
    }
}

impl JobKind for PredictionKind {
    type Payload = Payload;

    const NAME: &'static str = "predict";

    fn run(&self, payload: Payload, context: &Context) -> Result<Outcome, Failure> {
        let (id, check) = (payload.task, || payload.check(context));
        check()?;
        let find = move |r: &Reader<'_>| Ok((MLTask::find(r, None, id)?, MLTask::contents(r, id)?));
        let (task, contents) = context.database().read_here(find)?;
        let model = self.model(&task.model_id, check)?;
        let (version, now) = (model.version().to_owned(), context.clock().now());
        context.database().write_here(move |tx| MLTask::begin(tx, id, &version, now))?;
        let begun = Instant::now();
        let source = open_content(contents.input, &self.files)?;
        let mut opened = task.form.open(source, &model.schema().inputs, self.limits.intake)?;
        // Each of them looks before each of its steps whether to go on.
        let next = |portion| {
            check()?;
            opened.next_block(portion).map_err(Failure::from)
        };
        let worker = || {
            let mut pace = Pace::default();
            let model = &model;
            move |block: Block| {
                let outputs = pace.predict(&**model, &block.rows, check)?;
                piece_of(&block, &outputs).map_err(Failure::from)
            }
        };
        let mut written = Written::begin(&self.files)?;
        flow(next, worker, |piece| {
            written.add(&piece)?;
            check()?;
            let (n, n_given) = (written.tally.n_given, task.tally.n_given);
            #[expect(clippy::cast_precision_loss, reason = "a share for people to see")]
            let share = n as f64 / n_given.max(1) as f64;
            let message = format!("{} of {} rows", grouped(n), grouped(n_given));
            context.progress(share, &message);
            Ok(())
        })?;
        let compute_us = u64::try_from(begun.elapsed().as_micros()).ok();
        let ended = written.end(&task, compute_us)?;
        let outcome = Outcome::new(serde_json::json!({ "task": id }))?;
        let (now, unpaid) = (context.clock().now(), self.unpaid.clone());
        Ok(outcome.with_effect(move |tx| {
            ended.commit(tx, now)?;
            let is_paid = ended.ending.status == Status::Succeeded;
            if is_paid { Ok(()) } else { unpaid.ended(tx, task.user_id, now) }
        }))
    }

    fn release(&self, job: &Job, tx: &Tx<'_>) -> Result<()> {
        let Some(task) = MLTask::lookup_by_job(tx, job.id)? else { return Ok(()) };
        if task.status.is_final() {
            return Ok(());
        }
        let now = job.finished_at.unwrap_or(job.created_at);
        let is_cancelled = job.status == JobStatus::Cancelled;
        let status = if is_cancelled { Status::Cancelled } else { Status::Failed };
        let is_late = || job.payload::<Payload>().is_ok_and(|payload| payload.is_late(now));
        let error = match is_cancelled {
            true if is_late() => Some(Trouble::Late.in_words().to_owned()),
            true => None,
            false => job.error.clone(),
        };
        let ending = Ending::without_charge(status, task.tally.n_given, error);
        if let Some(hold_id) = task.hold_id {
            let what = Subject::NotCharged { model: &task.model_id };
            hold::release(tx, hold_id, &what.to_string(), now)?;
        }
        MLTask::end(tx, task.id, &ending, now)?;
        self.unpaid.ended(tx, task.user_id, now)
    }
}

/// A block on its way out: what is to be written of it.
struct Piece {
    lines: String,
    faults: Vec<u8>,
    tally: Tally,
}

fn piece_of(block: &Block, outputs: &Rows) -> Result<Piece> {
    let mut piece = Piece { lines: String::new(), faults: vec![], tally: Tally::default() };
    write_lines(outputs, &mut piece.lines);
    write_faults(&block.faults, &mut piece.faults)?;
    let (n_given, n_predicted) = (block.n_given() as u64, outputs.len() as u64);
    piece.tally = Tally { n_given, n_predicted, n_rejected: n_given - n_predicted };
    Ok(piece)
}

/// What has been written so far.
struct Written {
    output: Compressing,
    faults: Compressing,
    tally: Tally,
}

impl Written {
    fn begin(files: &Files) -> Result<Self> {
        let [output, faults] = [Compressing::begin(files)?, Compressing::begin(files)?];
        Ok(Self { output, faults, tally: Tally::default() })
    }

    fn add(&mut self, piece: &Piece) -> Result<()> {
        self.output.write_all(piece.lines.as_bytes()).map_err(Error::internal)?;
        self.faults.write_all(&piece.faults).map_err(Error::internal)?;
        self.tally.n_given += piece.tally.n_given;
        self.tally.n_predicted += piece.tally.n_predicted;
        self.tally.n_rejected += piece.tally.n_rejected;
        Ok(())
    }

    fn end(self, task: &MLTask, compute_us: Option<u64>) -> Result<Ended> {
        let (output, faults) = (self.output.keep()?, self.faults.keep()?);
        let tally = self.tally;
        let is_success = tally.n_predicted > 0;
        let error = (!is_success).then(|| Trouble::NoGoodRow.in_words().to_owned());
        let ending = Ending {
            status: if is_success { Status::Succeeded } else { Status::Failed },
            tally,
            cost: tally.cost(task.price)?,
            output: Some(Content::File(output.hash)),
            faults: Some(Content::File(faults.hash)),
            error,
            transaction_id: None,
            compute_us,
        };
        let Tally { n_predicted: n_rows, n_given: n_rows_sent, .. } = tally;
        let what = Subject::RowsOf { model: &task.model_id, n_rows, n_rows_sent }.to_string();
        Ok(Ended { id: task.id, hold_id: task.hold_id, what, blobs: [output, faults], ending })
    }
}

/// A task that is done, but for the write that says so.
struct Ended {
    id: MLTaskId,
    hold_id: Option<HoldId>,
    what: String,
    blobs: [Blob; 2],
    ending: Ending,
}

impl Ended {
    fn commit(&self, tx: &Tx<'_>, now: Timestamp) -> Result<()> {
        for blob in self.blobs {
            blob.create(tx, now)?;
        }
        let mut ending = self.ending.clone();
        if let Some(hold_id) = self.hold_id {
            if ending.cost == Credits::ZERO {
                hold::release(tx, hold_id, &self.what, now)?;
            } else {
                ending.transaction_id = hold::settle(tx, hold_id, ending.cost, &self.what, now)?;
            }
        }
        MLTask::end(tx, self.id, &ending, now)
    }
}
