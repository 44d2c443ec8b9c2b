//! The one task that keeps the queue moving: it claims jobs while slots are free, writes the signs
//! of life of all runs at once, and takes up what dead workers left. Between those it sleeps until
//! it is woken or something is due.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rocket::tokio::select;
use rocket::tokio::time::sleep;

use super::attempt;
use super::ending::{Defeat, SERVER_ENDED, WORKER_SILENT};
use super::record::{self, Job};
use super::run::{Run, Told};
use super::service::Jobs;
use super::turn;
use crate::clock::Timestamp;
use crate::error::{Error, Result};

/// Progress reaches the rows at most this often.
const SAVE_PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// After a claim that the database refused, or that the machine had no thread for.
const CLAIM_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The jobs that a process which died left running: each costs an attempt. Only for the start,
/// when the lock on the data folder proves that no other process works.
pub(super) async fn recover(jobs: &Jobs) -> Result<()> {
    let left = jobs.database().read(|r| record::abandoned(r, None)).await?;
    take_up(jobs, left, SERVER_ENDED).await;
    let waiting = jobs.database().read(record::waiting_kinds).await?;
    for kind in waiting.iter().filter(|kind| jobs.kinds().lookup(kind).is_none()) {
        tracing::warn!(kind, "jobs of a kind that this version does not know stay in the queue");
    }
    Ok(())
}

/// Works until the queue is stopped.
pub(super) async fn work(jobs: Jobs) {
    let mut runner = Runner {
        beats_every: jobs.settings().lease / 3,
        jobs,
        beaten_at: Instant::now(),
        saved_at: Instant::now(),
        is_refused: false,
        rests_until: None,
    };
    while !runner.jobs.is_stopping() {
        let pause = runner.fill_slots().await;
        let pause = pause.min(runner.until_upkeep());
        select! {
            () = runner.jobs.woken() => {}
            () = sleep(pause) => {}
        }
        runner.upkeep().await;
    }
}

struct Runner {
    jobs: Jobs,
    beats_every: Duration,
    beaten_at: Instant,
    saved_at: Instant,
    is_refused: bool,
    /// Nothing is claimed before, whoever wakes the runner.
    rests_until: Option<Instant>,
}

impl Runner {
    /// Starts what is due while slots are free; how long until more may be due.
    async fn fill_slots(&mut self) -> Duration {
        let n_free = self.jobs.n_free();
        if n_free == 0 {
            return Duration::MAX;
        }
        let rest = self
            .rests_until
            .map_or(Duration::ZERO, |when| when.saturating_duration_since(Instant::now()));
        if !rest.is_zero() {
            return rest;
        }
        let (claimed, next_due) = match self.claim(n_free).await {
            Ok(answer) => answer,
            Err(cause) => {
                self.report(&cause);
                return self.rest();
            }
        };
        self.is_refused = false;
        let started = claimed.into_iter().map(|job| attempt::start(&self.jobs, job));
        let unstarted: Vec<_> = started.filter_map(Result::err).collect();
        if !unstarted.is_empty() {
            self.give_back(unstarted).await;
            return self.rest();
        }
        if self.jobs.n_free() == 0 {
            return Duration::MAX;
        }
        let now = self.jobs.clock().now();
        next_due.map_or(Duration::MAX, |due| {
            Duration::from_millis(due.millis_since(now).max(0).unsigned_abs())
        })
    }

    /// Claims nothing for a while; for how long.
    fn rest(&mut self) -> Duration {
        self.rests_until = Some(Instant::now() + CLAIM_AGAIN_AFTER);
        CLAIM_AGAIN_AFTER
    }

    /// Puts jobs back that no thread could be started for: they have not lost an attempt.
    async fn give_back(&self, unstarted: Vec<Arc<Run>>) {
        let fences: Vec<_> = unstarted.iter().map(|run| run.fence()).collect();
        let now = self.jobs.clock().now();
        let put_back = self.jobs.database().write(move |tx| {
            let put_back = fences.iter().map(|fence| record::give_back(tx, *fence, now));
            put_back.collect::<Result<Vec<_>>>()
        });
        match put_back.await {
            Ok(jobs) => jobs.iter().flatten().for_each(|job| self.jobs.publish(job)),
            // Their leases run out, at the cost of an attempt.
            Err(cause) => tracing::error!(%cause, "jobs that never began could not be put back"),
        }
    }

    async fn claim(&self, n_free: usize) -> Result<(Vec<Job>, Option<Timestamp>)> {
        let (jobs, kinds) = (self.jobs.clone(), self.jobs.kinds().names());
        let claim = self.jobs.database().write(move |tx| {
            // The time at which this write runs, or what came just before it would not be due.
            let (now, lease_until) = (jobs.clock().now(), jobs.lease_until());
            let mut claimed = Vec::new();
            while claimed.len() < n_free {
                match turn::claim(tx, &kinds, now, lease_until)? {
                    Some(job) => claimed.push(job),
                    None => return Ok((claimed, turn::next_due(tx, &kinds)?)),
                }
            }
            Ok((claimed, None))
        });
        claim.await
    }

    /// How long the runner may sleep without being late with a sign of life.
    fn until_upkeep(&self) -> Duration {
        let beat = self.beats_every.saturating_sub(self.beaten_at.elapsed());
        if self.jobs.runs().is_empty() {
            return beat;
        }
        beat.min(SAVE_PROGRESS_EVERY.saturating_sub(self.saved_at.elapsed()))
    }

    async fn upkeep(&mut self) {
        let has_news = self.jobs.takes_news();
        if has_news || self.beaten_at.elapsed() >= self.beats_every {
            (self.beaten_at, self.saved_at) = (Instant::now(), Instant::now());
            // First, so that after a sleep of the whole machine no living run is taken for dead.
            if self.beat(self.jobs.runs()).await {
                self.expire().await;
            }
        } else if self.saved_at.elapsed() >= SAVE_PROGRESS_EVERY {
            self.saved_at = Instant::now();
            let mut runs = self.jobs.runs();
            runs.retain(|run| run.has_unsaved_progress());
            self.beat(runs).await;
        }
    }

    /// Writes signs of life in one write, and hears what the rows say; whether it was written.
    async fn beat(&mut self, runs: Vec<Arc<Run>>) -> bool {
        if runs.is_empty() {
            return true;
        }
        let beats: Vec<_> = runs.iter().map(|run| run.beat()).collect();
        let lease_until = self.jobs.lease_until();
        let written = self.jobs.database().write(move |tx| {
            beats.iter().map(|beat| record::beat(tx, beat, lease_until)).collect::<Result<Vec<_>>>()
        });
        match written.await {
            Ok(rows) => {
                for (run, row) in runs.iter().zip(rows) {
                    match row {
                        None => run.tell(Told::Lost),
                        Some(job) if job.cancel_requested => run.tell(Told::Cancel),
                        Some(_) => {}
                    }
                }
                true
            }
            Err(cause) => {
                self.report(&cause);
                false
            }
        }
    }

    /// Once for a whole time of trouble, not once a second.
    fn report(&mut self, cause: &Error) {
        if !std::mem::replace(&mut self.is_refused, true) {
            tracing::error!(%cause, "the database refuses the job queue; trying every second");
        }
    }

    async fn expire(&self) {
        let now = self.jobs.clock().now();
        match self.jobs.database().read(move |r| record::abandoned(r, Some(now))).await {
            Ok(left) => take_up(&self.jobs, left, WORKER_SILENT).await,
            Err(cause) => tracing::error!(%cause, "jobs with an ended lease could not be read"),
        }
    }
}

/// Ends the attempts of dead workers, each in its own write: one release that fails must not keep
/// the others waiting.
async fn take_up(jobs: &Jobs, left: Vec<Job>, reason: &'static str) {
    for job in left {
        let (id, rules, defeat) = (job.id, jobs.rules(), Defeat::retry(reason));
        match jobs.database().write(move |tx| rules.fail(tx, &job, &defeat)).await {
            Ok(Some(ended)) => {
                let status = ended.status;
                tracing::warn!(job = %id, ?status, "an attempt was lost: {reason}");
                jobs.publish(&ended);
            }
            Ok(None) => {}
            Err(cause) => {
                tracing::error!(job = %id, %cause, "a lost attempt could not be ended yet");
            }
        }
    }
}
