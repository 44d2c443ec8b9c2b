//! Results as a file: what was sent, with what was predicted beside it. The file is UTF-8 whatever
//! was sent.

use std::io::Read as _;
use std::sync::Arc;

use rocket::futures::{Stream, stream};
use rocket::tokio;

use super::record::MLTask;
use super::results::{LentOutcome, LentRow, Only, Results, Source};
use crate::compute::compute;
use crate::error::{Error, Result};
use crate::ml::schema::Output;
use crate::ml_model::MLModel;
use crate::text::legible;
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
    // While one piece is sent the next is made.
    let make = move |results| tokio::spawn(next_piece(results, widths));
    let rest = stream::unfold(make(results), move |piece| async move {
        let piece = piece.await.map_err(Error::internal).flatten();
        let piece = piece.inspect_err(|cause| tracing::error!(%cause, "an export broke off")).ok();
        let (text, results) = piece?;
        // Nothing more is the end.
        if text.is_empty() { None } else { Some((text, make(results))) }
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

/// The next rows as text, made where it is in nobody's way; nothing at the end.
async fn next_piece(mut results: Results, widths: Widths) -> Result<(Vec<u8>, Results)> {
    compute(move || {
        let mut text = CsvText::default();
        for _ in 0..PIECE_ROWS {
            let Some(row) = results.lend_next(Only::All)? else { break };
            widths.write(row, &mut text)?;
            if text.n_bytes() >= PIECE_BYTES {
                break;
            }
        }
        Ok((text.finish()?, results))
    })
    .await
}

impl Widths {
    /// Writes a row down.
    pub(super) fn write(self, row: LentRow<'_>, text: &mut CsvText) -> Result<()> {
        let cells = row.cells(self.n_given);
        if cells.len() > self.n_given {
            // What is too much stands together in the last column.
            let (own, rest) = cells.split_at(self.n_given.saturating_sub(1));
            own.iter().try_for_each(|cell| text.add_field(legible(cell).as_bytes()))?;
            text.add_field(legible(&rest.join(&b' ')).as_bytes())?;
        } else {
            cells.iter().try_for_each(|cell| text.add_field(legible(cell).as_bytes()))?;
        }
        let (n_written, why) = match row.outcome {
            LentOutcome::Predicted { numbers, .. } => (self.write_numbers(numbers, text)?, None),
            LentOutcome::Rejected(faults) => (0, Some(faults)),
        };
        for _ in n_written..self.n_predicted {
            text.add_field(&[])?;
        }
        let words = why.unwrap_or_default().iter().map(|f| format!("{} {}", f.field, f.message));
        text.add_field(words.collect::<Vec<_>>().join("; ").as_bytes())?;
        text.end_row()
    }

    /// Writes the numbers of a prediction; how many fields they are.
    fn write_numbers(self, numbers: &[f64], text: &mut CsvText) -> Result<usize> {
        if self.is_joined {
            let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            text.add_field(numbers.join(" ").as_bytes())?;
            return Ok(1);
        }
        let mut digits = zmij::Buffer::new();
        for number in numbers {
            let shortest = digits.format(*number);
            if shortest.contains('e') {
                // People read tables, and spreadsheets guess at powers of ten.
                text.add_field(number.to_string().as_bytes())?;
            } else {
                text.add_field(shortest.strip_suffix(".0").unwrap_or(shortest).as_bytes())?;
            }
        }
        Ok(numbers.len())
    }
}
