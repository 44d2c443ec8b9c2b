//! What those who run the server do to accounts, over HTTP and on the command line.

use super::invitation::{self, InvitationView, NewInvitation};
use super::listing::{self, UserQuery, UserRow};
use super::name;
use super::record::{NewUser, State, User};
use super::service::UserService;
use crate::access::{self, Admin, Caller, Role};
use crate::audit::{self, Action, Event};
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Database, Reader, Tx};
use crate::error::{Error, Issues, Result, both};
use crate::id::{InvitationId, UserId};
use crate::idempotency::{Done, Ticket};
use crate::random;
use crate::text;
use crate::transaction::{Balance, BalanceView, Entry, Kind};

const NOTE_CHARS_MAX: usize = 200;
const REASON_CHARS_MAX: usize = 200;
/// Credits that may be moved at once.
pub const AMOUNT_MAX: i64 = 1_000_000;

/// Who of the staff does something: an administrator over HTTP, or whoever has the machine.
#[derive(Debug, Clone)]
pub struct Staff {
    by: Option<Caller>,
}

impl Staff {
    /// Whoever has the machine, and gives a command there.
    pub const AT_THE_MACHINE: Self = Self { by: None };

    /// The administrator, over HTTP.
    pub fn user_id(&self) -> Option<UserId> {
        self.by.as_ref().map(Caller::user_id)
    }

    /// What they did, for the audit log.
    pub fn event(&self, action: Action, user_id: Option<UserId>) -> Event {
        Event::done(action, self.user_id(), user_id, self.request_id())
    }

    /// Runs a write by their word, unless it is theirs no more: a changed role, too, ends the
    /// session they came with.
    pub async fn write<T, F>(&self, database: &Database, run: F) -> Result<T>
    where
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        match &self.by {
            Some(caller) => caller.write(database, run).await,
            None => database.write(run).await,
        }
    }

    fn request_id(&self) -> Option<String> {
        self.by.as_ref().map(|caller| caller.request_id().to_owned())
    }
}

impl From<Admin> for Staff {
    fn from(Admin(caller): Admin) -> Self {
        Self { by: Some(caller) }
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
        // At the command line nobody has done so before.
        self.complete_looks().await?;
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
        let (event, request_id) = (event.saying(asked.role.word()), staff.request_id());
        let make = move |tx: &Tx<'_>| service.make(tx, &new, Some(&event), request_id.as_deref());
        Ok((staff.write(&self.database, make).await?, password))
    }

    /// Sets a one-time password, which is the answer; every session ends.
    pub async fn reset_password(&self, staff: &Staff, id: UserId) -> Result<String> {
        let password = random::readable_password()?;
        self.set_password(staff, id, password.clone(), true).await?;
        Ok(password)
    }

    /// Sets the password that was given in `field`, which only its user knows; every session ends.
    pub async fn set_given_password(
        &self,
        staff: &Staff,
        id: UserId,
        field: &'static str,
        password: String,
    ) -> Result<()> {
        let personal = self.find(id).await?.personal();
        self.passwords.weigh(field, password.clone(), personal).await?.or(())?;
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
            User::get_open(tx, id)?.change_password(tx, &hash, is_seen)?;
            audit::note(tx, &event, now)?;
            access::end_all_of(tx, id, None)
        };
        staff.write(&self.database, change).await?;
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
        staff.write(&self.database, disable).await?;
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
        staff.write(&self.database, enable).await?;
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
        staff.write(&self.database, change).await?;
        self.sessions.forget_all_of(id, None);
        Ok(())
    }

    /// Signs an account out everywhere.
    pub async fn end_sessions(&self, staff: &Staff, id: UserId) -> Result<()> {
        let (event, now) = (staff.event(Action::UserSessionsEnd, Some(id)), self.clock.now());
        let end = move |tx: &Tx<'_>| {
            User::get_open(tx, id)?;
            audit::note(tx, &event, now)?;
            access::end_all_of(tx, id, None)
        };
        staff.write(&self.database, end).await?;
        self.sessions.forget_all_of(id, None);
        Ok(())
    }

    /// Moves credits by the staff's word, once; what the account holds afterwards.
    pub async fn grant(
        &self,
        staff: &Staff,
        ticket: Ticket,
        kind: Kind,
        grant: Grant,
    ) -> Result<Done> {
        let (by, now) = (staff.clone(), self.clock.now());
        let write = move |tx: &Tx<'_>| {
            ticket.redeem(tx, now, |tx| {
                let balance = book(tx, &by, kind, &grant, now)?;
                let address = format!("/api/admin/users/{}", grant.user_id);
                Done::created(address, &BalanceView::from(balance))
            })
        };
        staff.write(&self.database, write).await
    }

    /// Adds credits from the command line; what the account holds afterwards.
    pub async fn top_up(&self, staff: &Staff, grant: Grant) -> Result<Balance> {
        let (by, now) = (staff.clone(), self.clock.now());
        let write = move |tx: &Tx<'_>| book(tx, &by, Kind::TopUp, &grant, now);
        staff.write(&self.database, write).await
    }

    /// Makes an invitation; with the secret of its link, which is shown once.
    pub async fn invite(
        &self,
        staff: &Staff,
        note: String,
        expires_at: Timestamp,
    ) -> Result<(InvitationView, String)> {
        let now = self.clock.now();
        let created_by = staff.user_id().ok_or(Error::SignedOut)?;
        let note = judge_line("note", &note, 0, NOTE_CHARS_MAX)?;
        if expires_at <= now {
            return Err(Error::invalid("expires_at", "past", "must be in the future"));
        }
        let secret = random::secret()?;
        let new = NewInvitation { secret: secret.clone(), note, created_by, expires_at };
        let event = staff.event(Action::InvitationCreate, None);
        let create = move |tx: &Tx<'_>| {
            let made = invitation::create(tx, &new, now)?;
            audit::note(tx, &event.saying(made.id.to_string()), now)?;
            Ok(made)
        };
        Ok((staff.write(&self.database, create).await?, secret))
    }

    /// Takes an open invitation back.
    pub async fn revoke_invitation(&self, staff: &Staff, id: InvitationId) -> Result<()> {
        let event = staff.event(Action::InvitationRevoke, None).saying(id.to_string());
        let now = self.clock.now();
        let revoke = move |tx: &Tx<'_>| {
            audit::note(tx, &event, now)?;
            invitation::revoke(tx, id, now)
        };
        staff.write(&self.database, revoke).await
    }

    /// Up to `limit` invitations below the number `before`, newest first.
    pub async fn list_invitations(&self, before: i64, limit: u32) -> Result<Vec<InvitationView>> {
        let now = self.clock.now();
        self.database.read(move |r| invitation::list(r, now, before, limit)).await
    }
}

/// Moves credits by the staff's word; what the account holds afterwards.
fn book(tx: &Tx<'_>, staff: &Staff, kind: Kind, grant: &Grant, now: Timestamp) -> Result<Balance> {
    let reason = judge_grant(kind, grant)?;
    if User::get(tx, grant.user_id)?.state == State::Closed {
        return Err(Error::conflict("account_closed", "this account is closed"));
    }
    let action = if kind == Kind::TopUp { Action::CreditsTopUp } else { Action::CreditsAdjust };
    let said = format!("{} credits: {reason}", grant.amount);
    audit::note(tx, &staff.event(action, Some(grant.user_id)).saying(said), now)?;
    let entry = Entry {
        user_id: grant.user_id,
        kind,
        amount: Credits::new(grant.amount),
        description: reason,
        actor_id: staff.user_id(),
        request_id: staff.request_id(),
    };
    if grant.amount > 0 {
        User::add_balance(tx, entry, now)?;
    } else {
        User::subtract_balance(tx, Entry { amount: Credits::new(-grant.amount), ..entry }, now)?;
    }
    Balance::find(tx, grant.user_id)
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
    if is_seen && is_long_enough && !line.chars().any(text::is_misleading) {
        return Ok(line.to_owned());
    }
    let rule = format!("must have {n_min} to {n_max} characters that can be seen, on one line");
    Err(Error::invalid(field, "invalid", rule))
}
