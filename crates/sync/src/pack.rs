//! Compression of bodies: zstd where both sides have it, gzip everywhere; caps enforced while inflating.

#[cfg(not(target_arch = "wasm32"))]
use std::io::{Read, Write};

#[cfg(not(target_arch = "wasm32"))]
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use records::wire::{MAX_COMPRESSED, MAX_DECOMPRESSED};
use thiserror::Error;

/// Bodies shorter than this are sent as they are.
pub const SMALLEST: usize = 256;
/// Most bytes that one compressed byte may become, beyond [`RATIO_FLOOR`]. Records are ids and words and
/// shrink to a quarter or a tenth.
pub const MAX_RATIO: usize = 20;
/// Bodies up to this size may inflate at any ratio: a page of empty forms compresses very well.
pub const RATIO_FLOOR: usize = 256 * 1024;

/// What this build inflates, as in `Accept-Encoding`.
#[cfg(not(target_arch = "wasm32"))]
pub const ACCEPTED: &str = "zstd, gzip";
/// What this build inflates, as in `Accept-Encoding`.
#[cfg(target_arch = "wasm32")]
pub const ACCEPTED: &str = "gzip";

/// Why a body cannot be inflated.
#[derive(Debug, Error)]
pub enum PackFault {
    /// More than [`MAX_COMPRESSED`] as sent.
    #[error("too large")]
    TooLarge,
    /// More than [`MAX_DECOMPRESSED`] once inflated.
    #[error("inflates too far")]
    InflatesTooFar,
    /// More than [`MAX_RATIO`] times what was sent, and more than [`RATIO_FLOOR`].
    #[error("inflates by too much")]
    RatioTooHigh,
    /// An encoding this build does not know.
    #[error("unknown encoding {0}")]
    Unknown(String),
    /// The compressed bytes are damaged.
    #[error("damaged")]
    Damaged(#[from] std::io::Error),
}

impl PackFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "sync.too_large",
            Self::InflatesTooFar => "sync.inflates_too_far",
            Self::RatioTooHigh => "sync.ratio_too_high",
            Self::Unknown(_) => "sync.encoding_unknown",
            Self::Damaged(_) => "sync.garbage",
        }
    }

    /// Whether it is about size; anything else is no body at all.
    pub fn is_size(&self) -> bool {
        matches!(self, Self::TooLarge | Self::InflatesTooFar | Self::RatioTooHigh)
    }
}

/// A body as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Value of `Content-Encoding`; `None` when sent as it is.
    pub encoding: Option<&'static str>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Compresses a body for a receiver that accepts these encodings, unless it is small or gains
/// nothing. What it makes, [`unpack`] takes, as long as the body is within [`MAX_DECOMPRESSED`].
pub fn pack(body: Vec<u8>, accepted: &str) -> Packed {
    let packed = match encoding_for(accepted) {
        Some(encoding) if body.len() >= SMALLEST => compressed(&body, encoding),
        _ => None,
    };
    packed
        .filter(|packed| packed.bytes.len() < body.len() && body.len() <= most_bytes(packed.bytes.len()))
        .unwrap_or(Packed { encoding: None, bytes: body })
}

/// Inflates a body, never holding more than the caps allow.
///
/// # Errors
/// [`PackFault`] when the body is beyond the caps, damaged or in an unknown encoding.
pub fn unpack(bytes: &[u8], encoding: Option<&str>) -> Result<Vec<u8>, PackFault> {
    if bytes.len() > MAX_COMPRESSED {
        return Err(PackFault::TooLarge);
    }
    match encoding.map(str::trim).filter(|name| !name.is_empty()) {
        None | Some("identity") => Ok(bytes.to_vec()),
        Some("gzip") => gunzipped(bytes, most_bytes(bytes.len())),
        #[cfg(not(target_arch = "wasm32"))]
        Some("zstd") => inflated(zstd_reader(bytes)?, most_bytes(bytes.len())),
        Some(other) => Err(PackFault::Unknown(other.to_owned())),
    }
}

/// The best encoding that both sides have. A receiver that says nothing gets gzip.
fn encoding_for(accepted: &str) -> Option<&'static str> {
    let names: Vec<&str> =
        accepted.split(',').filter_map(|name| name.split(';').next()).map(str::trim).collect();
    let takes = |name: &str| names.contains(&name);
    match () {
        () if cfg!(not(target_arch = "wasm32")) && takes("zstd") => Some("zstd"),
        () if takes("gzip") || takes("*") || accepted.trim().is_empty() => Some("gzip"),
        () => None,
    }
}

fn compressed(body: &[u8], encoding: &'static str) -> Option<Packed> {
    let bytes = match encoding {
        #[cfg(not(target_arch = "wasm32"))]
        "zstd" => zstd_packed(body)?,
        _ => gzipped(body).ok()?,
    };
    Some(Packed { encoding: Some(encoding), bytes })
}

#[cfg(target_arch = "wasm32")]
use crate::gzip::packed as gzipped;

#[cfg(not(target_arch = "wasm32"))]
fn gzipped(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(not(target_arch = "wasm32"))]
const ZSTD_LEVEL: i32 = 3;

/// With the size known beforehand its tables are no larger than the body asks for; making them takes longer
/// than compressing a small one, so each thread keeps its own.
#[cfg(not(target_arch = "wasm32"))]
fn zstd_packed(body: &[u8]) -> Option<Vec<u8>> {
    use std::cell::RefCell;
    thread_local! {
        static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> =
            RefCell::new(zstd::bulk::Compressor::new(ZSTD_LEVEL).ok());
    }
    COMPRESSOR.with_borrow_mut(|compressor| compressor.as_mut()?.compress(body).ok())
}

/// A frame may ask for a window of 128 MiB by itself; ours never need more than the largest body.
#[cfg(not(target_arch = "wasm32"))]
fn zstd_reader(bytes: &[u8]) -> std::io::Result<impl Read> {
    const WINDOW_LOG: u32 = 24;
    let mut decoder = zstd::Decoder::with_buffer(bytes)?;
    decoder.window_log_max(WINDOW_LOG)?;
    Ok(decoder)
}

fn most_bytes(compressed: usize) -> usize {
    compressed.saturating_mul(MAX_RATIO).clamp(RATIO_FLOOR, MAX_DECOMPRESSED)
}

#[cfg(target_arch = "wasm32")]
fn gunzipped(bytes: &[u8], cap: usize) -> Result<Vec<u8>, PackFault> {
    capped(crate::gzip::inflated(bytes, cap)?, cap)
}

#[cfg(not(target_arch = "wasm32"))]
fn gunzipped(bytes: &[u8], cap: usize) -> Result<Vec<u8>, PackFault> {
    inflated(MultiGzDecoder::new(bytes), cap)
}

#[cfg(not(target_arch = "wasm32"))]
fn inflated(reader: impl Read, cap: usize) -> Result<Vec<u8>, PackFault> {
    let mut body = Vec::new();
    reader.take(cap as u64 + 1).read_to_end(&mut body)?;
    capped(body, cap)
}

fn capped(body: Vec<u8>, cap: usize) -> Result<Vec<u8>, PackFault> {
    match body.len() > cap {
        false => Ok(body),
        true if cap == MAX_DECOMPRESSED => Err(PackFault::InflatesTooFar),
        true => Err(PackFault::RatioTooHigh),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(bytes: usize) -> Vec<u8> {
        let mut chance = oorandom::Rand32::new(1);
        (0..bytes).map(|_| chance.rand_u32() as u8).collect()
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let text = "走访记录 ".repeat(500).into_bytes();
        for (accepted, encoding) in [("zstd, gzip", "zstd"), ("gzip;q=1.0", "gzip"), ("", "gzip")] {
            let packed = pack(text.clone(), accepted);
            assert_eq!(packed.encoding, Some(encoding));
            assert!(packed.bytes.len() * 10 < text.len());
            assert_eq!(unpack(&packed.bytes, packed.encoding).unwrap(), text);
        }
    }

    #[test]
    fn small_and_incompressible_bodies_go_as_they_are() {
        for body in [b"short".to_vec(), noise(10_000)] {
            assert_eq!(pack(body.clone(), ACCEPTED), Packed { encoding: None, bytes: body });
        }
        assert_eq!(pack(vec![0; 5_000], "br").encoding, None);
    }

    #[test]
    fn a_body_too_uniform_for_the_ratio_goes_as_it_is() {
        let body = vec![0u8; RATIO_FLOOR * 4];
        let packed = pack(body.clone(), ACCEPTED);
        assert_eq!(unpack(&packed.bytes, packed.encoding).unwrap(), body);
    }

    #[test]
    fn a_bomb_is_refused_at_the_cap() {
        let zeros = vec![0u8; 3 * MAX_DECOMPRESSED];
        for encoding in ["zstd", "gzip"] {
            let bomb = compressed(&zeros, encoding).unwrap();
            assert!(bomb.bytes.len() < MAX_COMPRESSED);
            assert!(matches!(unpack(&bomb.bytes, Some(encoding)), Err(PackFault::RatioTooHigh)));
        }
        assert!(matches!(unpack(&noise(MAX_COMPRESSED + 1), None), Err(PackFault::TooLarge)));
    }

    #[test]
    fn nothing_is_read_beyond_the_cap() {
        struct Endless(usize);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                self.0 += buffer.len();
                assert!(self.0 < 10_000, "read on after the cap");
                buffer.fill(0);
                Ok(buffer.len())
            }
        }
        assert!(matches!(inflated(Endless(0), 1_000), Err(PackFault::RatioTooHigh)));
    }

    #[test]
    fn damage_is_an_error() {
        for encoding in ["zstd", "gzip"] {
            let whole = compressed(&noise(5_000), encoding).unwrap().bytes;
            assert!(unpack(&whole[..whole.len() / 2], Some(encoding)).is_err());
            assert!(unpack(b"<html>", Some(encoding)).is_err());
        }
        assert!(matches!(unpack(b"", Some("br")), Err(PackFault::Unknown(_))));
    }
}
