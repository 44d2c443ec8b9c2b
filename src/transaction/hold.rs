//! Holds: credits set aside while slow work is under way. A hold ends once, by being settled for
//! what the work cost or released whole.

use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Tx, params};
use crate::error::{Error, Result};
use crate::id::{HoldId, TransactionId, UserId};

use super::record::{Entry, Kind, Transaction};

/// Sets `credits` of a user aside for what `description` says.
pub fn place(
    tx: &Tx<'_>,
    user_id: UserId,
    credits: Credits,
    description: &str,
    now: Timestamp,
) -> Result<HoldId> {
    if credits <= Credits::ZERO {
        return Err(Error::invalid("credits", "not_positive", "must be more than zero"));
    }
    let hold_id: Option<HoldId> = tx.fetchone(
        "INSERT INTO holds (user_id, credits, created_at) VALUES (?1, ?2, ?3) RETURNING id",
        params![user_id, credits, now],
        |row| row.get(0),
    )?;
    let hold = Booked { id: hold_id.ok_or(Error::NotFound("hold"))?, user_id, credits };
    hold.book(tx, Kind::Hold, Credits::ZERO.minus(credits), description, now)?;
    Ok(hold.id)
}

/// Ends a hold by paying `cost` out of it; the rest can be spent again. The entry that paid, if it
/// cost anything.
pub fn settle(
    tx: &Tx<'_>,
    hold_id: HoldId,
    cost: Credits,
    description: &str,
    now: Timestamp,
) -> Result<Option<TransactionId>> {
    let hold = end(tx, hold_id, "settled", now)?;
    if cost < Credits::ZERO || cost > hold.credits {
        return Err(Error::internal("a hold must be settled for no more than it holds"));
    }
    hold.book(tx, Kind::Release, Some(hold.credits), description, now)?;
    if cost == Credits::ZERO {
        return Ok(None);
    }
    hold.book(tx, Kind::Settle, cost.negated(), description, now).map(Some)
}

/// Ends a hold and returns all of it.
pub fn release(tx: &Tx<'_>, hold_id: HoldId, description: &str, now: Timestamp) -> Result<()> {
    let hold = end(tx, hold_id, "released", now)?;
    hold.book(tx, Kind::Release, Some(hold.credits), description, now).map(drop)
}

struct Booked {
    id: HoldId,
    user_id: UserId,
    credits: Credits,
}

impl Booked {
    fn book(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        amount: Option<Credits>,
        description: &str,
        now: Timestamp,
    ) -> Result<TransactionId> {
        let entry = Entry {
            user_id: self.user_id,
            kind,
            amount: amount.ok_or_else(|| Error::internal("an amount does not fit"))?,
            description: description.to_owned(),
            actor_id: None,
            request_id: None,
        };
        Transaction::create_for_hold(tx, entry, Some(self.id), now).map(|made| made.id)
    }
}

/// Takes an open hold out of the books; one that has ended already is a conflict, never paid twice.
fn end(tx: &Tx<'_>, hold_id: HoldId, state: &'static str, now: Timestamp) -> Result<Booked> {
    tx.fetchone(
        "UPDATE holds SET state = ?2, ended_at = ?3 WHERE id = ?1 AND state = 'open' \
         RETURNING user_id, credits",
        params![hold_id, state, now],
        |row| Ok(Booked { id: hold_id, user_id: row.get(0)?, credits: row.get(1)? }),
    )?
    .ok_or_else(|| Error::conflict("hold_ended", "this hold has ended already"))
}
