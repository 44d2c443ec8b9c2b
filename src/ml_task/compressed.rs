//! Large contents in files, compressed. They are written in small blocks: whoever writes or reads a
//! file has one of them in memory, and many may read at once.

use std::fs::File;
use std::io::{self, Read, Write};

use lz4_flex::frame::{BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

use crate::error::{Error, Result};
use crate::files::{Blob, Draft, Files, Hash};

/// A content on its way into a file.
pub(super) struct Compressing {
    encoder: FrameEncoder<Draft>,
}

impl Compressing {
    pub(super) fn begin(files: &Files) -> Result<Self> {
        // Left to itself, the encoder takes four megabytes as soon as it is given much at once.
        let how = FrameInfo::new().block_size(BlockSize::Max64KB);
        Ok(Self { encoder: FrameEncoder::with_frame_info(how, files.draft()?) })
    }

    pub(super) fn keep(self) -> Result<Blob> {
        self.encoder.finish().map_err(Error::internal)?.keep()
    }
}

impl Write for Compressing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.encoder.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.encoder.flush()
    }
}

/// Keeps what a source yields.
pub(super) fn compressed(files: &Files, source: &mut dyn Read) -> Result<Blob> {
    let mut compressing = Compressing::begin(files)?;
    io::copy(source, &mut compressing).map_err(Error::internal)?;
    compressing.keep()
}

/// Opens a content that was kept.
pub(super) fn decompressed(files: &Files, hash: Hash) -> Result<FrameDecoder<File>> {
    Ok(FrameDecoder::new(files.open_blob(hash)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_comes_back_from_small_blocks() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::below(folder.path());
        let content: Vec<_> = (0..400_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut compressing = Compressing::begin(&files).unwrap();
        compressing.write_all(&content).unwrap();
        let blob = compressing.keep().unwrap();
        let mut header = [0; 6];
        files.open_blob(blob.hash).unwrap().read_exact(&mut header).unwrap();
        assert_eq!(header[5] >> 4, 4, "blocks of 64 KiB");
        let mut found = vec![];
        decompressed(&files, blob.hash).unwrap().read_to_end(&mut found).unwrap();
        assert!(found == content);
    }
}
