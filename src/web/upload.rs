//! Bodies of any kind, large ones too: small ones come into memory, the others into a temporary
//! file that is gone when nobody needs it any more.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{self, Poll};

use rocket::Request;
use rocket::data::{ByteUnit, Data};
use rocket::http::ContentType;
use rocket::tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use sha2::{Digest, Sha256};

use super::body::{announced_bytes, cut_off};
use super::endpoint::readmit;
use super::keeper::Keeper;
use super::problem::{Problem, Refusal};
use crate::error::{Error, Result as OurResult};

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// Fields of a form that are no file may be so long, and so many.
const FIELD_BYTES_MAX: usize = 1024;
const FIELDS_MAX: usize = 16;

/// What a form may have around its file: its fields and the words between them.
const FORM_BYTES_MAX: u64 = 64 * 1024;

/// The header of a request that shall be done once, however often it comes: only then somebody asks
/// whether a body is the same as before.
pub const KEY_HEADER: &str = "Idempotency-Key";

/// What an upload may be.
#[derive(Debug, Clone, Copy)]
pub struct UploadLimits {
    /// Bytes that are kept in memory.
    pub memory_bytes_max: usize,
    /// Bytes altogether.
    pub bytes_max: u64,
}

/// A body that was received whole.
pub struct Upload {
    kept: Kept,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// The SHA-256 of its bytes, if it came with a key.
    hash: Option<[u8; 32]>,
}

enum Kept {
    Memory(Vec<u8>),
    File(File),
}

impl Upload {
    /// Its bytes, if they are in memory.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.kept {
            Kept::Memory(bytes) => Some(bytes),
            Kept::File(_) => None,
        }
    }

    /// What stands for its bytes in a comparison with another request of the same key; empty for a
    /// request without one, which is compared with nothing.
    pub fn fingerprint(&self) -> &[u8] {
        self.hash.as_ref().map_or(&[], |hash| &hash[..])
    }

    /// Reads it from its beginning.
    pub fn open(&self) -> OurResult<Box<dyn Read + Send + '_>> {
        match &self.kept {
            Kept::Memory(bytes) => Ok(Box::new(Cursor::new(&bytes[..]))),
            Kept::File(file) => {
                let mut file = file.try_clone().map_err(Error::internal)?;
                file.rewind().map_err(Error::internal)?;
                Ok(Box::new(file))
            }
        }
    }
}

impl From<Vec<u8>> for Upload {
    fn from(bytes: Vec<u8>) -> Self {
        Self { size_bytes: bytes.len() as u64, kept: Kept::Memory(bytes), hash: None }
    }
}

/// What came in a form: its file, and its other fields.
pub struct FormUpload {
    /// The file.
    pub file: Upload,
    /// The type of content that the client says the file has.
    pub content_type: Option<String>,
    /// The other fields, in their order.
    pub fields: Vec<(String, String)>,
}

/// A body on its way in.
struct Sink {
    limits: UploadLimits,
    memory: Vec<u8>,
    file: Option<File>,
    digest: Option<Sha256>,
    size_bytes: u64,
}

impl Sink {
    fn new(limits: UploadLimits, is_keyed: bool) -> Self {
        let digest = is_keyed.then(Sha256::new);
        Self { limits, memory: vec![], file: None, digest, size_bytes: 0 }
    }

    fn push(&mut self, piece: &[u8]) -> OurResult<()> {
        self.size_bytes += piece.len() as u64;
        if self.size_bytes > self.limits.bytes_max {
            return Err(Error::TooLarge { bytes_max: self.limits.bytes_max });
        }
        if let Some(digest) = &mut self.digest {
            digest.update(piece);
        }
        if self.file.is_none() && self.memory.len() + piece.len() <= self.limits.memory_bytes_max {
            self.memory.extend_from_slice(piece);
            return Ok(());
        }
        self.spill(piece).map_err(Error::internal)
    }

    /// A piece of 64 KB goes to the system's memory of the file, so nobody waits for the disk here.
    fn spill(&mut self, piece: &[u8]) -> io::Result<()> {
        let mut file = if let Some(file) = self.file.take() {
            file
        } else {
            let mut file = tempfile::tempfile()?;
            file.write_all(&self.memory)?;
            self.memory = vec![];
            file
        };
        file.write_all(piece)?;
        self.file = Some(file);
        Ok(())
    }

    fn finish(self) -> Upload {
        let kept = self.file.map_or(Kept::Memory(self.memory), Kept::File);
        let hash = self.digest.map(|digest| digest.finalize().into());
        Upload { kept, size_bytes: self.size_bytes, hash }
    }
}

/// Receives the whole body.
pub async fn receive(
    request: &Request<'_>,
    data: Data<'_>,
    limits: UploadLimits,
) -> Result<Upload, Problem> {
    let announced = announced_bytes(request);
    if announced.is_some_and(|size| size > limits.bytes_max) {
        return Err(Error::TooLarge { bytes_max: limits.bytes_max }.into());
    }
    let mut reader = keeper(request)?.pace(data.open(ByteUnit::from(limits.bytes_max + 1)));
    let mut sink = Sink::new(limits, is_keyed(request));
    let mut piece = vec![0; piece_size(announced)];
    loop {
        match reader.read(&mut piece).await {
            Ok(0) if announced.is_some_and(|size| size > sink.size_bytes) => return Err(cut_off()),
            Ok(0) => {
                // A body may be long on its way, and its sender be gone by then.
                readmit(request)?;
                return Ok(sink.finish());
            }
            Ok(n) => sink.push(&piece[..n])?,
            Err(cause) if cause.kind() == io::ErrorKind::TimedOut => {
                return Err(Refusal::TooSlow.into());
            }
            Err(_) => return Err(cut_off()),
        }
    }
}

/// Receives a form with one file, in the field `file`.
pub async fn receive_form(
    request: &Request<'_>,
    data: Data<'_>,
    kind: &ContentType,
    limits: UploadLimits,
) -> Result<FormUpload, Problem> {
    let malformed = |why: String| Problem::from(Refusal::Malformed(why));
    let boundary = kind.param("boundary");
    let boundary = boundary.ok_or_else(|| malformed("the form has no boundary".into()))?;
    let bytes_max = limits.bytes_max;
    let whole = bytes_max + FORM_BYTES_MAX;
    let too_large = || Problem::from(Error::TooLarge { bytes_max });
    if announced_bytes(request).is_some_and(|size| size > whole) {
        return Err(too_large());
    }
    let paced = keeper(request)?.pace(data.open(ByteUnit::from(whole)));
    let n_read = Arc::new(AtomicU64::new(0));
    let reader = Counted { reader: Box::pin(paced), n_read: Arc::clone(&n_read) };
    let mut form = multer::Multipart::with_reader(reader, boundary);
    let (mut found, mut fields) = (None, vec![]);
    let broken = |why: multer::Error| {
        // Cut off by us: it reads ahead, so the file may not have been told yet.
        if n_read.load(Ordering::Relaxed) >= whole {
            return too_large();
        }
        malformed(format!("the form is not as it should be: {why}"))
    };
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            if fields.len() == FIELDS_MAX {
                return Err(malformed(format!("the form has more than {FIELDS_MAX} fields")));
            }
            let mut text = vec![];
            while let Some(piece) = field.chunk().await.map_err(broken)? {
                add_to_field(&name, &mut text, &piece)?;
            }
            let text = String::from_utf8(text);
            let text = text.map_err(|_| Error::invalid(&name, "invalid", "must be UTF-8"))?;
            fields.push((name, text));
            continue;
        }
        if found.is_some() {
            return Err(Error::invalid("file", "surplus", "must be there once").into());
        }
        let content_type = field.content_type().map(ToString::to_string);
        let mut sink = Sink::new(limits, is_keyed(request));
        while let Some(piece) = field.chunk().await.map_err(broken)? {
            sink.push(&piece)?;
        }
        found = Some((sink.finish(), content_type));
    }
    readmit(request)?;
    let missing = || Error::invalid("file", "required", "is missing");
    let (file, content_type) = found.ok_or_else(missing)?;
    Ok(FormUpload { file, content_type, fields })
}

/// A body that says how much of it has been read.
struct Counted<R> {
    reader: Pin<Box<R>>,
    n_read: Arc<AtomicU64>,
}

impl<R: AsyncRead> AsyncRead for Counted<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = self.reader.as_mut().poll_read(context, into);
        self.n_read.fetch_add((into.filled().len() - before) as u64, Ordering::Relaxed);
        read
    }
}

/// Adds a piece to what came of a field; one that is too long is refused before it is all here.
fn add_to_field(name: &str, text: &mut Vec<u8>, piece: &[u8]) -> OurResult<()> {
    if text.len() + piece.len() > FIELD_BYTES_MAX {
        let message = format!("must have at most {FIELD_BYTES_MAX} bytes");
        return Err(Error::invalid(name, "too_long", message));
    }
    text.extend_from_slice(piece);
    Ok(())
}

/// Room for what is read at once: all of a small body that says how long it is.
fn piece_size(announced: Option<u64>) -> usize {
    let whole = announced.and_then(|size| usize::try_from(size).ok()).unwrap_or(PIECE);
    whole.clamp(1, PIECE)
}

fn is_keyed(request: &Request<'_>) -> bool {
    request.headers().contains(KEY_HEADER)
}

fn keeper<'r>(request: &'r Request<'_>) -> Result<&'r Keeper, Problem> {
    let keeper = request.rocket().state::<Keeper>();
    keeper.ok_or_else(|| Error::internal("the keeper is not managed").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(pieces: &[&[u8]], limits: UploadLimits) -> OurResult<Upload> {
        let mut sink = Sink::new(limits, true);
        for piece in pieces {
            sink.push(piece)?;
        }
        Ok(sink.finish())
    }

    #[test]
    fn a_body_is_the_same_in_memory_and_in_a_file() {
        let limits = UploadLimits { memory_bytes_max: 4, bytes_max: 10 };
        for (pieces, is_small) in [(&[&b"red"[..], b"!"][..], true), (&[b"red", b" wine"], false)] {
            let upload = received(pieces, limits).unwrap();
            let whole = pieces.concat();
            assert_eq!(upload.bytes().is_some(), is_small);
            for _ in 0..2 {
                let mut read = vec![];
                upload.open().unwrap().read_to_end(&mut read).unwrap();
                assert_eq!(read, whole);
            }
            assert_eq!(upload.size_bytes, whole.len() as u64);
            assert_eq!(upload.fingerprint(), &Sha256::digest(whole)[..]);
        }
        let refused = received(&[b"red wine", b"more"], limits);
        assert!(matches!(refused, Err(Error::TooLarge { bytes_max: 10 })));
    }

    #[test]
    fn a_field_is_refused_as_soon_as_it_is_too_long() {
        let mut text = vec![];
        add_to_field("model", &mut text, &[b'a'; FIELD_BYTES_MAX]).unwrap();
        let refused = add_to_field("model", &mut text, b"b");
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        assert_eq!(text.len(), FIELD_BYTES_MAX);
    }

    #[test]
    fn no_more_room_is_taken_than_a_body_needs() {
        let sizes = [Some(0), Some(250), Some(10_000_000), None].map(piece_size);
        assert_eq!(sizes, [1, 250, PIECE, PIECE]);
    }
}
