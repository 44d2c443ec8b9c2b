//! Settings: a flag wins over the environment (`CELLAR_...`), that over `cellar.toml`, that over
//! the default. All of them are read and judged once, at the start, and every problem is reported
//! together with the name of its setting.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZero;
use std::path::PathBuf;
use std::str::FromStr;

use ipnet::IpNet;

use crate::error::{Issues, Result};
use crate::machine;

mod base_url;
mod said;
mod setting;

pub use base_url::BaseUrl;
use base_url::Host;
use said::Said;
pub use said::Sources;
pub use setting::{SETTINGS, Setting, VARIABLE_PREFIX};

/// The file that is read from the working directory if it is there.
pub const FILE_NAME: &str = "cellar.toml";

/// Below this a secret can be guessed.
const SECRET_BYTES_MIN: usize = 16;

const ONE: NonZero<usize> = NonZero::<usize>::MIN;
const SLOTS_MAX: NonZero<usize> = NonZero::new(64).expect("64 is not zero");

fn cores() -> NonZero<usize> {
    machine::cores().min(SLOTS_MAX)
}

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

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignUp {
    /// Everyone.
    #[default]
    Open,
    /// Whoever was invited.
    Invite,
    /// Nobody but the staff.
    Closed,
}

impl SignUp {
    /// The word in settings and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for SignUp {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(Self::Open),
            "invite" => Ok(Self::Invite),
            "closed" => Ok(Self::Closed),
            _ => Err("must be open, invite or closed"),
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
        // What cannot stand in a header can never be sent.
        let can_be_sent = text.bytes().all(|b| b.is_ascii_graphic());
        if text.len() < SECRET_BYTES_MIN || !can_be_sent {
            return Err(TooShort);
        }
        Ok(Self(text.to_owned()))
    }
}

/// The text can be guessed, or not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The name of a folder: anything but nothing.
struct Folder(PathBuf);

impl FromStr for Folder {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() { Err("must not be empty") } else { Ok(Self(text.into())) }
    }
}

/// Seen from the root: a name such as `file:x` is then a name, and no address to SQLite.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
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
    /// Who may make an account.
    pub sign_up: SignUp,
    /// Credits a new account is given.
    pub sign_up_credits: u32,
    /// Whether users may add credits to their own account.
    pub self_service_top_ups: bool,
    /// Rows that are predicted while the caller waits.
    pub rows_at_once_max: u64,
    /// Rows that one task may have.
    pub task_rows_max: u64,
    /// Bytes that a table sent as a file may have.
    pub table_bytes_max: u64,
    /// Bytes that rows sent in JSON may have.
    pub json_bytes_max: u64,
    /// Bytes that tasks of an account may keep which cost nothing.
    pub unpaid_bytes_max: u64,
    /// Seconds within which a request's head must be complete.
    pub head_timeout_s: u32,
    /// Seconds after which a silent connection is closed.
    pub idle_timeout_s: u32,
    /// Seconds over which a body must bring 1 KB a second.
    pub body_window_s: u32,
}

impl Config {
    /// Reads and judges every setting.
    pub fn load(sources: &Sources) -> Result<Self> {
        let mut said = Said::collect(sources);
        let config = Self {
            data: absolute(said.value("data", Folder(PathBuf::from("cellar-data"))).0),
            host: said.value("host", IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port: said.value("port", 8000),
            base_url: said.option("base_url"),
            allowed_hosts: said.list("allowed_hosts").into_iter().map(|Host(name)| name).collect(),
            insecure_http: said.value("insecure_http", false),
            trusted_proxies: said.list("trusted_proxies"),
            log_format: said.value("log_format", LogFormat::Text),
            metrics_token: said.option("metrics_token"),
            job_slots: said.number("job_slots", ONE..=SLOTS_MAX, cores()),
            bcrypt_cost: said.number("bcrypt_cost", 4..=16, 12),
            sign_in_tries_per_minute: said.number("sign_in_tries_per_minute", 1..=10_000, 20),
            sign_up: said.value("sign_up", SignUp::Open),
            sign_up_credits: said.number("sign_up_credits", 0..=1_000_000, 100),
            self_service_top_ups: said.value("self_service_top_ups", true),
            rows_at_once_max: said.number("rows_at_once_max", 1..=100_000, 10_000),
            task_rows_max: said.number("task_rows_max", 1..=1_000_000_000, 5_000_000),
            table_bytes_max: said.number("table_bytes_max", 1024..=1 << 40, 1 << 30),
            json_bytes_max: said.number("json_bytes_max", 1024..=1 << 28, 1 << 24),
            unpaid_bytes_max: said.number("unpaid_bytes_max", 1024..=1 << 40, 1 << 28),
            head_timeout_s: said.number("head_timeout_s", 1..=3_600, 15),
            idle_timeout_s: said.number("idle_timeout_s", 1..=3_600, 60),
            body_window_s: said.number("body_window_s", 1..=3_600, 60),
        };
        config.judge_together(&mut said.issues);
        said.issues.or(config)
    }

    /// Whether passwords travel in the open to the address people open.
    pub fn is_insecure(&self) -> bool {
        self.base_url.as_ref().is_some_and(|url| !url.is_private())
    }

    /// The rules that take more than one setting.
    fn judge_together(&self, issues: &mut Issues) {
        if self.base_url.is_none() && !self.host.is_loopback() && !self.host.is_unspecified() {
            issues.add(
                "base_url",
                "required",
                format!(
                    "is missing: with host {} nobody on this machine is served, so say which \
                     address people open",
                    self.host
                ),
            );
        }
        if self.is_insecure() && !self.insecure_http {
            issues.add(
                "base_url",
                "insecure",
                "is http:// beyond this machine, so passwords would travel in the open; put a proxy \
                 with https:// in front, or accept it with --insecure-http",
            );
        }
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
    fn an_address_of_the_network_needs_the_name_that_people_open() {
        let lan = [("host", "192.0.2.7")];
        assert!(issues(said(&lan, &[], ""))[0].contains("base_url"));
        assert!(said(&lan, &[], "base_url = 'https://cellar.example.org'").is_ok());
        assert!(said(&[("host", "0.0.0.0")], &[], "").is_ok());
    }

    #[test]
    fn what_cannot_be_a_host_or_a_folder_is_refused() {
        for hosts in ["*", "http://a/b", "é.example", "a b", "a:99999"] {
            assert!(
                issues(said(&[("allowed_hosts", hosts)], &[], ""))[0].contains("allowed_hosts")
            );
        }
        assert!(said(&[("allowed_hosts", "a.example, b.example:8443,[::1]")], &[], "").is_ok());
        assert!(issues(said(&[("data", "")], &[], ""))[0].contains("data"));
        assert!(said(&[("data", "file:x")], &[], "").unwrap().data.is_absolute());
        let token = [("metrics_token", "0123456789abcdef\n0123")];
        assert!(issues(said(&token, &[], ""))[0].contains("metrics_token"));
    }

    #[test]
    fn an_insecure_address_is_accepted_only_with_open_eyes() {
        let open = [("base_url", "http://cellar.example.org")];
        assert!(said(&open, &[], "").is_err());
        assert!(said(&open, &[], "insecure_http = true").is_ok());
        assert!(said(&[("base_url", "https://cellar.example.org")], &[], "").is_ok());
    }
}
