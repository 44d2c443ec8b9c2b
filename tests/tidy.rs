//! The house rules that a machine can check. Each rule says what to do about what it finds.
#![expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "the repository's own names are in lower case"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

#[path = "tidy/weight.rs"]
mod weight;
#[path = "tidy/words.rs"]
mod words;

/// A source file: its path below the repository, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let path = &self.path;
        path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/")
    }

    /// The text without its unit tests, which stand at the end.
    fn product(&self) -> &str {
        let end = self.text.find("#[cfg(test)]").unwrap_or(self.text.len());
        if self.is_test() { "" } else { &self.text[..end] }
    }

    /// The top-level module of a file of `src/`.
    fn module(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or_default();
        let end = below.find(['/', '.']).unwrap_or(below.len());
        &below[..end]
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Every file below `folder` with one of these endings.
fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    let has_ending = |path: &PathBuf| {
        path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one))
    };
    let sources = paths.into_iter().filter(has_ending).map(|path| Source {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(),
    });
    sources.collect()
}

fn rust() -> Vec<Source> {
    ["src", "tests", "benches"].iter().flat_map(|folder| sources(folder, &["rs"])).collect()
}

fn own_assets(endings: &[&str]) -> Vec<Source> {
    let mut assets = sources("assets", endings);
    assets.retain(|source| !source.path.starts_with("assets/vendor/"));
    assets
}

#[track_caller]
fn assert_none(found: &[String], what_to_do: &str) {
    assert!(found.is_empty(), "{what_to_do}:\n  {}", found.join("\n  "));
}

/// The modules of `lib.rs`, from the ground up.
fn layers() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let lines = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    lines.map(str::to_owned).collect()
}

/// The modules that `text` names as `crate::module`, single or in braces.
fn modules_named(text: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit();
    let mut named = BTreeSet::new();
    for (place, _) in text.match_indices("crate::") {
        let rest = &text[place + "crate::".len()..];
        let list = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
        let heads =
            list.map_or_else(|| vec![rest], |list| list.split(',').map(str::trim).collect());
        for head in heads {
            named.insert(head.chars().take_while(|c| is_word(*c)).collect::<String>());
        }
    }
    named
}

#[test]
fn a_module_uses_only_itself_and_modules_above_it() {
    let layers = layers();
    assert!(layers.len() > 10, "lib.rs lists its modules as `pub mod name;`");
    let height = |name: &str| layers.iter().position(|layer| layer == name);
    let mut found = Vec::new();
    for source in sources("src", &["rs"]) {
        let Some(own) = height(source.module()) else { continue };
        for name in modules_named(&source.text) {
            if height(&name).is_some_and(|other| other > own) {
                found.push(format!("{} uses {name}", source.path));
            }
        }
    }
    assert_none(&found, "move the module down in lib.rs, or what it needs up");
}

#[test]
fn every_folder_and_file_of_src_is_in_the_map() {
    let layers = layers();
    let known =
        |module: &str| matches!(module, "lib" | "main") || layers.iter().any(|l| l == module);
    let sources = sources("src", &["rs"]);
    let lost = sources.iter().filter(|source| !known(source.module()));
    let lost: Vec<_> = lost.map(|source| source.path.clone()).collect();
    assert_none(&lost, "list the module in lib.rs, at the right height");
}

#[test]
fn files_fit_a_head() {
    const LINES_MAX: [(&str, usize); 3] = [("rs", 500), ("js", 300), ("css", 150)];
    let mut found = Vec::new();
    for source in rust().into_iter().chain(own_assets(&["js", "css"])) {
        let is_words = source.path.starts_with("assets/js/words/");
        let is_tokens = source.path.ends_with("tokens.css");
        if source.is_test() || is_words || is_tokens {
            continue;
        }
        let ending = source.path.rsplit('.').next().unwrap();
        let (_, most) = LINES_MAX.iter().find(|(one, _)| *one == ending).unwrap();
        let text = if ending == "rs" { source.product() } else { &source.text };
        let n_lines = text.lines().count();
        if n_lines > *most {
            found.push(format!("{}: {n_lines} lines, {most} at most", source.path));
        }
    }
    assert_none(&found, "split the file by noun, then by verb");
}

#[test]
fn functions_fit_a_screen() {
    const LINES_MAX: usize = 70;
    let mut found = Vec::new();
    for source in sources("src", &["rs"]) {
        let mut begun: Option<(usize, usize, String)> = None;
        for (n, line) in source.product().lines().enumerate() {
            let depth = line.len() - line.trim_start().len();
            let text = line.trim_start();
            let starts = [
                "fn ",
                "pub fn ",
                "async fn ",
                "pub async fn ",
                "pub(super) fn ",
                "pub(crate) fn ",
            ];
            let is_declared_only = text.ends_with(';');
            let is_start = starts.iter().any(|start| text.starts_with(start));
            if begun.is_none() && is_start && !is_declared_only {
                begun = Some((n, depth, text.to_owned()));
            } else if let Some((start, its_depth, head)) = &begun
                && depth == *its_depth
                && (text == "}" || text.ends_with('}'))
            {
                if n - start > LINES_MAX {
                    found.push(format!(
                        "{}:{}: {} lines: {head}",
                        source.path,
                        start + 1,
                        n - start
                    ));
                }
                begun = None;
            }
        }
    }
    assert_none(&found, "split the function");
}

#[test]
fn lines_fit_a_window() {
    const CHARS_MAX: usize = 100;
    let mut found = Vec::new();
    for source in rust() {
        for (n, line) in source.text.lines().enumerate() {
            // A sentence for people may be longer than a window; breaking it would only hide it.
            let is_text = line.trim_start().starts_with('"') || line.contains("(\"");
            if line.chars().count() > CHARS_MAX && !is_text {
                found.push(format!("{}:{}", source.path, n + 1));
            }
        }
    }
    assert_none(&found, "break the line");
}

/// The table that a writing statement names, for each such statement in `text`.
fn tables_written(text: &str) -> BTreeSet<String> {
    let mut written = BTreeSet::new();
    for verb in ["INSERT INTO ", "UPDATE ", "DELETE FROM "] {
        for (place, _) in text.match_indices(verb) {
            let rest = &text[place + verb.len()..];
            let table: String =
                rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if !table.is_empty() {
                written.insert(table);
            }
        }
    }
    written
}

#[test]
fn a_table_is_written_by_one_module() {
    let mut writers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources("src", &["rs"]) {
        for table in tables_written(source.product()) {
            writers.entry(table).or_default().insert(source.module().to_owned());
        }
    }
    assert!(writers.len() >= 7, "{writers:?}");
    let shared = writers.iter().filter(|(_, modules)| modules.len() > 1);
    let shared: Vec<_> = shared.map(|(table, modules)| format!("{table}: {modules:?}")).collect();
    assert_none(&shared, "let the other module call the one that owns the table");
}

#[test]
fn the_engine_of_the_database_stays_in_its_folder() {
    let leaks = rust().into_iter().filter(|source| {
        source.path.starts_with("src/")
            && !source.path.starts_with("src/database/")
            && source.text.contains("rusqlite")
    });
    let leaks: Vec<_> = leaks.map(|source| source.path).collect();
    assert_none(&leaks, "go through Reader and Tx");
}

#[test]
fn bodies_are_read_at_a_pace() {
    let unpaced = ["rocket::form", "rocket::serde::json", "fs::TempFile", "DataStream"];
    let mut found = Vec::new();
    for source in sources("src", &["rs"]) {
        for word in unpaced.iter().filter(|word| source.product().contains(**word)) {
            found.push(format!("{} uses {word}", source.path));
        }
    }
    assert_none(&found, "read bodies through web::Body or Keeper::pace, which mind slow clients");
}

#[test]
fn nothing_is_left_undone_or_unproven() {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), "dbg!(".into(), "todo!(".into()];
    let mut found = Vec::new();
    for source in rust().into_iter().chain(own_assets(&["js", "css", "html"])) {
        let words = words.iter().filter(|word| source.text.contains(word.as_str()));
        found.extend(words.map(|word| format!("{} has {word}", source.path)));
        if source.path.starts_with("src/") && source.product().contains(".unwrap()") {
            found.push(format!("{} unwraps; use `?`, or `expect` with the proof", source.path));
        }
    }
    found.retain(|line| !line.starts_with("tests/tidy.rs"));
    assert_none(&found, "do it now, or leave it out");
}

#[test]
fn names_say_what_is_inside() {
    let empty = ["utils", "helpers", "common", "misc", "types", "base", "models"];
    let mut paths = Vec::new();
    collect(&root().join("src"), &mut paths);
    let is_empty = |path: &&PathBuf| {
        let names =
            path.iter().map(|part| part.to_str().unwrap().trim_end_matches(".rs").to_owned());
        names.into_iter().any(|name| empty.contains(&name.as_str()))
    };
    let found: Vec<_> = paths.iter().filter(is_empty).map(|p| p.display().to_string()).collect();
    assert_none(&found, "name the file for its noun or its verb");
}

#[test]
fn every_setting_is_in_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let missing = cellar::config::SETTINGS.iter().filter(|setting| {
        let variable = format!("`CELLAR_{}`", setting.name.to_uppercase());
        !readme.contains(&format!("| `{}` | {variable} |", setting.name))
    });
    let missing: Vec<_> = missing.map(|setting| setting.name.to_owned()).collect();
    assert_none(&missing, "add the setting to the README's table");
}

/// What the modules of `text` import, as absolute addresses.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["from '", "import('", "import '", "from \"", "import(\"", "import \""] {
        let quote = start.chars().last().unwrap();
        for (place, _) in text.match_indices(start) {
            let rest = &text[place + start.len()..];
            found.extend(rest.split(quote).next().map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_file_the_app_names_is_there() {
    let mut found = Vec::new();
    let mut require = |source: &Source, name: &str| {
        let is_own = name.starts_with('/') && name.rsplit('/').next().unwrap().contains('.');
        let is_there = root().join("assets").join(name.trim_start_matches('/')).is_file();
        if is_own && !is_there && name != "/openapi.json" {
            found.push(format!("{} names {name}", source.path));
        }
    };
    for source in own_assets(&["js", "css", "html"]) {
        for name in imports(&source.text) {
            require(&source, &name);
        }
        for start in ["url('", "url(\"", "href=\"", "src=\"", "@import '", "@import \""] {
            for (place, _) in source.text.match_indices(start) {
                let rest = &source.text[place + start.len()..];
                let name = rest.split(['\'', '"', '#', '?']).next().unwrap();
                require(&source, name);
            }
        }
    }
    assert_none(&found, "add the file or mend the name");
}

#[test]
fn the_app_keeps_its_layers() {
    // What each folder of assets/js may import besides its own files; the roof may import all.
    let allowed = |folder: &str| -> &[&str] {
        match folder {
            "core" => &["words"],
            "words" | "parts" => &["core"],
            _ => &["core", "parts"],
        }
    };
    let mut found = Vec::new();
    for source in own_assets(&["js"]) {
        let Some(below) = source.path.strip_prefix("assets/js/") else { continue };
        let Some((folder, _)) = below.split_once('/') else { continue };
        if folder == "frame" {
            continue;
        }
        for name in imports(&source.text) {
            let Some(other) = name.strip_prefix("/js/").and_then(|rest| rest.split_once('/'))
            else {
                if !name.starts_with("/vendor/") {
                    found.push(format!("{} imports {name}", source.path));
                }
                continue;
            };
            if other.0 != folder && !allowed(folder).contains(&other.0) {
                found.push(format!("{} imports {name}", source.path));
            }
        }
    }
    assert_none(&found, "core knows no noun, parts know core, nouns do not know each other");
}

#[test]
fn the_app_writes_no_html_and_names_no_network() {
    let mut found = Vec::new();
    for source in own_assets(&["js", "css", "html", "svg"]) {
        if source.text.contains("innerHTML") {
            found.push(format!("{} has innerHTML", source.path));
        }
        if source.path.ends_with(".js") && !source.text.starts_with("// @ts-check") {
            found.push(format!("{} does not begin with // @ts-check", source.path));
        }
        let text = source.text.replace("http://www.w3.org/2000/svg", "");
        if text.contains("http://") || text.contains("https://") {
            found.push(format!("{} names a network address", source.path));
        }
    }
    assert_none(&found, "the app works offline, and text is set as text");
}

#[test]
fn vendored_files_are_listed_and_unchanged() {
    let list = fs::read_to_string(root().join("assets/vendor/vendor.json")).unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).unwrap();
    let mut listed = BTreeSet::from(["vendor/vendor.json".to_owned()]);
    let mut found = Vec::new();
    for entry in &list {
        let name = entry["file"].as_str().unwrap();
        listed.insert(name.to_owned());
        let licences = entry["licence_files"].as_array().unwrap();
        listed.extend(licences.iter().map(|file| file.as_str().unwrap().to_owned()));
        let content = fs::read(root().join("assets").join(name)).unwrap_or_default();
        if HEXLOWER.encode(&Sha256::digest(&content)) != entry["sha256"].as_str().unwrap() {
            found.push(format!("{name} is not what vendor.json says"));
        }
    }
    let mut paths = Vec::new();
    collect(&root().join("assets/vendor"), &mut paths);
    collect(&root().join("assets/fonts"), &mut paths);
    for path in paths {
        let name = path.strip_prefix(root().join("assets")).unwrap().to_str().unwrap().to_owned();
        if !listed.contains(&name) {
            found.push(format!("{name} is not in vendor.json"));
        }
    }
    assert_none(&found, "list the file with its name, version, licence and sha-256");
}
