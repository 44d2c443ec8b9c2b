//! A model that is nothing but a forest: what the service takes for the same that scikit-learn is
//! asked for.

use cellar::credits::Credits;
use cellar::error::Result;
use cellar::ml::forest::Forest;
use cellar::ml::rows::Rows;
use cellar::ml::schema::{Inputs, Output, OutputKind, Schema};
use cellar::ml_model::{Card, MLModel};

use super::trees::short;

/// A forest that a server can be asked for.
pub(crate) struct PlainForest {
    forest: Forest,
    schema: Schema,
}

impl PlainForest {
    pub(crate) const NAME: &'static str = "plain-forest";

    /// Takes rows with these inputs.
    pub(crate) fn new(forest: Forest, inputs: Inputs) -> Self {
        let (name, kind) = ("prediction", OutputKind::Number);
        let output = Output { name, kind, classes: &[], description: "" };
        Self { forest, schema: Schema { inputs, outputs: vec![output] } }
    }
}

impl MLModel for PlainForest {
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
        Card { title: "", summary: "", description: "", data: None, evaluation: None }
    }

    fn predict_rows(&self, rows: &Rows) -> Result<Rows> {
        let cells: Vec<f32> = rows.values().iter().map(|cell| short(*cell)).collect();
        let mut sums = vec![0.0; rows.len()];
        self.forest.add_to(&cells, &mut sums);
        let n_trees = super::as_f64(self.forest.n_trees());
        let mut outputs = Rows::new();
        for sum in sums {
            outputs.push(&[f64::from(sum) / n_trees]);
        }
        Ok(outputs)
    }
}
