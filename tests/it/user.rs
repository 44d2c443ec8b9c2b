//! Accounts: signing in and out, sessions, passwords.

mod closing;
mod guessing;
mod sign_up;

use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use crate::support::app::{Actor, App, PASSWORD, Setup};
use crate::support::binary::Binary;

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

fn register(app: &App, body: &serde_json::Value) -> crate::support::app::Answer {
    app.visitor().post("/auth/register").json(body).send()
}

fn someone(name: &str) -> serde_json::Value {
    json!({"username": name, "email": format!("{name}@example.org"), "password": PASSWORD})
}

fn pair(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

#[test]
fn a_profile_changes_where_it_is_told_to() {
    let app = App::start();
    let (ada, _bob) = (app.user("ada"), app.user("bob"));
    let patch = |body: serde_json::Value| {
        ada.call(rocket::http::Method::Patch, "/api/me").json(&body).send()
    };
    assert_eq!(patch(json!({"full_name": "Ada"})).expect(200)["full_name"], "Ada");
    let found = patch(json!({"username": "Countess"})).expect(200);
    assert_eq!((&found["username"], &found["full_name"]), (&json!("countess"), &json!("Ada")));
    assert_eq!(patch(json!({"full_name": " "})).expect(200)["full_name"], json!(null));
    patch(json!({"username": "BOB", "email": "bob@example.org"})).problem(409, "taken");
    patch(json!({"role": "admin"})).problem(422, "invalid");
    patch(json!({"email": "nowhere"})).problem(422, "invalid");
    assert_eq!(ada.get("/api/me").send().expect(200)["username"], "countess");
    // The old name is free again, and its look with it.
    app.user("ada2x");
    patch(json!({"username": "ada"})).expect(200);
}

#[test]
fn a_password_of_another_cost_is_hashed_anew_when_it_is_used() {
    let app = App::start();
    app.user("ada");
    let hash = |app: &App| {
        let read = |row: &cellar::database::Row<'_>| row.get::<String>(0);
        let sql = "SELECT password_hash FROM users WHERE username = 'ada'";
        app.database.read_here(|r| r.fetchone(sql, &[], read)).unwrap().unwrap()
    };
    assert!(hash(&app).starts_with("$2b$04$"));
    let app = app.restarted(Setup::default().flag("bcrypt_cost", "5"));
    sign_in(&app, "ada", "not the password").problem(422, "invalid");
    assert!(hash(&app).starts_with("$2b$04$"));
    sign_in(&app, "ada", PASSWORD).expect(201);
    assert!(hash(&app).starts_with("$2b$05$"));
    sign_in(&app, "ada", PASSWORD).expect(201);
}

/// Runs what happens at once on threads of its own.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    rocket::tokio::runtime::Runtime::new().unwrap().block_on(work)
}

fn visitor() -> cellar::access::Visitor {
    let request_id = "test".into();
    cellar::access::Visitor { user_agent: None, place: None, session: None, request_id }
}

fn credentials(name: &str) -> cellar::user::Credentials {
    cellar::user::Credentials { name_or_email: name.into(), password: PASSWORD.into() }
}

#[test]
fn who_signs_in_gets_the_role_of_that_moment_and_not_of_the_moment_before() {
    let app = Setup::default().flag("bcrypt_cost", "12").start();
    let id = app.user("ada").get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned();
    let id: cellar::id::UserId = id.parse().unwrap();
    let promote = |tx: &cellar::database::Tx<'_>| {
        tx.execute("UPDATE users SET role = 'admin' WHERE username = 'ada'", &[])
    };
    app.database.write_here(promote).unwrap();
    let users = app.users.clone();
    let tokens = at_once(async move {
        let hashing = users.clone();
        let login = rocket::tokio::spawn(async move {
            hashing.login(credentials("ada"), &visitor()).await.unwrap().1
        });
        // A hash of this cost takes a tenth of a second and more.
        rocket::tokio::time::sleep(Duration::from_millis(30)).await;
        let staff = cellar::user::Staff::AT_THE_MACHINE;
        users.change_role(&staff, id, cellar::access::Role::User).await.unwrap();
        login.await.unwrap()
    });
    let bearer = format!("Bearer {}", tokens.access);
    let call = app.visitor().get("/api/admin/users").header("Authorization", &bearer);
    // Either the change ended the session, or the session knows of the change.
    assert!([401, 403].contains(&call.send().status));
}

#[test]
fn right_passwords_at_once_after_a_change_of_cost_are_all_let_in() {
    let app = App::start();
    app.user("ada");
    let app = app.restarted(Setup::default().flag("bcrypt_cost", "5"));
    let users = app.users.clone();
    let n_in = at_once(async move {
        let logins = (0..8).map(|_| {
            let users = users.clone();
            rocket::tokio::spawn(async move {
                users.login(credentials("ada"), &visitor()).await.is_ok()
            })
        });
        let mut n_in = 0;
        for login in logins.collect::<Vec<_>>() {
            n_in += usize::from(login.await.unwrap());
        }
        n_in
    });
    assert_eq!(n_in, 8);
}

#[test]
fn the_first_administrators_name_waits_for_them() {
    let app = App::start();
    let ada = app.user("ada");
    // As before the first start has made the account.
    let unmake = |tx: &cellar::database::Tx<'_>| {
        tx.execute("UPDATE users SET username = 'root', role = 'user' WHERE id = 1", &[])?;
        tx.execute("DELETE FROM looks WHERE user_id = 1", &[])
    };
    app.database.write_here(unmake).unwrap();
    for name in ["admin", "adrnin"] {
        register(&app, &someone(name)).problem(409, "taken");
        let rename = ada.call(rocket::http::Method::Patch, "/api/me");
        rename.json(&json!({"username": name})).send().problem(409, "taken");
    }
    let made = at_once(app.users.ensure_admin(Some(PASSWORD.into()), |_| Ok(())));
    assert!(made.unwrap());
    app.admin().get("/api/admin/system").send().expect(200);
}

#[test]
fn what_is_secret_is_not_shown_to_whoever_debugs() {
    let app = App::start();
    app.user("ada");
    let (user, _) = at_once(app.users.login(credentials("ada"), &visitor())).unwrap();
    let shown = format!("{user:?}");
    assert!(shown.contains("ada") && !shown.contains("$2b$"), "{shown}");
}

#[test]
fn a_profile_that_does_not_change_is_no_news() {
    let app = App::start();
    let ada = app.user("ada");
    let patch = |body: serde_json::Value| {
        ada.call(rocket::http::Method::Patch, "/api/me").json(&body).send().expect(200)
    };
    assert_eq!(patch(json!({}))["username"], "ada");
    patch(json!({"full_name": "Ada", "email": "a@example.org"}));
    let log = app.admin().get("/api/admin/audit?action=profile_change").send().expect(200);
    let lines = log["items"].as_array().unwrap();
    assert_eq!((lines.len(), &lines[0]["detail"]), (1, &json!("email full_name")));
}
