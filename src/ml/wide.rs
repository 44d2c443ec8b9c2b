//! Work on many numbers at once, compiled twice: for every processor of a kind, and for those with
//! wide registers, which nearly all have. Which one runs is asked at run time. Both give the same
//! bits: nothing is fused and nothing is summed in another order; more is done at a time.
//!
//! Crates that do this bring abstractions over vectors with them; the compiler sees to those here.
#![expect(unsafe_code, reason = "only whoever asked the processor may use its instructions")]

/// Runs this on the widest registers there are. All that it calls must be inlined into it.
#[inline]
pub(super) fn widely<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just said that it has these instructions.
        return unsafe { with_avx2(work) };
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<T>(work: impl FnOnce() -> T) -> T {
    work()
}
