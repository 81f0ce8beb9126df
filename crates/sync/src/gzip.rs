//! gzip (RFC 1952) around flate2's own deflate, as a browser has it: the checksum without the 16 kB of tables that
//! make it quick.

use std::io::{Error, ErrorKind, Read, Result, Write};

use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// Mark, deflate, no flags, no time, no hint, unknown system: as flate2 writes it.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
const TRAILER: usize = 8;

const HAS_CHECKSUM: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Packs a body as one member.
///
/// # Errors
/// Never, as the memory takes everything.
pub fn packed(body: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(body.len() / 4);
    bytes.extend(HEADER);
    let mut encoder = DeflateEncoder::new(bytes, Compression::default());
    encoder.write_all(body)?;
    let mut bytes = encoder.finish()?;
    bytes.extend(trailer(body));
    Ok(bytes)
}

/// Inflates members until `most` bytes have come out, or one more, by which the caller sees that there are more.
///
/// # Errors
/// When the bytes are damaged or end too early.
pub fn inflated(mut bytes: &[u8], most: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        skip_header(&mut bytes)?;
        let begins = body.len();
        let mut decoder = DeflateDecoder::new(bytes);
        (&mut decoder).take((most + 1 - begins) as u64).read_to_end(&mut body)?;
        if body.len() > most {
            return Ok(body);
        }
        bytes = decoder.into_inner();
        if take(&mut bytes, TRAILER)? != trailer(&body[begins..]) {
            return Err(ErrorKind::InvalidData.into());
        }
        if bytes.is_empty() {
            return Ok(body);
        }
    }
}

fn skip_header(bytes: &mut &[u8]) -> Result<()> {
    let whole = *bytes;
    let fixed = take(bytes, HEADER.len())?;
    let flags = fixed[3];
    if fixed[..3] != HEADER[..3] || flags & RESERVED != 0 {
        return Err(ErrorKind::InvalidData.into());
    }
    if flags & HAS_EXTRA != 0 {
        let length = take(bytes, 2)?;
        take(bytes, u16::from_le_bytes([length[0], length[1]]).into())?;
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            let end = bytes.iter().position(|byte| *byte == 0).ok_or(ErrorKind::UnexpectedEof)?;
            take(bytes, end + 1)?;
        }
    }
    if flags & HAS_CHECKSUM != 0 {
        let [low, high, ..] = checksum(&whole[..whole.len() - bytes.len()]).to_le_bytes();
        if take(bytes, 2)? != [low, high] {
            return Err(ErrorKind::InvalidData.into());
        }
    }
    Ok(())
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or(Error::from(ErrorKind::UnexpectedEof))?;
    *bytes = rest;
    Ok(taken)
}

/// Checksum and length of what was packed.
fn trailer(body: &[u8]) -> [u8; TRAILER] {
    let [a, b, c, d] = checksum(body).to_le_bytes();
    let [e, f, g, h] = (body.len() as u32).to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

/// CRC-32, four bits at a time.
fn checksum(bytes: &[u8]) -> u32 {
    const STEPS: [u32; 16] = {
        let mut steps = [0; 16];
        let mut number = 0;
        while number < 16 {
            let mut rest = number as u32;
            let mut bit = 0;
            while bit < 4 {
                rest = if rest & 1 == 1 { rest >> 1 ^ 0xedb8_8320 } else { rest >> 1 };
                bit += 1;
            }
            steps[number] = rest;
            number += 1;
        }
        steps
    };
    let half = |rest: u32| rest >> 4 ^ STEPS[(rest & 15) as usize];
    !bytes.iter().fold(u32::MAX, |rest, byte| half(half(rest ^ u32::from(*byte))))
}

#[cfg(test)]
mod tests {
    use flate2::read::MultiGzDecoder;
    use flate2::write::GzEncoder;
    use flate2::{Compression, GzBuilder};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const MOST: usize = 4_000;

    fn reference(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    /// What flate2 makes of bytes, within the same cap.
    fn inflated_by_reference(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        MultiGzDecoder::new(bytes).take(MOST as u64 + 1).read_to_end(&mut body)?;
        Ok(body)
    }

    #[test]
    fn every_kind_of_header_is_read() {
        let all = GzBuilder::new().extra(vec![1, 2, 3]).filename("a").comment("b");
        let mut encoder = all.write(Vec::new(), Compression::default());
        encoder.write_all(b"what is in it").unwrap();
        let bytes = encoder.finish().unwrap();
        assert_eq!(inflated(&bytes, MOST).unwrap(), b"what is in it");

        let mut summed = HEADER.to_vec();
        summed[3] = HAS_CHECKSUM;
        let [low, high, ..] = checksum(&summed).to_le_bytes();
        summed.extend([low, high]);
        summed.extend(&packed(b"summed").unwrap()[HEADER.len()..]);
        assert_eq!(inflated(&summed, MOST).unwrap(), b"summed");
        assert_eq!(inflated_by_reference(&summed).unwrap(), b"summed");
        summed[10] ^= 1;
        assert!(inflated(&summed, MOST).is_err());
    }

    #[test]
    fn no_more_is_inflated_than_one_byte_beyond_the_cap() {
        assert_eq!(inflated(&reference(&[7; MOST]), MOST).unwrap().len(), MOST);
        assert_eq!(inflated(&reference(&[7; 100 * MOST]), MOST).unwrap().len(), MOST + 1);
    }

    proptest! {
        #[test]
        fn it_packs_and_inflates_as_flate2_does(bodies in vec(vec(0u8..4, 0..2_000), 1..4)) {
            let bytes: Vec<u8> = bodies.iter().flat_map(|body| packed(body).unwrap()).collect();
            prop_assert_eq!(&bytes, &bodies.iter().flat_map(|body| reference(body)).collect::<Vec<u8>>());
            prop_assert_eq!(inflated(&bytes, MOST).unwrap(), inflated_by_reference(&bytes).unwrap());
        }

        #[test]
        fn damage_is_seen_where_flate2_sees_it(
            body in vec(0u8..4, 0..300), at in any::<prop::sample::Index>(), change in 1u8.., cut in any::<bool>()
        ) {
            let mut bytes = reference(&body);
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= change };
            let (ours, theirs) = (inflated(&bytes, MOST), inflated_by_reference(&bytes));
            prop_assert_eq!(ours.is_err(), theirs.is_err());
            prop_assert!(ours.ok() == theirs.ok());
        }
    }
}
