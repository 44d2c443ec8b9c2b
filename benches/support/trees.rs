//! A forest of as many trees, as deep, as are asked for, grown on the wines: what scikit-learn's
//! forests are measured beside.

use cellar::ml::forest::Forest;
use cellar::ml::tree::{Growth, Lesson, grow};
use cellar::ml::wine::Samples;
use ndarray::Array2;

pub(crate) const N_FEATURES: usize = 11;

/// Tells how many of its trees hold a wine to be good. Each of them sees four of five rows, each
/// time others.
pub(crate) fn grown(n_trees: usize, depth: usize) -> Forest {
    let samples = Samples::embedded();
    let mut forest = Forest::new(N_FEATURES, 1);
    for tree in 0..n_trees {
        let places: Vec<usize> = (0..samples.len())
            .filter(|place| place.wrapping_mul(2_654_435_761).wrapping_add(tree * 97) % 5 != 0)
            .collect();
        let drawn = samples.select(&places);
        let cells = drawn.bottles.iter().flatten().map(|cell| short(*cell)).collect();
        let rows = Array2::from_shape_vec((drawn.len(), N_FEATURES), cells).expect("whole rows");
        let answers = drawn.scores.iter().map(|score| *score > 5.0).collect();
        let growth = Growth { n_leaf_min: 1, depth_max: depth };
        forest.push(&grow(&Lesson { rows, answers }, growth));
    }
    forest
}

#[expect(clippy::cast_possible_truncation, reason = "measurements fit a short float")]
pub(crate) fn short(cell: f64) -> f32 {
    cell as f32
}
