//! Accounts as they are shown: never with the hash of a password.

use serde::Serialize;
use utoipa::ToSchema;

use super::record::{State, User};
use crate::access::Role;
use crate::clock::Timestamp;
use crate::id::UserId;

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    /// Its id.
    pub id: UserId,
    /// The canonical name.
    #[schema(example = "admin")]
    pub username: String,
    /// The canonical address, if one is known.
    pub email: Option<String>,
    full_name: Option<String>,
    /// What it may do.
    pub role: Role,
    /// Whether it may be used.
    pub state: State,
    /// Whether the password has to be changed before anything else.
    must_change_password: bool,
    created_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            full_name: user.full_name,
            role: user.role,
            state: user.state,
            must_change_password: user.must_change_password,
            created_at: user.created_at,
        }
    }
}
