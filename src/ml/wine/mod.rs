//! The quality of red wine from eleven measurements: the data, how a model is trained on it, what
//! the model answers, and how good it is.
//!
//! The model is a blend of three that err differently: a support vector regression, the nearest
//! neighbours, and a forest of trees that look at the wine from many sides, one for each threshold
//! of the score. The first two compare wines through a lens that shows what matters for the score
//! and hides what does not. The blend gives the expected score; the forest also gives the shape of
//! the distribution around it, and rows held out in training say how wide an interval must be.

mod data;
mod evaluation;
mod feature;
mod lens;
mod model;
mod side;
mod training;

pub use data::{Bottle, N_MEASURED, Samples};
pub use evaluation::{Bin, Evaluation, PartScore, Scores, evaluate};
pub use model::{CLASSES, Judgement, N_CLASSES, Scratch, WineRegression};
pub use training::{Blend, KeepGoing, train, train_while};

#[cfg(test)]
mod tests;
