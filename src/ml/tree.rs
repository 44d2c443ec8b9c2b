//! Trees of linfa, grown so that chance has no part in them, and read off as branches.
//!
//! linfa-trees counts the weights of classes in a hash map with a random seed, so their sums, and
//! who wins a tie, differ from one process to the next. Both cannot happen here: there are two
//! classes only, and the sum of two numbers does not depend on their order; and one class weighs a
//! thousandth more than the other, so that no count of fewer than a thousand rows ties with
//! another. All those weights and their sums are exact in the floats that linfa counts in.

use linfa::Dataset;
use linfa::prelude::Fit;
use linfa_trees::{DecisionTree, SplitQuality, TreeNode};
use ndarray::{Array1, Array2};

use super::forest::Branch;

/// What a yes weighs; a no weighs one. A multiple of 2⁻¹⁰, so that sums are exact.
const YES: f32 = 1.0 + 1.0 / 1024.0;

/// How a tree is grown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Rows that a leaf has at least.
    pub n_leaf_min: u16,
    /// How deep it is at most.
    pub depth_max: usize,
}

/// Rows to learn from, and of each whether it is so.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// The rows.
    pub rows: Array2<f32>,
    /// The answers.
    pub answers: Vec<bool>,
}

/// Grows a tree whose leaves tell the share of those rows of the lesson for which it is so.
///
/// # Panics
/// If the lesson is empty.
pub fn grow(lesson: &Lesson, growth: Growth) -> Branch {
    let n_yes = lesson.answers.iter().filter(|answer| **answer).count();
    if n_yes == 0 || n_yes == lesson.answers.len() {
        return Branch::Leaf(share(lesson, &(0..lesson.answers.len()).collect::<Vec<_>>(), false));
    }
    let tree = fit(lesson, growth);
    read_off(tree.root_node(), lesson, (0..lesson.answers.len()).collect())
}

/// The tree as linfa grows it.
fn fit(lesson: &Lesson, growth: Growth) -> DecisionTree<f32, bool> {
    let weights = lesson.answers.iter().map(|answer| if *answer { YES } else { 1.0 });
    let data = Dataset::new(lesson.rows.clone(), Array1::from(lesson.answers.clone()))
        .with_weights(weights.collect());
    DecisionTree::params()
        .split_quality(SplitQuality::Gini)
        .max_depth(Some(growth.depth_max))
        .min_weight_leaf(f32::from(growth.n_leaf_min))
        .min_weight_split(2.0 * f32::from(growth.n_leaf_min))
        .fit(&data)
        .expect("a lesson with both answers can be learned")
}

/// The branch below a node, which the rows at `places` reach.
fn read_off(node: &TreeNode<f32, bool>, lesson: &Lesson, places: Vec<usize>) -> Branch {
    let (feature, threshold, _) = node.split();
    let [Some(below), Some(above)] = node.children()[..] else {
        return Branch::Leaf(share(lesson, &places, node.prediction().unwrap_or(false)));
    };
    let (left, right) = places.into_iter().partition(|at| lesson.rows[[*at, feature]] < threshold);
    Branch::Split {
        feature,
        threshold,
        below: Box::new(read_off(below, lesson, left)),
        above: Box::new(read_off(above, lesson, right)),
    }
}

/// The share of a leaf's rows for which it is so; what linfa says where rounding left it no row.
fn share(lesson: &Lesson, places: &[usize], otherwise: bool) -> f32 {
    let n = |n: usize| f32::from(u16::try_from(n).expect("a lesson has fewer than 2^16 rows"));
    let n_yes = places.iter().filter(|place| lesson.answers[**place]).count();
    if places.is_empty() { f32::from(u8::from(otherwise)) } else { n(n_yes) / n(places.len()) }
}

#[cfg(test)]
mod tests {
    use linfa::prelude::Predict;

    use super::*;
    use crate::ml::forest::Forest;
    use crate::ml::wine::Samples;

    #[expect(clippy::cast_possible_truncation, reason = "measurements fit a short float")]
    fn lesson(above: f64) -> Lesson {
        let samples = Samples::embedded();
        let cells = samples.bottles.iter().flatten().map(|cell| *cell as f32).collect();
        let rows = Array2::from_shape_vec((samples.len(), 11), cells).unwrap();
        Lesson { rows, answers: samples.scores.iter().map(|score| *score > above).collect() }
    }

    #[test]
    fn the_flat_forest_gives_the_answers_of_linfa() {
        for (above, depth_max) in [(5.0, 4), (5.0, 30), (6.0, 12), (3.0, 8)] {
            let lesson = lesson(above);
            let growth = Growth { n_leaf_min: 2, depth_max };
            let tree = fit(&lesson, growth);
            let told: Vec<bool> = tree.predict(&lesson.rows).to_vec();
            let mut forest = Forest::new(11, 1);
            forest.push(&grow(&lesson, growth));
            let mut shares = vec![0.0; told.len()];
            forest.add_to(lesson.rows.as_slice().unwrap(), &mut shares);
            // Of as many rows that are so as are not, linfa says by their weight that they are.
            assert!(shares.iter().zip(&told).all(|(share, told)| (*share >= 0.5) == *told));
            assert!(above < 4.0 || told.contains(&true) && told.contains(&false));
            // A leaf tells the true share of its rows, so all of them together the true number.
            let n_yes = lesson.answers.iter().filter(|answer| **answer).count();
            let total: f32 = shares.iter().sum();
            let off = (f64::from(total) - f64::from(u16::try_from(n_yes).unwrap())).abs();
            assert!(off < 0.05, "{total} of {n_yes}");
        }
    }

    #[test]
    fn the_same_lesson_grows_the_same_tree() {
        // Each map of linfa has a seed of its own, so chance would show within one process.
        let lesson = lesson(5.0);
        let growth = Growth { n_leaf_min: 1, depth_max: 30 };
        let first = grow(&lesson, growth);
        assert!((0..5).all(|_| grow(&lesson, growth) == first));
    }

    #[test]
    fn a_lesson_with_one_answer_is_a_leaf() {
        let mut lesson = lesson(5.0);
        lesson.answers.fill(true);
        let growth = Growth { n_leaf_min: 1, depth_max: 3 };
        assert_eq!(grow(&lesson, growth), Branch::Leaf(1.0));
    }
}
