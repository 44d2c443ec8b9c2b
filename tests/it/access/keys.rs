//! API keys: made, shown once, good for what they say, and ended.

use super::*;

#[test]
fn a_key_may_be_sent_as_a_password_and_no_other_secret_may() {
    let app = App::start();
    let ada = app.user("ada");
    let (id, key) = make_key(&ada, &json!({"name": "k", "scopes": ["read"]}));
    let (access, refresh_token) = log_in(&app, "ada");
    let with = |credential: &str| {
        let call = app.visitor().get("/api/balance").without("Sec-Fetch-Site");
        call.header("Authorization", credential).send()
    };
    let basic = |pair: &str| format!("Basic {}", BASE64.encode(pair.as_bytes()));
    for name in ["ada", "cellar", ""] {
        let balance = with(&basic(&format!("{name}:{key}"))).expect(200);
        assert_eq!(balance["available"], 100);
    }
    with(&basic(&format!("x:{key}")).replace("Basic", "basic")).expect(200);
    for pair in [
        format!("ada:{PASSWORD}"),
        format!("ada:{access}"),
        format!("ada:{refresh_token}"),
        format!("{key}:"),
        format!("ada:{key}x"),
        key.clone(),
        String::new(),
    ] {
        let answer = with(&basic(&pair));
        answer.problem(401, "signed_out");
        // A browser that is asked for a password would keep it.
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
    }
    with("Basic").problem(401, "signed_out");
    with("Basic cel_!").problem(401, "signed_out");
    with(&format!("Basic {key}")).problem(401, "signed_out");
    ada.delete(&format!("/api/keys/{id}")).send().expect(204);
    with(&basic(&format!("ada:{key}"))).problem(401, "signed_out");
}

#[test]
fn a_key_is_shown_once_and_does_what_its_scopes_say() {
    let app = App::start();
    let ada = app.user("ada");
    let body = json!({"name": "  nightly ", "scopes": ["write", "read", "read"]});
    let made = ada.post("/api/keys").json(&body).send().expect(201);
    assert_eq!(made["name"], "nightly");
    assert_eq!(made["scopes"], json!(["read", "write"]));
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("cel_") && secret.len() == 47, "{secret}");
    assert!(secret.ends_with(made["hint"].as_str().unwrap()));

    let listed = ada.get("/api/keys").send();
    assert!(!listed.text.contains(secret));
    assert_eq!(listed.expect(200)["items"][0]["last_used_at"], Value::Null);
    assert_eq!(get(&app, "/api/balance", secret).expect(200)["available"], 100);
    let listed = ada.get("/api/keys").send().expect(200);
    assert!(listed["items"][0]["last_used_at"].is_string());
    assert!(!app.database.path().parent().unwrap().join("cellar.db").is_dir());
    // It reaches nothing that makes it more than it is.
    for (method, path) in [
        (Method::Post, "/api/keys"),
        (Method::Get, "/api/keys"),
        (Method::Patch, "/api/me"),
        (Method::Put, "/api/me/password"),
        (Method::Get, "/api/me/sessions"),
        (Method::Post, "/auth/logout"),
    ] {
        with_bearer(&app, method, path, secret).problem(403, "not_for_keys");
    }
    // Not even the key of an administrator.
    let (_, of_admin) = make_key(&app.admin(), &json!({"name": "a", "scopes": ["read", "write"]}));
    get(&app, "/api/admin/users", &of_admin).problem(403, "not_for_keys");
    get(&app, "/metrics", &of_admin).problem(403, "not_for_keys");
}

#[test]
fn a_key_that_was_revoked_or_has_ended_opens_nothing() {
    let app = Setup::default().standing().start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let (id, secret) = make_key(&ada, &json!({"name": "k", "scopes": ["read"]}));
    let end = "2026-11-18T12:00:00Z";
    let until = json!({"name": "k", "scopes": ["read"], "expires_at": end});
    let now = app.clock.now();
    assert!(now.to_string().as_str() < end, "{now}");
    let (_, short) = make_key(&ada, &until);
    get(&app, "/api/balance", &short).expect(200);
    let address = format!("/api/keys/{id}");
    bob.delete(&address).send().problem(404, "not_found");
    ada.delete(&address).send().expect(204);
    get(&app, "/api/balance", &secret).problem(401, "signed_out");
    app.clock.advance_s(12 * 3600);
    get(&app, "/api/balance", &short).problem(401, "signed_out");
    let app = app.restarted(Setup::default());
    get(&app, "/api/balance", &secret).problem(401, "signed_out");
}

#[test]
fn a_disabled_account_has_no_keys_until_it_is_enabled() {
    let app = App::start();
    let ada = app.user("ada");
    let (_, secret) = make_key(&ada, &json!({"name": "k", "scopes": ["read"]}));
    let id = ada.get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned();
    let steer = |what: &str| {
        app.admin().post(&format!("/api/admin/users/{id}/{what}")).send().expect(204);
    };
    steer("disable");
    get(&app, "/api/balance", &secret).problem(401, "signed_out");
    steer("enable");
    get(&app, "/api/balance", &secret).expect(200);
}

#[test]
fn a_key_that_makes_no_sense_is_not_made() {
    let app = App::start();
    let ada = app.user("ada");
    let issues = |body: Value| ada.post("/api/keys").json(&body).send().issues();
    let only = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    assert_eq!(issues(json!({"name": "k", "scopes": []})), only("scopes", "required"));
    assert_eq!(
        issues(json!({"name": "k", "scopes": ["admin"]})),
        only("scopes[0]", "unknown_value")
    );
    assert_eq!(issues(json!({"name": " ", "scopes": ["read"]})), only("name", "invalid"));
    let past = json!({"name": "k", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"});
    assert_eq!(issues(past), only("expires_at", "past"));
    let odd = json!({"name": "k", "scopes": ["read"], "expires_at": "tomorrow"});
    assert_eq!(issues(odd), only("expires_at", "invalid"));
    assert_eq!(ada.get("/api/keys").send().expect(200)["items"], json!([]));
    for _ in 0..50 {
        make_key(&ada, &json!({"name": "k", "scopes": ["read"]}));
    }
    let one_more = ada.post("/api/keys").json(&json!({"name": "k", "scopes": ["read"]})).send();
    one_more.problem(409, "too_many_keys");
}
