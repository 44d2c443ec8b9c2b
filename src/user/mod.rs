//! Accounts: who may sign in, and with which password.
//!
//! The first account is the administrator's, made with the installation and a password that is
//! shown once and has to be changed. It refuses to say whether a name or a password was wrong, to
//! keep a password in any form but a slow hash, and to hash on a thread that answers requests.

mod password;
mod record;
mod routes;
mod service;

pub use password::Passwords;
pub use record::{NewUser, User};
pub use routes::routes;
pub use service::{FirstPassword, UserService};
