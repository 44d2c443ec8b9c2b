//! Rows that are predicted while their sender waits, in memory from end to end.

use std::time::Instant;

use super::form::{Form, Reading};
use super::outcome::Predicted;
use super::prediction::predict_at_once;
use super::service::Limits;
use crate::error::{Error, Result};
use crate::ml::intake::{Keeping, Portion};
use crate::ml_model::MLModel;
use crate::web::Upload;

/// Numbers and faults of rows that are predicted at once; what takes more is for a job.
const AT_ONCE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What came of reading the rows and asking the model.
pub(super) enum Computed {
    /// The good rows are predicted.
    Predicted(Predicted),
    /// There are too many rows to wait for.
    Large,
    /// The model failed.
    Failed(Error),
}

/// Reads the rows, and asks the model about the good ones.
pub(super) fn read_and_predict(
    model: &dyn MLModel,
    form: Form,
    upload: &Upload,
    limits: Limits,
) -> Result<Computed> {
    let begun = Instant::now();
    // What is not in memory is large.
    let Some(body) = upload.bytes() else { return Ok(Computed::Large) };
    let rows_max = usize::try_from(limits.rows_at_once_max).map_err(Error::internal)?;
    let inputs = &model.schema().inputs;
    let how = Reading { inputs, limits: limits.intake, keeping: Keeping::Numbers };
    let mut opened = form.open_bytes(body, how)?;
    let portion = Portion { rows_max, bytes_max: AT_ONCE_BYTES_MAX };
    let block = opened.next_block(portion)?.unwrap_or_default();
    if !opened.is_at_end()? {
        return Ok(Computed::Large);
    }
    match predict_at_once(model, &block.rows) {
        Ok(outputs) => {
            let compute_us = u64::try_from(begun.elapsed().as_micros()).map_err(Error::internal)?;
            Ok(Computed::Predicted(Predicted { block, outputs, compute_us }))
        }
        Err(error) => Ok(Computed::Failed(error)),
    }
}
