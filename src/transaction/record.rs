//! Entries and accounts: the rows and their SQL.

use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Reader, Row, Tx, params};
use crate::error::{Error, Result};
use crate::id::{HoldId, RowId, TransactionId, UserId};

/// The account on the other side of every entry.
pub(super) const SYSTEM_ACCOUNT: i64 = 0;

/// Why credits moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The user added credits.
    TopUp,
    /// The house gave credits.
    Gift,
    /// Paid for an answer given at once.
    Charge,
    /// Set aside for work under way.
    Hold,
    /// Paid out of a hold that ended.
    Settle,
    /// Returned from a hold that ended.
    Release,
    /// Given back for something charged before.
    Refund,
    /// Put right by an administrator.
    Adjustment,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::TopUp,
        Self::Gift,
        Self::Charge,
        Self::Hold,
        Self::Settle,
        Self::Release,
        Self::Refund,
        Self::Adjustment,
    ];

    /// The word in the database and in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Gift => "gift",
            Self::Charge => "charge",
            Self::Hold => "hold",
            Self::Settle => "settle",
            Self::Release => "release",
            Self::Refund => "refund",
            Self::Adjustment => "adjustment",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether an entry of this kind may change what the user can spend by so much.
    fn fits(self, amount: Credits) -> bool {
        match self {
            Self::TopUp | Self::Gift | Self::Release | Self::Refund => amount > Credits::ZERO,
            Self::Charge | Self::Hold | Self::Settle => amount < Credits::ZERO,
            Self::Adjustment => amount != Credits::ZERO,
        }
    }

    /// Whether an entry of this kind belongs to a hold.
    const fn is_of_hold(self) -> bool {
        matches!(self, Self::Hold | Self::Settle | Self::Release)
    }

    /// Whether credits change hands, rather than move between what is free and what is held.
    pub const fn is_posted(self) -> bool {
        !matches!(self, Self::Hold | Self::Release)
    }
}

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// What can be spent.
    pub available: Credits,
    /// What is set aside for work under way.
    pub held: Credits,
}

impl Balance {
    /// Both together.
    pub fn total(self) -> Credits {
        self.available.plus(self.held).expect("the ledger keeps both within one account's bounds")
    }

    /// What this user's account holds.
    pub fn find(r: &Reader<'_>, user_id: UserId) -> Result<Self> {
        r.fetchone(
            "SELECT available, held FROM accounts WHERE user_id = ?1",
            params![user_id],
            |row| Ok(Self { available: row.get(0)?, held: row.get(1)? }),
        )?
        .ok_or(Error::NotFound("account"))
    }

    /// Refuses what this user could not pay for now. Whoever charges or holds it later looks anew.
    pub fn require(r: &Reader<'_>, user_id: UserId, cost: Credits) -> Result<()> {
        let balance = Self::find(r, user_id)?.available;
        if balance < cost { Err(Error::OutOfCredits { cost, balance }) } else { Ok(()) }
    }
}

/// Opens the account of a new user, with nothing in it.
pub fn create_account(tx: &Tx<'_>, user_id: UserId) -> Result<()> {
    tx.execute("INSERT INTO accounts (user_id) VALUES (?1)", params![user_id])?;
    Ok(())
}

/// An entry about to be made.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose credits move.
    pub user_id: UserId,
    /// Why.
    pub kind: Kind,
    /// By how much what the user can spend changes; never zero.
    pub amount: Credits,
    /// For people, one line.
    pub description: String,
    /// Who caused it, if not the user alone.
    pub actor_id: Option<UserId>,
    /// The request it came with.
    pub request_id: Option<String>,
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its number: dense, in the order of the ledger.
    pub id: TransactionId,
    /// Whose credits moved.
    pub user_id: UserId,
    /// Why.
    pub kind: Kind,
    /// By how much what the user can spend changed.
    pub amount: Credits,
    /// What the user could spend after it.
    pub balance: Credits,
    /// The hold it belongs to, if any.
    pub hold_id: Option<HoldId>,
    /// For people, one line.
    pub description: String,
    /// Who caused it, if not the user alone.
    pub actor_id: Option<UserId>,
    /// The request it came with.
    pub request_id: Option<String>,
    /// When.
    pub timestamp: Timestamp,
}

impl Transaction {
    /// Makes an entry and changes the accounts by it, or refuses: a balance never goes below zero.
    pub fn create(tx: &Tx<'_>, entry: Entry, now: Timestamp) -> Result<Self> {
        Self::create_for_hold(tx, entry, None, now)
    }

    pub(super) fn create_for_hold(
        tx: &Tx<'_>,
        entry: Entry,
        hold_id: Option<HoldId>,
        now: Timestamp,
    ) -> Result<Self> {
        if entry.amount == Credits::ZERO {
            return Err(Error::invalid("amount", "zero", "must not be zero"));
        }
        if !entry.kind.fits(entry.amount) || entry.kind.is_of_hold() != hold_id.is_some() {
            return Err(Error::internal(format!(
                "an entry of {} credits and this hold is no {}",
                entry.amount,
                entry.kind.word()
            )));
        }
        let balance = change_accounts(tx, &entry)?;
        let (last_id, last_hash, last_timestamp) = last(tx)?;
        let made = Self {
            id: TransactionId::from_number(last_id + 1),
            user_id: entry.user_id,
            kind: entry.kind,
            amount: entry.amount,
            balance,
            hold_id,
            description: entry.description,
            actor_id: entry.actor_id,
            request_id: entry.request_id,
            // Times never fall as numbers rise, even if the clock was set back.
            timestamp: now.max(last_timestamp),
        };
        tx.execute(
            "INSERT INTO transactions (id, user_id, kind, amount, balance, hold_id, description, \
             actor_id, request_id, timestamp, hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                made.id,
                made.user_id,
                made.kind.word(),
                made.amount,
                made.balance,
                made.hold_id,
                made.description,
                made.actor_id,
                made.request_id,
                made.timestamp,
                made.chained_to(&last_hash),
            ],
        )?;
        Ok(made)
    }

    /// A user's entries, newest first, from below `before` on.
    pub fn get_user_transactions(
        r: &Reader<'_>,
        user_id: UserId,
        before: Option<TransactionId>,
        n_max: u32,
    ) -> Result<Vec<Self>> {
        r.fetchall(
            "SELECT id, user_id, kind, amount, balance, hold_id, description, actor_id, request_id, \
             timestamp FROM transactions WHERE user_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
            params![user_id, before.map_or(i64::MAX, RowId::number), n_max],
            Self::read,
        )
    }

    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user_id: row.get(1)?,
            kind: Kind::from_word(&row.get::<String>(2)?)
                .ok_or_else(|| Error::internal("a ledger entry has an unknown kind"))?,
            amount: row.get(3)?,
            balance: row.get(4)?,
            hold_id: row.get(5)?,
            description: row.get(6)?,
            actor_id: row.get(7)?,
            request_id: row.get(8)?,
            timestamp: row.get(9)?,
        })
    }

    /// Whether its amount and its hold fit its kind.
    pub(super) fn fits_its_kind(&self) -> bool {
        self.kind.fits(self.amount) && self.kind.is_of_hold() == self.hold_id.is_some()
    }

    /// SHA-256 over the entry and the hash before it. Every part has a fixed width or a length in
    /// front, so no two entries share a form, but that no request and an empty one are the same.
    pub(super) fn chained_to(&self, last_hash: &[u8; 32]) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(last_hash);
        let numbers = [
            self.id.number(),
            self.user_id.number(),
            self.amount.amount(),
            self.balance.amount(),
            self.hold_id.map_or(-1, RowId::number),
            self.actor_id.map_or(-1, RowId::number),
            self.timestamp.millis(),
        ];
        for number in numbers {
            digest.update(number.to_be_bytes());
        }
        let texts = [self.kind.word(), &self.description, self.request_id.as_deref().unwrap_or("")];
        for text in texts {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        digest.finalize().into()
    }
}

/// Moves the entry's amount between the accounts; what the user can spend after it.
fn change_accounts(tx: &Tx<'_>, entry: &Entry) -> Result<Credits> {
    let no_fit = || Error::conflict("balance_full", "the account cannot hold so many credits");
    let to_held = if entry.kind.is_posted() {
        Credits::ZERO
    } else {
        entry.amount.negated().ok_or_else(no_fit)?
    };
    let changed = tx.execute(
        "UPDATE accounts SET available = available + ?2, held = held + ?3 \
         WHERE user_id = ?1 AND available >= 0 - ?2 \
         AND (?2 < 0 OR available <= 9223372036854775807 - ?2)",
        params![entry.user_id, entry.amount, to_held],
    )?;
    let Balance { available, .. } = Balance::find(tx, entry.user_id)?;
    if changed == 0 {
        return match entry.amount.negated() {
            Some(cost) if cost > Credits::ZERO => {
                Err(Error::OutOfCredits { cost, balance: available })
            }
            _ => Err(no_fit()),
        };
    }
    if entry.kind.is_posted() {
        tx.execute(
            "UPDATE accounts SET available = available - ?2 WHERE id = ?1",
            params![SYSTEM_ACCOUNT, entry.amount],
        )?;
    }
    Ok(available)
}

/// The number, the hash and the time of the newest entry; zeros before the first.
fn last(tx: &Tx<'_>) -> Result<(i64, [u8; 32], Timestamp)> {
    let last = tx.fetchone(
        "SELECT id, hash, timestamp FROM transactions ORDER BY id DESC LIMIT 1",
        params![],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(last.unwrap_or((0, [0; 32], Timestamp::from_millis(0))))
}
