//! What people write into a field: dates, ID numbers, phones, codes of grids, areas, words. What is read is the one form
//! of it, and no mask shows what it hides.

use chrono::NaiveDate;
use records::grid_code::GridCode;
use records::rules::{cell, date_text, id_number, mask, phone, text};
use records::scope::AreaPath;
use records::{Scope, hex};

pub(crate) fn holds(bytes: &[u8]) {
    let raw = String::from_utf8_lossy(bytes);
    numbers(&raw);
    places(&raw);
    words(&raw);
    if let Some(read) = hex::bytes(&raw) {
        assert_eq!(hex::digits(&read), raw.to_ascii_lowercase());
    }
}

fn numbers(raw: &str) {
    if let Ok(day) = date_text::parse(raw) {
        assert_eq!(date_text::parse(&day.to_string()), Ok(day));
        assert_eq!(date_text::parse(&day.format("%Y%m%d").to_string()), Ok(day));
        assert_eq!(date_text::parse(&day.format("%Y年%-m月%-d日").to_string()), Ok(day));
    }
    let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    if let Ok(id) = id_number::parse(raw, today) {
        assert_eq!(id_number::parse(&id.number, today), Ok(id.clone()));
        assert!(id.born_on <= today && id.number.len() == if id.is_old { 15 } else { 18 });
        let digits = &id.number[..id.number.len() - 4];
        assert!(!mask::id_number(&id.number).contains(&digits[6..]), "the birth date stays hidden");
        assert!(!mask::numbers(&format!("证件{}。", id.number)).contains(digits));
    }
    if let Ok(number) = phone::parse(raw) {
        assert_eq!(phone::parse(&number).as_ref(), Ok(&number));
        assert!(!mask::phone(&number).contains(&number));
        let is_mobile = !number.contains('-');
        assert!(!is_mobile || !mask::numbers(&format!("打{number}问")).contains(&number));
    }
}

fn places(raw: &str) {
    if let Ok(code) = raw.parse::<GridCode>() {
        assert_eq!(code.to_string(), raw);
        assert_eq!(GridCode::of(code.object(), &code.path()), Some(code));
    }
    if let Ok(path) = raw.parse::<AreaPath>() {
        assert_eq!(path.as_str(), raw);
        assert!(path.contains(&path) && (1..=4).contains(&path.depth()));
        assert!(path.parent().is_none_or(|up| up.contains(&path) && !path.contains(&up)));
    }
    if let Ok(scope) = raw.parse::<Scope>() {
        assert_eq!(scope.to_string().parse(), Ok(scope));
    }
}

fn words(raw: &str) {
    for form in [text::normalise, text::prose] {
        let once = form(raw);
        assert_eq!(form(&once), once, "one form");
    }
    let masked = mask::name(raw);
    assert!(raw.chars().count() < 2 || masked.contains('*'), "a name is hidden but for its first character");
    let _ = mask::building(raw);
    let masked = mask::numbers(raw);
    assert_eq!(mask::numbers(&masked), masked, "what is hidden is hidden once");
    let neutral = cell::neutral(raw);
    assert!(!neutral.starts_with(['=', '+', '-', '@', '\t', '\r']), "no cell is a formula");
    assert!(neutral.ends_with(raw));
}
