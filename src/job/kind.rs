//! What a kind of work must say of itself, how an attempt can end, and the register of kinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::record::Job;
use super::run::Context;
use crate::database::Tx;
use crate::error::{Error, Result};

/// Attempts of a kind that does not say otherwise, and of one that this build does not know.
pub(super) const ATTEMPTS_MAX: u32 = 3;

/// One kind of background work.
pub trait JobKind: Send + Sync + 'static {
    /// What is to be done; kept as JSON, and read by later versions of the program too.
    type Payload: Serialize + DeserializeOwned;

    /// Its name in the database and in answers. Never changed: queued jobs bear it.
    const NAME: &'static str;

    /// Attempts before it is given up.
    const ATTEMPTS_MAX: u32 = ATTEMPTS_MAX;

    /// Does the work, on a thread of its own; it may block and compute.
    ///
    /// Long work calls [`Context::check`] several times a second, or it can neither be cancelled
    /// nor stopped in time. An attempt may be cut off anywhere and made again, so whatever must
    /// happen once belongs in the outcome's effect.
    fn run(&self, payload: Self::Payload, context: &Context) -> Result<Outcome, Failure>;

    /// Undoes what was set aside for the job (a hold of credits), in the same write that ends it
    /// without success: `job.status` is then `Cancelled` or `Dead`.
    ///
    /// If it fails, the job does not end, and ending it is tried again later.
    fn release(&self, _job: &Job, _tx: &Tx<'_>) -> Result<()> {
        Ok(())
    }
}

/// SQL that commits together with a job's success, or not at all. It may be called again if the
/// write it travelled in was refused, hence `Fn`.
pub type Effect = Arc<dyn Fn(&Tx<'_>) -> Result<()> + Send + Sync>;

/// What a successful attempt leaves behind.
#[derive(Clone)]
pub struct Outcome {
    pub(super) result: Value,
    pub(super) effect: Option<Effect>,
}

impl Outcome {
    /// Success with this result, which the owner sees.
    pub fn new(result: impl Serialize) -> Result<Self, Failure> {
        let result =
            serde_json::to_value(result).map_err(|cause| Failure::Final(Error::internal(cause)))?;
        Ok(Self { result, effect: None })
    }

    /// Adds what must commit together with the success.
    #[must_use]
    pub fn with_effect(
        mut self,
        effect: impl Fn(&Tx<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.effect = Some(Arc::new(effect));
        self
    }
}

/// Why an attempt did not succeed, and so whether there is another.
#[derive(Debug)]
pub enum Failure {
    /// Trying again may help.
    Retry(Error),
    /// Trying again cannot help: the job is dead at once.
    Final(Error),
    /// It was told to stop, and did.
    Stopped(Stopped),
}

/// Proof that an attempt was told to stop; only [`Context::check`] gives it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped(pub(super) ());

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

/// What the machine did may pass; what the request asked for will be just as wrong next time.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::TooMany { .. }
            | Error::TooMuchWaits { .. }
            | Error::Busy
            | Error::NotReady(_)
            | Error::Unavailable(_)
            | Error::Internal(_) => Self::Retry(error),
            Error::Invalid(_)
            | Error::SignedOut
            | Error::PasswordExpired
            | Error::Forbidden
            | Error::OutOfScope(_)
            | Error::NotForKeys
            | Error::KeyReused
            | Error::Taken(_)
            | Error::Closed
            | Error::NotFound(_)
            | Error::Conflict { .. }
            | Error::OutOfCredits { .. }
            | Error::TooLarge { .. }
            | Error::TooManyRows { .. } => Self::Final(error),
        }
    }
}

/// The kinds of work that this server can do.
#[derive(Clone, Default)]
pub struct Kinds {
    by_name: Arc<BTreeMap<&'static str, Arc<dyn AnyKind>>>,
}

impl Kinds {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one more.
    ///
    /// # Panics
    /// If a kind of this name is there already: jobs could not tell the two apart.
    #[must_use]
    pub fn with<K: JobKind>(mut self, kind: K) -> Self {
        let by_name = Arc::make_mut(&mut self.by_name);
        let before = by_name.insert(K::NAME, Arc::new(kind));
        assert!(before.is_none(), "two kinds of job are named {}", K::NAME);
        self
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.by_name.keys().copied().collect()
    }

    pub(super) fn lookup(&self, name: &str) -> Option<Arc<dyn AnyKind>> {
        self.by_name.get(name).cloned()
    }

    pub(super) fn attempts_max(&self, name: &str) -> u32 {
        self.by_name.get(name).map_or(ATTEMPTS_MAX, |kind| kind.attempts_max())
    }
}

/// A [`JobKind`] without its payload's type.
pub(super) trait AnyKind: Send + Sync {
    fn attempts_max(&self) -> u32;
    fn run_job(&self, job: &Job, context: &Context) -> Result<Outcome, Failure>;
    fn release_job(&self, job: &Job, tx: &Tx<'_>) -> Result<()>;
}

impl<K: JobKind> AnyKind for K {
    fn attempts_max(&self) -> u32 {
        K::ATTEMPTS_MAX
    }

    fn run_job(&self, job: &Job, context: &Context) -> Result<Outcome, Failure> {
        let payload = job.payload().map_err(Failure::Final)?;
        self.run(payload, context)
    }

    fn release_job(&self, job: &Job, tx: &Tx<'_>) -> Result<()> {
        self.release(job, tx)
    }
}
