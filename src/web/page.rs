//! Lists, a page at a time: newest first, with a cursor for what follows.

use data_encoding::BASE64URL_NOPAD;
use rocket::FromForm;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::{Error, Result};

/// Items on a page unless asked otherwise.
const ITEMS_DEFAULT: u32 = 50;
/// Items on a page at most.
const ITEMS_MAX: u32 = 200;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// Which page is asked for.
#[derive(Debug, Clone, Default, FromForm, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items on the page, 1 to 200; 50 if not said.
    // Read by hand: Rocket takes a limit that is no number for none at all.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    pub limit: Option<String>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// How many items, and the number below which they start.
    pub fn bounds(&self) -> Result<(u32, i64)> {
        let limit = match &self.limit {
            None => ITEMS_DEFAULT,
            Some(limit) => {
                let within = limit.parse().ok().filter(|n| (1..=ITEMS_MAX).contains(n));
                within.ok_or_else(|| {
                    let message = format!("must be a number from 1 to {ITEMS_MAX}");
                    Error::invalid("limit", "out_of_range", message)
                })?
            }
        };
        let before = match &self.cursor {
            None => i64::MAX,
            Some(cursor) => decode(cursor).ok_or_else(|| {
                Error::invalid("cursor", "invalid", "must be the next_cursor of an earlier page")
            })?,
        };
        Ok((limit, before))
    }
}

impl<T> Page<T> {
    /// A page out of up to one item more than `limit`; `number` gives the row number of an item.
    pub fn of(mut items: Vec<T>, limit: u32, number: impl Fn(&T) -> i64) -> Self {
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| has_more);
        let next_cursor = last.map(|item| encode(number(item)));
        Self { items, next_cursor }
    }

    /// The same page with each item turned into another form.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(turn).collect(), next_cursor: self.next_cursor }
    }
}

fn encode(number: i64) -> String {
    BASE64URL_NOPAD.encode(&number.to_be_bytes())
}

fn decode(cursor: &str) -> Option<i64> {
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
    bytes.try_into().ok().map(i64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_to_the_items_below_the_last_one_shown() {
        let page = Page::of(vec![9_i64, 8, 7], 2, |n| *n);
        assert_eq!(page.items, [9, 8]);
        let next = PageQuery { limit: Some("2".into()), cursor: page.next_cursor };
        assert_eq!(next.bounds().unwrap(), (2, 8));
        assert_eq!(Page::of(vec![7_i64], 2, |n| *n).next_cursor, None);
    }

    #[test]
    fn bounds_that_make_no_sense_are_refused() {
        let bad =
            [("limit", "0"), ("limit", "201"), ("limit", "x"), ("cursor", "!"), ("cursor", "")];
        for (name, text) in bad {
            let given = |field: &str| (field == name).then(|| text.to_owned());
            let query = PageQuery { limit: given("limit"), cursor: given("cursor") };
            assert!(matches!(query.bounds(), Err(Error::Invalid(_))), "{query:?}");
        }
    }
}
