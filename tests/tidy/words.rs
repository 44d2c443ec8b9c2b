//! The words of the app: every language has them all, and each screen comes with its own.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, assert_none, imports, own_assets, sources};

const LANGUAGES: [&str; 3] = ["en", "es", "ru"];

/// The plural forms that a language tells apart.
fn forms(language: &str) -> &'static [&'static str] {
    if language == "ru" { &["one", "few", "many", "other"] } else { &["one", "other"] }
}

/// The dictionaries of a language by name, each with its entries: a key and what follows it on its
/// line.
fn dictionaries(language: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let folder = format!("assets/js/words/{language}");
    let read = |source: Source| {
        let name = source.path.rsplit('/').next().unwrap().trim_end_matches(".js").to_owned();
        (name, entries(&source))
    };
    sources(&folder, &["js"]).into_iter().map(read).collect()
}

fn entries(source: &Source) -> BTreeMap<String, String> {
    let (_, inside) = source.text.split_once("export default {\n").unwrap();
    let inside = inside.trim_end().trim_end_matches("};");
    let mut entries = BTreeMap::new();
    for line in inside.lines().filter(|line| !line.trim().is_empty()) {
        let entry = line.strip_prefix("  ").and_then(|line| line.split_once(": "));
        let (key, rest) = entry.unwrap_or_else(|| panic!("{}: no entry: {line}", source.path));
        let key = key.trim_matches('\'').to_owned();
        let is_key = key.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        assert!(is_key && rest.ends_with(','), "{}: one entry a line: {line}", source.path);
        let before = entries.insert(key, rest.to_owned());
        assert!(before.is_none(), "{}: twice: {line}", source.path);
    }
    entries
}

/// The names in braces that values are put in place of.
fn places(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
    let is_name =
        |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    parts.map(|(name, _)| name).filter(is_name).collect()
}

#[test]
fn every_language_has_every_string() {
    let english = dictionaries("en");
    assert!(english.values().map(BTreeMap::len).sum::<usize>() > 200, "few keys were read");
    let mut found = Vec::new();
    for language in LANGUAGES {
        let other = dictionaries(language);
        assert_eq!(other.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>());
        for (name, wanted) in &english {
            let keys = |entries: &BTreeMap<String, String>| {
                entries.keys().cloned().collect::<BTreeSet<_>>()
            };
            let (has, wants) = (keys(&other[name]), keys(wanted));
            let differing = wants.symmetric_difference(&has);
            found.extend(differing.map(|key| format!("{language}/{name}.js: {key}")));
        }
    }
    assert_none(&found, "add the string to every language, or take it out of all");
}

#[test]
fn words_have_the_same_places_and_the_forms_of_their_language() {
    let english = dictionaries("en");
    let mut found = Vec::new();
    for language in LANGUAGES {
        for (name, entries) in dictionaries(language) {
            for (key, text) in entries {
                let Some(wanted) = english[&name].get(&key) else { continue };
                if places(&text) != places(wanted) {
                    found.push(format!("{language}/{name}.js: {key} has other places"));
                }
                let has_forms = |text: &str| text.starts_with('{');
                let lacks = |form: &&&str| !text.contains(&format!("{form}: "));
                if has_forms(&text) != has_forms(wanted)
                    || has_forms(&text) && forms(language).iter().any(|form| lacks(&form))
                {
                    found.push(format!("{language}/{name}.js: {key} lacks a plural form"));
                }
            }
        }
    }
    assert_none(&found, "every language says the same, in all its forms");
}

#[test]
fn a_key_stands_in_one_dictionary() {
    let mut seen = BTreeMap::new();
    let mut found = Vec::new();
    for (name, entries) in dictionaries("en") {
        for key in entries.into_keys() {
            if let Some(other) = seen.insert(key.clone(), name.clone()) {
                found.push(format!("{key} is in {other} and in {name}"));
            }
        }
    }
    assert_none(&found, "dictionaries are put together, and the last one would win");
}

/// The keys that a module names outright: `t('..')`, `tOr('..')` and the titles of routes.
fn keys_named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for start in ["t('", "tOr('", "title: '"] {
        for (place, _) in text.match_indices(start) {
            let before = text[..place].chars().next_back().unwrap_or(' ');
            if before.is_ascii_alphanumeric() || before == '_' || before == '.' {
                continue;
            }
            let rest = &text[place + start.len()..];
            found.extend(rest.split('\'').next().map(str::to_owned));
        }
    }
    found
}

/// What a module imports at once, not when it is needed.
fn imports_at_once(text: &str) -> Vec<String> {
    imports(&text.replace("import('", ""))
}

/// Every module that these load, themselves among them.
pub(super) fn reachable(modules: &BTreeMap<String, String>, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![from.to_owned()];
    while let Some(name) = waiting.pop() {
        let Some(text) = modules.get(&name) else { continue };
        if found.insert(name) {
            waiting.extend(imports_at_once(text));
        }
    }
    found
}

/// Each screen or dialog of the contents page: its file and its dictionaries.
pub(super) fn screens(routes: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut begin = 0;
    for (place, _) in routes.match_indices("import('") {
        let file = routes[place + 8..].split('\'').next().unwrap().to_owned();
        let entry = &routes[begin..place];
        begin = place;
        let words =
            entry.rsplit_once("words: [").map_or("", |(_, rest)| rest.split(']').next().unwrap());
        let words = words.split(',').map(|word| word.trim().trim_matches('\'').to_owned());
        found.push((file, words.filter(|word| !word.is_empty()).collect()));
    }
    found
}

#[test]
fn a_screen_comes_with_its_words() {
    let modules: BTreeMap<_, _> = own_assets(&["js"])
        .into_iter()
        .map(|source| (source.path.trim_start_matches("assets").to_owned(), source.text))
        .collect();
    let english = dictionaries("en");
    let screens = screens(&modules["/js/routes.js"]);
    assert!(screens.len() >= 6, "{screens:?}");
    let frame = ("/js/main.js".to_owned(), vec![]);
    let mut found = Vec::new();
    for (file, words) in screens.iter().chain([&frame]) {
        let names: Vec<_> = words.iter().map(String::as_str).chain(["frame"]).collect();
        for name in names.iter().filter(|name| !english.contains_key(**name)) {
            found.push(format!("{file} names the dictionary {name}, which is not there"));
        }
        let has = |key: &str| {
            names.iter().any(|name| english.get(*name).is_some_and(|words| words.contains_key(key)))
        };
        for module in reachable(&modules, file) {
            let missing = keys_named(&modules[&module]).into_iter().filter(|key| !has(key));
            found.extend(missing.map(|key| format!("{file}: {module} says {key}")));
        }
    }
    assert_none(&found, "name the dictionary in routes.js, or add the word to it");
}

/// Refusals that no page of the app meets: those of commands, of work in the background, of keys
/// and tools, and two that speak by the fields they name.
const UNMET: [&str; 14] = [
    "broken",
    "check_stopped",
    "hold_ended",
    "idempotency_key_reused",
    "invalid",
    "malformed",
    "method_not_allowed",
    "not_for_keys",
    "out_of_scope",
    "taken",
    "task_ended",
    "unkept",
    "unsupported_type",
    "wrong_host",
];

#[test]
fn every_refusal_that_a_person_can_meet_has_words() {
    let mut codes = BTreeSet::new();
    for source in sources("src", &["rs"]) {
        let is_test = source.path.ends_with("tests.rs") || source.path.contains("/tests/");
        let text = source.text.split_whitespace().collect::<String>();
        let marks: &[&str] = match source.path.as_str() {
            _ if is_test => &[],
            "src/web/problem.rs" => &["Self::new(Status::", "=>(Status::", "(status,"],
            _ => &["Error::conflict("],
        };
        for rest in marks.iter().flat_map(|mark| text.split(mark).skip(1)) {
            let arguments = rest.split(')').next().unwrap();
            codes.extend(arguments.split('"').nth(1).map(str::to_owned));
        }
    }
    assert!(codes.contains("owner_stays") && codes.contains("too_slow"), "{codes:?}");
    let words = dictionaries("en");
    let has_words =
        |code: &str| words.values().any(|entries| entries.contains_key(&format!("error.{code}")));
    let unmet = UNMET.into_iter().filter(|code| !codes.contains(*code)).map(str::to_owned);
    let mute = codes.iter().filter(|code| !UNMET.contains(&code.as_str()) && !has_words(code));
    assert_none(&unmet.chain(mute.cloned()).collect::<Vec<_>>(), "a refusal without words");
}
