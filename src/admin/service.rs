//! The server's own figures.

use std::path::Path;
use std::sync::Arc;

use prometheus::{IntGaugeVec, Opts};
use rocket::tokio::sync::Mutex;
use rocket::tokio::task;
use serde::Serialize;
use utoipa::ToSchema;

use super::backup::{BackupFile, LastBackup};
use super::figures::{self, Activity, Figures};
use super::job::{CheckKind, Everything};
use crate::audit::{self, Action, AuditQuery, AuditView};
use crate::backup::{Workshop, write_archive};
use crate::clock::{Clock, Timestamp};
use crate::data_folder;
use crate::database::{Database, Tx};
use crate::error::{Error, Result};
use crate::files::Blob;
use crate::id::UserId;
use crate::idempotency::{Done, Ticket};
use crate::job::{Jobs, Whose, job_address};
use crate::machine;
use crate::transaction::TransactionService;
use crate::user::Staff;
use crate::web::Metrics;

/// What administrators ask of the server.
#[derive(Clone)]
pub struct AdminService {
    database: Database,
    jobs: Jobs,
    transactions: TransactionService,
    started_at: Timestamp,
    clock: Clock,
    metrics: Metrics,
    jobs_by_status: IntGaugeVec,
    is_insecure: bool,
    /// Taken while a backup is made: two at a time would only fill the disk.
    backing_up: Arc<Mutex<()>>,
}

/// The parts of the server that are looked over.
pub struct AdminParts {
    /// Where everything is kept.
    pub database: Database,
    /// Background work.
    pub jobs: Jobs,
    /// Credits.
    pub transactions: TransactionService,
    /// The time.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether passwords travel in the open.
    pub is_insecure: bool,
}

/// How the server is doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemView {
    #[schema(value_type = String)]
    version: &'static str,
    started_at: Timestamp,
    /// Seconds since the start.
    uptime_s: i64,
    /// Free space on the disk that holds the data, if the system says.
    data_folder_bytes_free: Option<u64>,
    /// The database file, without its log.
    database_bytes: u64,
    blob_count: u64,
    blob_bytes: u64,
    /// Null if there is none that is known of.
    last_backup: Option<LastBackup>,
    writer: WriterView,
    jobs: JobCounts,
    /// Memory in use, if the system says.
    memory_bytes: Option<u64>,
    /// Requests since the start that were answered with a failure of the server's.
    failed_requests: u64,
    /// Whether passwords travel in the open: the address people open is not https.
    is_insecure: bool,
}

/// What the writer has done since the start.
#[derive(Debug, Serialize, ToSchema)]
struct WriterView {
    commits: u64,
    writes: u64,
    mean_group_size: f64,
    queue_depth: i64,
}

/// Background jobs by state.
#[derive(Debug, Serialize, ToSchema)]
struct JobCounts {
    queued: u64,
    running: u64,
    succeeded: u64,
    cancelled: u64,
    dead: u64,
}

impl AdminService {
    /// A view over this server, which starts now.
    pub fn new(parts: AdminParts) -> Result<Self> {
        let AdminParts { database, jobs, transactions, clock, metrics, is_insecure } = parts;
        let options = Opts::new("cellar_jobs", "Background jobs, by where they stand.");
        let jobs_by_status = IntGaugeVec::new(options, &["status"]).map_err(Error::internal)?;
        metrics.register(jobs_by_status.clone())?;
        metrics.register(transactions.spent())?;
        let started_at = clock.now();
        Ok(Self {
            database,
            jobs,
            transactions,
            started_at,
            clock,
            metrics,
            jobs_by_status,
            is_insecure,
            backing_up: Arc::default(),
        })
    }

    /// The figures at this moment.
    pub async fn system(&self) -> Result<SystemView> {
        let downloads = AuditQuery { action: Some(Action::DataBackup), user_id: None };
        let (now, folder) = (self.clock.now(), self.data_folder().to_owned());
        let (database_bytes, (blob_count, blob_bytes), last_backup) = self
            .database
            .read(move |r| {
                let downloaded = audit::list(r, downloads, i64::MAX, 1)?.pop();
                let by_command = data_folder::last_backup(&folder);
                let last_backup = LastBackup::of(downloaded, by_command, now);
                Ok((r.size_bytes()?, Blob::totals(r)?, last_backup))
            })
            .await?;
        let counts = self.jobs.count().await?;
        let figures = self.database.figures();
        #[expect(clippy::cast_precision_loss, reason = "a mean for people to read")]
        let mean_group_size = figures.n_writes() as f64 / (figures.n_commits().max(1)) as f64;
        Ok(SystemView {
            version: env!("CARGO_PKG_VERSION"),
            started_at: self.started_at,
            uptime_s: now.millis_since(self.started_at) / 1000,
            data_folder_bytes_free: machine::free_bytes(self.database.path()),
            database_bytes,
            blob_count,
            blob_bytes,
            last_backup,
            writer: WriterView {
                commits: figures.n_commits(),
                writes: figures.n_writes(),
                mean_group_size,
                queue_depth: figures.waiting.get(),
            },
            jobs: JobCounts {
                queued: counts.n_queued,
                running: counts.n_running,
                succeeded: counts.n_succeeded,
                cancelled: counts.n_cancelled,
                dead: counts.n_dead,
            },
            memory_bytes: machine::memory_bytes(),
            failed_requests: self.metrics.n_failures(),
            is_insecure: self.is_insecure,
        })
    }

    /// Everything that is counted, the queue of background work as it stands now included.
    pub async fn metrics(&self) -> Result<String> {
        self.transactions.count_spent().await?;
        let counts = self.jobs.count().await?;
        for (status, n_jobs) in [
            ("queued", counts.n_queued),
            ("running", counts.n_running),
            ("succeeded", counts.n_succeeded),
            ("cancelled", counts.n_cancelled),
            ("dead", counts.n_dead),
        ] {
            let n_jobs = i64::try_from(n_jobs).map_err(Error::internal)?;
            self.jobs_by_status.with_label_values(&[status]).set(n_jobs);
        }
        self.metrics.text()
    }

    /// Orders a check of everything that is stored.
    pub async fn create_check(&self, staff: &Staff, ticket: Ticket) -> Result<Done> {
        let (jobs, now) = (self.jobs.clone(), self.clock.now());
        let (actor, event) = (staff.user_id(), staff.event(Action::DataCheck, None));
        let order = move |tx: &Tx<'_>| {
            ticket.redeem(tx, now, |tx| {
                let id = jobs.enqueue::<CheckKind>(tx, actor, &Everything {})?;
                audit::note(tx, &event, now)?;
                let view = jobs.find_in(tx, Whose::Anyone, id)?;
                Done::accepted(job_address(id), &view)
            })
        };
        staff.write(&self.database, order).await
    }

    /// Makes a backup of everything.
    pub(super) async fn backup(&self, staff: &Staff) -> Result<BackupFile> {
        let alone = Arc::clone(&self.backing_up).try_lock_owned().map_err(|_| {
            let why = "a backup is being made already; wait until it is done";
            Error::conflict("backup_under_way", why)
        })?;
        let (database_bytes, (_, blob_bytes)) =
            self.database.read(|r| Ok((r.size_bytes()?, Blob::totals(r)?))).await?;
        let folder = self.data_folder().to_owned();
        // The copy of the database lies beside the archive until that is whole.
        require_room(&folder, 2 * database_bytes + blob_bytes)?;
        let write = move || {
            let archive = write_backup(&folder);
            drop(alone);
            archive
        };
        let archive = task::spawn_blocking(write).await.map_err(Error::internal)??;
        let (event, made_at) = (staff.event(Action::DataBackup, None), self.clock.now());
        staff.write(&self.database, move |tx| audit::note(tx, &event, made_at)).await?;
        Ok(BackupFile { archive, made_at })
    }

    /// Figures for a dashboard.
    pub async fn figures(&self) -> Result<Figures> {
        let now = self.clock.now();
        self.database.read(move |r| figures::figures(r, now)).await
    }

    /// What one account did.
    pub async fn activity_of(&self, user_id: UserId) -> Result<Activity> {
        self.database.read(move |r| figures::activity_of(r, user_id)).await
    }

    /// Up to `limit` lines of the audit log below the number `before`, newest first.
    pub async fn audit(
        &self,
        query: AuditQuery,
        before: i64,
        limit: u32,
    ) -> Result<Vec<AuditView>> {
        self.database.read(move |r| audit::list(r, query, before, limit)).await
    }

    /// Where everything lies.
    fn data_folder(&self) -> &Path {
        self.database.path().parent().unwrap_or(Path::new("."))
    }
}

/// Refuses to fill the disk that the database writes to.
fn require_room(folder: &Path, bytes: u64) -> Result<()> {
    let wanted = bytes.saturating_add(machine::DISK_FREE_BYTES_MIN);
    if machine::free_bytes(folder).is_none_or(|free| free >= wanted) {
        return Ok(());
    }
    Err(Error::Unavailable(format!(
        "the disk has no room for a backup, which takes {} MiB; free some space, or run `cellar backup` onto another disk",
        wanted >> 20
    )))
}

/// Writes a backup beside the data. Its name goes with the workshop, the open file stays.
fn write_backup(folder: &Path) -> Result<std::fs::File> {
    let work = Workshop::open(folder).map_err(Error::internal)?;
    let archive = work.path().join("backup.tar");
    write_archive(folder, work.path(), &archive)?;
    std::fs::File::open(archive).map_err(Error::internal)
}
