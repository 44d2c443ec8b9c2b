//! What is fixed when a data folder is made, and stays through backup and restore.

use crate::database::{Database, Tx, params};
use crate::error::{Error, Result};
use crate::id;
use crate::random;

const ALPHABET: &str = "id_alphabet";

/// Makes the installation's own values if it is new, and puts them into force.
pub fn prepare(database: &Database) -> Result<()> {
    let known = database.read_here(|r| {
        r.fetchone("SELECT value FROM installation WHERE name = ?1", params![ALPHABET], |row| {
            row.get::<String>(0)
        })
    })?;
    let alphabet = if let Some(alphabet) = known {
        alphabet
    } else {
        let alphabet = random::shuffled(id::LETTERS)?;
        database.write_here(move |tx| keep(tx, &alphabet))?
    };
    id::set_alphabet(&alphabet)
        .map_err(|_| Error::internal("the installation's id alphabet is damaged"))
}

fn keep(tx: &Tx<'_>, alphabet: &str) -> Result<String> {
    tx.execute(
        "INSERT INTO installation (name, value) VALUES (?1, ?2)",
        params![ALPHABET, alphabet],
    )?;
    Ok(alphabet.to_owned())
}
