//! Live updates as server-sent events.

use std::time::Duration;

use rocket::Shutdown;
use rocket::futures::{Stream, StreamExt, pin_mut};
use rocket::response::stream::{Event, EventStream};
use rocket::tokio::select;
use serde::Serialize;

/// A comment is sent this often on a quiet stream, so that nobody on the way thinks it dead.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Each update as an event of this name with the update in JSON; ends with the updates, when
/// whoever listens may not any more (`barred`), or when the server stops.
pub fn live_events<T: Serialize + Send>(
    name: &'static str,
    updates: impl Stream<Item = T> + Send,
    barred: impl Future<Output = ()> + Send,
    mut shutdown: Shutdown,
) -> EventStream<impl Stream<Item = Event> + Send> {
    let events = EventStream! {
        pin_mut!(updates, barred);
        loop {
            select! {
                update = updates.next() => match update {
                    Some(update) => match serde_json::to_string(&update) {
                        Ok(json) => yield Event::data(json).event(name),
                        Err(cause) => {
                            tracing::error!(%cause, "an update could not be written as JSON");
                            break;
                        }
                    },
                    None => break,
                },
                () = &mut barred => break,
                () = &mut shutdown => break,
            }
        }
    };
    events.heartbeat(HEARTBEAT)
}
