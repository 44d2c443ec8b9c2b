//! The description of the API says what the server does, neither more nor less.

use std::collections::BTreeSet;

use cellar::ml_model_manager::MLModelManager;
use cellar::server;
use cellar::web::Access;
use serde_json::{Value, json};

use crate::support::app::{Answer, App};

fn document(app: &App) -> Value {
    app.visitor().get("/openapi.json").send().expect(200)
}

/// Every operation of the document: method, path, and what is said of it.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    found
}

#[test]
fn every_route_is_mounted_with_a_declared_rule_and_no_other_is() {
    let app = App::start();
    let declared: BTreeSet<_> = server::endpoints()
        .iter()
        .flat_map(|part| part.list().iter().map(|e| (e.method(), e.path())).collect::<Vec<_>>())
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let routes = app.client.rocket().routes();
    let mounted: BTreeSet<_> =
        routes.map(|route| format!("{} {}", route.method, route.uri.path())).collect();
    assert_eq!(mounted, declared);
}

/// An address that this route takes, with ids that name nothing.
fn some_path(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('<') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Asserts a refusal in the words of whoever calls this address.
#[track_caller]
fn assert_refused(path: &str, answer: &Answer, status: u16, code: &str) {
    let foreign_field = if path.contains("/predictions") {
        "detail"
    } else if path.starts_with("/v") {
        "error"
    } else if path.ends_with("/invocations") {
        "error_code"
    } else {
        return drop(answer.problem(status, code));
    };
    assert!(answer.expect(status)[foreign_field].is_string(), "{path}");
}

#[test]
fn each_route_lets_in_whom_it_declares_and_nobody_else() {
    let app = App::start();
    let ada = app.user("ada");
    let key = |scope: &str| {
        let body = json!({"name": scope, "scopes": [scope]});
        let made = ada.post("/api/keys").json(&body).send().expect(201);
        made["secret"].as_str().unwrap().to_owned()
    };
    let keys = ["read", "predict", "write"].map(|scope| (scope, key(scope)));
    for part in server::endpoints() {
        for endpoint in part.list() {
            let (method, path) = (endpoint.method(), some_path(&endpoint.path()));
            let access = endpoint.access();
            let as_visitor = app.visitor().call(method, &path).send();
            // Signed in anew, for some of the routes sign out.
            let as_user = app.signed_in("ada").call(method, &path).send();
            if access == Access::Public {
                assert!(![401, 403].contains(&as_visitor.status), "{method} {path}");
                continue;
            }
            assert_refused(&path, &as_visitor, 401, "signed_out");
            let is_for_staff = matches!(access, Access::Admin | Access::Metrics);
            if is_for_staff {
                as_user.problem(403, "forbidden");
                let as_admin = app.admin().call(method, &path).send();
                assert!(![401, 403].contains(&as_admin.status), "{method} {path}");
            } else {
                assert!(![401, 403].contains(&as_user.status), "{method} {path}");
            }
            for (scope, key) in &keys {
                let bearer = format!("Bearer {key}");
                let call = app.visitor().call(method, &path).without("Sec-Fetch-Site");
                let as_key = call.header("Authorization", &bearer).send();
                let needed = match access {
                    Access::Read => "read",
                    Access::Predict => "predict",
                    Access::Write => "write",
                    _ => {
                        as_key.problem(403, "not_for_keys");
                        continue;
                    }
                };
                if needed == *scope {
                    let status = as_key.status;
                    assert!(![401, 403].contains(&status), "{scope} {method} {path}: {status}");
                } else {
                    assert_refused(&path, &as_key, 403, "out_of_scope");
                }
            }
        }
    }
}

#[test]
fn every_route_of_the_api_is_described_and_nothing_else_is() {
    let app = App::start();
    let document = document(&app);
    let described: BTreeSet<_> = operations(&document)
        .iter()
        .map(|(method, path, _)| {
            // Each model that comes with the house has a description of its own.
            let path = ["wine", "simple"].iter().fold(path.clone(), |path, name| {
                path.replace(&format!("/models/{name}/"), "/models/{model}/")
            });
            format!("{method} {path}")
        })
        .collect();
    let mounted: BTreeSet<_> = app
        .client
        .rocket()
        .routes()
        // Pages and files stand behind everything else.
        .filter(|route| route.rank < 10)
        .map(|route| {
            let path = route.uri.path().replace('<', "{").replace('>', "}");
            format!("{} {path}", route.method)
        })
        .collect();
    assert_eq!(described, mounted);
}

#[test]
fn every_operation_says_what_it_is_what_it_answers_and_who_may_call() {
    let app = App::start();
    let document = document(&app);
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(operation["summary"].is_string(), "{name} has no summary");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{name}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
        assert_eq!(responses["default"]["$ref"], "#/components/responses/Problem", "{name}");
    }
    let me = &document["paths"]["/api/me"]["get"];
    assert_eq!(me["security"][0]["session"], serde_json::json!([]));
    assert!(document["paths"]["/livez"]["get"]["security"].is_null());
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    match (key.as_str(), inner) {
                        ("$ref", Value::String(target)) => drop(found.insert(target.clone())),
                        _ => references(inner, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let app = App::start();
    let document = document(&app);
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 3, "{found:?}");
    for target in found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
    }
}

#[test]
fn no_parameter_is_described_twice() {
    let app = App::start();
    let document = document(&app);
    for (method, path, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let names = parameters.map(|of| format!("{} {}", of["in"], of["name"]));
        let (mut seen, names) = (BTreeSet::new(), names.collect::<Vec<_>>());
        assert!(names.iter().all(|name| seen.insert(name)), "{method} {path}: {names:?}");
    }
    let limit = &document["paths"]["/api/tasks"]["get"]["parameters"].as_array().unwrap()[0];
    assert_eq!((&limit["name"], &limit["schema"]["maximum"]), (&json!("limit"), &json!(200)));
    // Whoever misspells one reads each of the others once.
    let told = app.user("ada").get("/api/tasks?limmit=1").send().problem(422, "invalid");
    let message = told["errors"][0]["message"].as_str().unwrap();
    assert_eq!(message.matches("limit").count(), 1, "{message}");
}

#[test]
fn each_served_model_has_an_operation_with_its_own_columns_and_an_example() {
    let app = App::start();
    let document = document(&app);
    let of = |name: &str| &document["paths"][format!("/api/models/{name}/invocations")]["post"];
    assert_eq!(of("wine")["security"], of("{model}")["security"]);
    assert!(of("wine")["security"].as_array().unwrap().contains(&json!({"api_key": []})));
    let json = |operation: &Value| operation["requestBody"]["content"]["application/json"].clone();
    let wine = json(of("wine"));
    let record = &wine["schema"]["properties"]["dataframe_records"]["items"];
    assert_eq!(record["properties"]["pH"]["maximum"], 14.0);
    // Every example is a request that is answered.
    let ada = app.user("ada");
    for name in ["wine", "simple"] {
        let path = format!("/api/models/{name}/invocations");
        ada.post(&path).json(&json(of(name))["example"]).send().expect(200);
    }
    let told = &of("wine")["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(told["properties"]["predictions"]["items"]["type"], json!(["number", "null"]));
    let table = of("wine")["requestBody"]["content"]["text/csv"]["example"].clone();
    let path = "/api/models/wine/invocations";
    let call = ada.post(path).header("Content-Type", "text/csv").body(table.as_str().unwrap());
    call.send().expect(200);
    let examples = json(&document["paths"]["/api/tasks"]["post"])["examples"].clone();
    assert_eq!(examples.as_object().unwrap().len(), 2);
    assert_eq!(examples["wine"]["value"]["records"][0]["pH"], 3.51);
    // A model that is taken off the shelf is described no more.
    app.client.rocket().state::<MLModelManager>().unwrap().retire("simple").unwrap();
    let later = app.visitor().get("/openapi.json").send().expect(200);
    assert!(later["paths"].get("/api/models/simple/invocations").is_none());
    assert!(later["paths"].get("/api/models/wine/invocations").is_some());
}

#[test]
fn the_operation_that_predicts_says_what_it_takes_and_how_it_refuses() {
    let app = App::start();
    let document = document(&app);
    let operation = &document["paths"]["/api/tasks"]["post"];
    let answers = operation["responses"].as_object().unwrap().keys();
    let answers: Vec<_> = answers.map(String::as_str).collect();
    assert_eq!(answers, ["200", "202", "402", "404", "413", "415", "422", "429", "default"]);
    let problem = &operation["responses"]["402"]["content"]["application/problem+json"];
    assert_eq!(problem["schema"]["$ref"], "#/components/schemas/ProblemBody");
    let form = &operation["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"];
    let form = document.pointer(form.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
    assert_eq!(form["properties"]["file"]["format"], "binary");
    assert_eq!(form["required"], json!(["file"]));
}
