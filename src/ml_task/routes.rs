//! Tasks over HTTP, in Cellar's own words.

use rocket::futures::{Stream, StreamExt, stream};
use rocket::response::stream::{Event, EventStream};
use rocket::{Shutdown, State, delete, get, post};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::download;
use super::listing::TaskFilter;
use super::order::{Answered, Order, Refused};
use super::outcome::Speech;
use super::results::{Only, ResultRow, Results, RowOutcome};
use super::service::MLService;
use super::submission::{Prefers, Submission};
use super::view::{PredictionView, TaskView, outputs_of};
use crate::access::Caller;
use crate::compute::compute;
use crate::error::{Error, Result, both};
use crate::id::{MLTaskId, RowId};
use crate::idempotency::Once;
use crate::job::{JobView, Watch};
use crate::ml::intake::Fault;
use crate::ml_model::MLModel;
use crate::web::{
    Answer, Download, Endpoints, Page, PageQuery, Problem, ProblemBody, Reply, endpoints,
    live_events,
};

/// The task of an answer, and what it cost, for answers with no room for them.
pub(super) const TASK_HEADER: &str = "Cellar-Task-Id";
pub(super) const COST_HEADER: &str = "Cellar-Cost";

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("ml_task";
        Predict: create_task;
        Read: list_tasks, find_task, find_input, watch_task, list_results, export_results;
        Write: cancel_task, delete_task;
    )
}

/// Rows to be predicted.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes what is read by hand")]
struct TaskInput {
    /// The model; it may also be in the address.
    #[schema(example = "wine")]
    model: Option<String>,
    /// One record, for one row.
    record: Option<serde_json::Value>,
    /// A record for each row, instead of one.
    records: Option<Vec<serde_json::Value>>,
    /// The names of columns, instead of records.
    columns: Option<Vec<String>>,
    /// A list for each row: beside `columns`, or of numbers in the model's order.
    data: Option<Vec<serde_json::Value>>,
}

/// A form with a table.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes what is read by hand")]
struct TaskForm {
    /// The model; it may also be in the address.
    #[schema(example = "wine")]
    model: Option<String>,
    /// The table: commas, tabs or semicolons, with a header in any order.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Have rows predicted, and pay for those that are.
///
/// The body is JSON (`records`, or `columns` with `data`), a table as text (commas, tabs or
/// semicolons, with a header in any order), or a form with such a `file`. Few rows are answered at
/// once; many, or `Prefer: respond-async`, are answered with 202 and predicted in the background.
/// Bad rows cost nothing, and come back with what is wrong with each cell.
#[utoipa::path(
    request_body(content(
        (TaskInput = "application/json"),
        (String = "text/csv"),
        (String = "text/tab-separated-values"),
        (TaskForm = "multipart/form-data"),
    )),
    params(
        ("model" = Option<String>, Query, description = "The model, if the body does not name it."),
        ("Idempotency-Key" = Option<String>, Header, description = "Do it once."),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: be told later."),
    ),
    responses(
        (status = 200, description = "Predicted.", body = TaskView),
        (status = 202, description = "To be predicted.", body = TaskView),
        (
            status = 402, description = "The balance does not cover it.",
            body = ProblemBody<'static>, content_type = "application/problem+json",
        ),
        (
            status = 404, description = "There is no such model.",
            body = ProblemBody<'static>, content_type = "application/problem+json",
        ),
        (
            status = 413, description = "The body is larger than the limit.",
            body = ProblemBody<'static>, content_type = "application/problem+json",
        ),
        (
            status = 415, description = "The body is of no type that is taken.",
            body = ProblemBody<'static>, content_type = "application/problem+json",
        ),
        (
            status = 422, description = "No row is good.",
            body = ProblemBody<'static>, content_type = "application/problem+json",
        ),
        (
            status = 429, description = "Too many tasks of yours wait or run.",
            body = ProblemBody<'static>, content_type = "application/problem+json",
        ),
    )
)]
#[post("/api/tasks?<model>", data = "<sent>")]
async fn create_task(
    caller: Caller,
    once: Once,
    prefers: Prefers,
    tasks: &State<MLService>,
    model: Option<String>,
    sent: Submission,
) -> Answer<Box<RawValue>> {
    let named = match (model, sent.model) {
        (Some(a), Some(b)) if a != b => {
            return Err(Error::invalid("model", "surplus", "must not be two models").into());
        }
        (a, b) => a.or(b),
    };
    let model = named.ok_or_else(|| Error::invalid("model", "required", "is missing"))?;
    let said = [model.as_bytes(), sent.form.word().as_bytes(), sent.upload.fingerprint()];
    let order = Order {
        ticket: once.ticket(&said),
        caller,
        model,
        form: sent.form,
        upload: sent.upload,
        speech: Speech::Cellar,
        is_async: prefers.is_async,
        deadline: None,
    };
    Ok(reply(tasks.process_task(order).await.map_err(problem)?))
}

/// The answer, with the task and its cost in headers.
pub(super) fn reply(answered: Answered) -> Reply<Box<RawValue>> {
    let id = answered.done.location().and_then(|address| address.strip_prefix("/api/tasks/"));
    let id = id.map(str::to_owned);
    let mut reply = answered.done.reply();
    if let Some(id) = id {
        reply = reply.with_header(TASK_HEADER, id);
    }
    if let Some(cost) = answered.cost {
        reply = reply.with_header(COST_HEADER, cost.amount().to_string());
    }
    reply
}

/// The failure, with the id of the task that was recorded about it.
pub(super) fn problem(refused: Refused) -> Problem {
    let problem = Problem::from(refused.error);
    match refused.task {
        Some(id) => problem.with_header(TASK_HEADER, id.to_string()).with_header(COST_HEADER, "0"),
        None => problem,
    }
}

/// The caller's tasks, newest first.
///
/// Of those that failed or were cancelled, the newest thousand are kept, up to a setting's bytes.
#[utoipa::path(params(PageQuery, TaskFilter), responses(
    (status = 200, description = "A page of tasks.", body = Page<TaskView>)
))]
#[get("/api/tasks?<limit>&<cursor>&<filter..>")]
async fn list_tasks(
    caller: Caller,
    tasks: &State<MLService>,
    limit: Option<String>,
    cursor: Option<String>,
    filter: TaskFilter,
) -> Answer<Page<TaskView>> {
    let bounds = PageQuery { limit, cursor }.bounds();
    let ((limit, before), query) = both(bounds, filter.query(Some(caller.user_id())))?;
    let found = tasks.page(query, before, limit + 1).await?;
    Ok(Reply::ok(Page::of(found, limit, |task: &TaskView| task.id.number())))
}

/// One task.
#[utoipa::path(responses((status = 200, description = "The task.", body = TaskView)))]
#[get("/api/tasks/<id>")]
async fn find_task(caller: Caller, tasks: &State<MLService>, id: MLTaskId) -> Answer<TaskView> {
    Ok(Reply::ok(tasks.find(caller.user_id(), id).await?))
}

/// Cancel a task that waits or runs; it costs nothing.
#[utoipa::path(responses((status = 200, description = "The task as it is now.", body = TaskView)))]
#[post("/api/tasks/<id>/cancel")]
async fn cancel_task(caller: Caller, tasks: &State<MLService>, id: MLTaskId) -> Answer<TaskView> {
    Ok(Reply::ok(tasks.cancel(caller.user_id(), id).await?))
}

/// Delete a task that has ended. The ledger keeps what it cost.
#[utoipa::path(responses((status = 204, description = "Deleted.")))]
#[delete("/api/tasks/<id>")]
async fn delete_task(caller: Caller, tasks: &State<MLService>, id: MLTaskId) -> Answer<()> {
    tasks.delete(&caller, id).await?;
    Ok(Reply::done())
}

/// Follow a task live.
///
/// Server-sent events named `task`, each with the task in JSON; the last one carries its final
/// state.
#[utoipa::path(responses(
    (status = 200, description = "Events.", content_type = "text/event-stream", body = TaskView)
))]
#[get("/api/tasks/<id>/events")]
async fn watch_task(
    caller: Caller,
    tasks: &State<MLService>,
    id: MLTaskId,
    shutdown: Shutdown,
) -> Result<EventStream<impl Stream<Item = Event> + Send + use<>>, Problem> {
    let user_id = caller.user_id();
    let first = tasks.find(user_id, id).await?;
    let watch = if first.status.is_final() { None } else { tasks.watch(user_id, id).await? };
    let tasks = tasks.inner().clone();
    let news = updates(watch).then(move |job| {
        let tasks = tasks.clone();
        async move { tasks.find(user_id, id).await.map(|task| task.at(job.progress, job.message)) }
    });
    let news = news.filter_map(async |found| {
        found.inspect_err(|error| tracing::warn!(%error, "a task cannot be followed")).ok()
    });
    let all = stream::iter([first]).chain(news);
    Ok(live_events("task", all, async move { caller.ended().await }, shutdown))
}

fn updates(watch: Option<Watch>) -> impl Stream<Item = JobView> + Send {
    stream::unfold(watch, async |watch| {
        let mut watch = watch?;
        watch.next().await.map(|view| (view, Some(watch)))
    })
}

/// One row of a task's results.
#[derive(Debug, Serialize, ToSchema)]
struct ResultRowView {
    /// The row, counted from 1.
    row: u64,
    /// The cells, as they were sent; `columns` names them.
    cells: Vec<String>,
    /// The model's first output; null if the row was rejected.
    prediction: serde_json::Value,
    /// Every output by name, and notes, if the row was predicted.
    #[serde(flatten)]
    outputs: serde_json::Map<String, serde_json::Value>,
    /// What is wrong with it.
    errors: Vec<Fault>,
}

/// A page of a task's results.
#[derive(Debug, Serialize, ToSchema)]
struct ResultsView {
    /// The names of the columns.
    columns: Vec<String>,
    /// The rows, in their order.
    items: Vec<ResultRowView>,
    /// What to send as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// A task's rows with what was predicted of each, or what is wrong with it.
#[utoipa::path(
    params(
        PageQuery,
        ("only" = Option<String>, Query, description = "`all`, `predicted` or `rejected`."),
    ),
    responses((status = 200, description = "A page of rows.", body = ResultsView))
)]
#[get("/api/tasks/<id>/results?<limit>&<cursor>&<only>")]
async fn list_results(
    caller: Caller,
    tasks: &State<MLService>,
    id: MLTaskId,
    limit: Option<String>,
    cursor: Option<String>,
    only: Option<String>,
) -> Answer<ResultsView> {
    let page = PageQuery { limit, cursor }.offset();
    let ((limit, offset), only) = both(page, Only::from_word(only.as_deref()))?;
    let (_, model, results) = tasks.results(caller.user_id(), id).await?;
    let page = compute(move || page_of(results, &*model, only, limit, offset)).await?;
    Ok(Reply::ok(page))
}

fn page_of(
    mut results: Results,
    model: &dyn MLModel,
    only: Only,
    limit: u32,
    offset: i64,
) -> Result<ResultsView> {
    let columns = results.names().to_vec();
    let mut items = vec![];
    results.pass(only, u64::try_from(offset).unwrap_or(0))?;
    while items.len() <= limit as usize {
        let Some(row) = results.next_of(only)? else { break };
        items.push(row_view(row, model)?);
    }
    let Page { items, next_cursor } = Page::from_offset(items, limit, offset);
    Ok(ResultsView { columns, items, next_cursor })
}

fn row_view(row: ResultRow, model: &dyn MLModel) -> Result<ResultRowView> {
    let (number, cells) = (row.row, row.texts());
    let (mut outputs, errors) = match row.outcome {
        RowOutcome::Rejected(faults) => (serde_json::Map::new(), faults),
        RowOutcome::Predicted { inputs, numbers } => {
            let schema = model.schema();
            let view = PredictionView {
                row: None,
                outputs: outputs_of(schema, &numbers, inputs.len()),
                inputs: &inputs,
                columns: schema.inputs.columns(),
            };
            match serde_json::to_value(view).map_err(Error::internal)? {
                serde_json::Value::Object(outputs) => (outputs, vec![]),
                _ => return Err(Error::internal("a prediction is no record")),
            }
        }
    };
    let prediction = outputs.remove("prediction").unwrap_or_default();
    Ok(ResultRowView { row: number, cells, prediction, outputs, errors })
}

/// What was sent with a task, as it came.
#[utoipa::path(responses(
    (status = 200, description = "The body of the request, or its file.", body = String)
))]
#[get("/api/tasks/<id>/input")]
async fn find_input(
    caller: Caller,
    tasks: &State<MLService>,
    id: MLTaskId,
) -> Result<Download, Problem> {
    let (form, source) = tasks.input(caller.user_id(), id).await?;
    let (name, content_type) = form.as_file();
    Ok(Download::new(name, content_type, download::pieces_of(source)))
}

/// A task's results as CSV: the columns that were sent, those of the prediction, and `error`. One
/// of these that the table has already gets ` (predicted)` behind its name.
#[utoipa::path(responses(
    (status = 200, description = "Every row.", content_type = "text/csv", body = String)
))]
#[get("/api/tasks/<id>/results.csv")]
async fn export_results(
    caller: Caller,
    tasks: &State<MLService>,
    id: MLTaskId,
) -> Result<Download, Problem> {
    let (task, model, results) = tasks.results(caller.user_id(), id).await?;
    Ok(download::export(&task, results, model).await?)
}
