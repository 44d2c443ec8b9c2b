//! Stories of people who share a workspace, and of what each of them may do there.

use serde_json::{Value, json};

use crate::browser::{inspect, register, sign_in_as, sign_out, stage};
use crate::support::binary::{Binary, PASSWORD, Served};
use crate::support::browser::Browser;

/// Something done by somebody who is not at a browser of these stories.
pub(crate) fn call(served: &Served, who: &str, path: &str, body: &Value) -> Value {
    let name = json!({"username": who, "password": PASSWORD});
    let entered = served.request("POST", "/auth/session").json(&name).send();
    let cookie = entered.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let path: &'static str = path.to_owned().leak();
    let answer = served.request("POST", path).cookie(&cookie).json(body).send();
    assert!(answer.status < 300, "{path}: {answer:?}");
    answer.json()
}

/// A workspace of Ada's in which Grace may change things and Émile may look; its path.
pub(crate) fn tasting_panel(served: &Served) -> String {
    for who in ["ada", "grace", "emile", "eve"] {
        register(served, who);
    }
    let body =
        json!({"name": "Tasting panel", "slug": "panel", "description": "Blind on Fridays."});
    let made = call(served, "ada", "/api/workspaces", &body);
    let path = format!("/workspaces/{}", made["id"].as_str().unwrap());
    for (who, role) in [("grace", "editor"), ("emile", "viewer")] {
        let body = json!({"username": who, "role": role});
        let asked = call(served, "ada", &format!("/api{path}/invitations"), &body);
        let accept = format!("/api/invitations/{}/accept", asked["id"].as_str().unwrap());
        call(served, who, &accept, &json!({}));
    }
    path
}

/// Which of these deeds the screen has a button for.
fn offered(browser: &Browser, deeds: &[&'static str]) -> Vec<&'static str> {
    let buttons = browser.eval(
        "[...document.querySelectorAll('#main button')].map((it) => it.innerText).join('\\n')",
    );
    let buttons = buttons.as_str().unwrap();
    deeds.iter().copied().filter(|deed| buttons.contains(deed)).collect()
}

const DEEDS: [&str; 4] = ["Edit", "Invite somebody", "Delete workspace", "Leave"];

#[test]
fn everybody_sees_what_they_may_do_in_a_workspace_and_no_more() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    let path = tasting_panel(&served);
    for (who, may, word) in [
        ("ada", &DEEDS[..3], "You own this workspace"),
        ("grace", &["Edit", "Leave"], "You are an editor"),
        ("emile", &["Leave"], "You are a viewer"),
    ] {
        sign_in_as(&browser, who);
        browser.goto(&path);
        browser.wait_for_text(word);
        if who == "ada" {
            browser.wait_for_text("Nobody is invited");
        }
        assert_eq!(offered(&browser, &DEEDS), may, "{who}");
        let n_menus = browser.eval(
            "document.querySelectorAll('#main .member ~ *, td .menu, td [aria-haspopup]').length",
        );
        assert_eq!(n_menus.as_u64() > Some(0), who == "ada", "{who} manages members: {n_menus}");
        inspect(&browser, &format!("workspace-of-{who}"));
        sign_out(&browser);
    }
    // For somebody who is not of them it does not exist.
    sign_in_as(&browser, "eve");
    browser.goto(&path);
    browser.wait_for_text("This workspace is not here");
    browser.expect_failures(404);
    inspect(&browser, "workspace-gone");
}

#[test]
fn a_workspace_is_made_shared_handed_over_and_deleted() {
    let binary = Binary::new();
    let Some((served, ada)) = stage(&binary) else { return };
    for who in ["ada", "grace"] {
        register(&served, who);
    }
    sign_in_as(&ada, "ada");
    ada.click("a", "Workspaces");
    ada.click("button", "New workspace");
    ada.click("dialog button", "Create workspace");
    ada.wait_for_text("Enter 1 to 80 characters.");
    ada.fill("Name", "Погреб № 7");
    ada.wait_until("document.querySelector('input[name=slug]').value === 'pogreb-7'");
    inspect(&ada, "workspace-new");
    ada.click("dialog button", "Create workspace");
    ada.wait_for_text("Погреб № 7 is ready.");
    ada.click("button", "Invite somebody");
    ada.fill("Username or e-mail", "nobody-here");
    ada.click("dialog button", "Invite");
    ada.wait_for_text("No account here has this name.");
    ada.expect_failure(422, &format!("/api{}/invitations", path_of(&ada)));
    ada.eval("document.querySelector('dialog input').select()");
    ada.type_text("ada@example.org");
    ada.click("dialog button", "Invite");
    ada.wait_for_text("This is you, and you work here already.");
    ada.eval("document.querySelector('dialog input').select()");
    ada.type_text("grace");
    inspect(&ada, "invite");
    ada.click("dialog button", "Invite");
    ada.wait_for_text("grace is invited.");

    let Some(grace) = Browser::open(&served.url("")) else { return };
    sign_in_as(&grace, "grace");
    // That she is asked shows where she lands, and at the side wherever she is.
    grace.wait_for_text("ada invites you to Погреб № 7");
    let badge = "document.querySelector('.nav__label .badge')";
    grace.wait_until(&format!("{badge}.innerText.includes('1 invitation waits')"));
    inspect(&grace, "home-asked");
    grace.click("a", "Workspaces");
    grace.wait_for_text("ada asks you to join Погреб № 7");
    inspect(&grace, "workspaces-asked");
    grace.click("button", "Accept");
    grace.wait_for_text("You are an editor");
    grace.wait_until(&format!("!{badge}"));

    ada.goto(&path_of(&ada));
    ada.wait_for_text("grace");
    ada.click("[aria-label='Actions for grace']", "");
    ada.click("button", "Hand over ownership");
    ada.click("dialog button", "Hand over ownership");
    ada.wait_for_text("You are an editor");
    grace.goto(&path_of(&grace));
    grace.wait_for_text("You own this workspace");

    // A deletion asks for the name, for it cannot be taken back.
    grace.click("button", "Delete workspace");
    grace.wait_for("dialog");
    grace.click("dialog button", "Delete workspace");
    grace.wait_for_text("Type exactly Погреб № 7.");
    inspect(&grace, "workspace-delete");
    grace.eval("document.querySelector('dialog input').focus()");
    grace.type_text("Погреб № 7");
    grace.click("dialog button", "Delete workspace");
    grace.wait_for_text("Погреб № 7 is deleted.");
    // A page that was open sees it, lists the workspace no longer, and does not ask again.
    let look = "document.dispatchEvent(new Event('visibilitychange'))";
    ada.eval(look);
    ada.wait_for_text("This workspace is not here");
    ada.wait_until("!document.querySelector('.nav').innerText.includes('Погреб')");
    ada.eval(
        "window.asked = []; window.ask = fetch; window.fetch = (path, options) => { \
         asked.push(path); return ask(path, options); }; true",
    );
    ada.eval(look);
    assert_eq!(ada.eval("asked.filter((path) => path.includes('wsp_'))"), json!([]));
    let gone = path_of(&ada);
    ada.goto(&gone);
    ada.wait_for_text("This workspace is not here");
    ada.expect_failures(404);

    // A link that leads nowhere any more is not offered twice.
    ada.goto("/join#a-secret-that-was-used");
    ada.click("button", "Accept and join");
    ada.wait_for_text("This invitation is over");
    inspect(&ada, "join-over");
    ada.goto("/join");
    ada.wait_for_text("The link is not complete");
    ada.expect_failures(404);
}

fn path_of(browser: &Browser) -> String {
    browser.eval("location.pathname").as_str().unwrap().to_owned()
}
