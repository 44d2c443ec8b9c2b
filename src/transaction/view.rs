//! Entries and balances as they are shown.

use serde::Serialize;
use utoipa::ToSchema;

use super::query::Named;
use super::record::{Balance, Kind, Transaction};
use super::subject::{Subject, SubjectView};
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::id::{MLTaskId, TransactionId, UserId};

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
    /// What it is about; null if a person wrote the description.
    subject: Option<SubjectView>,
    /// Who of the staff caused it; null if the user did.
    actor_id: Option<UserId>,
    /// The task that it paid for, held for or returned from, unless that was deleted.
    task_id: Option<MLTaskId>,
    /// The request it came with.
    request_id: Option<String>,
    timestamp: Timestamp,
}

impl From<Transaction> for TransactionView {
    fn from(entry: Transaction) -> Self {
        let subject = Subject::of(entry.kind, &entry.description).map(SubjectView::from);
        Self {
            id: entry.id,
            kind: Kind::word(entry.kind),
            amount: entry.amount,
            balance: entry.balance,
            subject,
            description: entry.description,
            actor_id: entry.actor_id,
            task_id: None,
            request_id: entry.request_id,
            timestamp: entry.timestamp,
        }
    }
}

impl From<Named> for TransactionView {
    fn from(named: Named) -> Self {
        Self { task_id: named.task_id, ..named.entry.into() }
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
        let (user_id, username) = (named.entry.user_id, named.username.clone());
        Self { user_id, username, entry: named.into() }
    }
}
