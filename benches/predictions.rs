//! Predictions over HTTP, known, checked, charged and on the disk before they are answered: one row
//! at 1, 16 and 64 connections beside a bare `/livez`, a thousand rows in a request, and a million
//! from file to file as a job.
//!
//! `cargo bench --bench predictions` prints minimum, median and maximum of rounds that take turns
//! in one process. With `CELLAR_PEERS` naming the virtual environment that `benches/peers/setup.sh`
//! made, MLflow's scoring server, a metered FastAPI service and a batch in pandas take their turns
//! in the same run. `cargo bench --bench predictions -- one` is one part alone; the others are
//! `thousand` and `million`.

#[path = "support/peers.rs"]
mod peers;
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cellar::ml::wine::Samples;
use cellar::ml_model::WineModel;
use peers::Peers;
use serde_json::{Value, json};
use support::{
    Load, NAMES, PlainForest, Served, grown, percent, served, summary, table_of, wine_model,
};

const ROUNDS: usize = 5;
const MILLION: usize = 1_000_000;

fn main() {
    let server = served();
    let headers = key_with_credits(&server);
    // A forest of the size that is in the wine model.
    let peers = Peers::from_environment(wine_model().size_of_forest());
    // `cargo bench` adds a flag of its own.
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let is_asked = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if is_asked("one") {
        for n_connections in [1, 16, 64] {
            one_row(&server, &headers, peers.as_ref(), n_connections);
        }
    }
    if is_asked("thousand") {
        thousand_rows(&server, &headers);
    }
    if is_asked("million") {
        million_rows(&server, &headers, peers.as_ref());
    }
}

/// The header lines of a key whose account can pay for all of this.
fn key_with_credits(server: &Served) -> String {
    let key = server.api_key("ada", &["read", "predict", "write"]);
    let headers = format!("Authorization: Bearer {key}\r\n");
    for _ in 0..20 {
        server.once(&server.post("/api/balance/top-ups", &headers, &json!({"amount": 1_000_000})));
    }
    headers
}

/// A wine as a record.
fn record() -> Value {
    let bottle = Samples::embedded().bottles[0];
    NAMES.split(',').zip(bottle).map(|(name, x)| (name.to_owned(), json!(x))).collect()
}

fn one_row(server: &Served, headers: &str, peers: Option<&Peers>, n_connections: usize) {
    let load = Load { n_connections, n_of_each: 25_600 / n_connections.max(8) };
    let livez = server.request("/livez", "");
    let body = json!({"model": "wine", "rows": [record()]});
    let predict = server.post("/api/tasks", headers, &body);
    server.ask(&livez, load);
    server.ask(&predict, load);
    let (mut plain, mut rates, mut ratios) = (vec![], vec![], vec![]);
    let (mut middles, mut slowest) = (vec![], vec![]);
    let mut of_peers: Vec<(&str, Vec<f64>, Vec<f64>)> =
        vec![("MLflow", vec![], vec![]), ("FastAPI", vec![], vec![])];
    let mut groups = vec![];
    for _ in 0..ROUNDS {
        let a = server.ask(&livez, load);
        let before = server.database.figures();
        let (n_writes, n_commits) = (before.n_writes(), before.n_commits());
        let b = server.ask(&predict, load);
        let after = server.database.figures();
        groups.push(ratio(after.n_writes() - n_writes, after.n_commits() - n_commits));
        ratios.push(percent(b.per_second(), a.per_second()));
        plain.push(a.per_second());
        rates.push(b.per_second());
        middles.push(ms(b.middle()));
        slowest.push(ms(b.slowest_hundredth()));
        for (at, (_, per_second, times)) in of_peers.iter_mut().enumerate() {
            if peers.is_none() {
                continue;
            }
            let few = Load { n_connections, n_of_each: (320 / n_connections).max(5) };
            let taken = server.ask_peer(&Peers::request(at, &record()), Peers::address(at), few);
            per_second.push(taken.per_second());
            times.push(b.per_second() / taken.per_second());
        }
    }
    println!("one row, {n_connections} connections, {ROUNDS} rounds: minimum / median / maximum");
    println!("  GET /livez                {} requests a second", summary(plain));
    println!("  POST /api/tasks           {} requests a second", summary(rates));
    println!("  tasks of livez            {} percent", summary(ratios));
    println!("  writes in each commit     {}", summary(groups));
    println!("  half are answered within  {} ms", summary(middles));
    println!("  99 of 100 within          {} ms", summary(slowest));
    for (name, per_second, times) in of_peers.into_iter().filter(|(_, rates, _)| !rates.is_empty())
    {
        println!("  {name:<25} {} requests a second", summary(per_second));
        println!("  times {name:<19} {}", summary(times));
    }
}

fn thousand_rows(server: &Served, headers: &str) {
    let rows: Vec<_> = (0..1000).map(|_| record()).collect();
    let in_json = server.post("/api/tasks", headers, &json!({"model": "wine", "rows": rows}));
    let table = table_of(1000);
    let in_csv = server.send("/api/tasks?model=wine", headers, "text/csv", &table);
    for (name, request) in [("JSON", in_json), ("CSV", in_csv)] {
        let load = Load { n_connections: 1, n_of_each: 20 };
        server.ask(&request, load);
        let times = (0..ROUNDS).map(|_| ms(server.ask(&request, load).middle())).collect();
        println!("1,000 rows in {name:<4} within   {} ms", summary(times));
    }
}

/// Sent, predicted and downloaded: what the batch of the other side does from file to file. Like is
/// compared with like, and the wine model with no more than a forest besides.
fn million_rows(server: &Served, headers: &str, peers: Option<&Peers>) {
    let table = table_of(MILLION);
    let (n_trees, depth) = wine_model().size_of_forest();
    let wine = server.models.get_model(WineModel::NAME).expect("it is loaded");
    let forest = grown(n_trees, usize::try_from(depth).expect("trees are not deep"));
    server.models.put(Arc::new(PlainForest::new(forest, wine.schema().inputs.clone())));
    let mut ours = [WineModel::NAME, PlainForest::NAME].map(FileToFile::by);
    let (mut of_blend, mut of_forest, mut of_less) = (vec![], vec![], vec![]);
    for _ in 0..3 {
        let [wine, forest] = ours.each_mut().map(|by| by.measure(server, headers, &table));
        if let Some(peers) = peers {
            let [blend, plain] = ["blend", "forest"].map(|name| peers.batch(name, &table));
            of_blend.push(blend / wine);
            of_forest.push(plain / forest);
            of_less.push(plain / wine);
        }
    }
    println!("1,000,000 rows of CSV, {} MB, with pandas + scikit-learn", table.len() / 1_000_000);
    for FileToFile { model, whole, computing } in ours {
        println!("  {model}: sent, predicted, downloaded  {} s", summary(whole));
        println!("    of that, the job  {} s", summary(computing));
    }
    if peers.is_some() {
        println!("  wine, times a blend of such models  {}", summary(of_blend));
        println!("  {n_trees} trees, times as many as deep  {}", summary(of_forest));
        println!("  wine, times those trees alone       {}", summary(of_less));
    }
}

/// How long a model of ours takes from file to file, round by round, and its jobs of that.
struct FileToFile {
    model: &'static str,
    whole: Vec<f64>,
    computing: Vec<f64>,
}

impl FileToFile {
    fn by(model: &'static str) -> Self {
        Self { model, whole: vec![], computing: vec![] }
    }

    /// One round more; how many seconds it takes.
    fn measure(&mut self, server: &Served, headers: &str, table: &str) -> f64 {
        let path = format!("/api/tasks?model={}", self.model);
        let folder = tempfile::tempdir().expect("a folder can be made");
        let [sent, taken_along] = ["in.csv", "out.csv"].map(|name| folder.path().join(name));
        std::fs::write(&sent, table).expect("a file can be written");
        let begun = Instant::now();
        let task = server.send_file(&path, headers, "text/csv", &sent);
        let path = format!("/api/tasks/{}", task["id"].as_str().expect("a task"));
        let ended = loop {
            let task = server.once(&server.request(&path, headers));
            if task["finished_at"].is_string() {
                break task;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(ended["n_predicted"], MILLION, "{ended}");
        let request = server.request(&format!("{path}/results.csv"), headers);
        let n_bytes = server.fetch(&request, &taken_along);
        let taken = begun.elapsed().as_secs_f64();
        assert!(n_bytes > table.len() as u64, "the file holds what was sent and more");
        self.whole.push(taken);
        self.computing.push(ended["compute_ms"].as_f64().expect("a time") / 1e3);
        taken
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a round are small")]
fn ratio(of: u64, by: u64) -> f64 {
    of as f64 / by as f64
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
