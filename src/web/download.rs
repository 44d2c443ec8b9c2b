//! Files that are sent piece by piece as they are read.

use rocket::futures::Stream;
use rocket::response::stream::ByteStream;
use rocket::response::{self, Responder, Response};
use rocket::{Request, http::Status};

use super::headers::CHUNK_BYTES_MAX;

/// A file to be kept under this name.
pub struct Download<S> {
    name: &'static str,
    content_type: &'static str,
    pieces: S,
}

impl<S: Stream<Item = Vec<u8>> + Send> Download<S> {
    /// A file of this name and type with these pieces.
    pub fn new(name: &'static str, content_type: &'static str, pieces: S) -> Self {
        Self { name, content_type, pieces }
    }
}

impl<'r, S: Stream<Item = Vec<u8>> + Send + 'r> Responder<'r, 'r> for Download<S> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        Response::build_from(ByteStream(self.pieces).respond_to(request)?)
            .status(Status::Ok)
            .raw_header("Content-Type", self.content_type)
            .raw_header("Content-Disposition", format!("attachment; filename=\"{}\"", self.name))
            .max_chunk_size(CHUNK_BYTES_MAX)
            .ok()
    }
}
