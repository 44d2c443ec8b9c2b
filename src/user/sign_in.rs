//! Signing in and out: who knows a name and its password gets a session.

use super::name;
use super::record::User;
use super::service::UserService;
use super::tries::Target;
use crate::access::{Caller, Holder, NewSession, Session, SessionKind, Visitor, is_known_place};
use crate::audit::{self, Action, Event};
use crate::database::{Reader, Tx};
use crate::error::{Error, Result};
use crate::id::{SessionId, UserId};

/// Someone who wants to sign in.
#[derive(Debug)]
pub struct Credentials {
    /// A name or an e-mail address, as typed.
    pub name_or_email: String,
    /// The password, as typed.
    pub password: String,
}

/// What a program that logged in is given.
#[derive(Debug)]
pub struct Tokens {
    /// For its calls.
    pub access: String,
    /// For the next one.
    pub refresh: String,
}

impl UserService {
    /// Opens a browser's session for whoever knows a name and its password.
    pub async fn sign_in(&self, who: Credentials, visitor: &Visitor) -> Result<(User, NewSession)> {
        let (user, _, new) = self.open(who, visitor, SessionKind::Browser).await?;
        Ok((user, new))
    }

    /// Opens a program's session for whoever knows a name and its password.
    pub async fn login(&self, who: Credentials, visitor: &Visitor) -> Result<(User, Tokens)> {
        let (user, session_id, new) = self.open(who, visitor, SessionKind::Token).await?;
        let access = self.tokens.sign(session_id, user.id)?;
        Ok((user, Tokens { access, refresh: new.secret }))
    }

    /// The next tokens of a program's session.
    pub async fn refresh(&self, refresh_token: &str) -> Result<(User, Tokens)> {
        let (session, refresh) = self.sessions.refresh(refresh_token).await?;
        let access = self.tokens.sign(session.id, session.user_id)?;
        Ok((self.find(session.user_id).await?, Tokens { access, refresh }))
    }

    async fn open(
        &self,
        who: Credentials,
        visitor: &Visitor,
        kind: SessionKind,
    ) -> Result<(User, SessionId, NewSession)> {
        let user = self.recognise(who, visitor).await?;
        let new = NewSession::prepare(kind, visitor.user_agent.as_deref(), visitor.place)?;
        let now = self.clock.now();
        let is_restricted = user.must_change_password;
        let row = new.row(Holder { user_id: user.id, role: user.role, is_restricted }, now);
        let (id, hash) = (user.id, user.password_hash.clone());
        let event = Event::by(Action::SignIn, id).in_request(&visitor.request_id);
        let write = move |tx: &Tx<'_>| -> Result<Session> {
            // While the password was checked, it may have changed or the account been disabled.
            let present = User::get(tx, id)?;
            if !present.is_active() || present.password_hash != hash {
                return Err(Error::SignedOut);
            }
            audit::note(tx, &event, now)?;
            row.create(tx)
        };
        let session = self.database.write(write).await?;
        let session_id = session.id;
        self.sessions.admit(session).await?;
        Ok((user, session_id, new))
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
            self.note_failure(known, visitor).await?;
            return Err(Error::invalid(
                "password",
                "wrong_password",
                "does not fit this name; check both",
            ));
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

    /// A wrong password for an account that is there is remembered. Names that are not there are no
    /// news, but whoever asks must not learn from the clock which of the two it was.
    async fn note_failure(&self, known: Option<UserId>, visitor: &Visitor) -> Result<()> {
        let request_id = Some(visitor.request_id.clone());
        let event = Event::done(Action::SignInFailed, None, known, request_id);
        let now = self.clock.now();
        let note = if known.is_some() { audit::note } else { audit::note_in_vain };
        self.database.write(move |tx| note(tx, &event, now)).await
    }

    /// Hashes a password anew that was hashed at another cost than is set now.
    async fn strengthen(&self, user: User, password: String) -> Result<User> {
        if self.passwords.is_current(&user.password_hash) {
            return Ok(user);
        }
        let hash = self.passwords.hash(password).await?;
        let id = user.id;
        let write = move |tx: &Tx<'_>| {
            user.change_password(tx, &hash, user.must_change_password)?;
            User::get(tx, id)
        };
        self.database.write(write).await
    }

    /// Ends the caller's session.
    pub async fn sign_out(&self, caller: &Caller) -> Result<()> {
        let session_id = caller.session_id().ok_or(Error::NotForKeys)?;
        self.sessions.end(caller, session_id).await
    }
}
