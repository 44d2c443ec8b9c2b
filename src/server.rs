//! The one place that sees everything: parts become services, nouns become addresses, kinds of work
//! get their handlers.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[cfg(unix)]
use rocket::config::Sig;
use rocket::config::{Ident, LogLevel, Shutdown as ShutdownConfig};
use rocket::fairing::{Fairing, Info, Kind};
use rocket::shield::Shield;
use rocket::{Build, Orbit, Rocket, Shutdown, async_trait, tokio};

use crate::access::{self, AccessTokens, ApiKeys, Door, SessionCookie, Sessions};
use crate::admin::{self, AdminParts, AdminService, CheckKind, Housekeeping};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::credits::Credits;
use crate::data_folder::DataFolder;
use crate::database::{Database, Tx};
use crate::error::{Error, Result};
use crate::files::Files;
use crate::id::UserId;
use crate::idempotency::Underway;
use crate::installation;
use crate::job::{self, Jobs, Kinds, Settings};
use crate::machine;
use crate::ml::intake;
use crate::ml_model_manager::{self, EvaluationKind, MLModelManager};
use crate::ml_task::{
    self, DemoLimit, MLService, PredictionKind, SizeLimits, TaskCompanion, TaskParts, TaskPurpose,
    Unpaid,
};
use crate::transaction::{self, TransactionService};
use crate::user::{self, Companion, Ground, SignInLimit, UserService};
use crate::web::{
    self, Accent, Check, Deadlines, Document, Endpoints, Health, Hosts, Keeper, Metrics, Observer,
    OwnMethod, SecurityHeaders, TrustedProxies,
};
use crate::workspace::{self, WorkspaceCompanion, WorkspaceService};

/// Seconds for requests under way when the server is told to stop, and then for their connections.
/// With the second that Rocket adds, a stop takes less than six.
const GRACE_S: u32 = 2;
const MERCY_S: u32 = 2;

/// How long background work may take to come to a good place when the server stops.
const JOBS_GRACE: Duration = Duration::from_secs(4);

/// What a caller reads of a disk without room.
const DISK_IS_FULL: &str = "the disk is nearly full, so nothing new is saved; free some space";

/// What a caller reads in the first moments of a new installation.
const NOT_FOUNDED: &str = "the administrator's account is being made; ask again in a second";

/// What a server is built from.
pub struct Parts {
    /// Its settings.
    pub config: Config,
    /// Its time.
    pub clock: Clock,
    /// Its data, held for this process alone.
    pub folder: DataFolder,
    /// Kinds of background work, besides the product's own.
    pub kinds: Kinds,
}

/// A server ready to be launched, and the services behind it.
pub struct Server {
    /// The HTTP side.
    pub rocket: Rocket<Build>,
    /// Accounts.
    pub users: UserService,
    /// The models; whoever launches the server has the missing ones trained.
    pub models: MLModelManager,
    /// Background work.
    pub jobs: Jobs,
    /// The database.
    pub database: Database,
    /// The names it answers to.
    pub hosts: Hosts,
    /// Why it gave up, if it did.
    pub failure: Failure,
}

/// Why a server that was already listening cannot go on; whoever launched it ends with this.
#[derive(Clone, Default)]
pub struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    /// Gives up: the first reason counts, and the server stops.
    pub fn give_up(&self, reason: Error, shutdown: Shutdown) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
        shutdown.notify();
    }

    /// The reason, once the server has stopped.
    pub fn into_result(self) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// Accounts, and what recognises whoever calls; for the server and for commands that work without
/// one.
pub struct Accounts {
    /// The accounts.
    pub users: UserService,
    /// Who is signed in.
    pub sessions: Sessions,
    /// What programs call with.
    pub keys: ApiKeys,
    /// What programs sign in with.
    pub tokens: AccessTokens,
}

impl Accounts {
    /// The accounts in this database, beside which the folder `data` keeps the key of tokens.
    pub fn open(config: &Config, data: &Path, database: &Database, clock: &Clock) -> Result<Self> {
        let sessions = Sessions::load(database, clock)?;
        let keys = ApiKeys::load(database, clock)?;
        let tokens = AccessTokens::open(data, clock.clone())?;
        let ground = Ground {
            database: database.clone(),
            clock: clock.clone(),
            sessions: sessions.clone(),
            tokens: tokens.clone(),
            keys: keys.clone(),
            companion: Arc::new(Companions),
        };
        let settings = user::Settings {
            sign_up: config.sign_up,
            sign_up_credits: Credits::new(config.sign_up_credits.into()),
            bcrypt_cost: config.bcrypt_cost,
            tries_per_minute: config.sign_in_tries_per_minute,
        };
        Ok(Self { users: UserService::new(ground, settings), sessions, keys, tokens })
    }
}

/// What goes with every account.
struct Companions;

impl Companion for Companions {
    fn created(&self, tx: &Tx<'_>, user_id: UserId, name: &str, now: Timestamp) -> Result<()> {
        WorkspaceCompanion.created(tx, user_id, name, now)?;
        TaskCompanion.created(tx, user_id, name, now)
    }

    fn closing(&self, tx: &Tx<'_>, user_id: UserId, now: Timestamp) -> Result<()> {
        WorkspaceCompanion.closing(tx, user_id, now)?;
        TaskCompanion.closing(tx, user_id, now)
    }
}

/// Every route of the product, with its rule.
pub fn endpoints() -> Vec<Endpoints> {
    vec![
        web::health_routes(),
        user::routes(),
        access::routes(),
        transaction::routes(),
        workspace::routes(),
        job::routes(),
        ml_model_manager::routes(),
        ml_task::routes(),
        ml_task::demo_routes(),
        ml_task::mlflow_routes(),
        ml_task::oip_routes(),
        ml_task::replicate_routes(),
        admin::user_routes(),
        admin::routes(),
        admin::backup_routes(),
        web::openapi_routes(),
        web::asset_routes(),
    ]
}

/// The description of the API, an operation for every model that is served included.
pub fn document(models: &MLModelManager) -> Document {
    Document::of(endpoints, Arc::new(models.clone()))
}

/// Puts a server together; it opens the database, but listens to nobody yet.
pub fn build(parts: Parts) -> Result<Server> {
    let Parts { config, clock, folder, kinds } = parts;
    let database = Database::open(folder.path())?;
    installation::prepare(&database)?;
    let files = Files::below(folder.path());
    let keeper = Keeper::new(deadlines(&config))?;
    let metrics = metrics_of(&database, &keeper)?;
    let hosts = Hosts::new(&config);
    let accounts = Accounts::open(&config, folder.path(), &database, &clock)?;
    let users = accounts.users.clone();
    let (purpose, is_self_service) = (Arc::new(TaskPurpose), config.self_service_top_ups);
    let transactions =
        TransactionService::new(database.clone(), clock.clone(), is_self_service, purpose)?;
    let ground = Background { config: &config, database: &database, clock: &clock, files: &files };
    let (models, jobs, tasks) = ground.build(folder.path(), kinds);
    let housekeeping = Housekeeping {
        sessions: accounts.sessions.clone(),
        keys: accounts.keys.clone(),
        jobs: jobs.clone(),
        transactions: transactions.clone(),
        database: database.clone(),
        files,
        clock: clock.clone(),
    };
    let admin = AdminService::new(AdminParts {
        database: database.clone(),
        jobs: jobs.clone(),
        transactions: transactions.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
        is_insecure: config.is_insecure(),
    })?;
    let failure = Failure::default();
    let lifetime = Lifetime {
        hosts: hosts.clone(),
        jobs: jobs.clone(),
        models: models.clone(),
        housekeeping,
        failure: failure.clone(),
    };
    let rocket = rocket::custom(rocket_config(&config))
        .manage(health(&database, &jobs, &users))
        .manage(SignInLimit::per_minute(config.sign_in_tries_per_minute))
        .manage(DemoLimit::default())
        .manage(Underway::default())
        .manage(hosts.clone())
        .manage(WorkspaceService::new(database.clone(), clock.clone()))
        .manage(clock)
        .manage(transactions)
        .manage(TrustedProxies(config.trusted_proxies.clone()))
        .manage(keeper.clone())
        .manage(jobs.clone())
        .manage(document(&models))
        .manage(models.clone())
        .manage(tasks)
        .manage(size_limits(&config))
        .manage(Accent(ml_task::accent))
        .manage(admin)
        // The folder's lock lives as long as the server.
        .manage(folder)
        .register("/", web::catchers())
        .attach(Shield::new())
        .attach(OwnMethod)
        .attach(keeper)
        .attach(Observer::new(metrics))
        .attach(SecurityHeaders::new(hosts.clone()))
        .attach(lifetime);
    let rocket = mount(rocket, &config, &hosts, accounts);
    Ok(Server { rocket, users, models, jobs, database, hosts, failure })
}

/// Mounts every route behind the door that knows who calls.
fn mount(rocket: Rocket<Build>, config: &Config, hosts: &Hosts, of: Accounts) -> Rocket<Build> {
    let Accounts { users, sessions, keys, tokens } = of;
    let cookie = SessionCookie::new(hosts.clone());
    let doorkeeper: Arc<dyn web::Doorkeeper> = Arc::new(Door::new(
        sessions.clone(),
        cookie.clone(),
        tokens.clone(),
        keys.clone(),
        config.metrics_token.clone(),
    ));
    let endpoints = endpoints();
    let rocket = rocket.manage(users).manage(sessions).manage(keys).manage(tokens).manage(cookie);
    endpoints
        .into_iter()
        .fold(rocket, |rocket, part| rocket.mount("/", part.guarded(hosts, &doorkeeper)))
}

/// What background work stands on.
struct Background<'a> {
    config: &'a Config,
    database: &'a Database,
    clock: &'a Clock,
    files: &'a Files,
}

impl Background<'_> {
    /// The models of the folder `data`, the queue with every kind of work, and the predictions.
    fn build(self, data: &Path, kinds: Kinds) -> (MLModelManager, Jobs, MLService) {
        let Self { config, database, clock, files } = self;
        let models = MLModelManager::load_models(data);
        let (limits, unpaid) = (task_limits(config), Unpaid::new(config.unpaid_bytes_max));
        let kinds = kinds
            .with(CheckKind::new(files.clone()))
            .with(EvaluationKind::new(models.clone()))
            .with(PredictionKind::new(files.clone(), models.clone(), limits, unpaid.clone()));
        let settings = Settings { slots: config.job_slots, ..Settings::default() };
        let jobs = Jobs::new(database.clone(), clock.clone(), kinds, settings);
        let tasks = MLService::new(TaskParts {
            database: database.clone(),
            clock: clock.clone(),
            files: files.clone(),
            models: models.clone(),
            jobs: jobs.clone(),
            limits,
            unpaid,
        });
        (models, jobs, tasks)
    }
}

/// What is large for a table of rows.
fn task_limits(config: &Config) -> ml_task::Limits {
    let rows_max = config.task_rows_max;
    ml_task::Limits {
        rows_at_once_max: config.rows_at_once_max,
        intake: intake::Limits { rows_max, ..intake::Limits::default() },
    }
}

fn size_limits(config: &Config) -> SizeLimits {
    let Config { table_bytes_max, json_bytes_max, .. } = *config;
    SizeLimits { table_bytes_max, json_bytes_max }
}

/// The counters, with those of the parts below them.
fn metrics_of(database: &Database, keeper: &Keeper) -> Result<Metrics> {
    let metrics = Metrics::new()?;
    let writer = database.figures();
    metrics.register(writer.commit_seconds)?;
    metrics.register(writer.group_size)?;
    metrics.register(writer.waiting)?;
    metrics.register(keeper.ended().by_reason.clone())?;
    Ok(metrics)
}

fn rocket_config(config: &Config) -> rocket::Config {
    rocket::Config {
        address: config.host,
        port: config.port,
        ident: Ident::none(),
        // Nobody's word on the client's address is taken here; TrustedProxies decides.
        ip_header: None,
        log_level: LogLevel::Off,
        shutdown: ShutdownConfig {
            // A terminal that is closed asks for the same end as a service manager.
            #[cfg(unix)]
            signals: [Sig::Term, Sig::Hup].into(),
            grace: GRACE_S,
            mercy: MERCY_S,
            ..ShutdownConfig::default()
        },
        ..rocket::Config::release_default()
    }
}

fn deadlines(config: &Config) -> Deadlines {
    let seconds = |s: u32| Duration::from_secs(s.into());
    Deadlines {
        head: seconds(config.head_timeout_s),
        idle: seconds(config.idle_timeout_s),
        body: seconds(config.body_window_s),
        ..Deadlines::default()
    }
}

/// The parts whose word makes the server ready. What they say is public, so it names no folder.
fn health(database: &Database, jobs: &Jobs, users: &UserService) -> Health {
    let writer = database.clone();
    let path = database.path().to_owned();
    let (jobs, users) = (jobs.clone(), users.clone());
    let checks: Vec<(&'static str, Check)> = vec![
        ("database", Box::new(move || writer.stopped().map_or(Ok(()), Err))),
        (
            "disk",
            Box::new(move || {
                if machine::is_disk_nearly_full(&path) {
                    return Err(DISK_IS_FULL.into());
                }
                Ok(())
            }),
        ),
        ("jobs", Box::new(move || jobs.trouble().map_or(Ok(()), |why| Err(why.into())))),
        (
            "accounts",
            Box::new(move || if users.is_founded() { Ok(()) } else { Err(NOT_FOUNDED.into()) }),
        ),
    ];
    Health::new(checks)
}

/// What begins with the server and ends with it.
#[derive(Clone)]
struct Lifetime {
    hosts: Hosts,
    jobs: Jobs,
    models: MLModelManager,
    housekeeping: Housekeeping,
    failure: Failure,
}

#[async_trait]
impl Fairing for Lifetime {
    fn info(&self) -> Info {
        Info { name: "lifetime", kind: Kind::Liftoff | Kind::Shutdown }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        self.hosts.bind(rocket.config().port);
        if let Err(reason) = self.jobs.start().await {
            self.failure.give_up(reason, rocket.shutdown());
        }
        tokio::spawn(self.housekeeping.clone().run(rocket.shutdown()));
    }

    async fn on_shutdown(&self, _: &Rocket<Orbit>) {
        self.models.stop();
        let n_left = self.jobs.stop(JOBS_GRACE).await;
        if n_left > 0 {
            tracing::warn!(n_left, "background work did not come to a good place in time");
        }
    }
}
