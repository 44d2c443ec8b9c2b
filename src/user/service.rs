//! The rules of accounts.

use super::password::Passwords;
use super::record::{NewUser, User};
use crate::access::{self, Caller, NewSession, Role, Sessions};
use crate::clock::Clock;
use crate::database::Database;
use crate::error::{Error, Issues, Result};
use crate::id::UserId;
use crate::random;

/// The name of the account that comes with an installation.
const ADMIN_NAME: &str = "admin";

/// Accounts: signing in and out, passwords.
#[derive(Clone)]
pub struct UserService {
    database: Database,
    clock: Clock,
    passwords: Passwords,
    sessions: Sessions,
}

/// The password of the first administrator.
#[derive(Clone, PartialEq, Eq)]
pub enum FirstPassword {
    /// The one that was given.
    Given,
    /// This one, which is shown once and has to be changed.
    Made(String),
}

/// Someone who wants to sign in.
#[derive(Debug)]
pub struct Credentials {
    /// A name or an e-mail address, as typed.
    pub name_or_email: String,
    /// The password, as typed.
    pub password: String,
}

impl UserService {
    /// Accounts in this database.
    pub fn new(database: Database, clock: Clock, passwords: Passwords, sessions: Sessions) -> Self {
        Self { database, clock, passwords, sessions }
    }

    /// Makes the administrator's account if there is no administrator, with the password `given` or
    /// one of its own making; whether it was made. `tell` is called before the account is there, so
    /// that a password nobody could be told is never set.
    pub async fn ensure_admin(
        &self,
        given: Option<String>,
        tell: impl FnOnce(&FirstPassword) -> Result<()>,
    ) -> Result<bool> {
        if self.database.read(User::is_administered).await? {
            return Ok(false);
        }
        let is_given = given.is_some();
        let password = given.map_or_else(random::readable_password, Ok)?;
        let mut issues = Issues::default();
        Passwords::judge("CELLAR_ADMIN_PASSWORD", &password, &mut issues);
        issues.or(())?;
        let new = NewUser {
            username: ADMIN_NAME.into(),
            password_hash: self.passwords.hash(password.clone()).await?,
            role: Role::Admin,
            must_change_password: !is_given,
        };
        tell(&if is_given { FirstPassword::Given } else { FirstPassword::Made(password) })?;
        let now = self.clock.now();
        let made = self.database.write(move |tx| User::create(tx, &new, now)).await?;
        if made.is_none() {
            return Err(Error::Conflict(format!(
                "there is no administrator, but the name {ADMIN_NAME} is taken by another account"
            )));
        }
        Ok(true)
    }

    /// Opens a session for whoever knows a name and its password.
    pub async fn sign_in(
        &self,
        who: Credentials,
        user_agent: Option<&str>,
    ) -> Result<(User, NewSession)> {
        let name = canonical(&who.name_or_email);
        let user = self.database.read(move |r| User::lookup(r, &name)).await?;
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let is_right = self.passwords.verify(who.password, hash).await?;
        let Some(user) = user.filter(|user| is_right && user.is_active) else {
            return Err(Error::invalid(
                "password",
                "wrong_password",
                "does not fit this name; check both",
            ));
        };
        let new = NewSession::prepare(user_agent)?;
        let row = new.row(user.id, user.role, user.must_change_password, self.clock.now());
        let (id, hash) = (user.id, user.password_hash.clone());
        let session = self
            .database
            .write(move |tx| {
                // While the password was checked, it may have changed or the account been disabled.
                let present = User::get(tx, id)?;
                if !present.is_active || present.password_hash != hash {
                    return Err(Error::SignedOut);
                }
                row.create(tx)
            })
            .await?;
        self.sessions.admit(session).await?;
        Ok((user, new))
    }

    /// Ends the caller's session.
    pub async fn sign_out(&self, caller: &Caller) -> Result<()> {
        self.sessions.end(caller.session_id()).await
    }

    /// The account of this id.
    pub async fn find(&self, id: UserId) -> Result<User> {
        self.database.read(move |r| User::get(r, id)).await
    }

    /// Replaces the caller's password and ends all other sessions of theirs.
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: String,
        new: String,
    ) -> Result<()> {
        let mut issues = Issues::default();
        Passwords::judge("new_password", &new, &mut issues);
        if new == current {
            issues.add("new_password", "unchanged", "must differ from the present one");
        }
        issues.or(())?;
        let user = self.find(caller.user_id()).await?;
        if !self.passwords.verify(current, Some(user.password_hash.clone())).await? {
            return Err(Error::invalid(
                "current_password",
                "wrong_password",
                "is not your present password",
            ));
        }
        let hash = self.passwords.hash(new).await?;
        let (user_id, session_id) = (user.id, caller.session_id());
        let kept = Some(session_id);
        self.database
            .write(move |tx| {
                user.change_password(tx, &hash)?;
                access::lift_restriction(tx, session_id)?;
                access::end_all_of(tx, user.id, kept)
            })
            .await?;
        self.sessions.lift_restriction(session_id);
        self.sessions.forget_all_of(user_id, kept);
        Ok(())
    }
}

/// The one form of a name that is compared.
fn canonical(name: &str) -> String {
    name.trim().to_lowercase()
}
