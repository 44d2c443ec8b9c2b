//! Predictions for clients of other servers: MLflow's scoring protocol below each model's address,
//! and the Open Inference Protocol below `/v2` and `/v1`. Whoever calls pays as ever, and finds
//! what was predicted in the history; the task and its cost travel in headers.

use std::io::Cursor;

use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder};
use rocket::{State, get, post};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::form::Form;
use super::outcome::Speech;
use super::routes::{COST_HEADER, TASK_HEADER, reply};
use super::service::{MLService, Order, Refused};
use super::submission::Foreign;
use crate::access::Caller;
use crate::error::{Error, Issues, Result};
use crate::idempotency::Once;
use crate::ml::schema::{Inputs, Output};
use crate::ml_model::MLModel;
use crate::ml_model_manager::MLModelManager;
use crate::web::{Endpoints, Problem, Reply, endpoints};

/// Mistakes that are spelled out in an answer that has room for a sentence only.
const ISSUES_TOLD_MAX: usize = 10;

/// The routes of MLflow's scoring server, below each model's address.
pub fn mlflow_routes() -> Endpoints {
    endpoints!("mlflow"; Predict: score_rows; Public: ping_model, model_health, scoring_version;)
}

/// The routes of the Open Inference Protocol.
pub fn oip_routes() -> Endpoints {
    endpoints!("oip";
        Predict: infer, infer_version, predict_instances;
        Public: server_metadata, server_live, server_ready, model_metadata,
            model_version_metadata, model_ready;
    )
}

/// How a failure is worded for the clients of another server.
#[derive(Debug, Clone, Copy)]
enum Accent {
    Mlflow,
    Oip,
}

/// A failure in the words of another server.
#[derive(Debug)]
struct ForeignProblem {
    accent: Accent,
    refused: Refused,
}

impl ForeignProblem {
    fn mlflow(refused: impl Into<Refused>) -> Self {
        Self { accent: Accent::Mlflow, refused: refused.into() }
    }

    fn oip(refused: impl Into<Refused>) -> Self {
        Self { accent: Accent::Oip, refused: refused.into() }
    }
}

type ForeignAnswer = Result<Reply<Box<RawValue>>, ForeignProblem>;

impl<'r> Responder<'r, 'static> for ForeignProblem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let Self { accent, refused: Refused { error, task } } = self;
        let rows = if let Error::Invalid(issues) = &error { Some(told(issues)) } else { None };
        let problem = Problem::from(error);
        let (status, words) = problem.in_words();
        // Both servers know one status for whatever is wrong with what was sent.
        let status = if rows.is_some() { Status::BadRequest } else { status };
        let words = rows.unwrap_or_else(|| words.to_owned());
        let body = match accent {
            Accent::Mlflow => json!({"error_code": error_code(status), "message": words}),
            Accent::Oip => json!({"error": words}),
        };
        // The problem logs its cause and has the headers of every failure.
        let mut response = problem.respond_to(request)?;
        let text = body.to_string();
        response.set_status(status);
        response.set_header(ContentType::JSON);
        response.set_sized_body(text.len(), Cursor::new(text));
        if let Some(id) = task {
            response.set_raw_header(TASK_HEADER, id.to_string());
            response.set_raw_header(COST_HEADER, "0");
        }
        Ok(response)
    }
}

fn error_code(status: Status) -> &'static str {
    match status.code {
        400 => "BAD_REQUEST",
        404 => "RESOURCE_DOES_NOT_EXIST",
        409 => "REQUEST_CONFLICT",
        402 => "OUT_OF_CREDITS",
        429 => "REQUEST_LIMIT_EXCEEDED",
        503 => "TEMPORARILY_UNAVAILABLE",
        _ => "INTERNAL_ERROR",
    }
}

/// The mistakes in a sentence.
fn told(issues: &Issues) -> String {
    let all = issues.all();
    let mut some = Issues::default();
    all.iter().take(ISSUES_TOLD_MAX).for_each(|issue| some.push(issue.clone()));
    match all.len().saturating_sub(ISSUES_TOLD_MAX) {
        0 => some.to_string(),
        n_more => format!("{some}; and {n_more} more"),
    }
}

/// What a request of another form asks for.
struct Asking {
    model: String,
    form: Form,
    speech: Speech,
}

async fn ask(
    caller: &Caller,
    once: &Once,
    tasks: &MLService,
    sent: Foreign,
    asking: Asking,
) -> Result<Reply<Box<RawValue>>, Refused> {
    let order = Order {
        caller: caller.clone(),
        ticket: once.ticket(&[asking.model.as_bytes(), sent.upload.fingerprint()]),
        model: asking.model,
        form: if sent.is_table { Form::Table } else { asking.form },
        upload: sent.upload,
        speech: asking.speech,
        is_async: false,
    };
    Ok(reply(tasks.process_task(order).await?)?)
}

/// Score rows as MLflow's scoring server does.
///
/// `dataframe_split`, `dataframe_records`, `instances`, `inputs`, or CSV. One bad row fails the
/// request, as clients of that server expect; with `errors=rows` the good ones are predicted, the
/// bad ones are null, and `errors`, `cost` and `task_id` stand beside `predictions`.
#[utoipa::path(
    request_body(content((Value = "application/json"), (String = "text/csv"))),
    params(("errors" = Option<String>, Query, description = "`rows`: tell bad rows apart.")),
    responses((status = 200, description = "Predictions.", body = Value))
)]
#[post("/api/models/<model>/invocations?<errors>", data = "<sent>")]
async fn score_rows(
    caller: Caller,
    once: Once,
    tasks: &State<MLService>,
    model: String,
    errors: Option<String>,
    sent: Foreign,
) -> ForeignAnswer {
    let has_row_errors = match errors.as_deref() {
        None => false,
        Some("rows") => true,
        Some(_) => {
            let error = Error::invalid("errors", "unknown_value", "must be rows, or left out");
            return Err(ForeignProblem::mlflow(error));
        }
    };
    let speech = Speech::Mlflow { has_row_errors };
    let asking = Asking { model, form: Form::Mlflow, speech };
    ask(&caller, &once, tasks, sent, asking).await.map_err(ForeignProblem::mlflow)
}

/// Whether a model can be asked: 200, or 503.
#[utoipa::path(responses((status = 200, description = "It can.", body = String)))]
#[get("/api/models/<model>/ping")]
fn ping_model(models: &State<MLModelManager>, model: &str) -> Result<&'static str, ForeignProblem> {
    models.get_model(model).map(|_| "\n").map_err(ForeignProblem::mlflow)
}

/// The same by another name.
#[utoipa::path(responses((status = 200, description = "It can.", body = String)))]
#[get("/api/models/<model>/health")]
fn model_health(
    models: &State<MLModelManager>,
    model: &str,
) -> Result<&'static str, ForeignProblem> {
    ping_model(models, model)
}

/// The version of this server.
#[utoipa::path(responses((status = 200, description = "The version.", body = String)))]
#[get("/api/models/<model>/version")]
fn scoring_version(
    models: &State<MLModelManager>,
    model: &str,
) -> Result<&'static str, ForeignProblem> {
    models.view(model).map(|_| env!("CARGO_PKG_VERSION")).map_err(ForeignProblem::mlflow)
}

/// The server, as the Open Inference Protocol asks for it.
#[utoipa::path(responses((status = 200, description = "The server.", body = Value)))]
#[get("/v2")]
fn server_metadata() -> Reply<Value> {
    let version = env!("CARGO_PKG_VERSION");
    Reply::ok(json!({"name": "cellar", "version": version, "extensions": []}))
}

/// Whether the server runs.
#[utoipa::path(responses((status = 200, description = "It does.", body = Value)))]
#[get("/v2/health/live")]
fn server_live() -> Reply<Value> {
    Reply::ok(json!({"live": true}))
}

/// Whether every model can be asked.
#[utoipa::path(responses((status = 200, description = "Whether they can.", body = Value)))]
#[get("/v2/health/ready")]
fn server_ready(models: &State<MLModelManager>) -> Reply<Value> {
    let is_ready = models.views().iter().all(|model| model.status == "ready");
    let reply = Reply::ok(json!({"ready": is_ready}));
    if is_ready { reply } else { reply.with_status(Status::ServiceUnavailable) }
}

/// Whether a model can be asked.
#[utoipa::path(responses((status = 200, description = "Whether it can.", body = Value)))]
#[get("/v2/models/<model>/ready")]
fn model_ready(
    models: &State<MLModelManager>,
    model: &str,
) -> Result<Reply<Value>, ForeignProblem> {
    let view = models.view(model).map_err(ForeignProblem::oip)?;
    let is_ready = view.status == "ready";
    let reply = Reply::ok(json!({"name": model, "ready": is_ready}));
    Ok(if is_ready { reply } else { reply.with_status(Status::ServiceUnavailable) })
}

/// A model's tensors.
#[utoipa::path(responses((status = 200, description = "The model.", body = Value)))]
#[get("/v2/models/<model>")]
fn model_metadata(
    models: &State<MLModelManager>,
    model: &str,
) -> Result<Reply<Value>, ForeignProblem> {
    let model = models.get_model(model).map_err(ForeignProblem::oip)?;
    Ok(Reply::ok(metadata(&*model)))
}

/// The tensors of one version of a model; there is the present one.
#[utoipa::path(responses((status = 200, description = "The model.", body = Value)))]
#[get("/v2/models/<model>/versions/<version>")]
fn model_version_metadata(
    models: &State<MLModelManager>,
    model: &str,
    version: &str,
) -> Result<Reply<Value>, ForeignProblem> {
    let model = version_of(models, model, version).map_err(ForeignProblem::oip)?;
    Ok(Reply::ok(metadata(&*model)))
}

fn version_of(
    models: &MLModelManager,
    model: &str,
    version: &str,
) -> Result<std::sync::Arc<dyn MLModel>> {
    let model = models.get_model(model)?;
    if model.version() == version { Ok(model) } else { Err(Error::NotFound("version")) }
}

fn metadata(model: &dyn MLModel) -> Value {
    let schema = model.schema();
    let width = match &schema.inputs {
        Inputs::Named(columns) => i64::try_from(columns.len()).unwrap_or(-1),
        Inputs::Numbers(_) => -1,
    };
    let output = |output: &Output| {
        let is_open = schema.inputs.takes_any();
        let n = i64::try_from(output.n_numbers(0)).ok().filter(|_| !is_open).unwrap_or(-1);
        let shape = if n == 1 { json!([-1]) } else { json!([-1, n]) };
        json!({"name": output.name, "datatype": "FP64", "shape": shape})
    };
    json!({
        "name": model.name(),
        "versions": [model.version()],
        "platform": "cellar",
        "inputs": [{"name": "rows", "datatype": "FP64", "shape": [-1, width]}],
        "outputs": schema.outputs.iter().map(output).collect::<Vec<_>>(),
    })
}

/// Predict by the Open Inference Protocol.
///
/// One tensor of the shape rows × columns in the model's order, or a tensor for each column by
/// name.
#[utoipa::path(
    request_body = Value,
    responses((status = 200, description = "Tensors.", body = Value))
)]
#[post("/v2/models/<model>/infer", data = "<sent>")]
async fn infer(
    caller: Caller,
    once: Once,
    tasks: &State<MLService>,
    model: String,
    sent: Foreign,
) -> ForeignAnswer {
    let asking = Asking { model, form: Form::Oip, speech: Speech::Oip { id: id_in(&sent) } };
    ask(&caller, &once, tasks, sent, asking).await.map_err(ForeignProblem::oip)
}

/// Predict by one version of a model.
#[utoipa::path(
    request_body = Value,
    responses((status = 200, description = "Tensors.", body = Value))
)]
#[post("/v2/models/<model>/versions/<version>/infer", data = "<sent>")]
async fn infer_version(
    caller: Caller,
    once: Once,
    tasks: &State<MLService>,
    models: &State<MLModelManager>,
    model: String,
    version: &str,
    sent: Foreign,
) -> ForeignAnswer {
    version_of(models, &model, version).map_err(ForeignProblem::oip)?;
    let asking = Asking { model, form: Form::Oip, speech: Speech::Oip { id: id_in(&sent) } };
    ask(&caller, &once, tasks, sent, asking).await.map_err(ForeignProblem::oip)
}

/// The id that the client gave its request.
fn id_in(sent: &Foreign) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        id: Option<String>,
    }
    serde_json::from_slice::<Named>(sent.upload.bytes()?).ok()?.id
}

/// Predict by the first version of that protocol: `POST /v1/models/wine:predict`.
#[utoipa::path(
    request_body = Value,
    responses((status = 200, description = "Predictions.", body = Value))
)]
#[post("/v1/models/<call>", data = "<sent>")]
async fn predict_instances(
    caller: Caller,
    once: Once,
    tasks: &State<MLService>,
    call: &str,
    sent: Foreign,
) -> ForeignAnswer {
    let model = call.strip_suffix(":predict").ok_or(Error::NotFound("call"));
    let model = model.map_err(ForeignProblem::oip)?.to_owned();
    let asking = Asking { model, form: Form::Mlflow, speech: Speech::OipV1 };
    ask(&caller, &once, tasks, sent, asking).await.map_err(ForeignProblem::oip)
}
