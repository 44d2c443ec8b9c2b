//! Accounts end: what is forgotten, and what is kept.

use super::*;

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
    close(&ada).problem(409, "owns_shared_workspaces");
    ada.get("/api/me").send().expect(200);
    close(&bob).expect(204);
    close(&ada).expect(204);
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
