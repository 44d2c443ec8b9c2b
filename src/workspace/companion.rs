//! What of workspaces begins and ends with an account.

use super::invitation;
use super::member::{self, MemberRole};
use super::record::{self, NewWorkspace};
use crate::clock::Timestamp;
use crate::database::Tx;
use crate::error::{Error, Result};
use crate::id::UserId;
use crate::user::Companion;

/// The slug of everybody's own workspace.
const PERSONAL_SLUG: &str = "personal";

/// Gives each new account a workspace of its own, and takes it away with the account.
pub struct WorkspaceCompanion;

impl Companion for WorkspaceCompanion {
    fn created(&self, tx: &Tx<'_>, user_id: UserId, username: &str, now: Timestamp) -> Result<()> {
        let new = NewWorkspace {
            name: username.to_owned(),
            slug: PERSONAL_SLUG.to_owned(),
            description: String::new(),
            is_personal: true,
        };
        let id = record::create(tx, &new, now)?;
        member::add(tx, id, user_id, MemberRole::Owner, now)
    }

    fn closing(&self, tx: &Tx<'_>, user_id: UserId, _: Timestamp) -> Result<()> {
        if record::owns_shared(tx, user_id)? {
            let why = "you own workspaces that others work in; hand them over or delete them first";
            return Err(Error::conflict("owns_shared_workspaces", why));
        }
        record::delete_owned(tx, user_id)?;
        invitation::delete_all_of(tx, user_id)?;
        member::remove_everywhere(tx, user_id)
    }
}
