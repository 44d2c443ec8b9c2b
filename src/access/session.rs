//! A session: its row, and what is known of it in memory while it lives.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use rocket::tokio::sync::watch;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::Role;
use super::place::remember_place;
use crate::clock::Timestamp;
use crate::database::{Reader, Row, Tx, params};
use crate::error::{Error, Result};
use crate::id::{SessionId, UserId};
use crate::random;

/// How long a session lasts at most.
pub(super) const LIFE_S: i64 = 7 * 24 * 3600;
/// How long it may be idle.
const IDLE_S: i64 = 24 * 3600;
/// An administrator's session lasts a working day at most.
const ADMIN_LIFE_S: i64 = 8 * 3600;
/// And ends sooner when nobody is at the desk.
const ADMIN_IDLE_S: i64 = 20 * 60;

/// Sessions that one user may have open; one more ends the one that was longest not seen. A script
/// that logs in anew each time must not fill the memory.
const OPEN_MAX: u32 = 50;

/// The longest description of a browser that is kept.
const USER_AGENT_CHARS_MAX: usize = 256;

/// The SHA-256 of a secret.
pub(super) type SecretHash = [u8; 32];

/// A secret of 256 random bits needs no slow hash: nobody can try them all.
pub(super) fn hash_of(secret: &str) -> SecretHash {
    Sha256::digest(secret).into()
}

/// What a session is called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A browser's cookie.
    Browser,
    /// Access tokens, renewed with a refresh token.
    Token,
}

impl SessionKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Token => "token",
        }
    }

    fn from_word(word: &str) -> Result<Self> {
        match word {
            "browser" => Ok(Self::Browser),
            "token" => Ok(Self::Token),
            _ => Err(Error::internal("a session has an unknown kind")),
        }
    }
}

/// Where somebody is: the user's network, unreadable to whoever has the database.
pub type Place = [u8; 32];

/// A live session.
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// What its user may do.
    pub role: Role,
    /// What it is called with.
    pub kind: SessionKind,
    /// Whether it is good for changing the password, and no more.
    pub(super) is_restricted: AtomicBool,
    pub(super) token_hash: SecretHash,
    /// What its access tokens bear beside its id.
    pub(super) seal: String,
    pub(super) expires_at: Timestamp,
    pub(super) last_seen_millis: AtomicI64,
    pub(super) stored_seen_millis: AtomicI64,
    pub(super) has_ended: watch::Sender<bool>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        shown.field("id", &self.id).field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl Session {
    /// Waits until it has ended: by its user's wish, by an administrator's, or by its age.
    pub async fn ended(&self) {
        // The sender lives as long as `self`, so this cannot fail before it is told.
        let _ = self.has_ended.subscribe().wait_for(|has_ended| *has_ended).await;
    }

    /// Whether it is good for changing the password, and no more.
    pub fn is_restricted(&self) -> bool {
        self.is_restricted.load(Ordering::Relaxed)
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at || now >= self.last_seen_at().plus_s(idle_s(self.role))
    }

    pub(super) fn last_seen_at(&self) -> Timestamp {
        Timestamp::from_millis(self.last_seen_millis.load(Ordering::Relaxed))
    }
}

const fn idle_s(role: Role) -> i64 {
    match role {
        Role::Admin => ADMIN_IDLE_S,
        Role::User => IDLE_S,
    }
}

/// A session about to be opened: its secret is shown once, to the browser or the program.
pub struct NewSession {
    /// The secret for the cookie, or the refresh token.
    pub secret: String,
    seal: String,
    kind: SessionKind,
    user_agent: Option<String>,
    place: Option<Place>,
}

/// Whose session is to be opened, and what it will be good for.
#[derive(Debug, Clone, Copy)]
pub struct Holder {
    /// Whose it is.
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
    /// Whether the password has to be changed before anything else.
    pub is_restricted: bool,
}

impl NewSession {
    /// A session of this kind for the program that calls itself `user_agent`.
    pub fn prepare(
        kind: SessionKind,
        user_agent: Option<&str>,
        place: Option<Place>,
    ) -> Result<Self> {
        let user_agent = user_agent.map(|text| text.chars().take(USER_AGENT_CHARS_MAX).collect());
        Ok(Self { secret: random::secret()?, seal: random::secret()?, kind, user_agent, place })
    }

    /// What the row of it needs.
    pub fn row(&self, holder: Holder, now: Timestamp) -> SessionRow {
        let life_s = if holder.role == Role::Admin { ADMIN_LIFE_S } else { LIFE_S };
        SessionRow {
            holder,
            kind: self.kind,
            place: self.place,
            token_hash: hash_of(&self.secret),
            seal: self.seal.clone(),
            user_agent: self.user_agent.clone(),
            created_at: now,
            expires_at: now.plus_s(life_s),
        }
    }
}

/// A session's row, written in the transaction that signs its user in.
#[derive(Clone)]
pub struct SessionRow {
    holder: Holder,
    kind: SessionKind,
    place: Option<Place>,
    token_hash: SecretHash,
    seal: String,
    user_agent: Option<String>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

/// A session whose row is written.
pub struct Written {
    pub(super) session: Session,
    /// Those that had to go for it.
    pub(super) crowded_out: Vec<SessionId>,
}

impl SessionRow {
    /// Writes the row; [`super::Sessions::admit`] makes it live after the commit.
    pub fn create(self, tx: &Tx<'_>) -> Result<Written> {
        let id = tx.fetchone(
            "INSERT INTO sessions (user_id, role, is_restricted, token_hash, user_agent, \
             created_at, last_seen_at, expires_at, kind, place, seal) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10) RETURNING id",
            params![
                self.holder.user_id,
                self.holder.role.word(),
                self.holder.is_restricted,
                self.token_hash,
                self.user_agent,
                self.created_at,
                self.expires_at,
                self.kind.word(),
                self.place,
                self.seal
            ],
            |row| row.get(0),
        )?;
        if let Some(place) = self.place {
            remember_place(tx, self.holder.user_id, place, self.created_at)?;
        }
        let seen = self.created_at.millis();
        let session = Session {
            id: id.ok_or_else(|| Error::internal("a session got no number"))?,
            user_id: self.holder.user_id,
            role: self.holder.role,
            kind: self.kind,
            is_restricted: AtomicBool::new(self.holder.is_restricted),
            token_hash: self.token_hash,
            seal: self.seal,
            expires_at: self.expires_at,
            last_seen_millis: AtomicI64::new(seen),
            stored_seen_millis: AtomicI64::new(seen),
            has_ended: watch::Sender::new(false),
        };
        Ok(Written { crowded_out: crowd_out(tx, &session)?, session })
    }
}

/// Deletes the sessions of a user beyond what one may have; never the new one.
fn crowd_out(tx: &Tx<'_>, new: &Session) -> Result<Vec<SessionId>> {
    tx.fetchall(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = ?1 \
         ORDER BY id = ?2 DESC, last_seen_at DESC, id DESC LIMIT ?4 OFFSET ?3) RETURNING id",
        params![new.user_id, new.id, OPEN_MAX, i64::MAX],
        |row| row.get(0),
    )
}

/// A session as its user sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    pub(super) id: SessionId,
    kind: SessionKind,
    /// Whether it is the one that asks.
    pub(super) is_current: bool,
    /// What the browser or program calls itself.
    user_agent: Option<String>,
    created_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
    expires_at: Timestamp,
    /// Whether it was opened from the network of the one that asks; null if that is not known.
    is_same_network: Option<bool>,
}

/// The sessions of a user as they are written down, newest first; `current` is the one that asks.
pub(super) fn list_of(
    r: &Reader<'_>,
    user_id: UserId,
    current: Option<SessionId>,
) -> Result<Vec<SessionView>> {
    r.fetchall(
        "SELECT id, kind, user_agent, created_at, last_seen_at, expires_at, \
         place = (SELECT place FROM sessions WHERE id = ?2) FROM sessions \
         WHERE user_id = ?1 ORDER BY id DESC",
        params![user_id, current],
        |row| {
            Ok(SessionView {
                id: row.get(0)?,
                kind: SessionKind::from_word(&row.get::<String>(1)?)?,
                is_current: false,
                user_agent: row.get(2)?,
                created_at: row.get(3)?,
                last_seen_at: row.get(4)?,
                expires_at: row.get(5)?,
                is_same_network: row.get(6)?,
            })
        },
    )
}

/// Deletes the sessions of a user, other than the one to keep.
pub fn end_all_of(tx: &Tx<'_>, user_id: UserId, kept: Option<SessionId>) -> Result<usize> {
    tx.execute(
        "DELETE FROM sessions WHERE user_id = ?1 AND id <> coalesce(?2, 0)",
        params![user_id, kept],
    )
}

/// Lifts the restriction of a session, in the transaction that changes its user's password;
/// [`super::Sessions::lift_restriction`] makes it known after the commit.
pub fn lift_restriction(tx: &Tx<'_>, session_id: SessionId) -> Result<usize> {
    tx.execute("UPDATE sessions SET is_restricted = 0 WHERE id = ?1", params![session_id])
}

/// Deletes every session: after a restore nobody is signed in.
pub fn end_all(tx: &Tx<'_>) -> Result<usize> {
    tx.execute("DELETE FROM sessions", params![])
}

pub(super) fn delete(tx: &Tx<'_>, id: SessionId) -> Result<()> {
    tx.execute("DELETE FROM sessions WHERE id = ?1", params![id]).map(drop)
}

pub(super) fn is_there(r: &Reader<'_>, id: SessionId) -> Result<bool> {
    let found =
        r.fetchone("SELECT 1 FROM sessions WHERE id = ?1", params![id], |row| row.get::<i64>(0))?;
    Ok(found.is_some())
}

/// Writes down when a session was last seen.
pub(super) fn mark_seen(tx: &Tx<'_>, id: SessionId, seen_millis: i64) -> Result<usize> {
    tx.execute("UPDATE sessions SET last_seen_at = ?2 WHERE id = ?1", params![id, seen_millis])
}

/// Deletes what has expired, whether or not it was in memory.
pub(super) fn delete_expired(tx: &Tx<'_>, now: Timestamp) -> Result<usize> {
    tx.execute("DELETE FROM sessions WHERE expires_at <= ?1", params![now])
}

pub(super) fn all(r: &Reader<'_>) -> Result<Vec<Session>> {
    r.fetchall(
        "SELECT id, user_id, role, token_hash, last_seen_at, expires_at, is_restricted, kind, \
         seal FROM sessions",
        params![],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Session> {
    let last_seen: i64 = row.get(4)?;
    Ok(Session {
        id: row.get(0)?,
        user_id: row.get(1)?,
        role: Role::from_word(&row.get::<String>(2)?)?,
        kind: SessionKind::from_word(&row.get::<String>(7)?)?,
        is_restricted: AtomicBool::new(row.get(6)?),
        token_hash: row.get(3)?,
        seal: row.get(8)?,
        expires_at: row.get(5)?,
        last_seen_millis: AtomicI64::new(last_seen),
        stored_seen_millis: AtomicI64::new(last_seen),
        has_ended: watch::Sender::new(false),
    })
}

/// What came of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exchange {
    /// It was the present one; the next one is in force now.
    Renewed(SessionId),
    /// It was exchanged before: somebody else has it too, so the session is gone.
    Stolen { session_id: SessionId, user_id: UserId },
    /// Nobody knows it.
    Unknown,
}

/// Puts the next refresh token in the place of the present one.
pub(super) fn exchange(tx: &Tx<'_>, old: SecretHash, new: SecretHash) -> Result<Exchange> {
    let renewed: Option<SessionId> = tx.fetchone(
        "UPDATE sessions SET token_hash = ?2 WHERE token_hash = ?1 AND kind = 'token' RETURNING id",
        params![old, new],
        |row| row.get(0),
    )?;
    if let Some(session_id) = renewed {
        tx.execute(
            "INSERT INTO spent_tokens (token_hash, session_id) VALUES (?1, ?2)",
            params![old, session_id],
        )?;
        return Ok(Exchange::Renewed(session_id));
    }
    let stolen = tx.fetchone(
        "SELECT s.id, s.user_id FROM spent_tokens t JOIN sessions s ON s.id = t.session_id \
         WHERE t.token_hash = ?1",
        params![old],
        |row| Ok(Exchange::Stolen { session_id: row.get(0)?, user_id: row.get(1)? }),
    )?;
    if let Some(Exchange::Stolen { session_id, .. }) = stolen {
        delete(tx, session_id)?;
    }
    Ok(stolen.unwrap_or(Exchange::Unknown))
}
