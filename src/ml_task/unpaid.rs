//! What an account may leave behind without having paid for it: tasks that failed or were
//! cancelled. The newest of them are kept, up to a bound; the older ones are deleted as others
//! come. What was deleted lies on the disk for a while yet, so in one day no more than the bound
//! comes anew: beyond it, a request that fails is answered and not recorded.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::record::{MLTask, Status};
use super::service::task_address;
use crate::clock::Timestamp;
use crate::database::{Reader, Tx, params};
use crate::error::{Error, Result};
use crate::id::{MLTaskId, UserId};
use crate::idempotency;

/// Tasks of an account that failed or were cancelled, and are kept.
const TASKS_MAX: usize = 1_000;

/// Older ones that are looked at, and deleted, each time.
const SURPLUS_MAX: usize = 100;

/// What a task takes besides its contents.
const TASK_BYTES: u64 = 1_024;

const DAY_S: i64 = 24 * 3600;

/// Accounts whose day is remembered; those whose day is over are forgotten beyond it.
const DAYS_MAX: usize = 10_000;

/// A user's tasks of a status, with the bytes of their contents, newest first. It says what the
/// index of the few says.
const UNPAID: &str = "SELECT t.id, coalesce(length(t.input), 0) + coalesce(length(t.output), 0) \
    + coalesce(length(t.faults), 0) + coalesce((SELECT sum(b.size_bytes) FROM blobs b \
        WHERE b.hash IN (t.input_hash, t.output_hash, t.faults_hash)), 0) \
    FROM ml_tasks t WHERE t.user_id = ?1 AND t.status <> 'succeeded' \
      AND t.status = ?2 ORDER BY t.id DESC LIMIT ?3";

/// The bound, and what came of each account today; a clone is the same.
#[derive(Clone)]
pub struct Unpaid {
    bytes_max: u64,
    days: Arc<Mutex<HashMap<UserId, Day>>>,
}

#[derive(Clone, Copy)]
struct Day {
    since: Timestamp,
    /// What failed or was cancelled, and was kept.
    n_failed: u64,
    /// What was kept for requests that were not recorded after all.
    n_lost: u64,
}

/// What is kept for a request before it is recorded. If that is refused, or the client leaves
/// before, it lies on the disk for a while all the same, and counts as what nobody paid for.
pub(super) struct Deposit {
    unpaid: Unpaid,
    user_id: UserId,
    n_bytes: u64,
    now: Timestamp,
}

impl Deposit {
    /// The request is recorded, and whatever is kept belongs to it.
    pub(super) fn recorded(mut self) {
        self.n_bytes = 0;
    }
}

impl Drop for Deposit {
    fn drop(&mut self) {
        if self.n_bytes > 0 {
            self.unpaid.note(self.user_id, self.now, |day| &mut day.n_lost, self.n_bytes);
        }
    }
}

impl Unpaid {
    /// With this bound on what an account may keep, and on what of it may come in a day.
    pub fn new(bytes_max: u64) -> Self {
        Self { bytes_max, days: Arc::default() }
    }

    fn days(&self) -> MutexGuard<'_, HashMap<UserId, Day>> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a failure with so much content is to be kept; false if there is no room for it
    /// today. The first of a day always has room.
    pub(super) fn has_room(&self, user_id: UserId, n_bytes: u64, now: Timestamp) -> bool {
        let with_it = n_bytes.saturating_add(TASK_BYTES);
        let n_today = self.today(user_id, now).n_bytes();
        let has_room = n_today == 0 || n_today.saturating_add(with_it) <= self.bytes_max;
        if has_room {
            self.note(user_id, now, |day| &mut day.n_failed, n_bytes);
        }
        has_room
    }

    fn today(&self, user_id: UserId, now: Timestamp) -> Day {
        let day = self.days().get(&user_id).copied().filter(|day| day.is_at(now));
        day.unwrap_or_else(|| Day::beginning(now))
    }

    /// Notes that so much more was kept, of one sort.
    fn note(
        &self,
        user_id: UserId,
        now: Timestamp,
        of: impl FnOnce(&mut Day) -> &mut u64,
        n_bytes: u64,
    ) {
        let mut days = self.days();
        if days.len() >= DAYS_MAX {
            days.retain(|_, day| day.is_at(now));
        }
        let day = days.entry(user_id).or_insert(Day::beginning(now));
        if !day.is_at(now) {
            *day = Day::beginning(now);
        }
        let n_kept = of(day);
        *n_kept = n_kept.saturating_add(n_bytes).saturating_add(TASK_BYTES);
    }

    /// Refuses work that may fail once it is kept, to whoever has left as much as may come in a
    /// day.
    pub(super) fn check(&self, user_id: UserId, now: Timestamp) -> Result<()> {
        let day = self.today(user_id, now);
        self.refuse_beyond(day, day.n_bytes(), now)
    }

    /// Refuses what is sure to be paid for once it is recorded, to whoever has as often seen to it
    /// that it was not.
    pub(super) fn check_lost(&self, user_id: UserId, now: Timestamp) -> Result<()> {
        let day = self.today(user_id, now);
        self.refuse_beyond(day, day.n_lost, now)
    }

    fn refuse_beyond(&self, day: Day, n_bytes: u64, now: Timestamp) -> Result<()> {
        if n_bytes < self.bytes_max {
            return Ok(());
        }
        let left_s = day.since.plus_s(DAY_S).millis_since(now) / 1_000 + 1;
        Err(Error::TooMany { retry_after_s: left_s.unsigned_abs() })
    }

    /// Begins to keep so much for a request of which it is not certain yet that it is recorded.
    pub(super) fn deposit(&self, user_id: UserId, n_bytes: u64, now: Timestamp) -> Deposit {
        Deposit { unpaid: self.clone(), user_id, n_bytes, now }
    }

    /// The oldest of a user's tasks that cost nothing, which are too many by now.
    pub(super) fn surplus(&self, r: &Reader<'_>, user_id: UserId) -> Result<Vec<MLTaskId>> {
        let all = newest(r, user_id, TASKS_MAX + SURPLUS_MAX)?;
        let mut n_bytes = 0_u64;
        let mut surplus = Vec::new();
        for (at, (id, size_bytes)) in all.into_iter().enumerate() {
            n_bytes = n_bytes.saturating_add(size_bytes);
            // The newest is kept, however large it is.
            if at > 0 && (at >= TASKS_MAX || n_bytes > self.bytes_max) {
                surplus.push(id);
            }
        }
        Ok(surplus)
    }

    /// Deletes these of a user's tasks, as far as they are still there.
    pub(super) fn delete(
        tx: &Tx<'_>,
        user_id: UserId,
        surplus: &[MLTaskId],
        now: Timestamp,
    ) -> Result<()> {
        for id in surplus {
            match MLTask::delete(tx, user_id, *id, now) {
                Ok(()) => idempotency::forget_made(tx, user_id, &task_address(*id))?,
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Notes work in the background that ended without having been paid for, and makes room.
    pub(super) fn ended(&self, tx: &Tx<'_>, user_id: UserId, now: Timestamp) -> Result<()> {
        let newest = newest(tx, user_id, 1)?.first().map_or(0, |(_, size_bytes)| *size_bytes);
        self.note(user_id, now, |day| &mut day.n_failed, newest);
        let surplus = self.surplus(tx, user_id)?;
        Self::delete(tx, user_id, &surplus, now)
    }
}

/// The newest of a user's tasks that cost nothing, with the bytes of their contents.
fn newest(r: &Reader<'_>, user_id: UserId, n_max: usize) -> Result<Vec<(MLTaskId, u64)>> {
    let limit = u32::try_from(n_max).map_err(Error::internal)?;
    let mut all = Vec::new();
    for status in [Status::Failed, Status::Cancelled] {
        let word = status.word();
        let params = params![user_id, word, limit];
        all.extend(r.fetchall(UNPAID, params, |row| Ok((row.get(0)?, row.get(1)?)))?);
    }
    all.sort_by_key(|(id, _): &(MLTaskId, u64)| Reverse(*id));
    all.truncate(n_max);
    Ok(all)
}

impl Day {
    fn beginning(now: Timestamp) -> Self {
        Self { since: now, n_failed: 0, n_lost: 0 }
    }

    fn n_bytes(self) -> u64 {
        self.n_failed.saturating_add(self.n_lost)
    }

    fn is_at(self, now: Timestamp) -> bool {
        now < self.since.plus_s(DAY_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Database;
    use crate::id::RowId;

    #[test]
    fn a_day_has_room_for_so_much_and_then_the_next_one() {
        let (user, other) = (UserId::from_number(1), UserId::from_number(2));
        let begin = Timestamp::from_millis(0);
        let unpaid = Unpaid::new(10_000);
        let has_room = |user, n, now| unpaid.has_room(user, n - TASK_BYTES, now);
        assert!(has_room(user, 6_000, begin) && has_room(user, 4_000, begin));
        assert!(!has_room(user, 1_024, begin.plus_s(DAY_S - 1)));
        assert!(has_room(other, 20_000, begin) && !has_room(other, 1_024, begin));
        let late = unpaid.check(user, begin.plus_s(DAY_S - 5));
        assert!(matches!(late, Err(Error::TooMany { retry_after_s: 6 })), "{late:?}");
        assert!(unpaid.check(user, begin.plus_s(DAY_S)).is_ok());
        assert!(has_room(user, 9_000, begin.plus_s(DAY_S)));
    }

    #[test]
    fn what_is_kept_and_not_recorded_counts_as_unpaid() {
        let (user, now) = (UserId::from_number(1), Timestamp::from_millis(0));
        let unpaid = Unpaid::new(10_000);
        unpaid.deposit(user, 20_000, now).recorded();
        assert!(unpaid.check(user, now).is_ok());
        // What failed is no hindrance to what is paid for.
        assert!(unpaid.has_room(user, 20_000, now));
        assert!(unpaid.check(user, now).is_err() && unpaid.check_lost(user, now).is_ok());
        drop(unpaid.deposit(user, 20_000, now));
        assert!(unpaid.check_lost(user, now).is_err());
        assert!(unpaid.check_lost(user, now.plus_s(DAY_S)).is_ok());
    }

    #[test]
    fn no_history_is_read_for_what_was_not_paid() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        let explain = format!("EXPLAIN QUERY PLAN {UNPAID}");
        let read = |r: &Reader<'_>| r.fetchall(&explain, params![1, "x", 9], |row| row.get(3));
        let plan: Vec<String> = database.read_here(read).unwrap();
        let plan = plan.join("; ");
        assert!(plan.contains("ml_tasks_of_status (user_id=? AND status=?"), "{plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP"), "{plan}");
    }
}
