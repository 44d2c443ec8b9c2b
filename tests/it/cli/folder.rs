//! The data folder: whose it is, and what is refused of it.

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
            assert!(error.contains("--data") || error.contains("name another"), "no cure: {error}");
            assert_eq!(error.trim().lines().count(), 1, "{error}");
            let after: Vec<_> = state_of(&binary.path(""))
                .into_iter()
                .filter(|(name, ..)| !name.ends_with("cellar.lock"))
                .collect();
            let before: Vec<_> =
                before.into_iter().filter(|(name, ..)| !name.ends_with("cellar.lock")).collect();
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
