//! What the kernel knows about a socket of which only the number is known.
//!
//! The descriptors belong to the server; no safe wrapper takes a number, and none reads `TCP_INFO`.
//! So three calls to the system live here, none of which can do harm with a stale number: it names
//! nothing (an error), no socket (an error) or another socket, which its cookie tells apart. A
//! cookie is the kernel's own serial number of a socket, never given twice.
#![expect(
    unsafe_code,
    reason = "descriptors are known by number, and TCP_INFO has no safe wrapper"
)]

use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::io::DupFlags;
use rustix::net::{Shutdown, connect_unspec, shutdown, sockopt};

use super::rules::Figures;

/// What a number stands for at this moment.
pub(super) enum Found {
    /// It is free.
    Nothing,
    /// A file, a pipe or the like.
    NoSocket,
    /// A socket with this cookie.
    Socket(u64),
}

/// Looks what a descriptor number stands for.
pub(super) fn find(number: RawFd) -> Found {
    // The C library binding does not name it; it is 57 wherever Cellar runs.
    const SO_COOKIE: c_int = 57;
    match option(number, libc::SOL_SOCKET, SO_COOKIE) {
        Ok(cookie) => Found::Socket(u64::from_ne_bytes(cookie)),
        Err(cause) if cause.raw_os_error() == Some(libc::EBADF) => Found::Nothing,
        Err(_) => Found::NoSocket,
    }
}

/// The figures of a TCP connection; `None` for any other socket.
pub(super) fn figures(number: RawFd) -> Option<Figures> {
    let info: [u8; 208] = option(number, libc::IPPROTO_TCP, libc::TCP_INFO).ok()?;
    let long =
        |at: usize| u64::from_ne_bytes(*info[at..].first_chunk().expect("`at` is below 200"));
    let short =
        |at: usize| u32::from_ne_bytes(*info[at..].first_chunk().expect("`at` is below 200"));
    // The offsets are those of `struct tcp_info` in <linux/tcp.h>, which only ever grows at its
    // end.
    let (last_sent_ms, last_received_ms) = (short(44), short(52));
    Some(Figures {
        received_bytes: long(128),
        sent_bytes: long(200),
        acked_bytes: long(120),
        is_queued: short(24) > 0 || short(144) > 0,
        quiet: Duration::from_millis(last_sent_ms.min(last_received_ms).into()),
    })
}

/// The client of a connection that was accepted on `port`; `None` for any other socket.
pub(super) fn client_of(number: RawFd, port: u16) -> Option<SocketAddr> {
    let local = name(number, libc::getsockname)?;
    if local.port() == port { name(number, libc::getpeername) } else { None }
}

/// Ends connections, with two descriptors of its own so that it can when there are no more.
///
/// Between a look and an act the number may have passed to another connection. So the act is done
/// on a duplicate, once its cookie has proved it to be the one that was meant.
pub(super) struct Hook {
    null: OwnedFd,
    pin: Option<OwnedFd>,
}

/// How a connection is ended.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Manner {
    /// What was sent still arrives.
    Politely,
    /// What was not taken is thrown away, and with it the memory that it holds. The client is told
    /// so at once: it never takes what it has for all there is.
    Abruptly,
}

impl Hook {
    pub(super) fn new() -> io::Result<Self> {
        let null = OwnedFd::from(File::open("/dev/null")?);
        let pin = null.try_clone()?;
        Ok(Self { null, pin: Some(pin) })
    }

    /// Ends the connection with this number and cookie if `is_due` still holds; says whether it
    /// did.
    pub(super) fn end(
        &mut self,
        number: RawFd,
        cookie: u64,
        manner: Manner,
        is_due: impl FnOnce(Option<Figures>) -> bool,
    ) -> bool {
        let Some(pin) = self.pin.take().or_else(|| self.null.try_clone().ok()) else {
            return false;
        };
        if duplicate(number, &pin).is_err() {
            self.pin = Some(pin);
            return false;
        }
        let Ok(found) = sockopt::socket_cookie(&pin) else {
            // The number passed to a file meanwhile. Closing any descriptor of a file drops all
            // locks that this process holds on it, SQLite's too: one lost descriptor is the lesser
            // harm.
            std::mem::forget(pin);
            return false;
        };
        let is_ended = found == cookie && is_due(figures(pin.as_raw_fd())) && {
            let ended = match manner {
                Manner::Politely => shutdown(&pin, Shutdown::Both),
                // The kernel's way to say that a connection is void.
                Manner::Abruptly => connect_unspec(&pin),
            };
            ended.is_ok()
        };
        self.let_go(pin);
        is_ended
    }

    /// Puts nothing in the place of what the pin holds, and keeps its number for the next time.
    fn let_go(&mut self, mut pin: OwnedFd) {
        if rustix::io::dup3(&self.null, &mut pin, DupFlags::CLOEXEC).is_ok() {
            self.pin = Some(pin);
        }
    }
}

fn option<const N: usize>(number: RawFd, level: c_int, name: c_int) -> io::Result<[u8; N]> {
    let mut value = [0; N];
    let mut length = libc::socklen_t::try_from(N).expect("options are a few bytes long");
    // SAFETY: the kernel writes at most `length` bytes, which `value` has.
    let done = unsafe {
        libc::getsockopt(number, level, name, value.as_mut_ptr().cast(), &raw mut length)
    };
    if done == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}

type NameCall = unsafe extern "C" fn(c_int, *mut libc::sockaddr, *mut libc::socklen_t) -> c_int;

fn name(number: RawFd, call: NameCall) -> Option<SocketAddr> {
    #[repr(C, align(8))]
    struct Name([u8; 28]);
    let mut name = Name([0; 28]);
    let mut length = libc::socklen_t::try_from(size_of::<Name>()).ok()?;
    // SAFETY: `call` is one of the two calls that write at most `length` bytes, which `name` has,
    // aligned as an address must be.
    if unsafe { call(number, name.0.as_mut_ptr().cast(), &raw mut length) } != 0 {
        return None;
    }
    let Name(bytes) = name;
    let ip = match c_int::from(u16::from_ne_bytes([bytes[0], bytes[1]])) {
        libc::AF_INET => IpAddr::from(*bytes[4..].first_chunk::<4>()?),
        libc::AF_INET6 => IpAddr::from(*bytes[8..].first_chunk::<16>()?),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_be_bytes([bytes[2], bytes[3]])))
}

fn duplicate(number: RawFd, onto: &OwnedFd) -> io::Result<()> {
    // SAFETY: no pointer is passed, and the number that is replaced is owned by `onto`.
    let done = unsafe { libc::dup3(number, onto.as_raw_fd(), libc::O_CLOEXEC) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
