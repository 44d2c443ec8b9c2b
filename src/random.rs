//! Randomness from the system: secrets, and an alphabet in no particular order.

use data_encoding::BASE64URL_NOPAD;

use crate::error::{Error, Result};

/// A secret of 256 bits as 43 letters.
pub fn secret() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// The same letters in an order nobody can foretell.
pub fn shuffled(letters: &str) -> Result<String> {
    let mut letters: Vec<char> = letters.chars().collect();
    for end in (1..letters.len()).rev() {
        letters.swap(end, below(end + 1)?);
    }
    Ok(letters.into_iter().collect())
}

/// A password that a person can read out: five groups of four letters none of which look alike.
pub fn readable_password() -> Result<String> {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut password = String::new();
    for place in 0..20 {
        if place > 0 && place % 4 == 0 {
            password.push('-');
        }
        password.push(char::from(LETTERS[below(LETTERS.len())?]));
    }
    Ok(password)
}

/// A number below `bound` (at most 256), each as likely as any other.
fn below(bound: usize) -> Result<usize> {
    let fair = 256 - 256 % bound;
    loop {
        let mut byte = [0; 1];
        getrandom::fill(&mut byte).map_err(Error::internal)?;
        let number = usize::from(byte[0]);
        if number < fair {
            return Ok(number % bound);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::LETTERS;

    #[test]
    fn a_shuffled_alphabet_has_the_same_letters() {
        let shuffled = shuffled(LETTERS).unwrap();
        assert_ne!(shuffled, LETTERS);
        let sorted = |text: &str| {
            let mut letters: Vec<char> = text.chars().collect();
            letters.sort_unstable();
            letters
        };
        assert_eq!(sorted(&shuffled), sorted(LETTERS));
    }

    #[test]
    fn passwords_and_secrets_do_not_repeat() {
        assert_ne!(readable_password().unwrap(), readable_password().unwrap());
        assert_eq!(readable_password().unwrap().len(), 24);
        assert_eq!(secret().unwrap().len(), 43);
    }
}
