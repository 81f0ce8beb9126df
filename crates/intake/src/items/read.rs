//! The cells of one row of an item list.

use records::codes::{Admission, Origin, Urgency};
use records::item::{Item, is_item_code};
use records::pinyin::spell;
use records::{Fault, Record};

use crate::row::{RowReader, parts, wrong};

/// The item code. Typed into a number cell it loses its leading zero; four digits get it back.
pub(super) fn code(row: &mut RowReader<'_>) -> Option<String> {
    let Some(text) = row.plain("item.code") else {
        if row.raw("item.code").trim().is_empty() {
            row.missing("item.code");
        }
        return None;
    };
    let text = text.strip_suffix(".0").unwrap_or(&text);
    let code = if text.len() == 4 && is_number(text) { format!("0{text}") } else { text.to_owned() };
    if !is_item_code(&code) {
        row.fail("item.code", Fault::new("item.code_wrong"));
        return None;
    }
    Some(code)
}

/// The two digits of the category, when the row states them.
pub(super) fn category_code(row: &mut RowReader<'_>) -> Option<String> {
    let stated = row.plain("item.category_code");
    let stated = stated.or_else(|| row.plain("item.category").filter(|text| is_number(text)));
    stated.map(|digits| format!("{digits:0>2}"))
}

/// The name of the category, when the row states one.
pub(super) fn category_name(row: &mut RowReader<'_>) -> Option<String> {
    row.prose("item.category").filter(|name| !is_number(name))
}

/// The item with the filled cells of a row laid over it.
pub(super) fn overlaid(row: &mut RowReader<'_>, mut item: Item) -> Item {
    if let Some(name) = row.prose("item.name") {
        let spelling = spell(&name);
        (item.name, item.pinyin, item.initials) = (name, spelling.full, spelling.initials);
    }
    set(&mut item.department, row.prose("item.department"));
    set(&mut item.co_departments, row.prose("item.co_departments").map(|text| parts(&text)));
    set(&mut item.admission, row.parsed("item.admission", admission));
    set(&mut item.urgency, row.parsed("item.urgency", urgency));
    set(&mut item.keywords, row.prose("item.keywords").map(|text| parts(&text)));
    set(&mut item.source, row.prose("item.source"));
    overlay_limits(row, &mut item);
    item
}

fn overlay_limits(row: &mut RowReader<'_>, item: &mut Item) {
    match row.parsed("item.limit_workdays", limit) {
        Some(Limit::Workdays(days)) => item.limit_workdays = Some(days),
        Some(Limit::Minutes(minutes)) => item.limit_minutes = Some(minutes),
        None => {}
    }
    let minutes = row.parsed("item.limit_minutes", |text| {
        text.trim_end_matches("分钟").trim().parse().map_err(|_| wrong())
    });
    item.limit_minutes = minutes.or(item.limit_minutes);
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Notes what an item lacks, and what the record itself would refuse.
pub(super) fn check(row: &mut RowReader<'_>, item: &Item) {
    if item.name.is_empty() {
        return row.missing("item.name");
    }
    if item.department.is_empty() {
        row.missing("item.department");
    }
    if let Err(code) = (Item::DECLARATION.check)(&item.to_body()) {
        row.fail("item.name", Fault::new(code));
    }
}

pub(crate) fn origin(text: &str) -> Result<Origin, Fault> {
    match text.to_ascii_lowercase().as_str() {
        "public" | "公开" | "公开来源" => Ok(Origin::Public),
        "article" | "文章" | "公开报道" => Ok(Origin::Article),
        "composed" | "编写" | "自拟" => Ok(Origin::Composed),
        "county" | "本县" | "县级" | "本地" => Ok(Origin::County),
        _ => Err(wrong()),
    }
}

fn admission(text: &str) -> Result<Admission, Fault> {
    match text.to_ascii_uppercase().as_str() {
        "自办自结" | "自办" | "Z" => Ok(Admission::SelfClosed),
        "协助办理" | "协助" | "X" => Ok(Admission::Assist),
        "发现上报" | "上报" | "F" => Ok(Admission::Report),
        "代办帮办" | "代办" | "帮办" | "D" => Ok(Admission::Errand),
        "不得下派" | "负面" | "N" => Ok(Admission::Negative),
        "强制报告" | "Q" => Ok(Admission::MandatoryReport),
        _ => Err(wrong()),
    }
}

fn urgency(text: &str) -> Result<Urgency, Fault> {
    match text {
        "0" | "一般" | "普通" => Ok(Urgency::Normal),
        "1" | "较急" => Ok(Urgency::Soon),
        "2" | "紧急" | "急" => Ok(Urgency::Urgent),
        "3" | "特急" => Ok(Urgency::CallFirst),
        _ => Err(wrong()),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Limit {
    Workdays(u16),
    Minutes(u32),
}

/// `5`, `5 个工作日`, `5天`, `2小时`, `30 分钟`, `当场`.
fn limit(text: &str) -> Result<Limit, Fault> {
    if matches!(text, "当场" | "即时" | "即办" | "立即") {
        return Ok(Limit::Workdays(0));
    }
    let text = text.strip_suffix('内').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number: u32 = digits.parse().map_err(|_| wrong())?;
    match unit.trim() {
        "" | ".0" | "个工作日" | "工作日" | "天" | "日" => {
            u16::try_from(number).map(Limit::Workdays).map_err(|_| wrong())
        }
        "小时" | "个小时" => number.checked_mul(60).map(Limit::Minutes).ok_or_else(wrong),
        "分钟" | "分" => Ok(Limit::Minutes(number)),
        _ => Err(wrong()),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_they_are_written() {
        for (text, read) in [
            ("5", Limit::Workdays(5)),
            ("5.0", Limit::Workdays(5)),
            ("15 个工作日内", Limit::Workdays(15)),
            ("2小时", Limit::Minutes(120)),
            ("30分钟", Limit::Minutes(30)),
            ("当场", Limit::Workdays(0)),
        ] {
            assert_eq!(limit(text), Ok(read), "{text}");
        }
        for text in ["", "五天", "-1", "99999999999", "1周", "70000"] {
            assert!(limit(text).is_err(), "{text}");
        }
    }
}
