//! Accounts: signing in and out, sessions, passwords.

use serde_json::json;

use crate::support::app::{Actor, App, PASSWORD, Setup};

fn sign_in(app: &App, name: &str, password: &str) -> crate::support::app::Answer {
    let body = json!({"username": name, "password": password});
    app.visitor().post("/auth/session").json(&body).send()
}

fn change(actor: &Actor<'_>, current: &str, new: &str) -> crate::support::app::Answer {
    let body = json!({"current_password": current, "new_password": new});
    actor.put("/api/me/password").json(&body).send()
}

#[test]
fn whoever_knows_the_password_is_signed_in() {
    let app = App::start();
    let answer = sign_in(&app, "  Admin ", PASSWORD);
    let user = answer.expect(201);
    assert_eq!(answer.header("Location"), Some("/api/me"));
    assert_eq!(user["username"], "admin");
    assert_eq!(user["role"], "admin");
    assert!(user["id"].as_str().unwrap().starts_with("usr_"));
    let cookie = answer.header("Set-Cookie").unwrap();
    let (secret, rest) = cookie.strip_prefix("cellar_local=").unwrap().split_once("; ").unwrap();
    assert_eq!((secret.len(), rest), (43, "Path=/; HttpOnly; SameSite=Lax; Max-Age=604800"));
    assert!(!answer.text.contains("hash") && !answer.text.contains(secret));
}

#[test]
fn a_wrong_password_and_an_unknown_name_are_answered_alike() {
    let app = App::start();
    let wrong = sign_in(&app, "admin", "not the password");
    let unknown = sign_in(&app, "nobody", "not the password");
    assert_eq!(wrong.issues(), [("password".to_owned(), "wrong_password".to_owned())]);
    assert_eq!(wrong.issues(), unknown.issues());
    assert_eq!(wrong.json()["errors"], unknown.json()["errors"]);
    assert_eq!(wrong.header("Set-Cookie"), None);
    sign_in(&app, "admin", &"x".repeat(10_000)).problem(422, "invalid");
    sign_in(&app, "admin' OR 1=1 --", "x").problem(422, "invalid");
}

#[test]
fn signing_out_ends_the_session_at_once() {
    let app = App::start();
    let (here, there) = (app.admin(), app.admin());
    let answer = here.delete("/auth/session").send();
    assert_eq!(answer.expect(204), serde_json::Value::Null);
    assert!(answer.header("Set-Cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(answer.header("Clear-Site-Data"), Some("\"cache\", \"storage\""));
    here.get("/api/me").send().problem(401, "signed_out");
    here.delete("/auth/session").send().problem(401, "signed_out");
    there.get("/api/me").send().expect(200);
}

#[test]
fn a_session_that_was_ended_stays_ended_after_a_restart() {
    let app = App::start();
    let (gone, other) = (app.admin(), app.admin());
    gone.delete("/auth/session").send().expect(204);
    let cookies = [gone.cookie.clone(), other.cookie.clone()];
    let app = app.restarted(Setup::default());
    let [gone, other] = cookies.map(|cookie| {
        let mut actor = app.visitor();
        actor.cookie = cookie;
        actor
    });
    gone.get("/api/me").send().problem(401, "signed_out");
    other.get("/api/me").send().expect(200);
}

#[test]
fn who_signs_out_while_nothing_can_be_saved_is_signed_out_all_the_same() {
    let app = App::start();
    let admin = app.admin();
    app.database.close();
    admin.delete("/auth/session").send().problem(503, "unavailable");
    admin.get("/api/me").send().problem(401, "signed_out");
}

#[test]
fn a_changed_password_ends_every_other_session() {
    let app = App::start();
    let (here, there) = (app.admin(), app.admin());
    change(&here, PASSWORD, "another long password").expect(204);
    here.get("/api/me").send().expect(200);
    there.get("/api/me").send().problem(401, "signed_out");
    sign_in(&app, "admin", PASSWORD).problem(422, "invalid");
    sign_in(&app, "admin", "another long password").expect(201);
}

#[test]
fn a_new_password_must_keep_the_rules() {
    let app = App::start();
    let admin = app.admin();
    let code = |current: &str, new: &str| change(&admin, current, new).issues();
    let only = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    assert_eq!(code(PASSWORD, "short"), only("new_password", "too_short"));
    assert_eq!(code(PASSWORD, &"x".repeat(257)), only("new_password", "too_long"));
    assert_eq!(code(PASSWORD, PASSWORD), only("new_password", "unchanged"));
    assert_eq!(
        code("wrong password", "a good new one"),
        only("current_password", "wrong_password")
    );
    admin.get("/api/me").send().expect(200);
    app.visitor().put("/api/me/password").json(&json!({})).send().problem(401, "signed_out");
}

#[test]
fn a_password_that_others_have_seen_is_good_for_changing_it_and_no_more() {
    let app = App::start();
    app.user("ada");
    app.database
        .write_here(|tx| {
            tx.execute(
                "UPDATE users SET must_change_password = 1, role = 'admin' WHERE id = 2",
                &[],
            )
        })
        .unwrap();
    let ada = app.signed_in("ada");
    assert_eq!(ada.get("/api/me").send().expect(200)["must_change_password"], true);
    for path in ["/api/jobs", "/api/admin/system", "/metrics"] {
        ada.get(path).send().problem(403, "password_expired");
    }
    change(&ada, PASSWORD, "a password of my own").expect(204);
    assert_eq!(ada.get("/api/me").send().expect(200)["must_change_password"], false);
    ada.get("/api/admin/system").send().expect(200);
    let cookie = ada.cookie.clone();
    let app = app.restarted(Setup::default());
    let mut ada = app.visitor();
    ada.cookie = cookie;
    ada.get("/api/admin/system").send().expect(200);
}

#[test]
fn a_session_outlives_a_restart() {
    let app = App::start();
    let cookie = app.admin().cookie;
    let app = app.restarted(Setup::default());
    let mut actor = app.visitor();
    actor.cookie = cookie;
    actor.get("/api/me").send().expect(200);
}

#[test]
fn an_administrators_session_ends_after_twenty_idle_minutes() {
    let app = Setup::default().standing().start();
    let admin = app.admin();
    for _ in 0..3 {
        app.clock.advance_s(19 * 60);
        admin.get("/api/me").send().expect(200);
    }
    app.clock.advance_s(20 * 60);
    admin.get("/api/me").send().problem(401, "signed_out");
}

#[test]
fn an_administrators_session_ends_after_eight_hours() {
    let app = Setup::default().standing().start();
    let admin = app.admin();
    for _ in 0..31 {
        app.clock.advance_s(15 * 60);
        admin.get("/api/me").send().expect(200);
    }
    app.clock.advance_s(15 * 60);
    admin.get("/api/me").send().problem(401, "signed_out");
}

#[test]
fn a_users_session_ends_after_an_idle_day_or_seven_days() {
    let app = Setup::default().standing().start();
    let (idle, busy) = (app.user("ada"), app.signed_in("ada"));
    for _ in 0..6 {
        app.clock.advance_s(23 * 3600);
        busy.get("/api/me").send().expect(200);
    }
    idle.get("/api/me").send().problem(401, "signed_out");
    for _ in 0..2 {
        app.clock.advance_s(15 * 3600);
        busy.get("/api/me").send();
    }
    busy.get("/api/me").send().problem(401, "signed_out");
}

#[test]
fn a_disabled_account_cannot_sign_in() {
    let app = App::start();
    app.user("ada");
    app.database
        .write_here(|tx| {
            tx.execute("UPDATE users SET state = 'disabled' WHERE username = 'ada'", &[])
        })
        .unwrap();
    sign_in(&app, "ada", PASSWORD).problem(422, "invalid");
}

#[test]
fn only_the_cookie_of_a_live_session_is_a_key() {
    let app = App::start();
    let real = app.admin().cookie.unwrap();
    let secret = real.strip_prefix("cellar_local=").unwrap();
    for cookie in [
        "cellar_local=".to_owned(),
        format!("cellar_local={}", &secret[..42]),
        format!("cellar_local={secret}x"),
        format!("__Host-cellar={secret}"),
        format!("cellar_local=\"{secret}\""),
        format!("Cellar_local={secret}"),
    ] {
        app.visitor().get("/api/me").header("Cookie", &cookie).send().problem(401, "signed_out");
    }
    let among_others = format!("theme=dark; {real}; x=y");
    app.visitor().get("/api/me").header("Cookie", &among_others).send().expect(200);
}
