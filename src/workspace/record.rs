//! Workspaces: the row and its SQL. A member's id stands in every `WHERE`.

use serde::Serialize;
use utoipa::ToSchema;

use super::member::MemberRole;
use crate::clock::Timestamp;
use crate::database::{Reader, Row, Tx, params};
use crate::error::{Error, Issues, Result};
use crate::id::{UserId, WorkspaceId};
use crate::text;

const NAME_CHARS_MAX: usize = 80;
const SLUG_CHARS_MAX: usize = 48;
const DESCRIPTION_CHARS_MAX: usize = 1_000;

/// A workspace, as one of its members sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// Its short name, for addresses; no two of one owner are the same.
    #[schema(example = "tasting-room")]
    pub slug: String,
    /// What it is for.
    pub description: String,
    /// Whether it is the caller's own from the start.
    pub is_personal: bool,
    /// What the caller may do in it.
    pub role: MemberRole,
    /// How many work in it.
    pub n_members: u64,
    /// Since when it is there.
    pub created_at: Timestamp,
}

/// What a workspace should be called, as typed; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct WorkspaceInput {
    /// Its name.
    pub name: Option<String>,
    /// Its short name.
    pub slug: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

impl WorkspaceInput {
    /// The same, trimmed, with every mistake at once.
    pub(super) fn judge(mut self) -> Result<Self> {
        let mut issues = Issues::default();
        let trim = |line: &mut Option<String>| {
            if let Some(line) = line {
                *line = line.trim().to_owned();
            }
        };
        trim(&mut self.name);
        trim(&mut self.description);
        if let Some(name) = &self.name {
            let is_line = text::n_visible(name) > 0 && !name.chars().any(text::is_misleading);
            if !is_line || name.chars().count() > NAME_CHARS_MAX {
                let rule = format!("must have 1 to {NAME_CHARS_MAX} characters on one line");
                issues.add("name", "invalid", rule);
            }
        }
        if self.slug.as_deref().is_some_and(|slug| !is_slug(slug)) {
            let rule = format!(
                "must have 1 to {SLUG_CHARS_MAX} small letters, digits and single dashes between \
                 them"
            );
            issues.add("slug", "invalid", rule);
        }
        let n_chars = self.description.as_deref().map_or(0, |text| text.chars().count());
        if n_chars > DESCRIPTION_CHARS_MAX {
            let rule = format!("must have at most {DESCRIPTION_CHARS_MAX} characters");
            issues.add("description", "too_long", rule);
        }
        issues.or(self)
    }
}

fn is_slug(slug: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=SLUG_CHARS_MAX).contains(&slug.len())
        && slug.chars().all(fits)
        && !slug.starts_with('-')
        && !slug.ends_with('-')
        && !slug.contains("--")
}

/// A workspace about to be made, in words that keep the rules.
#[derive(Debug, Clone)]
pub(super) struct NewWorkspace {
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) description: String,
    pub(super) is_personal: bool,
}

macro_rules! select_workspaces {
    ($rest:literal) => {
        concat!(
            "SELECT w.id, w.name, w.slug, w.description, w.is_personal, m.role, ",
            "(SELECT count(*) FROM members all_of WHERE all_of.workspace_id = w.id), w.created_at ",
            "FROM workspaces w JOIN members m ON m.workspace_id = w.id WHERE m.user_id = ?1",
            $rest
        )
    };
}

fn read(row: &Row<'_>) -> Result<Workspace> {
    Ok(Workspace {
        id: row.get(0)?,
        name: row.get(1)?,
        slug: row.get(2)?,
        description: row.get(3)?,
        is_personal: row.get(4)?,
        role: MemberRole::from_word(&row.get::<String>(5)?)?,
        n_members: row.get(6)?,
        created_at: row.get(7)?,
    })
}

/// The workspaces that a user works in, their own first.
pub(super) fn list(r: &Reader<'_>, user_id: UserId) -> Result<Vec<Workspace>> {
    let sql = select_workspaces!(" ORDER BY w.is_personal DESC, w.name, w.id");
    r.fetchall(sql, params![user_id], read)
}

/// A workspace that a user works in.
pub(super) fn find(r: &Reader<'_>, user_id: UserId, id: WorkspaceId) -> Result<Workspace> {
    r.fetchone(select_workspaces!(" AND w.id = ?2"), params![user_id, id], read)?
        .ok_or(Error::NotFound("workspace"))
}

/// Writes the row of a new one; its owner is added by the caller.
pub(super) fn create(tx: &Tx<'_>, new: &NewWorkspace, now: Timestamp) -> Result<WorkspaceId> {
    let id = tx.fetchone(
        "INSERT INTO workspaces (name, slug, description, is_personal, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
        params![new.name, new.slug, new.description, new.is_personal, now],
        |row| row.get(0),
    )?;
    id.ok_or_else(|| Error::internal("a new workspace got no number"))
}

/// Changes what was said; what was not stays.
pub(super) fn update(tx: &Tx<'_>, id: WorkspaceId, input: &WorkspaceInput) -> Result<()> {
    tx.execute(
        "UPDATE workspaces SET name = coalesce(?2, name), slug = coalesce(?3, slug), \
         description = coalesce(?4, description) WHERE id = ?1",
        params![id, input.name, input.slug, input.description],
    )?;
    Ok(())
}

/// Deletes a workspace with everything in it.
pub(super) fn delete(tx: &Tx<'_>, id: WorkspaceId) -> Result<()> {
    tx.execute("DELETE FROM workspaces WHERE id = ?1", params![id]).map(drop)
}

/// Refuses a short name that the owner has given another of their workspaces.
pub(super) fn refuse_taken_slug(
    r: &Reader<'_>,
    owner_id: UserId,
    slug: &str,
    own: Option<WorkspaceId>,
) -> Result<()> {
    let other = r.fetchone(
        "SELECT 1 FROM workspaces w JOIN members m ON m.workspace_id = w.id \
         WHERE m.user_id = ?1 AND m.role = 'owner' AND w.slug = ?2 AND w.id <> coalesce(?3, 0)",
        params![owner_id, slug, own],
        |row| row.get::<i64>(0),
    )?;
    if other.is_none() {
        return Ok(());
    }
    let mut issues = Issues::default();
    issues.add("slug", "taken", "belongs to another workspace of its owner; choose another");
    Err(Error::Taken(issues))
}

/// Whoever owns a workspace.
pub(super) fn owner_of(r: &Reader<'_>, id: WorkspaceId) -> Result<UserId> {
    r.fetchone(
        "SELECT user_id FROM members WHERE workspace_id = ?1 AND role = 'owner'",
        params![id],
        |row| row.get(0),
    )?
    .ok_or_else(|| Error::internal("a workspace has no owner"))
}

/// How many workspaces a user owns.
pub(super) fn n_owned(r: &Reader<'_>, user_id: UserId) -> Result<u32> {
    let n_owned = r.fetchone(
        "SELECT count(*) FROM members WHERE user_id = ?1 AND role = 'owner'",
        params![user_id],
        |row| row.get(0),
    )?;
    n_owned.ok_or_else(|| Error::internal("a count has no row"))
}

/// Whether a user owns a workspace that others work in.
pub(super) fn owns_shared(r: &Reader<'_>, user_id: UserId) -> Result<bool> {
    let found = r.fetchone(
        "SELECT 1 FROM members own JOIN members other ON other.workspace_id = own.workspace_id \
         WHERE own.user_id = ?1 AND own.role = 'owner' AND other.user_id <> ?1 LIMIT 1",
        params![user_id],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Deletes every workspace that a user owns.
pub(super) fn delete_owned(tx: &Tx<'_>, user_id: UserId) -> Result<()> {
    tx.execute(
        "DELETE FROM workspaces WHERE id IN \
         (SELECT workspace_id FROM members WHERE user_id = ?1 AND role = 'owner')",
        params![user_id],
    )?;
    Ok(())
}
