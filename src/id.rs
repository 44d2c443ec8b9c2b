//! Ids: one type per noun, so that a job's id can never be taken for a user's.
//!
//! Inside, an id is the row's number. Outside, in every answer and URL, it is an opaque word with
//! the noun's prefix (`usr_Xk3...`): it cannot be guessed by counting, and a word of another noun
//! or of another installation does not parse. The alphabet is shuffled once per installation and
//! kept in the database, so links survive a backup and a restore. The spelling hides the number,
//! it does not protect it: ownership is always checked by a `WHERE`.

mod spelling;

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use spelling::Spelling;

/// The letters an id is spelled with before an installation shuffles them.
pub const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static SPELLING: OnceLock<Spelling> = OnceLock::new();

/// Fixes the alphabet of this installation; the first call in a process wins.
pub fn set_alphabet(letters: &str) -> Result<(), Unspellable> {
    let spelling = Spelling::new(letters).map_err(|_| Unspellable)?;
    SPELLING.get_or_init(|| spelling);
    Ok(())
}

fn spelling() -> &'static Spelling {
    let built_in = || Spelling::new(LETTERS).expect("the built-in alphabet has distinct letters");
    SPELLING.get_or_init(built_in)
}

/// The alphabet given has too few or repeated letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unspellable;

/// The text is not an id of the noun asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongId;

impl fmt::Display for WrongId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not an id of this kind")
    }
}

/// What the database needs of an id: the row's number, both ways.
pub trait RowId: Copy {
    /// The row's number.
    fn number(self) -> i64;
    /// The id of the row with this number.
    fn from_number(number: i64) -> Self;
}

fn spell(prefix: &str, number: i64) -> String {
    let number = u64::try_from(number).expect("row numbers are positive");
    [prefix, "_", &spelling().word_of(number)].concat()
}

fn parse(prefix: &str, text: &str) -> Result<i64, WrongId> {
    let word = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(WrongId)?;
    let number = spelling().number_of(word).ok_or(WrongId)?;
    i64::try_from(number).map_err(|_| WrongId)
}

/// The prefix of a cursor: what a list continues from is no id, and is spelled like one.
const CURSOR: &str = "pg";

/// A place in a list, as an opaque word.
pub fn spell_cursor(number: i64) -> String {
    spell(CURSOR, number)
}

/// The place that such a word stands for.
pub fn parse_cursor(text: &str) -> Result<i64, WrongId> {
    parse(CURSOR, text)
}

/// Runs a macro over every id type: `for_each_id!(implement_something)`.
macro_rules! for_each_id {
    ($then:ident) => {
        $then! {
            UserId "usr" "a user",
            SessionId "ses" "a session",
            TransactionId "txn" "an entry of the credits ledger",
            HoldId "hld" "credits set aside for work under way",
            JobId "job" "a piece of background work",
            ApiKeyId "key" "a key that a program calls with",
            InvitationId "inv" "a link that lets somebody sign up",
            AuditId "aud" "a line of the audit log",
            MLTaskId "tsk" "rows that somebody had predicted",
            WorkspaceId "wsp" "a workspace",
            WorkspaceInvitationId "win" "an invitation to a workspace",
        }
    };
}
pub(crate) use for_each_id;

macro_rules! define_ids {
    ($($name:ident $prefix:literal $what:literal,)+) => {$(
        #[doc = concat!("The id of ", $what, ", spelled `", $prefix, "_...`.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(i64);

        impl RowId for $name {
            fn number(self) -> i64 {
                self.0
            }
            fn from_number(number: i64) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&spell($prefix, self.0))
            }
        }

        impl FromStr for $name {
            type Err = WrongId;
            fn from_str(text: &str) -> Result<Self, WrongId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!("The id of ", $what, ".")))
                    .examples([concat!($prefix, "_86Rf07xd4z")])
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}
    )+};
}
for_each_id!(define_ids);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_survives_being_written_and_read(number in 0..i64::MAX) {
            let id = UserId(number);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,40}") {
            let _ = text.parse::<JobId>();
        }
    }

    #[test]
    fn an_id_of_another_noun_is_refused() {
        let user = UserId(7).to_string();
        assert_eq!(user.parse::<JobId>(), Err(WrongId));
        assert_eq!(user.replace("usr", "job").parse::<JobId>().map(RowId::number), Ok(7));
    }

    #[test]
    fn a_second_spelling_of_the_same_number_is_refused() {
        let word = UserId(7).to_string();
        assert_eq!(format!("{word}a").parse::<UserId>(), Err(WrongId));
        assert_eq!("usr_".parse::<UserId>(), Err(WrongId));
    }
}
