//! 公民身份号码: GB 11643 (domain §10.1).

use chrono::NaiveDate;
use thiserror::Error;

use super::text::normalise;
use crate::codes::Sex;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_DIGITS: &[u8; 11] = b"10X98765432";

/// A valid number and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdNumber {
    /// The stored form: half-width, `X` in upper case.
    pub number: String,
    /// Day of birth.
    pub born_on: NaiveDate,
    /// Sex.
    pub sex: Sex,
    /// A 15-digit number of the first generation, which has no check digit.
    pub is_old: bool,
}

/// Why a text is no ID number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdNumberFault {
    /// Not 18 characters (nor 15 for an old number), or not digits.
    #[error("an ID number has 18 characters")]
    Form,
    /// The region is none.
    #[error("the region does not exist")]
    Region,
    /// The birth date does not exist or lies in the future.
    #[error("the birth date does not exist")]
    BirthDate,
    /// The last character does not fit: probably a typing error.
    #[error("the check digit does not fit")]
    CheckDigit,
}

impl IdNumberFault {
    /// The stable code for the boundary.
    pub fn code(self) -> &'static str {
        match self {
            Self::Form => "id_number.form",
            Self::Region => "id_number.region",
            Self::BirthDate => "id_number.birth_date",
            Self::CheckDigit => "id_number.check_digit",
        }
    }
}

/// Reads an ID number; full-width digits and a lower-case `x` are brought to form first.
pub fn parse(raw: &str, today: NaiveDate) -> Result<IdNumber, IdNumberFault> {
    let number = normalise(raw).to_ascii_uppercase();
    let is_old = match number.len() {
        18 => false,
        15 => true,
        _ => return Err(IdNumberFault::Form),
    };
    let digits = if is_old { &number[..] } else { number.get(..17).ok_or(IdNumberFault::Form)? };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(IdNumberFault::Form);
    }
    check_region(digits)?;
    let born_on = birth_date(digits, is_old).filter(|day| *day <= today).ok_or(IdNumberFault::BirthDate)?;
    if !is_old {
        check_last(&number)?;
    }
    let order_digit = digits.as_bytes()[digits.len() - 1];
    let sex = if order_digit % 2 == 1 { Sex::Male } else { Sex::Female };
    Ok(IdNumber { number, born_on, sex, is_old })
}

/// The check digit that belongs to the first 17 digits; `None` unless they are digits.
pub fn check_digit(first17: &str) -> Option<char> {
    if first17.len() != 17 || !first17.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let sum: u32 = first17.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    Some(char::from(CHECK_DIGITS[(sum % 11) as usize]))
}

fn check_region(digits: &str) -> Result<(), IdNumberFault> {
    // Province codes of GB/T 2260: 11–15, 21–23, 31–37, 41–46, 50–54, 61–65, 71, 81–83.
    let province: u32 = digits[..2].parse().map_err(|_| IdNumberFault::Form)?;
    let known = matches!(province, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83);
    let has_county = &digits[2..6] != "0000";
    if known && has_county { Ok(()) } else { Err(IdNumberFault::Region) }
}

fn birth_date(digits: &str, is_old: bool) -> Option<NaiveDate> {
    let (year, rest) = if is_old {
        (1900 + digits[6..8].parse::<i32>().ok()?, &digits[8..12])
    } else {
        (digits[6..10].parse().ok()?, &digits[10..14])
    };
    let day = NaiveDate::from_ymd_opt(year, rest[..2].parse().ok()?, rest[2..].parse().ok()?)?;
    (year >= 1800).then_some(day)
}

fn check_last(number: &str) -> Result<(), IdNumberFault> {
    match check_digit(&number[..17]) {
        Some(expected) if number.ends_with(expected) => Ok(()),
        Some(_) if matches!(number.as_bytes()[17], b'0'..=b'9' | b'X') => Err(IdNumberFault::CheckDigit),
        _ => Err(IdNumberFault::Form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    #[test]
    fn the_valid_numbers_of_domain_10_1() {
        for number in [
            "11010519491231002X",
            "440524188001010014",
            "230881199001010012",
            "140981198506151231",
            "140981202402290017",
            "230881200012318886",
            "230881194803150022",
            "23088120190601013X",
            "140981196211090444",
            "140981190001010015",
        ] {
            assert_eq!(parse(number, today()).map(|id| id.number).as_deref(), Ok(number));
        }
    }

    #[test]
    fn typing_habits_are_brought_to_form() {
        let lower = parse("11010519491231002x", today()).unwrap();
        assert_eq!(lower.number, "11010519491231002X");
        assert_eq!(lower.sex, Sex::Female);
        let wide = parse("２３０８８１１９９００１０１００１２", today()).unwrap();
        assert_eq!(wide.number, "230881199001010012");
        let old = parse("110105491231002", today()).unwrap();
        assert!(old.is_old);
        assert_eq!(old.born_on, NaiveDate::from_ymd_opt(1949, 12, 31).unwrap());
    }

    #[test]
    fn the_numbers_that_must_fail() {
        let impossible_day = format!("23088120230229001{}", check_digit("23088120230229001").unwrap());
        let future = format!("23088120990101001{}", check_digit("23088120990101001").unwrap());
        let region = format!("00000019900101001{}", check_digit("00000019900101001").unwrap());
        for (number, fault) in [
            ("110105194912310021", IdNumberFault::CheckDigit),
            (impossible_day.as_str(), IdNumberFault::BirthDate),
            (future.as_str(), IdNumberFault::BirthDate),
            (region.as_str(), IdNumberFault::Region),
            ("23088119900101001", IdNumberFault::Form),
            ("2308811990010100122", IdNumberFault::Form),
            ("23088119900101001Y", IdNumberFault::Form),
            ("中文中文中文", IdNumberFault::Form),
            ("", IdNumberFault::Form),
        ] {
            assert_eq!(parse(number, today()), Err(fault), "{number}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC*") {
            let _ = parse(&text, today());
        }

        #[test]
        fn one_wrong_digit_is_always_found(position in 0usize..17, digit in 0u8..10) {
            let mut number = *b"230881199001010012";
            let wrong = b'0' + digit;
            proptest::prop_assume!(number[position] != wrong);
            number[position] = wrong;
            proptest::prop_assert!(parse(std::str::from_utf8(&number).unwrap(), today()).is_err());
        }
    }
}
