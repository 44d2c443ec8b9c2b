//! What real clients of other servers sent, byte for byte, sent again to the real binary: each must
//! find in the answer all that it reads there. `captures/README.md` tells how they were kept.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::support::WINE_COLUMNS;
use crate::support::app::put_measured_wine_model;
use crate::support::binary::{Answer, Binary, Served, exchange};

/// The two wines that all of them send.
const WINES: [[f64; 11]; 2] = [
    [7.4, 0.7, 0.0, 1.9, 0.076, 11.0, 34.0, 0.9978, 3.51, 0.56, 9.4],
    [7.8, 0.88, 0.0, 2.6, 0.098, 25.0, 67.0, 0.9968, 3.2, 0.68, 9.8],
];

const OUTPUTS: &[&str] = &["score", "class", "interval", "probabilities"];

/// What a client reads in the answer.
enum Told {
    /// Nothing but the status; the text is for people.
    Text,
    /// MLflow's `predictions`, the score of each wine.
    Predictions,
    /// The same with null for the second wine, and what is wrong with it.
    RowErrors,
    /// These members, and maybe more.
    Members(fn() -> Value),
    /// What a model's tensors are.
    Metadata,
    /// The outputs of these names, as tensors.
    Tensors(&'static [&'static str]),
    /// The same with the id that was sent.
    TensorsOf(&'static str, &'static [&'static str]),
    /// One of Replicate's predictions, of the first wine.
    Prediction,
    /// One that failed for this reason.
    FailedPrediction(&'static str),
    /// A page of predictions.
    Page,
    /// A version of a model.
    Version,
    /// A failure: the member that holds its words, and how they begin.
    Failure(&'static str, &'static str),
}

use Told::{
    FailedPrediction, Failure, Members, Metadata, Page, Prediction, Predictions, RowErrors,
    Tensors, TensorsOf, Text, Version,
};

const JSON: &str = "application/json";
const BINARY: &str = "binary tensors are not spoken here; send JSON (binary_data=False)";
const BAD_ROW: &str = "row 2: pH must be from 0 to 14";

/// Each capture, in the order in which they are sent: the status of its answer, what the task that
/// it leaves costs, if it leaves one, and what is told.
const CAPTURES: &[(&str, u16, Option<i64>, Told)] = &[
    ("mlflow-ping", 200, None, Text),
    ("mlflow-version", 200, None, Text),
    ("mlflow-split", 200, Some(2), Predictions),
    ("mlflow-array", 200, Some(2), Predictions),
    ("mlflow-params", 200, Some(2), Predictions),
    ("mlflow-records", 200, Some(2), Predictions),
    ("mlflow-instances", 200, Some(2), Predictions),
    ("mlflow-columns", 200, Some(2), Predictions),
    ("mlflow-bad-row", 400, Some(0), Failure("message", BAD_ROW)),
    ("mlflow-missing-value", 400, Some(0), Failure("message", "row 2: pH is missing")),
    ("mlflow-unknown-model", 404, None, Failure("message", "there is no such model")),
    ("mlflow-unknown-model-ping", 404, None, Failure("message", "there is no such model")),
    ("mlflow-missing-key", 401, None, Failure("message", "sign in first")),
    ("requests-csv", 200, Some(2), Predictions),
    ("requests-csv-bad-row", 400, Some(0), Failure("message", BAD_ROW)),
    ("requests-csv-row-errors", 200, Some(1), RowErrors),
    ("triton-live", 200, None, Members(|| json!({"live": true}))),
    ("triton-ready", 200, None, Members(|| json!({"ready": true}))),
    ("triton-server", 200, None, Members(|| json!({"name": "cellar", "extensions": []}))),
    ("triton-model", 200, None, Metadata),
    ("triton-model-version", 200, None, Metadata),
    ("triton-model-ready", 200, None, Members(|| json!({"name": "wine", "ready": true}))),
    ("triton-model-version-ready", 200, None, Members(|| json!({"ready": true}))),
    ("triton-unknown-model-ready", 404, None, Failure("error", "there is no such model")),
    ("triton-unknown-model", 404, None, Failure("error", "there is no such model")),
    ("triton-infer", 200, Some(2), Tensors(OUTPUTS)),
    ("triton-infer-columns", 200, Some(2), Tensors(OUTPUTS)),
    ("triton-infer-named", 200, Some(2), TensorsOf("7", &["class", "score"])),
    ("triton-infer-version", 200, Some(2), Tensors(OUTPUTS)),
    ("triton-infer-basic", 200, Some(2), Tensors(OUTPUTS)),
    ("triton-gzip-answer", 200, Some(2), Tensors(OUTPUTS)),
    ("triton-bad-row", 400, Some(0), Failure("error", BAD_ROW)),
    ("triton-infer-unknown-model", 404, None, Failure("error", "there is no such model")),
    ("triton-unknown-output", 400, None, Failure("error", "outputs has taste, which is no")),
    ("triton-missing-key", 401, None, Failure("error", "sign in first")),
    ("triton-binary", 400, None, Failure("error", BINARY)),
    ("triton-gzip", 415, None, Failure("error", "send the body with the content type")),
    ("kserve-live", 200, None, Members(|| json!({"live": true}))),
    ("kserve-ready", 200, None, Members(|| json!({"ready": true}))),
    ("kserve-model-ready", 200, None, Members(|| json!({"ready": true}))),
    ("kserve-infer", 200, Some(2), Tensors(OUTPUTS)),
    ("kserve-v1-model-ready", 200, None, Members(|| json!({"name": "wine", "ready": true}))),
    ("kserve-v1-unknown-model", 404, None, Failure("error", "there is no such model")),
    ("kserve-v1-predict", 200, Some(2), Predictions),
    ("kserve-v1-bad-row", 400, Some(0), Failure("error", BAD_ROW)),
    ("kserve-v1-missing-key", 401, None, Failure("error", "sign in first")),
    ("replicate-run", 201, Some(1), Prediction),
    ("replicate-run-version", 201, Some(1), Prediction),
    ("replicate-run-version-2", 200, None, Version),
    ("replicate-create", 201, Some(1), Prediction),
    ("replicate-get", 200, None, Prediction),
    ("replicate-list", 200, None, Page),
    ("replicate-bad-row", 201, Some(0), FailedPrediction("row 1: pH must be from 0 to 14")),
    ("replicate-unknown-model", 404, None, Failure("detail", "there is no such model")),
    ("replicate-missing-key", 401, None, Failure("detail", "sign in first")),
];

#[test]
fn every_request_that_a_real_client_sent_is_answered_as_it_needs() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/captures");
    let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|ending| ending == "http"));
    let kept: BTreeSet<OsString> = paths.map(|p| p.file_stem().unwrap().to_owned()).collect();
    let listed: BTreeSet<OsString> = CAPTURES.iter().map(|(name, ..)| (*name).into()).collect();
    assert_eq!(kept, listed, "each capture is in the table, once, and nothing else is");
    assert_eq!(CAPTURES.len(), listed.len());

    let binary = Binary::new();
    binary.run(&["init-db"]).done();
    put_measured_wine_model(&binary.data());
    let mut cellar = Cellar::start(binary.serve(&[]));
    for (name, status, cost, told) in CAPTURES {
        let before = (cellar.available(), cellar.newest_task());
        let request = cellar.fill(fs::read(folder.join(format!("{name}.http"))).unwrap(), name);
        let answer = exchange(cellar.served.port(), &request);
        assert_eq!(answer.status, *status, "{name}: {}", answer.text());
        cellar.read(&answer, told, name);
        cellar.check_history(&answer, *cost, &before, name);
    }
}

/// A server, somebody with a key and credits, and what it predicts for the wines.
struct Cellar {
    served: Served,
    /// What stands for each word in braces.
    words: BTreeMap<&'static str, String>,
    /// What `POST /api/tasks` tells of the wines.
    expected: Value,
}

impl Cellar {
    fn start(served: Served) -> Self {
        let cookie = served.sign_in();
        let post = |path: &str, body: &Value| {
            let call = served.request("POST", path).cookie(&cookie);
            call.json(body).send().json()
        };
        post("/api/balance/top-ups", &json!({"amount": 100}));
        let key = post("/api/keys", &json!({"name": "k", "scopes": ["read", "predict"]}));
        let key = key["secret"].as_str().unwrap().to_owned();
        let rows = json!({"model": "wine", "columns": WINE_COLUMNS, "data": WINES});
        let expected = post("/api/tasks", &rows)["output_data"].clone();
        assert_eq!(expected.as_array().map(Vec::len), Some(2), "{expected}");
        let model = served.get("/api/models/wine").json();
        let words = BTreeMap::from([
            ("host", format!("localhost:{}", served.port())),
            ("basic", BASE64.encode(format!("cellar:{key}").as_bytes())),
            ("key", key),
            ("version", model["version"].as_str().unwrap().to_owned()),
        ]);
        Self { served, words, expected }
    }

    fn get(&self, path: &str) -> Value {
        let call = self.served.request("GET", path);
        let answer = call.header("Authorization", &format!("Bearer {}", self.words["key"])).send();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    fn available(&self) -> i64 {
        self.get("/api/balance")["available"].as_i64().unwrap()
    }

    fn newest_task(&self) -> String {
        self.get("/api/tasks?limit=1")["items"][0]["id"].as_str().unwrap().to_owned()
    }

    /// The request as its client would send it to this server.
    fn fill(&self, mut request: Vec<u8>, name: &str) -> Vec<u8> {
        for (word, value) in &self.words {
            let word = format!("{{{{{word}}}}}").into_bytes();
            while let Some(at) = find(&request, &word) {
                request.splice(at..at + word.len(), value.bytes());
            }
        }
        assert_eq!(find(&request, b"{{"), None, "{name} has a word that nothing stands for");
        let end = find(&request, b"\r\n\r\n").unwrap_or_else(|| panic!("{name} has no end"));
        let head = String::from_utf8(request[..end].to_vec()).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |digits| digits.parse().unwrap());
        assert_eq!(length, request.len() - end - 4, "{name}: its values have other lengths");
        request
    }

    /// What the client reads is there, and is what it should be.
    fn read(&mut self, answer: &Answer, told: &Told, name: &str) {
        if matches!(told, Text) {
            assert!(answer.header("content-type").unwrap().starts_with("text/plain"), "{name}");
            return;
        }
        let kind = answer.header("content-type").unwrap();
        // One of the clients reads the words of a failure only if the type is this very text.
        let is_plain = matches!(told, Failure(..));
        assert!(if is_plain { kind == JSON } else { kind.starts_with(JSON) }, "{name}: {kind}");
        // Told of binary data, two of the clients would cut the answer there.
        assert_eq!(answer.header("inference-header-content-length"), None, "{name}");
        let body = answer.json();
        match told {
            Text => {}
            Predictions => assert_eq!(body, json!({"predictions": self.column("score")}), "{name}"),
            RowErrors => {
                assert_eq!(body["predictions"], json!([self.expected[0]["score"], null]));
                assert_eq!(body["errors"][0]["index"], 1, "{body}");
                assert_eq!(body["errors"][0]["field"], "pH", "{body}");
            }
            Members(members) => {
                for (member, value) in members().as_object().unwrap() {
                    assert_eq!(&body[member], value, "{name}: {body}");
                }
            }
            Metadata => self.read_metadata(&body),
            Tensors(outputs) => self.read_tensors(&body, outputs, name),
            TensorsOf(id, outputs) => {
                assert_eq!(body["id"], *id, "{name}");
                self.read_tensors(&body, outputs, name);
            }
            Prediction => {
                self.read_prediction(&body, "succeeded", name);
                assert_eq!(body["output"]["score"], self.expected[0]["score"], "{name}");
                assert_eq!(body["error"], Value::Null, "{name}");
            }
            FailedPrediction(why) => {
                self.read_prediction(&body, "failed", name);
                assert!(body["error"].as_str().unwrap().contains(why), "{name}: {body}");
            }
            Page => {
                assert_eq!(body["results"][0]["id"], self.words["prediction"], "{name}");
                assert!(body.get("next").is_some() && body.get("previous").is_some(), "{body}");
            }
            Version => {
                assert_eq!(body["id"], self.words["version"], "{name}");
                assert!(body["created_at"].is_string() && body["cog_version"].is_string());
                let output = &body["openapi_schema"]["components"]["schemas"]["Output"];
                assert!(output["type"].is_string(), "{body}");
            }
            Failure(member, words) => {
                let told = body[*member].as_str().unwrap_or_else(|| panic!("{name}: {body}"));
                assert!(told.starts_with(words), "{name}: {told}");
            }
        }
    }

    /// What the model says of an output, for each wine.
    fn column(&self, output: &str) -> Vec<Value> {
        self.expected.as_array().unwrap().iter().map(|row| row[output].clone()).collect()
    }

    fn read_metadata(&self, body: &Value) {
        assert_eq!((&body["name"], &body["platform"]), (&json!("wine"), &json!("cellar")));
        assert_eq!(body["versions"], json!([self.words["version"]]));
        let rows = json!({"name": "rows", "datatype": "FP64", "shape": [-1, 11]});
        assert_eq!(body["inputs"], json!([rows]));
        let outputs = body["outputs"].as_array().unwrap();
        let names: Vec<_> = outputs.iter().map(|output| output["name"].as_str().unwrap()).collect();
        assert_eq!(names, OUTPUTS);
        assert!(outputs.iter().all(|o| o["datatype"] == "FP64" && o["shape"][0] == -1), "{body}");
    }

    fn read_tensors(&self, body: &Value, names: &[&str], capture: &str) {
        assert_eq!(body["model_name"], "wine", "{capture}");
        assert_eq!(body["model_version"], self.words["version"], "{capture}");
        let outputs = body["outputs"].as_array().unwrap();
        assert_eq!(outputs.len(), names.len(), "{capture}");
        for (output, name) in outputs.iter().zip(names) {
            let numbers: Vec<f64> = self.column(name).iter().flat_map(numbers_in).collect();
            let data: Vec<f64> = numbers_in(&output["data"]);
            assert_eq!(output["name"], *name, "{capture}");
            assert_eq!(output["datatype"], "FP64", "{capture}");
            assert_eq!(data, numbers, "{capture}: {name}");
            let n_each = data.len() / WINES.len();
            let shape = if n_each == 1 { json!([2]) } else { json!([2, n_each]) };
            assert_eq!(output["shape"], shape, "{capture}: {name}");
        }
    }

    /// The members that its client demands; the next requests may ask for this prediction.
    fn read_prediction(&mut self, body: &Value, status: &str, name: &str) {
        assert_eq!(body["status"], status, "{name}: {body}");
        assert_eq!(body["version"], self.words["version"], "{name}");
        for member in ["id", "model", "logs", "created_at", "started_at", "completed_at"] {
            assert!(body[member].is_string(), "{name}: {member} of {body}");
        }
        assert!(body["input"].is_object() && body["metrics"].is_object(), "{name}: {body}");
        let id = body["id"].as_str().unwrap().to_owned();
        let address = format!("http://{}/v1/predictions/{id}", self.words["host"]);
        assert_eq!(body["urls"]["get"], address, "{name}");
        self.words.insert("prediction", id);
    }

    /// The task is there and paid for, or nothing is.
    fn check_history(
        &self,
        answer: &Answer,
        cost: Option<i64>,
        (credits, newest): &(i64, String),
        name: &str,
    ) {
        assert_eq!(self.available(), credits - cost.unwrap_or(0), "{name}");
        let Some(cost) = cost else {
            assert_eq!(self.newest_task(), *newest, "{name} left a task");
            return;
        };
        let id = answer.header("cellar-task-id").unwrap_or_else(|| panic!("{name}: no task"));
        assert_eq!(answer.header("cellar-cost"), Some(cost.to_string().as_str()), "{name}");
        assert_eq!(self.newest_task(), id, "{name}");
        let task = self.get(&format!("/api/tasks/{id}"));
        assert_eq!((&task["cost"], &task["model"]), (&json!(cost), &json!("wine")), "{name}");
        let n_paid = usize::try_from(cost).unwrap();
        let rows = task["output_data"].as_array().into_iter().flatten();
        let scores: Vec<_> = rows.map(|row| row["score"].clone()).collect();
        assert_eq!(scores, self.column("score")[..n_paid], "{name}");
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|at| at == part)
}

/// The numbers of a value in their order, whatever holds them.
fn numbers_in(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers_in).collect(),
        Value::Object(members) => members.values().flat_map(numbers_in).collect(),
        number => number.as_f64().into_iter().collect(),
    }
}
