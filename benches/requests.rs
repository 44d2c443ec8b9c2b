//! What Cellar's manners cost a request: the host check, the headers, the log line, the metrics and
//! the watch over slow clients, against the same framework answering with none of them.
//!
//! 64 connections ask in turn, each waiting for its answer, over loopback, in one process: run with
//! `cargo bench --bench requests` and read the requests a second of one line against another's.

mod support;

use cellar::web::{Deadlines, Keeper};
use divan::Bencher;
use divan::counter::ItemsCount;
use rocket::config::{Ident, LogLevel};
use rocket::tokio::runtime;
use rocket::{Build, Rocket, get, routes};
use support::{Load, ask, built, launch};

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

fn measure(bencher: Bencher, rocket: Rocket<Build>) {
    let (server, address) = launch(rocket);
    let port = address.port();
    let request = format!("GET /livez HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    let clients = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let clients = clients.expect("threads can be had");
    let load = Load { n_connections: N_CONNECTIONS, n_of_each: REQUESTS_OF_EACH };
    let n_requests = ItemsCount::new(N_CONNECTIONS * REQUESTS_OF_EACH);
    bencher
        .counter(n_requests)
        .bench_local(|| clients.block_on(ask(address, request.clone(), load)).n_answers());
    server.shutdown_background();
}

#[divan::bench(sample_count = 15, sample_size = 1)]
fn bare_framework(bencher: Bencher) {
    measure(bencher, bare());
}

#[divan::bench(sample_count = 15, sample_size = 1)]
fn bare_framework_with_the_keeper(bencher: Bencher) {
    let keeper = Keeper::new(Deadlines::default()).expect("counters can be made");
    measure(bencher, bare().attach(keeper));
}

#[divan::bench(sample_count = 15, sample_size = 1)]
fn cellar_livez(bencher: Bencher) {
    let (_folder, server) = built();
    measure(bencher, server.rocket);
}
