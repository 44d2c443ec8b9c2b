//! Small facts about the disk that Rust's standard library does not tell.

use std::path::Path;

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
