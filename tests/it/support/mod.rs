//! What the stories share: a fresh server, its actors, the real binary, the browser.

pub(crate) mod app;
pub(crate) mod binary;
pub(crate) mod browser;
pub(crate) mod month;

/// The columns of a wine, in the model's order.
pub(crate) const WINE_COLUMNS: [&str; 11] = [
    "fixed acidity",
    "volatile acidity",
    "citric acid",
    "residual sugar",
    "chlorides",
    "free sulfur dioxide",
    "total sulfur dioxide",
    "density",
    "pH",
    "sulphates",
    "alcohol",
];
