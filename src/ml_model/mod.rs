//! Models: what takes rows of numbers and predicts something of each, for a price.
//!
//! [`MLModel`] is the trait; [`SimpleMLModel`] and [`WineModel`] are the two that come with the
//! house. A model is data and pure computation: it knows no user, no credits and no HTTP. It
//! refuses rows that do not have its shape; whether a cell is right is decided before it is asked.

mod card;
mod description;
mod simple;
mod wine;

pub use card::{Card, ModelView, Offer, Sample};
pub use description::describe_models;
pub use simple::SimpleMLModel;
pub use wine::WineModel;

use crate::credits::Credits;
use crate::error::{Error, Result};
use crate::ml::rows::Rows;
use crate::ml::schema::Schema;

/// A model that predicts.
pub trait MLModel: Send + Sync + 'static {
    /// Its name in addresses: short, and never changed.
    fn name(&self) -> &str;

    /// Which training or version of it this is; the same version gives the same answers.
    fn version(&self) -> &str;

    /// What it takes and gives.
    fn schema(&self) -> &Schema;

    /// What a predicted row costs.
    fn price(&self) -> Credits;

    /// What people should know about it.
    fn card(&self) -> Card;

    /// Rows to begin with, for those who have none at hand.
    fn samples(&self) -> Vec<Sample> {
        vec![]
    }

    /// The outputs of every row, in order: for each output of the schema its numbers.
    fn predict_rows(&self, rows: &Rows) -> Result<Rows>;

    /// The outputs of one row.
    fn predict(&self, data: &[f64]) -> Result<Vec<f64>> {
        let outputs = self.predict_rows(&Rows::from_iter([data]))?;
        let first = outputs.iter().next().map(<[f64]>::to_vec);
        first.ok_or_else(|| Error::internal("a model gave no output for a row"))
    }
}
