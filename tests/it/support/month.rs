//! A data folder in which people have worked for a month, so that the screens have something to
//! show: names that are long and names with accents, good and bad days, work that failed.

use std::path::Path;

use cellar::clock::Clock;
use serde_json::{Value, json};

use super::app::{Actor, App, PASSWORD, Setup};

const DAY_S: i64 = 24 * 3600;

/// Who has an account besides the administrator: the username, and the name.
const PEOPLE: [(&str, &str); 6] = [
    ("ada", "Ada Lovelace"),
    ("grace", "Grace Hopper"),
    ("emile", "Émile Peynaud"),
    ("maria", "María de los Ángeles Martínez"),
    ("ivan", "Иван Петров"),
    ("jean-baptiste-de-la-tour", "Jean-Baptiste de la Tour"),
];

/// What Ada had predicted: on which day, from which file, how many rows, and how many of them were
/// bad. A row that came alone came from no file.
const WORK: [(i64, &str, usize, usize); 16] = [
    (0, "", 1, 0),
    (1, "harvest-2025.csv", 160, 3),
    (3, "barrels-north.csv", 220, 0),
    (5, "", 1, 0),
    (7, "competition-reds.csv", 340, 12),
    (9, "barrels-south.csv", 180, 1),
    (12, "bottling-line-2.csv", 420, 0),
    (14, "", 1, 0),
    (16, "returns.csv", 24, 24),
    (17, "returns-mended.csv", 24, 0),
    (20, "vertical-1998-2024.csv", 310, 4),
    (23, "barrels-north.csv", 260, 0),
    (26, "restaurant-list.csv", 95, 2),
    (28, "competition-reds-2.csv", 530, 9),
    (29, "harvest-2026.csv", 640, 37),
    (29, "", 1, 0),
];

/// When Ada bought how many credits.
const TOP_UPS: [(i64, u32); 4] = [(0, 500), (6, 1_200), (15, 1_000), (25, 2_500)];

/// Fills a fresh folder; the names of Ada's files, by task, as her browser remembers them.
pub(crate) fn work_for_a_month(data: &Path) -> Value {
    let start = Clock::system().now().plus_s(-30 * DAY_S + 600);
    let setup = Setup { is_measured: true, ..Setup::default() };
    let app = setup.standing_at(start).start_in(data);
    for (username, name) in PEOPLE {
        join(&app, username, name);
        app.clock.advance_s(3 * 3600 / 6);
    }
    let mut names = Vec::new();
    for day in 0..30 {
        for (_, amount) in TOP_UPS.iter().filter(|(on, _)| *on == day) {
            top_up(&app.signed_in("ada"), *amount);
            app.clock.advance_s(900);
        }
        for (_, file, n_rows, n_bad) in WORK.iter().filter(|(on, ..)| *on == day) {
            let task = predict(&app.signed_in("ada"), *n_rows, *n_bad, n_bad == n_rows);
            if !file.is_empty() {
                names.push(json!([task, file]));
            }
            app.clock.advance_s(1_800);
        }
        match day {
            4 => share(&app),
            18 => cancel(&app),
            27 => administer(&app),
            _ => {}
        }
        let passed_s = app.clock.now().millis_since(start.plus_s(day * DAY_S)) / 1000;
        let next_s = if day == 29 { DAY_S - 1_200 } else { DAY_S };
        app.clock.advance_s((next_s - passed_s).max(0));
    }
    settle_in(&app);
    app.leave();
    names.reverse();
    json!(names)
}

fn join(app: &App, username: &str, name: &str) {
    let email = format!("{username}@example.org");
    let body = json!({
        "username": username, "email": email, "password": PASSWORD, "full_name": name,
    });
    app.visitor().post("/auth/register").json(&body).send().expect(201);
}

fn top_up(who: &Actor<'_>, amount: u32) {
    who.post("/api/balance/top-ups").json(&json!({"amount": amount})).send().expect(201);
}

/// Wines with their columns, so many, of which so many have a cell that nobody could read.
pub(crate) fn wines(n_rows: usize, n_bad: usize) -> String {
    let file = include_str!("../../../data/winequality-red.csv");
    let mut lines = file.lines().map(|line| line.rsplit_once(',').unwrap().0.replace('"', ""));
    let mut text = lines.next().unwrap() + "\n";
    let bad_each = n_rows.checked_div(n_bad).unwrap_or(usize::MAX);
    for (place, line) in lines.cycle().take(n_rows).enumerate() {
        let is_bad = (place + 1) % bad_each == 0 && place / bad_each < n_bad;
        let (rest, alcohol) = line.rsplit_once(',').unwrap();
        let wrong = ["9.O", "", "n/a", "940", "ten"][place / bad_each.min(n_rows) % 5];
        text.extend([rest, ",", if is_bad { wrong } else { alcohol }, "\n"]);
    }
    text
}

/// Has wines predicted; the id of the task.
fn predict(who: &Actor<'_>, n_rows: usize, n_bad: usize, in_background: bool) -> Value {
    let call = who.post("/api/tasks?model=wine").header("Content-Type", "text/csv");
    let call = if in_background { call.header("Prefer", "respond-async") } else { call };
    let answer = call.body(wines(n_rows, n_bad)).send();
    assert!(answer.status < 300, "{}", answer.text);
    let task = answer.json()["id"].clone();
    wait_for(who, &task);
    task
}

/// The task once it has ended.
fn wait_for(who: &Actor<'_>, task: &Value) -> Value {
    let path = format!("/api/tasks/{}", task.as_str().unwrap());
    let ended = super::binary::eventually(|| {
        let task = who.get(&path).send().expect(200);
        (!["queued", "running"].contains(&task["status"].as_str().unwrap())).then_some(task)
    });
    ended.expect("the task never ended")
}

/// Ada shares a workspace with Grace and Émile; somebody without an account is asked too.
fn share(app: &App) {
    let ada = app.signed_in("ada");
    for (name, slug, description) in [
        ("Tasting panel", "tasting-panel", "Twelve reds a week, tasted blind."),
        ("Harvest 2026", "harvest-2026", ""),
    ] {
        let body = json!({"name": name, "slug": slug, "description": description});
        let made = ada.post("/api/workspaces").json(&body).send().expect(201);
        let ask = format!("/api/workspaces/{}/invitations", made["id"].as_str().unwrap());
        for (who, role) in [("grace", "editor"), ("emile", "viewer")] {
            let body = json!({"username": who, "role": role});
            let asked = ada.post(&ask).json(&body).send().expect(201);
            let accept = format!("/api/invitations/{}/accept", asked["id"].as_str().unwrap());
            app.signed_in(who).post(&accept).send().expect(200);
            app.clock.advance_s(1_200);
        }
    }
}

fn cancel(app: &App) {
    let ada = app.signed_in("ada");
    let call = ada.post("/api/tasks?model=wine").header("Content-Type", "text/csv");
    let begun = call.header("Prefer", "respond-async").body(wines(900, 0)).send().expect(202);
    let path = format!("/api/tasks/{}/cancel", begun["id"].as_str().unwrap());
    ada.post(&path).send().expect(200);
    let ended = wait_for(&ada, &begun["id"]);
    assert_eq!(ended["status"], "cancelled", "{ended}");
}

/// What an administrator does: giving credits, taking some back, inviting, closing a door.
fn administer(app: &App) {
    let admin = app.admin();
    let users = admin.get("/api/admin/users?limit=50").send().expect(200);
    let id = |name: &str| {
        let items = users["items"].as_array().unwrap();
        let user = items.iter().find(|user| user["username"] == name).unwrap();
        user["id"].as_str().unwrap().to_owned()
    };
    for (who, deed, amount, reason) in [
        ("grace", "top-ups", 1_250, "For the harvest"),
        ("emile", "top-ups", 300, "Prize of the autumn tasting"),
        ("ivan", "adjustments", -40, "Booked twice by mistake"),
    ] {
        let path = format!("/api/admin/users/{}/{deed}", id(who));
        let body = json!({"amount": amount, "reason": reason});
        admin.post(&path).json(&body).send().expect(201);
        app.clock.advance_s(600);
    }
    let path = format!("/api/admin/users/{}/disable", id("maria"));
    admin.post(&path).send().expect(204);
    for note in ["For Jean of the north cellar", "Autumn interns"] {
        admin.post("/api/admin/invitations").json(&json!({"note": note})).send().expect(201);
    }
    for who in ["grace", "emile"] {
        predict(&app.signed_in(who), 60, 1, false);
        app.clock.advance_s(600);
    }
}

/// What is still open on the last day: keys, sessions on other devices, questions.
fn settle_in(app: &App) {
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
    // Whatever was done by other means is over.
    let ada = app.signed_in("ada");
    ada.delete("/api/me/sessions").send().expect(204);
    for agent in [firefox, phone] {
        let body = json!({"username": "ada", "password": PASSWORD});
        let call = app.visitor().post("/auth/session").header("User-Agent", agent);
        call.from("192.0.2.7").json(&body).send().expect(201);
    }
    for (name, scopes) in [
        ("nightly scoring", json!(["read", "predict"])),
        ("dashboard of the north cellar", json!(["read"])),
    ] {
        let body = json!({"name": name, "scopes": scopes});
        ada.post("/api/keys").json(&body).send().expect(201);
    }
    let spaces = ada.get("/api/workspaces").send().expect(200);
    let mut spaces = spaces["items"].as_array().unwrap().iter();
    let shared = spaces.find(|space| space["slug"] == "tasting-panel").unwrap();
    let ask = format!("/api/workspaces/{}/invitations", shared["id"].as_str().unwrap());
    let body = json!({"email": "michel@example.org", "role": "viewer"});
    ada.post(&ask).json(&body).send().expect(201);
    ada.delete("/auth/session").send().expect(204);
    let ivan = app.signed_in("ivan");
    let body = json!({"name": "Old vines", "slug": "old-vines"});
    let made = ivan.post("/api/workspaces").json(&body).send().expect(201);
    let ask = format!("/api/workspaces/{}/invitations", made["id"].as_str().unwrap());
    ivan.post(&ask).json(&json!({"username": "ada", "role": "editor"})).send().expect(201);
}
