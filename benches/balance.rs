//! What it costs to know who calls: a balance asked for with an API key, against a bare `/livez`,
//! by 64 connections that each wait for their answer.
//!
//! `cargo bench --bench balance` prints the requests a second of both, their ratio, and the slowest
//! hundredth, of rounds that take turns in one process.

mod support;

use std::time::Duration;

use support::{Load, percent, served, summary};

const ROUNDS: usize = 7;

fn main() {
    let server = served();
    let key = server.api_key("ada", &["read"]);
    let livez = server.request("/livez", "");
    let balance = server.request("/api/balance", &format!("Authorization: Bearer {key}\r\n"));
    let load = Load { n_connections: 64, n_of_each: 400 };
    server.ask(&livez, load);
    server.ask(&balance, load);
    let (mut plain, mut known, mut ratios) = (vec![], vec![], vec![]);
    let (mut slowest, mut slowest_plain) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let (a, b) = (server.ask(&livez, load), server.ask(&balance, load));
        ratios.push(percent(b.per_second(), a.per_second()));
        plain.push(a.per_second());
        known.push(b.per_second());
        slowest.push(ms(b.slowest_hundredth()));
        slowest_plain.push(ms(a.slowest_hundredth()));
    }
    println!("64 connections, {ROUNDS} rounds: minimum / median / maximum");
    println!("GET /livez            {} requests a second", summary(plain));
    println!("GET /api/balance      {} requests a second", summary(known));
    println!("balance of livez      {} percent", summary(ratios));
    println!("livez, 99th of 100    {} ms", summary(slowest_plain));
    println!("balance, 99th of 100  {} ms", summary(slowest));
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
