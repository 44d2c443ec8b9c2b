//! A backup is one whole moment, and comes back whole or not at all.

use super::*;

/// A backup of a folder with a content, a job and a session in it.
struct Kept {
    binary: Binary,
    cookie: String,
    job_id: String,
}

fn kept() -> Kept {
    let binary = initialised();
    keep_content(&binary.data(), b"a content that is kept");
    let served = binary.serve(&[]);
    let cookie = served.sign_in();
    let job_id = served.order_check(&cookie);
    binary.run(&["backup", "copy.tar"]).done();
    let system = served.request("GET", "/api/admin/system").cookie(&cookie).send();
    assert_eq!(system.json()["last_backup"]["is_by_command"], true);
    served.stop();
    Kept { binary, cookie, job_id }
}

#[test]
fn a_backup_under_load_comes_back_whole_and_nobody_is_signed_in() {
    let binary = initialised();
    keep_content(&binary.data(), b"a content that is kept");
    let served = binary.serve(&[]);
    let cookie = served.sign_in();
    let before: Vec<_> = (0..5).map(|_| served.order_check(&cookie)).collect();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    served.order_check(&cookie);
                    served.sign_in();
                }
            });
        }
        let made: Vec<_> = ["first.tar", "second.tar", "third.tar"]
            .map(|name| binary.run(&["backup", name]))
            .into();
        is_over.store(true, Ordering::Relaxed);
        for ran in made {
            assert!(ran.done().contains("1 contents"));
        }
    });
    served.stop();

    let said = binary.run(&["restore", "third.tar", "--data", "restored"]).done();
    assert!(said.contains("restored") && said.contains("sign in again"), "{said}");
    let mode = fs::metadata(binary.path("restored")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let checked = binary.run(&["check", "--data", "restored"]).done();
    assert_eq!(checked.matches("ok  ").count(), checked.lines().count(), "{checked}");

    let served = binary.serve(&["--data", "restored"]);
    assert_eq!(served.request("GET", "/api/me").cookie(&cookie).send().status, 401);
    let cookie = served.sign_in();
    for id in before {
        let path = format!("/api/jobs/{id}");
        let job = served.request("GET", &path).cookie(&cookie).send();
        assert_eq!((job.status, &job.json()["id"]), (200, &json!(id)));
    }
}

#[test]
fn a_backup_of_a_stopped_server_keeps_the_public_ids() {
    let Kept { binary, cookie, job_id } = kept();
    binary.run(&["backup", "stopped.tar"]).done();
    let mode = fs::metadata(binary.path("stopped.tar")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others may read the backup");
    // The folder may be one whose database was taken away, with what its command noted.
    fs::create_dir(binary.path("restored")).unwrap();
    fs::write(binary.path("restored/last-backup"), "2026-01-01T00:00:00Z\n").unwrap();
    binary.run(&["restore", "stopped.tar", "--data", "restored"]).done();
    let served = binary.serve(&["--data", "restored"]);
    assert_eq!(served.request("GET", "/api/me").cookie(&cookie).send().status, 401);
    let cookie = served.sign_in();
    // What comes back has made no backup itself.
    let system = served.request("GET", "/api/admin/system").cookie(&cookie).send();
    assert_eq!(system.json()["last_backup"], json!(null));
    let path = format!("/api/jobs/{job_id}");
    assert_eq!(served.request("GET", &path).cookie(&cookie).send().status, 200);
}

#[test]
fn a_backup_never_overwrites_a_file() {
    let Kept { binary, .. } = kept();
    let before = fs::read(binary.path("copy.tar")).unwrap();
    let error = binary.run(&["backup", "copy.tar"]).failed(1);
    assert!(error.contains("copy.tar exists already"), "{error}");
    assert!(fs::read(binary.path("copy.tar")).unwrap() == before);
    let error = binary.run(&["backup", "nowhere/copy.tar"]).failed(1);
    assert!(error.contains("nowhere/copy.tar cannot be written"), "{error}");
}

#[test]
fn a_backup_that_is_told_to_stop_leaves_nothing_behind_and_a_killed_one_is_swept() {
    let Kept { binary, .. } = kept();
    let pipe = keep_content(&binary.data(), b"never read");
    turn_into_pipe(&pipe);
    let leftovers = || {
        let names = fs::read_dir(binary.path("")).unwrap().map(|e| e.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with(".cellar-backup")).count()
    };
    let begun = || {
        let child = binary.spawn(&["backup", "stopped.tar"]);
        eventually(|| (leftovers() > 0).then_some(())).expect("the backup never began");
        // It waits for a content that nobody writes.
        thread::sleep(Duration::from_millis(100));
        child
    };
    let mut child = begun();
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(leftovers(), 0);
    assert!(!binary.path("stopped.tar").exists());

    let mut child = begun();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(leftovers(), 1);
    fs::remove_file(&pipe).unwrap();
    fs::write(&pipe, b"never read").unwrap();
    binary.run(&["backup", "whole.tar"]).done();
    assert_eq!(leftovers(), 0);
}

#[test]
fn what_cannot_be_written_out_is_a_failure() {
    let binary = initialised();
    for command in [&["openapi"][..], &["completions", "bash"], &["check"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = binary.command(command).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(!output.stderr.is_empty(), "{command:?}");
    }
}

#[test]
fn a_damaged_content_spoils_no_backup_unseen() {
    let Kept { binary, .. } = kept();
    let path = keep_content(&binary.data(), b"whole");
    let damages: [fn(&Path); 3] = [
        |path| fs::write(path, "hole").unwrap(),
        |path| fs::write(path, "whole and more").unwrap(),
        |path| fs::remove_file(path).unwrap(),
    ];
    for damage in damages {
        damage(&path);
        let error = binary.run(&["backup", "damaged.tar"]).failed(1);
        assert!(error.contains(&Hash::of(b"whole").to_hex()), "{error}");
        assert!(!binary.path("damaged.tar").exists());
    }
    fs::write(&path, "whole").unwrap();
    binary.run(&["backup", "mended.tar"]).done();
}

#[test]
fn a_restore_never_overwrites_a_folder() {
    let Kept { binary, .. } = kept();
    fs::create_dir(binary.path("full")).unwrap();
    fs::write(binary.path("full/thesis.tex"), "years of work").unwrap();
    for folder in ["cellar-data", "full"] {
        let before = state_of(&binary.path(folder));
        let error = binary.run(&["restore", "copy.tar", "--data", folder]).failed(1);
        assert!(error.contains(folder) && error.contains("is not empty"), "{error}");
        assert!(state_of(&binary.path(folder)) == before);
    }
    let error = binary.run(&["restore", "missing.tar", "--data", "new"]).failed(1);
    assert!(error.contains("missing.tar cannot be read"), "{error}");
}

#[test]
fn a_restore_that_was_cut_off_can_be_tried_again() {
    let Kept { binary, .. } = kept();
    let folder = binary.path("cut-off");
    for left in ["restoring/blobs/tmp", "blobs/ab"] {
        fs::create_dir_all(folder.join(left)).unwrap();
        fs::write(folder.join(left).join("half"), "half a file").unwrap();
    }
    // Somebody else's folder of that name is not ours to clear away.
    let error = binary.run(&["restore", "copy.tar", "--data", "cut-off"]).failed(1);
    assert!(error.contains("is not empty"), "{error}");
    fs::write(folder.join("restoring/cellar-restore"), "").unwrap();
    let error = binary.run(&["serve", "--port", "0", "--data", "cut-off"]).failed(1);
    assert!(error.contains("restore that was cut off"), "{error}");
    binary.run(&["restore", "copy.tar", "--data", "cut-off"]).done();
    binary.run(&["check", "--data", "cut-off"]).done();
    assert!(!folder.join("restoring").exists() && !folder.join("blobs/ab").exists());
}

/// One entry of an archive.
#[derive(Clone)]
struct Entry {
    name: String,
    content: Vec<u8>,
    kind: tar::EntryType,
}

fn file(name: &str, content: &[u8]) -> Entry {
    Entry { name: name.into(), content: content.into(), kind: tar::EntryType::Regular }
}

fn unpacked(path: &Path) -> Vec<Entry> {
    let mut archive = tar::Archive::new(fs::File::open(path).unwrap());
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        Entry { name, content, kind: tar::EntryType::Regular }
    });
    entries.collect()
}

/// Writes an archive without the care that the library takes of names.
fn packed(entries: &[Entry]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for Entry { name, content, kind } in entries {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o600);
        if *kind == tar::EntryType::Symlink {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content.as_slice()).unwrap();
    }
    tar.into_inner().unwrap()
}

#[test]
fn an_archive_that_is_not_a_whole_backup_puts_nothing_in_place() {
    let Kept { binary, .. } = kept();
    let whole = fs::read(binary.path("copy.tar")).unwrap();
    let entries = unpacked(&binary.path("copy.tar"));
    assert_eq!(entries.len(), 3, "the manifest, the database, the content");
    let changed = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut entries = entries.clone();
        change(&mut entries);
        packed(&entries)
    };
    let with = |entry: Entry| changed(&|entries| entries.push(entry.clone()));
    let link = Entry {
        kind: tar::EntryType::Symlink,
        ..file(&format!("blobs/{}", Hash::of(b"").to_hex()), b"")
    };
    let database_link = |entries: &mut Vec<Entry>| {
        entries[1] = Entry { kind: tar::EntryType::Symlink, ..file("cellar.db", b"") };
    };
    let archives = [
        ("an empty file", vec![]),
        ("no archive", b"words".repeat(1000)),
        ("a foreign archive", packed(&[file("letter.txt", b"dear all")])),
        ("a cut after the manifest", whole[..1500].to_vec()),
        ("a cut in the middle", whole[..whole.len() / 2].to_vec()),
        ("a flipped bit in the database", changed(&|e| e[1].content[5000] ^= 1)),
        ("a flipped bit in the content", changed(&|e| e[2].content[3] ^= 1)),
        (
            "a changed manifest",
            changed(&|e| {
                let text = String::from_utf8(e[0].content.clone()).unwrap();
                e[0].content = text.replace("\"n_contents\": 1", "\"n_contents\": 2").into();
            }),
        ),
        ("no manifest", changed(&|e| drop(e.remove(0)))),
        ("no database", changed(&|e| drop(e.remove(1)))),
        ("no content", changed(&|e| drop(e.remove(2)))),
        (
            "one content too many",
            with(file(&format!("blobs/{}", Hash::of(b"extra").to_hex()), b"extra")),
        ),
        ("a second database", changed(&|e| e.push(e[1].clone()))),
        ("the content twice", changed(&|e| e.push(e[2].clone()))),
        ("a stranger", with(file("cron.d/evil", b"* * * * *"))),
        ("a way out", with(file("../evil", b"out"))),
        ("a way out below", with(file("blobs/../../evil", b"out"))),
        ("an absolute name", with(file("/tmp/cellar-evil", b"out"))),
        ("a link", with(link)),
        ("a link for a database", changed(&database_link)),
    ];
    for (what, bytes) in archives {
        fs::write(binary.path("spoiled.tar"), bytes).unwrap();
        let ran = binary.run(&["restore", "spoiled.tar", "--data", "new"]);
        assert_eq!(ran.code, Some(1), "{what}: {ran:#?}");
        let error = ran.failed(1);
        assert!(
            error.contains("spoiled.tar cannot be restored") && error.contains("nothing was"),
            "{what}: {error}"
        );
        let left: Vec<_> = state_of(&binary.path("new"))
            .into_iter()
            .filter(|(name, ..)| !name.ends_with("cellar.lock"))
            .map(|(name, ..)| name)
            .collect();
        assert!(left.is_empty(), "{what} left {left:?}");
        assert!(!binary.path("evil").exists() && !Path::new("/tmp/cellar-evil").exists());
    }
    // The folder of so many failures is still good for the true one.
    binary.run(&["restore", "copy.tar", "--data", "new"]).done();
    binary.run(&["check", "--data", "new"]).done();
}

#[test]
fn a_backup_of_a_newer_version_is_refused_by_name() {
    let Kept { binary, .. } = kept();
    let mut entries = unpacked(&binary.path("copy.tar"));
    let mut manifest: Value = serde_json::from_slice(&entries[0].content).unwrap();
    manifest["schema"] = json!(99);
    manifest["version"] = json!("77.0.0");
    entries[0].content = manifest.to_string().into();
    fs::write(binary.path("newer.tar"), packed(&entries)).unwrap();
    let error = binary.run(&["restore", "newer.tar", "--data", "new"]).failed(1);
    assert!(error.contains("made by Cellar 77.0.0, which is newer"), "{error}");
}
