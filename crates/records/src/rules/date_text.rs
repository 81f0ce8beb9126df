//! Dates as people write them in spreadsheets and forms.

use chrono::NaiveDate;
use thiserror::Error;

use super::text::normalise;

/// Why a text is no date.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a date")]
pub struct NotADate;

/// Reads `2026-11-22`, `2026/11/22`, `2026.11.22`, `20261122`, `2026年11月22日`, with or without
/// leading zeros and full-width digits. Years 1800–2200; anything else is refused, never guessed.
pub fn parse(raw: &str) -> Result<NaiveDate, NotADate> {
    let text = normalise(raw);
    let parts = if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        vec![text[..4].to_owned(), text[4..6].to_owned(), text[6..].to_owned()]
    } else {
        let text = text.trim_end_matches('日');
        text.split(['-', '/', '.', '年', '月']).map(|part| part.trim().to_owned()).collect()
    };
    let [year, month, day] = parts.as_slice() else { return Err(NotADate) };
    if year.len() != 4 {
        return Err(NotADate);
    }
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let date = i32::try_from(year).ok().and_then(|y| NaiveDate::from_ymd_opt(y, month, day));
    date.filter(|_| (1800..=2200).contains(&year)).ok_or(NotADate)
}

fn number(text: &str) -> Result<u32, NotADate> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().map_err(|_| NotADate) } else { Err(NotADate) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ways_are_read() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 2).unwrap();
        for raw in [
            "2026-01-02",
            "2026/1/2",
            "2026.1.2",
            "20260102",
            "2026年1月2日",
            "２０２６－０１－０２",
            " 2026-1-2 ",
        ] {
            assert_eq!(parse(raw), Ok(day), "{raw}");
        }
    }

    #[test]
    fn what_does_not_exist_or_is_ambiguous_is_refused() {
        for raw in
            ["", "2026-02-29", "2026-13-01", "26-1-2", "1/2/2026", "2026-1", "明天", "+026-1-2", "99999999"]
        {
            assert_eq!(parse(raw), Err(NotADate), "{raw}");
        }
        assert!(parse("2024-02-29").is_ok());
    }
}
