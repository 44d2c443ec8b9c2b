//! Users: the row and its SQL.

use std::fmt;

use super::name;
use super::password::Passwords;
use super::service::ADMIN_NAME;
use crate::access::Role;
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Reader, Row, Tx, params};
use crate::error::{Error, Issues, Result};
use crate::id::UserId;
use crate::transaction::{self, Balance, Entry, Transaction};

/// An account. Never `Serialize`: it holds a password's hash.
#[derive(Clone)]
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
    /// Whether it may be used.
    pub state: State,
    /// Whether somebody else has seen the password.
    pub must_change_password: bool,
    /// Since when.
    pub created_at: Timestamp,
    pub(super) password_hash: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("User");
        shown.field("id", &self.id).field("username", &self.username).field("role", &self.role);
        shown.field("state", &self.state).finish_non_exhaustive()
    }
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It may.
    Active,
    /// Not until an administrator enables it again.
    Disabled,
    /// Never again; who it was is forgotten, the ledger is kept.
    Closed,
}

impl State {
    /// The word in the database and in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Closed => "closed",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Active, Self::Disabled, Self::Closed].into_iter().find(|state| state.word() == word)
    }
}

/// An account about to be made.
#[derive(Clone)]
pub struct NewUser {
    /// The canonical name.
    pub username: String,
    /// The canonical address, if one is known.
    pub email: Option<String>,
    /// What the person is called.
    pub full_name: Option<String>,
    /// The hash of its password.
    pub password_hash: String,
    /// What it may do.
    pub role: Role,
    /// Whether the password has to be changed at the first sign-in.
    pub must_change_password: bool,
}

/// What of a profile is to change.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Another canonical name.
    pub username: Option<String>,
    /// Another canonical address.
    pub email: Option<String>,
    /// What the person is called; the inner `None` is nothing.
    pub full_name: Option<Option<String>>,
}

impl Profile {
    /// The fields that are to change.
    pub(super) fn changed(&self) -> Vec<&'static str> {
        let fields = [
            ("username", self.username.is_some()),
            ("email", self.email.is_some()),
            ("full_name", self.full_name.is_some()),
        ];
        fields.into_iter().filter(|(_, is_said)| *is_said).map(|(field, _)| field).collect()
    }
}

/// A query for whole accounts; the columns stand in the order [`User::read`] takes them.
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT id, username, email, full_name, role, must_change_password, created_at, ",
            "password_hash, state FROM users WHERE ",
            $rest
        )
    };
}

impl User {
    /// Makes an account with an empty balance, unless its name or address is taken.
    pub fn create(tx: &Tx<'_>, new: &NewUser, now: Timestamp) -> Result<UserId> {
        refuse_taken(tx, None, Some(&new.username), new.email.as_deref())?;
        if new.role != Role::Admin {
            refuse_reserved(tx, &new.username)?;
        }
        let id: Option<UserId> = tx.fetchone(
            "INSERT INTO users (username, email, full_name, password_hash, role, \
             must_change_password, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
            params![
                new.username,
                new.email,
                new.full_name,
                new.password_hash,
                new.role.word(),
                new.must_change_password,
                now
            ],
            |row| row.get(0),
        )?;
        let id = id.ok_or_else(|| Error::internal("a new account got no number"))?;
        keep_look(tx, id, &new.username)?;
        transaction::create_account(tx, id)?;
        Ok(id)
    }

    /// The account with this id.
    pub fn get(r: &Reader<'_>, id: UserId) -> Result<Self> {
        r.fetchone(select_users!("id = ?1"), params![id], Self::read)?
            .ok_or(Error::NotFound("user"))
    }

    /// The account with this id, unless it is closed, for nothing can be done to one that is.
    pub(super) fn get_open(r: &Reader<'_>, id: UserId) -> Result<Self> {
        let user = Self::get(r, id)?;
        if user.state == State::Closed { Err(Error::NotFound("user")) } else { Ok(user) }
    }

    /// The account that this name or address names.
    pub fn lookup(r: &Reader<'_>, name_or_email: &str) -> Result<Option<Self>> {
        r.fetchone(select_users!("username = ?1 OR email = ?1"), params![name_or_email], Self::read)
    }

    /// The canonical form of a name, as typed.
    pub fn canonical(username: &str) -> String {
        name::typed(username)
    }

    /// The canonical form of an address, as typed.
    pub fn canonical_email(email: &str) -> Result<String> {
        let mut issues = Issues::default();
        let email = name::email(email, &mut issues);
        issues.or(email)
    }

    /// Whether `password` is the account's. It takes as long as a password should; call it off the
    /// threads that answer.
    pub fn check_password(&self, password: &str) -> Result<bool> {
        Passwords::check(password, Some(&self.password_hash))
    }

    /// Adds credits, as the entry says.
    pub fn add_balance(tx: &Tx<'_>, entry: Entry, now: Timestamp) -> Result<Transaction> {
        if entry.amount <= Credits::ZERO {
            return Err(Error::invalid("amount", "not_positive", "must be more than zero"));
        }
        Transaction::create(tx, entry, now)
    }

    /// Takes credits away, as the entry says with a positive amount; refused beyond what there is.
    pub fn subtract_balance(tx: &Tx<'_>, entry: Entry, now: Timestamp) -> Result<Transaction> {
        let amount = entry.amount.negated().filter(|amount| *amount < Credits::ZERO);
        let amount = amount
            .ok_or_else(|| Error::invalid("amount", "not_positive", "must be more than zero"))?;
        Transaction::create(tx, Entry { amount, ..entry }, now)
    }

    /// What the account holds.
    pub fn balance(&self, r: &Reader<'_>) -> Result<Balance> {
        Balance::find(r, self.id)
    }

    /// What everyone who knows its user would try first as a password.
    pub(super) fn personal(&self) -> Vec<String> {
        let known = [Some(&self.username), self.email.as_ref(), self.full_name.as_ref()];
        known.into_iter().flatten().cloned().collect()
    }

    /// Whether it may be used.
    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }

    /// Whether an administrator exists who can sign in.
    pub fn is_administered(r: &Reader<'_>) -> Result<bool> {
        Ok(n_admins(r)? > 0)
    }

    /// Keeps a new password if the old one is still the same. `is_seen` if somebody else knows it.
    pub fn change_password(&self, tx: &Tx<'_>, new_hash: &str, is_seen: bool) -> Result<()> {
        let n_changed = tx.execute(
            "UPDATE users SET password_hash = ?2, must_change_password = ?4 \
             WHERE id = ?1 AND password_hash = ?3 AND state <> 'closed'",
            params![self.id, new_hash, self.password_hash, is_seen],
        )?;
        if n_changed == 1 { Ok(()) } else { Err(Error::SignedOut) }
    }

    /// Changes the profile of an active account, unless the new name or address is taken.
    pub fn change_profile(tx: &Tx<'_>, id: UserId, profile: &Profile) -> Result<()> {
        let Profile { username, email, full_name } = profile;
        refuse_taken(tx, Some(id), username.as_deref(), email.as_deref())?;
        username.as_deref().map_or(Ok(()), |username| refuse_reserved(tx, username))?;
        let n_changed = tx.execute(
            "UPDATE users SET username = coalesce(?2, username), email = coalesce(?3, email), \
             full_name = CASE WHEN ?4 THEN ?5 ELSE full_name END \
             WHERE id = ?1 AND state = 'active'",
            params![id, username, email, full_name.is_some(), full_name.clone().flatten()],
        )?;
        require_one(n_changed)?;
        if let Some(username) = username {
            keep_look(tx, id, username)?;
        }
        Ok(())
    }

    /// Lets an account be used, or no more. The last administrator stays.
    pub fn change_state(tx: &Tx<'_>, id: UserId, state: State) -> Result<()> {
        let n_changed = tx.execute(
            "UPDATE users SET state = ?2 WHERE id = ?1 AND state <> 'closed'",
            params![id, state.word()],
        )?;
        require_one(n_changed)?;
        require_an_administrator(tx)
    }

    /// Changes what an account may do. The last administrator stays.
    pub fn change_role(tx: &Tx<'_>, id: UserId, role: Role) -> Result<()> {
        let n_changed = tx.execute(
            "UPDATE users SET role = ?2 WHERE id = ?1 AND state <> 'closed'",
            params![id, role.word()],
        )?;
        require_one(n_changed)?;
        require_an_administrator(tx)
    }

    /// Forgets who it was, if its password is still the same: what is left is a number that the
    /// ledger can point to.
    pub fn close(&self, tx: &Tx<'_>) -> Result<()> {
        let n_closed = tx.execute(
            "UPDATE users SET username = ?2, email = NULL, full_name = NULL, password_hash = '', \
             role = 'user', must_change_password = 0, state = 'closed' \
             WHERE id = ?1 AND password_hash = ?3 AND state = 'active'",
            // A colon is in no name that can be chosen.
            params![self.id, format!("closed:{}", self.id), self.password_hash],
        )?;
        if n_closed == 0 {
            return Err(Error::SignedOut);
        }
        tx.execute("DELETE FROM looks WHERE user_id = ?1", params![self.id])?;
        require_an_administrator(tx)
    }

    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            username: row.get(1)?,
            email: row.get(2)?,
            full_name: row.get(3)?,
            role: Role::from_word(&row.get::<String>(4)?)?,
            must_change_password: row.get(5)?,
            created_at: row.get(6)?,
            password_hash: row.get(7)?,
            state: State::from_word(&row.get::<String>(8)?)
                .ok_or_else(|| Error::internal("an account has an unknown state"))?,
        })
    }
}

fn require_one(n_changed: usize) -> Result<()> {
    if n_changed == 1 { Ok(()) } else { Err(Error::NotFound("user")) }
}

fn n_admins(r: &Reader<'_>) -> Result<i64> {
    let n_admins = r.fetchone(
        "SELECT count(*) FROM users WHERE role = 'admin' AND state = 'active'",
        params![],
        |row| row.get(0),
    )?;
    n_admins.ok_or_else(|| Error::internal("a count has no row"))
}

/// Checked after the change, in its own write: if it fails, the change is undone.
fn require_an_administrator(r: &Reader<'_>) -> Result<()> {
    if n_admins(r)? > 0 {
        return Ok(());
    }
    let why = "this is the last administrator; make another account one first";
    Err(Error::conflict("last_administrator", why))
}

/// Refuses a name or an address that another account has.
fn refuse_taken(
    r: &Reader<'_>,
    own: Option<UserId>,
    username: Option<&str>,
    email: Option<&str>,
) -> Result<()> {
    let mut issues = Issues::default();
    let is_taken = |sql: &str, text: &str| {
        let other = r.fetchone(sql, params![text, own], |row| row.get::<i64>(0))?;
        Ok::<_, Error>(other.is_some())
    };
    if let Some(username) = username {
        let look = name::look_of(username);
        let by_name = "SELECT 1 FROM users WHERE username = ?1 AND id <> coalesce(?2, 0)";
        let by_look = "SELECT 1 FROM looks WHERE look = ?1 AND user_id <> coalesce(?2, 0)";
        if is_taken(by_name, username)? {
            issues.add("username", "taken", "is taken; choose another");
        } else if is_taken(by_look, &look)? {
            issues.add("username", "taken", "looks like a name that is taken; choose another");
        }
    }
    if let Some(email) = email
        && is_taken("SELECT 1 FROM users WHERE email = ?1 AND id <> coalesce(?2, 0)", email)?
    {
        issues.add("email", "taken", "belongs to another account; sign in with it instead");
    }
    issues.or(()).map_err(|error| match error {
        Error::Invalid(issues) => Error::Taken(issues),
        other => other,
    })
}

/// The first administrator's name waits for them: whoever took it sooner would keep the server from
/// ever having one.
fn refuse_reserved(r: &Reader<'_>, username: &str) -> Result<()> {
    if name::look_of(username) != name::look_of(ADMIN_NAME) || n_admins(r)? > 0 {
        return Ok(());
    }
    let mut issues = Issues::default();
    issues.add("username", "taken", "is kept for the administrator; choose another");
    Err(Error::Taken(issues))
}

fn keep_look(tx: &Tx<'_>, id: UserId, username: &str) -> Result<()> {
    tx.execute("DELETE FROM looks WHERE user_id = ?1", params![id])?;
    tx.execute(
        "INSERT INTO looks (look, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![name::look_of(username), id],
    )?;
    Ok(())
}

/// Accounts that were made before looks were kept.
pub(super) fn without_look(r: &Reader<'_>) -> Result<Vec<(UserId, String)>> {
    r.fetchall(
        "SELECT id, username FROM users WHERE state <> 'closed' \
         AND id NOT IN (SELECT user_id FROM looks)",
        params![],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Gives those their looks.
pub(super) fn keep_looks(tx: &Tx<'_>, names: &[(UserId, String)]) -> Result<()> {
    names.iter().try_for_each(|(id, username)| keep_look(tx, *id, username))
}
