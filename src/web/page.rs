//! Lists, a page at a time: newest first, with a cursor for what follows.

use rocket::FromForm;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::{Error, Result, both};
use crate::id::{parse_cursor, spell_cursor};

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
        let (limit, number) = both(self.limit(), self.number())?;
        Ok((limit, number.unwrap_or(i64::MAX)))
    }

    /// How many items, and how many stand before them; for lists that are not sorted by number.
    pub fn offset(&self) -> Result<(u32, i64)> {
        let (limit, number) = both(self.limit(), self.number())?;
        Ok((limit, number.unwrap_or(0)))
    }

    fn limit(&self) -> Result<u32> {
        Ok(match &self.limit {
            None => ITEMS_DEFAULT,
            Some(limit) => {
                let within = limit.parse().ok().filter(|n| (1..=ITEMS_MAX).contains(n));
                within.ok_or_else(|| {
                    let message = format!("must be a number from 1 to {ITEMS_MAX}");
                    Error::invalid("limit", "out_of_range", message)
                })?
            }
        })
    }

    fn number(&self) -> Result<Option<i64>> {
        let number = self.cursor.as_deref().map(|cursor| {
            parse_cursor(cursor).map_err(|_| {
                Error::invalid("cursor", "invalid", "must be the next_cursor of an earlier page")
            })
        });
        number.transpose()
    }
}

impl<T> Page<T> {
    /// A page out of up to one item more than `limit`; `number` gives the row number of an item.
    pub fn of(mut items: Vec<T>, limit: u32, number: impl Fn(&T) -> i64) -> Self {
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| has_more);
        let next_cursor = last.map(|item| spell_cursor(number(item)));
        Self { items, next_cursor }
    }

    /// A page out of up to one item more than `limit`, the first of which stands at `offset`.
    pub fn from_offset(mut items: Vec<T>, limit: u32, offset: i64) -> Self {
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        Self { items, next_cursor: has_more.then(|| spell_cursor(offset + i64::from(limit))) }
    }
}

/// A list that is short enough to be read whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listing<T> {
    /// The items.
    pub items: Vec<T>,
    /// Always null, as on the last page of a longer list.
    pub next_cursor: Option<String>,
}

impl<T> Listing<T> {
    /// A list of these.
    pub fn of(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RowId;

    #[test]
    fn a_cursor_leads_to_the_items_below_the_last_one_shown() {
        let page = Page::of(vec![9_i64, 8, 7], 2, |n| *n);
        assert_eq!(page.items, [9, 8]);
        assert!(page.next_cursor.as_deref().is_some_and(|word| word.starts_with("pg_")));
        let next = PageQuery { limit: Some("2".into()), cursor: page.next_cursor };
        assert_eq!(next.bounds().unwrap(), (2, 8));
        assert_eq!(Page::of(vec![7_i64], 2, |n| *n).next_cursor, None);
    }

    #[test]
    fn bounds_that_make_no_sense_are_refused() {
        let id = crate::id::JobId::from_number(8).to_string();
        let bad = [
            ("limit", "0"),
            ("limit", "201"),
            ("limit", "x"),
            ("cursor", "!"),
            ("cursor", ""),
            // A row's number in the open, and the id of a row.
            ("cursor", "AAAAAAAAAAg"),
            ("cursor", &id),
        ];
        for (name, text) in bad {
            let given = |field: &str| (field == name).then(|| text.to_owned());
            let query = PageQuery { limit: given("limit"), cursor: given("cursor") };
            assert!(matches!(query.bounds(), Err(Error::Invalid(_))), "{query:?}");
        }
    }
}
