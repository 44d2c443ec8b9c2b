//! The row of a job and its SQL. Whatever a worker changes carries its [`Fence`], so a worker that
//! lost its lease changes nothing.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::database::{Column, Param, Reader, Row, Tx, params};
use crate::error::{Error, Result};
use crate::id::{JobId, RowId, UserId};

/// One piece of background work, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The name of its kind.
    pub kind: String,
    /// Whose turn it takes; nobody's for the server's own housekeeping.
    pub user_id: Option<UserId>,
    /// What is to be done, in JSON that its kind can read.
    pub payload: String,
    /// Where it stands.
    pub status: Status,
    /// Attempts begun so far, the present one included.
    pub attempt: u32,
    /// Not to be started before.
    pub run_after: Timestamp,
    /// Until when the worker that runs it is believed to be alive.
    pub lease_until: Option<Timestamp>,
    /// Whether somebody asked the running attempt to stop.
    pub cancel_requested: bool,
    /// The finished share of the work, from 0 to 1.
    pub progress: f64,
    /// What it is doing, for its owner.
    pub message: String,
    /// What it found, in JSON; only after success.
    pub result: Option<String>,
    /// Why the last attempt failed, in words fit for its owner.
    pub error: Option<String>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When the present or last attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended for good.
    pub finished_at: Option<Timestamp>,
}

impl Job {
    /// The payload as its kind wrote it.
    pub fn payload<P: DeserializeOwned>(&self) -> Result<P> {
        serde_json::from_str(&self.payload).map_err(Error::internal)
    }

    pub(super) fn fence(&self) -> Fence {
        Fence { id: self.id, attempt: self.attempt }
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waiting for its turn, or for the pause after a failed attempt to pass.
    Queued,
    /// At work.
    Running,
    /// Done; its result and its effects are there.
    Succeeded,
    /// Ended because somebody asked for it.
    Cancelled,
    /// Given up after its last attempt, or after a failure that trying again cannot cure.
    Dead,
}

impl Status {
    /// Whether nothing will ever change about it again.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }
}

impl Column for Status {
    fn read(value: Param<'_>) -> Option<Self> {
        let Param::Text(word) = value else { return None };
        [Self::Queued, Self::Running, Self::Succeeded, Self::Cancelled, Self::Dead]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// Whose jobs a caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of one user; all others are not there.
    User(UserId),
    /// Everybody's and nobody's: for staff, and for the server itself.
    Anyone,
}

impl Whose {
    fn user_id(self) -> Option<UserId> {
        match self {
            Self::User(user_id) => Some(user_id),
            Self::Anyone => None,
        }
    }
}

/// How many jobs stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting.
    pub n_queued: u64,
    /// At work.
    pub n_running: u64,
    /// Done.
    pub n_succeeded: u64,
    /// Ended on request.
    pub n_cancelled: u64,
    /// Given up.
    pub n_dead: u64,
}

/// Which attempt of which job a worker holds. A later attempt has a higher number, so an earlier
/// worker's statements find no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence {
    pub(super) id: JobId,
    pub(super) attempt: u32,
}

/// A sign of life of one attempt, with how far it is.
#[derive(Debug, Clone)]
pub(super) struct Beat {
    pub(super) fence: Fence,
    pub(super) progress: f64,
    pub(super) message: String,
}

macro_rules! columns {
    () => {
        "id, kind, user_id, payload, status, attempt, run_after, lease_until, cancel_requested, \
         progress, message, result, error, created_at, started_at, finished_at"
    };
}
pub(super) use columns;

pub(super) fn from_row(row: &Row<'_>) -> Result<Job> {
    Ok(Job {
        id: row.get(0)?,
        kind: row.get(1)?,
        user_id: row.get(2)?,
        payload: row.get(3)?,
        status: row.get(4)?,
        attempt: row.get(5)?,
        run_after: row.get(6)?,
        lease_until: row.get(7)?,
        cancel_requested: row.get(8)?,
        progress: row.get(9)?,
        message: row.get(10)?,
        result: row.get(11)?,
        error: row.get(12)?,
        created_at: row.get(13)?,
        started_at: row.get(14)?,
        finished_at: row.get(15)?,
    })
}

/// Puts a new job at the end of its user's queue.
pub(super) fn enqueue(
    tx: &Tx<'_>,
    kind: &str,
    user_id: Option<UserId>,
    payload: &str,
    now: Timestamp,
) -> Result<JobId> {
    let id = tx.fetchone(
        "INSERT INTO jobs (kind, user_id, payload, run_after, created_at)
         VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id",
        params![kind, user_id, payload, now],
        |row| row.get(0),
    )?;
    id.ok_or_else(|| Error::internal("a new job was given no id"))
}

pub(super) fn find(r: &Reader<'_>, whose: Whose, id: JobId) -> Result<Job> {
    let found = r.fetchone(
        concat!("SELECT ", columns!(), " FROM jobs WHERE id = ?1 AND (?2 IS NULL OR user_id = ?2)"),
        params![id, whose.user_id()],
        from_row,
    )?;
    found.ok_or(Error::NotFound("job"))
}

/// Up to `limit` jobs, newest first, that are older than `before`.
pub(super) fn list(
    r: &Reader<'_>,
    whose: Whose,
    before: Option<JobId>,
    limit: u32,
) -> Result<Vec<Job>> {
    let before = before.map_or(i64::MAX, JobId::number);
    match whose {
        Whose::User(user_id) => r.fetchall(
            concat!(
                "SELECT ",
                columns!(),
                " FROM jobs WHERE user_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
            ),
            params![user_id, before, limit],
            from_row,
        ),
        Whose::Anyone => r.fetchall(
            concat!("SELECT ", columns!(), " FROM jobs WHERE id < ?1 ORDER BY id DESC LIMIT ?2"),
            params![before, limit],
            from_row,
        ),
    }
}

pub(super) fn count(r: &Reader<'_>) -> Result<Counts> {
    let mut counts = Counts::default();
    r.each("SELECT status, count(*) FROM jobs GROUP BY status", params![], |row| {
        let n_jobs = row.get(1)?;
        match row.get(0)? {
            Status::Queued => counts.n_queued = n_jobs,
            Status::Running => counts.n_running = n_jobs,
            Status::Succeeded => counts.n_succeeded = n_jobs,
            Status::Cancelled => counts.n_cancelled = n_jobs,
            Status::Dead => counts.n_dead = n_jobs,
        }
        Ok(())
    })?;
    Ok(counts)
}

/// The kinds that have jobs waiting.
pub(super) fn waiting_kinds(r: &Reader<'_>) -> Result<Vec<String>> {
    r.fetchall(
        "SELECT DISTINCT kind FROM jobs WHERE status = 'queued' ORDER BY kind",
        params![],
        |row| row.get(0),
    )
}

/// Every running job whose lease ended before `now`; without `now`, every running job.
pub(super) fn abandoned(r: &Reader<'_>, now: Option<Timestamp>) -> Result<Vec<Job>> {
    let now = now.map_or(i64::MAX, Timestamp::millis);
    r.fetchall(
        concat!(
            "SELECT ",
            columns!(),
            " FROM jobs WHERE status = 'running' AND lease_until < ?1 ORDER BY id"
        ),
        params![now],
        from_row,
    )
}

/// Lengthens the lease and notes the progress; `None` if the attempt is no longer the worker's.
pub(super) fn beat(tx: &Tx<'_>, beat: &Beat, lease_until: Timestamp) -> Result<Option<Job>> {
    tx.fetchone(
        concat!(
            "UPDATE jobs SET lease_until = ?3, progress = ?4, message = ?5
             WHERE id = ?1 AND attempt = ?2 AND status = 'running' RETURNING ",
            columns!()
        ),
        params![beat.fence.id, beat.fence.attempt, lease_until, beat.progress, beat.message],
        from_row,
    )
}

/// Asks a running attempt to stop.
pub(super) fn request_cancel(tx: &Tx<'_>, id: JobId) -> Result<Option<Job>> {
    tx.fetchone(
        concat!(
            "UPDATE jobs SET cancel_requested = 1 WHERE id = ?1 AND status = 'running' RETURNING ",
            columns!()
        ),
        params![id],
        from_row,
    )
}

/// Ends a running attempt with what it found.
pub(super) fn succeed(
    tx: &Tx<'_>,
    fence: Fence,
    result: &str,
    now: Timestamp,
) -> Result<Option<Job>> {
    tx.fetchone(
        concat!(
            "UPDATE jobs SET status = 'succeeded', lease_until = NULL, progress = 1,
                    result = ?3, error = NULL, finished_at = ?4
             WHERE id = ?1 AND attempt = ?2 AND status = 'running' RETURNING ",
            columns!()
        ),
        params![fence.id, fence.attempt, result, now],
        from_row,
    )
}

/// Ends a job without success, whether it waits or runs.
pub(super) fn end(
    tx: &Tx<'_>,
    fence: Fence,
    status: Status,
    error: Option<&str>,
    now: Timestamp,
) -> Result<Option<Job>> {
    tx.fetchone(
        concat!(
            "UPDATE jobs SET status = ?3, lease_until = NULL, error = ?4, finished_at = ?5
             WHERE id = ?1 AND attempt = ?2 AND status IN ('queued', 'running') RETURNING ",
            columns!()
        ),
        params![fence.id, fence.attempt, status.word(), error, now],
        from_row,
    )
}

/// Puts a running job back to wait for its next attempt.
pub(super) fn requeue(
    tx: &Tx<'_>,
    fence: Fence,
    error: Option<&str>,
    run_after: Timestamp,
) -> Result<Option<Job>> {
    tx.fetchone(
        concat!(
            "UPDATE jobs SET status = 'queued', lease_until = NULL, error = ?3, run_after = ?4
             WHERE id = ?1 AND attempt = ?2 AND status = 'running' RETURNING ",
            columns!()
        ),
        params![fence.id, fence.attempt, error, run_after],
        from_row,
    )
}

/// Puts a running job back as if this attempt had never begun. Only the attempt's own worker may do
/// it, as its last act, or a process that knows the worker to be dead: the number is used again.
pub(super) fn give_back(tx: &Tx<'_>, fence: Fence, run_after: Timestamp) -> Result<Option<Job>> {
    tx.fetchone(
        concat!(
            "UPDATE jobs SET status = 'queued', lease_until = NULL, attempt = attempt - 1,
                    run_after = ?3
             WHERE id = ?1 AND attempt = ?2 AND status = 'running' RETURNING ",
            columns!()
        ),
        params![fence.id, fence.attempt, run_after],
        from_row,
    )
}

/// Deletes up to `limit` jobs that ended before `then`; how many it were.
pub(super) fn forget(tx: &Tx<'_>, then: Timestamp, limit: u32) -> Result<usize> {
    tx.execute(
        "DELETE FROM jobs WHERE id IN
             (SELECT id FROM jobs WHERE finished_at < ?1 ORDER BY id LIMIT ?2)",
        params![then, limit],
    )
}
