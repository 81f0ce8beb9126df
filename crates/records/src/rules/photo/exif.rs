//! The one thing of EXIF that is kept: which way up a picture is shown (tag 0x0112 of TIFF 6.0 and EXIF 2.3, §4.6.4).

use super::reader::Reader;

const ORIENTATION: u16 = 0x0112;
/// A whole number of two bytes.
const SHORT: u16 = 3;

/// Which way up, 2 to 8; `None` for as it lies (1), and where nothing that can be read says so.
pub fn orientation(tiff: &[u8]) -> Option<u8> {
    let mut head = Reader::new(tiff);
    let is_big = match head.take(4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let two = |bytes: [u8; 2]| if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
    let four = |bytes: [u8; 4]| if is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    let at = usize::try_from(four(head.array()?)).ok()?;
    let mut fields = Reader::new(tiff.get(at..)?);
    for _ in 0..two(fields.array()?) {
        let (tag, kind, count) = (two(fields.array()?), two(fields.array()?), four(fields.array()?));
        let value = two(fields.array()?);
        fields.take(2)?;
        if (tag, kind, count) == (ORIENTATION, SHORT, 1) {
            return u8::try_from(value).ok().filter(|value| (2..=8).contains(value));
        }
    }
    None
}

/// TIFF that says this and nothing else.
pub fn saying(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
    tiff
}
