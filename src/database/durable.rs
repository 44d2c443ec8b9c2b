//! What the log holds, and what of it the disk has: nobody is told of anything that a power cut
//! could still take back, whether it is their own write or a read that saw somebody else's. Once
//! the disk has failed that cannot be said any more: writing stops, and reads tell what the file
//! seems to hold.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use rocket::tokio::sync::oneshot;

/// How far groups of writes, which have numbers from 1 on, have come.
#[derive(Debug, Default)]
pub(super) struct Durable {
    /// The last group that readers may see.
    visible: AtomicU64,
    /// The last group that is on the disk, with all before it.
    synced: AtomicU64,
    /// Who waits for a group to be on the disk, without holding up a thread.
    waiting: Mutex<Vec<(u64, oneshot::Sender<()>)>>,
    /// Has threads that wait look again.
    reached: Condvar,
}

impl Durable {
    /// The number of the group that is about to be committed: from now on readers may see it.
    pub(super) fn reveal_next(&self) -> u64 {
        self.visible.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The disk has every group up to this one.
    pub(super) fn reach(&self, number: u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.synced.fetch_max(number, Ordering::SeqCst);
        for (_, reader) in waiting.extract_if(.., |(awaited, _)| *awaited <= number) {
            // One that has gone meanwhile needs to hear nothing.
            let _ = reader.send(());
        }
        self.reached.notify_all();
    }

    /// Nothing more comes to the disk, so nobody is to wait for it.
    pub(super) fn give_up(&self) {
        self.reach(u64::MAX);
    }

    /// Holds this thread up until everything that a reader can have seen by now is on the disk.
    pub(super) fn wait(&self) {
        let visible = self.visible.load(Ordering::SeqCst);
        let is_not_synced = || self.synced.load(Ordering::SeqCst) < visible;
        if is_not_synced() {
            let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.reached.wait_while(waiting, |_| is_not_synced()));
        }
    }

    /// Is answered once everything that a reader can have seen by now is on the disk; `None` if it
    /// is there already.
    pub(super) fn awaited(&self) -> Option<oneshot::Receiver<()>> {
        let visible = self.visible.load(Ordering::SeqCst);
        let is_synced = || self.synced.load(Ordering::SeqCst) >= visible;
        if is_synced() {
            return None;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if is_synced() {
            return None;
        }
        let (reader, synced) = oneshot::channel();
        waiting.push((visible, reader));
        Some(synced)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn a_reader_waits_for_the_groups_it_can_have_seen_and_no_longer() {
        let durable = Arc::new(Durable::default());
        durable.wait();
        assert!(durable.awaited().is_none());
        assert_eq!([durable.reveal_next(), durable.reveal_next()], [1, 2]);
        let mut second = durable.awaited().unwrap();
        let waiting = Arc::clone(&durable);
        let waiting = thread::spawn(move || waiting.wait());
        durable.reach(1);
        assert!(second.try_recv().is_err());
        durable.reveal_next();
        let mut third = durable.awaited().unwrap();
        durable.reach(2);
        assert!(second.try_recv().is_ok() && third.try_recv().is_err());
        durable.give_up();
        assert!(third.try_recv().is_ok());
        waiting.join().unwrap();
        durable.reveal_next();
        assert!(durable.awaited().is_none(), "nobody waits for what will not come");
    }
}
