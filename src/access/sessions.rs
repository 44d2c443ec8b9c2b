//! The live sessions of this server, in memory: looked up by every request, exact at every moment.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use super::guard::Caller;
use super::session::{
    self, Exchange, SecretHash, Session, SessionKind, SessionView, Written, hash_of,
};
use super::token::Named;
use crate::audit::{self, Action, Event};
use crate::clock::Clock;
use crate::database::{Database, Tx};
use crate::error::{Error, Result};
use crate::id::{SessionId, UserId};
use crate::random;

/// The live sessions; a clone is the same sessions.
#[derive(Clone)]
pub struct Sessions {
    database: Database,
    clock: Clock,
    live: Arc<RwLock<Live>>,
    /// Ended in memory, while their rows could not be deleted yet.
    owed: Arc<Mutex<Vec<SessionId>>>,
}

#[derive(Default)]
struct Live {
    by_id: HashMap<SessionId, Arc<Session>>,
    /// Of browsers only: a program's calls name their session. The session itself and not its
    /// number, so that a cookie opens the one it was made for or none.
    by_cookie: HashMap<SecretHash, Arc<Session>>,
    /// So that what concerns one user takes no walk past everybody's.
    of_user: HashMap<UserId, Vec<SessionId>>,
}

impl Live {
    fn insert(&mut self, session: &Arc<Session>) {
        if session.kind == SessionKind::Browser {
            self.by_cookie.insert(session.token_hash, Arc::clone(session));
        }
        self.of_user.entry(session.user_id).or_default().push(session.id);
        self.by_id.insert(session.id, Arc::clone(session));
    }

    fn remove(&mut self, id: SessionId) {
        let Some(session) = self.by_id.remove(&id) else { return };
        self.by_cookie.remove(&session.token_hash);
        if let Entry::Occupied(mut ids) = self.of_user.entry(session.user_id) {
            ids.get_mut().retain(|other| *other != id);
            if ids.get().is_empty() {
                ids.remove();
            }
        }
        session.has_ended.send_replace(true);
    }
}

impl Sessions {
    /// Takes over the sessions that the database knows.
    pub fn load(database: &Database, clock: &Clock) -> Result<Self> {
        let now = clock.now();
        let mut live = Live::default();
        let known = database.read_here(session::all)?;
        for session in known.into_iter().filter(|session| !session.is_over(now)) {
            live.insert(&Arc::new(session));
        }
        Ok(Self {
            database: database.clone(),
            clock: clock.clone(),
            live: Arc::new(RwLock::new(live)),
            owed: Arc::default(),
        })
    }

    /// The live session of the browser with this cookie, which counts as seen now.
    pub(super) fn lookup_cookie(&self, secret: &str) -> Option<Arc<Session>> {
        self.seen(self.read().by_cookie.get(&hash_of(secret))?)
    }

    /// The live session that an access token names, which counts as seen now.
    pub(super) fn lookup_token(&self, named: &Named) -> Option<Arc<Session>> {
        let live = self.read();
        let session = live.by_id.get(&named.session_id)?;
        let is_it = session.kind == SessionKind::Token
            && session.user_id == named.user_id
            && session.seal == named.seal;
        is_it.then(|| self.seen(session)).flatten()
    }

    /// Whether a session that was looked up is live still.
    pub(super) fn is_live(&self, session: &Session) -> bool {
        !*session.has_ended.borrow() && !session.is_over(self.clock.now())
    }

    fn seen(&self, session: &Arc<Session>) -> Option<Arc<Session>> {
        let now = self.clock.now();
        if session.is_over(now) {
            return None;
        }
        session.last_seen_millis.store(now.millis(), Ordering::Relaxed);
        Some(Arc::clone(session))
    }

    /// Makes a committed session live, unless it was ended since its commit.
    pub async fn admit(&self, written: Written) -> Result<Arc<Session>> {
        let (id, session) = (written.session.id, Arc::new(written.session));
        self.change(|live| {
            live.insert(&session);
            written.crowded_out.into_iter().for_each(|id| live.remove(id));
        });
        // Whoever ended the user's sessions between the commit and the line above found none in
        // memory; the row tells.
        if !self.database.read(move |r| session::is_there(r, id)).await? {
            self.change(|live| live.remove(id));
            return Err(Error::SignedOut);
        }
        Ok(session)
    }

    /// Exchanges a refresh token for the next one. One that was exchanged before ends its session.
    pub async fn refresh(&self, token: &str) -> Result<(Arc<Session>, String)> {
        let next = random::secret()?;
        let (old, new) = (hash_of(token), hash_of(&next));
        let now = self.clock.now();
        let exchange = move |tx: &Tx<'_>| {
            let exchanged = session::exchange(tx, old, new)?;
            if let Exchange::Stolen { user_id, .. } = exchanged {
                audit::note(tx, &Event::about(Action::RefreshTokenReplayed, user_id), now)?;
            }
            Ok(exchanged)
        };
        match self.database.write(exchange).await? {
            Exchange::Renewed(id) => {
                let session = self.read().by_id.get(&id).cloned();
                let session = session.and_then(|session| self.seen(&session));
                Ok((session.ok_or(Error::SignedOut)?, next))
            }
            Exchange::Stolen { session_id, .. } => {
                self.change(|live| live.remove(session_id));
                Err(Error::SignedOut)
            }
            Exchange::Unknown => Err(Error::SignedOut),
        }
    }

    /// A user's sessions, newest first.
    pub async fn list_of(
        &self,
        user_id: UserId,
        current: Option<SessionId>,
    ) -> Result<Vec<SessionView>> {
        let mut found = self.database.read(move |r| session::list_of(r, user_id, current)).await?;
        let live = self.read();
        found.retain_mut(|view| {
            // What is over is no session, even if its row is still to be cleared away.
            let Some(session) = live.by_id.get(&view.id) else { return false };
            view.last_seen_at = session.last_seen_at();
            view.is_current = Some(view.id) == current;
            !session.is_over(self.clock.now())
        });
        Ok(found)
    }

    /// Ends one session of the caller's, at once: it opens nothing more even if the disk is full
    /// and the answer is an error, and the row goes when it can.
    pub async fn end(&self, caller: &Caller, id: SessionId) -> Result<()> {
        let user_id = caller.user_id();
        let is_theirs = self.read().by_id.get(&id).is_some_and(|known| known.user_id == user_id);
        if !is_theirs {
            return Err(Error::NotFound("session"));
        }
        self.change(|live| live.remove(id));
        let (event, now) = (caller.event(Action::SignOut), self.clock.now());
        let delete = move |tx: &Tx<'_>| {
            audit::note(tx, &event, now)?;
            session::delete(tx, id)
        };
        let deleted = self.database.write(delete).await;
        if deleted.is_err() {
            self.owed().push(id);
        }
        deleted
    }

    /// Ends the caller's sessions, other than the one that asks.
    pub async fn end_others(&self, caller: &Caller) -> Result<()> {
        let (user_id, kept) = (caller.user_id(), caller.session_id());
        let (event, now) = (caller.event(Action::SignOut), self.clock.now());
        let end = move |tx: &Tx<'_>| {
            if session::end_all_of(tx, user_id, kept)? > 0 {
                audit::note(tx, &event, now)?;
            }
            Ok(())
        };
        caller.write(&self.database, end).await?;
        self.forget_all_of(user_id, kept);
        Ok(())
    }

    /// Lets a session do everything, after a commit has lifted its restriction.
    pub fn lift_restriction(&self, session_id: SessionId) {
        if let Some(session) = self.read().by_id.get(&session_id) {
            session.is_restricted.store(false, Ordering::Relaxed);
        }
    }

    /// Forgets the sessions of a user whose rows a commit has deleted, other than the one kept.
    pub fn forget_all_of(&self, user_id: UserId, kept: Option<SessionId>) {
        self.change(|live| {
            let ids = live.of_user.get(&user_id).cloned().unwrap_or_default();
            ids.into_iter().filter(|id| Some(*id) != kept).for_each(|id| live.remove(id));
        });
    }

    /// Writes down when sessions were last seen, and drops those that are over. Called now and
    /// then; what a crash loses is a minute of idleness.
    pub async fn tidy(&self) -> Result<()> {
        let now = self.clock.now();
        let mut seen = Vec::new();
        let mut over = std::mem::take(&mut *self.owed());
        for session in self.read().by_id.values() {
            let last_seen = session.last_seen_millis.load(Ordering::Relaxed);
            if session.is_over(now) {
                over.push(session.id);
            } else if session.stored_seen_millis.load(Ordering::Relaxed) != last_seen {
                seen.push((Arc::clone(session), last_seen));
            }
        }
        let (gone, marked) = (over.clone(), seen.clone());
        let written = self.database.write(move |tx| {
            for (session, last_seen) in marked {
                session::mark_seen(tx, session.id, last_seen)?;
            }
            for id in gone {
                session::delete(tx, id)?;
            }
            session::delete_expired(tx, now)
        });
        let written = written.await;
        self.change(|live| over.iter().for_each(|id| live.remove(*id)));
        match &written {
            Ok(_) => seen.iter().for_each(|(session, last_seen)| {
                session.stored_seen_millis.store(*last_seen, Ordering::Relaxed);
            }),
            Err(_) => self.owed().append(&mut over),
        }
        written.map(drop)
    }

    fn change(&self, change: impl FnOnce(&mut Live)) {
        change(&mut self.live.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn read(&self) -> RwLockReadGuard<'_, Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn owed(&self) -> MutexGuard<'_, Vec<SessionId>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
