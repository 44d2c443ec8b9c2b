//! Asking a model about a block of rows, and putting its answers down as text: a line of numbers
//! for every row that was predicted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rocket::futures::future::try_join_all;

use crate::compute::compute;
use crate::error::{Error, Result};
use crate::machine;
use crate::ml::rows::Rows;
use crate::ml_model::MLModel;

/// What the model says of these rows. A model that panics has failed like any other.
pub(super) fn predict(model: &dyn MLModel, rows: &Rows) -> Result<Rows> {
    if rows.is_empty() {
        return Ok(Rows::new());
    }
    let outputs = catch_unwind(AssertUnwindSafe(|| model.predict_rows(rows)))
        .unwrap_or_else(|_| Err(Error::internal("the model panicked")))?;
    if outputs.len() != rows.len() {
        return Err(Error::internal("the model gave another number of outputs than it got rows"));
    }
    if !outputs.values().iter().all(|number| number.is_finite()) {
        return Err(Error::internal("the model gave a number that is not finite"));
    }
    Ok(outputs)
}

/// Rows that are worth a thread of their own.
const SHARE_MIN: usize = 256;

/// Threads that one answer takes at most, so that others get theirs too.
const SHARES_MAX: usize = 4;

/// The same for somebody who waits: many rows are shared between the processor's cores. Work in the
/// background has its slots, and takes no more than those.
pub(super) async fn predict_together(model: &Arc<dyn MLModel>, rows: &Arc<Rows>) -> Result<Rows> {
    let n_shares = (rows.len() / SHARE_MIN).clamp(1, machine::cores().get().min(SHARES_MAX));
    let size = rows.len().div_ceil(n_shares);
    let ask = |begin: usize| {
        let (model, rows) = (Arc::clone(model), Arc::clone(rows));
        compute(move || {
            if size >= rows.len() {
                return predict(&*model, &rows);
            }
            let end = rows.len().min(begin + size);
            predict(&*model, &(begin..end).map(|place| rows.row(place)).collect())
        })
    };
    let shares = try_join_all((0..rows.len()).step_by(size.max(1)).map(ask)).await?;
    Ok(shares.iter().flat_map(Rows::iter).collect())
}

/// Time between two looks at whether to go on, as a rule.
const STEP: Duration = Duration::from_millis(50);

/// How many rows a model is asked about between two looks at whether to go on: few of a slow one,
/// so that it can be stopped, and whole blocks of a fast one, which is faster so.
#[derive(Debug)]
pub(super) struct Pace {
    n_rows: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { n_rows: 1 }
    }
}

impl Pace {
    /// What the model says of these rows; `check` errs when it is time to stop.
    pub(super) fn predict<E: From<Error>>(
        &mut self,
        model: &dyn MLModel,
        rows: &Rows,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Rows, E> {
        let (mut outputs, mut done) = (Rows::new(), 0);
        while done < rows.len() {
            check()?;
            let begun = Instant::now();
            if done == 0 && self.n_rows >= rows.len() {
                outputs = predict(model, rows)?;
                done = rows.len();
            } else {
                let end = rows.len().min(done + self.n_rows);
                let some: Rows = (done..end).map(|place| rows.row(place)).collect();
                predict(model, &some)?.iter().for_each(|row| outputs.push(row));
                done = end;
            }
            if begun.elapsed() < STEP / 2 {
                self.n_rows = self.n_rows.saturating_mul(2);
            } else if begun.elapsed() > STEP * 2 {
                self.n_rows = (self.n_rows / 2).max(1);
            }
        }
        Ok(outputs)
    }
}

/// Adds a line for each row.
pub(super) fn write_lines(outputs: &Rows, lines: &mut String) {
    let mut digits = zmij::Buffer::new();
    for row in outputs.iter() {
        for (at, number) in row.iter().enumerate() {
            if at > 0 {
                lines.push(',');
            }
            lines.push_str(digits.format(*number));
        }
        lines.push('\n');
    }
}

/// The numbers of a line, each as it is written.
pub(super) fn numbers_of(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').filter(|number| !number.is_empty())
}

/// The numbers of a line.
pub(super) fn read_line(line: &str) -> Result<Vec<f64>> {
    numbers_of(line).map(|number| number.parse().map_err(Error::internal)).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rocket::tokio;

    use super::*;
    use crate::ml_model::SimpleMLModel;

    #[tokio::test]
    async fn rows_shared_between_cores_stay_in_order() {
        let model: Arc<dyn MLModel> = Arc::new(SimpleMLModel::new());
        for n_rows in [0, 1, 511, 513, 2567_u16] {
            let mut rows = Rows::new();
            // Of one, two and three numbers in turn.
            (0..n_rows).for_each(|n| rows.extend((0..=n % 3).map(|_| f64::from(n))));
            let rows = Arc::new(rows);
            let outputs = predict_together(&model, &rows).await.unwrap();
            assert_eq!(outputs, model.predict_rows(&rows).unwrap());
        }
    }

    #[test]
    fn lines_hold_every_number_as_it_is() {
        let numbers = [0.0, -0.0, 5.0, 0.1 + 0.2, 1e-308, f64::MAX, f64::INFINITY, f64::NAN];
        let outputs: Rows = [&numbers[..], &[7.5]].into_iter().collect();
        let mut lines = String::new();
        write_lines(&outputs, &mut lines);
        let bits = |row: &[f64]| row.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        for (line, row) in lines.lines().zip(outputs.iter()) {
            assert_eq!(bits(&read_line(line).unwrap()), bits(row), "{line}");
        }
        assert_eq!(lines.lines().count(), 2);
    }

    #[test]
    fn a_model_is_asked_in_steps_and_says_the_same() {
        let model = SimpleMLModel::new();
        let numbers: Vec<[f64; 2]> = (0..100).map(|n| [f64::from(n), 1.0]).collect();
        let rows: Rows = numbers.iter().map(<[f64; 2]>::as_slice).collect();
        let n_looks = Cell::new(0);
        let look = || -> Result<()> {
            n_looks.set(n_looks.get() + 1);
            Ok(())
        };
        let mut pace = Pace::default();
        let outputs = pace.predict(&model, &rows, look).unwrap();
        assert_eq!(outputs, model.predict_rows(&rows).unwrap());
        // 1, 2, 4 ... rows: a fast model is soon asked about all at once.
        assert!((2..=100).contains(&n_looks.get()), "{n_looks:?}");
        let n_before = n_looks.get();
        let mut pace = Pace { n_rows: 1000 };
        assert_eq!(pace.predict(&model, &rows, look).unwrap(), outputs);
        assert_eq!(n_looks.get(), n_before + 1);
        let stop = || Err(Error::Busy);
        assert!(matches!(pace.predict(&model, &rows, stop), Err(Error::Busy)));
    }
}
