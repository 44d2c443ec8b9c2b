//! Contents of tasks on their way to be kept: small ones in the task's row, large ones compressed
//! in a file.

use std::io::Read;

use super::compressed::compressed;
use super::content::{Content, Contents};
use super::outcome::Predicted;
use super::prediction::write_lines;
use crate::clock::Timestamp;
use crate::database::Tx;
use crate::error::Result;
use crate::files::{Blob, Files};
use crate::web::Upload;

/// Contents up to this size lie in the task's row.
const INLINE_BYTES_MAX: usize = 16 * 1024;

/// The contents of a task, those that are large on the disk already.
pub(super) struct Kept {
    contents: Contents,
    blobs: Vec<Blob>,
}

impl Kept {
    /// Puts what was sent and what came of it.
    pub(super) fn put(files: &Files, upload: &Upload, of: &Predicted) -> Result<Self> {
        let mut kept = Self::put_without_output(files, upload, of)?;
        let mut lines = String::new();
        write_lines(&of.outputs, &mut lines);
        kept.contents.output = Some(kept.content(files, lines.as_bytes())?);
        Ok(kept)
    }

    /// Puts what was sent, and what is wrong with it: what nobody pays for is not told.
    pub(super) fn put_without_output(
        files: &Files,
        upload: &Upload,
        of: &Predicted,
    ) -> Result<Self> {
        let contents = Contents { input: None, output: None, faults: None };
        let mut kept = Self { contents, blobs: vec![] };
        kept.contents.input = Some(match upload.bytes() {
            Some(bytes) => kept.content(files, bytes)?,
            None => kept.file(files, &mut upload.open()?)?,
        });
        if !of.block.faults.is_empty() {
            kept.contents.faults = Some(kept.content(files, &of.fault_lines()?)?);
        }
        Ok(kept)
    }

    fn content(&mut self, files: &Files, bytes: &[u8]) -> Result<Content> {
        if bytes.len() <= INLINE_BYTES_MAX {
            return Ok(Content::Inline(bytes.to_vec()));
        }
        self.file(files, &mut &*bytes)
    }

    fn file(&mut self, files: &Files, source: &mut (dyn Read + Send)) -> Result<Content> {
        let blob = compressed(files, source)?;
        self.blobs.push(blob);
        Ok(Content::File(blob.hash))
    }

    /// The contents, with the rows of those that lie in files.
    pub(super) fn record(self, tx: &Tx<'_>, now: Timestamp) -> Result<Contents> {
        for blob in &self.blobs {
            blob.create(tx, now)?;
        }
        Ok(self.contents)
    }
}
