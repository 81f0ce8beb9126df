//! Days and times in words, by the clock of Beijing.

use chrono::{Datelike, Days, Months, NaiveDate, Timelike, Weekday};
use records::Moment;
use records::time::BEIJING_OFFSET_MIN;

use crate::{t, words};

/// Now, in ms since 1970 UTC.
pub fn now_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds are whole and far below 2^53")]
    let now = js_sys::Date::now() as i64;
    now
}

/// Today.
pub fn today() -> NaiveDate {
    Moment::beijing(now_ms()).local_day()
}

/// A time as `10:24`.
pub fn clock(utc_ms: i64) -> String {
    let at = Moment { utc_ms, offset_min: BEIJING_OFFSET_MIN }.to_chrono();
    format!("{}:{:02}", at.hour(), at.minute())
}

/// A day near today by its name, any other by its date.
pub fn day(on: NaiveDate, today: NaiveDate) -> String {
    match on.signed_duration_since(today).num_days() {
        0 => t!("day.today").to_owned(),
        1 => t!("day.tomorrow").to_owned(),
        -1 => t!("day.yesterday").to_owned(),
        _ => date(on, today),
    }
}

/// A date; the year only when it is another one.
pub fn date(on: NaiveDate, today: NaiveDate) -> String {
    let month =
        if words::is_english() { MONTHS[on.month0() as usize].to_owned() } else { on.month().to_string() };
    if on.year() == today.year() {
        t!("day.date", month = month, day = on.day())
    } else {
        t!("day.date_year", year = on.year(), month = month, day = on.day())
    }
}

/// A date with its weekday, `11 月 29 日 周日`.
pub fn date_and_weekday(on: NaiveDate, today: NaiveDate) -> String {
    t!("day.with_weekday", date = date(on, today), weekday = weekday(on.weekday()))
}

/// The day of a time.
pub fn day_of(utc_ms: i64) -> NaiveDate {
    Moment::beijing(utc_ms).local_day()
}

/// A time with its day, `昨天 10:24`.
pub fn moment(utc_ms: i64, today: NaiveDate) -> String {
    let on = day_of(utc_ms);
    if on == today { clock(utc_ms) } else { format!("{} {}", day(on, today), clock(utc_ms)) }
}

/// A time as paper needs it, which is read years later: `2026-11-24 9:05`.
pub fn on_paper(utc_ms: i64) -> String {
    format!("{} {}", day_of(utc_ms), clock(utc_ms))
}

/// How late a household is, in words; `None` when it is not.
pub fn late(due_on: NaiveDate, today: NaiveDate) -> Option<String> {
    match today.signed_duration_since(due_on).num_days() {
        ..=0 => None,
        1 => Some(t!("day.late_one").to_owned()),
        days @ 2..=30 => Some(t!("day.late", days = days)),
        _ => Some(t!("day.late_long").to_owned()),
    }
}

/// The weekday in short.
pub fn weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => t!("day.monday"),
        Weekday::Tue => t!("day.tuesday"),
        Weekday::Wed => t!("day.wednesday"),
        Weekday::Thu => t!("day.thursday"),
        Weekday::Fri => t!("day.friday"),
        Weekday::Sat => t!("day.saturday"),
        Weekday::Sun => t!("day.sunday"),
    }
}

/// The days a calendar shows for a month: whole weeks from a Monday on, without those before `earliest`.
pub fn calendar_days(month: NaiveDate, earliest: NaiveDate) -> Vec<NaiveDate> {
    let first = month.with_day(1).unwrap_or(month);
    let begin = monday_of(first).max(monday_of(earliest));
    let next_month = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let days = usize::try_from(next_month.signed_duration_since(begin).num_days()).unwrap_or(0);
    begin.iter_days().take(days.div_ceil(7) * 7).collect()
}

fn monday_of(day: NaiveDate) -> NaiveDate {
    let back = u64::from(day.weekday().num_days_from_monday());
    day.checked_sub_days(Days::new(back)).unwrap_or(day)
}

/// A count as one says it before a classifier: 一, 两, 三 … 十; digits beyond and in English.
pub fn spoken_count(count: u32) -> String {
    const CHINESE: [&str; 11] = ["零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十"];
    let spoken = (!words::is_english()).then(|| CHINESE.get(count as usize)).flatten();
    spoken.map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

/// A count with a comma between thousands.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn days_as_people_say_them() {
        let today = on("2026-11-22");
        assert_eq!(day(on("2026-11-21"), today), "昨天");
        assert_eq!(day(on("2026-11-14"), today), "11 月 14 日");
        assert_eq!(day(on("2025-12-31"), today), "2025 年 12 月 31 日");
        assert_eq!(date_and_weekday(on("2026-11-29"), today), "11 月 29 日 周日");
    }

    #[test]
    fn late_is_said_kindly_and_only_when_it_is() {
        let today = on("2026-11-22");
        assert_eq!(late(today, today), None);
        assert_eq!(late(on("2026-11-21"), today).unwrap(), "昨天就该去了");
        assert_eq!(late(on("2026-11-19"), today).unwrap(), "3 天前就该去了");
    }

    #[test]
    fn a_calendar_begins_on_monday_and_holds_the_month() {
        let days = calendar_days(on("2026-11-22"), on("2026-01-01"));
        assert_eq!((days[0], days.len()), (on("2026-10-26"), 42));
        let days = calendar_days(on("2026-11-22"), on("2026-11-22"));
        assert_eq!((days[0], days.len()), (on("2026-11-16"), 21));
        assert!(days.contains(&on("2026-11-30")));
    }

    #[test]
    fn counts_as_said_and_as_written() {
        assert_eq!(spoken_count(2), "两");
        assert_eq!(spoken_count(12), "12");
        assert_eq!(grouped(45_000), "45,000");
        assert_eq!(grouped(999), "999");
    }
}
