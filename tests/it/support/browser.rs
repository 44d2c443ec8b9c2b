//! A headless Chromium, steered over its `DevTools` protocol.
//!
//! The client is our own, on `tungstenite`, which adds two small crates that compile in seconds.
//! The full drivers (`chromiumoxide`, `headless_chrome`) bring the whole protocol as generated code
//! and a minute of compiling for two cores; `fantoccini` needs a second program as a driver, and
//! sees neither the console nor the policy. A dozen commands of the protocol are all that the
//! stories use.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::binary::eventually;
use link::{Fault, Link};

mod eyes;
mod hands;
mod link;

/// How wide and high a window is, and whether it is dark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) is_dark: bool,
}

/// How long a story waits for what its page has asked for and is not shown. Where a server is held
/// still there is no answer.
const ANSWERS_WAIT: Duration = Duration::from_secs(10);

/// One browser with one page, and everything that went wrong on it.
pub(crate) struct Browser {
    process: Child,
    origin: String,
    link: RefCell<Link>,
    window: Cell<Option<Window>>,
    _profile: TempDir,
}

impl Browser {
    /// A browser on an empty page, for the pages of `origin` alone; `None` where there is none.
    pub(crate) fn open(origin: &str) -> Option<Self> {
        let program = find_program()?;
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

    pub(super) fn is_true(&self, expression: &str) -> bool {
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

    /// Cuts the wire, or mends it.
    pub(crate) fn connect(&self, is_up: bool) {
        let condition = json!({
            "offline": !is_up, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.send("Network.emulateNetworkConditions", &condition);
    }

    /// Lets no request through to addresses like these; none of them lets everything through.
    pub(crate) fn block(&self, patterns: &[&str]) {
        self.send("Network.setBlockedURLs", &json!({ "urls": patterns }));
    }

    /// Holds requests to addresses like these back, until others are named; none of them lets
    /// everything go on.
    pub(crate) fn hold(&self, patterns: &[&str]) {
        self.send("Fetch.disable", &json!({}));
        let held: Vec<_> = patterns.iter().map(|at| json!({ "urlPattern": at })).collect();
        if !held.is_empty() {
            self.send("Fetch.enable", &json!({ "patterns": held }));
        }
    }

    /// Forgets every file that it has kept, as a browser that comes for the first time.
    pub(crate) fn forget_cache(&self) {
        self.send("Network.clearBrowserCache", &json!({}));
    }

    /// Speaks another language from the next page on, as if chosen in the menu.
    pub(crate) fn speak(&self, language: &str) {
        self.remember("language", language);
    }

    /// Prefers these languages from the next page on, as the browser of their speaker does.
    pub(crate) fn prefer(&self, languages: &str) {
        let agent = self.eval("navigator.userAgent");
        let who = json!({ "userAgent": agent, "acceptLanguage": languages });
        self.send("Emulation.setUserAgentOverride", &who);
    }

    /// Begins every page from the next one on with this script.
    pub(crate) fn begin_with(&self, script: &str) {
        self.send("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
    }

    /// What the API answers whoever is signed in.
    #[track_caller]
    pub(crate) fn ask(&self, path: &str) -> Value {
        self.eval(&format!("fetch({}).then((answer) => answer.json())", json!(path)))
    }

    /// Puts something into the app's storage.
    pub(crate) fn remember(&self, name: &str, value: &str) {
        let (name, value) = (json!(format!("cellar.{name}")), json!(value));
        // The next page may live in another process, which hears of it a moment later.
        self.eval(&format!(
            "localStorage.setItem({name}, {value}); \
             new Promise((done) => setTimeout(() => done(true), 250))"
        ));
    }

    /// Whether nothing has loaded the page anew since the last call.
    pub(crate) fn is_same_page(&self) -> bool {
        self.eval("[window.cellarSame, window.cellarSame = true][0] === true") == true
    }

    /// Puts what is downloaded from now on into this folder.
    pub(crate) fn download_to(&self, folder: &Path) {
        let way = json!({ "behavior": "allow", "downloadPath": folder.display().to_string() });
        self.send("Browser.setDownloadBehavior", &way);
    }

    /// Takes a refused request out of the faults, for it is part of the story; it must be there.
    #[track_caller]
    pub(crate) fn expect_failure(&self, status: u64, path: &str) {
        let url = format!("{}{path}", self.origin);
        let is_it = |fault: &Fault| match fault {
            Fault::Refused { status: given, url: at } => (*given, at) == (status, &url),
            _ => false,
        };
        assert!(self.forgive(is_it) > 0, "{url} was not refused with {status}");
    }

    /// Takes every refusal with this status out of the faults, for they are part of the story.
    #[track_caller]
    pub(crate) fn expect_failures(&self, status: u64) {
        let is_it =
            |fault: &Fault| matches!(fault, Fault::Refused { status: it, .. } if *it == status);
        assert!(self.forgive(is_it) > 0, "nothing was refused with {status}");
    }

    /// Takes the requests without an answer out of the faults, for they are part of the story.
    #[track_caller]
    pub(crate) fn expect_silence(&self) {
        let n_lost = self.forgive(|fault| matches!(fault, Fault::Unanswered(_)));
        assert!(n_lost > 0, "every request was answered");
    }

    /// Takes what the console was told out of the faults, for it is part of the story.
    #[track_caller]
    pub(crate) fn expect_error(&self, text: &str) {
        let is_it = |fault: &Fault| matches!(fault, Fault::Page(what) if what.contains(text));
        let n_told = self.forgive(is_it);
        assert!(n_told > 0, "nothing was said of {text}");
    }

    /// The first of several refusals may be on the screen already: the others are waited for.
    fn forgive(&self, is_told: impl Fn(&Fault) -> bool) -> usize {
        let begun = Instant::now();
        while begun.elapsed() < ANSWERS_WAIT {
            self.catch_up();
            if self.link.borrow().unanswered.is_empty() {
                break;
            }
        }
        let mut link = self.link.borrow_mut();
        let n_before = link.faults.len();
        link.faults.retain(|fault| !is_told(fault));
        n_before - link.faults.len()
    }

    /// How many bytes of the app's files have come over the wire since this was asked last.
    pub(crate) fn take_bytes(&self) -> i64 {
        self.catch_up();
        self.link.borrow_mut().files.drain().map(|(_, size)| size).sum()
    }

    /// Whatever happened before this answer has been told by then.
    fn catch_up(&self) {
        let wait = "new Promise((done) => setTimeout(() => done(true), 50))";
        let wait = json!({ "expression": wait, "awaitPromise": true });
        // A page that is on its way elsewhere never answers, and its events have come all the same.
        let _ = self.try_send("Runtime.evaluate", &wait);
    }

    #[track_caller]
    fn send(&self, method: &str, parameters: &Value) -> Value {
        self.try_send(method, parameters).unwrap_or_else(|why| panic!("{method}: {why}"))
    }

    fn try_send(&self, method: &str, parameters: &Value) -> Result<Value, Value> {
        self.link.borrow_mut().send(method, parameters, &self.origin)
    }
}

/// Every story ends here, and none of them well if something went wrong on the way: an error in the
/// console, a request that failed, a broken policy, a request to anybody else.
impl Drop for Browser {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.catch_up();
        }
        let group = rustix::process::Pid::from_child(&self.process);
        // It may have ended already, which is as good.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.process.wait();
        let faults = &self.link.get_mut().faults;
        assert!(thread::panicking() || faults.is_empty(), "{faults:#?}");
    }
}

/// Where Chromium is; `None`, after saying why, where there is none and none is demanded.
pub(crate) fn find_program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CELLAR_CHROMIUM") {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&folders).collect();
    let named = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|it| it.is_file());
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(named);
    if found.is_none() {
        let why = "neither CELLAR_CHROMIUM nor the search path names one";
        let demanded = std::env::var_os("CELLAR_DEMAND_BROWSER").is_some_and(|it| it == "1");
        assert!(!demanded, "no chromium, and CELLAR_DEMAND_BROWSER is 1: {why}");
        println!("skipped: no chromium ({why})");
    }
    found
}

/// Writes a file, making its folder.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
