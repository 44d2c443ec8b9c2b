//! How good the model is, measured on wines that it has not seen, and how good it would seem if one
//! looked less closely.
//!
//! 240 of the file's rows are there twice or more. If a wine is trained on and tested on as well,
//! remembering it looks like understanding: that is the naive score. The honest one keeps equal
//! wines on one side. Every number is computed here; none is written by hand.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::data::Samples;
use super::feature::count;
use super::model::{CLASSES, Judgement, N_CLASSES, Scratch, WineRegression};
use super::training::{KeepGoing, train_while};
use crate::ml::{metric, split};

const SEED: u64 = 1609;

const N_FOLDS: usize = 5;

/// Bins of the calibration, by expected score.
const N_BINS: usize = 8;

/// What is known of the model's quality.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evaluation {
    /// Five folds, equal wines on one side.
    pub honest: Scores,
    /// Five folds of the file as it is: equal wines on both sides.
    pub naive: Scores,
    /// Trained on four fifths of the wines, each once, and tested on every fifth: to compare with.
    pub fixed_split: Scores,
    /// What each part alone reaches on the fixed split.
    pub parts: Vec<PartScore>,
    /// Expected against mean true scores of held-out wines, from low to high.
    pub calibration: Vec<Bin>,
    /// How often each true class (rows) was taken for each class (columns), held out.
    pub confusion: Vec<Vec<u32>>,
    /// Errors of held-out wines, in steps of a quarter from -2 to 2; the last ones hold the rest.
    pub errors: Vec<u32>,
}

/// Scores on held-out wines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scores {
    /// Wines that were tested on.
    pub n_rows: usize,
    /// Root of the mean squared error, in points.
    pub rmse: f64,
    /// Mean absolute error, in points.
    pub mae: f64,
    /// The share of the variance that is explained.
    pub r_squared: f64,
    /// The share of wines whose likeliest class is the true one.
    pub accuracy: f64,
    /// The share of true scores inside the 90 % interval.
    pub coverage: f64,
    /// The interval's mean width, in points.
    pub interval_width: f64,
}

/// What a part of the model reaches alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PartScore {
    /// The part.
    pub part: String,
    /// Its share of the blend.
    pub share: f64,
    /// Root of the mean squared error of the part alone, in points.
    pub rmse: f64,
}

/// Held-out wines that the model expects about the same of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bin {
    /// How many.
    pub n_rows: u32,
    /// The mean score that was expected.
    pub expected: f64,
    /// The mean score that tasters gave.
    pub observed: f64,
}

/// Measures models trained as [`train`](super::train) does; `tell` hears how far it is, from 0 to
/// 1. Nothing is known if it is told to stop.
pub fn evaluate(
    n_threads: usize,
    keep_going: KeepGoing<'_>,
    tell: &dyn Fn(f64),
) -> Option<Evaluation> {
    let all = Samples::embedded();
    let once = all.without_duplicates();
    let mut n_done = 0;
    let mut trained = |samples: &Samples| {
        tell(count(n_done) / count(2 * N_FOLDS + 1));
        n_done += 1;
        train_while(samples, n_threads, keep_going)
    };
    let (training, test) = all.fixed_split();
    let fitted = trained(&training)?;
    let fixed_split = scores_of(&judged(&fitted, &test), &test.scores);
    let mut held_out = |samples: &Samples, folds: &[usize]| {
        let mut found = vec![None; samples.len()];
        for fold in 0..N_FOLDS {
            let (inside, outside) = split::inside_and_outside(folds, fold);
            // Training takes each wine once, as ever: what is naive is the choice of the test.
            let model = trained(&samples.select(&outside).without_duplicates())?;
            let judgements = judged(&model, &samples.select(&inside));
            for (place, judgement) in inside.into_iter().zip(judgements) {
                found[place] = Some(judgement);
            }
        }
        Some(found.into_iter().flatten().collect::<Vec<_>>())
    };
    let honest = held_out(&once, &split::folds_of(once.keys(), N_FOLDS, SEED))?;
    let naive = held_out(&all, &split::folds_of(0..all.len(), N_FOLDS, SEED))?;
    Some(Evaluation {
        honest: scores_of(&honest, &once.scores),
        naive: scores_of(&naive, &all.scores),
        fixed_split,
        parts: parts_of(&fitted, &test),
        calibration: calibration_of(&honest, &once.scores),
        confusion: confusion_of(&honest, &once.scores),
        errors: errors_of(&honest, &once.scores),
    })
}

pub(super) fn judged(model: &WineRegression, samples: &Samples) -> Vec<Judgement> {
    let mut judgements = Vec::with_capacity(samples.len());
    model.judge(&samples.bottles, &mut Scratch::default(), |judgement| judgements.push(judgement));
    judgements
}

pub(super) fn scores_of(judgements: &[Judgement], truths: &[f64]) -> Scores {
    let guesses: Vec<f64> = judgements.iter().map(|judgement| judgement.score).collect();
    let pairs = || judgements.iter().zip(truths);
    Scores {
        n_rows: truths.len(),
        rmse: metric::rmse(&guesses, truths),
        mae: metric::mae(&guesses, truths),
        r_squared: metric::r_squared(&guesses, truths),
        accuracy: metric::share(pairs().map(|(j, y)| place_of(j.class) == class_of(*y))),
        coverage: metric::share(pairs().map(|(j, y)| (j.interval[0]..=j.interval[1]).contains(y))),
        interval_width: metric::mean(judgements.iter().map(|j| j.interval[1] - j.interval[0])),
    }
}

fn parts_of(model: &WineRegression, test: &Samples) -> Vec<PartScore> {
    let blend = model.blend();
    let opinions = model.opinions(&test.bottles);
    let part = |part: &str, share: f64, guess: fn(&super::model::Opinion) -> f64| PartScore {
        part: part.to_owned(),
        share,
        rmse: metric::rmse(&opinions.iter().map(guess).collect::<Vec<_>>(), &test.scores),
    };
    vec![
        part("support vector regression", blend.machine, |opinion| opinion.machine),
        part("nearest neighbours", blend.neighbours, |opinion| opinion.neighbours),
        part("forest", blend.forest, super::model::Opinion::forest),
    ]
}

/// Bins of equally many wines, by what was expected of them.
fn calibration_of(judgements: &[Judgement], truths: &[f64]) -> Vec<Bin> {
    let mut pairs: Vec<_> =
        judgements.iter().map(|j| j.score).zip(truths.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let bin = |pairs: &[(f64, f64)]| Bin {
        n_rows: u32::try_from(pairs.len()).expect("wines are few"),
        expected: metric::mean(pairs.iter().map(|pair| pair.0)),
        observed: metric::mean(pairs.iter().map(|pair| pair.1)),
    };
    pairs.chunks(pairs.len().div_ceil(N_BINS)).map(bin).collect()
}

fn confusion_of(judgements: &[Judgement], truths: &[f64]) -> Vec<Vec<u32>> {
    let mut confusion = vec![vec![0; N_CLASSES]; N_CLASSES];
    for (judgement, truth) in judgements.iter().zip(truths) {
        confusion[class_of(*truth)][place_of(judgement.class)] += 1;
    }
    confusion
}

fn errors_of(judgements: &[Judgement], truths: &[f64]) -> Vec<u32> {
    let mut errors = vec![0; 16];
    for (judgement, truth) in judgements.iter().zip(truths) {
        let step = ((judgement.score - truth + 2.0) * 4.0).floor().clamp(0.0, 15.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 15")]
        let place = step as usize;
        errors[place] += 1;
    }
    errors
}

fn place_of(class: u8) -> usize {
    usize::from(class - CLASSES[0])
}

/// The class of a true score.
fn class_of(score: f64) -> usize {
    let place = CLASSES.iter().position(|class| f64::from(*class) >= score);
    place.expect("every wine's score is a class")
}
