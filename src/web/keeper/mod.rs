//! Protection against slow clients: whoever holds a connection must use it.
//!
//! Rocket 0.5 sets no deadline on a head, a body or an idle connection, and lets nobody replace its
//! listener. The keeper therefore stands beside it: a thread looks through this process's own
//! descriptors, asks the kernel what has moved on each connection that our port accepted, and shuts
//! those that overstay. The server sees an end of file and cleans up by itself. Requests pass no
//! proxy and no extra copy; all they pay is one counter up and one down.
//!
//! | who | is shut | by |
//! |---|---|---|
//! | has not finished its head | after [`Deadlines::head`] | the thread |
//! | has its answer and says nothing | after [`Deadlines::idle`] | the thread |
//! | does not take the answer that waits for it | after [`Deadlines::idle`] | the thread |
//! | sends a body below [`Deadlines::body_bytes_per_s`] | after [`Deadlines::body`] | [`Paced`] |
//! | holds a descriptor while they run out | at once, unless it is in hand | the thread |
//!
//! It refuses to shut a connection whose request is in hand, from its complete head to the last
//! byte that its handler hands over, however long that takes; only a client that leaves an answer
//! untaken ends that. It does not judge bodies from outside: the kernel cannot say where a body
//! ends, so every guard that reads one reads it through [`Keeper::pace`]. It never writes to a
//! client. And it breaks a connection off for whoever cannot finish an answer
//! ([`Keeper::break_off`]).

mod pace;
#[cfg(target_os = "linux")]
mod rules;
#[cfg(target_os = "linux")]
mod socket;
#[cfg(target_os = "linux")]
mod watch;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
#[cfg(target_os = "linux")]
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use prometheus::{IntCounter, IntCounterVec, Opts};
use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Data, Orbit, Request, Rocket};

use crate::error::{Error, Result};

pub use pace::Paced;

/// How long a client may keep us waiting.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// For a complete head, from the opening of the connection or the first byte of a later head.
    pub head: Duration,
    /// Between an answer and the next byte, and for taking any part of an answer.
    pub idle: Duration,
    /// The window over which the pace of a body is measured; only time spent waiting for it counts.
    pub body: Duration,
    /// The slowest pace of a body that is still borne over such a window.
    pub body_bytes_per_s: u64,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            idle: Duration::from_mins(1),
            body: Duration::from_mins(1),
            body_bytes_per_s: 1024,
        }
    }
}

/// How many connections were ended, by reason, since the start.
#[derive(Debug, Clone)]
pub struct Ended {
    /// All of them together, for a metrics page.
    pub by_reason: IntCounterVec,
    /// Heads that were not complete in time.
    head_timeout: IntCounter,
    /// Connections without a request, on which nothing moved.
    idle: IntCounter,
    /// Answers of which the client took nothing.
    untaken: IntCounter,
    /// Bodies that came too slowly.
    slow_body: IntCounter,
    /// Connections ended early because descriptors ran short.
    shed: IntCounter,
    /// Connections broken off because an answer could not be finished.
    broken_off: IntCounter,
}

impl Ended {
    fn new() -> Result<Self> {
        let options = Opts::new(
            "cellar_connections_ended_total",
            "Connections that the server ended early, by reason.",
        );
        let by_reason = IntCounterVec::new(options, &["reason"]).map_err(Error::internal)?;
        let of = |reason: &str| by_reason.with_label_values(&[reason]);
        Ok(Self {
            head_timeout: of("head_timeout"),
            idle: of("idle"),
            untaken: of("untaken"),
            slow_body: of("slow_body"),
            shed: of("shed"),
            broken_off: of("broken_off"),
            by_reason,
        })
    }
}

/// The keeper, a fairing to attach and a state to manage; clones are the same keeper.
#[derive(Clone)]
pub struct Keeper(Arc<Inner>);

struct Inner {
    deadlines: Deadlines,
    ended: Ended,
    is_stopped: AtomicBool,
    /// There from liftoff on.
    #[cfg(target_os = "linux")]
    breaker: OnceLock<Mutex<watch::Breaker>>,
}

impl Keeper {
    /// A keeper that starts watching when the server that it is attached to lifts off.
    pub fn new(deadlines: Deadlines) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            deadlines,
            ended: Ended::new()?,
            is_stopped: AtomicBool::new(false),
            #[cfg(target_os = "linux")]
            breaker: OnceLock::new(),
        })))
    }

    /// What it has ended so far.
    pub fn ended(&self) -> &Ended {
        &self.0.ended
    }

    /// Breaks off the connection of this client, which our port accepted: the answer under way
    /// cannot be finished, and is not to be taken for whole. Elsewhere than on Linux it merely
    /// ends.
    pub fn break_off(&self, client: SocketAddr, port: u16) {
        #[cfg(target_os = "linux")]
        if let Some(breaker) = self.0.breaker.get() {
            let mut breaker = breaker.lock().unwrap_or_else(PoisonError::into_inner);
            if breaker.break_off(client, port) {
                self.0.ended.broken_off.inc();
            }
        } else {
            tracing::error!("an answer ends as if it were whole: the keeper could not start");
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (client, port);
    }

    /// Wraps the reader of a body so that reading fails with `TimedOut` when it comes too slowly.
    ///
    /// The connection closes by itself after the answer to that failure, since hyper keeps no
    /// connection whose body was not read to its end.
    pub fn pace<R>(&self, reader: R) -> Paced<R> {
        Paced::new(reader, self.clone())
    }
}

#[rocket::async_trait]
impl Fairing for Keeper {
    fn info(&self) -> Info {
        Info { name: "keeper of connections", kind: Kind::Liftoff | Kind::Request | Kind::Shutdown }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        // Elsewhere than on Linux there is no way to ask a socket what has moved on it, and such
        // machines are for development: the pace of bodies is kept, the rest is left to a proxy.
        #[cfg(target_os = "linux")]
        if let Err(cause) = watch::start(rocket.config().port, &self.0) {
            tracing::error!(%cause, "slow clients will not be closed: the keeper could not start");
        }
        #[cfg(target_os = "linux")]
        match watch::Breaker::new() {
            Ok(breaker) => drop(self.0.breaker.set(Mutex::new(breaker))),
            Err(cause) => tracing::error!(%cause, "answers that fail will end as if whole"),
        }
        #[cfg(not(target_os = "linux"))]
        let _ = rocket;
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        if let Some(peer) = request.remote() {
            request.local_cache(|| InHand::begin(slot_of(peer)));
        }
    }

    async fn on_shutdown(&self, _: &Rocket<Orbit>) {
        self.0.is_stopped.store(true, Ordering::Relaxed);
    }
}

/// Lifts the soft limit of open descriptors to the hard one, and says how many there may now be.
#[cfg(unix)]
pub fn raise_descriptor_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    current.unwrap_or(u64::MAX)
}

const N_SLOTS: usize = 1 << 16;

/// Per slot, the number of requests ever begun (upper half) and of those in hand now (lower half).
///
/// A slot stands for all clients whose address falls on it. Two that share one can only make the
/// keeper more patient with both, so nothing needs a lock, a key or cleaning up. It is a static
/// because a counter that every request touches should not hide behind a shared pointer.
static HANDS: [AtomicU64; N_SLOTS] = [const { AtomicU64::new(0) }; N_SLOTS];

const BEGUN: u64 = 1 << 32;

/// Slots of clients behind one address never coincide, for they differ in their port; the odd
/// factor keeps neighbouring ports off one cache line.
fn slot_of(peer: SocketAddr) -> usize {
    let address = match peer.ip() {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        #[expect(clippy::cast_possible_truncation, reason = "both halves are folded into one")]
        IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64 ^ ip.to_bits() as u64,
    };
    let bytes = address.to_ne_bytes();
    let folded =
        bytes.chunks_exact(2).fold(0, |sum, pair| sum ^ u16::from_ne_bytes([pair[0], pair[1]]));
    usize::from((folded ^ peer.port()).wrapping_mul(0x9E37))
}

/// A request in hand. It lives in the request's cache, and so ends when Rocket has handed over the
/// last byte of the answer, when the client has left, and when a handler panics.
struct InHand {
    slot: usize,
}

impl InHand {
    fn begin(slot: usize) -> Self {
        HANDS[slot].fetch_add(BEGUN | 1, Ordering::Relaxed);
        Self { slot }
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        HANDS[self.slot].fetch_sub(1, Ordering::Relaxed);
    }
}
