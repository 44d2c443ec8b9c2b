//! What the server does for itself while it runs: it writes down who was seen, forgets what is long
//! over, and sweeps up files that nothing refers to.

use std::time::Duration;

use rocket::Shutdown;
use rocket::tokio::{join, select, time};

use crate::access::{self, ApiKeys, Sessions};
use crate::audit;
use crate::clock::Clock;
use crate::compute::compute;
use crate::database::Database;
use crate::error::Result;
use crate::files::{Blob, Files, Inventory};
use crate::idempotency;
use crate::job::Jobs;
use crate::transaction::TransactionService;
use crate::workspace;

/// How often sessions are tidied: what a crash loses is a minute of idleness.
const SESSIONS_EVERY: Duration = Duration::from_mins(1);

/// How often new entries of the ledger get into the index of words.
const WORDS_EVERY: Duration = Duration::from_secs(2);

/// A long deletion would keep every other writer waiting.
const FORGOTTEN_AT_ONCE: u32 = 500;

/// How often everything else is: a leftover waits for a day's grace anyway.
const REST_EVERY: Duration = Duration::from_hours(1);

/// What is kept tidy.
#[derive(Clone)]
pub struct Housekeeping {
    /// Who is signed in.
    pub sessions: Sessions,
    /// What programs call with.
    pub keys: ApiKeys,
    /// Background work.
    pub jobs: Jobs,
    /// Credits.
    pub transactions: TransactionService,
    /// Where everything is kept.
    pub database: Database,
    /// Contents beside it.
    pub files: Files,
    /// The time.
    pub clock: Clock,
}

impl Housekeeping {
    /// Works until the server stops. A failure is logged, and the work is tried again at its time.
    pub async fn run(self, shutdown: Shutdown) {
        // Apart, for a long indexing must not keep sessions from ending.
        join!(self.index(shutdown.clone()), self.tidy(shutdown));
    }

    async fn index(&self, mut shutdown: Shutdown) {
        let mut due = time::interval(WORDS_EVERY);
        let mut words = Chore::new("the index of words");
        loop {
            select! {
                () = &mut shutdown => return,
                () = async {
                    due.tick().await;
                    words.note(self.transactions.index_words().await);
                } => {}
            }
        }
    }

    async fn tidy(&self, mut shutdown: Shutdown) {
        let mut sessions_due = time::interval(SESSIONS_EVERY);
        let mut rest_due = time::interval(REST_EVERY);
        // The first tick comes at once, while the server has better things to do.
        sessions_due.tick().await;
        rest_due.tick().await;
        let (mut sessions, mut rest) = (Chore::new("who was seen"), Chore::new("clearing out"));
        loop {
            select! {
                () = &mut shutdown => return,
                _ = sessions_due.tick() => sessions.note(self.note_who_was_seen().await),
                _ = rest_due.tick() => rest.note(self.clear_out().await),
            }
        }
    }

    /// Writes down who was seen, and ends what is over.
    async fn note_who_was_seen(&self) -> Result<()> {
        self.sessions.tidy().await?;
        self.keys.tidy().await
    }

    /// Forgets old answers, old lines of the audit log, invitations that nobody answered, places
    /// that were not used for long and contents that nothing needs, a bounded number in each write.
    async fn forget_what_is_over(&self) -> Result<()> {
        let now = self.clock.now();
        for forget in [
            idempotency::forget,
            audit::forget,
            workspace::forget_invitations,
            access::forget_places,
            Blob::forget_unused,
        ] {
            while self.database.write(move |tx| forget(tx, now, FORGOTTEN_AT_ONCE)).await?
                >= FORGOTTEN_AT_ONCE as usize
            {}
        }
        Ok(())
    }

    /// Forgets old jobs and sweeps up files that nothing refers to.
    pub async fn clear_out(&self) -> Result<()> {
        self.forget_what_is_over().await?;
        let n_jobs = self.jobs.forget_old().await?;
        let (database, files) = (self.database.clone(), self.files.clone());
        let n_files = compute(move || {
            // Listed before the rows are read: what is put in between is on neither list.
            let listed = files.list()?;
            let kept = database.read_here(Inventory::of)?;
            files.sweep(&listed, &kept.hashes())
        });
        let n_files = n_files.await?;
        if n_jobs + n_files > 0 {
            tracing::info!(n_jobs, n_files, "old jobs and leftover files were removed");
        }
        Ok(())
    }
}

/// Something that is done again and again.
struct Chore {
    name: &'static str,
    has_trouble: bool,
}

impl Chore {
    fn new(name: &'static str) -> Self {
        Self { name, has_trouble: false }
    }

    /// Logs a failure: once for a whole time of trouble, not every other second.
    fn note(&mut self, done: Result<()>) {
        let had_trouble = std::mem::replace(&mut self.has_trouble, done.is_err());
        if let (Err(cause), false) = (done, had_trouble) {
            let chore = self.name;
            tracing::warn!(chore, %cause, "housekeeping was cut short; it is tried again in time");
        }
    }
}
