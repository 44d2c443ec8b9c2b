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

use super::data::{Bottle, Samples};
use super::feature::{N_FEATURES, Scaling, count};
use super::lens::{LEAST_STEEPNESS, Lens, N_SEEN};
use super::model::{CLASSES, N_THRESHOLDS, Opinion, Shape, WineRegression};
use super::side::{N_MIXTURES, Sides};
use crate::ml::forest::{Branch, Forest};
use crate::ml::kernel::{Memory, Recalled, Remembered, Rule, Scratch};
use crate::ml::tree::{self, Growth, Lesson};
use crate::ml::{metric, split};

const SEED: u64 = 2009;

/// Sides of the forest, each with a tree for every threshold.
const N_SIDES: usize = 32;

/// The share of the rows that a side's trees see.
const DRAWN: f64 = 0.6;

const GROWTH: Growth = Growth { n_leaf_min: 7, depth_max: 12 };

/// Of the support vector regressions: their cost, the error they bear, how exactly they are solved,
/// and the width of the one on the plain features and of the one through the lens.
const COST: f64 = 1.0;
const BORNE: f64 = 0.2;
const EXACTNESS: f64 = 1e-3;
const PLAIN_WIDTH: f64 = 32.0;
const WIDTH: f32 = 64.0;

const N_NEIGHBOURS: usize = 80;

const N_FOLDS: usize = 5;

/// The share of true scores that lie in the interval.
pub(super) const COVERED: f64 = 0.9;

/// Steps in which the shares of the blend are tried.
const N_BLEND_STEPS: u32 = 20;

/// All that the training is set to, as numbers: no two trainings with the same ones differ.
pub(super) fn settings() -> impl Iterator<Item = u32> {
    let grown = [N_SIDES, N_MIXTURES, GROWTH.n_leaf_min.into(), GROWTH.depth_max];
    let counts = grown.into_iter().chain([N_SEEN, N_NEIGHBOURS, N_FOLDS, N_BLEND_STEPS as usize]);
    let counts = counts.map(|count| count as u64).chain([SEED]);
    let fitted = [COST, BORNE, EXACTNESS, PLAIN_WIDTH, f64::from(WIDTH), LEAST_STEEPNESS];
    let shares = fitted.into_iter().chain([DRAWN, COVERED]).map(f64::to_bits);
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
    let grown = share_out(N_SIDES, n_threads, keep_going, |side| lessons.grow(side))?;
    let mut forest = Forest::new(sides.n_mixtures(), N_THRESHOLDS);
    for (number, side) in grown.iter().enumerate() {
        side.trees.iter().for_each(|tree| forest.push(&shifted(tree, number * N_MIXTURES)));
    }
    let votes = votes_unseen(&features, &sides, &grown);
    let folds = split::folds_of(samples.keys(), N_FOLDS, SEED);
    // The last turn holds no wine out.
    let mut turns = share_out(N_FOLDS + 1, n_threads, keep_going, |turn| {
        let (inside, outside) = split::inside_and_outside(&folds, turn);
        let learned = Learned::from(&samples.select(&outside));
        let recalled = learned.recall(&samples.select(&inside).bottles);
        (inside.into_iter().zip(recalled).collect::<Vec<_>>(), learned)
    })?;
    let (_, Learned { lens, memory, .. }) = turns.pop().expect("there is a last turn");
    let unseen = opinions_of(votes, turns.into_iter().flat_map(|(recalled, _)| recalled));
    let blend = best_blend(&unseen, &samples.scores);
    let reach = reach_of(&unseen, &samples.scores, blend);
    Some(WineRegression { scaling, lens, memory, sides, forest, blend, reach })
}

/// Does so many pieces of work, which know nothing of each other, on threads that take turns; what
/// came of them in order, unless it is told to stop.
fn share_out<T: Send>(
    n_pieces: usize,
    n_threads: usize,
    keep_going: KeepGoing<'_>,
    work: impl Fn(usize) -> T + Sync,
) -> Option<Vec<T>> {
    let work_on = |first: usize| {
        let mine = (first..n_pieces).step_by(n_threads).take_while(|_| keep_going());
        mine.map(|piece| (piece, work(piece))).collect::<Vec<_>>()
    };
    let work_on = &work_on;
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..n_threads).map(|first| scope.spawn(move || work_on(first))).collect();
        let ended = threads.into_iter().map(|thread| thread.join().expect("it can be learned"));
        ended.flatten().collect()
    });
    done.sort_by_key(|(piece, _)| *piece);
    (done.len() == n_pieces).then(|| done.into_iter().map(|(_, done)| done).collect())
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
    /// Grows a side's trees. A side's chance is its own, so threads change nothing.
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
fn opinions_of(
    votes: Vec<[f64; N_THRESHOLDS]>,
    recalled: impl Iterator<Item = (usize, Recalled)>,
) -> Vec<Opinion> {
    let mut opinions: Vec<Opinion> =
        votes.into_iter().map(|above| Opinion { machine: 0.0, neighbours: 0.0, above }).collect();
    for (place, recalled) in recalled {
        opinions[place].machine = recalled.machine.into();
        opinions[place].neighbours = recalled.neighbours.into();
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

/// How wines are compared, and the wines that are remembered for it.
struct Learned {
    scaling: Scaling,
    lens: Lens,
    memory: Memory<N_SEEN>,
}

impl Learned {
    /// Learns a lens from a regression on the plain features, fits another one through it, and
    /// remembers the wines for that and for the neighbours.
    fn from(samples: &Samples) -> Self {
        let scaling = Scaling::of(&samples.bottles);
        let plain = samples.bottles.iter().flat_map(|bottle| scaling.scaled(bottle)).collect();
        let plain = Array2::from_shape_vec((samples.len(), N_FEATURES), plain);
        let plain = plain.expect("every wine has every feature");
        let centre = metric::mean(samples.scores.iter().copied());
        let targets: Array1<f64> = samples.scores.iter().map(|score| score - centre).collect();
        let regression = fitted(plain.clone(), targets.clone(), PLAIN_WIDTH);
        let lens = Lens::learned(&plain, &regression.alpha, PLAIN_WIDTH);
        let through = |bottle: &Bottle| lens.through(&scaling.short(bottle));
        let seen: Vec<_> = samples.bottles.iter().map(through).collect();
        let rows = seen.iter().flatten().copied().map(f64::from).collect();
        let rows = Array2::from_shape_vec((samples.len(), N_SEEN), rows);
        let rows = rows.expect("as much is seen of every wine");
        let machine = fitted(rows, targets, WIDTH.into());
        let remembered = seen.iter().zip(&samples.scores).zip(&machine.alpha);
        let remembered = remembered.map(|((seen, score), weight)| Remembered {
            features: *seen,
            weight: short(*weight),
            value: short(*score),
        });
        let offset = short(centre - machine.rho);
        let rule = Rule { width: WIDTH, offset, n_neighbours: N_NEIGHBOURS };
        let memory = Memory::new(remembered.collect(), rule);
        Self { scaling, lens, memory }
    }

    /// What is remembered of wines like these.
    fn recall(&self, bottles: &[Bottle]) -> Vec<Recalled> {
        let mut scratch = Scratch::default();
        let recall = |bottle: &Bottle| {
            let seen = self.lens.through(&self.scaling.short(bottle));
            self.memory.recall(&seen, &mut scratch)
        };
        bottles.iter().map(recall).collect()
    }
}

/// A support vector regression with Gaussian weights of this width.
fn fitted(rows: Array2<f64>, targets: Array1<f64>, width: f64) -> Svm<f64, f64> {
    Svm::params()
        .c_svr(COST, Some(BORNE))
        .gaussian_kernel(width)
        .eps(EXACTNESS)
        .fit(&Dataset::new(rows, targets))
        .expect("the parameters are right")
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
