//! The files of the app.

use std::io::Read;

use cellar::web::{asset_names, content_security_policy_of_the_app};

use crate::support::app::App;

#[test]
fn every_file_is_served_with_its_type_and_a_strong_tag() {
    let app = App::start();
    let names = asset_names();
    assert!(names.len() > 50, "{}", names.len());
    for name in names.iter().filter(|name| *name != "index.html") {
        let answer = app.visitor().get(&format!("/{name}")).send();
        assert_eq!(answer.status, 200, "{name}");
        let kind = answer.header("Content-Type").unwrap();
        let wanted = match name.rsplit('.').next().unwrap() {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "json" => "application/json; charset=utf-8",
            "svg" => "image/svg+xml",
            "woff2" => "font/woff2",
            "txt" => "text/plain; charset=utf-8",
            other => panic!("{name}: give files ending in {other} their type"),
        };
        assert_eq!(kind, wanted, "{name}");
        let tag = answer.header("ETag").unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.len() > 10, "{tag}");
        let again = app.visitor().get(&format!("/{name}")).header("If-None-Match", &tag).send();
        assert_eq!((again.status, again.bytes.len()), (304, 0), "{name}");
        assert_eq!(again.header("ETag"), Some(tag.as_str()));
        let is_lasting = name.starts_with("vendor/") || name.starts_with("fonts/");
        let cache = if is_lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!(answer.header("Cache-Control"), Some(cache), "{name}");
    }
}

#[test]
fn a_compressed_form_is_the_same_file_under_a_tag_of_its_own() {
    let app = App::start();
    for name in ["js/main.js", "css/tokens.css", "vendor/vendor.json"] {
        let ask = |encoding: &str| {
            app.visitor().get(&format!("/{name}")).header("Accept-Encoding", encoding).send()
        };
        let plain = ask("identity");
        assert_eq!(plain.header("Content-Encoding"), None);
        let br = ask("gzip, deflate, br");
        assert_eq!(br.header("Content-Encoding"), Some("br"), "{name}");
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut br.bytes.as_slice(), &mut unpacked).unwrap();
        assert_eq!(unpacked, plain.bytes);
        let liked = ask("br;q=0.1, gzip;q=0.9");
        assert_eq!(liked.header("Content-Encoding"), Some("gzip"), "{name}");
        let gzip = ask("gzip, br;q=0");
        assert_eq!(gzip.header("Content-Encoding"), Some("gzip"));
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(gzip.bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.bytes);
        assert!(br.bytes.len() < plain.bytes.len() && gzip.bytes.len() < plain.bytes.len());
        let tags: std::collections::BTreeSet<_> =
            [&plain, &br, &gzip].map(|answer| answer.header("ETag").unwrap().to_owned()).into();
        assert_eq!(tags.len(), 3);
        assert_eq!(plain.header("Vary"), Some("Accept-Encoding"));
    }
}

#[test]
fn the_stylesheet_comes_as_one() {
    let app = App::start();
    let sheet = app.visitor().get("/css/app.css").send();
    assert!(sheet.text.starts_with("/*") && !sheet.text.contains("@import"));
    assert!(sheet.text.contains("@layer tokens, base, layout, parts;"));
    assert!(sheet.text.contains("@layer parts {") && sheet.text.contains(".wheel {"));
    // A part can still be asked for by itself.
    let part = app.visitor().get("/css/parts/wheel.css").send();
    assert!(sheet.text.contains(&part.text));
}

#[test]
fn an_address_of_the_app_is_its_shell_and_a_lost_file_is_not() {
    let app = App::start();
    for path in ["/", "/sign-in", "/system", "/models/wine/history", "/anything/at/all"] {
        let answer = app.visitor().get(path).send();
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("Content-Type"), Some("text/html; charset=utf-8"));
        assert_eq!(answer.header("Cache-Control"), Some("no-cache"));
        let policy = answer.header("Content-Security-Policy").unwrap();
        assert_eq!(policy, content_security_policy_of_the_app());
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("Cross-Origin-Opener-Policy"), Some("same-origin"));
        assert_eq!(answer.header("Origin-Agent-Cluster"), Some("?1"));
        assert!(answer.header("Permissions-Policy").unwrap().contains("camera=()"));
    }
    for path in ["/js/lost.js", "/lost.css", "/vendor/lost", "/fonts/lost.woff2", "/index.htm"] {
        app.visitor().get(path).send().problem(404, "not_found");
    }
}

#[test]
fn nothing_outside_the_app_can_be_reached() {
    let app = App::start();
    for path in [
        "/../Cargo.toml",
        "/js/../../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/js/%2e%2e/%2e%2e/Cargo.toml",
        "/..%2fCargo.toml",
        "/js/main.js%00.html",
        "//etc/passwd",
        "/.git/config",
        "/js\\..\\..\\Cargo.toml",
    ] {
        let answer = app.visitor().get(path).send();
        assert!(!answer.text.contains("[package]") && !answer.text.contains("root:"), "{path}");
        assert!(!answer.text.contains("repositoryformat"), "{path}");
    }
}

#[test]
fn the_docs_have_a_policy_of_their_own() {
    let app = App::start();
    for path in ["/docs", "/redoc"] {
        let answer = app.visitor().get(path).send();
        assert_eq!(answer.status, 200);
        let policy = answer.header("Content-Security-Policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        assert!(policy.contains("connect-src 'self'") && !policy.contains("unsafe-eval"));
    }
}
