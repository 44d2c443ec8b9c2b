//! The server as a process: its start, its messages, its end.

use super::*;

#[test]
fn the_first_start_makes_what_is_missing() {
    let binary = Binary::new().without("CELLAR_ADMIN_PASSWORD");
    let mut served = binary.serve(&[]);
    served.wait_for_line("It is shown only now");
    let password = one_time_password(&served.stdout());
    served.sign_in_with(&password);
    assert_eq!(served.get("/livez").text(), "ok\n");
    assert_eq!(served.get("/readyz").status, 200);
    let ended = served.stop();
    assert_eq!(ended.status.code(), Some(0));
    // The second start has no password to show.
    let served = binary.serve(&[]);
    served.sign_in_with(&password);
    assert!(!served.stop().stdout.contains("password"));
}

#[test]
fn a_form_that_names_another_method_is_answered() {
    let served = initialised().serve(&[]);
    for method in ["head", "delete", "options"] {
        for (path, status) in [("/auth/session", 415), ("/api/me/close", 415), ("/livez", 405)] {
            let answer = served.request("POST", path).form(&format!("_method={method}"));
            assert_eq!(answer.send().status, status, "{method} {path}");
        }
    }
}

#[test]
fn who_reads_the_address_can_sign_in_at_once() {
    let binary = Binary::new();
    // Dear enough to tell whether somebody waits for the hash.
    let served = binary.serve(&["--bcrypt-cost", "12"]);
    assert_eq!(served.get("/readyz").status, 200);
    served.sign_in();
}

#[test]
fn a_job_is_followed_over_the_wire_to_its_end() {
    let binary = initialised();
    let pipe = keep_content(&binary.data(), b"a content that is kept");
    turn_into_pipe(&pipe);
    let served = binary.serve(&[]);
    let cookie = served.sign_in();
    let id = served.order_check(&cookie);
    let path = format!("/api/jobs/{id}/events");
    let lines = served.request("GET", &path).cookie(&cookie).lines();
    let (mut states, mut is_filled) = (Vec::new(), false);
    for line in lines {
        let Some(data) = line.strip_prefix("data:") else { continue };
        let job: Value = serde_json::from_str(data.trim()).unwrap();
        assert_eq!(job["id"], json!(id));
        // The check waits for the content to be readable, all other promises looked at.
        if job["progress"].as_f64().unwrap() > 0.8 && !is_filled {
            is_filled = true;
            fs::write(&pipe, b"a content that is kept").unwrap();
        }
        states.push(job);
    }
    let last = states.last().unwrap();
    assert_eq!(last["status"], "succeeded", "{last}");
    assert_eq!(last["progress"], 1.0);
    let found = last["result"]["lines"].as_array().unwrap();
    assert_eq!(found.len(), promises().len());
    assert!(found.iter().all(|line| line["status"] == "ok"), "{found:?}");
    assert!(states.iter().any(|job| job["status"] == "running"), "nothing was seen live");
    let shares: Vec<_> = states.iter().map(|job| job["progress"].as_f64().unwrap()).collect();
    assert!(shares.is_sorted(), "{shares:?}");
}

/// A server whose running job will not end by itself.
fn held_up(binary: &Binary) -> (Served, String, String) {
    let pipe = keep_content(&binary.data(), b"a content that is kept");
    turn_into_pipe(&pipe);
    let served = binary.serve(&[]);
    let cookie = served.sign_in();
    let id = served.order_check(&cookie);
    let path = format!("/api/jobs/{id}");
    let running = eventually(|| {
        let job = served.request("GET", &path).cookie(&cookie).send().json();
        (job["status"] == "running").then_some(())
    });
    running.expect("the job never began");
    (served, cookie, path)
}

#[test]
fn a_stream_ends_with_the_session_that_opened_it_and_with_no_other() {
    let binary = initialised();
    let (served, cookie, path) = held_up(&binary);
    let other = served.sign_in();
    let sign_out = |cookie: &str| {
        let answer = served.request("DELETE", "/auth/session").cookie(cookie).send();
        assert_eq!(answer.status, 204);
    };
    let stream = |cookie: &str| {
        let request = served.request("GET", &format!("{path}/events")).cookie(cookie);
        let mut lines = request.lines();
        assert!(lines.any(|line| line.starts_with("data:")));
        lines
    };
    let (kept, ended) = (stream(&other), stream(&cookie));
    sign_out(&cookie);
    assert!(ended.count() < 1000, "the stream did not end");
    let answer = served.request("GET", &path).cookie(&other).send();
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let kept = thread::spawn(move || kept.count());
    thread::sleep(Duration::from_millis(100));
    assert!(!kept.is_finished(), "the end of one session ended the stream of another");
    sign_out(&other);
    kept.join().unwrap();
}

#[test]
fn a_stop_waits_for_no_stream_no_half_request_and_no_job() {
    let binary = initialised();
    let (served, cookie, path) = held_up(&binary);
    let mut lines = served.request("GET", &format!("{path}/events")).cookie(&cookie).lines();
    assert!(lines.any(|line| line.starts_with("data:")));
    let half = |text: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", served.port())).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let host = format!("Host: localhost:{}\r\n", served.port());
    let _idle = half("");
    let _head = half(&format!("GET /livez HTTP/1.1\r\n{host}"));
    let _body = half(&format!(
        "POST /auth/session HTTP/1.1\r\n{host}Content-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{\"username\""
    ));
    let ended = served.stop();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    assert!(ended.took < STOP_MAX, "it took {:?}: {ended:#?}", ended.took);
    assert!(lines.count() < 1000, "the stream did not end");
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);

    // What the stop cut short is taken up again by the next start.
    let served = binary.serve(&[]);
    let job = served.request("GET", &path).cookie(&cookie).send();
    assert_eq!(job.status, 200);
    assert_ne!(job.json()["status"], "dead");
}

#[test]
fn a_method_that_is_none_is_answered_with_every_manner() {
    let binary = initialised();
    let served = binary.serve(&[]);
    let answer = served.request("FOO", "/api/me").send();
    assert_eq!(answer.status, 400);
    for name in ["x-content-type-options", "x-request-id", "content-security-policy"] {
        assert!(answer.header(name).is_some(), "{name} is missing in {answer:?}");
    }
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

#[test]
fn an_idle_server_stops_at_once_and_leaves_one_plain_file() {
    let binary = initialised();
    let served = binary.serve(&[]);
    served.sign_in();
    let ended = served.stop();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    assert!(ended.took < STOP_MAX, "it took {:?}", ended.took);
    let log = fs::metadata(binary.data().join("cellar.db-wal")).map_or(0, |facts| facts.len());
    assert_eq!(log, 0, "the log was not folded back");
}

#[test]
fn every_request_has_one_line_in_the_log_and_no_secret_is_in_it() {
    let binary = Binary::new().without("CELLAR_ADMIN_PASSWORD");
    let mut served = binary.serve(&["--log-format", "json"]);
    served.wait_for_line("It is shown only now");
    let password = one_time_password(&served.stdout());
    let mut cookie = served.sign_in_with(&password);
    let signed_in = served.stderr().matches("\"cellar::request\"").count();
    assert!(signed_in <= 20, "signing in took {signed_in} requests");

    let new = "the newest of all passwords";
    let change = json!({ "current_password": password, "new_password": new });
    let wrong = json!({ "username": "admin", "password": "a wrong password" });
    let requests = [
        served.request("PUT", "/api/me/password").cookie(&cookie).json(&change),
        served.request("POST", "/auth/session").json(&wrong),
        served.request("GET", "/api/me?token=in-the-query").cookie(&cookie),
        served.request("GET", "/api/nothing"),
        served.request("GET", "/api/me").cookie("cellar_local=forged"),
        served.request("GET", "/"),
    ];
    let mut ids = Vec::new();
    for (n, request) in requests.into_iter().enumerate() {
        let given = format!("story-{n}");
        let answer = request.header("X-Request-Id", &given).send();
        assert_eq!(answer.header("x-request-id"), Some(given.as_str()));
        ids.push(given);
    }
    let own = served.get("/livez");
    ids.push(own.header("x-request-id").unwrap().to_owned());
    let second = served.sign_in_with(new);
    served.request("DELETE", "/auth/session").cookie(&second).send();

    let ended = served.stop();
    for line in ended.stderr.lines() {
        let line: Value = serde_json::from_str(line).expect(line);
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
    for id in ids {
        let quoted = format!("\"request_id\":\"{id}\"");
        let lines = ended.stderr.lines().filter(|line| line.contains(&quoted));
        let told = lines.filter(|line| line.contains("\"cellar::request\"")).count();
        assert_eq!(told, 1, "{id} in\n{}", ended.stderr);
    }
    assert_eq!(ended.stdout.matches(&password).count(), 1, "{}", ended.stdout);
    assert!(!ended.stderr.contains(&password), "{}", ended.stderr);
    cookie = cookie.split_once('=').unwrap().1.to_owned();
    let second = second.split_once('=').unwrap().1;
    let said = format!("{}{}", ended.stdout, ended.stderr);
    let secrets = [new, "a wrong password", &cookie, second, "forged", "in-the-query"];
    for secret in secrets.iter().chain(&[PASSWORD]) {
        assert!(!said.contains(*secret), "{secret} is in\n{said}");
    }
}

#[test]
fn text_lines_are_for_people() {
    let served = initialised().serve(&[]);
    let id = served.get("/livez").header("x-request-id").unwrap().to_owned();
    let log = served.stop().stderr;
    let line = log.lines().find(|line| line.contains(&id)).expect(&log);
    assert!(line.contains("/livez") && line.contains("200") && !line.starts_with('{'), "{line}");
}
