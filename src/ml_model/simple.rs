//! The simplest model there is: every number times two. It is for trying out, and for tests.

use super::{Card, MLModel};
use crate::credits::Credits;
use crate::error::Result;
use crate::ml::rows::Rows;
use crate::ml::schema::{Inputs, Output, OutputKind, Range, Schema};

/// What can be doubled.
const ALLOWED: Range = Range::new(f64::MIN / 2.0, f64::MAX / 2.0);

/// Multiplies every number by two.
#[derive(Debug, Clone)]
pub struct SimpleMLModel {
    schema: Schema,
}

impl SimpleMLModel {
    /// Its name in addresses.
    pub const NAME: &'static str = "simple";

    /// The model.
    pub fn new() -> Self {
        let output = Output {
            name: "doubled",
            kind: OutputKind::Numbers,
            classes: &[],
            description: "every number of the row, times two",
        };
        Self { schema: Schema { inputs: Inputs::Numbers(ALLOWED), outputs: vec![output] } }
    }
}

impl Default for SimpleMLModel {
    fn default() -> Self {
        Self::new()
    }
}

impl MLModel for SimpleMLModel {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn version(&self) -> &'static str {
        "1"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn price(&self) -> Credits {
        Credits::new(1)
    }

    fn card(&self) -> Card {
        Card {
            title: "Doubler",
            summary: "Multiplies every number of a row by two.",
            description: "A model to try the service with: what comes out can be checked in the \
                          head. A row may have any number of numbers.",
            data: None,
            evaluation: None,
        }
    }

    fn predict_rows(&self, rows: &Rows) -> Result<Rows> {
        let mut outputs = Rows::new();
        for row in rows.iter() {
            outputs.extend(row.iter().map(|number| number * 2.0));
        }
        Ok(outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_doubled() {
        let model = SimpleMLModel::new();
        assert_eq!(model.predict(&[1.0, -2.5, 0.0]).unwrap(), [2.0, -5.0, 0.0]);
        let rows = Rows::from_iter([&[1.0][..], &[2.0, 3.0]]);
        let outputs = model.predict_rows(&rows).unwrap();
        assert_eq!(outputs.iter().collect::<Vec<_>>(), [&[2.0][..], &[4.0, 6.0]]);
        assert!(model.predict(&[ALLOWED.max]).unwrap()[0].is_finite());
    }
}
