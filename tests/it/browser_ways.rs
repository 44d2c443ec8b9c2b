//! Stories of getting about: addresses and the ways between them, what comes back after signing in,
//! and what is there when something on the way fails.

use serde_json::json;

use crate::browser::{give_name, inspect, register, sign_in, sign_in_as, stage};
use crate::browser_models::{balance, top_up};
use crate::browser_troubles::start_long_work;
use crate::support::binary::{Binary, PASSWORD, Served};
use crate::support::browser::Browser;

pub(crate) fn wait_for_path(browser: &Browser, path: &str) {
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
fn a_form_that_is_gone_asks_nothing() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.click("nav a", "Account");
    browser.fill("Name", "Ada");
    // Whoever leaves it goes on as soon as the next screen is there, before anything is painted.
    browser.eval(
        "new MutationObserver((_, watch) => { \
         if (!document.body.innerText.includes('What can be asked on this server')) return; \
         watch.disconnect(); document.querySelector('nav a[href=\"/\"]').click(); }) \
         .observe(document.getElementById('main'), { childList: true, subtree: true }); true",
    );
    browser.click("nav a", "Models");
    browser.click("dialog button", "Leave");
    browser.wait_for_text("Last tasks");
    assert_eq!(browser.eval("document.querySelectorAll('dialog').length"), 0);
}

#[test]
fn a_screen_that_is_left_does_not_take_the_next_address_for_its_own() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/tasks?status=failed");
    browser.wait_for_text("Nothing fits");
    browser.eval(
        "window.asked = []; window.ask = fetch; window.fetch = (path, options) => { \
         asked.push(path); return ask(path, options); }; true",
    );
    browser.click("nav a", "Credits");
    browser.wait_for_text("What you can spend");
    let asked = browser.eval("asked.filter((path) => path.startsWith('/api/tasks'))");
    assert_eq!(asked, json!([]), "the history asked for what its new filters would show");
}

#[test]
fn an_address_that_asks_for_what_there_is_not_shows_the_whole() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in_as(&browser, "admin");
    for (path, sign) in [
        ("/tasks?status=odd", "No tasks yet"),
        ("/credits?from=odd&to=2026-13-45", "any day"),
        ("/credits?from=12345-01-01", "any day"),
        ("/credits?kind=odd&days=-1", "What you can spend"),
        ("/admin/users?sort=odd&state=odd&role=odd", "admin"),
        ("/admin/tasks?status=odd&days=odd", "No tasks"),
        ("/admin/audit?action=odd", "Signed in"),
        ("/models/wine?tab=odd", "Predict · 1 credit"),
    ] {
        browser.goto(path);
        browser.wait_for_text(sign);
        assert_eq!(browser.eval("document.querySelectorAll('.notice--bad').length"), 0, "{path}");
    }
    // Whoever is in already and comes to a door is told why it does not open.
    browser.goto("/sign-up#a-word");
    browser.wait_for_text("You are signed in as admin already.");
    browser.wait_for_text("Last tasks");
}

#[test]
fn a_language_chosen_while_a_screen_is_loading_reaches_its_words() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.eval(
        "import(document.querySelector('script').src).then(({ modules }) => { \
         document.querySelector('.nav a[href=\"/credits\"]').click(); \
         return modules['core/i18n'].setLanguage('es'); }).then(() => true)",
    );
    browser.wait_for_text("Movimientos");
    let keys = browser.eval("document.body.innerText.match(/\\b(credits_page|entry)\\.\\w+/g)");
    assert_eq!(keys, json!(null));
    // Of two wishes the last one counts, whichever is heard first.
    browser.eval(
        "import(document.querySelector('script').src).then(({ modules }) => { \
         const { setLanguage } = modules['core/i18n']; \
         return Promise.all([setLanguage('ru'), setLanguage('en')]); }).then(() => true)",
    );
    browser.wait_for_text("Transactions");
    assert_eq!(browser.eval("document.documentElement.lang"), "en");
    assert_eq!(browser.eval("localStorage.getItem('cellar.language')"), "en");
}

#[test]
fn a_time_to_come_is_rounded_as_people_do() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.goto("/");
    for (minutes, words) in [
        (0.2, "in 1 minute"),
        (59.7, "in 1 hour"),
        (1440.2, "in 24 hours"),
        (2879.5, "in 2 days"),
        (20_160.3, "in 14 days"),
    ] {
        let said = browser.eval(&format!(
            "import(document.querySelector('script').src).then(({{ modules }}) => \
             modules['core/format'].ahead(new Date(1e12 + {minutes} * 6e4).toISOString(), 1e12))"
        ));
        assert_eq!(said, words);
    }
}

#[test]
fn an_app_that_does_not_come_says_so() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    for missing in ["*/js/words/*", "*/js/main.js"] {
        browser.block(&[missing]);
        browser.goto("/");
        browser.wait_for_text("Cellar could not be loaded.");
        inspect(&browser, "not-loaded");
        browser.block(&[]);
        browser.click("a", "Try again");
        browser.wait_for_text("count on.");
        browser.expect_silence();
    }
}

#[test]
fn a_page_of_an_older_version_is_opened_anew_when_it_lacks_something() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    // What the server has for another version: nothing.
    browser.block(&["*/js/ml_model/models.js"]);
    browser.eval(
        "window.isOld = true; window.ask = fetch; window.fetch = (path, options) => \
         options?.method === 'HEAD' ? Promise.resolve(new Response(null, { status: 404 })) \
         : ask(path, options); true",
    );
    browser.click("nav a", "Models");
    browser.wait_until("!window.isOld");
    // The server is there and has this version: nothing comes back by itself.
    browser.wait_for_text("A part of the app did not arrive.");
    inspect(&browser, "incomplete");
    browser.block(&[]);
    browser.click("#main button", "Try again");
    browser.wait_for_text("11 measurements");
    browser.expect_silence();
}

#[test]
fn a_screen_that_fails_to_draw_itself_leaves_the_frame_and_can_be_tried_again() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.eval(
        "window.ask = fetch; window.fetch = (path, options) => path === '/api/models' \
         ? Promise.resolve(new Response('{\"items\": [null]}', \
           { headers: { 'Content-Type': 'application/json' } })) : ask(path, options); true",
    );
    browser.click("nav a", "Models");
    browser.wait_for_text("This page made a mistake.");
    inspect(&browser, "mistake");
    browser.expect_error("TypeError");
    browser.eval("window.fetch = ask; true");
    browser.click("#main button", "Try again");
    browser.wait_for_text("11 measurements");
    assert!(browser.eval("document.querySelectorAll('.nav a').length").as_u64() > Some(6));
}

/// Ends every session of somebody's but one that nobody has.
fn end_sessions(served: &Served, username: &str) {
    let who = json!({ "username": username, "password": PASSWORD });
    let token = served.request("POST", "/auth/login").json(&who).send().json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let call = served.request("DELETE", "/api/me/sessions").header("Authorization", &bearer);
    assert_eq!(call.send().status, 204);
}

fn wait_until_ended(browser: &Browser) {
    wait_for_path(browser, "/sign-in");
    browser.wait_for_text("Your session has ended.");
    browser.expect_failures(401);
}

#[test]
fn what_was_typed_comes_back_to_whoever_typed_it_and_to_nobody_else() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    register(&served, "ada");
    register(&served, "grace");
    sign_in_as(&browser, "ada");
    browser.goto("/models/wine");
    browser.click("button", "Past its best");
    browser.goto("/account");
    browser.fill("Name", "Ada of the north cellar");
    end_sessions(&served, "ada");
    wait_until_ended(&browser);
    let named = "document.querySelector('input[name=full_name]').value";
    give_name(&browser, "ada");
    browser.wait_until(&format!("{named} === 'Ada of the north cellar'"));
    let row = "localStorage.getItem('cellar.row.wine')";
    assert_ne!(browser.eval(row), json!(null));

    end_sessions(&served, "ada");
    wait_until_ended(&browser);
    give_name(&browser, "grace");
    browser.wait_for_text("Who you are on this server");
    assert_eq!(browser.eval(named), "");
    assert_eq!(browser.eval(row), json!(null));
    assert_eq!(browser.eval("document.querySelector('.person__name').innerText"), "grace");
    let names = "Object.keys(localStorage).sort()";
    assert_eq!(browser.eval(names), json!(["cellar.owner", "cellar.signed_in"]));
}

#[test]
fn lists_of_work_under_way_are_live_without_a_wire_each() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 700_000);
    for _ in 0..3 {
        start_long_work(&served);
    }
    browser.goto("/");
    browser.eval(
        "window.wires = 0; window.EventSource = class extends EventSource { \
         constructor(path) { super(path); wires++; } close() { wires--; super.close(); } }; true",
    );
    let bars = "[...document.querySelectorAll('[role=progressbar]')]";
    browser.wait_until(&format!("{bars}.length === 3"));
    // What becomes of one elsewhere is seen here soon.
    browser.eval(
        "fetch('/api/tasks?limit=1').then((answer) => answer.json()).then(({ items: [{ id }] }) => \
         fetch(`/api/tasks/${id}/cancel`, { method: 'POST' })).then(({ status }) => status)",
    );
    browser.wait_until(&format!("{bars}.length === 2"));
    browser.wait_for_text("cancelled");
    browser.click("nav a", "History");
    browser.wait_for_text("running");
    assert_eq!(browser.eval("wires"), 0);
    // One thing that is looked at has one, until the page is put away.
    browser.eval(
        "[...document.querySelectorAll('tbody tr')].find((it) => it.innerText.includes('running')) \
         .querySelector('a').click()",
    );
    browser.wait_until("wires === 1");
    browser.put_away(true);
    browser.wait_until("wires === 0");
    browser.put_away(false);
    browser.wait_until("wires === 1");
    browser.click("#main button", "Cancel");
    browser.wait_for_text("It was cancelled before it was done.");
    browser.wait_until("document.getElementById('live').innerText.includes('cancelled')");
    browser.wait_until("wires === 0");
}

#[test]
fn credits_are_whole_and_a_dialog_gives_the_focus_back() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/credits");
    browser.wait_for_text("What you can spend");
    let ask_for = |amount: &str| {
        browser.wait_for("dialog input");
        browser.eval("document.querySelector('dialog input').select()");
        browser.type_text(amount);
    };
    for leave in ["Escape", "Cancel"] {
        browser.tab_to("Top up");
        browser.press("Enter");
        // A decimal sign does not part thousands: that would book ten times as much.
        for wrong in ["12.5", "0.5", "2,50", "1,234.56", "1.500"] {
            ask_for(wrong);
            browser.click("dialog button[type=submit]", "");
            browser.wait_for_text("Enter a whole number from 1 to 1,000,000.");
        }
        ask_for("1,500");
        browser.wait_for_text("Add 1,500 credits");
        match leave {
            "Escape" => browser.press("Escape"),
            _ => browser.click("dialog button", leave),
        }
        // An amount was typed, and nothing typed is dropped without a question.
        browser.wait_for_text("Leave without saving?");
        browser.click("dialog button", "Leave");
        browser.wait_until("!document.querySelector('dialog')");
        assert_eq!(browser.eval("document.activeElement.innerText"), "Top up");
    }
    assert_eq!(balance(&browser)["available"], 0);
}
