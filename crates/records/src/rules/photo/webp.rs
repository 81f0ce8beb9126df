//! WebP (RFC 9649): chunks of RIFF, each with a name, a length and what it holds, made even by a zero.

use super::reader::Reader;
use super::{Picture, exif};

/// The flags of an extended file that a still picture can have: with transparency, and with EXIF.
const WITH_ALPHA: u8 = 0x10;
const WITH_EXIF: u8 = 0x08;

/// Follows a picture to its end; `None` where it is none, or a film.
pub fn read(bytes: &[u8]) -> Option<Picture> {
    let mut reader = Reader::new(bytes);
    reader.expect(b"RIFF")?;
    let length = usize::try_from(reader.le32()?).ok()?;
    let mut reader = Reader::new(reader.take(length)?);
    reader.expect(b"WEBP")?;
    let mut kept = Kept::default();
    while !reader.is_at_end() {
        let name: [u8; 4] = reader.array()?;
        let length = usize::try_from(reader.le32()?).ok()?;
        let held = reader.take(length)?;
        // The very last one may lack it.
        if length % 2 == 1 && !reader.is_at_end() {
            reader.byte()?;
        }
        kept.chunk(&name, held)?;
    }
    kept.picture()
}

/// What is kept of a picture.
#[derive(Default)]
struct Kept<'a> {
    canvas: Option<(u32, u32)>,
    alpha: Option<&'a [u8]>,
    image: Option<Image<'a>>,
    orientation: Option<u8>,
}

/// The picture itself.
struct Image<'a> {
    name: [u8; 4],
    held: &'a [u8],
    size: (u32, u32),
}

impl<'a> Kept<'a> {
    fn chunk(&mut self, name: &[u8; 4], held: &'a [u8]) -> Option<()> {
        let is_first = self.image.is_none();
        match name {
            b"VP8X" if is_first && self.canvas.is_none() && self.alpha.is_none() => {
                self.canvas = Some(canvas(held)?);
            }
            b"ALPH" if is_first && self.canvas.is_some() && self.alpha.is_none() && !held.is_empty() => {
                self.alpha = Some(held);
            }
            b"VP8 " if is_first => self.image = Some(Image { name: *name, held, size: lossy(held)? }),
            b"VP8L" if is_first && self.alpha.is_none() => {
                self.image = Some(Image { name: *name, held, size: lossless(held)? })
            }
            b"EXIF" => {
                let tiff = held.strip_prefix(b"Exif\0\0").unwrap_or(held);
                self.orientation = self.orientation.or(exif::orientation(tiff));
            }
            b"VP8X" | b"ALPH" | b"VP8 " | b"VP8L" | b"ANIM" | b"ANMF" => return None,
            // Profiles, XMP, and whatever a program keeps for itself.
            _ => {}
        }
        Some(())
    }

    fn picture(self) -> Option<Picture> {
        let Image { name, held, size } = self.image?;
        self.canvas.is_none_or(|canvas| canvas == size).then_some(())?;
        let (width, height) = size;
        let mut chunks = b"WEBP".to_vec();
        if self.alpha.is_some() || self.orientation.is_some() {
            let is_seen_through = self.alpha.is_some() || (&name == b"VP8L" && held[4] & 0x10 != 0);
            let flags = if is_seen_through { WITH_ALPHA } else { 0 }
                | if self.orientation.is_some() { WITH_EXIF } else { 0 };
            let [width, height] = [width, height].map(|side| side.wrapping_sub(1).to_le_bytes());
            push(&mut chunks, b"VP8X", &[&[flags, 0, 0, 0], &width[..3], &height[..3]].concat());
        }
        self.alpha.iter().for_each(|alpha| push(&mut chunks, b"ALPH", alpha));
        push(&mut chunks, &name, held);
        self.orientation.iter().for_each(|which| push(&mut chunks, b"EXIF", &exif::saying(*which)));
        let mut bytes = vec![];
        push(&mut bytes, b"RIFF", &chunks);
        Some(Picture { width, height, bytes })
    }
}

/// Width and height of an extended file.
fn canvas(held: &[u8]) -> Option<(u32, u32)> {
    let [_, _, _, _, w0, w1, w2, h0, h1, h2] = *held else { return None };
    Some((u32::from_le_bytes([w0, w1, w2, 0]) + 1, u32::from_le_bytes([h0, h1, h2, 0]) + 1))
}

/// Width and height of a key frame of VP8 (RFC 6386, §9.1).
fn lossy(held: &[u8]) -> Option<(u32, u32)> {
    let mut reader = Reader::new(held);
    let is_key_frame = reader.take(3)?[0] & 1 == 0;
    reader.expect(&[0x9d, 0x01, 0x2a])?;
    let [width, height] = [reader.array()?, reader.array()?].map(|side| u32::from(u16::from_le_bytes(side)));
    is_key_frame.then_some((width & 0x3fff, height & 0x3fff))
}

/// Width and height of a lossless picture (RFC 9649, §3.4).
fn lossless(held: &[u8]) -> Option<(u32, u32)> {
    let mut reader = Reader::new(held);
    reader.expect(&[0x2f])?;
    let bits = reader.le32()?;
    (bits >> 29 == 0).then_some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
}

fn push(bytes: &mut Vec<u8>, name: &[u8; 4], held: &[u8]) {
    bytes.extend_from_slice(name);
    bytes.extend(u32::try_from(held.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(held);
    bytes.extend((held.len() % 2 == 1).then_some(0));
}
