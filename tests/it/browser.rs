//! Whole stories in a real browser, against the real binary: what a person sees, does and hears.
//!
//! `CELLAR_CHROMIUM` names the browser; without one the stories are skipped unless
//! `CELLAR_DEMAND_BROWSER` is 1. Pictures of every screen go to `target/screens/`;
//! `CELLAR_README_PICTURE=1` renews the README's.

use std::fs;
use std::path::{Path, PathBuf};

use crate::browser_models::top_up;
use crate::cli::{keep_content, one_time_password, turn_into_pipe};
use crate::support::app::put_wine_model;
use crate::support::binary::{Binary, PASSWORD, Served};
use crate::support::browser::{Browser, Window, write};

pub(crate) const DESK: Window = Window { width: 1440, height: 900, is_dark: false };
pub(crate) const PHONE: Window = Window { width: 390, height: 844, is_dark: false };

/// The accessibility rules; unmodified, see `vendor/README.md`.
const AXE: &str = include_str!("vendor/axe.min.js");

/// A server with an administrator, and a browser for its pages; nothing where there is no browser.
pub(crate) fn stage(binary: &Binary) -> Option<(Served, Browser)> {
    binary.run(&["init-db"]).done();
    // Training takes a while where everything is unoptimised, and is no part of these stories.
    put_wine_model(&binary.data());
    let served = binary.serve(&[]);
    served.sign_in();
    let browser = Browser::open(&served.url(""))?;
    Some((served, browser))
}

pub(crate) fn sign_in(browser: &Browser) {
    browser.goto("/sign-in");
    browser.fill("Username or e-mail", "admin");
    browser.fill("Password", PASSWORD);
    browser.click("form button[type=submit]", "Sign in");
    browser.wait_for_text("Last tasks");
}

fn screens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screens")
}

/// Pictures of the screen in both sizes and both themes.
pub(crate) fn picture(browser: &Browser, name: &str) {
    for (window, size) in [(DESK, "desk"), (PHONE, "phone")] {
        for (is_dark, theme) in [(false, "light"), (true, "dark")] {
            let png = browser.picture(Window { is_dark, ..window });
            write(&screens().join(format!("{name}-{size}-{theme}.png")), &png);
        }
    }
    browser.look(DESK);
}

/// No rule of accessibility is broken, in either size and either theme, and nothing sticks out.
#[track_caller]
pub(crate) fn assert_accessible(browser: &Browser, name: &str) {
    browser.eval(&format!("{AXE};true"));
    for window in [DESK, PHONE] {
        for is_dark in [false, true] {
            browser.look(Window { is_dark, ..window });
            browser.settle();
            let broken = browser.eval(
                // Its preloading writes inline styles, which our policy rightly refuses.
                "axe.run(document, { preload: false, resultTypes: ['violations'] }).then((found) => \
                 found.violations.flatMap(({ id, nodes }) => nodes.map((node) => \
                 `${id}: ${node.target} ${node.failureSummary}`)))",
            );
            let broken = broken.as_array().unwrap();
            assert!(broken.is_empty(), "{name}, {window:?}, dark {is_dark}: {broken:#?}");
            let overhang = browser.eval("document.documentElement.scrollWidth - innerWidth");
            assert!(overhang.as_i64() <= Some(0), "{name} is wider than {window:?}");
        }
    }
    browser.look(DESK);
}

/// Looks at a screen from every side.
#[track_caller]
pub(crate) fn inspect(browser: &Browser, name: &str) {
    picture(browser, name);
    assert_accessible(browser, name);
}

#[test]
fn a_visitor_finds_the_front_page_and_the_way_in() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.goto("/");
    browser.wait_for_text("count on.");
    // The foot is filled by a request of its own.
    browser.wait_for_text(env!("CARGO_PKG_VERSION"));
    browser.wait_for_text("most likely a 5");
    inspect(&browser, "front");
    // The answer follows what is chosen and what is typed.
    browser.click("button", "Prize winner");
    browser.wait_for_text("most likely a 7");
    browser.eval("document.querySelector('input[name=chlorides]').select()");
    browser.type_text("0.9");
    browser.wait_for_text("is more than anything this model has seen");
    inspect(&browser, "front-note");

    browser.click("a", "Sign in");
    browser.wait_for("form input[type=password]");
    inspect(&browser, "sign-in");
    browser.click("form button[type=submit]", "Sign in");
    browser.wait_for_text("Enter your password.");
    assert_accessible(&browser, "sign-in with errors");

    browser.fill("Username or e-mail", "admin");
    browser.fill("Password", "not the password");
    browser.press("Enter");
    browser.wait_for_text("The name and the password do not match.");
    browser.wait_until("!document.querySelector('form [aria-disabled]')");
    picture(&browser, "sign-in-wrong");
    browser.expect_failure(422, "/auth/session");
    browser.assert_clean();
}

#[test]
fn the_one_time_password_is_changed_before_anything_else() {
    let binary = Binary::new().without("CELLAR_ADMIN_PASSWORD");
    let mut served = binary.serve(&[]);
    served.wait_for_line("It is shown only now");
    let password = one_time_password(&served.stdout());
    let Some(browser) = Browser::open(&served.url("")) else { return };

    // A deep link survives the detour over signing in and changing the password.
    browser.goto("/system");
    browser.wait_until("location.pathname === '/sign-in'");
    browser.expect_failure(401, "/api/me");
    browser.fill("Username or e-mail", "admin");
    browser.fill("Password", &password);
    browser.click("form button[type=submit]", "Sign in");
    browser.wait_until("location.pathname === '/account/password'");
    browser.wait_for_text("Your password was set by somebody else.");
    inspect(&browser, "password-must");

    browser.goto("/");
    browser.wait_until("location.pathname === '/account/password'");
    browser.fill("Current password", &password);
    browser.fill("New password", PASSWORD);
    browser.fill("New password again", PASSWORD);
    browser.click("form button[type=submit]", "Change password");
    browser.wait_for_text("Your password is changed.");
    browser.wait_for_text("Last tasks");
    browser.assert_clean();
    assert!(served.try_sign_in(&password).unwrap().is_none(), "the old password still works");
    served.sign_in();
}

#[test]
fn a_check_is_followed_live_line_by_line() {
    let binary = Binary::new();
    binary.run(&["init-db"]).done();
    let content = b"a content that is kept";
    let pipe = keep_content(&binary.data(), content);
    turn_into_pipe(&pipe);
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
    browser.wait_for_text("contents are whole");
    inspect(&browser, "system-checking");
    fs::write(&pipe, content).unwrap();
    fs::remove_file(&pipe).unwrap();
    browser.wait_for_text("Every promise holds.");
    browser.wait_for_text("9 promises tested");
    browser.wait_for_text("the file is whole");
    browser.wait_for_text("contents are whole");
    inspect(&browser, "system");

    // The content is gone now, and the next check says so.
    browser.click("button", "Check the data");
    browser.wait_for_text("1 promise is broken.");
    browser.wait_for_text("is missing");
    inspect(&browser, "system-violated");
    browser.assert_clean();
}

#[test]
fn a_key_is_shown_once_and_other_sessions_end_with_one_click() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/account/keys");
    browser.wait_for_text("No keys yet");
    inspect(&browser, "keys-none");
    browser.click("button", "New key");
    browser.wait_for("dialog");
    browser.click("dialog button", "Make the key");
    browser.wait_for_text("Give the key a name.");
    browser.fill("Name", "<script>alert(1)</script>");
    browser.click("dialog button", "Make the key");
    browser.wait_for_text("This is the only time that the key is shown.");
    inspect(&browser, "key-made");
    let secret = browser.eval("document.querySelector('.secret__text').value");
    let secret = secret.as_str().unwrap().to_owned();
    browser.click("dialog button", "I have kept it");
    browser.wait_for_text("<script>alert(1)</script>");
    inspect(&browser, "keys");
    let shown = browser.eval("document.body.textContent + document.body.innerHTML");
    assert!(!shown.as_str().unwrap().contains(&secret), "the key is still there");
    browser.click("button", "Revoke");
    browser.click("dialog button", "Revoke");
    browser.wait_for_text("No keys yet");

    browser.goto("/account/sessions");
    browser.wait_for_text("End all others");
    inspect(&browser, "sessions");
    browser.click("button", "End all others");
    browser.click("dialog button", "End all others");
    browser.wait_for_text("All other sessions have ended.");
    browser.goto("/account");
    browser.wait_for_text("Close account");
    inspect(&browser, "account");
    browser.assert_clean();
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
    browser.fill("Username", "grace");
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
    browser.assert_clean();
}

#[test]
fn a_foreign_address_shows_that_there_is_nothing() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.goto("/no/such/place");
    browser.wait_for_text("There is nothing here");
    browser.wait_for_text("/no/such/place");
    inspect(&browser, "not-found");
    sign_in(&browser);
    browser.goto("/no/such/place");
    browser.wait_for_text("There is nothing here");
    inspect(&browser, "not-found-signed-in");
    browser.assert_clean();
}

#[test]
fn signing_out_leaves_nothing_behind() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/account/password");
    browser.wait_for_text("New password again");
    inspect(&browser, "password");
    browser.click("button.person", "admin");
    browser.wait_for_text("Sign out");
    inspect(&browser, "account-menu");
    browser.click("button", "Sign out");
    browser.wait_for_text("count on.");
    assert_eq!(browser.eval("fetch('/api/me').then(({ status }) => status)"), 401);
    browser.expect_failure(401, "/api/me");
    assert!(browser.eval("localStorage.getItem('cellar.signed_in')").is_null());
    browser.goto("/system");
    browser.wait_until("location.pathname === '/sign-in'");
    browser.expect_failure(401, "/api/me");
    browser.assert_clean();
}

#[test]
fn everything_up_to_a_check_goes_by_keyboard_alone() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    let focused = |what: &str| {
        let name =
            "(document.activeElement.labels?.[0] ?? document.activeElement).innerText.trim()";
        // A new screen moves the focus once it is drawn; no hand is quick enough to forestall it.
        browser.settle();
        for _ in 0..40 {
            browser.press("Tab");
            if browser.eval(name) == what {
                // What has the focus shows it.
                let ring = "(() => { const it = document.activeElement; \
                    return it.matches(':focus-visible') && (getComputedStyle(it).outlineStyle !== \
                    'none' || getComputedStyle(it).boxShadow !== 'none'); })()";
                assert_eq!(browser.eval(ring), true, "{what} does not show the focus");
                return;
            }
        }
        panic!("no way to {what:?} with the Tab key");
    };
    browser.goto("/");
    browser.wait_for_text("count on.");
    focused("Sign in");
    browser.press("Enter");
    browser.wait_for("form input[type=password]");
    focused("Username or e-mail");
    browser.type_text("admin");
    focused("Password");
    browser.type_text(PASSWORD);
    browser.press("Enter");
    browser.wait_for_text("Last tasks");
    focused("System");
    browser.press("Enter");
    browser.wait_for_text("The data has not been checked yet.");
    focused("Check the data");
    browser.press("Enter");
    browser.wait_for_text("Every promise holds.");
    browser.assert_clean();
}

#[test]
fn both_readers_of_the_interface_work_offline() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    for (path, name) in [("/docs", "docs"), ("/redoc", "redoc")] {
        for (window, size) in [(DESK, "desk"), (PHONE, "phone")] {
            for (is_dark, theme) in [(false, "light"), (true, "dark")] {
                // The readers take their theme when they start, and load anew when it changes.
                let window = Window { is_dark, ..window };
                browser.goto("/livez");
                browser.look(window);
                browser.goto(path);
                browser.wait_for_text("/auth/session");
                browser.wait_for_text("Sign in from a browser.");
                let file = format!("{name}-{size}-{theme}.png");
                write(&screens().join(file), &browser.picture(window));
            }
        }
    }
    browser.assert_clean();
}

#[test]
fn the_picture_of_the_readme_can_be_renewed() {
    if std::env::var_os("CELLAR_README_PICTURE").is_none_or(|it| it != "1") {
        println!("skipped: CELLAR_README_PICTURE is not 1");
        return;
    }
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 12_480);
    browser.goto("/models/wine");
    browser.click("button", "Prize winner");
    browser.wait_for_text("Predict · 1 credit");
    browser.eval("document.querySelector('input[name=chlorides]').select()");
    browser.type_text("0.63");
    browser.click("button", "Predict · 1 credit");
    browser.wait_for_text("1 credit charged");
    browser.eval("document.activeElement.blur()");
    let png = browser.picture(Window { width: 1280, height: 860, is_dark: false });
    assert!(png.len() <= 200 * 1024, "the picture has {} bytes", png.len());
    write(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".readme/app.png"), &png);
}
