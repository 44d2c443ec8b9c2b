//! Failures as clients of other servers expect them, at every address below which they call: of a
//! guard, of a catcher, of a handler.

use rocket::Request;
use rocket::http::Status;
use serde::Serialize;
use serde_json::json;

use crate::error::Issue;
use crate::web::{Failure, Price, Wording};

/// Mistakes that are spelled out in an answer that has room for a sentence only.
const ISSUES_TOLD_MAX: usize = 10;

/// Another server whose clients call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Mlflow,
    Oip,
    Replicate,
}

impl Server {
    /// The one whose clients call this address, if any.
    fn at(path: &[&str]) -> Option<Self> {
        match path {
            ["v1", "predictions", ..] | ["v1", "models", _, _, ..] => Some(Self::Replicate),
            ["v2", ..] | ["v1", "models", ..] => Some(Self::Oip),
            ["api", "models", _, "invocations" | "ping" | "health" | "version", ..] => {
                Some(Self::Mlflow)
            }
            _ => None,
        }
    }
}

/// Whether clients of the Open Inference Protocol call this address.
pub(super) fn is_oip(request: &Request<'_>) -> bool {
    server_of(request) == Some(Server::Oip)
}

fn server_of(request: &Request<'_>) -> Option<Server> {
    Server::at(&request.uri().path().segments().collect::<Vec<_>>())
}

/// A failure as MLflow's scoring server words it. Its exceptions may have members of their own.
#[derive(Serialize)]
struct MlflowFailure<'a> {
    error_code: &'static str,
    message: &'a str,
    /// The bad rows, as `errors=rows` tells them beside the good ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<RowIssue<'a>>,
    #[serde(flatten)]
    price: Option<Price>,
}

/// What is wrong with a row.
#[derive(Serialize)]
struct RowIssue<'a> {
    index: u64,
    #[serde(flatten)]
    issue: &'a Issue,
}

impl<'a> RowIssue<'a> {
    fn of(issue: &'a Issue) -> Option<Self> {
        Some(Self { index: issue.row? - 1, issue })
    }
}

/// A failure as Replicate words it: the members of problem details, and others.
#[derive(Serialize)]
struct ReplicateFailure<'a> {
    title: &'static str,
    detail: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    invalid_fields: Vec<InvalidField<'a>>,
    #[serde(flatten)]
    price: Option<Price>,
}

#[derive(Serialize)]
struct InvalidField<'a> {
    #[serde(rename = "type")]
    code: &'static str,
    field: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
}

impl<'a> InvalidField<'a> {
    fn of(issue: &'a Issue) -> Self {
        let Issue { field, code, message, row, value, .. } = issue;
        Self { code, field, description: message, row: *row, value: value.as_deref() }
    }
}

/// The failure in the words of the server whose clients call this address.
pub fn accent(request: &Request<'_>, failure: Failure<'_>) -> Option<Wording> {
    let server = server_of(request)?;
    let words =
        if failure.issues.is_empty() { failure.detail.to_owned() } else { told(failure.issues) };
    // Two of the servers know one status for whatever is wrong with what was sent.
    let is_invalid = failure.status == Status::UnprocessableEntity && server != Server::Replicate;
    let status = if is_invalid { Status::BadRequest } else { failure.status };
    let (issues, price) = (failure.issues, failure.price);
    let body = match server {
        // A sentence is all that the protocol has room for.
        Server::Oip => serde_json::to_vec(&json!({"error": words})),
        Server::Replicate => serde_json::to_vec(&ReplicateFailure {
            title: status.reason_lossy(),
            detail: &words,
            status: status.code,
            invalid_fields: issues.iter().map(InvalidField::of).collect(),
            price,
        }),
        Server::Mlflow => {
            let is_in_query = || {
                let names = request.uri().query().into_iter().flat_map(|query| query.segments());
                let names: Vec<_> = names.map(|(name, _)| name).collect();
                issues.iter().all(|issue| names.contains(&issue.field.as_str()))
            };
            let code = if is_invalid && is_in_query() {
                "INVALID_PARAMETER_VALUE"
            } else {
                error_code(status)
            };
            let errors = issues.iter().filter_map(RowIssue::of).collect();
            let failure = MlflowFailure { error_code: code, message: &words, errors, price };
            serde_json::to_vec(&failure)
        }
    };
    Some((status, body.ok()?))
}

/// The word that MLflow's clients know for this status.
fn error_code(status: Status) -> &'static str {
    match status.code {
        401 => "UNAUTHENTICATED",
        402 => "QUOTA_EXCEEDED",
        403 => "PERMISSION_DENIED",
        404 => "RESOURCE_DOES_NOT_EXIST",
        409 => "RESOURCE_CONFLICT",
        429 => "REQUEST_LIMIT_EXCEEDED",
        400..=499 => "BAD_REQUEST",
        503 => "TEMPORARILY_UNAVAILABLE",
        _ => "INTERNAL_ERROR",
    }
}

/// The mistakes in a sentence.
fn told(issues: &[Issue]) -> String {
    let told = issues.iter().take(ISSUES_TOLD_MAX).map(|issue| {
        let row = issue.row.map(|row| format!("row {row}: ")).unwrap_or_default();
        format!("{row}{} {}", issue.field, issue.message)
    });
    let told = told.collect::<Vec<_>>().join("; ");
    match issues.len().saturating_sub(ISSUES_TOLD_MAX) {
        0 => told,
        n_more => format!("{told}; and {n_more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_itself_is_shown_in_cellars_own_words() {
        let at = |path: &str| Server::at(&path.split('/').collect::<Vec<_>>());
        for (path, server) in [
            ("v2", Some(Server::Oip)),
            ("v2/nothing/here", Some(Server::Oip)),
            ("v1/models/wine:predict", Some(Server::Oip)),
            ("v1/predictions", Some(Server::Replicate)),
            ("v1/models/cellar/wine/predictions", Some(Server::Replicate)),
            ("v1/predictions/x/cancel", Some(Server::Replicate)),
            ("api/models/wine/invocations", Some(Server::Mlflow)),
            ("api/models/wine/ping/pong", Some(Server::Mlflow)),
            ("api/models/wine", None),
            ("api/tasks", None),
        ] {
            assert_eq!(at(path), server, "{path}");
        }
    }
}
