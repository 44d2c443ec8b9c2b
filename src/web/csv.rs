//! Tables as CSV.

use std::borrow::Cow;

use memchr::memchr3;

use crate::error::{Error, Result};
use crate::text::{is_blank, is_decimal};

/// Rows of CSV as text.
pub fn csv_rows<R: AsRef<[String]>>(rows: impl IntoIterator<Item = R>) -> Result<String> {
    let mut text = CsvText::default();
    for row in rows {
        text.add(row.as_ref());
    }
    String::from_utf8(text.finish()).map_err(Error::internal)
}

/// Rows of CSV, written one by one. A field may be any bytes. They are written here and not by a
/// library, because most rows of a table need nothing done and can be passed on whole; in the tests
/// a library reads them.
#[derive(Debug, Default)]
pub struct CsvText {
    text: Vec<u8>,
    /// Where the row under way begins.
    row: usize,
    has_fields: bool,
}

impl CsvText {
    /// Adds a row.
    pub fn add<F: AsRef<[u8]>>(&mut self, row: &[F]) {
        for field in row {
            self.add_field(field.as_ref());
        }
        self.end_row();
    }

    /// Adds a field to the row under way.
    pub fn add_field(&mut self, field: &[u8]) {
        self.begin_field();
        let field = harmless(field);
        if !field.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            self.text.extend_from_slice(&field);
            return;
        }
        self.text.push(b'"');
        for (n, part) in field.split(|byte| *byte == b'"').enumerate() {
            self.text.extend_from_slice(if n > 0 { b"\"\"" } else { b"" });
            self.text.extend_from_slice(part);
        }
        self.text.push(b'"');
    }

    /// Adds fields between which there are commas to the row under way, if each of them is as it
    /// should be; if not, nothing is added, and they are to be added one by one.
    pub fn add_line(&mut self, line: &[u8]) -> bool {
        let is_plain = memchr3(b'"', b'\n', b'\r', line).is_none();
        if !is_plain || !line.split(|byte| *byte == b',').all(is_surely_harmless) {
            return false;
        }
        self.begin_field();
        self.text.extend_from_slice(line);
        true
    }

    fn begin_field(&mut self) {
        if std::mem::replace(&mut self.has_fields, true) {
            self.text.push(b',');
        }
    }

    /// Ends the row under way.
    pub fn end_row(&mut self) {
        // An empty line is no row.
        if self.text.len() == self.row {
            self.text.extend_from_slice(b"\"\"");
        }
        self.text.push(b'\n');
        (self.row, self.has_fields) = (self.text.len(), false);
    }

    /// All of it.
    pub fn finish(self) -> Vec<u8> {
        self.text
    }
}

/// Whether a field begins with a letter or a digit, which are no signs, or is a number; nearly all
/// are like that.
fn is_surely_harmless(field: &[u8]) -> bool {
    field.first().is_none_or(u8::is_ascii_alphanumeric) || is_decimal(field)
}

/// A text that a spreadsheet would take for a formula is marked as text. Numbers stay numbers. Some
/// spreadsheets do not look at what they cannot draw, or take a wide sign for a narrow one.
fn harmless(field: &[u8]) -> Cow<'_, [u8]> {
    const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    if is_surely_harmless(field) {
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
    use proptest::prelude::*;

    use super::*;

    fn any_field() -> impl Strategy<Value = String> {
        prop_oneof![Just(String::new()), "[a-z0-9]{1,4}", "[a5,\"\r\n ;é-]{0,6}"]
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_the_library_reads(
            rows in prop::collection::vec(prop::collection::vec(any_field(), 1..4), 0..6),
        ) {
            let (mut each, mut whole) = (CsvText::default(), CsvText::default());
            for row in &rows {
                each.add(row);
                let line = row.join(",");
                let n_cells = line.split(',').count();
                if n_cells > row.len() || !whole.add_line(line.as_bytes()) {
                    for field in row {
                        whole.add_field(field.as_bytes());
                    }
                }
                whole.end_row();
            }
            let text = each.finish();
            prop_assert_eq!(&text, &whole.finish());
            let mut reader = csv::ReaderBuilder::new();
            let mut reader = reader.has_headers(false).flexible(true).from_reader(&text[..]);
            let read: Vec<Vec<String>> =
                reader.deserialize().collect::<std::result::Result<_, _>>().unwrap();
            let told = rows.iter().map(|row| {
                let harmless = row.iter().map(|field| harmless(field.as_bytes()).into_owned());
                harmless.map(|field| String::from_utf8(field).unwrap()).collect()
            });
            prop_assert_eq!(read, told.collect::<Vec<Vec<String>>>());
        }
    }

    #[test]
    fn a_line_is_passed_on_if_nothing_is_to_be_done_with_it() {
        for (line, is_plain) in [
            ("1,,a b", true),
            ("7.4,-5", true),
            ("7.4,-5.2.1", false),
            ("7.4,-5+1", false),
            ("7.4,=5", false),
            ("\"7\",4", false),
            ("7\r,4", false),
            (" @a", false),
        ] {
            let mut text = CsvText::default();
            text.add_field(b"0");
            assert_eq!(text.add_line(line.as_bytes()), is_plain, "{line}");
            let added = if is_plain { format!("0,{line}") } else { "0".to_owned() };
            assert_eq!(text.finish(), added.into_bytes());
        }
    }

    #[test]
    fn a_row_of_one_empty_field_is_no_empty_line() {
        assert_eq!(csv_rows([[String::new()], ["a".to_owned()]]).unwrap(), "\"\"\na\n");
    }

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
