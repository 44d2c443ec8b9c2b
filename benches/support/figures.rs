//! Figures of several rounds in a line.

#![allow(dead_code, reason = "each bench uses its part")]

/// Minimum, median and maximum.
pub(crate) fn summary(mut figures: Vec<f64>) -> String {
    figures.sort_by(f64::total_cmp);
    let (low, high) = (figures[0], figures[figures.len() - 1]);
    let middle = figures[figures.len() / 2];
    let digits = usize::from(high < 1000.0);
    format!("{low:.digits$} / {middle:.digits$} / {high:.digits$}")
}

pub(crate) fn percent(part: f64, whole: f64) -> f64 {
    100.0 * part / whole
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub(crate) fn as_f64(n: usize) -> f64 {
    n as f64
}
