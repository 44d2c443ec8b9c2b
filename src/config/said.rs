//! What was said of each setting and where: a flag, the environment, the file.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::FILE_NAME;
use super::setting::SETTINGS;
use crate::error::Issues;

/// What was said where, before it is judged.
#[derive(Debug, Default)]
pub struct Sources {
    /// Flags of the command line, by setting name.
    pub flags: BTreeMap<&'static str, String>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The settings file to read, and whether it must exist.
    pub file: Option<PathBuf>,
}

/// The text of each setting with where it came from, and the problems found so far.
pub(super) struct Said {
    texts: BTreeMap<&'static str, (String, String)>,
    pub(super) issues: Issues,
}

impl Said {
    pub(super) fn collect(sources: &Sources) -> Self {
        let mut issues = Issues::default();
        let file =
            sources.file.as_deref().map(|path| read_file(path, &mut issues)).unwrap_or_default();
        let mut texts = BTreeMap::new();
        for setting in SETTINGS {
            let variable = setting.variable();
            let found = if let Some(text) = sources.flags.get(setting.name) {
                Some((text.clone(), format!("--{}", setting.name.replace('_', "-"))))
            } else if let Some(text) = sources.environment.get(&variable) {
                Some((text.clone(), variable))
            } else {
                file.get(setting.name).map(|text| (text.clone(), FILE_NAME.to_owned()))
            };
            if let Some(found) = found {
                texts.insert(setting.name, found);
            }
        }
        Self { texts, issues }
    }

    pub(super) fn option<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        let (text, _) = self.texts.get(name)?;
        let value = text.trim().parse().ok();
        if value.is_none() {
            self.refuse(name);
        }
        value
    }

    pub(super) fn value<T: FromStr>(&mut self, name: &'static str, default: T) -> T {
        self.option(name).unwrap_or(default)
    }

    pub(super) fn number<T: FromStr + PartialOrd>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<T>,
        default: T,
    ) -> T {
        let number = self.value(name, default);
        // A default is never out of range, so this is about what was said.
        if !range.contains(&number) && self.texts.contains_key(name) {
            self.refuse(name);
        }
        number
    }

    pub(super) fn list<T: FromStr>(&mut self, name: &'static str) -> Vec<T> {
        let text: String = self.value(name, String::new());
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let values: Option<Vec<T>> = parts.map(|part| part.parse().ok()).collect();
        values.unwrap_or_else(|| {
            self.refuse(name);
            vec![]
        })
    }

    /// Notes that what was said of a setting cannot be, and what could.
    fn refuse(&mut self, name: &'static str) {
        let form = SETTINGS.iter().find(|setting| setting.name == name).map_or("", |s| s.form);
        let Some((text, source)) = self.texts.get(name) else { return };
        // A secret must not come back in an error message.
        let said =
            if name.ends_with("token") { String::new() } else { format!(" is {text:?} and") };
        self.issues.add(name, "invalid", format!("({source}){said} must be {form}"));
    }
}

/// The settings in a file, each as text; what is wrong with the file goes to `issues`.
fn read_file(path: &Path, issues: &mut Issues) -> BTreeMap<String, String> {
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) => {
            issues.add(name, "unreadable", format!("cannot be read: {why}"));
            return BTreeMap::new();
        }
    };
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(why) => {
            let place = why.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            issues.add(name, "malformed", format!("line {place}: {}", why.message()));
            return BTreeMap::new();
        }
    };
    let mut settings = BTreeMap::new();
    for (key, value) in table {
        if !SETTINGS.iter().any(|setting| setting.name == key) {
            issues.add(&name, "unknown", format!("has {key:?}, which is no setting"));
        } else if let Some(text) = as_text(&value) {
            settings.insert(key, text);
        } else {
            issues.add(&name, "invalid", format!("has a table or a date in {key:?}"));
        }
    }
    settings
}

fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(as_text).collect();
            parts.map(|parts| parts.join(","))
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
