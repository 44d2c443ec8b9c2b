//! Whole journeys through the app, from the door to the account.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use lz4_flex::frame::FrameDecoder;
use serde_json::{Value, json};

use crate::browser::{inspect, stage};
use crate::browser_models::{balance, drop_file, table};
use crate::browser_ways::wait_for_path;
use crate::cli::turn_into_pipe;
use crate::support::binary::{Binary, PASSWORD, Served, eventually};
use crate::support::browser::Browser;

/// Every 270th of 10,000 rows is bad, so 37 are.
const N_ROWS: usize = 10_000;
const BAD_EACH: usize = 270;

#[test]
fn from_signing_up_to_a_balance_that_adds_up() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    let held = HeldBack::begin(&served, &binary.data(), &table(N_ROWS, BAD_EACH));
    sign_up_and_top_up(&browser);
    ask_about_one_wine(&browser);
    let task = have_a_file_predicted(&browser, held);
    mend_what_was_rejected(&browser);
    let downloads = tempfile::tempdir().unwrap();
    take_the_answers_along(&browser, downloads.path());
    look_back(&browser, &task);
    add_up(&browser, downloads.path());
}

fn sign_up_and_top_up(browser: &Browser) {
    browser.goto("/");
    browser.click("a", "Create an account");
    browser.fill("Username", "ada");
    browser.fill("E-mail", "ada@example.org");
    browser.fill("Name (if you like)", "Ada Lovelace");
    browser.fill("Password", PASSWORD);
    browser.press("Enter");
    browser.wait_for_text("First steps");
    browser.click(".wallet button", "Top up");
    browser.wait_for("dialog");
    browser.eval("document.querySelector('input[name=amount]').select()");
    browser.type_text("12000");
    browser.wait_for_text("You will have 12,100 credits.");
    browser.click("dialog button", "Add 12,000 credits");
    browser.wait_for_text("12,000 credits added.");
}

fn ask_about_one_wine(browser: &Browser) {
    browser.click("a", "Models");
    // The home page names the model too, and goes in this moment.
    browser.wait_for_text("What can be asked on this server");
    browser.click("a", "Red wine quality");
    browser.click("button", "Prize winner");
    browser.click("button", "Predict · 1 credit");
    browser.wait_for_text("1 credit charged");
    browser.wait_for_text("most likely 8");
    assert_eq!(balance(browser)["available"], 12_099);
}

/// What the server is to read of a table, given to it piece by piece: a pipe stands in the place of
/// the content, for the same bytes are kept once.
struct HeldBack {
    path: PathBuf,
    content: Vec<u8>,
    n_given: usize,
    pipe: File,
}

impl HeldBack {
    /// The administrator has sent the same before, and thought better of it.
    fn begin(served: &Served, data: &Path, text: &str) -> Self {
        let cookie = served.sign_in();
        let call = |path: &str| served.request("POST", path).cookie(&cookie);
        let credits = json!({ "amount": N_ROWS });
        assert_eq!(call("/api/balance/top-ups").json(&credits).send().status, 201);
        let order = call("/api/tasks?model=wine").header("Prefer", "respond-async");
        let task = order.body("text/csv", text).send().json()["id"].clone();
        let cancel = call(&format!("/api/tasks/{}/cancel", task.as_str().unwrap())).send();
        assert_eq!(cancel.status, 200, "{cancel:?}");
        let shelves = fs::read_dir(data.join("blobs")).unwrap().map(|it| it.unwrap().path());
        let mut paths =
            shelves.flat_map(|it| fs::read_dir(it).unwrap()).map(|it| it.unwrap().path());
        let is_it = |path: &PathBuf| {
            let mut found = String::new();
            let content = FrameDecoder::new(File::open(path).unwrap()).read_to_string(&mut found);
            content.is_ok() && found == text
        };
        let path = paths.find(is_it).expect("what was sent is kept");
        let content = fs::read(&path).unwrap();
        turn_into_pipe(&path);
        // Whoever opens it from now on need not wait for the other end.
        let pipe = File::options().read(true).write(true).open(&path).unwrap();
        Self { path, content, n_given: 0, pipe }
    }

    /// Gives it on, up to so many percent.
    fn give(&mut self, percent: usize) {
        let end = self.content.len() * percent / 100;
        self.pipe.write_all(&self.content[self.n_given..end]).unwrap();
        self.n_given = end;
    }

    /// Gives all of it; whoever opens the content from now on finds a file.
    fn finish(mut self) {
        let beside = self.path.with_extension("whole");
        fs::write(&beside, &self.content).unwrap();
        fs::rename(&beside, &self.path).unwrap();
        self.give(100);
    }
}

/// The id of the task. Its rows are predicted in blocks of 4,096, the last of which is short.
fn have_a_file_predicted(browser: &Browser, mut held: HeldBack) -> String {
    browser.click("[role=tab]", "Many wines");
    drop_file(browser, "harvest.csv", &table(N_ROWS, BAD_EACH));
    browser.wait_for_text("9,963 credits for 9,963 rows");
    browser.click("button", "Predict 9,963 rows");
    let bar = "document.querySelector('.card:has(#under-way) [role=progressbar]')";
    browser.wait_until(&format!("{bar}.ariaLabel === 'Predicting'"));
    assert_eq!(browser.eval(&format!("{bar}.ariaValueNow")), "0");
    held.give(70);
    browser.wait_until(&format!("{bar}.ariaValueNow === '41'"));
    browser.wait_for_text("4,096 of 10,000 rows");
    // How quick it is, is told by two moments that are not too near to each other.
    browser.eval("new Promise((done) => setTimeout(() => done(true), 400))");
    assert_eq!(browser.eval(&format!("{bar}.ariaValueNow")), "41");
    held.give(95);
    browser.wait_until(&format!("{bar}.ariaValueNow === '82'"));
    browser.wait_for_text("rows/s");
    assert_eq!(balance(browser), json!({"available": 2_099, "held": 10_000, "total": 12_099}));
    held.finish();
    browser.wait_for_text("37 rows could not be read and cost nothing");
    browser.wait_for_text("rows per second");
    assert_eq!(balance(browser), json!({"available": 2_136, "held": 0, "total": 2_136}));
    let task = browser.eval("new URLSearchParams(location.search).get('task')");
    task.as_str().unwrap().to_owned()
}

fn mend_what_was_rejected(browser: &Browser) {
    browser.click("label", "Rejected 37");
    browser.wait_for(".mend");
    let rows = browser.eval(
        "[...document.querySelectorAll('.mend td:first-child')].map((it) => \
         Number(it.innerText.replace(/\\D/g, '')))",
    );
    let expected: Vec<_> = (BAD_EACH..=N_ROWS).step_by(BAD_EACH).collect();
    assert_eq!(expected.len(), 37);
    assert_eq!(rows, json!(expected));

    // A hand mends the first one in its field; for the others it takes what is offered.
    browser.eval("document.querySelector('.mend__input').select()");
    browser.type_text("10.5");
    browser.wait_for_text("right now");
    browser.eval("document.querySelectorAll('.mend button').forEach((it) => it.click())");
    browser.click("button", "Predict 37 mended rows · 37 credits");
    browser.wait_for_text("37 mended rows are predicted.");
    assert_eq!(balance(browser), json!({"available": 2_099, "held": 0, "total": 2_099}));
}

fn take_the_answers_along(browser: &Browser, folder: &Path) {
    let csv = download(browser, folder, "Download CSV");
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines.len(), N_ROWS + 1, "a line for every row, under the names");
    let n_bad = lines.iter().filter(|line| line.contains("9.O")).count();
    assert_eq!(n_bad, 37);
    assert!(lines[1].contains("<b>0</b>"), "what was sent beside the measurements is gone");
}

/// Clicks the link to a file, and reads what arrives.
pub(crate) fn download(browser: &Browser, folder: &Path, link: &str) -> String {
    let paths =
        || -> Vec<_> { fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect() };
    let before = paths();
    browser.download_to(folder);
    browser.click("a[download]", link);
    // The browser holds the name with an empty file until all of it has come.
    let arrived = eventually(|| {
        let is_new = |path: &PathBuf| {
            !before.contains(path) && path.extension().is_some_and(|it| it == "csv")
        };
        let path = paths().into_iter().find(is_new)?;
        fs::read_to_string(path).ok().filter(|text| text.ends_with('\n'))
    });
    arrived.expect("nothing was downloaded")
}

fn look_back(browser: &Browser, task: &str) {
    browser.click(".nav a", "History");
    browser.wait_for_text("harvest.csv, mended rows");
    let tasks =
        browser.eval("[...document.querySelectorAll('tbody tr')].map((it) => it.innerText)");
    let tasks: Vec<_> = tasks.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(tasks.len(), 3, "{tasks:?}");
    assert!(tasks[0].contains("37 credits"), "{tasks:?}");
    assert!(tasks[1].contains("harvest.csv") && tasks[1].contains("9,963 credits"), "{tasks:?}");
    assert!(tasks[2].contains("1 row") && tasks[2].contains("1 credit"), "{tasks:?}");
    browser.eval(&format!("document.querySelector('a[href=\"/tasks/{task}\"]').click()"));
    browser.wait_for_text("9,963 predicted. 37 rows could not be read and cost nothing.");
    // The way back leads through the same doors.
    browser.eval("history.back()");
    browser.wait_for_text("harvest.csv, mended rows");
}

/// Every balance is the one before it and the amount, and the last one is what there is.
fn add_up(browser: &Browser, folder: &Path) {
    browser.click(".nav a", "Credits");
    browser.wait_for_text("Welcome to Cellar");
    let entries = browser.eval(
        "[...document.querySelectorAll('[aria-labelledby=transactions] tbody tr')] \
         .map((it) => [2, 3].map((at) => Number(it.cells[at].innerText \
         .replace('−', '-').replace(/[^\\d-]/g, ''))))",
    );
    let figure = |entry: &Value, at: usize| entry[at].as_i64().unwrap();
    let mut sum = 0;
    for entry in entries.as_array().unwrap().iter().rev() {
        sum += figure(entry, 0);
        assert_eq!(sum, figure(entry, 1), "{entries}");
    }
    assert_eq!(sum, 2_099);
    browser.wait_until("document.querySelector('.wallet__amount').innerText === '2,099'");
    let csv = download(browser, folder, "Download CSV");
    let names: Vec<_> = csv.lines().next().unwrap().split(',').collect();
    let place = names.iter().position(|name| *name == "amount").unwrap();
    let amounts = csv.lines().skip(1).map(|line| line.split(',').nth(place).unwrap());
    assert_eq!(amounts.map(|amount| amount.parse::<i64>().unwrap()).sum::<i64>(), 2_099);
    inspect(browser, "credits-after-a-file");
}

fn sign_in_by_keyboard(browser: &Browser) {
    browser.goto("/");
    browser.wait_for_text("count on.");
    browser.tab_to("Sign in");
    browser.press("Enter");
    browser.wait_for("form input[type=password]");
    browser.tab_to("Username or e-mail");
    browser.type_text("admin");
    browser.tab_to("Password");
    browser.type_text(PASSWORD);
    browser.press("Enter");
    browser.wait_for_text("Last tasks");
}

fn top_up_by_keyboard(browser: &Browser) {
    browser.tab_to("Top up");
    browser.press("Enter");
    browser.wait_for("dialog[open]");
    browser.tab_to("1,000 credits");
    browser.press("Space");
    browser.tab_to("Add 1,000 credits");
    browser.press("Enter");
    browser.wait_for_text("1,000 credits added.");
    browser.wait_until("!document.querySelector('dialog')");
}

#[test]
fn a_prediction_and_the_way_back_to_it_go_by_keyboard_alone() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in_by_keyboard(&browser);
    top_up_by_keyboard(&browser);
    browser.tab_to("Models");
    browser.press("Enter");
    browser.wait_for_text("11 measurements");
    browser.tab_to("Red wine quality");
    browser.press("Enter");
    browser.wait_for_text("Predict · 1 credit");
    browser.tab_to("Past its best");
    browser.press("Space");
    browser.tab_to("Predict · 1 credit");
    browser.press("Enter");
    browser.wait_for_text("1 credit charged");
    // The sides of the model are gone through with the arrows.
    browser.tab_to("One wine");
    browser.press("ArrowRight");
    browser.wait_for_text("Drop a file with rows here");
    browser.tab_to("History");
    browser.press("Enter");
    browser.wait_for_text("Every task you have sent");
    browser.wait_for_text("1 credit");
    browser.tab_to("1 row");
    browser.press("Enter");
    browser.wait_for_text("The row was predicted.");
}

#[test]
fn rows_are_typed_predicted_and_mended_by_keyboard_alone() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in_by_keyboard(&browser);
    top_up_by_keyboard(&browser);
    browser.press_k_with("Control");
    browser.wait_for("dialog[open] input[role=combobox]");
    browser.type_text("wine");
    browser.wait_until(
        "document.querySelector('dialog [aria-selected=true]').innerText.includes('Red wine')",
    );
    browser.press("Enter");
    wait_for_path(&browser, "/models/wine");
    browser.wait_for_text("Predict · 1 credit");
    browser.tab_to("One wine");
    browser.press("ArrowRight");
    browser.tab_to("Paste or type");
    browser.press("Enter");
    // Whoever asks for the field is in it.
    browser.wait_until("document.activeElement.matches('textarea')");
    let good = "7.4,0.7,0,1.9,0.076,11,34,0.9978,3.51,0.56,9.4";
    browser.type_text(good);
    browser.press("Enter");
    browser.type_text(&good.replace("9.4", "9.O"));
    browser.tab_to("Look at the rows");
    browser.press("Enter");
    browser.wait_for_text("1 credit for 1 row");
    inspect(&browser, "many-by-keyboard");
    browser.tab_to("Predict 1 row");
    browser.press("Enter");
    browser.wait_for_text("1 row could not be read and cost nothing");
    assert_eq!(balance(&browser)["total"], 999);
    // One of a few is chosen with the arrows.
    browser.tab_to("All 2");
    browser.press("ArrowRight");
    browser.press("ArrowRight");
    browser.wait_for(".mend__input");
    browser.tab_to("Row 2, Alcohol");
    browser.type_text("10.5");
    browser.wait_for_text("right now");
    browser.tab_to("Predict 1 mended row · 1 credit");
    browser.press("Enter");
    browser.wait_for_text("1 mended row is predicted.");
    assert_eq!(balance(&browser)["total"], 998);
    browser.tab_to("Show them");
    browser.press("Enter");
    browser.wait_for_text("The row was predicted.");
}

#[test]
fn everything_up_to_a_check_goes_by_keyboard_alone() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in_by_keyboard(&browser);
    browser.tab_to("System");
    browser.press("Enter");
    browser.wait_for_text("The data has not been checked yet.");
    browser.tab_to("Check the data");
    browser.press("Enter");
    browser.wait_for_text("Every promise holds.");
}
