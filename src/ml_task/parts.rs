//! The contents of a task as they are shown: what was sent, what was predicted and what is wrong
//! with the rest. Small ones are told in place; large ones are an address.

use std::io::Read as _;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::content::Contents;
use super::form::Form;
use super::outcome::Predicted;
use super::record::MLTask;
use super::results::{Only, Results, RowOutcome, open_content};
use super::service::task_address;
use super::sound::Sound;
use super::view::{PredictionView, outputs_of};
use crate::error::{Error, Result};
use crate::files::Files;
use crate::ml::intake::Fault;
use crate::ml_model::MLModel;
use crate::text::legible;
use crate::web::Upload;

/// What was sent is told in place up to this size.
const TOLD_BYTES_MAX: u64 = 16 * 1024;

/// What is told in place of a task that was kept: of more rows, or of more that was sent, there are
/// addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    rows_max: u64,
    /// Bytes of what was sent; in a list also of what came of it.
    pub(super) bytes_max: u64,
}

impl Told {
    /// Whenever somebody asks for the task.
    pub(super) const ALONE: Self = Self { rows_max: 100, bytes_max: TOLD_BYTES_MAX };

    /// In a list, which has many tasks.
    pub(super) const LISTED: Self = Self { rows_max: 4, bytes_max: 512 };

    /// Whether a task may be small enough.
    pub(super) fn may_be(self, task: &MLTask) -> bool {
        task.status.is_final() && task.tally.n_given <= self.rows_max
    }
}

/// A content, or where it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Part {
    /// The content.
    #[schema(value_type = serde_json::Value)]
    Told(Box<RawValue>),
    /// It is large, and lies there.
    At {
        /// The address.
        href: String,
    },
    /// It is not for the reader.
    Nothing,
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Told(a), Self::Told(b)) => a.get() == b.get(),
            (Self::At { href: a }, Self::At { href: b }) => a == b,
            (Self::Nothing, Self::Nothing) => true,
            _ => false,
        }
    }
}

impl Part {
    fn told(value: &impl Serialize) -> Result<Self> {
        to_raw_value(value).map(Self::Told).map_err(Error::internal)
    }

    fn none_of_it() -> Self {
        Self::told(&[(); 0]).unwrap_or(Self::Nothing)
    }
}

/// The contents of a task.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) input_data: Part,
    pub(super) output_data: Part,
    pub(super) errors: Part,
}

impl Parts {
    /// Not for the reader.
    pub(super) fn hidden() -> Self {
        Self { input_data: Part::Nothing, output_data: Part::Nothing, errors: Part::Nothing }
    }

    /// Where they are. Of what has not ended no row is counted yet, and there is nothing of it.
    pub(super) fn addresses(task: &MLTask) -> Self {
        let at = |rest| Part::At { href: task_address(task.id) + rest };
        let if_any = |n, rest| if n == 0 { Part::none_of_it() } else { at(rest) };
        Self {
            input_data: at("/input"),
            output_data: if_any(task.tally.n_predicted, "/results?only=predicted"),
            errors: if_any(task.tally.n_rejected, "/results?only=rejected"),
        }
    }

    /// Those of a task that is answered at once: the answer is always told.
    pub(super) fn answered(
        model: &dyn MLModel,
        form: Form,
        upload: &Upload,
        of: &Predicted,
    ) -> Result<Self> {
        let input = upload.bytes().filter(|_| upload.size_bytes <= TOLD_BYTES_MAX);
        Ok(Self {
            input_data: input.map_or(Ok(Part::Nothing), |bytes| input_part(form, bytes))?,
            output_data: Part::told(&of.predictions(model).collect::<Vec<_>>())?,
            errors: Part::told(&of.block.faults)?,
        })
    }

    /// The same, with addresses for what is not told.
    #[must_use]
    pub(super) fn or_addresses(self, task: &MLTask) -> Self {
        match self.input_data {
            Part::Nothing => {
                Self { input_data: Part::At { href: task_address(task.id) + "/input" }, ..self }
            }
            _ => self,
        }
    }

    /// Those of a task that was kept, told if it is small.
    pub(super) fn kept(
        task: &MLTask,
        contents: Contents,
        files: &Files,
        model: &dyn MLModel,
        told: Told,
    ) -> Result<Self> {
        let addresses = Self::addresses(task);
        if !told.may_be(task) {
            return Ok(addresses);
        }
        let mut input = vec![];
        let source = open_content(contents.input.clone(), files)?;
        source.take(told.bytes_max + 1).read_to_end(&mut input).map_err(Error::internal)?;
        if input.len() as u64 > told.bytes_max {
            return Ok(addresses);
        }
        let input_data = input_part(task.form, &input)?;
        let (mut predictions, mut errors) = (vec![], Vec::<Fault>::new());
        let schema = model.schema();
        let mut results = Results::open(task, contents, files, &schema.inputs)?;
        while let Some(row) = results.next_of(Only::All)? {
            match row.outcome {
                RowOutcome::Rejected(faults) => errors.extend(faults),
                RowOutcome::Predicted { inputs, numbers } => {
                    let view = PredictionView {
                        row: Some(row.row),
                        outputs: outputs_of(schema, &numbers, inputs.len()),
                        inputs: &inputs,
                        columns: schema.inputs.columns(),
                    };
                    predictions.push(to_raw_value(&view).map_err(Error::internal)?);
                }
            }
        }
        Ok(Self {
            input_data,
            output_data: Part::told(&predictions)?,
            errors: Part::told(&errors)?,
        })
    }
}

/// What was sent, as JSON.
fn input_part(form: Form, bytes: &[u8]) -> Result<Part> {
    let text = legible(bytes).into_owned();
    if form == Form::Table {
        return Part::told(&text);
    }
    // What is read with patience (a bare NaN, a number beyond all bounds) would not be by everyone.
    let is_strict = serde_json::from_str::<Sound>(&text).is_ok();
    match RawValue::from_string(text) {
        Ok(value) if is_strict => Ok(Part::Told(value)),
        _ => Part::told(&legible(bytes)),
    }
}
