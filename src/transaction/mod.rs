//! The credits ledger: who holds how many credits, and every entry that made it so.
//!
//! A [`Transaction`] is a ledger entry: immutable, numbered without a gap, chained to the one
//! before by a hash, and booked against the system's account, so that all accounts together are
//! always zero. What may be spent is changed by one guarded `UPDATE`; no code reads a balance,
//! computes, and writes it back. A [`hold`] sets credits aside for slow work and ends by being
//! settled or released. This module is the only writer of credits; it refuses amounts of zero,
//! balances below zero, and any change of the past.

mod days;
pub mod hold;
mod moment;
mod query;
mod record;
mod routes;
mod service;
mod subject;
mod verify;
mod view;
mod words;

pub use moment::firsts_since;
pub use query::{Named, Purpose, TransactionQuery, list};
pub use record::{Balance, Entry, Kind, Transaction, create_account};
pub use routes::{TransactionFilter, export, routes};
pub use service::TransactionService;
pub use subject::Subject;
pub use verify::{balance_problems, chain_problems};
pub use view::{BalanceView, NamedTransactionView, TransactionView};

#[cfg(test)]
mod tests;
