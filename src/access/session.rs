//! Sessions: the rows, and the live ones in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rocket::tokio::sync::watch;
use sha2::{Digest, Sha256};

use super::Role;
use crate::clock::{Clock, Timestamp};
use crate::database::{Database, Reader, Tx, params};
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

/// The longest description of a browser that is kept.
const USER_AGENT_CHARS_MAX: usize = 256;

type TokenHash = [u8; 32];

/// A live session.
#[derive(Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// What its user may do.
    pub role: Role,
    /// Whether it is good for changing the password, and no more.
    is_restricted: AtomicBool,
    token_hash: TokenHash,
    expires_at: Timestamp,
    last_seen_millis: AtomicI64,
    stored_seen_millis: AtomicI64,
    has_ended: watch::Sender<bool>,
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

    fn is_over(&self, now: Timestamp) -> bool {
        let idle_s = if self.role == Role::Admin { ADMIN_IDLE_S } else { IDLE_S };
        let last_seen = Timestamp::from_millis(self.last_seen_millis.load(Ordering::Relaxed));
        now >= self.expires_at || now >= last_seen.plus_s(idle_s)
    }
}

/// A session about to be opened: its secret is shown once, to the browser.
#[derive(Debug)]
pub struct NewSession {
    /// The secret for the cookie.
    pub secret: String,
    user_agent: Option<String>,
}

impl NewSession {
    /// A session for the browser that calls itself `user_agent`.
    pub fn prepare(user_agent: Option<&str>) -> Result<Self> {
        let user_agent = user_agent.map(|text| text.chars().take(USER_AGENT_CHARS_MAX).collect());
        Ok(Self { secret: random::secret()?, user_agent })
    }

    /// What the row of it needs.
    pub fn row(
        &self,
        user_id: UserId,
        role: Role,
        is_restricted: bool,
        now: Timestamp,
    ) -> SessionRow {
        let life_s = if role == Role::Admin { ADMIN_LIFE_S } else { LIFE_S };
        SessionRow {
            user_id,
            role,
            is_restricted,
            token_hash: hash_of(&self.secret),
            user_agent: self.user_agent.clone(),
            created_at: now,
            expires_at: now.plus_s(life_s),
        }
    }
}

/// A session's row, written in the transaction that signs its user in.
#[derive(Debug, Clone)]
pub struct SessionRow {
    user_id: UserId,
    role: Role,
    is_restricted: bool,
    token_hash: TokenHash,
    user_agent: Option<String>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl SessionRow {
    /// Writes the row; [`Sessions::admit`] makes it live after the commit.
    pub fn create(self, tx: &Tx<'_>) -> Result<Session> {
        let id = tx.fetchone(
            "INSERT INTO sessions (user_id, role, is_restricted, token_hash, user_agent, \
             created_at, last_seen_at, expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7) RETURNING id",
            params![
                self.user_id,
                self.role.word(),
                self.is_restricted,
                self.token_hash,
                self.user_agent,
                self.created_at,
                self.expires_at
            ],
            |row| row.get(0),
        )?;
        let seen = self.created_at.millis();
        Ok(Session {
            id: id.ok_or_else(|| Error::internal("a session got no number"))?,
            user_id: self.user_id,
            role: self.role,
            is_restricted: AtomicBool::new(self.is_restricted),
            token_hash: self.token_hash,
            expires_at: self.expires_at,
            last_seen_millis: AtomicI64::new(seen),
            stored_seen_millis: AtomicI64::new(seen),
            has_ended: watch::Sender::new(false),
        })
    }
}

/// Deletes the sessions of a user, other than the one to keep.
pub fn end_all_of(tx: &Tx<'_>, user_id: UserId, kept: Option<SessionId>) -> Result<usize> {
    tx.execute(
        "DELETE FROM sessions WHERE user_id = ?1 AND id <> coalesce(?2, 0)",
        params![user_id, kept],
    )
}

/// Lifts the restriction of a session, in the transaction that changes its user's password;
/// [`Sessions::lift_restriction`] makes it known after the commit.
pub fn lift_restriction(tx: &Tx<'_>, session_id: SessionId) -> Result<usize> {
    tx.execute("UPDATE sessions SET is_restricted = 0 WHERE id = ?1", params![session_id])
}

/// Deletes every session: after a restore nobody is signed in.
pub fn end_all(tx: &Tx<'_>) -> Result<usize> {
    tx.execute("DELETE FROM sessions", params![])
}

/// The live sessions of this server.
#[derive(Clone)]
pub struct Sessions {
    database: Database,
    clock: Clock,
    live: Arc<RwLock<HashMap<TokenHash, Arc<Session>>>>,
    /// Ended in memory, while their rows could not be deleted yet.
    owed: Arc<Mutex<Vec<SessionId>>>,
}

impl Sessions {
    /// Takes over the sessions that the database knows.
    pub fn load(database: &Database, clock: &Clock) -> Result<Self> {
        let now = clock.now();
        let known = database.read_here(all)?;
        let live = known
            .into_iter()
            .filter(|session| !session.is_over(now))
            .map(|session| (session.token_hash, Arc::new(session)))
            .collect();
        Ok(Self {
            database: database.clone(),
            clock: clock.clone(),
            live: Arc::new(RwLock::new(live)),
            owed: Arc::default(),
        })
    }

    /// The live session with this secret, which counts as seen now.
    pub fn lookup(&self, secret: &str) -> Option<Arc<Session>> {
        let now = self.clock.now();
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let session = live.get(&hash_of(secret)).filter(|session| !session.is_over(now))?;
        session.last_seen_millis.store(now.millis(), Ordering::Relaxed);
        Some(Arc::clone(session))
    }

    /// Makes a committed session live, unless it was ended since its commit.
    pub async fn admit(&self, session: Session) -> Result<()> {
        let (id, hash) = (session.id, session.token_hash);
        self.change(|live| drop(live.insert(hash, Arc::new(session))));
        // Whoever ended the user's sessions between the commit and the line above found none in
        // memory; the row tells.
        let is_there = self
            .database
            .read(move |r| {
                r.fetchone("SELECT 1 FROM sessions WHERE id = ?1", params![id], |row| {
                    row.get::<i64>(0)
                })
            })
            .await?;
        if is_there.is_none() {
            self.forget(|session| session.id == id);
            return Err(Error::SignedOut);
        }
        Ok(())
    }

    /// Ends one session, at once: whoever signs out on a full disk is signed out, and the row goes
    /// when it can.
    pub async fn end(&self, session_id: SessionId) -> Result<()> {
        self.forget(|session| session.id == session_id);
        let delete = move |tx: &Tx<'_>| delete(tx, session_id);
        let deleted = self.database.write(delete).await;
        if deleted.is_err() {
            self.owed().push(session_id);
        }
        deleted
    }

    /// Lets a session do everything, after a commit has lifted its restriction.
    pub fn lift_restriction(&self, session_id: SessionId) {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        for session in live.values().filter(|session| session.id == session_id) {
            session.is_restricted.store(false, Ordering::Relaxed);
        }
    }

    /// Forgets the sessions of a user whose rows a commit has deleted, other than the one kept.
    pub fn forget_all_of(&self, user_id: UserId, kept: Option<SessionId>) {
        self.forget(|session| session.user_id == user_id && Some(session.id) != kept);
    }

    /// Writes down when sessions were last seen, and drops those that are over. Called now and
    /// then; what a crash loses is a minute of idleness.
    pub async fn tidy(&self) -> Result<()> {
        let now = self.clock.now();
        let mut seen = Vec::new();
        let mut over = std::mem::take(&mut *self.owed());
        for session in self.live.read().unwrap_or_else(PoisonError::into_inner).values() {
            let last_seen = session.last_seen_millis.load(Ordering::Relaxed);
            if session.is_over(now) {
                over.push(session.id);
            } else if session.stored_seen_millis.swap(last_seen, Ordering::Relaxed) != last_seen {
                seen.push((session.id, last_seen));
            }
        }
        let gone = over.clone();
        let written = self
            .database
            .write(move |tx| {
                for (id, last_seen) in seen {
                    tx.execute(
                        "UPDATE sessions SET last_seen_at = ?2 WHERE id = ?1",
                        params![id, last_seen],
                    )?;
                }
                for id in gone {
                    delete(tx, id)?;
                }
                tx.execute("DELETE FROM sessions WHERE expires_at <= ?1", params![now]).map(drop)
            })
            .await;
        self.forget(|session| over.contains(&session.id));
        if written.is_err() {
            self.owed().append(&mut over);
        }
        written
    }

    fn owed(&self) -> MutexGuard<'_, Vec<SessionId>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, is_gone: impl Fn(&Session) -> bool) {
        self.change(|live| {
            for (_, session) in live.extract_if(|_, session| is_gone(session)) {
                session.has_ended.send_replace(true);
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<TokenHash, Arc<Session>>)) {
        change(&mut self.live.write().unwrap_or_else(PoisonError::into_inner));
    }
}

fn delete(tx: &Tx<'_>, id: SessionId) -> Result<()> {
    tx.execute("DELETE FROM sessions WHERE id = ?1", params![id]).map(drop)
}

fn all(r: &Reader<'_>) -> Result<Vec<Session>> {
    r.fetchall(
        "SELECT id, user_id, role, token_hash, last_seen_at, expires_at, is_restricted \
         FROM sessions",
        params![],
        |row| {
            let last_seen: i64 = row.get(4)?;
            Ok(Session {
                id: row.get(0)?,
                user_id: row.get(1)?,
                role: Role::from_word(&row.get::<String>(2)?)?,
                is_restricted: AtomicBool::new(row.get(6)?),
                token_hash: row.get(3)?,
                expires_at: row.get(5)?,
                last_seen_millis: AtomicI64::new(last_seen),
                stored_seen_millis: AtomicI64::new(last_seen),
                has_ended: watch::Sender::new(false),
            })
        },
    )
}

/// A secret of 256 random bits needs no slow hash: nobody can try them all.
fn hash_of(secret: &str) -> TokenHash {
    Sha256::digest(secret).into()
}
