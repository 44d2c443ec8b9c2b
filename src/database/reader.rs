//! What a closure sees of the database: a [`Reader`] to look, a [`Tx`] to change.

use std::ops::Deref;

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::value::{Param, Row};
use crate::error::{Error, Result};

/// A consistent view of the data.
pub struct Reader<'c> {
    connection: &'c Connection,
}

impl<'c> Reader<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// The first row, read by `map`, if there is one.
    pub fn fetchone<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(Error::internal)?;
        let row = statement
            .query_row(params_from_iter(params), |row| Ok(map(&Row::new(row))))
            .optional()
            .map_err(Error::internal)?;
        row.transpose()
    }

    /// Every row, read by `map`.
    pub fn fetchall<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.each(sql, params, |row| {
            found.push(map(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Hands every row to `take`, one at a time, for answers too large to hold.
    pub fn each(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut take: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(Error::internal)?;
        let mut rows = statement.query(params_from_iter(params)).map_err(Error::internal)?;
        while let Some(row) = rows.next().map_err(Error::internal)? {
            take(&Row::new(row))?;
        }
        Ok(())
    }

    /// What the engine finds wrong with the file; empty if nothing.
    pub fn integrity_problems(&self) -> Result<Vec<String>> {
        let found = self.fetchall("PRAGMA integrity_check", &[], |row| row.get::<String>(0))?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }

    /// Tables with a row that refers to one that is not there.
    pub fn dangling_references(&self) -> Result<Vec<String>> {
        self.fetchall("PRAGMA foreign_key_check", &[], |row| row.get(0))
    }

    /// What of the file's schema is not as this program made it; empty if nothing.
    pub fn schema_problems(&self) -> Result<Vec<String>> {
        super::shape::problems(self)
    }

    /// The version of the file's schema.
    pub fn schema_version(&self) -> Result<i64> {
        let version = self.fetchone("PRAGMA user_version", &[], |row| row.get(0))?;
        version.ok_or_else(|| Error::internal("the file has no schema version"))
    }

    /// The size of the database, without its log.
    pub fn size_bytes(&self) -> Result<u64> {
        let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let size = self.fetchone(sql, &[], |row| row.get(0))?;
        size.ok_or_else(|| Error::internal("the file has no size"))
    }
}

/// A transaction: everything a [`Reader`] can, and changes that stay only if the closure succeeds.
pub struct Tx<'c> {
    reader: Reader<'c>,
}

impl<'c> Tx<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { reader: Reader::new(connection) }
    }

    /// Runs a writing statement; the number of rows it touched.
    pub fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(sql).map_err(Error::internal)?;
        statement.execute(params_from_iter(params)).map_err(Error::internal)
    }

    /// Runs a statement that inserts one row; the row's number. `RETURNING` would say the same, by
    /// way of a table of its own that SQLite makes and drops for each statement.
    pub fn insert(&self, sql: &str, params: &[Param<'_>]) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(sql).map_err(Error::internal)?;
        statement.insert(params_from_iter(params)).map_err(Error::internal)
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Reader<'c>;
    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}

/// Runs `run` so that all its statements see the same moment.
pub(super) fn in_one_view<T>(
    connection: &mut Connection,
    run: impl FnOnce(&Reader<'_>) -> Result<T>,
) -> Result<T> {
    let view = connection.transaction().map_err(Error::internal)?;
    // Dropping the transaction rolls back, which for a reader is the cheap way to end it.
    run(&Reader::new(&view))
}
