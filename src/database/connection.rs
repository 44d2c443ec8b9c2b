//! Connections: how a writer and a reader are opened, and the settings each of them needs.

use std::cell::Cell;
use std::fs::File;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::Wal;
use rusqlite::{Connection, OpenFlags};

use super::migration::refuse_unknown;
use crate::error::{Error, Result};

/// The first SQLite without the race between a log reset and a second connection of one process,
/// which is what a pool is.
const ENGINE_MIN: i32 = 3_051_003;

/// `Cell`, in the header of every database file of ours: tells it from a foreign one.
pub(super) const APPLICATION_ID: i32 = 0x4365_6c6c;

/// Statements kept prepared on each connection; more than the program has.
const STATEMENTS_KEPT: usize = 256;

/// Refuses to run on an SQLite that can damage a file under a pool of connections.
pub(super) fn assert_engine() -> Result<()> {
    if rusqlite::version_number() >= ENGINE_MIN {
        return Ok(());
    }
    Err(Error::Unavailable(format!(
        "this build carries SQLite {}, which can damage the database; build with 3.51.3 or newer",
        rusqlite::version()
    )))
}

pub(super) fn read_only_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// Opens the one connection that writes, creating the file if it is missing.
pub(super) fn open_writer(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| unusable(path, &e))?;
    // First, so that the statements below wait for a lock instead of failing.
    connection.pragma_update(None, "busy_timeout", 5_000).map_err(|e| unusable(path, &e))?;
    refuse_unknown(&connection, path)?;
    prepare_writer(&connection).map_err(|e| unusable(path, &e))?;
    Ok(connection)
}

/// Opens a connection of another process (a backup, a check) that never writes.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(path, read_only_flags()).map_err(|e| unusable(path, &e))?;
    refuse_unknown(&connection, path)?;
    prepare(&connection).map_err(|e| unusable(path, &e))?;
    Ok(connection)
}

/// Opens the connection that copies the log of a database that is open back into its file.
pub(super) fn open_copier(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| unusable(path, &e))?;
    prepare_copier(&connection).map_err(|e| unusable(path, &e))?;
    Ok(connection)
}

/// Opens the file or the log of a database that is open, to sync what is written into it. SQLite
/// has locks on the file and none on the log: closing the one lets go of them, closing the other of
/// nothing.
pub(super) fn open_to_sync(path: &Path) -> Result<File> {
    // Some systems sync only what may be written.
    let opened = File::options().read(true).write(true).open(path);
    opened.map_err(|cause| {
        Error::Unavailable(format!("{} cannot be opened: {cause}", path.display()))
    })
}

fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    // Readers never wait for the writer, nor the writer for them.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit is answered only after it is on the disk, so credits survive a power cut; but it is
    // not SQLite that waits for the disk, it is the syncer, which has the writer go on meanwhile.
    // What SQLite syncs by itself is what keeps the file whole: when the log is copied back.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // References between tables hold, checked at every statement.
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten: who closes an account is forgotten in the file too, not just
    // where nobody looks. The log keeps older pages until it begins anew, at the latest when the
    // server stops.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.wal_hook(Some(note_length_of_log));
    prepare(connection)
}

fn prepare_copier(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "busy_timeout", 5_000)?;
    // The log is synced before it is copied, and the file before the log may begin anew.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // It changes nothing but where a page lies.
    connection.pragma_update(None, "query_only", true)?;
    // What is in the log when it is closed is for the worker to copy, or for nobody.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // SQLite looks for a log when it first reads, and copies none that it has not seen.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

thread_local! {
    /// How long the log was after the last commit of this thread, in pages.
    static LOG_PAGES: Cell<u32> = const { Cell::new(0) };
}

/// Notes how long the log is. SQLite would copy a long one back by itself, in the commit that finds
/// it long, and keep it secret if the disk failed to sync: the next sync may then succeed without
/// the pages of that one.
#[expect(clippy::unnecessary_wraps, reason = "a hook may fail")]
fn note_length_of_log(_: &Wal, n_pages: i32) -> rusqlite::Result<()> {
    LOG_PAGES.set(n_pages.unsigned_abs());
    Ok(())
}

/// How long the log was after the last commit of this thread, in pages.
pub(super) fn length_of_log() -> u32 {
    LOG_PAGES.get()
}

/// Copies the log back into the file as far as nobody reads older pages there; how many pages of
/// the log the file has then. It syncs the log first, and the file once all of the log is in it. An
/// error says that the file is not to be trusted.
pub(super) fn copy_log_back(connection: &Connection) -> rusqlite::Result<u32> {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory};
    let copied =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(2));
    match copied {
        // Somebody else who is at it, too, is told with a number: of less than nothing.
        Ok(n_pages) => Ok(u32::try_from(n_pages).unwrap_or(0)),
        Err(cause) => match cause.sqlite_error_code() {
            // The log has everything, and is tried again.
            Some(DatabaseBusy | DatabaseLocked | DiskFull | OutOfMemory) => {
                tracing::warn!(%cause, "the log could not be copied into the file");
                Ok(0)
            }
            _ => Err(cause),
        },
    }
}

/// Settings that a reader shares with the writer.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "busy_timeout", 5_000)?;
    // Sorting spills into memory, never into a file outside the data folder.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // 4 MiB a connection: the hot index pages fit, and eight readers stay a small thing.
    connection.pragma_update(None, "cache_size", -4_096)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // SQLite's own knows the letters of English alone.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("lower", 1, flags, |call| {
        Ok(call.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
    })
}

/// What the pool does to each new reader.
pub(super) fn prepare_reader(connection: &mut Connection) -> rusqlite::Result<()> {
    prepare(connection)?;
    // A second lock behind the read-only flag: no statement of a reader can change anything.
    connection.pragma_update(None, "query_only", true)
}

/// The sentence for a database file that cannot be opened: the file, the reason, the cure.
pub(super) fn unusable(path: &Path, cause: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DiskFull, NotADatabase, PermissionDenied, ReadOnly,
    };
    let path = path.display();
    let clause = match cause.sqlite_error_code() {
        Some(NotADatabase) => format!(
            "{path} is not a database of Cellar; name another data folder or restore a backup into an empty one"
        ),
        Some(CannotOpen | PermissionDenied | ReadOnly) => format!(
            "{path} cannot be opened for writing; give this user the right to write in its folder, or name another data folder"
        ),
        Some(DiskFull) => {
            format!("the disk that holds {path} is full; free some space and start again")
        }
        Some(DatabaseBusy) => {
            format!("{path} is locked by another program; stop it and start again")
        }
        _ => format!("{path} cannot be used ({cause}); restore a backup into an empty folder"),
    };
    Error::Unavailable(clause)
}
