//! What came of rows that were predicted at once, and how it is told: in Cellar's own words, or in
//! those of the servers whose clients call.

use serde::Serialize;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::record::{MLTask, Tally};
use super::view::{PredictionView, outputs_of};
use crate::error::{Error, Issue, Issues, Result};
use crate::id::MLTaskId;
use crate::ml::intake::{Block, Fault};
use crate::ml::rows::Rows;
use crate::ml_model::MLModel;

/// So many faults and numbers are kept in the task's row, whatever they are.
const FEW_FAULTS: usize = 32;
const FEW_NUMBERS: usize = 512;

/// Rows, and what the model said of the good ones.
#[derive(Default)]
pub(super) struct Predicted {
    pub(super) block: Block,
    pub(super) outputs: Rows,
    pub(super) compute_us: u64,
}

impl Predicted {
    pub(super) fn tally(&self) -> Tally {
        let n_given = self.block.n_given() as u64;
        let n_predicted = self.outputs.len() as u64;
        Tally { n_given, n_predicted, n_rejected: n_given - n_predicted }
    }

    /// Each predicted row as it is shown.
    pub(super) fn predictions<'a>(
        &'a self,
        model: &'a dyn MLModel,
    ) -> impl Iterator<Item = PredictionView<'a>> {
        let schema = model.schema();
        let rows = self.block.good_rows().zip(self.block.rows.iter().zip(self.outputs.iter()));
        rows.map(move |(row, (inputs, numbers))| PredictionView {
            row: Some(row),
            outputs: outputs_of(schema, numbers, inputs.len()),
            inputs,
            columns: schema.inputs.columns(),
        })
    }

    /// Whether so little came of it that writing it down takes no time.
    pub(super) fn is_small(&self) -> bool {
        self.block.faults.len() <= FEW_FAULTS && self.outputs.values().len() <= FEW_NUMBERS
    }

    /// The faults as the broken rules of an answer.
    pub(super) fn into_issues(self) -> Issues {
        let mut issues = Issues::default();
        for fault in self.block.faults {
            issues.push(Issue {
                code: fault.stable_code(),
                field: fault.field,
                message: fault.message,
                row: Some(fault.row),
                line: fault.line,
                value: fault.value,
                min: fault.min,
                max: fault.max,
            });
        }
        issues
    }

    /// The faults as they are kept: a line of JSON for each.
    pub(super) fn fault_lines(&self) -> Result<Vec<u8>> {
        let mut lines = Vec::new();
        write_faults(&self.block.faults, &mut lines)?;
        Ok(lines)
    }
}

/// Adds a line of JSON for each fault.
pub(super) fn write_faults(faults: &[Fault], lines: &mut Vec<u8>) -> Result<()> {
    for fault in faults {
        serde_json::to_writer(&mut *lines, fault).map_err(Error::internal)?;
        lines.push(b'\n');
    }
    Ok(())
}

/// In whose words the answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speech {
    /// Cellar's: the task, its predictions and its errors.
    Cellar,
    /// MLflow's scoring server.
    Mlflow {
        /// Whether bad rows are told beside the good ones; else one fails the request.
        has_row_errors: bool,
    },
    /// The Open Inference Protocol.
    Oip {
        /// The id that the client gave its request.
        id: Option<String>,
        /// The outputs it wants, in this order; all of them if none is named.
        outputs: Vec<String>,
    },
    /// The first version of that protocol.
    OipV1,
    /// Replicate, whose clients look for the task when it is recorded.
    Replicate,
}

impl Speech {
    /// Whether a single bad row fails the whole request, as the clients of that form expect.
    pub(super) fn is_strict(&self) -> bool {
        !matches!(self, Self::Cellar | Self::Replicate | Self::Mlflow { has_row_errors: true })
    }

    /// Whether the client can be told later.
    pub(super) fn may_be_later(&self) -> bool {
        matches!(self, Self::Cellar | Self::Replicate)
    }

    /// Whether it is Cellar's own.
    pub(super) fn is_own(&self) -> bool {
        *self == Self::Cellar
    }

    /// What the client of another server is told; the task is no part of it.
    pub(super) fn compose(&self, model: &dyn MLModel, of: &Predicted) -> Result<ForeignAnswer> {
        let (mut answer, mut all) = (ForeignAnswer::default(), headlines(model, of));
        match self {
            Self::Cellar | Self::Replicate => {}
            Self::Mlflow { has_row_errors: false } | Self::OipV1 => {
                answer.predictions = Some(raw(&all.collect::<Vec<_>>())?);
            }
            Self::Mlflow { has_row_errors: true } => {
                let each = of.block.is_good.iter().map(|good| good.then(|| all.next()).flatten());
                answer.predictions = Some(raw(&each.collect::<Vec<_>>())?);
                let errors: Vec<_> = of.block.faults.iter().map(RowError::of).collect();
                answer.errors = Some(raw(&errors)?);
            }
            Self::Oip { id, outputs: wanted } => {
                let mut outputs = oip_outputs(model, of);
                if !wanted.is_empty() {
                    let mut named = |name: &String| {
                        let at = outputs.iter().position(|of| of["name"] == **name)?;
                        Some(outputs.swap_remove(at))
                    };
                    outputs = wanted.iter().filter_map(&mut named).collect();
                }
                answer.model_name = Some(model.name().to_owned());
                answer.model_version = Some(model.version().to_owned());
                answer.id.clone_from(id);
                answer.outputs = Some(raw(&outputs)?);
            }
        }
        Ok(answer)
    }
}

/// What the client of another server is told; each of them knows some of the fields.
#[derive(Debug, Default, Serialize)]
pub(super) struct ForeignAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    model_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predictions: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Box<RawValue>>,
    /// What it cost, and the task: beside row errors, which MLflow's clients do not ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<MLTaskId>,
}

impl ForeignAnswer {
    /// The same, with the task where it has a place.
    pub(super) fn of_task(mut self, task: &MLTask) -> Self {
        if self.errors.is_some() {
            self.cost = Some(task.cost.amount());
            self.task_id = Some(task.id);
        }
        self
    }
}

/// A fault as `errors=rows` asks for it.
#[derive(Debug, Serialize)]
struct RowError<'a> {
    index: u64,
    #[serde(flatten)]
    fault: &'a Fault,
}

impl<'a> RowError<'a> {
    fn of(fault: &'a Fault) -> Self {
        Self { index: fault.row - 1, fault }
    }
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>> {
    to_raw_value(value).map_err(Error::internal)
}
/// The number or list that stands for each predicted row.
fn headlines<'a>(
    model: &'a dyn MLModel,
    of: &'a Predicted,
) -> impl Iterator<Item = serde_json::Value> {
    let schema = model.schema();
    of.block
        .rows
        .iter()
        .zip(of.outputs.iter())
        .map(move |(inputs, numbers)| json!(outputs_of(schema, numbers, inputs.len()).headline()))
}

/// A tensor for each output.
fn oip_outputs(model: &dyn MLModel, of: &Predicted) -> Vec<serde_json::Value> {
    let n_rows = of.outputs.len();
    let mut begin = 0;
    let widest = of.block.rows.iter().map(<[f64]>::len).max().unwrap_or(0);
    let tensor = |output: &crate::ml::schema::Output| {
        let n = output.n_numbers(widest);
        let data: Vec<f64> = of
            .outputs
            .iter()
            .flat_map(|row| &row[begin..row.len().min(begin + n)])
            .copied()
            .collect();
        begin += n;
        let shape = if n == 1 { vec![n_rows] } else { vec![n_rows, n] };
        json!({"name": output.name, "shape": shape, "datatype": "FP64", "data": data})
    };
    model.schema().outputs.iter().map(tensor).collect()
}
