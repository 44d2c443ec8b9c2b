//! Who is calling: browser sessions, and the guards that let a caller in.
//!
//! A session is an opaque secret in a cookie; the database keeps its SHA-256, and every live
//! session is held in memory too, so that a request costs one exact lookup and no query. Ending a
//! session takes effect everywhere before the call that ended it is answered. It refuses to know
//! accounts: passwords and names are the `user` module's business.

mod cookie;
mod guard;
mod session;

pub use cookie::SessionCookie;
pub use guard::{Admin, Caller, Door};
pub use session::{
    NewSession, Session, SessionRow, Sessions, end_all, end_all_of, lift_restriction,
};

use crate::error::{Error, Result};

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
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
