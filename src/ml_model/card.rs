//! What people should know about a model.

use serde::Serialize;
use utoipa::ToSchema;

use super::MLModel;
use crate::credits::Credits;
use crate::ml::schema::{Column, Output, Schema};
use crate::ml::wine::Evaluation;

/// A model's card.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Card {
    /// Its name for people.
    #[schema(value_type = String)]
    pub title: &'static str,
    /// What it does, in a sentence.
    #[schema(value_type = String)]
    pub summary: &'static str,
    /// How it works and where its limits are.
    #[schema(value_type = String)]
    pub description: &'static str,
    /// What it was trained on, and whom to credit for that.
    #[schema(value_type = Option<String>)]
    pub data: Option<&'static str>,
    /// How good it is, measured on what it has not seen; null while that is being measured.
    pub evaluation: Option<Evaluation>,
}

/// A row to begin with.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Sample {
    /// A word for programs.
    #[schema(value_type = String, example = "typical")]
    pub name: &'static str,
    /// What it is, for people.
    #[schema(value_type = String)]
    pub title: &'static str,
    /// Its numbers, in the model's order.
    pub row: Vec<f64>,
}

/// What a model takes, gives and costs: known before it is trained, and after it was retired.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its name in addresses.
    pub name: String,
    /// What it takes and gives.
    pub schema: Schema,
    /// What a predicted row costs.
    pub price: Credits,
    /// What people should know about it.
    pub card: Card,
    /// Rows to begin with.
    pub samples: Vec<Sample>,
}

impl Offer {
    /// That of a model.
    pub fn of(model: &dyn MLModel) -> Self {
        Self {
            name: model.name().to_owned(),
            schema: model.schema().clone(),
            price: model.price(),
            card: model.card(),
            samples: model.samples(),
        }
    }
}

/// A model as it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelView {
    /// Its name in addresses.
    #[schema(example = "wine")]
    pub id: String,
    /// `ready`, `training` or `failed`.
    #[schema(example = "ready")]
    pub status: String,
    /// Why it failed, if it did.
    pub trouble: Option<String>,
    /// Which training or version of it this is; null until it is trained.
    pub version: Option<String>,
    /// What a predicted row costs.
    pub price_per_row: Credits,
    /// What a row consists of; empty if any number of numbers will do.
    pub inputs: Vec<Column>,
    /// Whether a row may have any number of numbers.
    pub takes_any_numbers: bool,
    /// Rows to begin with.
    pub samples: Vec<Sample>,
    /// What is predicted of a row.
    pub outputs: Vec<Output>,
    /// What people should know about it.
    pub card: Card,
}

impl ModelView {
    /// A model that can be asked.
    pub fn ready(model: &dyn MLModel) -> Self {
        let version = Some(model.version().to_owned());
        Self { version, ..Self::of(Offer::of(model), "ready") }
    }

    /// A model that cannot be asked yet, or for the time being.
    pub fn not_ready(offer: &Offer, trouble: Option<&str>) -> Self {
        let status = if trouble.is_some() { "failed" } else { "training" };
        Self { trouble: trouble.map(str::to_owned), ..Self::of(offer.clone(), status) }
    }

    fn of(offer: Offer, status: &str) -> Self {
        let Offer { name, schema, price, card, samples } = offer;
        Self {
            id: name,
            status: status.to_owned(),
            trouble: None,
            version: None,
            price_per_row: price,
            takes_any_numbers: schema.inputs.takes_any(),
            samples,
            inputs: schema.inputs.columns().to_vec(),
            outputs: schema.outputs,
            card,
        }
    }
}
