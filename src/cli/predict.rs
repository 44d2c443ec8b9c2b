//! `cellar predict`: rows in, a table with their predictions out. The engine and the errors of the
//! server, without one.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::model::load_models_with;
use super::settings::load;
use super::{Done, Place};
use crate::credits::grouped;
use crate::error::{Error, Result};
use crate::ml::intake::Fault;
use crate::ml_task::{LocalTally, Writing, predict_locally};
use crate::text::is_misleading;

/// What is predicted, and where it goes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar predict --model wine bottles.csv --out judged.csv\n  \
    cat bottles.csv | cellar predict --model wine -\n\n\
    Rows are a table as text or JSON as POST /api/tasks takes it, or a list of rows by itself: \
    .csv, .tsv, .txt and .json say which, and otherwise how the file begins.\n\n\
    Every row comes back in its place, with the columns of the prediction, or with what is wrong \
    with it in the column error, and is told on standard error:\n  \
    row 2, line 3: pH: out_of_range: must be from 0 to 14\n\n\
    Ends with 1 if no row could be predicted.")]
pub(super) struct Arguments {
    /// The model
    #[arg(long, value_name = "NAME")]
    model: String,
    /// The rows, as a table or in JSON; - is standard input
    file: PathBuf,
    /// Where the result goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where to write what is wrong with each bad row: a line of JSON for each cell
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
}

/// Predicts; a new file is as open to others as `usual` says.
pub(super) fn run(place: &Place, arguments: &Arguments, usual: Option<Permissions>) -> Done {
    let (config, _) = load(place, vec![])?;
    let model = load_models_with(&arguments.model, &config.data)?.get_model(&arguments.model)?;
    let (source, writing) = (open(&arguments.file)?, writing_of(&arguments.file));
    let Arguments { out, errors, .. } = arguments;
    if let (Some(out), Some(errors)) = (out, errors)
        && destination(out) == destination(errors)
    {
        let why = "--out and --errors name the same file; give each its own".to_owned();
        return Err(Error::Unavailable(why));
    }
    let predict = |out: &mut dyn Write, errors: &mut dyn Write| {
        let mut said = BufWriter::new(io::stderr().lock());
        let rejected = |fault: &Fault| {
            // Whoever does not listen is told by the other ways.
            let _ = writeln!(said, "{}", line_of(fault));
            write_fault(fault, errors)
        };
        predict_locally(&*model, source, writing, out, rejected)
    };
    let also = usual.clone();
    let predict = |out: &mut dyn Write| match errors {
        None => predict(out, &mut io::sink()),
        Some(path) => write_to(path, also, |errors| predict(out, errors)),
    };
    let tally = match out {
        None => predict(&mut BufWriter::new(io::stdout()))?,
        Some(path) => write_to(path, usual, predict)?,
    };
    eprintln!("{}", in_words(tally));
    Ok(if tally.n_predicted > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the name of a file says of how its rows are written.
fn writing_of(path: &Path) -> Option<Writing> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match &*ending {
        "json" => Some(Writing::Json),
        "csv" | "tsv" | "txt" => Some(Writing::Table),
        _ => None,
    }
}

/// What is wrong with a row, on one line. Names that people gave may say anything.
fn line_of(fault: &Fault) -> String {
    let line = fault.line.map(|line| format!(", line {line}")).unwrap_or_default();
    let field = fault.field.replace(is_misleading, " ");
    format!("row {}{line}: {field}: {}: {}", fault.row, fault.code, fault.message)
}

fn write_fault(fault: &Fault, errors: &mut dyn Write) -> Result<()> {
    let mut line = serde_json::to_vec(fault).map_err(Error::internal)?;
    line.push(b'\n');
    let unwritable = |cause| Error::Unavailable(format!("errors cannot be written: {cause}"));
    errors.write_all(&line).map_err(unwritable)
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|cause| unusable(path, "read", &cause))?;
    if file.metadata().is_ok_and(|facts| facts.is_dir()) {
        let why = format!("{} is a folder; name a table", path.display());
        return Err(Error::Unavailable(why));
    }
    Ok(Box::new(file))
}

/// Writes under another name first: what bears the name is whole. What is no regular file (a pipe,
/// a terminal, `/dev/null`) is written to as it is, for its name is all there is to keep.
fn write_to(
    path: &Path,
    usual: Option<Permissions>,
    write: impl FnOnce(&mut dyn Write) -> Result<LocalTally>,
) -> Result<LocalTally> {
    let failed = |cause: &io::Error| unusable(path, "written", cause);
    let facts = fs::metadata(path).ok();
    if facts.as_ref().is_some_and(|facts| !facts.is_file()) {
        let mut out = BufWriter::new(File::create(path).map_err(|cause| failed(&cause))?);
        let tally = write(&mut out)?;
        out.flush().map_err(|cause| failed(&cause))?;
        return Ok(tally);
    }
    let path = destination(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|cause| failed(&cause))?;
    // Who could read the old file can read the new one.
    if let Some(permissions) = facts.map(|facts| facts.permissions()).or(usual) {
        file.as_file().set_permissions(permissions).map_err(|cause| failed(&cause))?;
    }
    let mut out = BufWriter::new(file.as_file_mut());
    let tally = write(&mut out)?;
    out.flush().map_err(|cause| failed(&cause))?;
    drop(out);
    file.persist(&path).map_err(|cause| failed(&cause.error))?;
    Ok(tally)
}

/// Where a link leads is what was meant, also if nothing is there yet.
fn destination(path: &Path) -> PathBuf {
    if let Ok(path) = fs::canonicalize(path) {
        return path;
    }
    match fs::read_link(path) {
        Ok(target) => path.parent().unwrap_or(Path::new("")).join(target),
        Err(_) => path.to_owned(),
    }
}

fn unusable(path: &Path, what: &str, cause: &io::Error) -> Error {
    Error::Unavailable(format!("{} cannot be {what}: {cause}", path.display()))
}

fn in_words(tally: LocalTally) -> String {
    let rows = |n: u64| if n == 1 { "1 row".to_owned() } else { format!("{} rows", grouped(n)) };
    let (given, predicted) = (rows(tally.n_given), grouped(tally.n_predicted));
    format!(
        "{given}: {predicted} predicted, {} rejected",
        grouped(tally.n_given - tally.n_predicted)
    )
}
