//! Slow, silent and greedy clients: against the real binary where its limits matter, and against a
//! server in this process where a handler has to be slow too.
//!
//! No test asserts how fast anything is: each bound is several times what it takes on a loaded
//! machine with two cores, and far below what it takes without the protection.

#![cfg(target_os = "linux")]

mod servers;
mod survivors;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use servers::{Inside, Server};

/// The short deadlines of these tests: everything that is meant to survive outlives all of them.
const HEAD: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(3);
const BODY: Duration = Duration::from_secs(3);
const SURVIVAL: Duration = Duration::from_secs(8);

/// How late a connection may be closed before we call it never.
const SLACK: Duration = Duration::from_mins(1);

#[test]
fn a_crowd_of_half_heads_does_not_keep_out_the_next_client() {
    let server = Server::start(1024, &[]);
    let crowd: Vec<TcpStream> = (0..1100)
        .map(|_| {
            let mut client = server.connect();
            client.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ").unwrap();
            client
        })
        .collect();
    for _ in 0..10 {
        let asked_at = Instant::now();
        let mut client = server.connect();
        assert!(get(&mut client, "/healthz").contains("\"status\":\"ok\""));
        // The promise is a second, on a machine that does nothing else.
        assert!(asked_at.elapsed() < Duration::from_secs(5), "took {:?}", asked_at.elapsed());
        sleep(Duration::from_millis(100));
    }
    drop(crowd);
}

#[test]
fn a_crowd_does_not_drive_out_a_request_in_hand() {
    let server = Server::start(1024, &[]);
    let mut working = server.connect();
    // Its head is whole and its body has begun, so it is in hand until the body has come.
    let body = sign_in_body();
    let head = post_session(&format!("Content-Length: {}", body.len()));
    working.write_all(head.as_bytes()).unwrap();
    working.write_all(&body.as_bytes()[..20]).unwrap();
    sleep(Duration::from_millis(500));
    let crowd: Vec<TcpStream> = (0..1100)
        .map(|_| {
            let mut client = server.connect();
            client.write_all(b"GET / HTTP/1.1\r\n").unwrap();
            client
        })
        .collect();
    sleep(Duration::from_secs(1));
    working.write_all(&body.as_bytes()[20..]).unwrap();
    let answer = read_answer(&mut BufReader::new(&working));
    assert!(answer.contains("\"username\":\"admin\""), "{answer}");
    drop(crowd);
}

#[test]
fn half_a_head_is_closed() {
    let server = Server::short();
    let begun_at = Instant::now();
    let mut client = server.connect();
    client.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n").unwrap();
    assert_closed_after(&mut client, begun_at, HEAD);
}

#[test]
fn a_silent_connection_is_closed() {
    let server = Server::short();
    let begun_at = Instant::now();
    assert_closed_after(&mut server.connect(), begun_at, HEAD);
}

#[test]
fn a_head_that_trickles_in_is_closed() {
    let server = Server::short();
    let begun_at = Instant::now();
    let mut client = server.connect();
    client.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").unwrap();
    assert_trickle_is_closed(&mut client, begun_at, HEAD);
}

#[test]
fn the_second_head_of_a_connection_has_the_same_deadline() {
    let server = Server::short();
    let mut client = server.connect();
    assert_eq!(get(&mut client, "/livez"), "ok\n");
    // The keeper must have seen the answer before the next head begins.
    sleep(Duration::from_secs(1));
    let begun_at = Instant::now();
    client.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").unwrap();
    assert_trickle_is_closed(&mut client, begun_at, HEAD);
}

#[test]
fn an_idle_connection_is_closed() {
    let server = Server::short();
    let begun_at = Instant::now();
    let mut client = server.connect();
    assert_eq!(get(&mut client, "/livez"), "ok\n");
    assert_closed_after(&mut client, begun_at, IDLE);
}

#[test]
fn a_slow_body_is_refused_and_its_connection_closed() {
    for framing in ["Content-Length: 60000", "Transfer-Encoding: chunked"] {
        let server = Server::short();
        let begun_at = Instant::now();
        let mut client = server.connect();
        client.write_all(post_session(framing).as_bytes()).unwrap();
        client.write_all(b"4000\r\n 0123456789abcdef").unwrap();
        let text = assert_trickle_is_closed(&mut client, begun_at, BODY);
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    }
}

#[test]
fn a_body_that_never_begins_is_closed() {
    let server = Server::short();
    let begun_at = Instant::now();
    let mut client = server.connect();
    client.write_all(post_session("Content-Length: 9").as_bytes()).unwrap();
    assert_closed_after(&mut client, begun_at, HEAD);
}

#[test]
fn a_body_that_was_asked_for_and_never_begins_is_closed() {
    let server = Server::short();
    let begun_at = Instant::now();
    let mut client = server.connect();
    let head = post_session("Content-Length: 9\r\nExpect: 100-continue");
    client.write_all(head.as_bytes()).unwrap();
    assert!(assert_closed_after(&mut client, begun_at, BODY).starts_with("HTTP/1.1 100 "));
}

#[test]
fn a_body_that_nobody_reads_closes_its_connection() {
    let server = Inside::start();
    let begun_at = Instant::now();
    let mut client = server.connect();
    client.write_all(b"POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n").unwrap();
    client.write_all(b"0123456789abcdef").unwrap();
    let text = assert_trickle_is_closed(&mut client, begun_at, Duration::ZERO);
    assert!(text.contains("ignored"), "{text}");
}

#[test]
fn an_answer_that_nobody_takes_is_given_up() {
    let server = Inside::start();
    let mut client = server.connect();
    client.write_all(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    server.wait_until_ended("untaken");
}

#[test]
fn a_file_that_cannot_be_finished_is_not_taken_for_whole() {
    let server = Inside::start();
    let mut bystander = server.connect();
    get(&mut bystander, "/healthz");
    // The older version knows no chunks: there, only a reset tells what ended from what broke off.
    for version in ["1.1", "1.0"] {
        let mut client = server.connect();
        client
            .write_all(format!("GET /broken HTTP/{version}\r\nHost: a\r\n\r\n").as_bytes())
            .unwrap();
        let mut text = vec![];
        let ended = client.read_to_end(&mut text).map_err(|cause| cause.kind());
        assert_eq!(ended, Err(ErrorKind::ConnectionReset), "{version}");
        assert!(!text.ends_with(b"\r\n0\r\n\r\n"), "{version}");
        server.wait_until_ended("broken_off");
    }
    get(&mut bystander, "/healthz");
}

#[test]
fn descriptors_come_back_when_the_clients_are_gone() {
    let server = Server::start(1024, &[]);
    get(&mut server.connect(), "/healthz");
    sleep(Duration::from_secs(1));
    let baseline = server.n_descriptors();
    let crowd: Vec<TcpStream> = (0..400)
        .map(|i| {
            let mut client = server.connect();
            if i % 2 == 0 {
                client.write_all(b"GET / HTTP/1.1\r\n").unwrap();
            } else {
                get(&mut client, "/healthz");
            }
            client
        })
        .collect();
    assert!(server.n_descriptors() > baseline + 300);
    drop(crowd);
    server.await_descriptors(baseline);
}

/// The head of a sign-in, the only body that the product takes from strangers.
fn post_session(framing: &str) -> String {
    format!(
        "POST /auth/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
    )
}

fn sign_in_body() -> String {
    r#"{"username": "admin", "password": "a long password"}"#.to_owned()
}

fn get(client: &mut TcpStream, path: &str) -> String {
    client.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap();
    read_answer(&mut BufReader::new(client))
}

/// Reads one answer with a `Content-Length`, and gives its body.
fn read_answer(reader: &mut impl BufRead) -> String {
    let mut n_bytes = 0;
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "closed before its answer");
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            n_bytes = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; n_bytes];
    reader.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

/// Waits until the server closes, no sooner than `earliest` after it all began; gives what it said.
fn assert_closed_after(client: &mut TcpStream, begun_at: Instant, earliest: Duration) -> String {
    let mut text = Vec::new();
    match client.read_to_end(&mut text) {
        Err(e) if e.kind() != ErrorKind::ConnectionReset => panic!("not closed: {e}"),
        _ => {}
    }
    // The keeper's clock may be one of its rounds behind.
    let elapsed = begun_at.elapsed() + Duration::from_millis(500);
    assert!(elapsed > earliest, "closed after only {elapsed:?}");
    assert!(elapsed < earliest + SLACK, "closed only after {elapsed:?}");
    String::from_utf8(text).unwrap()
}

/// The same for a client that goes on to send a byte every 100 ms.
fn assert_trickle_is_closed(
    client: &mut TcpStream,
    begun_at: Instant,
    earliest: Duration,
) -> String {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    loop {
        assert!(begun_at.elapsed() < earliest + SLACK, "still open after {:?}", begun_at.elapsed());
        match client.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => text.extend_from_slice(&piece[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
        if text.is_empty() && client.write_all(b"x").is_err() {
            break;
        }
    }
    let elapsed = begun_at.elapsed() + Duration::from_millis(500);
    assert!(elapsed > earliest, "closed after only {elapsed:?}");
    String::from_utf8(text).unwrap()
}
