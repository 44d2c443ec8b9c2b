//! One attempt under way: what its kind sees of it, and what the queue sees.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::kind::Stopped;
use super::record::{self, Beat, Fence, Job, Whose};
use super::service::Jobs;
use super::view::JobView;
use crate::clock::Clock;
use crate::database::{Database, Tx};
use crate::error::Result;
use crate::id::{JobId, UserId};

/// The longest message kept; what is longer is cut.
const MESSAGE_CHARS_MAX: usize = 200;

/// What a kind sees while it works.
pub struct Context {
    run: Arc<Run>,
    jobs: Jobs,
}

impl Context {
    pub(super) fn new(run: Arc<Run>, jobs: Jobs) -> Self {
        Self { run, jobs }
    }

    /// Tells the owner how far the work is, from 0 to 1, and what it is doing.
    ///
    /// Cheap enough for an inner loop: who watches is told at once, the row about once a second.
    pub fn progress(&self, fraction: f64, message: &str) {
        if self.run.told() == Told::Lost {
            return;
        }
        let mut progress = self.run.progress();
        progress.set(fraction, message);
        // Published under the lock, so that threads of one kind cannot overtake each other.
        self.jobs.watchers().publish(self.run.job.id, || self.run.view_at(&progress));
    }

    /// Errs once the attempt should stop: `context.check()?`.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.should_stop() { Err(Stopped(())) } else { Ok(()) }
    }

    /// Whether the job was cancelled, the server stops, or the job is no longer this worker's.
    pub fn should_stop(&self) -> bool {
        self.run.told() != Told::Nothing
    }

    /// Asks for the end of the job, as its owner does who cancels it; [`Context::check`] errs then.
    pub fn cancel(&self) -> Result<()> {
        let (rules, id) = (self.jobs.rules(), self.run.job.id);
        let cancel = move |tx: &Tx<'_>| rules.cancel(tx, record::find(tx, Whose::Anyone, id)?);
        self.jobs.database().write_here(cancel)?;
        self.run.tell(Told::Cancel);
        Ok(())
    }

    /// The job's id.
    pub fn job_id(&self) -> JobId {
        self.run.job.id
    }

    /// Whose job it is; nobody's if the server gave it to itself.
    pub fn user_id(&self) -> Option<UserId> {
        self.run.job.user_id
    }

    /// Which attempt this is, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.run.job.attempt
    }

    /// The database: `read_here` and `write_here` fit the thread that a kind runs on.
    pub fn database(&self) -> &Database {
        self.jobs.database()
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        self.jobs.clock()
    }

    /// The queue, for work that orders more work.
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }
}

/// What an attempt was told, the stronger word last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Told {
    Nothing,
    Cancel,
    Interrupt,
    Lost,
}

/// The attempt as the queue sees it.
pub(super) struct Run {
    pub(super) job: Job,
    attempts_max: u32,
    told: AtomicU8,
    progress: Mutex<Progress>,
}

#[derive(Default)]
pub(super) struct Progress {
    fraction: f64,
    message: String,
    is_unsaved: bool,
}

impl Progress {
    fn set(&mut self, fraction: f64, message: &str) {
        // A kind that divides by nothing must not make the row unwritable.
        self.fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
        let message_end =
            message.char_indices().nth(MESSAGE_CHARS_MAX).map_or(message.len(), |(place, _)| place);
        self.message.clear();
        self.message.push_str(&message[..message_end]);
        self.is_unsaved = true;
    }
}

impl Run {
    pub(super) fn new(job: Job, attempts_max: u32) -> Self {
        let run = Self { job, attempts_max, told: AtomicU8::default(), progress: Mutex::default() };
        if run.job.cancel_requested {
            // Asked while an earlier version of the program had it, which could not end it.
            run.tell(Told::Cancel);
        }
        run
    }

    pub(super) fn fence(&self) -> Fence {
        self.job.fence()
    }

    pub(super) fn tell(&self, word: Told) {
        self.told.fetch_max(word as u8, Ordering::SeqCst);
    }

    pub(super) fn told(&self) -> Told {
        match self.told.load(Ordering::SeqCst) {
            0 => Told::Nothing,
            1 => Told::Cancel,
            2 => Told::Interrupt,
            _ => Told::Lost,
        }
    }

    /// The sign of life to write.
    pub(super) fn beat(&self) -> Beat {
        let mut progress = self.progress();
        progress.is_unsaved = false;
        Beat { fence: self.fence(), progress: progress.fraction, message: progress.message.clone() }
    }

    pub(super) fn has_unsaved_progress(&self) -> bool {
        self.progress().is_unsaved
    }

    pub(super) fn view(&self) -> JobView {
        self.view_at(&self.progress())
    }

    pub(super) fn view_at(&self, progress: &Progress) -> JobView {
        JobView {
            cancel_requested: self.told() == Told::Cancel,
            progress: progress.fraction,
            message: progress.message.clone(),
            ..JobView::new(&self.job, self.attempts_max)
        }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
