//! Wines as a table.

use cellar::ml::wine::Samples;

/// The names of the columns.
pub(crate) const NAMES: &str = "fixed acidity,volatile acidity,citric acid,residual sugar,\
    chlorides,free sulfur dioxide,total sulfur dioxide,density,pH,sulphates,alcohol";

/// A table of so many wines.
pub(crate) fn table_of(n_rows: usize) -> String {
    let samples = Samples::embedded();
    let mut table = format!("{NAMES}\n");
    for bottle in samples.bottles.iter().cycle().take(n_rows) {
        let cells: Vec<_> = bottle.iter().map(ToString::to_string).collect();
        table += &cells.join(",");
        table.push('\n');
    }
    table
}
