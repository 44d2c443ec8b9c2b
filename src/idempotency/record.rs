//! Kept answers: the row and its SQL.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::clock::Timestamp;
use crate::database::{Reader, Tx, params};
use crate::error::{Error, Result};
use crate::id::UserId;
use crate::web::Reply;

/// How long an answer is kept at least.
const KEPT_S: i64 = 24 * 3600;

/// The right to do something once.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub(super) user_id: UserId,
    pub(super) route: String,
    pub(super) key: Option<String>,
    /// What was asked for; the same key for anything else is a mistake.
    pub(super) fingerprint: [u8; 32],
}

/// What was done, as the caller is told: now, and whenever the same request comes again.
#[derive(Debug)]
pub struct Done {
    status: u16,
    location: Option<String>,
    body: Box<RawValue>,
    is_replayed: bool,
}

impl Done {
    /// Something new was made, and lies at this address.
    pub fn created(location: String, body: &impl Serialize) -> Result<Self> {
        Self::with(201, location, body)
    }

    /// Work was begun, and can be followed at this address.
    pub fn accepted(location: String, body: &impl Serialize) -> Result<Self> {
        Self::with(202, location, body)
    }

    /// It was done, and lies at this address.
    pub fn ok(location: String, body: &impl Serialize) -> Result<Self> {
        Self::with(200, location, body)
    }

    /// Whether it was done by an earlier request.
    pub fn is_replayed(&self) -> bool {
        self.is_replayed
    }

    /// Where what was done lies.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    fn with(status: u16, location: String, body: &impl Serialize) -> Result<Self> {
        let body = to_raw_value(body).map_err(Error::internal)?;
        Ok(Self { status, location: Some(location), body, is_replayed: false })
    }

    /// The answer to send.
    pub fn reply(self) -> Reply<Box<RawValue>> {
        let reply = Reply::with(self.status, self.location, self.body);
        if self.is_replayed { reply.with_header("Idempotent-Replayed", "true") } else { reply }
    }
}

impl Ticket {
    /// Whether the caller has a key, so that the answer is kept.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Inside a write: does the work and keeps its answer, or hands out the answer that is kept.
    pub fn redeem(
        &self,
        tx: &Tx<'_>,
        now: Timestamp,
        work: impl FnOnce(&Tx<'_>) -> Result<Done>,
    ) -> Result<Done> {
        let Some(key) = &self.key else { return work(tx) };
        if let Some(done) = self.lookup(tx)? {
            return Ok(done);
        }
        let done = work(tx)?;
        tx.execute(
            "INSERT INTO replies (user_id, route, key, body_hash, status, location, body, \
             created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                self.user_id,
                self.route,
                key,
                self.fingerprint,
                u32::from(done.status),
                done.location,
                done.body.get(),
                now
            ],
        )?;
        Ok(done)
    }

    /// The answer that is kept, if it was done before: whoever asks this first need not work out
    /// what [`Ticket::redeem`] would throw away.
    pub fn lookup(&self, r: &Reader<'_>) -> Result<Option<Done>> {
        let Some(key) = &self.key else { return Ok(None) };
        let kept = r.fetchone(
            "SELECT body_hash, status, location, body FROM replies \
             WHERE user_id = ?1 AND route = ?2 AND key = ?3",
            params![self.user_id, self.route, key],
            |row| {
                let status = u16::try_from(row.get::<u32>(1)?).map_err(Error::internal)?;
                let body = RawValue::from_string(row.get(3)?).map_err(Error::internal)?;
                let done = Done { status, location: row.get(2)?, body, is_replayed: true };
                Ok((row.get::<[u8; 32]>(0)?, done))
            },
        )?;
        match kept {
            Some((fingerprint, done)) if fingerprint == self.fingerprint => Ok(Some(done)),
            Some(_) => Err(Error::KeyReused),
            None => Ok(None),
        }
    }
}

/// Deletes the answers to a user whose account is closed.
pub fn forget_all_of(tx: &Tx<'_>, user_id: UserId) -> Result<usize> {
    tx.execute("DELETE FROM replies WHERE user_id = ?1", params![user_id])
}

/// Deletes the answers that tell of what was made at this address and is there no more.
pub fn forget_made(tx: &Tx<'_>, user_id: UserId, location: &str) -> Result<()> {
    let sql = "DELETE FROM replies WHERE location = ?2 AND user_id = ?1";
    tx.execute(sql, params![user_id, location]).map(drop)
}

/// Deletes answers that are older than a day, about `limit` of them; how many it were.
pub fn forget(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<usize> {
    tx.execute(
        // By time, for a reply has no number: those of one moment go together.
        "DELETE FROM replies WHERE created_at <= (SELECT max(created_at) FROM \
         (SELECT created_at FROM replies WHERE created_at < ?1 ORDER BY created_at LIMIT ?2) \
         AS oldest)",
        params![now.plus_s(-KEPT_S), limit],
    )
}
