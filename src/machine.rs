//! Small facts about the machine that Rust's standard library does not tell.

use std::num::NonZero;
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Free space below which nothing new is saved: a full disk could not even delete.
pub const DISK_FREE_BYTES_MIN: u64 = 32 * 1024 * 1024;

/// Whether the disk that holds `path` has too little room to save anything new.
pub fn is_disk_nearly_full(path: &Path) -> bool {
    free_bytes(path).is_some_and(|free| free < DISK_FREE_BYTES_MIN)
}

/// Cores that this process may use. The system is asked once: it opens several files to find out,
/// which takes as long as a prediction.
pub fn cores() -> NonZero<usize> {
    static CORES: OnceLock<NonZero<usize>> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN))
}

/// Has the system give memory in small pages alone. The allocator asks for huge ones, of which each
/// thread then holds two megabytes to use a few kilobytes; without them the server takes a third
/// less at rest, and is no slower.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no crate in use has this call")]
pub fn take_small_pages() {
    let (yes, nothing): (libc::c_ulong, libc::c_ulong) = (1, 0);
    // SAFETY: the call takes numbers alone, each as wide as it wants them, and touches no memory of
    // ours. Where it is refused, pages are as large as they were.
    unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, yes, nothing, nothing, nothing) };
}

/// Pages are left as they are on systems whose way of asking for small ones is not known here.
#[cfg(not(target_os = "linux"))]
pub fn take_small_pages() {}

/// Free bytes, for this user, on the disk that holds `path`; `None` where the system does not say.
#[cfg(unix)]
pub fn free_bytes(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

/// Free bytes are not looked up on systems without `statvfs`.
#[cfg(not(unix))]
pub fn free_bytes(_path: &Path) -> Option<u64> {
    None
}

/// Which file a name stands for, whatever the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId(u64, u64);

impl FileId {
    /// The file at `path`; `None` if there is none, or where the system does not say.
    #[cfg(unix)]
    pub fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let facts = std::fs::metadata(path).ok()?;
        Some(Self(facts.dev(), facts.ino()))
    }

    /// Files are not told apart on systems without inodes.
    #[cfg(not(unix))]
    pub fn of(_path: &Path) -> Option<Self> {
        None
    }
}

/// Memory this process holds; `None` where the system does not say.
#[cfg(target_os = "linux")]
pub fn memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(u64::try_from(rustix::param::page_size()).ok()?)
}

/// Memory is not looked up on systems without `/proc`.
#[cfg(not(target_os = "linux"))]
pub fn memory_bytes() -> Option<u64> {
    None
}

/// Lets whatever else runs on this machine go first, from now on and for this thread alone.
#[cfg(target_os = "linux")]
pub fn yield_to_others() {
    // To Linux, the process nobody names is the calling thread. One that may not yield goes on.
    let _ = rustix::process::setpriority_process(None, 10);
}

/// Threads have no priority of their own on other systems.
#[cfg(not(target_os = "linux"))]
pub fn yield_to_others() {}
