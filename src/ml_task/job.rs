//! Large tasks: a file is read, predicted and written as a stream, in bounded memory, by as many
//! threads as there are cores; its rows stay in their order.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lz4_flex::frame::FrameEncoder;
use serde::{Deserialize, Serialize};

use super::content::Content;
use super::ending::Ending;
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
use crate::files::{Blob, Draft, Files};
use crate::id::{HoldId, MLTaskId};
use crate::job::{Context, Failure, Job, JobKind, Outcome, Status as JobStatus};
use crate::machine;
use crate::ml::intake::{Block, Portion};
use crate::ml::rows::Rows;
use crate::ml_model::MLModel;
use crate::ml_model_manager::MLModelManager;
use crate::transaction::{Subject, hold};

/// Rows that go from hand to hand together.
const BLOCK: Portion = Portion { rows_max: 4096, bytes_max: 4 * 1024 * 1024, ..Portion::ALL };

/// Blocks that are read and not yet written, for each worker: while one of them takes long, the
/// others do not pile up behind it.
const BLOCKS_PER_WORKER: usize = 3;

/// What all of them may take in memory, on a machine of many cores, too.
const BLOCKS_BYTES_MAX: usize = 48 * 1024 * 1024;

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
        let n_workers = machine::cores().get();
        let bytes_max = BLOCK.bytes_max.min(BLOCKS_BYTES_MAX / (BLOCKS_PER_WORKER * n_workers));
        let next = || opened.next_block(Portion { bytes_max, ..BLOCK });
        let written = Written::begin(&self.files)?;
        let written = flow(next, &*model, check, written, |written| {
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

type Numbered<T> = (u64, T);

/// Reads on one thread, predicts on several, and writes on this one, block by block in order.
/// Whoever cannot hand on what it has made ends, so a failure anywhere ends all. Each looks before
/// each of its steps whether to go on.
fn flow(
    next: impl FnMut() -> Result<Option<Block>> + Send,
    model: &dyn MLModel,
    check: impl Fn() -> Result<(), Failure> + Sync,
    mut written: Written,
    mut after_each: impl FnMut(&Written) -> Result<(), Failure>,
) -> Result<Written, Failure> {
    let n_workers = machine::cores().get();
    let n_blocks = BLOCKS_PER_WORKER * n_workers;
    let check = &check;
    thread::scope(|scope| {
        let (to_workers, blocks) = sync_channel(n_blocks);
        let (to_writer, pieces) = sync_channel(n_blocks);
        let (to_reader, permits) = sync_channel(n_blocks);
        for _ in 0..n_blocks {
            // There is room for as many.
            let _ = to_reader.send(());
        }
        let blocks = Arc::new(Mutex::new(blocks));
        let reader_says = to_writer.clone();
        scope.spawn(move || read(next, check, &permits, &to_workers, &reader_says));
        for _ in 0..n_workers {
            let (blocks, to_writer) = (Arc::clone(&blocks), to_writer.clone());
            scope.spawn(move || work(model, check, &blocks, &to_writer));
        }
        drop((blocks, to_writer));
        let (mut early, mut expected) = (BTreeMap::new(), 0_u64);
        for (number, piece) in pieces {
            early.insert(number, piece);
            while let Some(piece) = early.remove(&expected) {
                written.add(&piece?)?;
                after_each(&written)?;
                expected += 1;
                // A reader that has ended takes no more.
                let _ = to_reader.send(());
            }
        }
        Ok(written)
    })
}

/// Reads for as long as there are blocks and room for them.
fn read(
    mut next: impl FnMut() -> Result<Option<Block>>,
    check: impl Fn() -> Result<(), Failure>,
    permits: &Receiver<()>,
    to_workers: &SyncSender<Numbered<Block>>,
    to_writer: &SyncSender<Numbered<Result<Piece, Failure>>>,
) {
    machine::yield_to_others();
    for number in 0.. {
        if permits.recv().is_err() {
            return;
        }
        let block = check().and_then(|()| next().map_err(Failure::from));
        let is_handed_on = match block {
            Ok(Some(block)) => to_workers.send((number, block)).is_ok(),
            Ok(None) => false,
            Err(failure) => {
                let _ = to_writer.send((number, Err(failure)));
                false
            }
        };
        if !is_handed_on {
            return;
        }
    }
}

fn work(
    model: &dyn MLModel,
    check: impl Fn() -> Result<(), Failure>,
    blocks: &Mutex<Receiver<Numbered<Block>>>,
    to_writer: &SyncSender<Numbered<Result<Piece, Failure>>>,
) {
    machine::yield_to_others();
    let mut pace = Pace::default();
    loop {
        let block = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, block)) = block else { return };
        let piece = pace
            .predict(model, &block.rows, &check)
            .and_then(|outputs| piece_of(&block, &outputs).map_err(Failure::from));
        if to_writer.send((number, piece)).is_err() {
            return;
        }
    }
}

/// What has been written so far.
struct Written {
    output: FrameEncoder<Draft>,
    faults: FrameEncoder<Draft>,
    tally: Tally,
}

impl Written {
    fn begin(files: &Files) -> Result<Self> {
        let draft = || files.draft().map(FrameEncoder::new);
        Ok(Self { output: draft()?, faults: draft()?, tally: Tally::default() })
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
        let keep = |encoder: FrameEncoder<Draft>| -> Result<Blob> {
            encoder.finish().map_err(Error::internal)?.keep()
        };
        let (output, faults) = (keep(self.output)?, keep(self.faults)?);
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
