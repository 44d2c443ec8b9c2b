//! What came of rows that were predicted at once, and how it is told: in Cellar's own words, or in
//! those of the servers whose clients call.

use serde::Serialize;
use serde_json::json;

use super::record::Tally;
use super::view::{PredictionView, outputs_of};
use crate::error::{Error, Result};
use crate::ml::intake::{Block, Fault};
use crate::ml::rows::Rows;
use crate::ml_model::MLModel;

/// Rows, and what the model said of the good ones.
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
}

impl Speech {
    /// Whether a single bad row fails the whole request, as the clients of that form expect.
    pub(super) fn is_strict(&self) -> bool {
        !matches!(self, Self::Cellar | Self::Mlflow { has_row_errors: true })
    }

    /// What follows the task in the answer, without the braces around it; empty if the task itself
    /// is no part of the answer.
    pub(super) fn compose(&self, model: &dyn MLModel, of: &Predicted) -> Result<String> {
        match self {
            Self::Cellar => {
                let predictions = to_json(&predictions(model, of).collect::<Vec<_>>())?;
                let errors = to_json(&of.block.faults)?;
                Ok(format!("\"predictions\":{predictions},\"errors\":{errors}"))
            }
            Self::Mlflow { has_row_errors: false } | Self::OipV1 => {
                let all: Vec<_> = headlines(model, of).collect();
                Ok(format!("\"predictions\":{}", to_json(&all)?))
            }
            Self::Mlflow { has_row_errors: true } => {
                let mut headlines = headlines(model, of);
                let all = of.block.is_good.iter().map(|good| good.then(|| headlines.next()));
                let all: Vec<_> = all.map(Option::flatten).collect();
                let index = |fault: &Fault| {
                    json!({
                        "index": fault.row - 1, "row": fault.row, "line": fault.line,
                        "field": fault.field, "value": fault.value, "code": fault.code,
                        "message": fault.message,
                    })
                };
                let errors: Vec<_> = of.block.faults.iter().map(index).collect();
                let (all, errors) = (to_json(&all)?, to_json(&errors)?);
                Ok(format!("\"predictions\":{all},\"errors\":{errors}"))
            }
            Self::Oip { id, outputs: wanted } => {
                let mut outputs = oip_outputs(model, of);
                if !wanted.is_empty() {
                    let named = |name: &String| outputs.iter().find(|of| of["name"] == **name);
                    outputs = wanted.iter().filter_map(named).cloned().collect();
                }
                let mut body = json!({
                    "model_name": model.name(),
                    "model_version": model.version(),
                    "outputs": outputs,
                });
                if let Some(id) = id {
                    body["id"] = id.as_str().into();
                }
                let text = to_json(&body)?;
                Ok(text[1..text.len() - 1].to_owned())
            }
        }
    }
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn predictions<'a>(
    model: &'a dyn MLModel,
    of: &'a Predicted,
) -> impl Iterator<Item = PredictionView<'a>> {
    let schema = model.schema();
    let rows = of.block.good_rows().zip(of.block.rows.iter().zip(of.outputs.iter()));
    rows.map(move |(row, (inputs, numbers))| PredictionView {
        row: Some(row),
        outputs: outputs_of(schema, numbers, inputs.len()),
        inputs,
        columns: schema.inputs.columns(),
    })
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
