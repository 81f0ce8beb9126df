//! Moments and days as they are stored and sent. The clock itself is always an argument.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, TimeZone, Utc};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Minutes east of UTC of the app's wall clock: 北京时间 (domain: GB/T 7408, shown as Beijing time).
pub const BEIJING_OFFSET_MIN: i16 = 480;

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

    /// The moment as chrono's type; years beyond chrono's range become the epoch.
    pub fn to_chrono(self) -> DateTime<FixedOffset> {
        let offset = FixedOffset::east_opt(i32::from(self.offset_min) * 60)
            .unwrap_or_else(|| chrono::Offset::fix(&Utc));
        offset.timestamp_millis_opt(self.utc_ms).single().unwrap_or_else(|| offset.timestamp_nanos(0))
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
