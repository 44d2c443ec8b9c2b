//! Wrong passwords, counted for each account: who guesses is slowed down, from wherever they guess,
//! and the account's user is not: tries from a place that the user has signed in from are not counted
//! here, and are bounded by the limit of one address alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};

const WINDOW_MS: i64 = 60_000;

/// So many times what one address may try is what an account bears from all of them.
const ADDRESSES: u32 = 4;

/// Accounts whose tries are remembered before old ones are forgotten.
const KEPT_MAX: usize = 10_000;

/// Whose password is tried; a name of any length takes the same room.
type Target = [u8; 32];

/// The wrong tries of the last minute.
#[derive(Clone)]
pub(super) struct Tries {
    per_minute: u32,
    clock: Clock,
    failed: Arc<Mutex<HashMap<Target, Failed>>>,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    since: Timestamp,
    n_tries: u32,
}

impl Tries {
    /// `per_minute` is what one address may try.
    pub(super) fn new(per_minute: u32, clock: Clock) -> Self {
        // An account's user may come from several addresses, and each of them may try.
        Self { per_minute: per_minute.saturating_mul(ADDRESSES), clock, failed: Arc::default() }
    }

    /// Refuses a try where too many have failed.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        let now = self.clock.now();
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match failed.get(&target(name)) {
            Some(failed) if !failed.is_over(now) && failed.n_tries >= self.per_minute => {
                let left_ms = WINDOW_MS - now.millis_since(failed.since);
                Err(Error::TooMany { retry_after_s: left_ms.unsigned_abs() / 1000 + 1 })
            }
            _ => Ok(()),
        }
    }

    /// Counts a wrong password.
    pub(super) fn count(&self, name: &str) {
        let now = self.clock.now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= KEPT_MAX {
            failed.retain(|_, failed| !failed.is_over(now));
        }
        let fresh = Failed { since: now, n_tries: 0 };
        let entry = failed.entry(target(name)).or_insert(fresh);
        if entry.is_over(now) {
            *entry = fresh;
        }
        entry.n_tries += 1;
    }
}

impl Failed {
    fn is_over(&self, now: Timestamp) -> bool {
        !(0..WINDOW_MS).contains(&now.millis_since(self.since))
    }
}

fn target(name: &str) -> Target {
    Sha256::digest(name).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_is_slowed_down_for_a_minute() {
        let clock = Clock::standing_at(Timestamp::from_millis(1_795_000_000_000));
        let tries = Tries::new(1, clock.clone());
        for _ in 0..4 {
            tries.check("ada").unwrap();
            tries.count("ada");
        }
        let refused = tries.check("ada");
        assert!(matches!(refused, Err(Error::TooMany { retry_after_s: 61 })), "{refused:?}");
        tries.check("bob").unwrap();
        clock.advance_s(60);
        tries.check("ada").unwrap();
    }
}
