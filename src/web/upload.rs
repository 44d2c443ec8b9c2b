//! Bodies of any kind, large ones too: small ones come into memory, the others into a temporary
//! file that is gone when nobody needs it any more.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, Write};

use rocket::Request;
use rocket::data::{ByteUnit, Data};
use rocket::http::ContentType;
use rocket::tokio::io::AsyncReadExt;
use sha2::{Digest, Sha256};

use super::body::{announced_bytes, cut_off};
use super::endpoint::readmit;
use super::keeper::Keeper;
use super::problem::{Problem, Refusal};
use crate::error::{Error, Result as OurResult};

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// Fields of a form that are no file may be so long.
const FIELD_BYTES_MAX: usize = 1024;

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
    /// The SHA-256 of its bytes.
    pub hash: [u8; 32],
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
        let (size_bytes, hash) = (bytes.len() as u64, Sha256::digest(&bytes).into());
        Self { kept: Kept::Memory(bytes), size_bytes, hash }
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
    digest: Sha256,
    size_bytes: u64,
}

impl Sink {
    fn new(limits: UploadLimits) -> Self {
        Self { limits, memory: vec![], file: None, digest: Sha256::new(), size_bytes: 0 }
    }

    fn push(&mut self, piece: &[u8]) -> OurResult<()> {
        self.size_bytes += piece.len() as u64;
        if self.size_bytes > self.limits.bytes_max {
            return Err(Error::TooLarge { bytes_max: self.limits.bytes_max });
        }
        self.digest.update(piece);
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
        Upload { kept, size_bytes: self.size_bytes, hash: self.digest.finalize().into() }
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
    let mut sink = Sink::new(limits);
    let mut piece = vec![0; PIECE.min(limits.memory_bytes_max.max(1))];
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
    // The form's own words around the file.
    let whole = ByteUnit::from(limits.bytes_max + 64 * 1024);
    let reader = keeper(request)?.pace(data.open(whole));
    let mut form = multer::Multipart::with_reader(reader, boundary);
    let (mut found, mut fields) = (None, vec![]);
    let broken = |why: multer::Error| malformed(format!("the form is not as it should be: {why}"));
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            let text = field.bytes().await.map_err(broken)?;
            let text = String::from_utf8_lossy(&text[..text.len().min(FIELD_BYTES_MAX)]);
            fields.push((name, text.into_owned()));
            continue;
        }
        if found.is_some() {
            return Err(Error::invalid("file", "surplus", "must be there once").into());
        }
        let content_type = field.content_type().map(ToString::to_string);
        let mut sink = Sink::new(limits);
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

fn keeper<'r>(request: &'r Request<'_>) -> Result<&'r Keeper, Problem> {
    let keeper = request.rocket().state::<Keeper>();
    keeper.ok_or_else(|| Error::internal("the keeper is not managed").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(pieces: &[&[u8]], limits: UploadLimits) -> OurResult<Upload> {
        let mut sink = Sink::new(limits);
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
            assert_eq!(upload.hash, Upload::from(whole).hash);
        }
        let refused = received(&[b"red wine", b"more"], limits);
        assert!(matches!(refused, Err(Error::TooLarge { bytes_max: 10 })));
    }
}
