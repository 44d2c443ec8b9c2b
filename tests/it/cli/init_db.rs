//! The first start: the folder, the database and the administrator.

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
