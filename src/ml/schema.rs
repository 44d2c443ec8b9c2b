//! What a model takes and gives: names, units, ranges. From it come the checks of every row, the
//! forms on screen and the description of the API.

use serde::Serialize;
use utoipa::ToSchema;

/// Bounds, both of them within.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Range {
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
}

impl Range {
    /// From `min` to `max`.
    pub const fn new(min: f64, max: f64) -> Self {
        Self { min, max }
    }

    /// Whether `value` is within.
    pub fn contains(&self, value: f64) -> bool {
        self.min <= value && value <= self.max
    }
}

/// One number of a row.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename = "number")]
pub struct Column {
    /// Its name, as in the header of a file.
    #[schema(value_type = String)]
    pub name: &'static str,
    /// Its unit, if it has one.
    #[schema(value_type = Option<String>)]
    pub unit: Option<&'static str>,
    /// What can be at all; a value beyond is a mistake, and its row is rejected.
    pub allowed: Range,
    /// What the model has seen; a value beyond is predicted, with a note.
    pub trained: Range,
    /// What it is.
    #[schema(value_type = String)]
    pub description: &'static str,
    /// A usual value.
    pub example: f64,
}

/// What a row consists of.
#[derive(Debug, Clone, PartialEq)]
pub enum Inputs {
    /// These numbers, by name.
    Named(Vec<Column>),
    /// Any number of numbers, each of them within these bounds.
    Numbers(Range),
}

impl Inputs {
    /// Whether a row may have any number of numbers.
    pub fn takes_any(&self) -> bool {
        matches!(self, Self::Numbers(_))
    }

    /// What the number at this place can be.
    pub fn allowed(&self, place: usize) -> Range {
        match self {
            Self::Named(columns) => columns[place].allowed,
            Self::Numbers(range) => *range,
        }
    }

    /// The numbers with names; none if any number of them will do.
    pub fn columns(&self) -> &[Column] {
        match self {
            Self::Named(columns) => columns,
            Self::Numbers(_) => &[],
        }
    }
}

/// What kind of thing an output is, and so how many numbers tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    /// A number.
    Number,
    /// One of a few whole numbers.
    Class,
    /// Two bounds.
    Interval,
    /// How likely each of the classes is.
    Probabilities,
    /// As many numbers as the row has.
    Numbers,
}

/// One thing that is predicted of a row.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Output {
    /// Its name.
    #[schema(value_type = String)]
    pub name: &'static str,
    /// What it is.
    pub kind: OutputKind,
    /// The classes, of what has classes.
    #[schema(value_type = Vec<u8>)]
    pub classes: &'static [u8],
    /// What it means.
    #[schema(value_type = String)]
    pub description: &'static str,
}

impl Output {
    /// How many numbers tell it, of a row with `n_inputs` numbers.
    pub fn n_numbers(&self, n_inputs: usize) -> usize {
        match self.kind {
            OutputKind::Number | OutputKind::Class => 1,
            OutputKind::Interval => 2,
            OutputKind::Probabilities => self.classes.len(),
            OutputKind::Numbers => n_inputs,
        }
    }

    /// The columns it takes in a table; `Numbers` takes one, with a space between them.
    pub fn column_names(&self) -> Vec<String> {
        match self.kind {
            OutputKind::Number | OutputKind::Class | OutputKind::Numbers => {
                vec![self.name.to_owned()]
            }
            OutputKind::Interval => {
                vec![format!("{}_low", self.name), format!("{}_high", self.name)]
            }
            OutputKind::Probabilities => {
                self.classes.iter().map(|class| format!("probability_{class}")).collect()
            }
        }
    }
}

/// What a model takes and gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// What a row consists of.
    pub inputs: Inputs,
    /// What is predicted of it.
    pub outputs: Vec<Output>,
}
