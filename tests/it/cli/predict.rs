//! Predictions without a server.

use super::*;
use crate::support::app::{put_measured_wine_model, put_wine_model};

const HEADER: &str = "note,fixed acidity,volatile acidity,citric acid,residual sugar,chlorides,\
    free sulfur dioxide,total sulfur dioxide,density,pH,sulphates,alcohol";
const ROW: &str = "7.4,0.7,0,1.9,0.076,11,34,0.9978,3.51,0.56,9.4";

/// A binary whose data folder has a model.
fn with_model() -> Binary {
    let binary = initialised();
    put_wine_model(&binary.data());
    binary
}

#[test]
fn a_table_goes_in_and_comes_out_with_its_predictions() {
    let binary = with_model();
    let (table, out) = (binary.path("in.csv"), binary.path("out.csv"));
    fs::write(&table, format!("{HEADER}\n=1+1,{ROW}\nb,x{ROW}\n")).unwrap();
    let [table, name] = [&table, &out].map(|path| path.to_str().unwrap());
    let said = binary.run(&["predict", "--model", "wine", table, "--out", name]);
    assert!(said.stderr.contains("2 rows: 1 predicted, 1 rejected"), "{}", said.stderr);
    said.done();
    let written = fs::read_to_string(&out).unwrap();
    let lines: Vec<_> = written.lines().collect();
    assert!(lines[0].starts_with("note,fixed acidity,") && lines[0].ends_with(",error"));
    assert!(lines[1].starts_with("'=1+1,7.4,") && lines[1].ends_with(','), "{written}");
    assert!(lines[2].ends_with("fixed acidity must be a number"), "{written}");
    // What is not there, or no table, is told, and nothing is written.
    fs::remove_file(&out).unwrap();
    for given in ["no-such.csv", "."] {
        binary.run(&["predict", "--model", "wine", given, "--out", name]).failed(1);
    }
    let said = binary.run(&["predict", "--model", "beer", table]).failed(1);
    assert!(said.contains("no such model as beer; those there are: simple, wine"), "{said}");
    assert!(!out.exists());
}

#[test]
fn rows_in_json_are_predicted_and_each_fault_is_told() {
    let binary = with_model();
    let [out, errors, rows] =
        ["out.csv", "errors.jsonl", "rows.json"].map(|name| binary.path(name));
    fs::write(&rows, r#"{"records": [{"a": 1, "b": 2}, {"a": "x\ny", "c\nd": 1e999}]}"#).unwrap();
    let [out, errors, rows] = [&out, &errors, &rows].map(|path| path.to_str().unwrap());
    let call = ["predict", "--model", "simple", rows, "--out", out, "--errors"];
    let said = binary.run(&[&call[..], &[errors]].concat());
    let expected = "row 2: a: not_a_number: must be a number\n\
        row 2: c d: not_finite: must be a finite number\n2 rows: 1 predicted, 1 rejected\n";
    assert_eq!(said.stderr, expected);
    said.done();
    let table = fs::read_to_string(out).unwrap();
    assert!(table.starts_with("a,b,\"c\nd\",doubled,error\n1,2,,2 4,\n"), "{table}");
    // A line for each, as a task tells it.
    let told = fs::read_to_string(errors).unwrap();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let message = "must be a number";
    let first = json!({"row": 2, "line": null, "field": "a", "value": "\"x\\ny\"",
        "code": "not_a_number", "message": message});
    assert_eq!((told.len(), &told[0]), (2, &first));
    // Of a table the line is told, too; one file cannot be both.
    let table = binary.path("in.csv");
    fs::write(&table, "a,b\n1,2\n\n3,\n").unwrap();
    let said = binary.run(&["predict", "--model", "simple", table.to_str().unwrap()]);
    assert!(said.stderr.starts_with("row 2, line 4: b: missing: is missing\n"), "{}", said.stderr);
    let said = binary.run(&[&call[..], &[out]].concat()).failed(1);
    assert!(said.contains("name the same file"), "{said}");
}

#[test]
fn the_result_goes_where_its_name_leads() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let binary = with_model();
    let table = binary.path("in.csv");
    fs::write(&table, "1,2\n3,4\n").unwrap();
    let predict = |out: &Path| {
        let [table, out] = [&table, out].map(|path| path.to_str().unwrap().to_owned());
        binary.run(&["predict", "--model", "simple", &table, "--out", &out]).done();
    };
    let expected = "column 1,column 2,doubled,error\n1,2,2 4,\n3,4,6 8,\n";
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    // What is no file is written to, not replaced.
    let pipe = binary.path("pipe");
    fs::write(&pipe, "").unwrap();
    turn_into_pipe(&pipe);
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    predict(&pipe);
    assert_eq!(reader.join().unwrap(), expected);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    // A file that is there keeps who may read it; a link leads to it, and stays a link.
    let (file, link) = (binary.path("out.csv"), binary.path("link.csv"));
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    predict(&link);
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(mode(&file), 0o640);
    // A new one has the mode of any new file, also behind a link.
    let (new, ahead, plain) =
        (binary.path("new.csv"), binary.path("ahead.csv"), binary.path("plain"));
    symlink(binary.path("far.csv"), &ahead).unwrap();
    fs::write(&plain, "").unwrap();
    predict(&new);
    predict(&ahead);
    for path in [&new, &ahead] {
        assert_eq!(fs::read_to_string(path).unwrap(), expected);
        assert_eq!(mode(path), mode(&plain));
    }
}

#[test]
fn models_are_listed_and_shown() {
    let binary = with_model();
    let said = binary.run(&["model", "list"]).done();
    assert!(said.lines().count() == 2 && said.contains("wine "), "{said}");
    let shown: Value =
        serde_json::from_str(&binary.run(&["model", "show", "wine"]).done()).unwrap();
    assert_eq!(shown["inputs"].as_array().unwrap().len(), 11);
    assert_eq!(shown["inputs"][0]["type"], "number");
    binary.run(&["model", "show", "beer"]).failed(1);
    binary.run(&["model", "train", "simple"]).failed(1);
    // Where nothing was trained, nothing is being trained either.
    let said = initialised().run(&["model", "list"]);
    assert!(said.stdout.contains("\nwine     not trained "), "{}", said.stdout);
    assert!(said.stderr.contains("`cellar model train wine`"), "{}", said.stderr);
}

#[test]
fn a_folder_in_which_only_a_model_was_trained_becomes_a_data_folder() {
    let binary = Binary::new();
    fs::create_dir(binary.data()).unwrap();
    put_measured_wine_model(&binary.data());
    binary.run(&["init-db"]).done();
    // Somebody else's folder of that name does not.
    let binary = Binary::new();
    fs::create_dir(binary.data()).unwrap();
    put_wine_model(&binary.data());
    fs::write(binary.data().join("models/notes.txt"), "mine").unwrap();
    binary.run(&["init-db"]).failed(1);
}
