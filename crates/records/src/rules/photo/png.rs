//! PNG (ISO/IEC 15948): chunks of a length, a name, what they hold, and a checksum.

use super::reader::Reader;
use super::{Picture, exif};

const BEGINS: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Follows a picture to its end; `None` where it is none.
pub fn read(bytes: &[u8]) -> Option<Picture> {
    let mut reader = Reader::new(bytes);
    reader.expect(BEGINS)?;
    let (name, header) = chunk(&mut reader)?;
    let (width, height) = (name == b"IHDR").then(|| size(header)).flatten()?;
    let mut kept = Kept::default();
    loop {
        match chunk(&mut reader)? {
            (b"IEND", held) => {
                held.is_empty().then_some(())?;
                break;
            }
            (name, held) => kept.chunk(name, held)?,
        }
    }
    (kept.data > 0).then_some(())?;
    let mut bytes = BEGINS.to_vec();
    push(&mut bytes, b"IHDR", header);
    kept.orientation.iter().for_each(|which| push(&mut bytes, b"eXIf", &exif::saying(*which)));
    bytes.extend(kept.rest);
    push(&mut bytes, b"IEND", &[]);
    Some(Picture { width, height, bytes })
}

type Chunk<'a> = (&'a [u8; 4], &'a [u8]);

fn chunk<'a>(reader: &mut Reader<'a>) -> Option<Chunk<'a>> {
    let length = usize::try_from(reader.be32()?).ok()?;
    let name: &[u8; 4] = reader.rest().first_chunk()?;
    let whole = reader.take(length.checked_add(4)?)?;
    (reader.be32()? == checksum(whole)).then_some((name, &whole[4..]))
}

/// What is kept of a picture.
#[derive(Default)]
struct Kept {
    orientation: Option<u8>,
    /// Chunks of the picture itself.
    data: usize,
    /// Whether something came behind them.
    is_after: bool,
    rest: Vec<u8>,
}

impl Kept {
    fn chunk(&mut self, name: &[u8; 4], held: &[u8]) -> Option<()> {
        let is_kept = match (name, held.len()) {
            (b"IDAT", _) => {
                // They follow each other.
                (!self.is_after).then_some(())?;
                self.data += 1;
                true
            }
            (b"PLTE", 3..=768) if held.len().is_multiple_of(3) && self.data == 0 => true,
            (b"tRNS", 1..=256) | (b"gAMA", 4) | (b"cHRM", 32) | (b"sRGB", 1) if self.data == 0 => true,
            (b"eXIf", _) => {
                self.orientation = self.orientation.or(exif::orientation(held));
                false
            }
            // One with a large first letter is needed to show the picture, and is not known.
            ([b'A'..=b'Z', ..], _) => return None,
            // Texts, times, profiles, frames of a film, and whatever a program keeps for itself.
            _ => false,
        };
        self.is_after |= self.data > 0 && name != b"IDAT";
        if is_kept {
            push(&mut self.rest, name, held);
        }
        Some(())
    }
}

/// Width and height, where depth and kind of colour are such as there are.
fn size(held: &[u8]) -> Option<(u32, u32)> {
    let mut reader = Reader::new(held);
    let (width, height) = (reader.be32()?, reader.be32()?);
    let [depth, colour, packing, filter, interlace] = reader.array()?;
    let is_known = match colour {
        0 => matches!(depth, 1 | 2 | 4 | 8 | 16),
        2 | 4 | 6 => matches!(depth, 8 | 16),
        3 => matches!(depth, 1 | 2 | 4 | 8),
        _ => false,
    };
    let is_plain = packing == 0 && filter == 0 && interlace <= 1 && reader.is_at_end();
    (is_known && is_plain).then_some((width, height))
}

fn push(bytes: &mut Vec<u8>, name: &[u8; 4], held: &[u8]) {
    bytes.extend(u32::try_from(held.len()).unwrap_or(u32::MAX).to_be_bytes());
    let begin = bytes.len();
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(held);
    let sum = checksum(&bytes[begin..]);
    bytes.extend(sum.to_be_bytes());
}

/// CRC-32 as PNG has it (annex D), over name and content.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    let step = |sum: u32, byte: &u8| TABLE[usize::from(sum.to_le_bytes()[0] ^ byte)] ^ (sum >> 8);
    !bytes.iter().fold(u32::MAX, step)
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
}
