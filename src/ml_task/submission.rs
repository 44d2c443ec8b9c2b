//! Rows on their way in over HTTP: what kind of body it is, and the body itself.

use rocket::data::{self, Data, FromData};
use rocket::http::ContentType;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, async_trait};

use super::accent;
use super::form::{Form, Introduction};
use crate::compute::compute;
use crate::error::{Error, Result};
use crate::web::{Problem, Refusal, Upload, UploadLimits, receive, receive_form, refuse};

/// Of a body, so much is kept in memory.
const MEMORY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bodies up to this size are read on the very thread that received them: changing threads would
/// take longer.
pub(super) const HERE_BYTES_MAX: u64 = 4 * 1024;

/// What a body may be sent as.
const TYPES: &str = "application/json, multipart/form-data, text/csv or text/tab-separated-values";

/// How long the JSON before binary tensors is, and what it says of each of them. A client may send
/// the header of an earlier request once more, so the header alone says nothing.
const BINARY_HEADER: &str = "Inference-Header-Content-Length";
const BINARY_PARAMETER: &[u8] = b"\"binary_data_size\"";

/// Where there is binary data, the JSON before it is shorter than this.
const BINARY_HEAD_BYTES_MAX: usize = 64 * 1024;

/// How large what is sent may be.
#[derive(Debug, Clone, Copy)]
pub struct SizeLimits {
    /// Bytes of a table that is sent as a file.
    pub table_bytes_max: u64,
    /// Bytes of what is read as a whole: JSON, and all that clients of other servers send.
    pub json_bytes_max: u64,
}

/// Rows that somebody sends.
pub(super) struct Submission {
    /// The model that the body names.
    pub(super) model: Option<String>,
    /// What the body is.
    pub(super) form: Form,
    /// The body.
    pub(super) upload: Upload,
}

#[async_trait]
impl<'r> FromData<'r> for Submission {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        match read(request, data).await {
            Ok(submission) => data::Outcome::Success(submission),
            Err(problem) => refuse(request, problem),
        }
    }
}

async fn read(request: &Request<'_>, data: Data<'_>) -> Result<Submission, Problem> {
    let unsupported = || Problem::from(Refusal::UnsupportedType(TYPES.into()));
    if request.headers().contains("Content-Encoding") {
        return Err(unsupported());
    }
    let kind = request.content_type().ok_or_else(unsupported)?;
    let limits = size_limits(request)?;
    let tables =
        UploadLimits { memory_bytes_max: MEMORY_BYTES_MAX, bytes_max: limits.table_bytes_max };
    if is_json(kind) {
        let upload = receive(request, data, in_memory(limits.json_bytes_max)).await?;
        let is_small = upload.size_bytes <= HERE_BYTES_MAX;
        let find = move || {
            let Introduction { model, form } =
                Introduction::of(upload.bytes().unwrap_or_default())?;
            Ok(Submission { model, form, upload })
        };
        return Ok(if is_small { find() } else { compute(find).await }?);
    }
    if is_table(kind) {
        let upload = receive(request, data, tables).await?;
        return Ok(Submission { model: None, form: Form::Table, upload });
    }
    if !kind.is_form_data() {
        return Err(unsupported());
    }
    // A page of another site can send a form without being asked, but no header of its own.
    if request.headers().contains("Cookie") && request.headers().get_one("X-Cellar") != Some("1") {
        return Err(Refusal::CrossSite.into());
    }
    let form = receive_form(request, data, kind, tables).await?;
    let mut model = None;
    for (name, text) in form.fields {
        if name != "model" {
            let message = "is not a field here; the fields are file, model";
            return Err(Error::invalid(&name, "unknown", message).into());
        }
        model = Some(text);
    }
    Ok(Submission { model, form: Form::Table, upload: form.file })
}

fn size_limits(request: &Request<'_>) -> Result<SizeLimits> {
    let limits = request.rocket().state::<SizeLimits>();
    limits.copied().ok_or_else(|| Error::internal("no limit is managed"))
}

/// For what is read as a whole.
fn in_memory(bytes_max: u64) -> UploadLimits {
    UploadLimits { memory_bytes_max: usize::MAX, bytes_max }
}

pub(super) fn is_json(kind: &ContentType) -> bool {
    kind.top() == "application" && kind.sub() == "json"
}

pub(super) fn is_table(kind: &ContentType) -> bool {
    kind.top() == "text" && (kind.sub() == "csv" || kind.sub() == "tab-separated-values")
}

/// A body that a client of another server sends: JSON of its form, or CSV where that is taken.
pub(super) struct Foreign {
    /// Whether it is CSV.
    pub(super) is_table: bool,
    /// The body.
    pub(super) upload: Upload,
}

#[async_trait]
impl<'r> FromData<'r> for Foreign {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        if request.headers().contains("Content-Encoding") {
            let taken = "application/json or text/csv, and uncompressed";
            return refuse(request, Refusal::UnsupportedType(taken.into()));
        }
        let kind = request.content_type();
        let is_table = kind.is_some_and(is_table);
        // Clients of the Open Inference Protocol say nothing of the kind of what they send; nor
        // would a page of another site, which has our cookie.
        let is_program = || accent::is_oip(request) && !request.headers().contains("Cookie");
        let is_json = kind.map_or_else(is_program, is_json);
        let may_be_binary = request.headers().contains(BINARY_HEADER);
        if !is_table && !is_json {
            let taken = Refusal::UnsupportedType("application/json or text/csv".into());
            return refuse(request, if may_be_binary { no_binary() } else { taken });
        }
        let SizeLimits { table_bytes_max, json_bytes_max } = match size_limits(request) {
            Ok(limits) => limits,
            Err(error) => return refuse(request, error),
        };
        let bytes_max = if is_table { json_bytes_max.min(table_bytes_max) } else { json_bytes_max };
        match receive(request, data, in_memory(bytes_max)).await {
            Ok(upload) if may_be_binary && has_binary(&upload) => refuse(request, no_binary()),
            Ok(upload) => data::Outcome::Success(Self { is_table, upload }),
            Err(problem) => refuse(request, problem),
        }
    }
}

fn no_binary() -> Refusal {
    let why = "binary tensors are not spoken here; send JSON (binary_data=False)";
    Refusal::Malformed(why.into())
}

fn has_binary(upload: &Upload) -> bool {
    let bytes = upload.bytes().unwrap_or_default();
    let head = &bytes[..bytes.len().min(BINARY_HEAD_BYTES_MAX)];
    head.windows(BINARY_PARAMETER.len()).any(|at| at == BINARY_PARAMETER)
}

/// Whether the caller would rather be told later: `Prefer: respond-async`.
pub(super) struct Prefers {
    pub(super) is_async: bool,
}

#[async_trait]
impl<'r> FromRequest<'r> for Prefers {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let mut wishes = request.headers().get("Prefer").flat_map(|line| line.split(','));
        let is_async = wishes.any(|wish| wish.trim().eq_ignore_ascii_case("respond-async"));
        Outcome::Success(Self { is_async })
    }
}
