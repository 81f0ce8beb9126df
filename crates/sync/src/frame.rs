//! Reads frames that came over the network: looked over before anything is built from them, and to
//! their last byte.

use minicbor::data::Type;
use minicbor::{Decode, Decoder};
use thiserror::Error;

/// Deepest nesting in a frame; bodies of records travel as bytes and count as one value.
pub const MAX_DEPTH: usize = 32;
/// Most values in a frame. A byte on the wire can become a hundred in memory, so bytes alone bound
/// nothing; the largest answer there is has half as many.
pub const MAX_VALUES: usize = 500_000;

/// Why bytes are no frame.
#[derive(Debug, Error)]
pub enum FrameFault {
    /// They are cut off, or not what the frame says.
    #[error("damaged")]
    Damaged(#[from] minicbor::decode::Error),
    /// Deeper than [`MAX_DEPTH`].
    #[error("nested too deep")]
    TooDeep,
    /// More than [`MAX_VALUES`].
    #[error("too many values")]
    TooManyValues,
    /// A list, map or text does not say how long it is.
    #[error("undeclared length")]
    LengthUndeclared,
    /// The numbers of a map do not ascend, or one comes twice: two readers could read two frames.
    #[error("keys that do not ascend")]
    KeysUnordered,
    /// Something follows the frame.
    #[error("bytes after the end")]
    Trailing,
}

impl FrameFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "sync.garbage",
            Self::TooDeep => "sync.too_deep",
            Self::TooManyValues => "sync.too_many_values",
            Self::LengthUndeclared => "sync.length_undeclared",
            Self::KeysUnordered => "sync.keys_unordered",
            Self::Trailing => "sync.trailing",
        }
    }
}

/// Decodes one frame that fills the bytes.
///
/// # Errors
/// [`FrameFault`]: the frame is damaged, or goes beyond a limit.
pub fn read<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, FrameFault> {
    look_over(bytes)?;
    Ok(minicbor::decode(bytes)?)
}

/// A value whose values are being walked over.
struct Open {
    /// How many are still to come.
    left: u64,
    is_map: bool,
    /// The last number that was a key.
    key: Option<u64>,
}

/// Walks over every value once, without building any.
fn look_over(bytes: &[u8]) -> Result<(), FrameFault> {
    let mut decoder = Decoder::new(bytes);
    let mut open = vec![Open { left: 1, is_map: false, key: None }];
    let mut seen = 0;
    while let Some(within) = open.last_mut() {
        if within.left == 0 {
            open.pop();
            continue;
        }
        if within.is_map && within.left.is_multiple_of(2) {
            within.key = next_key(&decoder, within.key)?;
        }
        within.left -= 1;
        seen += 1;
        let inside = step(&mut decoder)?;
        if seen > MAX_VALUES {
            return Err(FrameFault::TooManyValues);
        }
        if open.len() > MAX_DEPTH {
            return Err(FrameFault::TooDeep);
        }
        open.extend(inside);
    }
    if decoder.position() == bytes.len() { Ok(()) } else { Err(FrameFault::Trailing) }
}

/// The key that comes next, where it is a number; it is larger than those before.
fn next_key(decoder: &Decoder<'_>, before: Option<u64>) -> Result<Option<u64>, FrameFault> {
    let mut ahead = decoder.clone();
    match ahead.datatype()? {
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => {}
        _ => return Ok(before),
    }
    let key = ahead.u64()?;
    if before.is_some_and(|before| before >= key) { Err(FrameFault::KeysUnordered) } else { Ok(Some(key)) }
}

/// Steps into a value, or over one that has none inside.
fn step(decoder: &mut Decoder<'_>) -> Result<Option<Open>, FrameFault> {
    let (left, is_map) = match decoder.datatype()? {
        Type::Array => (decoder.array()?.unwrap_or(0), false),
        Type::Map => (decoder.map()?.unwrap_or(0).saturating_mul(2), true),
        Type::Tag => (decoder.tag().map(|_| 1)?, false),
        Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef => {
            return Err(FrameFault::LengthUndeclared);
        }
        Type::Break => return Err(minicbor::decode::Error::message("an end without a beginning").into()),
        _ => {
            decoder.skip()?;
            return Ok(None);
        }
    };
    Ok((left > 0).then_some(Open { left, is_map, key: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read(bytes: &[u8]) -> bool {
        look_over(bytes).is_ok()
    }

    #[test]
    fn keys_ascend() {
        assert!(is_read(&[0xa2, 1, 0, 2, 0]) && is_read(&[0xa2, 0x61, b'b', 0, 0x61, b'a', 0]));
        for unordered in [[0xa2, 2, 0, 1, 0], [0xa2, 1, 0, 1, 0]] {
            assert!(matches!(look_over(&unordered), Err(FrameFault::KeysUnordered)));
        }
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
