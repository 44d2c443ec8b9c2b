//! Rows that a model remembers, laid out for comparing a new one with all of them: a Gaussian
//! machine (what a support vector regression leaves behind) and the nearest neighbours share one
//! pass over the distances.
//!
//! The regression is fitted by linfa-svm; its own way of answering copies and allocates for each
//! vector, which takes a hundred times as long. A test holds this one to linfa's answers.
#![expect(clippy::inline_always, reason = "what is compiled for wide registers is one function")]

use super::artefact::{Damage, Reader, Writer};
use super::nearest::{bound_of_nearest, places_within};
use super::wide::widely;

/// Rows side by side in a block.
pub(super) const LANES: usize = 8;

/// What a neighbour's distance is at least, so that the same row again does not decide alone.
const NEAR: f32 = 0.1;

/// Remembered rows of `N` features, with the weight and the value of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory<const N: usize> {
    n_rows: usize,
    /// Block by block, feature by feature, row by row.
    blocks: Vec<[[f32; LANES]; N]>,
    /// Of each row in the Gaussian machine, in whole blocks; rows that have none come last.
    weights: Vec<f32>,
    n_weights: usize,
    /// The value of each row.
    values: Vec<f32>,
    /// The machine's width, inverted, and what it adds.
    per_width: f32,
    offset: f32,
    n_neighbours: usize,
}

/// One remembered row.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered<const N: usize> {
    /// Its features.
    pub features: [f32; N],
    /// Its weight in the Gaussian machine.
    pub weight: f32,
    /// Its value.
    pub value: f32,
}

/// How rows are remembered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// `exp(-d²/width)` is what a row at the distance `d` counts in the machine.
    pub width: f32,
    /// What the machine adds.
    pub offset: f32,
    /// How many neighbours are asked; those as far as the last of them are asked too.
    pub n_neighbours: usize,
}

/// What the memory says of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recalled {
    /// The machine's answer.
    pub machine: f32,
    /// The neighbours' answer.
    pub neighbours: f32,
}

/// Room to work in, to be used again for the next row.
#[derive(Debug, Default)]
pub struct Scratch {
    distances: Vec<f32>,
    counts: Vec<f32>,
    nearest: Vec<u32>,
}

impl<const N: usize> Memory<N> {
    /// Remembers these rows.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(mut rows: Vec<Remembered<N>>, rule: Rule) -> Self {
        assert!(!rows.is_empty(), "there is something to remember");
        // The machine's rows first: only they need an exponential.
        rows.sort_by_key(|row| row.weight == 0.0);
        let n_rows = rows.len();
        let mut memory = Self {
            n_rows,
            blocks: vec![[[0.0; LANES]; N]; n_rows.div_ceil(LANES)],
            n_weights: rows.iter().filter(|row| row.weight != 0.0).count(),
            weights: in_whole_blocks(rows.iter().map(|row| row.weight).collect()),
            values: rows.iter().map(|row| row.value).collect(),
            per_width: 1.0 / rule.width,
            offset: rule.offset,
            n_neighbours: rule.n_neighbours,
        };
        for (place, row) in rows.iter().enumerate() {
            let block = &mut memory.blocks[place / LANES];
            for (column, value) in block.iter_mut().zip(row.features) {
                column[place % LANES] = value;
            }
        }
        memory
    }

    /// How many rows have a weight in the machine.
    pub fn n_weights(&self) -> usize {
        self.n_weights
    }

    /// What is remembered of a row with these features.
    pub fn recall(&self, features: &[f32; N], scratch: &mut Scratch) -> Recalled {
        let Scratch { distances, counts, nearest } = scratch;
        widely(
            #[inline(always)]
            || {
                self.measure(features, distances);
                Recalled {
                    machine: self.machine(distances, counts),
                    neighbours: self.neighbours(distances, nearest),
                }
            },
        )
    }

    /// The squared distance to every row; where a block has none, it is no number.
    #[inline(always)]
    fn measure(&self, features: &[f32; N], distances: &mut Vec<f32>) {
        distances.resize(self.n_rows.next_multiple_of(LANES), 0.0);
        // A copy that nothing else can change stays in the registers.
        let features = *features;
        for (block, distances) in self.blocks.iter().zip(distances.as_chunks_mut::<LANES>().0) {
            let mut sums = [0.0_f32; LANES];
            for (column, feature) in block.iter().zip(&features) {
                for (sum, value) in sums.iter_mut().zip(column) {
                    let difference = value - feature;
                    *sum += difference * difference;
                }
            }
            *distances = sums;
        }
        distances[self.n_rows..].fill(f32::NAN);
    }

    /// What each row counts first, and then the sum: a loop that does both is not compiled for
    /// registers as wide as either is alone.
    #[inline(always)]
    fn machine(&self, distances: &[f32], counts: &mut Vec<f32>) -> f32 {
        counts.resize(self.weights.len(), 0.0);
        let counts = &mut counts[..self.n_weights.next_multiple_of(LANES)];
        for (count, (weight, distance)) in counts.iter_mut().zip(self.weights.iter().zip(distances))
        {
            *count = weight * exp(-distance * self.per_width);
        }
        let mut sums = [0.0_f32; LANES];
        let (counts, _) = counts.as_chunks::<LANES>();
        for counts in counts {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        sums.iter().sum::<f32>() + self.offset
    }

    /// The mean of the nearest rows' values, each counted by the fourth power of its nearness.
    #[inline(always)]
    fn neighbours(&self, distances: &[f32], nearest: &mut Vec<u32>) -> f32 {
        let bound = bound_of_nearest(distances, self.n_neighbours.min(self.n_rows));
        let (mut sum, mut total) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        for places in places_within(distances, bound, nearest).chunks(LANES) {
            // Where a block is not full, what is infinitely far counts for nothing.
            let (mut near, mut values) = ([f32::INFINITY; LANES], [0.0_f32; LANES]);
            for (lane, place) in places.iter().enumerate() {
                near[lane] = distances[*place as usize];
                values[lane] = self.values[*place as usize];
            }
            for lane in 0..LANES {
                let near = near[lane].sqrt() + NEAR;
                let weight = 1.0 / (near * near * near * near);
                sum[lane] += weight * values[lane];
                total[lane] += weight;
            }
        }
        sum.iter().sum::<f32>() / total.iter().sum::<f32>()
    }

    /// Writes it down.
    pub fn write(&self, writer: &mut Writer) {
        writer.number(short(N));
        writer.number(short(self.n_neighbours));
        writer.short_floats(&[self.per_width, self.offset]);
        writer.short_floats(&self.weights[..self.n_rows]);
        writer.short_floats(&self.values);
        writer.short_floats(self.blocks.as_flattened().as_flattened());
    }

    /// Reads one back.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        let n_features = reader.number()? as usize;
        let n_neighbours = reader.number()? as usize;
        let [per_width, offset] = reader.short_floats()?[..] else { return Err(Damage::Senseless) };
        let (weights, values) = (reader.short_floats()?, reader.short_floats()?);
        let cells = reader.short_floats()?;
        let (columns, _) = cells.as_chunks::<LANES>();
        let (blocks, _) = columns.as_chunks::<N>();
        let n_rows = values.len();
        let n_cells = n_rows.next_multiple_of(LANES).checked_mul(N);
        let is_right = n_rows > 0
            && n_neighbours > 0
            && per_width > 0.0
            && weights.len() == n_rows
            && n_features == N
            && n_cells == Some(cells.len());
        if !is_right {
            return Err(Damage::Senseless);
        }
        let n_weights = weights.iter().take_while(|weight| **weight != 0.0).count();
        Ok(Self {
            n_rows,
            blocks: blocks.to_vec(),
            weights: in_whole_blocks(weights),
            n_weights,
            values,
            per_width,
            offset,
            n_neighbours,
        })
    }
}

/// So many numbers, and nothing in the rest of the last block.
fn in_whole_blocks(mut numbers: Vec<f32>) -> Vec<f32> {
    numbers.resize(numbers.len().next_multiple_of(LANES), 0.0);
    numbers
}

fn short(n: usize) -> u32 {
    u32::try_from(n).expect("counts of features and neighbours are small")
}

/// `e^x` for `x` of at most zero, to within three units in the last place. The system's own is as
/// good and takes a row at a time; this one the compiler turns into instructions for four.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// 1.5 · 2²³: adding it rounds to a whole number, which its last bits then are.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, so that the difference below is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * LN2_HIGH - whole * LN2_LOW;
    let power = 1.0
        + rest
            * (1.0
                + rest
                    * (0.5
                        + rest
                            * (1.0 / 6.0
                                + rest
                                    * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest * (1.0 / 720.0))))));
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    power * f32::from_bits(exponent)
}

#[cfg(test)]
mod tests {
    use linfa::Dataset;
    use linfa::prelude::Fit;
    use linfa_nn::distance::L2Dist;
    use linfa_nn::{LinearSearch, NearestNeighbour};
    use linfa_svm::Svm;
    use ndarray::{Array1, Array2, ArrayView1};
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    const N: usize = 203;

    fn rows() -> (Array2<f64>, Array1<f64>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
        // Short floats, so that both sides see the same rows.
        let rows =
            Array2::from_shape_simple_fn((N, 4), || f64::from(random.gen_range(-2.0_f32..2.0)));
        let values = rows.rows().into_iter().map(|row| (row[0] * row[1]).sin() + row[2]).collect();
        (rows, values)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the test's own short floats")]
    fn short(list: impl IntoIterator<Item = f64>) -> Vec<f32> {
        list.into_iter().map(|x| x as f32).collect()
    }

    fn short_row(row: ArrayView1<'_, f64>) -> [f32; 4] {
        short(row.iter().copied()).try_into().unwrap()
    }

    fn remembered(rows: &Array2<f64>, weights: &[f64], values: &[f64]) -> Vec<Remembered<4>> {
        let parts = rows.rows().into_iter().zip(weights.iter().zip(values));
        parts
            .map(|(row, (weight, value))| Remembered {
                features: short_row(row),
                weight: short([*weight])[0],
                value: short([*value])[0],
            })
            .collect()
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "the test's own short floats")]
    fn the_machine_gives_the_answers_of_linfa() {
        let (rows, values) = rows();
        let machine = Svm::<f64, f64>::params()
            .c_svr(1.0, Some(0.1))
            .gaussian_kernel(8.0)
            .fit(&Dataset::new(rows.clone(), values.clone()))
            .unwrap();
        let rule = Rule { width: 8.0, offset: -machine.rho as f32, n_neighbours: 5 };
        let all = remembered(&rows, &machine.alpha, values.as_slice().unwrap());
        let memory = Memory::new(all, rule);
        assert_eq!(memory.n_weights(), machine.nsupport());
        let mut scratch = Scratch::default();
        for row in rows.rows() {
            let told = machine.weighted_sum(&row) - machine.rho;
            let recalled = memory.recall(&short_row(row.view()), &mut scratch).machine;
            assert!((told - f64::from(recalled)).abs() < 1e-4, "{told} {recalled}");
        }
    }

    #[test]
    fn the_neighbours_are_those_of_linfa() {
        let (rows, values) = rows();
        let index = LinearSearch::new().from_batch(&rows, L2Dist).unwrap();
        let all = remembered(&rows, &vec![0.0; N], values.as_slice().unwrap());
        let rule = Rule { width: 1.0, offset: 0.0, n_neighbours: 10 };
        let memory = Memory::new(all, rule);
        let mut scratch = Scratch::default();
        for row in rows.rows() {
            let row = row.mapv(|x| f64::from(short([x + 0.05])[0]));
            let (mut sum, mut total) = (0.0, 0.0);
            for (near, place) in index.k_nearest(row.view(), 10).unwrap() {
                let distance: f64 = near.iter().zip(&row).map(|(a, b)| (a - b) * (a - b)).sum();
                let weight = (distance.sqrt() + f64::from(NEAR)).powi(-4);
                sum += weight * values[place];
                total += weight;
            }
            let recalled = memory.recall(&short_row(row.view()), &mut scratch).neighbours;
            assert!((sum / total - f64::from(recalled)).abs() < 1e-4, "{} {recalled}", sum / total);
        }
    }

    proptest! {
        #[test]
        fn the_exponential_is_right_to_the_last_places(x in -87.0_f32..=0.0) {
            let told = f64::from(x).exp();
            prop_assert!((f64::from(exp(x)) - told).abs() <= 3e-7 * told, "{x}");
        }
    }

    #[test]
    fn what_is_far_away_counts_for_nothing() {
        assert!(exp(-1e12) < 1e-37);
        assert!((exp(0.0) - 1.0).abs() < f32::EPSILON);
    }
}
