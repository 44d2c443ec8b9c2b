//! Stories of rows that were rejected, and of figures as different languages write them.

use serde_json::{Value, json};

use crate::browser::{inspect, sign_in, stage};
use crate::browser_models::{balance, drop_bytes, drop_file, table, top_up};
use crate::support::binary::Binary;
use crate::support::browser::Browser;

/// Has rows predicted as a program would; the address of the task's page.
pub(crate) fn predict(browser: &Browser, model: &str, rows: &Value) -> String {
    let id = browser.eval(&format!(
        "fetch('/api/tasks', {{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }}, \
         body: JSON.stringify({}) }}).then((answer) => answer.json()).then(({{ id }}) => id)",
        json!({"model": model, "data": rows})
    ));
    format!("/tasks/{}", id.as_str().unwrap())
}

/// From here on until the page is left, what is sent is done and its answer lost.
fn lose_answers(browser: &Browser) {
    browser.eval(
        "window.ask = fetch; window.fetch = async (path, options) => { \
         const answer = await ask(path, options); \
         if (options?.method === 'POST') throw new TypeError('lost'); return answer; }; true",
    );
}

#[test]
fn what_a_program_sent_is_mended_on_the_page_of_its_task() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 100);
    let before = balance(&browser)["available"].as_i64().unwrap();
    let good = json!([7.4, 0.7, 0, 1.9, 0.9, 11, 34, 0.9978, 3.51, 0.56, 9.4]);
    let bad = json!([7.4, "0.7x", 0, 1.9, 0.076, 11, 34, 0.9978, 3.51, 0.56, 9.4]);
    let task = predict(&browser, "wine", &json!([good, bad]));
    browser.goto(&task);
    // What is wrong and what is unusual stand beside the predictions.
    browser.wait_for_text("Volatile acidity: is not a number");
    browser.wait_for_text(
        "Chlorides: 0.9\u{a0}g/dm³ is beyond what the model has seen (0.012 to 0.611\u{a0}g/dm³)",
    );
    inspect(&browser, "task-rows");
    browser.click("label", "Rejected 1");
    browser.click(".mend button", "did you mean 0.7?");
    lose_answers(&browser);
    browser.click("button", "Predict 1 mended row · 1 credit");
    browser.wait_for_text("The server does not answer.");
    // It was done all the same: whoever mends the row again pays nothing more.
    browser.click(".nav a", "Credits");
    browser.click("dialog button", "Leave");
    browser.wait_for_text("What you can spend");
    browser.goto(&task);
    browser.click("label", "Rejected 1");
    browser.click(".mend button", "did you mean 0.7?");
    browser.click("button", "Predict 1 mended row · 1 credit");
    browser.wait_for_text("1 mended row is predicted.");
    inspect(&browser, "task-mended");
    // The task stays what it was; the mended row is a task of its own.
    assert_eq!(balance(&browser)["available"], before - 2);
    browser.click("a", "Show them");
    browser.wait_for_text("The row was predicted.");
    // Nobody is invited to pay for it once more, however they come back.
    browser.goto(&task);
    browser.click("label", "Rejected 1");
    browser.wait_for_text("sent again");

    // A model of any numbers takes the mended row as long as it was.
    let task = predict(&browser, "simple", &json!([[1, "x", 3], [4.5]]));
    browser.goto(&task);
    browser.click("label", "Rejected 1");
    browser.wait_for(".mend__input");
    browser.eval("document.querySelector('.mend__input').select()");
    browser.type_text("2.5");
    browser.click("button", "Predict 1 mended row · 1 credit");
    browser.click("a", "Show them");
    browser.wait_for_text("2 5 6");
}

#[test]
fn a_file_chosen_again_after_a_lost_answer_is_paid_once() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 100);
    let before = balance(&browser)["available"].as_i64().unwrap();
    browser.goto("/models/wine?tab=many");
    drop_file(&browser, "harvest.csv", &table(20, 1_000));
    browser.wait_for_text("Predict 20 rows");
    lose_answers(&browser);
    browser.click("button", "Predict 20 rows");
    browser.wait_for_text("The server does not answer.");
    browser.eval("window.fetch = ask; true");
    browser.click("button", "Another file");
    drop_file(&browser, "harvest.csv", &table(20, 1_000));
    browser.click("button", "Predict 20 rows");
    browser.wait_for_text("All 20 rows were predicted.");
    assert_eq!(balance(&browser)["available"], before - 20);
}

#[test]
fn what_is_wrong_with_a_file_as_a_whole_is_said_before_it_is_sent() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 100);
    let good = table(3, 1_000);
    browser.goto("/models/wine?tab=many");
    // What follows the quote would be one cell without an end, and the server refuses it.
    drop_file(&browser, "open.csv", &format!("{good}7.4,\"0.7,0,1.9\n7.8,0.9,0,2.6\n"));
    browser.wait_for_text("A quote opens on line 5 and never closes");
    inspect(&browser, "file-open-quote");
    assert_eq!(browser.eval("document.querySelectorAll('.order').length"), 0);
    browser.click("button", "Another file");
    // A row with a cell too many has no cell that is wrong, so its line is marked.
    drop_file(&browser, "long.csv", &(good.clone() + "1,2,3,4,5,6,7,8,9,10,11,12,13\n"));
    browser.wait_for_text("Predict 3 rows");
    let marked = browser.eval(
        "[...document.querySelectorAll('.cell-bad')].map(({ textContent, title }) => \
         [textContent, title])",
    );
    assert_eq!(marked, json!([["Line 5", "The whole row has too many cells"]]));
    inspect(&browser, "file-long-row");
    browser.click("button", "Another file");
    // A file of an older program is shown in the letters that it was written in.
    let mut lines = good.lines();
    let (head, row) = (lines.next().unwrap(), lines.next().unwrap());
    let older = [head.as_bytes(), b",cuv\xe9e\n", row.as_bytes(), b",\xe9t\xe9\n"].concat();
    drop_bytes(&browser, "older.csv", &older);
    browser.wait_for_text("cuvée");
    browser.wait_for_text("été");
}

#[test]
fn what_is_right_as_it_is_read_here_is_sent_without_an_edit() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 100);
    // A decimal comma is no number to the server, and one to whoever reads the page.
    let task = predict(&browser, "simple", &json!([[1, 2], ["4,5", 3]]));
    browser.goto(&task);
    browser.click("label", "Rejected 1");
    browser.wait_for_text("right now");
    browser.click("button", "Predict 1 mended row · 1 credit");
    browser.click("a", "Show them");
    browser.wait_for_text("9 6");
}

#[test]
fn figures_are_typed_and_shown_as_the_language_writes_them() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 100);
    let value =
        |name: &str| browser.eval(&format!("document.querySelector('[name={name}]').value"));
    let acid = "document.querySelector('[name=\"fixed acidity\"]')";
    let asked = |browser: &Browser| {
        browser.wait_for("#main .answer__figure");
        browser.eval(
            "fetch('/api/tasks?limit=1').then((answer) => answer.json()).then(({ items }) => \
             fetch(`/api/tasks/${items[0].id}/input`)).then((answer) => answer.json()) \
             .then(({ rows }) => rows[0])",
        )
    };
    for language in ["ru", "es"] {
        browser.speak(language);
        browser.goto("/models/wine");
        browser.wait_for("[name=density]");
        assert_eq!(value("density"), "0,9978");
        // Both signs are understood, by hand and on the slider; what is sent is the exact number.
        for typed in ["7,35", "7.35"] {
            browser.eval(&format!("{acid}.select()"));
            browser.type_text(typed);
            browser.wait_until(&format!("{acid}.getAttribute('aria-invalid') === null"));
        }
        browser.eval("document.querySelector('[name=alcohol]').closest('.slider').querySelector('[type=range]').focus()");
        browser.press("ArrowRight");
        assert!(value("alcohol").as_str().unwrap().contains(','), "{}", value("alcohol"));
        browser.eval("document.querySelector('#main form').requestSubmit()");
        let row = asked(&browser);
        assert_eq!((&row[0], &row[7]), (&json!(7.35), &json!(0.9978)), "{row}");
        inspect(&browser, &format!("model-comma-{language}"));
    }
    // Rows that are mended are no different.
    let bad = json!([7.4, "0.7x", 0, 1.9, 0.076, 11, 34, 0.9978, 3.51, 0.56, 9.4]);
    let good = json!([7.4, 0.7, 0, 1.9, 0.9, 11, 34, 0.9978, 3.51, 0.56, 9.4]);
    browser.goto(&predict(&browser, "wine", &json!([good, bad])));
    browser.wait_for_text("0,9978");
    browser.click("label", "Rechazadas 1");
    browser.click(".mend button", "0,7");
    assert_eq!(browser.eval("document.querySelector('.mend__input').value"), "0,7");
    browser.click("button", "Predecir 1 fila corregida");
    browser.wait_for_text("1 fila corregida se ha predicho.");
}

/// Puts lines into the field for rows, as the clipboard would.
fn paste(browser: &Browser, text: &str) {
    browser.eval(&format!(
        "(() => {{ const area = document.querySelector('textarea'); area.value = {}; \
         area.dispatchEvent(new Event('input', {{ bubbles: true }})); return true; }})()",
        json!(text)
    ));
}

#[test]
fn pasted_rows_are_as_they_were_when_somebody_comes_back_to_mend_them() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 100);
    browser.goto("/models/wine");
    browser.click("[role=tab]", "Many wines");
    browser.click("button", "Paste or type");
    let pasted = "pH,alcohol\n3.51,9.4";
    browser.wait_for("textarea");
    paste(&browser, pasted);
    browser.click("button", "Look at the rows");
    browser.wait_for_text("9 columns are missing");
    inspect(&browser, "many-pasted");
    browser.click("button", "Another file");
    browser.wait_until("document.querySelector('textarea')");
    assert_eq!(browser.eval("document.querySelector('textarea').value"), pasted);
    // What was sent is done with.
    paste(&browser, &table(2, 99));
    browser.click("button", "Look at the rows");
    browser.click("button", "Predict 2 rows");
    browser.wait_for_text("All 2 rows were predicted.");
    browser.click("button", "Next file");
    browser.click("button", "Paste or type");
    assert_eq!(browser.eval("document.querySelector('textarea').value"), "");
}
