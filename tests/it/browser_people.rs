//! Stories of what is done to people and by them: who works in a workspace and as what, and what
//! the staff does to accounts. Each deed is looked for in what the API says afterwards.

use serde_json::{Value, json};

use crate::browser::{inspect, register, sign_in, sign_in_as, sign_out, stage};
use crate::browser_deeds::{search, wait_for_query, wait_for_rows};
use crate::browser_teams::{call, tasting_panel};
use crate::browser_tour::sign_in_anew;
use crate::browser_ways::wait_for_path;
use crate::support::binary::{Binary, PASSWORD, Served};
use crate::support::browser::Browser;

/// Who works in a workspace, as what.
fn members(browser: &Browser, path: &str) -> Value {
    browser.eval(&format!(
        "fetch('/api{path}/members').then((answer) => answer.json()).then(({{ items }}) => \
         Object.fromEntries(items.map(({{ username, role }}) => [username, role])))"
    ))
}

/// The names of the workspaces at the side that are not one's own.
fn wait_for_no_place(browser: &Browser, name: &str) {
    browser.wait_until(&format!(
        "![...document.querySelectorAll('.nav a')].some((it) => it.innerText.includes({}))",
        json!(name)
    ));
}

#[test]
fn an_owner_renames_a_workspace_and_says_who_works_in_it() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    let path = tasting_panel(&served);
    sign_in_as(&browser, "ada");
    browser.goto(&path);
    browser.click(".page__actions button", "Edit");
    browser.wait_for("dialog");
    inspect(&browser, "workspace-edit");
    browser.eval("document.querySelector('dialog input[name=name]').select()");
    browser.type_text("Winter panel");
    browser.eval("document.querySelector('dialog input[name=description]').select()");
    browser.type_text("Blind on Mondays.");
    browser.click("dialog button", "Save");
    browser.wait_until("document.querySelector('h1').innerText === 'Winter panel'");
    browser.wait_for_text("Blind on Mondays.");
    browser.wait_until("document.querySelector('.nav').innerText.includes('Winter panel')");
    let kept = browser.ask(&format!("/api{path}"));
    let said = [&kept["name"], &kept["slug"], &kept["description"]];
    assert_eq!(said, ["Winter panel", "panel", "Blind on Mondays."]);

    browser.choose("Role of emile", "Editor");
    browser.wait_for_text("emile: Editor from now on.");
    let expected = json!({"ada": "owner", "grace": "editor", "emile": "editor"});
    assert_eq!(members(&browser, &path), expected);
    browser.click("[aria-label='Actions for grace']", "");
    browser.click("button", "Take out");
    browser.wait_for("dialog");
    inspect(&browser, "member-remove");
    browser.click("dialog button", "Take out");
    browser.wait_for_text("grace is out.");
    wait_for_rows_of(&browser, "Members", 2);
    assert_eq!(members(&browser, &path), json!({"ada": "owner", "emile": "editor"}));
    // Whoever is out finds nothing.
    sign_in_anew(&browser, "grace");
    wait_for_no_place(&browser, "Winter panel");
    browser.goto(&path);
    browser.wait_for_text("This workspace is not here");
    browser.expect_failures(404);
}

fn wait_for_rows_of(browser: &Browser, table: &str, n: usize) {
    browser.wait_until(&format!(
        "document.querySelectorAll('table[aria-label={}] tbody tr').length === {n}",
        json!(table)
    ));
}

#[test]
fn an_invitation_is_declined_and_a_workspace_is_left() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    let path = tasting_panel(&served);
    let asked = json!({"username": "eve", "role": "viewer"});
    call(&served, "ada", &format!("/api{path}/invitations"), &asked);
    sign_in_as(&browser, "eve");
    browser.click(".nav a", "Workspaces");
    browser.wait_for_text("ada asks you to join Tasting panel");
    browser.click("#main button", "Decline");
    browser.wait_for_text("You declined to join Tasting panel.");
    browser
        .wait_until("!document.querySelector('.asked') && !document.querySelector('.nav .badge')");
    assert_eq!(browser.ask("/api/invitations")["items"], json!([]));
    assert_eq!(browser.ask("/api/workspaces")["items"].as_array().unwrap().len(), 1);

    sign_in_anew(&browser, "emile");
    browser.goto(&path);
    browser.click(".page__actions button", "Leave");
    browser.wait_for("dialog");
    inspect(&browser, "workspace-leave");
    browser.click("dialog button", "Leave");
    wait_for_path(&browser, "/workspaces");
    browser.wait_for_text("You left Tasting panel.");
    wait_for_no_place(&browser, "Tasting panel");
    wait_for_rows(&browser, 1, "Personal");

    sign_in_anew(&browser, "ada");
    browser.goto(&path);
    browser.wait_for_text("Nobody is invited");
    assert_eq!(members(&browser, &path), json!({"ada": "owner", "grace": "editor"}));
    // The page of a member who was made the owner meanwhile still offers to leave.
    sign_in_anew(&browser, "grace");
    browser.goto(&path);
    browser.click(".page__actions button", "Leave");
    browser.wait_for("dialog");
    let grace = browser.ask("/api/me")["id"].clone();
    call(&served, "ada", &format!("/api{path}/hand-over"), &json!({"user_id": grace}));
    browser.click("dialog button", "Leave");
    browser.wait_for_text("The owner stays. Hand the workspace over first.");
    browser.expect_failure(409, &format!("/api{path}/leave"));
    inspect(&browser, "workspace-owner-stays");
    assert_eq!(members(&browser, &path), json!({"ada": "editor", "grace": "owner"}));
}

/// Opens the page of an account; its number.
fn open_account(browser: &Browser, username: &str) -> String {
    browser.click(".nav a", "Users");
    browser.click("td a", username);
    browser.wait_for_text("Spent so far");
    let path = browser.eval("location.pathname");
    path.as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// Presses the button of the row of this name among what can be done to an account, and confirms.
fn act(browser: &Browser, deed: &str, word: &str) {
    browser.click(".facts__row button", word);
    browser.wait_for("dialog");
    inspect(browser, &format!("user-{deed}"));
    browser.click("dialog button[type=submit]", word);
}

/// The status of the answer to signing in with this password, and the cookie.
fn enter(served: &Served, username: &str, password: &str) -> (u16, Option<String>) {
    let who = json!({"username": username, "password": password});
    let answer = served.request("POST", "/auth/session").json(&who).send();
    let cookie = answer.header("set-cookie").and_then(|it| it.split(';').next());
    (answer.status, cookie.map(str::to_owned))
}

fn status_of(served: &Served, path: &str, cookie: &str) -> u16 {
    served.request("GET", path).cookie(cookie).send().status
}

#[test]
fn the_staff_changes_what_an_account_may_and_how_it_is_entered() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    register(&served, "grace");
    sign_in(&browser);
    let id = open_account(&browser, "grace");
    let detail = |browser: &Browser| browser.ask(&format!("/api/admin/users/{id}"));
    let cookie = enter(&served, "grace", PASSWORD).1.unwrap();
    assert_eq!(status_of(&served, "/api/admin/users", &cookie), 403);

    act(&browser, "role", "Make administrator");
    browser.wait_for_text("The role of grace is changed.");
    browser.wait_until(
        "[...document.querySelectorAll('.facts__row button')].some((it) => \
         it.innerText === 'Make user')",
    );
    assert_eq!(detail(&browser)["role"], "admin");
    assert_eq!(status_of(&served, "/api/me", &cookie), 401);
    let cookie = enter(&served, "grace", PASSWORD).1.unwrap();
    assert_eq!(status_of(&served, "/api/admin/users", &cookie), 200);

    act(&browser, "sessions", "End all");
    browser.wait_for_text("grace is signed out everywhere.");
    assert_eq!(detail(&browser)["activity"]["n_sessions"], 0);
    assert_eq!(status_of(&served, "/api/me", &cookie), 401);
    browser.click("[role=tab]", "Sessions");
    browser.wait_for_text("Not signed in");

    act(&browser, "password", "Reset");
    browser.wait_for_text("One-time password of grace");
    inspect(&browser, "user-password-made");
    let password = browser.eval("document.querySelector('.secret__text').value");
    let password = password.as_str().unwrap().to_owned();
    browser.press("Escape");
    browser.click("dialog button", "I have passed it on");
    browser.wait_until("!document.querySelector('dialog')");
    browser.wait_for_text("A one-time password waits to be changed at the next sign-in.");
    let shown = browser.eval("document.body.textContent + document.body.innerHTML");
    assert!(!shown.as_str().unwrap().contains(&password), "the password is still there");
    assert_eq!(detail(&browser)["must_change_password"], true);
    assert_eq!(enter(&served, "grace", PASSWORD).0, 422);
    assert_eq!(enter(&served, "grace", &password).0, 201);

    act(&browser, "role-back", "Make user");
    browser.wait_for_text("The role of grace is changed.");
    browser.wait_until("!document.querySelector('dialog')");
    assert_eq!(detail(&browser)["role"], "user");
    // Of the last administrator nothing is taken.
    open_account(&browser, "admin");
    act(&browser, "role-last", "Make user");
    browser.wait_for_text("This is the last administrator.");
    browser.expect_failures(409);
    inspect(&browser, "user-role-refused");
}

#[test]
fn an_invitation_to_sign_up_is_made_and_taken_back() {
    let binary = Binary::new().with("CELLAR_SIGN_UP", "invite");
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.click(".nav a", "Invitations");
    browser.wait_for_text("No invitations yet");
    let make = |note: &str| {
        browser.click("#main button", "New invitation");
        browser.fill("For whom", note);
        inspect(&browser, "invitation-new");
        browser.click("dialog button", "Make the link");
        browser.wait_for_text("This is the only time that the link is shown.");
        let link = browser.eval("document.querySelector('.secret__text').value");
        inspect(&browser, "invitation-made");
        browser.click("dialog button", "I have passed it on");
        browser.wait_until("!document.querySelector('dialog')");
        let (_, secret) = link.as_str().unwrap().split_once("/sign-up#").unwrap();
        format!("/sign-up#{secret}")
    };
    let (back, kept) = (make("for Ada"), make("for Grace"));
    wait_for_rows(&browser, 2, "open");
    let is_open = |browser: &Browser| {
        browser.eval(
            "fetch('/api/admin/invitations').then((answer) => answer.json()).then(({ items }) => \
             Object.fromEntries(items.map(({ note, is_open }) => [note, is_open])))",
        )
    };
    assert_eq!(is_open(&browser), json!({"for Ada": true, "for Grace": true}));
    browser.click("[aria-label='Take back: for Ada']", "");
    browser.wait_for("dialog");
    inspect(&browser, "invitation-back");
    browser.click("dialog button", "Take back");
    browser.wait_for_text("The invitation is taken back.");
    browser.wait_for_text("taken back");
    assert_eq!(is_open(&browser), json!({"for Ada": false, "for Grace": true}));
    browser.wait_until("!document.querySelector('[aria-label=\"Take back: for Ada\"]')");
    sign_out(&browser);
    browser.goto(&back);
    browser.wait_for_text("This invitation is not valid any more");
    browser.goto("/");
    browser.goto(&kept);
    browser.wait_for_text("You were invited to this server");
}

#[test]
fn accounts_are_searched_sorted_and_chosen_by_role() {
    let binary = Binary::new();
    let Some((served, browser)) = stage(&binary) else { return };
    for who in ["grace", "ada"] {
        register(&served, who);
    }
    call(&served, "ada", "/api/balance/top-ups", &json!({"amount": 50}));
    sign_in(&browser);
    browser.click(".nav a", "Users");
    let wait_for_names = |names: &[&str]| {
        browser.wait_until(&format!(
            "!document.querySelector('#main table[aria-busy]') && JSON.stringify( \
             [...document.querySelectorAll('#main tbody td:first-child a')].map((it) => \
             it.innerText)) === JSON.stringify({})",
            json!(names)
        ));
    };
    wait_for_names(&["ada", "grace", "admin"]);
    browser.choose("Order", "By name");
    wait_for_query(&browser, "?sort=name");
    wait_for_names(&["ada", "admin", "grace"]);
    browser.choose("Order", "By balance");
    wait_for_query(&browser, "?sort=balance");
    wait_for_names(&["ada", "grace", "admin"]);
    browser.choose("Role", "Administrator");
    wait_for_query(&browser, "?sort=balance&role=admin");
    wait_for_names(&["admin"]);
    let asked = browser.ask("/api/admin/users?sort=balance&role=admin");
    assert_eq!(asked["items"].as_array().unwrap().len(), 1);
    browser.choose("Role", "All roles");
    browser.choose("Order", "Newest first");
    wait_for_query(&browser, "");
    search(&browser, "GRA");
    wait_for_query(&browser, "?text=GRA");
    wait_for_names(&["grace"]);
    // The address shows the same to whoever opens it.
    browser.goto("/admin/users?text=a&sort=name&role=user");
    wait_for_names(&["ada", "grace"]);
    search(&browser, "nobody-here");
    browser.wait_for("#main .blank");
    inspect(&browser, "users-none");
    browser.click("#main .blank button", "");
    wait_for_names(&["ada", "admin", "grace"]);
}
