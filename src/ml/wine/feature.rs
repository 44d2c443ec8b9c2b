//! What the models see of a wine: measurements with their long tails drawn in, a few of them put in
//! relation, and all of them brought to one scale.

use super::data::{Bottle, N_MEASURED};
use crate::ml::artefact::{Damage, Reader, Writer};

/// What the models see: the measurements and four relations between them.
pub(super) const N_FEATURES: usize = N_MEASURED + 4;

/// Measurements whose distribution has a long tail to the right.
const LONG_TAILED: [usize; 7] = [0, 1, 3, 4, 5, 6, 9];

/// The least that a logarithm is taken of.
const LEAST: f64 = 1e-4;

const FIXED_ACIDITY: usize = 0;
const VOLATILE_ACIDITY: usize = 1;
const FREE_SULFUR: usize = 5;
const TOTAL_SULFUR: usize = 6;
const SULPHATES: usize = 9;
const ALCOHOL: usize = 10;

fn log(value: f64) -> f64 {
    value.max(LEAST).ln()
}

/// The features of a wine; the measurements come first.
pub(super) fn features_of(bottle: &Bottle) -> [f64; N_FEATURES] {
    let mut features = [0.0; N_FEATURES];
    features[..N_MEASURED].copy_from_slice(bottle);
    for place in LONG_TAILED {
        features[place] = log(bottle[place]);
    }
    features[N_MEASURED] = features[FREE_SULFUR] - features[TOTAL_SULFUR];
    features[N_MEASURED + 1] = log(bottle[TOTAL_SULFUR] - bottle[FREE_SULFUR] + 1.0);
    features[N_MEASURED + 2] = bottle[ALCOHOL] * features[SULPHATES];
    features[N_MEASURED + 3] = features[FIXED_ACIDITY] - features[VOLATILE_ACIDITY];
    features
}

/// Brings every feature to mean zero and width one, as they were on the wines of the training.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scaling {
    means: Vec<f64>,
    widths: Vec<f64>,
}

impl Scaling {
    pub(super) fn of(bottles: &[Bottle]) -> Self {
        let all: Vec<_> = bottles.iter().map(features_of).collect();
        let n = count(all.len());
        let column = |place: usize| all.iter().map(move |features| features[place]);
        let means: Vec<f64> = (0..N_FEATURES).map(|at| column(at).sum::<f64>() / n).collect();
        let width = |at: usize| {
            let spread = column(at).map(|x| (x - means[at]) * (x - means[at])).sum::<f64>() / n;
            // A feature that never changes says nothing, on any scale.
            if spread > 0.0 { spread.sqrt() } else { 1.0 }
        };
        let widths = (0..N_FEATURES).map(width).collect();
        Self { means, widths }
    }

    pub(super) fn scaled(&self, bottle: &Bottle) -> [f64; N_FEATURES] {
        let mut features = features_of(bottle);
        for ((feature, mean), width) in features.iter_mut().zip(&self.means).zip(&self.widths) {
            *feature = (*feature - mean) / width;
        }
        features
    }

    /// The same in the short form that the engines compute with.
    pub(super) fn short(&self, bottle: &Bottle) -> [f32; N_FEATURES] {
        #[expect(clippy::cast_possible_truncation, reason = "scaled features are near zero")]
        let short = self.scaled(bottle).map(|feature| feature as f32);
        short
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.floats(&self.means);
        writer.floats(&self.widths);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        let (means, widths) = (reader.floats()?, reader.floats()?);
        let is_right = means.len() == N_FEATURES
            && widths.len() == N_FEATURES
            && widths.iter().all(|width| *width > 0.0);
        if is_right { Ok(Self { means, widths }) } else { Err(Damage::Senseless) }
    }
}

/// A count as a float.
pub(super) fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).expect("there are far fewer than 2^32 wines"))
}
