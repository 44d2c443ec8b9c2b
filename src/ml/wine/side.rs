//! Sides to look at a wine from: each is a handful of random mixtures of three features. Trees cut
//! straight across the features they see, so every side gives them other cuts, and trees that err
//! differently make a better forest.

use std::array;

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::feature::N_FEATURES;
use crate::ml::artefact::{Damage, Reader, Writer};
use crate::ml::forest::LANES;

/// Mixtures of one side.
pub(super) const N_MIXTURES: usize = 22;

/// Features in a mixture.
const N_MIXED: usize = 3;

/// Mixtures of features, side after side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sides {
    /// Which features; three for each mixture.
    places: Vec<u32>,
    /// How much of each.
    shares: Vec<f32>,
}

impl Sides {
    /// So many sides, as the seed has it.
    pub(super) fn random(n_sides: usize, seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let n = n_sides * N_MIXTURES * N_MIXED;
        let n_features = u32::try_from(N_FEATURES).expect("features are few");
        let places = (0..n).map(|_| random.gen_range(0..n_features)).collect();
        let shares = (0..n).map(|_| random.gen_range(-1.0..1.0)).collect();
        Self { places, shares }
    }

    /// How many mixtures there are on all sides together.
    pub(super) fn n_mixtures(&self) -> usize {
        self.places.len() / N_MIXED
    }

    /// Only the side `side`.
    pub(super) fn only(&self, side: usize) -> Self {
        let of = side * N_MIXTURES * N_MIXED..(side + 1) * N_MIXTURES * N_MIXED;
        Self { places: self.places[of.clone()].to_vec(), shares: self.shares[of].to_vec() }
    }

    /// Adds the mixtures of a row's features to `mixtures`.
    pub(super) fn mix(&self, features: &[f32; N_FEATURES], mixtures: &mut Vec<f32>) {
        let (places, _) = self.places.as_chunks::<N_MIXED>();
        let (shares, _) = self.shares.as_chunks::<N_MIXED>();
        let mut padded = [0.0; N_FEATURES.next_power_of_two()];
        padded[..N_FEATURES].copy_from_slice(features);
        mixtures.extend(places.iter().zip(shares).map(|([a, b, c], [p, q, r])| {
            // Every place is one of a feature; the remainder spares a look at the length.
            let feature = |place: &u32| padded[*place as usize % padded.len()];
            p * feature(a) + q * feature(b) + r * feature(c)
        }));
    }

    /// Adds the mixtures of rows that lie side by side; the same numbers as one by one.
    pub(super) fn mix_side_by_side(
        &self,
        features: &[[f32; LANES]; N_FEATURES],
        mixtures: &mut Vec<[f32; LANES]>,
    ) {
        let (places, _) = self.places.as_chunks::<N_MIXED>();
        let (shares, _) = self.shares.as_chunks::<N_MIXED>();
        mixtures.extend(places.iter().zip(shares).map(|(places, [p, q, r])| {
            let [a, b, c] = places.map(|place| &features[place as usize]);
            array::from_fn(|lane| p * a[lane] + q * b[lane] + r * c[lane])
        }));
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.numbers(&self.places);
        writer.short_floats(&self.shares);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        let (places, shares) = (reader.numbers()?, reader.short_floats()?);
        let is_right = places.len() == shares.len()
            && places.len() % (N_MIXTURES * N_MIXED) == 0
            && places.iter().all(|place| (*place as usize) < N_FEATURES);
        if is_right { Ok(Self { places, shares }) } else { Err(Damage::Senseless) }
    }
}
