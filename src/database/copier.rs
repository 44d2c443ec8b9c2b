//! The thread that copies a long log back into the file while the worker goes on writing: a few
//! thousand pages are read, written and kept by the disk, which takes several times as long as a
//! commit, and nobody who writes waits for it. What was committed meanwhile is little, and the
//! worker copies it between two commits, the only time at which the file has all of the log: then
//! the log begins anew.
//!
//! It copies what SQLite has synced in the log, and nothing but the disk can have it fail; if that
//! does, writing stops.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::connection::{copy_log_back, length_of_log};
use super::syncer::Flush;
use super::writer::{Alive, State};
use crate::error::{Error, Result};

/// The log is long when it has grown to this: 24 MiB. A page that was changed many times meanwhile
/// is copied once.
const LOG_PAGES_LONG: u32 = 6_000;
/// Beyond this writing waits for the copier: 32 MiB, as much as is kept free on the disk, so that
/// there is room for all of it in the file.
const LOG_PAGES_MAX: u32 = 8_000;
/// What the worker copies by itself; more is asked of the copier again.
const REST_PAGES_MAX: u32 = 1_000;

/// What the thread works with.
struct Copier {
    connection: Connection,
    sync_file: Flush,
    asked: Receiver<()>,
    /// How many pages of the log the file has now.
    done: SyncSender<u32>,
    state: Arc<State>,
}

impl Copier {
    /// Works for as long as anybody can ask.
    fn work(mut self) {
        let _alive = Alive(Arc::clone(&self.state));
        while self.asked.recv().is_ok() {
            let n_copied = self.copy();
            if self.done.send(n_copied).is_err() {
                return;
            }
        }
    }

    /// Copies what can be copied; how many pages of the log the file has then.
    fn copy(&mut self) -> u32 {
        let n_copied = match copy_log_back(&self.connection) {
            Ok(n_copied) => n_copied,
            Err(cause) => return stop(&self.state, &cause),
        };
        // SQLite has the disk keep the file once all of the log is in it. That is the worker's
        // copying, and the less is left to keep by then the shorter it takes.
        match (self.sync_file)() {
            Ok(()) => n_copied,
            Err(cause) => stop(&self.state, &cause),
        }
    }
}

/// The worker's side of it.
pub(super) struct Copying {
    ask: SyncSender<()>,
    done: Receiver<u32>,
    is_asked: bool,
    thread: JoinHandle<()>,
    state: Arc<State>,
}

impl Copying {
    /// Starts the thread with a connection of its own, as `open_copier` gives it; `sync_file`
    /// belongs to the file.
    pub(super) fn start(
        connection: Connection,
        sync_file: Flush,
        state: Arc<State>,
    ) -> Result<Self> {
        let (ask, asked) = sync_channel(1);
        let (done, is_done) = sync_channel(1);
        let copier = Copier { connection, sync_file, asked, done, state: Arc::clone(&state) };
        let thread = thread::Builder::new()
            .name("cellar-copier".into())
            .spawn(move || copier.work())
            .map_err(Error::internal)?;
        Ok(Self { ask, done: is_done, is_asked: false, thread, state })
    }

    /// Called by the worker after each commit with the connection that made it: sees to it that the
    /// log does not grow for ever.
    pub(super) fn look_after(&mut self, writing: &Connection) {
        let n_pages = length_of_log();
        if self.is_asked {
            let Some(n_copied) = self.copied(n_pages >= LOG_PAGES_MAX) else { return };
            self.is_asked = false;
            let n_left = n_pages.saturating_sub(n_copied);
            if n_pages >= LOG_PAGES_LONG && (n_left <= REST_PAGES_MAX || n_pages >= LOG_PAGES_MAX) {
                if let Err(cause) = copy_log_back(writing) {
                    stop(&self.state, &cause);
                }
                // Unless somebody reads what is only in the log, it begins anew with what is
                // written next.
                return;
            }
        }
        if n_pages >= LOG_PAGES_LONG {
            // If the thread has ended, that has stopped all writing.
            self.is_asked = self.ask.send(()).is_ok();
        }
    }

    /// What the copier has done since it was asked; `None` while it is at it, or if it has ended.
    fn copied(&self, is_awaited: bool) -> Option<u32> {
        match self.done.try_recv() {
            Err(TryRecvError::Empty) if is_awaited => self.done.recv().ok(),
            done => done.ok(),
        }
    }

    /// Ends the thread, and with it its connection.
    pub(super) fn end(self) {
        let Self { ask, done, thread, .. } = self;
        drop((ask, done));
        // If it panicked, that is in the log.
        let _ = thread.join();
    }
}

/// Stops all writing; so many pages the file has for certain.
fn stop(state: &State, cause: &dyn Display) -> u32 {
    state.stop_at("copying the log into the file", cause);
    0
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;

    use super::super::connection::{open_copier, open_writer};
    use super::super::{FILE_NAME, LOG_NAME};
    use super::*;

    /// A file with a long log, and what looks after it.
    fn start(folder: &tempfile::TempDir, sync_file: Flush) -> (Connection, Copying) {
        let path = folder.path().join(FILE_NAME);
        let writing = open_writer(&path).unwrap();
        let copier = open_copier(&path).unwrap();
        let state = Arc::new(State::new().unwrap());
        let copying = Copying::start(copier, sync_file, state).unwrap();
        let sql = "CREATE TABLE t (x BLOB); INSERT INTO t VALUES (zeroblob(26000000))";
        writing.execute_batch(sql).unwrap();
        assert!(length_of_log() > LOG_PAGES_LONG);
        (writing, copying)
    }

    #[test]
    fn the_copier_copies_what_is_long_and_the_worker_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let (writing, mut copying) = start(&folder, Box::new(|| Ok(())));
        let write = || {
            writing.execute("INSERT INTO t VALUES (zeroblob(100000))", []).unwrap();
            length_of_log()
        };
        // Nothing beyond what a reader may still ask the file for is copied, which is as if it had
        // been written since.
        let looking = Connection::open(folder.path().join(FILE_NAME)).unwrap();
        looking.execute_batch("BEGIN; SELECT * FROM t").unwrap();
        let (seen, all) = (length_of_log(), write());
        copying.look_after(&writing);
        assert!(copying.is_asked);
        let n_copied = copying.done.recv().unwrap();
        assert!(n_copied == seen && all > seen, "{n_copied} of {seen} and {all}");
        drop(looking);
        let (again, is_done) = sync_channel(1);
        copying.done = is_done;
        again.send(n_copied).unwrap();
        copying.look_after(&writing);
        assert!(!copying.is_asked);
        assert!(write() < 100, "a log that is copied whole begins anew");
        copying.end();
    }

    #[test]
    fn a_copy_that_the_disk_fails_stops_all_writing() {
        let fails = || Err(io::Error::other("the disk is on fire"));
        for (is_cut, sync_file) in [(true, Box::new(|| Ok(())) as Flush), (false, Box::new(fails))]
        {
            let folder = tempfile::tempdir().unwrap();
            let (writing, mut copying) = start(&folder, sync_file);
            if is_cut {
                let log = File::options().write(true).open(folder.path().join(LOG_NAME));
                log.unwrap().set_len(32).unwrap();
            }
            copying.look_after(&writing);
            assert_eq!(copying.done.recv().unwrap(), 0);
            let why = copying.state.stopped().unwrap();
            assert!(why.contains("copying the log into the file failed"), "{why}");
            copying.end();
        }
    }
}
