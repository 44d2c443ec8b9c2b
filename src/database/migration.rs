//! The schema: made whole on a new file, brought up to date step by step on an old one, and refused
//! by name on a newer one.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use super::connection::{APPLICATION_ID, unusable};
use crate::error::{Error, Result};

/// The whole current schema.
pub const SCHEMA: &str = include_str!("../../schema.sql");

/// The version of [`SCHEMA`]; every released change of it adds a step below.
pub const SCHEMA_VERSION: i32 = 7;

/// One released change: the SQL that turns the version before into `to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) to: i32,
    pub(super) sql: &'static str,
}

/// Every released change, oldest first. Steps are added, never edited.
const STEPS: &[Step] = &[
    Step { to: 2, sql: include_str!("steps/2.sql") },
    Step { to: 3, sql: include_str!("steps/3.sql") },
    Step { to: 4, sql: include_str!("steps/4.sql") },
    Step { to: 5, sql: include_str!("steps/5.sql") },
    Step { to: 6, sql: include_str!("steps/6.sql") },
    Step { to: 7, sql: include_str!("steps/7.sql") },
];

/// Creates or upgrades the file behind `connection`.
pub(super) fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<()> {
    upgrade(connection, path, SCHEMA, SCHEMA_VERSION, STEPS)
}

/// Refuses a file of another program or of a newer version, before a setting of ours could change
/// it.
pub(super) fn refuse_unknown(connection: &Connection, path: &Path) -> Result<()> {
    refuse_foreign(connection, path, SCHEMA_VERSION).map(drop)
}

/// The version of the file, if it is one that this program may touch.
fn refuse_foreign(connection: &Connection, path: &Path, newest: i32) -> Result<i32> {
    let number = |sql| number(connection, sql).map_err(|cause| unusable(path, &cause));
    let version = number("PRAGMA user_version")?;
    let application = number("PRAGMA application_id")?;
    let n_tables = number("SELECT count(*) FROM sqlite_schema")?;
    let file = path.display();
    if application != APPLICATION_ID && (n_tables > 0 || version != 0 || application != 0) {
        return Err(Error::Unavailable(format!(
            "{file} belongs to another program; name another data folder"
        )));
    }
    if version > newest {
        return Err(Error::Unavailable(format!(
            "{file} was written by a newer Cellar (schema {version}, this one knows {newest}); run that version or newer"
        )));
    }
    Ok(version)
}

pub(super) fn upgrade(
    connection: &mut Connection,
    path: &Path,
    schema: &str,
    newest: i32,
    steps: &[Step],
) -> Result<()> {
    let fail = |cause: rusqlite::Error| unusable(path, &cause);
    if refuse_foreign(connection, path, newest)? == newest {
        return Ok(());
    }
    // A step that rebuilds a table drops the old one, which must not delete what refers to it. So
    // references are checked once, at the end. The setting cannot change inside a transaction.
    connection.pragma_update(None, "foreign_keys", false).map_err(fail)?;
    // Nor does a step need triggers; those of a file that was tampered with shall not run.
    let triggers = DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER;
    connection.set_db_config(triggers, false).map_err(fail)?;
    change(connection, path, schema, newest, steps)?;
    connection.set_db_config(triggers, true).map_err(fail)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(fail)?;
    // The log is copied back at once: a file without a schema is then one in which nothing was ever
    // kept, and a lost log can never make a full installation look like a new one.
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").map_err(fail)
}

fn change(
    connection: &mut Connection,
    path: &Path,
    schema: &str,
    newest: i32,
    steps: &[Step],
) -> Result<()> {
    let fail = |cause: rusqlite::Error| unusable(path, &cause);
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    // Read again under the lock: another process may just have done it.
    let version = refuse_foreign(&tx, path, newest)?;
    if version == 0 {
        tx.execute_batch(schema).map_err(fail)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
    }
    for step in steps.iter().filter(|step| version > 0 && step.to > version) {
        tx.execute_batch(step.sql).map_err(fail)?;
    }
    let n_dangling = number(&tx, "SELECT count(*) FROM pragma_foreign_key_check").map_err(fail)?;
    if n_dangling > 0 {
        return Err(Error::Unavailable(format!(
            "{} cannot be brought up to date: {n_dangling} of its rows refer to rows that are not there; restore a backup",
            path.display()
        )));
    }
    tx.pragma_update(None, "user_version", newest).map_err(fail)?;
    tx.commit().map_err(fail)
}

fn number(connection: &Connection, sql: &str) -> rusqlite::Result<i32> {
    connection.query_row(sql, [], |row| row.get(0))
}
