//! One node of a forest, and the numbers that it compares.

use super::walk::LANES;

/// Features that rows of a forest may have.
pub const FEATURES_MAX: usize = 1 << 20;

/// The bit of a negative number.
const SIGN: u32 = 1 << 31;

/// Where a row goes from here. A processor subtracts at once what comes of comparing two whole
/// numbers, so the thresholds and what is compared with them are [keys](key).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    /// A row goes left if its key is below. Of a leaf, what no key is below, so that it stays.
    threshold: u32,
    /// Where the feature's column begins, among columns of a block of rows.
    column: u32,
    /// The child for keys that are not below; the other one lies before it. Of a leaf, itself.
    above: u32,
}

impl Node {
    /// An end, which lies here.
    pub(super) fn leaf(at: usize) -> Self {
        Self { threshold: 0, column: 0, above: place(at) }
    }

    /// A question about a feature, with one child at `left` and the other behind it.
    pub(super) fn split(feature: usize, threshold: f32, left: usize) -> Self {
        let column = place(feature * LANES);
        Self { threshold: key(threshold), column, above: place(left + 1) }
    }

    /// What it asks about which feature, unless it is an end that lies at `at`.
    pub(super) fn question(self, at: usize) -> Option<(f32, usize)> {
        (self.above != place(at)).then(|| (number_of(self.threshold), self.feature()))
    }

    #[inline]
    pub(super) fn feature(self) -> usize {
        self.column as usize / LANES
    }

    /// Where the column of its feature begins, among columns of a block of rows.
    #[inline]
    pub(super) fn column(self) -> usize {
        self.column as usize
    }

    /// The children for keys that are below and that are not. Of a leaf, itself.
    pub(super) fn children(self, at: usize) -> [usize; 2] {
        let above = self.above as usize;
        [if above == at { at } else { above - 1 }, above]
    }

    /// Whether a row with this key goes to the first child.
    #[inline]
    pub(super) fn is_below(self, key: u32) -> bool {
        key < self.threshold
    }

    /// Where a row with this key goes.
    #[inline]
    pub(super) fn next(self, key: u32) -> usize {
        self.above.wrapping_sub(self.is_below(key).into()) as usize
    }
}

/// A whole number for each number, in the same order; both zeros have the same one. What is no
/// number is below nothing.
#[inline]
pub(super) fn key(number: f32) -> u32 {
    let bits = (number + 0.0).to_bits();
    // Numbers below zero have their bits in the other order.
    let is_negative = bits.cast_signed() >> 31;
    let key = bits ^ (is_negative.cast_unsigned() | SIGN);
    if number.is_nan() { u32::MAX } else { key }
}

/// The number that has this key.
fn number_of(key: u32) -> f32 {
    f32::from_bits(if key < SIGN { !key } else { key ^ SIGN })
}

pub(super) fn place(at: usize) -> u32 {
    u32::try_from(at).expect("a forest has fewer than 2^32 nodes")
}
