//! One flat forest: every node of every tree in one array, rows walked in blocks, many of them
//! through one tree before the next.
//!
//! Trees of linfa are boxes that point at boxes. Here a node is a threshold, a feature and the
//! place of its two children, which lie side by side; a leaf leads to itself, so a walk of as many
//! steps as the tree is deep needs no branch, and the walks of several rows overlap. The first
//! levels are not walked at all: every row of a block is asked all their questions at once. Nothing
//! good exists for linfa's trees, and this is the heart of the service, so it is ours.
//!
//! It refuses trees that are not trees: [`Forest::read`] checks every step that a walk could
//! take, so that no artefact, however forged, can lead one astray.

mod node;
mod walk;

#[cfg(test)]
mod tests;

pub use node::FEATURES_MAX;
use node::{Node, key, place};
use walk::Crown;
pub use walk::LANES;

use super::artefact::{Damage, Reader, Writer};

/// Decision trees, each with one value in every leaf. The trees take turns in what they speak of:
/// of three outputs, the first tree adds to the first, the fourth to the first again.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    n_features: usize,
    n_outputs: usize,
    /// Every child that a node has is one of them, and every feature one of the forest's: walks do
    /// not look whether it is so.
    nodes: Vec<Node>,
    /// What the leaves say, each at the place of its node.
    values: Vec<f32>,
    /// The roots in the order in which the trees came.
    roots: Vec<u32>,
    /// The trees in the order in which they are walked, the shallow ones first: those that are
    /// walked together take as many steps as the deepest of them.
    trees: Vec<Tree>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tree {
    root: u32,
    depth: u32,
    /// The output that it adds to.
    output: u32,
    crown: Crown,
}

/// One tree on its way into a forest.
#[derive(Debug, Clone, PartialEq)]
pub enum Branch {
    /// An end, with its value.
    Leaf(f32),
    /// A question: is the feature's value below the threshold?
    Split {
        /// The feature asked about.
        feature: usize,
        /// What its value is compared with.
        threshold: f32,
        /// If below.
        below: Box<Branch>,
        /// If not.
        above: Box<Branch>,
    },
}

impl Forest {
    /// A forest without trees, for rows of so many features and with so many outputs.
    ///
    /// # Panics
    /// If there is no feature or no output, or more features than [`FEATURES_MAX`].
    pub fn new(n_features: usize, n_outputs: usize) -> Self {
        assert!((1..=FEATURES_MAX).contains(&n_features), "a forest of {n_features} features");
        assert!(n_outputs > 0, "a forest has an output");
        Self { n_features, n_outputs, nodes: vec![], values: vec![], roots: vec![], trees: vec![] }
    }

    /// Adds a tree.
    ///
    /// # Panics
    /// If it asks about a feature that rows do not have.
    pub fn push(&mut self, tree: &Branch) {
        let root = self.reserve(1);
        let depth = self.lay(tree, root);
        let tree = self.planted(place(root), depth);
        let at = self.trees.partition_point(|tree| tree.depth <= depth);
        self.trees.insert(at, tree);
    }

    /// The next tree, with this root; where it is walked is to be said.
    fn planted(&mut self, root: u32, depth: u32) -> Tree {
        let output = place(self.roots.len() % self.n_outputs);
        self.roots.push(root);
        Tree { root, depth, output, crown: Crown::of(&self.nodes, root) }
    }

    fn reserve(&mut self, n: usize) -> usize {
        let first = self.nodes.len();
        self.nodes.extend((first..first + n).map(Node::leaf));
        self.values.resize(first + n, 0.0);
        first
    }

    /// Puts a branch at `at`; how deep it is.
    fn lay(&mut self, branch: &Branch, at: usize) -> u32 {
        match branch {
            Branch::Leaf(value) => {
                self.values[at] = *value;
                0
            }
            Branch::Split { feature, threshold, below, above } => {
                assert!(*feature < self.n_features, "a tree asks about feature {feature}");
                let left = self.reserve(2);
                self.nodes[at] = Node::split(*feature, *threshold, left);
                1 + self.lay(below, left).max(self.lay(above, left + 1))
            }
        }
    }

    /// How many trees there are.
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// How many features a row has.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// How many outputs.
    pub fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// How many nodes the trees have together.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// How deep the deepest is.
    pub fn depth(&self) -> u32 {
        self.trees.last().map_or(0, |tree| tree.depth)
    }

    /// Adds to `sums`, for each row and output, the values of the output's trees. Rows lie one
    /// behind the other, and so do the outputs of a row. A row's sums do not depend on its company.
    ///
    /// # Panics
    /// If `rows` is not as long as `sums` asks for.
    pub fn add_to(&self, rows: &[f32], sums: &mut [f32]) {
        let n_rows = sums.len() / self.n_outputs;
        assert_eq!(rows.len(), n_rows * self.n_features, "rows of {} features", self.n_features);
        let n_whole = n_rows / LANES * LANES;
        let (blocks, rest) = rows.split_at(n_whole * self.n_features);
        let (block_sums, rest_sums) = sums.split_at_mut(n_whole * self.n_outputs);
        self.add_blocks(blocks, block_sums);
        let rest = rest.chunks_exact(self.n_features);
        for (row, sums) in rest.zip(rest_sums.chunks_exact_mut(self.n_outputs)) {
            self.walk_row(row, sums);
        }
    }

    /// Lays whole blocks of rows side by side.
    fn add_blocks(&self, rows: &[f32], sums: &mut [f32]) {
        let n_rows = LANES * self.n_together();
        let (mut keys, mut of_columns) = (vec![], vec![]);
        let together = rows.chunks(n_rows * self.n_features);
        for (rows, sums) in together.zip(sums.chunks_mut(n_rows * self.n_outputs)) {
            lay_side_by_side(rows, self.n_features, key, &mut keys);
            lay_side_by_side(sums, self.n_outputs, |sum| sum, &mut of_columns);
            self.walk_blocks(&keys, &mut of_columns);
            let blocks = sums.chunks_exact_mut(LANES * self.n_outputs);
            for (sums, of_columns) in blocks.zip(of_columns.chunks_exact(self.n_outputs)) {
                for (lane, sums) in sums.chunks_exact_mut(self.n_outputs).enumerate() {
                    sums.iter_mut().zip(of_columns).for_each(|(sum, of)| *sum = of[lane]);
                }
            }
        }
    }

    /// How many blocks best go through the trees together.
    pub fn n_together(&self) -> usize {
        Self::n_blocks_together(self.n_features)
    }

    /// The same for blocks whose rows lie side by side: each feature of all rows of a block, then
    /// the next, and then the next block. What their walks look at together lies together.
    ///
    /// # Panics
    /// If there are not as many features and outputs for each block as the forest has.
    pub fn add_side_by_side(&self, columns: &[[f32; LANES]], sums: &mut [[f32; LANES]]) {
        let n_blocks = sums.len() / self.n_outputs;
        let n_asked = [n_blocks * self.n_features, n_blocks * self.n_outputs];
        assert_eq!([columns.len(), sums.len()], n_asked);
        let keys: Vec<_> = columns.iter().map(|column| column.map(key)).collect();
        self.walk_blocks(&keys, sums);
    }

    /// Writes it down.
    pub fn write(&self, writer: &mut Writer) {
        writer.number(place(self.n_features));
        writer.number(place(self.n_outputs));
        let (mut thresholds, mut features, mut lefts) = (vec![], vec![], vec![]);
        for (at, node) in self.nodes.iter().enumerate() {
            // What a leaf asks says nothing that its place does not.
            let (threshold, feature) = node.question(at).unwrap_or_default();
            let [left, _] = node.children(at);
            thresholds.push(threshold);
            features.push(place(feature));
            lefts.push(place(left));
        }
        writer.short_floats(&thresholds);
        writer.numbers(&features);
        writer.numbers(&lefts);
        writer.short_floats(&self.values);
        writer.numbers(&self.roots);
    }

    /// Reads one back.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        let (n_features, n_outputs) = (reader.number()? as usize, reader.number()? as usize);
        let (thresholds, features) = (reader.short_floats()?, reader.numbers()?);
        let (lefts, values, roots) = (reader.numbers()?, reader.short_floats()?, reader.numbers()?);
        let n = thresholds.len();
        let is_even = [features.len(), lefts.len(), values.len()] == [n; 3];
        if n_outputs == 0 || !(1..=FEATURES_MAX).contains(&n_features) || !is_even {
            return Err(Damage::Senseless);
        }
        // The depth of every node's branch, from the last node back: children come after parents.
        let (mut nodes, mut depths) = ((0..n).map(Node::leaf).collect::<Vec<_>>(), vec![0_u32; n]);
        for at in (0..n).rev() {
            let (feature, left) = (features[at] as usize, lefts[at] as usize);
            if feature >= n_features || left < at || (left > at && left + 1 >= n) {
                return Err(Damage::Senseless);
            }
            if left > at {
                nodes[at] = Node::split(feature, thresholds[at], left);
                depths[at] = 1 + depths[left].max(depths[left + 1]);
            }
        }
        let mut forest = Self { nodes, values, ..Self::new(n_features, n_outputs) };
        for root in roots {
            let depth = *depths.get(root as usize).ok_or(Damage::Senseless)?;
            let tree = forest.planted(root, depth);
            forest.trees.push(tree);
        }
        // In the order in which they would have been added one by one.
        forest.trees.sort_by_key(|tree| tree.depth);
        Ok(forest)
    }
}

/// Blocks of rows with their numbers side by side: each of all rows of a block, then the next.
fn lay_side_by_side<T: Copy + Default>(
    rows: &[f32],
    n_each: usize,
    laid: impl Fn(f32) -> T,
    columns: &mut Vec<[T; LANES]>,
) {
    columns.clear();
    for block in rows.chunks_exact(LANES * n_each) {
        let first = columns.len();
        columns.resize(first + n_each, [T::default(); LANES]);
        for (lane, row) in block.chunks_exact(n_each).enumerate() {
            let columns = &mut columns[first..];
            columns.iter_mut().zip(row).for_each(|(column, value)| column[lane] = laid(*value));
        }
    }
}
