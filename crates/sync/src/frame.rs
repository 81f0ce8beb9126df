//! Reads frames that came over the network: looked over before anything is built from them, and to
//! their last byte.

use minicbor::data::Type;
use minicbor::decode::Error;
use minicbor::{Decode, Decoder};

/// Deepest nesting in a frame; bodies of records travel as bytes and count as one value.
pub const MAX_DEPTH: usize = 32;
/// Most values in a frame. A byte on the wire can become a hundred in memory, so bytes alone bound
/// nothing; the largest answer there is has half as many.
pub const MAX_VALUES: usize = 500_000;

/// Decodes one frame that fills the bytes.
///
/// # Errors
/// When it is damaged, nested too deep, of too many values, of undeclared length, or something
/// follows it.
pub fn read<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, Error> {
    look_over(bytes)?;
    minicbor::decode(bytes)
}

/// Walks over every value once, without building any.
fn look_over(bytes: &[u8]) -> Result<(), Error> {
    let mut decoder = Decoder::new(bytes);
    // How many values are still to come at each depth.
    let mut open: Vec<u64> = vec![1];
    let mut seen = 0;
    while let Some(left) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        seen += 1;
        let inside = values_inside(&mut decoder)?;
        if seen > MAX_VALUES || open.len() > MAX_DEPTH {
            return Err(Error::message("too many values, or nested too deep"));
        }
        if inside > 0 {
            open.push(inside);
        }
    }
    match decoder.position() == bytes.len() {
        true => Ok(()),
        false => Err(Error::message("bytes after the end")),
    }
}

/// Steps into a value, or over one that has none inside.
fn values_inside(decoder: &mut Decoder<'_>) -> Result<u64, Error> {
    match decoder.datatype()? {
        Type::Array => Ok(decoder.array()?.unwrap_or(0)),
        Type::Map => Ok(decoder.map()?.unwrap_or(0).saturating_mul(2)),
        Type::Tag => decoder.tag().map(|_| 1),
        Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef | Type::Break => {
            Err(Error::message("undeclared length"))
        }
        _ => decoder.skip().map(|()| 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read(bytes: &[u8]) -> bool {
        look_over(bytes).is_ok()
    }

    #[test]
    fn one_whole_frame_is_read_and_nothing_behind_it() {
        assert_eq!(read::<(u8, &str)>(&[0x82, 7, 0x61, b'x']).unwrap(), (7, "x"));
        assert!(read::<u8>(&[7, 7]).is_err(), "something follows");
        for damaged in [&[][..], &[0x82, 7], &[0x61], &[0xa1, 0], &[0x9f, 0xff], &[0xff]] {
            assert!(!is_read(damaged), "{damaged:x?}");
        }
    }

    #[test]
    fn a_deep_frame_is_refused() {
        let nested = |depth: usize| [vec![0x81; depth], vec![0]].concat();
        assert!(is_read(&nested(MAX_DEPTH - 1)) && !is_read(&nested(MAX_DEPTH)));
        assert!(!is_read(&[vec![0xc1; 100_000], vec![0]].concat()), "tags nest, too");
    }

    #[test]
    fn a_frame_of_too_many_values_is_refused() {
        let values = |count: u32| [&[0x9a][..], &count.to_be_bytes(), &vec![0x40; count as usize]].concat();
        assert!(is_read(&values(400_000)) && !is_read(&values(500_000)));
        assert!(!is_read(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), "and so is a lie");
    }
}
