//! Stories of how the app behaves: how it looks and speaks, what the keyboard opens, what it says
//! of a server that fails, and that nothing moves under a reader's eyes.

use serde_json::{Value, json};

use crate::browser::{DESK, PHONE, inspect, sign_in, sign_in_as, stage};
use crate::browser_models::top_up;
use crate::browser_rows::predict;
use crate::browser_tour::{self, screens_of_a_user, screens_of_staff, sign_in_anew, visit};
use crate::browser_ways::wait_for_path;
use crate::support::binary::Binary;
use crate::support::browser::{Browser, Window};

/// How the page says that it looks, and how it does.
fn theme(browser: &Browser) -> Value {
    browser.eval(
        "[document.documentElement.dataset.theme ?? null, \
         getComputedStyle(document.documentElement).colorScheme, \
         getComputedStyle(document.body).backgroundColor]",
    )
}

fn wait_for_language(browser: &Browser, language: &str, words: &str) {
    browser.wait_until(&format!("document.documentElement.lang === {}", json!(language)));
    browser.wait_for_text(words);
}

#[test]
fn a_theme_and_a_language_are_chosen_and_stay() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.goto("/");
    browser.wait_for_text("count on.");
    let light = theme(&browser);
    browser.click("button", "Theme and language");
    inspect(&browser, "settings");
    browser.click(".menu__sheet label", "Dark");
    browser.wait_until("document.documentElement.dataset.theme === 'dark'");
    let dark = theme(&browser);
    assert_eq!((&dark[0], &dark[1]), (&json!("dark"), &json!("dark")), "{dark}");
    assert_ne!(dark[2], light[2]);
    browser.goto("/sign-in");
    browser.wait_for("form input[type=password]");
    assert_eq!(theme(&browser), dark);

    // Signed in, and out again, it is the same reader.
    sign_in(&browser);
    assert_eq!(theme(&browser), dark);
    browser.click("button.person", "");
    inspect(&browser, "settings-signed-in");
    browser.click(".menu__sheet label", "Русский");
    wait_for_language(&browser, "ru", "Кредиты");
    browser.click(".menu__sheet label", "Светлое");
    browser.wait_until("document.documentElement.dataset.theme === 'light'");
    browser.goto("/credits");
    wait_for_language(&browser, "ru", "Пополнить");
    assert_eq!(theme(&browser)[0], "light");
    browser.click("button.person", "");
    browser.click(".menu__sheet label", "Español");
    wait_for_language(&browser, "es", "Movimientos");
    browser.click(".menu__sheet button", "Salir");
    browser.wait_until("document.body.dataset.frame === 'top'");
    browser.goto("/");
    browser.wait_for("h1");
    assert_eq!(browser.eval("document.documentElement.lang"), "es");
    assert_eq!(theme(&browser)[0], "light");

    // Whoever leaves it to the system has what the system has.
    browser.click("button", "Tema e idioma");
    browser.click(".menu__sheet label", "Sistema");
    browser.wait_until("document.documentElement.dataset.theme === undefined");
    browser.goto("/");
    browser.look(Window { is_dark: true, ..DESK });
    assert_eq!(theme(&browser)[2], dark[2]);
    browser.look(DESK);
    assert_eq!(theme(&browser)[2], light[2]);
}

#[test]
fn a_visitor_is_spoken_to_in_the_language_of_their_browser() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    for (preferred, language, words) in [
        ("ru-RU,ru", "ru", "Войти"),
        ("es-MX,es,en", "es", "Entrar"),
        // Of languages that the app does not speak it takes the first that it does, or its own.
        ("fr-FR,fr,es", "es", "Entrar"),
        ("fr-FR,fr", "en", "Sign in"),
    ] {
        browser.prefer(preferred);
        browser.goto("/sign-in");
        wait_for_language(&browser, language, words);
    }
    assert_eq!(browser.eval("localStorage.getItem('cellar.language')"), json!(null));
    // What was chosen here counts more.
    browser.speak("ru");
    browser.goto("/sign-in");
    wait_for_language(&browser, "ru", "Войти");
}

#[test]
fn the_palette_opens_from_the_keyboard_and_gives_the_focus_back() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    let is_typing = "document.activeElement.matches('dialog[open] input[role=combobox]')";
    let is_closed = "!document.querySelector('dialog')";
    // Whoever is not signed in finds the doors by it.
    browser.goto("/sign-in");
    browser.wait_for("form input[type=password]");
    browser.press_k_with("Control");
    browser.wait_until(is_typing);
    inspect(&browser, "palette-visitor");
    browser.type_text("create an");
    browser.wait_until("document.querySelectorAll('dialog [role=option]').length === 1");
    browser.press("Enter");
    wait_for_path(&browser, "/sign-up");
    browser.wait_until(is_closed);

    sign_in(&browser);
    for held in ["Control", "Meta"] {
        browser.tab_to("Top up");
        browser.press_k_with(held);
        browser.wait_until(is_typing);
        inspect(&browser, "palette-by-keys");
        browser.press("Escape");
        browser.wait_until(is_closed);
        assert_eq!(browser.eval("document.activeElement.innerText"), "Top up");
        // The same keys put it away too.
        browser.press_k_with(held);
        browser.wait_until(is_typing);
        browser.press_k_with(held);
        browser.wait_until(is_closed);
        assert_eq!(browser.eval("document.activeElement.innerText"), "Top up");
    }
    // A hand may be quicker than a new screen is drawn; what it called for there stays.
    browser.eval(
        "(async () => { document.querySelector('a[href=\"/models\"]').click(); await null; \
         const held = { key: 'k', ctrlKey: true, bubbles: true, cancelable: true }; \
         dispatchEvent(new KeyboardEvent('keydown', held)); })()",
    );
    wait_for_path(&browser, "/models");
    browser.settle();
    browser.wait_until(is_typing);
    browser.press("Escape");
    browser.wait_until(is_closed);
    for (held, typed, path) in [("Control", "hist", "/tasks"), ("Meta", "cred", "/credits")] {
        browser.press_k_with(held);
        browser.wait_until(is_typing);
        browser.type_text(typed);
        browser.wait_until("document.querySelectorAll('dialog [aria-selected=true]').length === 1");
        browser.press("Enter");
        wait_for_path(&browser, path);
        browser.wait_until(is_closed);
    }
    // The arrows choose among what is found.
    browser.press_k_with("Control");
    browser.wait_until(is_typing);
    browser.type_text("account");
    let chosen = "document.querySelector('dialog [aria-selected=true]').id";
    let first = browser.eval(chosen);
    browser.press("ArrowDown");
    browser.wait_until(&format!("{chosen} !== {first}"));
    browser.press("ArrowUp");
    browser.wait_until(&format!("{chosen} === {first}"));
    // Over another dialog it would offer to leave what is not finished.
    browser.press("Escape");
    browser.wait_until(is_closed);
    browser.click("#main button", "Top up");
    browser.wait_for("dialog input[name=amount]");
    browser.press_k_with("Control");
    assert_eq!(browser.eval("document.querySelectorAll('dialog').length"), 1);
    assert_eq!(browser.eval(is_typing), false);
}

const REQUEST: &str = "req_0123456789abcdef";

/// Has the server fail at what is read below this path, until `window.fetch` is what it was, and
/// counts how often it failed.
fn fail_at(browser: &Browser, path: &str) {
    let problem = json!({
        "type": "about:blank", "title": "Internal Server Error", "status": 500,
        "code": "internal", "detail": "something went wrong here", "request_id": REQUEST,
    });
    browser.eval(&format!(
        "window.ask ??= fetch; window.failed = 0; \
         window.fetch = (path, options) => path.startsWith({}) \
         ? (failed++, Promise.resolve(new Response({}, {{ status: 500, \
           headers: {{ 'Content-Type': 'application/problem+json' }} }}))) \
         : ask(path, options); true",
        json!(path),
        json!(problem.to_string())
    ));
}

#[test]
fn a_list_that_the_server_failed_at_names_the_request_and_can_be_tried_again() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    top_up(&browser, 100);
    predict(&browser, "simple", &json!([[1, 2]]));
    // News of the balance has the list of entries ask by itself.
    browser.wait_for_text("99 credits");
    for (link, path, sign) in [
        ("History", "/api/tasks", "Doubler"),
        ("Credits", "/api/transactions", "Top-up"),
        ("API keys", "/api/keys", "No keys yet"),
        ("Sessions", "/api/me/sessions", "this one"),
        ("Models", "/api/models", "11 measurements"),
        ("Users", "/api/admin/users", "admin"),
        ("All transactions", "/api/admin/transactions", "Top-up"),
        ("Audit log", "/api/admin/audit", "Signed in"),
    ] {
        fail_at(&browser, path);
        browser.click(".nav a", link);
        browser.wait_until(&format!("document.querySelector('h1').innerText === {}", json!(link)));
        browser.wait_until(&format!(
            "document.querySelector('#main [role=alert]').innerText.includes('Request {REQUEST}')"
        ));
        browser.wait_for_text("Something went wrong on the server.");
        inspect(&browser, &format!("failed-{}", link.to_lowercase().replace(' ', "-")));
        assert_eq!(browser.eval("document.querySelectorAll('#main td time').length"), 0, "{link}");
        // It stays while the server goes on failing.
        let asked = browser.eval("failed");
        browser.click("#main [role=alert] button", "Try again");
        browser.wait_until(&format!("failed > {asked}"));
        browser.wait_for_text(&format!("Request {REQUEST}"));
        // Lists ask now and then by themselves; the first question that is answered is this one.
        browser.eval(
            "addEventListener('click', () => { window.fetch = ask; }, \
             { capture: true, once: true }); true",
        );
        browser.click("#main [role=alert] button", "Try again");
        browser.wait_until(&format!(
            "!document.querySelector('#main [role=alert]') \
             && document.querySelector('#main').innerText.includes({})",
            json!(sign)
        ));
    }
}

/// How far things may move in all, while a screen comes: more than a tenth is felt by a reader.
const SHIFT_MAX: f64 = 0.1;

/// Keeps what moves on a page. Nobody touches the pages of this story, so all of it counts, also
/// what comes soon after the window got its size.
const WATCH: &str = "window.shifts = []; new PerformanceObserver((list) => { \
    for (const { value, sources } of list.getEntries()) { \
      shifts.push({ value, what: sources.map(({ node, previousRect: from, currentRect: to }) => \
        `${node?.className ?? node?.nodeName} ${from.y} to ${to.y}`) }); \
    } }).observe({ type: 'layout-shift', buffered: true });";

/// What has moved on the page since it was opened, and how far.
fn moved(browser: &Browser) -> (f64, Value) {
    browser.settle();
    // What was drawn last is told after the next frame.
    let shifts = browser
        .eval("new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(shifts))))");
    let sum = shifts.as_array().unwrap().iter().map(|it| it["value"].as_f64().unwrap()).sum();
    (sum, shifts)
}

#[test]
fn nothing_moves_once_a_screen_has_come() {
    let binary = Binary::new();
    let Some((_served, browser)) = browser_tour::stage(&binary) else { return };
    let mut found = Vec::new();
    browser.begin_with(WATCH);
    let mut look = |path: &str, sign: &str| {
        for window in [DESK, PHONE] {
            browser.look(window);
            visit(&browser, path, sign);
            let (sum, shifts) = moved(&browser);
            if sum >= SHIFT_MAX {
                found.push(format!("{path} {}: {sum:.3} {shifts}", window.width));
            }
        }
    };
    for (path, sign) in [("/", ".answer__figure"), ("/sign-in", "form"), ("/sign-up", "form")] {
        look(path, sign);
    }
    browser.look(DESK);
    sign_in_as(&browser, "ada");
    // What is said above a screen for once pushes it down: a question, a door that is shut.
    let question = &browser.ask("/api/invitations")["items"][0]["id"];
    let decline = format!("/api/invitations/{}/decline", question.as_str().unwrap());
    let decline = format!("fetch('{decline}', {{ method: 'POST' }}).then(({{ ok }}) => ok)");
    assert_eq!(browser.eval(&decline), true);
    for (path, sign, _) in screens_of_a_user(&browser) {
        look(&path, sign);
    }
    browser.look(DESK);
    sign_in_anew(&browser, "admin");
    for (path, sign, name) in screens_of_staff(&browser) {
        if name != "full-user-disabled" {
            look(&path, sign);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    // What does move is seen.
    for window in [DESK, PHONE] {
        browser.look(window);
        visit(&browser, "/account", "input[name=full_name]");
        browser.settle();
        browser.eval(
            "(() => { const it = document.createElement('div'); it.style.height = '300px'; \
             document.getElementById('main').prepend(it); return true; })()",
        );
        assert!(moved(&browser).0 > SHIFT_MAX, "nothing is seen to move");
    }
}
