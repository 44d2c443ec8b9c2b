//! `cellar predict`: a table in, the table with its predictions out. The engine and the errors of
//! the server, without one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::settings::load;
use super::{Done, Place};
use crate::credits::grouped;
use crate::error::{Error, Result};
use crate::ml_model_manager::MLModelManager;
use crate::ml_task::{LocalTally, predict_locally};

/// What is predicted, and where it goes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar predict --model wine bottles.csv --out judged.csv\n  \
    cat bottles.csv | cellar predict --model wine -\n\n\
    Every row comes back in its place, with the columns of the prediction, or with what is wrong \
    with it in the column error. Ends with 1 if no row could be predicted.")]
pub(super) struct Arguments {
    /// The model
    #[arg(long, value_name = "NAME")]
    model: String,
    /// The table; - is standard input
    file: PathBuf,
    /// Where the result goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(place: &Place, arguments: &Arguments) -> Done {
    let (config, _) = load(place, vec![])?;
    let models = MLModelManager::load_models(&config.data);
    // Without a data folder there is nowhere to keep it; it is trained for this once.
    models.train_missing_for(&arguments.model)?;
    let model = models.get_model(&arguments.model)?;
    let source = open(&arguments.file)?;
    let tally = match &arguments.out {
        None => predict_locally(&*model, source, &mut BufWriter::new(io::stdout()))?,
        Some(path) => write_to(path, |out| predict_locally(&*model, source, out))?,
    };
    eprintln!("{}", in_words(tally));
    Ok(if tally.n_predicted > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    write: impl FnOnce(&mut dyn Write) -> Result<LocalTally>,
) -> Result<LocalTally> {
    let failed = |cause: &io::Error| unusable(path, "written", cause);
    // Where a link leads is what was meant; one that leads nowhere yet is written through, too.
    let facts = fs::metadata(path).ok();
    let is_link = fs::symlink_metadata(path).is_ok_and(|facts| facts.is_symlink());
    if facts.as_ref().is_some_and(|facts| !facts.is_file()) || facts.is_none() && is_link {
        let file = File::create(path).map_err(|cause| failed(&cause))?;
        let mut out = BufWriter::new(file);
        let tally = write(&mut out)?;
        out.flush().map_err(|cause| failed(&cause))?;
        return Ok(tally);
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = beside(folder).map_err(|cause| failed(&cause))?;
    if let Some(facts) = facts {
        let kept = file.as_file().set_permissions(facts.permissions());
        kept.map_err(|cause| failed(&cause))?;
    }
    let mut out = BufWriter::new(file.as_file_mut());
    let tally = write(&mut out)?;
    out.flush().map_err(|cause| failed(&cause))?;
    drop(out);
    file.persist(&path).map_err(|cause| failed(&cause.error))?;
    Ok(tally)
}

/// A new file in this folder, which others may read as far as the umask lets them.
fn beside(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".cellar-").tempfile_in(folder)
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
