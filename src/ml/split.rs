//! Splits that keep what is the same on one side. A row that is trained on and tested on as well
//! makes every score look better than it is.

use std::collections::HashMap;

use rand::Rng;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The places of the rows that are the first of their kind, in order.
pub fn first_of_each<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = K>) -> Vec<usize> {
    let mut seen = std::collections::HashSet::new();
    keys.enumerate().filter_map(|(place, key)| seen.insert(key).then_some(place)).collect()
}

/// The fold of every row, of `n_folds` that are of nearly the same size: rows with the same key are
/// in the same fold.
pub fn folds_of<K: std::hash::Hash + Eq>(
    keys: impl Iterator<Item = K>,
    n_folds: usize,
    seed: u64,
) -> Vec<usize> {
    let mut groups = HashMap::new();
    let group_of: Vec<usize> = keys
        .map(|key| {
            let next = groups.len();
            *groups.entry(key).or_insert(next)
        })
        .collect();
    let folds = shuffled((0..groups.len()).map(|group| group % n_folds).collect(), seed);
    group_of.into_iter().map(|group| folds[group]).collect()
}

/// The same items in an order that the seed alone decides.
pub fn shuffled<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    for place in (1..items.len()).rev() {
        items.swap(place, random.gen_range(0..=place));
    }
    items
}

/// The places inside and outside of fold `fold`.
pub fn inside_and_outside(folds: &[usize], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..folds.len()).partition(|place| folds[*place] == fold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_share_a_fold_and_folds_are_of_one_size() {
        let keys: Vec<u32> = (0..1000).map(|n| n % 700).collect();
        let folds = folds_of(keys.iter(), 5, 1);
        for (a, b) in keys.iter().zip(&folds) {
            assert!(keys.iter().zip(&folds).all(|(c, d)| a != c || b == d));
        }
        for fold in 0..5 {
            let (inside, outside) = inside_and_outside(&folds, fold);
            assert_eq!(inside.len() + outside.len(), 1000);
            let mut kinds: Vec<_> = inside.iter().map(|place| keys[*place]).collect();
            kinds.sort_unstable();
            kinds.dedup();
            assert_eq!(kinds.len(), 140);
        }
        assert_eq!(folds, folds_of(keys.iter(), 5, 1));
        assert_ne!(folds, folds_of(keys.iter(), 5, 2));
    }

    #[test]
    fn the_first_of_each_kind_stays() {
        assert_eq!(first_of_each([3, 1, 3, 2, 1].iter()), [0, 1, 3]);
    }
}
