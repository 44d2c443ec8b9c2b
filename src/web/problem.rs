//! Failures on the wire: `application/problem+json`, one shape for every error but those that an
//! [`Accent`] words for clients of other servers, and the one place where an [`Error`] gets its
//! status. HTTP's own refusals (a wrong method, a strange body) are
//! [`Refusal`]s and share the shape.

use std::borrow::Cow;
use std::io::Cursor;

use rocket::http::{ContentType, Method, Status};
use rocket::outcome::Outcome;
use rocket::response::{self, Responder, Response};
use rocket::{Catcher, Request, catch, catchers as rocket_catchers};
use serde::Serialize;
use utoipa::ToSchema;

use super::accent::{Accent, Failure, Price};
use super::admission::Hosts;
use super::context::context;
use super::endpoint::allowed_methods;
use super::headers::{ALWAYS, API_POLICY};
use crate::credits::Credits;
use crate::error::{Cause, Error, Issue, Issues};

/// Issues that one answer names, those in rows apart; a body with more has the same mistake many
/// times over. Every bad row is somebody's row.
const ISSUES_MAX: usize = 200;

/// When to ask again for what is being made ready.
const READY_SOON_S: u64 = 5;

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
    /// The price, where the balance does not cover it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Credits>,
    /// The credits that are available, where they do not cover the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<Credits>,
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
    UnsupportedType(Cow<'static, str>),
    /// The request asks for a host this server is not.
    WrongHost,
    /// A page of another site sent the request with this site's cookie.
    CrossSite,
    /// Anything else Rocket refused by itself.
    Other(Status),
}

/// A failure ready to be sent; boxed, for failures are rare and answers should stay small.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: Status,
    code: &'static str,
    detail: String,
    issues: Vec<Issue>,
    retry_after_s: Option<u64>,
    allow: Option<String>,
    cause: Option<Cause>,
    price: Option<Price>,
    headers: Vec<(&'static str, String)>,
}

impl Problem {
    fn new(status: Status, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            detail: detail.into(),
            issues: vec![],
            retry_after_s: None,
            allow: None,
            cause: None,
            price: None,
            headers: vec![],
        }))
    }

    fn method_not_allowed(methods: &[Method]) -> Self {
        let allow = methods.iter().map(|m| m.as_str()).collect::<Vec<_>>().join(", ");
        let detail = format!("this address takes {allow} only");
        let mut problem = Self::new(Status::MethodNotAllowed, "method_not_allowed", detail);
        problem.0.allow = Some(allow);
        problem
    }

    fn naming(mut self, issues: Issues) -> Self {
        let mut n = 0;
        let is_shown = |issue: &Issue| {
            n += 1;
            n <= ISSUES_MAX || issue.row.is_some()
        };
        self.0.issues = issues.into_all();
        self.0.issues.retain(is_shown);
        self
    }

    /// The same problem with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    fn retry_after_s(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = match &error {
            // There may be very many of them, and each is told for itself.
            Error::Invalid(_) | Error::Taken(_) => String::new(),
            _ => error.to_string(),
        };
        match error {
            Error::Invalid(issues) => {
                let detail = "some fields are not right; see errors";
                Self::new(Status::UnprocessableEntity, "invalid", detail).naming(issues)
            }
            Error::SignedOut => Self::new(Status::Unauthorized, "signed_out", detail),
            Error::PasswordExpired => Self::new(Status::Forbidden, "password_expired", detail),
            Error::Forbidden => Self::new(Status::Forbidden, "forbidden", detail),
            Error::Taken(issues) => {
                let detail = "somebody else has this already; see errors";
                Self::new(Status::Conflict, "taken", detail).naming(issues)
            }
            Error::Closed => Self::new(Status::Forbidden, "closed", detail),
            Error::OutOfScope(_) => Self::new(Status::Forbidden, "out_of_scope", detail),
            Error::NotForKeys => Self::new(Status::Forbidden, "not_for_keys", detail),
            Error::KeyReused => Self::new(Status::BadRequest, "idempotency_key_reused", detail),
            Error::NotFound(_) => Self::new(Status::NotFound, "not_found", detail),
            Error::Conflict { code, .. } => Self::new(Status::Conflict, code, detail),
            Error::OutOfCredits { cost, balance } => {
                let mut problem = Self::new(Status::PaymentRequired, "out_of_credits", detail);
                problem.0.price = Some(Price { cost, balance });
                problem
            }
            Error::TooLarge { .. } => Self::new(Status::PayloadTooLarge, "too_large", detail),
            Error::TooManyRows { .. } => {
                Self::new(Status::PayloadTooLarge, "too_many_rows", detail)
            }
            Error::TooMany { retry_after_s } | Error::TooMuchWaits { retry_after_s, .. } => {
                Self::new(Status::TooManyRequests, "too_many", detail).retry_after_s(retry_after_s)
            }
            Error::Busy => Self::new(Status::ServiceUnavailable, "busy", detail).retry_after_s(1),
            // Nothing is wrong, so the log has nothing to say.
            Error::NotReady(_) => Self::new(Status::ServiceUnavailable, "unavailable", detail)
                .retry_after_s(READY_SOON_S),
            // The clause may name a folder; that is for the operator's log, not for a caller.
            Error::Unavailable(why) => {
                let detail = "this cannot be done at the moment; try again in half a minute, and \
                              see /readyz if it stays";
                Self::new(Status::ServiceUnavailable, "unavailable", detail)
                    .retry_after_s(30)
                    .because(why)
            }
            Error::Internal(cause) => {
                let detail = "something went wrong on our side; try again, and quote the request \
                              id if it stays";
                Self::new(Status::InternalServerError, "internal", detail).because(cause)
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code, detail) = match refusal {
            Refusal::Malformed(why) => return Self::new(Status::BadRequest, "malformed", why),
            Refusal::MethodNotAllowed(methods) => return Self::method_not_allowed(&methods),
            Refusal::UnsupportedType(accepted) => {
                let detail = format!("send the body with the content type {accepted}");
                return Self::new(Status::UnsupportedMediaType, "unsupported_type", detail);
            }
            Refusal::TooSlow => (
                Status::RequestTimeout,
                "too_slow",
                "the body came too slowly; send it over a faster line",
            ),
            Refusal::NoSuchAddress => (
                Status::NotFound,
                "not_found",
                "there is nothing at this address; /docs lists every one",
            ),
            Refusal::WrongHost => (
                Status::MisdirectedRequest,
                "wrong_host",
                "this server does not answer to that host name; its administrator can add it \
                 with the setting base_url or allowed_hosts",
            ),
            Refusal::CrossSite => (
                Status::Forbidden,
                "cross_site",
                "this request came from a page of another site; open Cellar's own page and try \
                 there",
            ),
            Refusal::Other(status) => {
                (status, "refused", "the server cannot take this request; see the title")
            }
        };
        Self::new(status, code, detail)
    }
}

impl Parts {
    /// The status, the type and the body, in the words of whoever is spoken to.
    fn written(
        &self,
        request: &Request<'_>,
        request_id: &str,
    ) -> Result<(Status, ContentType, Vec<u8>), Status> {
        let failure = Failure {
            status: self.status,
            detail: &self.detail,
            issues: &self.issues,
            price: self.price,
        };
        if let Some((status, body)) = Accent::word(request, failure) {
            return Ok((status, ContentType::JSON, body));
        }
        let body = ProblemBody {
            kind: "about:blank",
            title: self.status.reason_lossy(),
            status: self.status.code,
            code: self.code,
            detail: &self.detail,
            errors: &self.issues,
            request_id,
            cost: self.price.map(|price| price.cost),
            balance: self.price.map(|price| price.balance),
        };
        let kind = ContentType::new("application", "problem+json");
        Ok((self.status, kind, to_json(&body)?))
    }
}

fn to_json(body: &impl Serialize) -> Result<Vec<u8>, Status> {
    serde_json::to_vec(body).map_err(|_| Status::InternalServerError)
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let problem = *self.0;
        let request_id = &context(request).id;
        if let Some(cause) = &problem.cause {
            tracing::error!(request_id, code = problem.code, %cause, "request failed");
        }
        let (status, kind, json) = problem.written(request, request_id)?;
        let mut response = Response::build();
        response.status(status).header(kind).sized_body(json.len(), Cursor::new(json));
        // Rocket answers what it cannot read as a request without asking the fairing for headers.
        for (name, value) in ALWAYS {
            response.raw_header(name, value);
        }
        response.raw_header("Content-Security-Policy", API_POLICY);
        response.raw_header("Cache-Control", "no-store");
        response.raw_header("X-Request-Id", request_id.clone());
        if let Some(seconds) = problem.retry_after_s {
            response.raw_header("Retry-After", seconds.to_string());
        }
        if let Some(allow) = problem.allow {
            response.raw_header("Allow", allow);
        }
        for (name, value) in problem.headers {
            response.raw_header(name, value);
        }
        if problem.code == "cross_site" {
            response.raw_header("Vary", "Origin, Sec-Fetch-Site");
        }
        if problem.status == Status::Unauthorized && request.headers().get_one("Cookie").is_none() {
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
    let status = problem.0.status;
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
    // Who asks for another host learns nothing of the addresses here.
    let refusal = refusal.or_else(|| {
        let hosts = request.rocket().state::<Hosts>()?;
        hosts.check(request).err().map(Problem::from)
    });
    refusal.unwrap_or_else(|| match status {
        // An id in the path that does not parse is an unprocessable one to Rocket.
        Status::NotFound | Status::UnprocessableEntity => match allowed_methods(request) {
            methods if methods.is_empty() => Refusal::NoSuchAddress.into(),
            methods => Refusal::MethodNotAllowed(methods).into(),
        },
        Status::InternalServerError => {
            Error::internal("a handler panicked, or its answer could not be written").into()
        }
        Status::BadRequest => {
            Refusal::Malformed("the request is not HTTP as it should be".into()).into()
        }
        other => Refusal::Other(other).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ready_yet_is_no_failure_for_the_log() {
        let Problem(parts) = Error::NotReady("model").into();
        assert_eq!((parts.status, parts.code), (Status::ServiceUnavailable, "unavailable"));
        assert!(parts.cause.is_none() && parts.retry_after_s.is_some());
        let Problem(parts) = Error::Unavailable("the disk is full".into()).into();
        assert!(parts.cause.is_some());
    }
}
