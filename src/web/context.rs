//! What is known about a request from its first moment: its id, and when it came.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Instant;

use data_encoding::BASE32_NOPAD;
use rocket::Request;

use super::problem::Problem;

/// The longest request id that is taken over from a caller.
const GIVEN_ID_CHARS_MAX: usize = 64;

/// What travels with one request.
#[derive(Debug)]
pub struct Context {
    /// The id that the log, the answer's header and a problem's body share.
    pub id: String,
    /// When its head was complete.
    pub begun: Instant,
    /// Why a guard refused it, for the catcher that answers.
    pub(super) refusal: Mutex<Option<Problem>>,
    /// Headers of a rate limit that the answer must carry.
    pub(super) rate_headers: Mutex<Vec<(&'static str, String)>>,
}

impl Context {
    fn of(request: &Request<'_>) -> Self {
        let given = request.headers().get_one("X-Request-Id").filter(|id| is_decent(id));
        Self {
            id: given.map_or_else(next_id, str::to_owned),
            begun: Instant::now(),
            refusal: Mutex::new(None),
            rate_headers: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn note_refusal(&self, problem: Problem) {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }
}

/// The context of a request, made at the first call.
pub fn context<'r>(request: &'r Request<'_>) -> &'r Context {
    request.local_cache(|| Context::of(request))
}

fn is_decent(id: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=GIVEN_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(fits)
}

/// A new id: unique among processes by its random part, within one by its count.
fn next_id() -> String {
    static RUN: LazyLock<[u8; 5]> = LazyLock::new(|| {
        let mut random = [0; 5];
        // Without randomness ids are still unique within the run, which is what the log needs.
        let _ = getrandom::fill(&mut random);
        random
    });
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 10];
    bytes[..5].copy_from_slice(&*RUN);
    bytes[5..].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes()[3..]);
    BASE32_NOPAD.encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_short_ids_are_taken_over() {
        assert!(is_decent("a-1_b.2") && is_decent(&"x".repeat(64)));
        for id in ["", "a b", "a\"b", "é", &"x".repeat(65)] {
            assert!(!is_decent(id), "{id:?}");
        }
    }

    #[test]
    fn ids_do_not_repeat() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| next_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| is_decent(id)));
    }
}
