//! What Cellar's manners cost a request: the host check, the headers, the log line, the metrics and
//! the watch over slow clients, against the same framework answering with none of them.
//!
//! 64 connections ask in turn, each waiting for its answer, over loopback, in one process: run with
//! `cargo bench --bench requests` and read the requests a second of one line against another's.

use std::net::SocketAddr;

use cellar::clock::Clock;
use cellar::config::{Config, Sources};
use cellar::data_folder::DataFolder;
use cellar::job::Kinds;
use cellar::server::{self, Parts};
use cellar::web::{Deadlines, Keeper};
use divan::Bencher;
use divan::counter::ItemsCount;
use rocket::config::{Ident, LogLevel};
use rocket::fairing::AdHoc;
use rocket::tokio::io::{AsyncReadExt, AsyncWriteExt};
use rocket::tokio::net::TcpStream;
use rocket::tokio::runtime::{self, Runtime};
use rocket::tokio::sync::mpsc;
use rocket::tokio::task::JoinSet;
use rocket::{Build, Rocket, get, routes};

const N_CONNECTIONS: usize = 64;
const REQUESTS_OF_EACH: usize = 200;

fn main() {
    divan::main();
}

#[get("/livez")]
fn bare_livez() -> &'static str {
    "ok\n"
}

fn bare() -> Rocket<Build> {
    let config = rocket::Config {
        port: 0,
        ident: Ident::none(),
        log_level: LogLevel::Off,
        ..rocket::Config::release_default()
    };
    rocket::custom(config).mount("/", routes![bare_livez])
}

fn cellar() -> (tempfile::TempDir, Rocket<Build>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let flags = [("port", "0".to_owned()), ("data", folder.path().display().to_string())];
    let sources = Sources { flags: flags.into(), ..Sources::default() };
    let config = Config::load(&sources).expect("the settings are right");
    let held = DataFolder::take(&config.data).expect("the folder is new");
    let parts = Parts { config, clock: Clock::system(), folder: held, kinds: Kinds::new() };
    (folder, server::build(parts).expect("a server can be built").rocket)
}

/// Launches a server on threads of its own; where it listens.
fn launch(rocket: Rocket<Build>) -> (Runtime, SocketAddr) {
    let runtime = Runtime::new().expect("threads can be had");
    let (send, mut receive) = mpsc::unbounded_channel();
    let liftoff = AdHoc::on_liftoff("tell the port", move |rocket| {
        Box::pin(async move {
            let config = rocket.config();
            let _ = send.send(SocketAddr::new(config.address, config.port));
        })
    });
    runtime.spawn(rocket.attach(liftoff).launch());
    let address = receive.blocking_recv().expect("the server lifts off");
    (runtime, address)
}

/// Asks so many times on one connection, waiting for each answer.
async fn ask(address: SocketAddr, request: &'static str, n_times: usize) {
    let request = request.replace("PORT", &address.port().to_string());
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let mut answer = Vec::with_capacity(4096);
    for _ in 0..n_times {
        stream.write_all(request.as_bytes()).await.expect("the connection is kept");
        answer.clear();
        while !is_whole(&answer) {
            let n_read = stream.read_buf(&mut answer).await.expect("the server answers");
            assert!(n_read > 0, "the server closed the connection");
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
}

/// Whether the head and as much body as it announces are there.
fn is_whole(answer: &[u8]) -> bool {
    let text = std::str::from_utf8(answer).unwrap_or_default();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| body.len() >= length)
}

fn measure(bencher: Bencher, rocket: Rocket<Build>, request: &'static str) {
    let (server, address) = launch(rocket);
    let clients = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let clients = clients.expect("threads can be had");
    bencher.counter(ItemsCount::new(N_CONNECTIONS * REQUESTS_OF_EACH)).bench_local(|| {
        clients.block_on(async {
            let mut all = JoinSet::new();
            for _ in 0..N_CONNECTIONS {
                all.spawn(ask(address, request, REQUESTS_OF_EACH));
            }
            all.join_all().await
        })
    });
    server.shutdown_background();
}

const LIVEZ: &str = "GET /livez HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n";

#[divan::bench(sample_count = 15, sample_size = 1)]
fn bare_framework(bencher: Bencher) {
    measure(bencher, bare(), LIVEZ);
}

#[divan::bench(sample_count = 15, sample_size = 1)]
fn bare_framework_with_the_keeper(bencher: Bencher) {
    let keeper = Keeper::new(Deadlines::default()).expect("counters can be made");
    measure(bencher, bare().attach(keeper), LIVEZ);
}

#[divan::bench(sample_count = 15, sample_size = 1)]
fn cellar_livez(bencher: Bencher) {
    let (_folder, rocket) = cellar();
    measure(bencher, rocket, LIVEZ);
}
