//! Signing in and out: who knows a name and its password gets a session.

use std::sync::Arc;

use super::name;
use super::record::User;
use super::service::UserService;
use super::tries::Target;
use crate::access::{Caller, Holder, NewSession, Session, SessionKind, Visitor, is_known_place};
use crate::audit::{self, Action, Event};
use crate::database::{Reader, Tx};
use crate::error::{Error, Result};
use crate::id::UserId;

/// Someone who wants to sign in.
pub struct Credentials {
    /// A name or an e-mail address, as typed.
    pub name_or_email: String,
    /// The password, as typed.
    pub password: String,
}

/// What a program that logged in is given.
pub struct Tokens {
    /// For its calls.
    pub access: String,
    /// For the next one.
    pub refresh: String,
}

/// A session that was just opened, and for whom.
struct Opened {
    user: User,
    session: Arc<Session>,
    new: NewSession,
}

impl UserService {
    /// Opens a browser's session for whoever knows a name and its password.
    pub async fn sign_in(&self, who: Credentials, visitor: &Visitor) -> Result<(User, NewSession)> {
        let Opened { user, new, .. } = self.open(who, visitor, SessionKind::Browser).await?;
        Ok((user, new))
    }

    /// Opens a program's session for whoever knows a name and its password.
    pub async fn login(&self, who: Credentials, visitor: &Visitor) -> Result<(User, Tokens)> {
        let Opened { user, session, new } = self.open(who, visitor, SessionKind::Token).await?;
        let access = self.tokens.sign(&session)?;
        Ok((user, Tokens { access, refresh: new.secret }))
    }

    /// The next tokens of a program's session.
    pub async fn refresh(&self, refresh_token: &str) -> Result<(User, Tokens)> {
        let (session, refresh) = self.sessions.refresh(refresh_token).await?;
        let access = self.tokens.sign(&session)?;
        Ok((self.find(session.user_id).await?, Tokens { access, refresh }))
    }

    async fn open(&self, who: Credentials, visitor: &Visitor, kind: SessionKind) -> Result<Opened> {
        let recognised = self.recognise(who, visitor).await?;
        let new = NewSession::prepare(kind, visitor.user_agent.as_deref(), visitor.place)?;
        let now = self.clock.now();
        let event = Event::by(Action::SignIn, recognised.id).in_request(&visitor.request_id);
        let write = move |tx: &Tx<'_>| {
            // While the password was checked, anything about the account may have changed: the
            // password, whether it may be used, what it may do.
            let user = User::get(tx, recognised.id)?;
            if !user.is_active() || user.password_hash != recognised.password_hash {
                return Err(Error::SignedOut);
            }
            let is_restricted = user.must_change_password;
            let holder = Holder { user_id: user.id, role: user.role, is_restricted };
            audit::note(tx, &event, now)?;
            let session = new.row(holder, now).create(tx)?;
            Ok((user, session, new))
        };
        let (user, session, new) = self.database.write(write).await?;
        Ok(Opened { user, session: self.sessions.admit(session).await?, new })
    }

    /// The account whose name and password these are; wrong ones are counted, and answered alike.
    async fn recognise(&self, who: Credentials, visitor: &Visitor) -> Result<User> {
        let name = name::typed(&who.name_or_email);
        let asked = name.clone();
        let place = visitor.place;
        let look_up = move |r: &Reader<'_>| {
            let user = User::lookup(r, &asked)?;
            let is_at_home = is_known_place(r, user.as_ref().map(|user| user.id), place)?;
            Ok((user, is_at_home))
        };
        let (user, is_at_home) = self.database.read(look_up).await?;
        let session = visitor.session.as_ref();
        let target = match &user {
            Some(_) if is_at_home => None,
            Some(user) => Some(match session.filter(|session| session.user_id == user.id) {
                Some(session) => Target::Session(session.id),
                None => Target::Account(user.id),
            }),
            None => Some(Target::nobody(&name)),
        };
        // No password is right for an account that may not be used.
        let hash = user.as_ref().filter(|user| user.is_active());
        let hash = hash.map(|user| user.password_hash.clone());
        let password = who.password;
        let is_right = self.try_password(target, password.clone(), hash).await?;
        let known = user.as_ref().map(|user| user.id);
        let Some(user) = user.filter(|_| is_right) else {
            self.note_failure(known, visitor);
            return Err(wrong_password());
        };
        self.strengthen(user, password).await
    }

    /// Whether a password is the one behind `hash`; a wrong one stays counted against `target`.
    pub(super) async fn try_password(
        &self,
        target: Option<Target>,
        password: String,
        hash: Option<String>,
    ) -> Result<bool> {
        let begun = target.map(|target| self.tries.begin(target)).transpose()?;
        let verified = self.passwords.verify(password, hash).await;
        if let Some(begun) = begun
            && !matches!(verified, Ok(false))
        {
            begun.give_back();
        }
        verified
    }

    /// A wrong password for an account that is there is remembered; names that are not are no news.
    /// Nobody waits for the line: the time of an answer must not tell whether a name is known, nor
    /// its failure.
    fn note_failure(&self, known: Option<UserId>, visitor: &Visitor) {
        let Some(user_id) = known else { return };
        let event = Event::about(Action::SignInFailed, user_id).in_request(&visitor.request_id);
        let now = self.clock.now();
        if let Err(cause) = self.database.write_unawaited(move |tx| audit::note(tx, &event, now)) {
            tracing::warn!(%cause, "a failed sign-in is not in the audit log");
        }
    }

    /// Hashes a password anew that was hashed at another cost than is set now.
    async fn strengthen(&self, user: User, password: String) -> Result<User> {
        if self.passwords.is_current(&user.password_hash) {
            return Ok(user);
        }
        let hash = self.passwords.hash(password.clone()).await?;
        let ours = hash.clone();
        let write =
            move |tx: &Tx<'_>| match user.change_password(tx, &hash, user.must_change_password) {
                Ok(()) | Err(Error::SignedOut) => User::get(tx, user.id),
                Err(other) => Err(other),
            };
        let user = self.database.write(write).await?;
        if user.password_hash == ours {
            return Ok(user);
        }
        // Somebody was faster: most likely another sign-in with this very password.
        let present = Some(user.password_hash.clone());
        let is_right = self.passwords.verify(password, present).await?;
        if is_right && user.is_active() { Ok(user) } else { Err(wrong_password()) }
    }

    /// Ends the caller's session.
    pub async fn sign_out(&self, caller: &Caller) -> Result<()> {
        let session_id = caller.session_id().ok_or(Error::NotForKeys)?;
        self.sessions.end(caller, session_id).await
    }
}

/// The one answer to whoever may not sign in, so that it tells nothing of the account.
fn wrong_password() -> Error {
    Error::invalid("password", "wrong_password", "does not fit this name; check both")
}
