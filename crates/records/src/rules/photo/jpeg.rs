//! JPEG (ITU-T T.81, annex B): segments, each with a marker and its length, and behind the head of each scan its data,
//! which goes on until the next marker.

use super::reader::Reader;
use super::{Picture, exif};

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const JFIF: u8 = 0xe0;
const EXIF: u8 = 0xe1;
const ADOBE: u8 = 0xee;
const EXIF_BEGINS: &[u8] = b"Exif\0\0";
/// Most scans: a progressive picture has about ten, and one of thousands takes minutes to show.
const MOST_SCANS: usize = 64;

/// Follows a picture to its end; `None` where it is none.
pub fn read(bytes: &[u8]) -> Option<Picture> {
    let mut reader = Reader::new(bytes);
    reader.expect(&[0xff, START])?;
    let mut kept = Kept::default();
    loop {
        match marker(&mut reader)? {
            END => break,
            // The end of one picture or the beginning of another inside it, and what stands alone.
            START | 0x00..=0x01 | 0xd0..=0xd7 => return None,
            SCAN => {
                let head = segment(&mut reader)?;
                kept.scan(head, data(&mut reader)?)?;
            }
            marker => kept.segment(marker, segment(&mut reader)?)?,
        }
    }
    kept.picture()
}

/// The next marker; any number of 0xff may stand before it.
fn marker(reader: &mut Reader<'_>) -> Option<u8> {
    reader.expect(&[0xff])?;
    loop {
        match reader.byte()? {
            0xff => {}
            marker => return Some(marker),
        }
    }
}

/// What a segment holds behind its length.
fn segment<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = reader.be16()?.checked_sub(2)?;
    reader.take(length.into())
}

/// The data of a scan: everything before the next marker that is not one of the data itself.
fn data<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let rest = reader.rest();
    let is_end = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
    let mut end = rest.windows(2).position(is_end)?;
    // Those that fill up before a marker belong to it.
    while end > 0 && rest[end - 1] == 0xff {
        end -= 1;
    }
    reader.take(end)
}

/// What is kept of a picture.
#[derive(Default)]
struct Kept {
    jfif: Option<Vec<u8>>,
    orientation: Option<u8>,
    size: Option<(u32, u32)>,
    scans: usize,
    rest: Vec<u8>,
}

impl Kept {
    fn segment(&mut self, marker: u8, held: &[u8]) -> Option<()> {
        match marker {
            // One frame, Huffman, sequential or progressive: what browsers and cameras know.
            0xc0..=0xc2 if self.size.is_none() => self.size = Some(size(held)?),
            0xc4 => huffman(held)?,
            0xdb => quantization(held)?,
            0xdd if held.len() == 2 => {}
            // How colours are to be understood, where there are four.
            ADOBE if held.len() == 12 && held.starts_with(b"Adobe") => {}
            JFIF if self.jfif.is_none() && is_jfif(held) => {
                self.jfif = Some(held.to_vec());
                return Some(());
            }
            EXIF => {
                let tiff = held.strip_prefix(EXIF_BEGINS).unwrap_or_default();
                self.orientation = self.orientation.or(exif::orientation(tiff));
                return Some(());
            }
            // Comments, and what makers of cameras and programs put in: places, names, small pictures of before.
            0xe0..=0xef | 0xfe => return Some(()),
            _ => return None,
        }
        push(&mut self.rest, marker, held);
        Some(())
    }

    fn scan(&mut self, head: &[u8], data: &[u8]) -> Option<()> {
        let components = usize::from(*head.first()?);
        self.scans += 1;
        let is_whole = (1..=4).contains(&components) && head.len() == 4 + 2 * components;
        (is_whole && self.size.is_some() && self.scans <= MOST_SCANS && !data.is_empty()).then_some(())?;
        push(&mut self.rest, SCAN, head);
        self.rest.extend_from_slice(data);
        Some(())
    }

    fn picture(self) -> Option<Picture> {
        let (width, height) = self.size.filter(|_| self.scans > 0)?;
        let mut bytes = vec![0xff, START];
        self.jfif.iter().for_each(|held| push(&mut bytes, JFIF, held));
        let orientation = self.orientation.map(|which| [EXIF_BEGINS, &exif::saying(which)].concat());
        orientation.iter().for_each(|held| push(&mut bytes, EXIF, held));
        bytes.extend(self.rest);
        bytes.extend([0xff, END]);
        Some(Picture { width, height, bytes })
    }
}

/// Width and height of a frame of eight bits, with one, three or four components.
fn size(held: &[u8]) -> Option<(u32, u32)> {
    let mut reader = Reader::new(held);
    reader.expect(&[8])?;
    let (height, width, components) = (reader.be16()?, reader.be16()?, usize::from(reader.byte()?));
    (matches!(components, 1 | 3 | 4) && reader.rest().len() == 3 * components).then_some(())?;
    Some((width.into(), height.into()))
}

/// Tables of 16 counts and as many values as these say.
fn huffman(held: &[u8]) -> Option<()> {
    let mut reader = Reader::new(held);
    while !reader.is_at_end() {
        reader.byte()?;
        let counts = reader.take(16)?;
        reader.take(counts.iter().map(|count| usize::from(*count)).sum())?;
    }
    Some(())
}

/// Tables of 64 values, of one byte or of two.
fn quantization(held: &[u8]) -> Option<()> {
    let mut reader = Reader::new(held);
    while !reader.is_at_end() {
        let precision = reader.byte()? >> 4;
        reader.take(if precision == 0 { 64 } else { 128 })?;
    }
    Some(())
}

/// JFIF without a small picture inside.
fn is_jfif(held: &[u8]) -> bool {
    held.len() == 14 && held.starts_with(b"JFIF\0") && held.ends_with(&[0, 0])
}

fn push(bytes: &mut Vec<u8>, marker: u8, held: &[u8]) {
    let length = u16::try_from(held.len() + 2).unwrap_or(u16::MAX);
    bytes.extend([0xff, marker]);
    bytes.extend(length.to_be_bytes());
    bytes.extend_from_slice(held);
}
