//! `cellar serve`: everything, until it is told to stop.

use std::io;
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::tokio::{self, runtime};

use super::init_db::greet;
use super::settings::{Flags, help, load};
use super::{Done, Place, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::error::{Error, Result};
use crate::job::Kinds;
use crate::log;
use crate::server::{self, Parts, Server};
use crate::web;

/// How long threads may take to end once the last connection has.
const THREADS_GRACE: Duration = Duration::from_millis(200);

/// Flags of `serve`: a setting each.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cellar serve --host 0.0.0.0 --base-url https://cellar.example.org\n\n\
    On the first start the data folder is made, and the administrator's one-time password is \
    printed once, or taken from the environment variable CELLAR_ADMIN_PASSWORD."
)]
pub(super) struct Arguments {
    #[arg(long, help = help("host"), value_name = "ADDRESS")]
    host: Option<String>,
    #[arg(long, help = help("port"))]
    port: Option<String>,
    #[arg(long, help = help("base_url"), value_name = "URL")]
    base_url: Option<String>,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    #[arg(long, help = help("log_format"), value_name = "FORMAT")]
    log_format: Option<String>,
    #[arg(long, help = help("allowed_hosts"), value_name = "NAMES")]
    allowed_hosts: Option<String>,
    #[arg(
        long,
        help = help("insecure_http"),
        num_args = 0..=1,
        default_missing_value = "true",
        value_name = "BOOL"
    )]
    insecure_http: Option<String>,
    #[arg(long, help = help("trusted_proxies"), value_name = "NETWORKS")]
    trusted_proxies: Option<String>,
    #[arg(long, help = help("metrics_token"), value_name = "TOKEN")]
    metrics_token: Option<String>,
    #[arg(long, help = help("job_slots"), value_name = "N")]
    job_slots: Option<String>,
    #[arg(long, help = help("bcrypt_cost"), value_name = "N")]
    bcrypt_cost: Option<String>,
    #[arg(long, help = help("sign_in_tries_per_minute"), value_name = "N")]
    sign_in_tries_per_minute: Option<String>,
    #[arg(long, help = help("sign_up"), value_name = "WHO")]
    sign_up: Option<String>,
    #[arg(long, help = help("sign_up_credits"), value_name = "N")]
    sign_up_credits: Option<String>,
    #[arg(long, help = help("self_service_top_ups"), value_name = "BOOL")]
    self_service_top_ups: Option<String>,
    #[arg(long, help = help("rows_at_once_max"), value_name = "N")]
    rows_at_once_max: Option<String>,
    #[arg(long, help = help("task_rows_max"), value_name = "N")]
    task_rows_max: Option<String>,
    #[arg(long, help = help("table_bytes_max"), value_name = "N")]
    table_bytes_max: Option<String>,
    #[arg(long, help = help("json_bytes_max"), value_name = "N")]
    json_bytes_max: Option<String>,
    #[arg(long, help = help("unpaid_bytes_max"), value_name = "N")]
    unpaid_bytes_max: Option<String>,
    #[arg(long, help = help("head_timeout_s"), value_name = "S")]
    head_timeout_s: Option<String>,
    #[arg(long, help = help("idle_timeout_s"), value_name = "S")]
    idle_timeout_s: Option<String>,
    #[arg(long, help = help("body_window_s"), value_name = "S")]
    body_window_s: Option<String>,
}

impl Arguments {
    fn flags(&self) -> Flags<'_> {
        vec![
            ("host", self.host.as_ref()),
            ("port", self.port.as_ref()),
            ("base_url", self.base_url.as_ref()),
            ("log_format", self.log_format.as_ref()),
            ("allowed_hosts", self.allowed_hosts.as_ref()),
            ("insecure_http", self.insecure_http.as_ref()),
            ("trusted_proxies", self.trusted_proxies.as_ref()),
            ("metrics_token", self.metrics_token.as_ref()),
            ("job_slots", self.job_slots.as_ref()),
            ("bcrypt_cost", self.bcrypt_cost.as_ref()),
            ("sign_in_tries_per_minute", self.sign_in_tries_per_minute.as_ref()),
            ("sign_up", self.sign_up.as_ref()),
            ("sign_up_credits", self.sign_up_credits.as_ref()),
            ("self_service_top_ups", self.self_service_top_ups.as_ref()),
            ("rows_at_once_max", self.rows_at_once_max.as_ref()),
            ("task_rows_max", self.task_rows_max.as_ref()),
            ("table_bytes_max", self.table_bytes_max.as_ref()),
            ("json_bytes_max", self.json_bytes_max.as_ref()),
            ("unpaid_bytes_max", self.unpaid_bytes_max.as_ref()),
            ("head_timeout_s", self.head_timeout_s.as_ref()),
            ("idle_timeout_s", self.idle_timeout_s.as_ref()),
            ("body_window_s", self.body_window_s.as_ref()),
        ]
    }
}

pub(super) fn run(place: &Place, arguments: &Arguments) -> Done {
    let (config, admin_password) = load(place, arguments.flags())?;
    let _log = log::start(config.log_format);
    // Every connection is a descriptor; the usual soft limit of 1,024 is soon used up.
    #[cfg(unix)]
    web::raise_descriptor_limit();
    let folder = DataFolder::take(&config.data)?;
    let parts =
        Parts { config: config.clone(), clock: Clock::system(), folder, kinds: Kinds::new() };
    let server = server::build(parts)?;
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("cellar-worker")
        .build()
        .map_err(Error::internal)?;
    let served = runtime.block_on(serve(server, config, admin_password, arguments.open));
    runtime.shutdown_timeout(THREADS_GRACE);
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve(
    server: Server,
    config: Config,
    admin_password: Option<String>,
    opens: bool,
) -> Result<()> {
    let limits = outlive_file_limits()?;
    let Server { rocket, users, models, jobs, database, hosts, failure } = server;
    let mishap = failure.clone();
    let address = (config.host, config.port);
    let liftoff = AdHoc::on_liftoff("greeting", move |rocket| {
        let shutdown = rocket.shutdown();
        Box::pin(async move {
            let url = hosts.base_url().map(ToString::to_string).unwrap_or_default();
            warn_of_the_open(&config);
            models.complete(&jobs);
            // Hashing takes a while at the first start, and who asks whether the server is alive
            // need not wait for it. It is ready once somebody can sign in.
            tokio::spawn(async move {
                match users.ensure_admin(admin_password, greet).await {
                    Ok(_) => announce(&url, opens),
                    Err(reason) => mishap.give_up(reason, shutdown),
                }
            });
        })
    });
    let launched = rocket.attach(liftoff).launch().await;
    database.close();
    limits.abort();
    match launched {
        Ok(_) => failure.into_result(),
        Err(error) => match error.kind() {
            // Connections that would not end in time were cut, which is what a stop is for.
            ErrorKind::Shutdown(..) => failure.into_result(),
            ErrorKind::Bind(cause) | ErrorKind::Io(cause) => Err(deaf(address, cause)),
            _ => Err(Error::internal(error.to_string())),
        },
    }
}

/// Says where the server is, which is now ready.
fn announce(url: &str, opens: bool) {
    // Nobody has to read it for the server to serve.
    let _ = say(&format!("Cellar {} is at {url}", env!("CARGO_PKG_VERSION")));
    if opens && let Err(cause) = open::that_detached(url) {
        tracing::warn!(%cause, "the browser could not be opened");
    }
}

/// The sentence for an address that cannot be listened on.
fn deaf((host, port): (IpAddr, u16), cause: &io::Error) -> Error {
    Error::Unavailable(match cause.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "port {port} at {host} is in use by another program; choose another with --port"
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!("port {port} needs more rights than this user has; choose one above 1023")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{host} is no address of this machine; choose another with --host")
        }
        _ => format!("port {port} at {host} cannot be listened on: {cause}"),
    })
}

fn warn_of_the_open(config: &Config) {
    if config.is_insecure() {
        tracing::warn!("passwords travel in the open: this address is not https");
    }
}

/// A limit on file sizes must fail the write that meets it, not end the process.
#[cfg(unix)]
fn outlive_file_limits() -> Result<tokio::task::JoinHandle<()>> {
    use rocket::tokio::signal::unix::{SignalKind, signal};
    const SIGXFSZ: i32 = 25;
    let mut limits = signal(SignalKind::from_raw(SIGXFSZ)).map_err(Error::internal)?;
    Ok(tokio::spawn(async move {
        while limits.recv().await.is_some() {
            tracing::error!("a file has reached the size limit of this process");
        }
    }))
}

#[cfg(not(unix))]
fn outlive_file_limits() -> Result<tokio::task::JoinHandle<()>> {
    Ok(tokio::spawn(async {}))
}
