//! Moments and days as they are stored and sent. The clock itself is always an argument.

use std::ops::{Range, RangeInclusive};

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Minutes east of UTC of the app's wall clock: 北京时间 (domain: GB/T 7408, shown as Beijing time).
pub const BEIJING_OFFSET_MIN: i16 = 480;

/// The years 1 to 9999: a wall clock anywhere on earth stays within what chrono can say.
const SAYABLE_MS: RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;
/// The years 2000 to 2199: whatever a working device writes down.
const PLAUSIBLE_MS: Range<i64> = 946_684_800_000..7_258_118_400_000;
/// No wall clock is further from UTC, minutes.
const MOST_OFFSET_MIN: u16 = 18 * 60;

/// A point in time with the offset of the clock that read it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(array)]
pub struct Moment {
    /// Milliseconds since 1970-01-01 UTC.
    #[n(0)]
    pub utc_ms: i64,
    /// Minutes east of UTC.
    #[n(1)]
    pub offset_min: i16,
}

impl Moment {
    /// A moment by the clock of Beijing.
    pub fn beijing(utc_ms: i64) -> Self {
        Self { utc_ms, offset_min: BEIJING_OFFSET_MIN }
    }

    /// A wall-clock time in Beijing; `None` when the time does not exist.
    pub fn beijing_at(day: NaiveDate, hour: u32, minute: u32) -> Option<Self> {
        let local = day.and_hms_opt(hour, minute, 0)?;
        let utc_ms = local.and_utc().timestamp_millis() - i64::from(BEIJING_OFFSET_MIN) * 60_000;
        Some(Self::beijing(utc_ms))
    }

    /// The moment as chrono's type. Moments from outside may hold any number: years before 1 and
    /// after 9999 become the nearest one that can be said, an impossible offset becomes UTC.
    pub fn to_chrono(self) -> DateTime<FixedOffset> {
        let offset = FixedOffset::east_opt(i32::from(self.offset_min) * 60)
            .unwrap_or_else(|| chrono::Offset::fix(&Utc));
        let utc_ms = self.utc_ms.clamp(*SAYABLE_MS.start(), *SAYABLE_MS.end());
        DateTime::from_timestamp_millis(utc_ms).unwrap_or_default().with_timezone(&offset)
    }

    /// Whether a working clock can have read it; records with other moments are refused.
    pub fn is_plausible(self) -> bool {
        PLAUSIBLE_MS.contains(&self.utc_ms) && self.offset_min.unsigned_abs() <= MOST_OFFSET_MIN
    }

    /// The calendar day on the clock that read it.
    pub fn local_day(self) -> NaiveDate {
        self.to_chrono().date_naive()
    }
}

/// Days since 1970-01-01, the way days are stored and sent.
pub fn day_number(day: NaiveDate) -> i32 {
    let epoch = NaiveDate::default();
    i32::try_from(day.signed_duration_since(epoch).num_days()).unwrap_or(i32::MAX)
}

/// The day with this number; numbers outside ±10,000 years become the nearest day in range.
pub fn day_from_number(number: i32) -> NaiveDate {
    const RANGE: i32 = 3_652_425;
    let number = number.clamp(-RANGE, RANGE);
    let epoch = NaiveDate::default();
    let days = Days::new(u64::from(number.unsigned_abs()));
    let moved = if number < 0 { epoch.checked_sub_days(days) } else { epoch.checked_add_days(days) };
    moved.unwrap_or(epoch)
}

/// CBOR codec of a day as its number; use with `#[cbor(with = "crate::time::day")]`.
pub mod day {
    use chrono::NaiveDate;
    use minicbor::{Decoder, Encoder};

    /// Writes the day's number.
    pub fn encode<C, W: minicbor::encode::Write>(
        day: &NaiveDate,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.i32(super::day_number(*day))?.ok()
    }

    /// Reads a day's number.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<NaiveDate, minicbor::decode::Error> {
        Ok(super::day_from_number(d.i32()?))
    }
}

/// CBOR codec of an optional day; use with `#[cbor(with = "crate::time::optional_day", has_nil)]`.
pub mod optional_day {
    use chrono::NaiveDate;
    use minicbor::{Decoder, Encoder};

    /// Writes the day's number, or null.
    pub fn encode<C, W: minicbor::encode::Write>(
        day: &Option<NaiveDate>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match day {
            Some(day) => e.i32(super::day_number(*day))?.ok(),
            None => e.null()?.ok(),
        }
    }

    /// Reads a day's number, or null.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Option<NaiveDate>, minicbor::decode::Error> {
        if d.datatype()? == minicbor::data::Type::Null {
            d.null()?;
            return Ok(None);
        }
        Ok(Some(super::day_from_number(d.i32()?)))
    }

    /// The value of an absent field.
    pub fn nil() -> Option<Option<NaiveDate>> {
        Some(None)
    }

    /// Whether the field is left out.
    pub fn is_nil(day: &Option<NaiveDate>) -> bool {
        day.is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A record from outside may hold any moment, and every device shows it.
        #[test]
        fn any_moment_has_a_day(utc_ms: i64, offset_min: i16) {
            let moment = Moment { utc_ms, offset_min };
            moment.local_day();
            let _ = moment.to_chrono().to_rfc3339();
        }

        #[test]
        fn any_number_is_a_day(number: i32) {
            day_number(day_from_number(number));
        }
    }

    #[test]
    fn extreme_moments_have_a_day_and_are_not_plausible() {
        for utc_ms in [i64::MIN, i64::MAX, *SAYABLE_MS.start(), *SAYABLE_MS.end(), 8_210_266_876_799_999] {
            for offset_min in [i16::MIN, -1_439, 0, 1_439, i16::MAX] {
                let moment = Moment { utc_ms, offset_min };
                moment.local_day();
                assert!(!moment.is_plausible(), "{moment:?}");
            }
        }
        assert!(Moment::beijing(1_795_000_000_000).is_plausible());
        assert!(!Moment { utc_ms: 1_795_000_000_000, offset_min: 1_081 }.is_plausible());
    }
}
