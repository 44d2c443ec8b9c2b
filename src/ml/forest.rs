//! One flat forest: every node of every tree in one array, rows walked in blocks, many of them
//! through one tree before the next.
//!
//! Trees of linfa are boxes that point at boxes. Here a node is a threshold, a feature and the
//! place of its left child, whose sibling lies beside it; a leaf leads to itself, so a walk of as
//! many steps as the tree is deep needs no branch, and the walks of several rows overlap. Nothing
//! good exists for linfa's trees, and this is the heart of the service, so it is ours.
//!
//! It refuses trees that are not trees: [`Forest::read`] checks every step that a walk could
//! take, so that no artefact, however forged, can lead one astray.

use super::artefact::{Damage, Reader, Writer};

/// Rows side by side, whose walks through a tree overlap.
pub const LANES: usize = 8;

/// What blocks that go through a tree together may take: the tree lies beside them in the memory
/// that is next to the processor, of which there are 32 KB or more.
const TOGETHER_BYTES: usize = 16 * 1024;

/// So many blocks go together at most: the tree is there by then.
const TOGETHER_MAX: usize = 16;

/// Trees that a single row walks through at once: more, for its walks share nothing but the row.
const WALKS: usize = 16;

/// Decision trees, each with one value in every leaf. The trees take turns in what they speak of:
/// of three outputs, the first tree adds to the first, the fourth to the first again.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    n_features: usize,
    n_outputs: usize,
    nodes: Vec<Node>,
    values: Vec<f32>,
    /// The roots in the order in which the trees came.
    roots: Vec<u32>,
    /// The trees in the order in which they are walked, the shallow ones first: those that are
    /// walked together take as many steps as the deepest of them.
    trees: Vec<Tree>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    /// A row goes left if its value is below. Of a leaf infinity, so that every row stays.
    threshold: f32,
    feature: u32,
    /// The child for values below the threshold; the other one lies behind it. Of a leaf, itself.
    left: u32,
}

impl Node {
    /// Where a row with this value goes.
    fn next(self, value: f32) -> u32 {
        self.left + u32::from(value >= self.threshold)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tree {
    root: u32,
    depth: u32,
    /// The output that it adds to.
    output: u32,
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
    /// If there is no output.
    pub fn new(n_features: usize, n_outputs: usize) -> Self {
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
        Tree { root, depth, output }
    }

    fn reserve(&mut self, n: usize) -> usize {
        let first = self.nodes.len();
        let blank = Node { threshold: f32::INFINITY, feature: 0, left: 0 };
        self.nodes.resize(first + n, blank);
        self.values.resize(first + n, 0.0);
        first
    }

    /// Puts a branch at `at`; how deep it is.
    fn lay(&mut self, branch: &Branch, at: usize) -> u32 {
        match branch {
            Branch::Leaf(value) => {
                self.nodes[at] = Node { threshold: f32::INFINITY, feature: 0, left: place(at) };
                self.values[at] = *value;
                0
            }
            Branch::Split { feature, threshold, below, above } => {
                assert!(*feature < self.n_features, "a tree asks about feature {feature}");
                let left = self.reserve(2);
                let (threshold, feature) = (*threshold, place(*feature));
                self.nodes[at] = Node { threshold, feature, left: place(left) };
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
        if n_whole > 0 {
            self.add_blocks(blocks, block_sums);
        }
        let rest = rest.chunks_exact(self.n_features);
        for (row, sums) in rest.zip(rest_sums.chunks_exact_mut(self.n_outputs)) {
            self.walk_trees(row, sums);
        }
    }

    /// How many blocks best go through the trees together.
    pub fn n_together(&self) -> usize {
        let n_bytes = self.n_features * LANES * size_of::<f32>();
        (TOGETHER_BYTES / n_bytes.max(1)).clamp(1, TOGETHER_MAX)
    }

    /// Lays whole blocks of rows side by side.
    fn add_blocks(&self, rows: &[f32], sums: &mut [f32]) {
        let n_rows = LANES * self.n_together();
        let (mut columns, mut of_columns) = (vec![], vec![]);
        let together = rows.chunks(n_rows * self.n_features);
        for (rows, sums) in together.zip(sums.chunks_mut(n_rows * self.n_outputs)) {
            columns.clear();
            lay_side_by_side(rows, self.n_features, &mut columns);
            of_columns.clear();
            lay_side_by_side(sums, self.n_outputs, &mut of_columns);
            self.add_side_by_side(&columns, &mut of_columns);
            let blocks = sums.chunks_exact_mut(LANES * self.n_outputs);
            for (sums, of_columns) in blocks.zip(of_columns.chunks_exact(self.n_outputs)) {
                for (lane, sums) in sums.chunks_exact_mut(self.n_outputs).enumerate() {
                    sums.iter_mut().zip(of_columns).for_each(|(sum, of)| *sum = of[lane]);
                }
            }
        }
    }

    /// The same for blocks whose rows lie side by side: each feature of all rows of a block, then
    /// the next, and then the next block. What their walks look at together lies together, at the
    /// root of a tree above all.
    ///
    /// # Panics
    /// If there are not as many features and outputs for each block as the forest has.
    pub fn add_side_by_side(&self, columns: &[[f32; LANES]], sums: &mut [[f32; LANES]]) {
        let n_blocks = sums.len() / self.n_outputs;
        let n_asked = [n_blocks * self.n_features, n_blocks * self.n_outputs];
        assert_eq!([columns.len(), sums.len()], n_asked);
        for tree in &self.trees {
            let blocks = columns.chunks_exact(self.n_features);
            for (columns, sums) in blocks.zip(sums.chunks_exact_mut(self.n_outputs)) {
                self.walk(tree, columns, &mut sums[tree.output as usize]);
            }
        }
    }

    /// A block of rows through one tree.
    #[inline]
    fn walk(&self, tree: &Tree, columns: &[[f32; LANES]], sums: &mut [f32; LANES]) {
        let mut at = [tree.root; LANES];
        for _ in 0..tree.depth {
            for (lane, at) in at.iter_mut().enumerate() {
                let node = self.nodes[*at as usize];
                *at = node.next(columns[node.feature as usize][lane]);
            }
        }
        for (sum, at) in sums.iter_mut().zip(at) {
            *sum += self.values[at as usize];
        }
    }

    /// One row through many trees at once.
    fn walk_trees(&self, row: &[f32], sums: &mut [f32]) {
        for trees in self.trees.chunks(WALKS) {
            // A step of all of them at once is compiled without a loop, so walks that are not
            // needed are taken along, anywhere.
            let mut at = [0; WALKS];
            for (at, tree) in at.iter_mut().zip(trees) {
                *at = tree.root;
            }
            let depth = trees.last().map_or(0, |tree| tree.depth);
            for _ in 0..depth {
                for at in &mut at {
                    let node = self.nodes[*at as usize];
                    *at = node.next(row[node.feature as usize]);
                }
            }
            for (at, tree) in at.iter().zip(trees) {
                sums[tree.output as usize] += self.values[*at as usize];
            }
        }
    }

    /// Writes it down.
    pub fn write(&self, writer: &mut Writer) {
        writer.number(place(self.n_features));
        writer.number(place(self.n_outputs));
        // A leaf's infinity says nothing that its place does not.
        let thresholds = self
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| if node.left == place(at) { 0.0 } else { node.threshold });
        writer.short_floats(&thresholds.collect::<Vec<_>>());
        writer.numbers(&self.nodes.iter().map(|node| node.feature).collect::<Vec<_>>());
        writer.numbers(&self.nodes.iter().map(|node| node.left).collect::<Vec<_>>());
        writer.short_floats(&self.values);
        writer.numbers(&self.roots);
    }

    /// Reads one back.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        let (n_features, n_outputs) = (reader.number()? as usize, reader.number()? as usize);
        let (thresholds, features) = (reader.short_floats()?, reader.numbers()?);
        let (lefts, values, roots) = (reader.numbers()?, reader.short_floats()?, reader.numbers()?);
        let n = thresholds.len();
        if n_outputs == 0 || [features.len(), lefts.len(), values.len()] != [n; 3] {
            return Err(Damage::Senseless);
        }
        let mut nodes: Vec<Node> = thresholds
            .into_iter()
            .zip(features.into_iter().zip(lefts))
            .map(|(threshold, (feature, left))| Node { threshold, feature, left })
            .collect();
        // The depth of every node's branch, from the last node back: children come after parents.
        let mut depths = vec![0_u32; n];
        for at in (0..n).rev() {
            let node = &mut nodes[at];
            if node.feature as usize >= n_features {
                return Err(Damage::Senseless);
            }
            let left = node.left as usize;
            if left == at {
                node.threshold = f32::INFINITY;
            } else if left > at && left + 1 < n {
                depths[at] = 1 + depths[left].max(depths[left + 1]);
            } else {
                return Err(Damage::Senseless);
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

/// Adds blocks of rows whose numbers lie side by side: each of all rows of a block, then the next.
fn lay_side_by_side(rows: &[f32], n_each: usize, columns: &mut Vec<[f32; LANES]>) {
    for block in rows.chunks_exact(LANES * n_each) {
        let first = columns.len();
        columns.resize(first + n_each, [0.0; LANES]);
        for (lane, row) in block.chunks_exact(n_each).enumerate() {
            let columns = &mut columns[first..];
            columns.iter_mut().zip(row).for_each(|(column, value)| column[lane] = *value);
        }
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).expect("a forest has fewer than 2^32 nodes")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(feature: usize, threshold: f32, below: Branch, above: Branch) -> Branch {
        Branch::Split { feature, threshold, below: Box::new(below), above: Box::new(above) }
    }

    /// What a tree says, told by the tree itself.
    fn answer(tree: &Branch, row: &[f32]) -> f32 {
        match tree {
            Branch::Leaf(value) => *value,
            Branch::Split { feature, threshold, below, above } => {
                answer(if row[*feature] < *threshold { below } else { above }, row)
            }
        }
    }

    fn trees() -> impl Strategy<Value = Branch> {
        let leaf = (-9_i8..9).prop_map(|value| Branch::Leaf(f32::from(value)));
        leaf.prop_recursive(6, 60, 2, |branch| {
            (0..3_usize, -4_i8..4, branch.clone(), branch)
                .prop_map(|(feature, at, below, above)| split(feature, f32::from(at), below, above))
        })
    }

    fn sums(forest: &Forest, rows: &[f32]) -> Vec<f32> {
        let mut sums = vec![0.0; rows.len() / 3 * forest.n_outputs()];
        forest.add_to(rows, &mut sums);
        sums
    }

    proptest! {
        #[test]
        fn a_forest_says_what_its_trees_say(
            trees in prop::collection::vec(trees(), 0..20),
            n_outputs in 1..4_usize,
            rows in prop::collection::vec(-5_i8..5, 0..60),
        ) {
            let rows: Vec<f32> = rows.chunks_exact(3).flatten().copied().map(f32::from).collect();
            let mut forest = Forest::new(3, n_outputs);
            for tree in &trees {
                forest.push(tree);
            }
            let told: Vec<f32> = rows
                .chunks_exact(3)
                .flat_map(|row| {
                    let of = |output| trees.iter().skip(output).step_by(n_outputs);
                    let sum = move |output| of(output).map(|tree| answer(tree, row)).sum::<f32>();
                    (0..n_outputs).map(sum).collect::<Vec<_>>()
                })
                .collect();
            prop_assert_eq!(sums(&forest, &rows), told);
            // One row at a time, and once written down, it is the same forest.
            let each: Vec<f32> = rows.chunks_exact(3).flat_map(|row| sums(&forest, row)).collect();
            prop_assert_eq!(&each, &sums(&forest, &rows));
            let mut writer = Writer::new("forest");
            forest.write(&mut writer);
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes, "forest").unwrap();
            prop_assert_eq!(Forest::read(&mut reader).unwrap(), forest);
        }

        #[test]
        fn a_forged_forest_is_refused_or_harmless(
            features in prop::collection::vec(0..4_u32, 1..6),
            lefts in prop::collection::vec(0..8_u32, 1..6),
            root in 0..8_u32,
        ) {
            let n = features.len().min(lefts.len());
            let mut writer = Writer::new("forest");
            writer.number(3);
            writer.number(1);
            writer.short_floats(&vec![0.5; n]);
            writer.numbers(&features[..n]);
            writer.numbers(&lefts[..n]);
            writer.short_floats(&vec![1.0; n]);
            writer.numbers(&[root]);
            let bytes = writer.finish();
            if let Ok(forest) = Forest::read(&mut Reader::new(&bytes, "forest").unwrap()) {
                prop_assert_eq!(sums(&forest, &[0.0; 27]), vec![1.0; 9]);
            }
        }
    }
}
