//! Figures for a dashboard: who is there, and what they spend.

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Reader, params};
use crate::error::{Error, Result};
use crate::id::{RowId, UserId};
use crate::transaction::firsts_since;

/// Days that the figures by day go back.
const DAYS: i64 = 30;
const DAY_S: i64 = 24 * 3600;

/// Figures of the whole server.
#[derive(Debug, Serialize, ToSchema)]
pub struct Figures {
    users: UserFigures,
    /// The last 30 days in UTC, oldest first, today included.
    credits_by_day: Vec<CreditsOfDay>,
    /// Background jobs that ended, for the same days.
    jobs_by_day: Vec<JobsOfDay>,
    /// Predictions that were asked for, for the same days.
    tasks_by_day: Vec<TasksOfDay>,
    /// Credits that users can spend, all together.
    credits_available: Credits,
    /// Credits set aside for work under way, all together.
    credits_held: Credits,
}

/// Accounts, counted.
#[derive(Debug, Serialize, ToSchema)]
struct UserFigures {
    active: u64,
    disabled: u64,
    closed: u64,
    /// Seen since midnight UTC.
    active_today: u64,
}

/// Credits that moved on one day.
#[derive(Debug, Serialize, ToSchema)]
struct CreditsOfDay {
    #[schema(example = "2026-11-21")]
    day: String,
    /// Added by users and by the staff.
    sold: Credits,
    /// Given to new accounts.
    given: Credits,
    /// Charged.
    spent: Credits,
}

/// Background jobs that ended on one day.
#[derive(Debug, Serialize, ToSchema)]
struct JobsOfDay {
    #[schema(example = "2026-11-21")]
    day: String,
    succeeded: u64,
    cancelled: u64,
    dead: u64,
}

/// Predictions that were asked for on one day.
#[derive(Debug, Serialize, ToSchema)]
struct TasksOfDay {
    #[schema(example = "2026-11-21")]
    day: String,
    queued: u64,
    running: u64,
    succeeded: u64,
    failed: u64,
    cancelled: u64,
    /// Rows predicted.
    n_predicted: u64,
}

/// What an account did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Activity {
    /// Credits charged so far.
    spent: Credits,
    /// Entries of the ledger.
    n_transactions: u64,
    n_jobs: u64,
    n_tasks: u64,
    n_sessions: u64,
    n_api_keys: u64,
    n_workspaces: u64,
}

/// The figures as of `now`.
pub(super) fn figures(r: &Reader<'_>, now: Timestamp) -> Result<Figures> {
    let today = now.start_of_day();
    let (available, held) = one(
        r,
        "SELECT coalesce(sum(available), 0), coalesce(sum(held), 0) FROM accounts \
         WHERE user_id IS NOT NULL",
    )?;
    let days: Vec<_> = (0..DAYS).rev().map(|ago| today.plus_s(-ago * DAY_S)).collect();
    let bounds = firsts_since(r, days.iter().copied().chain([today.plus_s(DAY_S)]))?;
    let spans = days.iter().zip(bounds.windows(2));
    Ok(Figures {
        users: users(r, today)?,
        credits_by_day: spans
            .map(|(day, span)| credits_of(r, *day, span))
            .collect::<Result<_>>()?,
        jobs_by_day: days.iter().map(|day| jobs_of(r, *day)).collect::<Result<_>>()?,
        tasks_by_day: days.iter().map(|day| tasks_of(r, *day)).collect::<Result<_>>()?,
        credits_available: Credits::new(available),
        credits_held: Credits::new(held),
    })
}

fn tasks_of(r: &Reader<'_>, day: Timestamp) -> Result<TasksOfDay> {
    let mut tasks = TasksOfDay {
        day: day.day(),
        queued: 0,
        running: 0,
        succeeded: 0,
        failed: 0,
        cancelled: 0,
        n_predicted: 0,
    };
    r.each(
        "SELECT status, count(*), sum(n_predicted) FROM ml_tasks \
         WHERE created_at >= ?1 AND created_at < ?2 GROUP BY status",
        params![day, day.plus_s(DAY_S)],
        |row| {
            let n: u64 = row.get(1)?;
            match row.get::<String>(0)?.as_str() {
                "queued" => tasks.queued = n,
                "running" => tasks.running = n,
                "succeeded" => tasks.succeeded = n,
                "failed" => tasks.failed = n,
                _ => tasks.cancelled = n,
            }
            tasks.n_predicted += row.get::<u64>(2)?;
            Ok(())
        },
    )?;
    Ok(tasks)
}

fn one(r: &Reader<'_>, sql: &'static str) -> Result<(i64, i64)> {
    r.fetchone(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))?
        .ok_or_else(|| Error::internal("a sum has no row"))
}

fn users(r: &Reader<'_>, today: Timestamp) -> Result<UserFigures> {
    let mut figures = UserFigures { active: 0, disabled: 0, closed: 0, active_today: 0 };
    r.each("SELECT state, count(*) FROM users GROUP BY state", params![], |row| {
        let n_users = row.get(1)?;
        match row.get::<String>(0)?.as_str() {
            "active" => figures.active = n_users,
            "disabled" => figures.disabled = n_users,
            _ => figures.closed = n_users,
        }
        Ok(())
    })?;
    let seen = r.fetchone(
        "SELECT count(*) FROM (SELECT user_id FROM sessions WHERE last_seen_at >= ?1 \
         UNION SELECT user_id FROM api_keys WHERE last_used_at >= ?1 \
         UNION SELECT actor_id FROM audit WHERE at >= ?1 AND actor_id IS NOT NULL)",
        params![today],
        |row| row.get(0),
    )?;
    figures.active_today = seen.unwrap_or(0);
    Ok(figures)
}

/// A day's entries stand together, so each day is one span of numbers: from the first bound to
/// below the second.
fn credits_of(r: &Reader<'_>, day: Timestamp, span: &[i64]) -> Result<CreditsOfDay> {
    let mut of_day = CreditsOfDay {
        day: day.day(),
        sold: Credits::ZERO,
        given: Credits::ZERO,
        spent: Credits::ZERO,
    };
    r.each(
        "SELECT kind, sum(amount) FROM transactions WHERE id >= ?1 AND id < ?2 GROUP BY kind",
        params![span[0], span[1]],
        |row| {
            let amount = Credits::new(row.get(1)?);
            let spent = amount.negated().unwrap_or(Credits::ZERO);
            let sum = |a: Credits, b| {
                a.plus(b).ok_or_else(|| Error::internal("a day's credits do not fit"))
            };
            match row.get::<String>(0)?.as_str() {
                "top_up" => of_day.sold = sum(of_day.sold, amount)?,
                "gift" => of_day.given = sum(of_day.given, amount)?,
                "charge" | "settle" | "refund" => of_day.spent = sum(of_day.spent, spent)?,
                _ => {}
            }
            Ok(())
        },
    )?;
    Ok(of_day)
}

fn jobs_of(r: &Reader<'_>, day: Timestamp) -> Result<JobsOfDay> {
    let mut of_day = JobsOfDay { day: day.day(), succeeded: 0, cancelled: 0, dead: 0 };
    r.each(
        "SELECT status, count(*) FROM jobs WHERE finished_at IS NOT NULL \
         AND finished_at >= ?1 AND finished_at < ?2 GROUP BY status",
        params![day, day.plus_s(DAY_S)],
        |row| {
            let n_jobs = row.get(1)?;
            match row.get::<String>(0)?.as_str() {
                "succeeded" => of_day.succeeded = n_jobs,
                "cancelled" => of_day.cancelled = n_jobs,
                _ => of_day.dead = n_jobs,
            }
            Ok(())
        },
    )?;
    Ok(of_day)
}

/// What one account did.
pub(super) fn activity_of(r: &Reader<'_>, user_id: UserId) -> Result<Activity> {
    let count = |sql: &'static str| -> Result<i64> {
        let n = r.fetchone(sql, params![user_id.number()], |row| row.get(0))?;
        n.ok_or_else(|| Error::internal("a count has no row"))
    };
    let n = |sql| count(sql).map(i64::unsigned_abs);
    let spent = count(
        "SELECT coalesce(-sum(amount), 0) FROM transactions \
         WHERE user_id = ?1 AND kind IN ('charge', 'settle', 'refund')",
    )?;
    Ok(Activity {
        spent: Credits::new(spent),
        n_transactions: n("SELECT count(*) FROM transactions WHERE user_id = ?1")?,
        n_jobs: n("SELECT count(*) FROM jobs WHERE user_id = ?1")?,
        n_tasks: n("SELECT count(*) FROM ml_tasks WHERE user_id = ?1")?,
        n_sessions: n("SELECT count(*) FROM sessions WHERE user_id = ?1")?,
        n_api_keys: n("SELECT count(*) FROM api_keys WHERE user_id = ?1")?,
        n_workspaces: n("SELECT count(*) FROM members WHERE user_id = ?1")?,
    })
}
