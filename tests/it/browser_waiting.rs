//! Stories of what is seen while something is on its way, and of how things move.

use serde_json::Value;

use crate::browser::{DESK, inspect, sign_in_as, sign_out};
use crate::browser_tour::{find, stage};
use crate::support::binary::Binary;
use crate::support::browser::Browser;

/// Goes to another screen as a link does, without loading the page anew.
fn go(browser: &Browser, path: &str) {
    browser.eval(&format!(
        "import(document.querySelector('script').src).then(({{ modules }}) => \
         modules['core/router'].go('{path}')).then(() => true)"
    ));
}

#[test]
fn what_is_waited_for_has_its_place_held() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in_as(&browser, "admin");
    let ada = find(&browser, "/api/admin/users?limit=50", "ada");
    let task = find(&browser, "/api/admin/tasks?limit=50", "wine");
    let workspace = find(&browser, "/api/workspaces", "wsp_");
    browser.goto("/account");
    browser.wait_for("input[name=full_name]");
    // What is held stays so to the end: whoever let it go would see what has become of it.
    browser.hold(&["*/api/*", "*/js/user/password.js"]);
    for (path, name) in [
        ("/", "home"),
        ("/models", "models"),
        ("/models/wine", "model"),
        ("/tasks", "history"),
        (&format!("/tasks/{task}"), "task"),
        ("/credits", "credits"),
        (&format!("/workspaces/{workspace}"), "workspace"),
        ("/admin", "overview"),
        (&format!("/admin/users/{ada}"), "user"),
        ("/system", "system"),
    ] {
        go(&browser, path);
        browser.wait_until(&format!("location.pathname === '{path}'"));
        browser.wait_for("#main .skeleton");
        inspect(&browser, &format!("waiting-{name}"));
    }
    // A screen of which nothing is there yet is named all the same.
    go(&browser, "/account/password");
    browser.wait_for("#main [aria-busy] h1");
    inspect(&browser, "waiting-screen");
}

/// How long things on the page take that move or change: what, how many milliseconds, and whether
/// without an end.
fn movements(browser: &Browser) -> Vec<(String, f64, bool)> {
    let found = browser.eval(
        "(() => { const longest = (text) => Math.max(...text.split(',').map(parseFloat)) * 1000; \
         const parts = [undefined, '::before', '::after', '::backdrop']; \
         const listed = [...document.querySelectorAll('*')].flatMap((it) => \
           parts.flatMap((part) => { \
             const look = getComputedStyle(it, part); \
             const name = `${it.localName}.${it.getAttribute('class')}${part ?? ''}`; \
             const change = longest(look.transitionDuration); \
             const move = look.animationName === 'none' ? 0 : longest(look.animationDuration); \
             const isEndless = look.animationIterationCount.includes('infinite'); \
             return [change && [`${name} changes`, change, false], \
               move && [`${name} moves`, move, isEndless]].filter(Boolean); })); \
         const running = document.getAnimations().map((it) => { \
           const { duration, iterations } = it.effect.getComputedTiming(); \
           return [`${it.effect.target?.className} is moving`, duration, iterations === Infinity]; \
         }).filter(([, duration]) => duration > 0); \
         return listed.concat(running); })()",
    );
    let one = |it: &Value| {
        (it[0].as_str().unwrap().to_owned(), it[1].as_f64().unwrap(), it[2].as_bool().unwrap())
    };
    found.as_array().unwrap().iter().map(one).collect()
}

/// Goes through screens of every kind and judges each.
fn walk(browser: &Browser, mut judge: impl FnMut(&str, Vec<(String, f64, bool)>)) {
    let mut look = |place: &str| judge(place, movements(browser));
    browser.goto("/");
    browser.wait_for(".answer__figure");
    look("front");
    sign_in_as(browser, "ada");
    look("home");
    browser.click("button.person", "");
    browser.wait_for_text("Sign out");
    look("menu");
    browser.goto("/models/wine");
    browser.click("button", "Predict · 1 credit");
    browser.wait_for_text("1 credit charged");
    look("model");
    browser.click(".wallet button", "Top up");
    browser.wait_for("dialog[open]");
    look("dialog");
    browser.click("dialog button", "Add 500 credits");
    browser.wait_for_text("500 credits added.");
    look("notice");
    browser.hold(&["*/api/tasks*"]);
    go(browser, "/tasks");
    browser.wait_for("#main .skeleton");
    look("waiting");
    browser.hold(&[]);
    browser.goto("/");
    sign_out(browser);
}

#[test]
fn things_move_briefly_and_not_at_all_where_that_is_wished() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.look(DESK);
    walk(&browser, |place, found| assert!(found.is_empty(), "{place}: {found:#?}"));

    browser.let_move();
    let (mut n_brief, mut n_endless) = (0, 0);
    walk(&browser, |place, found| {
        for (what, duration_ms, is_endless) in found {
            assert!(is_endless || duration_ms <= 200.0, "{place}: {what} {duration_ms} ms");
            *if is_endless { &mut n_endless } else { &mut n_brief } += 1;
        }
    });
    assert!(n_brief > 0 && n_endless > 0, "nothing moves: {n_brief}, {n_endless}");
}
