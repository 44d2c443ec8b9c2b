//! What the real binary takes of memory: at rest with the wine model loaded, and at most while it
//! predicts a million rows as a job.
//!
//! `cargo bench --bench memory` prints what the kernel says of the process (`VmRSS`, `VmHWM`); it
//! knows Linux only.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use cellar::ml::wine::Evaluation;
use cellar::ml_model::MLModel;
use cellar::ml_model_manager::Keep;
use serde_json::{Value, json};
use support::{put_wine_model, table_of};

const MILLION: usize = 1_000_000;
const PASSWORD: &str = "a cork in the bottle";

/// A running server; it is killed when this value goes.
struct Running {
    child: Child,
    port: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let data = folder.path().join("data");
    // A folder with anything in it but a database would be refused.
    let made = cellar("init-db", &data).stdout(Stdio::null()).status();
    assert!(made.expect("the binary runs").success(), "a data folder can be made");
    put_wine_model(&data);
    // As if it had been measured: at rest means that nothing is left to do.
    let keep = Keep::below(&data);
    let version = keep.wine().expect("it was put there").version().to_owned();
    keep.put_evaluation(&version, &Evaluation::default()).expect("the folder can be written");
    let server = Running::start(&data);
    thread::sleep(Duration::from_secs(5));
    println!("at rest, the wine model loaded   {:.1} MB", server.megabytes("VmRSS"));
    let signed_in = json!({"username": "admin", "password": PASSWORD});
    let tokens = server.send("POST", "/auth/login", "", &signed_in.to_string());
    let headers = format!("Authorization: Bearer {}\r\n", text(&tokens["access_token"]));
    let top_up = json!({"amount": MILLION}).to_string();
    server.send("POST", "/api/balance/top-ups", &headers, &top_up);
    let as_table = format!("{headers}Content-Type: text/csv\r\n");
    let task = server.send("POST", "/api/tasks?model=wine", &as_table, &table_of(MILLION));
    let path = format!("/api/tasks/{}", text(&task["id"]));
    let ended = loop {
        let task = server.send("GET", &path, &headers, "");
        if task["finished_at"].is_string() {
            break task;
        }
        thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(ended["n_predicted"], MILLION, "{ended}");
    println!("at most, a million rows as a job {:.1} MB", server.megabytes("VmHWM"));
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// A command of the binary on this data folder.
fn cellar(name: &str, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellar"));
    command.arg(name).arg("--data").arg(data);
    command.env("CELLAR_ADMIN_PASSWORD", PASSWORD).stdin(Stdio::null());
    command
}

impl Running {
    fn start(data: &Path) -> Self {
        let mut child = cellar("serve", data)
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let lines = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
        let told = lines.map_while(Result::ok).find(|line| line.contains(" is at http"));
        let told = told.expect("it tells its address");
        let port =
            told.rsplit(':').next().and_then(|port| port.trim().trim_matches('/').parse().ok());
        Self { child, port: port.expect("an address has a port") }
    }

    /// One request's answer in JSON; a body is JSON unless the headers say otherwise.
    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Value {
        let is_json = !headers.contains("Content-Type") && !body.is_empty();
        let kind = if is_json { "Content-Type: application/json\r\n" } else { "" };
        let (port, size) = (self.port, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
             Content-Length: {size}\r\n{kind}{headers}\r\n{body}"
        );
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        stream.write_all(request.as_bytes()).expect("the connection is kept");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the server answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        assert!(head.starts_with("HTTP/1.1 20"), "{answer}");
        serde_json::from_str(body).expect("an answer is JSON")
    }

    /// What the kernel says of the process.
    fn megabytes(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the system tells of its processes");
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        kilobytes.expect("a size") / 1024.0
    }
}
