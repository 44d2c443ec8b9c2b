//! How rows find their leaves. Only here is anything taken without a look at whether it is there;
//! that it is, [`Forest`] sees to as its nodes are laid or read.
#![expect(unsafe_code, reason = "a look at the length of each list would take a third of a walk")]

use std::array;

use super::node::{Node, key, place};
use super::{Forest, Tree};

/// Rows side by side, whose walks through a tree overlap.
pub const LANES: usize = 16;

/// What blocks that go through a tree together may take: the tree lies beside them in the memory
/// that is next to the processor, of which there are 32 KB or more.
const TOGETHER_BYTES: usize = 16 * 1024;

/// So many blocks go together at most: the tree is there by then.
const TOGETHER_MAX: usize = 16;

/// Levels of nodes in a crown. Each costs twice the one above it, and a step of walks the same.
const CROWN_LEVELS: u32 = 3;

/// Places below a crown.
const N_ENDS: usize = 1 << CROWN_LEVELS;

/// Questions in a crown.
const N_ASKED: usize = N_ENDS - 1;

/// The top of a tree, the same for trees of all shapes. Every row is asked every question, many
/// rows at once, which is less work than to look for the few that matter to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crown {
    /// The nodes, level by level. A leaf's children are the leaf.
    nodes: [Node; N_ASKED],
    /// The nodes below the last level.
    ends: [u32; N_ENDS],
}

impl Crown {
    /// The crown of the tree with this root.
    pub(super) fn of(nodes: &[Node], root: u32) -> Self {
        let mut places = [root as usize; N_ASKED + N_ENDS];
        for at in 0..N_ASKED {
            let [below, above] = nodes[places[at]].children(places[at]);
            (places[2 * at + 1], places[2 * at + 2]) = (below, above);
        }
        Self {
            nodes: array::from_fn(|at| nodes[places[at]]),
            ends: array::from_fn(|end| place(places[N_ASKED + end])),
        }
    }

    /// Where the rows of a block are below it.
    #[inline]
    fn ends(&self, columns: &[[u32; LANES]]) -> [u32; LANES] {
        let mut places = [[0; LANES]; N_ASKED + N_ENDS];
        for (places, end) in places[N_ASKED..].iter_mut().zip(self.ends) {
            *places = [end; LANES];
        }
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let keys = &columns[node.feature()];
            let (below, above) = (places[2 * at + 1], places[2 * at + 2]);
            let chosen = |lane| if node.is_below(keys[lane]) { below[lane] } else { above[lane] };
            places[at] = array::from_fn(chosen);
        }
        places[0]
    }
}

impl Forest {
    /// How many blocks of so many features best go through the trees together.
    pub(super) fn n_blocks_together(n_features: usize) -> usize {
        let n_bytes = n_features * LANES * size_of::<u32>();
        (TOGETHER_BYTES / n_bytes).clamp(1, TOGETHER_MAX)
    }

    /// Blocks of rows through every tree: the keys of each feature of a block's rows lie side by
    /// side, then those of the next feature, and then the next block.
    pub(super) fn walk_blocks(&self, keys: &[[u32; LANES]], sums: &mut [[f32; LANES]]) {
        for tree in &self.trees {
            let blocks = keys.chunks_exact(self.n_features);
            for (columns, sums) in blocks.zip(sums.chunks_exact_mut(self.n_outputs)) {
                self.walk_block(tree, columns, &mut sums[tree.output as usize]);
            }
        }
    }

    #[inline]
    fn walk_block(&self, tree: &Tree, columns: &[[u32; LANES]], sums: &mut [f32; LANES]) {
        assert_eq!(columns.len(), self.n_features);
        let keys = columns.as_flattened();
        let mut places = tree.crown.ends(columns).map(|end| end as usize);
        for _ in CROWN_LEVELS..tree.depth {
            for (lane, at) in places.iter_mut().enumerate() {
                // SAFETY: a crown ends at nodes, and there are as many columns as features.
                *at = unsafe { self.step(*at, keys, |node| node.column() + lane) };
            }
        }
        for (sum, at) in sums.iter_mut().zip(places) {
            *sum += self.values[at];
        }
    }

    /// One row through many trees at once.
    pub(super) fn walk_row(&self, row: &[f32], sums: &mut [f32]) {
        assert_eq!(row.len(), self.n_features);
        let keys: Vec<_> = row.iter().map(|cell| key(*cell)).collect();
        for trees in self.trees.chunks(LANES) {
            // A step of all of them at once is compiled without a loop, so walks that are not
            // needed are taken along, from the last root.
            let root = |walk: usize| trees[walk.min(trees.len() - 1)].root as usize;
            let mut places = array::from_fn::<_, LANES, _>(root);
            for _ in 0..trees.last().map_or(0, |tree| tree.depth) {
                for at in &mut places {
                    // SAFETY: roots are nodes, and there are as many keys as features.
                    *at = unsafe { self.step(*at, &keys, Node::feature) };
                }
            }
            for (at, tree) in places.into_iter().zip(trees) {
                sums[tree.output as usize] += self.values[at];
            }
        }
    }

    /// Where a row goes from here.
    ///
    /// # Safety
    /// There is a node here, and a key wherever `cell` says that one of a feature is.
    #[inline]
    unsafe fn step(&self, at: usize, keys: &[u32], cell: impl Fn(Node) -> usize) -> usize {
        // SAFETY: whoever called has seen to both. Where it goes there is a node again.
        unsafe {
            let node = *self.nodes.get_unchecked(at);
            node.next(*keys.get_unchecked(cell(node)))
        }
    }
}
