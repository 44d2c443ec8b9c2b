//! What an account held, day by day: for each day a few seeks, however many entries there are.

use serde::Serialize;
use utoipa::ToSchema;

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
    let day = |before: u32| {
        let day = today.plus_s(-i64::from(before) * DAY_S);
        let balance = balance_at(r, user_id, day.plus_s(DAY_S))?;
        Ok(DayView { day: day.day(), balance })
    };
    (0..n_days).rev().map(day).collect()
}

/// What could be spent just before this moment: the balance after the last entry then. Times never
/// fall as numbers rise, so a moment is a number.
fn balance_at(r: &Reader<'_>, user_id: UserId, moment: Timestamp) -> Result<Credits> {
    let sql = "SELECT balance FROM transactions WHERE user_id = ?1 AND id < \
               coalesce((SELECT min(id) FROM transactions WHERE timestamp = \
               (SELECT min(timestamp) FROM transactions WHERE timestamp >= ?2)), \
               9223372036854775807) ORDER BY id DESC LIMIT 1";
    let balance = r.fetchone(sql, &[bind(&user_id), bind(&moment)], |row| row.get(0))?;
    Ok(balance.unwrap_or(Credits::ZERO))
}
