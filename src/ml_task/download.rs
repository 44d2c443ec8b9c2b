//! Results as a file: what was sent, with what was predicted beside it. The file is UTF-8 whatever
//! was sent.

use std::borrow::Cow;
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
use crate::text::{is_decimal, legible};
use crate::web::{CsvText, Download};

/// Rows that are written at once.
const PIECE_ROWS_MAX: usize = 1_024;
const PIECE_BYTES_MAX: usize = 512 * 1024;

/// Pieces that are made at once for one file, and lie in memory if whoever gets it is slow.
const PIECES_MAX: usize = 4;

/// Pieces that are read or written at once for all files: as many as there are processors.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(machine::cores().get()));

/// What a column of the prediction has behind its name if the table has such a column already.
const SUFFIX: &str = " (predicted)";

/// Bytes of a content that are sent at once.
const CONTENT_PIECE_BYTES: u64 = 64 * 1024;

/// The results as a file, named for the model and the task, for several may lie in one folder.
pub(super) async fn export(
    task: &MLTask,
    results: Results,
    model: Arc<dyn MLModel>,
) -> Result<Download> {
    let Table { header, widths } = Table::of(results.names(), &*model);
    let portion = portion_of(header.len());
    let read = move |mut results: Results| {
        in_turn(move || Ok(results.next_stretch(portion)?.map(|stretch| (stretch, results))))
    };
    let write = move |stretch: Result<Stretch>| async move {
        let stretch = stretch?;
        in_turn(move || {
            let mut text = CsvText::default();
            widths.write(&stretch, &mut text)?;
            Ok(text.finish())
        })
        .await
    };
    // One is read after the other; what was read is written on several processors.
    let n_at_once = machine::cores().get().min(PIECES_MAX);
    let rows = stream::try_unfold(results, read).map(write).buffered(n_at_once);
    Download::table(format!("{}-{}.csv", task.model_id, task.id), &header, rows).await
}

/// What is written at once of a table with so many columns, all of which each row has in the file,
/// however few it was sent with.
fn portion_of(n_columns: usize) -> Portion {
    let rows_max = (PIECE_BYTES_MAX / n_columns.max(1)).clamp(1, PIECE_ROWS_MAX);
    Portion { rows_max, bytes_max: PIECE_BYTES_MAX, ..Portion::ALL }
}

/// Does a part of the work. A task of its own waits for the turn: one that was given to a file
/// whose taker is slow would be held until that one is ready for more.
async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::spawn(async {
        let turn = TURNS.acquire().await.map_err(Error::internal)?;
        let done = compute(work).await;
        drop(turn);
        done
    });
    done.await.map_err(Error::internal)?
}

/// A content as it was sent, piece by piece.
pub(super) fn pieces_of(source: Source) -> impl Stream<Item = Result<Vec<u8>>> + Send {
    stream::try_unfold(source, |mut source| {
        compute(move || {
            let mut piece = vec![];
            let read = source.by_ref().take(CONTENT_PIECE_BYTES).read_to_end(&mut piece);
            read.map_err(Error::internal)?;
            Ok(if piece.is_empty() { None } else { Some((piece, source)) })
        })
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

fn out_of_step() -> Error {
    Error::internal("the predictions and faults of a task are not those of its rows")
}

impl Widths {
    /// Writes rows down.
    pub(super) fn write(self, stretch: &Stretch, text: &mut CsvText) -> Result<()> {
        let Stretch { first_row, cells: given, faults, lines } = stretch;
        let mut lines = lines.as_ref().map(|lines| lines.lines());
        let (mut faults, mut cells) = (&faults[..], vec![]);
        for (at, row) in (0..given.len()).zip(*first_row..) {
            let n_mine = faults.iter().take_while(|fault| fault.row == row).count();
            let mine = faults.split_off(..n_mine).unwrap_or_default();
            if !given.line(at, self.n_given).is_some_and(|line| text.add_line(line)) {
                given.lay_out(at, self.n_given, &mut cells);
                self.write_given(&cells, text);
            }
            let line = match &mut lines {
                Some(lines) if mine.is_empty() => Some(lines.next().ok_or_else(out_of_step)?),
                _ => None,
            };
            let n_written = line.map_or(Ok(0), |line| self.write_numbers(line, text))?;
            if n_written > self.n_predicted {
                return Err(out_of_step());
            }
            for _ in n_written..self.n_predicted {
                text.add_field(&[]);
            }
            let words = mine.iter().map(|fault| format!("{} {}", fault.field, fault.message));
            text.add_field(words.collect::<Vec<_>>().join("; ").as_bytes());
            text.end_row();
        }
        let is_all = faults.is_empty() && lines.is_none_or(|mut lines| lines.next().is_none());
        if is_all { Ok(()) } else { Err(out_of_step()) }
    }

    /// Writes what was sent.
    fn write_given(self, cells: &[&[u8]], text: &mut CsvText) {
        // What is too much stands together in the last column.
        let is_too_much = cells.len() > self.n_given;
        let n_own = if is_too_much { self.n_given.saturating_sub(1) } else { cells.len() };
        let (own, rest) = cells.split_at(n_own);
        for cell in own {
            text.add_field(legible(cell).as_bytes());
        }
        if is_too_much {
            text.add_field(legible(&rest.join(&b' ')).as_bytes());
        }
    }

    /// Writes the numbers of a prediction; how many fields they are.
    fn write_numbers(self, line: &str, text: &mut CsvText) -> Result<usize> {
        if self.is_joined {
            let numbers: Vec<_> = numbers_of(line).map(in_plain_digits).collect::<Result<_>>()?;
            text.add_field(numbers.join(" ").as_bytes());
            return Ok(1);
        }
        let mut n_written = 0;
        for number in numbers_of(line) {
            text.add_field(in_plain_digits(number)?.as_bytes());
            n_written += 1;
        }
        Ok(n_written)
    }
}

/// A number as people write it: spreadsheets guess at powers of ten.
fn in_plain_digits(number: &str) -> Result<Cow<'_, str>> {
    if is_decimal(number.as_bytes()) {
        return Ok(number.strip_suffix(".0").unwrap_or(number).into());
    }
    // Whatever it is written like, it is to be one.
    let value: f64 = number.parse().map_err(Error::internal)?;
    Ok(value.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml_model::SimpleMLModel;
    use crate::ml_task::results::tests::one_stretch;

    fn written(output: &str, faults: &[u64]) -> Result<String> {
        let mut text = CsvText::default();
        let widths = Table::of(&["a".to_owned()], &SimpleMLModel::new()).widths;
        widths.write(&one_stretch("1\n2\n3\n", output, faults), &mut text)?;
        String::from_utf8(text.finish()).map_err(Error::internal)
    }

    #[test]
    fn numbers_are_in_plain_digits() {
        let pairs = [
            ("5.0", "5"),
            ("-0.0", "-0"),
            ("0.25", "0.25"),
            ("1e-7", "0.0000001"),
            ("2e3", "2000"),
        ];
        for (kept, plain) in pairs {
            assert_eq!(in_plain_digits(kept).unwrap(), plain);
        }
        assert!(in_plain_digits("1.2.3").is_err());
        let text = written("1e-7,5.0\n0.5\n-0.0\n", &[]).unwrap();
        assert_eq!(text, "1,0.0000001 5,\n2,0.5,\n3,-0,\n");
    }

    #[test]
    fn what_is_damaged_moves_no_prediction_to_another_row() {
        assert_eq!(written("1\n2\n", &[2]).unwrap(), "1,1,\n2,,f m\n3,2,\n");
        for (output, faults) in
            [("1\n", &[2, 1][..]), ("1\n2\n", &[]), ("1\n2\n3\n", &[3]), ("1\n2\n", &[9])]
        {
            assert!(written(output, faults).is_err(), "{output:?} {faults:?}");
        }
    }

    #[test]
    fn a_prediction_with_more_numbers_than_columns_is_an_error() {
        let widths = Widths { n_given: 1, n_predicted: 1, is_joined: false };
        let written =
            |output| widths.write(&one_stretch("1\n", output, &[]), &mut CsvText::default());
        assert!(written("5\n").is_ok());
        assert!(written("5,6\n").is_err());
    }

    #[test]
    fn the_wider_a_table_the_fewer_rows_are_written_at_once() {
        assert_eq!(portion_of(12).rows_max, PIECE_ROWS_MAX);
        assert_eq!(portion_of(4_096).rows_max, 128);
    }
}
