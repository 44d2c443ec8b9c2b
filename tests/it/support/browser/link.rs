//! The wire to the browser: commands, their answers, and every event that says that something went
//! wrong.

use std::collections::{HashMap, HashSet};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::support::binary::PATIENCE;

/// A connection to one browser, and from the first command on to one page of it.
pub(super) struct Link {
    socket: WebSocket<TcpStream>,
    /// The page that commands go to.
    pub(super) session: Option<String>,
    last_id: u64,
    /// What went wrong so far.
    pub(super) faults: Vec<Fault>,
    /// How many bytes each of the app's files had on the wire, without its head.
    pub(super) files: HashMap<String, i64>,
    /// The files on their way, by request: which one, and how long its head is.
    awaited: HashMap<String, (String, i64)>,
    /// The requests of which nothing has come back yet.
    pub(super) unanswered: HashSet<String>,
}

/// Something that a visitor might not see, but that should not be. The texts are for whoever reads
/// the failure.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// The page wrote an error to the console, threw one, or broke its own policy.
    Page(String),
    /// A request was refused.
    Refused { status: u64, url: String },
    /// A request was never answered.
    Unanswered(#[expect(dead_code, reason = "shown by Debug")] String),
    /// Somebody else's server was asked for something.
    Foreign(#[expect(dead_code, reason = "shown by Debug")] String),
}

impl Link {
    pub(super) fn connect(address: &str) -> Self {
        let authority = address.trim_start_matches("ws://").split('/').next().unwrap();
        let stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE + Duration::from_secs(30))).unwrap();
        let (socket, _) = tungstenite::client(address, stream).unwrap();
        let (files, awaited, unanswered) = (HashMap::new(), HashMap::new(), HashSet::new());
        Self { socket, session: None, last_id: 0, faults: vec![], files, awaited, unanswered }
    }

    /// Sends a command and notes every event until its answer comes.
    pub(super) fn send(
        &mut self,
        method: &str,
        parameters: &Value,
        origin: &str,
    ) -> Result<Value, Value> {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string())).unwrap();
        loop {
            let message = self.socket.read().expect("the browser went away");
            let Message::Text(text) = message else { continue };
            let mut message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == json!(self.last_id) {
                return match message["error"].take() {
                    Value::Null => Ok(message["result"].take()),
                    error => Err(error),
                };
            }
            self.note(&message, origin);
        }
    }

    /// What is told of an answer that has begun is its head; at its end, the head is in the sum. A
    /// page that is opened twice, for the first time took too long, has its files once.
    fn count(&mut self, method: &str, about: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = text(&about["requestId"]);
        if method == "Network.responseReceived" {
            let (url, answer) = (text(&about["response"]["url"]), &about["response"]);
            if !url.contains("/api/") {
                self.awaited.insert(id, (url, whole(&answer["encodedDataLength"])));
            }
        } else if method == "Network.loadingFinished"
            && let Some((url, head)) = self.awaited.remove(&id)
        {
            let size = whole(&about["encodedDataLength"]) - head;
            let counted = self.files.entry(url).or_default();
            *counted = size.max(*counted);
        }
    }

    fn note(&mut self, event: &Value, origin: &str) {
        let (method, about) = (event["method"].as_str().unwrap_or_default(), &event["params"]);
        self.count(method, about);
        self.follow(method, about);
        self.faults.extend(fault(method, about, origin));
    }

    fn follow(&mut self, method: &str, about: &Value) {
        let id = about["requestId"].as_str().unwrap_or_default();
        match method {
            "Network.requestWillBeSent" => {
                self.unanswered.insert(id.to_owned());
            }
            "Network.responseReceived" | "Network.loadingFinished" | "Network.loadingFailed" => {
                self.unanswered.remove(id);
            }
            // Nobody waits any more for what the page before had asked for.
            "Page.frameNavigated" if about["frame"]["parentId"].is_null() => {
                self.unanswered.clear();
            }
            _ => {}
        }
    }
}

/// A count that the protocol writes with a point.
#[expect(clippy::cast_possible_truncation, reason = "a count of bytes")]
fn whole(count: &Value) -> i64 {
    count.as_f64().unwrap_or_default() as i64
}

/// What is wrong about an event, if anything is.
fn fault(method: &str, about: &Value, origin: &str) -> Option<Fault> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match method {
        "Runtime.consoleAPICalled" => {
            let is_bad = about["type"] == "error" || about["type"] == "assert";
            is_bad.then(|| Fault::Page(about["args"].to_string()))
        }
        // A dialog of the browser's own is what a script would open that came in with the data.
        "Runtime.exceptionThrown" | "Page.javascriptDialogOpening" => {
            Some(Fault::Page(about.to_string()))
        }
        "Log.entryAdded" => {
            let entry = &about["entry"];
            // The console's word on a failed request; the request itself is noted already.
            let is_bad = entry["level"] == "error" && entry["source"] != "network";
            is_bad.then(|| Fault::Page(format!("{} {}", text(&entry["url"]), entry["text"])))
        }
        "Audits.issueAdded" => {
            let is_bad = text(&about["issue"]["code"]).contains("SecurityPolicy");
            is_bad.then(|| Fault::Page(about.to_string()))
        }
        "Network.responseReceived" => {
            let answer = &about["response"];
            let status = answer["status"].as_u64().filter(|status| *status >= 400)?;
            Some(Fault::Refused { status, url: text(&answer["url"]) })
        }
        // What the page itself gave up (a stream it no longer needs) did not fail.
        "Network.loadingFailed" => {
            (about["canceled"] != true).then(|| Fault::Unanswered(about.to_string()))
        }
        "Network.requestWillBeSent" => {
            let url = text(&about["request"]["url"]);
            let is_own = url.starts_with(&format!("{origin}/"));
            let is_inside = ["data:", "blob:", "about:"].iter().any(|own| url.starts_with(own));
            (!is_own && !is_inside).then_some(Fault::Foreign(url))
        }
        _ => None,
    }
}
