//! Passwords: bcrypt over a hash of the whole password, so that nothing is cut off at 72 bytes and
//! a NUL byte is harmless; a bounded number at a time, off the threads that answer.

use std::sync::Arc;

use data_encoding::BASE64;
use rocket::tokio::sync::{Semaphore, TryAcquireError};
use sha2::{Digest, Sha256};
use zxcvbn::{Score, zxcvbn};

use super::name;
use crate::compute::compute;
use crate::error::{Error, Issues, Result};
use crate::machine;

const CHARS_MIN: usize = 8;
const CHARS_MAX: usize = 256;

/// What of a password is held against the lists of words: its beginning tells. The work grows much
/// faster than the length, and a password whose first letters are good is good.
const WEIGHED_CHARS_MAX: usize = 40;

/// A shorter name says nothing about a password that has it inside.
const NAME_CHARS_MIN: usize = 3;

/// Hashes that may wait for a free core; a longer queue would only time out.
const WAITING_MAX: usize = 64;

/// Keeps these hashes apart from any other use of SHA-256 over the same password.
const DOMAIN: &[u8] = b"cellar password v1\0";

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    cost: u32,
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What an unknown name is checked against, so that it takes as long as a known one.
    nobody: Arc<str>,
}

impl Passwords {
    /// Hashes of this cost, on all cores but one.
    pub fn new(cost: u32) -> Self {
        let cores = machine::cores().get();
        // No password has this hash; its form and cost are those of a real one.
        let nobody = format!("$2b${cost:02}$abcdefghijklmnopqrstuuGZ1Jqk0W3nq6jq2Yb5v8Yy1v1v1v1va");
        Self {
            cost,
            at_once: Arc::new(Semaphore::new((cores - 1).max(1))),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            nobody: nobody.into(),
        }
    }

    /// The rules a new password must keep, and which of them it breaks; worked out in turn with the
    /// hashes, for it takes as long as one. `personal` is what everyone who knows its user would
    /// try first: names and addresses.
    pub async fn weigh(
        &self,
        field: &'static str,
        password: String,
        personal: Vec<String>,
    ) -> Result<Issues> {
        let mut issues = Issues::default();
        Self::judge_length(field, &password, &mut issues);
        if !issues.all().is_empty() {
            return Ok(issues);
        }
        self.in_turn(move || {
            let personal: Vec<_> = personal.iter().map(String::as_str).collect();
            Self::judge(field, &password, &personal, &mut issues);
            Ok(issues)
        })
        .await
    }

    /// The same, worked out on this thread, which must not be one that answers.
    pub fn judge(field: &str, password: &str, personal: &[&str], issues: &mut Issues) {
        let n_before = issues.all().len();
        Self::judge_length(field, password, issues);
        if issues.all().len() > n_before {
            return;
        }
        // A password is as easy to guess as whatever it looks like.
        let plain = name::plain(password);
        let is_common = |password: &str| zxcvbn(beginning(password), personal).score() < Score::Two;
        if is_like_one_of(password, &plain, personal) {
            let rule = "is too close to your name or address; choose something unrelated";
            issues.add(field, "like_name", rule);
        } else if is_common(password) || (plain != password.to_lowercase() && is_common(&plain)) {
            let rule = "is among those that are tried first; add a few words nobody would expect";
            issues.add(field, "common", rule);
        }
    }

    /// The rule of them that needs no list of words, which takes a while and room to load.
    pub fn judge_length(field: &str, password: &str, issues: &mut Issues) {
        let n_chars = password.chars().count();
        if n_chars < CHARS_MIN {
            issues.add(field, "too_short", format!("must have {CHARS_MIN} characters or more"));
        } else if n_chars > CHARS_MAX {
            issues.add(field, "too_long", format!("must have {CHARS_MAX} characters or fewer"));
        }
    }

    /// The hash to keep.
    pub async fn hash(&self, password: String) -> Result<String> {
        let cost = self.cost;
        self.in_turn(move || {
            bcrypt::non_truncating_hash(condensed(&password), cost).map_err(Error::internal)
        })
        .await
    }

    /// Whether `password` is the one behind `hash`; without a hash it takes as long and says no.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        // However long it is: a try that is refused before its hash would tell by its time whether
        // the name is known, for only what fails for a known one is written down.
        let nobody = Arc::clone(&self.nobody);
        self.in_turn(move || {
            let is_right = Self::check(&password, Some(hash.as_deref().unwrap_or(&nobody)))?;
            Ok(is_right && hash.is_some())
        })
        .await
    }

    /// Whether `password` is the one behind `hash`, worked out on this thread. An account that was
    /// closed has no hash that any password fits.
    pub(super) fn check(password: &str, hash: Option<&str>) -> Result<bool> {
        let Some(hash) = hash.filter(|hash| !hash.is_empty()) else { return Ok(false) };
        bcrypt::verify(condensed(password), hash).map_err(Error::internal)
    }

    /// Whether a hash took the work that is asked for now.
    pub(super) fn is_current(&self, hash: &str) -> bool {
        hash.split('$').nth(2).and_then(|cost| cost.parse().ok()) == Some(self.cost)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _place = match self.waiting.try_acquire() {
            Ok(place) => place,
            Err(TryAcquireError::NoPermits) => return Err(Error::Busy),
            Err(closed) => return Err(Error::internal(closed)),
        };
        let _turn = self.at_once.acquire().await.map_err(Error::internal)?;
        compute(work).await
    }
}

fn beginning(password: &str) -> &str {
    let end = password.char_indices().nth(WEIGHED_CHARS_MAX);
    end.map_or(password, |(end, _)| &password[..end])
}

/// Whether a name makes up most of a password, as they are written, as they would be typed, or as
/// they look.
fn is_like_one_of(password: &str, plain: &str, personal: &[&str]) -> bool {
    let small = password.to_lowercase();
    let look = name::look_of(plain);
    let names = personal.iter().flat_map(|text| telling(text).split([' ', '@', '.']));
    let names = names.map(|name| (name, name::plain(name)));
    names.filter(|(_, plain_name)| plain_name.chars().count() >= NAME_CHARS_MIN).any(
        |(name, plain_name)| {
            is_like(&small, &name.to_lowercase())
                || is_like(plain, &plain_name)
                || is_like(&look, &name::look_of(&plain_name))
        },
    )
}

fn is_like(password: &str, name: &str) -> bool {
    let rest = password.replacen(name, "", 1);
    rest.len() < password.len() && rest.chars().count() < CHARS_MIN
}

/// An address without its last label: half the world's end in the same three letters, which say
/// nothing of anybody.
fn telling(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((rest, _)) if rest.contains('@') => rest,
        _ => text,
    }
}

/// 44 letters that stand for the whole password, of any length and with any bytes.
fn condensed(password: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(DOMAIN);
    digest.update(password);
    BASE64.encode(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use rocket::tokio;

    use super::*;

    #[tokio::test]
    async fn every_character_of_a_password_counts() {
        let passwords = Passwords::new(4);
        let long = "é".repeat(200);
        let hash = passwords.hash(long.clone()).await.unwrap();
        assert!(passwords.verify(long.clone(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(format!("{long}x"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("é".repeat(199), Some(hash)).await.unwrap());
        let nul = passwords.hash("a\0b345678".into()).await.unwrap();
        assert!(!passwords.verify("a\0c345678".into(), Some(nul)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_name_costs_a_hash_and_is_refused() {
        let passwords = Passwords::new(4);
        assert!(!passwords.verify("whatever it is".into(), None).await.unwrap());
        // The stand-in is a hash that bcrypt really works through.
        assert!(!bcrypt::verify("x", &passwords.nobody).unwrap());
    }

    #[tokio::test]
    async fn a_password_is_weighed_in_turn_and_by_a_bounded_beginning() {
        let passwords = Passwords::new(4);
        let hostile = "4@8({[</369&%1!|7+$50".repeat(12);
        assert_eq!(beginning(&hostile).chars().count(), WEIGHED_CHARS_MAX);
        assert_eq!(beginning(&"é".repeat(256)), "é".repeat(WEIGHED_CHARS_MAX));
        assert_eq!(beginning("short"), "short");
        let all = u32::try_from(WAITING_MAX).unwrap();
        let _full = passwords.waiting.acquire_many(all).await.unwrap();
        let refused = passwords.weigh("password", hostile, vec![]).await;
        assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
        // What can be told by its length takes no turn.
        let short = passwords.weigh("password", "short".into(), vec![]).await.unwrap();
        assert_eq!(short.all()[0].code, "too_short");
    }

    #[tokio::test]
    async fn a_try_of_any_length_takes_its_turn() {
        let passwords = Passwords::new(4);
        let all = u32::try_from(WAITING_MAX).unwrap();
        let _full = passwords.waiting.acquire_many(all).await.unwrap();
        let hash = Some(passwords.nobody.to_string());
        for hash in [hash, None] {
            let tried = passwords.verify("x".repeat(300), hash).await;
            assert!(matches!(tried, Err(Error::Busy)), "{tried:?}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        let judge = |password: &str| {
            let mut issues = Issues::default();
            Passwords::judge("password", password, &[], &mut issues);
            issues.all().first().map(|issue| issue.code)
        };
        assert_eq!(judge("1234567"), Some("too_short"));
        assert_eq!(judge("éàüñøçšž"), None);
        assert_eq!(judge(&"correct horse ".repeat(18)), None);
        assert_eq!(judge(&"x".repeat(257)), Some("too_long"));
    }

    #[test]
    fn a_name_is_told_from_a_password_however_both_are_written() {
        let judge = |name: &str, password: &str| {
            let mut issues = Issues::default();
            Passwords::judge("password", password, &[name], &mut issues);
            issues.all().first().map(|issue| issue.code)
        };
        for (name, password) in [
            ("straßner", "strassner"),
            ("gertrud", "ｇｅｒｔｒｕｄ１"),
            ("hildegard", "hіldegаrd"),
            ("ольга-петрова", "oльгa-петровa"),
        ] {
            assert_eq!(judge(name, password), Some("like_name"), "{name} {password}");
        }
        assert_eq!(judge("ольга", "красное вино из погреба"), None);
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        let judge = |password: &str| {
            let mut issues = Issues::default();
            let personal = ["lovelace", "ada@example.org", "Augusta Ada King"];
            Passwords::judge("password", password, &personal, &mut issues);
            issues.all().first().map(|issue| issue.code)
        };
        for common in ["password", "P@ssw0rd", "12345678", "qwertyuiop", "letmein1", "aaaaaaaa"] {
            assert_eq!(judge(common), Some("common"), "{common}");
        }
        for like in ["lovelace", "Lovelace1", "augusta2026", "ada@example"] {
            assert_eq!(judge(like), Some("like_name"), "{like}");
        }
        let passwords =
            ["ｐａｓｓｗｏｒｄ", "pass\u{200b}word", "passwоrd", "ｍоnkey12", "ＰＡＳＳＷＯＲＤ"];
        for common in passwords {
            assert_eq!(judge(common), Some("common"), "{common:?}");
        }
        let names = ["ｌｏｖｅｌａｃｅ１", "lоvelace", "love\u{200b}lace", "1ove1ace", "l0velace9"];
        for like in names {
            assert_eq!(judge(like), Some("like_name"), "{like:?}");
        }
        for fine in ["a cork in the bottle", "lovelace drinks no wine", "gZ7#kk-p0", "Xq7orgZ2v"] {
            assert_eq!(judge(fine), None, "{fine}");
        }
    }
}
