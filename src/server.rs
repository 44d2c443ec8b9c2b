//! The one place that sees everything: parts become services, nouns become addresses, kinds of work
//! get their handlers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rocket::config::{Ident, LogLevel, Shutdown as ShutdownConfig};
use rocket::fairing::{Fairing, Info, Kind};
use rocket::shield::Shield;
use rocket::{Build, Orbit, Rocket, Shutdown, async_trait, tokio};

use crate::access::{Door, SessionCookie, Sessions};
use crate::admin::{self, AdminService, CheckKind, Housekeeping};
use crate::clock::Clock;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::files::Files;
use crate::installation;
use crate::job::{self, Jobs, Kinds, Settings};
use crate::machine;
use crate::user::{self, Passwords, UserService};
use crate::web::{
    self, Check, Deadlines, Document, Endpoints, Health, Hosts, Keeper, Metrics, Observer, Pace,
    SecurityHeaders, TrustedProxies,
};

/// Seconds for requests under way when the server is told to stop, and then for their connections.
/// With the second that Rocket adds, a stop takes less than six.
const GRACE_S: u32 = 2;
const MERCY_S: u32 = 2;

/// How long background work may take to come to a good place when the server stops.
const JOBS_GRACE: Duration = Duration::from_secs(4);

/// What a caller reads of a disk without room.
const DISK_IS_FULL: &str = "the disk is nearly full, so nothing new is saved; free some space";

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

/// Every route of the product, with its rule.
pub fn endpoints() -> Vec<Endpoints> {
    vec![
        web::health_routes(),
        user::routes(),
        job::routes(),
        admin::routes(),
        web::openapi_routes(),
        web::asset_routes(),
    ]
}

/// Puts a server together; it opens the database, but listens to nobody yet.
pub fn build(parts: Parts) -> Result<Server> {
    let Parts { config, clock, folder, kinds } = parts;
    let database = Database::open(folder.path())?;
    installation::prepare(&database)?;
    let files = Files::below(folder.path());
    let metrics = Metrics::new()?;
    let writer = database.figures();
    metrics.register(writer.commit_seconds)?;
    metrics.register(writer.group_size)?;
    metrics.register(writer.waiting)?;

    let keeper = Keeper::new(deadlines(&config))?;
    metrics.register(keeper.ended().by_reason.clone())?;

    let hosts = Hosts::new(&config);
    let cookie = SessionCookie::new(hosts.clone());
    let sessions = Sessions::load(&database, &clock)?;
    let door = Door::new(sessions.clone(), cookie.clone(), config.metrics_token.clone());
    let passwords = Passwords::new(config.bcrypt_cost);
    let users = UserService::new(database.clone(), clock.clone(), passwords, sessions.clone());
    let settings = Settings { slots: config.job_slots, ..Settings::default() };
    let kinds = kinds.with(CheckKind::new(files.clone()));
    let jobs = Jobs::new(database.clone(), clock.clone(), kinds, settings);
    let housekeeping = Housekeeping::new(sessions, jobs.clone(), database.clone(), files);
    let admin = AdminService::new(
        database.clone(),
        jobs.clone(),
        clock,
        metrics.clone(),
        config.is_insecure(),
    )?;

    let failure = Failure::default();
    let endpoints = endpoints();
    let mut rocket = rocket::custom(rocket_config(&config))
        .manage(Document::of(&endpoints))
        .manage(health(&database, &jobs))
        .manage(Pace::per_minute(config.sign_in_tries_per_minute))
        .manage(TrustedProxies(config.trusted_proxies.clone()))
        .manage(keeper.clone())
        .manage(cookie)
        .manage(users.clone())
        .manage(jobs.clone())
        .manage(admin)
        // The folder's lock lives as long as the server.
        .manage(folder)
        .register("/", web::catchers())
        .attach(Shield::new())
        .attach(keeper)
        .attach(Observer::new(metrics))
        .attach(SecurityHeaders::new(hosts.clone()))
        .attach(Lifetime { hosts: hosts.clone(), jobs, housekeeping, failure: failure.clone() });
    let doorkeeper: Arc<dyn web::Doorkeeper> = Arc::new(door);
    for part in endpoints {
        rocket = rocket.mount("/", part.guarded(&hosts, &doorkeeper));
    }
    Ok(Server { rocket, users, database, hosts, failure })
}

fn rocket_config(config: &Config) -> rocket::Config {
    rocket::Config {
        address: config.host,
        port: config.port,
        ident: Ident::none(),
        // Nobody's word on the client's address is taken here; TrustedProxies decides.
        ip_header: None,
        log_level: LogLevel::Off,
        shutdown: ShutdownConfig { grace: GRACE_S, mercy: MERCY_S, ..ShutdownConfig::default() },
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
fn health(database: &Database, jobs: &Jobs) -> Health {
    let writer = database.clone();
    let path = database.path().to_owned();
    let jobs = jobs.clone();
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
    ];
    Health::new(checks)
}

/// What begins with the server and ends with it.
#[derive(Clone)]
struct Lifetime {
    hosts: Hosts,
    jobs: Jobs,
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
        let n_left = self.jobs.stop(JOBS_GRACE).await;
        if n_left > 0 {
            tracing::warn!(n_left, "background work did not come to a good place in time");
        }
    }
}
