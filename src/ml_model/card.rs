//! What people should know about a model.

use serde::Serialize;
use utoipa::ToSchema;

use super::MLModel;
use crate::credits::Credits;
use crate::ml::schema::{Column, Output};
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
    /// Which training or version of it this is.
    pub version: Option<String>,
    /// What a predicted row costs.
    pub price_per_row: Option<Credits>,
    /// What a row consists of; empty if any number of numbers will do.
    pub inputs: Vec<Column>,
    /// Whether a row may have any number of numbers.
    pub takes_any_numbers: bool,
    /// What is predicted of a row.
    pub outputs: Vec<Output>,
    /// What people should know about it.
    pub card: Option<Card>,
}

impl ModelView {
    /// A model that can be asked.
    pub fn ready(model: &dyn MLModel) -> Self {
        let schema = model.schema();
        Self {
            id: model.name().to_owned(),
            status: "ready".into(),
            trouble: None,
            version: Some(model.version().to_owned()),
            price_per_row: Some(model.price()),
            inputs: schema.inputs.columns().to_vec(),
            takes_any_numbers: schema.inputs.takes_any(),
            outputs: schema.outputs.clone(),
            card: Some(model.card()),
        }
    }

    /// A model that cannot be asked yet, or for the time being.
    pub fn not_ready(name: &str, trouble: Option<&str>) -> Self {
        Self {
            id: name.to_owned(),
            status: if trouble.is_some() { "failed" } else { "training" }.into(),
            trouble: trouble.map(str::to_owned),
            version: None,
            price_per_row: None,
            inputs: vec![],
            takes_any_numbers: false,
            outputs: vec![],
            card: None,
        }
    }
}
