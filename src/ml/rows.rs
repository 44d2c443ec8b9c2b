//! Rows of numbers, one behind the other; they need not be of one length.

/// Rows of numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    values: Vec<f64>,
    ends: Vec<usize>,
}

impl Rows {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row.
    pub fn push(&mut self, row: &[f64]) {
        self.extend(row.iter().copied());
    }

    /// Adds a row of these numbers.
    pub fn extend(&mut self, row: impl IntoIterator<Item = f64>) {
        self.values.extend(row);
        self.ends.push(self.values.len());
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The row at `place`.
    ///
    /// # Panics
    /// If there is none.
    pub fn row(&self, place: usize) -> &[f64] {
        let begin = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.values[begin..self.ends[place]]
    }

    /// Each row, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        (0..self.len()).map(|place| self.row(place))
    }

    /// All numbers of all rows.
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

impl<'a> FromIterator<&'a [f64]> for Rows {
    fn from_iter<I: IntoIterator<Item = &'a [f64]>>(rows: I) -> Self {
        let mut all = Self::new();
        rows.into_iter().for_each(|row| all.push(row));
        all
    }
}
