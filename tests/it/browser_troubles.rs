//! Stories in which something comes between a person and the app: sessions that end elsewhere,
//! wires that break, servers that restart, hands that tremble, and names that are scripts.

use rustix::process::Signal;
use serde_json::json;

use crate::browser::{assert_accessible, give_name, inspect, sign_in, stage};
use crate::browser_models::{balance, drop_file, table, top_up};
use crate::support::binary::{Binary, Served};
use crate::support::browser::Browser;
use crate::support::month::wines;

#[test]
fn signing_out_elsewhere_ends_this_page_and_signing_in_returns_to_it() {
    let binary = Binary::new();
    let Some((served, here)) = stage(&binary) else { return };
    sign_in(&here);
    here.goto("/tasks?status=failed");
    here.wait_for_text("Nothing fits");

    let Some(there) = Browser::open(&served.url("")) else { return };
    sign_in(&there);
    there.goto("/account/sessions");
    there.wait_for("#main td time");
    there.click("button", "End all others");
    there.click("dialog button", "End all others");
    there.wait_for_text("All other sessions have ended.");

    // The page asks for its balance now and then, and that is its next step.
    here.wait_until("location.pathname === '/sign-in'");
    here.wait_for_text("Your session has ended.");
    here.expect_failures(401);
    assert!(here.eval("document.body.innerText.includes('Administration')") == false);
    inspect(&here, "sign-in-ended");
    give_name(&here, "admin");
    here.wait_for_text("Nothing fits");
    assert_eq!(here.eval("location.pathname + location.search"), "/tasks?status=failed");
    let still = there.eval("fetch('/api/me').then(({ status }) => status)");
    assert_eq!(still, 200);
}

const SCRIPT: &str = "<script>alert(1)</script>";
const IMAGE: &str = "<img src=x onerror=alert(1)>";

#[test]
fn names_and_contents_like_scripts_are_shown_as_text() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 1_000);
    browser.goto("/account");
    browser.wait_for("input[name=full_name]");
    browser.eval("document.querySelector('input[name=full_name]').select()");
    browser.type_text(IMAGE);
    browser.click("button[type=submit]", "Save");
    browser.wait_until(&format!(
        "document.querySelector('.person__name').innerText === {}",
        json!(IMAGE)
    ));

    browser.goto("/workspaces");
    browser.click("button", "New workspace");
    browser.fill("Name", SCRIPT);
    browser.fill("What it is for (optional)", IMAGE);
    browser.click("dialog button", "Create workspace");
    browser.wait_for_text(IMAGE);
    browser.wait_until(&format!("document.querySelector('h1').innerText === {}", json!(SCRIPT)));
    browser.wait_until(&format!("document.title.startsWith({})", json!(SCRIPT)));
    inspect(&browser, "workspace-script");

    // A file's name, a column's name, a cell that goes along, and one that is wrong.
    let text =
        table(4, 4).replace("bottle", SCRIPT).replace("<b>0</b>", IMAGE).replace("9.O", SCRIPT);
    browser.goto("/models/wine?tab=many");
    drop_file(&browser, &format!("{IMAGE}.csv"), &text);
    browser.wait_for_text("3 credits for 3 rows");
    browser.wait_for_text(&format!("{IMAGE}.csv"));
    inspect(&browser, "many-script");
    browser.click("button", "Predict 3 rows");
    browser.wait_for_text("1 row could not be read and cost nothing");
    browser.wait_for_text(IMAGE);
    browser.click("label", "Rejected 1");
    browser
        .wait_until(&format!("document.querySelector('.mend__input').value === {}", json!(SCRIPT)));
    browser.click("a", "Details");
    browser.wait_for_text("What was sent");
    browser.wait_for_text(SCRIPT);
    browser.click(".nav a", "History");
    browser.wait_for_text(&format!("{IMAGE}.csv"));
    for path in ["/admin/users", "/admin/audit", "/"] {
        browser.goto(path);
        browser.wait_for_text(IMAGE);
    }
    assert_eq!(browser.eval("document.querySelector('img[src=x]')"), json!(null));
}

#[test]
fn a_lost_connection_keeps_what_was_typed_and_says_so() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/workspaces");
    browser.click("button", "New workspace");
    browser.fill("Name", "Tasting panel");
    browser.fill("What it is for (optional)", "Blind on Fridays.");
    browser.connect(false);
    browser.click("dialog button", "Create workspace");
    browser.wait_for_text("Nothing you typed is lost");
    // Its picture needs nothing from the server either.
    browser.wait_for("dialog [role=alert] svg path");
    browser.wait_for_text("This device is not connected.");
    let typed = "[...document.querySelectorAll('dialog input')].map(({ value }) => value)";
    assert_eq!(browser.eval(typed), json!(["Tasting panel", "tasting-panel", "Blind on Fridays."]));
    inspect(&browser, "offline");

    browser.connect(true);
    browser.wait_until("!document.querySelector('.notice--float')");
    browser.expect_silence();
    assert_eq!(browser.eval(typed), json!(["Tasting panel", "tasting-panel", "Blind on Fridays."]));
    browser.click("dialog button", "Create workspace");
    browser.wait_for_text("Tasting panel is ready.");
    browser.goto("/workspaces");
    browser.wait_for_text("Blind on Fridays.");
    let n_made =
        "fetch('/api/workspaces').then((answer) => answer.json()).then((it) => it.items.length)";
    assert_eq!(browser.eval(n_made), 2);
}

#[test]
fn a_restart_of_the_server_is_waited_for() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 100);
    browser.goto("/models/wine");
    browser.click("button", "Past its best");
    browser.eval("document.querySelector('input[name=alcohol]').select()");
    browser.type_text("11.1");
    browser.is_same_page();
    let port = served.port();
    served.stop();
    browser.click("button", "Predict · 1 credit");
    browser.wait_for_text("The server does not answer. It may be restarting; trying again.");
    inspect(&browser, "server-restarting");
    let _served = serve_at(&binary, port);
    browser.wait_until("!document.querySelector('.notice--float')");
    browser.expect_silence();
    assert_eq!(browser.eval("document.querySelector('input[name=alcohol]').value"), "11.1");
    browser.click("button", "Predict · 1 credit");
    browser.wait_for_text("1 credit charged");
    assert!(browser.is_same_page(), "the page was loaded anew");
    assert_eq!(balance(&browser)["available"], 99);
    // The server would go first, and its silence would be a fault.
    drop(browser);
}

#[test]
fn a_server_that_falls_silent_is_told_of_and_nothing_is_sent_twice() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/account");
    browser.fill("Name", "Ada of the north cellar");
    note_what_is_sent(&browser);
    served.signal(Signal::STOP);
    browser.click("button[type=submit]", "Save");
    browser.wait_for_text("The server does not answer. What you sent is on its way");
    let named = "document.querySelector('input[name=full_name]').value";
    assert_eq!(browser.eval(named), "Ada of the north cellar");
    served.signal(Signal::CONT);
    browser.wait_for_text("Your profile is saved.");
    browser.wait_until("!document.body.innerText.includes('The server does not answer.')");
    assert_eq!(browser.eval("sent"), json!(["PATCH /api/me"]));

    // A screen that takes its time says so under its own name.
    served.signal(Signal::STOP);
    browser.click(".nav a", "Credits");
    browser.wait_until("document.querySelector('#main [aria-busy] h1').innerText === 'Credits'");
    assert_eq!(browser.eval("document.title"), "Credits · Cellar");
    served.signal(Signal::CONT);
    browser.wait_for_text("What you can spend");

    // A dialog need not be waited for, and what was sent from it goes on.
    browser.click("#main button", "Top up");
    browser.wait_for("dialog button[type=submit]");
    served.signal(Signal::STOP);
    browser.click("dialog button", "Add 500 credits");
    browser.wait_for_text("The server does not answer. What you sent is on its way");
    browser.click(".dialog__foot button", "Close");
    browser.wait_until("!document.querySelector('dialog[open]')");
    served.signal(Signal::CONT);
    browser.wait_for_text("500 credits added.");
    browser.wait_until("document.querySelector('.wallet__amount').innerText === '500'");
}

#[test]
fn a_screen_that_cannot_be_loaded_offers_to_try_again() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    let port = served.port();
    served.stop();
    browser.click(".nav a", "Credits");
    browser.wait_for_text("No answer from the server");
    inspect(&browser, "screen-unreachable");
    let _served = serve_at(&binary, port);
    browser.wait_until("!document.querySelector('.notice--float')");
    // Nobody has to press anything.
    browser.wait_for_text("What you can spend");
    browser.expect_silence();
    browser.wait_for_text("Transactions");
    drop(browser);
}

#[test]
fn a_double_click_sends_once() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.click(".wallet button", "Top up");
    browser.double_click("dialog button", "Add 500 credits");
    browser.wait_for_text("500 credits added.");
    browser.wait_until("!document.querySelector('dialog')");
    assert_eq!(balance(&browser)["total"], 500);
    browser.goto("/models/wine");
    browser.double_click("button", "Predict · 1 credit");
    browser.wait_for_text("1 credit charged");
    browser.goto("/workspaces");
    browser.click("button", "New workspace");
    browser.fill("Name", "Tasting panel");
    browser.double_click("dialog button", "Create workspace");
    browser.wait_for_text("Tasting panel is ready.");
    browser.goto("/credits");
    browser.wait_for_text("499 credits");
    assert_eq!(balance(&browser)["total"], 499);
    let n_tasks =
        "fetch('/api/tasks').then((answer) => answer.json()).then((it) => it.items.length)";
    assert_eq!(browser.eval(n_tasks), 1);
    assert_accessible(&browser, "credits");
}

/// Notes what is sent from now on that changes something, until the page is loaded anew.
fn note_what_is_sent(browser: &Browser) {
    browser.eval(
        "window.sent = []; window.ask = fetch; window.fetch = (path, options) => { \
         const word = options?.method ?? 'GET'; \
         if (word !== 'GET') sent.push(`${word} ${path.replace(/[a-z]+_[\\w-]{8,}/, 'ID')}`); \
         return ask(path, options); }; true",
    );
}

#[test]
fn two_clicks_in_one_moment_send_once() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 300_000);
    browser.goto("/");
    browser.wait_for_text("Last tasks");
    note_what_is_sent(&browser);
    browser.click(".wallet button", "Top up");
    browser.wait_for("dialog");
    browser.click_twice_at_once("dialog button", "Add 500 credits");
    browser.wait_for_text("500 credits added.");
    browser.wait_until("!document.querySelector('dialog')");
    browser.click("nav a", "Models");
    browser.wait_for_text("What can be asked on this server");
    browser.click("a", "Red wine quality");
    browser.click_twice_at_once("button", "Predict · 1 credit");
    browser.wait_for_text("1 credit charged");
    browser.click("nav a", "Sessions");
    browser.wait_for_text("End all others");
    browser.click_twice_at_once("td button", "End");
    browser.wait_for_text("The session has ended.");
    browser.click("nav a", "Workspaces");
    browser.click("button", "New workspace");
    browser.fill("Name", "Tasting panel");
    browser.click_twice_at_once("dialog button", "Create workspace");
    browser.wait_for_text("Tasting panel is ready.");
    start_long_work(&served);
    browser.click("nav a", "History");
    browser.wait_for_text("running");
    browser.click("td a", "200,000 rows");
    browser.click_twice_at_once("#main button", "Cancel");
    browser.wait_for_text("It was cancelled before it was done.");
    browser.click("button.person", "");
    browser.click_twice_at_once("button", "Sign out");
    browser.wait_for_text("count on.");
    let expected = json!([
        "POST /api/balance/top-ups",
        "POST /api/tasks?model=wine",
        "DELETE /api/me/sessions/ID",
        "POST /api/workspaces",
        "POST /api/tasks/ID/cancel",
        "DELETE /auth/session",
    ]);
    assert_eq!(browser.eval("sent"), expected);
}

/// Has so many wines predicted that it lasts until it is cancelled.
pub(crate) fn start_long_work(served: &Served) {
    let cookie = served.sign_in();
    let thousand = wines(1_000, 0);
    let (names, rows) = thousand.split_once('\n').unwrap();
    let call = served.request("POST", "/api/tasks?model=wine").cookie(&cookie);
    let call = call.header("Prefer", "respond-async");
    let answer = call.body("text/csv", &format!("{names}\n{}", rows.repeat(200))).send();
    assert_eq!(answer.status, 202, "{}", answer.text());
}

/// A server where another one was a moment ago.
fn serve_at(binary: &Binary, port: u16) -> Served {
    Served::start(binary.spawn(&["serve", "--port", &port.to_string()]))
}
