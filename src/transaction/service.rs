//! The rules of credits for those who own them.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus::IntCounter;

use super::days::{self, DayView};
use super::query::{self, Named, Purpose, TransactionQuery};
use super::record::{Balance, Entry, Kind, Transaction};
use super::subject::Subject;
use super::view::{BalanceView, TransactionView};
use super::words;
use crate::access::Caller;
use crate::clock::Clock;
use crate::credits::Credits;
use crate::database::{Database, Reader, Tx};
use crate::error::{Error, Result};
use crate::id::{RowId, UserId};
use crate::idempotency::{Done, Ticket};

/// Credits that can be added at once.
const TOP_UP_MAX: i64 = 1_000_000;

/// Entries of an export that are read in one view.
const EXPORT_PAGE: u32 = 1_000;

/// Credits; a clone is the same ledger.
#[derive(Clone)]
pub struct TransactionService {
    database: Database,
    clock: Clock,
    is_self_service: bool,
    purpose: Arc<dyn Purpose>,
    spent: Arc<Spent>,
}

/// Credits charged since the start, counted by following the ledger.
struct Spent {
    counter: IntCounter,
    /// The newest entry that was counted.
    last: Mutex<i64>,
}

/// What came of a top-up.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(super) struct TopUpView {
    transaction: TransactionView,
    balance: BalanceView,
}

impl TransactionService {
    /// The ledger in this database; users top up themselves if `is_self_service`, and `purpose`
    /// knows what entries were made for.
    pub fn new(
        database: Database,
        clock: Clock,
        is_self_service: bool,
        purpose: Arc<dyn Purpose>,
    ) -> Result<Self> {
        let counter =
            IntCounter::new("cellar_credits_spent_total", "Credits charged since the start.")
                .map_err(Error::internal)?;
        let last = Mutex::new(database.read_here(query::newest)?);
        let spent = Arc::new(Spent { counter, last });
        Ok(Self { database, clock, is_self_service, purpose, spent })
    }

    /// The counter of credits charged, for the metrics; brought up to date by
    /// [`TransactionService::count_spent`].
    pub fn spent(&self) -> IntCounter {
        self.spent.counter.clone()
    }

    /// Counts what was charged since this was last called.
    pub async fn count_spent(&self) -> Result<()> {
        let spent = Arc::clone(&self.spent);
        let count = move |r: &Reader<'_>| {
            // Held while reading: two counts at once must not count the same entry.
            let mut last = spent.last.lock().unwrap_or_else(PoisonError::into_inner);
            let (credits, newest) = query::spent_since(r, *last)?;
            spent.counter.inc_by(u64::try_from(credits.amount()).unwrap_or(0));
            *last = newest;
            Ok(())
        };
        self.database.read(count).await
    }

    /// What a user's account holds.
    pub async fn balance(&self, user_id: UserId) -> Result<Balance> {
        self.database.peek(move |r| Balance::find(r, user_id)).await
    }

    /// What a user could spend at the end of each of the last days.
    pub async fn days(&self, user_id: UserId, n_days: u32) -> Result<Vec<DayView>> {
        let now = self.clock.now();
        self.database.read(move |r| days::list(r, user_id, n_days, now)).await
    }

    /// Adds credits to the caller's own account.
    pub async fn top_up(&self, caller: &Caller, ticket: Ticket, amount: i64) -> Result<Done> {
        if !self.is_self_service {
            return Err(Error::Forbidden);
        }
        if !(1..=TOP_UP_MAX).contains(&amount) {
            let rule = format!("must be a whole number from 1 to {TOP_UP_MAX}");
            return Err(Error::invalid("amount", "out_of_range", rule));
        }
        let entry = Entry {
            user_id: caller.user_id(),
            kind: Kind::TopUp,
            amount: Credits::new(amount),
            description: Subject::TopUp.to_string(),
            actor_id: None,
            request_id: Some(caller.request_id().to_owned()),
        };
        let now = self.clock.now();
        let top_up = move |tx: &Tx<'_>| {
            ticket.redeem(tx, now, |tx| {
                let user_id = entry.user_id;
                let made = Transaction::create(tx, entry, now)?;
                let balance = Balance::find(tx, user_id)?.into();
                Done::created(
                    "/api/transactions".into(),
                    &TopUpView { transaction: made.into(), balance },
                )
            })
        };
        caller.write(&self.database, top_up).await
    }

    /// Up to `limit` entries below the number `before`, newest first.
    pub async fn list(
        &self,
        query: TransactionQuery,
        before: i64,
        limit: u32,
    ) -> Result<Vec<Named>> {
        let purpose = Arc::clone(&self.purpose);
        let list = move |r: &Reader<'_>| {
            let mut found = query::list(r, &query, before, limit)?;
            for named in &mut found {
                named.task_id = purpose.task_of(r, &named.entry)?;
            }
            Ok(found)
        };
        self.database.read(list).await
    }

    /// Every entry asked for, newest first, a page at a time: no long view keeps the log from being
    /// folded back while a slow client reads.
    pub async fn page_of_export(
        &self,
        query: TransactionQuery,
        before: i64,
    ) -> Result<(Vec<Named>, Option<i64>)> {
        let page = self.list(query, before, EXPORT_PAGE).await?;
        let is_whole = page.len() == EXPORT_PAGE as usize;
        let next = page.last().filter(|_| is_whole).map(|named| named.entry.id.number());
        Ok((page, next))
    }

    /// Brings the index of words up to date, a bounded number of entries in each write.
    pub async fn index_words(&self) -> Result<()> {
        let mut is_behind = self.database.read(words::is_behind).await?;
        while is_behind {
            is_behind = self.database.write(words::index_more).await?;
        }
        Ok(())
    }
}
