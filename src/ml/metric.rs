//! How good a model is, on rows it has not seen.

/// Root of the mean squared error.
///
/// # Panics
/// If there are no rows, or not as many truths as guesses; so do the others.
pub fn rmse(guesses: &[f64], truths: &[f64]) -> f64 {
    mean(errors(guesses, truths).map(|e| e * e)).sqrt()
}

/// Mean absolute error.
pub fn mae(guesses: &[f64], truths: &[f64]) -> f64 {
    mean(errors(guesses, truths).map(f64::abs))
}

/// The share of the truth's variance that the guesses explain.
pub fn r_squared(guesses: &[f64], truths: &[f64]) -> f64 {
    let centre = mean(truths.iter().copied());
    let spread = mean(truths.iter().map(|y| (y - centre) * (y - centre)));
    1.0 - mean(errors(guesses, truths).map(|e| e * e)) / spread
}

/// The share of cases in which something holds.
pub fn share(cases: impl IntoIterator<Item = bool>) -> f64 {
    mean(cases.into_iter().map(|holds| f64::from(u8::from(holds))))
}

/// The value below which the share `share` of the values lies; the larger of two neighbours.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "lists are far shorter than 2^52")]
    let place = (sorted.len() as f64 * share).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
    let place = (place as usize).clamp(1, sorted.len());
    sorted[place - 1]
}

/// The mean of some values.
pub fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0_u32);
    for value in values {
        sum += value;
        n += 1;
    }
    assert!(n > 0, "nothing has no mean");
    sum / f64::from(n)
}

fn errors(guesses: &[f64], truths: &[f64]) -> impl Iterator<Item = f64> {
    assert_eq!(guesses.len(), truths.len(), "a truth for every guess");
    guesses.iter().zip(truths).map(|(guess, truth)| guess - truth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_what_a_hand_computes() {
        let (guesses, truths) = ([1.0, 2.0, 5.0], [1.0, 4.0, 4.0]);
        assert!((rmse(&guesses, &truths) - (5.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((mae(&guesses, &truths) - 1.0).abs() < 1e-12);
        assert!((r_squared(&guesses, &truths) - (1.0 - 5.0 / 6.0)).abs() < 1e-12);
        assert!((share([true, false, false, true]) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_quantile_leaves_its_share_below() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&values, 0.9).to_bits(), 90.0_f64.to_bits());
        assert_eq!(quantile(&values, 0.0).to_bits(), 1.0_f64.to_bits());
        assert_eq!(quantile(&values, 1.0).to_bits(), 100.0_f64.to_bits());
    }
}
