//! Results as a file: what was sent, with what was predicted beside it. The file is UTF-8 whatever
//! was sent.

use std::borrow::Cow;
use std::future::ready;
use std::io::Read as _;
use std::sync::{Arc, LazyLock};

use rocket::futures::{Stream, StreamExt, stream};
use rocket::tokio;
use rocket::tokio::sync::Semaphore;

use super::prediction::numbers_of;
use super::record::MLTask;
use super::results::{Results, Source, Stretch};
use crate::compute::compute;
use crate::error::{Error, Result};
use crate::machine;
use crate::ml::intake::Portion;
use crate::ml::schema::Output;
use crate::ml_model::MLModel;
use crate::text::legible;
use crate::web::{CsvText, Export};

/// Rows that are written at once.
const PIECE: Portion = Portion { rows_max: 1_024, bytes_max: 512 * 1024, ..Portion::ALL };

/// Pieces that are made at once for one file, and lie in memory if whoever gets it is slow.
const PIECES_MAX: usize = 4;

/// Pieces that are made at once for all files: with more of them the processors would only change
/// from one to the other.
static MAKING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2 * machine::cores().get()));

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
    let read = move |mut results: Results| {
        in_turn(move || Ok(results.next_stretch(PIECE)?.map(|stretch| (stretch, results))))
    };
    let write = move |stretch: Result<Stretch>| async move {
        let stretch = stretch?;
        in_turn(move || {
            let mut text = CsvText::default();
            widths.write(&stretch, &mut text)?;
            text.finish()
        })
        .await
    };
    // One is read after the other; what was read is written on several processors.
    let n_at_once = machine::cores().get().min(PIECES_MAX);
    let pieces = stream::try_unfold(results, read).map(write).buffered(n_at_once);
    let mut pieces = Box::pin(pieces);
    let first = pieces.next().await.transpose()?.unwrap_or_default();
    let first = [head.finish()?, first].concat();
    let rest = pieces.scan((), |(), piece| {
        ready(piece.inspect_err(|cause| tracing::error!(%cause, "an export broke off")).ok())
    });
    let rows = stream::iter([first]).chain(rest);
    Ok(Export::new(format!("{}-{}.csv", task.model_id, task.id), rows))
}

/// Does a part of the work. A task of its own waits for its turn, which nobody would take while
/// whoever gets the file is not ready for more.
async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::spawn(async {
        let turn = MAKING.acquire().await.map_err(Error::internal)?;
        let done = compute(work).await;
        drop(turn);
        done
    });
    done.await.map_err(Error::internal)?
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

impl Widths {
    /// Writes rows down.
    pub(super) fn write(self, stretch: &Stretch, text: &mut CsvText) -> Result<()> {
        let Stretch { block, faults, lines } = stretch;
        let (mut lines, mut faults, mut cells) = (lines.lines(), &faults[..], vec![]);
        for (at, row) in (0..block.n_given()).zip(block.first_row..) {
            let n_mine = faults.iter().take_while(|fault| fault.row == row).count();
            let mine = faults.split_off(..n_mine).unwrap_or_default();
            cells.clear();
            block.lay_out(at, self.n_given, &mut cells);
            self.write_given(&cells, text)?;
            let line = if mine.is_empty() { lines.next() } else { None };
            let n_written = line.map_or(Ok(0), |line| self.write_numbers(line, text))?;
            for _ in n_written..self.n_predicted {
                text.add_field(&[])?;
            }
            let words = mine.iter().map(|fault| format!("{} {}", fault.field, fault.message));
            text.add_field(words.collect::<Vec<_>>().join("; ").as_bytes())?;
            text.end_row()?;
        }
        Ok(())
    }

    /// Writes what was sent.
    fn write_given(self, cells: &[&[u8]], text: &mut CsvText) -> Result<()> {
        if cells.len() <= self.n_given {
            return cells.iter().try_for_each(|cell| text.add_field(legible(cell).as_bytes()));
        }
        // What is too much stands together in the last column.
        let (own, rest) = cells.split_at(self.n_given.saturating_sub(1));
        own.iter().try_for_each(|cell| text.add_field(legible(cell).as_bytes()))?;
        text.add_field(legible(&rest.join(&b' ')).as_bytes())
    }

    /// Writes the numbers of a prediction; how many fields they are.
    fn write_numbers(self, line: &str, text: &mut CsvText) -> Result<usize> {
        if self.is_joined {
            let numbers: Vec<_> = numbers_of(line).map(in_plain_digits).collect::<Result<_>>()?;
            text.add_field(numbers.join(" ").as_bytes())?;
            return Ok(1);
        }
        let mut n_written = 0;
        for number in numbers_of(line) {
            text.add_field(in_plain_digits(number)?.as_bytes())?;
            n_written += 1;
        }
        Ok(n_written)
    }
}

/// A number as people write it: spreadsheets guess at powers of ten.
fn in_plain_digits(number: &str) -> Result<Cow<'_, str>> {
    if number.contains('e') {
        let number: f64 = number.parse().map_err(Error::internal)?;
        return Ok(number.to_string().into());
    }
    Ok(number.strip_suffix(".0").unwrap_or(number).into())
}
