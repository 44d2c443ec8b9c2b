//! Stories of getting about: addresses and the ways between them, what comes back after signing in,
//! and what is there when something on the way fails.

use serde_json::json;

use crate::browser::{sign_in, stage};
use crate::support::binary::Binary;
use crate::support::browser::Browser;

fn wait_for_path(browser: &Browser, path: &str) {
    browser.wait_until(&format!("location.pathname === {}", json!(path)));
}

#[test]
fn going_back_from_a_form_leaves_the_history_as_it_was() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.click("nav a", "Models");
    browser.wait_for_text("What can be asked on this server");
    browser.click("nav a", "Account");
    browser.fill("Name", "Ada");
    let length = browser.eval("history.length");

    browser.eval("history.back()");
    browser.wait_for_text("Leave without saving?");
    wait_for_path(&browser, "/account");
    browser.click("dialog button", "Cancel");
    browser.wait_until("!document.querySelector('dialog')");
    assert_eq!(browser.eval("document.querySelector('input[name=full_name]').value"), "Ada");

    browser.eval("history.back()");
    browser.click("dialog button", "Leave");
    browser.wait_for_text("What can be asked on this server");
    wait_for_path(&browser, "/models");
    assert_eq!(browser.eval("history.length"), length);
    // The form lies ahead now, and not behind.
    browser.eval("history.back()");
    browser.wait_for_text("Last tasks");
    browser.eval("history.go(2)");
    browser.wait_for_text("Who you are on this server");
    wait_for_path(&browser, "/account");
    assert_eq!(browser.eval("document.querySelector('input[name=full_name]').value"), "");
}

#[test]
fn a_screen_that_is_left_does_not_take_the_next_address_for_its_own() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/tasks?status=failed");
    browser.wait_for_text("No task fits");
    browser.eval(
        "window.asked = []; window.ask = fetch; window.fetch = (path, options) => { \
         asked.push(path); return ask(path, options); }; true",
    );
    browser.click("nav a", "Credits");
    browser.wait_for_text("What you can spend");
    let asked = browser.eval("asked.filter((path) => path.startsWith('/api/tasks'))");
    assert_eq!(asked, json!([]), "the history asked for what its new filters would show");
}
