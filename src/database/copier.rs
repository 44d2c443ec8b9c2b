//! The thread that copies a long log back into the file while the worker goes on writing: a few
//! thousand pages are read, written and kept by the disk, which takes several times as long as a
//! commit. What was committed meanwhile is little, and the worker copies it between two commits,
//! the only time at which nothing is added: once the file has all of the log, the log begins anew.
//!
//! It copies what SQLite has synced in the log. If the disk fails at it, writing stops.

use std::error::Error as Cause;
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::connection::{copy_log_back, length_of_log, open_copier};
use super::syncer::Flush;
use super::writer::{Alive, State};
use crate::error::{Error, Result};

/// The log is long when it has grown to this: 24 MiB. A page that was changed many times meanwhile
/// is copied once.
const LOG_PAGES_LONG: u32 = 6_000;
/// What may be added while the copier is at it, and what the worker then copies at most; beyond
/// this, 8 MiB, writing waits for the copier. Both together are what is kept free on the disk, so
/// that there is room for all of a log in the file, unless somebody looked for so long at what was
/// there before that it grew further.
const PAGES_SINCE_MAX: u32 = 2_000;

/// What the thread works with.
struct Copier {
    path: PathBuf,
    /// Opened when there is something to copy for the first time: a server at rest does without.
    connection: Option<Connection>,
    sync_file: Flush,
    asked: Receiver<()>,
    /// How many pages of the log the file has now.
    done: SyncSender<u32>,
    /// The same, the last time.
    n_copied: u32,
    state: Arc<State>,
}

impl Copier {
    /// Works for as long as anybody can ask.
    fn work(mut self) {
        let _alive = Alive(Arc::clone(&self.state));
        while self.asked.recv().is_ok() {
            let copied = self.copy();
            if let Err(cause) = &copied {
                stop(&self.state, cause);
            }
            if self.done.send(copied.unwrap_or(0)).is_err() {
                return;
            }
        }
    }

    /// Copies what can be copied; how many pages of the log the file has then.
    fn copy(&mut self) -> Result<u32, Box<dyn Cause>> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open_copier(&self.path)?,
        };
        let n_copied = copy_log_back(self.connection.insert(connection))?;
        // SQLite has the disk keep the file only when all of the log is in it. That is when the
        // worker has copied the rest, and the less is left to keep by then the shorter it takes.
        if n_copied != self.n_copied {
            (self.sync_file)()?;
            self.n_copied = n_copied;
        }
        Ok(n_copied)
    }
}

/// The worker's side of it.
pub(super) struct Copying {
    ask: SyncSender<()>,
    done: Receiver<u32>,
    /// How long the log was when the copier was asked, while it is at it.
    asked_at: Option<u32>,
    thread: JoinHandle<()>,
    state: Arc<State>,
}

impl Copying {
    /// Starts the thread, which copies into the file at `path`; `sync_file` belongs to it.
    pub(super) fn start(path: PathBuf, sync_file: Flush, state: Arc<State>) -> Result<Self> {
        let (ask, asked) = sync_channel(1);
        let (done, is_done) = sync_channel(1);
        let (connection, n_copied) = (None, 0);
        let state_there = Arc::clone(&state);
        let copier =
            Copier { path, connection, sync_file, asked, done, n_copied, state: state_there };
        let thread = thread::Builder::new()
            .name("cellar-copier".into())
            .spawn(move || copier.work())
            .map_err(Error::internal)?;
        Ok(Self { ask, done: is_done, asked_at: None, thread, state })
    }

    /// Called by the worker after each commit with the connection that made it: sees to it that the
    /// log does not grow for ever.
    pub(super) fn look_after(&mut self, writing: &Connection) {
        let n_pages = length_of_log();
        if let Some(asked_at) = self.asked_at {
            let n_since = n_pages.saturating_sub(asked_at);
            let Some(n_copied) = self.copied(n_since >= PAGES_SINCE_MAX) else { return };
            self.asked_at = None;
            if self.state.stopped().is_some() {
                return;
            }
            // More is left only if somebody looked at what was there before.
            let is_rest = n_pages.saturating_sub(n_copied) <= n_since;
            if n_pages >= LOG_PAGES_LONG && is_rest {
                // Unless somebody has looked at it since before, the log then begins anew with
                // what is written next.
                if let Err(cause) = copy_log_back(writing) {
                    stop(&self.state, &cause);
                }
                return;
            }
        }
        if n_pages >= LOG_PAGES_LONG {
            // If the thread has ended, that has stopped all writing.
            self.asked_at = self.ask.send(()).is_ok().then_some(n_pages);
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

fn stop(state: &State, cause: &dyn Display) {
    state.stop_at("copying the log into the file", cause);
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;
    use std::sync::mpsc::{Sender, channel};
    use std::time::{Duration, Instant};

    use rusqlite::config::DbConfig;
    use tempfile::TempDir;

    use super::super::connection::open_writer;
    use super::super::{FILE_NAME, LOG_NAME};
    use super::*;

    /// A file with a long log, of which somebody looks at all: more is added to it, not begun anew.
    /// And a copier that says when it has copied, and waits to be told how the disk took it.
    struct Long {
        folder: TempDir,
        writing: Connection,
        looking: Connection,
        copying: Copying,
        has_copied: Receiver<()>,
        disk: Sender<io::Result<()>>,
    }

    impl Long {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(FILE_NAME);
            let (copied, has_copied) = channel();
            let (disk, ends) = channel();
            let sync_file = Box::new(move || {
                copied.send(()).unwrap();
                ends.recv().unwrap()
            });
            let writing = open_writer(&path).unwrap();
            let state = Arc::new(State::new().unwrap());
            let copying = Copying::start(path.clone(), sync_file, state).unwrap();
            let sql = "CREATE TABLE t (x BLOB); INSERT INTO t VALUES (zeroblob(26000000))";
            writing.execute_batch(sql).unwrap();
            let looking = Connection::open(&path).unwrap();
            looking.execute_batch("BEGIN; SELECT 1 FROM t").unwrap();
            Self { folder, writing, looking, copying, has_copied, disk }
        }

        /// Writes so many bytes; how long the log is then.
        fn write(&self, n_bytes: u32) -> u32 {
            self.writing.execute("INSERT INTO t VALUES (zeroblob(?1))", [n_bytes]).unwrap();
            length_of_log()
        }

        fn look_after(&mut self) {
            self.copying.look_after(&self.writing);
        }

        /// As a worker without anything to write would.
        fn until_answered(&mut self) {
            let begun = Instant::now();
            while self.copying.asked_at.is_some() {
                assert!(begun.elapsed() < Duration::from_mins(1), "no answer");
                self.look_after();
                thread::yield_now();
            }
        }

        fn look_away(&self) {
            self.looking.execute_batch("COMMIT").unwrap();
        }

        /// Once the copier has answered, the file has all of the log, which begins anew.
        fn begins_anew(mut self) {
            self.until_answered();
            let n_pages = self.write(100_000);
            assert!(n_pages < 100, "the log went on to {n_pages} pages");
            self.copying.end();
        }

        fn cut_log(&self) {
            let log = File::options().write(true).open(self.folder.path().join(LOG_NAME));
            log.unwrap().set_len(32).unwrap();
        }

        fn why(&self) -> &str {
            self.copying.state.stopped().expect("writing has stopped")
        }
    }

    #[test]
    fn the_copier_copies_what_is_long_and_the_worker_what_came_since() {
        let mut long = Long::new();
        let before = length_of_log();
        assert!(before > LOG_PAGES_LONG);
        long.look_after();
        long.has_copied.recv().unwrap();
        assert!(long.write(100_000) > before);
        // Nobody waits for the disk.
        long.look_after();
        assert_eq!(long.copying.asked_at, Some(before));
        long.look_away();
        long.disk.send(Ok(())).unwrap();
        long.begins_anew();
    }

    #[test]
    fn writing_waits_when_much_is_added_meanwhile() {
        let mut long = Long::new();
        long.look_after();
        long.has_copied.recv().unwrap();
        long.write(9_000_000);
        long.look_away();
        let disk = long.disk.clone();
        let later = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            disk.send(Ok(())).unwrap();
        });
        long.look_after();
        assert_eq!(long.copying.asked_at, None, "it has waited for the answer");
        later.join().unwrap();
        long.begins_anew();
    }

    #[test]
    fn what_somebody_looks_past_is_left_to_the_copier() {
        let mut long = Long::new();
        let seen = length_of_log();
        let all = long.write(9_000_000);
        assert!(all > seen + PAGES_SINCE_MAX);
        long.look_after();
        long.has_copied.recv().unwrap();
        long.disk.send(Ok(())).unwrap();
        // It is asked again and again, and has nothing new for the disk to keep.
        for _ in 0..50 {
            long.look_after();
            assert_eq!(long.copying.asked_at, Some(all), "the worker copied so much");
            thread::sleep(Duration::from_millis(1));
        }
        assert!(long.has_copied.try_recv().is_err());
        long.look_away();
        long.disk.send(Ok(())).unwrap();
        long.begins_anew();
    }

    #[test]
    fn a_copy_that_the_disk_fails_stops_all_writing() {
        let mut read_fails = Long::new();
        read_fails.cut_log();
        read_fails.look_after();
        read_fails.until_answered();
        let mut sync_fails = Long::new();
        sync_fails.look_after();
        sync_fails.disk.send(Err(io::Error::other("the disk is on fire"))).unwrap();
        sync_fails.until_answered();
        let mut rest_fails = Long::new();
        rest_fails.look_after();
        rest_fails.has_copied.recv().unwrap();
        rest_fails.write(100_000);
        rest_fails.look_away();
        rest_fails.cut_log();
        rest_fails.disk.send(Ok(())).unwrap();
        rest_fails.until_answered();
        for failed in [read_fails, sync_fails, rest_fails] {
            let why = failed.why();
            assert!(why.contains("copying the log into the file failed"), "{why}");
            failed.copying.end();
        }
    }

    #[test]
    fn the_copier_syncs_what_it_copies_and_leaves_the_log_when_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let _writing = open_writer(&path).unwrap();
        let copier = open_copier(&path).unwrap();
        let level: u32 = copier.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(level, 1, "NORMAL");
        assert!(copier.db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE).unwrap());
    }
}
