//! Predictions for clients of other servers: MLflow's scoring protocol below each model's address,
//! and the Open Inference Protocol below `/v2` and `/v1`. Failures there have the shape that those
//! clients know ([`mod@super::accent`]). Whoever calls pays as ever, and finds
//! what was predicted in the history; the task and its cost travel in headers.

use rocket::http::Status;
use rocket::{State, get, post};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::form::Form;
use super::oip::Wishes;
use super::order::Order;
use super::outcome::Speech;
use super::routes::{problem, reply};
use super::service::MLService;
use super::submission::Foreign;
use crate::access::Caller;
use crate::error::{Error, Result};
use crate::idempotency::Once;
use crate::ml::schema::{Inputs, Output};
use crate::ml_model::MLModel;
use crate::ml_model_manager::MLModelManager;
use crate::web::{Answer, Endpoints, Problem, Reply, endpoints};

/// The routes of MLflow's scoring server, below each model's address.
pub fn mlflow_routes() -> Endpoints {
    endpoints!("mlflow"; Predict: score_rows; Public: ping_model, model_health, scoring_version;)
}

/// The routes of the Open Inference Protocol.
pub fn oip_routes() -> Endpoints {
    endpoints!("oip";
        Predict: infer, infer_version, predict_instances;
        Public: server_metadata, server_live, server_ready, model_metadata,
            model_version_metadata, model_ready, model_version_ready, instances_ready;
    )
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
) -> Answer<Box<RawValue>> {
    let form = if sent.is_table { Form::Table } else { asking.form };
    let said = [asking.model.as_bytes(), form.word().as_bytes(), sent.upload.fingerprint()];
    let order = Order {
        caller: caller.clone(),
        ticket: once.ticket(&said),
        model: asking.model,
        form,
        upload: sent.upload,
        speech: asking.speech,
        is_async: false,
        deadline: None,
    };
    Ok(reply(tasks.process_task(order).await.map_err(problem)?))
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
) -> Answer<Box<RawValue>> {
    let has_row_errors = match errors.as_deref() {
        None => false,
        Some("rows") => true,
        Some(_) => {
            let error = Error::invalid("errors", "unknown_value", "must be rows, or left out");
            return Err(error.into());
        }
    };
    let speech = Speech::Mlflow { has_row_errors };
    let asking = Asking { model, form: Form::Mlflow, speech };
    ask(&caller, &once, tasks, sent, asking).await
}

/// Whether a model can be asked: 200, or 503.
#[utoipa::path(responses((status = 200, description = "It can.", body = String)))]
#[get("/api/models/<model>/ping")]
fn ping_model(models: &State<MLModelManager>, model: &str) -> Result<&'static str, Problem> {
    Ok(models.get_model(model).map(|_| "\n")?)
}

/// The same by another name.
#[utoipa::path(responses((status = 200, description = "It can.", body = String)))]
#[get("/api/models/<model>/health")]
fn model_health(models: &State<MLModelManager>, model: &str) -> Result<&'static str, Problem> {
    ping_model(models, model)
}

/// The version of this server.
#[utoipa::path(responses((status = 200, description = "The version.", body = String)))]
#[get("/api/models/<model>/version")]
fn scoring_version(models: &State<MLModelManager>, model: &str) -> Result<&'static str, Problem> {
    Ok(models.view(model).map(|_| env!("CARGO_PKG_VERSION"))?)
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
fn model_ready(models: &State<MLModelManager>, model: &str) -> Answer<Value> {
    let view = models.view(model)?;
    let is_ready = view.status == "ready";
    let reply = Reply::ok(json!({"name": model, "ready": is_ready}));
    Ok(if is_ready { reply } else { reply.with_status(Status::ServiceUnavailable) })
}

/// Whether one version of a model can be asked; there is the present one.
#[utoipa::path(responses((status = 200, description = "Whether it can.", body = Value)))]
#[get("/v2/models/<model>/versions/<version>/ready")]
fn model_version_ready(
    models: &State<MLModelManager>,
    model: &str,
    version: &str,
) -> Answer<Value> {
    // One that is not trained has no version yet, and is not ready for any.
    if models.view(model)?.version.is_some_and(|present| present != version) {
        return Err(Error::NotFound("version").into());
    }
    model_ready(models, model)
}

/// A model's tensors.
#[utoipa::path(responses((status = 200, description = "The model.", body = Value)))]
#[get("/v2/models/<model>")]
fn model_metadata(models: &State<MLModelManager>, model: &str) -> Answer<Value> {
    let model = models.get_model(model)?;
    Ok(Reply::ok(metadata(&*model)))
}

/// The tensors of one version of a model; there is the present one.
#[utoipa::path(responses((status = 200, description = "The model.", body = Value)))]
#[get("/v2/models/<model>/versions/<version>")]
fn model_version_metadata(
    models: &State<MLModelManager>,
    model: &str,
    version: &str,
) -> Answer<Value> {
    let model = version_of(models, model, version)?;
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
    models: &State<MLModelManager>,
    model: String,
    sent: Foreign,
) -> Answer<Box<RawValue>> {
    infer_with(&caller, &once, tasks, models, model, sent).await
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
) -> Answer<Box<RawValue>> {
    version_of(models, &model, version)?;
    infer_with(&caller, &once, tasks, models, model, sent).await
}

async fn infer_with(
    caller: &Caller,
    once: &Once,
    tasks: &MLService,
    models: &MLModelManager,
    model: String,
    sent: Foreign,
) -> Answer<Box<RawValue>> {
    let (sent, wishes) = Wishes::of(sent).await?;
    wishes.check(&models.offer(&model)?.schema)?;
    let Wishes { id, outputs } = wishes;
    let asking = Asking { model, form: Form::Oip, speech: Speech::Oip { id, outputs } };
    ask(caller, once, tasks, sent, asking).await
}

/// Whether a model can be asked, by the first version of that protocol.
#[utoipa::path(responses((status = 200, description = "Whether it can.", body = Value)))]
#[get("/v1/models/<model>")]
fn instances_ready(models: &State<MLModelManager>, model: &str) -> Answer<Value> {
    model_ready(models, model)
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
) -> Answer<Box<RawValue>> {
    let model = call.strip_suffix(":predict").ok_or(Error::NotFound("call"));
    let model = model?.to_owned();
    let asking = Asking { model, form: Form::Mlflow, speech: Speech::OipV1 };
    ask(&caller, &once, tasks, sent, asking).await
}
