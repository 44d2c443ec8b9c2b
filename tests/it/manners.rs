//! How the server behaves whatever the noun: hosts, sites, types, sizes, headers, failures.

use data_encoding::BASE64;
use rocket::http::Method;
use serde_json::json;

use crate::support::app::{App, HOST, PASSWORD, Setup};

#[test]
fn an_unknown_address_of_the_api_is_a_problem_and_never_a_page() {
    let app = App::start();
    for path in ["/api", "/api/nothing", "/api/jobs/x/y", "/auth/nothing", "/api%2fme"] {
        app.visitor().get(path).send().problem(404, "not_found");
        app.admin().get(path).send().problem(404, "not_found");
    }
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let app = App::start();
    for (method, path, allow) in [
        (Method::Post, "/livez", "GET, HEAD"),
        (Method::Get, "/auth/session", "DELETE, POST"),
        (Method::Delete, "/api/me", "GET, HEAD, PATCH"),
        (Method::Patch, "/api/me/password", "PUT"),
        (Method::Put, "/api/admin/checks", "POST"),
        (Method::Options, "/api/jobs", "GET, HEAD"),
        (Method::Post, "/", "GET, HEAD"),
        (Method::Trace, "/js/main.js", "GET, HEAD"),
    ] {
        let answer = app.admin().call(method, path).send();
        answer.problem(405, "method_not_allowed");
        assert_eq!(answer.header("Allow"), Some(allow), "{method} {path}");
    }
}

#[test]
fn head_is_answered_like_get_without_a_body() {
    let app = App::start();
    let answer = app.visitor().call(Method::Head, "/readyz").send();
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
}

#[test]
fn only_our_own_names_are_answered_to() {
    let app = Setup::default().flag("allowed_hosts", "cellar.example.org").start();
    let ours = ["localhost:8000", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000"];
    let allowed = ["cellar.example.org", "Cellar.Example.org:8000"];
    for host in ours.iter().chain(&allowed) {
        let answer = app.visitor().get("/livez").header("Host", host).send();
        assert_eq!(answer.status, 200, "{host}");
    }
    let foreign =
        ["evil.example", "localhost", "localhost:80", "localhost:8000.evil", "a@localhost:8000"];
    for host in foreign {
        app.visitor().get("/livez").header("Host", host).send().problem(421, "wrong_host");
        app.visitor().get("/").header("Host", host).send().problem(421, "wrong_host");
    }
    app.visitor().get("/livez").without("Host").send().problem(421, "wrong_host");
    let two = app.visitor().get("/livez").another_header("Host", HOST).send();
    two.problem(421, "wrong_host");
}

#[test]
fn a_page_of_another_site_cannot_use_our_cookie() {
    let app = App::start();
    let admin = app.admin();
    let own = format!("http://{HOST}");
    for (site, origin, passes) in [
        (Some("same-origin"), None, true),
        (Some("same-origin"), Some("http://evil.example"), true),
        (Some("same-site"), Some(own.as_str()), false),
        (Some("cross-site"), None, false),
        (Some("none"), None, false),
        (None, Some(own.as_str()), true),
        (None, Some("http://localhost:8001"), false),
        (None, Some("null"), false),
        (None, None, false),
    ] {
        let mut call = admin.post("/api/admin/checks").without("Sec-Fetch-Site");
        if let Some(site) = site {
            call = call.header("Sec-Fetch-Site", site);
        }
        if let Some(origin) = origin {
            call = call.header("Origin", origin);
        }
        let answer = call.send();
        if passes {
            answer.expect(202);
        } else {
            answer.problem(403, "cross_site");
            assert_eq!(answer.header("Vary"), Some("Origin, Sec-Fetch-Site"));
        }
    }
    // Looking changes nothing, so a link from anywhere opens signed in.
    admin.get("/api/me").header("Sec-Fetch-Site", "cross-site").send().expect(200);
    // Without a cookie there is nothing to misuse.
    let body = json!({"username": "admin", "password": PASSWORD});
    let sign_in = app.visitor().post("/auth/session").header("Sec-Fetch-Site", "cross-site");
    sign_in.json(&body).send().expect(201);
}

#[test]
fn a_page_of_another_site_cannot_use_a_password_that_a_browser_keeps() {
    let app = App::start();
    let key = json!({"name": "k", "scopes": ["predict"]});
    let key = app.user("ada").post("/api/keys").json(&key).send().expect(201);
    let pair = format!("ada:{}", key["secret"].as_str().unwrap());
    let own = format!("http://{HOST}");
    for (site, origin, passes) in [
        (Some("cross-site"), None, false),
        (Some("same-site"), Some(own.as_str()), false),
        (None, Some("http://evil.example"), false),
        (None, Some(own.as_str()), true),
        (Some("same-origin"), None, true),
        (None, None, true),
    ] {
        let mut call = app.visitor().post("/api/tasks").without("Sec-Fetch-Site");
        for (name, value) in [("Sec-Fetch-Site", site), ("Origin", origin)] {
            if let Some(value) = value {
                call = call.header(name, value);
            }
        }
        let basic = format!("Basic {}", BASE64.encode(pair.as_bytes()));
        let call = call.header("Authorization", &basic);
        let answer = call.json(&json!({"model": "simple", "data": [[1]]})).send();
        if passes {
            answer.expect(200);
        } else {
            answer.problem(403, "cross_site");
        }
    }
}

#[test]
fn a_form_cannot_pass_for_another_method() {
    let app = App::start();
    let admin = app.admin();
    let form = |actor: &crate::support::app::Actor<'_>, site: &str| {
        let call = actor.post("/auth/session").header("Sec-Fetch-Site", site);
        call.header("Content-Type", "application/x-www-form-urlencoded")
            .body("_method=delete")
            .send()
    };
    form(&admin, "cross-site").problem(403, "cross_site");
    form(&admin, "same-origin").problem(415, "unsupported_type");
    admin.get("/api/me").send().expect(200);
}

#[test]
fn only_json_is_taken_for_json() {
    let app = App::start();
    let body = json!({"username": "admin", "password": PASSWORD}).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "nonsense"]
    {
        let call = app.visitor().post("/auth/session").header("Content-Type", kind);
        call.body(body.clone()).send().problem(415, "unsupported_type");
    }
    app.visitor().post("/auth/session").body(body.clone()).send().problem(415, "unsupported_type");
    let call = app.visitor().post("/auth/session");
    let call = call.header("Content-Type", "application/json; charset=utf-8");
    call.body(body).send().expect(201);
}

#[test]
fn every_problem_of_a_body_is_named_at_once() {
    let app = App::start();
    let send = |body: &str| {
        let call = app.visitor().post("/auth/session").header("Content-Type", "application/json");
        call.body(body).send()
    };
    let named = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect()
    };
    assert_eq!(
        send(r#"{"username": 5, "passwort": "x", "admin": true}"#).issues(),
        named(&[
            ("admin", "unknown"),
            ("password", "required"),
            ("passwort", "unknown"),
            ("username", "wrong_type"),
        ])
    );
    assert_eq!(send("[1]").issues(), named(&[("body", "wrong_type")]));
    assert_eq!(send(r#"{"password": "x"}"#).issues(), named(&[("username", "required")]));
    let both = r#"{"password": "x", "username": "a", "email": "b"}"#;
    assert_eq!(send(both).issues(), named(&[("email", "surplus")]));
    let deep = format!("{}{}", "[".repeat(100_000 / 4), "]".repeat(100_000 / 4));
    for broken in ["", "{", "{\"a\":1e999}", "nope", "{\"a\":\"\u{0}\"}", &deep] {
        send(broken).problem(400, "malformed");
    }
    let call = app.visitor().post("/auth/session").header("Content-Type", "application/json");
    call.body(vec![b'"', 0xff, b'"']).send().problem(400, "malformed");
}

#[test]
fn a_field_that_stands_there_twice_is_refused() {
    let app = App::start();
    let ada = app.user("ada");
    let send = |path: &str, body: &str| {
        let call = ada.post(path).header("Content-Type", "application/json");
        call.body(body).send().issues()
    };
    let repeated = |field: &str| vec![(field.to_owned(), "repeated".to_owned())];
    assert_eq!(send("/api/balance/top-ups", r#"{"amount":5,"amount":6}"#), repeated("amount"));
    let scopes = r#"{"name": "a", "scopes": ["read"], "scopes": ["read", "write"]}"#;
    assert_eq!(send("/api/keys", scopes), repeated("scopes"));
    let password = format!(r#"{{"username":"ada","password":"x","password":"{PASSWORD}"}}"#);
    assert_eq!(send("/auth/login", &password), repeated("password"));
    // Together with everything else that is wrong.
    let both = send("/api/balance/top-ups", r#"{"amount": "5", "x": 1, "x": 2}"#);
    let both: Vec<_> = both.iter().map(|(field, code)| format!("{field} {code}")).collect();
    assert_eq!(both, ["amount wrong_type", "x repeated", "x unknown"]);
    let large = send("/api/balance/top-ups", r#"{"amount": 9223372036854775808}"#);
    assert_eq!(large, [("amount".to_owned(), "out_of_range".to_owned())]);
    assert_eq!(ada.get("/api/balance").send().expect(200)["available"], 100);
}

#[test]
fn a_query_names_what_its_address_takes_and_each_once() {
    let app = App::start();
    let admin = app.admin();
    let codes = |path: &str| {
        let found = admin.get(path).send().issues();
        found.into_iter().map(|(field, code)| format!("{field} {code}")).collect::<Vec<_>>()
    };
    assert_eq!(codes("/api/transactions?kinds=gift"), ["kinds unknown"]);
    assert_eq!(codes("/api/transactions.csv?kind=zzz&kind=gift"), ["kind repeated"]);
    assert_eq!(codes("/api/transactions.csv?limit=3"), ["limit unknown"]);
    let both = "/api/admin/users?foo=1&sort=name&LIMIT=3&sort=name&foo=2";
    assert_eq!(codes(both), ["LIMIT unknown", "foo unknown", "sort repeated"]);
    assert_eq!(codes("/api/admin/audit?user%5fid=x&user_id=x"), ["user_id repeated"]);
    assert_eq!(codes("/api/me?x"), ["x unknown"]);
    let told = admin.get("/api/jobs?page=2").send().json()["errors"][0]["message"].to_string();
    assert!(told.contains("limit, cursor"), "{told}");
    admin.get("/api/transactions?&limit=3&").send().expect(200);
    // What others may not ask stays their secret, and the app's own pages take what they like.
    app.visitor().get("/api/admin/users?foo=1").send().problem(401, "signed_out");
    assert_eq!(app.visitor().get("/sign-in?next=/a&next=/b").send().status, 200);
}

#[test]
fn a_body_may_be_as_large_as_the_limit_and_not_a_byte_larger() {
    const BYTES_MAX: usize = 64 * 1024;
    let app = App::start();
    let send = |size: usize| {
        let frame = r#"{"username": "admin", "password": ""}"#.len();
        let password = "x".repeat(size - frame);
        let body = format!(r#"{{"username": "admin", "password": "{password}"}}"#);
        assert_eq!(body.len(), size);
        let call = app.visitor().post("/auth/session").header("Content-Type", "application/json");
        call.body(body).send()
    };
    send(BYTES_MAX).problem(422, "invalid");
    send(BYTES_MAX + 1).problem(413, "too_large");
    send(10 * BYTES_MAX).problem(413, "too_large");
}

#[test]
fn an_id_of_another_kind_is_not_found() {
    let app = App::start();
    let admin = app.admin();
    let me = admin.get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned();
    let huge = "job_".to_owned() + &"Z".repeat(5000);
    for id in [me.as_str(), "job_", "job_1", "1", "-1", "job_%00", "job_%F0%9F%8D%B7", &huge] {
        admin.get(&format!("/api/jobs/{id}")).send().problem(404, "not_found");
        admin.post(&format!("/api/jobs/{id}/cancel")).send().problem(404, "not_found");
    }
}

#[test]
fn answers_of_the_api_carry_the_headers_of_their_class() {
    let app = App::start();
    for answer in [
        app.visitor().get("/livez").send(),
        app.visitor().get("/api/nothing").send(),
        app.visitor().get("/api/me").send(),
        app.admin().get("/api/me").send(),
    ] {
        for (name, value) in [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("X-Frame-Options", "DENY"),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
            ("Cache-Control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        for name in ["Server", "X-XSS-Protection", "Strict-Transport-Security", "X-Powered-By"] {
            assert_eq!(answer.header(name), None, "{name}");
        }
        let names: Vec<_> = answer.headers.iter().map(|(n, _)| n.to_ascii_lowercase()).collect();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), distinct.len(), "a header stands twice: {names:?}");
    }
    let me = app.admin().get("/api/me").send();
    assert_eq!(me.header("Content-Type"), Some("application/json; charset=utf-8"));
}

#[test]
fn over_https_the_cookie_is_bound_to_it_and_browsers_are_told_to_stay() {
    let app = Setup::default().flag("base_url", "https://cellar.example.org").start();
    let body = json!({"username": "admin", "password": PASSWORD});
    let call = app.visitor().post("/auth/session").header("Host", "cellar.example.org");
    let answer = call.json(&body).send();
    answer.expect(201);
    assert_eq!(answer.header("Strict-Transport-Security"), Some("max-age=31536000"));
    let cookie = answer.header("Set-Cookie").unwrap();
    let (secret, rest) = cookie.strip_prefix("__Host-cellar=").unwrap().split_once("; ").unwrap();
    assert_eq!(secret.len(), 43);
    assert_eq!(rest, "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=604800");
    // The cookie of the local profile means nothing here.
    let local = app.visitor().get("/api/me").header("Host", "cellar.example.org");
    local.header("Cookie", &format!("cellar_local={secret}")).send().problem(401, "signed_out");
    let known = app.visitor().get("/api/me").header("Host", "cellar.example.org");
    known.header("Cookie", &format!("a=b; __Host-cellar={secret}")).send().expect(200);
}

#[test]
fn a_request_id_is_taken_over_if_it_is_decent() {
    let app = App::start();
    let id_for = |given: &str| {
        let answer = app.visitor().get("/api/me").header("X-Request-Id", given).send();
        answer.problem(401, "signed_out")["request_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(id_for("trace-1.a_B"), "trace-1.a_B");
    for hostile in ["a b", "<script>", "a;b", "\"", &"x".repeat(65), "é"] {
        assert_ne!(id_for(hostile), hostile);
    }
}

#[test]
fn who_is_not_signed_in_is_told_how_unless_a_cookie_was_sent() {
    let app = App::start();
    let bare = app.visitor().get("/api/me").send();
    bare.problem(401, "signed_out");
    assert_eq!(bare.header("WWW-Authenticate"), Some("Bearer"));
    let stale = app.visitor().get("/api/me").header("Cookie", "cellar_local=stale").send();
    stale.problem(401, "signed_out");
    assert_eq!(stale.header("WWW-Authenticate"), None);
}

#[test]
fn sign_in_is_paced_by_address_and_only_a_trusted_proxy_names_another() {
    let app = Setup::default()
        .flag("sign_in_tries_per_minute", "2")
        .flag("trusted_proxies", "10.0.0.0/8")
        .start();
    let body = json!({"username": "admin", "password": "wrong password"});
    let try_from = |peer: &str, forwarded: &str| {
        let call = app.visitor().post("/auth/session").from(peer);
        call.header("X-Forwarded-For", forwarded).header("X-Real-IP", forwarded).json(&body).send()
    };
    // A stranger's word changes nothing: these are three tries of one address.
    try_from("192.0.2.1", "198.51.100.1").problem(422, "invalid");
    try_from("192.0.2.1", "198.51.100.2").problem(422, "invalid");
    let refused = try_from("192.0.2.1", "198.51.100.3");
    refused.problem(429, "too_many");
    let wait: u64 = refused.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    assert_eq!(refused.header("RateLimit-Policy"), Some("\"sign-in\";q=2;w=60"));
    assert!(refused.header("RateLimit").unwrap().starts_with("\"sign-in\";r=0;t="));
    // A trusted proxy's word counts, up to the first address that it does not vouch for.
    for last in 1..=5 {
        let chain = format!("203.0.113.9, 198.51.100.{last}, 10.9.9.9");
        try_from("10.0.0.1", &chain).problem(422, "invalid");
    }
    let other = try_from("192.0.2.2", "");
    other.problem(422, "invalid");
    assert_eq!(other.header("RateLimit").map(|text| &text[..13]), Some("\"sign-in\";r=1"));
}

#[test]
fn a_server_is_not_ready_before_somebody_can_sign_in() {
    let app = Setup { is_founded: false, ..Setup::default() }.start();
    assert_eq!(app.visitor().get("/livez").send().status, 200);
    let ready = app.visitor().get("/readyz").send().expect(503);
    assert_eq!(ready["checks"][3]["name"], "accounts");
    assert_eq!(ready["checks"][3]["status"], "failing");
    app.found();
    app.visitor().get("/readyz").send().expect(200);
    app.admin().get("/api/me").send().expect(200);
}

#[test]
fn after_a_failed_commit_nothing_is_saved_and_everyone_is_told() {
    let app = App::start();
    let admin = app.admin();
    let dangling = app.database.write_here(|tx| {
        tx.execute("PRAGMA defer_foreign_keys = ON", &[])?;
        tx.execute("INSERT INTO accounts (id, user_id) VALUES (9, 99)", &[])
    });
    assert!(dangling.is_err());
    for path in ["/readyz", "/healthz"] {
        let answer = app.visitor().get(path).send();
        assert_eq!(answer.header("Retry-After"), Some("30"));
        let ready = answer.expect(503);
        assert_eq!(ready["status"], "failing");
        assert_eq!(ready["checks"][0]["name"], "database");
        assert!(ready["checks"][0]["detail"].as_str().unwrap().contains("restart"));
        assert!(!ready.to_string().contains("/tmp"));
    }
    app.visitor().get("/livez").send().header("Cache-Control").unwrap();
    admin.get("/api/me").send().expect(200);
    let refused = admin.post("/api/admin/checks").send();
    refused.problem(503, "unavailable");
    assert_eq!(refused.header("Retry-After"), Some("30"));
}
