//! What the program says of itself.

use super::*;

#[test]
fn every_command_has_an_example() {
    let binary = Binary::new();
    let whole = binary.run(&["--help"]).done();
    assert!(whole.contains("Example") && whole.contains("Exit codes"), "{whole}");
    for command in COMMANDS {
        assert!(whole.contains(command), "{command} is not listed");
        let help = binary.run(&[command, "--help"]).done();
        assert!(help.contains(&format!("Example:\n  cellar {command}")), "{help}");
    }
}

#[test]
fn the_version_is_the_packages() {
    let said = Binary::new().run(&["--version"]).done();
    assert_eq!(said.trim(), concat!("cellar ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn openapi_prints_the_document_that_the_server_serves() {
    let binary = Binary::new();
    let printed: Value = serde_json::from_str(&binary.run(&["openapi"]).done()).unwrap();
    assert!(printed["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(!binary.data().exists(), "printing a document made a data folder");
    assert_eq!(binary.serve(&[]).get("/openapi.json").json(), printed);
}

#[test]
fn shells_get_completions_of_every_command() {
    let binary = Binary::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = binary.run(&["completions", shell]).done();
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
}
