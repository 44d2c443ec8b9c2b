//! Tasks: the row and its SQL.

use serde::Serialize;
use utoipa::ToSchema;

use super::form::Form;
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Param, Reader, Row, Tx, bind, params};
use crate::error::{Error, Result};
use crate::files::Hash;
use crate::id::{HoldId, JobId, MLTaskId, RowId, TransactionId, UserId};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waiting for its turn.
    Queued,
    /// At work.
    Running,
    /// Its good rows are predicted and paid for.
    Succeeded,
    /// Nothing was predicted, and nothing paid.
    Failed,
    /// Its user did not want it any more; nothing was paid.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// The word in the database and in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether nothing will change about it again.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A content of a task: small ones in the row, large ones in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// As it is.
    Inline(Vec<u8>),
    /// Compressed, under this hash.
    File(Hash),
}

impl Content {
    /// For the two columns of a content.
    fn columns(of: Option<&Self>) -> (Option<&[u8]>, Option<[u8; 32]>) {
        match of {
            None => (None, None),
            Some(Self::Inline(bytes)) => (Some(bytes), None),
            Some(Self::File(hash)) => (None, Some(hash.bytes())),
        }
    }

    fn read(row: &Row<'_>, at: usize) -> Result<Option<Self>> {
        if let Some(bytes) = row.get::<Option<Vec<u8>>>(at)? {
            return Ok(Some(Self::Inline(bytes)));
        }
        let hash = row.get::<Option<[u8; 32]>>(at + 1)?;
        Ok(hash.map(|hash| Self::File(Hash::from_bytes(hash))))
    }
}

/// Rows, counted.
#[expect(clippy::struct_field_names, reason = "counts are named so throughout")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that were sent.
    pub n_given: u64,
    /// Rows that were predicted.
    pub n_predicted: u64,
    /// Rows that were rejected.
    pub n_rejected: u64,
}

impl Tally {
    /// What the predicted rows cost.
    pub fn cost(&self, price: Credits) -> Result<Credits> {
        times(price, self.n_predicted)
    }
}

/// The price of so many rows.
pub(super) fn times(price: Credits, n_rows: u64) -> Result<Credits> {
    let n_rows = i64::try_from(n_rows).map_err(Error::internal)?;
    let credits = price.amount().checked_mul(n_rows).map(Credits::new);
    credits.ok_or_else(|| Error::invalid("rows", "too_many_rows", "cost more than can be counted"))
}

/// Rows that somebody had predicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MLTask {
    /// Its id.
    pub id: MLTaskId,
    /// Whose it is.
    pub user_id: UserId,
    /// The model that was asked.
    pub model_id: String,
    /// Its version.
    pub model_version: String,
    /// What the body was.
    pub form: Form,
    /// Where it stands.
    pub status: Status,
    /// Its rows.
    pub tally: Tally,
    /// Credits for a predicted row.
    pub price: Credits,
    /// What it cost.
    pub cost: Credits,
    /// Why it failed.
    pub error: Option<String>,
    /// The entry that paid for it at once.
    pub transaction_id: Option<TransactionId>,
    /// The hold that pays for it.
    pub hold_id: Option<HoldId>,
    /// The job that does it.
    pub job_id: Option<JobId>,
    /// The request it came with.
    pub request_id: Option<String>,
    /// How long reading and predicting took.
    pub compute_us: Option<u64>,
    /// When it came.
    pub created_at: Timestamp,
    /// When work on it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// The contents of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What was sent (`input_data`).
    pub input: Option<Content>,
    /// The numbers of every predicted row, a line for each (`output_data`).
    pub output: Option<Content>,
    /// What is wrong with the others: JSON, a line for each fault.
    pub faults: Option<Content>,
}

const COLUMNS: &str = "id, user_id, model, model_version, form, status, n_given, n_predicted, \
    n_rejected, price, cost, error, transaction_id, hold_id, job_id, request_id, compute_us, \
    created_at, started_at, finished_at";

impl MLTask {
    /// Records a task, whose own id is not looked at; its id.
    pub fn create(tx: &Tx<'_>, task: &Self, contents: &Contents) -> Result<MLTaskId> {
        let input = Content::columns(contents.input.as_ref());
        let output = Content::columns(contents.output.as_ref());
        let faults = Content::columns(contents.faults.as_ref());
        let id = tx.insert(
            "INSERT INTO ml_tasks (user_id, model, model_version, form, status, n_given, \
             n_predicted, n_rejected, price, cost, input, input_hash, output, output_hash, faults, \
             faults_hash, error, transaction_id, hold_id, job_id, request_id, compute_us, \
             created_at, started_at, finished_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
             ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)",
            params![
                task.user_id,
                task.model_id,
                task.model_version,
                task.form.word(),
                task.status.word(),
                count(task.tally.n_given)?,
                count(task.tally.n_predicted)?,
                count(task.tally.n_rejected)?,
                task.price,
                task.cost,
                input.0,
                input.1,
                output.0,
                output.1,
                faults.0,
                faults.1,
                task.error,
                task.transaction_id,
                task.hold_id,
                task.job_id,
                task.request_id,
                task.compute_us.map(count).transpose()?,
                task.created_at,
                task.started_at,
                task.finished_at,
            ],
        )?;
        Ok(MLTaskId::from_number(id))
    }

    /// One task of this user, or of anyone.
    pub fn find(r: &Reader<'_>, user_id: Option<UserId>, id: MLTaskId) -> Result<Self> {
        let sql =
            ["SELECT ", COLUMNS, " FROM ml_tasks WHERE id = ?1 AND (?2 IS NULL OR user_id = ?2)"];
        let found = r.fetchone(&sql.concat(), params![id, user_id], Self::read)?;
        found.ok_or(Error::NotFound("task"))
    }

    /// The task that this job does.
    pub fn lookup_by_job(r: &Reader<'_>, job_id: JobId) -> Result<Option<Self>> {
        let sql = ["SELECT ", COLUMNS, " FROM ml_tasks WHERE job_id = ?1"];
        r.fetchone(&sql.concat(), params![job_id], Self::read)
    }

    /// A user's tasks, newest first, from below `before` on.
    pub fn get_user_tasks(
        r: &Reader<'_>,
        user_id: UserId,
        before: Option<MLTaskId>,
        n_max: u32,
    ) -> Result<Vec<Self>> {
        let query = TaskQuery { user_id: Some(user_id), ..TaskQuery::default() };
        let found = query.list(r, before.map_or(i64::MAX, RowId::number), n_max)?;
        Ok(found.into_iter().map(|named| named.task).collect())
    }

    /// This job does it.
    pub fn give_job(tx: &Tx<'_>, id: MLTaskId, job_id: JobId) -> Result<()> {
        tx.execute("UPDATE ml_tasks SET job_id = ?2 WHERE id = ?1", params![id, job_id]).map(drop)
    }

    /// Work on it has begun, with this version of the model.
    pub fn begin(tx: &Tx<'_>, id: MLTaskId, version: &str, now: Timestamp) -> Result<()> {
        let n = tx.execute(
            "UPDATE ml_tasks SET status = 'running', model_version = ?2, started_at = ?3 \
             WHERE id = ?1 AND status IN ('queued', 'running')",
            params![id, version, now],
        )?;
        if n == 1 { Ok(()) } else { Err(Error::Conflict("this task has ended".into())) }
    }

    /// It has ended, in the write that pays for it or returns what was held.
    pub fn end(tx: &Tx<'_>, id: MLTaskId, ending: &Ending, now: Timestamp) -> Result<()> {
        let output = Content::columns(ending.output.as_ref());
        let faults = Content::columns(ending.faults.as_ref());
        let n = tx.execute(
            "UPDATE ml_tasks SET status = ?2, n_predicted = ?3, n_rejected = ?4, cost = ?5, \
             output = ?6, output_hash = ?7, faults = ?8, faults_hash = ?9, error = ?10, \
             compute_us = ?11, finished_at = ?12, n_given = ?13 \
             WHERE id = ?1 AND status IN ('queued', 'running')",
            params![
                id,
                ending.status.word(),
                count(ending.tally.n_predicted)?,
                count(ending.tally.n_rejected)?,
                ending.cost,
                output.0,
                output.1,
                faults.0,
                faults.1,
                ending.error,
                ending.compute_us.map(count).transpose()?,
                now,
                count(ending.tally.n_given)?,
            ],
        )?;
        if n == 1 { Ok(()) } else { Err(Error::Conflict("this task has ended already".into())) }
    }

    /// Deletes a task that has ended.
    pub fn delete(tx: &Tx<'_>, user_id: UserId, id: MLTaskId) -> Result<()> {
        let task = Self::find(tx, Some(user_id), id)?;
        if !task.status.is_final() {
            return Err(Error::Conflict("this task is at work; cancel it first".into()));
        }
        tx.execute("DELETE FROM ml_tasks WHERE id = ?1", params![id]).map(drop)
    }

    /// Deletes every task of a user.
    pub fn delete_all(tx: &Tx<'_>, user_id: UserId) -> Result<()> {
        tx.execute("DELETE FROM ml_tasks WHERE user_id = ?1", params![user_id]).map(drop)
    }

    /// Its contents.
    pub fn contents(r: &Reader<'_>, id: MLTaskId) -> Result<Contents> {
        let found = r.fetchone(
            "SELECT input, input_hash, output, output_hash, faults, faults_hash FROM ml_tasks \
             WHERE id = ?1",
            params![id],
            |row| {
                Ok(Contents {
                    input: Content::read(row, 0)?,
                    output: Content::read(row, 2)?,
                    faults: Content::read(row, 4)?,
                })
            },
        )?;
        found.ok_or(Error::NotFound("task"))
    }

    /// How many of a user's tasks wait or run.
    pub fn count_live(r: &Reader<'_>, user_id: UserId) -> Result<u64> {
        let n = r.fetchone(
            "SELECT count(*) FROM ml_tasks WHERE user_id = ?1 AND status IN ('queued', 'running')",
            params![user_id],
            |row| row.get(0),
        )?;
        Ok(n.unwrap_or(0))
    }

    fn read(row: &Row<'_>) -> Result<Self> {
        let unknown = || Error::internal("a task has an unknown word");
        Ok(Self {
            id: row.get(0)?,
            user_id: row.get(1)?,
            model_id: row.get(2)?,
            model_version: row.get(3)?,
            form: Form::from_word(&row.get::<String>(4)?).ok_or_else(unknown)?,
            status: Status::from_word(&row.get::<String>(5)?).ok_or_else(unknown)?,
            tally: Tally {
                n_given: row.get(6)?,
                n_predicted: row.get(7)?,
                n_rejected: row.get(8)?,
            },
            price: row.get(9)?,
            cost: row.get(10)?,
            error: row.get(11)?,
            transaction_id: row.get(12)?,
            hold_id: row.get(13)?,
            job_id: row.get(14)?,
            request_id: row.get(15)?,
            compute_us: row.get(16)?,
            created_at: row.get(17)?,
            started_at: row.get(18)?,
            finished_at: row.get(19)?,
        })
    }
}

/// How a task ended.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Succeeded, failed or cancelled.
    pub status: Status,
    /// Its rows.
    pub tally: Tally,
    /// What it cost.
    pub cost: Credits,
    /// The numbers of the predicted rows.
    pub output: Option<Content>,
    /// What is wrong with the others.
    pub faults: Option<Content>,
    /// Why it failed.
    pub error: Option<String>,
    /// How long reading and predicting took.
    pub compute_us: Option<u64>,
}

impl Ending {
    /// An end without predictions, of a task with so many rows.
    pub fn without_charge(status: Status, n_given: u64, error: Option<String>) -> Self {
        Self {
            status,
            tally: Tally { n_given, ..Tally::default() },
            cost: Credits::ZERO,
            output: None,
            faults: None,
            error,
            compute_us: None,
        }
    }
}

/// Which tasks are asked for.
#[derive(Debug, Clone, Default)]
pub struct TaskQuery {
    /// Only of this user.
    pub user_id: Option<UserId>,
    /// Only of this model.
    pub model: Option<String>,
    /// Only that stand so.
    pub status: Option<Status>,
    /// Only from this moment on.
    pub from: Option<Timestamp>,
    /// Only before this moment.
    pub to: Option<Timestamp>,
}

/// A task with the name of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTask {
    /// The task.
    pub task: MLTask,
    /// The name of its user.
    pub username: String,
}

impl TaskQuery {
    /// Up to `limit` tasks below the number `before`, newest first.
    pub fn list(&self, r: &Reader<'_>, before: i64, limit: u32) -> Result<Vec<NamedTask>> {
        // Each filter that is not asked for is left out, so that an index fits the rest.
        // The word itself, so that the index of the few fits.
        let of_status = self.status.map(|status| format!("t.status = '{}' AND ", status.word()));
        let of_status = of_status.as_deref().unwrap_or_default();
        let filters = [
            (self.user_id.is_some(), "t.user_id = ?1 AND "),
            (self.model.is_some(), "t.model = ?2 AND "),
            (self.status.is_some(), of_status),
            (self.from.is_some(), "t.created_at >= ?4 AND "),
            (self.to.is_some(), "t.created_at < ?5 AND "),
        ];
        let filters: String = filters.iter().filter(|f| f.0).map(|f| f.1).collect();
        let columns: Vec<_> = COLUMNS.split(", ").map(|name| format!("t.{name}")).collect();
        let columns = columns.join(", ");
        let sql = [
            "SELECT ",
            &columns,
            ", u.username FROM ml_tasks t JOIN users u ON u.id = t.user_id WHERE ",
            &filters,
            // Every parameter is named, so that every statement takes them all.
            "t.id < ?6 AND (?1 IS NULL OR 1) AND (?2 IS NULL OR 1) AND (?3 IS NULL OR 1) \
             AND (?4 IS NULL OR 1) AND (?5 IS NULL OR 1) ORDER BY t.id DESC LIMIT ?7",
        ];
        let status = self.status.map(Status::word);
        let params: &[Param<'_>] = &[
            bind(&self.user_id),
            bind(&self.model),
            bind(&status),
            bind(&self.from),
            bind(&self.to),
            bind(&before),
            bind(&limit),
        ];
        r.fetchall(&sql.concat(), params, |row| {
            Ok(NamedTask { task: MLTask::read(row)?, username: row.get(20)? })
        })
    }
}

fn count(n: u64) -> Result<i64> {
    i64::try_from(n).map_err(Error::internal)
}
