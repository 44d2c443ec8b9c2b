//! One log line and one count for every request.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Data, Request, Response, async_trait};

use super::context::context;
use super::metrics::Metrics;

/// The route named for a request that no route took.
const NO_ROUTE: &str = "none";

/// Watches requests come and answers go.
#[derive(Clone)]
pub struct Observer {
    metrics: Metrics,
}

impl Observer {
    /// Counts into these metrics.
    pub fn new(metrics: Metrics) -> Self {
        Self { metrics }
    }
}

#[async_trait]
impl Fairing for Observer {
    fn info(&self) -> Info {
        Info { name: "request log and metrics", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        // The clock of this request starts here.
        context(request);
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let context = context(request);
        let seconds = context.begun.elapsed().as_secs_f64();
        let route = request.route().map_or(NO_ROUTE, |route| route.uri.as_str());
        let (method, status) = (request.method().as_str(), response.status().code);
        self.metrics.count_request(method, route, status, seconds);
        // The query stays out: it can carry signatures.
        tracing::info!(
            target: "cellar::request",
            method,
            path = request.uri().path().as_str(),
            status,
            // To the microsecond, the finest that means anything.
            ms = (seconds * 1e6).round() / 1e3,
            request_id = context.id.as_str(),
            "request",
        );
    }
}
