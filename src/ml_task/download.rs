//! Results as a file: what was sent, with what was predicted beside it. Bytes that were sent come
//! back as they were.

use std::io::Read as _;
use std::sync::Arc;

use rocket::futures::{Stream, stream};

use super::record::MLTask;
use super::results::{Only, ResultRow, Results, RowOutcome, Source};
use crate::compute::compute;
use crate::error::{Error, Result};
use crate::ml::schema::Output;
use crate::ml_model::MLModel;
use crate::web::{CsvText, Export};

/// Rows that are written at once, and bytes after which no further one is.
const PIECE_ROWS: usize = 2_000;
const PIECE_BYTES: usize = 1024 * 1024;

/// What a column of the prediction has behind its name if the table has such a column already.
const SUFFIX: &str = " (predicted)";

/// Bytes of a content that are sent at once.
const CONTENT_PIECE_BYTES: u64 = 64 * 1024;

/// The results as a file, named for the model and the task, for several may lie in one folder. The
/// first rows are read before anything is sent, so that a failure has its status; a later one ends
/// the file early.
pub(super) async fn export(
    task: &MLTask,
    results: Results,
    model: Arc<dyn MLModel>,
) -> Result<Export<impl Stream<Item = Vec<u8>> + Send + use<>>> {
    let Table { header, widths } = Table::of(results.names(), &*model);
    let mut head = CsvText::default();
    head.add(&header)?;
    let (first, results) = next_piece(results, widths).await?;
    let first = [head.finish()?, first].concat();
    let rest = stream::unfold(Some(results), move |results| async move {
        let piece = next_piece(results?, widths).await;
        let piece = piece.inspect_err(|cause| tracing::error!(%cause, "an export broke off")).ok();
        let (text, results) = piece?;
        // Nothing more is the end.
        if text.is_empty() { None } else { Some((text, Some(results))) }
    });
    let rows = rocket::futures::StreamExt::chain(stream::iter([first]), rest);
    Ok(Export::new(format!("{}-{}.csv", task.model_id, task.id), rows))
}

/// A content as it was sent, piece by piece.
pub(super) fn pieces_of(source: Source) -> impl Stream<Item = Vec<u8>> + Send {
    stream::unfold(Some(source), async |source| {
        let mut source = source?;
        let read = compute(move || {
            let mut piece = vec![];
            let n = source.by_ref().take(CONTENT_PIECE_BYTES).read_to_end(&mut piece);
            n.map_err(Error::internal).map(|_| (piece, source))
        });
        let read = read.await.inspect_err(|cause| tracing::error!(%cause, "a file broke off"));
        let (piece, source) = read.ok()?;
        if piece.is_empty() { None } else { Some((piece, Some(source))) }
    })
}

/// How many columns each part of the table has.
#[derive(Clone, Copy)]
pub(super) struct Widths {
    pub(super) n_given: usize,
    n_predicted: usize,
    /// Whether all numbers of a prediction stand in one cell.
    is_joined: bool,
}

/// The columns of a file with predictions.
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) widths: Widths,
}

impl Table {
    /// Those of a table whose columns bear these names. No column of the prediction bears one of
    /// them: whoever reads by name would take the one for the other.
    pub(super) fn of(names: &[String], model: &dyn MLModel) -> Self {
        let mut header = names.to_vec();
        let n_given = header.len();
        let schema = model.schema();
        let predicted = schema.outputs.iter().flat_map(Output::column_names);
        for mut name in predicted.chain(["error".to_owned()]) {
            while names.iter().any(|given| given.eq_ignore_ascii_case(&name)) {
                name.push_str(SUFFIX);
            }
            header.push(name);
        }
        let n_predicted = header.len() - n_given - 1;
        let is_joined = schema.inputs.takes_any();
        Self { header, widths: Widths { n_given, n_predicted, is_joined } }
    }
}

async fn next_piece(mut results: Results, widths: Widths) -> Result<(Vec<u8>, Results)> {
    compute(move || {
        let mut text = CsvText::default();
        for _ in 0..PIECE_ROWS {
            let Some(row) = results.next_of(Only::All)? else { break };
            text.add(&cells_of(row, widths))?;
            if text.n_bytes() >= PIECE_BYTES {
                break;
            }
        }
        Ok((text.finish()?, results))
    })
    .await
}

/// A row as it is written.
pub(super) fn cells_of(row: ResultRow, widths: Widths) -> Vec<Vec<u8>> {
    let mut cells = row.cells;
    // A row that is wider than the table keeps what is too much together in the last column.
    if cells.len() > widths.n_given {
        let rest = cells.split_off(widths.n_given.saturating_sub(1)).join(&b' ');
        cells.push(rest);
    }
    cells.resize(widths.n_given, vec![]);
    match row.outcome {
        RowOutcome::Predicted { numbers, .. } => {
            let numbers = numbers.iter().map(ToString::to_string);
            if widths.is_joined {
                cells.push(numbers.collect::<Vec<_>>().join(" ").into_bytes());
            } else {
                cells.extend(numbers.map(String::into_bytes));
            }
            cells.resize(widths.n_given + widths.n_predicted, vec![]);
            cells.push(vec![]);
        }
        RowOutcome::Rejected(faults) => {
            cells.resize(widths.n_given + widths.n_predicted, vec![]);
            let words = faults.iter().map(|fault| format!("{} {}", fault.field, fault.message));
            cells.push(words.collect::<Vec<_>>().join("; ").into_bytes());
        }
    }
    cells
}
