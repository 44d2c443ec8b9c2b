//! A tour of every screen in a folder where people have worked for a month: pictures to look at,
//! and whatever can be judged without eyes, in every language.

use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::browser::{DESK, PHONE, cut_text, inspect, keep, sign_in_as, sign_out};
use crate::browser_models::top_up;
use crate::browser_teams::call;
use crate::support::binary::{Binary, Served};
use crate::support::browser::{Browser, Window, find_program, write};
use crate::support::month::{wines, work_for_a_month};

/// What takes bytes before the first screen is there, at most.
const BYTES_MAX: i64 = 150_000;

/// A server of that folder, and a browser that remembers Ada's files.
pub(crate) fn stage(binary: &Binary) -> Option<(Served, Browser)> {
    find_program()?;
    let names = work_for_a_month(&binary.data());
    let served = binary.serve(&[]);
    let browser = Browser::open(&served.url(""))?;
    browser.goto("/sign-in");
    browser.remember("file_names", &names.to_string());
    Some((served, browser))
}

/// The first thing of a list that has this text, by its address.
pub(crate) fn find(browser: &Browser, list: &str, text: &str) -> String {
    let found = browser.eval(&format!(
        "fetch('{list}').then((answer) => answer.json()).then(({{ items }}) => \
         items.find((it) => JSON.stringify(it).includes('{text}')).id)"
    ));
    found.as_str().unwrap().to_owned()
}

/// The screens of a user: where they are, what shows that they are there, what they are called.
pub(crate) fn screens_of_a_user(browser: &Browser) -> Vec<(String, &'static str, &'static str)> {
    let task = |text: &str| format!("/tasks/{}", find(browser, "/api/tasks?limit=50", text));
    let shared = find(browser, "/api/workspaces", "tasting-panel");
    vec![
        ("/".into(), "td", "full-home"),
        ("/models".into(), ".tile", "full-models"),
        ("/models/wine".into(), ".slider__range", "full-model"),
        ("/models/wine?tab=many".into(), ".dropzone", "full-many"),
        ("/models/wine?tab=rest".into(), ".code", "full-rest"),
        ("/models/wine?tab=card".into(), ".grid-table", "full-card"),
        ("/models/simple".into(), "input[name=numbers]", "full-simple"),
        ("/tasks".into(), "td time", "full-history"),
        ("/tasks?status=failed".into(), "td time", "full-history-failed"),
        (task("\"n_rejected\":37"), ".stat__more", "full-task"),
        (task("\"n_rejected\":24"), ".stat__more", "full-task-failed"),
        (task("cancelled"), ".stat__more", "full-task-cancelled"),
        (task("\"n_rows\":1,"), ".stat__more", "full-task-one"),
        ("/credits".into(), "td time", "full-credits"),
        ("/workspaces".into(), "td time", "full-workspaces"),
        (format!("/workspaces/{shared}"), "td time", "full-workspace"),
        ("/account".into(), "input[name=full_name]", "full-account"),
        ("/account/keys".into(), "td", "full-keys"),
        ("/account/sessions".into(), "td time", "full-sessions"),
        ("/account/password".into(), "input[type=password]", "full-password"),
    ]
}

pub(crate) fn screens_of_staff(browser: &Browser) -> Vec<(String, &'static str, &'static str)> {
    let user = |name: &str| find(browser, "/api/admin/users?limit=50", name);
    vec![
        ("/admin".into(), ".chart__picture", "full-overview"),
        ("/admin/users".into(), "td time", "full-users"),
        (format!("/admin/users/{}", user("ada")), "td time", "full-user"),
        (format!("/admin/users/{}", user("maria")), "td time", "full-user-disabled"),
        ("/admin/transactions".into(), "td time", "full-all-transactions"),
        ("/admin/tasks".into(), "td time", "full-all-tasks"),
        ("/admin/invitations".into(), "td time", "full-invitations"),
        ("/admin/audit".into(), "td time", "full-audit"),
        ("/system".into(), ".facts", "full-system"),
    ]
}

pub(crate) fn visit(browser: &Browser, path: &str, sign: &str) {
    browser.goto(path);
    browser.wait_for(&format!("#main {sign}"));
    // What stands in the page before the app does has a heading too.
    browser.wait_until("!document.querySelector('.skeleton, #shell')");
}

#[test]
fn every_screen_is_whole_from_every_side() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    sign_in_as(&browser, "ada");
    for (path, sign, name) in screens_of_a_user(&browser) {
        visit(&browser, &path, sign);
        inspect(&browser, name);
    }
    work_goes_on(&served, &browser);
    sign_in_anew(&browser, "admin");
    for (path, sign, name) in screens_of_staff(&browser) {
        visit(&browser, &path, sign);
        inspect(&browser, name);
    }
}

/// While something is predicted the home page and the task itself show how far it is. There is so
/// much of it that it lasts until it is cancelled, however fast the machine is.
fn work_goes_on(served: &Served, browser: &Browser) {
    top_up(browser, 200_000);
    let thousand = wines(1_000, 0);
    let (names, rows) = thousand.split_once('\n').unwrap();
    let order = format!(
        "fetch('/api/tasks?model=wine', {{ method: 'POST', \
         body: new Blob([{}, {}.repeat(200)]), \
         headers: {{ 'Content-Type': 'text/csv', Prefer: 'respond-async' }} }}) \
         .then((answer) => answer.json()).then(({{ id }}) => id)",
        Value::from(format!("{names}\n")),
        Value::from(rows)
    );
    let task = browser.eval(&order);
    browser.goto("/");
    inspect_at_work(served, browser, "full-home-running");
    browser.goto(&format!("/tasks/{}", task.as_str().unwrap()));
    browser.wait_for_text("rows per second");
    inspect_at_work(served, browser, "full-task-running");
    browser.click("#main button", "Cancel");
    browser.wait_for_text("It was cancelled before it was done. Nothing was charged.");
}

/// Looks at a screen that shows work of which something is done, and something is not. The work
/// stands still meanwhile, and so does what the page says of it.
pub(crate) fn inspect_at_work(served: &Served, browser: &Browser, name: &str) {
    browser.wait_until(
        "[...document.querySelectorAll('#main [role=progressbar]')] \
         .some(({ ariaValueNow }) => ariaValueNow > 0 && ariaValueNow < 100)",
    );
    browser.put_away(true);
    served.signal(Signal::STOP);
    inspect(browser, name);
    served.signal(Signal::CONT);
    browser.put_away(false);
}

pub(crate) fn sign_in_anew(browser: &Browser, username: &str) {
    browser.goto("/");
    sign_out(browser);
    sign_in_as(browser, username);
}

/// The narrowest phone, and a wide screen.
const SMALL: Window = Window { width: 360, height: 640, is_dark: false };
const WIDE: Window = Window { width: 1920, height: 1080, is_dark: false };

const LANGUAGES: [&str; 3] = ["en", "ru", "es"];

/// What is cut on a screen, in windows of every width. In English the usual ones are inspected
/// elsewhere.
fn cut_on(browser: &Browser, language: &str, name: &str) -> Vec<String> {
    let mut cut = Vec::new();
    for (window, size) in [(WIDE, "wide"), (DESK, "desk"), (PHONE, "phone"), (SMALL, "small")] {
        let is_usual = [DESK, PHONE].contains(&window);
        if is_usual && language == "en" {
            continue;
        }
        browser.look(window);
        browser.settle();
        let found = cut_text(browser);
        cut.extend(found.iter().map(|what| format!("{language} {name} {size}: {what}")));
        if is_usual {
            keep(browser, &format!("{name}-{language}"), window);
        }
    }
    browser.look(DESK);
    cut
}

/// What is cut on any of these screens, in any language.
fn cut_in_any_language(browser: &Browser, screens: &[(String, &str, &str)]) -> Vec<String> {
    let mut cut = Vec::new();
    for language in LANGUAGES {
        browser.speak(language);
        for (path, sign, name) in screens {
            visit(browser, path, sign);
            cut.extend(cut_on(browser, language, name));
        }
    }
    browser.speak("en");
    cut
}

#[test]
fn no_text_is_cut_in_any_language() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    let doors = [
        ("/", "h1", "front"),
        ("/sign-in", "h1", "sign-in"),
        ("/sign-up", "h1", "sign-up"),
        ("/join#a-secret", "h1", "join"),
        ("/no/such/place", "h1", "not-found"),
    ];
    let doors = doors.map(|(path, sign, name)| (path.to_owned(), sign, name));
    let mut cut = cut_in_any_language(&browser, &doors);
    sign_in_as(&browser, "ada");
    cut.extend(cut_in_any_language(&browser, &screens_of_a_user(&browser)));
    sign_in_anew(&browser, "admin");
    cut.extend(cut_in_any_language(&browser, &screens_of_staff(&browser)));
    assert!(cut.is_empty(), "{cut:#?}");
}

#[test]
fn nothing_is_cut_where_people_come_by_invitation() {
    let binary = Binary::new().with("CELLAR_SIGN_UP", "invite");
    let Some((served, browser)) = crate::browser::stage(&binary) else { return };
    let made = call(&served, "admin", "/api/admin/invitations", &json!({"note": "for Ada"}));
    let doors = [
        ("/sign-up".into(), "h1", "sign-up-invite"),
        // Between two addresses that differ by what follows the # no page is loaded.
        ("/sign-in".into(), "form", "sign-in-invite"),
        (format!("/sign-up#{}", made["secret"].as_str().unwrap()), "form", "invited"),
    ];
    browser.goto("/");
    let cut = cut_in_any_language(&browser, &doors);
    assert!(cut.is_empty(), "{cut:#?}");
}

#[test]
fn the_start_is_light_on_the_wire() {
    let binary = Binary::new();
    let Some((_served, browser)) = crate::browser::stage(&binary) else { return };
    browser.goto("/");
    assert_light(&browser, ".answer__figure");
    browser.speak("en");
    sign_in_as(&browser, "admin");
    assert_light(&browser, "#last-tasks");
}

/// The first screen, which shows this, is light in every language for whoever comes for the first
/// time.
#[track_caller]
fn assert_light(browser: &Browser, sign: &str) {
    for language in LANGUAGES {
        browser.speak(language);
        browser.forget_cache();
        browser.take_bytes();
        browser.goto("/");
        browser.wait_for(sign);
        browser.wait_until("!document.querySelector('.skeleton')");
        browser.settle();
        let bytes = browser.take_bytes();
        println!("{language} {sign}: {bytes} bytes");
        assert!(bytes > 50_000 && bytes < BYTES_MAX, "{language} {sign}: {bytes} bytes");
    }
}

#[test]
fn the_picture_of_the_readme_can_be_renewed() {
    if std::env::var_os("CELLAR_README_PICTURE").is_none_or(|it| it != "1") {
        println!("skipped: CELLAR_README_PICTURE is not 1");
        return;
    }
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in_as(&browser, "ada");
    browser.goto("/models/wine");
    browser.click("button", "Prize winner");
    browser.wait_for_text("Predict · 1 credit");
    browser.eval("document.querySelector('input[name=chlorides]').select()");
    browser.type_text("0.63");
    browser.click("button", "Predict · 1 credit");
    browser.wait_for_text("1 credit charged");
    browser.eval("document.activeElement.blur()");
    let png = browser.picture(Window { width: 1280, height: 860, is_dark: false });
    assert!(png.len() <= 200 * 1024, "the picture has {} bytes", png.len());
    write(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".readme/app.png"), &png);
}
