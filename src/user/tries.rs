//! Wrong passwords, counted for each account: who guesses is slowed down, from wherever they guess,
//! and the account's user is not: tries from a place that the user has signed in from are not
//! counted here, and are bounded by the limit of one address alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::id::{SessionId, UserId};

const WINDOW_MS: i64 = 60_000;

/// So many times what one address may try is what an account bears from all of them.
const ADDRESSES: u32 = 4;

/// Accounts whose tries are remembered before old ones are forgotten.
const KEPT_MAX: usize = 10_000;

/// Whose password is tried, and which tries of it are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// An account's, by anybody.
    Account(UserId),
    /// An account's, by whoever holds this session of it: nobody else can use these tries up.
    Session(SessionId),
    /// Nobody's: the hash of a name that no account has, which takes the same room at any length.
    Nobody([u8; 32]),
}

impl Target {
    /// A name that no account has.
    pub(super) fn nobody(name: &str) -> Self {
        Self::Nobody(Sha256::digest(name).into())
    }
}

/// The wrong tries of the last minute.
#[derive(Clone)]
pub(super) struct Tries {
    per_minute: u32,
    clock: Clock,
    counts: Arc<Mutex<HashMap<Target, Count>>>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    since: Timestamp,
    n_tries: u32,
}

/// A try under way. It counts as a wrong one unless it is given back, so that many at once cannot
/// be more than are allowed one after the other.
#[must_use]
pub(super) struct Try {
    tries: Tries,
    target: Target,
    since: Timestamp,
}

impl Tries {
    /// `per_minute` is what one address may try.
    pub(super) fn new(per_minute: u32, clock: Clock) -> Self {
        // An account's user may come from several addresses, and each of them may try.
        Self { per_minute: per_minute.saturating_mul(ADDRESSES), clock, counts: Arc::default() }
    }

    /// Begins a try, or refuses it where too many were wrong.
    pub(super) fn begin(&self, target: Target) -> Result<Try> {
        let now = self.clock.now();
        let mut counts = self.counts();
        if counts.len() >= KEPT_MAX {
            counts.retain(|_, count| !count.is_over(now));
        }
        let fresh = Count { since: now, n_tries: 0 };
        let count = counts.entry(target).or_insert(fresh);
        if count.is_over(now) {
            *count = fresh;
        }
        if count.n_tries >= self.per_minute {
            let left_ms = WINDOW_MS - now.millis_since(count.since);
            return Err(Error::TooMany { retry_after_s: left_ms.unsigned_abs() / 1000 + 1 });
        }
        count.n_tries += 1;
        Ok(Try { tries: self.clone(), target, since: count.since })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Target, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Try {
    /// The password was right, or nobody looked at it: the try is as if it had not been.
    pub(super) fn give_back(self) {
        let mut counts = self.tries.counts();
        // Of a minute that is over, nothing is counted any more.
        let same = counts.get_mut(&self.target).filter(|count| count.since == self.since);
        if let Some(count) = same {
            count.n_tries = count.n_tries.saturating_sub(1);
            if count.n_tries == 0 {
                counts.remove(&self.target);
            }
        }
    }
}

impl Count {
    fn is_over(&self, now: Timestamp) -> bool {
        !(0..WINDOW_MS).contains(&now.millis_since(self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four_a_minute() -> (Tries, Clock) {
        let clock = Clock::standing_at(Timestamp::from_millis(1_795_000_000_000));
        (Tries::new(1, clock.clone()), clock)
    }

    #[test]
    fn who_guesses_is_slowed_down_for_a_minute() {
        let (tries, clock) = four_a_minute();
        let ada = Target::nobody("ada");
        for _ in 0..4 {
            let _wrong = tries.begin(ada).unwrap();
        }
        let refused = tries.begin(ada).map(drop);
        assert!(matches!(refused, Err(Error::TooMany { retry_after_s: 61 })), "{refused:?}");
        let _other = tries.begin(Target::nobody("bob")).unwrap();
        clock.advance_s(60);
        let _later = tries.begin(ada).unwrap();
    }

    #[test]
    fn a_right_password_uses_nothing_up() {
        let (tries, clock) = four_a_minute();
        let ada = Target::nobody("ada");
        for _ in 0..9 {
            tries.begin(ada).unwrap().give_back();
        }
        assert!(tries.counts().is_empty());
        let slow = tries.begin(ada).unwrap();
        clock.advance_s(60);
        let _wrong = tries.begin(ada).unwrap();
        slow.give_back();
        assert_eq!(tries.counts()[&ada].n_tries, 1);
    }

    #[test]
    fn tries_at_once_are_no_more_than_tries_in_turn() {
        let (tries, _) = four_a_minute();
        let tries = &tries;
        let n_begun: usize = std::thread::scope(|scope| {
            let begin = || usize::from(tries.begin(Target::nobody("ada")).is_ok());
            let threads: Vec<_> = (0..32).map(|_| scope.spawn(begin)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(n_begun, 4);
    }
}
