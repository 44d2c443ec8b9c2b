//! The log: one line for each request and each thing worth knowing, on standard error, as text or
//! JSON. Secrets, bodies and addresses never get here.

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::LogFormat;

/// Lines that may wait for a slow reader; what comes beyond is dropped rather than awaited, for a
/// full pipe must not stop the service.
const LINES_WAITING_MAX: usize = 64 * 1024;

/// Starts the log; it is written out when the guard is dropped.
pub fn start(format: LogFormat) -> WorkerGuard {
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_WAITING_MAX)
        .thread_name("cellar-log")
        .finish(std::io::stderr());
    // Rocket tells every request in several lines of its own, the query among them; ours is the one
    // that counts, and what panics is told by the hook below.
    let wanted = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("rocket", LevelFilter::OFF)
        .with_target("_", LevelFilter::OFF)
        .with_target("hyper", LevelFilter::ERROR);
    let lines = match format {
        LogFormat::Text => fmt::layer().with_writer(writer).with_ansi(false).boxed(),
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
    };
    // A panic is contained where it happens, and belongs in the log like everything else.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a bug: something panicked")));
    // A second start, as in a test, keeps the first log.
    let _ = tracing_subscriber::registry().with(lines.with_filter(wanted)).try_init();
    guard
}
