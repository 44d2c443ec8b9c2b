//! Whose turn it is. The next job is one of the user with the fewest running jobs, among those of
//! the one served longest ago, and of that user the one due first; so ten thousand jobs of one user
//! do not make another user's single job wait.

use super::record::{Job, columns, from_row};
use crate::clock::Timestamp;
use crate::database::{Reader, Tx, params};
use crate::error::Result;
use crate::id::JobId;

/// The first job of a user, in the order in which turns come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    n_running: i64,
    served_at: Timestamp,
    run_after: Timestamp,
    id: JobId,
}

/// The first job of each user that waits for this kind (`?1`), found by hopping from user to user
/// in the index. The hop that finds no further user yields NULL, which is also whose queue the
/// server's own jobs are in.
macro_rules! heads {
    () => {
        "WITH RECURSIVE waiting (user_id) AS (
             SELECT min(user_id) FROM jobs WHERE status = 'queued' AND kind = ?1
             UNION ALL
             SELECT (SELECT min(later.user_id) FROM jobs AS later
                     WHERE later.status = 'queued' AND later.kind = ?1
                       AND later.user_id > waiting.user_id)
             FROM waiting WHERE waiting.user_id IS NOT NULL
         ), heads (id) AS (
             SELECT (SELECT own.id FROM jobs AS own
                     WHERE own.status = 'queued' AND own.kind = ?1
                       AND own.user_id IS NOT DISTINCT FROM waiting.user_id
                     ORDER BY own.run_after, own.id LIMIT 1)
             FROM waiting
         ) "
    };
}

/// Starts the next attempt of the job whose turn it is, if one of these kinds is due.
pub(super) fn claim(
    tx: &Tx<'_>,
    kinds: &[&'static str],
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Job>> {
    let mut next: Option<Turn> = None;
    for kind in kinds {
        let turn = first_turn(tx, kind, now)?;
        next = [next, turn].into_iter().flatten().min();
    }
    let Some(turn) = next else { return Ok(None) };
    tx.fetchone(
        concat!(
            "UPDATE jobs SET status = 'running', attempt = attempt + 1, lease_until = ?2,
                    progress = 0, message = '', started_at = ?3
             WHERE id = ?1 AND status = 'queued' RETURNING ",
            columns!()
        ),
        params![turn.id, lease_until, now],
        from_row,
    )
}

/// When the first waiting job of these kinds is due.
pub(super) fn next_due(r: &Reader<'_>, kinds: &[&'static str]) -> Result<Option<Timestamp>> {
    let mut due = None;
    for kind in kinds {
        let first = r.fetchone(
            concat!(heads!(), "SELECT min(jobs.run_after) FROM heads JOIN jobs USING (id)"),
            params![*kind],
            |row| row.get::<Option<Timestamp>>(0),
        )?;
        due = [due, first.flatten()].into_iter().flatten().min();
    }
    Ok(due)
}

/// The first turn of the users that wait for one kind (`?1`) and are due (`?2`).
const FIRST_TURN: &str = concat!(
    heads!(),
    "SELECT (SELECT count(*) FROM jobs AS other
             WHERE other.status = 'running'
               AND other.user_id IS NOT DISTINCT FROM jobs.user_id) AS n_running,
            (SELECT coalesce(max(other.started_at), 0) FROM jobs AS other
             WHERE other.user_id IS NOT DISTINCT FROM jobs.user_id) AS served_at,
            jobs.run_after, jobs.id
     FROM heads JOIN jobs USING (id)
     WHERE jobs.run_after <= ?2
     ORDER BY n_running, served_at, jobs.run_after, jobs.id LIMIT 1"
);

fn first_turn(r: &Reader<'_>, kind: &str, now: Timestamp) -> Result<Option<Turn>> {
    r.fetchone(FIRST_TURN, params![kind, now], |row| {
        Ok(Turn {
            n_running: row.get(0)?,
            served_at: row.get(1)?,
            run_after: row.get(2)?,
            id: row.get(3)?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Database;

    #[test]
    fn no_queue_is_read_from_end_to_end_to_find_a_turn() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        let plan = database.read_here(|r| {
            let explain = format!("EXPLAIN QUERY PLAN {FIRST_TURN}");
            let now = Timestamp::from_millis(0);
            r.fetchall(&explain, params!["kind", now], |row| row.get::<String>(3))
        });
        let plan = plan.unwrap();
        assert!(plan.iter().all(|step| !step.starts_with("SCAN jobs")), "{plan:#?}");
        let n_seeks = plan.iter().filter(|step| step.contains("jobs_waiting")).count();
        assert_eq!(n_seeks, 3, "{plan:#?}");
    }
}
