//! Exports: a table as CSV, sent row by row as it is read.

use rocket::futures::Stream;
use rocket::response::stream::TextStream;
use rocket::response::{self, Responder, Response};
use rocket::{Request, http::Status};

use crate::error::{Error, Result};
use crate::text::is_blank;

/// A table to be kept as a file of this name.
pub struct Export<S> {
    name: &'static str,
    rows: S,
}

impl<S: Stream<Item = String> + Send> Export<S> {
    /// A file of this name with these pieces of CSV, the header in the first.
    pub fn new(name: &'static str, rows: S) -> Self {
        Self { name, rows }
    }
}

impl<'r, S: Stream<Item = String> + Send + 'r> Responder<'r, 'r> for Export<S> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        Response::build_from(TextStream(self.rows).respond_to(request)?)
            .status(Status::Ok)
            .raw_header("Content-Type", "text/csv; charset=utf-8; header=present")
            .raw_header("Content-Disposition", format!("attachment; filename=\"{}\"", self.name))
            .ok()
    }
}

/// Rows of CSV as text.
pub fn csv_rows<R: AsRef<[String]>>(rows: impl IntoIterator<Item = R>) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row.as_ref().iter().map(|field| harmless(field).into_owned()))
            .map_err(Error::internal)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::internal(error.to_string()))?;
    String::from_utf8(bytes).map_err(Error::internal)
}

/// A text that a spreadsheet would take for a formula is marked as text. Numbers stay numbers. Some
/// spreadsheets do not look at what they cannot draw, or take a wide sign for a narrow one.
fn harmless(field: &str) -> std::borrow::Cow<'_, str> {
    const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let begins = field.chars().find(|c| !is_blank(*c));
    let is_formula = begins.is_some_and(|c| SIGNS.contains(&c)) || field.starts_with(['\t', '\r']);
    if is_formula && field.parse::<f64>().is_err() {
        format!("'{field}").into()
    } else {
        field.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_data_whatever_is_in_it() {
        let rows = [["a,b", "say \"no\"\nplease", "=1+1", "-5"].map(str::to_owned)];
        assert_eq!(csv_rows(rows).unwrap(), "\"a,b\",\"say \"\"no\"\"\nplease\",'=1+1,-5\n");
    }

    #[test]
    fn a_formula_that_hides_its_sign_is_a_text_too() {
        for hidden in ["\u{feff}=1+1", "\u{200b}@x", "\u{a0} +a", "＝1+1", " －a", "＠x", "＋1"]
        {
            assert_eq!(csv_rows([[hidden.to_owned()]]).unwrap(), format!("'{hidden}\n"));
        }
        for plain in ["a=1", "\u{200b}", "1-2"] {
            assert_eq!(csv_rows([[plain.to_owned()]]).unwrap(), format!("{plain}\n"));
        }
    }
}
