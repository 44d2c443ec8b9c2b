//! Names and addresses in their one canonical form, and the look of a name: two names that the eye
//! takes for the same have the same look, and only one account may have it.

use std::str::FromStr;

use email_address::EmailAddress;
use unicode_normalization::UnicodeNormalization;
use unicode_security::{GeneralSecurityProfile, MixedScript, skeleton};

use crate::error::Issues;
use crate::text;

const NAME_CHARS_MIN: usize = 3;
const NAME_CHARS_MAX: usize = 32;
const EMAIL_CHARS_MAX: usize = 254;

/// One form for every way to write the same letters: width, case, marks joined or apart.
fn folded(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// The canonical username, if it keeps the rules; what is wrong with it goes to `issues`.
pub(super) fn username(text: &str, issues: &mut Issues) -> String {
    let name = folded(text);
    let n_chars = name.chars().count();
    let fits =
        |c: char| (c.is_alphanumeric() && c.identifier_allowed()) || matches!(c, '.' | '_' | '-');
    let (first, last) = (name.chars().next(), name.chars().next_back());
    if !(NAME_CHARS_MIN..=NAME_CHARS_MAX).contains(&n_chars) {
        let rule = format!("must have {NAME_CHARS_MIN} to {NAME_CHARS_MAX} characters");
        issues.add("username", "invalid", rule);
    } else if !name.chars().all(fits) {
        issues.add("username", "invalid", "may have letters, digits, dots, dashes and underscores");
    } else if ![first, last].into_iter().flatten().all(char::is_alphanumeric) {
        issues.add("username", "invalid", "must begin and end with a letter or a digit");
    } else if !name.is_single_script() {
        issues.add("username", "mixed_scripts", "must keep to the letters of one script");
    }
    name
}

/// A text as whoever guesses it would type it: wide and look-alike letters are plain ones, marks
/// that draw nothing are gone, and capitals are small.
pub(super) fn plain(text: &str) -> String {
    let seen = text.chars().filter(|c| !text::is_blank(*c) || *c == ' ');
    // Large and then small: that way ß is ss, as it is wherever it cannot be typed.
    let small = seen.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let small: String = small.collect();
    let mut plain = String::with_capacity(small.len());
    for c in small.chars() {
        // The look of a plain letter may be two others (m is rn), which nobody would type.
        if c.is_ascii() {
            plain.push(c);
        } else {
            plain.extend(skeleton(c.encode_utf8(&mut [0; 4])));
        }
    }
    folded(&plain)
}

/// What a canonical name looks like.
pub(super) fn look_of(username: &str) -> String {
    // Twice: what a look-alike stands for may have a look-alike of its own after folding.
    let once: String = folded(&skeleton(username).collect::<String>());
    let look = folded(&skeleton(&once).collect::<String>());
    // What Unicode keeps apart and the eye does not, in small letters.
    look.replace(['1', 'i'], "l").replace("vv", "w")
}

/// The canonical e-mail address, if it is one; what is wrong with it goes to `issues`.
pub(super) fn email(text: &str, issues: &mut Issues) -> String {
    let text = text.trim();
    let canonical = canonical_email(text);
    match &canonical {
        None => issues.add("email", "invalid", "must be an e-mail address such as ada@example.org"),
        Some(address) if has_disguise(address) => {
            let rule = "has letters of another alphabet that look like plain ones; write it in \
                        plain letters";
            issues.add("email", "look_alike", rule);
        }
        Some(_) => {}
    }
    canonical.unwrap_or_default()
}

/// Whether a part of a canonical address would be read as plain letters, and is not written in
/// them. Such an address is somebody's disguise: nobody is given one.
fn has_disguise(address: &str) -> bool {
    let (local, domain) = address.rsplit_once('@').unwrap_or(("", address));
    let (domain, _) = idna::domain_to_unicode(domain);
    let is_disguised = |part: &str| !part.is_ascii() && skeleton(part).all(|c| c.is_ascii());
    is_disguised(local) || domain.split('.').any(is_disguised)
}

/// Addresses are delivered by their exact letters, so those that only look alike stay apart here;
/// letters that nobody could type on purpose (invisible ones, scripts mixed) make no address.
fn canonical_email(text: &str) -> Option<String> {
    let folded = folded(text);
    if folded.chars().count() > EMAIL_CHARS_MAX {
        return None;
    }
    let (local, domain) = folded.rsplit_once('@')?;
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    let is_plain =
        |c: char| c.is_ascii_graphic() || (c.is_alphanumeric() && c.identifier_allowed());
    if !local.chars().all(is_plain) || !local.is_single_script() || !domain.contains('.') {
        return None;
    }
    // No domain of the top is a number, so this is an address of the network.
    if domain.trim_end_matches('.').rsplit('.').next()?.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let address = EmailAddress::from_str(&format!("{local}@{domain}")).ok()?;
    (!address.local_part().starts_with('"')).then(|| address.to_string())
}

/// What somebody typed who wants to sign in: a name or an address, in its canonical form.
pub(super) fn typed(text: &str) -> String {
    if text.contains('@') {
        canonical_email(text).unwrap_or_else(|| folded(text))
    } else {
        folded(text)
    }
}

/// The name of a person: one line, as they write it.
pub(super) fn full_name(text: &str, issues: &mut Issues) -> Option<String> {
    const CHARS_MAX: usize = 120;
    let name: String = text.trim().nfc().collect();
    if name.chars().count() > CHARS_MAX || name.chars().any(text::is_misleading) {
        let rule = format!("must have at most {CHARS_MAX} characters on one line");
        issues.add("full_name", "invalid", rule);
    }
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Result<String, String> {
        let mut issues = Issues::default();
        let name = username(text, &mut issues);
        issues.or(name).map_err(|error| error.to_string())
    }

    fn address(text: &str) -> Option<String> {
        let mut issues = Issues::default();
        let address = email(text, &mut issues);
        issues.or(address).ok()
    }

    #[test]
    fn every_way_to_write_a_name_is_one_name() {
        for text in ["Ada", " ada ", "ＡＤＡ", "aDA"] {
            assert_eq!(name(text).unwrap(), "ada", "{text}");
        }
        assert_eq!(name("Zoë").unwrap(), name("Zoe\u{308}").unwrap());
        assert_eq!(name("Ольга").unwrap(), "ольга");
        assert_eq!(name("ada.lovelace-1815_x").unwrap(), "ada.lovelace-1815_x");
    }

    #[test]
    fn a_name_that_could_deceive_or_break_something_is_refused() {
        let long = "x".repeat(33);
        for text in [
            "",
            "ab",
            &long,
            "a b c",
            "ada!",
            "ada@x",
            "-ada",
            "ada.",
            "a\u{200b}da",
            "a\u{202e}da",
            "ada\0",
            "../ada",
            "<ada>",
            "аda\u{301}x",
            "\u{430}dam",
            "ada\n",
        ] {
            // A line break at the end is white space around the name.
            if text != "ada\n" {
                assert!(name(text).is_err(), "{text:?}");
            }
        }
    }

    #[test]
    fn names_that_look_alike_have_one_look() {
        // Latin and Cyrillic, letters and digits, wide and narrow.
        for (one, other) in [("paypal", "раураӏ"), ("admin", "adrnin"), ("lisa1", "lisal")]
            .into_iter()
            .chain([("admin", "adm1n"), ("paul", "paui"), ("clara", "ciara")])
            .chain([("l1l1", "ilil"), ("vvalter", "walter"), ("wvv", "vvw")])
        {
            assert_eq!(look_of(one), look_of(other), "{one} {other}");
        }
        assert_ne!(look_of("ada"), look_of("adam"));
    }

    #[test]
    fn an_address_has_one_form() {
        assert_eq!(address(" Ada@Example.ORG ").as_deref(), Some("ada@example.org"));
        assert_eq!(address("ada@ｅxample.org").as_deref(), Some("ada@example.org"));
        assert_eq!(address("ada@bücher.example").as_deref(), Some("ada@xn--bcher-kva.example"));
        assert_eq!(address("ada+tag@example.org").as_deref(), Some("ada+tag@example.org"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "a da@example.org",
            "ada@exam ple.org",
            "ada@@example.org",
            "\"ada\"@example.org",
            "ada@-x.org",
            "a\u{200b}da@example.org",
            "\u{430}da@example.org",
            "ada@example..org",
            ".@example.org",
            "ada@127.0.0.1",
            "ada@10.1",
            "ada@１２７.0.0.1",
        ] {
            assert_eq!(address(text), None, "{text:?}");
        }
        assert_eq!(address(&format!("{}@example.org", "x".repeat(300))), None);
    }

    #[test]
    fn an_address_in_disguise_is_refused() {
        for text in [
            "сосо@example.org",
            "х@example.org",
            "ο@example.org",
            "ı@example.org",
            "a@раураl.com",
            "a@xn--l-7sba6dbr.com",
            "a@mail.аррӏе.example",
        ] {
            let mut issues = Issues::default();
            email(text, &mut issues);
            let codes: Vec<_> = issues.all().iter().map(|issue| issue.code).collect();
            assert_eq!(codes, ["look_alike"], "{text}");
            // Whoever has one from before still signs in with it.
            assert_eq!(typed(text), canonical_email(text).unwrap());
        }
        for text in ["ольга@пример.рф", "zoë@bücher.example", "ada@example.org"] {
            assert!(address(text).is_some(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic_and_a_form_is_its_own_form(text in "\\PC{0,40}") {
            if let Ok(name_once) = name(&text) {
                prop_assert_eq!(name(&name_once), Ok(name_once));
            }
            if let Some(once) = address(&text) {
                prop_assert_eq!(address(&once), Some(once.clone()));
                prop_assert_eq!(typed(&text), once);
            }
            look_of(&text);
        }
    }
}
