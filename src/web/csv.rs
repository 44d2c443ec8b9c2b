//! Tables as CSV.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::text::is_blank;

/// Rows of CSV as text.
pub fn csv_rows<R: AsRef<[String]>>(rows: impl IntoIterator<Item = R>) -> Result<String> {
    let mut text = CsvText::default();
    for row in rows {
        text.add(row.as_ref())?;
    }
    String::from_utf8(text.finish()?).map_err(Error::internal)
}

/// Rows of CSV, written one by one. A field may be any bytes.
pub struct CsvText {
    writer: csv::Writer<Vec<u8>>,
}

impl Default for CsvText {
    fn default() -> Self {
        Self { writer: csv::Writer::from_writer(Vec::new()) }
    }
}

impl CsvText {
    /// Adds a row.
    pub fn add<F: AsRef<[u8]>>(&mut self, row: &[F]) -> Result<()> {
        row.iter().try_for_each(|field| self.add_field(field.as_ref()))?;
        self.end_row()
    }

    /// Adds a field to the row under way.
    pub fn add_field(&mut self, field: &[u8]) -> Result<()> {
        self.writer.write_field(harmless(field)).map_err(Error::internal)
    }

    /// Ends the row under way.
    pub fn end_row(&mut self) -> Result<()> {
        self.writer.write_record(None::<&[u8]>).map_err(Error::internal)
    }

    /// All of it.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.writer.into_inner().map_err(|error| Error::internal(error.to_string()))
    }
}

/// A text that a spreadsheet would take for a formula is marked as text. Numbers stay numbers. Some
/// spreadsheets do not look at what they cannot draw, or take a wide sign for a narrow one.
fn harmless(field: &[u8]) -> Cow<'_, [u8]> {
    const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    // Letters and digits, which nearly all fields begin with, are no signs.
    if field.first().is_none_or(u8::is_ascii_alphanumeric) {
        return field.into();
    }
    let text = String::from_utf8_lossy(field);
    let begins = text.chars().find(|c| !is_blank(*c));
    let is_formula = begins.is_some_and(|c| SIGNS.contains(&c)) || text.starts_with(['\t', '\r']);
    if is_formula && text.parse::<f64>().is_err() {
        [b"'", field].concat().into()
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
