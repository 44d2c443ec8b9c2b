//! What the writer has done since it started, as counters that a metrics page can show.

use prometheus::{Histogram, HistogramOpts, IntGauge};

use crate::error::{Error, Result};

/// What the writer has done since it started.
#[derive(Debug, Clone)]
pub struct WriterFigures {
    /// How long each commit took, the sync of the disk included.
    pub commit_seconds: Histogram,
    /// How many writes each commit carried.
    pub group_size: Histogram,
    /// Writes that wait now.
    pub waiting: IntGauge,
}

impl WriterFigures {
    pub(super) fn new() -> Result<Self> {
        let histogram = |name: &str, help: &str, buckets: Vec<f64>| {
            Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))
                .map_err(Error::internal)
        };
        Ok(Self {
            commit_seconds: histogram(
                "cellar_commit_seconds",
                "Time of each commit, the sync of the disk included.",
                vec![0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0],
            )?,
            group_size: histogram(
                "cellar_commit_group_size",
                "Writes that each commit carried.",
                vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1024.0],
            )?,
            waiting: IntGauge::new("cellar_writes_waiting", "Writes that wait for the writer.")
                .map_err(Error::internal)?,
        })
    }

    /// Groups committed.
    pub fn n_commits(&self) -> u64 {
        self.group_size.get_sample_count()
    }

    /// Writes in those groups.
    pub fn n_writes(&self) -> u64 {
        // A sum of whole numbers far below 2^53 is exact.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let sum = self.group_size.get_sample_sum() as u64;
        sum
    }
}
