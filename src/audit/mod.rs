//! The audit log: what was done to accounts, and what administrators did.
//!
//! Each event is written in the transaction of the deed it tells of, so neither is ever there
//! without the other. It refuses secrets, passwords and network addresses, and it is never changed:
//! lines are added, and leave when they are old.

mod record;

pub use record::{Action, AuditQuery, AuditView, Event, forget, list, note};
