//! A reader that gives up on a body which comes too slowly.
//!
//! Only the time spent waiting for the client counts: a handler that works for an hour between two
//! reads owes the client nothing. It refuses to judge whole bodies, however long: what counts is
//! the last window, and a body that is merely large has all the time that its pace earns it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use rocket::tokio::io::{AsyncRead, ReadBuf};
use rocket::tokio::time::{Sleep, sleep_until};

use super::Keeper;

/// The window rolls in this many steps, so that a pace that drops is noticed one step late at most.
const N_STEPS: usize = 12;

/// A reader under a minimum pace, made by [`Keeper::pace`].
pub struct Paced<R> {
    reader: R,
    keeper: Keeper,
    /// What each of the last steps brought, in bytes.
    brought: [u64; N_STEPS],
    /// How many steps have passed.
    n_steps: usize,
    /// How much of the present step has been spent waiting.
    waited: Duration,
    /// Since when the client keeps us waiting, and what wakes us at the end of the step.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<R> Paced<R> {
    pub(super) fn new(reader: R, keeper: Keeper) -> Self {
        let brought = [0; N_STEPS];
        Self { reader, keeper, brought, n_steps: 0, waited: Duration::ZERO, waiting: None }
    }

    fn step(&self) -> Duration {
        self.keeper.0.deadlines.body / u32::try_from(N_STEPS).expect("a dozen")
    }

    /// Waits for the end of each step in turn; ready only when a whole window brought too little.
    fn poll_verdict(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            let left = self.step().saturating_sub(self.waited);
            let (_, timer) = self.waiting.get_or_insert_with(|| {
                let now = Instant::now();
                (now, Box::pin(sleep_until((now + left).into())))
            });
            ready!(timer.as_mut().poll(context));
            self.waiting = None;
            self.waited = Duration::ZERO;
            self.n_steps += 1;
            if self.n_steps >= N_STEPS && self.is_too_slow() {
                self.keeper.0.ended.slow_body.inc();
                let text = "the body came too slowly";
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            self.brought[self.n_steps % N_STEPS] = 0;
        }
    }

    fn is_too_slow(&self) -> bool {
        let deadlines = &self.keeper.0.deadlines;
        let brought: u64 = self.brought.iter().sum();
        let needed = u128::from(deadlines.body_bytes_per_s) * deadlines.body.as_millis();
        u128::from(brought) * 1000 < needed
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Paced<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let filled_before = buffer.filled().len();
        match Pin::new(&mut this.reader).poll_read(context, buffer) {
            Poll::Pending => this.poll_verdict(context).map(Err),
            Poll::Ready(done) => {
                if let Some((since, _)) = this.waiting.take() {
                    this.waited += since.elapsed();
                }
                let n_bytes = buffer.filled().len() - filled_before;
                this.brought[this.n_steps % N_STEPS] += n_bytes as u64;
                Poll::Ready(done)
            }
        }
    }
}
