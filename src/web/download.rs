//! Answers that are sent piece by piece as they are read, to be kept as files.
//!
//! Nobody knows beforehand how long they are, and Rocket ends an answer whose next piece fails as
//! if it were whole. So the connection is broken off instead, which every client notices: none of
//! them keeps half a file for all of it.

use std::borrow::Cow;
use std::future::ready;

use rocket::futures::stream::BoxStream;
use rocket::futures::{Stream, StreamExt, stream};
use rocket::response::stream::ByteStream;
use rocket::response::{self, Responder, Response};
use rocket::{Request, http::Status};

use super::csv::CsvText;
use super::headers::CHUNK_BYTES_MAX;
use super::keeper::Keeper;
use crate::error::Result;

/// A file to be kept under this name.
pub struct Download {
    name: Cow<'static, str>,
    content_type: &'static str,
    pieces: BoxStream<'static, Result<Vec<u8>>>,
}

impl Download {
    /// A file of this name and type with these pieces.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        content_type: &'static str,
        pieces: impl Stream<Item = Result<Vec<u8>>> + Send + 'static,
    ) -> Self {
        Self { name: name.into(), content_type, pieces: pieces.boxed() }
    }

    /// A table of this name with this header, whose rows come in these pieces of CSV. The first is
    /// read before anything is sent, so that its failure has a status.
    pub async fn table<F: AsRef<[u8]>>(
        name: impl Into<Cow<'static, str>>,
        header: &[F],
        rows: impl Stream<Item = Result<Vec<u8>>> + Send + 'static,
    ) -> Result<Self> {
        let mut head = CsvText::default();
        head.add(header);
        let mut rows = rows.boxed();
        let first = rows.next().await.transpose()?.unwrap_or_default();
        let first = [head.finish(), first].concat();
        let pieces = stream::iter([Ok(first)]).chain(rows);
        Ok(Self::new(name, "text/csv; charset=utf-8; header=present", pieces))
    }
}

impl<'r> Responder<'r, 'r> for Download {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let pieces = self.pieces.scan((), move |(), piece| {
            ready(
                piece
                    .inspect_err(|cause| {
                        tracing::error!(%cause, "a file broke off");
                        break_off(request);
                    })
                    .ok(),
            )
        });
        Response::build_from(ByteStream(pieces).respond_to(request)?)
            .status(Status::Ok)
            .raw_header("Content-Type", self.content_type)
            .raw_header("Content-Disposition", format!("attachment; filename=\"{}\"", self.name))
            .max_chunk_size(CHUNK_BYTES_MAX)
            .ok()
    }
}

fn break_off(request: &Request<'_>) {
    let keeper = request.rocket().state::<Keeper>();
    if let Some((keeper, client)) = keeper.zip(request.remote()) {
        keeper.break_off(client, request.rocket().config().port);
    }
}
