//! Red wine's quality from eleven measurements.

use std::cell::RefCell;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{Card, MLModel, Offer, Sample};
use crate::credits::Credits;
use crate::error::{Error, Result};
use crate::ml::rows::Rows;
use crate::ml::schema::{Column, Inputs, Output, OutputKind, Range, Schema};
use crate::ml::wine::{Bottle, CLASSES, Evaluation, Judgement, Samples, Scratch, WineRegression};

/// Digits behind the point in answers: as many as mean something, and two more.
const PER_UNIT: f64 = 1e4;

thread_local! {
    /// Room to work in, kept from request to request: making it takes as long as the answer.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}
/// What a predicted row costs.
const PRICE: Credits = Credits::new(1);

/// A measurement: its name, its unit, what it can be at all, what it is, and a usual value.
type Measurement = (&'static str, Option<&'static str>, Range, &'static str, f64);

const MEASUREMENTS: [Measurement; 11] = [
    (
        "fixed acidity",
        Some("g/dm³"),
        Range::new(0.0, 50.0),
        "acids that do not evaporate, as tartaric acid",
        7.4,
    ),
    (
        "volatile acidity",
        Some("g/dm³"),
        Range::new(0.0, 10.0),
        "acids that evaporate, as acetic acid; too much tastes of vinegar",
        0.7,
    ),
    ("citric acid", Some("g/dm³"), Range::new(0.0, 10.0), "gives freshness", 0.1),
    (
        "residual sugar",
        Some("g/dm³"),
        Range::new(0.0, 500.0),
        "sugar left when fermentation stops",
        1.9,
    ),
    ("chlorides", Some("g/dm³"), Range::new(0.0, 10.0), "salt, as sodium chloride", 0.076),
    (
        "free sulfur dioxide",
        Some("mg/dm³"),
        Range::new(0.0, 1000.0),
        "keeps microbes and oxygen away",
        11.0,
    ),
    (
        "total sulfur dioxide",
        Some("mg/dm³"),
        Range::new(0.0, 2000.0),
        "free and bound together",
        34.0,
    ),
    (
        "density",
        Some("g/cm³"),
        Range::new(0.9, 1.2),
        "near that of water; sugar raises it, alcohol lowers it",
        0.9978,
    ),
    ("pH", None, Range::new(0.0, 14.0), "how acid it is: 0 very, 14 not at all", 3.51),
    (
        "sulphates",
        Some("g/dm³"),
        Range::new(0.0, 10.0),
        "an additive, as potassium sulphate; it can become sulfur dioxide",
        0.56,
    ),
    ("alcohol", Some("% vol"), Range::new(0.0, 100.0), "by volume", 9.4),
];

/// The model of red wine.
#[derive(Debug, Clone)]
pub struct WineModel {
    regression: WineRegression,
    schema: Schema,
    version: String,
    evaluation: Option<Evaluation>,
}

impl WineModel {
    /// Its name in addresses.
    pub const NAME: &'static str = "wine";

    /// The model around what was trained, whose bytes give the version its name.
    pub fn new(regression: WineRegression, evaluation: Option<Evaluation>) -> Self {
        let version = Self::version_of(&regression.to_bytes());
        Self { regression, schema: schema(), version, evaluation }
    }

    /// What is known of it before it is trained.
    pub fn offer() -> Offer {
        Offer {
            name: Self::NAME.to_owned(),
            schema: schema(),
            price: PRICE,
            card: card(None),
            samples: samples(),
        }
    }

    /// The version that these bytes of an artefact are.
    pub fn version_of(bytes: &[u8]) -> String {
        HEXLOWER.encode(&Sha256::digest(bytes)[..6])
    }

    /// The same model, once it is known how good it is.
    #[must_use]
    pub fn evaluated(&self, evaluation: Evaluation) -> Self {
        Self { evaluation: Some(evaluation), ..self.clone() }
    }

    /// How good it is, if that has been measured.
    pub fn evaluation(&self) -> Option<&Evaluation> {
        self.evaluation.as_ref()
    }
}

/// What the model takes and gives, trained or not.
fn schema() -> Schema {
    let samples = Samples::embedded();
    let trained = |place: usize| {
        let column = || samples.bottles.iter().map(|bottle| bottle[place]);
        Range::new(column().fold(f64::MAX, f64::min), column().fold(f64::MIN, f64::max))
    };
    let column = |(place, measurement): (usize, Measurement)| {
        let (name, unit, allowed, description, example) = measurement;
        Column { name, unit, allowed, trained: trained(place), description, example }
    };
    let output = |name, kind, classes, description| Output { name, kind, classes, description };
    Schema {
        inputs: Inputs::Named(MEASUREMENTS.into_iter().enumerate().map(column).collect()),
        outputs: vec![
            output("score", OutputKind::Number, &[], "the expected score, of 0 to 10 points"),
            output("class", OutputKind::Class, &CLASSES, "the most likely score"),
            output(
                "interval",
                OutputKind::Interval,
                &[],
                "where the true score lies in nine of ten cases",
            ),
            output(
                "probabilities",
                OutputKind::Probabilities,
                &CLASSES,
                "how likely each score is",
            ),
        ],
    }
}

/// What people should know about it, measured or not.
fn card(evaluation: Option<Evaluation>) -> Card {
    Card {
        title: "Red wine quality",
        summary: "Expects the score that tasters would give a red wine, from eleven \
                  measurements of a laboratory.",
        description: "A blend of a support vector regression, the nearest neighbours and a \
                      forest of trees, each of which errs in its own way; how much each has \
                      to say was chosen on wines held out of training. It knows Portuguese \
                      Vinho Verde reds of scores 3 to 8, most of them 5 and 6: extremes are \
                      drawn to the middle, and other wines are beyond what it has seen. 240 \
                      of the 1,599 rows are there more than once. A split at random tests on \
                      wines that were trained on, which is the naive score; the honest one \
                      keeps equal wines on one side.",
        data: Some(
            "1,599 red wines: P. Cortez, A. Cerdeira, F. Almeida, T. Matos and J. Reis, \
             Modeling wine preferences by data mining from physicochemical properties, \
             Decision Support Systems, 2009. CC BY 4.0.",
        ),
        evaluation,
    }
}

/// Three bottles of the file: what most of them are like, one that tasters gave 8 points, and
/// one that had turned, with 3.
fn samples() -> Vec<Sample> {
    let sample = |name, title, row: Bottle| Sample { name, title, row: row.into() };
    vec![
        sample(
            "typical",
            "Typical",
            [7.4, 0.7, 0.0, 1.9, 0.076, 11.0, 34.0, 0.9978, 3.51, 0.56, 9.4],
        ),
        sample(
            "prize_winner",
            "Prize winner",
            [9.1, 0.4, 0.5, 1.8, 0.071, 7.0, 16.0, 0.99462, 3.21, 0.69, 12.5],
        ),
        sample(
            "past_its_best",
            "Past its best",
            [7.6, 1.58, 0.0, 2.1, 0.137, 5.0, 9.0, 0.99476, 3.5, 0.4, 10.9],
        ),
    ]
}

impl MLModel for WineModel {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn price(&self) -> Credits {
        PRICE
    }

    fn card(&self) -> Card {
        card(self.evaluation.clone())
    }

    fn samples(&self) -> Vec<Sample> {
        samples()
    }

    fn predict_rows(&self, rows: &Rows) -> Result<Rows> {
        let bottle = |row: &[f64]| Bottle::try_from(row).map_err(|_| wrong_width());
        let bottles = rows.iter().map(bottle).collect::<Result<Vec<_>>>()?;
        let mut outputs = Rows::new();
        let take = |judged: Judgement| {
            let numbers = [judged.score, f64::from(judged.class)];
            let numbers = numbers.into_iter().chain(judged.interval).chain(judged.probabilities);
            outputs.extend(numbers.map(|number| (number * PER_UNIT).round() / PER_UNIT));
        };
        SCRATCH.with_borrow_mut(|scratch| self.regression.judge(&bottles, scratch, take));
        Ok(outputs)
    }
}

fn wrong_width() -> Error {
    Error::invalid("row", "wrong_width", "must have the eleven measurements of a wine")
}
