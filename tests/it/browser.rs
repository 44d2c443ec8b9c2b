//! Whole stories in a real browser, against the real binary: what a person sees, does and hears.
//!
//! `CELLAR_CHROMIUM` names the browser; without one the stories are skipped unless
//! `CELLAR_DEMAND_BROWSER` is 1. Pictures of every screen go to `target/screens/`;
//! `CELLAR_README_PICTURE=1` renews the README's.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::{keep_content, one_time_password, turn_into_pipe};
use crate::support::binary::{Binary, PASSWORD, Served};
use crate::support::browser::{Browser, Window, write};

const DESK: Window = Window { width: 1440, height: 900, is_dark: false };
const PHONE: Window = Window { width: 390, height: 844, is_dark: false };

/// The accessibility rules; unmodified, see `vendor/README.md`.
const AXE: &str = include_str!("vendor/axe.min.js");

/// A server with an administrator, and a browser for its pages; nothing where there is no browser.
fn stage(binary: &Binary) -> Option<(Served, Browser)> {
    let served = binary.serve(&[]);
    served.sign_in();
    let browser = Browser::open(&served.url(""))?;
    Some((served, browser))
}

fn sign_in(browser: &Browser) {
    browser.goto("/sign-in");
    browser.fill("Username or e-mail", "admin");
    browser.fill("Password", PASSWORD);
    browser.click("form button[type=submit]", "Sign in");
    browser.wait_for_text("You look after this server");
}

fn screens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screens")
}

/// Pictures of the screen in both sizes and both themes.
fn picture(browser: &Browser, name: &str) {
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
fn assert_accessible(browser: &Browser, name: &str) {
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
fn inspect(browser: &Browser, name: &str) {
    picture(browser, name);
    assert_accessible(browser, name);
}

#[test]
fn a_visitor_finds_the_front_page_and_the_way_in() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.goto("/");
    browser.wait_for_text("A machine-learning service in one file.");
    browser.wait_for_text("This server");
    // The card is filled by a request of its own.
    browser.wait_for_text(env!("CARGO_PKG_VERSION"));
    inspect(&browser, "front");

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
    browser.wait_for_text("You look after this server");
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
    browser.wait_for_text("A machine-learning service in one file.");
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
    browser.wait_for_text("A machine-learning service in one file.");
    focused("Sign in");
    browser.press("Enter");
    browser.wait_for("form input[type=password]");
    focused("Username or e-mail");
    browser.type_text("admin");
    focused("Password");
    browser.type_text(PASSWORD);
    browser.press("Enter");
    browser.wait_for_text("You look after this server");
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
    browser.goto("/system");
    browser.click("button", "Check the data");
    browser.wait_for_text("contents are whole");
    browser.wait_until("!document.querySelector('[aria-busy]')");
    let png = browser.picture(Window { width: 1280, height: 860, is_dark: false });
    assert!(png.len() <= 200 * 1024, "the picture has {} bytes", png.len());
    write(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".readme/app.png"), &png);
}
