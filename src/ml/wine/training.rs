//! How the model is trained: from nothing in a second or two, to the same bytes every time.
//!
//! Everything that is chosen is chosen on rows held out of training: the trees that did not see a
//! wine vote on it, and the regression and the neighbours are asked about each fold without it.
//! From those opinions come the blend's shares and the reach of the interval.

use std::thread;

use linfa::Dataset;
use linfa::prelude::Fit;
use linfa_svm::Svm;
use ndarray::{Array1, Array2};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::data::{Bottle, N_MEASURED, Samples};
use super::feature::{N_FEATURES, Scaling, count};
use super::model::{CLASSES, N_THRESHOLDS, Opinion, Shape, WineRegression};
use super::side::{N_MIXTURES, Sides};
use crate::ml::forest::{Branch, Forest};
use crate::ml::kernel::{Memory, Remembered, Rule, Scratch};
use crate::ml::tree::{self, Growth, Lesson};
use crate::ml::{metric, split};

const SEED: u64 = 2009;

/// Sides of the forest, each with a tree for every threshold.
const N_SIDES: usize = 48;

/// The share of the rows that a side's trees see.
const DRAWN: f64 = 0.6;

const GROWTH: Growth = Growth { n_leaf_min: 2, depth_max: 12 };

/// Of the support vector regression: its cost, the error it bears, and its width.
const COST: f64 = 1.0;
const BORNE: f64 = 0.2;
const WIDTH: f32 = 32.0;

const N_NEIGHBOURS: usize = 80;

const N_FOLDS: usize = 5;

/// The share of true scores that lie in the interval.
pub(super) const COVERED: f64 = 0.9;

/// Steps in which the shares of the blend are tried.
const N_BLEND_STEPS: u32 = 20;

/// All that the training is set to, as numbers: no two trainings with the same ones differ.
pub(super) fn settings() -> impl Iterator<Item = u32> {
    let counts = [SEED, N_SIDES as u64, GROWTH.n_leaf_min.into(), GROWTH.depth_max as u64];
    let counts =
        counts.into_iter().chain([N_NEIGHBOURS as u64, N_FOLDS as u64, N_BLEND_STEPS.into()]);
    let shares = [DRAWN, COST, BORNE, f64::from(WIDTH), COVERED].map(f64::to_bits);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of a number")]
    let halves = |number: u64| [number as u32, (number >> 32) as u32];
    counts.chain(shares).flat_map(halves)
}

/// How much each part has to say; together one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blend {
    /// The support vector regression.
    pub machine: f64,
    /// The nearest neighbours.
    pub neighbours: f64,
    /// The forest.
    pub forest: f64,
}

impl Blend {
    pub(super) fn of(self, opinion: &Opinion) -> f64 {
        self.machine * opinion.machine
            + self.neighbours * opinion.neighbours
            + self.forest * opinion.forest()
    }
}

impl Opinion {
    /// The expected score as the forest sees it: the lowest class and a step for each threshold.
    pub(super) fn forest(&self) -> f64 {
        f64::from(CLASSES[0]) + self.above.iter().sum::<f64>()
    }
}

/// Whether work that takes long should go on.
pub type KeepGoing<'a> = &'a (dyn Fn() -> bool + Sync);

/// Trains a model on these wines, each of which should be there once.
///
/// # Panics
/// If there are not at least a few wines for every fold.
pub fn train(samples: &Samples, n_threads: usize) -> WineRegression {
    train_while(samples, n_threads, &|| true).expect("nobody stops it")
}

/// The same, unless it is told to stop; it looks several times a second.
pub fn train_while(
    samples: &Samples,
    n_threads: usize,
    keep_going: KeepGoing<'_>,
) -> Option<WineRegression> {
    let scaling = Scaling::of(&samples.bottles);
    let sides = Sides::random(N_SIDES, SEED);
    let features: Vec<_> = samples.bottles.iter().map(|bottle| scaling.short(bottle)).collect();
    let lessons = Lessons { features: &features, scores: &samples.scores, sides: &sides };
    let grown = lessons.grow_all(n_threads, keep_going)?;
    let mut forest = Forest::new(sides.n_mixtures(), N_THRESHOLDS);
    for (number, side) in grown.iter().enumerate() {
        side.trees.iter().for_each(|tree| forest.push(&shifted(tree, number * N_MIXTURES)));
    }
    let unseen = opinions_unseen(samples, &features, &sides, &grown);
    let blend = best_blend(&unseen, &samples.scores);
    let reach = reach_of(&unseen, &samples.scores, blend);
    let memory = remember(samples, &scaling);
    Some(WineRegression { scaling, memory, sides, forest, blend, reach })
}

/// The trees of one side, and the rows that they have not seen.
struct Grown {
    trees: Vec<Branch>,
    is_unseen: Vec<bool>,
}

/// What trees are grown from.
#[derive(Clone, Copy)]
struct Lessons<'a> {
    features: &'a [[f32; N_FEATURES]],
    scores: &'a [f64],
    sides: &'a Sides,
}

impl Lessons<'_> {
    /// Grows every side's trees. A side's chance is its own, so threads change nothing.
    fn grow_all(self, n_threads: usize, keep_going: KeepGoing<'_>) -> Option<Vec<Grown>> {
        let work = |first: usize| {
            let mine = (first..N_SIDES).step_by(n_threads).take_while(|_| keep_going());
            mine.map(|side| (side, self.grow(side))).collect::<Vec<_>>()
        };
        let mut grown: Vec<(usize, Grown)> = thread::scope(|scope| {
            let threads: Vec<_> = (0..n_threads).map(|n| scope.spawn(move || work(n))).collect();
            let ended = threads.into_iter().map(|thread| thread.join().expect("trees can grow"));
            ended.flatten().collect()
        });
        grown.sort_by_key(|(side, _)| *side);
        (grown.len() == N_SIDES).then(|| grown.into_iter().map(|(_, grown)| grown).collect())
    }

    fn grow(self, side: usize) -> Grown {
        let Self { features, scores, sides } = self;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED + 1 + side as u64);
        let n = features.len();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "part of a count"
        )]
        let n_drawn = (count(n) * DRAWN).round() as usize;
        let drawn: Vec<usize> = (0..n_drawn).map(|_| random.gen_range(0..n)).collect();
        let mut is_unseen = vec![true; n];
        let mut mixtures = Vec::with_capacity(n_drawn * N_MIXTURES);
        let mine = sides.only(side);
        for place in &drawn {
            is_unseen[*place] = false;
            mine.mix(&features[*place], &mut mixtures);
        }
        let rows = Array2::from_shape_vec((n_drawn, N_MIXTURES), mixtures);
        let mut lesson =
            Lesson { rows: rows.expect("each row has every mixture"), answers: vec![] };
        let grow = |class: &u8| {
            let answers = drawn.iter().map(|place| scores[*place] > f64::from(*class));
            lesson.answers = answers.collect();
            tree::grow(&lesson, GROWTH)
        };
        Grown { trees: CLASSES[..N_THRESHOLDS].iter().map(grow).collect(), is_unseen }
    }
}

/// The same tree for rows in which its features stand further back.
fn shifted(tree: &Branch, by: usize) -> Branch {
    match tree {
        Branch::Leaf(value) => Branch::Leaf(*value),
        Branch::Split { feature, threshold, below, above } => Branch::Split {
            feature: feature + by,
            threshold: *threshold,
            below: Box::new(shifted(below, by)),
            above: Box::new(shifted(above, by)),
        },
    }
}

/// What the parts say of each wine when it was held out of their training.
fn opinions_unseen(
    samples: &Samples,
    features: &[[f32; N_FEATURES]],
    sides: &Sides,
    grown: &[Grown],
) -> Vec<Opinion> {
    let mut opinions: Vec<Opinion> = votes_unseen(features, sides, grown)
        .into_iter()
        .map(|above| Opinion { machine: 0.0, neighbours: 0.0, above })
        .collect();
    let folds = split::folds_of(samples.keys(), N_FOLDS, SEED);
    let mut scratch = Scratch::default();
    for fold in 0..N_FOLDS {
        let (inside, outside) = split::inside_and_outside(&folds, fold);
        let seen = samples.select(&outside);
        let scaling = Scaling::of(&seen.bottles);
        let memory = remember(&seen, &scaling);
        for place in inside {
            let features = scaling.short(&samples.bottles[place]);
            let recalled = memory.recall(&features[..N_MEASURED], &mut scratch);
            opinions[place].machine = recalled.machine.into();
            opinions[place].neighbours = recalled.neighbours.into();
        }
    }
    opinions
}

/// The vote of those trees that have not seen a wine, for each threshold.
fn votes_unseen(
    features: &[[f32; N_FEATURES]],
    sides: &Sides,
    grown: &[Grown],
) -> Vec<[f64; N_THRESHOLDS]> {
    let mut sums = vec![[0.0_f64; N_THRESHOLDS]; features.len()];
    let mut counts = vec![0_u32; features.len()];
    let mut mixtures = Vec::new();
    for (number, side) in grown.iter().enumerate() {
        let mut forest = Forest::new(N_MIXTURES, N_THRESHOLDS);
        side.trees.iter().for_each(|tree| forest.push(tree));
        let mine = sides.only(number);
        for (place, _) in side.is_unseen.iter().enumerate().filter(|(_, is_unseen)| **is_unseen) {
            mixtures.clear();
            mine.mix(&features[place], &mut mixtures);
            let mut votes = [0.0; N_THRESHOLDS];
            forest.add_to(&mixtures, &mut votes);
            sums[place].iter_mut().zip(votes).for_each(|(sum, vote)| *sum += f64::from(vote));
            counts[place] += 1;
        }
    }
    // With so many sides, every wine is unseen by some of them.
    let mean = |(sums, n): ([f64; N_THRESHOLDS], u32)| sums.map(|sum| sum / f64::from(n.max(1)));
    sums.into_iter().zip(counts).map(mean).collect()
}

/// Fits the support vector regression and remembers its wines for it and for the neighbours.
fn remember(samples: &Samples, scaling: &Scaling) -> Memory {
    let scaled = samples.bottles.iter().flat_map(|bottle: &Bottle| {
        let [measured @ .., _, _, _, _] = scaling.scaled(bottle);
        measured
    });
    let rows = Array2::from_shape_vec((samples.len(), N_MEASURED), scaled.collect());
    let rows = rows.expect("every wine has eleven measurements");
    let centre = metric::mean(samples.scores.iter().copied());
    let targets: Array1<f64> = samples.scores.iter().map(|score| score - centre).collect();
    let machine = Svm::<f64, f64>::params()
        .c_svr(COST, Some(BORNE))
        .gaussian_kernel(WIDTH.into())
        .fit(&Dataset::new(rows, targets))
        .expect("the parameters are right");
    let remembered = samples.bottles.iter().zip(&samples.scores).zip(&machine.alpha);
    let remembered = remembered.map(|((bottle, score), weight)| Remembered {
        features: scaling.short(bottle)[..N_MEASURED].to_vec(),
        weight: short(*weight),
        value: short(*score),
    });
    let offset = short(centre - machine.rho);
    let rule = Rule { width: WIDTH, offset, n_neighbours: N_NEIGHBOURS };
    Memory::new(remembered.collect(), rule)
}

#[expect(clippy::cast_possible_truncation, reason = "scores and weights are small")]
fn short(value: f64) -> f32 {
    value as f32
}

/// The shares with which the opinions come closest to the truth.
fn best_blend(opinions: &[Opinion], scores: &[f64]) -> Blend {
    let step = |n: u32| f64::from(n) / f64::from(N_BLEND_STEPS);
    let all = (0..=N_BLEND_STEPS).flat_map(|machine| {
        (0..=N_BLEND_STEPS - machine).map(move |neighbours| Blend {
            machine: step(machine),
            neighbours: step(neighbours),
            forest: step(N_BLEND_STEPS - machine - neighbours),
        })
    });
    let rmse = |blend: &Blend| {
        let guesses: Vec<f64> = opinions.iter().map(|opinion| blend.of(opinion)).collect();
        metric::rmse(&guesses, scores)
    };
    all.map(|blend| (rmse(&blend), blend))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, blend)| blend)
        .expect("there are shares to try")
}

/// How many widths an interval must reach to hold the share of the true scores that it promises.
fn reach_of(opinions: &[Opinion], scores: &[f64], blend: Blend) -> f64 {
    let reaches = opinions.iter().zip(scores).map(|(opinion, score)| {
        let shape = Shape::around(blend.of(opinion), &opinion.above);
        (score - shape.mean).abs() / shape.width()
    });
    metric::quantile(&reaches.collect::<Vec<_>>(), COVERED)
}
