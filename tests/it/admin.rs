//! Administration: figures, metrics, the check.

use std::time::{Duration, Instant};

use crate::support::app::{App, Setup};

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
        assert!(begun.elapsed() < Duration::from_secs(30), "{job}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let lines = job["result"]["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 7);
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
