//! Files that are sent otherwise than they are written: the stylesheet and the scripts joined, and
//! the addresses in them made to last. Such an address has the version of the whole app in it, so
//! that a browser keeps what it has until there is another version, and never mixes two of them.
//!
//! The build script compresses the same texts, so this file stands alone but for its two helpers.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::script::{START, Scripts};
use super::stylesheet;

/// The page that every address of the app is.
pub(crate) const SHELL: &str = "index.html";

/// The sheet that is sent with its parts in it.
const STYLESHEET: &str = "css/app.css";

/// Words are loaded by the name of their language, and are files of their own.
const WORDS: &str = "js/words/";

/// Where addresses that last begin; the version follows.
pub(crate) const LASTING: &str = "assets/";

/// What stands before an address that is made to last, and how that begins.
const ADDRESSES: [(&str, &str); 7] = [
    ("\"/", "js/"),
    ("\"/", "css/"),
    ("\"/", "favicon.svg"),
    ("`/", "icons.svg"),
    ("from '/", "js/"),
    ("=> import('/", "js/"),
    ("import(`/", "js/"),
];

/// How the files are joined is a part of the version: the same files, joined otherwise, are others.
const WAYS: [&str; 3] =
    [include_str!("made.rs"), include_str!("script.rs"), include_str!("stylesheet.rs")];

/// Whether a file is a part of the app, which has one version.
pub(crate) fn is_versioned(name: &str) -> bool {
    ["js/", "css/"].iter().any(|folder| name.starts_with(folder))
        || [SHELL, "favicon.svg", "icons.svg"].contains(&name)
}

/// Whether a file is sent as something else than it is written, or as a part of others.
pub(crate) fn is_joined(name: &str) -> bool {
    name == SHELL || name.starts_with("css/") || name.starts_with("js/") && !name.starts_with(WORDS)
}

/// The version of the app that these files are, in the order of their names.
pub(crate) fn version_of(files: impl IntoIterator<Item = (String, [u8; 32])>) -> String {
    let mut hash = Sha256::new();
    for way in WAYS {
        hash.update(way);
    }
    for (name, content) in files.into_iter().filter(|(name, _)| is_versioned(name)) {
        hash.update(name);
        hash.update(content);
    }
    BASE64URL_NOPAD.encode(&hash.finalize()[..6])
}

/// The app in one version.
pub(crate) struct App<'a, R> {
    read: &'a R,
    scripts: Scripts<&'a R>,
    version: &'a str,
}

/// What is sent for a file of the app.
pub(crate) enum Sent {
    /// This text, which was made for it.
    Made(String),
    /// What is written in it.
    Written,
    /// Nothing: it is a part of others.
    Part,
}

impl<'a, R: Fn(&str) -> Option<String>> App<'a, R> {
    /// The app in the files that `read` gives by their names.
    pub(crate) fn new(read: &'a R, version: &'a str) -> Result<Self, String> {
        Ok(Self { read, scripts: Scripts::new(read)?, version })
    }

    /// What is sent for one of its files.
    pub(crate) fn sent(&self, name: &str) -> Result<Sent, String> {
        let lost = || format!("{name} or a part of it is not there");
        let text = match name {
            SHELL => (self.read)(name).ok_or_else(lost)?,
            STYLESHEET => {
                let sheet = (self.read)(name).ok_or_else(lost)?;
                stylesheet::joined(&sheet, self.read).ok_or_else(lost)?
            }
            START => self.scripts.start(),
            _ if self.scripts.screens().contains(&name) => self.scripts.screen(name)?,
            _ if is_joined(name) => return Ok(Sent::Part),
            _ => return Ok(Sent::Written),
        };
        Ok(Sent::Made(with_version(&text, self.version)))
    }
}

/// The text with the version in every address of the app.
fn with_version(text: &str, version: &str) -> String {
    ADDRESSES.iter().fold(text.to_owned(), |text, (before, begin)| {
        text.replace(&format!("{before}{begin}"), &format!("{before}{LASTING}{version}/{begin}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_app_have_its_version_and_others_have_none() {
        let text = "src=\"/js/main.js\" href=\"/css/app.css\" href=\"/fonts/a.woff2\" \
            import { a } from '/js/main.js'; load: () => import('/js/home/home.js') \
            {import('/js/home/home.js').Type} import(`/js/words/${code}.js`) `/icons.svg#${name}` \
            from '/vendor/view-1.js' '/api/js/x'";
        let expected = "src=\"/assets/v1/js/main.js\" href=\"/assets/v1/css/app.css\" \
            href=\"/fonts/a.woff2\" \
            import { a } from '/assets/v1/js/main.js'; \
            load: () => import('/assets/v1/js/home/home.js') \
            {import('/js/home/home.js').Type} import(`/assets/v1/js/words/${code}.js`) \
            `/assets/v1/icons.svg#${name}` from '/vendor/view-1.js' '/api/js/x'";
        assert_eq!(with_version(text, "v1"), expected);
    }

    #[test]
    fn a_version_is_that_of_every_file_of_the_app_and_of_no_other() {
        let files = |extra: &[(&str, u8)]| {
            let all = [("js/main.js", 1)].into_iter().chain(extra.iter().copied());
            version_of(all.map(|(name, content)| (name.to_owned(), [content; 32])))
        };
        assert_eq!(files(&[]), files(&[("vendor/x.js", 2), ("docs/bar.js", 3)]));
        let all = [files(&[]), files(&[("css/app.css", 1)]), files(&[("css/app.css", 2)])];
        assert!(all[0] != all[1] && all[1] != all[2] && all.iter().all(|it| it.len() == 8));
    }
}
