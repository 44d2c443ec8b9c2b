//! Stories of what somebody does with their tasks, their lists and a model's programs, in a real
//! browser: each deed is looked for on the screen and in what the API says afterwards.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::browser::{inspect, register, sign_in, sign_in_as, stage};
use crate::browser_journeys::download;
use crate::browser_models::{balance, drop_file, table, top_up};
use crate::browser_rows::predict;
use crate::browser_tour;
use crate::browser_ways::wait_for_path;
use crate::support::binary::Binary;
use crate::support::browser::Browser;
use crate::support::month::wines;

/// A wine that every model here can read.
fn good_row() -> Value {
    json!([7.4, 0.7, 0, 1.9, 0.9, 11, 34, 0.9978, 3.51, 0.56, 9.4])
}

/// Waits until the list on the screen has so many rows, and each of them says this.
#[track_caller]
pub(crate) fn wait_for_rows(browser: &Browser, n: usize, each: &str) {
    browser.wait_until(&format!(
        "(() => {{ const rows = [...document.querySelectorAll('#main .card--table tbody tr')]; \
         return rows.length === {n} && !document.querySelector('#main table[aria-busy]') \
         && rows.every((it) => it.innerText.includes({})); }})()",
        json!(each)
    ));
}

/// Waits until the address asks for this.
#[track_caller]
pub(crate) fn wait_for_query(browser: &Browser, query: &str) {
    browser.wait_until(&format!("location.search === {}", json!(query)));
}

/// Types into the field that a list is searched by.
pub(crate) fn search(browser: &Browser, text: &str) {
    browser.wait_for("#main input[type=search]");
    browser.settle();
    browser.eval("document.querySelector('#main input[type=search]').select()");
    browser.type_text(text);
}

/// How many things of a list of the API fit a condition on `it`.
fn count(browser: &Browser, list: &str, condition: &str) -> usize {
    let n = browser.eval(&format!(
        "fetch('{list}').then((answer) => answer.json()).then(({{ items }}) => \
         items.filter((it) => {condition}).length)"
    ));
    usize::try_from(n.as_u64().unwrap()).unwrap()
}

#[test]
fn a_task_is_run_again_and_deleted() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 100);
    let first = predict(&browser, "wine", &json!([good_row()]));
    browser.goto(&first);
    browser.wait_for_text("The row was predicted.");
    browser.click("button", "Run again");
    browser.wait_for_text("The same row is sent to Red wine quality once more");
    inspect(&browser, "task-again");
    browser.click("dialog button", "Cancel");
    browser.wait_until("!document.querySelector('dialog')");
    assert_eq!(balance(&browser)["total"], 99);

    browser.click("button", "Run again");
    browser.wait_for_text("at most 1 credit");
    browser.click_twice_at_once("dialog button[type=submit]", "Run again");
    browser.wait_until(&format!(
        "location.pathname.startsWith('/tasks/') && location.pathname !== {}",
        json!(first)
    ));
    browser.wait_for_text("1 row sent again.");
    browser.wait_for_text("The row was predicted.");
    browser.wait_until("document.querySelector('.wallet__amount').innerText === '98'");
    let second = browser.eval("location.pathname").as_str().unwrap().to_owned();
    assert_eq!(balance(&browser), json!({"available": 98, "held": 0, "total": 98}));
    assert_eq!(count(&browser, "/api/tasks", "it.status === 'succeeded'"), 2);
    let sent = |task: &str| browser.ask(&format!("/api{task}/input"))["rows"].clone();
    assert_eq!(sent(&first), sent(&second));

    // The ledger keeps what a task cost that is gone.
    browser.click(".page__actions button", "Delete");
    browser.wait_for("dialog");
    inspect(&browser, "task-delete");
    browser.click("dialog button", "Cancel");
    browser.wait_until("!document.querySelector('dialog')");
    assert_eq!(count(&browser, "/api/tasks", "true"), 2);
    browser.click(".page__actions button", "Delete");
    browser.click("dialog button", "Delete");
    wait_for_path(&browser, "/tasks");
    browser.wait_for_text("The task is deleted.");
    wait_for_rows(&browser, 1, "1 row");
    let links = browser.eval("[...document.querySelectorAll('tbody a')].map((it) => it.pathname)");
    assert_eq!(links, json!([first]));
    assert_eq!(balance(&browser)["total"], 98);
    assert_eq!(count(&browser, "/api/transactions", "it.kind === 'charge'"), 2);
    browser.goto(&second);
    browser.wait_for_text("This task is not here");
    browser.expect_failures(404);
    inspect(&browser, "task-gone");
    browser.click("#main .blank a", "");
    wait_for_path(&browser, "/tasks");
    wait_for_rows(&browser, 1, "1 row");
}

#[test]
fn the_history_is_searched_by_hand() {
    let binary = Binary::new();
    let Some((_served, browser)) = browser_tour::stage(&binary) else { return };
    sign_in_as(&browser, "ada");
    predict(&browser, "simple", &json!([[1, 2]]));
    let all = count(&browser, "/api/tasks?limit=50", "true");
    browser.goto("/tasks");
    wait_for_rows(&browser, all, "");

    browser.choose("Status", "failed");
    wait_for_query(&browser, "?status=failed");
    wait_for_rows(&browser, 1, "0 of 24");
    browser.choose("Model", "Doubler");
    wait_for_query(&browser, "?status=failed&model=simple");
    browser.wait_for_text("Nothing fits");
    inspect(&browser, "history-none");
    browser.click("#main .blank button", "");
    wait_for_query(&browser, "");
    wait_for_rows(&browser, all, "");
    browser.choose("Model", "Doubler");
    wait_for_query(&browser, "?model=simple");
    wait_for_rows(&browser, 1, "Doubler");
    browser.click(".filters button", "Clear filters");

    // Both ends of a span are days of it; the clock of this browser is that of the server.
    let failed = browser.ask("/api/tasks?status=failed")["items"][0]["created_at"].clone();
    let day = &failed.as_str().unwrap()[..10];
    browser.fill_day("From", day);
    browser.fill_day("To", day);
    wait_for_query(&browser, &format!("?from={day}&to={day}"));
    let on_day = format!("it.created_at.startsWith('{day}')");
    let n = count(&browser, "/api/tasks?limit=50", &on_day);
    assert!((1..all).contains(&n), "{n} of {all}");
    wait_for_rows(&browser, n, "");
    browser.wait_for_text("0 of 24");
    browser.click(".filters button", "Clear filters");
    wait_for_rows(&browser, all, "");

    search(&browser, "simp");
    wait_for_query(&browser, "?text=simp");
    wait_for_rows(&browser, 1, "Doubler");
    search(&browser, "no such task");
    browser.wait_for_text("Nothing fits");
    // The address says all of it to whoever gets it, and to whoever comes back.
    browser.goto("/models");
    browser.eval("history.back()");
    browser.wait_for_text("Nothing fits");
    let typed = browser.eval("document.querySelector('#main input[type=search]').value");
    assert_eq!(typed, "no such task");
    browser.click("#main .blank button", "");
    wait_for_rows(&browser, all, "");
}

/// What the list is as a file. A file of the same name would be written over.
fn take_along(browser: &Browser) -> String {
    let folder = tempfile::tempdir().unwrap();
    download(browser, folder.path(), "Download CSV")
}

/// The lines of a file below its names, each with this word in it.
#[track_caller]
fn assert_lines(csv: &str, n: usize, word: &str) {
    let lines: Vec<_> = csv.lines().skip(1).collect();
    assert_eq!(lines.len(), n, "{csv}");
    assert!(lines.iter().all(|line| line.contains(word)), "{word} is not everywhere in\n{csv}");
}

#[test]
fn entries_are_searched_by_hand_and_taken_along() {
    let binary = Binary::new();
    let Some((_served, browser)) = browser_tour::stage(&binary) else { return };
    sign_in_as(&browser, "ada");
    browser.goto("/credits");
    browser.wait_for("#main td time");
    browser.choose("Kind", "Top-up");
    wait_for_query(&browser, "?kind=top_up");
    wait_for_rows(&browser, 4, "Top-up");
    assert_lines(&take_along(&browser), 4, "top_up");

    let last = browser.ask("/api/transactions?kind=top_up")["items"][0]["timestamp"].clone();
    let day = &last.as_str().unwrap()[..10];
    browser.fill_day("From", day);
    wait_for_query(&browser, &format!("?kind=top_up&from={day}"));
    wait_for_rows(&browser, 1, "2,500");
    assert_lines(&take_along(&browser), 1, "2500");
    search(&browser, "no such reason");
    browser.wait_for_text("Nothing fits");
    inspect(&browser, "credits-none");
    assert_lines(&take_along(&browser), 0, "");
    browser.click("#main .blank button", "");
    wait_for_query(&browser, "");
    search(&browser, "Welcome");
    wait_for_query(&browser, "?text=Welcome");
    wait_for_rows(&browser, 1, "Welcome to Cellar");

    // The staff finds everybody's.
    browser_tour::sign_in_anew(&browser, "admin");
    browser.goto("/admin/transactions");
    browser.wait_for("#main td time");
    browser.choose("Kind", "Adjustment");
    wait_for_query(&browser, "?kind=adjustment");
    wait_for_rows(&browser, 1, "Booked twice by mistake");
    let csv = take_along(&browser);
    assert_lines(&csv, 1, "Booked twice by mistake");
    browser.choose("Kind", "All kinds");
    search(&browser, "harvest");
    wait_for_query(&browser, "?text=harvest");
    wait_for_rows(&browser, 1, "For the harvest");
    search(&browser, "no such reason");
    browser.wait_for("#main .blank");
    inspect(&browser, "all-transactions-none");
}

/// The program that the screen shows, without the prompt before it.
fn program(browser: &Browser) -> String {
    let text = browser.eval(
        "(() => { const it = document.querySelector('#main .code code').cloneNode(true); \
         it.querySelectorAll('.code__prompt').forEach((mark) => mark.remove()); \
         return it.textContent.trim(); })()",
    );
    text.as_str().unwrap().to_owned()
}

/// What a program says on standard output; `None` where `tool` is not there.
fn run(tool: &[&str], arguments: &[&str], folder: &Path) -> Option<String> {
    let (name, probe) = tool.split_first().unwrap();
    let is_there = Command::new(name).args(probe).output().is_ok_and(|it| it.status.success());
    if !is_there {
        println!("not run: no {}", tool.join(" "));
        return None;
    }
    let (program, rest) = arguments.split_first().unwrap();
    let output = Command::new(program).args(rest).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_programs_of_a_model_do_what_they_say() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), wines(3, 0)).unwrap();
    let has_curl = ["curl", "--version"];
    sign_in(&browser);
    top_up(&browser, 100);
    browser.goto("/models/wine?tab=rest");
    browser.click("button", "Make a key");
    browser.wait_for_text("Copy it now");
    let key = browser.eval("document.body.innerText.match(/cel_[\\w-]+/)[0]");
    let key = key.as_str().unwrap();
    let choose = |tab: &str| {
        browser.click("#main label", tab);
        browser.wait_until(&format!(
            "document.querySelector('#main .code pre').ariaLabel === {}",
            json!(tab)
        ));
        inspect(&browser, &format!("rest-{}", tab.to_lowercase().replace(' ', "-")));
        let text = program(&browser);
        for part in [&served.url("/api/tasks"), key, "Bearer"] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        text
    };
    let mut spent = 0;
    let mut is_paid = |n: i64| {
        spent += n;
        assert_eq!(balance(&browser)["total"], 100 - spent);
    };

    let text = choose("curl");
    if let Some(said) = run(&has_curl, &["sh", "-c", &text], folder.path()) {
        let said: Value = serde_json::from_str(&said).unwrap();
        assert!(said["output_data"][0]["score"].as_f64() > Some(3.0), "{said}");
        assert_eq!(said["cost"], 1, "{said}");
        is_paid(1);
    }
    let text = choose("Python");
    let has_requests = ["python3", "-c", "import requests"];
    if let Some(said) = run(&has_requests, &["python3", "-c", &text], folder.path()) {
        assert!(said.trim().parse::<f64>().unwrap() > 3.0, "{said}");
        is_paid(1);
    }
    let text = choose("JavaScript");
    let said = browser
        .eval(&format!("(async () => {{ {text}; return [output_data[0].score, cost]; }})()"));
    assert!(said[0].as_f64() > Some(3.0) && said[1] == 1, "{said}");
    is_paid(1);
    let text = choose("A file");
    if let Some(said) = run(&has_curl, &["sh", "-c", &text], folder.path()) {
        assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["n_predicted"], 3, "{said}");
        is_paid(3);
    }
}

#[test]
fn the_first_steps_go_when_they_are_done() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    register(&served, "ada");
    sign_in_as(&browser, "ada");
    let wait_for_steps = |n_done: usize| {
        browser.wait_until(&format!(
            "!document.querySelector('[aria-labelledby=first-steps][aria-busy]') \
             && document.querySelectorAll('.steps__one').length === 3 \
             && document.querySelectorAll('.steps__one--done').length === {n_done}"
        ));
    };
    let next = |step: &str| browser.click("a.steps__title", step);
    wait_for_steps(0);
    next("Predict one wine");
    browser.click("button", "Predict · 1 credit");
    browser.wait_for_text("1 credit charged");
    browser.click(".nav a", "Home");
    wait_for_steps(1);
    next("Predict a whole file");
    drop_file(&browser, "harvest.csv", &table(2, 99));
    browser.click("button", "Predict 2 rows");
    browser.wait_for_text("All 2 rows were predicted.");
    browser.click(".nav a", "Home");
    wait_for_steps(2);
    inspect(&browser, "home-last-step");
    next("Make an API key");
    browser.click("button", "Make a key");
    browser.wait_for_text("Copy it now");
    browser.click(".nav a", "Home");
    browser.wait_for_text("harvest.csv");
    browser.wait_until("!document.getElementById('first-steps')");
    assert_eq!(browser.eval("localStorage.getItem('cellar.first_steps_hidden')"), "yes");
    // A browser that does not know it yet sees it by what is there.
    browser.eval("localStorage.removeItem('cellar.first_steps_hidden')");
    browser.goto("/");
    browser.wait_for_text("Last tasks");
    browser.wait_until("!document.getElementById('first-steps')");
}
