//! Measuring how good the wine model is: work of half a minute, done once for each version.

use super::shelf::MLModelManager;
use crate::error::Error;
use crate::job::{Context, Failure, JobKind, Outcome};
use crate::machine;
use crate::ml::wine::evaluate;

/// Measures the wine model.
pub struct EvaluationKind {
    models: MLModelManager,
}

impl EvaluationKind {
    /// For the model on this shelf.
    pub fn new(models: MLModelManager) -> Self {
        Self { models }
    }
}

impl JobKind for EvaluationKind {
    type Payload = ();

    const NAME: &'static str = "evaluate_wine";

    fn run(&self, (): (), context: &Context) -> Result<Outcome, Failure> {
        if !self.models.lacks_evaluation() {
            return Outcome::new("known already");
        }
        machine::yield_to_others();
        let n_threads = machine::cores().get().min(4);
        let tell = |fraction| context.progress(fraction, "measuring the wine model");
        let Some(found) = evaluate(n_threads, &|| !context.should_stop(), &tell) else {
            context.check()?;
            return Err(Failure::Final(Error::internal("the evaluation ended by itself")));
        };
        self.models.evaluated(&found);
        Outcome::new(found)
    }
}
