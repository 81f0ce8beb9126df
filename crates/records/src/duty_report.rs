//! 强制报告: that suspected harm was reported, as domain §5.13 has it kept: when, and to whom. Nothing else, above all
//! not about whom and by whom.

use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::ReportReceiver;
use crate::declaration::{Declaration, Family, Field, Kind, Record, RefusalCode, plausible, readable};
use crate::scope::Audience;
use crate::time::Moment;

/// One report. It is handed in (`permissions::HANDED_IN`): whoever made it does not hold it, and it is kept without
/// its sender. More fields than these two are refused, so that no version adds a place for more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DutyReport {
    /// When, by the device's clock.
    #[n(0)]
    pub at: Moment,
    /// To whom.
    #[n(1)]
    pub receiver: ReportReceiver,
}

impl Record for DutyReport {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(51),
        name: "duty_report",
        family: Family::AppendOnly,
        audience: Audience::Work,
        depth: 1,
        fields: &[Field::fixed(0, "at"), Field::fixed(1, "receiver")],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let report: DutyReport = readable(body)?;
    plausible(report.at)?;
    let known = |number: u32| DutyReport::DECLARATION.fields.iter().any(|field| field.number == number);
    match body.fields().iter().all(|(number, _)| known(*number)) {
        true => Ok(()),
        false => Err("duty_report.more_than_when_and_whom"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Patch;

    #[test]
    fn a_report_holds_when_and_to_whom_and_no_place_for_more() {
        let at = Moment::beijing(1_795_000_000_000);
        let report = DutyReport { at, receiver: ReportReceiver::Police };
        assert_eq!(check(&report.to_body()), Ok(()));
        let words = minicbor::to_vec("张家的孩子").unwrap();
        let more = report.to_body().patched(&Patch::of_fields(&[(2, words)]));
        assert_eq!(check(&more), Err("duty_report.more_than_when_and_whom"));
        let never = Moment { utc_ms: i64::MAX, offset_min: 0 };
        let never = DutyReport { at: never, ..report };
        assert_eq!(check(&never.to_body()), Err("moment.implausible"));
        let names: Vec<_> = DutyReport::DECLARATION.fields.iter().map(|field| field.name).collect();
        assert_eq!(names, ["at", "receiver"]);
    }
}
