//! For whoever runs the server: its figures, its metrics, and the check of everything it promises.
//!
//! The invariants are checked by one program, [`check`], whether the command line asks with the
//! server stopped or an administrator asks while it runs.

mod backup;
pub mod check;
mod figures;
mod housekeeping;
mod job;
mod routes;
mod service;
mod users;

pub use backup::routes as backup_routes;
pub use housekeeping::Housekeeping;
pub use job::CheckKind;
pub use routes::routes;
pub use service::{AdminParts, AdminService};
pub use users::routes as user_routes;
