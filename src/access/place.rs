//! Places: where each user has signed in from of late. Whoever tries passwords from elsewhere is
//! slowed down, and who comes from a place of their own is not. A place is kept as a keyed hash of
//! a network, which says nothing to whoever has the database alone.

use super::session::Place;
use crate::clock::Timestamp;
use crate::database::{Reader, Tx, params};
use crate::error::Result;
use crate::id::UserId;

/// Places of a user that are remembered: the latest ones.
const KEPT_MAX: u32 = 20;

/// How long a place is remembered that is not used.
const KEPT_S: i64 = 90 * 24 * 3600;

/// Remembers that a user was at a place now.
pub fn remember_place(tx: &Tx<'_>, user_id: UserId, place: Place, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO known_places (user_id, place, last_used_at) VALUES (?1, ?2, ?3) \
         ON CONFLICT (user_id, place) DO UPDATE SET last_used_at = excluded.last_used_at",
        params![user_id, place, now],
    )?;
    tx.execute(
        "DELETE FROM known_places WHERE user_id = ?1 AND place NOT IN (SELECT place \
         FROM known_places WHERE user_id = ?1 ORDER BY last_used_at DESC, place LIMIT ?2)",
        params![user_id, KEPT_MAX],
    )?;
    Ok(())
}

/// Whether a user was at this place of late; nobody was at none. Asked for nobody (`None`), it
/// takes as long and says no.
pub fn is_known_place(
    r: &Reader<'_>,
    user_id: Option<UserId>,
    place: Option<Place>,
) -> Result<bool> {
    let found = r.fetchone(
        "SELECT 1 FROM known_places WHERE user_id = ?1 AND place = ?2",
        params![user_id, place],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Forgets where a user was: who they were is nobody's business any more.
pub fn forget_places_of(tx: &Tx<'_>, user_id: UserId) -> Result<usize> {
    tx.execute("DELETE FROM known_places WHERE user_id = ?1", params![user_id])
}

/// Forgets places that were not used for long; how many it were.
pub fn forget_places(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<usize> {
    tx.execute(
        "DELETE FROM known_places WHERE (user_id, place) IN (SELECT user_id, place \
         FROM known_places WHERE last_used_at < ?1 ORDER BY last_used_at LIMIT ?2)",
        params![now.plus_s(-KEPT_S), limit],
    )
}
