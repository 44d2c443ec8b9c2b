//! Administration over HTTP.

use rocket::http::ContentType;
use rocket::{State, get, post};
use serde_json::value::RawValue;

use super::figures::Figures;
use super::service::{AdminService, SystemView};
use crate::access::Admin;
use crate::audit::{Action, AuditQuery, AuditView};
use crate::error::{Error, both};
use crate::id::{RowId, UserId};
use crate::idempotency::Once;
use crate::job::JobView;
use crate::ml_task::{self, MLService, NamedTaskView, TaskFilter};
use crate::transaction::{
    self, NamedTransactionView, TransactionFilter, TransactionQuery, TransactionService,
};
use crate::web::{Answer, Download, Endpoints, Page, PageQuery, Problem, Reply, endpoints};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("admin";
        Admin: find_system, find_figures, create_check, list_all_transactions,
            export_all_transactions, list_all_tasks, export_all_tasks, list_audit;
        Metrics: read_metrics;
    )
}

/// How the server is doing.
#[utoipa::path(responses((status = 200, description = "Its figures.", body = SystemView)))]
#[get("/api/admin/system")]
async fn find_system(_admin: Admin, service: &State<AdminService>) -> Answer<SystemView> {
    Ok(Reply::ok(service.system().await?))
}

/// Figures for a dashboard.
#[utoipa::path(responses((status = 200, description = "The figures.", body = Figures)))]
#[get("/api/admin/figures")]
async fn find_figures(_admin: Admin, service: &State<AdminService>) -> Answer<Figures> {
    Ok(Reply::ok(service.figures().await?))
}

/// Check everything that is stored.
///
/// The check runs in the background; follow the job at the address in `Location`. Its result holds
/// a line for each promise.
#[utoipa::path(
    params(("Idempotency-Key" = Option<String>, Header, description = "Do it once.")),
    responses((status = 202, description = "Begun.", body = JobView))
)]
#[post("/api/admin/checks")]
async fn create_check(
    admin: Admin,
    once: Once,
    service: &State<AdminService>,
) -> Answer<Box<RawValue>> {
    Ok(service.create_check(&admin.into(), once.ticket(&[])).await?.reply())
}

/// Everybody's entries of the ledger, or one user's, newest first.
#[utoipa::path(
    params(PageQuery, TransactionFilter, ("user_id" = Option<UserId>, Query)),
    responses((status = 200, description = "A page.", body = Page<NamedTransactionView>))
)]
#[get("/api/admin/transactions?<limit>&<cursor>&<user_id>&<filter..>")]
async fn list_all_transactions(
    _admin: Admin,
    transactions: &State<TransactionService>,
    limit: Option<String>,
    cursor: Option<String>,
    user_id: Option<&str>,
    filter: TransactionFilter,
) -> Answer<Page<NamedTransactionView>> {
    let page = PageQuery { limit, cursor }.bounds();
    let ((limit, before), query) = both(page, query_of(&filter, user_id))?;
    let found = transactions.list(query, before, limit + 1).await?;
    let found = found.into_iter().map(NamedTransactionView::from).collect();
    Ok(Reply::ok(Page::of(found, limit, |named: &NamedTransactionView| named.entry.id.number())))
}

/// The same as CSV.
#[utoipa::path(
    params(TransactionFilter, ("user_id" = Option<UserId>, Query)),
    responses((status = 200, description = "Entries.", content_type = "text/csv", body = String))
)]
#[get("/api/admin/transactions.csv?<user_id>&<filter..>")]
async fn export_all_transactions(
    _admin: Admin,
    transactions: &State<TransactionService>,
    user_id: Option<&str>,
    filter: TransactionFilter,
) -> Result<Download, Problem> {
    let query = query_of(&filter, user_id)?;
    transaction::export(transactions.inner().clone(), query).await.map_err(Problem::from)
}

/// Everybody's tasks, or one user's, newest first.
#[utoipa::path(
    params(PageQuery, TaskFilter, ("user_id" = Option<UserId>, Query)),
    responses((status = 200, description = "A page.", body = Page<NamedTaskView>))
)]
#[get("/api/admin/tasks?<limit>&<cursor>&<user_id>&<filter..>")]
async fn list_all_tasks(
    _admin: Admin,
    tasks: &State<MLService>,
    limit: Option<String>,
    cursor: Option<String>,
    user_id: Option<&str>,
    filter: TaskFilter,
) -> Answer<Page<NamedTaskView>> {
    let asked = user(user_id).and_then(|user_id| filter.query(user_id));
    let ((limit, before), query) = both(PageQuery { limit, cursor }.bounds(), asked)?;
    let found = tasks.list(query, before, limit + 1).await?;
    let found = found.into_iter().map(|(named, job)| NamedTaskView::of(named, job)).collect();
    Ok(Reply::ok(Page::of(found, limit, |named: &NamedTaskView| named.task.id.number())))
}

/// The same as CSV.
#[utoipa::path(
    params(TaskFilter, ("user_id" = Option<UserId>, Query)),
    responses((status = 200, description = "Tasks.", content_type = "text/csv", body = String))
)]
#[get("/api/admin/tasks.csv?<user_id>&<filter..>")]
async fn export_all_tasks(
    _admin: Admin,
    tasks: &State<MLService>,
    user_id: Option<&str>,
    filter: TaskFilter,
) -> Result<Download, Problem> {
    let query = filter.query(user(user_id)?)?;
    ml_task::export_tasks(tasks.inner().clone(), query).await.map_err(Problem::from)
}

/// The audit log, newest first.
#[utoipa::path(
    params(
        PageQuery,
        ("action" = Option<Action>, Query, description = "Only of this action."),
        ("user_id" = Option<UserId>, Query, description = "Only what they did or what was done to them.")
    ),
    responses((status = 200, description = "A page of events.", body = Page<AuditView>))
)]
#[get("/api/admin/audit?<limit>&<cursor>&<action>&<user_id>")]
async fn list_audit(
    _admin: Admin,
    service: &State<AdminService>,
    limit: Option<String>,
    cursor: Option<String>,
    action: Option<&str>,
    user_id: Option<&str>,
) -> Answer<Page<AuditView>> {
    let action = action.map(|word| {
        let unknown = || Error::invalid("action", "unknown_value", "is no action of the audit log");
        Action::from_word(word).ok_or_else(unknown)
    });
    let page = PageQuery { limit, cursor }.bounds();
    let ((limit, before), (action, user_id)) = both(page, both(action.transpose(), user(user_id)))?;
    let query = AuditQuery { action, user_id };
    let found = service.audit(query, before, limit + 1).await?;
    Ok(Reply::ok(Page::of(found, limit, |line: &AuditView| line.id.number())))
}

/// Which entries, and whose if that was said.
fn query_of(filter: &TransactionFilter, user_id: Option<&str>) -> Result<TransactionQuery, Error> {
    let (query, user_id) = both(filter.query(None), user(user_id))?;
    Ok(TransactionQuery { user_id, ..query })
}

/// Whose, if that was said.
fn user(id: Option<&str>) -> Result<Option<UserId>, Error> {
    let id = id.map(str::parse::<UserId>);
    id.transpose().map_err(|wrong| Error::invalid("user_id", "invalid", wrong.to_string()))
}

/// Metrics in the form Prometheus reads.
///
/// For administrators, and for whoever holds the token that the setting `metrics_token` names.
#[utoipa::path(responses(
    (status = 200, description = "Metrics.", content_type = "text/plain", body = String)
))]
#[get("/metrics")]
async fn read_metrics(service: &State<AdminService>) -> Result<(ContentType, String), Problem> {
    let kind =
        ContentType::new("text", "plain").with_params([("version", "0.0.4"), ("charset", "utf-8")]);
    Ok((kind, service.metrics().await?))
}
