//! Which entries are asked for, and the SQL that finds them without reading the others.

use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Reader, Row, bind};
use crate::error::{Error, Result};
use crate::id::{MLTaskId, RowId, UserId};

use super::moment::first_since;
use super::record::{Kind, Transaction};
use super::words;

/// Knows what entries were made for; implemented by the module whose work is paid for.
pub trait Purpose: Send + Sync + 'static {
    /// The task of an entry: the one that it paid for, held for or returned from.
    fn task_of(&self, r: &Reader<'_>, entry: &Transaction) -> Result<Option<MLTaskId>>;
}

/// Which entries are asked for.
#[derive(Debug, Clone, Default)]
pub struct TransactionQuery {
    /// Only of this user.
    pub user_id: Option<UserId>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only from this moment on.
    pub from: Option<Timestamp>,
    /// Only before this moment.
    pub to: Option<Timestamp>,
    /// Only with words that begin so.
    pub text: Option<String>,
}

/// An entry with the name of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The entry.
    pub entry: Transaction,
    /// The name of its user.
    pub username: String,
    /// The task that it paid for, held for or returned from, if that is there.
    pub task_id: Option<MLTaskId>,
}

/// Up to `limit` entries below the number `before`, newest first.
pub fn list(
    r: &Reader<'_>,
    query: &TransactionQuery,
    before: i64,
    limit: u32,
) -> Result<Vec<Named>> {
    let (low, high) = span_of(r, query)?;
    let before = before.min(high);
    let words = words::of(query.text.as_deref().unwrap_or_default());
    if !words.is_empty() {
        return words::list(r, query, &words, (low, before), limit);
    }
    let kind = query.kind.map(Kind::word);
    let params = [bind(&query.user_id), bind(&kind), bind(&low), bind(&before), bind(&limit)];
    r.fetchall(&sql_of(query), &params, read)
}

/// The statement for a question without words.
fn sql_of(query: &TransactionQuery) -> String {
    let filter = match (query.user_id, query.kind) {
        (Some(_), Some(_)) => "t.user_id = ?1 AND t.kind = ?2",
        (Some(_), None) => "t.user_id = ?1 AND ?2 IS NULL",
        (None, Some(_)) => "?1 IS NULL AND t.kind = ?2",
        (None, None) => "?1 IS NULL AND ?2 IS NULL",
    };
    // What the index of the few says. Charges are nearly all there is, and found by going through.
    let is_of_few = query.kind.is_some_and(|kind| kind != Kind::Charge);
    let few = if is_of_few { " AND t.kind <> 'charge'" } else { "" };
    let span = " AND t.id >= ?3 AND t.id < ?4 ORDER BY t.id DESC LIMIT ?5";
    [SELECT, FROM, filter, few, span].concat()
}

/// Entries with the names of their users; the columns stand in the order that [`read`] takes them.
pub(super) const SELECT: &str = "SELECT t.id, t.user_id, t.kind, t.amount, t.balance, t.hold_id, \
    t.description, t.actor_id, t.request_id, t.timestamp, u.username ";

/// Where they are found.
pub(super) const FROM: &str = "FROM transactions t JOIN users u ON u.id = t.user_id WHERE ";

pub(super) fn read(row: &Row<'_>) -> Result<Named> {
    Ok(Named { entry: Transaction::read(row)?, username: row.get(10)?, task_id: None })
}

/// The numbers between which a span of time lies.
fn span_of(r: &Reader<'_>, query: &TransactionQuery) -> Result<(i64, i64)> {
    let low = query.from.map_or(Ok(0), |moment| first_since(r, moment))?;
    let high = query.to.map_or(Ok(i64::MAX), |moment| first_since(r, moment))?;
    Ok((low, high))
}

/// Credits charged by entries above the number `last`, and the number of the newest entry.
pub(super) fn spent_since(r: &Reader<'_>, last: i64) -> Result<(Credits, i64)> {
    let sql = "SELECT coalesce(-sum(amount), 0), coalesce(max(id), ?1) FROM transactions \
               WHERE id > ?1 AND kind IN ('charge', 'settle')";
    let found = r.fetchone(sql, &[bind(&last)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    found.ok_or_else(|| Error::internal("a sum has no row"))
}

/// The number of the newest entry.
pub(super) fn newest(r: &Reader<'_>) -> Result<i64> {
    let sql = "SELECT id FROM transactions ORDER BY id DESC LIMIT 1";
    let id = r.fetchone(sql, &[], |row| row.get::<crate::id::TransactionId>(0))?;
    Ok(id.map_or(0, RowId::number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Database, params};

    #[test]
    fn entries_of_a_kind_are_found_without_reading_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        let plan = |user_id: Option<i64>, kind: Option<Kind>| {
            let user_id = user_id.map(UserId::from_number);
            let query = TransactionQuery { user_id, kind, ..TransactionQuery::default() };
            let explain = format!("EXPLAIN QUERY PLAN {}", sql_of(&query));
            let read = |r: &Reader<'_>| {
                r.fetchall(&explain, params![1, "x", 0, 9, 9], |row| row.get::<String>(3))
            };
            database.read_here(read).unwrap().join("; ")
        };
        let of_few = plan(Some(1), Some(Kind::TopUp));
        assert!(of_few.contains("transactions_of_kind (user_id=? AND kind=? AND id>"), "{of_few}");
        let few = plan(None, Some(Kind::Adjustment));
        assert!(few.contains("transactions_by_kind (kind=? AND id>"), "{few}");
        for kind in [None, Some(Kind::Charge)] {
            let of_user = plan(Some(1), kind);
            assert!(of_user.contains("transactions_of_user (user_id=? AND id>"), "{of_user}");
        }
        let all = plan(None, Some(Kind::Charge));
        assert!(all.contains("PRIMARY KEY (rowid>"), "{all}");
    }
}
