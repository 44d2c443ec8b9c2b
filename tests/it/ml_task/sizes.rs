//! How much may be sent.

use super::*;

#[test]
fn rows_in_json_have_a_limit_of_their_own_that_is_told() {
    let flags = [("table_bytes_max", "3000"), ("json_bytes_max", "2000")];
    let setup = flags.into_iter().fold(Setup::default(), |setup, (name, n)| setup.flag(name, n));
    let app = setup.start();
    let ada = app.user("ada");
    let rows = json!({"model": "simple", "data": vec![[1, 2, 3]; 300]});
    let told = ada.post("/api/tasks").json(&rows).send().problem(413, "too_large");
    assert!(told["detail"].as_str().unwrap().contains("2000"), "{told}");
    let rows = json!({"instances": vec![[1, 2, 3]; 300]});
    let told = ada.post("/api/models/simple/invocations").json(&rows).send();
    assert_eq!(told.status, 413);
    assert!(told.text.contains("2000"), "{}", told.text);
    let input =
        json!({"name": "rows", "datatype": "FP64", "shape": [999, 1], "data": vec![1; 999]});
    let tensors = json!({"inputs": [input]});
    let told = ada.post("/v2/models/simple/infer").json(&tensors).send();
    assert_eq!(told.status, 413);
    assert!(told.text.contains("2000"), "{}", told.text);
    // A file of the same size is no JSON.
    let table = "1,2,3\n".repeat(400);
    let call = ada.post("/api/tasks?model=simple").header("Content-Type", "text/csv");
    assert_eq!(call.body(table).send().expect(402)["code"], "out_of_credits");
}
