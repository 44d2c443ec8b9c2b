//! Compresses the web app's files once, at build time, so that the server never does.
//!
//! Each compressed file is named by the SHA-256 of what it was made from. The server looks it up by
//! that hash, so a file edited after the build is simply sent as it is.

use std::env;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use flate2::{Compression, write::GzEncoder};
use made::{App, Sent, is_versioned, version_of};
use sha2::{Digest, Sha256};

#[path = "src/web/made.rs"]
mod made;
#[path = "src/web/script.rs"]
mod script;
#[path = "src/web/stylesheet.rs"]
mod stylesheet;

/// What the files are in.
const ASSETS: &str = "assets";

/// Below this a compressed form saves less than its headers cost.
const SIZE_BYTES_MIN: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=build.rs");
    let target = PathBuf::from(env::var("OUT_DIR")?).join("compressed");
    fs::create_dir_all(&target)?;
    let (mut names, mut wanted) = (Vec::new(), Vec::new());
    list(Path::new(ASSETS), &mut names)?;
    names.sort_unstable();
    let content = |name: &str| fs::read(Path::new(ASSETS).join(name));
    let mut files = Vec::new();
    for name in &names {
        files.push((name.clone(), Sha256::digest(content(name)?).into()));
    }
    let version = version_of(files);
    let read = |name: &str| fs::read_to_string(Path::new(ASSETS).join(name)).ok();
    let app = App::new(&read, &version)?;
    for name in names.iter().filter(|name| is_text(name)) {
        let sent = if is_versioned(name) { app.sent(name)? } else { Sent::Written };
        match sent {
            Sent::Made(text) => compress(text.as_bytes(), &target, &mut wanted)?,
            Sent::Written => compress(&content(name)?, &target, &mut wanted)?,
            Sent::Part => {}
        }
    }
    remove_others(&target, &wanted)
}

/// The names of all files in a folder, as they are asked for.
fn list(folder: &Path, names: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, names)?;
        } else {
            let below = path.strip_prefix(ASSETS)?.iter().map(|part| part.to_string_lossy());
            names.push(below.collect::<Vec<_>>().join("/"));
        }
    }
    Ok(())
}

/// Fonts and pictures are compressed already.
fn is_text(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    matches!(ending, Some("html" | "css" | "js" | "json" | "svg" | "txt"))
}

fn compress(
    content: &[u8],
    target: &Path,
    wanted: &mut Vec<PathBuf>,
) -> Result<(), Box<dyn Error>> {
    if content.len() < SIZE_BYTES_MIN {
        return Ok(());
    }
    let hash = HEXLOWER.encode(&Sha256::digest(content));
    let brotli = target.join(format!("{hash}.br"));
    if !brotli.exists() {
        let mut compressed = Vec::new();
        let params =
            brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
        brotli::BrotliCompress(&mut &content[..], &mut compressed, &params)?;
        put(&brotli, &compressed)?;
    }
    let gzip = target.join(format!("{hash}.gz"));
    if !gzip.exists() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content)?;
        put(&gzip, &encoder.finish()?)?;
    }
    wanted.extend([brotli, gzip]);
    Ok(())
}

/// Writes a file so that it is there whole or not at all: a build can be cut off.
fn put(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, content)?;
    fs::rename(unfinished, path)
}

/// What was made from files that have changed since must not be embedded.
fn remove_others(target: &Path, wanted: &[PathBuf]) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(target)? {
        let path = entry?.path();
        if !wanted.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
