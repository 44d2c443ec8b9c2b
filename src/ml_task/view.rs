//! Tasks, predictions and rejected rows as they are shown.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::parts::{Part, Parts};
use super::record::{MLTask, NamedTask, Status};
use super::trouble::Trouble;
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::id::{MLTaskId, TransactionId, UserId};
use crate::job::JobView;
use crate::ml::schema::{Column, Output, OutputKind, Schema};

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TaskView {
    /// Its id.
    pub id: MLTaskId,
    /// Whose it is.
    user_id: UserId,
    /// The id of the model that was asked.
    #[schema(example = "wine")]
    model_id: String,
    /// The name by which it was asked.
    #[schema(example = "wine")]
    model: String,
    /// Which version of it.
    model_version: String,
    /// Where it stands.
    pub status: Status,
    /// Rows that were sent.
    n_rows: u64,
    /// Rows that were predicted, and so paid for.
    n_predicted: u64,
    /// Rows that were rejected.
    n_rejected: u64,
    /// Credits for a predicted row.
    price_per_row: Credits,
    /// Credits that it cost.
    cost: Credits,
    /// What became of the price, in words: `9 credits charged`, `not charged`, `10 credits held`.
    charge: String,
    /// Why it failed.
    error: Option<String>,
    /// The same as a stable word: `no_good_row`, `not_all_good`, `model_failed`, `late`, `failed`.
    #[schema(value_type = Option<String>)]
    error_code: Option<&'static str>,
    /// The entry of the ledger that paid for it, if it was answered at once.
    transaction_id: Option<TransactionId>,
    /// How far it is, from 0 to 1.
    progress: f64,
    /// What it is doing.
    message: String,
    /// How long reading and predicting took.
    compute_ms: Option<f64>,
    /// The request it came with.
    request_id: Option<String>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    /// What was sent: JSON as it came, or the text of a table. What is large is `{"href": ".."}`,
    /// in a list more than a few hundred bytes; null in the staff's list, for it is not theirs.
    input_data: Part,
    /// Every predicted row in order: its number, `prediction` (the model's first output), every
    /// output by name, and notes. A list, empty if there is none (yet); many are `{"href": ".."}`.
    output_data: Part,
    /// What is wrong with each cell of the rejected rows. A list, empty if there is none (yet);
    /// many are `{"href": ".."}`.
    errors: Part,
}

impl TaskView {
    /// A task with these contents.
    pub(super) fn new(task: &MLTask, parts: Parts) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a time for people to read")]
        let compute_ms = task.compute_us.map(|us| us as f64 / 1e3);
        Self {
            id: task.id,
            user_id: task.user_id,
            model_id: task.model_id.clone(),
            model: task.model_id.clone(),
            model_version: task.model_version.clone(),
            status: task.status,
            n_rows: task.tally.n_given,
            n_predicted: task.tally.n_predicted,
            n_rejected: task.tally.n_rejected,
            price_per_row: task.price,
            cost: task.cost,
            charge: charge_in_words(task),
            error: task.error.clone(),
            error_code: task.error.as_deref().map(Trouble::code_of),
            transaction_id: task.transaction_id,
            progress: if task.status.is_final() { 1.0 } else { 0.0 },
            message: String::new(),
            compute_ms,
            request_id: task.request_id.clone(),
            created_at: task.created_at,
            started_at: task.started_at,
            finished_at: task.finished_at,
            input_data: parts.input_data,
            output_data: parts.output_data,
            errors: parts.errors,
        }
    }

    /// A task with the addresses of its contents.
    pub fn addressed(task: &MLTask) -> Self {
        Self::new(task, Parts::addresses(task))
    }

    /// The same, with how far its job is.
    #[must_use]
    pub fn at(self, progress: f64, message: String) -> Self {
        if self.status.is_final() { self } else { Self { progress, message, ..self } }
    }

    /// The same, with how far this job of its is, if there is one.
    #[must_use]
    pub fn of(self, job: Option<JobView>) -> Self {
        match job {
            Some(job) => self.at(job.progress, job.message),
            None => self,
        }
    }
}

fn charge_in_words(task: &MLTask) -> String {
    match task.status {
        Status::Succeeded => format!("{} charged", task.cost),
        Status::Failed | Status::Cancelled => "not charged".into(),
        Status::Queued | Status::Running => super::record::times(task.price, task.tally.n_given)
            .map_or_else(|_| "held".into(), |held| format!("{held} held")),
    }
}

/// A task with its user, for staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedTaskView {
    /// The task.
    #[serde(flatten)]
    pub task: TaskView,
    username: String,
}

impl NamedTaskView {
    /// A task without its contents, and with how far its job is.
    pub fn of(named: NamedTask, job: Option<JobView>) -> Self {
        let task = TaskView::new(&named.task, Parts::hidden()).of(job);
        Self { task, username: named.username }
    }
}

/// What was predicted of a row: its number, the first output, every output by name, and notes.
#[derive(Debug, Clone, Copy)]
pub(super) struct PredictionView<'a> {
    /// The row, counted from 1; left out where its place tells it.
    pub row: Option<u64>,
    /// The outputs.
    pub outputs: OutputsView<'a>,
    /// What the row was.
    pub inputs: &'a [f64],
    /// The model's columns.
    pub columns: &'a [Column],
}

impl Serialize for PredictionView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(row) = self.row {
            map.serialize_entry("row", &row)?;
        }
        map.serialize_entry("prediction", &self.outputs.headline())?;
        self.outputs.add_to(&mut map)?;
        map.serialize_entry("notes", &notes(self.columns, self.inputs))?;
        map.end()
    }
}

/// The numbers of a row by what they mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutputsView<'a> {
    /// What they mean.
    pub outputs: &'a [Output],
    /// The numbers.
    pub numbers: &'a [f64],
    /// How many numbers the row had.
    pub n_inputs: usize,
}

impl OutputsView<'_> {
    fn add_to<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let total: usize = self.outputs.iter().map(|output| output.n_numbers(self.n_inputs)).sum();
        if total != self.numbers.len() {
            // An earlier version of the model meant something else by them.
            return map.serialize_entry("outputs", self.numbers);
        }
        let mut rest = self.numbers;
        for output in self.outputs {
            let (mine, others) = rest.split_at(output.n_numbers(self.n_inputs));
            rest = others;
            match output.kind {
                OutputKind::Number => map.serialize_entry(output.name, &mine[0])?,
                #[expect(clippy::cast_possible_truncation, reason = "a class is a small number")]
                OutputKind::Class => map.serialize_entry(output.name, &(mine[0] as i64))?,
                OutputKind::Interval | OutputKind::Numbers => {
                    map.serialize_entry(output.name, mine)?;
                }
                OutputKind::Probabilities => {
                    let by_class = ByClass { classes: output.classes, numbers: mine };
                    map.serialize_entry(output.name, &by_class)?;
                }
            }
        }
        Ok(())
    }

    /// The one number or list that stands for the row where there is room for one.
    pub(super) fn headline(&self) -> Headline<'_> {
        match self.outputs.first().map(|output| output.kind) {
            Some(OutputKind::Number | OutputKind::Class) => Headline::Number(self.numbers[0]),
            _ => Headline::Numbers(self.numbers),
        }
    }
}

/// A number or several.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub(super) enum Headline<'a> {
    /// One.
    Number(f64),
    /// Several.
    Numbers(&'a [f64]),
}

struct ByClass<'a> {
    classes: &'a [u8],
    numbers: &'a [f64],
}

impl Serialize for ByClass<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.classes.len()))?;
        for (class, number) in self.classes.iter().zip(self.numbers) {
            map.serialize_entry(class, number)?;
        }
        map.end()
    }
}

/// Something to know about a prediction.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct Note {
    /// The column.
    #[schema(value_type = String)]
    pub field: &'static str,
    /// A stable word for programs.
    #[schema(value_type = String, example = "beyond_training")]
    pub code: &'static str,
    /// A clause for people, to be read after the column's name.
    pub message: String,
    /// What was sent.
    pub value: f64,
    /// The least that the model was trained on.
    pub min: f64,
    /// The most that the model was trained on.
    pub max: f64,
}

/// Values beyond what the model has seen.
pub(super) fn notes(columns: &[Column], inputs: &[f64]) -> Vec<Note> {
    let beyond = columns.iter().zip(inputs).filter(|(column, x)| !column.trained.contains(**x));
    let note = |(column, value): (&Column, &f64)| Note {
        field: column.name,
        code: "beyond_training",
        value: *value,
        min: column.trained.min,
        max: column.trained.max,
        message: format!(
            "is {value}, beyond the {} to {} that the model was trained on",
            column.trained.min, column.trained.max
        ),
    };
    beyond.map(note).collect()
}

/// The outputs of a row of this model.
pub(super) fn outputs_of<'a>(
    schema: &'a Schema,
    numbers: &'a [f64],
    n_inputs: usize,
) -> OutputsView<'a> {
    OutputsView { outputs: &schema.outputs, numbers, n_inputs }
}
