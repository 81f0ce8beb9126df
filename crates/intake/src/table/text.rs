//! Which encoding a text file is in. Nobody who exports a CSV knows, so it is found out.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::IntakeFault;

/// The text of a file, without its byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, IntakeFault> {
    let (encoding, marked) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, &bytes[length..]),
        None => (guess(bytes), bytes),
    };
    let (text, had_errors) = encoding.decode_without_bom_handling(marked);
    if had_errors {
        return Err(IntakeFault::Encoding);
    }
    if looks_binary(&text) {
        return Err(IntakeFault::NotATable(None));
    }
    Ok(text)
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    // In UTF-16 every comma and digit has a zero byte, before it or after it.
    let zeros = |start: usize| bytes.iter().skip(start).step_by(2).take(4_096).filter(|b| **b == 0).count();
    match (zeros(0), zeros(1)) {
        (0, 0) if std::str::from_utf8(bytes).is_ok() => UTF_8,
        (0, 0) => GB18030,
        (before, after) if before > after => UTF_16BE,
        _ => UTF_16LE,
    }
}

fn looks_binary(text: &str) -> bool {
    let odd = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{1a}');
    text.starts_with("%PDF") || text.starts_with("{\\rtf") || text.chars().take(65_536).any(|c| odd(&c))
}
