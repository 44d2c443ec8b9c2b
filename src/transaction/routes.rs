//! Credits over HTTP, for those who own them.

use deserr::Deserr;
use rocket::futures::stream;
use rocket::{FromForm, State, get, post};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::days::{self, DayView};
use super::query::{Named, TransactionQuery};
use super::record::Kind;
use super::service::{TopUpView, TransactionService};
use super::view::{BalanceView, TransactionView};
use super::words;
use crate::access::Caller;
use crate::error::{Issues, Result, both};
use crate::id::{RowId, UserId};
use crate::idempotency::Once;
use crate::web::{
    Answer, Body, Download, Endpoints, Listing, Mistakes, Page, PageQuery, Period, Problem, Reply,
    csv_rows, endpoints,
};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("transaction";
        Read: get_balance, list_balance_days, list_transactions, export_transactions;
        Write: create_top_up;
    )
}

/// What the caller's account holds.
#[utoipa::path(responses((status = 200, description = "The balance.", body = BalanceView)))]
#[get("/api/balance")]
async fn get_balance(
    caller: Caller,
    transactions: &State<TransactionService>,
) -> Answer<BalanceView> {
    Ok(Reply::ok(transactions.balance(caller.user_id()).await?.into()))
}

/// What the caller could spend at the end of each of the last days, the oldest first.
#[utoipa::path(
    params(("days" = Option<u32>, Query, description = "How many days, 1 to 366; 30 if not said.")),
    responses((status = 200, description = "The days.", body = Listing<DayView>))
)]
#[get("/api/balance/days?<days>")]
async fn list_balance_days(
    caller: Caller,
    transactions: &State<TransactionService>,
    days: Option<String>,
) -> Answer<Listing<DayView>> {
    let n_days = days::days_of(days.as_deref())?;
    Ok(Reply::ok(Listing::of(transactions.days(caller.user_id(), n_days).await?)))
}

/// Credits to be added.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct TopUpInput {
    /// How many: 1 to 1,000,000.
    #[schema(minimum = 1, maximum = 1_000_000, example = 500)]
    amount: i64,
}

/// Add credits to the caller's own account.
///
/// Send an `Idempotency-Key` to be sure that a request which is sent again adds them once.
#[utoipa::path(
    request_body = TopUpInput,
    params(("Idempotency-Key" = Option<String>, Header, description = "Do it once.")),
    responses((status = 201, description = "Added.", body = TopUpView))
)]
#[post("/api/balance/top-ups", data = "<body>")]
async fn create_top_up(
    caller: Caller,
    once: Once,
    transactions: &State<TransactionService>,
    body: Body<TopUpInput>,
) -> Answer<Box<RawValue>> {
    let ticket = once.ticket(&[&body.hash]);
    Ok(transactions.top_up(&caller, ticket, body.value.amount).await?.reply())
}

/// Which entries are asked for, and which page of them.
#[derive(Debug, Clone, FromForm, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TransactionFilter {
    /// Only of this kind.
    kind: Option<String>,
    /// Only from this moment on.
    from: Option<String>,
    /// Only before this moment.
    to: Option<String>,
    /// Only with words that begin so.
    text: Option<String>,
}

impl TransactionFilter {
    /// The question, of this user's entries or of everyone's.
    pub fn query(&self, user_id: Option<UserId>) -> Result<TransactionQuery> {
        let mut issues = Issues::default();
        let kind = self.kind.as_deref().map(|word| {
            Kind::from_word(word).or_else(|| {
                let words = Kind::ALL.map(Kind::word).join(", ");
                issues.add("kind", "unknown_value", format!("must be one of {words}"));
                None
            })
        });
        let Period { from, to } =
            Period::read(self.from.as_deref(), self.to.as_deref(), &mut issues);
        let text = self.text.clone();
        if text.as_deref().is_some_and(|text| words::of(text).is_empty()) {
            issues.add("text", "invalid", "must have a letter or a digit; only words are found");
        }
        issues.or(TransactionQuery { user_id, kind: kind.flatten(), from, to, text })
    }
}

/// The caller's entries of the ledger, newest first.
#[utoipa::path(params(PageQuery, TransactionFilter), responses(
    (status = 200, description = "A page of entries.", body = Page<TransactionView>)
))]
#[get("/api/transactions?<limit>&<cursor>&<filter..>")]
async fn list_transactions(
    caller: Caller,
    transactions: &State<TransactionService>,
    limit: Option<String>,
    cursor: Option<String>,
    filter: TransactionFilter,
) -> Answer<Page<TransactionView>> {
    let page = PageQuery { limit, cursor }.bounds();
    let ((limit, before), query) = both(page, filter.query(Some(caller.user_id())))?;
    let found = transactions.list(query, before, limit + 1).await?;
    let found = found.into_iter().map(TransactionView::from).collect();
    Ok(Reply::ok(Page::of(found, limit, |entry: &TransactionView| entry.id.number())))
}

/// The caller's entries as CSV, newest first.
#[utoipa::path(params(TransactionFilter), responses(
    (status = 200, description = "Every entry asked for.", content_type = "text/csv", body = String)
))]
#[get("/api/transactions.csv?<filter..>")]
async fn export_transactions(
    caller: Caller,
    transactions: &State<TransactionService>,
    filter: TransactionFilter,
) -> Result<Download, Problem> {
    let query = filter.query(Some(caller.user_id()))?;
    export(transactions.inner().clone(), query).await.map_err(Problem::from)
}

/// Entries as a file.
pub async fn export(transactions: TransactionService, query: TransactionQuery) -> Result<Download> {
    const HEADER: [&str; 9] = [
        "id",
        "timestamp",
        "username",
        "kind",
        "amount",
        "balance",
        "description",
        "request_id",
        "task_id",
    ];
    let rows = stream::try_unfold(Some(i64::MAX), move |next| {
        let (transactions, query) = (transactions.clone(), query.clone());
        async move {
            let Some(before) = next else { return Ok(None) };
            let (page, next) = transactions.page_of_export(query, before).await?;
            Ok(Some((csv_of(page)?.into_bytes(), next)))
        }
    });
    Download::table("transactions.csv", &HEADER, rows).await
}

fn csv_of(page: Vec<Named>) -> Result<String> {
    csv_rows(page.into_iter().map(|Named { entry, username, task_id }| {
        [
            entry.id.to_string(),
            entry.timestamp.to_string(),
            username,
            entry.kind.word().to_owned(),
            entry.amount.amount().to_string(),
            entry.balance.amount().to_string(),
            entry.description,
            entry.request_id.unwrap_or_default(),
            task_id.map(|id| id.to_string()).unwrap_or_default(),
        ]
    }))
}
