//! Clients of other servers: MLflow's scoring protocol and the Open Inference Protocol, as their
//! clients speak them.

use serde_json::{Value, json};

use crate::support::WINE_COLUMNS;
use crate::support::app::{Actor, Answer, App, Setup};

const ROW: [f64; 11] = [7.4, 0.7, 0.0, 1.9, 0.076, 11.0, 34.0, 0.9978, 3.51, 0.56, 9.4];

fn score(actor: &Actor<'_>, query: &str, body: &Value) -> Answer {
    actor.post(&format!("/api/models/wine/invocations{query}")).json(body).send()
}

fn available(actor: &Actor<'_>) -> i64 {
    actor.get("/api/balance").send().expect(200)["available"].as_i64().unwrap()
}

fn record() -> Value {
    WINE_COLUMNS.iter().zip(ROW).map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}

#[test]
fn mlflow_clients_are_answered_in_every_form() {
    let app = App::start();
    let ada = app.user("ada");
    let forms = [
        json!({"dataframe_split": {"columns": WINE_COLUMNS, "data": [ROW, ROW], "index": [0, 1]}}),
        json!({"dataframe_records": [record(), record()]}),
        json!({"instances": [ROW, ROW]}),
        json!({"inputs": [record(), record()], "params": {}}),
        json!({"inputs": WINE_COLUMNS.iter().zip(ROW).map(|(n, x)| ((*n).to_owned(), json!([x, x])))
            .collect::<Value>()}),
    ];
    let mut told = vec![];
    for form in &forms {
        let answer = score(&ada, "", form);
        let body = answer.expect(200);
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        assert_eq!(answer.header("Cellar-Cost"), Some("2"));
        assert!(answer.header("Cellar-Task-Id").unwrap().starts_with("tsk_"));
        told.push(body["predictions"].clone());
    }
    let csv = format!("{}\n{}\n", WINE_COLUMNS.join(","), ROW.map(|x| x.to_string()).join(","));
    let call = ada.post("/api/models/wine/invocations").header("Content-Type", "text/csv");
    let from_csv = call.body(csv).send().expect(200);
    assert!(told.iter().all(|predictions| predictions == &told[0]));
    assert_eq!(from_csv["predictions"][0], told[0][0]);
    assert!(told[0][1].is_f64());
    assert_eq!(available(&ada), 100 - 11);
    let history = ada.get("/api/tasks?model=wine").send().expect(200);
    assert_eq!(history["items"].as_array().unwrap().len(), 6);
}

#[test]
fn for_mlflow_clients_one_bad_row_fails_the_request_unless_they_ask() {
    let app = App::start();
    let ada = app.user("ada");
    let mut bad = ROW;
    bad[8] = 15.0;
    let body = json!({"dataframe_split": {"columns": WINE_COLUMNS, "data": [ROW, bad]}});
    let answer = score(&ada, "", &body);
    let told = answer.expect(400);
    assert_eq!(told["error_code"], "BAD_REQUEST");
    assert!(told["message"].as_str().unwrap().contains("row 2: pH"), "{told}");
    assert_eq!((available(&ada), answer.header("Cellar-Cost")), (100, Some("0")));
    let told = score(&ada, "?errors=rows", &body).expect(200);
    assert_eq!(told["predictions"][1], json!(null));
    assert!(told["predictions"][0].is_f64());
    assert_eq!(
        (&told["errors"][0]["index"], &told["errors"][0]["code"]),
        (&json!(1), &json!("out_of_range"))
    );
    assert_eq!(told["cost"], 1);
    assert_eq!(available(&ada), 99);
    let wrong =
        [json!({}), json!({"instances": [], "inputs": []}), json!({"rows": [ROW]}), json!([1])];
    for body in wrong {
        assert_eq!(score(&ada, "", &body).expect(400)["error_code"], "BAD_REQUEST", "{body}");
    }
    score(&ada, "?errors=all", &body).expect(400);
    let beer = ada.post("/api/models/beer/invocations").json(&body).send().expect(404);
    assert_eq!(beer["error_code"], "RESOURCE_DOES_NOT_EXIST");
}

#[test]
fn refusals_have_the_shape_that_each_client_knows_whoever_refuses() {
    let app = App::start();
    let ada = app.user("ada");
    let reader = bearer(&ada, "read");
    let mlflow = "/api/models/wine/invocations";
    let body = json!({"instances": [ROW]});
    let as_key = |path: &str| {
        let call = app.visitor().post(path).without("Sec-Fetch-Site");
        call.header("Authorization", &reader).json(&body).send()
    };
    let of_kind =
        |path: &str| ada.post(path).header("Content-Type", "application/x").body("x").send();
    let too_large = |path: &str| {
        let call = ada.post(path).header("Content-Length", "99999999").json(&body);
        call.send()
    };
    let as_visitor = |path: &str| app.visitor().post(path).json(&body).send();
    for (answer, status, code) in [
        (as_visitor(mlflow), 401, "UNAUTHENTICATED"),
        (as_key(mlflow), 403, "PERMISSION_DENIED"),
        (ada.get(mlflow).send(), 405, "BAD_REQUEST"),
        (too_large(mlflow), 413, "BAD_REQUEST"),
        (of_kind(mlflow), 415, "BAD_REQUEST"),
        (score(&ada, "?errors=all", &body), 400, "INVALID_PARAMETER_VALUE"),
        (score(&ada, "?error=rows", &body), 400, "INVALID_PARAMETER_VALUE"),
        (score(&ada, "", &json!({"instances": [1]})), 400, "BAD_REQUEST"),
    ] {
        let told = answer.expect(status);
        assert_eq!(told["error_code"], code, "{told}");
        // The bad rows stand beside the sentence, where there are any.
        let n_members = 2 + told.get("errors").iter().count();
        assert_eq!(told.as_object().unwrap().len(), n_members, "{told}");
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
    }
    let oip = "/v2/models/wine/infer";
    for (answer, status) in [
        (as_visitor(oip), 401),
        (as_key(oip), 403),
        (app.visitor().get("/v2/models").send(), 404),
        (app.visitor().get("/v2/nothing/here").send(), 404),
        (ada.get(oip).send(), 405),
        (too_large(oip), 413),
        (of_kind(oip), 415),
        (ada.post(&format!("{oip}?errors=rows")).json(&body).send(), 400),
        (as_visitor("/v1/models/wine:predict"), 401),
    ] {
        let told = answer.expect(status);
        assert!(told["error"].is_string() && told.as_object().unwrap().len() == 1, "{told}");
        assert!(answer.header("X-Request-Id").is_some());
    }
    assert_eq!(as_visitor(oip).header("WWW-Authenticate"), Some("Bearer"));
    assert_eq!(available(&ada), 100);
    // What is Cellar's own keeps its own shape.
    app.visitor().get("/api/models/beer").send().problem(404, "not_found");
}

#[test]
fn programs_are_told_the_rows_and_the_price_where_there_is_room() {
    let app = Setup::default().flag("sign_up_credits", "1").start();
    let ada = app.user("ada");
    let told = score(&ada, "", &json!({"instances": [ROW, [1], ROW]})).expect(400);
    let message = "has 1 values where there are 11 columns";
    let error = json!({"index": 1, "row": 2, "line": null, "field": "row", "value": null,
        "code": "too_few_cells", "message": message});
    assert_eq!(told["errors"], json!([error]));
    assert_eq!(told["message"], format!("row 2: row {message}"));
    let told = score(&ada, "", &json!({"instances": [ROW, ROW]})).expect(402);
    let facts = [&told["error_code"], &told["cost"], &told["balance"]];
    assert_eq!(facts, [&json!("QUOTA_EXCEEDED"), &json!(2), &json!(1)]);
    let predict = |rows: Value| {
        let body = json!({"version": "wine", "input": {"records": rows}});
        ada.post("/v1/predictions").json(&body).send()
    };
    let told = predict(json!([ROW, ROW])).expect(402);
    assert_eq!((&told["cost"], &told["balance"]), (&json!(2), &json!(1)));
}

#[test]
fn mlflow_probes_find_each_model() {
    let app = App::start();
    for probe in ["ping", "health", "version"] {
        let found = app.visitor().get(&format!("/api/models/wine/{probe}")).send();
        assert_eq!(found.status, 200, "{probe}");
        assert!(found.header("Content-Type").unwrap().starts_with("text/plain"), "{probe}");
        app.visitor().get(&format!("/api/models/beer/{probe}")).send().expect(404);
    }
}

#[test]
fn the_open_inference_protocol_is_spoken() {
    let app = App::start();
    let ada = app.user("ada");
    let get = |path: &str| app.visitor().get(path).send().expect(200);
    assert_eq!(get("/v2")["name"], "cellar");
    assert_eq!(get("/v2/health/live"), json!({"live": true}));
    assert_eq!(get("/v2/health/ready"), json!({"ready": true}));
    assert_eq!(get("/v2/models/wine/ready"), json!({"name": "wine", "ready": true}));
    let model = get("/v2/models/wine");
    let version = model["versions"][0].as_str().unwrap();
    let path = format!("/v2/models/wine/versions/{version}");
    assert_eq!(get(&path), model);
    for ready in [&format!("{path}/ready"), "/v1/models/wine"] {
        assert_eq!(get(ready), json!({"name": "wine", "ready": true}));
    }
    for unknown in ["/v2/models/wine/versions/0/ready", "/v1/models/beer"] {
        assert!(app.visitor().get(unknown).send().expect(404)["error"].is_string());
    }
    assert_eq!(model["inputs"][0], json!({"name": "rows", "datatype": "FP64", "shape": [-1, 11]}));
    let unknown = app.visitor().get("/v2/models/beer").send().expect(404);
    assert_eq!(unknown, json!({"error": "there is no such model"}));

    let tensor = |shape: Value, data: Value| {
        let kind = "FP64";
        json!({"name": "rows", "shape": shape, "datatype": kind, "data": data})
    };
    let flat = json!({"id": "42", "inputs": [tensor(json!([2, 11]), json!([ROW, ROW].concat()))]});
    let nested = json!({"inputs": [tensor(json!([2, 11]), json!([ROW, ROW]))]});
    let by_column: Vec<_> = WINE_COLUMNS
        .iter()
        .zip(ROW)
        .map(|(name, x)| json!({"name": name, "shape": [2], "datatype": "FP32", "data": [x, x]}))
        .collect();
    let infer = |path: &str, body: &Value| ada.post(path).json(body).send();
    let first = infer("/v2/models/wine/infer", &flat).expect(200);
    assert_eq!((&first["id"], &first["model_version"]), (&json!("42"), &json!(version)));
    assert_eq!(first["outputs"][0]["name"], "score");
    assert_eq!(first["outputs"][0]["shape"], json!([2]));
    assert_eq!(first["outputs"][3]["shape"], json!([2, 6]));
    assert_eq!(first["outputs"][3]["data"].as_array().unwrap().len(), 12);
    for body in [&nested, &json!({"inputs": by_column})] {
        let told = infer(&format!("/v2/models/wine/versions/{version}/infer"), body).expect(200);
        assert_eq!(told["outputs"], first["outputs"]);
    }
    let told = infer("/v1/models/wine:predict", &json!({"instances": [ROW]})).expect(200);
    assert_eq!(told["predictions"][0], first["outputs"][0]["data"][0]);
    assert_eq!(available(&ada), 100 - 7);

    let wrong = [
        json!({"inputs": []}),
        json!({"inputs": [tensor(json!([3, 11]), json!(ROW))]}),
        json!({"inputs": [{"name": "rows", "shape": [1], "datatype": "BYTES", "data": ["x"]}]}),
        json!({"inputs": [tensor(json!([1, 2]), json!([1, 2]))]}),
    ];
    for body in wrong {
        assert!(infer("/v2/models/wine/infer", &body).expect(400)["error"].is_string(), "{body}");
    }
    infer("/v2/models/wine/versions/0/infer", &flat).expect(404);
    infer("/v1/models/wine", &flat).expect(404);
    assert_eq!(available(&ada), 100 - 7);
}

/// What a program of this account sends to say who it is.
fn bearer(actor: &Actor<'_>, scope: &str) -> String {
    let body = json!({"name": scope, "scopes": [scope]});
    let made = actor.post("/api/keys").json(&body).send().expect(201);
    format!("Bearer {}", made["secret"].as_str().unwrap())
}

#[test]
fn outputs_are_picked_and_ids_are_texts() {
    let app = App::start();
    let ada = app.user("ada");
    let tensor = json!({"name": "rows", "shape": [1, 11], "datatype": "FP64", "data": ROW});
    let infer = |extra: Value| {
        let mut body = json!({"inputs": [tensor]});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ada.post("/v2/models/wine/infer").json(&body).send()
    };
    let picked = infer(json!({"id": "a", "outputs": [{"name": "class"}, {"name": "score"}]}));
    let picked = picked.expect(200);
    let names: Vec<_> = picked["outputs"].as_array().unwrap().iter().map(|o| &o["name"]).collect();
    assert_eq!((names, &picked["id"]), (vec![&json!("class"), &json!("score")], &json!("a")));
    assert_eq!(available(&ada), 99);
    for (extra, field) in [
        (json!({"outputs": [{"name": "zzz"}]}), "outputs has zzz"),
        (json!({"outputs": "score"}), "outputs must be"),
        // Each mention would be all of its numbers again.
        (json!({"outputs": vec![json!({"name": "score"}); 2]}), "outputs has score more than once"),
        (json!({"id": 5}), "id must be a text"),
    ] {
        let told = infer(extra).expect(400);
        assert!(told["error"].as_str().unwrap().starts_with(field), "{told}");
    }
    assert_eq!(available(&ada), 99);
    assert_eq!(ada.get("/api/tasks").send().expect(200)["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_client_that_says_no_content_type_is_read_as_json_and_binary_tensors_are_refused() {
    let app = App::start();
    let ada = app.user("ada");
    let key = bearer(&ada, "predict");
    let tensor = json!({"name": "rows", "shape": [1, 11], "datatype": "FP64", "data": ROW});
    let body = json!({"inputs": [tensor], "parameters": {"binary_data_output": true}}).to_string();
    let call = || {
        let call = app.visitor().post("/v2/models/wine/infer").without("Sec-Fetch-Site");
        call.header("Authorization", &key).body(body.clone())
    };
    assert_eq!(call().send().expect(200)["outputs"][0]["name"], "score");
    // As NVIDIA's client for Python sends one row by default, without a type and with one.
    let mut binary = br#"{"inputs":[{"name":"rows","shape":[1,11],"datatype":"FP64","parameters":
        {"binary_data_size":88}}],"parameters":{"binary_data_output":true}}"#
        .to_vec();
    binary.extend(ROW.iter().flat_map(|x| x.to_le_bytes()));
    let binary = || call().header("Inference-Header-Content-Length", "149").body(binary.clone());
    let typed = binary().header("Content-Type", "application/octet-stream");
    for call in [binary(), typed] {
        let told = call.send().expect(400);
        assert!(told["error"].as_str().unwrap().contains("binary_data=False"), "{told}");
    }
    // It leaves the header of such a request in those that follow.
    call().header("Inference-Header-Content-Length", "149").send().expect(200);
    // A browser with our cookie has to say what it sends.
    ada.post("/v2/models/wine/infer").body(body.clone()).send().expect(415);
    ada.post("/api/models/wine/invocations").body(body.clone()).send().expect(415);
    assert_eq!(available(&ada), 98);
}

#[test]
fn a_compressed_body_is_refused_for_what_it_is() {
    let app = App::start();
    let ada = app.user("ada");
    let body = json!({"instances": [ROW]});
    for (path, field) in [
        ("/api/models/wine/invocations", "message"),
        ("/v2/models/wine/infer", "error"),
        ("/v1/models/wine:predict", "error"),
        ("/v1/predictions", "detail"),
    ] {
        let told = ada.post(path).header("Content-Encoding", "gzip").json(&body).send();
        let told = told.expect(415)[field].clone();
        assert!(told.as_str().unwrap().ends_with("uncompressed"), "{path}: {told}");
    }
    assert_eq!(available(&ada), 100);
}

#[test]
fn a_key_of_once_tells_models_forms_and_queries_apart() {
    let app = App::start();
    let ada = app.user("ada");
    let send = |path: &str, kind: &str, body: &str| {
        let call = ada.post(path).header("Idempotency-Key", "k").header("Content-Type", kind);
        call.body(body).send()
    };
    let table = format!("{}\n", ROW.map(|x| x.to_string()).join(","));
    let wine = send("/api/tasks?model=wine", "text/csv", &table).expect(200);
    assert_eq!(send("/api/tasks?model=wine", "text/csv", &table).expect(200)["id"], wine["id"]);
    send("/api/tasks?model=simple", "text/csv", &table).problem(400, "idempotency_key_reused");
    let path = "/api/models/simple/invocations";
    let body = json!({"instances": [[1], [2]]}).to_string();
    let first = send(path, "application/json", &body);
    assert_eq!(first.expect(200)["predictions"].as_array().unwrap().len(), 2);
    send(path, "text/csv", &body).expect(400);
    send(&format!("{path}?errors=rows"), "application/json", &body).expect(400);
    let again = send(path, "application/json", &body);
    assert_eq!((again.header("Idempotent-Replayed"), &again.text), (Some("true"), &first.text));
    assert_eq!(available(&ada), 100 - 3);
}
