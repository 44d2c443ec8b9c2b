//! Stories of administrators, and of what others see of their deeds.

use std::fs;
use std::path::PathBuf;

use crate::browser::{inspect, register, sign_in, sign_in_as, stage};
use crate::cli::{keep_content, turn_into_pipe};
use crate::support::binary::{Binary, eventually};
use crate::support::browser::Browser;

const CONTENT: &[u8] = b"a content that is kept";

/// A data folder with a content in it that cannot be read until it is written into this pipe.
fn lay_aside(binary: &Binary) -> PathBuf {
    binary.run(&["init-db"]).done();
    let pipe = keep_content(&binary.data(), CONTENT);
    turn_into_pipe(&pipe);
    pipe
}

#[test]
fn a_check_is_followed_live_line_by_line() {
    let binary = Binary::new();
    let pipe = lay_aside(&binary);
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    inspect(&browser, "home");
    browser.click("a", "System");
    browser.wait_for_text("The data has not been checked yet.");
    inspect(&browser, "system-fresh");

    // The check waits for the content to become readable, after all other promises.
    browser.click("button", "Check the data");
    browser.wait_for("progress, [role=progressbar]");
    browser.wait_for_text("Cancel the check");
    browser.wait_for_text("Stored files are whole");
    inspect(&browser, "system-checking");
    fs::write(&pipe, CONTENT).unwrap();
    fs::remove_file(&pipe).unwrap();
    browser.wait_for_text("Every promise holds.");
    browser.wait_for_text("9 promises tested");
    browser.wait_for_text("The file is whole");
    browser.wait_for_text("Stored files are whole");
    inspect(&browser, "system");

    // The content is gone now, and the next check says so.
    browser.click("button", "Check the data");
    browser.wait_for_text("1 promise is broken.");
    browser.wait_for_text("is missing");
    inspect(&browser, "system-violated");
    // Whoever reads Russian reads what was kept in Russian too, with figures as they are written.
    browser.speak("ru");
    browser.goto("/system");
    browser.wait_for_text("Балансы равны сумме записей");
    inspect(&browser, "system-violated-ru");
}

#[test]
fn an_administrator_makes_an_account_tops_it_up_and_disables_it() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/admin/users");
    browser.wait_for_text("New user");
    browser.click("button", "New user");
    browser.wait_for("dialog");
    browser.fill("Username", &"g".repeat(33));
    browser.click("dialog button", "Make the account");
    browser.wait_for_text("3 to 32 letters, digits,");
    browser.expect_failure(422, "/api/admin/users");
    browser.eval("document.activeElement.select()");
    browser.type_text("grace");
    browser.click("dialog button", "Make the account");
    browser.wait_for_text("One-time password of grace");
    inspect(&browser, "user-made");
    browser.click("dialog a", "Open the account");
    browser.wait_for_text("Spent so far");
    browser.click(".page__actions button", "Top up");
    browser.wait_for("dialog");
    browser.fill("Credits to add", "1250");
    browser.fill("Reason", "For the harvest");
    browser.wait_for_text("grace will have 1,350 credits.");
    inspect(&browser, "top-up-user");
    browser.click("dialog button", "Top up");
    browser.wait_for_text("grace: +1,250 credits.");
    browser.wait_for_text("For the harvest");
    // More than there is cannot be taken, and the field says so.
    browser.click(".page__actions button", "Adjust");
    browser.wait_for("dialog");
    browser.fill("Credits to add or take", "-2000");
    browser.fill("Reason", "A slip");
    browser.click("dialog button", "Adjust");
    browser.wait_until(
        "document.querySelector('.field__error').innerText.includes('grace has only 1,350') \
         && document.activeElement.name === 'amount'",
    );
    browser.press("Escape");
    browser.wait_for_text("Leave without saving?");
    browser.click("dialog button", "Leave");
    browser.wait_until("!document.querySelector('dialog')");
    browser.click("button", "Disable");
    browser.click("dialog button", "Disable");
    browser.wait_for_text("This account is disabled");
    inspect(&browser, "user");
    for (path, text, name) in [
        ("/admin", "This server", "overview"),
        ("/admin/users?state=disabled", "disabled", "users"),
        ("/admin/transactions?kind=top_up", "For the harvest", "all-transactions"),
        ("/admin/tasks", "No tasks", "all-tasks"),
        ("/admin/invitations", "No invitations yet", "invitations"),
        ("/admin/audit", "Credits added", "audit"),
    ] {
        browser.goto(path);
        browser.wait_for_text(text);
        inspect(&browser, name);
    }
    // What was said of a deed is said in the language of whoever reads it.
    browser.speak("ru");
    browser.goto("/admin/audit");
    browser.wait_for_text("кредитов: For the harvest");
    // No line ends with a preposition.
    browser.wait_for_text("происходило с\u{a0}учётными");
}

#[test]
fn credits_from_an_administrator_appear_on_the_open_page_of_their_user() {
    let binary = Binary::new();
    let Some((served, staff)) = stage(&binary) else { return };
    register(&served, "grace");
    let Some(grace) = Browser::open(&served.url("")) else { return };
    sign_in_as(&grace, "grace");
    grace.click("a", "Credits");
    grace.wait_for_text("Welcome to Cellar");
    grace.is_same_page();
    grace.wait_until("document.querySelector('.wallet__amount').innerText === '100'");

    sign_in(&staff);
    staff.click("nav a", "Users");
    staff.click("a", "grace");
    staff.click(".page__actions button", "Top up");
    staff.fill("Credits to add", "1250");
    staff.fill("Reason", "For the harvest");
    staff.click("dialog button", "Top up");
    staff.wait_for_text("grace: +1,250 credits.");

    grace.wait_until("document.querySelector('.wallet__amount').innerText === '1,350'");
    grace.wait_for_text("For the harvest");
    grace.wait_for_text("+1,250 credits");
    assert!(grace.is_same_page(), "the page was loaded anew");
}

/// The places at the side.
fn places(browser: &Browser) -> Vec<String> {
    browser.wait_for_text("Last tasks");
    browser.wait_until("document.querySelectorAll('.nav a').length > 6");
    let links = browser.eval("[...document.querySelectorAll('.nav a')].map((it) => it.pathname)");
    links.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

const STAFF_ALONE: [&str; 7] = [
    "/admin",
    "/admin/users",
    "/admin/transactions",
    "/admin/tasks",
    "/admin/invitations",
    "/admin/audit",
    "/system",
];

#[test]
fn a_user_sees_nothing_of_the_administration() {
    let binary = Binary::new();
    let Some((served, staff)) = stage(&binary) else { return };
    register(&served, "ada");
    sign_in(&staff);
    let for_staff = places(&staff);
    assert!(STAFF_ALONE.iter().all(|path| for_staff.iter().any(|at| at == path)), "{for_staff:?}");

    let Some(ada) = Browser::open(&served.url("")) else { return };
    sign_in_as(&ada, "ada");
    let for_users = places(&ada);
    let differing = for_staff.iter().filter(|path| !for_users.contains(path));
    let differing: Vec<_> = differing.filter(|path| !path.starts_with("/workspaces/")).collect();
    assert_eq!(differing, STAFF_ALONE, "{for_users:?}");
    // Whoever knows the address comes no further, and the server is not even asked.
    for path in STAFF_ALONE.into_iter().chain(["/admin/users/usr_somebody00"]) {
        ada.goto(path);
        ada.wait_for_text("For administrators only");
    }
    inspect(&ada, "forbidden");
    assert_eq!(ada.eval("fetch('/api/admin/users').then(({ status }) => status)"), 403);
    ada.expect_failure(403, "/api/admin/users");
    ada.click("button", "Go to");
    ada.wait_for("dialog[open] input");
    ada.type_text("audit");
    ada.wait_for_text("Nothing is called that.");
}

#[test]
fn a_backup_is_downloaded_or_it_is_said_why_not() {
    let binary = Binary::new();
    let pipe = lay_aside(&binary);
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.click("a", "System");
    browser.wait_for_text("Last made");
    // Another one waits for a content; two at a time would only fill the disk.
    browser.eval(
        "window.other = fetch('/api/admin/backup', { method: 'POST' }).then(({ status }) => status); \
         true",
    );
    let is_begun = || {
        let mut names = fs::read_dir(binary.data()).unwrap().map(|file| file.unwrap().file_name());
        names.any(|name| name.to_string_lossy().starts_with(".cellar-backup-")).then_some(())
    };
    eventually(is_begun).expect("the other one has not begun");
    browser.click("button", "Download");
    browser.wait_for_text("A backup is being made already.");
    inspect(&browser, "system-backup-refused");
    browser.expect_failure(409, "/api/admin/backup");
    fs::write(&pipe, CONTENT).unwrap();
    assert_eq!(browser.eval("other"), 200);
    fs::remove_file(&pipe).unwrap();
    fs::write(&pipe, CONTENT).unwrap();

    let downloads = tempfile::tempdir().unwrap();
    browser.download_to(downloads.path());
    browser.click("button", "Download");
    // The browser lays an empty file in its place first, and puts the whole one over it.
    let arrived = eventually(|| {
        let mut files = fs::read_dir(downloads.path()).unwrap().map(|file| file.unwrap().path());
        files.find(|path| {
            path.extension().is_some_and(|ending| ending == "tar")
                && path.metadata().is_ok_and(|facts| facts.len() > 0)
        })
    });
    let archive = fs::File::open(arrived.expect("nothing was downloaded")).unwrap();
    let mut archive = tar::Archive::new(archive);
    let first = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(first.path().unwrap().to_str(), Some("manifest.json"));
    browser.wait_for_text("by admin");
    binary.run(&["backup", "copy.tar"]).done();
    browser.wait_for_text("through “cellar backup”");
}
