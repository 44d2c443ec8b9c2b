//! Dialogs in a folder where people have worked for a month: each is opened, and looked at.

use crate::browser::{PHONE, inspect, inspect_in, sign_in_as};
use crate::browser_tour::{find, sign_in_anew, stage};
use crate::support::binary::Binary;
use crate::support::browser::Browser;

/// What is clicked: a selector, and a text that is in it.
type Click = (&'static str, &'static str);

/// Opens a dialog and looks at it.
#[track_caller]
fn look_at(browser: &Browser, path: &str, clicks: &[Click], name: &str) {
    browser.goto(path);
    for (selector, text) in clicks {
        browser.click(selector, text);
    }
    browser.wait_for("dialog[open]");
    inspect(browser, &format!("dialog-{name}"));
}

#[test]
fn every_dialog_of_a_user_is_whole_from_every_side() {
    const MEMBER: Click = ("[aria-label^='Actions for']", "");
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in_as(&browser, "ada");
    let task = format!("/tasks/{}", find(&browser, "/api/tasks?limit=50", "\"n_rejected\":37"));
    let shared = find(&browser, "/api/workspaces", "tasting-panel");
    let shared = format!("/workspaces/{shared}");
    let dialogs: [(&str, &[Click], &str); 9] = [
        ("/account/keys", &[("button", "New key")], "new-key"),
        ("/account/keys", &[("td button", "Revoke")], "revoke-key"),
        ("/account/sessions", &[("button", "End all others")], "end-sessions"),
        ("/account", &[("button", "Close account")], "close-shared"),
        (&task, &[("button", "Run again")], "run-again"),
        (&task, &[("[aria-label=Delete]", "")], "delete-task"),
        (&shared, &[("button", "Edit")], "edit-workspace"),
        (&shared, &[MEMBER, ("button", "Hand over ownership")], "hand-over"),
        (&shared, &[MEMBER, ("button", "Take out")], "take-out"),
    ];
    for (path, clicks, name) in dialogs {
        look_at(&browser, path, clicks, name);
    }
    browser.goto(&shared);
    browser.click("button", "Invite somebody");
    browser.fill("Username or e-mail", "pascal@example.org");
    browser.click("dialog button", "Invite");
    browser.wait_for_text("Send this link");
    inspect(&browser, "dialog-invite-link");
    sign_in_anew(&browser, "emile");
    look_at(&browser, &shared, &[("button", "Leave")], "leave");
}

#[test]
fn every_dialog_of_the_staff_is_whole_from_every_side() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in_as(&browser, "admin");
    let ada = format!("/admin/users/{}", find(&browser, "/api/admin/users?limit=50", "ada"));
    let dialogs: [(&str, &[Click], &str); 7] = [
        ("/admin/users", &[("button", "New user")], "new-user"),
        (&ada, &[(".page__actions button", "Adjust")], "adjust"),
        (&ada, &[("button", "Make administrator")], "make-administrator"),
        (&ada, &[("button", "Reset")], "reset-password"),
        (&ada, &[("button", "Disable")], "disable"),
        ("/admin/invitations", &[("td button", "Take back")], "take-back"),
        ("/admin/invitations", &[("button", "New invitation")], "new-invitation"),
    ];
    for (path, clicks, name) in dialogs {
        look_at(&browser, path, clicks, name);
    }
    browser.click("dialog button", "Make the link");
    browser.wait_for_text("This is the only time that the link is shown.");
    inspect(&browser, "dialog-invitation-made");
    // What a phone has no room for at its foot is in a sheet.
    browser.look(PHONE);
    browser.goto("/");
    browser.click("button", "More");
    browser.wait_for("dialog[open]");
    inspect_in(&browser, "dialog-more", &[PHONE]);
}
