//! What those who run the server do to accounts, over HTTP and on the command line.

use super::invitation::{self, InvitationView, NewInvitation};
use super::listing::{self, UserQuery, UserRow};
use super::name;
use super::password::Passwords;
use super::record::{NewUser, State, User};
use super::service::UserService;
use crate::access::{self, Role};
use crate::audit::{self, Action, Event};
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Reader, Tx};
use crate::error::{Error, Issues, Result, both};
use crate::id::{InvitationId, UserId};
use crate::random;
use crate::text;
use crate::transaction::{Balance, Entry, Kind};

const NOTE_CHARS_MAX: usize = 200;
const REASON_CHARS_MAX: usize = 200;
/// Credits that may be moved at once.
pub const AMOUNT_MAX: i64 = 1_000_000;

/// Who of the staff does something, for the audit log; nobody known at the command line.
#[derive(Debug, Clone)]
pub struct Staff {
    /// The administrator, over HTTP.
    pub user_id: Option<UserId>,
    /// The request it came with.
    pub request_id: Option<String>,
}

impl Staff {
    fn event(&self, action: Action, user_id: Option<UserId>) -> Event {
        Event::done(action, self.user_id, user_id, self.request_id.clone())
    }
}

/// Credits to be moved by the staff, and why.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Whose.
    pub user_id: UserId,
    /// How many; a top-up is never negative.
    pub amount: i64,
    /// Why, for the user to read.
    pub reason: String,
}

/// An account that the staff makes.
#[derive(Debug)]
pub struct StaffUser {
    /// The name, as typed.
    pub username: String,
    /// The address, as typed, if one is known.
    pub email: Option<String>,
    /// What it may do.
    pub role: Role,
}

impl UserService {
    /// A page of accounts: up to `limit`, from the one at `offset` on.
    pub async fn list(&self, query: UserQuery, offset: i64, limit: u32) -> Result<Vec<UserRow>> {
        self.database.read(move |r| listing::list(r, &query, offset, limit)).await
    }

    /// One account with what it holds.
    pub async fn find_row(&self, id: UserId) -> Result<UserRow> {
        let find = move |r: &Reader<'_>| listing::find(r, id);
        self.database.read(find).await?.ok_or(Error::NotFound("user"))
    }

    /// The id of the account that this name or address names.
    pub async fn find_by_name(&self, name_or_email: &str) -> Result<UserId> {
        let name = name::typed(name_or_email);
        let found = self.database.read(move |r| User::lookup(r, &name)).await?;
        found.map(|user| user.id).ok_or(Error::NotFound("user"))
    }

    /// Makes an account with a one-time password, which is the answer.
    pub async fn create_by_staff(
        &self,
        staff: &Staff,
        asked: StaffUser,
    ) -> Result<(UserId, String)> {
        let mut issues = Issues::default();
        let username = name::username(&asked.username, &mut issues);
        let email = asked.email.map(|text| name::email(&text, &mut issues));
        issues.or(())?;
        let password = random::readable_password()?;
        let new = NewUser {
            username,
            email,
            full_name: None,
            password_hash: self.passwords.hash(password.clone()).await?,
            role: asked.role,
            must_change_password: true,
        };
        let (service, event) = (self.clone(), staff.event(Action::UserCreate, None));
        let request_id = staff.request_id.clone();
        let make = move |tx: &Tx<'_>| service.make(tx, &new, Some(&event), request_id.as_deref());
        Ok((self.database.write(make).await?, password))
    }

    /// Sets a one-time password, which is the answer; every session ends.
    pub async fn reset_password(&self, staff: &Staff, id: UserId) -> Result<String> {
        let password = random::readable_password()?;
        self.set_password(staff, id, password.clone(), true).await?;
        Ok(password)
    }

    /// Sets the password that was given, which only its user knows; every session ends.
    pub async fn set_given_password(
        &self,
        staff: &Staff,
        id: UserId,
        password: String,
    ) -> Result<()> {
        let user = self.find(id).await?;
        let mut issues = Issues::default();
        Passwords::judge("password", &password, &[&user.username], &mut issues);
        issues.or(())?;
        self.set_password(staff, id, password, false).await
    }

    async fn set_password(
        &self,
        staff: &Staff,
        id: UserId,
        password: String,
        is_seen: bool,
    ) -> Result<()> {
        let hash = self.passwords.hash(password).await?;
        let (event, now) = (staff.event(Action::UserPassword, Some(id)), self.clock.now());
        let change = move |tx: &Tx<'_>| {
            User::get(tx, id)?.change_password(tx, &hash, is_seen)?;
            audit::note(tx, &event, now)?;
            access::end_all_of(tx, id, None)
        };
        self.database.write(change).await?;
        self.sessions.forget_all_of(id, None);
        Ok(())
    }

    /// Lets an account be used no more: its sessions end, its keys open nothing.
    pub async fn disable(&self, staff: &Staff, id: UserId) -> Result<()> {
        let (event, now) = (staff.event(Action::UserDisable, Some(id)), self.clock.now());
        let disable = move |tx: &Tx<'_>| {
            User::change_state(tx, id, State::Disabled)?;
            audit::note(tx, &event, now)?;
            access::end_all_of(tx, id, None)
        };
        self.database.write(disable).await?;
        self.sessions.forget_all_of(id, None);
        self.keys.forget_all_of(id);
        Ok(())
    }

    /// Lets a disabled account be used again.
    pub async fn enable(&self, staff: &Staff, id: UserId) -> Result<()> {
        let (event, now) = (staff.event(Action::UserEnable, Some(id)), self.clock.now());
        let enable = move |tx: &Tx<'_>| {
            User::change_state(tx, id, State::Active)?;
            audit::note(tx, &event, now)
        };
        self.database.write(enable).await?;
        self.keys.take_up(id).await
    }

    /// Changes what an account may do: its sessions end, and the next ones know.
    pub async fn change_role(&self, staff: &Staff, id: UserId, role: Role) -> Result<()> {
        let event = staff.event(Action::UserRole, Some(id)).saying(role.word());
        let now = self.clock.now();
        let change = move |tx: &Tx<'_>| {
            User::change_role(tx, id, role)?;
            audit::note(tx, &event, now)?;
            access::end_all_of(tx, id, None)
        };
        self.database.write(change).await?;
        self.sessions.forget_all_of(id, None);
        Ok(())
    }

    /// Signs an account out everywhere.
    pub async fn end_sessions(&self, staff: &Staff, id: UserId) -> Result<()> {
        let (event, now) = (staff.event(Action::UserSessionsEnd, Some(id)), self.clock.now());
        let end = move |tx: &Tx<'_>| {
            User::get(tx, id)?;
            audit::note(tx, &event, now)?;
            access::end_all_of(tx, id, None)
        };
        self.database.write(end).await?;
        self.sessions.forget_all_of(id, None);
        Ok(())
    }

    /// Inside a write: moves credits by the staff's word. What an account holds afterwards.
    pub fn grant(&self, tx: &Tx<'_>, staff: &Staff, kind: Kind, grant: &Grant) -> Result<Balance> {
        let (reason, now) = (judge_grant(kind, grant)?, self.clock.now());
        if User::get(tx, grant.user_id)?.state == State::Closed {
            return Err(Error::Conflict("this account is closed".into()));
        }
        let action = if kind == Kind::TopUp { Action::CreditsTopUp } else { Action::CreditsAdjust };
        let said = format!("{} credits: {reason}", grant.amount);
        audit::note(tx, &staff.event(action, Some(grant.user_id)).saying(said), now)?;
        let entry = Entry {
            user_id: grant.user_id,
            kind,
            amount: Credits::new(grant.amount),
            description: reason,
            actor_id: staff.user_id,
            request_id: staff.request_id.clone(),
        };
        if grant.amount > 0 {
            User::add_balance(tx, entry, now)?;
        } else {
            User::subtract_balance(
                tx,
                Entry { amount: Credits::new(-grant.amount), ..entry },
                now,
            )?;
        }
        Balance::find(tx, grant.user_id)
    }

    /// Makes an invitation; with the secret of its link, which is shown once.
    pub async fn invite(
        &self,
        staff: &Staff,
        note: String,
        expires_at: Timestamp,
    ) -> Result<(InvitationView, String)> {
        let now = self.clock.now();
        let created_by = staff.user_id.ok_or(Error::SignedOut)?;
        let note = judge_line("note", &note, 0, NOTE_CHARS_MAX)?;
        if expires_at <= now {
            return Err(Error::invalid("expires_at", "past", "must be in the future"));
        }
        let secret = random::secret()?;
        let new = NewInvitation { secret: secret.clone(), note, created_by, expires_at };
        let event = staff.event(Action::InvitationCreate, None).saying(&new.note);
        let create = move |tx: &Tx<'_>| {
            audit::note(tx, &event, now)?;
            invitation::create(tx, &new, now)
        };
        Ok((self.database.write(create).await?, secret))
    }

    /// Takes an open invitation back.
    pub async fn revoke_invitation(&self, staff: &Staff, id: InvitationId) -> Result<()> {
        let (event, now) = (staff.event(Action::InvitationRevoke, None), self.clock.now());
        let revoke = move |tx: &Tx<'_>| {
            audit::note(tx, &event, now)?;
            invitation::revoke(tx, id, now)
        };
        self.database.write(revoke).await
    }

    /// Up to `limit` invitations below the number `before`, newest first.
    pub async fn list_invitations(&self, before: i64, limit: u32) -> Result<Vec<InvitationView>> {
        let now = self.clock.now();
        self.database.read(move |r| invitation::list(r, now, before, limit)).await
    }
}

fn judge_grant(kind: Kind, grant: &Grant) -> Result<String> {
    let is_fine = match kind {
        Kind::TopUp => (1..=AMOUNT_MAX).contains(&grant.amount),
        _ => grant.amount != 0 && (-AMOUNT_MAX..=AMOUNT_MAX).contains(&grant.amount),
    };
    let mut issues = Issues::default();
    if !is_fine {
        let lowest = if kind == Kind::TopUp { "1".to_owned() } else { format!("-{AMOUNT_MAX}") };
        let rule = format!("must be a whole number from {lowest} to {AMOUNT_MAX}, and not 0");
        issues.add("amount", "out_of_range", rule);
    }
    let reason = judge_line("reason", &grant.reason, 3, REASON_CHARS_MAX);
    both(issues.or(()), reason).map(|((), reason)| reason)
}

fn judge_line(field: &str, said: &str, n_min: usize, n_max: usize) -> Result<String> {
    let line = said.trim();
    // Nothing to be read is right only where nothing was said.
    let is_seen = line.is_empty() || text::n_visible(line) >= n_min.max(1);
    let is_long_enough = (n_min..=n_max).contains(&line.chars().count());
    if is_seen && is_long_enough && !line.chars().any(char::is_control) {
        return Ok(line.to_owned());
    }
    let rule = format!("must have {n_min} to {n_max} characters that can be seen, on one line");
    Err(Error::invalid(field, "invalid", rule))
}
