//! The size of what is shipped, and its limit.

use anyhow::{Context, Result, bail};

use super::{Shape, dist::Files, pack::gzipped, web::is_for_later};

/// Bytes of wasm, scripts and styles after gzip: what an old phone on a slow network can fetch at once.
const LIMIT: usize = 480_000;
/// The same with the core for a browser; it is to become 1,200,000.
const WEB_LIMIT: usize = 1_545_000;
/// Files of this size after gzip are named one by one.
const LARGE: usize = 10_000;

/// Prints each file's size and refuses a user interface over the limit.
pub fn report(files: &Files, shape: Shape) -> Result<()> {
    let mut raw_total = 0;
    let mut packed_total = 0;
    println!("{:>9} {:>9}  ui/dist", "raw", "gzip");
    for (name, content) in files {
        let packed = gzip_size(content).with_context(|| name.clone())?;
        println!("{:>9} {packed:>9}  {name}", content.len());
        if counts(name) && !is_for_later(name) {
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
    Ok(gzipped(content)?.len())
}

/// Prints what a browser fetches for its first start, and refuses more than the limit.
pub fn report_web(files: &Files, shape: Shape) -> Result<()> {
    let mut total = 0;
    let mut raw = 0;
    for (name, content) in files.iter().filter(|(name, _)| !name.ends_with(".png")) {
        if is_for_later(name) {
            continue;
        }
        let packed = gzip_size(content).with_context(|| name.clone())?;
        if packed > LARGE {
            println!("{:>9} {packed:>9}  {name}", content.len());
        }
        (raw, total) = (raw + content.len(), total + packed);
    }
    println!("{raw:>9} {total:>9}  everything a browser fetches for its first start");
    if shape == Shape::Shipped && total > WEB_LIMIT {
        bail!("a first start takes {total} bytes after gzip; the limit is {WEB_LIMIT}");
    }
    Ok(())
}
