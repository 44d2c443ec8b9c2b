//! Entries and balances as they are shown.

use serde::Serialize;
use utoipa::ToSchema;

use super::query::Named;
use super::record::{Balance, Kind, Transaction};
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::id::{TransactionId, UserId};

/// What an account holds.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct BalanceView {
    /// Credits that can be spent.
    available: Credits,
    /// Credits set aside for work under way.
    held: Credits,
    /// Both together.
    total: Credits,
}

impl From<Balance> for BalanceView {
    fn from(balance: Balance) -> Self {
        Self { available: balance.available, held: balance.held, total: balance.total() }
    }
}

/// An entry of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionView {
    /// Its id.
    pub id: TransactionId,
    #[schema(value_type = String, example = "top_up")]
    kind: &'static str,
    /// By how much what can be spent changed.
    amount: Credits,
    /// What could be spent after it.
    balance: Credits,
    /// For people, one line.
    description: String,
    /// Who of the staff caused it; null if the user did.
    actor_id: Option<UserId>,
    /// The request it came with.
    request_id: Option<String>,
    timestamp: Timestamp,
}

impl From<Transaction> for TransactionView {
    fn from(entry: Transaction) -> Self {
        Self {
            id: entry.id,
            kind: Kind::word(entry.kind),
            amount: entry.amount,
            balance: entry.balance,
            description: entry.description,
            actor_id: entry.actor_id,
            request_id: entry.request_id,
            timestamp: entry.timestamp,
        }
    }
}

/// An entry of the ledger, with its user.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedTransactionView {
    /// The entry.
    #[serde(flatten)]
    pub entry: TransactionView,
    user_id: UserId,
    username: String,
}

impl From<Named> for NamedTransactionView {
    fn from(named: Named) -> Self {
        Self { user_id: named.entry.user_id, username: named.username, entry: named.entry.into() }
    }
}
