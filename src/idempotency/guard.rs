//! The guard: reads the key of a request, and keeps two of them from running side by side.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rocket::request::{FromRequest, Outcome};
use rocket::{Request, async_trait};
use sha2::{Digest, Sha256};

use super::record::Ticket;
use crate::access::Caller;
use crate::error::Error;
use crate::id::UserId;
use crate::web::{KEY_HEADER, refuse};

const KEY_CHARS_MAX: usize = 255;

/// Whose key at which route.
type Name = (UserId, String, String);

/// The requests with a key that are at work now.
#[derive(Debug, Clone, Default)]
pub struct Underway(Arc<Mutex<HashSet<Name>>>);

impl Underway {
    fn lock(&self) -> MutexGuard<'_, HashSet<Name>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them; no other may begin until it is dropped.
#[derive(Debug)]
struct Lease {
    underway: Underway,
    name: Name,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.underway.lock().remove(&self.name);
    }
}

/// What the caller says about doing it once.
#[derive(Debug)]
pub struct Once {
    user_id: UserId,
    route: String,
    query: String,
    lease: Option<Lease>,
}

impl Once {
    /// The right to do it, for a request that says all this besides its address; the hash of a body
    /// stands for the body. Keep [`Once`] until it is done.
    pub fn ticket(&self, said: &[&[u8]]) -> Ticket {
        let key = self.lease.as_ref().map(|lease| lease.name.2.clone());
        // Without a key nobody compares.
        let fingerprint = if key.is_some() { self.fingerprint(said) } else { [0; 32] };
        Ticket { user_id: self.user_id, route: self.route.clone(), key, fingerprint }
    }

    /// One hash of the query and of all that is said. Each is led by its length, so that nothing
    /// said can be moved from one to the next.
    fn fingerprint(&self, said: &[&[u8]]) -> [u8; 32] {
        let mut digest = Sha256::new();
        for part in [self.query.as_bytes()].iter().chain(said) {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }
}

#[async_trait]
impl<'r> FromRequest<'r> for Once {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let caller = match Caller::from_request(request).await {
            Outcome::Success(caller) => caller,
            Outcome::Error(error) => return Outcome::Error(error),
            Outcome::Forward(status) => return Outcome::Forward(status),
        };
        match begin(request, caller.user_id()) {
            Ok(once) => Outcome::Success(once),
            Err(error) => refuse(request, error),
        }
    }
}

fn begin(request: &Request<'_>, user_id: UserId) -> Result<Once, Error> {
    // What is in the path belongs to what was asked for: the same key for another thing is another.
    let route = format!("{} {}", request.method(), request.uri().path());
    let query = request.uri().query().map_or_else(String::new, |query| query.to_string());
    let mut given = request.headers().get(KEY_HEADER);
    let (key, None) = (given.next(), given.next()) else {
        return Err(Error::invalid(KEY_HEADER, "surplus", "must be there once"));
    };
    let Some(key) = key else { return Ok(Once { user_id, route, query, lease: None }) };
    if key.is_empty() || key.len() > KEY_CHARS_MAX || !key.bytes().all(|b| b.is_ascii_graphic()) {
        let rule = format!("must have 1 to {KEY_CHARS_MAX} characters of ASCII and no space");
        return Err(Error::invalid(KEY_HEADER, "invalid", rule));
    }
    let underway = request.rocket().state::<Underway>();
    let underway = underway.ok_or_else(|| Error::internal("no keys are managed"))?.clone();
    let name = (user_id, route.clone(), key.to_owned());
    if !underway.lock().insert(name.clone()) {
        let why = "a request with this Idempotency-Key is still at work; ask again in a moment";
        return Err(Error::conflict("key_at_work", why));
    }
    Ok(Once { user_id, route, query, lease: Some(Lease { underway, name }) })
}
