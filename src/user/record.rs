//! Users: the row and its SQL.

use crate::access::Role;
use crate::clock::Timestamp;
use crate::database::{Reader, Row, Tx, params};
use crate::error::{Error, Result};
use crate::id::UserId;
use crate::transaction;

/// An account. Never `Serialize`: it holds a password's hash.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The canonical name.
    pub username: String,
    /// The canonical address, if one is known.
    pub email: Option<String>,
    /// What the person is called.
    pub full_name: Option<String>,
    /// What it may do.
    pub role: Role,
    /// Whether somebody else has seen the password.
    pub must_change_password: bool,
    /// Since when.
    pub created_at: Timestamp,
    pub(super) password_hash: String,
    pub(super) is_active: bool,
}

/// An account about to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The canonical name.
    pub username: String,
    /// The hash of its password.
    pub password_hash: String,
    /// What it may do.
    pub role: Role,
    /// Whether the password has to be changed at the first sign-in.
    pub must_change_password: bool,
}

/// A query for whole accounts; the columns stand in the order [`User::read`] takes them.
macro_rules! select_users {
    ($where:literal) => {
        concat!(
            "SELECT id, username, email, full_name, role, must_change_password, created_at, ",
            "password_hash, state = 'active' FROM users WHERE ",
            $where
        )
    };
}

impl User {
    /// Makes an account with an empty balance; `None` if the name is taken.
    pub fn create(tx: &Tx<'_>, new: &NewUser, now: Timestamp) -> Result<Option<UserId>> {
        let id: Option<UserId> = tx.fetchone(
            "INSERT INTO users (username, password_hash, role, must_change_password, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING RETURNING id",
            params![
                new.username,
                new.password_hash,
                new.role.word(),
                new.must_change_password,
                now
            ],
            |row| row.get(0),
        )?;
        if let Some(id) = id {
            transaction::create_account(tx, id)?;
        }
        Ok(id)
    }

    /// The account with this id.
    pub fn get(r: &Reader<'_>, id: UserId) -> Result<Self> {
        r.fetchone(select_users!("id = ?1"), params![id], Self::read)?
            .ok_or(Error::NotFound("user"))
    }

    /// The account that this name or address names.
    pub fn lookup(r: &Reader<'_>, name_or_email: &str) -> Result<Option<Self>> {
        r.fetchone(select_users!("username = ?1 OR email = ?1"), params![name_or_email], Self::read)
    }

    /// Whether an administrator exists who can sign in.
    pub fn is_administered(r: &Reader<'_>) -> Result<bool> {
        let found = r.fetchone(
            "SELECT 1 FROM users WHERE role = 'admin' AND state = 'active' LIMIT 1",
            params![],
            |row| row.get::<i64>(0),
        )?;
        Ok(found.is_some())
    }

    /// Keeps a new password, chosen by the user, if the old one is still the same.
    pub fn change_password(&self, tx: &Tx<'_>, new_hash: &str) -> Result<()> {
        let n_changed = tx.execute(
            "UPDATE users SET password_hash = ?2, must_change_password = 0 \
             WHERE id = ?1 AND password_hash = ?3 AND state = 'active'",
            params![self.id, new_hash, self.password_hash],
        )?;
        if n_changed == 1 { Ok(()) } else { Err(Error::SignedOut) }
    }

    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            username: row.get(1)?,
            email: row.get(2)?,
            full_name: row.get(3)?,
            role: Role::from_word(&row.get::<String>(4)?)?,
            must_change_password: row.get(5)?,
            created_at: row.get(6)?,
            password_hash: row.get(7)?,
            is_active: row.get(8)?,
        })
    }
}
