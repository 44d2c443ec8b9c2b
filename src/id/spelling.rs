//! How numbers are spelled: as Sqids spells them, which is a public format with many readers.
//!
//! Its crate turns and shuffles the alphabet anew for every word, in lists of its own, which takes
//! longer than the rest of an answer's text. There are only as many turns as letters, so here each
//! is made once; a test holds the words to those of the crate, which reads them.

use std::collections::HashSet;

use sqids::Sqids;

/// Shortest word; long enough that small numbers do not look small.
const CHARS_MIN: u8 = 10;

/// An alphabet with every turn that a word may begin with.
#[derive(Debug)]
pub(super) struct Spelling {
    sqids: Sqids,
    /// The letters in the order of the first turn, by which a number chooses its own.
    letters: Vec<u8>,
    turns: Vec<Turn>,
}

/// The alphabet as it is read from one letter on.
#[derive(Debug)]
struct Turn {
    first: u8,
    /// What ends the number in a word that is too short.
    end: u8,
    /// The digits of numbers.
    digits: Vec<u8>,
    /// What fills up a word that is too short.
    filling: Vec<u8>,
}

impl Spelling {
    /// With these letters, of which each must be there once.
    pub(super) fn new(letters: &str) -> Result<Self, sqids::Error> {
        let sqids = Sqids::builder()
            .alphabet(letters.chars().collect())
            .min_length(CHARS_MIN)
            .blocklist(HashSet::default())
            .build()?;
        let letters = shuffled(letters.bytes().collect());
        let turns = (0..letters.len()).map(|offset| Turn::new(&letters, offset)).collect();
        Ok(Self { sqids, letters, turns })
    }

    /// The word for a number.
    pub(super) fn word_of(&self, number: u64) -> String {
        let letter = self.letters[remainder(number, &self.letters)];
        let turn = &self.turns[remainder(u64::from(letter) + 1, &self.letters)];
        let (mut digits, mut rest) = (Vec::with_capacity(24), number);
        loop {
            digits.push(turn.digits[remainder(rest, &turn.digits)]);
            rest /= turn.digits.len() as u64;
            if rest == 0 {
                break;
            }
        }
        digits.push(turn.first);
        digits.reverse();
        if digits.len() < usize::from(CHARS_MIN) {
            digits.push(turn.end);
            let missing = usize::from(CHARS_MIN).saturating_sub(digits.len());
            digits.extend_from_slice(&turn.filling[..missing]);
        }
        digits.into_iter().map(char::from).collect()
    }

    /// The number that a word stands for; `None` if it is not the word that this would write.
    pub(super) fn number_of(&self, word: &str) -> Option<u64> {
        let [number] = self.sqids.decode(word)[..] else { return None };
        // Several words can be read as one number.
        (self.word_of(number) == word).then_some(number)
    }
}

impl Turn {
    fn new(letters: &[u8], offset: usize) -> Self {
        let mut turned = letters.to_vec();
        turned.rotate_left(offset);
        let first = turned[0];
        turned.reverse();
        let (end, digits) = (turned[0], turned[1..].to_vec());
        let (mut filling, mut letters) = (vec![], turned);
        while filling.len() < usize::from(CHARS_MIN) {
            letters = shuffled(letters);
            filling.extend_from_slice(&letters);
        }
        Self { first, end, digits, filling }
    }
}

/// A place among these letters.
fn remainder(n: u64, letters: &[u8]) -> usize {
    usize::try_from(n % letters.len() as u64).expect("it is less than what was divided by")
}

/// The letters in the order that Sqids gives them: always the same for the same letters.
fn shuffled(mut letters: Vec<u8>) -> Vec<u8> {
    for place in 0..letters.len().saturating_sub(1) {
        let other = letters.len() - 1 - place;
        let sum = usize::from(letters[place]) + usize::from(letters[other]);
        let with = (place * other + sum) % letters.len();
        letters.swap(place, with);
    }
    letters
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_those_of_sqids(
            letters in Just(super::super::LETTERS.chars().collect::<Vec<_>>()).prop_shuffle(),
            n_letters in prop_oneof![Just(62_usize), 3..62_usize],
            number in prop_oneof![Just(0), Just(u64::MAX), 0..100_000_u64, any::<u64>()],
        ) {
            let spelling = Spelling::new(&letters[..n_letters].iter().collect::<String>()).unwrap();
            let told = spelling.sqids.encode(&[number]).unwrap();
            prop_assert_eq!(spelling.word_of(number), told);
            prop_assert_eq!(spelling.number_of(&spelling.word_of(number)), Some(number));
        }
    }

    #[test]
    fn an_alphabet_that_cannot_tell_numbers_apart_is_refused() {
        for letters in ["", "ab", "abca", "añb"] {
            assert!(Spelling::new(letters).is_err(), "{letters}");
        }
    }
}
