//! Rows that are predicted while their sender waits, in memory from end to end.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use super::form::{Form, Reading};
use super::outcome::Predicted;
use super::prediction::{predict, predict_together};
use super::service::Limits;
use super::submission::HERE_BYTES_MAX;
use crate::compute::compute;
use crate::error::{Error, Result};
use crate::ml::intake::{Block, Keeping, Portion};
use crate::ml_model::MLModel;
use crate::web::Upload;

/// Numbers of rows that are predicted at once; what takes more is for a job.
const AT_ONCE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Faults of those rows: there is room for all of three thousand rows in which each of eleven cells
/// is bad, and of each row beyond them for one. Many may ask at once, and the answer is as large.
const AT_ONCE_FAULT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What came of reading the rows and asking the model.
pub(super) enum Computed {
    /// The good rows are predicted.
    Predicted(Predicted),
    /// There are too many rows to wait for.
    Large,
    /// The model failed.
    Failed(Error),
}

/// Reads the rows, and asks the model about the good ones: on the spot if they are few, or else
/// where it is in nobody's way, and only if `can_pay` takes so many.
pub(super) async fn read_and_predict(
    model: &Arc<dyn MLModel>,
    form: Form,
    upload: Upload,
    limits: Limits,
    can_pay: impl AsyncFnOnce(u64) -> Result<()>,
) -> Result<(Upload, Computed)> {
    let begun = Instant::now();
    let (upload, found) = if upload.size_bytes <= HERE_BYTES_MAX {
        let block = read(&**model, form, &upload, limits)?;
        (upload, block.map(|block| (predict(&**model, &block.rows), block)))
    } else {
        let worker = Arc::clone(model);
        let work = move || {
            let block = read(&*worker, form, &upload, limits)?;
            Ok((upload, block))
        };
        let (upload, block) = compute(work).await?;
        let Some(mut block) = block else { return Ok((upload, Computed::Large)) };
        can_pay(block.rows.len() as u64).await?;
        let rows = Arc::new(mem::take(&mut block.rows));
        let outputs = predict_together(model, &rows).await;
        block.rows = Arc::unwrap_or_clone(rows);
        (upload, Some((outputs, block)))
    };
    let computed = match found {
        None => Computed::Large,
        Some((Err(error), _)) => Computed::Failed(error),
        Some((Ok(outputs), block)) => {
            let compute_us = u64::try_from(begun.elapsed().as_micros()).map_err(Error::internal)?;
            Computed::Predicted(Predicted { block, outputs, compute_us })
        }
    };
    Ok((upload, computed))
}

/// The rows, if they are not too many.
fn read(model: &dyn MLModel, form: Form, upload: &Upload, limits: Limits) -> Result<Option<Block>> {
    // What is not in memory is large.
    let Some(body) = upload.bytes() else { return Ok(None) };
    let rows_max = usize::try_from(limits.rows_at_once_max).map_err(Error::internal)?;
    let inputs = &model.schema().inputs;
    let how = Reading { inputs, limits: limits.intake, keeping: Keeping::Numbers };
    let mut opened = form.open_bytes(body, how)?;
    let portion = Portion {
        rows_max,
        bytes_max: AT_ONCE_BYTES_MAX,
        fault_bytes_max: Some(AT_ONCE_FAULT_BYTES_MAX),
    };
    let block = opened.next_block(portion)?.unwrap_or_default();
    Ok(opened.is_at_end()?.then_some(block))
}
