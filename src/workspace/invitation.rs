//! Invitations to a workspace: the row and its SQL. One by name is for that account. One by an
//! address is for the account that has the address when it is sent, or else for whoever was sent
//! the link: an address that is typed into a profile later proves nothing.

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::member::MemberRole;
use crate::clock::Timestamp;
use crate::database::{Reader, Row, Tx, params};
use crate::error::{Error, Result};
use crate::id::{UserId, WorkspaceId, WorkspaceInvitationId};

/// How long an invitation waits for an answer.
const LIFE_S: i64 = 14 * 24 * 3600;

/// An invitation, as those who sent it and those who got it see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceInvitationView)]
pub struct InvitationView {
    /// Its id.
    pub id: WorkspaceInvitationId,
    /// Where to.
    pub workspace_id: WorkspaceId,
    /// What that is called.
    workspace: String,
    /// Who is asked: the name of an account, or null.
    username: Option<String>,
    /// Who is asked: an address, or null. Whether an account has it nobody is told.
    email: Option<String>,
    /// What they would be.
    role: MemberRole,
    /// Who asked.
    invited_by: String,
    created_at: Timestamp,
    expires_at: Timestamp,
}

/// An invitation that was just made, with the only sight of its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = NewWorkspaceInvitationView)]
pub struct NewInvitationView {
    /// What is known of it later.
    #[serde(flatten)]
    pub invitation: InvitationView,
    /// For whoever has the address: what to accept it with. Null for one by name.
    pub secret: Option<String>,
    /// The link to hand on to them; null for one by name.
    pub link: Option<String>,
}

/// Who is asked.
#[derive(Clone)]
pub(super) enum Guest {
    /// An account, by its name.
    Named(UserId),
    /// Whoever has this canonical address, or was sent this secret.
    Addressed {
        email: String,
        /// The account that has it now.
        user_id: Option<UserId>,
        secret: String,
    },
}

fn hash_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

macro_rules! select_invitations {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.workspace_id, w.name, ",
            // Whose an address is stays between them and their account.
            "CASE WHEN i.email IS NULL THEN guest.username END, i.email, i.role, host.username, ",
            "i.created_at, i.expires_at FROM workspace_invitations i ",
            "JOIN workspaces w ON w.id = i.workspace_id JOIN users host ON host.id = i.created_by ",
            "LEFT JOIN users guest ON guest.id = i.user_id WHERE i.expires_at > ?1 AND ",
            $rest
        )
    };
}

fn read(row: &Row<'_>) -> Result<InvitationView> {
    Ok(InvitationView {
        id: row.get(0)?,
        workspace_id: row.get(1)?,
        workspace: row.get(2)?,
        username: row.get(3)?,
        email: row.get(4)?,
        role: MemberRole::from_word(&row.get::<String>(5)?)?,
        invited_by: row.get(6)?,
        created_at: row.get(7)?,
        expires_at: row.get(8)?,
    })
}

/// Asks somebody; who was asked before is asked anew.
pub(super) fn create(
    tx: &Tx<'_>,
    workspace_id: WorkspaceId,
    guest: &Guest,
    role: MemberRole,
    created_by: UserId,
    now: Timestamp,
) -> Result<InvitationView> {
    let (user_id, email, hash) = match guest {
        Guest::Named(user_id) => (Some(*user_id), None, None),
        Guest::Addressed { email, user_id, secret } => {
            (*user_id, Some(email.as_str()), Some(hash_of(secret)))
        }
    };
    tx.execute(
        "DELETE FROM workspace_invitations WHERE workspace_id = ?1 \
         AND (email = ?3 OR (user_id = ?2 AND email IS NULL AND ?3 IS NULL))",
        params![workspace_id, user_id, email],
    )?;
    let id: Option<WorkspaceInvitationId> = tx.fetchone(
        "INSERT INTO workspace_invitations (workspace_id, user_id, email, secret_hash, role, \
         created_by, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
        params![
            workspace_id,
            user_id,
            email,
            hash,
            role.word(),
            created_by,
            now,
            now.plus_s(LIFE_S)
        ],
        |row| row.get(0),
    )?;
    tx.fetchone(select_invitations!("i.id = ?2"), params![now, id], read)?
        .ok_or_else(|| Error::internal("a new invitation is not there"))
}

/// The open invitations to a workspace, newest first.
pub(super) fn list_of_workspace(
    r: &Reader<'_>,
    id: WorkspaceId,
    now: Timestamp,
) -> Result<Vec<InvitationView>> {
    let sql = select_invitations!("i.workspace_id = ?2 ORDER BY i.id DESC");
    r.fetchall(sql, params![now, id], read)
}

/// The open invitations that a user was sent, newest first.
pub(super) fn list_of_user(
    r: &Reader<'_>,
    user_id: UserId,
    now: Timestamp,
) -> Result<Vec<InvitationView>> {
    let sql = select_invitations!("i.user_id = ?2 ORDER BY i.id DESC");
    r.fetchall(sql, params![now, user_id], read)
}

/// Takes an open invitation that a user was sent; where to, and as what.
pub(super) fn take(
    tx: &Tx<'_>,
    user_id: UserId,
    id: WorkspaceInvitationId,
    now: Timestamp,
) -> Result<(WorkspaceId, MemberRole)> {
    tx.fetchone(
        "DELETE FROM workspace_invitations WHERE id = ?1 AND user_id = ?2 AND expires_at > ?3 \
         RETURNING workspace_id, role",
        params![id, user_id, now],
        read_offer,
    )?
    .ok_or(Error::NotFound("invitation"))
}

/// Takes the open invitation with this secret, unless it is another account's alone.
pub(super) fn take_by_secret(
    tx: &Tx<'_>,
    user_id: UserId,
    secret: &str,
    now: Timestamp,
) -> Result<(WorkspaceId, MemberRole)> {
    tx.fetchone(
        "DELETE FROM workspace_invitations WHERE secret_hash = ?1 AND expires_at > ?3 \
         AND (user_id IS NULL OR user_id = ?2) RETURNING workspace_id, role",
        params![hash_of(secret), user_id, now],
        read_offer,
    )?
    .ok_or(Error::NotFound("invitation"))
}

fn read_offer(row: &Row<'_>) -> Result<(WorkspaceId, MemberRole)> {
    Ok((row.get(0)?, MemberRole::from_word(&row.get::<String>(1)?)?))
}

/// Deletes what a user was sent to a workspace: they work there now, or no more.
pub(super) fn delete_of(tx: &Tx<'_>, workspace_id: WorkspaceId, user_id: UserId) -> Result<usize> {
    tx.execute(
        "DELETE FROM workspace_invitations WHERE workspace_id = ?1 \
         AND (user_id = ?2 OR email = (SELECT email FROM users WHERE id = ?2))",
        params![workspace_id, user_id],
    )
}

/// How many wait for an answer.
pub(super) fn n_open(r: &Reader<'_>, id: WorkspaceId, now: Timestamp) -> Result<u32> {
    let n_open = r.fetchone(
        "SELECT count(*) FROM workspace_invitations WHERE workspace_id = ?1 AND expires_at > ?2",
        params![id, now],
        |row| row.get(0),
    )?;
    n_open.ok_or_else(|| Error::internal("a count has no row"))
}

/// Deletes invitations that nobody answered in time; how many it were.
pub fn forget(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<usize> {
    tx.execute(
        "DELETE FROM workspace_invitations WHERE id IN \
         (SELECT id FROM workspace_invitations WHERE expires_at <= ?1 LIMIT ?2)",
        params![now, limit],
    )
}

/// Takes an invitation back.
pub(super) fn delete(
    tx: &Tx<'_>,
    workspace_id: WorkspaceId,
    id: WorkspaceInvitationId,
) -> Result<()> {
    let n_deleted = tx.execute(
        "DELETE FROM workspace_invitations WHERE id = ?1 AND workspace_id = ?2",
        params![id, workspace_id],
    )?;
    if n_deleted == 1 { Ok(()) } else { Err(Error::NotFound("invitation")) }
}

/// Deletes what a user was sent and what they sent, for their account is closed.
pub(super) fn delete_all_of(tx: &Tx<'_>, user_id: UserId) -> Result<usize> {
    tx.execute(
        "DELETE FROM workspace_invitations WHERE user_id = ?1 OR created_by = ?1 \
         OR email = (SELECT email FROM users WHERE id = ?1)",
        params![user_id],
    )
}
