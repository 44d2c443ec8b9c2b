//! Once and no more: a request that bears an `Idempotency-Key` does its work once, however often it
//! comes, and every time gets the answer of the first.
//!
//! The answer is kept in the transaction of the work itself. So a request that failed has no answer
//! kept, and did nothing; one whose answer was lost on the way has both. It refuses a key that
//! comes with anything else than before (another body, query, model), and one whose first request
//! is still at work.

mod guard;
mod record;

pub use guard::{Once, Underway};
pub use record::{Done, Ticket, forget, forget_all_of, forget_made};
