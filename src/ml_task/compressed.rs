//! Large contents in files, compressed: one LZ4 frame each. They are written in small blocks, so
//! whoever writes or reads a file has few of them in memory, and many may read at once.
//!
//! Each block is compressed by the library and for itself, so that all processors can take part;
//! its own writer of frames works on one. What stands around the blocks is ours.

use std::fs::File;
use std::io::{self, Read, Write};

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};
use lz4_flex::frame::FrameDecoder;

use super::flow::flow;
use crate::error::{Error, Result};
use crate::files::{Blob, Draft, Files, Hash};
use crate::ml::intake::Portion;

/// How every frame begins: blocks of [`BLOCK_BYTES`] at most, each for itself. There are no sums to
/// tell whether it came back unharmed: contents are known by their hash.
const HEADER: [u8; 7] = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];

/// How it ends: where a block would be, there is none.
const END: [u8; 4] = [0; 4];

/// The smallest blocks that there are.
const BLOCK_BYTES: usize = 64 * 1024;

/// Stands in the length of a block that is as it was, for it would only have grown.
const AS_IT_WAS: u32 = 1 << 31;

/// What goes from thread to thread at once, or less: several of them are in memory.
const STRETCH_BYTES: usize = 4 * BLOCK_BYTES;

/// Contents from here on are worth other threads.
const LONG_BYTES: usize = 16 * BLOCK_BYTES;

/// Makes blocks of what is a content's.
struct Blocks {
    table: CompressTable,
}

impl Blocks {
    fn new() -> Self {
        Self { table: CompressTable::large() }
    }

    /// Adds the next stretch of a content to `frame`. It ends where a block does, or the content.
    fn add(&mut self, stretch: &[u8], frame: &mut Vec<u8>) {
        for block in stretch.chunks(BLOCK_BYTES) {
            let at = frame.len() + size_of::<u32>();
            frame.resize(at + get_maximum_output_size(block.len()), 0);
            let packed = compress_into_with_table(block, &mut frame[at..], &mut self.table).ok();
            let (n_bytes, kind) = if let Some(n_bytes) = packed.filter(|n| *n < block.len()) {
                (n_bytes, 0)
            } else {
                frame[at..at + block.len()].copy_from_slice(block);
                (block.len(), AS_IT_WAS)
            };
            let length = u32::try_from(n_bytes).expect("a block is small") | kind;
            frame[at - size_of::<u32>()..at].copy_from_slice(&length.to_le_bytes());
            frame.truncate(at + n_bytes);
        }
    }
}

/// A content on its way into a file, piece by piece.
pub(super) struct Compressing {
    draft: Draft,
    blocks: Blocks,
    /// What is not in a block yet: less than one.
    rest: Vec<u8>,
    frame: Vec<u8>,
}

impl Compressing {
    pub(super) fn begin(files: &Files) -> Result<Self> {
        let draft = begun(files)?;
        Ok(Self { draft, blocks: Blocks::new(), rest: vec![], frame: vec![] })
    }

    pub(super) fn keep(mut self) -> Result<Blob> {
        self.pass_on(self.rest.len()).map_err(Error::internal)?;
        ended(self.draft)
    }

    /// Puts so much of what is there into blocks.
    fn pass_on(&mut self, n_bytes: usize) -> io::Result<()> {
        self.frame.clear();
        self.blocks.add(&self.rest[..n_bytes], &mut self.frame);
        self.rest.drain(..n_bytes);
        self.draft.write_all(&self.frame)
    }
}

impl Write for Compressing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // However much comes at once, a few blocks are in memory.
        let bytes = &bytes[..bytes.len().min(STRETCH_BYTES)];
        self.rest.extend_from_slice(bytes);
        if self.rest.len() >= BLOCK_BYTES {
            self.pass_on(self.rest.len() / BLOCK_BYTES * BLOCK_BYTES)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

/// Keeps what a source yields, with the help of all processors if it is much.
pub(super) fn compressed(files: &Files, source: &mut (dyn Read + Send)) -> Result<Blob> {
    let mut draft = begun(files)?;
    let (first, mut frame) = (stretch_of(source, LONG_BYTES)?, vec![]);
    if first.len() < LONG_BYTES {
        Blocks::new().add(&first, &mut frame);
        draft.write_all(&frame).map_err(Error::internal)?;
        return ended(draft);
    }
    let mut first = Some(first);
    let next = |portion: Portion| {
        // Blocks are the same on a machine of many cores, where stretches are shorter.
        let n_blocks = (portion.bytes_max.min(STRETCH_BYTES) / BLOCK_BYTES).max(1);
        let stretch =
            first.take().map_or_else(|| stretch_of(source, n_blocks * BLOCK_BYTES), Ok)?;
        Ok((!stretch.is_empty()).then_some(stretch))
    };
    let worker = || {
        let mut blocks = Blocks::new();
        move |stretch: Vec<u8>| {
            let mut frame = Vec::with_capacity(STRETCH_BYTES);
            blocks.add(&stretch, &mut frame);
            Ok(frame)
        }
    };
    flow(next, worker, |frame: Vec<u8>| draft.write_all(&frame).map_err(Error::internal))?;
    ended(draft)
}

fn begun(files: &Files) -> Result<Draft> {
    let mut draft = files.draft()?;
    draft.write_all(&HEADER).map_err(Error::internal)?;
    Ok(draft)
}

fn ended(mut draft: Draft) -> Result<Blob> {
    draft.write_all(&END).map_err(Error::internal)?;
    draft.keep()
}

/// What comes next of a source: so much unless it ends.
fn stretch_of(source: &mut (dyn Read + Send), n_bytes: usize) -> Result<Vec<u8>> {
    let mut stretch = Vec::with_capacity(n_bytes.min(BLOCK_BYTES));
    source.take(n_bytes as u64).read_to_end(&mut stretch).map_err(Error::internal)?;
    Ok(stretch)
}

/// Opens a content that was kept.
pub(super) fn decompressed(files: &Files, hash: Hash) -> Result<Decompressed> {
    let stored = Stored { file: files.open_blob(hash)?, is_used_up: false };
    Ok(Decompressed { decoder: FrameDecoder::new(stored), is_at_end: false })
}

/// A content that was kept, as it was before. The library takes a file that was cut off where a
/// block ends for a shorter one; here that is a failure, for rows would be missing without a word.
pub(super) struct Decompressed {
    decoder: FrameDecoder<Stored>,
    is_at_end: bool,
}

/// The file, and whether more was asked of it than it has: the mark at the end of a frame is read
/// before that.
struct Stored {
    file: File,
    is_used_up: bool,
}

impl Read for Stored {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.file.read(into)?;
        self.is_used_up |= n_bytes == 0 && !into.is_empty();
        Ok(n_bytes)
    }
}

impl Read for Decompressed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.is_at_end || into.is_empty() {
            return Ok(0);
        }
        let n_bytes = self.decoder.read(into)?;
        if n_bytes == 0 {
            if self.decoder.get_ref().is_used_up {
                let why = "a content is cut off; `cellar check` names it";
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
            }
            self.is_at_end = true;
        }
        Ok(n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use lz4_flex::frame::{BlockSize, FrameEncoder, FrameInfo};

    use super::*;

    /// Text that gets smaller and noise that does not, by turns.
    fn content(n_bytes: usize) -> Vec<u8> {
        let noise = (0_u64..).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        let of_byte = |(at, noise): (usize, [u8; 8])| {
            if at / 30_000 % 3 == 0 { noise } else { *b"7.4;0.7\n" }
        };
        noise.enumerate().flat_map(of_byte).take(n_bytes).collect()
    }

    /// The library's own writer, as it wrote contents before.
    fn by_the_library(files: &Files, content: &[u8]) -> Hash {
        let how = FrameInfo::new().block_size(BlockSize::Max64KB);
        let mut encoder = FrameEncoder::with_frame_info(how, files.draft().unwrap());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap().keep().unwrap().hash
    }

    #[test]
    fn a_content_comes_back_and_its_file_does_not_depend_on_how_it_came() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::below(folder.path());
        let back = |hash| {
            let mut found = vec![];
            decompressed(&files, hash).unwrap().read_to_end(&mut found).unwrap();
            found
        };
        let sizes = [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1, STRETCH_BYTES + 1, LONG_BYTES - 1];
        for n_bytes in sizes.into_iter().chain([LONG_BYTES, LONG_BYTES + 1, 5 * LONG_BYTES + 7]) {
            let content = content(n_bytes);
            let blob = compressed(&files, &mut &*content).unwrap();
            assert!(back(blob.hash) == content, "{n_bytes} bytes");
            assert!(back(by_the_library(&files, &content)) == content, "{n_bytes} bytes");
            for n_at_once in [1000, 70_000, n_bytes.max(1)] {
                let mut compressing = Compressing::begin(&files).unwrap();
                for piece in content.chunks(n_at_once) {
                    compressing.write_all(piece).unwrap();
                }
                assert_eq!(compressing.keep().unwrap().hash, blob.hash, "{n_bytes} bytes");
            }
        }
    }

    #[test]
    fn a_content_that_is_cut_off_anywhere_fails_to_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::below(folder.path());
        let content = content(3 * BLOCK_BYTES);
        let blob = compressed(&files, &mut &*content).unwrap();
        let mut frame = vec![];
        files.open_blob(blob.hash).unwrap().read_to_end(&mut frame).unwrap();
        let mut block_ends = vec![HEADER.len()];
        while let Some((length, _)) = frame[*block_ends.last().unwrap()..].split_first_chunk() {
            let n_bytes = u32::from_le_bytes(*length) & !AS_IT_WAS;
            let after = size_of::<u32>() + usize::try_from(n_bytes).unwrap();
            block_ends.push(block_ends.last().unwrap() + after);
        }
        assert_eq!((block_ends.len(), block_ends.last()), (5, Some(&frame.len())));
        for n_left in (0..frame.len()).step_by(997).chain(block_ends).chain([1, frame.len() - 1]) {
            let mut draft = files.draft().unwrap();
            draft.write_all(&frame[..n_left]).unwrap();
            let cut = draft.keep().unwrap();
            let mut back = vec![];
            let read = decompressed(&files, cut.hash).unwrap().read_to_end(&mut back);
            assert_eq!(read.is_ok(), n_left == frame.len(), "{n_left} of {} bytes", frame.len());
            assert!(content.starts_with(&back));
        }
    }
}
