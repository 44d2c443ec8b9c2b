//! Blocks of rows on their way through: read on one thread, worked on by as many as there are
//! cores, and taken on the caller's own in the order in which they were read. What is read and not
//! yet taken is bounded, however slow any of them is.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::machine;
use crate::ml::intake::Portion;

/// Rows that go from hand to hand together.
const BLOCK: Portion = Portion { rows_max: 4096, bytes_max: 4 * 1024 * 1024, ..Portion::ALL };

/// Blocks that are read and not yet taken, for each worker: while one of them takes long, the
/// others do not pile up behind it.
const BLOCKS_PER_WORKER: usize = 3;

/// What all of them may take in memory, on a machine of many cores, too.
const BLOCKS_BYTES_MAX: usize = 48 * 1024 * 1024;

type Numbered<T> = (u64, T);

/// What came of a block, or why its worker panicked.
type Piece<P, E> = Result<Result<P, E>, Box<dyn Any + Send>>;

/// Has every block that `next` gives worked on, each by one of the workers that `worker` makes, and
/// hands what came of it to `take`, in order. Whoever cannot hand on what it has made ends, so a
/// failure anywhere ends all, and so does a panic: it goes on where the flow was begun.
pub(super) fn flow<B, P, E, W>(
    next: impl FnMut(Portion) -> Result<Option<B>, E> + Send,
    worker: impl Fn() -> W + Sync,
    mut take: impl FnMut(P) -> Result<(), E>,
) -> Result<(), E>
where
    B: Send,
    P: Send,
    E: Send,
    W: FnMut(B) -> Result<P, E>,
{
    let n_workers = machine::cores().get();
    let n_blocks = BLOCKS_PER_WORKER * n_workers;
    let worker = &worker;
    thread::scope(|scope| {
        let (to_workers, blocks) = sync_channel(n_blocks);
        let (to_taker, pieces) = sync_channel(n_blocks);
        let (to_reader, permits) = sync_channel(n_blocks);
        for _ in 0..n_blocks {
            // There is room for as many.
            let _ = to_reader.send(());
        }
        let portion =
            Portion { bytes_max: BLOCK.bytes_max.min(BLOCKS_BYTES_MAX / n_blocks), ..BLOCK };
        let blocks = Arc::new(Mutex::new(blocks));
        let reader_says = to_taker.clone();
        scope.spawn(move || read(next, portion, &permits, &to_workers, &reader_says));
        for _ in 0..n_workers {
            let (blocks, to_taker) = (Arc::clone(&blocks), to_taker.clone());
            scope.spawn(move || work(worker(), &blocks, &to_taker));
        }
        drop((blocks, to_taker));
        let (mut early, mut expected) = (BTreeMap::new(), 0_u64);
        for (number, piece) in pieces {
            early.insert(number, piece);
            while let Some(piece) = early.remove(&expected) {
                take(piece.unwrap_or_else(|panic| resume_unwind(panic))?)?;
                expected += 1;
                // A reader that has ended takes no more.
                let _ = to_reader.send(());
            }
        }
        Ok(())
    })
}

/// Reads for as long as there are blocks and room for them.
fn read<B, P, E>(
    mut next: impl FnMut(Portion) -> Result<Option<B>, E>,
    portion: Portion,
    permits: &Receiver<()>,
    to_workers: &SyncSender<Numbered<B>>,
    to_taker: &SyncSender<Numbered<Piece<P, E>>>,
) {
    machine::yield_to_others();
    for number in 0.. {
        if permits.recv().is_err() {
            return;
        }
        let is_handed_on = match next(portion) {
            Ok(Some(block)) => to_workers.send((number, block)).is_ok(),
            Ok(None) => false,
            Err(failure) => {
                let _ = to_taker.send((number, Ok(Err(failure))));
                false
            }
        };
        if !is_handed_on {
            return;
        }
    }
}

fn work<B, P, E>(
    mut worker: impl FnMut(B) -> Result<P, E>,
    blocks: &Mutex<Receiver<Numbered<B>>>,
    to_taker: &SyncSender<Numbered<Piece<P, E>>>,
) {
    machine::yield_to_others();
    loop {
        let block = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, block)) = block else { return };
        let piece = catch_unwind(AssertUnwindSafe(|| worker(block)));
        // What a worker is like after a panic is not certain.
        let is_last = piece.is_err();
        if to_taker.send((number, piece)).is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    /// A thousand numbers, of which the worker or the reader refuses one; what was taken, and how
    /// it ended. Every tenth takes its time.
    fn flowed(read_until: u32, refused: u32) -> (Vec<u32>, Result<(), u32>, u32) {
        let n_read = AtomicU32::new(0);
        let next = |_| match n_read.fetch_add(1, Ordering::SeqCst) {
            1_000 => Ok(None),
            n if n == read_until => Err(n),
            n => Ok(Some(n)),
        };
        let worker = || {
            |n: u32| {
                if n.is_multiple_of(10) {
                    thread::sleep(Duration::from_millis(1));
                }
                if n == refused { Err(n) } else { Ok(n) }
            }
        };
        let mut taken = vec![];
        let ended = flow(next, worker, |n| {
            taken.push(n);
            Ok(())
        });
        (taken, ended, n_read.into_inner())
    }

    #[test]
    fn blocks_come_out_in_the_order_in_which_they_went_in() {
        let (taken, ended, _) = flowed(u32::MAX, u32::MAX);
        assert!(taken.into_iter().eq(0..1_000));
        assert_eq!(ended, Ok(()));
    }

    #[test]
    fn a_failure_anywhere_ends_all_after_what_came_before_it() {
        let (taken, ended, n_read) = flowed(500, u32::MAX);
        assert!(taken.into_iter().eq(0..500));
        assert_eq!((ended, n_read), (Err(500), 501));
        let (taken, ended, n_read) = flowed(u32::MAX, 300);
        assert!(taken.into_iter().eq(0..300));
        assert_eq!(ended, Err(300));
        let room = BLOCKS_PER_WORKER * machine::cores().get();
        assert!(n_read as usize <= 300 + room, "{n_read} were read");
    }

    #[test]
    fn a_panic_anywhere_ends_all() {
        let panicked = |who: &'static str| {
            let says = move |me: &str, n: u32| {
                assert!((who, n) != (me, 300), "{me} panics");
                n
            };
            let mut numbers = 0..1_000_000;
            let flowed = catch_unwind(AssertUnwindSafe(|| {
                flow(
                    |_| Ok::<_, ()>(numbers.next().map(|n| says("the reader", n))),
                    || move |n| Ok(says("a worker", n)),
                    |n| {
                        says("the taker", n);
                        Ok(())
                    },
                )
            }));
            (flowed.is_err(), numbers.start)
        };
        for who in ["the reader", "a worker", "the taker"] {
            let (has_panicked, n_read) = panicked(who);
            assert!(has_panicked && n_read < 100_000, "{who}: {n_read}");
        }
    }
}
