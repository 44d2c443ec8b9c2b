//! What the first screen needs besides the start, told with the shell: the browser asks for it at
//! once, and not when the start has come and found out.
//!
//! It is a guess, as the start itself makes one: whoever has a cookie is taken for signed in, and
//! the language for the first that the browser asks for and the app speaks. A wrong one costs a few
//! small files.

use rocket::Request;

use super::made::LASTING;

/// What the shell of the first screen varies by.
pub(super) const VARY: &str = "Accept-Encoding, Accept-Language, Cookie";

/// The languages of the app; the first is for everyone else.
const LANGUAGES: [&str; 3] = ["en", "es", "ru"];

/// A screen at the root, as the routes of the app have it.
struct Screen {
    file: &'static str,
    words: &'static [&'static str],
}

const FRONT: Screen = Screen { file: "js/home/front.js", words: &["frame", "front", "prediction"] };
const HOME: Screen =
    Screen { file: "js/home/home.js", words: &["frame", "home", "summary", "task"] };

/// The `Link` header for the shell in this version, if it is asked for as the first screen.
pub(super) fn links(request: &Request<'_>, version: &str) -> Option<String> {
    if request.uri().path() != "/" {
        return None;
    }
    let headers = request.headers();
    let screen = if headers.contains("Cookie") { HOME } else { FRONT };
    let language = language_of(headers.get_one("Accept-Language").unwrap_or_default());
    Some(screen.links(version, language))
}

impl Screen {
    fn links(&self, version: &str, language: &str) -> String {
        let words = self.words.iter().map(|noun| format!("js/words/{language}/{noun}.js"));
        let files = [self.file.to_owned()].into_iter().chain(words);
        let link = |file| format!("</{LASTING}{version}/{file}>; rel=modulepreload");
        files.map(link).collect::<Vec<_>>().join(", ")
    }
}

/// The first language asked for that the app speaks.
fn language_of(accepted: &str) -> &'static str {
    let known = |wanted: &str| {
        let name = wanted.trim().get(..2)?;
        LANGUAGES.into_iter().find(|language| language.eq_ignore_ascii_case(name))
    };
    accepted.split(',').find_map(known).unwrap_or(LANGUAGES[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_the_first_that_is_asked_for_and_spoken() {
        for (accepted, language) in [
            ("", "en"),
            ("de-DE,de;q=0.9", "en"),
            ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
            ("de, ES-ar;q=0.8, en;q=0.7", "es"),
            ("*, é", "en"),
        ] {
            assert_eq!(language_of(accepted), language, "{accepted}");
        }
    }
}
