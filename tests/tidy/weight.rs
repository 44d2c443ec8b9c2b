//! The first screen is light and comes soon, however many screens there are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::words::{reachable, screens};
use super::{assert_none, imports, own_assets, root};

#[path = "../../src/web/made.rs"]
mod made;
#[path = "../../src/web/script.rs"]
mod script;
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

/// What travels for a file of the app.
fn travels(app: &made::App<'_, impl Fn(&str) -> Option<String>>, name: &str) -> usize {
    match app.sent(name).unwrap() {
        made::Sent::Made(text) => compressed(text.as_bytes()),
        made::Sent::Written => compressed(&fs::read(root().join("assets").join(name)).unwrap()),
        made::Sent::Part => panic!("{name} is not sent by itself"),
    }
}

#[test]
fn the_start_is_light() {
    let read = |name: &str| fs::read_to_string(root().join("assets").join(name)).ok();
    let app = made::App::new(&read, "version1").unwrap();
    let home = "/js/home/home.js";
    let screens = screens(&read("js/routes.js").unwrap());
    let (_, words) = screens.iter().find(|(file, _)| file == home).unwrap();
    let words = words.iter().map(String::as_str).chain(["frame"]);
    let words = words.map(|name| format!("js/words/en/{name}.js"));
    let own = ["index.html", "js/main.js", "css/app.css", "icons.svg", "favicon.svg", &home[1..]];
    let own = own.into_iter().map(str::to_owned).chain(words);
    let scripts: usize = own.map(|name| travels(&app, &name)).sum();

    let only = |folder: &str, begin: &str| {
        let files = fs::read_dir(root().join("assets").join(folder)).unwrap();
        let mut files = files.map(|entry| entry.unwrap().path());
        let found = files.find(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(begin) && !name.contains("ext")
        });
        fs::read(found.unwrap()).unwrap()
    };
    let library = compressed(&only("vendor", "preact-"));
    let font = only("fonts", "inter-latin-").len();
    let total = scripts + library + font;
    println!("own {scripts}, library {library}, font {font}: {total}");
    assert!(total < BYTES_MAX, "{total} bytes; load what is not needed at once when it is");
}

#[test]
fn the_shell_tells_at_once_which_libraries_the_start_needs() {
    let modules: BTreeMap<_, _> = own_assets(&["js"])
        .into_iter()
        .map(|source| (source.path.trim_start_matches("assets").to_owned(), source.text))
        .collect();
    let own = reachable(&modules, "/js/main.js");
    let libraries = own.iter().flat_map(|name| imports(&modules[name]));
    let needed: BTreeSet<_> = libraries.filter(|name| name.starts_with("/vendor/")).collect();
    let shell = fs::read_to_string(root().join("assets/index.html")).unwrap();
    let told = shell.split("rel=\"modulepreload\" href=\"").skip(1);
    let told: BTreeSet<_> = told.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let differing: Vec<_> = needed.symmetric_difference(&told).cloned().collect();
    assert_none(
        &differing,
        "list in index.html what main.js imports from vendor, and nothing else",
    );
}
