//! Contents of tasks: what was sent and what came of it, in the row or in a file.

use crate::database::Row;
use crate::error::Result;
use crate::files::Hash;

/// A content of a task: small ones in the row, large ones in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// As it is.
    Inline(Vec<u8>),
    /// Compressed, under this hash.
    File(Hash),
}

impl Content {
    /// For the two columns of a content.
    pub(super) fn columns(of: Option<&Self>) -> (Option<&[u8]>, Option<[u8; 32]>) {
        match of {
            None => (None, None),
            Some(Self::Inline(bytes)) => (Some(bytes), None),
            Some(Self::File(hash)) => (None, Some(hash.bytes())),
        }
    }

    pub(super) fn read(row: &Row<'_>, at: usize) -> Result<Option<Self>> {
        if let Some(bytes) = row.get::<Option<Vec<u8>>>(at)? {
            return Ok(Some(Self::Inline(bytes)));
        }
        let hash = row.get::<Option<[u8; 32]>>(at + 1)?;
        Ok(hash.map(|hash| Self::File(Hash::from_bytes(hash))))
    }
}

/// The contents of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What was sent (`input_data`).
    pub input: Option<Content>,
    /// The numbers of every predicted row, a line for each (`output_data`).
    pub output: Option<Content>,
    /// What is wrong with the others: JSON, a line for each fault.
    pub faults: Option<Content>,
}
