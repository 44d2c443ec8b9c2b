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
    #[schema(example = "admin")]
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    role: Role,
    state: State,
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
