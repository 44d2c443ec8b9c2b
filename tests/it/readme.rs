//! The tour in the README, as a newcomer would paste it: every command works, and says what it
//! should.

use std::fs;
use std::process::Command;

use crate::support::binary::Binary;

/// The password that the tour gives the administrator.
const ADMIN_PASSWORD: &str = "a good long password";

/// The shell commands of the README that begin with this comment, up to the end of their block.
fn tour(begins_with: &str) -> String {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let mut blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.find(|block| block.starts_with(begins_with)).expect("the README has the tour").to_owned()
}

#[test]
fn the_tour_with_curl_works_as_it_is_written() {
    if Command::new("curl").arg("--version").output().is_err() {
        assert!(std::env::var_os("CELLAR_DEMAND_BROWSER").is_none(), "curl is not there");
        println!("skipped: no curl");
        return;
    }
    let binary = Binary::new().with("CELLAR_ADMIN_PASSWORD", ADMIN_PASSWORD);
    let served = binary.serve(&[]);
    served.sign_in_with(ADMIN_PASSWORD);
    let tour = tour("# Is it ready?");
    let tour = tour.replace("localhost:8000", &format!("localhost:{}", served.port()));
    // What fails shall end the story, and each answer stand on a line of its own.
    let script = format!(
        "set -euo pipefail\ncurl() {{ command curl --fail-with-body \"$@\"; echo; }}\n{tour}"
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    for part in [
        "\"status\":\"ok\"",
        "\"username\":\"ada\"",
        "\"available\":100,",
        "\"available\":600,",
        "\"kind\":\"top_up\"",
        "\"email\":\"bob@example.org\"",
        "\"charge\":\"1 credit charged\"",
        "\"code\":\"out_of_range\"",
        "HTTP/1.1 202",
        "\"credits_by_day\"",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
}
