//! Tasks: the row and its SQL.

use serde::Serialize;
use utoipa::ToSchema;

use super::content::{Content, Contents};
use super::ending::Ending;
use super::form::Form;
pub use super::query::{NamedTask, TaskQuery};
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Reader, Row, Tx, params};
use crate::error::{Error, Result};
use crate::files::{Blob, Hash};
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
    /// The entry that paid for it, at once or out of its hold.
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

pub(super) const COLUMNS: &str = "id, user_id, model, model_version, form, status, n_given, \
    n_predicted, n_rejected, price, cost, error, transaction_id, hold_id, job_id, request_id, \
    compute_us, created_at, started_at, finished_at";

/// Counts the tasks of a user that wait or run. It says what the index of the few says, or it
/// would read all that the user ever had.
const LIVE: &str = "SELECT count(*) FROM ml_tasks \
    WHERE user_id = ?1 AND status <> 'succeeded' AND status IN ('queued', 'running')";

/// Finds the task of a hold, or of an entry.
const OF_HOLD: &str = "SELECT id FROM ml_tasks WHERE hold_id = ?1";
const OF_TRANSACTION: &str = "SELECT id FROM ml_tasks WHERE transaction_id = ?1";

/// Finds a task that refers to a content.
const REFERRING: &str = "SELECT 1 FROM ml_tasks \
    WHERE input_hash = ?1 OR output_hash = ?1 OR faults_hash = ?1 LIMIT 1";

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

    /// The task that this hold pays for.
    pub(super) fn lookup_by_hold(r: &Reader<'_>, hold_id: HoldId) -> Result<Option<MLTaskId>> {
        r.fetchone(OF_HOLD, params![hold_id], |row| row.get(0))
    }

    /// The task that this entry paid for.
    pub(super) fn lookup_by_transaction(
        r: &Reader<'_>,
        transaction_id: TransactionId,
    ) -> Result<Option<MLTaskId>> {
        r.fetchone(OF_TRANSACTION, params![transaction_id], |row| row.get(0))
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
        if n == 1 { Ok(()) } else { Err(Error::conflict("task_ended", "this task has ended")) }
    }

    /// It has ended, in the write that pays for it or returns what was held.
    pub fn end(tx: &Tx<'_>, id: MLTaskId, ending: &Ending, now: Timestamp) -> Result<()> {
        let output = Content::columns(ending.output.as_ref());
        let faults = Content::columns(ending.faults.as_ref());
        let n = tx.execute(
            "UPDATE ml_tasks SET status = ?2, n_predicted = ?3, n_rejected = ?4, cost = ?5, \
             output = ?6, output_hash = ?7, faults = ?8, faults_hash = ?9, error = ?10, \
             compute_us = ?11, finished_at = ?12, n_given = ?13, transaction_id = ?14 \
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
                ending.transaction_id,
            ],
        )?;
        if n == 1 { Ok(()) } else { Err(Error::conflict("task_ended", "this task has ended")) }
    }

    /// Deletes a task that has ended, and lets go of its contents.
    pub fn delete(tx: &Tx<'_>, user_id: UserId, id: MLTaskId, now: Timestamp) -> Result<()> {
        let task = Self::find(tx, Some(user_id), id)?;
        if !task.status.is_final() {
            return Err(Error::conflict("task_at_work", "this task is at work; cancel it first"));
        }
        let contents = Self::contents(tx, id)?;
        tx.execute("DELETE FROM ml_tasks WHERE id = ?1", params![id])?;
        let contents = [contents.input, contents.output, contents.faults].into_iter().flatten();
        let hashes = contents.filter_map(|content| match content {
            Content::Inline(_) => None,
            Content::File(hash) => Some(hash),
        });
        Blob::release(tx, hashes, Self::refer_to, now)
    }

    /// Deletes every task of a user, and lets go of their contents.
    pub fn delete_all(tx: &Tx<'_>, user_id: UserId, now: Timestamp) -> Result<()> {
        let hashes = tx.fetchall(
            "SELECT input_hash FROM ml_tasks WHERE user_id = ?1 AND input_hash IS NOT NULL \
             UNION SELECT output_hash FROM ml_tasks \
             WHERE user_id = ?1 AND output_hash IS NOT NULL \
             UNION SELECT faults_hash FROM ml_tasks \
             WHERE user_id = ?1 AND faults_hash IS NOT NULL",
            params![user_id],
            |row| row.get(0).map(Hash::from_bytes),
        )?;
        tx.execute("DELETE FROM ml_tasks WHERE user_id = ?1", params![user_id])?;
        Blob::release(tx, hashes, Self::refer_to, now)
    }

    /// Whether any task needs this content: the same bytes are kept once for all.
    fn refer_to(r: &Reader<'_>, hash: Hash) -> Result<bool> {
        let found = r.fetchone(REFERRING, params![hash.bytes()], |row| row.get::<i64>(0));
        found.map(|found| found.is_some())
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

    /// Its contents, if they lie in its row and are small: what was sent, and what came of it, of
    /// so many bytes at most.
    pub(super) fn small_contents(
        r: &Reader<'_>,
        id: MLTaskId,
        bytes_max: u64,
    ) -> Result<Option<Contents>> {
        r.fetchone(
            "SELECT input, output, faults FROM ml_tasks WHERE id = ?1 AND length(input) <= ?2 \
             AND coalesce(length(output), 0) + coalesce(length(faults), 0) <= ?2 \
             AND output_hash IS NULL AND faults_hash IS NULL",
            params![id, count(bytes_max)?],
            |row| {
                let inline = |at| Ok(row.get::<Option<Vec<u8>>>(at)?.map(Content::Inline));
                Ok(Contents { input: inline(0)?, output: inline(1)?, faults: inline(2)? })
            },
        )
    }

    /// How many of a user's tasks wait or run.
    pub fn count_live(r: &Reader<'_>, user_id: UserId) -> Result<u64> {
        let n = r.fetchone(LIVE, params![user_id], |row| row.get(0))?;
        Ok(n.unwrap_or(0))
    }

    /// The task in a row that begins with [`COLUMNS`].
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
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

fn count(n: u64) -> Result<i64> {
    i64::try_from(n).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Database;

    #[test]
    fn no_history_is_read_for_what_few_tasks_are() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        let plan = |sql: &str| {
            let explain = format!("EXPLAIN QUERY PLAN {sql}");
            let read = |r: &Reader<'_>| r.fetchall(&explain, params![1], |row| row.get(3));
            let plan: Vec<String> = database.read_here(read).unwrap();
            plan.join("; ")
        };
        let live = plan(LIVE);
        assert!(live.contains("ml_tasks_of_status (user_id=? AND status=?)"), "{live}");
        assert!(plan(OF_HOLD).contains("ml_tasks_of_hold (hold_id=?)"));
        assert!(plan(OF_TRANSACTION).contains("ml_tasks_of_transaction (transaction_id=?)"));
        let referring = plan(REFERRING);
        for index in ["ml_tasks_of_input", "ml_tasks_of_output", "ml_tasks_of_faults"] {
            assert!(referring.contains(index), "{referring}");
        }
        assert!(!referring.contains("SCAN"), "{referring}");
    }
}
