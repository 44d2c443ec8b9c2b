//! The real binary on its command line: what each command does, says and ends with.

mod backup;
mod check;
mod folder;
mod help;
mod init_db;
mod predict;
mod serve;
mod settings;
mod user;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use cellar::admin::check::promises;
use cellar::clock::Clock;
use cellar::database::Database;
use cellar::files::{Blob, Files, Hash};
use serde_json::{Value, json};

use crate::support::binary::{Answer, Binary, PASSWORD, Served, eventually};

const COMMANDS: [&str; 10] = [
    "init-db",
    "serve",
    "backup",
    "restore",
    "check",
    "user",
    "predict",
    "model",
    "openapi",
    "completions",
];

/// The time a graceful stop is promised to take is 6 s; the rest is for a loaded machine.
const STOP_MAX: Duration = Duration::from_secs(8);

/// A folder that is initialised.
fn initialised() -> Binary {
    let binary = Binary::new();
    binary.run(&["init-db"]).done();
    binary
}

/// Puts a content into a data folder that no server uses; where its bytes lie.
pub(crate) fn keep_content(data: &Path, content: &[u8]) -> std::path::PathBuf {
    let blob = Files::below(data).put(&mut &*content, u64::MAX).unwrap();
    let database = Database::open(data).unwrap();
    database.write_here(move |tx| blob.create(tx, Clock::system().now())).unwrap();
    database.close();
    content_path(data, blob)
}

fn content_path(data: &Path, blob: Blob) -> std::path::PathBuf {
    let name = blob.hash.to_hex();
    data.join("blobs").join(&name[..2]).join(name)
}

/// Puts a pipe in the place of a content: whoever reads it waits until somebody fills it.
pub(crate) fn turn_into_pipe(path: &Path) {
    fs::remove_file(path).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

fn tamper(data: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(data.join("cellar.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Every file below a folder with its bytes and the time of its last change.
fn state_of(folder: &Path) -> Vec<(String, Vec<u8>, (i64, i64))> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let facts = path.metadata().unwrap();
        if facts.is_dir() {
            found.extend(state_of(&path));
        } else {
            let name = path.display().to_string();
            found.push((name, fs::read(&path).unwrap(), (facts.mtime(), facts.mtime_nsec())));
        }
    }
    found.sort();
    found
}

/// The password that a greeting shows on a line of its own.
pub(crate) fn one_time_password(said: &str) -> String {
    let (_, rest) = said.split_once("one-time password\n").expect("no password was shown");
    rest.trim_start().lines().next().unwrap().trim().to_owned()
}
