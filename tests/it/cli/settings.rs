//! Settings: where they come from, and what is wrong with them.

use super::*;

#[test]
fn all_problems_are_told_at_once_and_nothing_is_created() {
    let binary = Binary::new()
        .with("CELLAR_JOB_SLOTS", "none")
        .with("CELLAR_METRICS_TOKEN", "hush")
        .with("CELLAR_ADMIN_PASSWORD", "short");
    fs::write(binary.path("cellar.toml"), "colour = 'red'\nidle_timeout_s = 0\n").unwrap();
    let error =
        binary.run(&["serve", "--port", "eighty", "--base-url", "cellar.example.org"]).failed(2);
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
    for wrong in
        [&["brew"][..], &["serve", "--colour", "red"], &["backup"], &["completions", "cobol"], &[]]
    {
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
    let greeting = |binary: &Binary, flags: &[&str]| binary.serve(flags).wait_for_line(" is at ");
    assert!(greeting(&binary, &[]).ends_with("http://localhost:1"));
    binary = binary.with("CELLAR_BASE_URL", "http://localhost:2");
    assert!(greeting(&binary, &[]).ends_with("http://localhost:2"));
    let flag = ["--base-url", "http://localhost:3"];
    assert!(greeting(&binary, &flag).ends_with("http://localhost:3"));
    assert!(binary.path("from-file/cellar.db").exists() && !binary.data().exists());
}
