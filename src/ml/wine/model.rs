//! The trained model: what it says of a wine, and the bytes it is kept in.

use std::array;

use super::data::{Bottle, Samples};
use super::feature::{N_FEATURES, Scaling, count};
use super::lens::{Lens, N_SEEN};
use super::side::Sides;
use super::training::{self, Blend};
use crate::ml::artefact::{Damage, Reader, Writer};
use crate::ml::forest::{Forest, LANES};
use crate::ml::kernel::{Memory, Scratch as MemoryScratch};

/// The scores that tasters gave: the classes.
pub const CLASSES: [u8; N_CLASSES] = [3, 4, 5, 6, 7, 8];

/// How many classes there are.
pub const N_CLASSES: usize = 6;

/// Thresholds between the classes.
pub(super) const N_THRESHOLDS: usize = N_CLASSES - 1;

/// Every class keeps this much: that it was never seen in a corner does not make it impossible.
const LEAST_SHARE: f64 = 2e-3;

/// How far a distribution can be leant: far enough for a mean at the edge.
const LEAN_MAX: f64 = 40.0;
const LEAN_STEPS_MAX: u32 = 100;

/// A model of red wine.
#[derive(Debug, Clone, PartialEq)]
pub struct WineRegression {
    pub(super) scaling: Scaling,
    pub(super) lens: Lens,
    pub(super) memory: Memory<N_SEEN>,
    pub(super) sides: Sides,
    pub(super) forest: Forest,
    pub(super) blend: Blend,
    /// How many times the distribution's width an interval reaches to either side.
    pub(super) reach: f64,
}

/// What the model says of one wine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The expected score.
    pub score: f64,
    /// The most likely class.
    pub class: u8,
    /// How likely each class is.
    pub probabilities: [f64; N_CLASSES],
    /// Where the true score lies in nine of ten cases.
    pub interval: [f64; 2],
}

/// What the parts say of one wine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Opinion {
    pub(super) machine: f64,
    pub(super) neighbours: f64,
    /// How likely the score is above each threshold.
    pub(super) above: [f64; N_THRESHOLDS],
}

/// Room to work in, to be used again for the next rows.
#[derive(Debug, Default)]
pub struct Scratch {
    memory: MemoryScratch,
    features: Vec<[f32; N_FEATURES]>,
    mixtures: Vec<f32>,
    side_by_side: Vec<[f32; LANES]>,
    sums: Vec<[f32; LANES]>,
}

impl WineRegression {
    /// The kind of artefact; another word for another way of training, beyond its settings.
    pub const KIND: &'static str = "wine regression 2";

    /// What it says of each of these wines; the same whatever other wines are asked about.
    pub fn judge(
        &self,
        bottles: &[Bottle],
        scratch: &mut Scratch,
        mut take: impl FnMut(Judgement),
    ) {
        self.hear(bottles, scratch, |opinion| take(self.judgement(opinion)));
    }

    /// What the parts say of each of these wines.
    pub(super) fn opinions(&self, bottles: &[Bottle]) -> Vec<Opinion> {
        let mut opinions = Vec::with_capacity(bottles.len());
        self.hear(bottles, &mut Scratch::default(), |opinion| opinions.push(*opinion));
        opinions
    }

    fn hear(&self, bottles: &[Bottle], scratch: &mut Scratch, mut take: impl FnMut(&Opinion)) {
        let (blocks, rest) = bottles.as_chunks::<LANES>();
        for blocks in blocks.chunks(self.forest.n_together()) {
            let Scratch { memory, features, side_by_side: mixtures, sums, .. } = scratch;
            features.clear();
            mixtures.clear();
            for block in blocks {
                let block = block.map(|bottle| self.scaling.short(&bottle));
                let columns = array::from_fn(|at| block.map(|features| features[at]));
                self.sides.mix_side_by_side(&columns, mixtures);
                features.extend(block);
            }
            sums.clear();
            sums.resize(blocks.len() * N_THRESHOLDS, [0.0; LANES]);
            self.forest.add_side_by_side(mixtures, sums);
            let (sums, _) = sums.as_chunks::<N_THRESHOLDS>();
            for (block, sums) in features.as_chunks::<LANES>().0.iter().zip(sums) {
                for (lane, features) in block.iter().enumerate() {
                    let sums = sums.map(|of_rows| of_rows[lane]);
                    take(&self.opinion(features, sums, memory));
                }
            }
        }
        for bottle in rest {
            let features = self.scaling.short(bottle);
            let mixtures = &mut scratch.mixtures;
            mixtures.clear();
            self.sides.mix(&features, mixtures);
            let mut sums = [0.0; N_THRESHOLDS];
            self.forest.add_to(mixtures, &mut sums);
            take(&self.opinion(&features, sums, &mut scratch.memory));
        }
    }

    fn opinion(
        &self,
        features: &[f32; N_FEATURES],
        sums: [f32; N_THRESHOLDS],
        scratch: &mut MemoryScratch,
    ) -> Opinion {
        let recalled = self.memory.recall(&self.lens.through(features), scratch);
        Opinion {
            machine: recalled.machine.into(),
            neighbours: recalled.neighbours.into(),
            above: sums.map(|sum| f64::from(sum) / self.trees_per_threshold()),
        }
    }

    fn trees_per_threshold(&self) -> f64 {
        count(self.forest.n_trees() / N_THRESHOLDS)
    }

    fn judgement(&self, opinion: &Opinion) -> Judgement {
        let shape = Shape::around(self.blend.of(opinion), &opinion.above);
        let half = self.reach * shape.width();
        let within = |bound: f64| bound.clamp(0.0, 10.0);
        Judgement {
            score: shape.mean,
            class: shape.likeliest(),
            probabilities: shape.probabilities,
            interval: [within(shape.mean - half), within(shape.mean + half)],
        }
    }

    /// The bytes it is kept in.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(Self::KIND);
        writer.numbers(&fingerprint());
        self.scaling.write(&mut writer);
        self.lens.write(&mut writer);
        self.memory.write(&mut writer);
        self.sides.write(&mut writer);
        self.forest.write(&mut writer);
        let Blend { machine, neighbours, forest } = self.blend;
        writer.floats(&[machine, neighbours, forest, self.reach]);
        writer.finish()
    }

    /// The model in these bytes, if they are one that this program would train.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let mut reader = Reader::new(bytes, Self::KIND)?;
        if reader.numbers()? != fingerprint() {
            return Err(Damage::OtherKind);
        }
        let scaling = Scaling::read(&mut reader)?;
        let lens = Lens::read(&mut reader)?;
        let memory = Memory::read(&mut reader)?;
        let sides = Sides::read(&mut reader)?;
        let forest = Forest::read(&mut reader)?;
        let [machine, neighbours, trees, reach] = reader.floats()?[..] else {
            return Err(Damage::Senseless);
        };
        reader.finish()?;
        let fits = forest.n_features() == sides.n_mixtures()
            && forest.n_outputs() == N_THRESHOLDS
            && forest.n_trees() >= N_THRESHOLDS
            && forest.n_trees() % N_THRESHOLDS == 0;
        if !fits {
            return Err(Damage::Senseless);
        }
        let blend = Blend { machine, neighbours, forest: trees };
        Ok(Self { scaling, lens, memory, sides, forest, blend, reach })
    }

    /// How many trees it has, and how deep the deepest is.
    pub fn size_of_forest(&self) -> (usize, u32) {
        (self.forest.n_trees(), self.forest.depth())
    }

    /// How much each part has to say.
    pub fn blend(&self) -> Blend {
        self.blend
    }
}

/// The data's SHA-256 as numbers, and then what the training was set to: a model that was trained
/// on other rows or in another way is another one.
fn fingerprint() -> Vec<u32> {
    let bytes = Samples::fingerprint();
    let (words, _) = bytes.as_chunks::<4>();
    let data = words.iter().map(|word| u32::from_le_bytes(*word));
    data.chain(training::settings()).collect()
}

/// The distribution of a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub(super) mean: f64,
    pub(super) probabilities: [f64; N_CLASSES],
}

impl Shape {
    /// The forest's distribution, leant to one side so far that `mean` is its mean.
    pub(super) fn around(mean: f64, above: &[f64; N_THRESHOLDS]) -> Self {
        let [lowest, .., highest] = CLASSES.map(f64::from);
        // A mean at the very edge would leave no room for any other class.
        let mean = mean.clamp(lowest + 0.01, highest - 0.01);
        let shares = shares_of(above);
        let mut leant = Self { mean, probabilities: shares };
        let (mut lean, mut low, mut high) = (0.0_f64, -LEAN_MAX, LEAN_MAX);
        // Newton's steps on a function that only rises, held inside what is known to hold the root.
        for _ in 0..LEAN_STEPS_MAX {
            leant.probabilities = leaning(&shares, lean);
            let (centre, spread) = leant.moments();
            let gap = mean - centre;
            if gap.abs() < 1e-9 {
                break;
            }
            *(if gap > 0.0 { &mut low } else { &mut high }) = lean;
            let next = lean + gap / spread;
            lean = if low < next && next < high { next } else { f64::midpoint(low, high) };
        }
        leant
    }

    /// The mean and the variance of the probabilities.
    fn moments(&self) -> (f64, f64) {
        let classes = || CLASSES.map(f64::from).into_iter().zip(self.probabilities);
        let centre: f64 = classes().map(|(class, p)| class * p).sum();
        (centre, classes().map(|(class, p)| p * (class - centre) * (class - centre)).sum())
    }

    /// The distribution's width: its standard deviation, and never nothing.
    pub(super) fn width(&self) -> f64 {
        (self.moments().1 + 0.05).sqrt()
    }

    /// The most likely class, the lower of two.
    pub(super) fn likeliest(&self) -> u8 {
        let mut best = 0;
        for place in 1..N_CLASSES {
            if self.probabilities[place] > self.probabilities[best] {
                best = place;
            }
        }
        CLASSES[best]
    }
}

/// The share of each class. Being above a higher threshold cannot be likelier than above a lower.
fn shares_of(above: &[f64; N_THRESHOLDS]) -> [f64; N_CLASSES] {
    let mut shares = [0.0; N_CLASSES];
    let mut left = 1.0_f64;
    for (share, above) in shares.iter_mut().zip(above) {
        let stays = above.clamp(0.0, left);
        *share = left - stays;
        left = stays;
    }
    shares[N_CLASSES - 1] = left;
    let total = 1.0 + LEAST_SHARE * count(N_CLASSES);
    shares.map(|share| (share + LEAST_SHARE) / total)
}

/// The shares, each multiplied by the exponential of its class's distance from the middle times
/// `lean`, and brought to one together again.
fn leaning(shares: &[f64; N_CLASSES], lean: f64) -> [f64; N_CLASSES] {
    let step = lean.exp();
    let mut factor = (lean * (1.0 - count(N_CLASSES)) / 2.0).exp();
    let mut leant = *shares;
    for share in &mut leant {
        *share *= factor;
        factor *= step;
    }
    let total: f64 = leant.iter().sum();
    leant.map(|share| share / total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_shape_is_a_distribution_with_the_mean_it_was_given(
            mean in 0.0..10.0_f64,
            above in prop::array::uniform5(-0.1..1.1_f64),
        ) {
            let shape = Shape::around(mean, &above);
            prop_assert!((shape.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(shape.probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
            prop_assert!((shape.moments().0 - mean.clamp(3.01, 7.99)).abs() < 1e-6);
            prop_assert!(CLASSES.contains(&shape.likeliest()));
        }
    }
}
