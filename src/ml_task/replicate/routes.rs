//! Predictions over HTTP, as clients of Replicate ask for them.

use std::time::Duration;

use rocket::http::Status as HttpStatus;
use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome};
use rocket::tokio::time::timeout;
use rocket::{Request, State, async_trait, get, post, tokio};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::request::{Asked, Patience, named};
use super::view::{Prediction, Teller};
use crate::access::Caller;
use crate::clock::Timestamp;
use crate::compute::compute;
use crate::credits::Credits;
use crate::database::Reader;
use crate::error::{Error, Result};
use crate::id::{MLTaskId, RowId, UserId};
use crate::idempotency::Once;
use crate::ml_model_manager::MLModelManager;
use crate::ml_task::content::Contents;
use crate::ml_task::form::Form;
use crate::ml_task::order::{Order, Refused};
use crate::ml_task::outcome::Speech;
use crate::ml_task::record::{MLTask, NamedTask, TaskQuery};
use crate::ml_task::routes::{COST_HEADER, TASK_HEADER, problem};
use crate::ml_task::service::{MLService, task_at};
use crate::ml_task::submission::Foreign;
use crate::web::{
    Answer, Endpoints, Hosts, Page, PageQuery, Problem, Refusal, Reply, Upload, endpoints,
};

/// Predictions in a list.
const LISTED: u32 = 100;

/// Rows of a prediction in a list that are told in place.
const LISTED_ROWS_MAX: u64 = 100;

/// The routes of predictions for clients of Replicate.
pub fn replicate_routes() -> Endpoints {
    endpoints!("replicate";
        Predict: create_prediction, create_prediction_of;
        Read: list_predictions, find_prediction;
        Write: cancel_prediction;
        Public: find_model_version;
    )
}

/// What a request for a prediction says.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes what is read by hand")]
struct PredictionInput {
    /// The model: its name, its version, or both (`wine:VERSION`).
    #[schema(example = "wine")]
    version: Option<String>,
    /// The name of the model, instead.
    model: Option<String>,
    /// One record of the model's columns; or `records`, `columns` with `data`, or `data`.
    #[schema(value_type = Object)]
    input: Value,
}

/// What the headers of a request for a prediction say.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes what is read by hand")]
struct Wishes {
    /// `wait`, or `wait=1` to `wait=60` seconds; `respond-async`.
    #[param(rename = "Prefer")]
    prefer: Option<String>,
    /// When it ends, done or not: `90`, `5m`, `1h30m`.
    #[param(rename = "Cancel-After")]
    cancel_after: Option<String>,
    /// Do it once.
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
}

/// Have rows predicted, as clients of Replicate ask for it.
///
/// Few rows are predicted at once; many, or `Prefer: respond-async`, in the background, for which
/// `Prefer: wait` waits. Row by row: a rejected one is null in `output` and told in `logs`, and
/// costs nothing. Webhooks are refused.
#[utoipa::path(
    request_body = PredictionInput,
    params(Wishes),
    responses(
        (status = 201, description = "It has ended.", body = Prediction),
        (status = 202, description = "It is under way.", body = Prediction),
    )
)]
#[post("/v1/predictions", data = "<sent>")]
async fn create_prediction(customer: Customer<'_>, sent: Foreign) -> Answer<Prediction> {
    let asked = read(&sent)?;
    customer.order(asked, &sent).await
}

/// The same of the model in the address: `/v1/models/cellar/wine/predictions`.
#[utoipa::path(
    request_body = PredictionInput,
    params(Wishes),
    responses(
        (status = 201, description = "It has ended.", body = Prediction),
        (status = 202, description = "It is under way.", body = Prediction),
    )
)]
#[post("/v1/models/<owner>/<model>/predictions", data = "<sent>")]
async fn create_prediction_of(
    customer: Customer<'_>,
    owner: &str,
    model: &str,
    sent: Foreign,
) -> Answer<Prediction> {
    let asked = read(&sent)?.of(format!("{owner}/{model}"))?;
    customer.order(asked, &sent).await
}

fn read(sent: &Foreign) -> Result<Asked, Problem> {
    if sent.is_table {
        return Err(Refusal::UnsupportedType("application/json".into()).into());
    }
    Ok(Asked::read(sent.upload.bytes().unwrap_or_default())?)
}

/// Whoever orders a prediction, and the services that it takes.
struct Customer<'r> {
    caller: Caller,
    once: Once,
    patience: Patience,
    tasks: &'r MLService,
    hosts: &'r Hosts,
}

#[async_trait]
impl<'r> FromRequest<'r> for Customer<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let caller = try_outcome!(request.guard::<Caller>().await);
        let once = try_outcome!(request.guard::<Once>().await);
        let patience = try_outcome!(request.guard::<Patience>().await);
        let tasks = try_outcome!(request.guard::<&State<MLService>>().await);
        let hosts = try_outcome!(request.guard::<&State<Hosts>>().await);
        Outcome::Success(Self { caller, once, patience, tasks, hosts })
    }
}

impl Customer<'_> {
    /// Has it done, waits as long as they will, and tells how it stands.
    async fn order(self, asked: Asked, sent: &Foreign) -> Answer<Prediction> {
        let Self { caller, once, patience, tasks, hosts } = self;
        let model = asked.model(&tasks.parts().models)?;
        let ticket = once.ticket(&[model.as_bytes(), sent.upload.fingerprint()]);
        let now = tasks.parts().clock.now();
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let order = Order {
            caller: caller.clone(),
            ticket,
            model,
            form: Form::Json,
            upload: Upload::from(asked.body.into_bytes()),
            speech: Speech::Replicate,
            is_async: patience.is_async,
            deadline: patience.cancel_after.map(|time| now.plus_s(seconds(time))),
        };
        let begun = begin(tasks, &caller, order).await?;
        let (user_id, is_open) = (caller.user_id(), begun.cost.is_none());
        if let Some(time) = patience.cancel_after.filter(|_| is_open && !begun.is_replayed) {
            cancel_later(tasks, user_id, begun.id, time);
        }
        if let Some(time) = patience.wait.filter(|_| is_open && !patience.is_async) {
            await_end(tasks, user_id, begun.id, time).await?;
        }
        let reply = find(tasks, hosts, user_id, begun.id).await?;
        Ok(if begun.is_replayed { reply.with_header("Idempotent-Replayed", "true") } else { reply })
    }
}

/// A version of a model, as clients of Replicate look it up.
#[derive(Debug, Serialize, ToSchema)]
struct ModelVersion {
    /// Its id.
    id: String,
    /// Not noted, and so the beginning of time.
    created_at: Timestamp,
    /// None of it: no container is run.
    cog_version: &'static str,
    /// What it takes.
    openapi_schema: Value,
}

/// A version of a model: the present one.
#[utoipa::path(responses((status = 200, description = "The version.", body = ModelVersion)))]
#[get("/v1/models/<owner>/<model>/versions/<version>")]
fn find_model_version(
    models: &State<MLModelManager>,
    owner: &str,
    model: &str,
    version: &str,
) -> Answer<ModelVersion> {
    let view = models.view(&named(models, &format!("{owner}/{model}"))?)?;
    if view.version.as_deref() != Some(version) {
        return Err(Error::NotFound("version").into());
    }
    let columns = view.inputs.iter().map(|column| {
        let (min, max) = (column.allowed.min, column.allowed.max);
        let about = column.description;
        let of = json!({"type": "number", "minimum": min, "maximum": max, "description": about});
        (column.name.to_owned(), of)
    });
    let input = json!({"type": "object", "properties": columns.collect::<Map<_, _>>()});
    let schemas = json!({"Input": input, "Output": {"type": "object"}});
    Ok(Reply::ok(ModelVersion {
        id: version.to_owned(),
        created_at: Timestamp::from_millis(0),
        cog_version: "",
        openapi_schema: json!({"openapi": "3.0.2", "components": {"schemas": schemas}}),
    }))
}

/// A task that was begun, and may have ended.
struct Begun {
    id: MLTaskId,
    /// What it cost, if it has ended.
    cost: Option<Credits>,
    is_replayed: bool,
}

/// A task that was recorded is a prediction, also if it failed.
async fn begin(tasks: &MLService, caller: &Caller, order: Order) -> Result<Begun, Problem> {
    match tasks.process_task(order).await {
        Ok(answered) => {
            let id = answered.done.location().and_then(task_at);
            let id = id.ok_or_else(|| Error::internal("a task has no address"))?;
            Ok(Begun { id, cost: answered.cost, is_replayed: answered.done.is_replayed() })
        }
        Err(Refused { error, task: Some(id) }) => {
            if let Error::Internal(cause) = &error {
                tracing::error!(request_id = caller.request_id(), %cause, "a prediction failed");
            }
            Ok(Begun { id, cost: Some(Credits::ZERO), is_replayed: false })
        }
        Err(refused) => Err(problem(refused)),
    }
}

/// Ends a task at its deadline, wherever it waits then.
fn cancel_later(tasks: &MLService, user_id: UserId, id: MLTaskId, time: Duration) {
    let tasks = tasks.clone();
    tokio::spawn(async move {
        let ended = tasks.cancel_after(user_id, id, time).await;
        // The work looks at its deadline itself, too.
        ended.inspect_err(|error| tracing::warn!(%error, "a task could not be ended in time")).ok()
    });
}

/// Waits until a task has ended, or so long.
async fn await_end(tasks: &MLService, user_id: UserId, id: MLTaskId, time: Duration) -> Result<()> {
    let Some(mut watch) = tasks.watch(user_id, id).await? else { return Ok(()) };
    let end = async { while watch.next().await.is_some() {} };
    // Whether it has ended, the prediction itself tells.
    let _ = timeout(time, end).await;
    Ok(())
}

/// One prediction.
#[utoipa::path(responses((status = 200, description = "The prediction.", body = Prediction)))]
#[get("/v1/predictions/<id>")]
async fn find_prediction(
    caller: Caller,
    tasks: &State<MLService>,
    hosts: &State<Hosts>,
    id: MLTaskId,
) -> Answer<Prediction> {
    Ok(find(tasks, hosts, caller.user_id(), id).await?.with_status(HttpStatus::Ok))
}

/// Cancel a prediction that has not ended; it costs nothing.
#[utoipa::path(responses(
    (status = 200, description = "The prediction as it is now.", body = Prediction)
))]
#[post("/v1/predictions/<id>/cancel")]
async fn cancel_prediction(
    caller: Caller,
    tasks: &State<MLService>,
    hosts: &State<Hosts>,
    id: MLTaskId,
) -> Answer<Prediction> {
    tasks.cancel(caller.user_id(), id).await?;
    Ok(find(tasks, hosts, caller.user_id(), id).await?.with_status(HttpStatus::Ok))
}

/// A page of predictions, as clients of Replicate turn it.
#[derive(Debug, Serialize, ToSchema)]
struct Predictions {
    /// The address of the next page; null on the last.
    next: Option<String>,
    /// Always null: pages are turned forward.
    #[schema(value_type = Option<String>)]
    previous: (),
    /// The predictions, newest first; of more than a hundred rows their address is told.
    results: Vec<Prediction>,
}

/// The caller's predictions, newest first, a hundred at a time; every task is one.
#[utoipa::path(
    params(("cursor" = Option<String>, Query, description = "As in `next` of the page before.")),
    responses((status = 200, description = "A page.", body = Predictions))
)]
#[get("/v1/predictions?<cursor>")]
async fn list_predictions(
    caller: Caller,
    tasks: &State<MLService>,
    hosts: &State<Hosts>,
    cursor: Option<String>,
) -> Answer<Predictions> {
    let query = PageQuery { limit: Some(LISTED.to_string()), cursor };
    let (limit, before) = query.bounds()?;
    let of = TaskQuery { user_id: Some(caller.user_id()), ..TaskQuery::default() };
    let found = tasks.parts().database.read(move |r| {
        let found = of.list(r, before, limit + 1)?;
        let with_contents = |NamedTask { task, .. }| Ok((MLTask::contents(r, task.id)?, task));
        found.into_iter().map(with_contents).collect::<Result<Vec<_>>>()
    });
    let page = Page::of(found.await?, limit, |(_, task)| task.id.number());
    let base = base_of(hosts);
    let next = page.next_cursor.map(|cursor| format!("{base}/v1/predictions?cursor={cursor}"));
    let results = tell(tasks, base, page.items, LISTED_ROWS_MAX).await?;
    Ok(Reply::ok(Predictions { next, previous: (), results }))
}

/// The prediction, made if it has ended and begun if it has not, with its task and cost in headers.
async fn find(
    tasks: &MLService,
    hosts: &Hosts,
    user_id: UserId,
    id: MLTaskId,
) -> Result<Reply<Prediction>> {
    let read = move |r: &Reader<'_>| {
        let task = MLTask::find(r, Some(user_id), id)?;
        Ok((MLTask::contents(r, id)?, task))
    };
    let found = tasks.parts().database.read(read).await?;
    let (is_final, cost) = (found.1.status.is_final(), found.1.cost);
    let rows_max = tasks.parts().limits.rows_at_once_max;
    let told = tell(tasks, base_of(hosts), vec![found], rows_max).await?.pop();
    let told = told.ok_or_else(|| Error::internal("a prediction was not told"))?;
    let status = if is_final { HttpStatus::Created } else { HttpStatus::Accepted };
    let reply = Reply::ok(told).with_status(status).with_header(TASK_HEADER, id.to_string());
    let cost = is_final.then(|| cost.amount().to_string());
    Ok(match cost {
        Some(cost) => reply.with_header(COST_HEADER, cost),
        None => reply,
    })
}

fn base_of(hosts: &Hosts) -> String {
    hosts.base_url().map(ToString::to_string).unwrap_or_default()
}

/// Tasks as predictions, of which up to so many rows are told in place.
async fn tell(
    tasks: &MLService,
    base: String,
    found: Vec<(Contents, MLTask)>,
    rows_max: u64,
) -> Result<Vec<Prediction>> {
    let (files, models) = (tasks.parts().files.clone(), tasks.parts().models.clone());
    let work = move || {
        let teller = Teller { base: &base, rows_max, files: &files };
        let tell = |(contents, task): (Contents, MLTask)| {
            let model = models.recall_now(&task.model_id).ok();
            teller.tell(task, contents, model.as_deref())
        };
        found.into_iter().map(tell).collect()
    };
    compute(work).await
}
