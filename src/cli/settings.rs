//! From the command line to settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Place;
use crate::config::{Config, FILE_NAME, SETTINGS, Sources, VARIABLE_PREFIX};
use crate::data_folder;
use crate::error::{Error, Issues, Result};
use crate::user::{ADMIN_NAME, Passwords};

/// The variable that gives the first administrator's password.
pub(super) const ADMIN_PASSWORD: &str = "CELLAR_ADMIN_PASSWORD";

/// The variable that gives somebody's password to `cellar user password`.
pub(super) const USER_PASSWORD: &str = "CELLAR_USER_PASSWORD";

/// Flags of a command by setting name; those not given are left out.
pub(super) type Flags<'a> = Vec<(&'static str, Option<&'a String>)>;

/// All settings, judged together with the administrator's password if one is given.
pub(super) fn load(place: &Place, flags: Flags<'_>) -> Result<(Config, Option<String>)> {
    let given = flags.into_iter().filter_map(|(name, text)| Some((name, text?.clone())));
    let mut flags: BTreeMap<_, _> = given.collect();
    flags.extend(place.data.clone().map(|data| ("data", data)));
    let mut issues = Issues::default();
    let environment = environment(&mut issues);
    let admin_password = environment.get(ADMIN_PASSWORD).cloned();
    let sources = Sources { flags, environment, file: settings_file(place) };

    let config = match Config::load(&sources) {
        Ok(config) => Some(config),
        Err(Error::Invalid(more)) => {
            issues.append(more);
            None
        }
        Err(other) => return Err(other),
    };
    if let Some(password) = &admin_password {
        // Where there are accounts already it is of no use, and need not be held up to every list.
        match &config {
            Some(config) if data_folder::is_initialised(&config.data) => {
                Passwords::judge_length(ADMIN_PASSWORD, password, &mut issues);
            }
            _ => Passwords::judge(ADMIN_PASSWORD, password, &[ADMIN_NAME], &mut issues),
        }
    }
    match config {
        Some(config) => issues.or((config, admin_password)),
        None => Err(Error::Invalid(issues)),
    }
}

/// The variables that are meant for us. One that names no setting is worth a warning and no more:
/// systems that run containers make up variables of their own from a service's name.
fn environment(issues: &mut Issues) -> BTreeMap<String, String> {
    let mut ours = BTreeMap::new();
    for (name, text) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with(VARIABLE_PREFIX)) else {
            continue;
        };
        let is_password = [ADMIN_PASSWORD, USER_PASSWORD].contains(&name);
        if !is_password && !SETTINGS.iter().any(|setting| setting.variable() == name) {
            eprintln!("cellar: warning: {name} in the environment is no setting, and is ignored");
            continue;
        }
        match text.into_string() {
            Ok(text) => drop(ours.insert(name.to_owned(), text)),
            Err(_) => issues.add(name, "invalid", "in the environment is not text in UTF-8"),
        }
    }
    ours
}

/// What `--help` says of a setting's flag.
pub(super) fn help(name: &str) -> String {
    let setting = SETTINGS.iter().find(|setting| setting.name == name);
    setting.map_or_else(String::new, |setting| {
        let (first, rest) = setting.about.split_at(1);
        format!("{}{rest} [default: {}]", first.to_uppercase(), setting.default)
    })
}

/// The file that was named, or the one in the working directory if it is there.
fn settings_file(place: &Place) -> Option<PathBuf> {
    let usual = Path::new(FILE_NAME);
    place.config.clone().or_else(|| usual.exists().then(|| usual.to_owned()))
}
