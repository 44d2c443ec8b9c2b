//! The form in which trained models are kept: numbers behind a magic word, a version, a length and
//! a checksum. Nothing in it is ever run. It refuses whatever is not exactly what it wrote.
//!
//! ```text
//! CELLARML | version u32 | length u64 | SHA-256 of the contents | contents
//! ```
//!
//! All numbers are little-endian. What the contents mean is the reader's affair: a name of the kind
//! comes first, so that one kind is never read as another.

use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"CELLARML";
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 8 + 4 + 8 + 32;

/// Longest list that is read; a forged length must not take the memory.
const ITEMS_MAX: usize = 16 * 1024 * 1024;

/// Why an artefact is not taken; a clause to be read after its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// It does not begin as one.
    Foreign,
    /// Another version of the program wrote it.
    OtherVersion,
    /// It is shorter or longer than it says.
    WrongLength,
    /// Its bytes are not those that were written.
    WrongChecksum,
    /// Its contents do not make sense.
    Senseless,
    /// It is of another kind, or was trained otherwise.
    OtherKind,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Foreign => "is no artefact of Cellar",
            Self::OtherVersion => "was written by another version of Cellar",
            Self::WrongLength => "is cut off or too long",
            Self::WrongChecksum => "was changed after it was written",
            Self::Senseless => "holds contents that make no sense",
            Self::OtherKind => "was trained in another way or on other data",
        })
    }
}

impl std::error::Error for Damage {}

/// Writes an artefact.
#[derive(Debug)]
pub struct Writer {
    contents: Vec<u8>,
}

impl Writer {
    /// Begins one of this kind.
    pub fn new(kind: &str) -> Self {
        let mut writer = Self { contents: Vec::new() };
        writer.text(kind);
        writer
    }

    /// Adds a number.
    pub fn number(&mut self, number: u32) {
        self.contents.extend(number.to_le_bytes());
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.length(text.len());
        self.contents.extend(text.as_bytes());
    }

    /// Adds a list of floats.
    pub fn floats(&mut self, list: &[f64]) {
        self.length(list.len());
        self.contents.extend(list.iter().flat_map(|x| x.to_le_bytes()));
    }

    /// Adds a list of short floats.
    pub fn short_floats(&mut self, list: &[f32]) {
        self.length(list.len());
        self.contents.extend(list.iter().flat_map(|x| x.to_le_bytes()));
    }

    /// Adds a list of numbers.
    pub fn numbers(&mut self, list: &[u32]) {
        self.length(list.len());
        self.contents.extend(list.iter().flat_map(|x| x.to_le_bytes()));
    }

    fn length(&mut self, n: usize) {
        assert!(n <= ITEMS_MAX, "a list of {n} items could not be read again");
        self.number(u32::try_from(n).expect("the longest list is far below 2^32"));
    }

    /// The whole of it.
    pub fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.contents.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((self.contents.len() as u64).to_le_bytes());
        bytes.extend(Sha256::digest(&self.contents));
        bytes.extend(self.contents);
        bytes
    }
}

/// Reads an artefact back, part by part in the order it was written.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Begins to read one of this kind; everything but the sense of its parts is checked here.
    pub fn new(bytes: &'a [u8], kind: &str) -> Result<Self, Damage> {
        let (head, contents) = bytes.split_at_checked(HEAD_BYTES).ok_or(Damage::Foreign)?;
        let (magic, head) = head.split_at(MAGIC.len());
        let (version, head) = head.split_at(4);
        let (length, checksum) = head.split_at(8);
        if magic != MAGIC {
            return Err(Damage::Foreign);
        }
        if version != VERSION.to_le_bytes() {
            return Err(Damage::OtherVersion);
        }
        if length != (contents.len() as u64).to_le_bytes() {
            return Err(Damage::WrongLength);
        }
        if checksum != Sha256::digest(contents).as_slice() {
            return Err(Damage::WrongChecksum);
        }
        let mut reader = Self { rest: contents };
        if reader.text()? == kind { Ok(reader) } else { Err(Damage::OtherKind) }
    }

    /// The next number.
    pub fn number(&mut self) -> Result<u32, Damage> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// The next text.
    pub fn text(&mut self) -> Result<&'a str, Damage> {
        let n = self.length()?;
        std::str::from_utf8(self.take(n)?).map_err(|_| Damage::Senseless)
    }

    /// The next list of floats, all of them finite.
    pub fn floats(&mut self) -> Result<Vec<f64>, Damage> {
        let n = self.length()?;
        let list: Vec<f64> = self.items(n)?.map(f64::from_le_bytes).collect();
        if list.iter().all(|x| x.is_finite()) { Ok(list) } else { Err(Damage::Senseless) }
    }

    /// The next list of short floats, all of them finite.
    pub fn short_floats(&mut self) -> Result<Vec<f32>, Damage> {
        let n = self.length()?;
        let list: Vec<f32> = self.items(n)?.map(f32::from_le_bytes).collect();
        if list.iter().all(|x| x.is_finite()) { Ok(list) } else { Err(Damage::Senseless) }
    }

    /// The next list of numbers.
    pub fn numbers(&mut self) -> Result<Vec<u32>, Damage> {
        let n = self.length()?;
        Ok(self.items(n)?.map(u32::from_le_bytes).collect())
    }

    /// Ends; nothing may be left.
    pub fn finish(self) -> Result<(), Damage> {
        if self.rest.is_empty() { Ok(()) } else { Err(Damage::Senseless) }
    }

    fn length(&mut self) -> Result<usize, Damage> {
        let n = usize::try_from(self.number()?).map_err(|_| Damage::Senseless)?;
        if n <= ITEMS_MAX { Ok(n) } else { Err(Damage::Senseless) }
    }

    fn items<const N: usize>(
        &mut self,
        n: usize,
    ) -> Result<impl Iterator<Item = [u8; N]> + use<'a, N>, Damage> {
        let (items, _) = self.take(n * N)?.as_chunks::<N>();
        Ok(items.iter().copied())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        self.take(N)?.try_into().map_err(|_| Damage::Senseless)
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Damage::Senseless)?;
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written() -> Vec<u8> {
        let mut writer = Writer::new("test 1");
        writer.number(7);
        writer.text("wine");
        writer.floats(&[0.1, -2.5]);
        writer.numbers(&[1, 2, 3]);
        writer.finish()
    }

    fn read(bytes: &[u8]) -> Result<(), Damage> {
        let mut reader = Reader::new(bytes, "test 1")?;
        assert_eq!(reader.number()?, 7);
        assert_eq!(reader.text()?, "wine");
        assert_eq!(reader.floats()?, [0.1, -2.5]);
        assert_eq!(reader.numbers()?, [1, 2, 3]);
        reader.finish()
    }

    #[test]
    fn what_was_written_is_read_back() {
        assert_eq!(read(&written()), Ok(()));
        assert_eq!(Reader::new(&written(), "test 2").unwrap_err(), Damage::OtherKind);
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let whole = written();
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            assert!(read(&changed).is_err(), "byte {place}");
            assert!(read(&whole[..place]).is_err(), "cut at {place}");
        }
        assert_eq!(read(&[whole, vec![0]].concat()), Err(Damage::WrongLength));
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        let mut writer = Writer::new("test 1");
        writer.floats(&[f64::NAN]);
        let bytes = writer.finish();
        let found = Reader::new(&bytes, "test 1").unwrap().floats();
        assert_eq!(found, Err(Damage::Senseless));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reader::new(&bytes, "test 1");
            // The same behind a right head: a forged artefact.
            let mut writer = Writer::new("test 1");
            writer.contents.extend(&bytes);
            let forged = writer.finish();
            let mut reader = Reader::new(&forged, "test 1").unwrap();
            while reader.floats().is_ok() || reader.number().is_ok() {}
        }
    }
}
