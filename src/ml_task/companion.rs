//! What becomes of somebody's tasks when they close their account: what they sent is theirs, and
//! goes, large contents after the grace of files; the ledger keeps what it cost.

use super::record::MLTask;
use crate::clock::Timestamp;
use crate::database::Tx;
use crate::error::{Error, Result};
use crate::id::UserId;
use crate::user::Companion;

/// Goes with every account.
pub struct TaskCompanion;

impl Companion for TaskCompanion {
    fn created(&self, _: &Tx<'_>, _: UserId, _: &str, _: Timestamp) -> Result<()> {
        Ok(())
    }

    fn closing(&self, tx: &Tx<'_>, user_id: UserId, now: Timestamp) -> Result<()> {
        if MLTask::count_live(tx, user_id)? > 0 {
            let why = "some of your tasks are at work; cancel them first, or wait for their end";
            return Err(Error::conflict("tasks_at_work", why));
        }
        MLTask::delete_all(tx, user_id, now)
    }
}
