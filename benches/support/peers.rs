//! The other side: servers in Python, started as children of this process and ended with it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

const MLFLOW_PORT: u16 = 8901;
const FASTAPI_PORT: u16 = 8902;
const KEY: &str = "secret";

/// The scripts of `benches/peers` at work.
pub(crate) struct Peers {
    python: PathBuf,
    folder: tempfile::TempDir,
    _servers: Vec<Server>,
}

/// It ends when its standard input closes.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name)
}

impl Peers {
    /// Trains their forest, of so many trees and so deep, and starts their servers, if the
    /// environment names where they are.
    pub(crate) fn from_environment((n_trees, depth): (usize, u32)) -> Option<Self> {
        let python = PathBuf::from(std::env::var_os("CELLAR_PEERS")?).join("bin/python");
        let folder = tempfile::tempdir().expect("a folder can be made");
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/winequality-red.csv");
        let model = folder.path().join("model");
        let trained = Command::new(&python)
            .arg(script("train.py"))
            .args(["--data".as_ref(), data.as_os_str(), "--out".as_ref(), model.as_os_str()])
            .args(["--trees", &n_trees.to_string(), "--depth", &depth.to_string()])
            .status();
        assert!(trained.expect("python runs").success(), "the peers' forest is trained");
        let start = |name: &str, port: u16, more: &[&std::ffi::OsStr]| {
            let mut command = Command::new(&python);
            command.arg(script(name)).arg("--model").arg(&model);
            command.args(["--port", &port.to_string()]).args(more);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut child = command.spawn().expect("a peer starts");
            let out = child.stdout.take().expect("its output is ours");
            let ready = BufReader::new(out).lines().next();
            assert_eq!(ready.and_then(Result::ok).as_deref(), Some("ready"), "{name}");
            Server(child)
        };
        let database = folder.path().join("db");
        let metered = ["--database".as_ref(), database.as_os_str(), "--key".as_ref(), KEY.as_ref()];
        let servers = vec![
            start("mlflow_server.py", MLFLOW_PORT, &[]),
            start("metered_server.py", FASTAPI_PORT, &metered),
        ];
        Some(Self { python, folder, _servers: servers })
    }

    /// Where MLflow (0) and the metered service (1) listen.
    pub(crate) fn address(at: usize) -> SocketAddr {
        let port = [MLFLOW_PORT, FASTAPI_PORT][at];
        ([127, 0, 0, 1], port).into()
    }

    /// One row for them.
    pub(crate) fn request(at: usize, record: &Value) -> String {
        let port = Self::address(at).port();
        let (path, headers, body) = if at == 0 {
            ("/invocations", String::new(), json!({"dataframe_records": [record]}))
        } else {
            let headers = format!("Authorization: Bearer {KEY}\r\n");
            ("/predict", headers, json!({"rows": [record]}))
        };
        let body = body.to_string();
        format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
    }

    /// How many seconds their batch takes from this table to one with predictions of this model of
    /// theirs: `forest` or `blend`.
    pub(crate) fn batch(&self, predictor: &str, table: &str) -> f64 {
        let (from, to) = (self.folder.path().join("in.csv"), self.folder.path().join("out.csv"));
        std::fs::write(&from, table).expect("a file can be written");
        let done = Command::new(&self.python)
            .arg(script("batch.py"))
            .arg("--model")
            .arg(self.folder.path().join("model"))
            .args(["--in".as_ref(), from.as_os_str(), "--out".as_ref(), to.as_os_str()])
            .args(["--jobs", "2", "--predictor", predictor])
            .output()
            .expect("python runs");
        let told: Value = serde_json::from_slice(&done.stdout).expect("a line of JSON");
        // What a notebook has loaded already is not counted.
        ["read_s", "predict_s", "write_s"]
            .iter()
            .map(|name| told[name].as_f64().unwrap_or(0.0))
            .sum()
    }
}
