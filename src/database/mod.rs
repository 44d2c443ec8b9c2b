//! The database: many readers, one writer that commits in groups, and nothing of its engine outside
//! this folder.
//!
//! - [`Database::read`] runs a closure with a [`Reader`] on a pooled read-only connection; what it
//!   saw is on the disk before anybody is told.
//! - [`Database::write`] runs a closure with a [`Tx`] on the one writing connection, inside its own
//!   savepoint, and answers only after the group it travelled in has been committed and synced;
//!   [`Database::write_sure`] does without the savepoint.
//!
//! It refuses to retry a commit or a sync that failed: what of it reached the disk is unknown, so
//! the writer stops, [`Database::stopped`] says why, and a restart reads the truth from the file.
//! SQL is written where it is run and keeps to what SQLite and PostgreSQL share; `?1` is the only
//! placeholder form.

mod connection;
mod copier;
mod durable;
mod figures;
mod member;
mod migration;
mod reader;
mod shape;
mod snapshot;
mod syncer;
mod value;
mod worker;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use r2d2_sqlite::SqliteConnectionManager;
use rocket::tokio::task;

use crate::error::{Error, Result};

pub use figures::WriterFigures;
use member::Undo;
pub use migration::{SCHEMA, SCHEMA_VERSION};
pub use reader::{Reader, Tx};
pub use snapshot::{Snapshot, write_snapshot};
use syncer::Flush;
pub use value::{Column, OwnedParam, Param, Row};
pub(crate) use value::{bind, params};

/// The name of the database file inside the data folder.
pub const FILE_NAME: &str = "cellar.db";

/// The name of its log beside it; empty or absent once the database is closed.
pub const LOG_NAME: &str = "cellar.db-wal";

/// Read connections. Reads are short and the work is CPU; more than this only adds memory.
const READERS_MAX: u32 = 8;

/// How long a read waits for a connection before the server calls itself busy.
const READER_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// The open database of one data folder.
#[derive(Clone)]
pub struct Database {
    parts: Arc<Parts>,
}

struct Parts {
    path: PathBuf,
    readers: r2d2::Pool<SqliteConnectionManager>,
    writer: writer::Writer,
    /// The file once more, closed after the connections: with it the system lets go of all locks
    /// that this process has there, also of one that the pool is only just closing.
    _file: Arc<File>,
}

impl Database {
    /// Opens the database file in `folder`, creating it from the embedded schema or upgrading it.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::open_with(folder, |log| Box::new(move || log.sync_data()))
    }

    /// The same with another way to have the disk keep what is in the log.
    fn open_with(folder: &Path, sync: impl FnOnce(File) -> Flush) -> Result<Self> {
        connection::assert_engine()?;
        let path = folder.join(FILE_NAME);
        let mut writing = connection::open_writer(&path)?;
        migration::bring_up_to_date(&mut writing, &path)?;
        let manager = SqliteConnectionManager::file(&path)
            .with_flags(connection::read_only_flags())
            .with_init(connection::prepare_reader);
        let readers = r2d2::Pool::builder()
            .max_size(READERS_MAX)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(READER_WAIT)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(manager);
        let log = connection::open_to_sync(&folder.join(LOG_NAME))?;
        // What a process left behind that was killed between a commit and its sync is seen from now
        // on, so the disk shall have it.
        log.sync_data().map_err(Error::internal)?;
        let file = Arc::new(connection::open_to_sync(&path)?);
        let synced = Arc::clone(&file);
        let sync_file = Box::new(move || synced.sync_data());
        let writer = writer::Writer::start(writing, folder, sync_file, sync(log))?;
        Ok(Self { parts: Arc::new(Parts { path, readers, writer, _file: file }) })
    }

    /// Where the database file lies.
    pub fn path(&self) -> &Path {
        &self.parts.path
    }

    /// Runs `run` with a consistent view of the data, off the async threads; what it saw is on the
    /// disk before it is answered.
    pub async fn read<T, F>(&self, run: F) -> Result<T>
    where
        F: FnOnce(&Reader<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let database = self.clone();
        let found = task::spawn_blocking(move || database.look(run)).await;
        self.synced().await;
        found.map_err(Error::internal)?
    }

    /// [`Database::read`] for a single statement that finds a row or two by their keys: looked up
    /// on this very thread, for that takes less time than changing threads. Only if every
    /// connection is in use is it done as any other read.
    pub async fn peek<T, F>(&self, run: F) -> Result<T>
    where
        F: FnOnce(&Reader<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let Some(connection) = self.parts.readers.try_get() else { return self.read(run).await };
        let found = run(&Reader::new(&connection));
        drop(connection);
        self.synced().await;
        found
    }

    /// Waits until the disk has all that a read can have seen by now.
    async fn synced(&self) {
        if let Some(synced) = self.parts.writer.durable().awaited() {
            // It is answered or dropped, however the writer ends.
            let _ = synced.await;
        }
    }

    /// [`Database::read`] for code that already runs on a thread of its own.
    pub fn read_here<T>(&self, run: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let found = self.look(run);
        self.parts.writer.durable().wait();
        found
    }

    fn look<T>(&self, run: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.parts.readers.get().map_err(|_| Error::Busy)?;
        reader::in_one_view(&mut connection, run)
    }

    /// Runs `run` inside its own savepoint and answers after the commit it travelled in.
    ///
    /// Inside `run` there is SQL and nothing else: every other writer waits for it. If it errs or
    /// panics, only its own changes are undone.
    pub async fn write<T, F>(&self, run: F) -> Result<T>
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.submit(Undo::Savepoint, run).await
    }

    /// [`Database::write`] for a closure that fails before its first change or not at all: it
    /// needs no savepoint, which is a fifth of what a small write costs. If it fails later all the
    /// same, whatever shares its commit is undone too, and those callers are told to try again.
    pub async fn write_sure<T, F>(&self, run: F) -> Result<T>
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.submit(Undo::Group, run).await
    }

    async fn submit<T, F>(&self, undo: Undo, run: F) -> Result<T>
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let answer = self.parts.writer.submit(undo, run)?;
        answer.await.map_err(|_| Error::Unavailable(writer::GONE.into()))?
    }

    /// Puts a write in the queue that nobody waits for. It is done before every write that comes
    /// after it; what it finds, and whether its commit failed, nobody hears.
    pub fn write_unawaited<F>(&self, run: F) -> Result<()>
    where
        F: FnOnce(&Tx<'_>) -> Result<()> + Send + 'static,
    {
        self.parts.writer.submit(Undo::Savepoint, run).map(drop)
    }

    /// [`Database::write`] for code that already runs on a thread of its own.
    pub fn write_here<T, F>(&self, run: F) -> Result<T>
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let answer = self.parts.writer.submit(Undo::Savepoint, run)?;
        answer.blocking_recv().map_err(|_| Error::Unavailable(writer::GONE.into()))?
    }

    /// Runs one writing statement; the number of rows it touched.
    pub async fn execute(&self, sql: &'static str, params: Vec<OwnedParam>) -> Result<usize> {
        self.write(move |tx| tx.execute(sql, &value::borrowed(&params))).await
    }

    /// The first row of one query, read by `map`, if there is one.
    pub async fn fetchone<T, F>(
        &self,
        sql: &'static str,
        params: Vec<OwnedParam>,
        map: F,
    ) -> Result<Option<T>>
    where
        F: FnMut(&Row<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.read(move |r| r.fetchone(sql, &value::borrowed(&params), map)).await
    }

    /// Every row of one query, read by `map`.
    pub async fn fetchall<T, F>(
        &self,
        sql: &'static str,
        params: Vec<OwnedParam>,
        map: F,
    ) -> Result<Vec<T>>
    where
        F: FnMut(&Row<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.read(move |r| r.fetchall(sql, &value::borrowed(&params), map)).await
    }

    /// Why no write is accepted any more; `None` while all is well.
    pub fn stopped(&self) -> Option<String> {
        self.parts.writer.stopped()
    }

    /// What the writer has done so far.
    pub fn figures(&self) -> WriterFigures {
        self.parts.writer.figures()
    }

    /// Finishes the writes that wait, copies the log back into the file and ends the writer. Later
    /// writes are refused.
    pub fn close(&self) {
        self.parts.writer.close();
    }
}

#[cfg(test)]
mod tests;
