//! `cellar check`: every promise about what is stored. Reads, changes nothing, and may run beside
//! the server.

use std::path::Path;
use std::process::ExitCode;

use super::settings::load;
use super::{Done, Place, say};
use crate::admin::check::{self, Take, Verdict};
use crate::data_folder;
use crate::database::{FILE_NAME, Snapshot};
use crate::error::{Error, Result};
use crate::files::Files;
use crate::installation;

/// `check` needs nothing but the place.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar check --data /srv/cellar\n\n\
    Ends with 1 at the first promise that is not kept.")]
pub(super) struct Arguments {}

pub(super) fn run(place: &Place, _: &Arguments) -> Done {
    let (config, _) = load(place, vec![])?;
    data_folder::require_initialised(&config.data)?;
    let mut is_sound = true;
    let checked = check(&config.data, &mut |line| {
        is_sound = line.status == Verdict::Ok;
        let word = if is_sound { "ok      " } else { "VIOLATED" };
        say(&format!("{word}  {}: {}", line.name, line.detail))?;
        if is_sound { Ok(()) } else { Err(Error::conflict("unkept", "a promise is not kept")) }
    });
    match (is_sound, checked) {
        (false, _) => Ok(ExitCode::FAILURE),
        (true, checked) => checked.map(|()| ExitCode::SUCCESS),
    }
}

fn check(data: &Path, take: Take<'_>) -> Result<()> {
    let mut snapshot = Snapshot::open(&data.join(FILE_NAME))?;
    let blobs = snapshot.read(|r| {
        // So that ids are spelled as everywhere else. What is damaged the check itself tells.
        let _ = installation::recall(r);
        check::check_database(r, take)
    })?;
    check::check_contents(&blobs, &Files::below(data), &|| Ok(()), take)
}

/// Checks a folder and errs with the first broken promise.
pub(super) fn require_sound(data: &Path) -> Result<()> {
    check(data, &mut |line| match line.status {
        Verdict::Ok => Ok(()),
        Verdict::Violated => Err(Error::Unavailable(format!("{}: {}", line.name, line.detail))),
    })
}
