//! One attempt, on a thread of its own: run the kind, write how it ended, free the slot.
//!
//! The threads are not the runtime's, which waits for its own when it shuts down: a kind that never
//! looks up must not keep the process alive.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::ending::{self, Defeat};
use super::kind::{Failure, Outcome, Stopped};
use super::record::{self, Job};
use super::run::{Context, Run, Told};
use super::service::Jobs;
use crate::error::{Error, Result};

/// Between two tries to write an ending that the database would not take.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Starts the thread of a job that was just claimed; if there is none to be had, its run.
pub(super) fn start(jobs: &Jobs, job: Job) -> Result<(), Arc<Run>> {
    let attempts_max = jobs.kinds().attempts_max(&job.kind);
    let run = Arc::new(Run::new(job, attempts_max));
    {
        let progress = run.progress();
        jobs.watchers().publish(run.job.id, || run.view_at(&progress));
    }
    let slot = jobs.occupy(Arc::clone(&run));
    let (work, own) = (jobs.clone(), Arc::clone(&run));
    let started = thread::Builder::new().name("cellar-job".into()).spawn(move || {
        let ended = attempt(&work, &own);
        let ended = conclude(&work, &own, ended);
        if let Some(ended) = ended {
            work.publish(&ended);
        }
        drop(slot);
    });
    started.map(drop).map_err(|cause| {
        tracing::error!(job = %run.job.id, %cause, "no thread could be started for a job");
        run
    })
}

fn attempt(jobs: &Jobs, run: &Arc<Run>) -> Result<Outcome, Failure> {
    if run.told() != Told::Nothing {
        return Err(Stopped(()).into());
    }
    let Some(kind) = jobs.kinds().lookup(&run.job.kind) else {
        return Err(Failure::Retry(Error::internal("a job of an unknown kind was claimed")));
    };
    let context = Context::new(Arc::clone(run), jobs.clone());
    catch_unwind(AssertUnwindSafe(|| kind.run_job(&run.job, &context))).unwrap_or_else(|panic| {
        let said = format!("the kind panicked: {}", panic_text(&*panic));
        Err(Failure::Retry(Error::internal(said)))
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Writes how the attempt ended; the job afterwards, or `None` if it was no longer this worker's.
fn conclude(jobs: &Jobs, run: &Run, ended: Result<Outcome, Failure>) -> Option<Job> {
    let failure = match ended {
        Ok(outcome) => match write_success(jobs, run, &outcome) {
            Ok(job) => return job,
            Err(error) => Failure::from(error),
        },
        Err(failure) => failure,
    };
    log(run, &failure);
    write_defeat(jobs, run, &Defeat::from(&failure)).unwrap_or_else(|cause| {
        // The lease runs out, and the ending is tried again by whoever notices.
        tracing::error!(job = %run.job.id, %cause, "the end of an attempt could not be written");
        None
    })
}

fn log(run: &Run, failure: &Failure) {
    let (Failure::Retry(error) | Failure::Final(error)) = failure else { return };
    if ending::is_ours(error) {
        let (job, kind, attempt) = (run.job.id, &run.job.kind, run.job.attempt);
        tracing::error!(%job, kind, attempt, cause = %error, "an attempt failed");
    }
}

fn write_success(jobs: &Jobs, run: &Run, outcome: &Outcome) -> Result<Option<Job>> {
    persist(jobs, run, || {
        let (rules, beat, outcome) = (jobs.rules(), run.beat(), outcome.clone());
        let lease_until = jobs.lease_until();
        jobs.database().write_here(move |tx| match record::beat(tx, &beat, lease_until)? {
            Some(running) => rules.succeed(tx, &running, &outcome),
            None => Ok(None),
        })
    })
}

fn write_defeat(jobs: &Jobs, run: &Run, defeat: &Defeat) -> Result<Option<Job>> {
    persist(jobs, run, || {
        let (rules, beat, defeat) = (jobs.rules(), run.beat(), defeat.clone());
        let lease_until = jobs.lease_until();
        jobs.database().write_here(move |tx| match record::beat(tx, &beat, lease_until)? {
            Some(running) => rules.fail(tx, &running, &defeat),
            None => Ok(None),
        })
    })
}

/// Tries again for as long as a lease lasts: an hour of work must not be lost to a second in which
/// the database was too busy or the disk was full.
fn persist(jobs: &Jobs, run: &Run, write: impl Fn() -> Result<Option<Job>>) -> Result<Option<Job>> {
    let begun = Instant::now();
    loop {
        let written = write();
        let may_pass = matches!(written, Err(Error::Busy | Error::Unavailable(_)))
            && jobs.database().stopped().is_none()
            && run.told() != Told::Lost
            && begun.elapsed() < jobs.settings().lease;
        if !may_pass {
            return written;
        }
        thread::sleep(TRY_AGAIN_AFTER);
    }
}
