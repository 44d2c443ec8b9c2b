//! Where a moment lies in the ledger. Entries are numbered in the order of their times, so a moment
//! is a number, and is found by halving: some twenty looks among a million entries, for which no
//! payment has to keep an index of times.

use crate::clock::Timestamp;
use crate::database::{Reader, Row, bind};
use crate::error::{Error, Result};
use crate::id::{RowId, TransactionId};

use super::query::newest;

/// The number of the first entry at this moment or after it; the next number if there is none yet.
pub(super) fn first_since(r: &Reader<'_>, moment: Timestamp) -> Result<i64> {
    let found = firsts_since(r, [moment])?;
    found.first().copied().ok_or_else(|| Error::internal("a moment has no place"))
}

/// The same for several moments, the earliest first. Each is looked for from the one before on, in
/// strides that double: a day without entries takes one look.
pub fn firsts_since(
    r: &Reader<'_>,
    moments: impl IntoIterator<Item = Timestamp>,
) -> Result<Vec<i64>> {
    let end = newest(r)? + 1;
    let (mut low, mut stride) = (1, end);
    let find = |moment| {
        let mut high = end;
        while low < high {
            let middle = (low + (high - low) / 2).min(low + stride - 1);
            match look(r, middle)? {
                Some((number, time)) if time < moment => {
                    low = number + 1;
                    stride = stride.saturating_mul(2).min(end);
                }
                _ => high = middle,
            }
        }
        stride = 1;
        Ok(low)
    };
    moments.into_iter().map(find).collect()
}

/// The first entry of this number or above, with its time.
fn look(r: &Reader<'_>, number: i64) -> Result<Option<(i64, Timestamp)>> {
    let sql = "SELECT id, timestamp FROM transactions WHERE id >= ?1 ORDER BY id LIMIT 1";
    let read = |row: &Row<'_>| Ok((row.get::<TransactionId>(0)?.number(), row.get(1)?));
    r.fetchone(sql, &[bind(&number)], read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Database, Tx, params};

    #[test]
    fn a_moment_is_before_the_first_entry_that_is_not_earlier() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        let of = |moment: i64| {
            let moment = Timestamp::from_millis(moment);
            database.read_here(|r| first_since(r, moment)).unwrap()
        };
        assert_eq!([of(0), of(7)], [1, 1], "there is no entry yet");
        // Some share a time, and a damaged ledger has a gap.
        let entries = [(1, 3), (2, 3), (3, 3), (4, 5), (7, 8), (8, 8), (9, 9), (10, 30)];
        let fill = move |tx: &Tx<'_>| {
            tx.execute(
                "INSERT INTO users (id, username, password_hash, role, created_at) \
                 VALUES (1, 'ada', '', 'user', 0)",
                &[],
            )?;
            for (number, time) in entries {
                tx.execute(
                    "INSERT INTO transactions (id, user_id, kind, amount, balance, description, \
                     timestamp, hash) VALUES (?1, 1, 'gift', 1, ?1, '', ?2, zeroblob(32))",
                    params![number, time],
                )?;
            }
            Ok(())
        };
        database.write_here(fill).unwrap();
        let moments = [0, 1, 3, 4, 5, 6, 8, 9, 10, 29, 30, 31, 99];
        let at_once = moments.map(Timestamp::from_millis);
        let at_once = database.read_here(|r| firsts_since(r, at_once)).unwrap();
        for (moment, together) in moments.into_iter().zip(at_once) {
            for found in [of(moment), together] {
                for (number, time) in entries {
                    assert_eq!(number >= found, time >= moment, "{moment}: {found}, {number}");
                }
            }
        }
    }
}
