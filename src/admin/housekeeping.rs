//! What the server does for itself while it runs: it writes down who was seen, forgets what is long
//! over, and sweeps up files that nothing refers to.

use std::time::Duration;

use rocket::Shutdown;
use rocket::tokio::{select, time};

use crate::access::Sessions;
use crate::compute::compute;
use crate::database::Database;
use crate::error::Result;
use crate::files::{Blob, Files};
use crate::job::Jobs;

/// How often sessions are tidied: what a crash loses is a minute of idleness.
const SESSIONS_EVERY: Duration = Duration::from_mins(1);

/// How often everything else is: a leftover waits for a day's grace anyway.
const REST_EVERY: Duration = Duration::from_hours(1);

/// What is kept tidy.
#[derive(Clone)]
pub struct Housekeeping {
    sessions: Sessions,
    jobs: Jobs,
    database: Database,
    files: Files,
}

impl Housekeeping {
    /// Keeps these tidy.
    pub fn new(sessions: Sessions, jobs: Jobs, database: Database, files: Files) -> Self {
        Self { sessions, jobs, database, files }
    }

    /// Works until the server stops. A failure is logged, and the work is tried again at its time.
    pub async fn run(self, mut shutdown: Shutdown) {
        let mut sessions_due = time::interval(SESSIONS_EVERY);
        let mut rest_due = time::interval(REST_EVERY);
        // The first tick comes at once, while the server has better things to do.
        sessions_due.tick().await;
        rest_due.tick().await;
        loop {
            let done = select! {
                () = &mut shutdown => return,
                _ = sessions_due.tick() => self.sessions.tidy().await,
                _ = rest_due.tick() => self.clear_out().await,
            };
            if let Err(cause) = done {
                tracing::warn!(%cause, "housekeeping was cut short");
            }
        }
    }

    /// Forgets old jobs and sweeps up files that nothing refers to.
    pub async fn clear_out(&self) -> Result<()> {
        let n_jobs = self.jobs.forget_old().await?;
        let (database, files) = (self.database.clone(), self.files.clone());
        let n_files = compute(move || {
            // Listed before the rows are read: what is put in between is on neither list.
            let listed = files.list()?;
            let kept = database.read_here(Blob::all)?;
            files.sweep(&listed, &kept)
        });
        let n_files = n_files.await?;
        if n_jobs + n_files > 0 {
            tracing::info!(n_jobs, n_files, "old jobs and leftover files were removed");
        }
        Ok(())
    }
}
