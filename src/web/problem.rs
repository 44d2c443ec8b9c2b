//! Failures on the wire: `application/problem+json`, one shape for every error, and the one place
//! where an [`Error`] gets its status. HTTP's own refusals (a wrong method, a strange body) are
//! [`Refusal`]s and share the shape.

use std::io::Cursor;

use rocket::http::{ContentType, Method, Status};
use rocket::outcome::Outcome;
use rocket::response::{self, Responder, Response};
use rocket::{Catcher, Request, catch, catchers as rocket_catchers};
use serde::Serialize;
use utoipa::ToSchema;

use super::context::context;
use super::endpoint::allowed_methods;
use crate::error::{Error, Issue};

/// What the caller of a failed request reads.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody<'a> {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    #[schema(example = 422)]
    status: u16,
    /// A stable word for programs.
    #[schema(example = "invalid")]
    code: &'static str,
    /// A clause for people that says what to do.
    detail: &'a str,
    /// What is wrong with each field; empty where no field is to blame.
    errors: &'a [Issue],
    /// The id to quote when asking for help; the log has it too.
    request_id: &'a str,
}

/// A request that HTTP itself has to refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The body is not the JSON it says it is.
    Malformed(String),
    /// The body came too slowly.
    TooSlow,
    /// There is nothing at this address.
    NoSuchAddress,
    /// The address exists, for other methods.
    MethodNotAllowed(Vec<Method>),
    /// The body is of a kind this route does not take.
    UnsupportedType(&'static str),
    /// The request asks for a host this server is not.
    WrongHost,
    /// A page of another site sent the request with this site's cookie.
    CrossSite,
    /// Anything else Rocket refused by itself.
    Other(Status),
}

/// A failure ready to be sent.
#[derive(Debug)]
pub struct Problem {
    status: Status,
    code: &'static str,
    detail: String,
    issues: Vec<Issue>,
    retry_after_s: Option<u64>,
    allow: Option<String>,
    cause: Option<crate::error::Cause>,
}

impl Problem {
    /// The status it is sent with.
    pub fn status(&self) -> Status {
        self.status
    }

    fn new(status: Status, code: &'static str, detail: String) -> Self {
        Self { status, code, detail, issues: vec![], retry_after_s: None, allow: None, cause: None }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Invalid(issues) => {
                let detail = "some fields are not right; see errors".to_owned();
                let problem = Self::new(Status::UnprocessableEntity, "invalid", detail);
                Self { issues: issues.all().to_vec(), ..problem }
            }
            Error::SignedOut => Self::new(Status::Unauthorized, "signed_out", detail),
            Error::Forbidden => Self::new(Status::Forbidden, "forbidden", detail),
            Error::NotFound(_) => Self::new(Status::NotFound, "not_found", detail),
            Error::Conflict(_) => Self::new(Status::Conflict, "conflict", detail),
            Error::OutOfCredits { .. } => Self::new(Status::PaymentRequired, "out_of_credits", detail),
            Error::TooLarge { .. } => Self::new(Status::PayloadTooLarge, "too_large", detail),
            Error::TooMany { retry_after_s } => Self {
                retry_after_s: Some(retry_after_s),
                ..Self::new(Status::TooManyRequests, "too_many", detail)
            },
            Error::Busy => Self {
                retry_after_s: Some(1),
                ..Self::new(Status::ServiceUnavailable, "busy", detail)
            },
            // The clause may name a folder; that is for the operator's log, not for a caller.
            Error::Unavailable(why) => Self {
                retry_after_s: Some(30),
                cause: Some(why.into()),
                ..Self::new(
                    Status::ServiceUnavailable,
                    "unavailable",
                    "the server cannot save anything at the moment; its administrator finds the reason at /readyz".into(),
                )
            },
            Error::Internal(cause) => Self {
                cause: Some(cause),
                ..Self::new(
                    Status::InternalServerError,
                    "internal",
                    "something went wrong on our side; try again, and quote the request id if it stays".into(),
                )
            },
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(why) => Self::new(Status::BadRequest, "malformed", why),
            Refusal::TooSlow => Self::new(
                Status::RequestTimeout,
                "too_slow",
                "the body came too slowly; send it over a faster line".into(),
            ),
            Refusal::NoSuchAddress => Self::new(
                Status::NotFound,
                "not_found",
                "there is nothing at this address; /docs lists every one".into(),
            ),
            Refusal::MethodNotAllowed(methods) => {
                let allow = methods.iter().map(|m| m.as_str()).collect::<Vec<_>>().join(", ");
                let detail = format!("this address takes {allow} only");
                let problem = Self::new(Status::MethodNotAllowed, "method_not_allowed", detail);
                Self { allow: Some(allow), ..problem }
            }
            Refusal::UnsupportedType(accepted) => Self::new(
                Status::UnsupportedMediaType,
                "unsupported_type",
                format!("send the body with the content type {accepted}"),
            ),
            Refusal::WrongHost => Self::new(
                Status::MisdirectedRequest,
                "wrong_host",
                "this server does not answer to that host name; its administrator can add it with the setting base_url or allowed_hosts".into(),
            ),
            Refusal::CrossSite => Self::new(
                Status::Forbidden,
                "cross_site",
                "this request came from a page of another site; open Cellar's own page and try there".into(),
            ),
            Refusal::Other(status) => {
                Self::new(status, "refused", "the server cannot take this request; see the title".into())
            }
        }
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let request_id = &context(request).id;
        if let Some(cause) = &self.cause {
            tracing::error!(request_id, code = self.code, %cause, "request failed");
        }
        let body = ProblemBody {
            kind: "about:blank",
            title: self.status.reason_lossy(),
            status: self.status.code,
            code: self.code,
            detail: &self.detail,
            errors: &self.issues,
            request_id,
        };
        let json = serde_json::to_vec(&body).map_err(|_| Status::InternalServerError)?;
        let mut response = Response::build();
        response
            .status(self.status)
            .header(ContentType::new("application", "problem+json"))
            .sized_body(json.len(), Cursor::new(json));
        if let Some(seconds) = self.retry_after_s {
            response.raw_header("Retry-After", seconds.to_string());
        }
        if let Some(allow) = self.allow {
            response.raw_header("Allow", allow);
        }
        if self.code == "cross_site" {
            response.raw_header("Vary", "Origin, Sec-Fetch-Site");
        }
        if self.status == Status::Unauthorized && request.headers().get_one("Cookie").is_none() {
            response.raw_header("WWW-Authenticate", "Bearer");
        }
        response.ok()
    }
}

/// Ends a guard with a failure: the catcher answers with it.
pub fn refuse<S, F>(
    request: &Request<'_>,
    problem: impl Into<Problem>,
) -> Outcome<S, (Status, ()), F> {
    let problem = problem.into();
    let status = problem.status;
    context(request).note_refusal(problem);
    Outcome::Error((status, ()))
}

/// The catchers: every failure that no handler worded, in the one shape.
pub fn catchers() -> Vec<Catcher> {
    rocket_catchers![worded]
}

#[catch(default)]
fn worded(status: Status, request: &Request<'_>) -> Problem {
    let refusal = context(request).refusal.lock().ok().and_then(|mut slot| slot.take());
    refusal.unwrap_or_else(|| match status {
        Status::NotFound => match allowed_methods(request) {
            methods if methods.is_empty() => Refusal::NoSuchAddress.into(),
            methods => Refusal::MethodNotAllowed(methods).into(),
        },
        Status::UnprocessableEntity => {
            Error::invalid("query", "invalid", "has a value of the wrong form; see /docs").into()
        }
        Status::InternalServerError => Error::internal("a handler panicked").into(),
        Status::BadRequest => {
            Refusal::Malformed("the request is not HTTP as it should be".into()).into()
        }
        other => Refusal::Other(other).into(),
    })
}
