//! The door and the guards: a handler that asks for a [`Caller`] or an [`Admin`] cannot run without
//! one.

use std::borrow::Cow;
use std::sync::Arc;

use data_encoding::BASE64;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, async_trait};
use sha2::{Digest, Sha256};

use super::Role;
use super::api_key::{self, ApiKey, ApiKeys, Scope};
use super::cookie::SessionCookie;
use super::session::{self, Place, Session};
use super::sessions::Sessions;
use super::token::AccessTokens;
use crate::audit::{Action, Event};
use crate::config::Secret;
use crate::database::{Database, Reader, Tx};
use crate::error::{Error, Result};
use crate::id::{SessionId, UserId};
use crate::web::{Access, Doorkeeper, client_network, context, refuse};

/// Whoever calls: a person with a session, or a program with a key.
#[derive(Debug, Clone)]
pub struct Caller {
    identity: Identity,
    request_id: String,
}

#[derive(Debug, Clone)]
enum Identity {
    Session(Arc<Session>),
    Key(Arc<ApiKey>),
}

impl Caller {
    /// Who it is.
    pub fn user_id(&self) -> UserId {
        match &self.identity {
            Identity::Session(session) => session.user_id,
            Identity::Key(key) => key.user_id,
        }
    }

    /// What they may do. A key is never more than a user's.
    pub fn role(&self) -> Role {
        match &self.identity {
            Identity::Session(session) => session.role,
            Identity::Key(_) => Role::User,
        }
    }

    /// The session they came with; a key is none.
    pub fn session_id(&self) -> Option<SessionId> {
        match &self.identity {
            Identity::Session(session) => Some(session.id),
            Identity::Key(_) => None,
        }
    }

    /// The request they came with.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Something they did to their own account, for the audit log.
    pub fn event(&self, action: Action) -> Event {
        Event::by(action, self.user_id()).in_request(&self.request_id)
    }

    /// Runs a write that is theirs, unless they may not call any more. It is looked at inside the
    /// write itself, for any time may have passed since they were let in: rows of sessions and
    /// keys go in the write that ends them, and their numbers never come again.
    pub async fn write<T, F>(&self, database: &Database, run: F) -> Result<T>
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        database.write(self.confirmed(run)).await
    }

    /// The same for a closure that is sure, as [`Database::write_sure`] has it.
    pub async fn write_sure<T, F>(&self, database: &Database, run: F) -> Result<T>
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        database.write_sure(self.confirmed(run)).await
    }

    fn confirmed<T, F>(&self, run: F) -> impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let caller = self.clone();
        move |tx| {
            caller.confirm(tx)?;
            run(tx)
        }
    }

    fn confirm(&self, r: &Reader<'_>) -> Result<()> {
        let may_call = match &self.identity {
            Identity::Session(session) => session::is_there(r, session.id)?,
            Identity::Key(key) => key.is_there(r)?,
        };
        if may_call { Ok(()) } else { Err(Error::SignedOut) }
    }

    /// Waits until they may not call any more: their session or key has ended.
    pub async fn ended(&self) {
        match &self.identity {
            Identity::Session(session) => session.ended().await,
            Identity::Key(key) => key.revoked().await,
        }
    }
}

/// An administrator.
#[derive(Debug, Clone)]
pub struct Admin(pub Caller);

/// Recognises callers; every route asks it first.
#[derive(Clone)]
pub struct Door {
    sessions: Sessions,
    cookie: SessionCookie,
    tokens: AccessTokens,
    keys: ApiKeys,
    metrics_token: Option<Secret>,
}

impl Door {
    /// A door that knows these sessions and keys.
    pub fn new(
        sessions: Sessions,
        cookie: SessionCookie,
        tokens: AccessTokens,
        keys: ApiKeys,
        metrics_token: Option<Secret>,
    ) -> Self {
        Self { sessions, cookie, tokens, keys, metrics_token }
    }

    /// Who calls, by the credential they name: one that is wrong is not made good by a cookie.
    fn identity(&self, request: &Request<'_>) -> Option<Identity> {
        if let Some(key) = key_of(request) {
            return self.keys.lookup(&key).map(Identity::Key);
        }
        let session = session_of(request, &self.sessions, &self.tokens, &self.cookie);
        session.map(Identity::Session)
    }

    fn holds_metrics_token(&self, request: &Request<'_>) -> bool {
        match (bearer(request), &self.metrics_token) {
            // Comparing hashes takes the same time wherever the two texts part.
            (Some(given), Some(token)) => Sha256::digest(given) == Sha256::digest(token.reveal()),
            _ => false,
        }
    }
}

/// The live session that a request names.
fn session_of(
    request: &Request<'_>,
    sessions: &Sessions,
    tokens: &AccessTokens,
    cookie: &SessionCookie,
) -> Option<Arc<Session>> {
    if request.headers().contains("Authorization") {
        return sessions.lookup_token(&tokens.read(bearer(request)?)?);
    }
    sessions.lookup_cookie(cookie.read(request)?)
}

/// The token in the one `Authorization` header.
fn bearer<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    credential(request, "Bearer")
}

/// The API key in the one `Authorization` header: by itself, or as the password beside any name,
/// for programs that know no other way. No other secret is taken for a password.
fn key_of<'r>(request: &'r Request<'_>) -> Option<Cow<'r, str>> {
    let given = match bearer(request) {
        Some(given) => Cow::Borrowed(given),
        None => Cow::Owned(password(request)?),
    };
    given.starts_with(api_key::PREFIX).then_some(given)
}

fn password(request: &Request<'_>) -> Option<String> {
    let pair = BASE64.decode(credential(request, "Basic")?.as_bytes()).ok()?;
    // A name may be written in any letters.
    let end_of_name = pair.iter().position(|byte| *byte == b':')?;
    String::from_utf8(pair[end_of_name + 1..].to_vec()).ok()
}

/// What the one `Authorization` header says by this scheme.
fn credential<'r>(request: &'r Request<'_>, wanted: &str) -> Option<&'r str> {
    let mut lines = request.headers().get("Authorization");
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    let (scheme, credential) = line.split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| credential.trim())
}

/// Who a request's caller was found to be; found once, by the door.
struct Recognised(Option<Caller>);

impl Doorkeeper for Door {
    fn admit(&self, request: &Request<'_>, access: Access) -> Result<()> {
        if access == Access::Public {
            return Ok(());
        }
        if access == Access::Metrics && self.holds_metrics_token(request) {
            return Ok(());
        }
        let recognise = || {
            let identity = self.identity(request);
            let request_id = context(request).id.clone();
            Recognised(identity.map(|identity| Caller { identity, request_id }))
        };
        let caller = request.local_cache(recognise).0.as_ref().ok_or(Error::SignedOut)?;
        match &caller.identity {
            Identity::Session(session) => admit_session(session, access),
            Identity::Key(key) => admit_key(key, access),
        }
    }

    fn readmit(&self, request: &Request<'_>) -> Result<()> {
        let is_live = match &request.local_cache(|| Recognised(None)).0 {
            // Nobody had to be recognised here.
            None => true,
            Some(Caller { identity: Identity::Session(session), .. }) => {
                self.sessions.is_live(session)
            }
            Some(Caller { identity: Identity::Key(key), .. }) => self.keys.is_live(key),
        };
        if is_live { Ok(()) } else { Err(Error::SignedOut) }
    }
}

fn admit_session(session: &Session, access: Access) -> Result<()> {
    if access != Access::Session && session.is_restricted() {
        return Err(Error::PasswordExpired);
    }
    match access {
        Access::Admin | Access::Metrics if session.role != Role::Admin => Err(Error::Forbidden),
        _ => Ok(()),
    }
}

fn admit_key(key: &ApiKey, access: Access) -> Result<()> {
    let scope = match access {
        Access::Public => return Ok(()),
        Access::Read => Scope::Read,
        Access::Predict => Scope::Predict,
        Access::Write => Scope::Write,
        Access::Session | Access::Person | Access::Admin | Access::Metrics => {
            return Err(Error::NotForKeys);
        }
    };
    if key.has(scope) { Ok(()) } else { Err(Error::OutOfScope(scope.word())) }
}

#[async_trait]
impl<'r> FromRequest<'r> for Caller {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match &request.local_cache(|| Recognised(None)).0 {
            Some(caller) => Outcome::Success(caller.clone()),
            None => refuse(request, Error::SignedOut),
        }
    }
}

#[async_trait]
impl<'r> FromRequest<'r> for Admin {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match &request.local_cache(|| Recognised(None)).0 {
            Some(caller) if caller.role() == Role::Admin => Outcome::Success(Self(caller.clone())),
            Some(_) => refuse(request, Error::Forbidden),
            None => refuse(request, Error::SignedOut),
        }
    }
}

/// A guard: who wants to sign in, as far as that is known before they have.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// What their program calls itself.
    pub user_agent: Option<String>,
    /// Where they are.
    pub place: Option<Place>,
    /// The session that they have already.
    pub session: Option<Arc<Session>>,
    /// The request they came with.
    pub request_id: String,
}

#[async_trait]
impl<'r> FromRequest<'r> for Visitor {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let rocket = request.rocket();
        let tokens = rocket.state::<AccessTokens>();
        let network = client_network(request);
        let session = || {
            let (sessions, cookie) = (rocket.state::<Sessions>()?, rocket.state()?);
            session_of(request, sessions, tokens?, cookie)
        };
        Outcome::Success(Self {
            user_agent: request.headers().get_one("User-Agent").map(str::to_owned),
            place: tokens.zip(network).map(|(tokens, network)| tokens.place_of(network)),
            session: session(),
            request_id: context(request).id.clone(),
        })
    }
}
