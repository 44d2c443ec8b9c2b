//! How tasks end.

use super::content::Content;
use super::record::{Status, Tally};
use crate::credits::Credits;
use crate::id::TransactionId;

/// How a task ended.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Succeeded, failed or cancelled.
    pub status: Status,
    /// Its rows.
    pub tally: Tally,
    /// What it cost.
    pub cost: Credits,
    /// The numbers of the predicted rows.
    pub output: Option<Content>,
    /// What is wrong with the others.
    pub faults: Option<Content>,
    /// Why it failed.
    pub error: Option<String>,
    /// The entry that paid for it.
    pub transaction_id: Option<TransactionId>,
    /// How long reading and predicting took.
    pub compute_us: Option<u64>,
}

impl Ending {
    /// An end without predictions, of a task with so many rows.
    pub fn without_charge(status: Status, n_given: u64, error: Option<String>) -> Self {
        Self {
            status,
            tally: Tally { n_given, ..Tally::default() },
            cost: Credits::ZERO,
            output: None,
            faults: None,
            error,
            transaction_id: None,
            compute_us: None,
        }
    }
}
