//! What the bytes of a photo may be: a picture of the type they say, to their last byte, no larger than a device can
//! show, and nothing that tells where, when and by whom it was taken.
//!
//! A camera writes all of that into each picture. The device takes it out before it keeps one, without touching the
//! picture itself; the server takes no other than such. One question serves both: a photo is clean when taking out
//! changes nothing.

mod exif;
mod jpeg;
mod png;
mod reader;
mod webp;

use crate::declaration::RefusalCode;

/// Most pixels of one: what cameras of phones make, and what takes 256 MB where it is shown.
pub const MOST_PIXELS: u64 = 1 << 26;
/// Longest side, in pixels: what WebP can have and every browser shows.
pub const LONGEST_SIDE: u32 = 16_383;

/// Not a picture of that type, or damaged.
const NOT_A_PHOTO: &str = "attachment.not_a_photo";
/// More pixels than a device can show.
const TOO_MANY_PIXELS: &str = "attachment.too_many_pixels";
/// More in it than a picture.
const TELLS_MORE: &str = "attachment.tells_more";

/// The photo alone: without place, time, camera, comments, thumbnails, and what was hung on behind. Which way up it is
/// shown stays. Its pixels are the same, bit for bit.
///
/// # Errors
/// `attachment.not_a_photo`, also where the type is another than it says; `attachment.too_many_pixels`.
pub fn stripped(media: &str, bytes: &[u8]) -> Result<Vec<u8>, RefusalCode> {
    let picture = match media {
        "image/jpeg" => jpeg::read(bytes),
        "image/png" => png::read(bytes),
        "image/webp" => webp::read(bytes),
        _ => None,
    };
    let picture = picture.ok_or(NOT_A_PHOTO)?;
    match picture.width == 0 || picture.height == 0 {
        true => Err(NOT_A_PHOTO),
        false if picture.is_too_large() => Err(TOO_MANY_PIXELS),
        false => Ok(picture.bytes),
    }
}

/// Whether these bytes are a photo and nothing else.
///
/// # Errors
/// As [`stripped`]; `attachment.tells_more` where that would leave something out.
pub fn check(media: &str, bytes: &[u8]) -> Result<(), RefusalCode> {
    if stripped(media, bytes)? == bytes { Ok(()) } else { Err(TELLS_MORE) }
}

/// A picture that was followed to its end.
struct Picture {
    width: u32,
    height: u32,
    /// What is to be kept of it.
    bytes: Vec<u8>,
}

impl Picture {
    fn is_too_large(&self) -> bool {
        self.width > LONGEST_SIDE
            || self.height > LONGEST_SIDE
            || u64::from(self.width) * u64::from(self.height) > MOST_PIXELS
    }
}

#[cfg(test)]
mod tests;
