//! Workspaces: where people work together, and what each of them may do there.
//!
//! Everybody has a personal one from the start. Nobody is put into another's: they are asked, and
//! accept. A workspace has one owner, who may hand it over. It refuses to tell anybody of a
//! workspace they are no member of: what is not theirs is not there.

mod companion;
mod invitation;
mod member;
mod record;
mod routes;
mod service;

pub use companion::WorkspaceCompanion;
pub use invitation::{InvitationView, NewInvitationView, forget as forget_invitations};
pub use member::{MemberRole, MemberView};
pub use record::{Workspace, WorkspaceInput};
pub use routes::routes;
pub use service::WorkspaceService;
