//! What is fixed when a data folder is made, and stays through backup and restore.

use crate::database::{Database, Reader, Tx, params};
use crate::error::{Error, Result};
use crate::id;
use crate::random;

const ALPHABET: &str = "id_alphabet";

/// Makes the installation's own values if it is new, and puts them into force.
pub fn prepare(database: &Database) -> Result<()> {
    let alphabet = if let Some(alphabet) = database.read_here(known)? {
        alphabet
    } else {
        let alphabet = random::shuffled(id::LETTERS)?;
        database.write_here(move |tx| keep(tx, &alphabet))?
    };
    put_into_force(&alphabet)
}

/// Puts an installation's own values into force for somebody who only looks at it.
pub fn recall(r: &Reader<'_>) -> Result<()> {
    known(r)?.map_or(Ok(()), |alphabet| put_into_force(&alphabet))
}

fn known(r: &Reader<'_>) -> Result<Option<String>> {
    let sql = "SELECT value FROM installation WHERE name = ?1";
    r.fetchone(sql, params![ALPHABET], |row| row.get(0))
}

fn put_into_force(alphabet: &str) -> Result<()> {
    id::set_alphabet(alphabet)
        .map_err(|_| Error::internal("the installation's id alphabet is damaged"))
}

fn keep(tx: &Tx<'_>, alphabet: &str) -> Result<String> {
    tx.execute(
        "INSERT INTO installation (name, value) VALUES (?1, ?2)",
        params![ALPHABET, alphabet],
    )?;
    Ok(alphabet.to_owned())
}
