//! The shape of a file: its tables, indexes and triggers by name. A file of ours has exactly those
//! of its version; one more or one less is damage, or somebody's hand.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::migration::SCHEMA;
use super::reader::Reader;
use crate::error::{Error, Result};

/// What is wrong with the shape of a file of the present version; empty if nothing.
pub(super) fn problems(r: &Reader<'_>) -> Result<Vec<String>> {
    let blank = Connection::open_in_memory().map_err(Error::internal)?;
    blank.execute_batch(SCHEMA).map_err(Error::internal)?;
    let (expected, mut found) = (of(&Reader::new(&blank))?, of(r)?);
    let mut problems = Vec::new();
    for (name, sql) in expected {
        match found.remove(&name) {
            None => problems.push(format!("{name} is missing")),
            Some(other) if other != sql => problems.push(format!("{name} was changed")),
            Some(_) => {}
        }
    }
    problems.extend(found.into_keys().map(|name| format!("{name} does not belong there")));
    Ok(problems)
}

fn of(r: &Reader<'_>) -> Result<BTreeMap<String, String>> {
    let sql = "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema \
               WHERE name NOT LIKE 'sqlite_stat%'";
    let found =
        r.fetchall(sql, &[], |row| Ok((row.get::<String>(0)?, folded(&row.get::<String>(1)?))))?;
    Ok(found.into_iter().collect())
}

/// A statement without its comments and white space: a column that was added later has none.
fn folded(sql: &str) -> String {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    code.flat_map(str::split_whitespace).collect()
}
