//! One-time codes as people read them out: nine digits and a check digit, `123 456 7897`.
//!
//! The first three digits say which invitation is meant, so that tries are counted for it alone;
//! the next six are the secret; the last one catches a slip of the finger before anything is sent.

/// Digits of a whole code.
pub const DIGITS: usize = 10;
/// Digits that tell invitations apart.
pub const SELECTOR_DIGITS: usize = 3;

/// The digits of a typed code, without spaces and hyphens, full-width digits included; `None` when
/// it is not a code or mistyped.
pub fn normalised(typed: &str) -> Option<String> {
    let digits: Option<String> =
        typed.chars().filter(|c| !c.is_whitespace() && !"-－".contains(*c)).map(plain_digit).collect();
    digits.filter(|digits| digits.len() == DIGITS && luhn_sum(digits).is_multiple_of(10))
}

/// The code of nine digits, with its check digit.
pub fn with_check_digit(nine: &str) -> String {
    let check = (10 - luhn_sum(&format!("{nine}0")) % 10) % 10;
    format!("{nine}{check}")
}

/// The part that tells invitations apart.
pub fn selector(code: &str) -> &str {
    code.get(..SELECTOR_DIGITS).unwrap_or_default()
}

fn plain_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    }
}

/// ISO/IEC 7812-1 annex B: catches every wrong digit and nearly every swap of neighbours.
fn luhn_sum(digits: &str) -> u32 {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let values = digits.chars().rev().filter_map(|c| c.to_digit(10));
    values.enumerate().map(|(place, digit)| if place % 2 == 1 { doubled(digit) } else { digit }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_as_people_write_it() {
        let code = with_check_digit("123456789");
        assert_eq!(code, "1234567897");
        for typed in ["1234567897", " 123 456-7897 ", "１２３４５６７８９７"] {
            assert_eq!(normalised(typed).as_deref(), Some("1234567897"), "{typed}");
        }
        assert_eq!(selector(&code), "123");
    }

    #[test]
    fn any_wrong_digit_is_caught() {
        let code = with_check_digit("907060504");
        for place in 0..code.len() {
            for digit in '0'..='9' {
                let mut typed: Vec<char> = code.chars().collect();
                typed[place] = digit;
                let typed: String = typed.into_iter().collect();
                assert_eq!(normalised(&typed).is_some(), typed == code, "{typed}");
            }
        }
        for typed in ["", "12345", "12345678901", "abcdefghij"] {
            assert_eq!(normalised(typed), None);
        }
    }
}
