//! Entries by the words of their descriptions. An index of words is kept beside the ledger and
//! behind it, in batches so small that no payment waits for long; the newest entries, which it does
//! not have yet, are read. The only place where SQLite's own full-text search is spoken to.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::query::{FROM, Named, SELECT, TransactionQuery, newest, read};
use super::record::Kind;
use crate::database::{Reader, Tx, bind, params};
use crate::error::{Error, Result};
use crate::id::{RowId, UserId};

/// Entries that are put into the index in one write, at least and at most: every payment waits for
/// the whole of such a write, but the index must not fall behind for long.
const BATCH: RangeInclusive<i64> = 250..=2_000;

/// The part of what is missing that goes into the index next.
const BATCH_PART: i64 = 8;

/// Begins the words that say whose an entry is and of which kind. A letter to the index and none to
/// a question, and taken out of descriptions, so nobody can write such a word or ask for it. They
/// only make it quicker: what is found is the user's by the ledger's own rows.
const MARK: &str = "\u{e000}";

/// Entries behind the index that are read at once.
const PAGE: u32 = 1_000;

/// Entries behind the index that one question reads; beyond it the index is being made anew, and
/// the question has to wait for it.
const READ_MAX: usize = 50_000;

/// Words of a question; more would only make it slower.
const WORDS_MAX: usize = 8;

/// Words that one word of a question may stand for; beyond it, the engine gathers them more slowly.
const TERMS_MAX: u32 = 32;

/// The words of a text: letters and digits, in small letters, like the index's.
pub(super) fn of(text: &str) -> Vec<String> {
    words_in(text).take(WORDS_MAX).collect()
}

fn words_in(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}

/// Whether a word is one that others may begin with: a number stands for itself alone.
fn is_beginning(word: &str) -> bool {
    !word.chars().any(char::is_numeric)
}

/// One word of a question in the engine's language. Whole words are looked up as they are needed;
/// a beginning would be gathered from all entries first, so it is spelled out.
fn asked(r: &Reader<'_>, word: &str) -> Result<String> {
    if !is_beginning(word) {
        return Ok(format!("\"{word}\""));
    }
    let terms = r.fetchall(
        "SELECT term FROM transaction_terms WHERE term >= ?1 AND term < ?2 LIMIT ?3",
        params![word, format!("{word}\u{10ffff}"), TERMS_MAX + 1],
        |row| row.get::<String>(0),
    )?;
    if terms.len() > TERMS_MAX as usize {
        return Ok(format!("\"{word}\"*"));
    }
    let terms: Vec<_> = terms.iter().map(|term| format!("\"{term}\"")).collect();
    Ok(if terms.is_empty() { format!("\"{word}\"") } else { format!("({})", terms.join(" OR ")) })
}

/// Up to `limit` entries that have a word for each of `words` that begins with it, newest first.
pub(super) fn list(
    r: &Reader<'_>,
    query: &TransactionQuery,
    words: &[String],
    (low, before): (i64, i64),
    limit: u32,
) -> Result<Vec<Named>> {
    let indexed = last_indexed(r)?;
    let mut found = unindexed(r, query, words, (low.max(indexed + 1), before), limit)?;
    let n_left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
    if n_left > 0 {
        let mut asked = words.iter().map(|word| asked(r, word)).collect::<Result<Vec<_>>>()?;
        asked.extend(query.user_id.map(user_word));
        asked.extend(query.kind.map(kind_word));
        // In this order, so that it stops at the limit, however many entries have the words.
        let sql = [
            SELECT,
            "FROM transaction_words w CROSS JOIN transactions t ON t.id = w.rowid \
             CROSS JOIN users u ON u.id = t.user_id \
             WHERE w.transaction_words MATCH ?1 AND w.rowid >= ?2 AND w.rowid < ?3 \
             AND (?5 IS NULL OR t.user_id = ?5) AND (?6 IS NULL OR t.kind = ?6) \
             ORDER BY w.rowid DESC LIMIT ?4",
        ];
        let asked = asked.join(" AND ");
        let (before, kind) = (before.min(indexed + 1), query.kind.map(Kind::word));
        let params = [
            bind(&asked),
            bind(&low),
            bind(&before),
            bind(&n_left),
            bind(&query.user_id),
            bind(&kind),
        ];
        found.extend(r.fetchall(&sql.concat(), &params, read)?);
    }
    Ok(found)
}

/// The same among entries that the index does not have yet, read from the newest on.
fn unindexed(
    r: &Reader<'_>,
    query: &TransactionQuery,
    words: &[String],
    (low, mut before): (i64, i64),
    limit: u32,
) -> Result<Vec<Named>> {
    let sql = [
        SELECT,
        FROM,
        "(?1 IS NULL OR t.user_id = ?1) AND (?2 IS NULL OR t.kind = ?2) \
         AND t.id >= ?3 AND t.id < ?4 ORDER BY t.id DESC LIMIT ?5",
    ];
    let (sql, kind) = (sql.concat(), query.kind.map(Kind::word));
    let (mut found, mut n_read) = (Vec::new(), 0);
    while low < before && n_read < READ_MAX {
        let params = [bind(&query.user_id), bind(&kind), bind(&low), bind(&before), bind(&PAGE)];
        let page = r.fetchall(&sql, &params, read)?;
        n_read += page.len();
        let is_last = page.len() < PAGE as usize;
        before = page.last().map_or(low, |named| named.entry.id.number());
        found.extend(page.into_iter().filter(|named| has_words(named, words)));
        if is_last || found.len() >= limit as usize {
            found.truncate(limit as usize);
            return Ok(found);
        }
    }
    if n_read < READ_MAX { Ok(found) } else { Err(Error::Busy) }
}

fn has_words(named: &Named, words: &[String]) -> bool {
    let theirs: Vec<_> = words_in(&named.entry.description).collect();
    let fits = |own: &str, word: &str| {
        own == word || (is_beginning(word) && is_beginning(own) && own.starts_with(word))
    };
    words.iter().all(|word| theirs.iter().any(|own| fits(own, word)))
}

/// Puts the next entries into the index; whether there are more.
pub(super) fn index_more(tx: &Tx<'_>) -> Result<bool> {
    let indexed = last_indexed(tx)?;
    let n_missing = newest(tx)? - indexed;
    let n_next = (n_missing / BATCH_PART).clamp(*BATCH.start(), *BATCH.end());
    let mut terms = BTreeSet::new();
    tx.each(
        "SELECT description FROM transactions WHERE id > ?1 ORDER BY id LIMIT ?2",
        params![indexed, n_next],
        |row| {
            terms.extend(words_in(&row.get::<String>(0)?).filter(|word| is_beginning(word)));
            Ok(())
        },
    )?;
    for term in &terms {
        tx.execute(
            "INSERT INTO transaction_terms (term) VALUES (?1) ON CONFLICT DO NOTHING",
            params![term],
        )?;
    }
    tx.execute(
        "INSERT INTO transaction_words (rowid, words) \
         SELECT id, replace(description, ?3, ' ') || ' ' || ?3 || 'u' || user_id \
         || ' ' || ?3 || 'k' || replace(kind, '_', '') \
         FROM transactions WHERE id > ?1 ORDER BY id LIMIT ?2",
        params![indexed, n_next, MARK],
    )?;
    Ok(n_missing > n_next)
}

/// Whether there are entries that the index does not have.
pub(super) fn is_behind(r: &Reader<'_>) -> Result<bool> {
    Ok(last_indexed(r)? < newest(r)?)
}

fn last_indexed(r: &Reader<'_>) -> Result<i64> {
    let sql = "SELECT rowid FROM transaction_words ORDER BY rowid DESC LIMIT 1";
    Ok(r.fetchone(sql, &[], |row| row.get(0))?.unwrap_or(0))
}

fn user_word(user_id: UserId) -> String {
    format!("\"{MARK}u{}\"", user_id.number())
}

fn kind_word(kind: Kind) -> String {
    format!("\"{MARK}k{}\"", kind.word().replace('_', ""))
}
