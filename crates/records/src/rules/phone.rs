//! Phone numbers (domain §10.6): mobile `^1[3-9]\d{9}$`, or area code and 7–8 digits.

use thiserror::Error;

use super::text::normalise;

/// Why a text is no phone number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a phone number")]
pub struct NotAPhone;

/// Brings a number to its stored form: `13812345678`, or `0454-2921234`.
///
/// Full-width digits, spaces, hyphens and a leading `+86` are accepted.
pub fn parse(raw: &str) -> Result<String, NotAPhone> {
    let compact: String =
        normalise(raw).chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '—')).collect();
    let national = compact.strip_prefix("+86").or(compact.strip_prefix("0086")).unwrap_or(&compact);
    if !national.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotAPhone);
    }
    if is_mobile(national) {
        return Ok(national.to_owned());
    }
    split_landline(national).map(|(area, number)| format!("{area}-{number}")).ok_or(NotAPhone)
}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

fn split_landline(digits: &str) -> Option<(&str, &str)> {
    // Area codes are 010 and 02x (three digits) or 03xx–09xx (four).
    let area_length = if digits.starts_with("01") || digits.starts_with("02") { 3 } else { 4 };
    if !digits.starts_with('0') || digits.len() < area_length {
        return None;
    }
    let (area, number) = digits.split_at(area_length);
    matches!(number.len(), 7 | 8).then_some((area, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_people_write_are_read() {
        for (raw, stored) in [
            ("13812345678", "13812345678"),
            ("138 1234 5678", "13812345678"),
            ("＋86-１３８１２３４５６７８", "13812345678"),
            ("0454-2921234", "0454-2921234"),
            ("(010) 62345678", "010-62345678"),
        ] {
            assert_eq!(parse(raw).as_deref(), Ok(stored), "{raw}");
        }
    }

    #[test]
    fn others_are_refused() {
        for raw in
            ["", "12812345678", "1381234567", "138123456789", "2921234", "0454-292123", "无", "138a2345678"]
        {
            assert_eq!(parse(raw), Err(NotAPhone), "{raw}");
        }
    }
}
