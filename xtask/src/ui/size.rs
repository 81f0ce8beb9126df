//! The size of what is shipped, and its limit.

use std::io::Write;

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};

use super::{Shape, dist::Files};

/// Bytes of wasm, scripts and styles after gzip: what an old phone on a slow network can fetch at once.
const LIMIT: usize = 400_000;

/// Prints each file's size and refuses a user interface over the limit.
pub fn report(files: &Files, shape: Shape) -> Result<()> {
    let mut raw_total = 0;
    let mut packed_total = 0;
    println!("{:>9} {:>9}  ui/dist", "raw", "gzip");
    for (name, content) in files {
        let packed = gzip_size(content).with_context(|| name.clone())?;
        println!("{:>9} {packed:>9}  {name}", content.len());
        if counts(name) {
            raw_total += content.len();
            packed_total += packed;
        }
    }
    println!("{raw_total:>9} {packed_total:>9}  total of wasm, scripts and styles");
    if shape == Shape::Shipped && packed_total > LIMIT {
        bail!("the user interface is {packed_total} bytes after gzip; the limit is {LIMIT}");
    }
    Ok(())
}

fn counts(name: &str) -> bool {
    [".wasm", ".js", ".css"].iter().any(|end| name.ends_with(end))
}

fn gzip_size(content: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?.len())
}
