//! `cellar user ...`: accounts, for whoever has the machine. The server must not be running: it
//! knows who is signed in, and would not hear of it.

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};

use super::init_db::{alone, tell_somebody};
use super::settings::{USER_PASSWORD, load};
use super::{Done, Place, say};
use crate::access::Role;
use crate::clock::Clock;
use crate::data_folder::{self, DataFolder};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::installation;
use crate::server::Accounts;
use crate::user::{Grant, Sort, Staff, StaffUser, UserQuery, UserService};

/// Accounts of one page of the list.
const PAGE: u32 = 200;

/// Who does it.
const STAFF: Staff = Staff::AT_THE_MACHINE;

/// What to do to which account.
#[derive(Debug, clap::Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Example:\n  cellar user list\n  cellar user password admin"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Print every account with its role, state and credits
    #[command(after_help = "Example:\n  cellar user list")]
    List,
    /// Make an account with a one-time password, which is printed once
    #[command(after_help = "Example:\n  cellar user add ada --email ada@example.org --role admin")]
    Add {
        /// The name to sign in with
        username: String,
        /// The e-mail address
        #[arg(long)]
        email: Option<String>,
        /// What it may do
        #[arg(long, value_enum, default_value_t = RoleName::User)]
        role: RoleName,
    },
    /// Give an account a one-time password, which is printed once; it is signed out everywhere
    #[command(after_help = "Example:\n  cellar user password admin\n\n\
        With CELLAR_USER_PASSWORD in the environment that password is set instead, and need not \
        be changed.")]
    Password {
        /// The name or the e-mail address of the account
        user: String,
    },
    /// Add credits to an account
    #[command(after_help = "Example:\n  cellar user topup ada 500 --reason 'invoice 7'")]
    Topup {
        /// The name or the e-mail address of the account
        user: String,
        /// How many credits: 1 to 1,000,000
        amount: i64,
        /// Why; the user reads it
        #[arg(long)]
        reason: String,
    },
    /// Let an account be used no more; its sessions end, its keys open nothing
    #[command(after_help = "Example:\n  cellar user disable ada")]
    Disable {
        /// The name or the e-mail address of the account
        user: String,
    },
    /// Let a disabled account be used again
    #[command(after_help = "Example:\n  cellar user enable ada")]
    Enable {
        /// The name or the e-mail address of the account
        user: String,
    },
}

/// A role, as it is written on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    User,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::User => Self::User,
            RoleName::Admin => Self::Admin,
        }
    }
}

pub(super) fn run(place: &Place, arguments: &Arguments) -> Done {
    let (config, _) = load(place, vec![])?;
    data_folder::require_initialised(&config.data)?;
    let folder = DataFolder::take(&config.data)?;
    let database = Database::open(folder.path())?;
    installation::prepare(&database)?;
    let clock = Clock::system();
    let Accounts { users, .. } = Accounts::open(&config, folder.path(), &database, &clock)?;
    let done = match &arguments.deed {
        Deed::List => alone(list(&users)),
        Deed::Add { username, email, role } => {
            let asked = StaffUser {
                username: username.clone(),
                email: email.clone(),
                role: (*role).into(),
            };
            alone(add(&users, asked))
        }
        Deed::Password { user } => alone(password(&users, user)),
        Deed::Topup { user, amount, reason } => alone(top_up(&users, user, *amount, reason)),
        Deed::Disable { user } => alone(async {
            users.disable(&STAFF, users.find_by_name(user).await?).await?;
            say(&format!("{user} is disabled."))
        }),
        Deed::Enable { user } => alone(async {
            users.enable(&STAFF, users.find_by_name(user).await?).await?;
            say(&format!("{user} is enabled."))
        }),
    };
    database.close();
    done.map(|()| ExitCode::SUCCESS)
}

/// The password in the environment; whether it keeps the rules is for the account to say.
fn given_password() -> Result<Option<String>> {
    let Some(given) = std::env::var_os(USER_PASSWORD) else { return Ok(None) };
    let given = given.into_string().map_err(|_| {
        Error::invalid(USER_PASSWORD, "invalid", "in the environment is not text in UTF-8")
    })?;
    Ok(Some(given))
}

async fn list(users: &UserService) -> Result<()> {
    let query = UserQuery { sort: Sort::Name, ..UserQuery::default() };
    say(&row(["NAME", "ROLE", "STATE", "CREDITS", "ADDRESS"]))?;
    let mut offset = 0;
    loop {
        let page = users.list(query.clone(), offset, PAGE).await?;
        for account in &page {
            let (user, available) = account.parts();
            let credits = available.amount().to_string();
            let state = user.state.word();
            let email = user.email.as_deref().unwrap_or("-");
            say(&row([&user.username, user.role.word(), state, &credits, email]))?;
        }
        if page.len() < PAGE as usize {
            return Ok(());
        }
        offset += i64::from(PAGE);
    }
}

fn row([name, role, state, credits, address]: [&str; 5]) -> String {
    format!("{name:<32}  {role:<5}  {state:<8}  {credits:>12}  {address}")
}

async fn add(users: &UserService, asked: StaffUser) -> Result<()> {
    let name = asked.username.clone();
    let (_, password) = users.create_by_staff(&STAFF, asked).await?;
    show(&name, &password)
}

async fn password(users: &UserService, user: &str) -> Result<()> {
    let given = given_password()?;
    let id = users.find_by_name(user).await?;
    if let Some(given) = given {
        users.set_given_password(&STAFF, id, USER_PASSWORD, given).await?;
        return say(&format!("{user} has the password in {USER_PASSWORD} now."));
    }
    let password = users.reset_password(&STAFF, id).await?;
    show(user, &password)
}

/// A password that is lost here is no harm: the command can be given again.
fn show(user: &str, password: &str) -> Result<()> {
    let text = format!(
        "{user} can sign in with the one-time password\n\n    {password}\n\n\
         It is shown only now, and changed at the first sign-in."
    );
    tell_somebody(&text).map_err(|cause| {
        Error::Unavailable(format!(
            "the one-time password could not be shown ({cause}); run this where standard output \
             is read"
        ))
    })
}

async fn top_up(users: &UserService, user: &str, amount: i64, reason: &str) -> Result<()> {
    let user_id = users.find_by_name(user).await?;
    let balance =
        users.top_up(&STAFF, Grant { user_id, amount, reason: reason.to_owned() }).await?;
    say(&format!("{user} has {} credits to spend now.", balance.available.amount()))
}
