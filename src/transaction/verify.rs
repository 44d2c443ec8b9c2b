//! The ledger's own audit: do the books still say what the entries say?

use crate::clock::Timestamp;
use crate::database::{Reader, params};
use crate::error::Result;
use crate::id::{RowId, UserId};

use super::record::{SYSTEM_ACCOUNT, Transaction};

/// Accounts that do not hold what their entries and open holds add up to.
///
/// I2: available = sum of entries, held = sum of open holds, and neither below zero.
pub fn balance_problems(r: &Reader<'_>) -> Result<Vec<String>> {
    r.fetchall(
        "SELECT a.user_id, a.available, a.held, coalesce(e.entries, 0), coalesce(h.holds, 0) \
         FROM accounts a \
         LEFT JOIN (SELECT user_id, sum(amount) AS entries FROM transactions GROUP BY user_id) e \
           ON e.user_id = a.user_id \
         LEFT JOIN (SELECT user_id, sum(credits) AS holds FROM holds WHERE state = 'open' \
           GROUP BY user_id) h ON h.user_id = a.user_id \
         WHERE a.user_id IS NOT NULL AND (a.available <> coalesce(e.entries, 0) \
           OR a.held <> coalesce(h.holds, 0) OR a.available < 0) \
         ORDER BY a.user_id",
        params![],
        |row| {
            let user: UserId = row.get(0)?;
            let [available, held, entries, holds]: [i64; 4] =
                [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
            Ok(format!(
                "{user}: the account says {available} available and {held} held, \
                 its entries {entries} and its open holds {holds}"
            ))
        },
    )
}

/// What is wrong with the ledger as a whole: its sum, its numbering, its chain.
pub fn chain_problems(r: &Reader<'_>) -> Result<Vec<String>> {
    Ok(wrong_sum(r)?.into_iter().chain(broken_chain(r)?).collect())
}

/// I3: all accounts, the system's included, are zero together.
fn wrong_sum(r: &Reader<'_>) -> Result<Option<String>> {
    let sum: Option<i64> =
        r.fetchone("SELECT sum(available + held) FROM accounts", params![], |row| row.get(0))?;
    let system: Option<i64> = r.fetchone(
        "SELECT available FROM accounts WHERE id = ?1",
        params![SYSTEM_ACCOUNT],
        |row| row.get(0),
    )?;
    Ok(match (system, sum) {
        (None, _) => Some("the system's own account is missing".into()),
        (_, Some(0)) => None,
        (_, sum) => Some(format!("all accounts together are {}, not 0", sum.unwrap_or(0))),
    })
}

/// I3: entries are numbered without a gap in the order of their times, and each still bears the
/// hash it was given.
fn broken_chain(r: &Reader<'_>) -> Result<Option<String>> {
    let (mut last_hash, mut last_time) = ([0; 32], Timestamp::from_millis(0));
    let mut next_number = 1;
    let mut broken = None;
    r.each(
        "SELECT id, user_id, kind, amount, balance, hold_id, description, actor_id, request_id, \
         timestamp, hash FROM transactions ORDER BY id",
        params![],
        |row| {
            if broken.is_some() {
                return Ok(());
            }
            let entry = Transaction::read(row)?;
            let hash: [u8; 32] = row.get(10)?;
            let number = entry.id.number();
            if number != next_number {
                broken = Some(format!("entry {next_number} is missing"));
            } else if entry.chained_to(&last_hash) != hash {
                broken = Some(format!("entry {number} was changed after it was made"));
            } else if entry.timestamp < last_time {
                broken = Some(format!("entry {number} is earlier than the one before it"));
            } else if !entry.fits_its_kind() {
                broken = Some(format!("entry {number} does not fit its kind"));
            }
            (last_hash, last_time) = (hash, entry.timestamp);
            next_number += 1;
            Ok(())
        },
    )?;
    Ok(broken)
}
