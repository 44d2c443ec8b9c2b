//! The app's scripts as they are sent: the start is one file, and so is each screen with all that
//! the start does not have. A browser would otherwise ask for sixty modules, wave after wave, and a
//! screen stands only when the last of them is there.
//!
//! What is written are plain modules, and what is sent behaves as they do: each has a scope of its
//! own and runs once, before whoever imports it. This knows no JavaScript but the lines by which
//! modules take and give names; one that it does not know is refused, and fails the build. Nothing
//! smaller than a whole bundler does this, and a bundler is larger than the app. The build script
//! compresses the same text, so this file stands alone.

use std::fmt::Write as _;

/// The module that the shell loads.
pub(crate) const START: &str = "js/main.js";

/// The modules of the app, by what reads them.
pub(crate) struct Scripts<R> {
    read: R,
    /// What the start imports, and itself as the last one.
    start: Vec<Module>,
}

/// One module: what it takes, what it does, what it gives.
struct Module {
    name: String,
    /// The other modules that it imports.
    imports: Vec<String>,
    /// The libraries that it imports.
    libraries: Vec<String>,
    body: String,
    /// Under which names it gives what.
    exports: Vec<(String, String)>,
}

impl<R: Fn(&str) -> Option<String>> Scripts<R> {
    /// The scripts that `read` gives by their names.
    pub(crate) fn new(read: R) -> Result<Self, String> {
        let mut scripts = Self { read, start: vec![] };
        scripts.start = scripts.gathered(START)?;
        Ok(scripts)
    }

    /// The start, with all that it imports.
    pub(crate) fn start(&self) -> String {
        let head = "const modules = {};\n\
            const define = (name, make) => { modules[name] ??= make(); };\n\
            export { define, modules };\n";
        joined(&self.start, head)
    }

    /// One screen, with all that it imports and the start does not have.
    pub(crate) fn screen(&self, name: &str) -> Result<String, String> {
        let head = format!("import {{ define, modules }} from '/{START}';\n");
        let mut text = joined(&self.gathered(name)?, &head);
        let _ = writeln!(text, "export default modules['{}'].default;", key_of(name));
        Ok(text)
    }

    /// The names of the screens: what the start loads when it is needed.
    pub(crate) fn screens(&self) -> Vec<&str> {
        let later = self.start.iter().flat_map(|module| module.body.split("=> import('/").skip(1));
        later.filter_map(|rest| Some(rest.split_once('\'')?.0)).collect()
    }

    /// A module and all that it imports and the start does not have, in the order of their turns.
    fn gathered(&self, name: &str) -> Result<Vec<Module>, String> {
        let mut found = Vec::new();
        self.gather(name, &mut Vec::new(), &mut found)?;
        Ok(found)
    }

    fn gather(
        &self,
        name: &str,
        way: &mut Vec<String>,
        found: &mut Vec<Module>,
    ) -> Result<(), String> {
        if found.iter().chain(&self.start).any(|module| module.name == name) {
            return Ok(());
        }
        if way.iter().any(|above| above == name) {
            return Err(format!("{name} imports itself, by way of {}", way.join(", ")));
        }
        let text = (self.read)(name).ok_or_else(|| format!("there is no {name}"))?;
        let module = Module::read(name, &text)?;
        way.push(name.to_owned());
        for import in &module.imports {
            self.gather(import, way, found)?;
        }
        way.pop();
        found.push(module);
        Ok(())
    }
}

impl Module {
    fn read(name: &str, text: &str) -> Result<Self, String> {
        let mut module = Self {
            name: name.to_owned(),
            imports: vec![],
            libraries: vec![],
            body: String::with_capacity(text.len()),
            exports: vec![],
        };
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let unknown = || format!("{name}: a line of another form than this can join: {line}");
            if line.trim_start().starts_with("/**") {
                // What only editors read stays behind, unless code follows it.
                let mut last = line;
                while !last.contains("*/") {
                    last = lines.next().ok_or_else(unknown)?;
                }
                if last.trim_end().ends_with("*/") {
                    continue;
                }
                if last != line {
                    return Err(unknown());
                }
            }
            if let Some(rest) = line.strip_prefix("import ") {
                let (names, from) = rest.split_once(" from '").ok_or_else(unknown)?;
                let from = from.strip_suffix("';").ok_or_else(unknown)?;
                let names = names.strip_prefix("* as ").unwrap_or(names).replace(" as ", ": ");
                let source = module.takes(from).ok_or_else(unknown)?;
                let _ = writeln!(module.body, "const {names} = {source};");
            } else if line == "export {" {
                let given: Vec<_> =
                    lines.by_ref().take_while(|line| !line.starts_with('}')).collect();
                // The line that ends the list is gone, and tells which library it is of.
                let from =
                    text.split_once("export {").and_then(|(_, rest)| rest.split_once("} from '"));
                let from = from.and_then(|(_, rest)| Some(rest.split_once("';")?.0));
                let source = module.takes(from.ok_or_else(unknown)?).ok_or_else(unknown)?;
                let given = given.iter().flat_map(|line| line.split(',')).map(str::trim);
                let given = given.filter(|one| !one.is_empty());
                module.exports.extend(given.map(|one| (one.to_owned(), format!("{source}.{one}"))));
            } else if let Some(rest) = line.strip_prefix("export ") {
                module.gives(rest).ok_or_else(unknown)?;
            } else {
                module.body.extend([line, "\n"]);
            }
        }
        Ok(module)
    }

    /// What a module or a library at this address is called in the text that is sent.
    fn takes(&mut self, address: &str) -> Option<String> {
        let name = address.strip_prefix('/')?;
        if name.starts_with("js/") {
            self.imports.push(name.to_owned());
            return Some(format!("modules['{}']", key_of(name)));
        }
        self.libraries.push(address.to_owned());
        Some(library(address))
    }

    /// Takes down what a line gives, which begins behind `export`.
    fn gives(&mut self, line: &str) -> Option<()> {
        let (is_default, line) =
            line.strip_prefix("default ").map_or((false, line), |rest| (true, rest));
        let kinds = ["async function ", "function ", "const ", "class "];
        let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind))?;
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_$".contains(letter);
        let name = &rest[..rest.find(|letter| !is_letter(letter))?];
        let given = if is_default { "default" } else { name };
        self.exports.push((given.to_owned(), name.to_owned()));
        self.body.extend([line, "\n"]);
        (!name.is_empty()).then_some(())
    }
}

/// The text of these modules, with what they all need before them.
fn joined(modules: &[Module], head: &str) -> String {
    let mut libraries: Vec<_> = modules.iter().flat_map(|module| &module.libraries).collect();
    libraries.sort_unstable();
    libraries.dedup();
    let mut text = String::new();
    for address in libraries {
        let _ = writeln!(text, "import * as {} from '{address}';", library(address));
    }
    text.push_str(head);
    for Module { name, body, exports, .. } in modules {
        let given: Vec<_> = exports.iter().map(|(given, of)| format!("{given}: {of}")).collect();
        let (key, given) = (key_of(name), given.join(", "));
        let _ = write!(text, "define('{key}', () => {{\n{body}return {{ {given} }};\n}});\n");
    }
    text
}

/// What a module is called among the others.
fn key_of(name: &str) -> &str {
    name.trim_start_matches("js/").trim_end_matches(".js")
}

/// What a library is called: its address without the signs that names have not.
fn library(address: &str) -> String {
    address
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 5] = [
        ("js/core/view.js", "export {\n  h, useState,\n  html,\n} from '/vendor/view-1.js';\n"),
        (
            "js/core/state.js",
            "// @ts-check\n/** Kept. */\nexport const kept = 1;\n/**\n * @param {any} x\n */\n\
             export async function keep(x) {\n  return /** @type {any} */ (x);\n}\n",
        ),
        (
            "js/main.js",
            "import { html as draw } from '/js/core/view.js';\n\
             import * as state from '/js/core/state.js';\n\
             const later = () => import('/js/home/home.js');\ndraw(state.kept, later);\n",
        ),
        ("js/home/piece.js", "import { kept } from '/js/core/state.js';\nexport class Piece {}\n"),
        (
            "js/home/home.js",
            "import { kept } from '/js/core/state.js';\nimport { Piece } from '/js/home/piece.js';\n\
             export default function Home() {\n  return [kept, Piece];\n}\n",
        ),
    ];

    fn read(name: &str) -> Option<String> {
        FILES.iter().find(|(given, _)| *given == name).map(|(_, text)| (*text).to_owned())
    }

    #[test]
    fn the_start_is_one_file_in_which_each_module_runs_before_whoever_needs_it() {
        let start = Scripts::new(read).unwrap().start();
        assert_eq!(
            start,
            "import * as _vendor_view_1_js from '/vendor/view-1.js';\n\
             const modules = {};\n\
             const define = (name, make) => { modules[name] ??= make(); };\n\
             export { define, modules };\n\
             define('core/view', () => {\n\
             return { h: _vendor_view_1_js.h, useState: _vendor_view_1_js.useState, \
             html: _vendor_view_1_js.html };\n});\n\
             define('core/state', () => {\n// @ts-check\nconst kept = 1;\n\
             async function keep(x) {\n  return /** @type {any} */ (x);\n}\n\
             return { kept: kept, keep: keep };\n});\n\
             define('main', () => {\nconst { html: draw } = modules['core/view'];\n\
             const state = modules['core/state'];\n\
             const later = () => import('/js/home/home.js');\ndraw(state.kept, later);\n\
             return {  };\n});\n"
        );
    }

    #[test]
    fn a_screen_brings_what_the_start_does_not_have() {
        let scripts = Scripts::new(read).unwrap();
        assert_eq!(scripts.screens(), ["js/home/home.js"]);
        let screen = scripts.screen("js/home/home.js").unwrap();
        assert!(screen.starts_with("import { define, modules } from '/js/main.js';\n"));
        let keys: Vec<_> = screen.split("define('").skip(1).map(|rest| &rest[..9]).collect();
        assert_eq!(keys, ["home/piec", "home/home"]);
        assert!(screen.ends_with("export default modules['home/home'].default;\n"), "{screen}");
    }

    #[test]
    fn what_cannot_be_joined_is_refused() {
        for text in [
            "export let changing = 1;\n",
            "export const { a, b } = c;\n",
            "export default 5;\n",
            "import '/js/core/state.js';\n",
            "import {\n  kept,\n} from '/js/core/state.js';\n",
            "import { kept } from '/js/core/lost.js';\n",
            "import { itself } from '/js/main.js';\n",
        ] {
            let read = |name: &str| if name == START { Some(text.into()) } else { read(name) };
            assert!(Scripts::new(read).is_err(), "{text}");
        }
    }
}
