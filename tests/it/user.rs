//! Accounts: signing in and out, sessions, passwords.

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

#[test]
fn who_signs_up_has_an_account_in_its_canonical_form() {
    let app = App::start();
    let mut body = someone("ada");
    body["username"] = "  ＡＤＡ ".into();
    body["email"] = "Ada@EXAMPLE.org".into();
    body["full_name"] = " Ada Lovelace ".into();
    let made = register(&app, &body);
    let user = made.expect(201);
    assert_eq!((&user["username"], &user["email"]), (&json!("ada"), &json!("ada@example.org")));
    assert_eq!((&user["full_name"], &user["role"]), (&json!("Ada Lovelace"), &json!("user")));
    assert!(!made.text.contains("hash"));
    for name in ["ada", "Ada", "ADA@example.org"] {
        sign_in(&app, name, PASSWORD).expect(201);
    }
}

#[test]
fn signing_up_and_out_is_remembered_with_the_request() {
    let app = App::start();
    let made = register(&app, &someone("ada"));
    let ada = app.signed_in("ada");
    let gift = &ada.get("/api/transactions").send().expect(200)["items"][0];
    assert_eq!(gift["request_id"].as_str(), made.header("X-Request-Id"));
    let out = ada.delete("/auth/session").send();
    let log = |action: &str| {
        let found = app.admin().get(&format!("/api/admin/audit?action={action}")).send();
        found.expect(200)["items"][0].clone()
    };
    assert_eq!(log("register")["request_id"].as_str(), made.header("X-Request-Id"));
    assert_eq!(
        (&log("register")["actor"], &log("register")["user"]),
        (&json!("ada"), &json!("ada"))
    );
    assert_eq!(log("sign_out")["request_id"].as_str(), out.header("X-Request-Id"));
}

#[test]
fn every_mistake_of_a_registration_is_told_at_once() {
    let app = App::start();
    let body = json!({"username": "a", "email": "ada", "password": "password", "colour": 1});
    let found = register(&app, &body).issues();
    assert_eq!(found, [("colour".to_owned(), "unknown".to_owned())]);
    let body =
        json!({"username": "a", "email": "ada", "password": "password", "full_name": "a\nb"});
    let fields: Vec<_> = register(&app, &body).issues();
    let expected = [
        ("email", "invalid"),
        ("full_name", "invalid"),
        ("password", "common"),
        ("username", "invalid"),
    ];
    assert_eq!(fields, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    let mut own = someone("lovelace");
    own["password"] = "lovelace12".into();
    assert_eq!(register(&app, &own).issues()[0].1, "like_name");
}

#[test]
fn a_name_that_is_taken_or_looks_like_it_is_refused() {
    let app = App::start();
    register(&app, &someone("paypal")).expect(201);
    let mut twin = someone("paypal");
    twin["email"] = "other@example.org".into();
    let taken = register(&app, &twin).problem(409, "taken");
    assert_eq!(taken["errors"][0]["field"], "username");
    let mut alike = twin.clone();
    // Cyrillic letters that look Latin, all of one script.
    alike["username"] = "раураӏ".into();
    assert_eq!(register(&app, &alike).problem(409, "taken")["errors"][0]["field"], "username");
    for name in ["adrnin", "adm1n", "payPaI"] {
        alike["username"] = name.into();
        register(&app, &alike).problem(409, "taken");
    }
    let mut both = someone("paypal");
    both["email"] = "PayPal@example.org".into();
    let taken = register(&app, &both).problem(409, "taken");
    assert_eq!(taken["errors"].as_array().unwrap().len(), 2);
}

#[test]
fn two_who_want_one_name_at_once_do_not_both_get_it() {
    let app = App::start();
    let service = app.users.clone();
    let runtime = rocket::tokio::runtime::Runtime::new().unwrap();
    let made = runtime.block_on(async {
        let staff = cellar::user::Staff::AT_THE_MACHINE;
        let tries = (0..16).map(|_| {
            let (service, staff) = (service.clone(), staff.clone());
            rocket::tokio::spawn(async move {
                let asked = cellar::user::StaffUser {
                    username: "wanted".into(),
                    email: None,
                    role: cellar::access::Role::User,
                };
                service.create_by_staff(&staff, asked).await.is_ok()
            })
        });
        let mut n_made = 0;
        for tried in tries.collect::<Vec<_>>() {
            n_made += usize::from(tried.await.unwrap());
        }
        n_made
    });
    assert_eq!(made, 1);
}

#[test]
fn where_sign_up_is_closed_or_by_invitation_it_is() {
    let rule = App::start().visitor().get("/auth/sign-up").send().expect(200);
    assert_eq!(rule, json!({"sign_up": "open", "credits": 100}));
    let closed = Setup::default().flag("sign_up", "closed").start();
    let rule = closed.visitor().get("/auth/sign-up").send().expect(200);
    assert_eq!(rule["sign_up"], "closed");
    register(&closed, &someone("ada")).problem(403, "closed");
    // Nothing is judged for somebody who may not come in anyway.
    let mut bad = someone("a");
    bad["password"] = "password".into();
    register(&closed, &bad).problem(403, "closed");

    let app = Setup::default().standing().flag("sign_up", "invite").start();
    assert_eq!(register(&app, &someone("ada")).issues()[0], pair("invitation", "required"));
    let invite = |body: &serde_json::Value| {
        app.admin().post("/api/admin/invitations").json(body).send().expect(201)
    };
    let made = invite(&json!({"note": "for Ada"}));
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(made["link"], format!("http://localhost:8000/sign-up#{secret}"));
    let with = |name: &str, secret: &str| {
        let mut body = someone(name);
        body["invitation"] = secret.into();
        register(&app, &body)
    };
    assert_eq!(with("ada", "wrong").issues()[0], pair("invitation", "not_open"));
    with("ada", secret).expect(201);
    assert_eq!(with("eve", secret).issues()[0], pair("invitation", "not_open"));

    let other = invite(&json!({}));
    let address = format!("/api/admin/invitations/{}", other["id"].as_str().unwrap());
    app.admin().delete(&address).send().expect(204);
    let secret = other["secret"].as_str().unwrap();
    assert_eq!(with("eve", secret).issues()[0], pair("invitation", "not_open"));
    let late = invite(&json!({}));
    app.clock.advance_s(14 * 24 * 3600);
    let secret = late["secret"].as_str().unwrap();
    assert_eq!(with("eve", secret).issues()[0], pair("invitation", "not_open"));
    let listed = app.admin().get("/api/admin/invitations").send();
    assert!(!listed.text.contains(secret));
    let listed = listed.expect(200);
    let used: Vec<_> = listed["items"].as_array().unwrap().iter().map(|i| &i["used_by"]).collect();
    assert_eq!(used, [&json!(null), &json!(null), &json!("ada")]);
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
fn a_closed_account_is_forgotten_and_its_ledger_kept() {
    let app = App::start();
    let ada = app.user("ada");
    let id = ada.get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "k", "scopes": ["read"]});
    let key = ada.post("/api/keys").json(&body).send().expect(201);
    let close =
        |password: &str| ada.post("/api/me/close").json(&json!({"password": password})).send();
    assert_eq!(close("not the password").issues()[0], pair("password", "wrong_password"));
    let answer = close(PASSWORD);
    answer.expect(204);
    assert!(answer.header("Set-Cookie").unwrap().contains("Max-Age=0"));
    ada.get("/api/me").send().problem(401, "signed_out");
    let bearer = format!("Bearer {}", key["secret"].as_str().unwrap());
    let call = app.visitor().get("/api/balance").header("Authorization", &bearer);
    call.send().problem(401, "signed_out");
    sign_in(&app, "ada", PASSWORD).problem(422, "invalid");
    sign_in(&app, "ada@example.org", "").problem(422, "invalid");

    let admin = app.admin();
    let found = admin.get(&format!("/api/admin/users/{id}")).send();
    assert!(!found.text.contains("ada@") && !found.text.contains("\"ada\""), "{}", found.text);
    assert_eq!(found.expect(200)["state"], "closed");
    let kept = admin.get(&format!("/api/admin/transactions?user_id={id}")).send().expect(200);
    assert_eq!(kept["items"][0]["amount"], 100);
    let enable = admin.post(&format!("/api/admin/users/{id}/enable")).send();
    enable.problem(404, "not_found");
    // The name can be had again, by somebody who has nothing of the other's.
    let again = app.user("ada");
    assert_eq!(again.get("/api/workspaces").send().expect(200)["items"][0]["n_members"], 1);
}

#[test]
fn who_owns_a_workspace_that_others_work_in_cannot_just_go() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let body = json!({"name": "Room", "slug": "room"});
    let made = ada.post("/api/workspaces").json(&body).send();
    let address = made.header("Location").unwrap();
    let guest = json!({"username": "bob", "role": "viewer"});
    let asked = ada.post(&format!("{address}/invitations")).json(&guest).send().expect(201);
    let accept = format!("/api/invitations/{}/accept", asked["id"].as_str().unwrap());
    bob.post(&accept).send().expect(200);
    let close =
        |actor: &Actor<'_>| actor.post("/api/me/close").json(&json!({"password": PASSWORD})).send();
    close(&ada).problem(409, "conflict");
    ada.get("/api/me").send().expect(200);
    close(&bob).expect(204);
    close(&ada).expect(204);
}

#[test]
fn a_stranger_who_guesses_is_slowed_down_and_cannot_lock_the_user_out() {
    let app = Setup::default().flag("sign_in_tries_per_minute", "5").start();
    app.user("ada");
    let guess = |from: &str, password: &str| {
        let body = json!({"username": "ada", "password": password});
        app.visitor().post("/auth/session").from(from).json(&body).send()
    };
    guess("192.0.2.1", PASSWORD).expect(201);
    for n in 0..20 {
        let from = format!("198.51.100.{n}");
        assert_eq!(guess(&from, "not the password").status, 422);
    }
    // Whoever they are now, and with whichever password.
    let refused = guess("203.0.113.7", PASSWORD);
    refused.problem(429, "too_many");
    assert!(refused.header("Retry-After").is_some());
    // From where ada is signed in, she signs in.
    guess("192.0.2.1", PASSWORD).expect(201);
    // A name that is not there is answered alike.
    let guess = |from: &str| {
        let body = json!({"username": "nobody", "password": "not the password"});
        app.visitor().post("/auth/session").from(from).json(&body).send().status
    };
    let answers: Vec<_> = (0..21).map(|n| guess(&format!("198.51.101.{n}"))).collect();
    assert_eq!(answers, [vec![422; 20], vec![429]].concat());
}

#[test]
fn a_stranger_cannot_lock_somebody_out_where_they_were_before() {
    let app = Setup::default().standing().flag("sign_in_tries_per_minute", "5").start();
    let sign_in = |from: &str, password: &str| {
        let body = json!({"username": "ada", "password": password});
        app.visitor().post("/auth/session").from(from).json(&body).send()
    };
    let attack = || {
        for n in 0..20 {
            sign_in(&format!("198.51.100.{n}"), "not the password");
        }
    };
    app.visitor().post("/auth/register").from("192.0.2.1").json(&someone("ada")).send().expect(201);
    attack();
    // Where she signed up, for the first time.
    let mut ada = app.visitor();
    let opened = sign_in("192.0.2.1", PASSWORD);
    opened.expect(201);
    ada.cookie = opened.header("Set-Cookie").unwrap().split(';').next().map(str::to_owned);
    // And where she was before, though she signed out.
    ada.delete("/auth/session").send().expect(204);
    sign_in("192.0.2.1", PASSWORD).expect(201);
    sign_in("203.0.113.7", PASSWORD).problem(429, "too_many");
    // A place is forgotten that was not used for a quarter of a year.
    let forget = |days: i64| {
        app.clock.advance_s(days * 24 * 3600);
        let now = app.clock.now();
        let forget = move |tx: &cellar::database::Tx<'_>| cellar::access::forget_places(tx, now, 9);
        app.database.write_here(forget).unwrap()
    };
    assert_eq!(forget(89), 0);
    assert_eq!(forget(2), 1);
    attack();
    sign_in("192.0.2.1", PASSWORD).problem(429, "too_many");
}

#[test]
fn the_latest_places_of_a_user_are_remembered_and_a_closed_account_has_none() {
    let app = Setup::default().standing().start();
    let ada = app.user("ada");
    let body = json!({"username": "ada", "password": PASSWORD});
    for n in 0..25 {
        app.clock.advance_s(1);
        let from = format!("192.0.2.{n}");
        app.visitor().post("/auth/login").from(&from).json(&body).send().expect(200);
    }
    let places = || {
        let sql = "SELECT count(*), coalesce(min(last_used_at), 0) FROM known_places";
        let read = |row: &cellar::database::Row<'_>| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?));
        app.database.read_here(|r| r.fetchone(sql, &[], read)).unwrap().unwrap()
    };
    assert_eq!(places(), (20, app.clock.now().plus_s(-19).millis()));
    ada.post("/api/me/close").json(&json!({"password": PASSWORD})).send().expect(204);
    assert_eq!(places().0, 0);
}

#[test]
fn wrong_tries_are_counted_by_account_however_it_is_called() {
    let app = Setup::default().flag("sign_in_tries_per_minute", "5").start();
    app.user("ada");
    let guess = |n: u32, field: &str, name: &str| {
        let body = json!({ field: name, "password": "not the password" });
        let from = format!("198.51.100.{n}");
        app.visitor().post("/auth/login").from(&from).json(&body).send().status
    };
    let names = [("username", "ada"), ("username", " ADA"), ("email", "Ada@example.org")];
    let answers: Vec<_> =
        names.iter().cycle().zip(0..22).map(|((field, name), n)| guess(n, field, name)).collect();
    assert_eq!(answers, [vec![422; 20], vec![429; 2]].concat());
}

#[test]
fn who_has_taken_a_session_cannot_guess_the_password_behind_it() {
    let app = Setup::default().flag("sign_in_tries_per_minute", "5").start();
    let ada = app.user("ada");
    let guess = |n: u32, password: &str| {
        let body = json!({"current_password": password, "new_password": "another good cork"});
        ada.put("/api/me/password").from(&format!("198.51.100.{n}")).json(&body).send()
    };
    for n in 0..10 {
        assert_eq!(guess(n, "not the password").status, 422);
        let close = ada.post("/api/me/close").from(&format!("198.51.101.{n}"));
        assert_eq!(close.json(&json!({"password": "nor this one"})).send().status, 422);
    }
    guess(10, "not the password").problem(429, "too_many");
    guess(11, PASSWORD).problem(429, "too_many");
    // Her other session is not the thief's.
    let body = json!({"username": "ada", "password": PASSWORD});
    app.visitor().post("/auth/session").from("198.51.100.99").json(&body).send().expect(201);
}

#[test]
fn a_session_of_the_account_is_as_good_as_a_known_place() {
    let app = Setup::default().flag("sign_in_tries_per_minute", "5").start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let body = |password: &str| json!({"username": "ada", "password": password});
    for n in 0..20 {
        let from = format!("198.51.100.{n}");
        app.visitor().post("/auth/session").from(&from).json(&body("no")).send();
    }
    let renew = |actor: &Actor<'_>, from: &str| {
        actor.post("/auth/session").from(from).json(&body(PASSWORD)).send()
    };
    renew(&app.visitor(), "203.0.113.7").problem(429, "too_many");
    renew(&bob, "203.0.113.8").problem(429, "too_many");
    renew(&ada, "203.0.113.9").expect(201);
}

#[test]
fn a_failure_to_sign_in_waits_for_no_line_about_it_whether_or_not_the_name_is_known() {
    let app = App::start();
    app.user("ada");
    let n_lines = || {
        let sql = "SELECT count(*) FROM audit";
        let found = app.database.read_here(|r| r.fetchone(sql, &[], |row| row.get::<i64>(0)));
        found.unwrap().unwrap()
    };
    let n_before = n_lines();
    // Nothing is written before the answers are there.
    let ((begin, begun), (release, released)) = (mpsc::channel(), mpsc::channel());
    let database = app.database.clone();
    let hold = move |_: &cellar::database::Tx<'_>| {
        begin.send(()).unwrap();
        Ok(released.recv_timeout(Duration::from_secs(10)).is_ok())
    };
    let holder = std::thread::spawn(move || database.write_here(hold));
    begun.recv().unwrap();
    for password in ["not the password".to_owned(), "x".repeat(300)] {
        sign_in(&app, "ada", &password).problem(422, "invalid");
        sign_in(&app, "nobody", &password).problem(422, "invalid");
    }
    let _ = release.send(());
    assert!(holder.join().unwrap().unwrap(), "an answer waited for its line");
    // What was put in the queue before is done before.
    app.database.write_here(|_| Ok(())).unwrap();
    assert_eq!(n_lines() - n_before, 2);
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
fn an_account_closes_once_and_nothing_is_written_to_it_after() {
    let binary = Binary::new();
    let served = binary.serve(&[]);
    let admin = served.sign_in();
    let get = |path: &str| served.request("GET", path).cookie(&admin).send().json();
    for round in 0..12 {
        let who = someone(&format!("ada{round}x"));
        let made = served.request("POST", "/auth/register").json(&who).send().json();
        let who = json!({"username": who["username"], "password": PASSWORD});
        let signed_in = served.request("POST", "/auth/session").json(&who).send();
        let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let send = |method: &'static str, path: &str, body: serde_json::Value| {
            served.request(method, path).cookie(&cookie).json(&body).send().status
        };
        let n_closed = std::thread::scope(|scope| {
            let close = || send("POST", "/api/me/close", json!({"password": PASSWORD}));
            let closing: Vec<_> = (0..4).map(|_| scope.spawn(close)).collect();
            scope.spawn(|| send("PATCH", "/api/me", json!({"full_name": "A"})));
            scope.spawn(|| send("POST", "/api/keys", json!({"name": "k", "scopes": ["read"]})));
            scope.spawn(|| send("POST", "/api/workspaces", json!({"name": "R", "slug": "r"})));
            scope.spawn(|| send("POST", "/api/balance/top-ups", json!({"amount": 5})));
            let answers = closing.into_iter().map(|one| one.join().unwrap());
            answers.filter(|status| *status == 204).count()
        });
        assert_eq!(n_closed, 1, "round {round}");
        let found = get(&format!("/api/admin/users/{}", made["id"].as_str().unwrap()));
        assert_eq!(found["state"], "closed");
        assert_eq!((&found["email"], &found["full_name"]), (&json!(null), &json!(null)));
        for what in ["n_api_keys", "n_sessions", "n_workspaces"] {
            assert_eq!(found["activity"][what], 0, "{what} in round {round}");
        }
    }
    let closed = get("/api/admin/audit?action=account_close");
    assert_eq!(closed["items"].as_array().unwrap().len(), 12);
}

#[test]
fn nothing_is_done_to_a_closed_account_and_whoever_tries_stays_signed_in() {
    let app = App::start();
    let ada = app.user("ada");
    let id = ada.get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned();
    ada.post("/api/me/close").json(&json!({"password": PASSWORD})).send().expect(204);
    let admin = app.admin();
    for deed in ["password", "sign-out", "disable", "enable"] {
        let answer = admin.post(&format!("/api/admin/users/{id}/{deed}")).send();
        answer.problem(404, "not_found");
    }
    let call = admin.put(&format!("/api/admin/users/{id}/role")).json(&json!({"role": "admin"}));
    call.send().problem(404, "not_found");
}

#[test]
fn nothing_of_who_closed_an_account_is_left_in_the_file() {
    let app = App::start();
    let ada = app.user("zachariasx");
    let body = json!({"full_name": "Zacharias Uniquename", "username": "zachariasy"});
    ada.call(rocket::http::Method::Patch, "/api/me").json(&body).send().expect(200);
    let key = json!({"name": "key of Zacharias", "scopes": ["read"]});
    ada.post("/api/keys").json(&key).send().expect(201);
    let room = json!({"name": "Room of Zacharias", "slug": "room", "description": "Zacharias"});
    ada.post("/api/workspaces").json(&room).send().expect(201);
    ada.post("/api/me/close").json(&json!({"password": PASSWORD})).send().expect(204);
    let log = app.admin().get("/api/admin/audit").send().text;
    assert!(!log.to_lowercase().contains("zacharias"), "{log}");
    app.database.close();
    for name in ["cellar.db", "cellar.db-wal"] {
        let path = app.database.path().with_file_name(name);
        let bytes = std::fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!text.contains("zacharias"), "{name}");
    }
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
