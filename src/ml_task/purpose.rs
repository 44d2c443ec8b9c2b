//! Which task an entry of the ledger was made for.

use super::record::MLTask;
use crate::database::Reader;
use crate::error::Result;
use crate::id::MLTaskId;
use crate::transaction::{Kind, Purpose, Transaction};

/// Finds the tasks of entries.
pub struct TaskPurpose;

impl Purpose for TaskPurpose {
    fn task_of(&self, r: &Reader<'_>, entry: &Transaction) -> Result<Option<MLTaskId>> {
        match entry.hold_id {
            Some(hold_id) => MLTask::lookup_by_hold(r, hold_id),
            None if entry.kind == Kind::Charge => MLTask::lookup_by_transaction(r, entry.id),
            None => Ok(None),
        }
    }
}
