//! Accounts as the staff lists them: with what they hold, searched and sorted.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

use super::record::{State, User};
use super::view::UserView;
use crate::access::Role;
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Reader, Row, params};
use crate::error::Result;
use crate::id::UserId;

/// How a list of accounts is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The newest first.
    #[default]
    Newest,
    /// By name.
    Name,
    /// The richest first.
    Balance,
}

impl Sort {
    /// The sort with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "newest" => Some(Self::Newest),
            "name" => Some(Self::Name),
            "balance" => Some(Self::Balance),
            _ => None,
        }
    }

    const fn sql(self) -> &'static str {
        match self {
            Self::Newest => " ORDER BY u.id DESC LIMIT ?4 OFFSET ?5",
            Self::Name => " ORDER BY u.username, u.id LIMIT ?4 OFFSET ?5",
            Self::Balance => " ORDER BY a.available DESC, u.id LIMIT ?4 OFFSET ?5",
        }
    }
}

/// Which accounts are asked for.
#[derive(Debug, Clone, Default)]
pub struct UserQuery {
    /// A part of the name, the address or the full name.
    pub text: Option<String>,
    /// Only in this state.
    pub state: Option<State>,
    /// Only with this role.
    pub role: Option<Role>,
    /// In which order.
    pub sort: Sort,
}

/// An account in a list, with what it holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserRow {
    #[serde(flatten)]
    user: UserView,
    /// Credits that can be spent.
    available: Credits,
    /// Credits set aside for work under way.
    held: Credits,
    /// When a session or a key of it was last seen; null if there is none.
    last_seen_at: Option<Timestamp>,
}

impl UserRow {
    /// The account, and what it can spend.
    pub fn parts(&self) -> (&UserView, Credits) {
        (&self.user, self.available)
    }
}

const FILTER: &str = "(?1 IS NULL OR u.username LIKE ?1 ESCAPE '\\' \
    OR u.email LIKE ?1 ESCAPE '\\' OR lower(u.full_name) LIKE ?1 ESCAPE '\\')";

/// Accounts with what they hold; the columns stand in the order that [`read_row`] takes them.
const SELECT_ROWS: &str = concat!(
    "SELECT u.id, u.username, u.email, u.full_name, u.role, u.must_change_password, ",
    "u.created_at, u.password_hash, u.state, a.available, a.held, ",
    "(SELECT max(seen) FROM (SELECT last_seen_at AS seen FROM sessions WHERE user_id = u.id ",
    "UNION ALL SELECT last_used_at FROM api_keys WHERE user_id = u.id)) ",
    "FROM users u JOIN accounts a ON a.user_id = u.id WHERE 1 = 1"
);

/// A page of accounts: up to `limit`, from the one at `offset` on.
pub(super) fn list(
    r: &Reader<'_>,
    query: &UserQuery,
    offset: i64,
    limit: u32,
) -> Result<Vec<UserRow>> {
    let text = query.text.as_deref().map(|text| {
        let plain = text.trim().nfc().collect::<String>().to_lowercase();
        let plain = plain.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{plain}%")
    });
    let sql = [
        SELECT_ROWS,
        " AND ",
        FILTER,
        " AND (?2 IS NULL OR u.state = ?2) AND (?3 IS NULL OR u.role = ?3)",
        query.sort.sql(),
    ];
    let (state, role) = (query.state.map(State::word), query.role.map(Role::word));
    r.fetchall(&sql.concat(), params![text, state, role, limit, offset], read_row)
}

/// One account.
pub(super) fn find(r: &Reader<'_>, id: UserId) -> Result<Option<UserRow>> {
    let sql = [SELECT_ROWS, " AND u.id = ?1 LIMIT 1"].concat();
    r.fetchone(&sql, params![id], read_row)
}

fn read_row(row: &Row<'_>) -> Result<UserRow> {
    Ok(UserRow {
        user: User::read(row)?.into(),
        available: row.get(9)?,
        held: row.get(10)?,
        last_seen_at: row.get(11)?,
    })
}
