//! The one writer: takes the closures that wait, runs each in a savepoint of its own unless it is
//! sure, commits them together, and only then answers them all. One sync of the disk serves every
//! request that waits.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use prometheus::{Histogram, HistogramOpts, IntGauge};
use rocket::tokio::sync::oneshot;
use rusqlite::Connection;

use super::member::{Member, Undo, Write};
use super::reader::Tx;
use crate::error::{Error, Result};
use crate::machine::{self, FileId};

/// Writes that may wait; beyond it the server says that it is busy.
const QUEUE_MAX: usize = 8_192;
/// Writes that share one commit at most, so that the first of them does not wait for ever.
const GROUP_MAX: usize = 1_024;
/// A group is closed once its closures have run for this long.
pub(super) const GROUP_TIME_MAX: Duration = Duration::from_millis(20);
/// A group waits for company for this part of what a commit takes, and no longer than this. Where
/// many write, a commit brings its own company while it is under way: a longer wait has the
/// processors stand idle.
const COMPANY_PART: u32 = 4;
const COMPANY_TIME_MAX: Duration = Duration::from_millis(2);
/// How often the free space is looked at.
const DISK_LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long closing waits for reads that are under way.
const CLOSING_WAIT: Duration = Duration::from_millis(250);

/// What a caller hears when the writer has ended.
pub(super) const GONE: &str =
    "the database is closed because the server is stopping; start it again";

/// What a caller hears when the file is held by somebody else.
const CANNOT_BEGIN: &str = "the database cannot be written at the moment; check the disk, and that \
                            no other program holds the file";

/// What a group hears that one of its members undid.
const UNDONE_BY_ONE: &str = "another write failed in the middle, and what was written together \
                             with it was undone; nothing was saved, try again";

/// What a group hears that SQLite undid by itself.
const UNDONE: &str =
    "the disk is full or failing, and nothing was saved; free some space and try again";

/// What everyone hears if the file is no longer where it was opened.
const GONE_FILE: &str = "writes are stopped because the database file was moved, deleted or \
                         replaced under the running server; put it back and restart the server";

/// What everyone hears if the writing thread ends while writes may still come.
const DIED: &str = "writes are stopped because the writing thread has ended; restart the server";

/// The way to the writing thread.
pub(super) struct Writer {
    queue: RwLock<Option<SyncSender<Box<dyn Member>>>>,
    state: Arc<State>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

struct State {
    stopped: OnceLock<String>,
    figures: WriterFigures,
}

impl State {
    /// Accepts no write from now on; why, which is the first reason given.
    fn stop(&self, why: &str) -> &str {
        self.stopped.get_or_init(|| why.to_owned())
    }
}

/// Held by the writing thread: however it ends, nobody waits for it in vain.
struct Alive(Arc<State>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.stop(DIED);
    }
}

/// What the writer has done since it started, as counters that a metrics page can show.
#[derive(Debug, Clone)]
pub struct WriterFigures {
    /// How long each commit took, the sync of the disk included.
    pub commit_seconds: Histogram,
    /// How many writes each commit carried.
    pub group_size: Histogram,
    /// Writes that wait now.
    pub waiting: IntGauge,
}

impl WriterFigures {
    fn new() -> Result<Self> {
        let histogram = |name: &str, help: &str, buckets: Vec<f64>| {
            Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))
                .map_err(Error::internal)
        };
        Ok(Self {
            commit_seconds: histogram(
                "cellar_commit_seconds",
                "Time of each commit, the sync of the disk included.",
                vec![0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0],
            )?,
            group_size: histogram(
                "cellar_commit_group_size",
                "Writes that each commit carried.",
                vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1024.0],
            )?,
            waiting: IntGauge::new("cellar_writes_waiting", "Writes that wait for the writer.")
                .map_err(Error::internal)?,
        })
    }

    /// Groups committed.
    pub fn n_commits(&self) -> u64 {
        self.group_size.get_sample_count()
    }

    /// Writes in those groups.
    pub fn n_writes(&self) -> u64 {
        // A sum of whole numbers far below 2^53 is exact.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let sum = self.group_size.get_sample_sum() as u64;
        sum
    }
}

impl Writer {
    pub(super) fn start(connection: Connection, folder: &Path) -> Result<Self> {
        let (queue, waiting) = sync_channel(QUEUE_MAX);
        let state = Arc::new(State { stopped: OnceLock::new(), figures: WriterFigures::new()? });
        let worker = Worker {
            connection,
            folder: folder.to_owned(),
            state: Arc::clone(&state),
            looked_at_disk: None,
            disk_is_full: false,
            has_company: false,
            commit_time: Duration::ZERO,
            file: FileId::of(&folder.join(super::FILE_NAME)),
        };
        let thread = thread::Builder::new()
            .name("cellar-writer".into())
            .spawn(move || {
                let _alive = Alive(Arc::clone(&worker.state));
                worker.work(&waiting);
            })
            .map_err(Error::internal)?;
        Ok(Self { queue: RwLock::new(Some(queue)), state, thread: Mutex::new(Some(thread)) })
    }

    /// Puts a closure in the queue; its answer comes after the commit.
    pub(super) fn submit<T, F>(&self, undo: Undo, run: F) -> Result<oneshot::Receiver<Result<T>>>
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        if let Some(why) = self.state.stopped.get() {
            return Err(Error::Unavailable(why.clone()));
        }
        let (caller, answer) = oneshot::channel();
        let member = Box::new(Write::new(undo, run, caller));
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else { return Err(Error::Unavailable(GONE.into())) };
        self.state.figures.waiting.inc();
        queue.try_send(member).map_err(|refused| {
            self.state.figures.waiting.dec();
            match refused {
                TrySendError::Full(_) => Error::Busy,
                TrySendError::Disconnected(_) => Error::Unavailable(GONE.into()),
            }
        })?;
        Ok(answer)
    }

    pub(super) fn stopped(&self) -> Option<String> {
        self.state.stopped.get().cloned()
    }

    pub(super) fn figures(&self) -> WriterFigures {
        self.state.figures.clone()
    }

    pub(super) fn close(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The thread contains its members' panics; its own would already be in the log.
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

struct Worker {
    connection: Connection,
    folder: PathBuf,
    state: Arc<State>,
    looked_at_disk: Option<Instant>,
    disk_is_full: bool,
    /// Whether the last group had more than one member.
    has_company: bool,
    /// What a commit takes, about.
    commit_time: Duration,
    /// The file that was opened, as the file system knows it.
    file: Option<FileId>,
}

impl Worker {
    fn work(mut self, waiting: &Receiver<Box<dyn Member>>) {
        while let Ok(first) = waiting.recv() {
            let (members, lost) = self.run_group(first, waiting);
            self.state.figures.waiting.sub(i64::try_from(members.len()).unwrap_or(0));
            for member in members {
                member.answer(lost.as_deref());
            }
        }
        // The last one out folds the log back, so that a copied folder is one plain file. A read
        // that does not end must not hold up the stop; then the next start folds the log back.
        let _ = self.connection.busy_timeout(CLOSING_WAIT);
        let _ = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        self.state.stop(GONE);
    }

    /// Runs and commits one group; the members to answer, and why their changes are lost if so.
    fn run_group(
        &mut self,
        first: Box<dyn Member>,
        waiting: &Receiver<Box<dyn Member>>,
    ) -> (Vec<Box<dyn Member>>, Option<String>) {
        let mut members = vec![first];
        if let Some(why) = self.refusal() {
            members.extend(waiting.try_iter().take(GROUP_MAX));
            return (members, Some(why));
        }
        if let Err(cause) = self.run("BEGIN IMMEDIATE") {
            // Nothing has happened yet, so nothing is uncertain: another program may hold the file
            // for a while, and later groups may do better.
            tracing::error!(%cause, "a group of writes could not begin");
            members.extend(waiting.try_iter().take(GROUP_MAX));
            return (members, Some(CANNOT_BEGIN.into()));
        }
        let begun = Instant::now();
        let (mut next, mut has_waited) = (0, false);
        loop {
            if let Err(why) = self.run_member(&mut *members[next]) {
                tracing::error!(why, n_undone = next, "a group of writes was undone");
                // What those before it were told by the file is not true any more.
                members[..next].iter_mut().for_each(|member| member.void());
                return (members, Some(why));
            }
            next += 1;
            if next == members.len() {
                if next == GROUP_MAX || begun.elapsed() > GROUP_TIME_MAX {
                    break;
                }
                members.extend(waiting.try_iter().take(GROUP_MAX - next));
                if next == members.len() && !has_waited {
                    has_waited = true;
                    self.await_company(next);
                    members.extend(waiting.try_iter().take(GROUP_MAX - next));
                }
                if next == members.len() {
                    break;
                }
            }
        }
        self.has_company = next > 1;
        let lost = self.commit(members.len()).err();
        (members, lost)
    }

    /// Gives others time to join a group of so many. Where several write at once more are about to
    /// come, and they are worth as long a wait as the commits of their own that they save. Whoever
    /// writes alone is not held up.
    fn await_company(&self, n_members: usize) {
        if n_members > 1 || self.has_company {
            thread::sleep((self.commit_time / COMPANY_PART).min(COMPANY_TIME_MAX));
        } else {
            // If somebody wants the processor, it may be to write; if not, this takes no time.
            thread::yield_now();
        }
    }

    /// Runs one closure. An error means that the whole group is undone.
    fn run_member(&self, member: &mut dyn Member) -> Result<(), String> {
        match member.undo() {
            Undo::Savepoint => self.run_in_savepoint(member),
            Undo::Group => self.run_in_group(member),
        }
    }

    fn run_in_group(&self, member: &mut dyn Member) -> Result<(), String> {
        let before = self.connection.total_changes();
        let stays = member.run(&Tx::new(&self.connection));
        if self.connection.is_autocommit() {
            member.void();
            return Err(UNDONE.into());
        }
        if stays || self.connection.total_changes() == before {
            return Ok(());
        }
        let reason = member.reason();
        tracing::error!(reason, "a write that was said to be sure failed after its first change");
        self.run("ROLLBACK").map_err(|cause| self.stop("undoing a group", &cause))?;
        Err(UNDONE_BY_ONE.into())
    }

    fn run_in_savepoint(&self, member: &mut dyn Member) -> Result<(), String> {
        self.run("SAVEPOINT member").map_err(|cause| self.stop("opening a savepoint", &cause))?;
        let stays = member.run(&Tx::new(&self.connection));
        if self.connection.is_autocommit() {
            // SQLite undid the group by itself: the disk filled up or failed under a statement.
            // Nothing of it was committed, so this is certain, and later groups may do better.
            member.void();
            return Err(UNDONE.into());
        }
        if !stays {
            self.run("ROLLBACK TO member")
                .map_err(|cause| self.stop("undoing a failed write", &cause))?;
        }
        self.run("RELEASE member").map_err(|cause| self.stop("closing a savepoint", &cause))
    }

    fn commit(&mut self, n_members: usize) -> Result<(), String> {
        let begun = Instant::now();
        self.run("COMMIT").map_err(|cause| self.stop("committing", &cause))?;
        let taken = begun.elapsed();
        // One commit that folds the log back is no measure of the next.
        self.commit_time = (self.commit_time * 7 + taken) / 8;
        self.state.figures.commit_seconds.observe(taken.as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a group has at most a thousand members")]
        self.state.figures.group_size.observe(n_members as f64);
        Ok(())
    }

    /// Stops all writing for the rest of this process: what the file holds is no longer certain.
    fn stop(&self, step: &str, cause: &rusqlite::Error) -> String {
        tracing::error!(step, %cause, "the database stopped accepting writes");
        let why = format!(
            "writes are stopped because {step} failed in the database; check the disk, then restart the server"
        );
        let _ = self.run("ROLLBACK");
        self.state.stop(&why).to_owned()
    }

    /// Why a group must not even begin.
    fn refusal(&mut self) -> Option<String> {
        if let Some(why) = self.state.stopped.get() {
            return Some(why.clone());
        }
        if self.looked_at_disk.is_none_or(|when| when.elapsed() > DISK_LOOK_EVERY) {
            self.looked_at_disk = Some(Instant::now());
            self.disk_is_full = machine::is_disk_nearly_full(&self.folder);
            if self.file != FileId::of(&self.folder.join(super::FILE_NAME)) {
                return Some(self.state.stop(GONE_FILE).to_owned());
            }
        }
        self.disk_is_full.then(|| {
            format!(
                "the disk that holds {} is nearly full, so nothing new is saved; free some space",
                self.folder.display()
            )
        })
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }
}
