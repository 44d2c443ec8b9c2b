//! The check of every promise, a line each.

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
