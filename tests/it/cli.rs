//! The real binary on its command line: what each command does, says and ends with.

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

mod init_db {
    use super::*;

    #[test]
    fn a_second_run_says_what_is_there_and_changes_nothing() {
        let binary = Binary::new();
        let said = binary.run(&["init-db"]).done();
        assert!(said.contains("is ready") && said.contains("CELLAR_ADMIN_PASSWORD"), "{said}");
        let mode = fs::metadata(binary.data()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "others may look into the data folder");

        let database = binary.data().join("cellar.db");
        let state = || {
            let facts = fs::metadata(&database).unwrap();
            (fs::read(&database).unwrap(), facts.mtime(), facts.mtime_nsec())
        };
        let before = state();
        let said = binary.run(&["init-db"]).done();
        assert!(said.contains("already; nothing was changed"), "{said}");
        assert!(!said.contains("password"), "{said}");
        assert!(state() == before, "the second run changed the database");
    }

    #[test]
    fn the_one_time_password_is_shown_once_and_opens_the_door() {
        let binary = Binary::new().without("CELLAR_ADMIN_PASSWORD");
        let said = binary.run(&["init-db"]).done();
        let password = one_time_password(&said);
        assert!(!binary.run(&["init-db"]).done().contains(&password));

        let served = binary.serve(&[]);
        let cookie = served.sign_in_with(&password);
        let me = served.request("GET", "/api/me").cookie(&cookie).send().json();
        assert_eq!(me["must_change_password"], true);
        let ended = served.stop();
        assert!(!ended.stdout.contains(&password) && !ended.stderr.contains(&password));
    }

    #[test]
    fn a_one_time_password_that_cannot_be_shown_is_never_set() {
        let binary = Binary::new().without("CELLAR_ADMIN_PASSWORD");
        for command in [&["init-db"][..], &["serve", "--port", "0"]] {
            for nobody in ["/dev/full", "/dev/null"] {
                let nobody = fs::File::options().write(true).open(nobody).unwrap();
                let output = binary.command(command).stdout(nobody).output().unwrap();
                let error = String::from_utf8(output.stderr).unwrap();
                assert_eq!(output.status.code(), Some(1), "{error}");
                assert!(error.contains("could not be shown"), "{error}");
            }
        }
        // Nothing stands in the way of the next start, which makes and shows another.
        one_time_password(&binary.run(&["init-db"]).done());
    }

    #[test]
    fn a_password_of_ones_own_need_not_be_changed() {
        let binary = initialised();
        let served = binary.serve(&[]);
        let cookie = served.sign_in();
        let me = served.request("GET", "/api/me").cookie(&cookie).send().json();
        assert_eq!((&me["username"], &me["role"]), (&json!("admin"), &json!("admin")));
        assert_eq!(me["must_change_password"], false);
    }

    #[test]
    fn a_short_password_creates_nothing() {
        for command in ["init-db", "serve"] {
            let binary = Binary::new().with("CELLAR_ADMIN_PASSWORD", "1234567");
            let error = binary.run(&[command]).failed(2);
            assert!(error.contains("CELLAR_ADMIN_PASSWORD must have 8 characters"), "{error}");
            assert!(!error.contains("1234567"), "a password was printed: {error}");
            assert!(!binary.data().exists());
        }
    }
}

/// The password that a greeting shows on a line of its own.
pub(crate) fn one_time_password(said: &str) -> String {
    let (_, rest) = said.split_once("one-time password\n").expect("no password was shown");
    rest.trim_start().lines().next().unwrap().trim().to_owned()
}

mod settings {
    use super::*;

    #[test]
    fn all_problems_are_told_at_once_and_nothing_is_created() {
        let binary = Binary::new()
            .with("CELLAR_JOB_SLOTS", "none")
            .with("CELLAR_METRICS_TOKEN", "hush")
            .with("CELLAR_ADMIN_PASSWORD", "short");
        fs::write(binary.path("cellar.toml"), "colour = 'red'\nidle_timeout_s = 0\n").unwrap();
        let error = binary
            .run(&["serve", "--port", "eighty", "--base-url", "cellar.example.org"])
            .failed(2);
        let told = [
            "CELLAR_ADMIN_PASSWORD",
            "job_slots",
            "metrics_token",
            "colour",
            "idle_timeout_s",
            "port",
            "base_url",
        ];
        for name in told {
            assert!(error.contains(name), "{name} is missing in:\n{error}");
        }
        assert!(!error.contains("hush"), "a token was printed:\n{error}");
        assert!(!binary.data().exists());
    }

    #[test]
    fn unknown_commands_and_flags_end_with_two() {
        let binary = Binary::new();
        for wrong in [
            &["brew"][..],
            &["serve", "--colour", "red"],
            &["backup"],
            &["completions", "cobol"],
            &[],
        ] {
            let error = binary.run(wrong).failed(2);
            assert!(error.contains("--help"), "{wrong:?}: {error}");
        }
        assert!(!binary.data().exists());
    }

    #[test]
    fn variables_that_are_no_setting_are_named_and_ignored() {
        let binary = Binary::new().with("CELLAR_PROT", "9000").with("OTHER", "x");
        let ran = binary.run(&["init-db"]);
        assert!(ran.stderr.contains("CELLAR_PROT") && !ran.stderr.contains("OTHER"), "{ran:?}");
        ran.done();
    }

    #[test]
    fn a_variable_that_is_no_text_is_one_of_the_problems() {
        use std::os::unix::ffi::OsStrExt;
        let binary = Binary::new();
        let mut command = binary.command(&["init-db", "--data", "new"]);
        command.env("CELLAR_HOST", std::ffi::OsStr::from_bytes(b"\xff"));
        command.env("UNRELATED", std::ffi::OsStr::from_bytes(b"\xff"));
        let output = command.env("CELLAR_PORT", "eighty").output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("CELLAR_HOST") && error.contains("port"), "{error}");
        assert!(!binary.path("new").exists());
    }

    #[test]
    fn a_settings_file_that_was_named_must_be_there() {
        let binary = Binary::new();
        let error = binary.run(&["init-db", "--config", "missing.toml"]).failed(2);
        assert!(error.contains("missing.toml cannot be read"), "{error}");
        assert!(!binary.data().exists());
    }

    #[test]
    fn a_flag_wins_over_the_environment_over_the_file() {
        let mut binary = Binary::new();
        fs::write(
            binary.path("cellar.toml"),
            "base_url = 'http://localhost:1'\nlog_format = 'json'\ndata = 'from-file'\n",
        )
        .unwrap();
        let greeting =
            |binary: &Binary, flags: &[&str]| binary.serve(flags).wait_for_line(" is at ");
        assert!(greeting(&binary, &[]).ends_with("http://localhost:1"));
        binary = binary.with("CELLAR_BASE_URL", "http://localhost:2");
        assert!(greeting(&binary, &[]).ends_with("http://localhost:2"));
        let flag = ["--base-url", "http://localhost:3"];
        assert!(greeting(&binary, &flag).ends_with("http://localhost:3"));
        assert!(binary.path("from-file/cellar.db").exists() && !binary.data().exists());
    }
}

mod help {
    use super::*;

    #[test]
    fn every_command_has_an_example() {
        let binary = Binary::new();
        let whole = binary.run(&["--help"]).done();
        assert!(whole.contains("Example") && whole.contains("Exit codes"), "{whole}");
        for command in COMMANDS {
            assert!(whole.contains(command), "{command} is not listed");
            let help = binary.run(&[command, "--help"]).done();
            assert!(help.contains(&format!("Example:\n  cellar {command}")), "{help}");
        }
    }

    #[test]
    fn the_version_is_the_packages() {
        let said = Binary::new().run(&["--version"]).done();
        assert_eq!(said.trim(), concat!("cellar ", env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn openapi_prints_the_document_that_the_server_serves() {
        let binary = Binary::new();
        let printed: Value = serde_json::from_str(&binary.run(&["openapi"]).done()).unwrap();
        assert!(printed["openapi"].as_str().unwrap().starts_with("3.1"));
        assert!(!binary.data().exists(), "printing a document made a data folder");
        assert_eq!(binary.serve(&[]).get("/openapi.json").json(), printed);
    }

    #[test]
    fn shells_get_completions_of_every_command() {
        let binary = Binary::new();
        for shell in ["bash", "zsh", "fish"] {
            let script = binary.run(&["completions", shell]).done();
            for command in COMMANDS {
                assert!(script.contains(command), "{shell} does not know {command}");
            }
        }
    }
}

mod folder {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_used_is_named_with_the_cure() {
        let binary = Binary::new();
        fs::write(binary.path("file"), "not a folder").unwrap();
        fs::create_dir(binary.path("foreign")).unwrap();
        fs::write(binary.path("foreign/thesis.tex"), "years of work").unwrap();
        fs::create_dir(binary.path("other-program")).unwrap();
        let other = rusqlite::Connection::open(binary.path("other-program/cellar.db")).unwrap();
        other.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
        drop(other);
        fs::create_dir(binary.path("no-database")).unwrap();
        fs::write(binary.path("no-database/cellar.db"), "words, many words ".repeat(400)).unwrap();

        let folders = [
            ("file", "a file"),
            ("file/below", "a file"),
            ("foreign", "other things (thesis.tex)"),
            ("/proc/cellar", "cannot be used"),
            ("other-program", "another program"),
            ("no-database", "is not a database of Cellar"),
        ];
        for (folder, why) in folders {
            for command in [&["init-db"][..], &["serve", "--port", "0"]] {
                let before = state_of(&binary.path(""));
                let error = binary.run(&[command, &["--data", folder]].concat()).failed(1);
                assert!(error.contains(folder) && error.contains(why), "{folder}: {error}");
                assert!(
                    error.contains("--data") || error.contains("name another"),
                    "no cure: {error}"
                );
                assert_eq!(error.trim().lines().count(), 1, "{error}");
                let after: Vec<_> = state_of(&binary.path(""))
                    .into_iter()
                    .filter(|(name, ..)| !name.ends_with("cellar.lock"))
                    .collect();
                let before: Vec<_> = before
                    .into_iter()
                    .filter(|(name, ..)| !name.ends_with("cellar.lock"))
                    .collect();
                assert!(before == after, "{folder}: a refused folder was changed");
            }
        }
    }

    #[test]
    fn a_folder_of_somebody_else_is_named_with_the_cure() {
        if rustix::process::geteuid().is_root() {
            println!("skipped: everything may be written by root");
            return;
        }
        let binary = Binary::new();
        fs::create_dir(binary.path("theirs")).unwrap();
        fs::set_permissions(binary.path("theirs"), fs::Permissions::from_mode(0o500)).unwrap();
        for folder in ["theirs", "theirs/below"] {
            let error = binary.run(&["serve", "--port", "0", "--data", folder]).failed(1);
            assert!(error.contains(folder) && error.contains("cannot be written"), "{error}");
        }
    }

    #[test]
    fn commands_that_read_refuse_a_folder_without_a_database() {
        let binary = Binary::new();
        for command in [&["check"][..], &["backup", "copy.tar"]] {
            let error = binary.run(command).failed(1);
            assert!(error.contains("cellar-data") && error.contains("init-db"), "{error}");
        }
        assert!(!binary.data().exists() && !binary.path("copy.tar").exists());
    }

    #[test]
    fn a_second_process_on_one_folder_is_refused_by_name() {
        let binary = initialised();
        let served = binary.serve(&[]);
        for command in [&["serve", "--port", "0"][..], &["init-db"]] {
            let error = binary.run(command).failed(1);
            assert!(error.contains("cellar-data"), "{error}");
            assert!(error.contains("in use by another Cellar process"), "{error}");
        }
        assert_eq!(served.get("/readyz").status, 200);
    }

    #[test]
    fn a_database_of_a_newer_version_is_refused_by_name() {
        let binary = initialised();
        tamper(&binary.data(), "PRAGMA user_version = 99");
        for command in [&["serve", "--port", "0"][..], &["init-db"]] {
            let error = binary.run(command).failed(1);
            assert!(error.contains("cellar.db") && error.contains("newer Cellar"), "{error}");
            assert!(error.contains("99"), "{error}");
        }
    }

    #[test]
    fn a_port_in_use_is_named() {
        let binary = initialised();
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let error = binary.run(&["serve", "--port", &port]).failed(1);
        assert!(error.contains(&format!("port {port}")) && error.contains("--port"), "{error}");
    }
}

mod backup {
    use super::*;

    /// A backup of a folder with a content, a job and a session in it.
    struct Kept {
        binary: Binary,
        cookie: String,
        job_id: String,
    }

    fn kept() -> Kept {
        let binary = initialised();
        keep_content(&binary.data(), b"a content that is kept");
        let served = binary.serve(&[]);
        let cookie = served.sign_in();
        let job_id = served.order_check(&cookie);
        binary.run(&["backup", "copy.tar"]).done();
        served.stop();
        Kept { binary, cookie, job_id }
    }

    #[test]
    fn a_backup_under_load_comes_back_whole_and_nobody_is_signed_in() {
        let binary = initialised();
        keep_content(&binary.data(), b"a content that is kept");
        let served = binary.serve(&[]);
        let cookie = served.sign_in();
        let before: Vec<_> = (0..5).map(|_| served.order_check(&cookie)).collect();
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        served.order_check(&cookie);
                        served.sign_in();
                    }
                });
            }
            let made: Vec<_> = ["first.tar", "second.tar", "third.tar"]
                .map(|name| binary.run(&["backup", name]))
                .into();
            is_over.store(true, Ordering::Relaxed);
            for ran in made {
                assert!(ran.done().contains("1 contents"));
            }
        });
        served.stop();

        let said = binary.run(&["restore", "third.tar", "--data", "restored"]).done();
        assert!(said.contains("restored") && said.contains("sign in again"), "{said}");
        let mode = fs::metadata(binary.path("restored")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let checked = binary.run(&["check", "--data", "restored"]).done();
        assert_eq!(checked.matches("ok  ").count(), checked.lines().count(), "{checked}");

        let served = binary.serve(&["--data", "restored"]);
        assert_eq!(served.request("GET", "/api/me").cookie(&cookie).send().status, 401);
        let cookie = served.sign_in();
        for id in before {
            let path = format!("/api/jobs/{id}");
            let job = served.request("GET", &path).cookie(&cookie).send();
            assert_eq!((job.status, &job.json()["id"]), (200, &json!(id)));
        }
    }

    #[test]
    fn a_backup_of_a_stopped_server_keeps_the_public_ids() {
        let Kept { binary, cookie, job_id } = kept();
        binary.run(&["backup", "stopped.tar"]).done();
        let mode = fs::metadata(binary.path("stopped.tar")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "others may read the backup");
        binary.run(&["restore", "stopped.tar", "--data", "restored"]).done();
        let served = binary.serve(&["--data", "restored"]);
        assert_eq!(served.request("GET", "/api/me").cookie(&cookie).send().status, 401);
        let cookie = served.sign_in();
        let path = format!("/api/jobs/{job_id}");
        assert_eq!(served.request("GET", &path).cookie(&cookie).send().status, 200);
    }

    #[test]
    fn a_backup_never_overwrites_a_file() {
        let Kept { binary, .. } = kept();
        let before = fs::read(binary.path("copy.tar")).unwrap();
        let error = binary.run(&["backup", "copy.tar"]).failed(1);
        assert!(error.contains("copy.tar exists already"), "{error}");
        assert!(fs::read(binary.path("copy.tar")).unwrap() == before);
        let error = binary.run(&["backup", "nowhere/copy.tar"]).failed(1);
        assert!(error.contains("nowhere/copy.tar cannot be written"), "{error}");
    }

    #[test]
    fn a_backup_that_is_told_to_stop_leaves_nothing_behind_and_a_killed_one_is_swept() {
        let Kept { binary, .. } = kept();
        let pipe = keep_content(&binary.data(), b"never read");
        turn_into_pipe(&pipe);
        let leftovers = || {
            let names = fs::read_dir(binary.path("")).unwrap().map(|e| e.unwrap().file_name());
            names.filter(|name| name.to_string_lossy().starts_with(".cellar-backup")).count()
        };
        let begun = || {
            let child = binary.spawn(&["backup", "stopped.tar"]);
            eventually(|| (leftovers() > 0).then_some(())).expect("the backup never began");
            // It waits for a content that nobody writes.
            thread::sleep(Duration::from_millis(100));
            child
        };
        let mut child = begun();
        let process = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert_eq!(leftovers(), 0);
        assert!(!binary.path("stopped.tar").exists());

        let mut child = begun();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(leftovers(), 1);
        fs::remove_file(&pipe).unwrap();
        fs::write(&pipe, b"never read").unwrap();
        binary.run(&["backup", "whole.tar"]).done();
        assert_eq!(leftovers(), 0);
    }

    #[test]
    fn what_cannot_be_written_out_is_a_failure() {
        let binary = initialised();
        for command in [&["openapi"][..], &["completions", "bash"], &["check"]] {
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
            let output = binary.command(command).stdout(full).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{command:?}");
            assert!(!output.stderr.is_empty(), "{command:?}");
        }
    }

    #[test]
    fn a_damaged_content_spoils_no_backup_unseen() {
        let Kept { binary, .. } = kept();
        let path = keep_content(&binary.data(), b"whole");
        let damages: [fn(&Path); 3] = [
            |path| fs::write(path, "hole").unwrap(),
            |path| fs::write(path, "whole and more").unwrap(),
            |path| fs::remove_file(path).unwrap(),
        ];
        for damage in damages {
            damage(&path);
            let error = binary.run(&["backup", "damaged.tar"]).failed(1);
            assert!(error.contains(&Hash::of(b"whole").to_hex()), "{error}");
            assert!(!binary.path("damaged.tar").exists());
        }
        fs::write(&path, "whole").unwrap();
        binary.run(&["backup", "mended.tar"]).done();
    }

    #[test]
    fn a_restore_never_overwrites_a_folder() {
        let Kept { binary, .. } = kept();
        fs::create_dir(binary.path("full")).unwrap();
        fs::write(binary.path("full/thesis.tex"), "years of work").unwrap();
        for folder in ["cellar-data", "full"] {
            let before = state_of(&binary.path(folder));
            let error = binary.run(&["restore", "copy.tar", "--data", folder]).failed(1);
            assert!(error.contains(folder) && error.contains("is not empty"), "{error}");
            assert!(state_of(&binary.path(folder)) == before);
        }
        let error = binary.run(&["restore", "missing.tar", "--data", "new"]).failed(1);
        assert!(error.contains("missing.tar cannot be read"), "{error}");
    }

    #[test]
    fn a_restore_that_was_cut_off_can_be_tried_again() {
        let Kept { binary, .. } = kept();
        let folder = binary.path("cut-off");
        for left in ["restoring/blobs/tmp", "blobs/ab"] {
            fs::create_dir_all(folder.join(left)).unwrap();
            fs::write(folder.join(left).join("half"), "half a file").unwrap();
        }
        // Somebody else's folder of that name is not ours to clear away.
        let error = binary.run(&["restore", "copy.tar", "--data", "cut-off"]).failed(1);
        assert!(error.contains("is not empty"), "{error}");
        fs::write(folder.join("restoring/cellar-restore"), "").unwrap();
        let error = binary.run(&["serve", "--port", "0", "--data", "cut-off"]).failed(1);
        assert!(error.contains("restore that was cut off"), "{error}");
        binary.run(&["restore", "copy.tar", "--data", "cut-off"]).done();
        binary.run(&["check", "--data", "cut-off"]).done();
        assert!(!folder.join("restoring").exists() && !folder.join("blobs/ab").exists());
    }

    /// One entry of an archive.
    #[derive(Clone)]
    struct Entry {
        name: String,
        content: Vec<u8>,
        kind: tar::EntryType,
    }

    fn file(name: &str, content: &[u8]) -> Entry {
        Entry { name: name.into(), content: content.into(), kind: tar::EntryType::Regular }
    }

    fn unpacked(path: &Path) -> Vec<Entry> {
        let mut archive = tar::Archive::new(fs::File::open(path).unwrap());
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().display().to_string();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            Entry { name, content, kind: tar::EntryType::Regular }
        });
        entries.collect()
    }

    /// Writes an archive without the care that the library takes of names.
    fn packed(entries: &[Entry]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for Entry { name, content, kind } in entries {
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o600);
            if *kind == tar::EntryType::Symlink {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_size(content.len() as u64);
            header.set_cksum();
            tar.append(&header, content.as_slice()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn an_archive_that_is_not_a_whole_backup_puts_nothing_in_place() {
        let Kept { binary, .. } = kept();
        let whole = fs::read(binary.path("copy.tar")).unwrap();
        let entries = unpacked(&binary.path("copy.tar"));
        assert_eq!(entries.len(), 3, "the manifest, the database, the content");
        let changed = |change: &dyn Fn(&mut Vec<Entry>)| {
            let mut entries = entries.clone();
            change(&mut entries);
            packed(&entries)
        };
        let with = |entry: Entry| changed(&|entries| entries.push(entry.clone()));
        let link = Entry {
            kind: tar::EntryType::Symlink,
            ..file(&format!("blobs/{}", Hash::of(b"").to_hex()), b"")
        };
        let database_link = |entries: &mut Vec<Entry>| {
            entries[1] = Entry { kind: tar::EntryType::Symlink, ..file("cellar.db", b"") };
        };
        let archives = [
            ("an empty file", vec![]),
            ("no archive", b"words".repeat(1000)),
            ("a foreign archive", packed(&[file("letter.txt", b"dear all")])),
            ("a cut after the manifest", whole[..1500].to_vec()),
            ("a cut in the middle", whole[..whole.len() / 2].to_vec()),
            ("a flipped bit in the database", changed(&|e| e[1].content[5000] ^= 1)),
            ("a flipped bit in the content", changed(&|e| e[2].content[3] ^= 1)),
            (
                "a changed manifest",
                changed(&|e| {
                    let text = String::from_utf8(e[0].content.clone()).unwrap();
                    e[0].content = text.replace("\"n_contents\": 1", "\"n_contents\": 2").into();
                }),
            ),
            ("no manifest", changed(&|e| drop(e.remove(0)))),
            ("no database", changed(&|e| drop(e.remove(1)))),
            ("no content", changed(&|e| drop(e.remove(2)))),
            (
                "one content too many",
                with(file(&format!("blobs/{}", Hash::of(b"extra").to_hex()), b"extra")),
            ),
            ("a second database", changed(&|e| e.push(e[1].clone()))),
            ("the content twice", changed(&|e| e.push(e[2].clone()))),
            ("a stranger", with(file("cron.d/evil", b"* * * * *"))),
            ("a way out", with(file("../evil", b"out"))),
            ("a way out below", with(file("blobs/../../evil", b"out"))),
            ("an absolute name", with(file("/tmp/cellar-evil", b"out"))),
            ("a link", with(link)),
            ("a link for a database", changed(&database_link)),
        ];
        for (what, bytes) in archives {
            fs::write(binary.path("spoiled.tar"), bytes).unwrap();
            let ran = binary.run(&["restore", "spoiled.tar", "--data", "new"]);
            assert_eq!(ran.code, Some(1), "{what}: {ran:#?}");
            let error = ran.failed(1);
            assert!(
                error.contains("spoiled.tar cannot be restored") && error.contains("nothing was"),
                "{what}: {error}"
            );
            let left: Vec<_> = state_of(&binary.path("new"))
                .into_iter()
                .filter(|(name, ..)| !name.ends_with("cellar.lock"))
                .map(|(name, ..)| name)
                .collect();
            assert!(left.is_empty(), "{what} left {left:?}");
            assert!(!binary.path("evil").exists() && !Path::new("/tmp/cellar-evil").exists());
        }
        // The folder of so many failures is still good for the true one.
        binary.run(&["restore", "copy.tar", "--data", "new"]).done();
        binary.run(&["check", "--data", "new"]).done();
    }

    #[test]
    fn a_backup_of_a_newer_version_is_refused_by_name() {
        let Kept { binary, .. } = kept();
        let mut entries = unpacked(&binary.path("copy.tar"));
        let mut manifest: Value = serde_json::from_slice(&entries[0].content).unwrap();
        manifest["schema"] = json!(99);
        manifest["version"] = json!("77.0.0");
        entries[0].content = manifest.to_string().into();
        fs::write(binary.path("newer.tar"), packed(&entries)).unwrap();
        let error = binary.run(&["restore", "newer.tar", "--data", "new"]).failed(1);
        assert!(error.contains("made by Cellar 77.0.0, which is newer"), "{error}");
    }
}

mod check {
    use super::*;

    #[test]
    fn every_promise_gets_a_line_while_the_server_runs_and_after() {
        let binary = initialised();
        keep_content(&binary.data(), b"a content that is kept");
        let served = binary.serve(&[]);
        for _ in 0..2 {
            let said = binary.run(&["check"]).done();
            assert_eq!(said.lines().count(), promises().len(), "{said}");
            assert!(said.lines().all(|line| line.starts_with("ok  ")), "{said}");
        }
        drop(served);
        binary.run(&["check"]).done();
    }

    #[test]
    fn the_first_broken_promise_is_the_last_line() {
        let gap = "INSERT INTO transactions \
            (id, user_id, kind, amount, balance, description, timestamp, hash) \
            VALUES (1, 1, 'gift', 5, 5, 'welcome', 0, zeroblob(32)); \
            UPDATE accounts SET available = 5 WHERE user_id = 1; \
            UPDATE accounts SET available = -5 WHERE id = 0;";
        let broken = [
            ("balances", "UPDATE accounts SET available = 7 WHERE user_id IS NOT NULL"),
            ("references", "PRAGMA foreign_keys = OFF; DELETE FROM users"),
            ("ledger", gap),
            (
                "jobs",
                "INSERT INTO jobs (kind, payload, status, run_after, created_at, finished_at) \
                 VALUES ('check', '{}', 'succeeded', 0, 0, 0)",
            ),
            (
                "closed accounts",
                "UPDATE users SET username = 'closed:1', password_hash = '', role = 'user', \
                 state = 'closed'",
            ),
            ("schema", "DROP TRIGGER transactions_are_never_updated"),
            ("schema", "CREATE VIEW extra AS SELECT 1"),
            ("contents", "INSERT INTO blobs VALUES (zeroblob(32), 5, 0, NULL)"),
        ];
        for (promise, sql) in broken {
            let binary = initialised();
            tamper(&binary.data(), sql);
            assert_violated(&binary, promise);
        }
    }

    #[test]
    fn a_file_of_a_newer_version_or_of_another_program_is_refused_by_name() {
        for (sql, why) in [
            ("PRAGMA user_version = 99", "newer Cellar"),
            ("PRAGMA application_id = 1", "another program"),
        ] {
            let binary = initialised();
            tamper(&binary.data(), sql);
            for command in [&["check"][..], &["backup", "x.tar"], &["serve", "--port", "0"]] {
                let error = binary.run(command).failed(1);
                assert!(error.contains(why), "{command:?}: {error}");
            }
        }
    }

    #[test]
    fn a_damaged_page_of_the_file_is_found() {
        let binary = initialised();
        let path = binary.data().join("cellar.db");
        let mut bytes = fs::read(&path).unwrap();
        // The second half of the file, but not its header, without which it is no database at all.
        let half = bytes.len() / 2;
        bytes[half..].fill(0xA5);
        fs::write(&path, bytes).unwrap();
        let ran = binary.run(&["check"]);
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        let is_told = ran.stdout.contains("VIOLATED") || ran.stderr.contains("cellar.db");
        assert!(is_told && !ran.stderr.contains("panicked"), "{ran:#?}");
    }

    #[test]
    fn a_changed_or_missing_content_is_found() {
        let binary = initialised();
        let path = keep_content(&binary.data(), b"a content that is kept");
        fs::write(&path, b"a content that was forged").unwrap();
        assert_violated(&binary, "contents");
        fs::remove_file(&path).unwrap();
        assert_violated(&binary, "contents");
        fs::write(&path, b"a content that is kept").unwrap();
        binary.run(&["check"]).done();
    }

    #[track_caller]
    fn assert_violated(binary: &Binary, promise: &str) {
        let ran = binary.run(&["check"]);
        assert_eq!(ran.code, Some(1), "{promise}: {ran:#?}");
        assert_eq!(ran.stdout.matches("VIOLATED").count(), 1, "{promise}: {ran:#?}");
        let last = ran.stdout.lines().last().unwrap();
        assert!(last.starts_with("VIOLATED") && last.contains(promise), "{promise}: {ran:#?}");
    }
}

mod serve {
    use super::*;

    #[test]
    fn the_first_start_makes_what_is_missing() {
        let binary = Binary::new().without("CELLAR_ADMIN_PASSWORD");
        let mut served = binary.serve(&[]);
        served.wait_for_line("It is shown only now");
        let password = one_time_password(&served.stdout());
        served.sign_in_with(&password);
        assert_eq!(served.get("/livez").text(), "ok\n");
        assert_eq!(served.get("/readyz").status, 200);
        let ended = served.stop();
        assert_eq!(ended.status.code(), Some(0));
        // The second start has no password to show.
        let served = binary.serve(&[]);
        served.sign_in_with(&password);
        assert!(!served.stop().stdout.contains("password"));
    }

    #[test]
    fn a_form_that_names_another_method_is_answered() {
        let served = initialised().serve(&[]);
        for method in ["head", "delete", "options"] {
            for (path, status) in [("/auth/session", 415), ("/api/me/close", 415), ("/livez", 405)]
            {
                let answer = served.request("POST", path).form(&format!("_method={method}"));
                assert_eq!(answer.send().status, status, "{method} {path}");
            }
        }
    }

    #[test]
    fn who_reads_the_address_can_sign_in_at_once() {
        let binary = Binary::new();
        // Dear enough to tell whether somebody waits for the hash.
        let served = binary.serve(&["--bcrypt-cost", "12"]);
        assert_eq!(served.get("/readyz").status, 200);
        served.sign_in();
    }

    #[test]
    fn a_job_is_followed_over_the_wire_to_its_end() {
        let binary = initialised();
        let pipe = keep_content(&binary.data(), b"a content that is kept");
        turn_into_pipe(&pipe);
        let served = binary.serve(&[]);
        let cookie = served.sign_in();
        let id = served.order_check(&cookie);
        let path = format!("/api/jobs/{id}/events");
        let lines = served.request("GET", &path).cookie(&cookie).lines();
        let (mut states, mut is_filled) = (Vec::new(), false);
        for line in lines {
            let Some(data) = line.strip_prefix("data:") else { continue };
            let job: Value = serde_json::from_str(data.trim()).unwrap();
            assert_eq!(job["id"], json!(id));
            // The check waits for the content to be readable, all other promises looked at.
            if job["progress"].as_f64().unwrap() > 0.8 && !is_filled {
                is_filled = true;
                fs::write(&pipe, b"a content that is kept").unwrap();
            }
            states.push(job);
        }
        let last = states.last().unwrap();
        assert_eq!(last["status"], "succeeded", "{last}");
        assert_eq!(last["progress"], 1.0);
        let found = last["result"]["lines"].as_array().unwrap();
        assert_eq!(found.len(), promises().len());
        assert!(found.iter().all(|line| line["status"] == "ok"), "{found:?}");
        assert!(states.iter().any(|job| job["status"] == "running"), "nothing was seen live");
        let shares: Vec<_> = states.iter().map(|job| job["progress"].as_f64().unwrap()).collect();
        assert!(shares.is_sorted(), "{shares:?}");
    }

    /// A server whose running job will not end by itself.
    fn held_up(binary: &Binary) -> (Served, String, String) {
        let pipe = keep_content(&binary.data(), b"a content that is kept");
        turn_into_pipe(&pipe);
        let served = binary.serve(&[]);
        let cookie = served.sign_in();
        let id = served.order_check(&cookie);
        let path = format!("/api/jobs/{id}");
        let running = eventually(|| {
            let job = served.request("GET", &path).cookie(&cookie).send().json();
            (job["status"] == "running").then_some(())
        });
        running.expect("the job never began");
        (served, cookie, path)
    }

    #[test]
    fn a_stream_ends_with_the_session_that_opened_it_and_with_no_other() {
        let binary = initialised();
        let (served, cookie, path) = held_up(&binary);
        let other = served.sign_in();
        let sign_out = |cookie: &str| {
            let answer = served.request("DELETE", "/auth/session").cookie(cookie).send();
            assert_eq!(answer.status, 204);
        };
        let stream = |cookie: &str| {
            let request = served.request("GET", &format!("{path}/events")).cookie(cookie);
            let mut lines = request.lines();
            assert!(lines.any(|line| line.starts_with("data:")));
            lines
        };
        let (kept, ended) = (stream(&other), stream(&cookie));
        sign_out(&cookie);
        assert!(ended.count() < 1000, "the stream did not end");
        let answer = served.request("GET", &path).cookie(&other).send();
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let kept = thread::spawn(move || kept.count());
        thread::sleep(Duration::from_millis(100));
        assert!(!kept.is_finished(), "the end of one session ended the stream of another");
        sign_out(&other);
        kept.join().unwrap();
    }

    #[test]
    fn a_stop_waits_for_no_stream_no_half_request_and_no_job() {
        let binary = initialised();
        let (served, cookie, path) = held_up(&binary);
        let mut lines = served.request("GET", &format!("{path}/events")).cookie(&cookie).lines();
        assert!(lines.any(|line| line.starts_with("data:")));
        let half = |text: &str| {
            let mut stream = TcpStream::connect(("127.0.0.1", served.port())).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            stream
        };
        let host = format!("Host: localhost:{}\r\n", served.port());
        let _idle = half("");
        let _head = half(&format!("GET /livez HTTP/1.1\r\n{host}"));
        let _body = half(&format!(
            "POST /auth/session HTTP/1.1\r\n{host}Content-Type: application/json\r\n\
             Content-Length: 100\r\n\r\n{{\"username\""
        ));
        let ended = served.stop();
        assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
        assert!(ended.took < STOP_MAX, "it took {:?}: {ended:#?}", ended.took);
        assert!(lines.count() < 1000, "the stream did not end");
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);

        // What the stop cut short is taken up again by the next start.
        let served = binary.serve(&[]);
        let job = served.request("GET", &path).cookie(&cookie).send();
        assert_eq!(job.status, 200);
        assert_ne!(job.json()["status"], "dead");
    }

    #[test]
    fn a_method_that_is_none_is_answered_with_every_manner() {
        let binary = initialised();
        let served = binary.serve(&[]);
        let answer = served.request("FOO", "/api/me").send();
        assert_eq!(answer.status, 400);
        for name in ["x-content-type-options", "x-request-id", "content-security-policy"] {
            assert!(answer.header(name).is_some(), "{name} is missing in {answer:?}");
        }
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }

    #[test]
    fn an_idle_server_stops_at_once_and_leaves_one_plain_file() {
        let binary = initialised();
        let served = binary.serve(&[]);
        served.sign_in();
        let ended = served.stop();
        assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
        assert!(ended.took < STOP_MAX, "it took {:?}", ended.took);
        let log = fs::metadata(binary.data().join("cellar.db-wal")).map_or(0, |facts| facts.len());
        assert_eq!(log, 0, "the log was not folded back");
    }

    #[test]
    fn every_request_has_one_line_in_the_log_and_no_secret_is_in_it() {
        let binary = Binary::new().without("CELLAR_ADMIN_PASSWORD");
        let mut served = binary.serve(&["--log-format", "json"]);
        served.wait_for_line("It is shown only now");
        let password = one_time_password(&served.stdout());
        let mut cookie = served.sign_in_with(&password);
        let signed_in = served.stderr().matches("\"cellar::request\"").count();
        assert!(signed_in <= 20, "signing in took {signed_in} requests");

        let new = "the newest of all passwords";
        let change = json!({ "current_password": password, "new_password": new });
        let wrong = json!({ "username": "admin", "password": "a wrong password" });
        let requests = [
            served.request("PUT", "/api/me/password").cookie(&cookie).json(&change),
            served.request("POST", "/auth/session").json(&wrong),
            served.request("GET", "/api/me?token=in-the-query").cookie(&cookie),
            served.request("GET", "/api/nothing"),
            served.request("GET", "/api/me").cookie("cellar_local=forged"),
            served.request("GET", "/"),
        ];
        let mut ids = Vec::new();
        for (n, request) in requests.into_iter().enumerate() {
            let given = format!("story-{n}");
            let answer = request.header("X-Request-Id", &given).send();
            assert_eq!(answer.header("x-request-id"), Some(given.as_str()));
            ids.push(given);
        }
        let own = served.get("/livez");
        ids.push(own.header("x-request-id").unwrap().to_owned());
        let second = served.sign_in_with(new);
        served.request("DELETE", "/auth/session").cookie(&second).send();

        let ended = served.stop();
        for line in ended.stderr.lines() {
            let line: Value = serde_json::from_str(line).expect(line);
            assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
        }
        for id in ids {
            let quoted = format!("\"request_id\":\"{id}\"");
            let lines = ended.stderr.lines().filter(|line| line.contains(&quoted));
            let told = lines.filter(|line| line.contains("\"cellar::request\"")).count();
            assert_eq!(told, 1, "{id} in\n{}", ended.stderr);
        }
        assert_eq!(ended.stdout.matches(&password).count(), 1, "{}", ended.stdout);
        assert!(!ended.stderr.contains(&password), "{}", ended.stderr);
        cookie = cookie.split_once('=').unwrap().1.to_owned();
        let second = second.split_once('=').unwrap().1;
        let said = format!("{}{}", ended.stdout, ended.stderr);
        let secrets = [new, "a wrong password", &cookie, second, "forged", "in-the-query"];
        for secret in secrets.iter().chain(&[PASSWORD]) {
            assert!(!said.contains(*secret), "{secret} is in\n{said}");
        }
    }

    #[test]
    fn text_lines_are_for_people() {
        let served = initialised().serve(&[]);
        let id = served.get("/livez").header("x-request-id").unwrap().to_owned();
        let log = served.stop().stderr;
        let line = log.lines().find(|line| line.contains(&id)).expect(&log);
        assert!(
            line.contains("/livez") && line.contains("200") && !line.starts_with('{'),
            "{line}"
        );
    }
}

mod user {
    use super::*;

    #[test]
    fn accounts_are_made_steered_and_listed_without_the_server() {
        let binary = initialised();
        let run = |arguments: &[&str]| binary.run(&[&["user"], arguments].concat());
        let said = run(&["add", "Ada", "--email", "ada@example.org"]).done();
        let password = one_time_password(&said);
        run(&["topup", "ada", "500", "--reason", "invoice 7"]).done();
        let listed = run(&["list"]).done();
        let ada = listed.lines().find(|line| line.starts_with("ada ")).unwrap();
        for part in ["user", "active", " 600 ", "ada@example.org"] {
            assert!(ada.contains(part), "{part} is missing in {ada}");
        }
        run(&["disable", "ada@example.org"]).done();
        assert!(run(&["list"]).done().contains("disabled"));
        run(&["enable", "ada"]).done();
        for (wrong, code, why) in [
            (&["add", "ada"][..], 1, "is taken"),
            (&["add", "a b"], 2, "username"),
            (&["disable", "nobody"], 1, "no such user"),
            (&["disable", "admin"], 1, "last administrator"),
            (&["topup", "ada", "0", "--reason", "why not"], 2, "amount"),
            (&["topup", "ada", "5", "--reason", " "], 2, "reason"),
            (&["topup", "ada", "many", "--reason", "why not"], 2, "many"),
        ] {
            let error = run(wrong).failed(code);
            assert!(error.contains(why), "{wrong:?}: {error}");
        }
        let served = binary.serve(&[]);
        let error = run(&["list"]).failed(1);
        assert!(error.contains("in use by another Cellar process"), "{error}");
        let who = json!({"username": "ada", "password": password});
        let answer = served.request("POST", "/auth/session").json(&who).send();
        assert_eq!(answer.json()["must_change_password"], true);
        drop(served);
        binary.run(&["check"]).done();
    }

    #[test]
    fn a_lost_password_is_replaced_and_everyone_who_had_it_is_out() {
        let binary = initialised();
        let served = binary.serve(&[]);
        let cookie = served.sign_in();
        served.stop();
        let password = one_time_password(&binary.run(&["user", "password", "admin"]).done());
        let served = binary.serve(&[]);
        assert_eq!(served.request("GET", "/api/me").cookie(&cookie).send().status, 401);
        assert_eq!(served.try_sign_in(PASSWORD).unwrap(), None);
        served.sign_in_with(&password);
        served.stop();
        let binary = binary.with("CELLAR_USER_PASSWORD", "my own and nobody else's");
        let said = binary.run(&["user", "password", "admin"]).done();
        assert!(!said.contains("my own"), "{said}");
        let cookie = binary.serve(&[]).sign_in_with("my own and nobody else's");
        assert!(!cookie.is_empty());
        let binary = binary.with("CELLAR_USER_PASSWORD", "password");
        let error = binary.run(&["user", "password", "admin"]).failed(2);
        assert!(error.contains("CELLAR_USER_PASSWORD"), "{error}");
        // It is of no concern to the other commands.
        binary.run(&["user", "list"]).done();
    }

    #[test]
    fn one_key_sent_by_many_at_once_is_one_payment() {
        let binary = initialised();
        let served = binary.serve(&[]);
        let cookie = served.sign_in();
        let top_up = || {
            let call = served.request("POST", "/api/balance/top-ups").cookie(&cookie);
            let call = call.header("Idempotency-Key", "8f0c").json(&json!({"amount": 5}));
            call.send()
        };
        let answers: Vec<_> = thread::scope(|scope| {
            let tries: Vec<_> = (0..32).map(|_| scope.spawn(top_up)).collect();
            tries.into_iter().map(|tried| tried.join().unwrap()).collect()
        });
        let bodies: Vec<_> =
            answers.iter().filter(|answer| answer.status == 201).map(Answer::text).collect();
        assert!(!bodies.is_empty());
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
        // Who came while another was at work is told so, and gets the answer later.
        assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)));
        assert_eq!(top_up().text(), bodies[0]);
        let balance = served.request("GET", "/api/balance").cookie(&cookie).send().json();
        assert_eq!(balance["available"], 5);
    }
}

mod predict {
    use super::*;
    use crate::support::app::put_wine_model;

    const HEADER: &str = "note,fixed acidity,volatile acidity,citric acid,residual sugar,chlorides,\
        free sulfur dioxide,total sulfur dioxide,density,pH,sulphates,alcohol";
    const ROW: &str = "7.4,0.7,0,1.9,0.076,11,34,0.9978,3.51,0.56,9.4";

    /// A binary whose data folder has a model.
    fn with_model() -> Binary {
        let binary = initialised();
        put_wine_model(&binary.data());
        binary
    }

    #[test]
    fn a_table_goes_in_and_comes_out_with_its_predictions() {
        let binary = with_model();
        let (table, out) = (binary.path("in.csv"), binary.path("out.csv"));
        fs::write(&table, format!("{HEADER}\n=1+1,{ROW}\nb,x{ROW}\n")).unwrap();
        let [table, name] = [&table, &out].map(|path| path.to_str().unwrap());
        let said = binary.run(&["predict", "--model", "wine", table, "--out", name]);
        assert!(said.stderr.contains("2 rows: 1 predicted, 1 rejected"), "{}", said.stderr);
        said.done();
        let written = fs::read_to_string(&out).unwrap();
        let lines: Vec<_> = written.lines().collect();
        assert!(lines[0].starts_with("note,fixed acidity,") && lines[0].ends_with(",error"));
        assert!(lines[1].starts_with("'=1+1,7.4,") && lines[1].ends_with(','), "{written}");
        assert!(lines[2].ends_with("fixed acidity must be a number"), "{written}");
        // What is not there, or no table, is told, and nothing is written.
        fs::remove_file(&out).unwrap();
        for given in ["no-such.csv", "."] {
            binary.run(&["predict", "--model", "wine", given, "--out", name]).failed(1);
        }
        let said = binary.run(&["predict", "--model", "beer", table]).failed(1);
        assert!(said.contains("no such model"), "{said}");
        assert!(!out.exists());
    }

    #[test]
    fn the_result_goes_where_its_name_leads() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let binary = with_model();
        let table = binary.path("in.csv");
        fs::write(&table, "1,2\n3,4\n").unwrap();
        let predict = |out: &Path| {
            let [table, out] = [&table, out].map(|path| path.to_str().unwrap().to_owned());
            binary.run(&["predict", "--model", "simple", &table, "--out", &out]).done();
        };
        let expected = "column 1,column 2,doubled,error\n1,2,2 4,\n3,4,6 8,\n";
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        // What is no file is written to, not replaced.
        let pipe = binary.path("pipe");
        fs::write(&pipe, "").unwrap();
        turn_into_pipe(&pipe);
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
        };
        predict(&pipe);
        assert_eq!(reader.join().unwrap(), expected);
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
        // A file that is there keeps who may read it; a link leads to it, and stays a link.
        let (file, link) = (binary.path("out.csv"), binary.path("link.csv"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        predict(&link);
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(mode(&file), 0o640);
        // A new one has the mode of any new file, also behind a link.
        let (new, ahead, plain) =
            (binary.path("new.csv"), binary.path("ahead.csv"), binary.path("plain"));
        symlink(binary.path("far.csv"), &ahead).unwrap();
        fs::write(&plain, "").unwrap();
        predict(&new);
        predict(&ahead);
        for path in [&new, &ahead] {
            assert_eq!(fs::read_to_string(path).unwrap(), expected);
            assert_eq!(mode(path), mode(&plain));
        }
    }

    #[test]
    fn models_are_listed_and_shown() {
        let binary = with_model();
        let said = binary.run(&["model", "list"]).done();
        assert!(said.lines().count() == 2 && said.contains("wine "), "{said}");
        let shown: Value =
            serde_json::from_str(&binary.run(&["model", "show", "wine"]).done()).unwrap();
        assert_eq!(shown["inputs"].as_array().unwrap().len(), 11);
        binary.run(&["model", "show", "beer"]).failed(1);
        binary.run(&["model", "train", "simple"]).failed(1);
    }
}
