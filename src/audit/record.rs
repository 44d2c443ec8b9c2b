//! Lines of the audit log: the row and its SQL.

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::database::{Reader, Row, Tx, params};
use crate::error::{Error, Result};
use crate::id::{AuditId, UserId};

/// How long a line is kept: a year and a month, so that a year can be looked back on.
const KEPT_S: i64 = 396 * 24 * 3600;

macro_rules! actions {
    ($($name:ident $word:literal,)+) => {
        /// What can be done that is worth remembering.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "each says what it is by its name")]
        pub enum Action { $($name,)+ }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word in the database and in answers.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
        }
    };
}
actions! {
    Register "register",
    SignIn "sign_in",
    SignInFailed "sign_in_failed",
    SignOut "sign_out",
    RefreshTokenReplayed "refresh_token_replayed",
    PasswordChange "password_change",
    ProfileChange "profile_change",
    AccountClose "account_close",
    ApiKeyCreate "api_key_create",
    ApiKeyDelete "api_key_delete",
    InvitationCreate "invitation_create",
    InvitationRevoke "invitation_revoke",
    UserCreate "user_create",
    UserDisable "user_disable",
    UserEnable "user_enable",
    UserRole "user_role",
    UserPassword "user_password",
    UserSessionsEnd "user_sessions_end",
    CreditsTopUp "credits_top_up",
    CreditsAdjust "credits_adjust",
    WorkspaceCreate "workspace_create",
    WorkspaceDelete "workspace_delete",
    WorkspaceHandOver "workspace_hand_over",
    MemberInvite "member_invite",
    MemberInviteRevoke "member_invite_revoke",
    MemberJoin "member_join",
    MemberRemove "member_remove",
    MemberRole "member_role",
    DataCheck "data_check",
    DataBackup "data_backup",
}

impl Action {
    /// The action with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.word() == word)
    }
}

/// Something that was done.
#[derive(Debug, Clone)]
pub struct Event {
    action: Action,
    actor_id: Option<UserId>,
    user_id: Option<UserId>,
    detail: String,
    request_id: Option<String>,
}

impl Event {
    /// Done by somebody, to their own account.
    pub fn by(action: Action, actor_id: UserId) -> Self {
        Self { actor_id: Some(actor_id), ..Self::about(action, actor_id) }
    }

    /// Done to an account by nobody who is known.
    pub fn about(action: Action, user_id: UserId) -> Self {
        let detail = String::new();
        Self { action, actor_id: None, user_id: Some(user_id), detail, request_id: None }
    }

    /// Done by somebody who may not be known, to an account or to none.
    pub fn done(
        action: Action,
        actor_id: Option<UserId>,
        user_id: Option<UserId>,
        request_id: Option<String>,
    ) -> Self {
        Self { action, actor_id, user_id, detail: String::new(), request_id }
    }

    /// Done to somebody else's account, or to none (`None`).
    #[must_use]
    pub fn on(self, user_id: Option<UserId>) -> Self {
        Self { user_id, ..self }
    }

    /// With a line for people. What somebody calls themselves or their things has no place in it:
    /// it would outlive their account.
    #[must_use]
    pub fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// As part of this request.
    #[must_use]
    pub fn in_request(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.to_owned()), ..self }
    }
}

/// Writes an event down, in the transaction of what was done.
pub fn note(tx: &Tx<'_>, event: &Event, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO audit (at, action, actor_id, user_id, detail, request_id) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            now,
            event.action.word(),
            event.actor_id,
            event.user_id,
            event.detail,
            event.request_id
        ],
    )?;
    Ok(())
}

/// A line of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// Its id.
    pub id: AuditId,
    /// When it was done.
    pub at: Timestamp,
    action: Action,
    /// Who did it; null for what a stranger tried.
    actor_id: Option<UserId>,
    /// Their name.
    pub actor: Option<String>,
    /// Whose account it is about; null if none.
    user_id: Option<UserId>,
    /// Their name.
    user: Option<String>,
    /// A line for people; often empty.
    detail: String,
    request_id: Option<String>,
}

/// Which lines are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditQuery {
    /// Only of this action.
    pub action: Option<Action>,
    /// Only those that this user did or that were done to them.
    pub user_id: Option<UserId>,
}

macro_rules! select_lines {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.at, a.action, a.actor_id, actor.username, a.user_id, ",
            "subject.username, a.detail, a.request_id FROM audit a ",
            "LEFT JOIN users actor ON actor.id = a.actor_id ",
            "LEFT JOIN users subject ON subject.id = a.user_id WHERE a.id < ?1 AND ",
            $rest,
            " ORDER BY a.id DESC LIMIT ?4"
        )
    };
}

/// Up to `limit` lines below the number `before`, newest first. Each question has a statement whose
/// index stops at the limit: a rare action is not searched for through a year.
pub fn list(r: &Reader<'_>, query: AuditQuery, before: i64, limit: u32) -> Result<Vec<AuditView>> {
    let sql = match (query.action, query.user_id) {
        (None, None) => select_lines!("?2 IS NULL AND ?3 IS NULL"),
        (Some(_), None) => select_lines!("a.action = ?2 AND ?3 IS NULL"),
        (_, Some(_)) => select_lines!(
            "a.id IN (SELECT id FROM (SELECT id FROM audit WHERE user_id = ?3 AND id < ?1 \
             AND (?2 IS NULL OR action = ?2) ORDER BY id DESC LIMIT ?4) AS done_to \
             UNION SELECT id FROM (SELECT id FROM audit WHERE actor_id = ?3 AND id < ?1 \
             AND (?2 IS NULL OR action = ?2) ORDER BY id DESC LIMIT ?4) AS done_by)"
        ),
    };
    let action = query.action.map(Action::word);
    r.fetchall(sql, params![before, action, query.user_id, limit], read)
}

fn read(row: &Row<'_>) -> Result<AuditView> {
    let action: String = row.get(2)?;
    Ok(AuditView {
        id: row.get(0)?,
        at: row.get(1)?,
        action: Action::from_word(&action)
            .ok_or_else(|| Error::internal("the audit log has an unknown action"))?,
        actor_id: row.get(3)?,
        actor: row.get(4)?,
        user_id: row.get(5)?,
        user: row.get(6)?,
        detail: row.get(7)?,
        request_id: row.get(8)?,
    })
}

/// Deletes lines that are older than a year and a month; how many it were.
pub fn forget(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<usize> {
    tx.execute(
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ?1 ORDER BY at LIMIT ?2)",
        params![now.plus_s(-KEPT_S), limit],
    )
}
