//! Administration: figures, metrics, the check.

use std::time::{Duration, Instant};

use cellar::admin::check::promises;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::support::app::{Actor, App, PASSWORD, Setup};
use crate::support::binary::PATIENCE;

const TOKEN: &str = "0123456789abcdef";

#[test]
fn the_system_is_shown_to_administrators_alone() {
    let app = App::start();
    app.visitor().get("/api/admin/system").send().problem(401, "signed_out");
    app.user("ada").get("/api/admin/system").send().problem(403, "forbidden");
    let system = app.admin().get("/api/admin/system").send().expect(200);
    assert_eq!(system["version"], env!("CARGO_PKG_VERSION"));
    assert!(system["database_bytes"].as_u64().unwrap() > 0);
    assert!(system["writer"]["writes"].as_u64().unwrap() > 0);
    assert_eq!(system["jobs"]["dead"], 0);
    assert_eq!(system["failed_requests"], 0);
}

#[test]
fn failures_of_the_server_are_counted_and_no_others() {
    let app = App::start();
    let admin = app.admin();
    app.visitor().get("/api/nowhere").send().problem(404, "not_found");
    app.database.close();
    admin.post("/api/admin/checks").send().problem(503, "unavailable");
    let system = admin.get("/api/admin/system").send().expect(200);
    assert_eq!(system["failed_requests"], 1);
}

#[test]
fn an_administrator_is_told_that_passwords_travel_in_the_open() {
    let is_insecure = |app: &App| {
        app.admin().get("/api/admin/system").send().expect(200)["is_insecure"].as_bool().unwrap()
    };
    assert!(!is_insecure(&App::start()));
    let open = Setup::default().flag("base_url", "http://cellar.example.org");
    let open = open.flag("insecure_http", "true").flag("allowed_hosts", "localhost:8000");
    assert!(is_insecure(&open.start()));
}

#[test]
fn a_check_finds_a_sound_installation_sound() {
    let app = App::start();
    app.user("ada").post("/api/admin/checks").send().problem(403, "forbidden");
    let admin = app.admin();
    let ordered = admin.post("/api/admin/checks").send();
    let job = ordered.expect(202);
    let address = ordered.header("Location").unwrap().to_owned();
    assert_eq!(address, format!("/api/jobs/{}", job["id"].as_str().unwrap()));
    let begun = Instant::now();
    let job = loop {
        let job = admin.get(&address).send().expect(200);
        if job["status"] == "succeeded" {
            break job;
        }
        assert!(begun.elapsed() < PATIENCE, "{job}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let lines = job["result"]["lines"].as_array().unwrap();
    assert_eq!(lines.len(), promises().len());
    assert!(lines.iter().all(|line| line["status"] == "ok"), "{lines:?}");
}

#[test]
fn metrics_are_read_by_administrators_and_by_the_token() {
    let app = Setup::default().flag("metrics_token", TOKEN).start();
    app.visitor().get("/metrics").send().problem(401, "signed_out");
    app.user("ada").get("/metrics").send().problem(403, "forbidden");
    for wrong in
        ["Bearer 0123456789abcdeg", "Bearer ", "0123456789abcdef", "Basic 0123456789abcdef"]
    {
        let call = app.visitor().get("/metrics").header("Authorization", wrong);
        call.send().problem(401, "signed_out");
    }
    assert_eq!(app.admin().get("/metrics").send().status, 200);
    let call = app.visitor().get("/metrics").header("Authorization", &format!("Bearer {TOKEN}"));
    let answer = call.send();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Content-Type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    // The token opens nothing else.
    let other = app.visitor().get("/api/me").header("Authorization", &format!("Bearer {TOKEN}"));
    other.send().problem(401, "signed_out");
}

#[test]
fn without_a_token_in_the_settings_no_token_opens_the_metrics() {
    let app = App::start();
    for token in ["Bearer ", "Bearer x"] {
        let call = app.visitor().get("/metrics").header("Authorization", token);
        call.send().problem(401, "signed_out");
    }
}

#[test]
fn metrics_count_what_was_answered_and_committed() {
    let app = App::start();
    let admin = app.admin();
    for _ in 0..3 {
        app.visitor().get("/api/me").send();
    }
    let text = admin.get("/metrics").send().text;
    for line in [
        "cellar_http_requests_total{method=\"GET\",route=\"/api/me\",status=\"401\"} 3",
        "cellar_http_request_seconds_count{method=\"GET\",route=\"/api/me\"} 3",
        "# TYPE cellar_commit_seconds histogram",
        "# TYPE cellar_commit_group_size histogram",
        "cellar_writes_waiting 0",
        "cellar_jobs{status=\"queued\"} 0",
        "cellar_credits_spent_total 0",
        "cellar_connections_ended_total{reason=\"idle\"} 0",
        "process_resident_memory_bytes ",
        "process_open_fds ",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(!name.is_empty() && value.parse::<f64>().is_ok(), "{line}");
    }
}

fn id_of(actor: &Actor<'_>) -> String {
    actor.get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned()
}

fn names(answer: &Value) -> Vec<&str> {
    let items = answer["items"].as_array().unwrap().iter();
    items.map(|item| item["username"].as_str().unwrap()).collect()
}

#[test]
fn accounts_are_searched_sorted_and_read_page_by_page() {
    let app = App::start();
    for name in ["carla", "ada", "bob"] {
        app.user(name);
    }
    let admin = app.admin();
    let list = |query: &str| admin.get(&format!("/api/admin/users?{query}")).send().expect(200);
    assert_eq!(names(&list("")), ["bob", "ada", "carla", "admin"]);
    assert_eq!(names(&list("sort=name")), ["ada", "admin", "bob", "carla"]);
    assert_eq!(names(&list("text=AR")), ["carla"]);
    assert_eq!(names(&list("text=bob@exam")), ["bob"]);
    assert_eq!(names(&list("text=%25")), Vec::<&str>::new());
    assert_eq!(names(&list("text=_da")), Vec::<&str>::new());
    let named = json!({"full_name": "\u{d6}mer \u{d6}zt\u{fc}rk"});
    app.signed_in("ada").call(Method::Patch, "/api/me").json(&named).send().expect(200);
    for text in ["%C3%96MER", "%C3%B6mer", "%C3%96mer%20%C3%B6", "O%CC%88mer"] {
        assert_eq!(names(&list(&format!("text={text}"))), ["ada"], "{text}");
    }
    assert_eq!(names(&list("role=admin")), ["admin"]);
    let richest = list("sort=balance&limit=1");
    assert_eq!(richest["items"][0]["available"], 100);
    let page = list("sort=name&limit=3");
    let next = page["next_cursor"].as_str().unwrap();
    let rest = list(&format!("sort=name&limit=3&cursor={next}"));
    assert_eq!((names(&rest), &rest["next_cursor"]), (vec!["carla"], &json!(null)));
    let found = admin.get("/api/admin/users?sort=age&state=gone&role=king").send().issues();
    let fields: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["role", "sort", "state"]);
    let text = admin.get("/api/admin/users").send().text;
    assert!(!text.contains("hash") && !text.contains("$2b$"));
}

#[test]
fn the_staff_moves_credits_once_with_a_reason_and_never_below_zero() {
    let app = App::start();
    let ada = app.user("ada");
    let address = format!("/api/admin/users/{}", id_of(&ada));
    let admin = app.admin();
    let grant = |what: &str, amount: i64, reason: &str, key: &str| {
        let call = admin.post(&format!("{address}/{what}")).header("Idempotency-Key", key);
        call.json(&json!({"amount": amount, "reason": reason})).send()
    };
    let made = grant("top-ups", 50, "paid by invoice 7", "a").expect(201);
    assert_eq!(made, json!({"available": 150, "held": 0, "total": 150}));
    assert_eq!(grant("top-ups", 50, "paid by invoice 7", "a").expect(201), made);
    grant("adjustments", -30, "charged twice on Monday", "b").expect(201);
    grant("adjustments", -500, "too much", "c").problem(402, "out_of_credits");
    for (what, amount) in
        [("top-ups", -1), ("top-ups", 0), ("adjustments", 0), ("top-ups", 1 << 40)]
    {
        assert_eq!(grant(what, amount, "a reason", "d").issues()[0].0, "amount");
    }
    let found = grant("top-ups", 0, " ", "d").issues();
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(ada.get("/api/balance").send().expect(200)["available"], 120);
    let entries = ada.get("/api/transactions").send().expect(200);
    assert_eq!(entries["items"][0]["description"], "charged twice on Monday");
    assert_eq!(entries["items"][0]["actor_id"], id_of(&admin));
    let detail = admin.get(&address).send().expect(200);
    assert_eq!(
        (&detail["available"], &detail["activity"]["n_transactions"]),
        (&json!(120), &json!(3))
    );
    admin.get("/api/admin/users/usr_absent0000").send().problem(404, "not_found");
}

#[test]
fn the_last_administrator_stays() {
    let app = App::start();
    let (admin, ada) = (app.admin(), app.user("ada"));
    let (own, other) = (id_of(&admin), id_of(&ada));
    let role = |id: &str, role: &str| {
        let call = app.admin().put(&format!("/api/admin/users/{id}/role"));
        call.json(&json!({"role": role})).send()
    };
    role(&own, "user").problem(409, "last_administrator");
    admin
        .post(&format!("/api/admin/users/{own}/disable"))
        .send()
        .problem(409, "last_administrator");
    let body = json!({"password": PASSWORD});
    admin.post("/api/me/close").json(&body).send().problem(409, "last_administrator");
    admin.get("/api/admin/system").send().expect(200);
    role(&other, "admin").expect(204);
    let ada = app.signed_in("ada");
    ada.get("/api/admin/system").send().expect(200);
    role(&own, "user").expect(204);
    admin.get("/api/admin/system").send().problem(401, "signed_out");
    app.signed_in("admin").get("/api/admin/system").send().problem(403, "forbidden");
    let call = ada.post(&format!("/api/admin/users/{other}/disable"));
    call.send().problem(409, "last_administrator");
}

#[test]
fn an_account_that_the_staff_makes_begins_with_a_one_time_password() {
    let app = App::start();
    let admin = app.admin();
    let made = admin.post("/api/admin/users").json(&json!({"username": "Zoe"})).send();
    let password = made.expect(201)["password"].as_str().unwrap().to_owned();
    let body = json!({"username": "zoe", "password": password});
    let answer = app.visitor().post("/auth/session").json(&body).send();
    assert_eq!(answer.expect(201)["must_change_password"], true);
    admin.post("/api/admin/users").json(&json!({"username": "zoe"})).send().problem(409, "taken");
    let call = admin.post("/api/admin/users").json(&json!({"username": "x", "role": "king"}));
    assert_eq!(call.send().issues(), [("role".to_owned(), "unknown_value".to_owned())]);
}

#[test]
fn a_reason_can_be_read() {
    let app = App::start();
    let (ada, admin) = (app.user("ada"), app.admin());
    let id = id_of(&ada);
    for reason in ["\u{200b}\u{200b}\u{200b}", "  \u{feff}a\u{2060}b  ", "\u{3164}\u{3164}\u{3164}"]
    {
        for path in ["adjustments", "top-ups"] {
            let call = admin.post(&format!("/api/admin/users/{id}/{path}"));
            let found = call.json(&json!({"amount": 5, "reason": reason})).send().issues();
            assert_eq!(found, [("reason".to_owned(), "invalid".to_owned())], "{reason:?}");
        }
    }
    let note =
        |note: &str| admin.post("/api/admin/invitations").json(&json!({"note": note})).send();
    assert_eq!(note("\u{200b}").issues(), [("note".to_owned(), "invalid".to_owned())]);
    note(" ").expect(201);
}

#[test]
fn every_deed_of_the_staff_is_in_the_audit_log() {
    let app = App::start();
    let ada = app.user("ada");
    let (admin, id) = (app.admin(), id_of(&ada));
    let post = |path: &str| admin.post(&format!("/api/admin/users/{id}/{path}"));
    post("top-ups").json(&json!({"amount": 5, "reason": "a gift"})).send().expect(201);
    post("sign-out").send().expect(204);
    post("disable").send().expect(204);
    post("enable").send().expect(204);
    let body = json!({"username": "ada", "password": "wrong password"});
    app.visitor().post("/auth/session").json(&body).send().problem(422, "invalid");
    // Nobody waits for the line of a failure, but it is written before what comes after.
    app.admin();
    let log = |query: &str| admin.get(&format!("/api/admin/audit?{query}")).send().expect(200);
    let actions = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap().iter();
        items.map(|line| line["action"].as_str().unwrap().to_owned()).collect()
    };
    let found = log(&format!("user_id={id}"));
    assert_eq!(
        actions(&found),
        [
            "sign_in_failed",
            "user_enable",
            "user_disable",
            "user_sessions_end",
            "credits_top_up",
            "sign_in",
            "register",
        ]
    );
    assert_eq!(found["items"][0]["actor"], json!(null));
    let top_up = &found["items"][4];
    assert_eq!((&top_up["actor"], &top_up["user"]), (&json!("admin"), &json!("ada")));
    assert_eq!(top_up["detail"], "5 credits: a gift");
    assert_eq!(actions(&log("action=user_disable")), ["user_disable"]);
    let page = log("limit=1");
    assert!(page["next_cursor"].is_string());
    admin.get("/api/admin/audit?action=dance").send().problem(422, "invalid");
    let text = admin.get("/api/admin/audit").send().text;
    assert!(!text.contains("wrong password") && !text.contains("127.0.0.1"), "{text}");
}

#[test]
fn the_figures_tell_who_is_there_and_what_was_spent() {
    let app = Setup::default().standing().start();
    let ada = app.user("ada");
    ada.post("/api/balance/top-ups").json(&json!({"amount": 25})).send().expect(201);
    let figures = app.admin().get("/api/admin/figures").send().expect(200);
    assert_eq!(
        figures["users"],
        json!({"active": 2, "disabled": 0, "closed": 0, "active_today": 2})
    );
    let days = figures["credits_by_day"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(days[29], json!({"day": "2026-11-18", "sold": 25, "given": 100, "spent": 0}));
    assert_eq!(days[28]["sold"], 0);
    assert_eq!(figures["credits_available"], 125);
    app.clock.advance_s(24 * 3600);
    let figures = app.admin().get("/api/admin/figures").send().expect(200);
    assert_eq!(figures["users"]["active_today"], 1);
    assert_eq!(figures["credits_by_day"][28]["sold"], 25);
}

#[test]
fn an_administrator_sees_where_an_account_is_signed_in() {
    let app = App::start();
    let ada = app.user("ada");
    let (admin, id) = (app.admin(), id_of(&ada));
    let address = format!("/api/admin/users/{id}/sessions");
    ada.get(&address).send().problem(403, "forbidden");
    let found = admin.get(&address).send().expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["is_current"], false);
    assert_eq!(found["items"][0]["is_same_network"], json!(null));
    let nobody = admin.get("/api/admin/users/usr_AAAAAAAAAAA/sessions").send();
    assert_eq!(nobody.status, 404, "{}", nobody.text);
}

#[test]
fn an_administrator_downloads_a_backup_that_a_restore_would_take() {
    let app = App::start();
    let ada = app.user("ada");
    ada.post("/api/admin/backup").send().problem(403, "forbidden");
    app.visitor().post("/api/admin/backup").send().problem(401, "signed_out");
    let admin = app.admin();
    let backup = admin.post("/api/admin/backup").send();
    assert_eq!((backup.status, backup.header("Content-Type")), (200, Some("application/x-tar")));
    let disposition = backup.header("Content-Disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=\"cellar-"), "{disposition}");
    let mut archive = tar::Archive::new(backup.bytes.as_slice());
    let names: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    assert_eq!(names[..2], ["manifest.json", "cellar.db"]);
    // The server goes on, and nothing of the work is left beside its data.
    ada.get("/api/balance").send().expect(200);
    let left = std::fs::read_dir(app.database.path().parent().unwrap()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("backup")), "{left:?}");
    let log = admin.get("/api/admin/audit?action=data_backup").send().expect(200);
    assert_eq!(log["items"][0]["actor"], "admin");
    let last = &admin.get("/api/admin/system").send().expect(200)["last_backup"];
    assert_eq!((&last["by"], &last["is_by_command"]), (&json!("admin"), &json!(false)));
    assert_eq!(last["at"], log["items"][0]["at"]);
    // What the command noted counts if it can be true.
    let note = app.database.path().with_file_name("last-backup");
    for (noted, is_by_command) in
        [("2999-01-01T00:00:00Z", false), ("x", false), (last["at"].as_str().unwrap(), true)]
    {
        std::fs::write(&note, format!("{noted}\n")).unwrap();
        let last = &admin.get("/api/admin/system").send().expect(200)["last_backup"];
        assert_eq!(last["is_by_command"], is_by_command, "{noted}");
    }
}
