//! Stories of people who come to have something predicted, in a real browser.

use serde_json::json;

use crate::browser::{assert_accessible, inspect, sign_in, sign_out, stage};
use crate::browser_teams::call;
use crate::browser_tour::inspect_at_work;
use crate::support::binary::{Binary, PASSWORD};
use crate::support::browser::Browser;

/// The wines of the file, without their scores, as lines with commas.
fn wines() -> Vec<String> {
    let text = include_str!("../../data/winequality-red.csv");
    let line = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
    text.lines().skip(1).map(line).collect()
}

/// A table of so many wines, every `bad_each`th of which has an alcohol that nobody could read.
pub(crate) fn table(n_rows: usize, bad_each: usize) -> String {
    let wines = wines();
    let names = "Fixed_Acidity,volatile acidity,citric acid,residual sugar,chlorides,\
                 free sulfur dioxide,total sulfur dioxide,density,pH,sulphates,alcohol,bottle";
    let mut text = format!("{names}\n");
    for place in 0..n_rows {
        let wine = &wines[place % wines.len()];
        let (rest, alcohol) = wine.rsplit_once(',').unwrap();
        let is_bad = (place + 1) % bad_each == 0;
        let alcohol = if is_bad { "9.O" } else { alcohol };
        text.extend([rest, ",", alcohol, ",\"<b>", &place.to_string(), "</b>\"\n"]);
    }
    text
}

/// Drops a file on the page.
pub(crate) fn drop_file(browser: &Browser, name: &str, text: &str) {
    drop_content(browser, name, &json!(text).to_string());
}

/// The same with bytes that are no text in UTF-8.
pub(crate) fn drop_bytes(browser: &Browser, name: &str, bytes: &[u8]) {
    drop_content(browser, name, &format!("new Uint8Array({})", json!(bytes)));
}

fn drop_content(browser: &Browser, name: &str, content: &str) {
    browser.wait_for(".dropzone");
    browser.eval(&format!(
        "(() => {{ const data = new DataTransfer(); \
         data.items.add(new File([{}], {}, {{ type: 'application/vnd.ms-excel', \
         lastModified: 1 }})); \
         document.querySelector('.dropzone').dispatchEvent( \
         new DragEvent('drop', {{ dataTransfer: data, bubbles: true, cancelable: true }})); }})()",
        content,
        json!(name)
    ));
}

/// Adds credits to the account of whoever is signed in.
pub(crate) fn top_up(browser: &Browser, amount: u32) {
    let status = browser.eval(&format!(
        "fetch('/api/balance/top-ups', {{ method: 'POST', body: '{{\"amount\": {amount}}}', \
         headers: {{ 'Content-Type': 'application/json' }} }}).then(({{ status }}) => status)"
    ));
    assert_eq!(status, 201);
}

pub(crate) fn balance(browser: &Browser) -> serde_json::Value {
    browser.eval("fetch('/api/balance').then((answer) => answer.json())")
}

#[test]
fn whoever_signs_up_tops_up_and_asks_about_a_wine() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.goto("/models/wine");
    browser.wait_until("location.pathname === '/sign-in'");
    browser.expect_failure(401, "/api/me");
    browser.click("a", "Create an account");
    browser.wait_for("form input[type=email]");
    browser.click("form button[type=submit]", "Create account");
    browser.wait_for_text("Choose a username.");
    browser.wait_for_text("Enter your e-mail address.");
    inspect(&browser, "sign-up");

    // What was typed is not lost by a slip of the hand.
    browser.fill("Username", "ada");
    browser.click("a.brand", "Cellar");
    browser.wait_for_text("Leave without saving?");
    assert_accessible(&browser, "leaving a form");
    browser.click("dialog button", "Cancel");
    browser.wait_until("!document.querySelector('dialog')");
    assert_eq!(browser.eval("document.querySelector('input[name=username]').value"), "ada");
    browser.fill("E-mail", "ada@example.org");
    browser.fill("Name (if you like)", "Ada <i>Lovelace</i>");
    browser.fill("Password", "a cork in the bottle");
    browser.press("Enter");

    // Back to where they wanted to go, with the gift of the house.
    browser.wait_until("location.pathname === '/models/wine'");
    browser.wait_for_text("Welcome. Your account is ready.");
    browser.wait_for_text("Ada <i>Lovelace</i>");
    browser.wait_for_text("Predict · 1 credit");
    browser.click("button", "Past its best");
    browser.click("button", "Predict · 1 credit");
    browser.wait_for_text("1 credit charged");
    browser.wait_until("document.querySelector('.wallet__amount').innerText === '99'");
    inspect(&browser, "model-one");

    browser.click("a", "Home");
    browser.wait_for_text("First steps");
    browser.wait_for("svg.chart__picture");
    inspect(&browser, "home-first-steps");
    browser.click(".wallet button", "Top up");
    browser.wait_for_text("You will have 599 credits.");
    browser.click("dialog .chip", "1,000");
    browser.wait_for_text("You will have 1,099 credits.");
    inspect(&browser, "top-up");
    browser.click("dialog button", "Add 1,000 credits");
    browser.wait_for_text("1,000 credits added.");
    browser.wait_until("document.querySelector('.wallet__amount').innerText === '1,099'");
    assert_eq!(balance(&browser)["available"], 1_099);
}

#[test]
fn a_model_shows_what_it_is_and_how_to_call_it() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.click("a", "Models");
    browser.wait_for_text("11 measurements");
    inspect(&browser, "models");
    browser.click("a", "Red wine quality");
    browser.click("[role=tab]", "Model card");
    browser.wait_for_text("Columns and their ranges");
    inspect(&browser, "model-card");
    browser.click("[role=tab]", "Use by REST");
    browser.wait_for_text("From a program");
    browser.click("button", "Make a key");
    browser.wait_for_text("Copy it now");
    inspect(&browser, "model-rest");
    // The command does what it says.
    let key = browser.eval("document.body.innerText.match(/cel_[\\w-]+/)[0]");
    let answer = browser.eval(&format!(
        "fetch('/api/balance', {{ credentials: 'omit', \
         headers: {{ Authorization: 'Bearer ' + {key} }} }}) \
         .then(({{ status }}) => status)"
    ));
    assert_eq!(answer, 200);
    // Back goes through the sides, not out of the model.
    browser.eval("history.back()");
    browser.wait_for_text("Columns and their ranges");
}

#[test]
fn a_file_is_looked_at_predicted_mended_and_taken_along() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 9_000);
    browser.goto("/models/wine?tab=many");
    browser.wait_for(".dropzone");
    inspect(&browser, "many-empty");
    drop_file(&browser, "wrong.csv", "a,b\n1,2\n");
    browser.wait_for_text("11 columns are missing:");
    assert_accessible(&browser, "a file without the columns");
    browser.click("button", "Another file");

    // 37 of 10,000 rows are bad, and known to be before anything is spent.
    drop_file(&browser, "harvest.csv", &table(10_000, 270));
    browser.wait_for_text("9,963 credits for 9,963 rows");
    browser.wait_for_text("Your balance lacks 1,000 credits");
    inspect(&browser, "many-preview");
    top_up(&browser, 2_000);
    browser.wait_until("!document.body.innerText.includes('Your balance lacks')");
    browser.click("label", "37 bad rows");
    browser.wait_for_text("did you mean 9.0?");
    inspect(&browser, "many-preview-bad");
    browser.click("button", "Predict 9,963 rows");
    browser.wait_for_text("37 rows could not be read and cost nothing");
    browser.wait_for_text("<b>0</b>");
    inspect(&browser, "many-done");
    assert_eq!(balance(&browser), json!({"available": 1_037, "held": 0, "total": 1_037}));

    // Two of the rejected rows are mended and sent again.
    browser.click("label", "Rejected 37");
    browser.wait_for_text("did you mean 9.0?");
    browser.click(".mend button", "did you mean 9.0?");
    browser.eval("document.querySelectorAll('.mend__input')[1].select()");
    browser.type_text("10,5");
    browser.wait_for_text("Predict 2 mended rows · 2 credits");
    inspect(&browser, "many-mending");
    browser.click("button", "Predict 2 mended rows");
    browser.wait_for_text("2 mended rows are predicted.");
    assert_eq!(balance(&browser)["available"], 1_035);
    assert_accessible(&browser, "mended rows");

    let lines = "fetch(document.querySelector('a[download]').href).then((answer) => answer.text())\
                 .then((text) => text.trim().split('\\n'))";
    assert_eq!(browser.eval(&format!("{lines}.then((all) => all.length)")), 10_001);
    let bad = format!("{lines}.then((all) => all.filter((line) => line.includes('9.O')).length)");
    assert_eq!(browser.eval(&bad), 37);
}

#[test]
fn work_under_way_is_cancelled_and_costs_nothing() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 200_000);
    browser.goto("/models/wine?tab=many");
    drop_file(&browser, "large.csv", &table(200_000, 1_000_000));
    browser.click("button", "Predict 200,000 rows");
    browser.wait_for_text("200,000 credits are held meanwhile");
    browser.wait_for_text("rows/s");
    inspect_at_work(&served, &browser, "many-running");
    browser.click("#main button", "Cancel");
    browser.wait_for_text("It was cancelled before it was done. Nothing was charged.");
    assert_eq!(balance(&browser), json!({"available": 200_000, "held": 0, "total": 200_000}));
}

#[test]
fn where_nobody_may_sign_up_the_page_says_so() {
    let binary = Binary::new().with("CELLAR_SIGN_UP", "closed");
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.goto("/sign-up");
    browser.wait_for_text("No new accounts");
    inspect(&browser, "sign-up-closed");
    browser.goto("/sign-in");
    browser.wait_for_text("Ask the administrator of this server.");
    // An invitation to a workspace waits for whoever signs in first.
    browser.goto("/join#a-secret");
    browser.wait_for_text("You are invited");
    browser.wait_until("location.hash === ''");
    browser.wait_for_text("Ask the administrator of this server for one");
    inspect(&browser, "join");
}

#[test]
fn an_invitation_is_looked_at_before_anything_is_typed() {
    let binary = Binary::new().with("CELLAR_SIGN_UP", "invite");
    let Some((served, browser)) = stage(&binary) else { return };
    let made = call(&served, "admin", "/api/admin/invitations", &json!({"note": "for Ada"}));
    let link = format!("/sign-up#{}", made["secret"].as_str().unwrap());
    browser.goto(&link);
    browser.wait_for_text("You were invited to this server");
    inspect(&browser, "invited");
    browser.fill("Username", "ada lovelace");
    browser.fill("E-mail", "ada@example.org");
    browser.fill("Password", PASSWORD);
    browser.click("button", "Create account");
    browser.wait_for_text("with a letter or a digit at each end");
    browser.eval("document.querySelector('input[name=username]').select()");
    browser.type_text("ada");
    browser.click("button", "Create account");
    browser.wait_for_text("Last tasks");
    sign_out(&browser);
    browser.goto(&link);
    browser.wait_for_text("This invitation is not valid any more");
    inspect(&browser, "invitation-spent");
}

#[test]
fn anywhere_is_a_few_letters_away() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.click("button", "Go to");
    browser.wait_for("dialog[open] input");
    inspect(&browser, "palette");
    browser.type_text("mod");
    browser.press("Enter");
    browser.wait_until("location.pathname === '/models'");
    browser.wait_for_text("What can be asked on this server");
    // It knows the models too, in any language by their ids.
    browser.click("button", "Go to");
    browser.wait_for("dialog[open] input");
    browser.type_text("wine");
    browser.wait_until(
        "document.querySelector('dialog [role=option]').innerText.includes('Red wine quality')",
    );
    browser.press("Enter");
    browser.wait_until("location.pathname === '/models/wine'");
    // What is found can be typed as it stands there.
    browser.click("button", "Go to");
    browser.wait_for("dialog[open] input");
    browser.type_text("Language: Esp");
    browser.wait_until(
        "document.querySelector('dialog [role=option] [lang=es]')?.textContent === 'Español'",
    );
}
