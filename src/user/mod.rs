//! Accounts: who may sign in, with which password, and what the staff may do about it.
//!
//! The first account is the administrator's, made with the installation and a password that is
//! shown once and has to be changed. A name and an address have one canonical form, and no two
//! names look alike. It refuses to say whether a name or a password was wrong, to keep a password
//! in any form but a slow hash, to hash on a thread that answers requests, and to leave a server
//! without an administrator.

mod guard;
mod invitation;
mod listing;
mod name;
mod password;
mod record;
mod routes;
mod service;
mod sign_in;
mod staff;
mod tries;
mod view;

pub use guard::{SignInLimit, SignInPace};
pub use invitation::InvitationView;
pub use listing::{Sort, UserQuery, UserRow};
pub use password::Passwords;
pub use record::{NewUser, Profile, State, User};
pub use routes::routes;
pub use service::{ADMIN_NAME, Companion, FirstPassword, Ground, Settings, UserService};
pub use sign_in::{Credentials, Tokens};
pub use staff::{AMOUNT_MAX, Grant, Staff, StaffUser};
pub use view::UserView;
