//! The promise of tasks, checked: an answer for every charge, a charge for every answer, and no
//! credits held for nothing.

use crate::database::{Reader, params};
use crate::error::Result;

/// What is promised, as SQL that finds the tasks or holds of which it is not true.
const PROMISES: [(&str, &str); 6] = [
    (
        "a task that succeeded was paid for by another amount than it cost",
        "SELECT t.id FROM ml_tasks t \
         LEFT JOIN transactions e ON e.id = t.transaction_id \
           AND e.user_id = t.user_id AND e.kind = 'charge' \
         LEFT JOIN transactions s ON s.hold_id = t.hold_id AND s.kind = 'settle' \
         WHERE t.status = 'succeeded' \
           AND t.cost <> coalesce(-e.amount, 0) + coalesce(-s.amount, 0)",
    ),
    (
        "a task that did not succeed was paid for",
        "SELECT t.id FROM ml_tasks t LEFT JOIN holds h ON h.id = t.hold_id \
         WHERE t.status IN ('failed', 'cancelled') \
           AND (t.transaction_id IS NOT NULL OR h.state <> 'released')",
    ),
    (
        "a task at work has no job at work, or does not hold its price",
        "SELECT t.id FROM ml_tasks t LEFT JOIN holds h ON h.id = t.hold_id \
         LEFT JOIN jobs j ON j.id = t.job_id \
         WHERE t.status IN ('queued', 'running') \
           AND (j.id IS NULL OR j.status NOT IN ('queued', 'running') \
             OR coalesce(h.state, 'open') <> 'open')",
    ),
    (
        "a task that succeeded has no results",
        "SELECT id FROM ml_tasks WHERE status = 'succeeded' \
           AND ((input IS NULL) = (input_hash IS NULL) \
             OR (output IS NULL) = (output_hash IS NULL))",
    ),
    (
        "a task refers to a content that is about to be removed",
        "SELECT t.id FROM blobs b JOIN ml_tasks t \
         ON t.input_hash = b.hash OR t.output_hash = b.hash OR t.faults_hash = b.hash \
         WHERE b.unused_since IS NOT NULL",
    ),
    (
        "an entry of the ledger paid for two tasks",
        "SELECT min(id) FROM ml_tasks WHERE transaction_id IS NOT NULL \
         GROUP BY transaction_id HAVING count(*) > 1",
    ),
];

/// Tasks that break what is promised of them.
pub fn problems(r: &Reader<'_>) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (what, sql) in PROMISES {
        let ids = r.fetchall(sql, params![], |row| row.get::<crate::id::MLTaskId>(0))?;
        problems.extend(ids.into_iter().map(|id| format!("{id}: {what}")));
    }
    let held = r.fetchall(
        "SELECT h.id FROM holds h LEFT JOIN ml_tasks t ON t.hold_id = h.id \
         WHERE h.state = 'open' AND t.id IS NULL ORDER BY h.id",
        params![],
        |row| row.get::<crate::id::HoldId>(0),
    )?;
    problems.extend(held.into_iter().map(|id| format!("{id}: credits are held for no task")));
    Ok(problems)
}

/// How many tasks there are.
pub fn count(r: &Reader<'_>) -> Result<u64> {
    let n = r.fetchone("SELECT count(*) FROM ml_tasks", params![], |row| row.get(0))?;
    Ok(n.unwrap_or(0))
}
