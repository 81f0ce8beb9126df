//! Bytes as hexadecimal digits, two for each.

/// The digits, with small letters.
pub fn digits(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
}

/// The bytes of digits, large letters or small; `None` for anything else.
pub fn bytes(digits: &str) -> Option<Vec<u8>> {
    let values: Option<Vec<u8>> =
        digits.chars().map(|c| c.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
    let values = values.filter(|values| values.len().is_multiple_of(2))?;
    Some(values.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_as_they_are_written() {
        assert_eq!(digits(&[0x00, 0xff, 0x1a]), "00ff1a");
        assert_eq!(bytes("00FF1a"), Some(vec![0x00, 0xff, 0x1a]));
        assert_eq!((digits(&[]), bytes("")), (String::new(), Some(vec![])));
        for wrong in ["0", "0g", "００", "0 1", "-1"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
