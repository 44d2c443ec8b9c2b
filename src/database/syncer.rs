//! The second half of a commit: has the disk keep what the worker has put into the log, and only
//! then answers. Meanwhile the worker runs the writes that come next.
//!
//! SQLite would sync the log itself at the end of each commit, but then nothing could be written
//! until the disk is done. Here it syncs what keeps the file whole, when the log is copied back,
//! and this thread syncs the log after each commit. What anybody is told, whoever wrote it and
//! whoever reads it, is on the disk before.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::member::Member;
use super::writer::{Alive, State};

/// Has the disk keep what was written into a file.
pub(super) type Flush = Box<dyn FnMut() -> io::Result<()> + Send>;

/// What the disk is at, as the worker is told.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// Who waits for the disk, to commit the next group.
    worker: OnceLock<Thread>,
    is_busy: AtomicBool,
    /// What a commit takes, about, the sync included.
    commit_us: AtomicU64,
}

impl Disk {
    /// The thread that asks is the one that waits for the disk.
    pub(super) fn belong_to_this_thread(&self) {
        self.worker.get_or_init(thread::current);
    }

    /// A group is handed on.
    pub(super) fn begin(&self) {
        self.is_busy.store(true, Ordering::SeqCst);
    }

    fn end(&self, commit_time: Duration) {
        let (before, taken) = (self.commit_time(), commit_time.min(Duration::from_secs(1)));
        // One commit that the disk took long over is no measure of the next.
        let smoothed = ((before * 7 + taken) / 8).as_micros();
        self.commit_us.store(u64::try_from(smoothed).unwrap_or(u64::MAX), Ordering::SeqCst);
        self.is_busy.store(false, Ordering::SeqCst);
        if let Some(worker) = self.worker.get() {
            worker.unpark();
        }
    }

    /// Whether a group that was handed on is not synced yet.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::SeqCst)
    }

    pub(super) fn commit_time(&self) -> Duration {
        Duration::from_micros(self.commit_us.load(Ordering::SeqCst))
    }
}

/// Writes that were committed together, on their way to the disk.
pub(super) struct Group {
    pub(super) number: u64,
    pub(super) members: Vec<Box<dyn Member>>,
    /// When their commit began.
    pub(super) begun: Instant,
}

/// What the syncing thread works with.
pub(super) struct Syncer {
    pub(super) groups: Receiver<Group>,
    pub(super) sync_log: Flush,
    pub(super) state: Arc<State>,
}

impl Syncer {
    /// Works for as long as there are groups.
    pub(super) fn work(mut self) {
        let _alive = Alive(Arc::clone(&self.state));
        let mut lost = None;
        while let Ok(Group { number, members, begun }) = self.groups.recv() {
            // After a sync that failed the next may succeed without the pages of that one.
            if lost.is_none()
                && let Err(cause) = (self.sync_log)()
            {
                lost = Some(self.state.stop_at("syncing the log", &cause));
                self.state.durable.give_up();
            }
            let taken = begun.elapsed();
            self.state.durable.reach(number);
            // The worker may commit the next group while these are answered.
            self.state.disk.end(taken);
            self.state.figures.commit_seconds.observe(taken.as_secs_f64());
            self.state.answer(members, lost.as_deref());
        }
    }
}

impl Drop for Syncer {
    /// However it ends, what has not come to the disk by now does not come.
    fn drop(&mut self) {
        self.state.durable.give_up();
    }
}
