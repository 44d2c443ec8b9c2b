//! When a connection has overstayed: arithmetic on what the kernel and the requests say of it.
//!
//! It touches no socket and no clock, so that every rule can be tested with made-up figures.

use std::time::{Duration, Instant};

use super::{BEGUN, Deadlines};

/// What the kernel says of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    /// Bytes of payload that arrived.
    pub(super) received_bytes: u64,
    /// Bytes of payload that were sent, again if need be.
    pub(super) sent_bytes: u64,
    /// Bytes of payload that the client confirmed.
    pub(super) acked_bytes: u64,
    /// Whether bytes wait that the client has not confirmed.
    pub(super) is_queued: bool,
    /// How long nothing has moved in either direction.
    pub(super) quiet: Duration,
}

/// What the requests say: a snapshot of the slot of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Hands(pub(super) u64);

impl Hands {
    pub(super) fn is_empty(self) -> bool {
        self.0.is_multiple_of(BEGUN)
    }

    fn begun(self) -> u64 {
        self.0 / BEGUN
    }
}

/// What a connection is waiting for, and since when.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    /// Its request is in hand, or its client is taking the answer.
    Served,
    /// A head, or its rest.
    Head(Instant),
    /// The body of a head that we answered with `100 Continue`.
    Body(Instant),
    /// The next request.
    Idle(Instant),
    /// The client, to take the next byte of its answer.
    Untaken(Instant),
}

/// Why a connection is ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reason {
    HeadTimeout,
    Idle,
    Untaken,
    SlowBody,
    Shed,
}

/// What is remembered of a connection between two looks.
pub(super) struct Record {
    begun: u64,
    received_bytes: u64,
    sent_bytes: u64,
    acked_bytes: u64,
    head_since: Option<Instant>,
    taken_at: Instant,
}

impl Record {
    /// A connection at the first look. One that was sent something has had a head already.
    pub(super) fn new(hands: Hands, figures: &Figures, now: Instant) -> Self {
        Self {
            begun: hands.begun(),
            received_bytes: figures.received_bytes,
            sent_bytes: 0,
            acked_bytes: figures.acked_bytes,
            head_since: (figures.sent_bytes == 0).then_some(now),
            taken_at: now,
        }
    }

    /// Whether nothing has come or gone since the last look.
    pub(super) fn is_still(&self, figures: &Figures) -> bool {
        self.received_bytes == figures.received_bytes && self.acked_bytes == figures.acked_bytes
    }

    /// What it waits for. The hands must have been read before the figures: in the other order the
    /// bytes of a request that ended in between would pass for the beginning of a next head.
    pub(super) fn look(&mut self, hands: Hands, figures: &Figures, now: Instant) -> Standing {
        if !figures.is_queued || figures.acked_bytes != self.acked_bytes {
            self.acked_bytes = figures.acked_bytes;
            self.taken_at = now;
        }
        if !hands.is_empty() || hands.begun() != self.begun {
            self.begun = hands.begun();
            self.received_bytes = figures.received_bytes;
            self.head_since = None;
        } else if figures.received_bytes != self.received_bytes {
            self.received_bytes = figures.received_bytes;
            self.head_since.get_or_insert_with(|| {
                self.sent_bytes = figures.sent_bytes;
                now
            });
        }

        if figures.is_queued {
            // A head that came early is not read before the answer is gone: its time starts then.
            if let Some(since) = &mut self.head_since {
                *since = now;
                self.sent_bytes = figures.sent_bytes;
            }
            if self.taken_at < now { Standing::Untaken(self.taken_at) } else { Standing::Served }
        } else if !hands.is_empty() {
            Standing::Served
        } else if let Some(since) = self.head_since {
            // The only thing hyper says before a request is answered is `100 Continue`.
            let is_continued = figures.sent_bytes > self.sent_bytes;
            if is_continued { Standing::Body(since) } else { Standing::Head(since) }
        } else {
            Standing::Idle(now.checked_sub(figures.quiet).unwrap_or(now))
        }
    }
}

impl Standing {
    /// Why it must end now, if it must.
    pub(super) fn overstays(self, deadlines: &Deadlines, now: Instant) -> Option<Reason> {
        let (since, allowed, reason) = match self {
            Standing::Served => return None,
            Standing::Head(since) => (since, deadlines.head, Reason::HeadTimeout),
            Standing::Body(since) => (since, deadlines.body, Reason::SlowBody),
            Standing::Idle(since) => (since, deadlines.idle, Reason::Idle),
            Standing::Untaken(since) => (since, deadlines.idle, Reason::Untaken),
        };
        (now.saturating_duration_since(since) > allowed).then_some(reason)
    }

    /// In which order to let go when descriptors run out; `None` is never let go.
    ///
    /// A client that has left its answer for a moment may only be far away, so that it is spared
    /// until the pause is longer than any network explains.
    pub(super) fn shed_order(self, now: Instant) -> Option<(u8, Instant)> {
        const PATIENCE: Duration = Duration::from_secs(5);
        match self {
            Standing::Head(since) | Standing::Body(since) => Some((0, since)),
            Standing::Idle(since) => Some((1, since)),
            Standing::Untaken(since) if now.saturating_duration_since(since) > PATIENCE => {
                Some((2, since))
            }
            Standing::Untaken(_) | Standing::Served => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: Hands = Hands(0);
    const WORKING: Hands = Hands(BEGUN | 1);
    const ANSWERED: Hands = Hands(BEGUN);

    fn figures(received_bytes: u64, sent_bytes: u64) -> Figures {
        Figures { received_bytes, sent_bytes, acked_bytes: sent_bytes, ..Figures::default() }
    }

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn trickling_does_not_prolong_a_head() {
        let start = Instant::now();
        let mut record = Record::new(NOBODY, &figures(0, 0), start);
        for second in 1..=16 {
            let now = after(start, second);
            let standing = record.look(NOBODY, &figures(second, 0), now);
            assert_eq!(standing, Standing::Head(start));
            let reason = standing.overstays(&Deadlines::default(), now);
            assert_eq!(reason, (second > 15).then_some(Reason::HeadTimeout));
        }
    }

    #[test]
    fn a_request_in_hand_never_overstays_and_is_never_shed() {
        let start = Instant::now();
        let mut record = Record::new(NOBODY, &figures(0, 0), start);
        let now = after(start, 86_400);
        let standing = record.look(WORKING, &figures(40, 0), now);
        assert_eq!(standing.overstays(&Deadlines::default(), now), None);
        assert_eq!(standing.shed_order(now), None);
    }

    #[test]
    fn bytes_after_an_answer_begin_the_next_head() {
        let start = Instant::now();
        let mut record = Record::new(NOBODY, &figures(0, 0), start);
        let standing = record.look(ANSWERED, &figures(40, 90), after(start, 1));
        assert!(matches!(standing, Standing::Idle(_)));
        let standing = record.look(ANSWERED, &figures(41, 90), after(start, 9));
        assert_eq!(standing, Standing::Head(after(start, 9)));
    }

    #[test]
    fn a_head_behind_an_answer_waits_for_its_turn() {
        let start = Instant::now();
        let mut record = Record::new(ANSWERED, &figures(40, 90), start);
        for second in 1..=50 {
            let queued = Figures { is_queued: true, ..figures(41, 90 + second) };
            let standing = record.look(ANSWERED, &queued, after(start, second));
            assert_eq!(standing, Standing::Served);
        }
        let standing = record.look(ANSWERED, &figures(41, 140), after(start, 51));
        assert_eq!(standing, Standing::Head(after(start, 50)));
    }

    #[test]
    fn an_answer_of_which_nothing_is_taken_overstays_even_in_hand() {
        let start = Instant::now();
        let mut record = Record::new(WORKING, &figures(40, 90), start);
        let queued = Figures { is_queued: true, ..figures(40, 90) };
        let now = after(start, 61);
        let standing = record.look(WORKING, &queued, now);
        assert_eq!(standing.overstays(&Deadlines::default(), now), Some(Reason::Untaken));
    }

    #[test]
    fn a_body_that_we_asked_for_has_the_time_of_a_body() {
        let start = Instant::now();
        let mut record = Record::new(NOBODY, &figures(0, 0), start);
        let standing = record.look(NOBODY, &figures(90, 25), after(start, 1));
        assert_eq!(standing, Standing::Body(start));
    }
}
