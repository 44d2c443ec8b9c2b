//! The settings by name, as `--help`, the README and the error messages speak of them.

/// What the names of our variables in the environment begin with.
pub const VARIABLE_PREFIX: &str = "CELLAR_";

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
        form: "16 characters or more, of ASCII and without spaces",
        about: "a bearer token that may read /metrics; better given in the environment",
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
        about: "sign-in tries one address may make; an account bears 4 times that from new places",
    },
    Setting {
        name: "sign_up",
        default: "open",
        form: "open, invite or closed",
        about: "who may make an account: everyone, whoever was invited, or nobody",
    },
    Setting {
        name: "sign_up_credits",
        default: "100",
        form: "a number from 0 to 1000000",
        about: "credits a new account is given",
    },
    Setting {
        name: "self_service_top_ups",
        default: "true",
        form: "true or false",
        about: "let users add credits to their own account",
    },
    Setting {
        name: "rows_at_once_max",
        default: "10000",
        form: "a number from 1 to 100000",
        about: "rows that are predicted while the caller waits; more are background work",
    },
    Setting {
        name: "task_rows_max",
        default: "5000000",
        form: "a number from 1 to 1000000000",
        about: "rows that one task may have",
    },
    Setting {
        name: "table_bytes_max",
        default: "1073741824",
        form: "a number of bytes from 1024 to 1099511627776",
        about: "bytes that a table sent as a file may have",
    },
    Setting {
        name: "json_bytes_max",
        default: "16777216",
        form: "a number of bytes from 1024 to 1073741824",
        about: "bytes that rows sent in JSON may have; they are in memory as a whole",
    },
    Setting {
        name: "unpaid_bytes_max",
        default: "268435456",
        form: "a number of bytes from 1024 to 1099511627776",
        about: "bytes that failed and cancelled tasks of an account may keep; the oldest go first",
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

impl Setting {
    /// Its variable in the environment.
    pub fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.name.to_uppercase())
    }
}
