//! Requests by hand and their answers, down to the byte.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::PATIENCE;

/// A request about to be sent on a connection of its own.
#[must_use]
pub(crate) struct Request {
    port: u16,
    method: &'static str,
    path: String,
    headers: String,
    body: Vec<u8>,
}

impl Request {
    pub(super) fn new(port: u16, method: &'static str, path: &str) -> Self {
        Self { port, method, path: path.to_owned(), headers: String::new(), body: Vec::new() }
    }

    /// With one more header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        write!(self.headers, "{name}: {value}\r\n").unwrap();
        self
    }

    /// From a signed-in browser on the server's own page.
    pub(crate) fn cookie(self, cookie: &str) -> Self {
        self.header("Cookie", cookie).header("Sec-Fetch-Site", "same-origin")
    }

    /// With a body as a page's form sends it.
    pub(crate) fn form(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("Content-Type", "application/x-www-form-urlencoded")
    }

    /// With a body of this type.
    pub(crate) fn body(mut self, kind: &str, body: &str) -> Self {
        self.body = body.into();
        self.header("Content-Type", kind)
    }

    /// With a body of JSON.
    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("Content-Type", "application/json")
    }

    /// The answer; the story ends if there is none.
    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        self.try_send().unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// The answer, or why there is none.
    pub(crate) fn try_send(self) -> io::Result<Answer> {
        let mut stream = self.open()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Answer::parse(&bytes).ok_or_else(|| io::Error::other("the answer was cut off"))
    }

    /// The lines of an endless answer's body, as they come.
    #[track_caller]
    pub(crate) fn lines(self) -> impl Iterator<Item = String> + use<> {
        let stream = self.header("Accept", "text/event-stream").open().unwrap();
        let mut answer = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(answer.read_line(&mut head).unwrap() > 0, "the answer was cut off: {head}");
        }
        BufReader::new(Chunks { answer, n_left: 0 }).lines().map_while(Result::ok)
    }

    /// Sends everything but the body's last byte, which [`HeldBack::finish`] sends.
    #[track_caller]
    pub(crate) fn hold_back(mut self) -> HeldBack {
        let last = self.body.pop().unwrap();
        let length = self.body.len() + 1;
        HeldBack { stream: self.open_announcing(length).unwrap(), last }
    }

    fn open(self) -> io::Result<TcpStream> {
        let length = self.body.len();
        self.open_announcing(length)
    }

    fn open_announcing(self, length: usize) -> io::Result<TcpStream> {
        let Self { port, method, path, headers, body } = self;
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{headers}\r\n"
        )?;
        stream.write_all(&body)?;
        Ok(stream)
    }
}

/// The answer to a request that is sent byte for byte, on a connection that stays open.
#[track_caller]
pub(crate) fn exchange(port: u16, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let n = stream.read(&mut piece).unwrap();
        assert!(n > 0, "the answer was cut off: {}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&piece[..n]);
        if let Some(answer) = Answer::parse(&bytes) {
            return answer;
        }
    }
}

/// A body that comes in chunks, whose ends are nowhere in particular.
struct Chunks<R> {
    answer: R,
    n_left: usize,
}

impl<R: BufRead> Read for Chunks<R> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        while self.n_left == 0 {
            let mut size = String::new();
            if self.answer.read_line(&mut size)? == 0 {
                return Ok(0);
            }
            // Behind each chunk stands an empty line.
            let size = size.trim();
            match usize::from_str_radix(size, 16) {
                Ok(0) => return Ok(0),
                Ok(n) => self.n_left = n,
                Err(_) if size.is_empty() => {}
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        let n = piece.len().min(self.n_left);
        let n = self.answer.read(&mut piece[..n])?;
        self.n_left -= n;
        Ok(n)
    }
}

/// A request whose last byte is still to come.
pub(crate) struct HeldBack {
    stream: TcpStream,
    last: u8,
}

impl HeldBack {
    /// The answer to the whole of it.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Answer {
        self.stream.write_all(&[self.last]).unwrap();
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).unwrap();
        Answer::parse(&bytes).unwrap()
    }
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Self { status, headers, body: bytes[end + 4..].to_vec() };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = unchunked(&answer.body)?;
        } else if let Some(length) = answer.header("content-length") {
            (length.parse() == Ok(answer.body.len())).then_some(())?;
        }
        Some(answer)
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

fn unchunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.windows(2).position(|part| part == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(bytes.get(end + 2..end + 2 + size)?);
        bytes = bytes.get(end + 4 + size..)?;
    }
}
