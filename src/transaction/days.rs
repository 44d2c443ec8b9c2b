//! What an account held, day by day: for each day some looks, also among a million entries.

use serde::Serialize;
use utoipa::ToSchema;

use super::moment::firsts_since;
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Reader, bind};
use crate::error::{Error, Result};
use crate::id::UserId;

/// The longest time that is told day by day.
const DAYS_MAX: u32 = 366;

/// Days told unless asked otherwise.
const DAYS_DEFAULT: u32 = 30;

const DAY_S: i64 = 24 * 3600;

/// What could be spent at the end of a day.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayView {
    /// The day, in UTC.
    #[schema(example = "2026-11-21")]
    day: String,
    /// What could be spent when it ended; of today, what can be spent now.
    balance: Credits,
}

/// How many days are asked for.
pub(super) fn days_of(text: Option<&str>) -> Result<u32> {
    let Some(text) = text else { return Ok(DAYS_DEFAULT) };
    text.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days)).ok_or_else(|| {
        let message = format!("must be a number from 1 to {DAYS_MAX}");
        Error::invalid("days", "out_of_range", message)
    })
}

/// The last `n_days` days, the oldest first.
pub(super) fn list(
    r: &Reader<'_>,
    user_id: UserId,
    n_days: u32,
    now: Timestamp,
) -> Result<Vec<DayView>> {
    let today = now.start_of_day();
    let days = (0..n_days).rev().map(|before| today.plus_s(-i64::from(before) * DAY_S));
    let ends = firsts_since(r, days.clone().map(|day| day.plus_s(DAY_S)))?;
    let tell = |(day, end): (Timestamp, i64)| {
        Ok(DayView { day: day.day(), balance: balance_before(r, user_id, end)? })
    };
    days.zip(ends).map(tell).collect()
}

/// What could be spent after the last entry below this number.
fn balance_before(r: &Reader<'_>, user_id: UserId, number: i64) -> Result<Credits> {
    let sql = "SELECT balance FROM transactions WHERE user_id = ?1 AND id < ?2 \
               ORDER BY id DESC LIMIT 1";
    let balance = r.fetchone(sql, &[bind(&user_id), bind(&number)], |row| row.get(0))?;
    Ok(balance.unwrap_or(Credits::ZERO))
}
