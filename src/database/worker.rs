//! The thread that writes: takes the closures that wait, runs each in a savepoint of its own unless
//! it is sure, commits them together, and hands them on to be synced and answered. One sync of the
//! disk serves every request that waits.

use std::iter;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::copier::Copying;
use super::member::{Member, Undo};
use super::reader::Tx;
use super::syncer::Group;
use super::writer::{Alive, DIED, GONE, State};
use super::{FILE_NAME, LOG_NAME};
use crate::machine::{self, FileId};

/// Writes that share one commit at most, so that the first of them does not wait for ever.
const GROUP_MAX: usize = 1_024;
/// A group is closed once it has been open for this long, if the disk is ready for it.
pub(super) const GROUP_TIME_MAX: Duration = Duration::from_millis(20);
/// While the disk is busy with the group before, the open one could not be synced and takes whoever
/// comes; this often it looks who has. To be woken for each would cost more than to run it.
const NAP: Duration = Duration::from_micros(200);
/// A group then waits for company for this part of what a commit takes, and no longer than this:
/// those who were just answered are about to write again. A longer wait has the processors stand
/// idle.
const COMPANY_PART: u32 = 4;
const COMPANY_TIME_MAX: Duration = Duration::from_millis(2);
/// How often the free space is looked at.
const DISK_LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long closing waits for reads that are under way.
const CLOSING_WAIT: Duration = Duration::from_millis(250);

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

type Waiting = Receiver<Box<dyn Member>>;

/// What the writing thread works with.
pub(super) struct Worker {
    connection: Connection,
    folder: PathBuf,
    waiting: Waiting,
    to_syncer: SyncSender<Group>,
    copying: Copying,
    state: Arc<State>,
    /// Whether the last group had more than one member.
    has_company: bool,
    looked_at_disk: Option<Instant>,
    disk_is_full: bool,
    /// The file and the log that were opened, as the file system knows them.
    files: [Option<FileId>; 2],
}

impl Worker {
    pub(super) fn new(
        connection: Connection,
        folder: &Path,
        waiting: Waiting,
        to_syncer: SyncSender<Group>,
        copying: Copying,
        state: Arc<State>,
    ) -> Self {
        Self {
            connection,
            folder: folder.to_owned(),
            waiting,
            to_syncer,
            copying,
            state,
            has_company: false,
            looked_at_disk: None,
            disk_is_full: false,
            files: files_in(folder),
        }
    }

    /// Works for as long as anybody can write; ends the other threads, and then itself.
    pub(super) fn work(mut self, syncer: JoinHandle<()>) {
        let _alive = Alive(Arc::clone(&self.state));
        self.state.disk.belong_to_this_thread();
        while let Ok(first) = self.waiting.recv() {
            self.run_group(first);
        }
        let Self { connection, state, to_syncer, copying, .. } = self;
        copying.end();
        drop(to_syncer);
        // If it panicked, that is in the log.
        let _ = syncer.join();
        if state.stopped().is_none() {
            // The last one out copies the log back, so that a copied folder is one plain file. A
            // read that does not end must not hold up the stop; then the next start copies it.
            let _ = connection.busy_timeout(CLOSING_WAIT);
            if let Err(cause) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
                state.stop_at("copying the log into the file", &cause);
            }
        }
        if state.stopped().is_some() {
            // What the disk may have lost of the log does not belong in the file, and what it may
            // have lost of the file is still in the log.
            let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
        state.stop(GONE);
    }

    /// Runs and commits one group.
    fn run_group(&mut self, first: Box<dyn Member>) {
        if let Some(why) = self.refusal() {
            return self.refuse(first, &why);
        }
        if let Err(cause) = self.run("BEGIN IMMEDIATE") {
            // Nothing has happened yet, so nothing is uncertain: another program may hold the file
            // for a while, and later groups may do better.
            tracing::error!(%cause, "a group of writes could not begin");
            return self.refuse(first, CANNOT_BEGIN);
        }
        let (begun, n_changes) = (Instant::now(), self.connection.total_changes());
        let (mut members, mut next, mut has_waited) = (vec![], Some(first), false);
        while let Some(mut member) = next {
            let ran = self.run_member(&mut *member);
            members.push(member);
            if let Err(why) = ran {
                let n_undone = members.len() - 1;
                tracing::error!(why, n_undone, "a group of writes was undone");
                // What those before it were told by the file is not true any more.
                members[..n_undone].iter_mut().for_each(|member| member.void());
                // What it failed at may rest on the group before.
                self.await_disk();
                return self.state.answer(members, Some(&why));
            }
            let is_late = begun.elapsed() > GROUP_TIME_MAX && !self.is_disk_busy();
            let is_full = members.len() == GROUP_MAX || is_late;
            let is_alone = members.len() == 1 && !self.has_company;
            next = if is_full { None } else { self.next_member(is_alone, &mut has_waited) };
        }
        self.await_disk();
        self.has_company = members.len() > 1;
        if let Some(why) = self.state.stopped() {
            let _ = self.run("ROLLBACK");
            self.state.answer(members, Some(why));
        } else if self.connection.total_changes() == n_changes {
            // Nothing to keep, and the disk has all that they saw.
            let lost = self.run("COMMIT").err().map(|cause| self.stop("committing", &cause));
            self.state.answer(members, lost.as_deref());
        } else {
            self.commit(members);
        }
    }

    /// Whether the group before is still on its way to the disk, so that another cannot be synced.
    fn is_disk_busy(&self) -> bool {
        self.state.disk.is_busy() && self.state.stopped().is_none()
    }

    /// Waits until the group before is on the disk.
    fn await_disk(&self) {
        while self.is_disk_busy() {
            // The syncer ends this when the disk is done.
            thread::park_timeout(NAP);
        }
    }

    /// The next write for the open group; `None` if it is time to commit it.
    fn next_member(&self, is_alone: bool, has_waited: &mut bool) -> Option<Box<dyn Member>> {
        loop {
            if let Ok(member) = self.waiting.try_recv() {
                return Some(member);
            }
            if self.is_disk_busy() {
                thread::park_timeout(NAP);
            } else if is_alone || mem::replace(has_waited, true) {
                // Whoever writes alone is not held up.
                return None;
            } else {
                let commit_time = self.state.disk.commit_time();
                thread::sleep((commit_time / COMPANY_PART).min(COMPANY_TIME_MAX));
            }
        }
    }

    /// Answers this write and those that wait behind it, none of which is run.
    fn refuse(&self, first: Box<dyn Member>, why: &str) {
        let members = iter::once(first).chain(self.waiting.try_iter().take(GROUP_MAX));
        self.state.answer(members.collect(), Some(why));
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

    /// Commits a group and hands it on to be synced; then there is time for a long log.
    fn commit(&mut self, members: Vec<Box<dyn Member>>) {
        let (begun, number) = (Instant::now(), self.state.durable.reveal_next());
        if let Err(cause) = self.run("COMMIT") {
            let why = self.stop("committing", &cause);
            self.state.durable.give_up();
            return self.state.answer(members, Some(&why));
        }
        #[expect(clippy::cast_precision_loss, reason = "a group has at most a thousand members")]
        self.state.figures.group_size.observe(members.len() as f64);
        self.state.disk.begin();
        if let Err(unsent) = self.to_syncer.send(Group { number, members, begun }) {
            let why = self.state.stop(DIED);
            return self.state.answer(unsent.0.members, Some(why));
        }
        self.copying.look_after(&self.connection);
    }

    fn stop(&self, step: &str, cause: &rusqlite::Error) -> String {
        let _ = self.run("ROLLBACK");
        self.state.stop_at(step, cause)
    }

    /// Why a group must not even begin.
    fn refusal(&mut self) -> Option<String> {
        if let Some(why) = self.state.stopped() {
            return Some(why.to_owned());
        }
        if self.looked_at_disk.is_none_or(|when| when.elapsed() > DISK_LOOK_EVERY) {
            self.looked_at_disk = Some(Instant::now());
            self.disk_is_full = machine::is_disk_nearly_full(&self.folder);
            if self.files != files_in(&self.folder) {
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

/// The database file and its log, as the file system knows them.
fn files_in(folder: &Path) -> [Option<FileId>; 2] {
    [FILE_NAME, LOG_NAME].map(|name| FileId::of(&folder.join(name)))
}
