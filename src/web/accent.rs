//! Failures in the words of other servers: at addresses that their clients call, a refused guard, a
//! catcher and a handler all answer as those clients expect, whoever it was that failed.

use rocket::Request;
use rocket::http::Status;
use serde::Serialize;

use crate::credits::Credits;
use crate::error::Issue;

/// A failure, as far as its shape is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The status it has in Cellar's own shape.
    pub status: Status,
    /// A clause for people.
    pub detail: &'a str,
    /// What is wrong with each field.
    pub issues: &'a [Issue],
    /// What could not be paid for.
    pub price: Option<Price>,
}

/// What something costs, and what there is to pay for it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Price {
    /// What it costs.
    pub cost: Credits,
    /// What is available.
    pub balance: Credits,
}

/// A failure as it is told: its status, and its body in JSON.
pub type Wording = (Status, Vec<u8>);

/// How failures are told at some addresses, or nothing where Cellar's own shape is right. Managed
/// by the server; without it, that shape is right everywhere.
#[derive(Clone, Copy)]
pub struct Accent(pub fn(&Request<'_>, Failure<'_>) -> Option<Wording>);

impl Accent {
    /// The failure in the words of whoever is spoken to.
    pub(super) fn word(request: &Request<'_>, failure: Failure<'_>) -> Option<Wording> {
        let accent = request.rocket().state::<Self>()?;
        (accent.0)(request, failure)
    }
}
