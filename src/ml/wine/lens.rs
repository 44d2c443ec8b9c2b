//! A lens through which wines are compared: it stretches the directions in which the score changes,
//! and leaves out those in which it hardly does, so that wines that look near are near in quality.
//!
//! It is learned from a regression on the plain features. The slopes of that regression at every
//! wine of the training say in which directions the score changes: the sum of their outer products
//! has those directions as its eigenvectors, and how steep they are as its eigenvalues.

use linfa_linalg::eigh::{EigSort, EighInto};
use ndarray::{Array1, Array2, ArrayView1};

use super::feature::N_FEATURES;
use crate::ml::artefact::{Damage, Reader, Writer};

/// Directions that are left: the others change the score too little to be worth their time.
pub(super) const N_SEEN: usize = 8;

/// A steepness below this share of all together is none: rounding, not the score.
pub(super) const LEAST_STEEPNESS: f64 = 1e-12;

/// Which mixtures of the features are seen; feature after feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lens {
    mixtures: Vec<f32>,
}

impl Lens {
    /// Learned from a regression with Gaussian weights of this width on these rows.
    pub(super) fn learned(rows: &Array2<f64>, weights: &[f64], width: f64) -> Self {
        let steepness = steepness_of(rows, weights, width);
        let (values, directions) = steepness
            .eigh_into()
            .expect("the matrix is square and its numbers are finite")
            .sort_eig_desc();
        // Where nothing is steep, all directions are alike.
        let least = (LEAST_STEEPNESS * values.sum()).max(f64::MIN_POSITIVE);
        // Eigenvalues are squared slopes; a direction is stretched by the square root of its slope,
        // which did best on the folds.
        let stretches = values.mapv(|value| value.max(least).sqrt().sqrt());
        let total: f64 = stretches.iter().map(|stretch| stretch * stretch).sum();
        let scale = (super::feature::count(N_FEATURES) / total).sqrt();
        let mixtures = directions.rows().into_iter().flat_map(|of_feature| {
            let seen = of_feature.into_iter().zip(&stretches).take(N_SEEN);
            seen.map(|(share, stretch)| short(share * stretch * scale)).collect::<Vec<_>>()
        });
        Self { mixtures: mixtures.collect() }
    }

    /// What is seen of a wine with these features.
    pub(super) fn through(&self, features: &[f32; N_FEATURES]) -> [f32; N_SEEN] {
        let mut seen = [0.0; N_SEEN];
        let (mixtures, _) = self.mixtures.as_chunks::<N_SEEN>();
        for (shares, feature) in mixtures.iter().zip(features) {
            for (seen, share) in seen.iter_mut().zip(shares) {
                *seen += share * feature;
            }
        }
        seen
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.short_floats(&self.mixtures);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        let mixtures = reader.short_floats()?;
        if mixtures.len() == N_FEATURES * N_SEEN {
            Ok(Self { mixtures })
        } else {
            Err(Damage::Senseless)
        }
    }
}

/// The sum of the outer products of the regression's slopes at every row.
fn steepness_of(rows: &Array2<f64>, weights: &[f64], width: f64) -> Array2<f64> {
    let mut steepness = Array2::zeros((N_FEATURES, N_FEATURES));
    let remembered: Vec<_> =
        rows.rows().into_iter().zip(weights).filter(|(_, weight)| **weight != 0.0).collect();
    for row in rows.rows() {
        let slope = slope_at(row, &remembered, width);
        for (at, a) in slope.iter().enumerate() {
            for (beside, b) in slope.iter().enumerate() {
                steepness[(at, beside)] += a * b;
            }
        }
    }
    steepness
}

/// The slope at a row, but for a factor that is the same everywhere.
fn slope_at(
    row: ArrayView1<'_, f64>,
    remembered: &[(ArrayView1<'_, f64>, &f64)],
    width: f64,
) -> Array1<f64> {
    let mut slope = Array1::zeros(N_FEATURES);
    let mut gap = [0.0; N_FEATURES];
    for (other, weight) in remembered {
        let mut distance = 0.0;
        for (gap, (a, b)) in gap.iter_mut().zip(row.iter().zip(other)) {
            *gap = a - b;
            distance += *gap * *gap;
        }
        let share = *weight * (-distance / width).exp();
        slope.iter_mut().zip(gap).for_each(|(slope, gap)| *slope += share * gap);
    }
    slope
}

#[expect(clippy::cast_possible_truncation, reason = "shares are small")]
fn short(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_without_slope_is_not_seen_and_the_steepest_is_seen_most() {
        // Two rows that differ in the first two features, by twice as much in the first.
        let mut rows = Array2::zeros((2, N_FEATURES));
        (rows[(1, 0)], rows[(1, 1)]) = (2.0, 1.0);
        let lens = Lens::learned(&rows, &[1.0, -1.0], 8.0);
        let length = |features: &[f32; N_FEATURES]| {
            lens.through(features).iter().map(|seen| seen * seen).sum::<f32>().sqrt()
        };
        let along = |shares: [f32; 3]| {
            let mut features = [0.0; N_FEATURES];
            features[..3].copy_from_slice(&shares);
            length(&features)
        };
        let (steep, level, beside) =
            (along([2.0, 1.0, 0.0]), along([-1.0, 2.0, 0.0]), along([0.0, 0.0, 1.0]));
        assert!(steep > 8.0, "{steep}");
        assert!(level < 0.1 * steep && beside < 0.1 * steep, "{level} {beside}");
    }
}
