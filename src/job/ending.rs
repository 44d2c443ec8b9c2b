//! How an attempt ends: the decision, and the one write that carries it out together with the
//! effect of a success or the release of any other end.

use std::time::Duration;

use super::kind::{Failure, Kinds, Outcome};
use super::record::{self, Job, Status};
use crate::clock::Timestamp;
use crate::database::Tx;
use crate::error::{Error, Result};

/// What an owner reads when the cause is only for the log.
pub(super) const FAILED_HERE: &str =
    "something failed on the server; its log has the cause under the id of this job";
/// What an owner reads after the process was killed.
pub(super) const SERVER_ENDED: &str = "the server stopped while it was working on this";
/// What an owner reads after a worker fell silent.
pub(super) const WORKER_SILENT: &str = "the worker stopped answering while it was working on this";

/// An attempt that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Defeat {
    pub(super) cure: Cure,
    /// Fit for the owner.
    pub(super) reason: String,
}

/// Whether trying again helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cure {
    /// It may.
    Retry,
    /// It cannot.
    Nothing,
    /// The work is not to blame: it was told to stop, and did.
    Continue,
}

impl Defeat {
    pub(super) fn retry(reason: &str) -> Self {
        Self { cure: Cure::Retry, reason: reason.to_owned() }
    }
}

impl From<&Failure> for Defeat {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Retry(error) => Self { cure: Cure::Retry, reason: told(error) },
            Failure::Final(error) => Self { cure: Cure::Nothing, reason: told(error) },
            Failure::Stopped(_) => Self { cure: Cure::Continue, reason: String::new() },
        }
    }
}

/// The error as its owner may read it: no paths, no causes.
fn told(error: &Error) -> String {
    if is_ours(error) { FAILED_HERE.to_owned() } else { error.to_string() }
}

/// Whether the operator has to know of it.
pub(super) fn is_ours(error: &Error) -> bool {
    matches!(error, Error::Internal(_) | Error::Unavailable(_))
}

/// What becomes of a running job whose attempt did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    GiveBack,
    TryAgain { pause: Duration },
    End(Status),
}

fn fate(job: &Job, cure: Cure, attempts_max: u32, pauses: &[Duration]) -> Fate {
    match cure {
        Cure::Nothing => Fate::End(Status::Dead),
        // Who asked for the end gets it, whatever else went wrong on the way.
        _ if job.cancel_requested => Fate::End(Status::Cancelled),
        Cure::Continue => Fate::GiveBack,
        Cure::Retry if job.attempt < attempts_max => {
            Fate::TryAgain { pause: pause_after(job.attempt, pauses) }
        }
        Cure::Retry => Fate::End(Status::Dead),
    }
}

/// The pause after so many attempts; the last of the list also stands for all later ones.
fn pause_after(attempt: u32, pauses: &[Duration]) -> Duration {
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    pauses.get(place).or(pauses.last()).copied().unwrap_or_default()
}

/// So much later than `moment`.
pub(super) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(moment.millis().saturating_add(millis))
}

/// What every ending needs to know.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) kinds: Kinds,
    pub(super) pauses: Vec<Duration>,
    pub(super) now: Timestamp,
}

impl Rules {
    /// Ends the attempt with success, and runs its effect. `running` was just read in this write.
    pub(super) fn succeed(
        &self,
        tx: &Tx<'_>,
        running: &Job,
        outcome: &Outcome,
    ) -> Result<Option<Job>> {
        let ended = record::succeed(tx, running.fence(), &outcome.result.to_string(), self.now)?;
        if let (Some(_), Some(effect)) = (&ended, &outcome.effect) {
            effect(tx)?;
        }
        Ok(ended)
    }

    /// Ends an attempt that did not succeed: another one, or the end of the job and its release.
    /// `None` if the attempt is no longer the present one.
    pub(super) fn fail(&self, tx: &Tx<'_>, running: &Job, defeat: &Defeat) -> Result<Option<Job>> {
        // A kind that this build does not know cannot be released, so its job may not end here.
        let known = self.kinds.lookup(&running.kind);
        let fate = known.map_or(Fate::GiveBack, |kind| {
            fate(running, defeat.cure, kind.attempts_max(), &self.pauses)
        });
        let fence = running.fence();
        match fate {
            Fate::GiveBack => record::give_back(tx, fence, self.now),
            Fate::TryAgain { pause } => {
                record::requeue(tx, fence, Some(&defeat.reason), later(self.now, pause))
            }
            Fate::End(status) => {
                let error = (status == Status::Dead).then_some(defeat.reason.as_str());
                self.end(tx, running, status, error)
            }
        }
    }

    /// Does what was asked: a waiting job ends at once, a running one is marked, and one that has
    /// ended stays as it is.
    pub(super) fn cancel(&self, tx: &Tx<'_>, job: Job) -> Result<Job> {
        let changed = match job.status {
            Status::Queued => self.end(tx, &job, Status::Cancelled, None)?,
            Status::Running => record::request_cancel(tx, job.id)?,
            Status::Succeeded | Status::Cancelled | Status::Dead => None,
        };
        Ok(changed.unwrap_or(job))
    }

    fn end(
        &self,
        tx: &Tx<'_>,
        job: &Job,
        status: Status,
        error: Option<&str>,
    ) -> Result<Option<Job>> {
        let Some(kind) = self.kinds.lookup(&job.kind) else {
            let why = "this version of the server does not know this kind of job; update it first";
            return Err(Error::conflict("unknown_kind_of_job", why));
        };
        let ended = record::end(tx, job.fence(), status, error, self.now)?;
        if let Some(ended) = &ended {
            kind.release_job(ended, tx)?;
        }
        Ok(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_the_last_one_stands_for_all_later_attempts() {
        let pauses = [Duration::from_secs(2), Duration::from_secs(10)];
        let waited: Vec<u64> = (1..5).map(|n| pause_after(n, &pauses).as_secs()).collect();
        assert_eq!(waited, [2, 10, 10, 10]);
        assert_eq!(pause_after(1, &[]), Duration::ZERO);
    }

    #[test]
    fn an_owner_reads_no_cause_and_no_path() {
        for secret in [
            Error::internal("no such table: users"),
            Error::Unavailable("the disk that holds /srv/cellar is full".into()),
        ] {
            assert_eq!(told(&secret), FAILED_HERE);
        }
        assert_eq!(told(&Error::NotFound("dataset")), "there is no such dataset");
    }
}
