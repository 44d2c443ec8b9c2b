//! What of a text the eye sees: letters that draw nothing make no name, no reason and no cell of a
//! table.

use std::borrow::Cow;

/// Whether a letter draws nothing: white space, control characters, and what only changes how other
/// letters are drawn or joined.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_ignorable(c)
}

/// The letters of a text that Unicode lets a reader ignore, and blanks that are no white space.
fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a letter has no place in a name on one line: a line break or another control character,
/// and what makes a text read in another direction than it is written, and so like another name.
pub fn is_misleading(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How many letters of a text can be seen.
pub fn n_visible(text: &str) -> usize {
    text.chars().filter(|c| !is_blank(*c)).count()
}

/// The letters that Windows-1252 has where Latin-1 has control characters; where it has none, they
/// stay.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of these bytes. Whatever of them is not UTF-8 is read as Windows-1252, in which the
/// files of older programs are: a letter that may be another one says more than a sign that says
/// nothing.
pub fn legible(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return text.into();
    }
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| match byte {
            0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
            _ => char::from(*byte),
        }));
    }
    text.into()
}

/// Whether it is a number as people write it: digits, perhaps a point and further digits, and
/// nothing but a minus before them.
pub fn is_decimal(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let (mut n_here, mut has_point) = (0_usize, false);
    for byte in digits {
        match byte {
            b'0'..=b'9' => n_here += 1,
            b'.' if n_here > 0 && !has_point => (n_here, has_point) = (0, true),
            _ => return false,
        }
    }
    n_here > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_digits_and_perhaps_a_point() {
        for text in ["0", "-0", "12.50", "-0.997", "007"] {
            assert!(is_decimal(text.as_bytes()), "{text}");
        }
        for text in ["", "-", ".", "5.", ".5", "--1", "+1", "1.2.3", "1e3", "1,5", " 1", "nan"] {
            assert!(!is_decimal(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn bytes_of_older_files_are_letters() {
        assert_eq!(legible(b"Ch\xe2teau \x80 5\x96\x97\x8d"), "Château € 5–—\u{8d}");
        assert_eq!(legible("Ch\u{e2}teau".as_bytes()), "Château");
        // Each piece for itself: one text may have both.
        assert_eq!(legible(b"\xc3\xa2 \xe2\xc3\xa2\xff"), "â ââÿ");
    }

    #[test]
    fn what_draws_nothing_is_not_counted() {
        assert_eq!(n_visible("\u{200b}\u{feff}\u{2060} \t\u{3164}\u{2800}\u{e0041}"), 0);
        assert_eq!(n_visible("a \u{200b}ß\u{301}日"), 4);
    }
}
