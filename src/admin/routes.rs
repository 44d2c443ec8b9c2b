//! Administration over HTTP.

use rocket::http::ContentType;
use rocket::{State, get, post};

use super::service::{AdminService, SystemView};
use crate::access::Admin;
use crate::job::{JobView, job_address};
use crate::web::{Answer, Endpoints, Problem, Reply, endpoints};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("admin"; Admin: find_system, create_check; Metrics: read_metrics;)
}

/// How the server is doing.
#[utoipa::path(responses((status = 200, description = "Its figures.", body = SystemView)))]
#[get("/api/admin/system")]
async fn find_system(_admin: Admin, service: &State<AdminService>) -> Answer<SystemView> {
    Ok(Reply::ok(service.system().await?))
}

/// Check everything that is stored.
///
/// The check runs in the background; follow the job at the address in `Location`. Its result holds
/// a line for each promise.
#[utoipa::path(responses((status = 202, description = "Begun.", body = JobView)))]
#[post("/api/admin/checks")]
async fn create_check(admin: Admin, service: &State<AdminService>) -> Answer<JobView> {
    let job = service.create_check(admin.0.user_id()).await?;
    Ok(Reply::accepted(job_address(job.id), job))
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
