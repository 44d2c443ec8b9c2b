//! A database file seen without the server: one consistent copy, and a look at its health. Used by
//! `backup`, `restore` and `check`. A serving process may have itself copied too, for it is SQLite
//! that opens the file and keeps the locks of one process together; anything else that opened and
//! closed the file there would drop them.

use std::path::Path;

use rusqlite::Connection;

use super::connection::{self, unusable};
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
}

/// Writes one consistent copy of the database at `from` to the new file `to`, whether or not a
/// server is writing to it. If the power is cut in that very moment, the copy may have a last group
/// of writes that the server has lost and told nobody of.
pub fn write_snapshot(from: &Path, to: &Path) -> Result<()> {
    let connection = connection::open_reader(from)?;
    let to = to.to_str().ok_or_else(|| {
        Error::Unavailable(format!("{} is not a name in UTF-8; choose another", to.display()))
    })?;
    connection.execute("VACUUM INTO ?1", [to]).map_err(|cause| unusable(from, &cause))?;
    Ok(())
}
