//! Packs each file once, so that the server need not.

use std::fs;

use anyhow::{Context, Result};
use libdeflater::{CompressionLvl, Compressor};

use super::{Shape, dist::Files};
use crate::{
    places::Places,
    process::{command, run},
};

/// Node brings brotli along.
const BROTLI: &str = r#"
const { readFileSync, writeFileSync } = require("node:fs");
const { brotliCompressSync, constants } = require("node:zlib");
for (const path of process.argv.slice(1)) {
  const content = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  writeFileSync(path + ".br", brotliCompressSync(content, { params }));
}"#;

/// Every file that packing makes smaller, as `NAME.gz` and, where it is to be shipped, as `NAME.br`.
pub fn all(places: &Places, files: &Files, shape: Shape) -> Result<Files> {
    let mut packed = Files::new();
    let packable = files.iter().filter(|(name, _)| !name.ends_with(".png"));
    for (name, content) in packable.clone() {
        packed.insert(format!("{name}.gz"), gzipped(content)?);
    }
    if shape == Shape::Shipped {
        let folder = places.cache.join("web");
        let mut brotli = command("node");
        brotli.args(["-e", BROTLI]);
        for (number, (_, content)) in packable.clone().enumerate() {
            let path = folder.join(number.to_string());
            fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            fs::write(&path, content).with_context(|| path.display().to_string())?;
            brotli.arg(path);
        }
        run(&mut brotli)?;
        for (number, (name, _)) in packable.enumerate() {
            let path = folder.join(format!("{number}.br"));
            packed.insert(format!("{name}.br"), fs::read(&path).with_context(|| path.display().to_string())?);
        }
    }
    Ok(packed)
}

/// As gzip, only smaller: libdeflate looks for the best of all ways to say it, which takes 4 % off a module.
pub fn gzipped(content: &[u8]) -> Result<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut packed = vec![0; compressor.gzip_compress_bound(content.len())];
    let length = compressor.gzip_compress(content, &mut packed).context("no room for what was packed")?;
    packed.truncate(length);
    Ok(packed)
}
