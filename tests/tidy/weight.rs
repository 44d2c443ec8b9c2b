//! The first screen is light and comes soon, however many screens there are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::words::{reachable, screens};
use super::{assert_none, imports, own_assets, root};

#[path = "../../src/web/stylesheet.rs"]
mod stylesheet;

/// What may travel before the home page is there, fonts and all.
const BYTES_MAX: usize = 150_000;

fn compressed(content: &[u8]) -> usize {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut out, &params).unwrap();
    out.len()
}

#[test]
fn the_start_is_light() {
    let asset = |name: &str| fs::read(root().join("assets").join(name)).unwrap();
    let text = |name: &str| String::from_utf8(asset(name)).unwrap();
    let modules: BTreeMap<_, _> = own_assets(&["js"])
        .into_iter()
        .map(|source| (source.path.trim_start_matches("assets").to_owned(), source.text))
        .collect();
    let home = "/js/home/home.js";
    let mut names: BTreeSet<_> = reachable(&modules, "/js/main.js");
    names.extend(reachable(&modules, home));
    let screens = screens(&modules["/js/routes.js"]);
    let (_, words) = screens.iter().find(|(file, _)| file == home).unwrap();
    names.extend(words.iter().chain([&"frame".into()]).map(|it| format!("/js/words/en/{it}.js")));
    let scripts: usize = names.iter().map(|name| compressed(modules[name].as_bytes())).sum();

    let sheet = stylesheet::joined(&text("css/app.css"), |name| Some(text(name))).unwrap();
    let sheet = compressed(sheet.as_bytes());
    let mut others = 0;
    for name in ["index.html", "icons.svg", "favicon.svg"] {
        others += compressed(&asset(name));
    }
    let vendored = fs::read_dir(root().join("assets/vendor")).unwrap();
    for path in vendored.map(|entry| entry.unwrap().path()) {
        if path.file_name().unwrap().to_str().unwrap().starts_with("preact-") {
            others += compressed(&fs::read(path).unwrap());
        }
    }
    let fonts = fs::read_dir(root().join("assets/fonts")).unwrap();
    let latin = fonts.map(|entry| entry.unwrap().path()).find(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("inter-latin-") && !name.contains("ext")
    });
    let font = fs::read(latin.unwrap()).unwrap().len();
    let total = scripts + sheet + others + font;
    println!("scripts {scripts}, sheet {sheet}, others {others}, font {font}: {total}");
    assert!(total < BYTES_MAX, "{total} bytes; load what is not needed at once when it is");
}

#[test]
fn the_shell_tells_at_once_what_the_start_needs() {
    let modules: BTreeMap<_, _> = own_assets(&["js"])
        .into_iter()
        .map(|source| (source.path.trim_start_matches("assets").to_owned(), source.text))
        .collect();
    let start = "/js/main.js";
    let own = reachable(&modules, start);
    let vendored = own.iter().flat_map(|name| imports(&modules[name]));
    let vendored = vendored.filter(|name| name.starts_with("/vendor/"));
    let needed: BTreeSet<_> =
        own.iter().filter(|name| *name != start).cloned().chain(vendored).collect();
    let shell = fs::read_to_string(root().join("assets/index.html")).unwrap();
    let told = shell.split("rel=\"modulepreload\" href=\"").skip(1);
    let told: BTreeSet<_> = told.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let differing: Vec<_> = needed.symmetric_difference(&told).cloned().collect();
    assert_none(&differing, "list in index.html what main.js imports, and nothing else");
}
