//! Following a job: a channel for each job that somebody watches, fed at every change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rocket::tokio::sync::watch::{Receiver, Sender, channel};

use super::view::JobView;
use crate::id::JobId;

/// The changes of one job, from the present on. A slow watcher skips what is outdated.
pub struct Watch {
    id: JobId,
    /// Read from the database after the channel was opened, so that no change falls between.
    first: Option<JobView>,
    /// Taken only when the watch is dropped.
    updates: Option<Receiver<Option<JobView>>>,
    has_ended: bool,
    watchers: Arc<Watchers>,
}

impl Watch {
    /// The job as it is now, and then at each change; `None` once its final state was given, or
    /// when the server stops.
    pub async fn next(&mut self) -> Option<JobView> {
        if self.has_ended {
            return None;
        }
        let updates = self.updates.as_mut()?;
        let view = if let Some(first) = self.first.take() {
            let published = updates.borrow_and_update().clone();
            // What was published since is newer, unless the row already tells the end.
            published.filter(|_| !first.status.is_final()).unwrap_or(first)
        } else {
            updates.changed().await.ok()?;
            updates.borrow_and_update().clone()?
        };
        self.has_ended = view.status.is_final();
        Some(view)
    }

    pub(super) fn begin_with(&mut self, first: JobView) {
        self.first = Some(first);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut channels = self.watchers.lock();
        // Dropped under the lock: of two watchers that leave together, the second sees nobody left.
        drop(self.updates.take());
        if channels.by_job.get(&self.id).is_some_and(|sender| sender.receiver_count() == 0) {
            channels.by_job.remove(&self.id);
        }
    }
}

/// The channels of all jobs that are watched.
#[derive(Default)]
pub(super) struct Watchers {
    channels: Mutex<Channels>,
}

#[derive(Default)]
struct Channels {
    by_job: HashMap<JobId, Sender<Option<JobView>>>,
    are_closed: bool,
}

impl Watchers {
    fn lock(&self) -> MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a watch that waits for its first view.
    pub(super) fn subscribe(self: &Arc<Self>, id: JobId) -> Watch {
        let mut channels = self.lock();
        let updates = if channels.are_closed {
            channel(None).1
        } else {
            channels.by_job.entry(id).or_insert_with(|| channel(None).0).subscribe()
        };
        let watchers = Arc::clone(self);
        Watch { id, first: None, updates: Some(updates), has_ended: false, watchers }
    }

    /// Tells whoever watches this job; without watchers the view is not even made.
    pub(super) fn publish(&self, id: JobId, view: impl FnOnce() -> JobView) {
        let mut channels = self.lock();
        let Some(sender) = channels.by_job.get(&id) else { return };
        let view = view();
        let is_final = view.status.is_final();
        sender.send_replace(Some(view));
        if is_final {
            // Its watchers keep their ends; a later watcher reads the final state from the row.
            channels.by_job.remove(&id);
        }
    }

    /// Ends every watch.
    pub(super) fn close(&self) {
        let mut channels = self.lock();
        channels.are_closed = true;
        channels.by_job.clear();
    }

    #[cfg(test)]
    pub(super) fn n_watched(&self) -> usize {
        self.lock().by_job.len()
    }
}
