//! The rules of accounts, for their users: signing up, passwords, the profile, the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::invitation;
use super::name;
use super::password::Passwords;
use super::record::{self, NewUser, Profile, User};
use super::tries::{Target, Tries};
use crate::access::{self, AccessTokens, ApiKeys, Caller, Role, Sessions, Visitor};
use crate::audit::{self, Action, Event};
use crate::clock::{Clock, Timestamp};
use crate::config::SignUp;
use crate::credits::Credits;
use crate::database::{Database, Reader, Tx};
use crate::error::{Error, Issues, Result};
use crate::id::{SessionId, UserId};
use crate::idempotency;
use crate::random;
use crate::transaction::{Balance, Entry, Kind, Subject, Transaction};

/// The name of the account that comes with an installation.
pub const ADMIN_NAME: &str = "admin";

/// What else begins and ends with an account; implemented by modules that know accounts.
pub trait Companion: Send + Sync {
    /// Runs in the write that makes an account.
    fn created(&self, tx: &Tx<'_>, user_id: UserId, username: &str, now: Timestamp) -> Result<()>;

    /// Runs in the write that closes one; an error says what stands in the way.
    fn closing(&self, tx: &Tx<'_>, user_id: UserId, now: Timestamp) -> Result<()>;
}

/// What the rules of accounts are set to.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Who may sign up.
    pub sign_up: SignUp,
    /// What a new account is given.
    pub sign_up_credits: Credits,
    /// The work a password hash takes.
    pub bcrypt_cost: u32,
    /// Wrong passwords that an account bears in a minute.
    pub tries_per_minute: u32,
}

/// Accounts; a clone is the same accounts.
#[derive(Clone)]
pub struct UserService {
    pub(super) database: Database,
    pub(super) clock: Clock,
    pub(super) passwords: Passwords,
    pub(super) sessions: Sessions,
    pub(super) keys: ApiKeys,
    pub(super) tokens: AccessTokens,
    pub(super) tries: Tries,
    pub(super) settings: Settings,
    pub(super) companion: Arc<dyn Companion>,
    /// Whether the first administrator's account is there, as far as this process has looked.
    is_founded: Arc<AtomicBool>,
}

/// The modules that accounts stand on.
pub struct Ground {
    /// Where they are kept.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// Who is signed in.
    pub sessions: Sessions,
    /// What programs sign in with.
    pub tokens: AccessTokens,
    /// What programs call with.
    pub keys: ApiKeys,
    /// What else begins and ends with an account.
    pub companion: Arc<dyn Companion>,
}

/// The password of the first administrator.
#[derive(Clone, PartialEq, Eq)]
pub enum FirstPassword {
    /// The one that was given.
    Given,
    /// This one, which is shown once and has to be changed.
    Made(String),
}

/// Someone who wants an account, as typed.
pub struct Registration {
    /// The address.
    pub email: String,
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
    /// What the person is called.
    pub full_name: Option<String>,
    /// The secret of an invitation.
    pub invitation: Option<String>,
}

impl UserService {
    /// Accounts on this ground.
    pub fn new(ground: Ground, settings: Settings) -> Self {
        let Ground { database, clock, sessions, tokens, keys, companion } = ground;
        let passwords = Passwords::new(settings.bcrypt_cost);
        let tries = Tries::new(settings.tries_per_minute, clock.clone());
        let is_founded = Arc::default();
        Self {
            database,
            clock,
            passwords,
            sessions,
            keys,
            tokens,
            tries,
            settings,
            companion,
            is_founded,
        }
    }

    /// Whether [`UserService::ensure_admin`] has done its work: before it, nobody could sign in.
    pub fn is_founded(&self) -> bool {
        self.is_founded.load(Ordering::Acquire)
    }

    /// Makes the administrator's account if there is no administrator, with the password `given` or
    /// one of its own making; whether it was made. `tell` is called before the account is there, so
    /// that a password nobody could be told is never set.
    pub async fn ensure_admin(
        &self,
        given: Option<String>,
        tell: impl FnOnce(&FirstPassword) -> Result<()>,
    ) -> Result<bool> {
        let is_made = self.found(given, tell).await?;
        self.is_founded.store(true, Ordering::Release);
        Ok(is_made)
    }

    async fn found(
        &self,
        given: Option<String>,
        tell: impl FnOnce(&FirstPassword) -> Result<()>,
    ) -> Result<bool> {
        self.complete_looks().await?;
        if self.database.read(User::is_administered).await? {
            return Ok(false);
        }
        let is_given = given.is_some();
        let password = given.map_or_else(random::readable_password, Ok)?;
        let personal = vec![ADMIN_NAME.to_owned()];
        self.passwords.weigh("CELLAR_ADMIN_PASSWORD", password.clone(), personal).await?.or(())?;
        let new = NewUser {
            username: ADMIN_NAME.into(),
            email: None,
            full_name: None,
            password_hash: self.passwords.hash(password.clone()).await?,
            role: Role::Admin,
            must_change_password: !is_given,
        };
        tell(&if is_given { FirstPassword::Given } else { FirstPassword::Made(password) })?;
        let service = self.clone();
        let make = move |tx: &Tx<'_>| service.make(tx, &new, None, None);
        self.database.write(make).await.map_err(|error| match error {
            Error::Taken(_) => Error::Unavailable(format!(
                "there is no administrator, but the name {ADMIN_NAME} is taken by another account"
            )),
            other => other,
        })?;
        Ok(true)
    }

    /// Gives accounts of an older version what new ones are made with.
    pub(super) async fn complete_looks(&self) -> Result<()> {
        let names = self.database.read(record::without_look).await?;
        if names.is_empty() {
            return Ok(());
        }
        self.database.write(move |tx| record::keep_looks(tx, &names)).await
    }

    /// Makes an account with everything that belongs to one; `by` is whoever of the staff makes it,
    /// if its user does not.
    pub(super) fn make(
        &self,
        tx: &Tx<'_>,
        new: &NewUser,
        by: Option<&Event>,
        request_id: Option<&str>,
    ) -> Result<UserId> {
        let now = self.clock.now();
        let id = User::create(tx, new, now)?;
        self.companion.created(tx, id, &new.username, now)?;
        if self.settings.sign_up_credits > Credits::ZERO && new.role == Role::User {
            let gift = Entry {
                user_id: id,
                kind: Kind::Gift,
                amount: self.settings.sign_up_credits,
                description: Subject::Welcome.to_string(),
                actor_id: None,
                request_id: request_id.map(str::to_owned),
            };
            User::add_balance(tx, gift, now)?;
        }
        let made_by_its_user =
            || Event::done(Action::Register, Some(id), Some(id), request_id.map(str::to_owned));
        let event = by.cloned().unwrap_or_else(made_by_its_user);
        audit::note(tx, &event.on(Some(id)), now)?;
        Ok(id)
    }

    /// Makes an account for somebody who asks for one.
    pub async fn register(&self, mut asked: Registration, visitor: &Visitor) -> Result<User> {
        // First: where nobody may sign up, nothing is worked out for those who try.
        let invitation = self.judge_invitation(asked.invitation.take()).await?;
        let (new, password) = self.judge(asked).await?;
        let password_hash = self.passwords.hash(password).await?;
        let new = NewUser { password_hash, ..new };
        let (service, request_id) = (self.clone(), visitor.request_id.clone());
        let place = visitor.place;
        let register = move |tx: &Tx<'_>| {
            let id = service.make(tx, &new, None, Some(&request_id))?;
            let now = service.clock.now();
            if let Some(secret) = invitation {
                invitation::redeem(tx, &secret, id, now)?;
            }
            // Whoever signs up here will sign in here.
            if let Some(place) = place {
                access::remember_place(tx, id, place, now)?;
            }
            tracing::info!(request_id, "an account was made");
            User::get(tx, id)
        };
        self.database.write(register).await
    }

    /// What was typed, in its canonical form, with every mistake at once.
    async fn judge(&self, asked: Registration) -> Result<(NewUser, String)> {
        let mut issues = Issues::default();
        let email = name::email(&asked.email, &mut issues);
        let username = name::username(&asked.username, &mut issues);
        let full_name =
            asked.full_name.as_deref().and_then(|text| name::full_name(text, &mut issues));
        let personal = vec![username.clone(), email.clone(), full_name.clone().unwrap_or_default()];
        issues.append(self.passwords.weigh("password", asked.password.clone(), personal).await?);
        let new = NewUser {
            username,
            email: Some(email),
            full_name,
            password_hash: String::new(),
            role: Role::User,
            must_change_password: false,
        };
        issues.or((new, asked.password))
    }

    /// The invitation to be used up, if one is needed.
    async fn judge_invitation(&self, given: Option<String>) -> Result<Option<String>> {
        match (self.settings.sign_up, given) {
            (SignUp::Open, None) => Ok(None),
            (SignUp::Closed, _) => Err(Error::Closed),
            (SignUp::Invite, None) => Err(Error::invalid(
                "invitation",
                "required",
                "is missing; this server is open to those who were invited",
            )),
            (SignUp::Open | SignUp::Invite, Some(secret)) => {
                let is_open = self.is_invitation_open(secret.clone()).await?;
                if is_open { Ok(Some(secret)) } else { Err(invitation::not_open()) }
            }
        }
    }

    /// Whether an account can be made with the invitation of this secret.
    pub async fn is_invitation_open(&self, secret: String) -> Result<bool> {
        let now = self.clock.now();
        let is_open = move |r: &Reader<'_>| invitation::is_open(r, &secret, now);
        Ok(self.settings.sign_up != SignUp::Closed && self.database.read(is_open).await?)
    }

    /// What the rules of accounts are set to.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The account of this id.
    pub async fn find(&self, id: UserId) -> Result<User> {
        self.database.peek(move |r| User::get(r, id)).await
    }

    /// What an account holds.
    pub async fn get_user_balance(&self, id: UserId) -> Result<Balance> {
        self.database.peek(move |r| Balance::find(r, id)).await
    }

    /// Adds credits to an account, as the entry says.
    pub async fn add_balance(&self, entry: Entry) -> Result<Transaction> {
        let now = self.clock.now();
        self.database.write(move |tx| User::add_balance(tx, entry, now)).await
    }

    /// Changes the caller's profile; what is left out stays.
    pub async fn change_profile(&self, caller: &Caller, asked: Profile) -> Result<User> {
        let mut issues = Issues::default();
        let profile = Profile {
            username: asked.username.map(|text| name::username(&text, &mut issues)),
            email: asked.email.map(|text| name::email(&text, &mut issues)),
            full_name: asked
                .full_name
                .map(|text| text.and_then(|text| name::full_name(&text, &mut issues))),
        };
        let profile = issues.or(profile)?;
        let id = caller.user_id();
        let changed = profile.changed().join(" ");
        if changed.is_empty() {
            return self.find(id).await;
        }
        let event = caller.event(Action::ProfileChange).saying(changed);
        let now = self.clock.now();
        let change = move |tx: &Tx<'_>| {
            User::change_profile(tx, id, &profile)?;
            audit::note(tx, &event, now)?;
            User::get(tx, id)
        };
        caller.write(&self.database, change).await
    }

    /// Replaces the caller's password and ends all other sessions of theirs.
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: String,
        new: String,
    ) -> Result<()> {
        let session_id = caller.session_id().ok_or(Error::NotForKeys)?;
        let user = self.find(caller.user_id()).await?;
        let mut issues = self.passwords.weigh("new_password", new.clone(), user.personal()).await?;
        if new == current {
            issues.add("new_password", "unchanged", "must differ from the present one");
        }
        issues.or(())?;
        self.require_password(&user, session_id, current, "current_password").await?;
        let hash = self.passwords.hash(new).await?;
        let user_id = user.id;
        let kept = Some(session_id);
        let (event, now) = (caller.event(Action::PasswordChange), self.clock.now());
        let change = move |tx: &Tx<'_>| {
            user.change_password(tx, &hash, false)?;
            access::lift_restriction(tx, session_id)?;
            audit::note(tx, &event, now)?;
            access::end_all_of(tx, user.id, kept)
        };
        caller.write(&self.database, change).await?;
        self.sessions.lift_restriction(session_id);
        self.sessions.forget_all_of(user_id, kept);
        Ok(())
    }

    /// Closes the caller's account for good: who they were is forgotten, the ledger is kept.
    pub async fn close(&self, caller: &Caller, password: String) -> Result<()> {
        let session_id = caller.session_id().ok_or(Error::NotForKeys)?;
        let user = self.find(caller.user_id()).await?;
        self.require_password(&user, session_id, password, "password").await?;
        let (companion, id) = (Arc::clone(&self.companion), user.id);
        let (event, now) = (caller.event(Action::AccountClose), self.clock.now());
        let close = move |tx: &Tx<'_>| {
            companion.closing(tx, id, now)?;
            user.close(tx)?;
            access::delete_keys_of(tx, id)?;
            access::forget_places_of(tx, id)?;
            idempotency::forget_all_of(tx, id)?;
            invitation::forget_guest(tx, id)?;
            audit::note(tx, &event, now)?;
            access::end_all_of(tx, id, None)
        };
        caller.write(&self.database, close).await?;
        self.sessions.forget_all_of(id, None);
        self.keys.forget_all_of(id);
        Ok(())
    }

    /// Who has taken a session does not have the password yet, and may not guess it at leisure. The
    /// tries of each session are counted apart: a stranger's never stop its user here.
    async fn require_password(
        &self,
        user: &User,
        session_id: SessionId,
        given: String,
        field: &str,
    ) -> Result<()> {
        let hash = Some(user.password_hash.clone());
        if self.try_password(Some(Target::Session(session_id)), given, hash).await? {
            return Ok(());
        }
        Err(Error::invalid(field, "wrong_password", "is not your present password"))
    }
}
