//! Invitations: one-time links that let somebody sign up. The row and its SQL.

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::database::{Reader, Row, Tx, params};
use crate::error::{Error, Result};
use crate::id::{InvitationId, UserId};

/// An invitation, as administrators see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvitationView {
    /// Its id.
    pub id: InvitationId,
    /// Whom it is for.
    note: String,
    /// Who made it.
    created_by: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// Whether it can still be used.
    is_open: bool,
    /// Whoever used it; null if nobody did.
    used_by: Option<String>,
}

/// An invitation about to be made.
#[derive(Clone)]
pub(super) struct NewInvitation {
    pub(super) secret: String,
    pub(super) note: String,
    pub(super) created_by: UserId,
    pub(super) expires_at: Timestamp,
}

fn hash_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Writes the row of a new one.
pub(super) fn create(tx: &Tx<'_>, new: &NewInvitation, now: Timestamp) -> Result<InvitationView> {
    let id: Option<InvitationId> = tx.fetchone(
        "INSERT INTO invitations (secret_hash, note, created_by, created_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
        params![hash_of(&new.secret), new.note, new.created_by, now, new.expires_at],
        |row| row.get(0),
    )?;
    let id = id.ok_or_else(|| Error::internal("a new invitation got no number"))?;
    find(tx, id, now)
}

/// Whether this secret opens an invitation now.
pub(super) fn is_open(r: &Reader<'_>, secret: &str, now: Timestamp) -> Result<bool> {
    let found = r.fetchone(
        "SELECT 1 FROM invitations WHERE secret_hash = ?1 AND used_by IS NULL \
         AND revoked_at IS NULL AND expires_at > ?2",
        params![hash_of(secret), now],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Uses an invitation up; an error if it is not open.
pub(super) fn redeem(tx: &Tx<'_>, secret: &str, used_by: UserId, now: Timestamp) -> Result<()> {
    let n_used = tx.execute(
        "UPDATE invitations SET used_by = ?2 WHERE secret_hash = ?1 AND used_by IS NULL \
         AND revoked_at IS NULL AND expires_at > ?3",
        params![hash_of(secret), used_by, now],
    )?;
    if n_used == 1 { Ok(()) } else { Err(not_open()) }
}

/// What somebody hears whose invitation is not open.
pub(super) fn not_open() -> Error {
    let message = "is not valid any more; ask an administrator for a new one";
    Error::invalid("invitation", "not_open", message)
}

/// Forgets whom invitations were for that a user has used up, for their account is closed.
pub(super) fn forget_guest(tx: &Tx<'_>, user_id: UserId) -> Result<usize> {
    tx.execute("UPDATE invitations SET note = '' WHERE used_by = ?1", params![user_id])
}

/// Takes an open invitation back.
pub(super) fn revoke(tx: &Tx<'_>, id: InvitationId, now: Timestamp) -> Result<()> {
    let n_revoked = tx.execute(
        "UPDATE invitations SET revoked_at = ?2 WHERE id = ?1 AND used_by IS NULL \
         AND revoked_at IS NULL",
        params![id, now],
    )?;
    if n_revoked == 1 { Ok(()) } else { Err(Error::NotFound("open invitation")) }
}

macro_rules! select_invitations {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.note, maker.username, i.created_at, i.expires_at, ",
            "i.used_by IS NULL AND i.revoked_at IS NULL AND i.expires_at > ?1, guest.username ",
            "FROM invitations i JOIN users maker ON maker.id = i.created_by ",
            "LEFT JOIN users guest ON guest.id = i.used_by WHERE ",
            $rest
        )
    };
}

fn read(row: &Row<'_>) -> Result<InvitationView> {
    Ok(InvitationView {
        id: row.get(0)?,
        note: row.get(1)?,
        created_by: row.get(2)?,
        created_at: row.get(3)?,
        expires_at: row.get(4)?,
        is_open: row.get(5)?,
        used_by: row.get(6)?,
    })
}

fn find(r: &Reader<'_>, id: InvitationId, now: Timestamp) -> Result<InvitationView> {
    r.fetchone(select_invitations!("i.id = ?2"), params![now, id], read)?
        .ok_or(Error::NotFound("invitation"))
}

/// Up to `limit` invitations below the number `before`, newest first.
pub(super) fn list(
    r: &Reader<'_>,
    now: Timestamp,
    before: i64,
    limit: u32,
) -> Result<Vec<InvitationView>> {
    r.fetchall(
        select_invitations!("i.id < ?2 ORDER BY i.id DESC LIMIT ?3"),
        params![now, before, limit],
        read,
    )
}
