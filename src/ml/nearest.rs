//! The nearest rows: their bound, found by counting who lies within one, and then who that is. Both
//! take one comparison for several rows at once and no branch that a processor could guess wrong.
#![expect(clippy::inline_always, reason = "what is compiled for wide registers is one function")]

use super::kernel::LANES;

/// Blocks among which the least distance of each lane is found.
const BLOCKS_OF_A_LEAST: usize = 8;

/// A distance within which `n_asked` rows lie, and as few more as can be: those that lie exactly as
/// far as the last of them, for nothing tells them apart. Distances are not negative, and where a
/// block has no row, no number; there are at least `n_asked` rows.
#[inline(always)]
pub(super) fn bound_of_nearest(distances: &[f32], n_asked: usize) -> f32 {
    let (blocks, _) = distances.as_chunks::<LANES>();
    // Distances sort as their bits do, and bits are halved in few steps.
    let [mut low, mut high] = span_of_nearest(blocks, n_asked).map(f32::to_bits);
    while low < high {
        let middle = low + (high - low) / 2;
        let n_within = count_within(distances, f32::from_bits(middle));
        if n_within < n_asked {
            low = middle + 1;
        } else {
            high = middle;
        }
        if n_within == n_asked {
            break;
        }
    }
    f32::from_bits(high)
}

/// Two distances: the least, and one within which `n_asked` rows lie.
#[inline(always)]
fn span_of_nearest(blocks: &[[f32; LANES]], n_asked: usize) -> [f32; 2] {
    let (mut least, mut most) = ([f32::INFINITY; LANES], [0.0_f32; LANES]);
    for blocks in blocks.chunks(BLOCKS_OF_A_LEAST) {
        let mut least_here = [f32::INFINITY; LANES];
        for block in blocks {
            keep(&mut least_here, block, |distance, least| distance < least);
        }
        keep(&mut least, &least_here, |distance, least| distance < least);
        keep(&mut most, &least_here, |distance, most| distance > most);
    }
    let least = least.into_iter().fold(f32::INFINITY, f32::min);
    // Each lane of each such group has a row within the most of their leasts.
    let n_within = blocks.len().div_ceil(BLOCKS_OF_A_LEAST) * LANES;
    let most = most.into_iter().fold(0.0, f32::max);
    [least, if n_within < n_asked { f32::INFINITY } else { most }]
}

#[inline(always)]
fn keep(kept: &mut [f32; LANES], others: &[f32; LANES], is_better: impl Fn(f32, f32) -> bool) {
    for (kept, other) in kept.iter_mut().zip(others) {
        *kept = if is_better(*other, *kept) { *other } else { *kept };
    }
}

/// How many distances are at most `bound`.
#[inline(always)]
fn count_within(distances: &[f32], bound: f32) -> usize {
    // A sum that looks out for an overflow would be one for each row.
    let count = |n: u32, distance: &f32| n.wrapping_add(u32::from(*distance <= bound));
    distances.iter().fold(0, count) as usize
}

/// For each choice of lanes, a bit for each, which lanes those are, one after the other.
const CHOSEN: [[u8; LANES]; 1 << LANES] = chosen_lanes();

const fn chosen_lanes() -> [[u8; LANES]; 1 << LANES] {
    let mut all = [[0; LANES]; 1 << LANES];
    let mut choice = 0;
    while choice < all.len() {
        let (mut lane, mut n) = (0_u8, 0);
        while (lane as usize) < LANES {
            if choice >> lane & 1 == 1 {
                all[choice][n] = lane;
                n += 1;
            }
            lane += 1;
        }
        choice += 1;
    }
    all
}

/// The places of those that lie within the bound, in order.
#[inline(always)]
pub(super) fn places_within<'a>(
    distances: &[f32],
    bound: f32,
    places: &'a mut Vec<u32>,
) -> &'a [u32] {
    // Places are put down by whole blocks, and the next ones over those that were not chosen.
    places.resize(distances.len() + LANES, 0);
    let (blocks, _) = distances.as_chunks::<LANES>();
    let mut n = 0_usize;
    for (block, first) in blocks.iter().zip((0_u32..).step_by(LANES)) {
        let mut choice = 0_u8;
        for (lane, distance) in block.iter().enumerate() {
            choice |= u8::from(*distance <= bound) << lane;
        }
        let here = places[n..].first_chunk_mut::<LANES>().expect("there is room for a block");
        for (place, lane) in here.iter_mut().zip(CHOSEN[usize::from(choice)]) {
            *place = first | u32::from(lane);
        }
        n += choice.count_ones() as usize;
    }
    &places[..n]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_many_as_were_asked_lie_within_the_bound_and_those_as_far_as_the_last(
            whole in prop::collection::vec(0_u8..40, 1..1200),
            n_asked in 1_usize..90,
        ) {
            let mut distances: Vec<_> = whole.iter().copied().map(f32::from).collect();
            distances.resize(whole.len().next_multiple_of(LANES), f32::NAN);
            let n_asked = n_asked.min(whole.len());
            let bound = bound_of_nearest(&distances, n_asked);
            let mut sorted = distances.clone();
            sorted.sort_by(f32::total_cmp);
            let last = sorted[n_asked - 1];
            for distance in &distances {
                prop_assert_eq!(*distance <= bound, *distance <= last, "{} {}", distance, last);
            }
            let near = (0..whole.len()).filter(|place| distances[*place] <= last);
            let near: Vec<_> = near.map(|place| u32::try_from(place).unwrap()).collect();
            // What was chosen before, and where, makes no difference.
            let mut places = vec![7; 100];
            prop_assert_eq!(places_within(&distances, bound, &mut places), near);
            let all = places_within(&distances, f32::INFINITY, &mut places);
            prop_assert_eq!(all.len(), whole.len());
        }
    }
}
