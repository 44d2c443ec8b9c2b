//! A guard for routes that check a password or make an account: so often, and no more, from one
//! network.

use rocket::request::{FromRequest, Outcome};
use rocket::{Request, async_trait};

use crate::error::Error;
use crate::web::{Pace, refuse};

/// How often one network may try; managed by the server.
pub struct SignInLimit(Pace);

impl SignInLimit {
    /// So many tries a minute.
    pub fn per_minute(tries: u32) -> Self {
        Self(Pace::per_minute("sign-in", tries))
    }
}

/// Proof that the caller has not tried too often.
#[derive(Debug)]
pub struct SignInPace(());

#[async_trait]
impl<'r> FromRequest<'r> for SignInPace {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Some(limit) = request.rocket().state::<SignInLimit>() else {
            return refuse(request, Error::internal("the sign-in limit is not managed"));
        };
        match limit.0.count(request) {
            Ok(()) => Outcome::Success(Self(())),
            Err(error) => refuse(request, error),
        }
    }
}
