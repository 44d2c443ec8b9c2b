//! Workspaces: who sees them, who may do what, and how one becomes a member.

use rocket::http::Method;
use serde_json::{Value, json};

use crate::support::app::{Actor, App, Setup};

fn id_of(actor: &Actor<'_>) -> String {
    actor.get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned()
}

fn make(actor: &Actor<'_>, slug: &str) -> String {
    let body = json!({"name": "Tasting room", "slug": slug, "description": "for the panel"});
    let made = actor.post("/api/workspaces").json(&body).send();
    let address = made.header("Location").unwrap().to_owned();
    assert_eq!(made.expect(201)["role"], "owner");
    address
}

fn invite(owner: &Actor<'_>, address: &str, who: &Value) -> String {
    let asked = owner.post(&format!("{address}/invitations")).json(who).send().expect(201);
    format!("/api/invitations/{}", asked["id"].as_str().unwrap())
}

/// Makes `guest` a member with this role.
fn admit(owner: &Actor<'_>, address: &str, guest: &Actor<'_>, name: &str, role: &str) {
    let invitation = invite(owner, address, &json!({"username": name, "role": role}));
    guest.post(&format!("{invitation}/accept")).send().expect(200);
}

#[test]
fn everybody_has_a_workspace_of_their_own_that_stays() {
    let app = App::start();
    let ada = app.user("ada");
    let listed = ada.get("/api/workspaces").send().expect(200);
    let own = &listed["items"][0];
    assert_eq!((&own["name"], &own["slug"]), (&json!("ada"), &json!("personal")));
    assert_eq!((&own["is_personal"], &own["n_members"]), (&json!(true), &json!(1)));
    let address = format!("/api/workspaces/{}", own["id"].as_str().unwrap());
    ada.delete(&address).send().problem(409, "own_workspace");
    ada.post(&format!("{address}/leave")).send().problem(409, "own_workspace");
    let guest = json!({"email": "x@example.org", "role": "viewer"});
    ada.post(&format!("{address}/invitations")).json(&guest).send().problem(409, "own_workspace");
    assert_eq!(app.admin().get("/api/workspaces").send().expect(200)["items"][0]["name"], "admin");
}

#[test]
fn a_strangers_workspace_is_not_there() {
    let app = App::start();
    let (ada, eve) = (app.user("ada"), app.user("eve"));
    let address = make(&ada, "room");
    let member = format!("{address}/members/{}", id_of(&ada));
    let role = json!({"role": "viewer"});
    let heir = json!({"user_id": id_of(&eve)});
    let absent = "/api/workspaces/wsp_absent0000";
    for (method, path, body) in [
        (Method::Get, address.clone(), None),
        (Method::Patch, address.clone(), Some(json!({"name": "mine"}))),
        (Method::Delete, address.clone(), None),
        (Method::Get, format!("{address}/members"), None),
        (Method::Patch, member.clone(), Some(role.clone())),
        (Method::Delete, member, None),
        (Method::Post, format!("{address}/leave"), None),
        (Method::Post, format!("{address}/hand-over"), Some(heir)),
        (Method::Get, format!("{address}/invitations"), None),
        (Method::Get, absent.to_owned(), None),
    ] {
        let call = eve.call(method, &path);
        let answer = body.map_or_else(|| eve.call(method, &path), |body| call.json(&body)).send();
        answer.problem(404, "not_found");
    }
    let guest = json!({"username": "eve", "role": "editor"});
    eve.post(&format!("{address}/invitations")).json(&guest).send().problem(404, "not_found");
    // The administrator of the server is a stranger too.
    app.admin().get(&address).send().problem(404, "not_found");
    assert_eq!(eve.get("/api/workspaces").send().expect(200)["items"].as_array().unwrap().len(), 1);
}

#[test]
fn each_role_may_do_what_it_says_and_no_more() {
    let app = App::start();
    let (owner, editor, viewer) = (app.user("owner"), app.user("editor"), app.user("viewer"));
    let address = make(&owner, "room");
    admit(&owner, &address, &editor, "editor", "editor");
    admit(&owner, &address, &viewer, "viewer", "viewer");
    for (member, role) in [(&owner, "owner"), (&editor, "editor"), (&viewer, "viewer")] {
        assert_eq!(member.get(&address).send().expect(200)["role"], role);
        let members = member.get(&format!("{address}/members")).send().expect(200);
        assert_eq!(members["items"].as_array().unwrap().len(), 3);
    }
    let rename =
        |actor: &Actor<'_>| actor.call(Method::Patch, &address).json(&json!({"name": "R"})).send();
    rename(&viewer).problem(403, "forbidden");
    assert_eq!(rename(&editor).expect(200)["name"], "R");
    let guest = json!({"email": "x@example.org", "role": "viewer"});
    for member in [&editor, &viewer] {
        member.delete(&address).send().problem(403, "forbidden");
        member
            .post(&format!("{address}/invitations"))
            .json(&guest)
            .send()
            .problem(403, "forbidden");
        member.get(&format!("{address}/invitations")).send().problem(403, "forbidden");
        let other = format!("{address}/members/{}", id_of(&owner));
        member.delete(&other).send().problem(403, "forbidden");
        let change = member.call(Method::Patch, &other).json(&json!({"role": "viewer"}));
        change.send().problem(403, "forbidden");
        let heir = json!({"user_id": id_of(member)});
        let take = member.post(&format!("{address}/hand-over")).json(&heir);
        take.send().problem(403, "forbidden");
    }
    // The owner steers the others, and stays.
    let of_viewer = format!("{address}/members/{}", id_of(&viewer));
    owner.call(Method::Patch, &of_viewer).json(&json!({"role": "editor"})).send().expect(204);
    rename(&viewer).expect(200);
    let promote = owner.call(Method::Patch, &of_viewer).json(&json!({"role": "owner"}));
    promote.send().problem(422, "invalid");
    owner.delete(&of_viewer).send().expect(204);
    viewer.get(&address).send().problem(404, "not_found");
    owner.post(&format!("{address}/leave")).send().problem(409, "owner_stays");
    editor.post(&format!("{address}/leave")).send().expect(204);
    editor.get(&address).send().problem(404, "not_found");
    owner.delete(&address).send().expect(204);
    owner.get(&address).send().problem(404, "not_found");
}

#[test]
fn nobody_is_a_member_who_has_not_accepted() {
    let app = App::start();
    let (ada, bob, eve) = (app.user("ada"), app.user("bob"), app.user("eve"));
    let address = make(&ada, "room");
    let by_name = invite(&ada, &address, &json!({"username": "Bob", "role": "viewer"}));
    bob.get(&address).send().problem(404, "not_found");
    let mine = bob.get("/api/invitations").send().expect(200);
    assert_eq!(mine["items"][0]["workspace"], "Tasting room");
    assert_eq!(mine["items"][0]["invited_by"], "ada");
    for act in ["accept", "decline"] {
        eve.post(&format!("{by_name}/{act}")).send().problem(404, "not_found");
    }
    bob.post(&format!("{by_name}/decline")).send().expect(204);
    bob.post(&format!("{by_name}/accept")).send().problem(404, "not_found");
    // Asked and asked again is asked once; taken back is gone.
    invite(&ada, &address, &json!({"username": "bob", "role": "viewer"}));
    let again = invite(&ada, &address, &json!({"username": "bob", "role": "editor"}));
    let open = ada.get(&format!("{address}/invitations")).send().expect(200);
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
    let id = open["items"][0]["id"].as_str().unwrap();
    ada.delete(&format!("{address}/invitations/{id}")).send().expect(204);
    bob.post(&format!("{again}/accept")).send().problem(404, "not_found");
    let ask = |who: Value| ada.post(&format!("{address}/invitations")).json(&who).send();
    let code = |who: Value| ask(who).issues()[0].1.clone();
    assert_eq!(code(json!({"username": "ada", "role": "viewer"})), "member");
    assert_eq!(code(json!({"username": "nobody", "role": "viewer"})), "unknown");
    assert_eq!(code(json!({"role": "viewer"})), "required");
    assert_eq!(code(json!({"username": "bob", "email": "b@x.org", "role": "viewer"})), "surplus");
    assert_eq!(code(json!({"username": "bob", "role": "owner"})), "invalid");
    assert_eq!(code(json!({"email": "no address", "role": "viewer"})), "invalid");
}

#[test]
fn a_workspace_is_handed_over_to_a_member_alone() {
    let app = App::start();
    let (ada, bob, eve) = (app.user("ada"), app.user("bob"), app.user("eve"));
    let address = make(&ada, "room");
    admit(&ada, &address, &bob, "bob", "viewer");
    let hand_over = |from: &Actor<'_>, to: &str| {
        from.post(&format!("{address}/hand-over")).json(&json!({"user_id": to})).send()
    };
    for wrong in [id_of(&eve), "usr_".into(), "x".into()] {
        assert_eq!(hand_over(&ada, &wrong).issues()[0].1, "no_member");
    }
    assert_eq!(hand_over(&ada, &id_of(&ada)).issues()[0].1, "unchanged");
    make(&bob, "room");
    hand_over(&ada, &id_of(&bob)).problem(409, "taken");
    ada.call(Method::Patch, &address).json(&json!({"slug": "hall"})).send().expect(200);
    assert_eq!(hand_over(&ada, &id_of(&bob)).expect(200)["role"], "editor");
    assert_eq!(bob.get(&address).send().expect(200)["role"], "owner");
    ada.delete(&address).send().problem(403, "forbidden");
    bob.delete(&address).send().expect(204);
}

#[test]
fn a_name_must_keep_the_rules_and_a_slug_be_free() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let post = |body: Value| ada.post("/api/workspaces").json(&body).send();
    let found = post(json!({"name": "\n", "slug": "No Slug", "description": "x".repeat(1001)}));
    let fields: Vec<_> = found.issues().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["description", "name", "slug"]);
    let found = post(json!({"slug": "a", "colour": "red"})).issues();
    assert_eq!(found[0], ("colour".to_owned(), "unknown".to_owned()));
    assert_eq!(found[1], ("name".to_owned(), "required".to_owned()));
    for slug in ["", "-a", "a-", "a--b", "A", "ä", "a_b", &"x".repeat(49)] {
        assert_eq!(post(json!({"name": "n", "slug": slug})).issues()[0].0, "slug", "{slug}");
    }
    make(&ada, "room");
    let taken = post(json!({"name": "n", "slug": "room"}));
    assert_eq!(taken.problem(409, "taken")["errors"][0]["field"], "slug");
    post(json!({"name": "n", "slug": "personal"})).problem(409, "taken");
    // What others call theirs is nobody's business.
    make(&bob, "room");
}

/// Asks whoever has an address; the address of the invitation, and its secret.
fn invite_address(owner: &Actor<'_>, address: &str, email: &str) -> (String, String) {
    let who = json!({"email": email, "role": "editor"});
    let asked = owner.post(&format!("{address}/invitations")).json(&who).send().expect(201);
    assert_eq!((&asked["email"], &asked["username"]), (&json!(email), &json!(null)));
    let secret = asked["secret"].as_str().unwrap().to_owned();
    assert_eq!(asked["link"], format!("http://localhost:8000/join#{secret}"));
    (format!("/api/invitations/{}", asked["id"].as_str().unwrap()), secret)
}

fn redeem(actor: &Actor<'_>, secret: &str) -> crate::support::app::Answer {
    actor.post("/api/invitations/redeem").json(&json!({"secret": secret})).send()
}

#[test]
fn an_address_that_is_typed_into_a_profile_opens_no_invitation() {
    let app = App::start();
    let (ada, eve) = (app.user("ada"), app.user("eve"));
    let address = make(&ada, "room");
    let (later, secret) = invite_address(&ada, &address, "later@example.org");
    let typed = eve.call(Method::Patch, "/api/me").json(&json!({"email": "later@example.org"}));
    typed.send().expect(200);
    assert_eq!(eve.get("/api/invitations").send().expect(200)["items"], json!([]));
    eve.post(&format!("{later}/accept")).send().problem(404, "not_found");
    redeem(&eve, "a guess").problem(404, "not_found");
    // Whoever was sent the link may accept, once; it is not shown again.
    let listed = ada.get(&format!("{address}/invitations")).send();
    assert!(!listed.text.contains(&secret), "{}", listed.text);
    let zoe = app.user("zoe");
    assert_eq!(redeem(&zoe, &secret).expect(200)["role"], "editor");
    redeem(&eve, &secret).problem(404, "not_found");
}

#[test]
fn an_address_that_an_account_has_is_that_accounts_alone() {
    let app = App::start();
    let (ada, bob, eve) = (app.user("ada"), app.user("bob"), app.user("eve"));
    let address = make(&ada, "room");
    let (_, secret) = invite_address(&ada, &address, "bob@example.org");
    redeem(&eve, &secret).problem(404, "not_found");
    // It stays bob's when he has another address, and is not whoever's has his former one.
    let patch = |actor: &Actor<'_>, email: &str| {
        let call = actor.call(Method::Patch, "/api/me").json(&json!({"email": email}));
        call.send().expect(200);
    };
    patch(&bob, "bob.b@example.org");
    patch(&eve, "bob@example.org");
    assert_eq!(eve.get("/api/invitations").send().expect(200)["items"], json!([]));
    let mine = bob.get("/api/invitations").send().expect(200);
    let mine = format!("/api/invitations/{}/accept", mine["items"][0]["id"].as_str().unwrap());
    bob.post(&mine).send().expect(200);
}

#[test]
fn who_was_taken_out_does_not_come_back_by_another_invitation() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let address = make(&ada, "room");
    let (_, secret) = invite_address(&ada, &address, "bob@example.org");
    admit(&ada, &address, &bob, "bob", "viewer");
    redeem(&bob, &secret).problem(404, "not_found");
    let (again, secret) = invite_address(&ada, &address, "bob@example.org");
    ada.delete(&format!("{address}/members/{}", id_of(&bob))).send().expect(204);
    bob.post(&format!("{again}/accept")).send().problem(404, "not_found");
    redeem(&bob, &secret).problem(404, "not_found");
    let log = app.admin().get("/api/admin/audit?action=member_invite").send().expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 3);
}

#[test]
fn invitations_end_with_their_fortnight_and_are_no_more_than_can_be_looked_after() {
    let app = Setup::default().standing().start();
    let ada = app.user("ada");
    let address = make(&ada, "room");
    for n in 0..200 {
        invite_address(&ada, &address, &format!("x{n}@example.org"));
    }
    let one_more = json!({"email": "one@example.org", "role": "viewer"});
    let ask = |actor: &Actor<'_>| {
        actor.post(&format!("{address}/invitations")).json(&one_more).send().status
    };
    assert_eq!(ask(&ada), 409);
    app.clock.advance_s(14 * 24 * 3600);
    assert_eq!(ask(&app.signed_in("ada")), 201);
    let now = app.clock.now();
    let forget =
        move |tx: &cellar::database::Tx<'_>| cellar::workspace::forget_invitations(tx, now, 500);
    assert_eq!(app.database.write_here(forget).unwrap(), 200);
}

#[test]
fn an_heir_can_be_used_and_owns_no_more_than_one_may() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let address = make(&ada, "room");
    admit(&ada, &address, &bob, "bob", "viewer");
    let heir = json!({"user_id": id_of(&bob)});
    let hand_over = || ada.post(&format!("{address}/hand-over")).json(&heir).send();
    for n in 0..99 {
        make(&bob, &format!("room-{n}"));
    }
    assert_eq!(hand_over().issues()[0], ("user_id".to_owned(), "too_many".to_owned()));
    let disable = format!("/api/admin/users/{}/disable", id_of(&bob));
    app.admin().post(&disable).send().expect(204);
    assert_eq!(hand_over().issues()[0], ("user_id".to_owned(), "not_active".to_owned()));
}

#[test]
fn a_name_that_cannot_be_seen_or_turns_others_around_is_refused() {
    let app = App::start();
    let ada = app.user("ada");
    for name in ["\u{200b}", " \u{2060}\u{feff} ", "\u{202e}moor", "a\u{2066}b"] {
        let body = json!({"name": name, "slug": "room"});
        let found = ada.post("/api/workspaces").json(&body).send().issues();
        assert_eq!(found, [("name".to_owned(), "invalid".to_owned())], "{name:?}");
    }
}
