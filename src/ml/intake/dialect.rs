//! How the cells of a file are parted, told from its first lines.

use super::cell::read_text;
use crate::ml::schema::Inputs;

/// What may part cells. What most files have comes last, and wins a tie.
const DELIMITERS: [u8; 4] = [b'|', b'\t', b';', b','];

/// How cells are parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
}

impl Dialect {
    /// The dialect that the first lines of a file look like: what parts cells is there equally
    /// often on every line. If that is true of several, as of the comma and the semicolon in
    /// `7,4;3,5`, it is the one that makes as many cells as the model takes, or makes numbers. For
    /// a model that takes any number of them, lines need not be of one length.
    pub(super) fn sniff(head: &[u8], inputs: &Inputs) -> Self {
        let mut lines = head.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|l| !l.is_empty());
        let first = lines.next().unwrap_or_default();
        let second = lines.next().unwrap_or(first);
        let score = |delimiter: u8| {
            let (a, b) = (n_outside_quotes(first, delimiter), n_outside_quotes(second, delimiter));
            let is_regular = a == b && a > 0;
            let fits = is_regular && !inputs.takes_any() && a + 1 == inputs.columns().len();
            let has_decimal_comma = delimiter != b',';
            let is_number = |cell: &[u8]| read_text(cell, has_decimal_comma).is_ok();
            let is_of_numbers = |line: &[u8]| line.split(|b| *b == delimiter).all(is_number);
            let parts = is_regular || inputs.takes_any() && a.max(b) > 0;
            let is_numeric = parts && is_of_numbers(second);
            let is_sure = inputs.takes_any() && is_numeric && is_of_numbers(first);
            // A row of one number with a decimal comma has none of what parts the names above it.
            (is_sure, is_regular, fits, is_numeric, a > 0, a.min(b))
        };
        let best = DELIMITERS.into_iter().max_by_key(|delimiter| score(*delimiter));
        Self { delimiter: best.unwrap_or(b',') }
    }
}

fn n_outside_quotes(line: &[u8], wanted: u8) -> usize {
    let mut is_quoted = false;
    let mut n = 0;
    for byte in line {
        is_quoted ^= *byte == b'"';
        n += usize::from(!is_quoted && *byte == wanted);
    }
    n
}
