//! Whole stories in a real browser, against the real binary: what a person sees, does and hears.
//!
//! `CELLAR_CHROMIUM` names the browser; without one the stories are skipped unless
//! `CELLAR_DEMAND_BROWSER` is 1. Pictures of every screen go to `target/screens/`;
//! `CELLAR_README_PICTURE=1` renews the README's.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::app::put_measured_wine_model;
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
    put_measured_wine_model(&binary.data());
    let served = binary.serve(&[]);
    served.sign_in();
    let browser = Browser::open(&served.url(""))?;
    Some((served, browser))
}

pub(crate) fn sign_in(browser: &Browser) {
    sign_in_as(browser, "admin");
}

/// Signs somebody in; every account of these stories has the one password.
pub(crate) fn sign_in_as(browser: &Browser, username: &str) {
    browser.goto("/sign-in");
    give_name(browser, username);
    browser.wait_for_text("Last tasks");
}

/// Signs out by hand.
pub(crate) fn sign_out(browser: &Browser) {
    browser.click("button.person", "");
    browser.click("button", "Sign out");
    browser.wait_for_text("count on.");
}

/// Fills the form for signing in, and sends it.
pub(crate) fn give_name(browser: &Browser, username: &str) {
    browser.fill("Username or e-mail", username);
    browser.fill("Password", PASSWORD);
    browser.click("form button[type=submit]", "Sign in");
}

/// Makes an account.
pub(crate) fn register(served: &Served, username: &str) {
    let email = format!("{username}@example.org");
    let body = json!({"username": username, "email": email, "password": PASSWORD});
    assert_eq!(served.request("POST", "/auth/register").json(&body).send().status, 201);
}

fn screens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screens")
}

/// A picture of the screen as it is in this window, and one of all of it where it is taller.
pub(crate) fn keep(browser: &Browser, name: &str, window: Window) {
    let size = if window.width == DESK.width { "desk" } else { "phone" };
    let theme = if window.is_dark { "dark" } else { "light" };
    let (first, whole) = browser.pictures(window);
    write(&screens().join(format!("{name}-{size}-{theme}.png")), &first);
    if let Some(whole) = whole {
        write(&screens().join(format!("{name}-whole-{size}-{theme}.png")), &whole);
    }
}

/// In both sizes and both themes.
fn from_every_side(browser: &Browser, act: impl FnMut(Window)) {
    in_both_themes(browser, &[DESK, PHONE], act);
}

fn in_both_themes(browser: &Browser, windows: &[Window], mut act: impl FnMut(Window)) {
    for &window in windows {
        for is_dark in [false, true] {
            let window = Window { is_dark, ..window };
            browser.look(window);
            browser.settle();
            act(window);
        }
    }
    browser.look(DESK);
}

/// No rule of accessibility is broken, from no side, and no text is cut off or sticks out.
#[track_caller]
pub(crate) fn assert_accessible(browser: &Browser, name: &str) {
    browser.eval(&format!("{AXE};true"));
    let mut found = Vec::new();
    from_every_side(browser, |window| found.extend(complaints(browser, window)));
    assert!(found.is_empty(), "{name}: {found:#?}");
}

/// Looks at a screen from every side.
#[track_caller]
pub(crate) fn inspect(browser: &Browser, name: &str) {
    inspect_in(browser, name, &[DESK, PHONE]);
}

/// Looks at what is there in these windows alone, in both themes.
#[track_caller]
pub(crate) fn inspect_in(browser: &Browser, name: &str, windows: &[Window]) {
    browser.eval(&format!("{AXE};true"));
    let mut found = Vec::new();
    in_both_themes(browser, windows, |window| {
        keep(browser, name, window);
        found.extend(complaints(browser, window));
    });
    assert!(found.is_empty(), "{name}: {found:#?}");
}

fn complaints(browser: &Browser, window: Window) -> Vec<String> {
    let mut found = broken_rules(browser, &[]);
    found.extend(cut_text(browser));
    found.iter().map(|what| format!("{window:?}: {what}")).collect()
}

/// Which rules of accessibility the page breaks, without these.
fn broken_rules(browser: &Browser, without: &[&str]) -> Vec<Value> {
    let rules: Value = without.iter().map(|rule| (*rule, json!({ "enabled": false }))).collect();
    // Its preloading writes inline styles, which our policy rightly refuses.
    let broken = browser.eval(&format!(
        "axe.run(document, {{ preload: false, resultTypes: ['violations'], rules: {rules} }}) \
         .then((found) => found.violations.flatMap(({{ id, nodes }}) => nodes.map((node) => \
         `${{id}}: ${{node.target}} ${{node.failureSummary}}`)))"
    ));
    broken.as_array().unwrap().clone()
}

/// Texts that are wider than their place, and whatever makes the page wider than its window.
pub(crate) fn cut_text(browser: &Browser) -> Vec<Value> {
    let found = browser.eval(
        "[...document.querySelectorAll('body *')].filter((it) => { \
           const look = getComputedStyle(it); \
           const isText = ({ nodeType, data }) => nodeType === 3 && data.trim(); \
           const says = [...it.childNodes].some(isText); \
           return says && look.display !== 'inline' && it.scrollWidth > it.clientWidth + 1 \
             && look.textOverflow !== 'ellipsis' && !['auto', 'scroll'].includes(look.overflowX) \
             && it.checkVisibility() && !it.closest('.unseen, thead, svg'); \
         }).map((it) => `cut: ${it.className} ${it.innerText}`).concat( \
           [...document.querySelectorAll('select')].filter((it) => { \
             const look = getComputedStyle(it); \
             const pen = document.createElement('canvas').getContext('2d'); \
             pen.font = `${look.fontWeight} ${look.fontSize} ${look.fontFamily}`; \
             const room = it.clientWidth - parseFloat(look.paddingLeft) \
               - parseFloat(look.paddingRight); \
             return it.checkVisibility() && it.selectedOptions[0] \
               && pen.measureText(it.selectedOptions[0].text).width > room + 1; \
           }).map((it) => `cut: ${it.name} ${it.selectedOptions[0].text}`), \
           document.documentElement.scrollWidth > innerWidth ? ['wider than its window'] : [])",
    );
    found.as_array().unwrap().clone()
}

#[test]
fn a_visitor_finds_the_front_page_and_the_way_in() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.goto("/");
    browser.wait_for_text("count on.");
    // The foot is filled by a request of its own.
    browser.wait_for_text(env!("CARGO_PKG_VERSION"));
    browser.wait_for_text("most likely 5");
    inspect(&browser, "front");
    // The answer follows what is chosen and what is typed.
    browser.click("button", "Prize winner");
    browser.wait_for_text("most likely 8");
    browser.eval("document.querySelector('input[name=chlorides]').select()");
    browser.type_text("0.9");
    browser.wait_for_text("is more than anything this model has seen");
    inspect(&browser, "front-note");
    // Whoever asks too often is told so, and answered a little later without asking again.
    browser.eval(
        "window.ask = fetch; window.fetch = (path, options) => { \
         if (!path.endsWith('/demo') || window.isRefused) return ask(path, options); \
         isRefused = true; \
         return Promise.resolve(new Response('{\"code\": \"too_many\"}', { status: 429, headers: \
           { 'Content-Type': 'application/problem+json', 'Retry-After': '2' } })); }; true",
    );
    browser.click("button", "Past its best");
    browser.wait_for_text("That was a lot for one minute; asking again in");
    browser.wait_until(
        "!document.querySelector('.answer--old') \
         && !document.body.innerText.includes('asking again')",
    );

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
    inspect(&browser, "sign-in-wrong");
    browser.expect_failure(422, "/auth/session");
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
}

/// What the readers' makers built into them, and no setting changes: their headings skip a level,
/// the head of an operation has buttons in it, and the title stands beside the landmarks.
const OF_THE_READERS: [&str; 3] = ["heading-order", "nested-interactive", "region"];

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
                write(&screens().join(&file), &browser.picture(window));
                if window.width == DESK.width {
                    browser.eval(&format!("{AXE};true"));
                    let broken = broken_rules(&browser, &OF_THE_READERS);
                    assert!(broken.is_empty(), "{file}: {broken:#?}");
                }
            }
        }
    }
}
