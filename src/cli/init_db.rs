//! `cellar init-db`: the data folder, the database, the administrator's account.

use std::io;
use std::process::ExitCode;

use rocket::tokio::runtime;

use super::settings::{ADMIN_PASSWORD, load};
use super::{Done, Place, say, tell};
use crate::clock::Clock;
use crate::data_folder::{self, DataFolder};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::installation;
use crate::server::Accounts;
use crate::user::FirstPassword;

/// `init-db` needs nothing but the place.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar init-db --data /srv/cellar\n\n\
    The administrator's one-time password is printed once, or taken from the environment variable \
    CELLAR_ADMIN_PASSWORD.")]
pub(super) struct Arguments {}

pub(super) fn run(place: &Place, _: &Arguments) -> Done {
    let (config, admin_password) = load(place, vec![])?;
    let shown = config.data.display();
    let was_there = data_folder::is_initialised(&config.data);
    let folder = DataFolder::take(&config.data)?;
    let database = Database::open(folder.path())?;
    installation::prepare(&database)?;
    let clock = Clock::system();
    let Accounts { users, .. } = Accounts::open(&config, folder.path(), &database, &clock)?;
    let is_made = alone(users.ensure_admin(admin_password, greet))?;
    database.close();
    if was_there && !is_made {
        say(&format!("{shown} holds a database of Cellar already; nothing was changed."))?;
    } else {
        say(&format!("{shown} is ready. Start the server with: {}", serving(place)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The command that serves this place, as a shell reads it.
fn serving(place: &Place) -> String {
    let config = place.config.as_ref().map(|path| path.display().to_string());
    let given = [("--data", place.data.clone()), ("--config", config)];
    let mut command = "cellar serve".to_owned();
    for (name, value) in given {
        if let Some(value) = value {
            command.extend([" ", name, " ", &shell_word(&value)]);
        }
    }
    command
}

/// A text as one word of a shell.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Runs one future to its end on this thread.
pub(super) fn alone<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Error::internal)?.block_on(future)
}

/// Prints what somebody must read: a stream that goes nowhere is an error too.
pub(super) fn tell_somebody(text: &str) -> io::Result<()> {
    #[cfg(unix)]
    {
        let facts = rustix::fs::fstat(io::stdout())?;
        let nowhere = rustix::fs::stat("/dev/null")?;
        if facts.st_rdev == nowhere.st_rdev && facts.st_ino == nowhere.st_ino {
            return Err(io::Error::other("standard output goes nowhere"));
        }
    }
    tell(text)
}

/// Tells the person at the terminal how to sign in for the first time; a password that cannot be
/// shown is an error.
pub(super) fn greet(password: &FirstPassword) -> Result<()> {
    match password {
        FirstPassword::Given => say("Sign in as admin with the password in CELLAR_ADMIN_PASSWORD."),
        FirstPassword::Made(password) => tell_somebody(&format!(
            "\nSign in as admin with the one-time password\n\n    {password}\n\n\
             It is shown only now, and changed at the first sign-in.\n"
        ))
        .map_err(|cause| {
            Error::Unavailable(format!(
                "the administrator's one-time password could not be shown ({cause}); start again \
                 where standard output is read, or give a password in {ADMIN_PASSWORD}"
            ))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_serves_the_place_that_was_made() {
        let place = |data: Option<&str>, config: Option<&str>| Place {
            data: data.map(str::to_owned),
            config: config.map(Into::into),
        };
        for (place, command) in [
            (place(None, None), "cellar serve"),
            (place(Some("/srv/cellar"), None), "cellar serve --data /srv/cellar"),
            (
                place(Some("my wine's"), Some("a.toml")),
                r"cellar serve --data 'my wine'\''s' --config a.toml",
            ),
        ] {
            assert_eq!(serving(&place), command);
        }
    }
}
