//! The flat forest on one core, rows by the ten thousand: as many trees of the same depth as
//! scikit-learn has, grown on the same wines.
//!
//! `cargo bench --bench forest` prints minimum, median and maximum of rounds. With `CELLAR_PEERS`
//! naming the virtual environment that `benches/peers/setup.sh` made, scikit-learn takes its turns
//! in the same run. Its trees tell scores and ours tell whether a score is high, so theirs have
//! more nodes: the number of nodes stands beside each figure.

#[path = "support/figures.rs"]
mod figures;
#[path = "support/trees.rs"]
mod trees;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use cellar::ml::forest::Forest;
use cellar::ml::wine::Samples;
use figures::{as_f64, summary};
use serde_json::Value;
use trees::{grown, short};

const ROUNDS: usize = 5;
const N_TREES: usize = 300;
const DEPTH: usize = 12;
const BATCH: usize = 10_000;

/// Batches in a round, so that the clock is not what is measured.
const N_BATCHES: usize = 5;

fn main() {
    let samples = Samples::embedded();
    let forest = grown(N_TREES, DEPTH);
    let bottles = samples.bottles.iter().cycle().take(BATCH);
    let batch: Vec<f32> = bottles.flatten().map(|cell| short(*cell)).collect();
    per_second(&forest, &batch);
    let (mut ours, mut theirs, mut times, mut nodes) = (vec![], vec![], vec![], 0);
    for _ in 0..ROUNDS {
        let rate = per_second(&forest, &batch);
        ours.push(rate);
        if let Some(told) = peer() {
            let theirs_rate = told["rows_per_s_median"].as_f64().expect("a rate");
            assert_eq!(told["depth"], forest.depth(), "trees of the same depth");
            nodes = told["nodes"].as_u64().expect("a count");
            theirs.push(theirs_rate);
            times.push(rate / theirs_rate);
        }
    }
    let (depth, n_nodes) = (forest.depth(), forest.n_nodes());
    println!("{N_TREES} trees, {depth} deep, batches of {BATCH} rows, one core");
    println!("  flat forest, {n_nodes:>7} nodes   {} rows a second", summary(ours));
    if !times.is_empty() {
        println!("  scikit-learn, {nodes:>6} nodes   {} rows a second", summary(theirs));
        println!("  times scikit-learn            {}", summary(times));
    }
}

fn per_second(forest: &Forest, batch: &[f32]) -> f64 {
    let mut sums = vec![0.0; BATCH];
    let begun = Instant::now();
    for _ in 0..N_BATCHES {
        sums.fill(0.0);
        forest.add_to(black_box(batch), &mut sums);
        black_box(&sums);
    }
    as_f64(BATCH * N_BATCHES) / begun.elapsed().as_secs_f64()
}

/// What scikit-learn does with as many trees of that depth, if the environment names where it is.
fn peer() -> Option<Value> {
    let python = PathBuf::from(std::env::var_os("CELLAR_PEERS")?).join("bin/python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/forest_rate.py");
    let done = Command::new(python)
        .arg(script)
        .args(["--trees", &N_TREES.to_string(), "--depth", &DEPTH.to_string()])
        .args(["--batch", &BATCH.to_string(), "--repetitions", "3"])
        .output()
        .expect("python runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(serde_json::from_slice(&done.stdout).expect("a line of JSON"))
}
