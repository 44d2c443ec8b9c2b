//! The queue's front door: order work, look at it, follow it, cancel it, and start and stop it all.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rocket::tokio;
use rocket::tokio::sync::Notify;
use rocket::tokio::task::JoinHandle;
use rocket::tokio::time::timeout;

use super::ending::{Rules, later};
use super::kind::{JobKind, Kinds};
use super::record::{self, Counts, Job, Status, Whose};
use super::run::{Run, Told};
use super::runner;
use super::view::JobView;
use super::watch::{Watch, Watchers};
use crate::clock::{Clock, Timestamp};
use crate::database::{Database, Reader, Tx};
use crate::error::{Error, Result};
use crate::id::{JobId, UserId};
use crate::machine;

/// How long a worker is believed to be alive after its last sign of life.
const LEASE: Duration = Duration::from_secs(30);

/// Before the second and before the third attempt.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(10)];

/// How long a job that has ended is kept: a month.
const KEPT_S: i64 = 30 * 24 * 3600;

/// A long deletion would keep every other writer waiting.
const FORGOTTEN_AT_ONCE: u32 = 500;

/// How the queue works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Jobs at work at once.
    pub slots: NonZero<usize>,
    /// How long a worker is believed to be alive after its last sign of life.
    pub lease: Duration,
    /// Pauses between attempts, in order; the last one stands for all later ones.
    pub pauses: Vec<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { slots: machine::cores(), lease: LEASE, pauses: PAUSES.to_vec() }
    }
}

/// The queue of background work; a clone is the same queue.
#[derive(Clone)]
pub struct Jobs {
    parts: Arc<Parts>,
}

struct Parts {
    database: Database,
    clock: Clock,
    kinds: Kinds,
    settings: Settings,
    /// The attempts under way; as many slots are taken.
    runs: Mutex<Vec<Arc<Run>>>,
    watchers: Arc<Watchers>,
    wake: Notify,
    slot_freed: Notify,
    has_started: AtomicBool,
    is_stopping: AtomicBool,
    /// The row of a running job was changed by somebody else than its worker.
    has_news: AtomicBool,
    runner: Mutex<Option<JoinHandle<()>>>,
}

impl Jobs {
    /// The queue in this database. Nothing runs before [`Jobs::start`].
    pub fn new(database: Database, clock: Clock, kinds: Kinds, settings: Settings) -> Self {
        Self {
            parts: Arc::new(Parts {
                database,
                clock,
                kinds,
                settings,
                runs: Mutex::default(),
                watchers: Arc::default(),
                wake: Notify::new(),
                slot_freed: Notify::new(),
                has_started: AtomicBool::new(false),
                is_stopping: AtomicBool::new(false),
                has_news: AtomicBool::new(false),
                runner: Mutex::default(),
            }),
        }
    }

    /// Takes up what a dead process left, and begins to work. Once per process, by whoever holds
    /// the lock on the data folder.
    ///
    /// # Panics
    /// At a second call, which would take the living runs for dead ones.
    pub async fn start(&self) -> Result<()> {
        let is_second = self.parts.has_started.swap(true, Ordering::SeqCst);
        assert!(!is_second, "the job queue is started once");
        runner::recover(self).await?;
        let work = tokio::spawn(runner::work(self.clone()));
        *lock(&self.parts.runner) = Some(work);
        Ok(())
    }

    /// Claims nothing more, tells every run to stop and waits up to `grace` for them; how many did
    /// not stop. What stopped waits for the next start without having lost an attempt; the rest
    /// keeps its lease, and is taken up at the next start at the cost of an attempt.
    pub async fn stop(&self, grace: Duration) -> usize {
        let until = Instant::now() + grace;
        self.parts.is_stopping.store(true, Ordering::SeqCst);
        self.tell_all(Told::Interrupt);
        self.wake();
        let runner = lock(&self.parts.runner).take();
        if let Some(runner) = runner {
            // Its last claim may still be on its way.
            let _ = timeout(until.saturating_duration_since(Instant::now()), runner).await;
        }
        self.tell_all(Told::Interrupt);
        loop {
            let freed = self.parts.slot_freed.notified();
            let n_left = lock(&self.parts.runs).len();
            let left = until.saturating_duration_since(Instant::now());
            if n_left == 0 || timeout(left, freed).await.is_err() {
                self.parts.watchers.close();
                return lock(&self.parts.runs).len();
            }
        }
    }

    /// Orders work inside somebody else's write: the job is there exactly if that write is.
    pub fn enqueue<K: JobKind>(
        &self,
        tx: &Tx<'_>,
        user_id: Option<UserId>,
        payload: &K::Payload,
    ) -> Result<JobId> {
        if self.parts.kinds.lookup(K::NAME).is_none() {
            return Err(Error::internal(format!("the job kind {} is not registered", K::NAME)));
        }
        let payload = serde_json::to_string(payload).map_err(Error::internal)?;
        let id = record::enqueue(tx, K::NAME, user_id, &payload, self.parts.clock.now())?;
        // Not too early: the claim is itself a write, so it comes after this one. And so nobody
        // can forget it, or be cut off between the commit and the wake.
        self.wake();
        Ok(id)
    }

    /// [`Jobs::enqueue`] in a write of its own.
    pub async fn submit<K: JobKind>(
        &self,
        user_id: Option<UserId>,
        payload: K::Payload,
    ) -> Result<JobId>
    where
        K::Payload: Send,
    {
        let jobs = self.clone();
        let write = move |tx: &Tx<'_>| jobs.enqueue::<K>(tx, user_id, &payload);
        self.parts.database.write(write).await
    }

    /// Ends a waiting job at once, and asks a running one to stop; the job as it is then. A job
    /// that has ended stays as it is, so the status tells whether the cancel was too late.
    pub async fn cancel(&self, whose: Whose, id: JobId) -> Result<JobView> {
        let rules = self.rules();
        let cancel = move |tx: &Tx<'_>| rules.cancel(tx, record::find(tx, whose, id)?);
        let job = self.parts.database.write(cancel).await?;
        if job.status.is_final() {
            self.publish(&job);
        } else if let Some(run) = self.runs().iter().find(|run| run.job.id == id) {
            run.tell(Told::Cancel);
            // The progress first, then the watchers: the order in which a kind locks them.
            let progress = run.progress();
            self.parts.watchers.publish(id, || run.view_at(&progress));
        } else {
            // Claimed this very moment, and not yet begun: the runner tells it.
            self.parts.has_news.store(true, Ordering::SeqCst);
            self.wake();
        }
        Ok(self.view(&job))
    }

    /// One job, if the caller may see it.
    pub async fn find(&self, whose: Whose, id: JobId) -> Result<JobView> {
        let job = self.parts.database.read(move |r| record::find(r, whose, id)).await?;
        Ok(self.view(&job))
    }

    /// The same inside somebody else's read or write.
    pub fn find_in(&self, r: &Reader<'_>, whose: Whose, id: JobId) -> Result<JobView> {
        Ok(self.view(&record::find(r, whose, id)?))
    }

    /// Up to `limit` jobs, newest first, that are older than `before`.
    pub async fn list(
        &self,
        whose: Whose,
        before: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobView>> {
        let list = move |r: &Reader<'_>| record::list(r, whose, before, limit);
        let found = self.parts.database.read(list).await?;
        Ok(found.iter().map(|job| self.view(job)).collect())
    }

    /// How many jobs stand where.
    pub async fn count(&self) -> Result<Counts> {
        self.parts.database.read(record::count).await
    }

    /// Deletes jobs that ended long ago, a bounded number in each write; how many it were.
    pub async fn forget_old(&self) -> Result<usize> {
        let then = self.parts.clock.now().plus_s(-KEPT_S);
        let mut n_forgotten = 0;
        loop {
            let forget = move |tx: &Tx<'_>| record::forget(tx, then, FORGOTTEN_AT_ONCE);
            let n_jobs = self.parts.database.write(forget).await?;
            n_forgotten += n_jobs;
            if n_jobs < FORGOTTEN_AT_ONCE as usize {
                return Ok(n_forgotten);
            }
        }
    }

    /// Why the queue does not work as it should; `None` while it does, or before it has started.
    pub fn trouble(&self) -> Option<&'static str> {
        let has_ended = lock(&self.parts.runner).as_ref().is_some_and(JoinHandle::is_finished);
        (has_ended && !self.is_stopping())
            .then_some("background work has stopped by itself; restart the server")
    }

    /// Follows one job, from its present state to its last.
    pub async fn watch(&self, whose: Whose, id: JobId) -> Result<Watch> {
        // Opened before the row is read, so that a change in between is not lost.
        let mut watch = self.parts.watchers.subscribe(id);
        let row = self.find(whose, id).await?;
        // The row of a running job is a second behind it, and a job that is quiet tells no more.
        let mut runs = self.runs().into_iter();
        let run = runs.find(|run| {
            row.status == Status::Running && (run.job.id, run.job.attempt) == (id, row.attempt)
        });
        watch.begin_with(run.map_or(row, |run| run.view()));
        Ok(watch)
    }

    /// The job once it has ended, however it ended.
    pub async fn wait(&self, id: JobId) -> Result<JobView> {
        let mut watch = self.watch(Whose::Anyone, id).await?;
        while let Some(view) = watch.next().await {
            if view.status.is_final() {
                return Ok(view);
            }
        }
        Err(Error::Unavailable("the server is stopping; ask again when it is back".into()))
    }

    #[cfg(test)]
    pub(super) fn kill_runner(&self) {
        lock(&self.parts.runner).as_ref().inspect(|runner| runner.abort());
    }

    pub(super) fn database(&self) -> &Database {
        &self.parts.database
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    pub(super) fn kinds(&self) -> &Kinds {
        &self.parts.kinds
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    pub(super) fn watchers(&self) -> &Arc<Watchers> {
        &self.parts.watchers
    }

    pub(super) fn rules(&self) -> Rules {
        Rules {
            kinds: self.parts.kinds.clone(),
            pauses: self.parts.settings.pauses.clone(),
            now: self.parts.clock.now(),
        }
    }

    pub(super) fn lease_until(&self) -> Timestamp {
        later(self.parts.clock.now(), self.parts.settings.lease)
    }

    pub(super) fn publish(&self, job: &Job) {
        self.parts.watchers.publish(job.id, || self.view(job));
    }

    /// Whether rows of running jobs changed since this was last asked.
    pub(super) fn takes_news(&self) -> bool {
        self.parts.has_news.swap(false, Ordering::SeqCst)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.parts.is_stopping.load(Ordering::SeqCst)
    }

    /// Makes the runner look at the queue.
    pub(super) fn wake(&self) {
        self.parts.wake.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.parts.wake.notified().await;
    }

    pub(super) fn runs(&self) -> Vec<Arc<Run>> {
        lock(&self.parts.runs).clone()
    }

    pub(super) fn n_free(&self) -> usize {
        let n_taken = lock(&self.parts.runs).len();
        self.parts.settings.slots.get().saturating_sub(n_taken)
    }

    /// Takes a slot for this run, until the answer is dropped.
    pub(super) fn occupy(&self, run: Arc<Run>) -> Slot {
        if self.is_stopping() {
            run.tell(Told::Interrupt);
        }
        lock(&self.parts.runs).push(Arc::clone(&run));
        Slot { run, jobs: self.clone() }
    }

    fn tell_all(&self, word: Told) {
        for run in self.runs() {
            run.tell(word);
        }
    }

    fn view(&self, job: &Job) -> JobView {
        JobView::new(job, self.parts.kinds.attempts_max(&job.kind))
    }
}

/// One of the places at which jobs run.
pub(super) struct Slot {
    run: Arc<Run>,
    jobs: Jobs,
}

impl Drop for Slot {
    fn drop(&mut self) {
        lock(&self.jobs.parts.runs).retain(|run| !Arc::ptr_eq(run, &self.run));
        self.jobs.wake();
        self.jobs.parts.slot_freed.notify_waiters();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
