//! Clients that are slow for a good reason, or busy, and are left alone.

use super::*;

#[test]
fn a_slow_but_steady_body_survives() {
    let server = Inside::start();
    let mut client = server.connect();
    let n_steps = SURVIVAL.as_millis() / 100;
    let head =
        format!("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", n_steps * 1000);
    client.write_all(head.as_bytes()).unwrap();
    // Ten times the pace that is required, so that a machine under load stays above it.
    for _ in 0..n_steps {
        client.write_all(&[b'x'; 1000]).unwrap();
        sleep(Duration::from_millis(100));
    }
    let text = read_answer(&mut BufReader::new(&client));
    assert_eq!(text, format!("{}\n", n_steps * 1000));
}

#[test]
fn a_long_answer_in_the_making_survives() {
    let server = Inside::start();
    let mut client = server.connect();
    assert_eq!(get(&mut client, &format!("/long?ms={}", SURVIVAL.as_millis())), "done\n");
}

#[test]
fn a_stream_of_events_survives() {
    let server = Inside::start();
    let mut client = server.connect();
    client.write_all(b"GET /events?ms=1000 HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let begun_at = Instant::now();
    let mut text = [0; 4096];
    while begun_at.elapsed() < SURVIVAL {
        assert!(client.read(&mut text).unwrap() > 0, "closed after {:?}", begun_at.elapsed());
    }
}

#[test]
fn a_busy_connection_survives() {
    let server = Server::short();
    let mut client = server.connect();
    let begun_at = Instant::now();
    while begun_at.elapsed() < SURVIVAL {
        assert_eq!(get(&mut client, "/livez"), "ok\n");
        sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_pipelining_client_survives() {
    let server = Inside::start();
    let client = server.connect();
    let mut answers = BufReader::new(&client);
    // The heads behind a long answer wait longer than a head may.
    let long = format!("GET /long?ms={} HTTP/1.1\r\nHost: a\r\n\r\n", (HEAD * 2).as_millis());
    let short = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    for _ in 0..2 {
        (&client).write_all([&long, short, short, short].concat().as_bytes()).unwrap();
        assert_eq!(read_answer(&mut answers), "done\n");
        for _ in 0..3 {
            assert_eq!(read_answer(&mut answers), "ok\n");
        }
    }
}
