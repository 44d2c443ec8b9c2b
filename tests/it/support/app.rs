//! A fresh server in this process, and the actors that call it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use cellar::clock::{Clock, Timestamp};
use cellar::config::{Config, Sources};
use cellar::data_folder::DataFolder;
use cellar::database::Database;
use cellar::job::Kinds;
use cellar::ml::wine::{Samples, WineRegression, train};
use cellar::ml_model::MLModel;
use cellar::ml_model_manager::Keep;
use cellar::server::{self, Parts, Server};
use cellar::user::UserService;
use rocket::http::{Header, Method};
use rocket::local::blocking::Client;
use serde_json::Value;

/// The password of every account in these stories.
pub(crate) use super::binary::PASSWORD;

/// The name under which the stories reach the server.
pub(crate) const HOST: &str = "localhost:8000";

/// How a server of a story differs from the usual one.
pub(crate) struct Setup {
    pub(crate) flags: Vec<(&'static str, String)>,
    pub(crate) kinds: Kinds,
    pub(crate) clock: Clock,
    pub(crate) models: Vec<Arc<dyn MLModel>>,
    /// Whether it has an administrator.
    pub(crate) is_founded: bool,
    /// Whether it is known how good the wine model is, so that the server does not measure it.
    pub(crate) is_measured: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            flags: vec![],
            kinds: Kinds::new(),
            clock: Clock::system(),
            models: vec![],
            is_founded: true,
            is_measured: false,
        }
    }
}

impl Setup {
    /// With one more setting.
    pub(crate) fn flag(mut self, name: &'static str, value: &str) -> Self {
        self.flags.push((name, value.to_owned()));
        self
    }

    /// With one more model on the shelf.
    pub(crate) fn model(mut self, model: impl MLModel) -> Self {
        self.models.push(Arc::new(model));
        self
    }

    /// With a clock that stands until it is moved.
    pub(crate) fn standing(self) -> Self {
        self.standing_at(Timestamp::from_millis(1_795_000_000_000))
    }

    /// With a clock that stands at this moment until it is moved.
    pub(crate) fn standing_at(mut self, start: Timestamp) -> Self {
        self.clock = Clock::standing_at(start);
        self
    }

    pub(crate) fn start(self) -> App {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_owned();
        App::on(&data, Some(folder), self)
    }

    /// On a folder that stays when the server is gone.
    pub(crate) fn start_in(self, data: &Path) -> App {
        App::on(data, None, self)
    }
}

/// A server with an administrator, and its folder.
pub(crate) struct App {
    pub(crate) client: Client,
    pub(crate) database: Database,
    pub(crate) users: UserService,
    pub(crate) clock: Clock,
    data: PathBuf,
    /// The same folder, if it goes with the server.
    folder: Option<tempfile::TempDir>,
}

impl App {
    pub(crate) fn start() -> Self {
        Setup::default().start()
    }

    fn on(data: &Path, folder: Option<tempfile::TempDir>, setup: Setup) -> Self {
        let mut flags = vec![
            ("data", data.display().to_string()),
            ("bcrypt_cost", "4".to_owned()),
            ("sign_in_tries_per_minute", "10000".to_owned()),
        ];
        flags.extend(setup.flags);
        let sources = Sources { flags: flags.into_iter().collect(), ..Sources::default() };
        let config = Config::load(&sources).unwrap();
        let held = DataFolder::take(&config.data).unwrap();
        if setup.is_measured {
            put_measured_wine_model(&config.data);
        } else {
            put_wine_model(&config.data);
        }
        let clock = setup.clock;
        let parts = Parts { config, clock: clock.clone(), folder: held, kinds: setup.kinds };
        let Server { rocket, users, models, database, .. } = server::build(parts).unwrap();
        for model in setup.models {
            models.put(model);
        }
        let client = Client::untracked(rocket).unwrap();
        let data = data.to_owned();
        let app = Self { client, database, users, clock, data, folder };
        if setup.is_founded {
            app.found();
        }
        app
    }

    /// Makes the administrator's account, if there is none.
    pub(crate) fn found(&self) {
        let runtime = rocket::tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(self.users.ensure_admin(Some(PASSWORD.into()), |_| Ok(()))).unwrap();
    }

    /// Stops the server and starts it again on the same folder.
    pub(crate) fn restarted(mut self, setup: Setup) -> Self {
        let (data, folder) = (self.data.clone(), self.folder.take());
        self.leave();
        Self::on(&data, folder, setup)
    }

    /// Stops the server, and with that lets go of its folder.
    pub(crate) fn leave(self) {
        let Self { client, database, users, .. } = self;
        drop(client);
        drop(users);
        database.close();
    }

    /// Someone who is not signed in.
    pub(crate) fn visitor(&self) -> Actor<'_> {
        Actor { app: self, cookie: None }
    }

    /// The administrator.
    pub(crate) fn admin(&self) -> Actor<'_> {
        self.signed_in("admin")
    }

    /// A new account of this name, signed in.
    pub(crate) fn user(&self, name: &str) -> Actor<'_> {
        let email = format!("{name}@example.org");
        let body = serde_json::json!({"username": name, "email": email, "password": PASSWORD});
        self.visitor().post("/auth/register").json(&body).send().expect(201);
        self.signed_in(name)
    }

    /// A new session of the account of this name.
    pub(crate) fn signed_in(&self, name: &str) -> Actor<'_> {
        let body = serde_json::json!({"username": name, "password": PASSWORD});
        let answer = self.visitor().post("/auth/session").json(&body).send();
        assert_eq!(answer.status, 201, "{}", answer.text);
        let cookie = answer.header("Set-Cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Actor { app: self, cookie: Some(cookie) }
    }
}

/// Puts the wine model into a data folder, so that no story waits for its training; it is trained
/// once for all of them.
pub(crate) fn put_wine_model(data: &Path) {
    static TRAINED: OnceLock<WineRegression> = OnceLock::new();
    let samples = || Samples::embedded().without_duplicates();
    let model = TRAINED.get_or_init(|| train(&samples(), 2));
    Keep::below(data).put_wine(model).unwrap();
}

/// The same, with what was once measured of it, so that no server measures it beside a story.
pub(crate) fn put_measured_wine_model(data: &Path) {
    put_wine_model(data);
    let keep = Keep::below(data);
    let evaluation = serde_json::from_str(include_str!("evaluation.json")).unwrap();
    keep.put_evaluation(keep.wine().unwrap().version(), &evaluation).unwrap();
}

/// Someone who sends requests from a browser of their own.
#[derive(Clone)]
pub(crate) struct Actor<'a> {
    app: &'a App,
    pub(crate) cookie: Option<String>,
}

impl<'a> Actor<'a> {
    pub(crate) fn get(&self, path: &str) -> Call<'a> {
        self.call(Method::Get, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call<'a> {
        self.call(Method::Post, path)
    }

    pub(crate) fn put(&self, path: &str) -> Call<'a> {
        self.call(Method::Put, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'a> {
        self.call(Method::Delete, path)
    }

    /// A request as this actor's browser sends it from our own page.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call<'a> {
        let mut headers = vec![
            ("Host".to_owned(), HOST.to_owned()),
            ("Sec-Fetch-Site".to_owned(), "same-origin".to_owned()),
        ];
        headers.extend(self.cookie.clone().map(|cookie| ("Cookie".to_owned(), cookie)));
        Call { app: self.app, method, path: path.to_owned(), headers, body: None, remote: None }
    }
}

/// A request about to be sent.
pub(crate) struct Call<'a> {
    app: &'a App,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    remote: Option<std::net::SocketAddr>,
}

impl Call<'_> {
    /// With this header instead of any of the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With one more header of a name that may be there already.
    pub(crate) fn another_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json").body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// As if the connection came from here.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.remote = Some(format!("{address}:50000").parse().unwrap());
        self
    }

    pub(crate) fn send(self) -> Answer {
        let mut request = self.app.client.req(self.method, self.path);
        for (name, value) in self.headers {
            request.add_header(Header::new(name, value));
        }
        if let Some(remote) = self.remote {
            request.set_remote(remote);
        }
        if let Some(body) = self.body {
            request.set_body(body);
        }
        let response = request.dispatch();
        let headers = response.headers().iter();
        let headers = headers.map(|h| (h.name.as_str().to_owned(), h.value.to_string())).collect();
        let status = response.status().code;
        let bytes = response.into_bytes().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, bytes, text }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// Asserts success with this status; the body in JSON, or null.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Asserts a failure in the one shape, with nothing in it that a stranger should not see.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("Content-Type"), Some("application/problem+json"));
        let body = self.json();
        assert_eq!(body["type"], "about:blank");
        assert_eq!(body["status"], status);
        assert_eq!(body["code"], code, "{body}");
        assert!(!body["title"].as_str().unwrap().is_empty());
        assert!(!body["detail"].as_str().unwrap().is_empty());
        assert!(body["errors"].is_array());
        assert_eq!(body["request_id"].as_str(), self.header("X-Request-Id"));
        for secret in ["<html", "/tmp", "SELECT", "INSERT", "rusqlite", "panicked", ".rs:"] {
            assert!(!self.text.contains(secret), "{secret} in {}", self.text);
        }
        body
    }

    /// The fields that a 422 names, with their codes, in order of name.
    #[track_caller]
    pub(crate) fn issues(&self) -> Vec<(String, String)> {
        let body = self.problem(422, "invalid");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = body["errors"].as_array().unwrap();
        let mut found: Vec<_> =
            errors.iter().map(|issue| (text(&issue["field"]), text(&issue["code"]))).collect();
        found.sort();
        found
    }
}
