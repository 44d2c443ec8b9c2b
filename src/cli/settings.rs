//! From the command line to settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Place;
use crate::config::{Config, FILE_NAME, Sources};
use crate::error::{Error, Issues, Result};
use crate::user::Passwords;

/// The variable that gives the first administrator's password.
pub(super) const ADMIN_PASSWORD: &str = "CELLAR_ADMIN_PASSWORD";

/// Flags of a command by setting name; those not given are left out.
pub(super) type Flags<'a> = Vec<(&'static str, Option<&'a String>)>;

/// All settings, judged together with the administrator's password if one is given.
pub(super) fn load(place: &Place, flags: Flags<'_>) -> Result<(Config, Option<String>)> {
    let given = flags.into_iter().filter_map(|(name, text)| Some((name, text?.clone())));
    let mut flags: BTreeMap<_, _> = given.collect();
    flags.extend(place.data.clone().map(|data| ("data", data)));
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let admin_password = environment.get(ADMIN_PASSWORD).cloned();
    let sources = Sources { flags, environment, file: settings_file(place) };

    let mut issues = Issues::default();
    if let Some(password) = &admin_password {
        Passwords::judge(ADMIN_PASSWORD, password, &mut issues);
    }
    match Config::load(&sources) {
        Ok(config) => issues.or((config, admin_password)),
        Err(Error::Invalid(more)) => {
            issues.append(more);
            Err(Error::Invalid(issues))
        }
        Err(other) => Err(other),
    }
}

/// The file that was named, or the one in the working directory if it is there.
fn settings_file(place: &Place) -> Option<PathBuf> {
    let usual = Path::new(FILE_NAME);
    place.config.clone().or_else(|| usual.exists().then(|| usual.to_owned()))
}
