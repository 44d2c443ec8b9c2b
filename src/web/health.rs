//! Is the server alive, and is it ready? Three addresses that anyone may ask, and that say nothing
//! an outsider should not know.

use std::sync::Arc;
use std::time::Instant;

use rocket::http::Status;
use rocket::{State, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Endpoints, endpoints};
use super::reply::Reply;

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("health"; Public: livez, readyz, healthz;)
}

/// When to ask a server again that was not ready.
const RETRY_AFTER_S: &str = "30";

/// What one part of the server says of itself: fine, or what is wrong.
pub type Check = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The parts whose word makes the server ready.
#[derive(Clone)]
pub struct Health {
    started: Instant,
    checks: Arc<Vec<(&'static str, Check)>>,
}

impl Health {
    /// A server with these parts.
    pub fn new(checks: Vec<(&'static str, Check)>) -> Self {
        Self { started: Instant::now(), checks: Arc::new(checks) }
    }

    /// Seconds since the start.
    pub fn uptime_s(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    /// Asks every part.
    pub fn report(&self) -> HealthReport {
        let ask = |(name, check): &(&'static str, Check)| {
            let answer = check();
            let status = if answer.is_ok() { Standing::Ok } else { Standing::Failing };
            PartReport { name, status, detail: answer.err() }
        };
        let checks: Vec<_> = self.checks.iter().map(ask).collect();
        let is_ready = checks.iter().all(|check| check.status == Standing::Ok);
        HealthReport {
            status: if is_ready { Standing::Ok } else { Standing::Failing },
            version: env!("CARGO_PKG_VERSION"),
            uptime_s: self.uptime_s(),
            checks,
        }
    }
}

/// How the server, or a part of it, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// All is well.
    Ok,
    /// It cannot do its work; the detail says why.
    Failing,
}

/// How the server stands, part by part.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthReport {
    status: Standing,
    /// The program's version.
    #[schema(value_type = String)]
    version: &'static str,
    /// Seconds since the start.
    uptime_s: u64,
    checks: Vec<PartReport>,
}

/// How one part stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartReport {
    #[schema(value_type = String)]
    name: &'static str,
    status: Standing,
    /// What is wrong and what helps; null if nothing is.
    detail: Option<String>,
}

/// Is the process alive?
#[utoipa::path(responses((status = 200, description = "It is.", body = String)))]
#[get("/livez")]
fn livez() -> &'static str {
    "ok\n"
}

/// Is the server ready to work?
///
/// 503 says which part is not, and why.
#[utoipa::path(responses(
    (status = 200, description = "It is.", body = HealthReport),
    (status = 503, description = "It is not.", body = HealthReport),
))]
#[get("/readyz")]
fn readyz(health: &State<Health>) -> Reply<HealthReport> {
    let report = health.report();
    match report.status {
        Standing::Ok => Reply::ok(report),
        Standing::Failing => Reply::ok(report)
            .with_status(Status::ServiceUnavailable)
            .with_header("Retry-After", RETRY_AFTER_S),
    }
}

/// The same as `/readyz`, under the name that many probes ask for.
#[utoipa::path(responses(
    (status = 200, description = "The server is ready.", body = HealthReport),
    (status = 503, description = "It is not.", body = HealthReport),
))]
#[get("/healthz")]
fn healthz(health: &State<Health>) -> Reply<HealthReport> {
    readyz(health)
}
