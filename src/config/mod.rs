//! Settings: a flag wins over the environment (`CELLAR_...`), that over `cellar.toml`, that over
//! the default. All of them are read and judged once, at the start, and every problem is reported
//! together with the name of its setting.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ipnet::IpNet;

use crate::error::{Issues, Result};

mod base_url;

pub use base_url::BaseUrl;

/// The file that is read from the working directory if it is there.
pub const FILE_NAME: &str = "cellar.toml";

/// Below this a secret can be guessed.
const SECRET_BYTES_MIN: usize = 16;

const ONE: NonZero<usize> = NonZero::<usize>::MIN;
const SLOTS_MAX: NonZero<usize> = NonZero::new(64).expect("64 is not zero");

fn cores() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(ONE).min(SLOTS_MAX)
}

/// One setting, as `--help`, the README and the error messages speak of it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its key in `cellar.toml`; the environment's name is `CELLAR_` and this in capitals.
    pub name: &'static str,
    /// What holds if nothing is said, in words.
    pub default: &'static str,
    /// What its text must be.
    pub form: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "data",
        default: "./cellar-data",
        form: "the name of a folder",
        about: "the folder that holds everything",
    },
    Setting {
        name: "host",
        default: "127.0.0.1",
        form: "an IP address such as 127.0.0.1 or ::1",
        about: "the address to listen on",
    },
    Setting {
        name: "port",
        default: "8000",
        form: "a number from 0 to 65535",
        about: "the port to listen on; 0 takes a free one",
    },
    Setting {
        name: "base_url",
        default: "http://localhost:PORT",
        form: "an address such as https://cellar.example.org",
        about: "the address people open, as seen by their browser",
    },
    Setting {
        name: "allowed_hosts",
        default: "none",
        form: "host names with commas between them",
        about: "further host names that requests may ask for",
    },
    Setting {
        name: "insecure_http",
        default: "false",
        form: "true or false",
        about: "allow a base_url of http:// beyond this machine",
    },
    Setting {
        name: "trusted_proxies",
        default: "none",
        form: "networks such as 10.0.0.0/8 with commas between them",
        about: "networks whose X-Forwarded-For is believed",
    },
    Setting {
        name: "log_format",
        default: "text",
        form: "text or json",
        about: "how log lines are written",
    },
    Setting {
        name: "metrics_token",
        default: "none",
        form: "16 characters or more",
        about: "a bearer token that may read /metrics",
    },
    Setting {
        name: "job_slots",
        default: "the number of cores",
        form: "a number from 1 to 64",
        about: "background jobs that run at once",
    },
    Setting {
        name: "bcrypt_cost",
        default: "12",
        form: "a number from 4 to 16",
        about: "the work a password hash takes; each step doubles it",
    },
    Setting {
        name: "sign_in_tries_per_minute",
        default: "20",
        form: "a number from 1 to 10000",
        about: "sign-in tries one address may make",
    },
    Setting {
        name: "head_timeout_s",
        default: "15",
        form: "a number from 1 to 3600",
        about: "seconds within which a request's head must be complete",
    },
    Setting {
        name: "idle_timeout_s",
        default: "60",
        form: "a number from 1 to 3600",
        about: "seconds after which a silent connection is closed",
    },
    Setting {
        name: "body_window_s",
        default: "60",
        form: "a number from 1 to 3600",
        about: "seconds over which a body must bring 1 KB a second",
    },
];

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be text or json"),
        }
    }
}

/// A text that must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for a comparison.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = TooShort;
    fn from_str(text: &str) -> Result<Self, TooShort> {
        if text.len() < SECRET_BYTES_MIN { Err(TooShort) } else { Ok(Self(text.to_owned())) }
    }
}

/// The text can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The settings of one run, valid together.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on.
    pub port: u16,
    /// The address people open; `None` stands for this machine and the port that is served.
    pub base_url: Option<BaseUrl>,
    /// Host names, besides the base URL's, that requests may ask for.
    pub allowed_hosts: Vec<String>,
    /// Whether plain http beyond this machine was accepted.
    pub insecure_http: bool,
    /// Networks whose word on the client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// The token that may read the metrics.
    pub metrics_token: Option<Secret>,
    /// Background jobs that run at once.
    pub job_slots: NonZero<usize>,
    /// The work a password hash takes.
    pub bcrypt_cost: u32,
    /// Sign-in tries one address may make in a minute.
    pub sign_in_tries_per_minute: u32,
    /// Seconds within which a request's head must be complete.
    pub head_timeout_s: u32,
    /// Seconds after which a silent connection is closed.
    pub idle_timeout_s: u32,
    /// Seconds over which a body must bring 1 KB a second.
    pub body_window_s: u32,
}

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

impl Config {
    /// Reads and judges every setting.
    pub fn load(sources: &Sources) -> Result<Self> {
        let mut said = Said::collect(sources);
        let config = Self {
            data: said.value("data", PathBuf::from("cellar-data")),
            host: said.value("host", IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port: said.value("port", 8000),
            base_url: said.option("base_url"),
            allowed_hosts: said.list("allowed_hosts"),
            insecure_http: said.value("insecure_http", false),
            trusted_proxies: said.list("trusted_proxies"),
            log_format: said.value("log_format", LogFormat::Text),
            metrics_token: said.option("metrics_token"),
            job_slots: said.number("job_slots", ONE..=SLOTS_MAX, cores()),
            bcrypt_cost: said.number("bcrypt_cost", 4..=16, 12),
            sign_in_tries_per_minute: said.number("sign_in_tries_per_minute", 1..=10_000, 20),
            head_timeout_s: said.number("head_timeout_s", 1..=3_600, 15),
            idle_timeout_s: said.number("idle_timeout_s", 1..=3_600, 60),
            body_window_s: said.number("body_window_s", 1..=3_600, 60),
        };
        config.judge_together(&mut said.issues);
        said.issues.or(config)
    }

    /// The rules that take more than one setting.
    fn judge_together(&self, issues: &mut Issues) {
        if let Some(base_url) = &self.base_url
            && !base_url.is_private()
            && !self.insecure_http
        {
            issues.add(
                "base_url",
                "insecure",
                "is http:// beyond this machine, so passwords would travel in the open; put a proxy \
                 with https:// in front, or accept it with --insecure-http",
            );
        }
    }
}

/// The text of each setting with where it came from, and the problems found so far.
struct Said {
    texts: BTreeMap<&'static str, (String, String)>,
    issues: Issues,
}

impl Said {
    fn collect(sources: &Sources) -> Self {
        let mut issues = Issues::default();
        let file =
            sources.file.as_deref().map(|path| read_file(path, &mut issues)).unwrap_or_default();
        let mut texts = BTreeMap::new();
        for setting in SETTINGS {
            let variable = format!("CELLAR_{}", setting.name.to_uppercase());
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

    fn option<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        let (text, _) = self.texts.get(name)?;
        let value = text.trim().parse().ok();
        if value.is_none() {
            self.refuse(name);
        }
        value
    }

    fn value<T: FromStr>(&mut self, name: &'static str, default: T) -> T {
        self.option(name).unwrap_or(default)
    }

    fn number<T: FromStr + PartialOrd>(
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

    fn list<T: FromStr>(&mut self, name: &'static str) -> Vec<T> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn said(
        flags: &[(&'static str, &str)],
        environment: &[(&str, &str)],
        file: &str,
    ) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, file).unwrap();
        Config::load(&Sources {
            flags: flags.iter().map(|(name, text)| (*name, (*text).to_owned())).collect(),
            environment: environment
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect(),
            file: Some(path),
        })
    }

    fn issues(result: Result<Config>) -> Vec<String> {
        match result {
            Err(Error::Invalid(issues)) => issues
                .all()
                .iter()
                .map(|issue| format!("{} {}", issue.field, issue.message))
                .collect(),
            other => panic!("expected issues, got {other:?}"),
        }
    }

    #[test]
    fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
        let file = "port = 1\nhost = \"::1\"\nlog_format = \"json\"";
        let config =
            said(&[("port", "3")], &[("CELLAR_PORT", "2"), ("CELLAR_HOST", "0.0.0.0")], file)
                .unwrap();
        assert_eq!(config.port, 3);
        assert_eq!(config.host.to_string(), "0.0.0.0");
        assert_eq!(config.log_format, LogFormat::Json);
        assert_eq!(config.bcrypt_cost, 12);
    }

    #[test]
    fn all_problems_are_reported_at_once_each_with_its_setting() {
        let found = issues(said(
            &[("port", "eighty")],
            &[("CELLAR_BCRYPT_COST", "99"), ("CELLAR_METRICS_TOKEN", "short")],
            "colour = 'red'\ntrusted_proxies = ['10.0.0.0/8', 'x']\nbase_url = 'http://example.org'",
        ));
        for name in
            ["port", "bcrypt_cost", "metrics_token", "colour", "trusted_proxies", "base_url"]
        {
            assert!(
                found.iter().any(|line| line.contains(name)),
                "{name} is missing in {found:#?}"
            );
        }
        assert_eq!(found.len(), 6, "{found:#?}");
        assert!(!found.iter().any(|line| line.contains("short\"")), "a token was printed");
    }

    #[test]
    fn a_broken_file_is_named_with_its_line() {
        let found = issues(said(&[], &[], "port = 1\nhost = = 2"));
        assert!(found[0].contains("cellar.toml") && found[0].contains("line 2"), "{found:?}");
    }

    #[test]
    fn an_insecure_address_is_accepted_only_with_open_eyes() {
        let open = [("base_url", "http://cellar.example.org")];
        assert!(said(&open, &[], "").is_err());
        assert!(said(&open, &[], "insecure_http = true").is_ok());
        assert!(said(&[("base_url", "https://cellar.example.org")], &[], "").is_ok());
    }
}
