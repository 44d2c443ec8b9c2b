//! What the owner of a job sees of it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::record::{Job, Status};
use crate::clock::Timestamp;
use crate::id::JobId;

/// A piece of background work, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobView {
    /// Its id.
    pub id: JobId,
    /// What kind of work it is.
    pub kind: String,
    /// Where it stands.
    pub status: Status,
    /// Whether it was asked to stop and will, at its next good place.
    pub cancel_requested: bool,
    /// The finished share of the work, from 0 to 1.
    pub progress: f64,
    /// What it is doing.
    pub message: String,
    /// Attempts begun so far.
    pub attempt: u32,
    /// Attempts before it is given up.
    pub attempts_max: u32,
    /// What it found; only after success.
    pub result: Option<Value>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When the present or last attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended for good.
    pub finished_at: Option<Timestamp>,
}

impl JobView {
    pub(super) fn new(job: &Job, attempts_max: u32) -> Self {
        Self {
            id: job.id,
            kind: job.kind.clone(),
            status: job.status,
            cancel_requested: job.cancel_requested,
            progress: job.progress,
            message: job.message.clone(),
            attempt: job.attempt,
            attempts_max,
            result: job.result.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            error: job.error.clone(),
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}
