//! A database file seen from outside the server: one consistent copy, and a look at its health.
//! Used by `backup`, `restore` and `check`, never inside a serving process: closing a second
//! descriptor of the file would drop the locks the server holds on it.

use std::path::Path;

use rusqlite::Connection;

use super::connection::{self, unusable};
use super::migration::SCHEMA_VERSION;
use super::reader::{self, Reader};
use crate::error::{Error, Result};

/// A database file opened for reading by a process that does not serve it.
pub struct Snapshot {
    connection: Connection,
}

impl Snapshot {
    /// Opens the file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { connection: connection::open_reader(path)? })
    }

    /// Runs `run` on one consistent view.
    pub fn read<T>(&mut self, run: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        reader::in_one_view(&mut self.connection, run)
    }

    /// What SQLite finds wrong with the file; empty if nothing.
    pub fn integrity_problems(&self) -> Result<Vec<String>> {
        let found = self.lines("PRAGMA integrity_check", 0)?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }

    /// Tables with a row that refers to one that is not there.
    pub fn dangling_references(&self) -> Result<Vec<String>> {
        self.lines("PRAGMA foreign_key_check", 0)
    }

    /// The schema's version, and the one this program knows.
    pub fn schema_versions(&self) -> Result<(i32, i32)> {
        let version = self
            .connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(Error::internal)?;
        Ok((version, SCHEMA_VERSION))
    }

    fn lines(&self, sql: &str, place: usize) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare(sql).map_err(Error::internal)?;
        let lines = statement.query_map([], |row| row.get(place)).map_err(Error::internal)?;
        lines.collect::<rusqlite::Result<_>>().map_err(Error::internal)
    }
}

/// Writes one consistent copy of the database at `from` to the new file `to`, whether or not a
/// server is writing to it.
pub fn write_snapshot(from: &Path, to: &Path) -> Result<()> {
    let connection = connection::open_reader(from)?;
    let to = to.to_str().ok_or_else(|| {
        Error::Unavailable(format!("{} is not a name in UTF-8; choose another", to.display()))
    })?;
    connection.execute("VACUUM INTO ?1", [to]).map_err(|cause| unusable(from, &cause))?;
    Ok(())
}
