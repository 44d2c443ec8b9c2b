//! Guards: a handler that asks for a [`Caller`] or an [`Admin`] cannot run without one.

use std::sync::Arc;

use rocket::request::{FromRequest, Outcome};
use rocket::{Request, async_trait};
use sha2::{Digest, Sha256};

use super::Role;
use super::cookie::SessionCookie;
use super::session::{Session, Sessions};
use crate::config::Secret;
use crate::error::{Error, Result};
use crate::id::{SessionId, UserId};
use crate::web::{Access, Doorkeeper, refuse};

/// Whoever is signed in.
#[derive(Debug, Clone)]
pub struct Caller {
    session: Arc<Session>,
}

impl Caller {
    /// Who it is.
    pub fn user_id(&self) -> UserId {
        self.session.user_id
    }

    /// What they may do.
    pub fn role(&self) -> Role {
        self.session.role
    }

    /// Waits until they may not call any more: the session they came with has ended.
    pub async fn ended(&self) {
        self.session.ended().await;
    }

    /// The session they came with.
    pub fn session_id(&self) -> SessionId {
        self.session.id
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
    metrics_token: Option<Secret>,
}

impl Door {
    /// A door that knows these sessions.
    pub fn new(sessions: Sessions, cookie: SessionCookie, metrics_token: Option<Secret>) -> Self {
        Self { sessions, cookie, metrics_token }
    }

    fn caller(&self, request: &Request<'_>) -> Option<Caller> {
        let session = self.sessions.lookup(self.cookie.read(request)?)?;
        Some(Caller { session })
    }

    fn holds_metrics_token(&self, request: &Request<'_>) -> bool {
        let given = request
            .headers()
            .get_one("Authorization")
            .and_then(|line| line.strip_prefix("Bearer "));
        match (given, &self.metrics_token) {
            // Comparing hashes takes the same time wherever the two texts part.
            (Some(given), Some(token)) => Sha256::digest(given) == Sha256::digest(token.reveal()),
            _ => false,
        }
    }
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
        let caller = &request.local_cache(|| Recognised(self.caller(request))).0;
        let caller = caller.as_ref().ok_or(Error::SignedOut)?;
        if access != Access::Session && caller.session.is_restricted() {
            return Err(Error::PasswordExpired);
        }
        match access {
            Access::Public | Access::Session | Access::SignedIn => Ok(()),
            Access::Admin | Access::Metrics if caller.role() == Role::Admin => Ok(()),
            Access::Admin | Access::Metrics => Err(Error::Forbidden),
        }
    }
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
