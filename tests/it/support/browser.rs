//! A headless Chromium, steered over its `DevTools` protocol.
//!
//! The client is our own, on `tungstenite`, which adds two small crates that compile in seconds.
//! The full drivers (`chromiumoxide`, `headless_chrome`) bring the whole protocol as generated code
//! and a minute of compiling for two cores; `fantoccini` needs a second program as a driver, and
//! sees neither the console nor the policy. A dozen commands of the protocol are all that the
//! stories use.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

use super::binary::{PATIENCE, eventually};

/// How wide and high a window is, and whether it is dark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) is_dark: bool,
}

/// One browser with one page, and everything that went wrong on it.
pub(crate) struct Browser {
    process: Child,
    origin: String,
    link: RefCell<Link>,
    window: Cell<Option<Window>>,
    _profile: TempDir,
}

struct Link {
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last_id: u64,
    faults: Vec<Fault>,
}

/// Something a visitor would not see, but that should not be.
#[derive(Debug, Clone)]
struct Fault {
    /// The status of a failed request.
    status: Option<u64>,
    url: String,
    /// What the browser said of it, for whoever reads the failure.
    #[expect(dead_code, reason = "shown by Debug")]
    text: String,
}

impl Browser {
    /// A browser on an empty page, for the pages of `origin` alone; `None`, after saying why, where
    /// there is no Chromium and none is demanded.
    pub(crate) fn open(origin: &str) -> Option<Self> {
        let Some(program) = find_program() else {
            let why = "neither CELLAR_CHROMIUM nor the search path names one";
            let demanded = std::env::var_os("CELLAR_DEMAND_BROWSER").is_some_and(|it| it == "1");
            assert!(!demanded, "no chromium, and CELLAR_DEMAND_BROWSER is 1: {why}");
            println!("skipped: no chromium ({why})");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new(&program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--lang=en-US",
                "--remote-debugging-port=0",
                "about:blank",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("HOME", profile.path())
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A group of its own, so that its helpers end with it.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|cause| panic!("{} does not start: {cause}", program.display()));
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            said.push(line.clone());
            Some(line.split_once("DevTools listening on ")?.1.trim().to_owned())
        });
        // Whatever else it says is read, so that it never waits for a reader.
        thread::spawn(move || lines.for_each(drop));
        let address = address.unwrap_or_else(|| panic!("no browser: {}", said.join("\n")));
        let link = RefCell::new(Link::connect(&address));
        let window = Cell::new(None);
        let browser = Self { process, origin: origin.into(), link, window, _profile: profile };
        browser.take_page();
        Some(browser)
    }

    fn take_page(&self) {
        let targets = self.send("Target.getTargets", &json!({}));
        let pages = targets["targetInfos"].as_array().unwrap().iter();
        let page = pages.filter(|target| target["type"] == "page").map(|t| &t["targetId"]).next();
        let attach = json!({ "targetId": page.unwrap(), "flatten": true });
        let attached = self.send("Target.attachToTarget", &attach);
        self.link.borrow_mut().session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network", "Audits"] {
            self.send(&format!("{domain}.enable"), &json!({}));
        }
        self.look(Window { width: 1440, height: 900, is_dark: false });
    }

    /// Opens an address of the origin and waits until it is loaded.
    #[track_caller]
    pub(crate) fn goto(&self, path: &str) {
        let url = format!("{}{path}", self.origin);
        // The mark is gone with the page that bears it. A page that loads itself anew at this very
        // moment (the readers of the interface do when the theme changes) overtakes the first try.
        let arrived = eventually(|| {
            self.try_send("Runtime.evaluate", &json!({ "expression": "cellarLeft = true" }))
                .ok()?;
            let opened = self.send("Page.navigate", &json!({ "url": url }));
            assert!(opened["errorText"].is_null(), "{url}: {opened}");
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(5) {
                if self.is_true("document.readyState === 'complete' && window.cellarLeft !== true")
                {
                    return Some(());
                }
                thread::sleep(Duration::from_millis(10));
            }
            None
        });
        arrived.unwrap_or_else(|| panic!("{url} was never loaded"));
    }

    /// Sets the size and the theme of the window.
    pub(crate) fn look(&self, window: Window) {
        if self.window.replace(Some(window)) == Some(window) {
            return;
        }
        let Window { width, height, is_dark } = window;
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.send("Emulation.setDeviceMetricsOverride", &size);
        let theme = if is_dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": theme },
            // Nothing moves, so that a picture is the same each time.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.send("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// The value of an expression; of a promise, what it brings.
    #[track_caller]
    pub(crate) fn eval(&self, expression: &str) -> Value {
        let parameters = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let answer = self.send("Runtime.evaluate", &parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true; while a page is on its way it has no value at all.
    #[track_caller]
    pub(crate) fn wait_until(&self, expression: &str) {
        let found = eventually(|| self.is_true(expression).then_some(()));
        if found.is_none() {
            let text = self.eval("location.href + '\\n' + document.body.innerText");
            let faults = self.link.borrow().faults.clone();
            panic!("never true: {expression}\non {}\n{faults:#?}", text.as_str().unwrap());
        }
    }

    fn is_true(&self, expression: &str) -> bool {
        let guarded = format!("(() => {{ try {{ return !!({expression}); }} catch {{}} }})()");
        let parameters = json!({ "expression": guarded, "returnByValue": true });
        let answer = self.try_send("Runtime.evaluate", &parameters);
        answer.is_ok_and(|answer| answer["result"]["value"] == true)
    }

    /// Waits until the page shows this text.
    #[track_caller]
    pub(crate) fn wait_for_text(&self, text: &str) {
        self.wait_until(&format!("document.body.innerText.includes({})", json!(text)));
    }

    /// Waits until something fits this selector.
    #[track_caller]
    pub(crate) fn wait_for(&self, selector: &str) {
        self.wait_until(&format!("document.querySelector({})", json!(selector)));
    }

    /// Clicks the first visible thing that fits the selector and shows the text.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str, text: &str) {
        let find = format!(
            "[...document.querySelectorAll({})].find((it) => it.checkVisibility() && \
             (it.innerText || it.ariaLabel || '').includes({}))",
            json!(selector),
            json!(text)
        );
        self.wait_until(&find);
        self.settle();
        let middle = self.eval(&format!(
            "(() => {{ const it = {find}; it.scrollIntoView({{ block: 'center' }}); \
             const box = it.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1,
            });
            self.send("Input.dispatchMouseEvent", &event);
        }
    }

    /// Types into the field with this label, after clicking it.
    #[track_caller]
    pub(crate) fn fill(&self, label: &str, text: &str) {
        self.wait_for_text(label);
        self.eval(&format!(
            "[...document.querySelectorAll('label')].find((it) => it.innerText.trim() === {})\
             .control.focus()",
            json!(label)
        ));
        self.type_text(text);
    }

    /// Types where the focus is.
    pub(crate) fn type_text(&self, text: &str) {
        for letter in text.chars() {
            self.key(&letter.to_string(), 0, Some(&letter.to_string()));
        }
    }

    /// Presses a key by its name: `Tab`, `Enter`, `Escape`.
    pub(crate) fn press(&self, name: &str) {
        match name {
            "Tab" => self.key(name, 9, None),
            "Enter" => self.key(name, 13, Some("\r")),
            "Escape" => self.key(name, 27, None),
            other => panic!("no key {other}"),
        }
    }

    fn key(&self, name: &str, code: u32, text: Option<&str>) {
        let kind = if text.is_some() { "keyDown" } else { "rawKeyDown" };
        let mut event = json!({ "type": kind, "key": name, "windowsVirtualKeyCode": code });
        if let Some(text) = text {
            event["text"] = json!(text);
        }
        self.send("Input.dispatchKeyEvent", &event);
        let event = json!({ "type": "keyUp", "key": name, "windowsVirtualKeyCode": code });
        self.send("Input.dispatchKeyEvent", &event);
    }

    /// Waits until fonts are there, nothing changes colour any more, and two frames are drawn.
    pub(crate) fn settle(&self) {
        // One change of colour can set off the next, in whatever inherits it.
        self.eval(
            "(async () => { await document.fonts.ready; \
             const drawn = () => new Promise((done) => requestAnimationFrame(done)); \
             const ends = (it) => it.effect.getComputedTiming().endTime < Infinity; \
             for (let still = 0, n = 0; still < 3 && n < 300; n++) { \
               await drawn(); \
               still = document.getAnimations().some(ends) ? 0 : still + 1; \
             } \
             return true; })()",
        );
    }

    /// A picture of the window, in PNG.
    pub(crate) fn picture(&self, window: Window) -> Vec<u8> {
        self.look(window);
        self.settle();
        let shot = self.send("Page.captureScreenshot", &json!({ "format": "png" }));
        BASE64.decode(shot["data"].as_str().unwrap().as_bytes()).unwrap()
    }

    /// Takes a failed request out of the faults, for it is part of the story; it must be there.
    #[track_caller]
    pub(crate) fn expect_failure(&self, status: u64, path: &str) {
        let url = format!("{}{path}", self.origin);
        let mut link = self.link.borrow_mut();
        let n_before = link.faults.len();
        link.faults.retain(|fault| fault.status != Some(status) || fault.url != url);
        assert!(link.faults.len() < n_before, "{url} did not fail with {status}");
    }

    /// Nothing went wrong so far: no error in the console, no failed request, no broken policy, no
    /// request to anybody else.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        // Whatever happened before this answer has been told by now.
        self.eval("new Promise((done) => setTimeout(() => done(true), 50))");
        let faults = &self.link.borrow().faults;
        assert!(faults.is_empty(), "{faults:#?}");
    }

    #[track_caller]
    fn send(&self, method: &str, parameters: &Value) -> Value {
        self.try_send(method, parameters).unwrap_or_else(|why| panic!("{method}: {why}"))
    }

    fn try_send(&self, method: &str, parameters: &Value) -> Result<Value, Value> {
        self.link.borrow_mut().send(method, parameters, &self.origin)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.process);
        // It may have ended already, which is as good.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.process.wait();
    }
}

impl Link {
    fn connect(address: &str) -> Self {
        let authority = address.trim_start_matches("ws://").split('/').next().unwrap();
        let stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE + Duration::from_secs(30))).unwrap();
        let (socket, _) = tungstenite::client(address, stream).unwrap();
        Self { socket, session: None, last_id: 0, faults: vec![] }
    }

    /// Sends a command and notes every event until its answer comes.
    fn send(&mut self, method: &str, parameters: &Value, origin: &str) -> Result<Value, Value> {
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

    fn note(&mut self, event: &Value, origin: &str) {
        let about = &event["params"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fault = match event["method"].as_str().unwrap_or_default() {
            "Runtime.consoleAPICalled" if about["type"] == "error" || about["type"] == "assert" => {
                Fault { status: None, url: String::new(), text: about["args"].to_string() }
            }
            "Runtime.exceptionThrown" => {
                Fault { status: None, url: String::new(), text: about.to_string() }
            }
            "Log.entryAdded" if about["entry"]["level"] == "error" => {
                let entry = &about["entry"];
                // The console's word on a failed request; the request itself was noted already.
                if entry["source"] == "network" {
                    return;
                }
                Fault { status: None, url: text(&entry["url"]), text: text(&entry["text"]) }
            }
            "Audits.issueAdded" if text(&about["issue"]["code"]).contains("SecurityPolicy") => {
                Fault { status: None, url: String::new(), text: about.to_string() }
            }
            "Network.responseReceived" => {
                let answer = &about["response"];
                match answer["status"].as_u64() {
                    Some(status) if status >= 400 => Fault {
                        status: Some(status),
                        url: text(&answer["url"]),
                        text: "a failed request".into(),
                    },
                    _ => return,
                }
            }
            // What the page itself gave up (a stream it no longer needs) did not fail.
            "Network.loadingFailed" if about["canceled"] != true => {
                Fault { status: None, url: String::new(), text: about.to_string() }
            }
            "Network.requestWillBeSent" => {
                let url = text(&about["request"]["url"]);
                let is_own = url.starts_with(&format!("{origin}/"));
                if is_own || ["data:", "blob:", "about:"].iter().any(|own| url.starts_with(own)) {
                    return;
                }
                Fault { status: None, url, text: "a request to somebody else".into() }
            }
            _ => return,
        };
        self.faults.push(fault);
    }
}

/// Where Chromium is.
fn find_program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CELLAR_CHROMIUM") {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&folders).collect();
    let named = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|it| it.is_file());
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(named)
}

/// Writes a file, making its folder.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
