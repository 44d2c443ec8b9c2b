//! Stories of what is one's own: the password, the keys, the sessions.

use crate::browser::{assert_accessible, inspect, sign_in, stage};
use crate::cli::one_time_password;
use crate::support::binary::{Binary, PASSWORD};
use crate::support::browser::Browser;

#[test]
fn the_one_time_password_is_changed_before_anything_else() {
    let binary = Binary::new().without("CELLAR_ADMIN_PASSWORD");
    let mut served = binary.serve(&[]);
    served.wait_for_line("It is shown only now");
    let password = one_time_password(&served.stdout());
    let Some(browser) = Browser::open(&served.url("")) else { return };

    // A deep link survives the detour over signing in and changing the password.
    browser.goto("/system");
    browser.wait_until("location.pathname === '/sign-in'");
    browser.expect_failure(401, "/api/me");
    browser.fill("Username or e-mail", "admin");
    browser.fill("Password", &password);
    browser.click("form button[type=submit]", "Sign in");
    browser.wait_until("location.pathname === '/account/password'");
    browser.wait_for_text("The password you signed in with was made for you.");
    inspect(&browser, "password-must");

    browser.goto("/");
    browser.wait_until("location.pathname === '/account/password'");
    // What stands behind the # of a link is a secret, and a query would tell it to the server.
    browser.goto("/join#a-secret");
    browser.wait_until("location.pathname === '/account/password'");
    assert_eq!(browser.eval("location.search + location.hash"), "?next=%2Fjoin");
    browser.fill("Current password", &password);
    browser.fill("New password", PASSWORD);
    browser.fill("New password again", PASSWORD);
    browser.click("form button[type=submit]", "Change password");
    browser.wait_for_text("Your password is changed.");
    browser.wait_for_text("Accept and join");
    browser.goto("/");
    browser.wait_for_text("Last tasks");
    assert!(served.try_sign_in(&password).unwrap().is_none(), "the old password still works");
    served.sign_in();
}

#[test]
fn a_key_is_shown_once_and_other_sessions_end_with_one_click() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/account/keys");
    browser.wait_for_text("No keys yet");
    inspect(&browser, "keys-none");
    browser.click("button", "New key");
    browser.wait_for("dialog");
    browser.click("dialog button", "Make the key");
    browser.wait_for_text("Give the key a name.");
    browser.fill("Name", "<script>alert(1)</script>");
    browser.click("dialog button", "Make the key");
    browser.wait_for_text("This is the only time that the key is shown.");
    inspect(&browser, "key-made");
    let secret = browser.eval("document.querySelector('.secret__text').value");
    let secret = secret.as_str().unwrap().to_owned();
    browser.click("dialog button", "I have kept it");
    browser.wait_for_text("<script>alert(1)</script>");
    inspect(&browser, "keys");
    let shown = browser.eval("document.body.textContent + document.body.innerHTML");
    assert!(!shown.as_str().unwrap().contains(&secret), "the key is still there");
    browser.click("button", "Revoke");
    browser.click("dialog button", "Revoke");
    browser.wait_for_text("No keys yet");

    browser.goto("/account/sessions");
    browser.wait_for("#main td time");
    inspect(&browser, "sessions");
    browser.click("button", "End all others");
    browser.click("dialog button", "End all others");
    browser.wait_for_text("All other sessions have ended.");
    browser.goto("/account");
    browser.wait_for_text("Close account");
    inspect(&browser, "account");
    browser.click("button", "Close account");
    browser.wait_for_text("Your workspaces are deleted with it, for good: admin");
    inspect(&browser, "account-close");
}

#[test]
fn signing_out_leaves_nothing_behind() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/account/password");
    browser.wait_for_text("New password again");
    inspect(&browser, "password");
    browser.click("button.person", "admin");
    browser.wait_for_text("Sign out");
    inspect(&browser, "account-menu");
    browser.click("button", "Sign out");
    browser.wait_for_text("count on.");
    assert_eq!(browser.eval("fetch('/api/me').then(({ status }) => status)"), 401);
    browser.expect_failure(401, "/api/me");
    assert!(browser.eval("localStorage.getItem('cellar.signed_in')").is_null());
    browser.goto("/system");
    browser.wait_until("location.pathname === '/sign-in'");
    browser.expect_failure(401, "/api/me");
}

#[test]
fn an_account_whose_way_in_was_lost_is_entered_by_trying_again() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    browser.goto("/sign-up");
    browser.fill("Username", "ada");
    browser.fill("E-mail", "ada@example.org");
    browser.fill("Password", PASSWORD);
    browser.block(&["*/auth/session"]);
    browser.click("form button[type=submit]", "Create account");
    browser.wait_for_text("Nothing you typed is lost");
    browser.expect_silence();
    browser.block(&[]);
    // The account is there by now, and its name is taken by the very person who asks for it.
    browser.click("form button[type=submit]", "Create account");
    browser.wait_for_text("Welcome. Your account is ready.");
    browser.expect_failure(409, "/auth/register");
    browser.wait_for_text("First steps");
}

#[test]
fn a_sign_out_that_failed_leaves_what_was_typed_guarded() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.click(".nav a", "Account");
    browser.fill("Name", "Ada of the north cellar");
    browser.block(&["*/auth/session"]);
    browser.click("button.person", "");
    browser.click("button", "Sign out");
    browser.click("dialog button", "Leave");
    browser.wait_for_text("The server does not answer.");
    browser.expect_silence();
    browser.block(&[]);
    browser.click(".nav a", "Models");
    browser.wait_for_text("Leave without saving?");
    browser.click("dialog button", "Cancel");
    let named = "document.querySelector('input[name=full_name]').value";
    assert_eq!(browser.eval(named), "Ada of the north cellar");
}

#[test]
fn what_may_not_be_copied_is_selected_to_be_copied_by_hand() {
    let binary = Binary::new();
    let Some((_served, browser)) = stage(&binary) else { return };
    sign_in(&browser);
    browser.goto("/account/keys");
    browser.click("button", "New key");
    browser.fill("Name", "nightly scoring");
    browser.click("dialog button", "Make the key");
    browser.wait_for_text("This is the only time that the key is shown.");
    browser.eval("navigator.clipboard.writeText = () => Promise.reject(new Error('no')); true");
    browser.click("dialog button", "Copy");
    browser.wait_for_text("The text is selected: copy it with Ctrl C");
    let chosen = "(({ value, selectionStart, selectionEnd }) => \
                  value.length > 20 && selectionEnd - selectionStart === value.length)\
                  (document.activeElement)";
    assert_eq!(browser.eval(chosen), true);
    assert_accessible(&browser, "a key that cannot be copied");
    browser.click("dialog button", "I have kept it");

    // A server without TLS has no clipboard at all; commands are selected without their prompts.
    browser.goto("/models/wine?tab=rest");
    browser.wait_for(".code__copy");
    browser.eval("Object.defineProperty(navigator, 'clipboard', { value: undefined }); true");
    browser.click(".code__copy", "");
    browser.wait_for_text("The text is selected: copy it with Ctrl C");
    browser.wait_until("getSelection().toString().includes('/api/tasks')");
}
