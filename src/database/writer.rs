//! The way to the one writer, and what its threads share: the worker runs the closures that wait
//! and commits them together, the syncer has the disk keep them and answers, and the copier brings
//! a long log back into the file.

use std::fmt::Display;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use rocket::tokio::sync::oneshot;
use rusqlite::Connection;

use super::FILE_NAME;
use super::copier::Copying;
use super::durable::Durable;
use super::figures::WriterFigures;
use super::member::{Member, Undo, Write};
use super::reader::Tx;
use super::syncer::{Disk, Flush, Syncer};
use super::worker::Worker;
use crate::error::{Error, Result};

/// Writes that may wait; beyond it the server says that it is busy.
const QUEUE_MAX: usize = 8_192;

/// What a caller hears when the writer has ended.
pub(super) const GONE: &str =
    "the database is closed because the server is stopping; start it again";

/// What everyone hears if one of the threads ends while writes may still come.
pub(super) const DIED: &str =
    "writes are stopped because a writing thread has ended; restart the server";

/// The way to the writing threads.
pub(super) struct Writer {
    queue: RwLock<Option<SyncSender<Box<dyn Member>>>>,
    state: Arc<State>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

/// What the threads and whoever calls them share.
pub(super) struct State {
    stopped: OnceLock<String>,
    pub(super) figures: WriterFigures,
    pub(super) durable: Durable,
    pub(super) disk: Disk,
}

impl State {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            stopped: OnceLock::new(),
            figures: WriterFigures::new()?,
            durable: Durable::default(),
            disk: Disk::default(),
        })
    }

    /// Accepts no write from now on; why, which is the first reason given.
    pub(super) fn stop(&self, why: &str) -> &str {
        self.stopped.get_or_init(|| why.to_owned())
    }

    /// Stops all writing for the rest of this process: what the file holds is no longer certain.
    pub(super) fn stop_at(&self, step: &str, cause: &dyn Display) -> String {
        tracing::error!(step, %cause, "the database stopped accepting writes");
        let why = format!(
            "writes are stopped because {step} failed in the database; check the disk, then restart the server"
        );
        self.stop(&why).to_owned()
    }

    /// Why no write is accepted any more.
    pub(super) fn stopped(&self) -> Option<&str> {
        self.stopped.get().map(String::as_str)
    }

    /// Answers writes that wait no longer: `lost` says why their changes are not in the file.
    pub(super) fn answer(&self, members: Vec<Box<dyn Member>>, lost: Option<&str>) {
        self.figures.waiting.sub(i64::try_from(members.len()).unwrap_or(0));
        for member in members {
            member.answer(lost);
        }
    }
}

/// Held by each of the threads: should one panic, nothing is written any more.
pub(super) struct Alive(pub(super) Arc<State>);

impl Drop for Alive {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop(DIED);
        }
    }
}

impl Writer {
    /// Begins to write to the file in `folder` with this connection; `sync_file` belongs to it, and
    /// `sync_log` to its log.
    pub(super) fn start(
        connection: Connection,
        folder: &Path,
        sync_file: Flush,
        sync_log: Flush,
    ) -> Result<Self> {
        let (queue, waiting) = sync_channel(QUEUE_MAX);
        let (to_syncer, groups) = sync_channel(1);
        let state = Arc::new(State::new()?);
        let syncer = Syncer { groups, sync_log, state: Arc::clone(&state) };
        let syncer = thread::Builder::new()
            .name("cellar-syncer".into())
            .spawn(move || syncer.work())
            .map_err(Error::internal)?;
        let copying = Copying::start(folder.join(FILE_NAME), sync_file, Arc::clone(&state))?;
        let worker =
            Worker::new(connection, folder, waiting, to_syncer, copying, Arc::clone(&state));
        let worker = thread::Builder::new()
            .name("cellar-writer".into())
            .spawn(move || worker.work(syncer))
            .map_err(Error::internal)?;
        Ok(Self { queue: RwLock::new(Some(queue)), state, worker: Mutex::new(Some(worker)) })
    }

    /// Puts a closure in the queue; its answer comes once its changes are on the disk.
    pub(super) fn submit<T, F>(&self, undo: Undo, run: F) -> Result<oneshot::Receiver<Result<T>>>
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        if let Some(why) = self.state.stopped() {
            return Err(Error::Unavailable(why.to_owned()));
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
        self.state.stopped().map(str::to_owned)
    }

    pub(super) fn durable(&self) -> &Durable {
        &self.state.durable
    }

    pub(super) fn figures(&self) -> WriterFigures {
        self.state.figures.clone()
    }

    pub(super) fn close(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            // The thread contains its members' panics; its own would already be in the log.
            let _ = worker.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}
