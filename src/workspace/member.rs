//! Members: who works in a workspace, and what they may do there.

use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::database::{Reader, Tx, params};
use crate::error::{Error, Result};
use crate::id::{UserId, WorkspaceId};

/// What a member may do; each more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(rename_all = lowercase)]
pub enum MemberRole {
    /// Look.
    Viewer,
    /// And change what is in it.
    Editor,
    /// And say who works in it.
    Owner,
}

impl MemberRole {
    /// The word in the database and in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// The role with this word.
    pub fn from_word(word: &str) -> Result<Self> {
        match word {
            "viewer" => Ok(Self::Viewer),
            "editor" => Ok(Self::Editor),
            "owner" => Ok(Self::Owner),
            _ => Err(Error::internal("a member has an unknown role")),
        }
    }
}

/// A member, as the others see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    user_id: UserId,
    username: String,
    full_name: Option<String>,
    role: MemberRole,
    joined_at: Timestamp,
}

/// The members of a workspace, the owner first.
pub(super) fn list(r: &Reader<'_>, id: WorkspaceId) -> Result<Vec<MemberView>> {
    r.fetchall(
        "SELECT m.user_id, u.username, u.full_name, m.role, m.joined_at \
         FROM members m JOIN users u ON u.id = m.user_id WHERE m.workspace_id = ?1 \
         ORDER BY m.role = 'owner' DESC, u.username",
        params![id],
        |row| {
            Ok(MemberView {
                user_id: row.get(0)?,
                username: row.get(1)?,
                full_name: row.get(2)?,
                role: MemberRole::from_word(&row.get::<String>(3)?)?,
                joined_at: row.get(4)?,
            })
        },
    )
}

/// What a user may do in a workspace; `None` if they are no member.
pub(super) fn role_of(
    r: &Reader<'_>,
    id: WorkspaceId,
    user_id: UserId,
) -> Result<Option<MemberRole>> {
    r.fetchone(
        "SELECT role FROM members WHERE workspace_id = ?1 AND user_id = ?2",
        params![id, user_id],
        |row| MemberRole::from_word(&row.get::<String>(0)?),
    )
}

/// Adds a member who is none yet.
pub(super) fn add(
    tx: &Tx<'_>,
    id: WorkspaceId,
    user_id: UserId,
    role: MemberRole,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO members (workspace_id, user_id, role, joined_at) VALUES (?1, ?2, ?3, ?4)",
        params![id, user_id, role.word(), now],
    )?;
    Ok(())
}

/// Changes what a member may do.
pub(super) fn change_role(
    tx: &Tx<'_>,
    id: WorkspaceId,
    user_id: UserId,
    role: MemberRole,
) -> Result<()> {
    let n_changed = tx.execute(
        "UPDATE members SET role = ?3 WHERE workspace_id = ?1 AND user_id = ?2",
        params![id, user_id, role.word()],
    )?;
    if n_changed == 1 { Ok(()) } else { Err(Error::NotFound("member")) }
}

/// Takes a member out.
pub(super) fn remove(tx: &Tx<'_>, id: WorkspaceId, user_id: UserId) -> Result<()> {
    let n_removed = tx.execute(
        "DELETE FROM members WHERE workspace_id = ?1 AND user_id = ?2",
        params![id, user_id],
    )?;
    if n_removed == 1 { Ok(()) } else { Err(Error::NotFound("member")) }
}

/// Takes a user out of every workspace.
pub(super) fn remove_everywhere(tx: &Tx<'_>, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM members WHERE user_id = ?1", params![user_id]).map(drop)
}
