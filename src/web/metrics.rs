//! What is counted, in the form Prometheus reads.

use prometheus::core::Collector;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder,
};

use crate::error::{Error, Result};

/// Upper bounds of the latency buckets, in seconds: an answer takes from 50 microseconds on.
const LATENCY_BUCKETS_S: [f64; 12] =
    [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0];

/// The counters of one server.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    latency: HistogramVec,
}

impl Metrics {
    /// Counters that stand at zero.
    pub fn new() -> Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("cellar_http_requests_total", "Requests answered, by route and status."),
            &["method", "route", "status"],
        )
        .map_err(Error::internal)?;
        let latency = HistogramVec::new(
            HistogramOpts::new(
                "cellar_http_request_seconds",
                "Time from a complete head to the answer's head, by route.",
            )
            .buckets(LATENCY_BUCKETS_S.to_vec()),
            &["method", "route"],
        )
        .map_err(Error::internal)?;
        let metrics = Self { registry, requests, latency };
        metrics.register(metrics.requests.clone())?;
        metrics.register(metrics.latency.clone())?;
        #[cfg(target_os = "linux")]
        metrics.register(prometheus::process_collector::ProcessCollector::for_self())?;
        Ok(metrics)
    }

    /// Adds a part's own counters.
    pub fn register(&self, counters: impl Collector + 'static) -> Result<()> {
        self.registry.register(Box::new(counters)).map_err(Error::internal)
    }

    /// Counts an answered request.
    pub fn count_request(&self, method: &str, route: &str, status: u16, seconds: f64) {
        let mut digits = [0; 3];
        let status = status_in_digits(status, &mut digits);
        self.requests.with_label_values(&[method, route, status]).inc();
        self.latency.with_label_values(&[method, route]).observe(seconds);
    }

    /// Requests since the start that were answered with a failure of ours.
    pub fn n_failures(&self) -> u64 {
        let is_failure = |metric: &&prometheus::proto::Metric| {
            let mut labels = metric.get_label().iter();
            labels.any(|label| label.name() == "status" && label.value().starts_with('5'))
        };
        let families = self.requests.collect();
        let metrics = families.iter().flat_map(prometheus::proto::MetricFamily::get_metric);
        // A count is a whole number far below 2^53, and never below zero.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let n_failures =
            metrics.filter(is_failure).map(|m| m.get_counter().get_value()).sum::<f64>() as u64;
        n_failures
    }

    /// Everything counted, as text.
    pub fn text(&self) -> Result<String> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).map_err(Error::internal)?;
        String::from_utf8(text).map_err(Error::internal)
    }
}

fn status_in_digits(status: u16, digits: &mut [u8; 3]) -> &str {
    let status = status.min(999);
    for (place, divisor) in [100, 10, 1].into_iter().enumerate() {
        digits[place] = b'0' + u8::try_from(status / divisor % 10).unwrap_or(0);
    }
    std::str::from_utf8(digits).unwrap_or("000")
}
