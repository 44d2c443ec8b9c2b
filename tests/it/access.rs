//! Credentials: access and refresh tokens, API keys, sessions and their ends.

mod keys;

use data_encoding::BASE64;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::support::app::{Actor, Answer, App, PASSWORD, Setup};
use crate::support::binary::Binary;

/// A program that calls with this credential.
fn with_bearer(app: &App, method: Method, path: &str, credential: &str) -> Answer {
    let call = app.visitor().call(method, path).without("Sec-Fetch-Site");
    call.header("Authorization", &format!("Bearer {credential}")).send()
}

fn get(app: &App, path: &str, credential: &str) -> Answer {
    with_bearer(app, Method::Get, path, credential)
}

fn log_in(app: &App, name: &str) -> (String, String) {
    let body = json!({"username": name, "password": PASSWORD});
    tokens(&app.visitor().post("/auth/login").json(&body).send().expect(200))
}

fn tokens(answer: &Value) -> (String, String) {
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

fn refresh(app: &App, token: &str) -> Answer {
    app.visitor().post("/auth/refresh").json(&json!({"refresh_token": token})).send()
}

fn make_key(actor: &Actor<'_>, body: &Value) -> (String, String) {
    let made = actor.post("/api/keys").json(body).send().expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

#[test]
fn a_program_logs_in_with_a_name_or_an_address_and_is_told_its_tokens() {
    let app = App::start();
    app.user("ada");
    for who in [json!({"username": "ADA"}), json!({"email": "Ada@Example.org"})] {
        let mut body = who;
        body["password"] = PASSWORD.into();
        let answer = app.visitor().post("/auth/login").json(&body).send();
        let found = answer.expect(200);
        assert_eq!((&found["token_type"], &found["expires_in"]), (&json!("bearer"), &json!(900)));
        assert_eq!(found["user"]["username"], "ada");
        assert_eq!(answer.header("Set-Cookie"), None);
        let (access, _) = tokens(&found);
        assert_eq!(get(&app, "/api/me", &access).expect(200)["email"], "ada@example.org");
    }
}

#[test]
fn an_access_token_ends_with_its_quarter_of_an_hour_and_with_its_session() {
    let app = Setup::default().standing().start();
    app.user("ada");
    let (access, next) = log_in(&app, "ada");
    app.clock.advance_s(899);
    get(&app, "/api/me", &access).expect(200);
    app.clock.advance_s(1);
    get(&app, "/api/me", &access).problem(401, "signed_out");
    let (access, _) = tokens(&refresh(&app, &next).expect(200));
    get(&app, "/api/me", &access).expect(200);
    with_bearer(&app, Method::Post, "/auth/logout", &access).expect(204);
    get(&app, "/api/me", &access).problem(401, "signed_out");
}

#[test]
fn the_token_of_an_ended_session_stays_ended_whoever_signs_in_next() {
    let app = App::start();
    app.user("ada");
    let (gone, _) = log_in(&app, "ada");
    with_bearer(&app, Method::Post, "/auth/logout", &gone).expect(204);
    let (access, _) = log_in(&app, "ada");
    get(&app, "/api/me", &gone).problem(401, "signed_out");
    get(&app, "/api/me", &access).expect(200);
    // Not even if the numbers of sessions begin anew, as they do in a restored backup.
    with_bearer(&app, Method::Post, "/auth/logout", &access).expect(204);
    let rewind = |tx: &cellar::database::Tx<'_>| {
        tx.execute("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'sessions'", &[])
    };
    app.database.write_here(rewind).unwrap();
    log_in(&app, "ada");
    for gone in [gone, access] {
        get(&app, "/api/me", &gone).problem(401, "signed_out");
    }
}

#[test]
fn the_number_of_a_session_or_a_key_never_comes_again() {
    let app = App::start();
    let ada = app.user("ada");
    let newest = |path: &str| {
        let listed = ada.get(path).send().expect(200);
        listed["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let (access, _) = log_in(&app, "ada");
    let session = newest("/api/me/sessions");
    with_bearer(&app, Method::Post, "/auth/logout", &access).expect(204);
    log_in(&app, "ada");
    assert_ne!(newest("/api/me/sessions"), session);
    let (key, _) = make_key(&ada, &json!({"name": "k", "scopes": ["read"]}));
    ada.delete(&format!("/api/keys/{key}")).send().expect(204);
    let (other, _) = make_key(&ada, &json!({"name": "k", "scopes": ["read"]}));
    assert_ne!(other, key);
}

#[test]
fn a_refresh_token_is_good_once_and_a_replayed_one_ends_its_family() {
    let app = App::start();
    app.user("ada");
    let (_, first) = log_in(&app, "ada");
    let (other_access, _) = log_in(&app, "ada");
    let (_, second) = tokens(&refresh(&app, &first).expect(200));
    let (access, third) = tokens(&refresh(&app, &second).expect(200));
    refresh(&app, &first).problem(401, "signed_out");
    // The thief and the user are both out; another login is not.
    refresh(&app, &third).problem(401, "signed_out");
    get(&app, "/api/me", &access).problem(401, "signed_out");
    get(&app, "/api/me", &other_access).expect(200);
    for wrong in ["", "x", &access] {
        refresh(&app, wrong).problem(401, "signed_out");
    }
    let audit = app.admin().get("/api/admin/audit?action=refresh_token_replayed").send();
    assert_eq!(audit.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[test]
fn tokens_outlive_a_restart_and_their_key_is_kept() {
    let app = App::start();
    app.user("ada");
    let (access, next) = log_in(&app, "ada");
    let app = app.restarted(Setup::default());
    get(&app, "/api/me", &access).expect(200);
    refresh(&app, &next).expect(200);
}

#[test]
fn a_token_is_no_cookie_and_a_cookie_no_token() {
    let app = App::start();
    let ada = app.user("ada");
    let (access, refresh_token) = log_in(&app, "ada");
    let cookie = ada.cookie.clone().unwrap();
    let secret = cookie.split_once('=').unwrap().1;
    get(&app, "/api/me", secret).problem(401, "signed_out");
    refresh(&app, secret).problem(401, "signed_out");
    for forged in [access, refresh_token] {
        let mut actor = app.visitor();
        actor.cookie = Some(format!("cellar_local={forged}"));
        actor.get("/api/me").send().problem(401, "signed_out");
    }
    // A wrong credential is not made good by a right cookie.
    ada.get("/api/me").header("Authorization", "Bearer x").send().problem(401, "signed_out");
    ada.get("/api/me").header("Authorization", "Basic YTpi").send().problem(401, "signed_out");
}

#[test]
fn every_session_ends_at_once_when_it_should() {
    type End = fn(&App, &Actor<'_>, &str);
    let app = App::start();
    let admin = app.admin();
    let ends: [(&str, End); 5] = [
        ("a changed password", |_, ada, _| {
            let body =
                json!({"current_password": PASSWORD, "new_password": "a fresh and long one"});
            ada.put("/api/me/password").json(&body).send().expect(204);
        }),
        ("disabling", |app, _, id| {
            app.admin().post(&format!("/api/admin/users/{id}/disable")).send().expect(204);
        }),
        ("a changed role", |app, _, id| {
            let call = app.admin().put(&format!("/api/admin/users/{id}/role"));
            call.json(&json!({"role": "admin"})).send().expect(204);
        }),
        ("a password reset", |app, _, id| {
            app.admin().post(&format!("/api/admin/users/{id}/password")).send().expect(200);
        }),
        ("the word of the staff", |app, _, id| {
            app.admin().post(&format!("/api/admin/users/{id}/sign-out")).send().expect(204);
        }),
    ];
    for (n, (what, end)) in ends.into_iter().enumerate() {
        let name = format!("user{n}x");
        let ada = app.user(&name);
        let (browser, (access, next)) = (app.signed_in(&name), log_in(&app, &name));
        let id = ada.get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned();
        end(&app, &ada, &id);
        browser.get("/api/me").send().problem(401, "signed_out");
        let status = get(&app, "/api/me", &access).status;
        assert_eq!(status, 401, "{what} left an access token alive");
        assert_eq!(refresh(&app, &next).status, 401, "{what} left a refresh token alive");
    }
    admin.get("/api/me").send().expect(200);
}

#[test]
fn somebody_sees_their_sessions_and_ends_one_of_them() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let (access, _) = log_in(&app, "ada");
    let listed = ada.get("/api/me/sessions").send().expect(200);
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!((&items[0]["kind"], &items[0]["is_current"]), (&json!("token"), &json!(false)));
    assert_eq!((&items[1]["kind"], &items[1]["is_current"]), (&json!("browser"), &json!(true)));
    let address = format!("/api/me/sessions/{}", items[0]["id"].as_str().unwrap());
    bob.delete(&address).send().problem(404, "not_found");
    get(&app, "/api/me", &access).expect(200);
    ada.delete(&address).send().expect(204);
    get(&app, "/api/me", &access).problem(401, "signed_out");
    ada.delete(&address).send().problem(404, "not_found");
    ada.get("/api/me").send().expect(200);
}

#[test]
fn somebody_ends_every_session_but_the_one_that_asks() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let (access, _) = log_in(&app, "ada");
    let other = app.signed_in("ada");
    ada.delete("/api/me/sessions").send().expect(204);
    get(&app, "/api/me", &access).problem(401, "signed_out");
    other.get("/api/me").send().problem(401, "signed_out");
    let items = ada.get("/api/me/sessions").send().expect(200)["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1);
    assert_eq!(items[0]["is_current"], true);
    bob.get("/api/me").send().expect(200);
    ada.delete("/api/me/sessions").send().expect(204);
}

#[test]
fn a_session_says_whether_it_was_opened_in_the_network_of_the_one_that_asks() {
    let app = App::start();
    app.user("ada");
    let log_in_from = |address: &str| {
        let body = json!({"username": "ada", "password": PASSWORD});
        tokens(&app.visitor().post("/auth/login").json(&body).from(address).send().expect(200)).0
    };
    log_in_from("198.51.100.7");
    log_in_from("203.0.113.9");
    let access = log_in_from("203.0.113.9");
    let items = get(&app, "/api/me/sessions", &access).expect(200)["items"].clone();
    let is_same = |place: usize| items[place]["is_same_network"].clone();
    assert_eq!([is_same(0), is_same(1), is_same(2)], [json!(true), json!(true), json!(false)]);
    // Where the first one was opened is not known.
    assert_eq!(is_same(3), json!(null));
}

#[test]
fn who_was_ended_while_they_sent_a_body_does_nothing_with_it() {
    let binary = Binary::new();
    let served = binary.serve(&[]);
    let admin = served.sign_in();
    let sign_up = |name: &str| {
        let body = json!({
            "username": name, "email": format!("{name}@example.org"), "password": PASSWORD,
        });
        let made = served.request("POST", "/auth/register").json(&body).send();
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let (ada, eve) = (sign_up("ada"), sign_up("eve"));
    let role = |id: &str, role: &str, cookie: &str| {
        let path = format!("/api/admin/users/{id}/role");
        served.request("PUT", &path).cookie(cookie).json(&json!({"role": role}))
    };
    assert_eq!(role(&ada, "admin", &admin).send().status, 204);
    let body = json!({"username": "ada", "password": PASSWORD});
    let signed_in = served.request("POST", "/auth/session").json(&body).send();
    let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let body = json!({"name": "k", "scopes": ["write"]});
    let key = served.request("POST", "/api/keys").cookie(&cookie).json(&body).send().json();
    let bearer = format!("Bearer {}", key["secret"].as_str().unwrap());
    let top_up = served.request("POST", "/api/balance/top-ups").header("Authorization", &bearer);

    let held_back = [
        role(&eve, "admin", &cookie).hold_back(),
        served
            .request("PATCH", "/api/me")
            .cookie(&cookie)
            .json(&json!({"full_name": "Ada"}))
            .hold_back(),
        top_up.json(&json!({"amount": 5})).hold_back(),
    ];
    // Long enough for all of them to be let in.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let disable = format!("/api/admin/users/{ada}/disable");
    assert_eq!(served.request("POST", &disable).cookie(&admin).send().status, 204);
    for request in held_back {
        assert_eq!(request.finish().status, 401);
    }
    let found = |id: &str| {
        let path = format!("/api/admin/users/{id}");
        served.request("GET", &path).cookie(&admin).send().json()
    };
    assert_eq!(found(&eve)["role"], "user");
    assert_eq!((&found(&ada)["full_name"], &found(&ada)["available"]), (&Value::Null, &json!(100)));
}

#[test]
fn somebody_has_fifty_sessions_and_the_one_longest_not_seen_makes_room() {
    let app = Setup::default().standing().start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let (forgotten, _) = log_in(&app, "ada");
    app.clock.advance_s(1);
    for _ in 0..48 {
        log_in(&app, "ada");
    }
    ada.get("/api/me").send().expect(200);
    get(&app, "/api/me", &forgotten).expect(200);
    let sessions = app.client.rocket().state::<cellar::access::Sessions>().unwrap().clone();
    // When each was seen is written down now and then.
    let tidy = |sessions: &cellar::access::Sessions| {
        rocket::tokio::runtime::Runtime::new().unwrap().block_on(sessions.tidy()).unwrap();
    };
    app.clock.advance_s(1);
    ada.get("/api/me").send().expect(200);
    tidy(&sessions);
    let n_open = || {
        let listed = ada.get("/api/me/sessions").send().expect(200);
        listed["items"].as_array().unwrap().len()
    };
    assert_eq!(n_open(), 50);
    for _ in 0..50 {
        app.clock.advance_s(1);
        ada.get("/api/me").send().expect(200);
        tidy(&sessions);
        log_in(&app, "ada");
    }
    assert_eq!(n_open(), 50);
    get(&app, "/api/me", &forgotten).problem(401, "signed_out");
    bob.get("/api/me").send().expect(200);
}
