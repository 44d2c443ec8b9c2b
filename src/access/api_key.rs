//! API keys: what a program calls with. The row and its SQL, and the keys in force in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::Serialize;
use utoipa::ToSchema;

use super::guard::Caller;
use super::session::{SecretHash, hash_of};
use crate::audit::{self, Action};
use crate::clock::{Clock, Timestamp};
use crate::database::{Database, Reader, Row, Tx, params};
use crate::error::{Error, Issues, Result};
use crate::id::{ApiKeyId, UserId};
use crate::random;
use crate::text;

/// What every key begins with, so that a leaked one is known for what it is.
pub(super) const PREFIX: &str = "cel_";

/// Keys one user may have; more are forgotten keys.
const KEYS_MAX: i64 = 50;
const NAME_CHARS_MAX: usize = 80;
const HINT_CHARS: usize = 4;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, deserr::Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(rename_all = lowercase)]
pub enum Scope {
    /// Look at what its user may see.
    Read,
    /// Have rows predicted, and pay for them.
    Predict,
    /// Change what its user may change.
    Write,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Read, Self::Predict, Self::Write];

    /// The word in the database and in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Predict => "predict",
            Self::Write => "write",
        }
    }
}

/// A key in force.
#[derive(Debug)]
pub(super) struct ApiKey {
    id: ApiKeyId,
    /// Whom it acts for.
    pub(super) user_id: UserId,
    scopes: Vec<Scope>,
    expires_at: Option<Timestamp>,
    /// Zero if never.
    last_used_millis: AtomicI64,
    stored_used_millis: AtomicI64,
    is_revoked: rocket::tokio::sync::watch::Sender<bool>,
}

impl ApiKey {
    /// Whether it may be used for this.
    pub(super) fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Waits until it is revoked.
    pub(super) async fn revoked(&self) {
        // The sender lives as long as `self`, so this cannot fail before it is told.
        let _ = self.is_revoked.subscribe().wait_for(|is_revoked| *is_revoked).await;
    }

    /// Whether it is still written down, and its user may still be acted for.
    pub(super) fn is_there(&self, r: &Reader<'_>) -> Result<bool> {
        let found = r.fetchone(
            "SELECT 1 FROM api_keys k JOIN users u ON u.id = k.user_id \
             WHERE k.id = ?1 AND u.state = 'active'",
            params![self.id],
            |row| row.get::<i64>(0),
        )?;
        Ok(found.is_some())
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }
}

/// A key as its user sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiKeyView {
    id: ApiKeyId,
    name: String,
    scopes: Vec<Scope>,
    /// How it ends, to tell keys apart.
    hint: String,
    created_at: Timestamp,
    /// Null if it does not expire.
    expires_at: Option<Timestamp>,
    /// Null if it was never used; exact to the minute.
    last_used_at: Option<Timestamp>,
}

/// A key that was just made, with the only sight of it.
#[derive(Serialize, ToSchema)]
pub struct NewApiKeyView {
    /// What is known of it later.
    #[serde(flatten)]
    pub key: ApiKeyView,
    /// The key itself. It is shown only now.
    #[schema(example = "cel_...")]
    secret: String,
}

/// What a new key should be.
#[derive(Debug)]
pub struct NewApiKey {
    /// What its user calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl NewApiKey {
    fn judge(self, now: Timestamp) -> Result<Self> {
        let mut issues = Issues::default();
        let name = self.name.trim().to_owned();
        let n_chars = name.chars().count();
        if n_chars == 0 || n_chars > NAME_CHARS_MAX || name.chars().any(text::is_misleading) {
            let rule = format!("must have 1 to {NAME_CHARS_MAX} characters on one line");
            issues.add("name", "invalid", rule);
        }
        if self.scopes.is_empty() {
            issues.add("scopes", "required", "must name at least one of read, predict, write");
        }
        let scopes = Scope::ALL.into_iter().filter(|scope| self.scopes.contains(scope)).collect();
        if self.expires_at.is_some_and(|end| end <= now) {
            issues.add("expires_at", "past", "must be in the future");
        }
        issues.or(Self { name, scopes, expires_at: self.expires_at })
    }
}

/// The keys in force; a clone is the same keys.
#[derive(Clone)]
pub struct ApiKeys {
    database: Database,
    clock: Clock,
    live: Arc<RwLock<Live>>,
}

type Live = HashMap<SecretHash, Arc<ApiKey>>;

impl ApiKeys {
    /// Takes over the keys that the database knows.
    pub fn load(database: &Database, clock: &Clock) -> Result<Self> {
        let known = database.read_here(in_force)?;
        let live = known.into_iter().map(|(hash, key)| (hash, Arc::new(key))).collect();
        Ok(Self {
            database: database.clone(),
            clock: clock.clone(),
            live: Arc::new(RwLock::new(live)),
        })
    }

    /// The key in force with this text, which counts as used now.
    pub(super) fn lookup(&self, secret: &str) -> Option<Arc<ApiKey>> {
        let now = self.clock.now();
        let live = self.read();
        let key = live.get(&hash_of(secret)).filter(|key| !key.is_over(now))?;
        key.last_used_millis.store(now.millis(), Ordering::Relaxed);
        Some(Arc::clone(key))
    }

    /// Whether a key that was looked up is in force still.
    pub(super) fn is_live(&self, key: &ApiKey) -> bool {
        !*key.is_revoked.borrow() && !key.is_over(self.clock.now())
    }

    /// Makes a key for the caller.
    pub async fn create(&self, caller: &Caller, new: NewApiKey) -> Result<NewApiKeyView> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let new = new.judge(now)?;
        let secret = format!("{PREFIX}{}", random::secret()?);
        let hash = hash_of(&secret);
        let hint = secret[secret.len() - HINT_CHARS..].to_owned();
        let event = caller.event(Action::ApiKeyCreate);
        let insert = move |tx: &Tx<'_>| {
            let n_keys = tx.fetchone(
                "SELECT count(*) FROM api_keys WHERE user_id = ?1",
                params![user_id],
                |row| row.get::<i64>(0),
            )?;
            if n_keys.is_some_and(|n_keys| n_keys >= KEYS_MAX) {
                let why =
                    format!("you have {KEYS_MAX} keys already; delete one that you no longer use");
                return Err(Error::conflict("too_many_keys", why));
            }
            let scopes: Vec<_> = new.scopes.iter().map(|scope| scope.word()).collect();
            let made = tx.fetchone(
                concat!(
                    "INSERT INTO api_keys (user_id, name, scopes, secret_hash, hint, created_at, \
                     expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING ",
                    columns!()
                ),
                params![user_id, new.name, scopes.join(" "), hash, hint, now, new.expires_at],
                view_from,
            )?;
            let made = made.ok_or_else(|| Error::internal("a new key was given no row"))?;
            // Its number and not its name: what people call things is theirs, and goes with them.
            audit::note(tx, &event.saying(made.id.to_string()), now)?;
            Ok(made)
        };
        let key = caller.write(&self.database, insert).await?;
        // What was deleted since the commit is not in the database any more, and not taken up.
        self.take_up(user_id).await?;
        Ok(NewApiKeyView { key, secret })
    }

    /// A user's keys, newest first.
    pub async fn list_of(&self, user_id: UserId) -> Result<Vec<ApiKeyView>> {
        let mut found = self.database.read(move |r| list_of(r, user_id)).await?;
        let live = self.read();
        for (hash, view) in &mut found {
            let used = live.get(hash).map(|key| key.last_used_millis.load(Ordering::Relaxed));
            view.last_used_at = view.last_used_at.max(moment(used.unwrap_or_default()));
        }
        Ok(found.into_iter().map(|(_, view)| view).collect())
    }

    /// Revokes a key of the caller's: it opens nothing more once this is answered.
    pub async fn delete(&self, caller: &Caller, id: ApiKeyId) -> Result<()> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let event = caller.event(Action::ApiKeyDelete).saying(id.to_string());
        let delete = move |tx: &Tx<'_>| {
            let hash = tx.fetchone(
                "DELETE FROM api_keys WHERE id = ?1 AND user_id = ?2 RETURNING secret_hash",
                params![id, user_id],
                |row| row.get::<SecretHash>(0),
            )?;
            audit::note(tx, &event, now)?;
            hash.ok_or(Error::NotFound("key"))
        };
        let hash = caller.write(&self.database, delete).await?;
        if let Some(key) = self.change().remove(&hash) {
            key.is_revoked.send_replace(true);
        }
        Ok(())
    }

    /// Puts a user's keys out of force, for a commit has disabled or closed the account.
    pub fn forget_all_of(&self, user_id: UserId) {
        self.forget(|key| key.user_id == user_id);
    }

    /// Brings what is in force for a user in line with the database, after a commit that made a key
    /// or enabled the account.
    pub async fn take_up(&self, user_id: UserId) -> Result<()> {
        // Read under the lock: whoever forgets keys after their commit does so after this.
        let keys = self.clone();
        let take_up = move |r: &Reader<'_>| {
            let mut live = keys.change();
            for (hash, key) in in_force_of(r, user_id)? {
                live.entry(hash).or_insert_with(|| Arc::new(key));
            }
            Ok(())
        };
        self.database.read(take_up).await
    }

    /// Writes down when keys were last used, and forgets those that are over.
    pub async fn tidy(&self) -> Result<()> {
        let now = self.clock.now();
        self.forget(|key| key.is_over(now));
        let mut used = Vec::new();
        for key in self.read().values() {
            let last_used = key.last_used_millis.load(Ordering::Relaxed);
            if key.stored_used_millis.load(Ordering::Relaxed) != last_used {
                used.push((Arc::clone(key), last_used));
            }
        }
        if used.is_empty() {
            return Ok(());
        }
        let mark = move |tx: &Tx<'_>| {
            for (key, last_used) in &used {
                tx.execute(
                    "UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1",
                    params![key.id, *last_used],
                )?;
            }
            Ok(used)
        };
        for (key, last_used) in self.database.write(mark).await? {
            key.stored_used_millis.store(last_used, Ordering::Relaxed);
        }
        Ok(())
    }

    fn forget(&self, is_gone: impl Fn(&ApiKey) -> bool) {
        for (_, key) in self.change().extract_if(|_, key| is_gone(key)) {
            key.is_revoked.send_replace(true);
        }
    }

    fn change(&self) -> RwLockWriteGuard<'_, Live> {
        self.live.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deletes the keys of a user whose account is closed.
pub fn delete_keys_of(tx: &Tx<'_>, user_id: UserId) -> Result<usize> {
    tx.execute("DELETE FROM api_keys WHERE user_id = ?1", params![user_id])
}

macro_rules! columns {
    () => {
        "id, name, scopes, hint, created_at, expires_at, last_used_at"
    };
}
use columns;

fn view_from(row: &Row<'_>) -> Result<ApiKeyView> {
    Ok(ApiKeyView {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes: scopes_from(&row.get::<String>(2)?),
        hint: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        last_used_at: row.get(6)?,
    })
}

fn list_of(r: &Reader<'_>, user_id: UserId) -> Result<Vec<(SecretHash, ApiKeyView)>> {
    r.fetchall(
        concat!(
            "SELECT ",
            columns!(),
            ", secret_hash FROM api_keys WHERE user_id = ?1 ORDER BY id DESC"
        ),
        params![user_id],
        |row| Ok((row.get(7)?, view_from(row)?)),
    )
}

macro_rules! select_in_force {
    ($rest:literal) => {
        concat!(
            "SELECT k.secret_hash, k.id, k.user_id, k.scopes, k.expires_at, ",
            "coalesce(k.last_used_at, 0) FROM api_keys k JOIN users u ON u.id = k.user_id ",
            "WHERE u.state = 'active'",
            $rest
        )
    };
}

/// The keys of active users; those that are over come along and open nothing.
fn in_force(r: &Reader<'_>) -> Result<Vec<(SecretHash, ApiKey)>> {
    r.fetchall(select_in_force!(""), params![], key_from)
}

/// The same of one user, found without reading the others'.
fn in_force_of(r: &Reader<'_>, user_id: UserId) -> Result<Vec<(SecretHash, ApiKey)>> {
    r.fetchall(select_in_force!(" AND k.user_id = ?1"), params![user_id], key_from)
}

fn key_from(row: &Row<'_>) -> Result<(SecretHash, ApiKey)> {
    let used: i64 = row.get(5)?;
    let key = ApiKey {
        id: row.get(1)?,
        user_id: row.get(2)?,
        scopes: scopes_from(&row.get::<String>(3)?),
        expires_at: row.get(4)?,
        last_used_millis: AtomicI64::new(used),
        stored_used_millis: AtomicI64::new(used),
        is_revoked: rocket::tokio::sync::watch::Sender::new(false),
    };
    Ok((row.get(0)?, key))
}

fn scopes_from(words: &str) -> Vec<Scope> {
    let words: Vec<_> = words.split(' ').collect();
    Scope::ALL.into_iter().filter(|scope| words.contains(&scope.word())).collect()
}

fn moment(millis: i64) -> Option<Timestamp> {
    (millis > 0).then(|| Timestamp::from_millis(millis))
}
