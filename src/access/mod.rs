//! Who is calling: sessions of browsers and programs, API keys, and the guards that let a caller
//! in.
//!
//! A browser's session is an opaque secret in a cookie. A program logs in for an access token of a
//! quarter of an hour, which names its session, and a refresh token for the next one; or it is
//! given an API key that may do only so much. The database keeps the SHA-256 of every secret, and
//! whatever is in force is held in memory too, so that a request costs one exact lookup and no
//! query: ending a session or revoking a key takes effect everywhere before the call that did it is
//! answered. It refuses to know accounts: passwords and names are the `user` module's business.

mod api_key;
mod cookie;
mod guard;
mod place;
mod routes;
mod session;
mod sessions;
mod token;

pub use api_key::{ApiKeys, delete_keys_of};
pub use cookie::SessionCookie;
pub use guard::{Admin, Caller, Door, Visitor};
pub use place::{forget_places, forget_places_of, is_known_place, remember_place};
pub use routes::routes;
pub use session::{
    Holder, NewSession, Place, Session, SessionKind, SessionView, Written, end_all, end_all_of,
    lift_restriction,
};
pub use sessions::Sessions;
pub use token::{ACCESS_TOKEN_LIFE_S, AccessTokens};

use crate::error::{Error, Result};

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, deserr::Deserr, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(rename_all = lowercase)]
pub enum Role {
    /// Use the service.
    User,
    /// And run it.
    Admin,
}

impl Role {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// The role with this word.
    pub fn from_word(word: &str) -> Result<Self> {
        match word {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err(Error::internal("an account has an unknown role")),
        }
    }
}
