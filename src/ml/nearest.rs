//! The nearest of many rows: found by a bound that enough of them keep, in blocks side by side.
#![expect(clippy::inline_always, reason = "what is compiled for wide registers is one function")]

use super::kernel::LANES;

/// A row by its distance and its place. Distances are not negative, so keys sort as they do, and
/// the place breaks ties.
#[inline(always)]
fn key_of(distance: f32, place: usize) -> u64 {
    u64::from(distance.to_bits()) << 32 | place as u64
}

#[inline(always)]
pub(super) fn distance_of(key: u64) -> f32 {
    f32::from_bits((key >> 32) as u32)
}

#[inline(always)]
pub(super) fn place_of(key: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is the place")]
    let place = key as u32 as usize;
    place
}

/// The keys of the `n_asked` nearest rows, in the order of their places.
#[inline(always)]
pub(super) fn find_nearest(
    distances: &[f32],
    n_asked: usize,
    nearest: &mut Vec<u64>,
    ranked: &mut Vec<u64>,
) {
    let (blocks, _) = distances.as_chunks::<LANES>();
    let bound = bound_of_nearest(blocks, n_asked, ranked);
    nearest.clear();
    for (at, block) in blocks.iter().enumerate() {
        // Hardly any row is that near, so most of a pass is one comparison for several at once.
        if block.iter().map(|distance| u32::from(*distance <= bound)).sum::<u32>() == 0 {
            continue;
        }
        for (lane, distance) in block.iter().enumerate() {
            if *distance <= bound {
                nearest.push(key_of(*distance, at * LANES + lane));
            }
        }
    }
    if nearest.len() > n_asked {
        ranked.clone_from(nearest);
        let last = *ranked.select_nth_unstable(n_asked - 1).1;
        nearest.retain(|key| *key <= last);
    }
}

/// A distance that at least `n_asked` rows keep: as many groups of rows have one that is as near.
#[inline(always)]
fn bound_of_nearest(blocks: &[[f32; LANES]], n_asked: usize, leasts: &mut Vec<u64>) -> f32 {
    leasts.clear();
    for blocks in blocks.chunks(LANES) {
        // Lane by lane: rows of several blocks that lie in one lane are a group.
        let mut least = [f32::INFINITY; LANES];
        for block in blocks {
            for (least, distance) in least.iter_mut().zip(block) {
                *least = if *distance < *least { *distance } else { *least };
            }
        }
        leasts.extend_from_slice(&least.map(|distance| key_of(distance, 0)));
    }
    if leasts.len() < n_asked {
        return f32::INFINITY;
    }
    distance_of(*leasts.select_nth_unstable(n_asked - 1).1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_nearest_are_the_least_of_all_and_the_first_of_equals(
            whole in prop::collection::vec(0_u8..40, 1..600),
            n_asked in 1_usize..90,
        ) {
            let mut distances: Vec<_> = whole.iter().copied().map(f32::from).collect();
            distances.resize(whole.len().next_multiple_of(LANES), f32::INFINITY);
            let n_asked = n_asked.min(whole.len());
            let (mut nearest, mut ranked) = (vec![], vec![]);
            find_nearest(&distances, n_asked, &mut nearest, &mut ranked);
            let mut places: Vec<_> = (0..whole.len()).collect();
            places.sort_by_key(|place| whole[*place]);
            places.truncate(n_asked);
            places.sort_unstable();
            let found: Vec<_> = nearest.iter().copied().map(place_of).collect();
            prop_assert_eq!(found, places);
        }
    }
}
