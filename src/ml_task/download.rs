//! Results as a file: what was sent, with what was predicted beside it.

use std::io::Read as _;
use std::sync::Arc;

use rocket::futures::{Stream, stream};

use super::results::{ResultRow, Results, RowOutcome, Source};
use crate::compute::compute;
use crate::error::{Error, Result};
use crate::ml_model::MLModel;
use crate::web::{Export, csv_rows};

/// Rows that are written at once.
const PIECE_ROWS: usize = 2_000;

/// Bytes of a content that are sent at once.
const PIECE_BYTES: u64 = 64 * 1024;

/// The results as a file. The first rows are read before anything is sent, so that a failure has
/// its status; a later one ends the file early.
pub(super) async fn export(
    results: Results,
    model: Arc<dyn MLModel>,
) -> Result<Export<impl Stream<Item = String> + Send + use<>>> {
    let table = Table::of(results.names(), &*model);
    let head = csv_rows([table.header])?;
    let widths = table.widths;
    let (first, results) = next_piece(results, widths).await?;
    let first = head + &first;
    let rest = stream::unfold(Some(results), move |results| async move {
        let piece = next_piece(results?, widths).await;
        let piece = piece.inspect_err(|cause| tracing::error!(%cause, "an export broke off")).ok();
        let (text, results) = piece?;
        // Nothing more is the end.
        if text.is_empty() { None } else { Some((text, Some(results))) }
    });
    let rows = rocket::futures::StreamExt::chain(stream::iter([first]), rest);
    Ok(Export::new("results.csv", rows))
}

/// A content as it was sent, piece by piece.
pub(super) fn pieces_of(source: Source) -> impl Stream<Item = Vec<u8>> + Send {
    stream::unfold(Some(source), async |source| {
        let mut source = source?;
        let read = compute(move || {
            let mut piece = vec![];
            let n = source.by_ref().take(PIECE_BYTES).read_to_end(&mut piece);
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
    n_given: usize,
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
    /// Those of a table whose columns bear these names.
    pub(super) fn of(names: &[String], model: &dyn MLModel) -> Self {
        let mut header = names.to_vec();
        let n_given = header.len();
        let schema = model.schema();
        header.extend(schema.outputs.iter().flat_map(crate::ml::schema::Output::column_names));
        let n_predicted = header.len() - n_given;
        header.push("error".to_owned());
        let is_joined = schema.inputs.takes_any();
        Self { header, widths: Widths { n_given, n_predicted, is_joined } }
    }
}

async fn next_piece(mut results: Results, widths: Widths) -> Result<(String, Results)> {
    compute(move || {
        let mut rows = Vec::new();
        while rows.len() < PIECE_ROWS
            && let Some(row) = results.next_row()?
        {
            rows.push(cells_of(row, widths));
        }
        Ok((csv_rows(rows)?, results))
    })
    .await
}

/// A row as it is written.
pub(super) fn cells_of(row: ResultRow, widths: Widths) -> Vec<String> {
    let mut cells = row.cells;
    // A row of another width than the table keeps its cells together in the first.
    if cells.len() > widths.n_given {
        let rest = cells.split_off(widths.n_given.saturating_sub(1)).join(" ");
        cells.push(rest);
    }
    cells.resize(widths.n_given, String::new());
    match row.outcome {
        RowOutcome::Predicted { numbers, .. } => {
            let numbers = numbers.iter().map(ToString::to_string);
            if widths.is_joined {
                cells.push(numbers.collect::<Vec<_>>().join(" "));
            } else {
                cells.extend(numbers);
            }
            cells.resize(widths.n_given + widths.n_predicted, String::new());
            cells.push(String::new());
        }
        RowOutcome::Rejected(faults) => {
            cells.resize(widths.n_given + widths.n_predicted, String::new());
            let words = faults.iter().map(|fault| format!("{} {}", fault.field, fault.message));
            cells.push(words.collect::<Vec<_>>().join("; "));
        }
    }
    cells
}
