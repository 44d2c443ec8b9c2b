//! The real binary in a folder of its own, with nothing of this machine's settings around it, and a
//! client that speaks to it over real sockets.

mod http;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

pub(crate) use http::{Answer, Request, exchange};

/// The administrator's password, unless a story takes it out of the environment.
pub(crate) const PASSWORD: &str = "a cork in the bottle";

/// How long anything may take on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// A fresh folder to run the binary in, and the environment it gets.
pub(crate) struct Binary {
    folder: TempDir,
    environment: BTreeMap<String, String>,
    /// A line for `sh` that sets limits before the binary takes over.
    limits: Option<String>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Binary {
    /// A folder with nothing in it; passwords are hashed quickly.
    pub(crate) fn new() -> Self {
        let settings = [
            ("CELLAR_ADMIN_PASSWORD", PASSWORD),
            ("CELLAR_BCRYPT_COST", "4"),
            ("CELLAR_SIGN_IN_TRIES_PER_MINUTE", "10000"),
        ];
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: settings.map(|(name, value)| (name.into(), value.into())).into(),
            limits: None,
        }
    }

    /// With a variable of the environment set.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// With a variable of the environment taken out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// With limits of the shell's `ulimit` on every process from now on.
    pub(crate) fn limited(&mut self, ulimit: &str) {
        self.limits = Some(format!("ulimit {ulimit} && exec \"$0\" \"$@\""));
    }

    /// Without limits again.
    pub(crate) fn unlimited(&mut self) {
        self.limits = None;
    }

    /// A path inside the folder.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the data is if no flag says otherwise.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("cellar-data")
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).stdin(Stdio::null()).output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A server on a free port, once it has told its address.
    #[track_caller]
    pub(crate) fn serve(&self, flags: &[&str]) -> Served {
        let arguments = [&["serve", "--port", "0"], flags].concat();
        Served::start(self.spawn(&arguments))
    }

    /// A command that runs beside the story.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// A command that has not begun, for a story that needs more of it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_cellar");
        let mut command = match &self.limits {
            None => Command::new(program),
            Some(line) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", line, program]);
                shell
            }
        };
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").as_deref().unwrap_or(OsStr::new("")))
            .env("HOME", self.folder.path())
            .envs(&self.environment);
        command
    }
}

impl Ran {
    /// It ended with 0; what it said.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.stdout
    }

    /// It ended with this code; the sentence on standard error.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }
}

/// A running server; it is killed when this value goes.
pub(crate) struct Served {
    child: Child,
    port: u16,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

/// How a server ended.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) status: ExitStatus,
    pub(crate) took: Duration,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Served {
    #[track_caller]
    pub(crate) fn start(mut child: Child) -> Self {
        let (stdout, stderr) = (Arc::default(), Arc::default());
        let readers = vec![
            collect(child.stdout.take().unwrap(), Arc::clone(&stdout)),
            collect(child.stderr.take().unwrap(), Arc::clone(&stderr)),
        ];
        let mut served = Self { child, port: 0, stdout, stderr, readers };
        let greeting = served.wait_for_line(" is at http");
        let port = greeting.rsplit(':').next().and_then(|digits| digits.trim().parse().ok());
        served.port = port.unwrap_or_default();
        served
    }

    /// The port of the address that the server told.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The address that the server told, with a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// What it has printed so far.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    /// What it has logged so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// The first line on standard output that contains `part`, once it is there.
    #[track_caller]
    pub(crate) fn wait_for_line(&mut self, part: &str) -> String {
        let found = eventually(|| {
            let text = self.stdout();
            let (whole, _) = text.rsplit_once('\n')?;
            whole.lines().find(|line| line.contains(part)).map(str::to_owned)
        });
        found.unwrap_or_else(|| {
            let status = self.child.try_wait();
            panic!("no {part:?} ({status:?}) in\n{}\n{}", self.stdout(), self.stderr())
        })
    }

    /// A request to it.
    pub(crate) fn request(&self, method: &'static str, path: &str) -> Request {
        Request::new(self.port, method, path)
    }

    /// The answer to a plain `GET`.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send()
    }

    /// Signs the administrator in; the cookie.
    #[track_caller]
    pub(crate) fn sign_in(&self) -> String {
        self.sign_in_with(PASSWORD)
    }

    /// Signs the administrator in with this password; the cookie. Whoever has read the server's
    /// address can do so at once.
    #[track_caller]
    pub(crate) fn sign_in_with(&self, password: &str) -> String {
        let cookie = self.try_sign_in(password).ok().flatten();
        cookie.unwrap_or_else(|| panic!("nobody could sign in:\n{}", self.stderr()))
    }

    /// One try to sign the administrator in; the cookie if it went well.
    pub(crate) fn try_sign_in(&self, password: &str) -> io::Result<Option<String>> {
        let who = json!({ "username": "admin", "password": password });
        let answer = self.request("POST", "/auth/session").json(&who).try_send()?;
        let line = (answer.status == 201).then(|| answer.header("set-cookie")).flatten();
        Ok(line.and_then(|line| line.split(';').next()).map(str::to_owned))
    }

    /// Orders a check of the data as a background job; its id.
    #[track_caller]
    pub(crate) fn order_check(&self, cookie: &str) -> String {
        let answer = self.request("POST", "/api/admin/checks").cookie(cookie).send();
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Its process, for a signal.
    pub(crate) fn process(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.process(), signal).unwrap();
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks it to stop, as a service manager does, and waits for the end.
    #[track_caller]
    pub(crate) fn stop(mut self) -> Stopped {
        let begun = Instant::now();
        self.signal(rustix::process::Signal::TERM);
        let status = eventually(|| self.child.try_wait().unwrap());
        let took = begun.elapsed();
        let status = status.unwrap_or_else(|| panic!("it never stopped:\n{}", self.stderr()));
        self.read_out();
        Stopped { status, took, stdout: self.stdout(), stderr: self.stderr() }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn read_out(&mut self) {
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first value that `look` finds, tried again until patience ends.
pub(crate) fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if begun.elapsed() > PATIENCE {
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn collect(source: impl Read + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut lines = BufReader::new(source);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}
