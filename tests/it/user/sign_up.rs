//! Accounts are made: open to all, by invitation, or not at all.

use super::*;

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
    let asked = closed.visitor().post("/auth/sign-up/invitation");
    let state = asked.json(&json!({"invitation": "anything"})).send().expect(200);
    assert_eq!(state, json!({"is_open": false}));
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
    let is_open = |secret: &str| {
        let body = json!({"invitation": secret});
        let asked = app.visitor().post("/auth/sign-up/invitation").json(&body);
        asked.send().expect(200)["is_open"] == true
    };
    assert_eq!(with("ada", "wrong").issues()[0], pair("invitation", "not_open"));
    assert!(is_open(secret) && !is_open("wrong") && !is_open(""));
    with("ada", secret).expect(201);
    assert!(!is_open(secret));
    assert_eq!(with("eve", secret).issues()[0], pair("invitation", "not_open"));

    let other = invite(&json!({}));
    let address = format!("/api/admin/invitations/{}", other["id"].as_str().unwrap());
    app.admin().delete(&address).send().expect(204);
    let secret = other["secret"].as_str().unwrap();
    assert!(!is_open(secret));
    assert_eq!(with("eve", secret).issues()[0], pair("invitation", "not_open"));
    let late = invite(&json!({}));
    let secret = late["secret"].as_str().unwrap();
    assert!(is_open(secret));
    app.clock.advance_s(14 * 24 * 3600);
    assert!(!is_open(secret));
    assert_eq!(with("eve", secret).issues()[0], pair("invitation", "not_open"));
    let listed = app.admin().get("/api/admin/invitations").send();
    assert!(!listed.text.contains(secret));
    let listed = listed.expect(200);
    let used: Vec<_> = listed["items"].as_array().unwrap().iter().map(|i| &i["used_by"]).collect();
    assert_eq!(used, [&json!(null), &json!(null), &json!("ada")]);
}
