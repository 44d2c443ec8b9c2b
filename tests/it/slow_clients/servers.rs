//! The servers that slow clients are set upon.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use cellar::clock::Clock;
use cellar::config::{Config, Sources};
use cellar::data_folder::DataFolder;
use cellar::error::Error;
use cellar::job::Kinds;
use cellar::server::{self, Parts};
use cellar::web::{Download, Keeper};
use prometheus::core::Collector;
use rocket::data::ToByteUnit;
use rocket::fairing::AdHoc;
use rocket::futures::stream;
use rocket::response::stream::TextStream;
use rocket::tokio;
use rocket::tokio::io::AsyncReadExt;
use rocket::tokio::runtime::Runtime;
use rocket::{Data, State, get, post, routes};

use super::{BODY, HEAD, IDLE, SLACK, SURVIVAL};

/// A server under a limit of descriptors, with short deadlines or the usual ones.
pub(super) struct Server {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(super) fn start(n_descriptors_max: u32, environment: &[(&str, Duration)]) -> Self {
        raise_own_limit();
        let folder = tempfile::tempdir().unwrap();
        // `exec` keeps the process id that we are going to look at and to kill.
        let script = format!("ulimit -n {n_descriptors_max}; exec \"$0\" serve --port 0");
        let mut command = Command::new("sh");
        command
            .args(["-c", &script, env!("CARGO_BIN_EXE_cellar")])
            .current_dir(folder.path())
            .env("CELLAR_ALLOWED_HOSTS", "a")
            .env("CELLAR_BCRYPT_COST", "4")
            .env("CELLAR_ADMIN_PASSWORD", "a long password")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        for (name, value) in environment {
            command.env(name, value.as_secs().to_string());
        }
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains(" is at ")));
        let port = line.unwrap().trim().rsplit(':').next().unwrap().parse().unwrap();
        Self { port, process, _folder: folder }
    }

    pub(super) fn short() -> Self {
        let deadlines = [
            ("CELLAR_HEAD_TIMEOUT_S", HEAD),
            ("CELLAR_IDLE_TIMEOUT_S", IDLE),
            ("CELLAR_BODY_WINDOW_S", BODY),
        ];
        Self::start(1024, &deadlines)
    }

    pub(super) fn connect(&self) -> TcpStream {
        connect(self.port)
    }

    pub(super) fn n_descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().count()
    }

    pub(super) fn await_descriptors(&self, n_wanted: usize) {
        let begun_at = Instant::now();
        while self.n_descriptors() > n_wanted {
            assert!(begun_at.elapsed() < SLACK, "{} left", self.n_descriptors() - n_wanted);
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The whole server in this process, with handlers that no product should have.
pub(super) struct Inside {
    port: u16,
    keeper: Keeper,
    runtime: Option<Runtime>,
    _folder: tempfile::TempDir,
}

impl Inside {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let short = |limit: Duration| limit.as_secs().to_string();
        let flags = [
            ("data", folder.path().display().to_string()),
            ("port", "0".into()),
            ("allowed_hosts", "a".into()),
            ("head_timeout_s", short(HEAD)),
            ("idle_timeout_s", short(IDLE)),
            ("body_window_s", short(BODY)),
        ];
        let config = Config::load(&Sources { flags: flags.into(), ..Sources::default() }).unwrap();
        let held = DataFolder::take(&config.data).unwrap();
        let parts = Parts { config, clock: Clock::system(), folder: held, kinds: Kinds::new() };
        let rocket = server::build(parts).unwrap().rocket;
        let keeper = rocket.state::<Keeper>().unwrap().clone();
        let (send, port) = std::sync::mpsc::channel();
        let liftoff = AdHoc::on_liftoff("tell the port", move |rocket| {
            Box::pin(async move { send.send(rocket.config().port).unwrap() })
        });
        let runtime = Runtime::new().unwrap();
        let handlers = routes![long, events, big, broken, upload, ignore];
        runtime.spawn(rocket.mount("/", handlers).attach(liftoff).launch());
        let port = port.recv_timeout(SLACK).unwrap();
        Self { port, keeper, runtime: Some(runtime), _folder: folder }
    }

    pub(super) fn connect(&self) -> TcpStream {
        connect(self.port)
    }

    pub(super) fn wait_until_ended(&self, reason: &str) {
        let (begun_at, by_reason) = (Instant::now(), &self.keeper.ended().by_reason);
        while by_reason.with_label_values(&[reason]).get() == 0 {
            assert!(begun_at.elapsed() < IDLE + SLACK, "nobody was ended as {reason}");
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let ended = self.keeper.ended().by_reason.collect();
            eprintln!("what the keeper has ended: {ended:?}");
        }
        self.runtime.take().unwrap().shutdown_background();
    }
}

#[get("/long?<ms>")]
async fn long(ms: u64) -> &'static str {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    "done\n"
}

#[get("/events?<ms>")]
fn events(ms: u64) -> TextStream![&'static str] {
    TextStream! {
        let mut beat = tokio::time::interval(Duration::from_millis(ms));
        loop {
            beat.tick().await;
            yield ": beat\n\n";
        }
    }
}

#[get("/big")]
fn big() -> TextStream![String] {
    TextStream! { for _ in 0..4096 { yield "x".repeat(65536); } }
}

#[get("/broken")]
fn broken() -> Download {
    let pieces = [Ok(b"begun".to_vec()), Err(Error::internal("the rest is damaged"))];
    Download::new("broken.txt", "text/plain", stream::iter(pieces))
}

#[post("/upload", data = "<data>")]
async fn upload(data: Data<'_>, keeper: &State<Keeper>) -> String {
    let mut content = Vec::new();
    let mut reader = keeper.pace(data.open(64.mebibytes()));
    reader.read_to_end(&mut content).await.unwrap();
    format!("{}\n", content.len())
}

#[post("/ignore", data = "<_data>")]
fn ignore(_data: Data<'_>) -> &'static str {
    "ignored\n"
}

fn connect(port: u16) -> TcpStream {
    let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.set_read_timeout(Some(SURVIVAL + SLACK)).unwrap();
    client
}

/// The crowds need more descriptors on this side too; the usual soft limit is 1,024.
fn raise_own_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}
