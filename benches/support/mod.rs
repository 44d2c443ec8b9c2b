//! A server in this process, on a folder of its own, and clients that load it over loopback.

#![allow(dead_code, reason = "each bench uses its part")]

mod figures;
mod plain_forest;
mod trees;
mod wines;

use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use cellar::clock::Clock;
use cellar::config::{Config, Sources};
use cellar::data_folder::DataFolder;
use cellar::database::Database;
use cellar::job::Kinds;
use cellar::ml::wine::{Samples, WineRegression, train};
use cellar::ml_model_manager::{Keep, MLModelManager};
use cellar::server::{self, Parts, Server};
use rocket::fairing::AdHoc;
use rocket::tokio::io::{AsyncReadExt, AsyncWriteExt};
use rocket::tokio::net::TcpStream;
use rocket::tokio::runtime::{self, Runtime};
use rocket::tokio::sync::mpsc;
use rocket::tokio::task::JoinSet;
use rocket::{Build, Rocket};
use serde_json::{Value, json};

#[allow(unused_imports, reason = "each bench uses its part")]
pub(crate) use figures::{as_f64, percent, summary};
#[allow(unused_imports, reason = "each bench uses its part")]
pub(crate) use plain_forest::PlainForest;
#[allow(unused_imports, reason = "each bench uses its part")]
pub(crate) use trees::grown;
#[allow(unused_imports, reason = "each bench uses its part")]
pub(crate) use wines::{NAMES, table_of};

const PASSWORD: &str = "a cork in the bottle";

/// So many connections, each asking so often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) n_connections: usize,
    pub(crate) n_of_each: usize,
}

/// How long each answer took, and all of them together.
pub(crate) struct Taken {
    whole: Duration,
    each: Vec<Duration>,
}

impl Taken {
    pub(crate) fn per_second(&self) -> f64 {
        as_f64(self.each.len()) / self.whole.as_secs_f64()
    }

    pub(crate) fn n_answers(&self) -> usize {
        self.each.len()
    }

    /// The time that half of the answers keep.
    pub(crate) fn middle(&self) -> Duration {
        let mut each = self.each.clone();
        each.sort_unstable();
        each[each.len() / 2]
    }

    /// The time that ninety-nine of a hundred answers keep.
    pub(crate) fn slowest_hundredth(&self) -> Duration {
        let mut each = self.each.clone();
        each.sort_unstable();
        each[each.len() - 1 - each.len() / 100]
    }
}

/// A server that listens.
pub(crate) struct Served {
    pub(crate) database: Database,
    pub(crate) models: MLModelManager,
    address: SocketAddr,
    clients: Runtime,
    _server: Runtime,
    _folder: tempfile::TempDir,
}

/// A server on a new folder, with the settings of a real one but for the pace of sign-ins.
pub(crate) fn built() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let flags = [
        ("port", "0".to_owned()),
        ("data", folder.path().display().to_string()),
        ("sign_in_tries_per_minute", "10000".to_owned()),
    ];
    let sources = Sources { flags: flags.into(), ..Sources::default() };
    let config = Config::load(&sources).expect("the settings are right");
    let held = DataFolder::take(&config.data).expect("the folder is new");
    put_wine_model(&config.data);
    let parts = Parts { config, clock: Clock::system(), folder: held, kinds: Kinds::new() };
    (folder, server::build(parts).expect("a server can be built"))
}

/// Puts the wine model into a data folder, so that no bench waits for its training.
pub(crate) fn put_wine_model(data: &Path) {
    Keep::below(data).put_wine(wine_model()).expect("the folder can be written");
}

/// The wine model; it is trained once.
pub(crate) fn wine_model() -> &'static WineRegression {
    static TRAINED: OnceLock<WineRegression> = OnceLock::new();
    TRAINED.get_or_init(|| train(&Samples::embedded().without_duplicates(), 2))
}

/// The same, once it listens.
pub(crate) fn served() -> Served {
    let (folder, Server { rocket, database, models, .. }) = built();
    let (server, address) = launch(rocket);
    let clients = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let clients = clients.expect("threads can be had");
    Served { database, models, address, clients, _server: server, _folder: folder }
}

/// Launches a server on threads of its own; where it listens.
pub(crate) fn launch(rocket: Rocket<Build>) -> (Runtime, SocketAddr) {
    let runtime = Runtime::new().expect("threads can be had");
    let (send, mut receive) = mpsc::unbounded_channel();
    let liftoff = AdHoc::on_liftoff("tell the port", move |rocket| {
        Box::pin(async move {
            let config = rocket.config();
            let _ = send.send(SocketAddr::new(config.address, config.port));
        })
    });
    runtime.spawn(rocket.attach(liftoff).launch());
    let address = receive.blocking_recv().expect("the server lifts off");
    (runtime, address)
}

impl Served {
    /// A `GET` of this path with these header lines.
    pub(crate) fn request(&self, path: &str, headers: &str) -> String {
        let port = self.address.port();
        format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n")
    }

    /// A `POST` of this body to this path with these header lines.
    pub(crate) fn post(&self, path: &str, headers: &str, body: &Value) -> String {
        let (port, body) = (self.address.port(), body.to_string());
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
    }

    /// A `POST` of a body of this type.
    pub(crate) fn send(&self, path: &str, headers: &str, kind: &str, body: &str) -> String {
        let port = self.address.port();
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
    }

    /// Posts a file as it is read; the answer.
    pub(crate) fn send_file(&self, path: &str, headers: &str, kind: &str, file: &Path) -> Value {
        let mut file = File::open(file).expect("the file is there");
        let size = file.metadata().expect("it is a file").len();
        let mut stream = self.begin(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: {kind}\r\n\
             Content-Length: {size}\r\n{headers}\r\n",
            self.address.port()
        ));
        pass_on(&mut file, &mut stream);
        let mut answer = vec![];
        stream.read_to_end(&mut answer).expect("the server answers");
        body_of(answer)
    }

    /// Writes one request's answer into a file as it comes; how long it is.
    pub(crate) fn fetch(&self, request: &str, file: &Path) -> u64 {
        let mut file = File::create(file).expect("a file can be written");
        pass_on(&mut self.begin(request), &mut file)
    }

    /// A connection of its own, on which this was sent.
    fn begin(&self, request: &str) -> std::net::TcpStream {
        let request = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        let mut stream = std::net::TcpStream::connect(self.address).expect("the server listens");
        stream.write_all(request.as_bytes()).expect("the connection is kept");
        stream
    }

    /// Loads another server with one request.
    pub(crate) fn ask_peer(&self, request: &str, address: SocketAddr, load: Load) -> Taken {
        self.clients.block_on(ask(address, request.to_owned(), load))
    }

    /// Makes an account; its sign-in as a request.
    pub(crate) fn account(&self, name: &str) -> String {
        let email = format!("{name}@example.org");
        let body = json!({"username": name, "email": email, "password": PASSWORD});
        self.once(&self.post("/auth/register", "", &body));
        self.post("/auth/login", "", &json!({"username": name, "password": PASSWORD}))
    }

    /// A key of a new account with these scopes.
    pub(crate) fn api_key(&self, name: &str, scopes: &[&str]) -> String {
        let login = self.account(name);
        let tokens = self.once(&login);
        let token = tokens["access_token"].as_str().expect("an access token");
        let headers = format!("Authorization: Bearer {token}\r\n");
        let body = json!({"name": "bench", "scopes": scopes});
        let made = self.once(&self.post("/api/keys", &headers, &body));
        made["secret"].as_str().expect("a key").to_owned()
    }

    /// One request's answer in JSON.
    pub(crate) fn once(&self, request: &str) -> Value {
        let answer = self.clients.block_on(async {
            let mut stream = TcpStream::connect(self.address).await.expect("the server listens");
            exchange(&mut stream, request.as_bytes()).await
        });
        body_of(answer)
    }

    /// Loads the server with one request.
    pub(crate) fn ask(&self, request: &str, load: Load) -> Taken {
        self.clients.block_on(ask(self.address, request.to_owned(), load))
    }

    /// Loads it with two at once; stops asking the second when the first is through.
    pub(crate) fn ask_beside(&self, first: &str, load: Load, second: &str) -> (Taken, Taken) {
        let (address, second) = (self.address, second.to_owned());
        self.clients.block_on(async {
            let (stop, mut told) = mpsc::channel::<()>(1);
            let beside = rocket::tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.expect("the server listens");
                let (begun, mut each) = (Instant::now(), Vec::new());
                while told.try_recv() == Err(mpsc::error::TryRecvError::Empty) {
                    let asked = Instant::now();
                    assert_done(&exchange(&mut stream, second.as_bytes()).await);
                    each.push(asked.elapsed());
                    rocket::tokio::time::sleep(Duration::from_millis(2)).await;
                }
                Taken { whole: begun.elapsed(), each }
            });
            let taken = ask(address, first.to_owned(), load).await;
            drop(stop);
            (taken, beside.await.expect("the second client ends"))
        })
    }
}

/// Loads a server with one request.
pub(crate) async fn ask(address: SocketAddr, request: String, load: Load) -> Taken {
    let begun = Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..load.n_connections {
        let request = request.clone();
        all.spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("the server listens");
            let mut each = Vec::with_capacity(load.n_of_each);
            for _ in 0..load.n_of_each {
                let asked = Instant::now();
                let answer = exchange(&mut stream, request.as_bytes()).await;
                assert_done(&answer);
                each.push(asked.elapsed());
            }
            each
        });
    }
    let each = all.join_all().await.concat();
    Taken { whole: begun.elapsed(), each }
}

/// The JSON of an answer.
fn body_of(answer: Vec<u8>) -> Value {
    let text = String::from_utf8(answer).expect("an answer is text");
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
    assert!(head.starts_with("HTTP/1.1 20"), "{text}");
    serde_json::from_str(body).expect("an answer is JSON")
}

/// Reads all there is and writes it, piece by piece as other clients do; how much it was.
fn pass_on(from: &mut impl Read, to: &mut impl Write) -> u64 {
    let (mut piece, mut n_passed) = (vec![0; 64 * 1024], 0);
    loop {
        let n = from.read(&mut piece).expect("there is something to read");
        to.write_all(&piece[..n]).expect("it can be written");
        n_passed += n as u64;
        if n == 0 {
            return n_passed;
        }
    }
}

/// A server that refuses, whoever's it is, is quick: that would be no figure.
fn assert_done(answer: &[u8]) {
    let is_done =
        [&b"HTTP/1.1 200 "[..], b"HTTP/1.1 201 "].iter().any(|head| answer.starts_with(head));
    assert!(is_done, "{}", String::from_utf8_lossy(answer));
}

/// Sends a request and reads its whole answer.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    stream.write_all(request).await.expect("the connection is kept");
    let mut answer = Vec::with_capacity(4096);
    let mut size = None;
    while size.is_none_or(|size| answer.len() < size) {
        let n_read = stream.read_buf(&mut answer).await.expect("the server answers");
        assert!(n_read > 0, "the server closed the connection");
        size = size.or_else(|| size_of(&answer));
    }
    answer
}

/// How long an answer is with its head, once that is there.
fn size_of(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..end]).ok()?.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    Some(end + length.parse::<usize>().ok()?)
}
