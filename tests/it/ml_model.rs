//! Models as they are shown.

use serde_json::json;

use crate::support::app::App;

#[test]
fn anybody_can_look_at_the_models() {
    let app = App::start();
    let list = app.visitor().get("/api/models").send().expect(200);
    let names: Vec<_> = list["items"].as_array().unwrap().iter().map(|m| &m["id"]).collect();
    assert_eq!(names, ["simple", "wine"]);
    let wine = app.visitor().get("/api/models/wine").send().expect(200);
    assert_eq!((&wine["status"], &wine["price_per_row"]), (&json!("ready"), &json!(1)));
    let inputs = wine["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 11);
    assert_eq!(
        inputs[10],
        json!({
            "name": "alcohol", "unit": "% vol", "allowed": {"min": 0.0, "max": 100.0},
            "trained": {"min": 8.4, "max": 14.9}, "description": "by volume", "example": 9.4,
        })
    );
    assert!(wine["card"]["data"].as_str().unwrap().contains("CC BY 4.0"));
    app.visitor().get("/api/models/beer").send().problem(404, "not_found");
}
