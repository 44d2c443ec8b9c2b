//! The wines: 1,599 red wines with eleven measurements and the score that tasters gave them.
//!
//! P. Cortez, A. Cerdeira, F. Almeida, T. Matos and J. Reis, "Modeling wine preferences by data
//! mining from physicochemical properties", Decision Support Systems 47 (2009). The data is under
//! CC BY 4.0.

use sha2::{Digest, Sha256};

use crate::ml::split;

/// How many measurements a wine has.
pub const N_MEASURED: usize = 11;

/// The measurements of one wine, in the order of the file.
pub type Bottle = [f64; N_MEASURED];

const CSV: &str = include_str!("../../../data/winequality-red.csv");

/// Wines and their scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// The measurements.
    pub bottles: Vec<Bottle>,
    /// What tasters said: 3 to 8 here, out of 0 to 10.
    pub scores: Vec<f64>,
}

impl Samples {
    /// Every row of the file.
    pub fn embedded() -> Self {
        let (mut bottles, mut scores) = (vec![], vec![]);
        for line in CSV.lines().skip(1) {
            let numbers = line.split(',').map(|cell| cell.parse().expect("a cell is a number"));
            let numbers: Vec<f64> = numbers.collect();
            let (score, measured) = numbers.split_last().expect("a line has cells");
            bottles.push(measured.try_into().expect("a line has eleven measurements and a score"));
            scores.push(*score);
        }
        Self { bottles, scores }
    }

    /// The SHA-256 of the file, to tell whether a model was trained on it.
    pub fn fingerprint() -> [u8; 32] {
        Sha256::digest(CSV).into()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.bottles.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bottles.is_empty()
    }

    /// Those at `places`.
    #[must_use]
    pub fn select(&self, places: &[usize]) -> Self {
        Self {
            bottles: places.iter().map(|place| self.bottles[*place]).collect(),
            scores: places.iter().map(|place| self.scores[*place]).collect(),
        }
    }

    /// Each wine once.
    #[must_use]
    pub fn without_duplicates(&self) -> Self {
        self.select(&split::first_of_each(self.keys()))
    }

    /// What makes two rows the same wine: every measurement, bit by bit.
    pub fn keys(&self) -> impl Iterator<Item = [u64; N_MEASURED]> {
        self.bottles.iter().map(|bottle| bottle.map(f64::to_bits))
    }

    /// The two sides on which models are compared: of the wines without duplicates, every fifth
    /// from the first on is for testing, the others for training.
    pub fn fixed_split(&self) -> (Self, Self) {
        let once = self.without_duplicates();
        let (test, train): (Vec<_>, Vec<_>) = (0..once.len()).partition(|place| place % 5 == 0);
        (once.select(&train), once.select(&test))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_one_that_is_credited() {
        let all = Samples::embedded();
        assert_eq!(all.len(), 1599);
        assert_eq!(all.without_duplicates().len(), 1359);
        let (train, test) = all.fixed_split();
        assert_eq!((train.len(), test.len()), (1087, 272));
        assert!(all.scores.iter().all(|score| (3.0..=8.0).contains(score)));
    }
}
