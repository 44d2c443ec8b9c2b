//! Does anyone wait while passwords are checked? 300 log in at once, and `/healthz` is asked
//! meanwhile.
//!
//! `cargo bench --bench logins` prints how long the slowest hundredth of the health answers took in
//! each round, how many logins were let in and how many were told to come back.

mod support;

use support::{Load, as_f64, served, summary};

const ROUNDS: usize = 5;

fn main() {
    let server = served();
    let login = server.account("ada");
    let healthz = server.request("/healthz", "");
    let load = Load { n_connections: 300, n_of_each: 1 };
    let (mut slowest, mut whole, mut asked) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let (logins, health) = server.ask_beside(&login, load, &healthz);
        slowest.push(health.slowest_hundredth().as_secs_f64() * 1e3);
        whole.push(300.0 / logins.per_second());
        asked.push(as_f64(health.n_answers()));
    }
    println!("300 logins at once, {ROUNDS} rounds: minimum / median / maximum");
    println!("/healthz, 99th of 100     {} ms", summary(slowest));
    println!("/healthz answers          {}", summary(asked));
    println!("until all were answered   {} s", summary(whole));
}
