//! A task as clients of Replicate know a prediction.

use std::fmt::Write as _;
use std::io::Read as _;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::credits::grouped;
use crate::error::{Error, Result};
use crate::files::Files;
use crate::id::MLTaskId;
use crate::ml::intake::Fault;
use crate::ml_model::MLModel;
use crate::ml_task::content::{Content, Contents};
use crate::ml_task::form::Form;
use crate::ml_task::record::{MLTask, Status};
use crate::ml_task::results::{Only, Results, RowOutcome, open_content};
use crate::ml_task::service::task_address;
use crate::ml_task::view::{PredictionView, outputs_of};

/// What was sent is told in place up to this size.
const INPUT_BYTES_MAX: u64 = 64 * 1024;

/// Faults that the log of a prediction tells.
const FAULTS_MAX: usize = 1_000;

/// A task, as clients of Replicate know one.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Prediction {
    /// The id of the task.
    pub(super) id: MLTaskId,
    /// The name of the model.
    #[schema(example = "wine")]
    model: String,
    /// Which version of it.
    version: String,
    /// `starting`, `processing`, `succeeded`, `failed`, `canceled`, or `aborted` if the time that
    /// was set for it passed before it began.
    #[schema(value_type = String, example = "succeeded")]
    status: &'static str,
    /// What was sent; `{"href": ".."}` if it is large, or no JSON.
    input: Value,
    /// What was predicted of each row, in order, null for a rejected one; of a lone record, the one
    /// prediction. The address of the results, if there are many.
    #[schema(value_type = Value)]
    output: Option<Box<RawValue>>,
    /// Why it failed.
    error: Option<String>,
    /// What is wrong with the rejected rows, a line for each cell.
    logs: String,
    metrics: Metrics,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    urls: Urls,
}

/// How long it took, in seconds; empty until it has ended.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Metrics {
    /// Reading and predicting.
    #[serde(skip_serializing_if = "Option::is_none")]
    predict_time: Option<f64>,
    /// From the request to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_time: Option<f64>,
}

/// Where it is read and cancelled.
#[derive(Debug, Serialize, ToSchema)]
struct Urls {
    get: String,
    cancel: String,
}

/// What a prediction is told with.
pub(super) struct Teller<'a> {
    /// The server's address, as its clients write it.
    pub(super) base: &'a str,
    /// Rows that are told in place.
    pub(super) rows_max: u64,
    /// Where large contents lie.
    pub(super) files: &'a Files,
}

impl Teller<'_> {
    /// The task as a prediction of this model, if the model is there.
    pub(super) fn tell(
        &self,
        task: MLTask,
        contents: Contents,
        model: Option<&dyn MLModel>,
    ) -> Result<Prediction> {
        let (input, is_lone) = self.input(&task, contents.input.clone())?;
        let mut told = Told::default();
        if task.status.is_final() {
            told = match model.filter(|_| task.tally.n_given <= self.rows_max) {
                Some(model) => Told::read(&task, contents, self.files, model)?,
                None => Told::elsewhere(&task, self.base),
            };
        }
        let output = match told.output {
            Output::Rows(mut rows) if is_lone => rows.pop(),
            Output::Rows(rows) if rows.is_empty() => None,
            Output::Rows(rows) => Some(to_raw_value(&rows).map_err(Error::internal)?),
            Output::At(address) => Some(to_raw_value(&address).map_err(Error::internal)?),
        };
        let get = format!("{}/v1/predictions/{}", self.base, task.id);
        Ok(Prediction {
            id: task.id,
            status: status_of(&task),
            input,
            output: output.filter(|_| task.status == Status::Succeeded),
            error: error_of(&task, told.first_fault),
            logs: told.logs,
            metrics: metrics_of(&task),
            created_at: task.created_at,
            started_at: task.started_at,
            completed_at: task.finished_at,
            urls: Urls { cancel: format!("{get}/cancel"), get },
            model: task.model_id,
            version: task.model_version,
        })
    }

    /// What was sent, and whether it is a lone record.
    fn input(&self, task: &MLTask, sent: Option<Content>) -> Result<(Value, bool)> {
        let at =
            || serde_json::json!({"href": format!("{}{}/input", self.base, task_address(task.id))});
        if task.form == Form::Table {
            return Ok((at(), false));
        }
        let mut bytes = vec![];
        let source = open_content(sent, self.files)?;
        source.take(INPUT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(Error::internal)?;
        let is_small = bytes.len() as u64 <= INPUT_BYTES_MAX;
        let body = is_small.then(|| serde_json::from_slice(&bytes).ok()).flatten();
        let Some(Value::Object(mut body)) = body else { return Ok((at(), false)) };
        if task.form == Form::Json {
            body.remove("model");
            if let Some(record) = body.remove("record") {
                return Ok((record, true));
            }
        }
        Ok((Value::Object(body), false))
    }
}

/// What came of the rows of a task.
#[derive(Default)]
struct Told {
    output: Output,
    logs: String,
    first_fault: Option<String>,
}

/// The predictions, or where they are.
enum Output {
    Rows(Vec<Box<RawValue>>),
    At(String),
}

impl Default for Output {
    fn default() -> Self {
        Self::Rows(vec![])
    }
}

impl Told {
    fn read(task: &MLTask, contents: Contents, files: &Files, model: &dyn MLModel) -> Result<Self> {
        let schema = model.schema();
        // Of a task that ended before it was read, nothing is wrong with the rows.
        if contents.output.is_none() && contents.faults.is_none() {
            return Ok(Self::default());
        }
        let mut results = Results::open(task, contents, files, &schema.inputs)?;
        let (mut rows, mut logs, mut first_fault) = (vec![], String::new(), None);
        let mut n_faults = 0;
        while let Some(row) = results.next_of(Only::All)? {
            match row.outcome {
                RowOutcome::Predicted { inputs, numbers } => {
                    let view = PredictionView {
                        row: None,
                        outputs: outputs_of(schema, &numbers, inputs.len()),
                        inputs: &inputs,
                        columns: schema.inputs.columns(),
                    };
                    rows.push(to_raw_value(&view).map_err(Error::internal)?);
                }
                RowOutcome::Rejected(faults) => {
                    for fault in faults.iter().take(FAULTS_MAX.saturating_sub(n_faults)) {
                        let line = line_of(fault);
                        // Writing to a string does not fail.
                        let _ = writeln!(logs, "{line}");
                        first_fault.get_or_insert(line);
                    }
                    n_faults += faults.len();
                    rows.push(RawValue::NULL.to_owned());
                }
            }
        }
        if n_faults > FAULTS_MAX {
            let _ = writeln!(logs, "and {} more", n_faults - FAULTS_MAX);
        }
        Ok(Self { output: Output::Rows(rows), logs, first_fault })
    }

    /// There is much of it, or nobody to say what it means.
    fn elsewhere(task: &MLTask, base: &str) -> Self {
        let address = format!("{base}{}", task_address(task.id));
        let mut told =
            Self { output: Output::At(format!("{address}/results.csv")), ..Self::default() };
        if task.tally.n_rejected > 0 {
            let rows = match task.tally.n_rejected {
                1 => "1 row was".to_owned(),
                n => format!("{} rows were", grouped(n)),
            };
            told.logs = format!("{rows} rejected: {address}/results?only=rejected\n");
        }
        told
    }
}

fn line_of(fault: &Fault) -> String {
    let value = fault.value.as_ref().map(|value| format!(", not {value}")).unwrap_or_default();
    format!("row {}: {} {}{value}", fault.row, fault.field, fault.message)
}

fn status_of(task: &MLTask) -> &'static str {
    match task.status {
        Status::Queued => "starting",
        Status::Running => "processing",
        Status::Succeeded => "succeeded",
        Status::Failed => "failed",
        // Only of one that nobody cancelled it is told why.
        Status::Cancelled if task.error.is_some() && task.started_at.is_none() => "aborted",
        Status::Cancelled => "canceled",
    }
}

fn error_of(task: &MLTask, first_fault: Option<String>) -> Option<String> {
    let error = task.error.clone()?;
    Some(match first_fault {
        Some(fault) => format!("{error}: {fault}"),
        None => error,
    })
}

fn metrics_of(task: &MLTask) -> Metrics {
    #[expect(clippy::cast_precision_loss, reason = "a time for people to read")]
    let seconds = |millis: i64| millis as f64 / 1e3;
    let total = task.finished_at.map(|end| seconds(end.millis_since(task.created_at)));
    #[expect(clippy::cast_precision_loss, reason = "a time for people to read")]
    let predict = task.compute_us.map(|us| us as f64 / 1e6);
    Metrics { predict_time: predict, total_time: total }
}
