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
    let made = ["js/main.js", "js/home/front.js", "css/app.css", "js/words/ru/frame.js"];
    let names = made.map(|name| lasting(&app, name)).into_iter();
    for name in names.chain(["/".into(), "/vendor/vendor.json".into()]) {
        let ask =
            |encoding: &str| app.visitor().get(&name).header("Accept-Encoding", encoding).send();
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
        let varies = match name.as_str() {
            "/" => "Accept-Encoding, Accept-Language, Cookie",
            _ => "Accept-Encoding",
        };
        assert_eq!(plain.header("Vary"), Some(varies));
    }
}

/// The address of a file of the app that lasts, as the shell has it.
fn lasting(app: &App, name: &str) -> String {
    let shell = app.visitor().get("/").send().text;
    let start = shell.split("src=\"").nth(1).unwrap().split("js/main.js").next().unwrap();
    assert!(start.starts_with("/assets/"), "{shell}");
    format!("{start}{name}")
}

#[test]
fn what_the_app_consists_of_lasts_and_is_there_in_its_version_alone() {
    let app = App::start();
    for name in ["js/main.js", "js/home/home.js", "css/app.css", "icons.svg", "favicon.svg"] {
        let address = lasting(&app, name);
        let answer = app.visitor().get(&address).send();
        assert_eq!(answer.status, 200, "{address}");
        let lasts = Some("public, max-age=31536000, immutable");
        assert_eq!(answer.header("Cache-Control"), lasts, "{address}");
        let version = address.split('/').nth(2).unwrap();
        let other = address.replace(version, "anything");
        app.visitor().get(&other).send().problem(404, "not_found");
    }
    // What is a part of others would run twice if it were loaded by itself.
    for name in ["js/core/http.js", "css/tokens.css", "index.html", "js/lost.js", "", "vendor/x"] {
        app.visitor().get(&lasting(&app, name)).send().problem(404, "not_found");
    }
}

#[test]
fn the_scripts_of_a_screen_come_as_one_and_name_only_what_is_there() {
    let app = App::start();
    let start = app.visitor().get(&lasting(&app, "js/main.js")).send().text;
    assert!(start.contains("define('core/http', () => {"));
    let screens: std::collections::BTreeSet<_> = start
        .split("=> import('")
        .skip(1)
        .map(|rest| rest.split('\'').next().unwrap().to_owned())
        .collect();
    assert!(screens.len() > 20, "{screens:?}");
    for screen in screens {
        let answer = app.visitor().get(&screen).send();
        assert_eq!(answer.status, 200, "{screen}");
        let main = lasting(&app, "js/main.js");
        assert!(answer.text.starts_with(&format!("import {{ define, modules }} from '{main}';")));
        assert!(!answer.text.contains("\nimport {") && !answer.text.contains("\nexport {"));
        // Every module that is named is in the start or in the screen.
        for rest in answer.text.split("modules['").skip(1) {
            let key = rest.split('\'').next().unwrap();
            let defined = format!("define('{key}', ");
            assert!(start.contains(&defined) || answer.text.contains(&defined), "{screen}: {key}");
        }
    }
}

#[test]
fn the_stylesheet_comes_as_one() {
    let app = App::start();
    let sheet = app.visitor().get(&lasting(&app, "css/app.css")).send();
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
fn what_the_first_screen_needs_is_told_with_the_shell() {
    let app = App::start();
    let routes = app.visitor().get("/js/routes.js").send().text;
    for (cookie, language, screen) in [
        (None, "ru", "words: ['front', 'prediction'], load: () => import('/js/home/front.js')"),
        (
            Some("a=b"),
            "en",
            "words: ['home', 'summary', 'task'], load: () => import('/js/home/home.js')",
        ),
    ] {
        assert!(routes.contains(screen), "the routes name something else than {screen}");
        let ask = app.visitor().get("/").header("Accept-Language", language);
        let ask = if let Some(cookie) = cookie { ask.header("Cookie", cookie) } else { ask };
        let answer = ask.send();
        let links = answer.header("Link").unwrap();
        let mut told: Vec<_> = links
            .split(", ")
            .map(|link| link.strip_suffix(">; rel=modulepreload").unwrap().trim_start_matches('<'))
            .collect();
        let words = screen.split('\'').filter(|part| part.chars().all(char::is_alphabetic));
        let mut meant: Vec<_> = ["frame"]
            .into_iter()
            .chain(words)
            .map(|noun| lasting(&app, &format!("js/words/{language}/{noun}.js")))
            .collect();
        let file = screen.rsplit('\'').nth(1).unwrap().trim_start_matches('/');
        meant.push(lasting(&app, file));
        told.sort_unstable();
        meant.sort_unstable();
        assert_eq!(told, meant);
        for address in told {
            assert_eq!(app.visitor().get(address).send().status, 200, "{address}");
        }
    }
    assert_eq!(app.visitor().get("/sign-in").send().header("Link"), None);
    // Every language that there is.
    for name in asset_names().iter().filter(|name| name.ends_with("/front.js")) {
        let Some(language) = name.strip_prefix("js/words/") else { continue };
        let language = &language[..2];
        let answer = app.visitor().get("/").header("Accept-Language", language).send();
        let links = answer.header("Link").unwrap();
        assert!(links.contains(&format!("js/words/{language}/front.js")), "{links}");
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
