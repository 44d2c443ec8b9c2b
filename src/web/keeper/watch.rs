//! The keeper's thread: looks at every connection a few times a second and ends those that are due.
//!
//! It needs no help from the server and opens nothing while it runs, so that it works when
//! descriptors are short, which is when it is needed. It refuses to take more than a hundredth of a
//! processor in calm times: the more there is to look at, the longer it pauses.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::RawFd;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};

use super::rules::{Hands, Reason, Record, Standing};
use super::socket::{self, Found, Hook, Manner};
use super::{Ended, HANDS, Inner, slot_of};
use crate::web::client::network_of;

/// How often it glances at the number of open descriptors: well within the quarter of a second that
/// Rocket sleeps when it found none, so that there is one when it wakes.
const PAUSE: Duration = Duration::from_millis(100);

/// How often it looks at every connection.
const ROUND: Duration = Duration::from_millis(250);

const PAUSE_WHEN_CROWDED: Duration = Duration::from_millis(50);

/// Begins to watch the connections that this process accepts on `port`.
pub(super) fn start(port: u16, inner: &Arc<Inner>) -> io::Result<()> {
    let mut watch = Watch { port, table: Table::open()?, hook: Hook::new()?, entries: Vec::new() };
    let inner = Arc::downgrade(inner);
    thread::Builder::new().name("keeper".into()).spawn(move || watch.run(&inner))?;
    Ok(())
}

/// Breaks off single connections when it is told to. It has what it needs from the start, for
/// answers fail when descriptors are short, too.
pub(super) struct Breaker {
    table: Table,
    hook: Hook,
}

impl Breaker {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { table: Table::open()?, hook: Hook::new()? })
    }

    /// Breaks off the connection of a client that was accepted on `port`; says whether it did.
    pub(super) fn break_off(&mut self, client: SocketAddr, port: u16) -> bool {
        for fd in (0..self.table.size()).map(descriptor) {
            let Found::Socket(cookie) = socket::find(fd) else { continue };
            if socket::client_of(fd, port) == Some(client) {
                return self.hook.end(fd, cookie, Manner::Abruptly, |_| true);
            }
        }
        false
    }
}

struct Watch {
    port: u16,
    table: Table,
    hook: Hook,
    /// By descriptor number: a free one, a file and a foreign socket have no entry, or no client.
    entries: Vec<Option<Entry>>,
}

struct Entry {
    cookie: u64,
    client: Option<Client>,
}

struct Client {
    slot: usize,
    network: IpAddr,
    record: Record,
    hands: Hands,
    standing: Standing,
    is_ended: bool,
}

impl Watch {
    fn run(&mut self, inner: &Weak<Inner>) {
        let mut is_crowded = false;
        let mut last = Instant::now();
        let mut last_took = Duration::ZERO;
        loop {
            thread::sleep(if is_crowded { PAUSE_WHEN_CROWDED } else { PAUSE });
            let Some(inner) = inner.upgrade().filter(|i| !i.is_stopped.load(Ordering::Relaxed))
            else {
                return;
            };
            let now = Instant::now();
            is_crowded =
                n_open_at_a_glance().map_or(is_crowded, |n_open| Room::new(n_open).is_short());
            let rest = if is_crowded { last_took * 4 } else { ROUND.max(last_took * 100) };
            if now.duration_since(last) < rest {
                continue;
            }

            if let Ok(is_near) = catch_unwind(AssertUnwindSafe(|| self.round(&inner, now))) {
                is_crowded = is_near;
            } else {
                tracing::error!("the keeper of connections stumbled and starts afresh");
                self.entries.clear();
            }
            last = now;
            last_took = now.elapsed();
        }
    }

    /// Looks at everything once; says whether descriptors are about to run out.
    fn round(&mut self, inner: &Inner, now: Instant) -> bool {
        let mut n_open = 0;
        self.entries.resize_with(self.table.size(), || None);
        for number in 0..self.entries.len() {
            n_open += u64::from(self.look(number, now));
            let client = self.client(number).filter(|client| !client.is_ended);
            let reason = client.and_then(|c| c.standing.overstays(&inner.deadlines, now));
            if let Some(reason) = reason {
                n_open -= u64::from(self.end(number, reason, &inner.ended));
            }
        }

        let room = Room::new(n_open);
        if room.n_free < room.reserve {
            self.shed(2 * room.reserve - room.n_free, &inner.ended, now);
        }
        room.is_short()
    }

    /// Looks at one number; says whether it holds a descriptor that is not on its way out.
    fn look(&mut self, number: usize, now: Instant) -> bool {
        let fd = descriptor(number);
        let cookie = match socket::find(fd) {
            Found::Socket(cookie) => cookie,
            found => {
                self.entries[number] = None;
                return matches!(found, Found::NoSocket);
            }
        };
        let entry = match &mut self.entries[number] {
            Some(entry) if entry.cookie == cookie => entry,
            place => {
                let client = socket::client_of(fd, self.port)
                    .and_then(|address| Client::new(fd, address, now));
                place.insert(Entry { cookie, client })
            }
        };
        let Some(client) = &mut entry.client else { return true };
        if client.is_ended {
            return false;
        }
        client.hands = hands(client.slot);
        if let Some(figures) = socket::figures(fd) {
            client.standing = client.record.look(client.hands, &figures, now);
        }
        true
    }

    /// Ends those who hold a descriptor for the least reason, and first those whose network holds
    /// most of them, so that a crowd from one place does not drive out everyone else.
    fn shed(&mut self, n_wanted: u64, ended: &Ended, now: Instant) {
        let mut held: HashMap<IpAddr, usize> = HashMap::new();
        let mut waiting = Vec::new();
        for (number, client) in self.clients() {
            *held.entry(client.network).or_default() += 1;
            if let Some((rank, since)) = client.standing.shed_order(now) {
                waiting.push((rank, client.network, since, number));
            }
        }
        waiting.sort_by_key(|&(rank, network, since, _)| (rank, Reverse(held[&network]), since));

        let mut n_shed = 0;
        for (_, _, _, number) in waiting {
            if n_shed == n_wanted {
                break;
            }
            n_shed += u64::from(self.end(number, Reason::Shed, ended));
        }
        tracing::warn!(n_shed, "descriptors run short: waiting connections were closed");
    }

    /// Ends one connection unless something has happened on it since the look.
    fn end(&mut self, number: usize, reason: Reason, ended: &Ended) -> bool {
        let Some(Entry { cookie, client: Some(client) }) = &mut self.entries[number] else {
            return false;
        };
        let manner = match reason {
            Reason::HeadTimeout | Reason::Idle | Reason::SlowBody => Manner::Politely,
            Reason::Untaken | Reason::Shed => Manner::Abruptly,
        };
        client.is_ended = self.hook.end(descriptor(number), *cookie, manner, |figures| {
            let is_untaken = matches!(client.standing, Standing::Untaken(_));
            figures.is_some_and(|figures| client.record.is_still(&figures))
                && (is_untaken || hands(client.slot) == client.hands)
        });
        if client.is_ended {
            let count = match reason {
                Reason::HeadTimeout => &ended.head_timeout,
                Reason::Idle => &ended.idle,
                Reason::Untaken => &ended.untaken,
                Reason::SlowBody => &ended.slow_body,
                Reason::Shed => &ended.shed,
            };
            count.inc();
        }
        client.is_ended
    }

    fn client(&self, number: usize) -> Option<&Client> {
        self.entries[number].as_ref()?.client.as_ref()
    }

    /// The connections that are not on their way out, with their descriptor numbers.
    fn clients(&self) -> impl Iterator<Item = (usize, &Client)> {
        let numbers = 0..self.entries.len();
        numbers.filter_map(|number| Some((number, self.client(number).filter(|c| !c.is_ended)?)))
    }
}

/// How many numbers descriptors can have now, as the kernel tells it.
///
/// Reading it anew from an open file costs no descriptor, and trying every number below is several
/// times cheaper than listing those in use.
struct Table {
    status: File,
    size: usize,
}

impl Table {
    fn open() -> io::Result<Self> {
        Ok(Self { status: File::open("/proc/self/status")?, size: 1024 })
    }

    /// One more than the highest number, or what was told last.
    fn size(&mut self) -> usize {
        let mut text = [0; 2048];
        let length = self.status.read_at(&mut text, 0).unwrap_or(0);
        let told = String::from_utf8_lossy(&text[..length])
            .lines()
            .find_map(|line| line.strip_prefix("FDSize:")?.trim().parse().ok());
        self.size = told.unwrap_or(self.size);
        self.size
    }
}

impl Client {
    fn new(fd: RawFd, address: SocketAddr, now: Instant) -> Option<Self> {
        let slot = slot_of(address);
        let hands = hands(slot);
        let record = Record::new(hands, &socket::figures(fd)?, now);
        let network = network_of(address.ip());
        Some(Self { slot, network, record, hands, standing: Standing::Served, is_ended: false })
    }
}

/// How many descriptors are left.
struct Room {
    n_free: u64,
    /// What is kept for the database, for files and for those who connect before the next look.
    reserve: u64,
}

impl Room {
    fn new(n_open: u64) -> Self {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self { n_free: limit.saturating_sub(n_open), reserve: (limit / 8).max(64).min(limit / 2) }
    }

    fn is_short(&self) -> bool {
        self.n_free / 2 < self.reserve
    }
}

/// The number of open descriptors, for the price of one call; kernels before 6.2 do not tell it.
fn n_open_at_a_glance() -> Option<u64> {
    let n_open = rustix::fs::stat("/proc/self/fd").ok()?.st_size;
    u64::try_from(n_open).ok().filter(|&n_open| n_open > 0)
}

fn hands(slot: usize) -> Hands {
    Hands(HANDS[slot].load(Ordering::Relaxed))
}

fn descriptor(number: usize) -> RawFd {
    RawFd::try_from(number).expect("the kernel numbers descriptors below 2^31")
}
