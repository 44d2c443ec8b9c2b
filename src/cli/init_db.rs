//! `cellar init-db`: the data folder, the database, the administrator's account.

use std::process::ExitCode;

use rocket::tokio::runtime;

use super::settings::load;
use super::{Done, Place, say};
use crate::access::Sessions;
use crate::clock::Clock;
use crate::data_folder::{self, DataFolder};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::installation;
use crate::user::{FirstAdmin, Passwords, UserService};

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
    let sessions = Sessions::load(&database, &clock)?;
    let passwords = Passwords::new(config.bcrypt_cost);
    let users = UserService::new(database.clone(), clock, passwords, sessions);
    let first_admin = alone(users.ensure_admin(admin_password))?;
    database.close();
    if was_there && first_admin == FirstAdmin::Exists {
        say(&format!("{shown} holds a database of Cellar already; nothing was changed."));
    } else {
        say(&format!("{shown} is ready. Start the server with: cellar serve"));
        greet(&first_admin);
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs one future to its end on this thread.
pub(super) fn alone<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Error::internal)?.block_on(future)
}

/// Tells the person at the terminal how to sign in for the first time.
pub(super) fn greet(first_admin: &FirstAdmin) {
    match first_admin {
        FirstAdmin::Exists => {}
        FirstAdmin::MadeAsTold => {
            say("Sign in as admin with the password in CELLAR_ADMIN_PASSWORD.");
        }
        FirstAdmin::MadeWith(password) => say(&format!(
            "\nSign in as admin with the one-time password\n\n    {password}\n\n\
             It is shown only now, and changed at the first sign-in."
        )),
    }
}
