//! The wine model by itself: how long it takes to train, to load and to answer, and how good it is.
//!
//! `cargo bench --bench wine` prints minimum, median and maximum of rounds in one process, then the
//! evaluation, which trains eleven times more.

#[path = "support/figures.rs"]
mod figures;

use std::hint::black_box;
use std::time::Instant;

use cellar::ml::wine::{Bottle, Samples, Scratch, WineRegression, evaluate, train};
use figures::summary;

const ROUNDS: usize = 7;
const THREADS: usize = 2;

fn main() {
    let samples = Samples::embedded().without_duplicates();
    let (mut trainings, mut loads) = (vec![], vec![]);
    let mut model = None;
    for _ in 0..3 {
        let begun = Instant::now();
        model = Some(train(&samples, THREADS));
        trainings.push(ms(begun));
    }
    let model = model.expect("a model was trained");
    let bytes = model.to_bytes();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        black_box(WineRegression::from_bytes(&bytes).expect("the bytes are its own"));
        loads.push(ms(begun));
    }
    let (n_trees, depth) = model.size_of_forest();
    println!("training, {THREADS} threads   {} ms", summary(trainings));
    println!("loading {:>4} KB        {} ms", bytes.len() / 1024, summary(loads));
    println!("forest                 {n_trees} trees, up to {depth} deep");
    let alone: Vec<_> =
        (0..ROUNDS).map(|_| 1e6 / per_second(&model, &samples.bottles, 1)).collect();
    println!("one row, alone         {} µs", summary(alone));
    let rows: Vec<Bottle> = samples.bottles.iter().copied().cycle().take(10_000).collect();
    let many: Vec<_> = (0..ROUNDS).map(|_| per_second(&model, &rows, rows.len())).collect();
    println!("10,000 rows at once    {} rows a second on one core", summary(many));
    let found = evaluate(THREADS, &|| true, &|_| ()).expect("nobody stops it");
    println!("{}", serde_json::to_string_pretty(&found).expect("figures are JSON"));
}

/// Rows judged in a second, `at_once` in each call.
fn per_second(model: &WineRegression, rows: &[Bottle], at_once: usize) -> f64 {
    let mut scratch = Scratch::default();
    let begun = Instant::now();
    for rows in rows.chunks(at_once) {
        model.judge(black_box(rows), &mut scratch, |judgement| {
            black_box(judgement);
        });
    }
    figures::as_f64(rows.len()) / begun.elapsed().as_secs_f64()
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}
