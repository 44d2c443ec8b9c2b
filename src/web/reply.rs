//! Answers that succeed.

use std::io::Cursor;

use rocket::Request;
use rocket::http::Status;
use rocket::response::{self, Responder, Response};
use serde::Serialize;

use super::problem::Problem;

/// What a handler returns.
pub type Answer<T> = std::result::Result<Reply<T>, Problem>;

/// An answer in JSON, or one without a body.
#[derive(Debug)]
pub struct Reply<T> {
    status: Status,
    body: Option<T>,
    location: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl<T> Reply<T> {
    /// 200 with a body.
    pub fn ok(body: T) -> Self {
        Self { status: Status::Ok, body: Some(body), location: None, headers: vec![] }
    }

    /// 201 with the new thing and its address.
    pub fn created(location: String, body: T) -> Self {
        Self { status: Status::Created, location: Some(location), ..Self::ok(body) }
    }

    /// 202 with the work that was begun and the address to follow it.
    pub fn accepted(location: String, body: T) -> Self {
        Self { status: Status::Accepted, location: Some(location), ..Self::ok(body) }
    }

    /// An answer that was worked out before.
    pub fn with(status: u16, location: Option<String>, body: T) -> Self {
        Self { status: Status::new(status), location, ..Self::ok(body) }
    }

    /// The same answer with another status.
    #[must_use]
    pub fn with_status(self, status: Status) -> Self {
        Self { status, ..self }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Reply<()> {
    /// 204: done, and nothing to say.
    pub fn done() -> Self {
        Self { status: Status::NoContent, body: None, location: None, headers: vec![] }
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Reply<T> {
    fn respond_to(self, _request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.status(self.status);
        if let Some(body) = &self.body {
            let json = serde_json::to_vec(body).map_err(|cause| {
                tracing::error!(%cause, "an answer could not be written as JSON");
                Status::InternalServerError
            })?;
            response.raw_header("Content-Type", "application/json; charset=utf-8");
            response.sized_body(json.len(), Cursor::new(json));
        }
        if let Some(location) = self.location {
            response.raw_header("Location", location);
        }
        for (name, value) in self.headers {
            response.raw_header_adjoin(name, value);
        }
        response.ok()
    }
}
