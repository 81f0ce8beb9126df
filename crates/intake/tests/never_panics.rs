//! Whatever bytes come, an answer comes back.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use chrono::NaiveDate;
use intake::households::{self, HouseholdOptions, HouseholdsHere};
use intake::items::{self, ItemOptions};
use intake::lists::starter_categories;
use intake::table;
use proptest::prelude::*;
use records::RecordId;
use records::codes::Origin;

fn plan_everything(bytes: &[u8]) {
    let Ok(table) = table::read(bytes, "a.csv") else { return };
    let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    let mut next = 0_u128;
    let mut new_id = || {
        next += 1;
        RecordId::from_bytes(next.to_be_bytes())
    };
    let options = ItemOptions {
        county: "230881".parse().unwrap(),
        list_version: 2,
        origin: Origin::County,
        day,
        categories: starter_categories(&mut new_id),
    };
    if let Ok(plan) = items::plan(&table, &[], &options, &mut new_id) {
        assert!(plan.new + plan.changed + plan.same <= plan.rows);
    }
    let options = HouseholdOptions { grid: "230881/001/003/07".parse().unwrap(), day };
    if let Ok(plan) = households::plan(&table, &HouseholdsHere::default(), &options, &mut new_id) {
        assert!(plan.new + plan.changed + plan.same <= plan.rows);
        for change in &plan.changes {
            let intake::PlannedChange::Create { kind, body, .. } = change else { continue };
            let declaration = records::declaration(*kind).unwrap();
            assert_eq!((declaration.check)(body), Ok(()), "{}", declaration.name);
        }
    }
}

const WORKBOOK_BYTES: &[u8] = include_bytes!("fixtures/register.xls");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        plan_everything(&bytes);
    }

    #[test]
    fn a_damaged_xls(at in 0..WORKBOOK_BYTES.len(), with in prop::collection::vec(any::<u8>(), 1..8)) {
        let mut bytes = WORKBOOK_BYTES.to_vec();
        with.iter().zip(&mut bytes[at..]).for_each(|(new, old)| *old = *new);
        plan_everything(&bytes);
    }

    #[test]
    fn a_damaged_xlsx(at in 0_usize..4_000, with in prop::collection::vec(any::<u8>(), 1..8)) {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().write_row(0, 0, ["楼栋", "房号", "姓名"]).unwrap();
        let mut bytes = book.save_to_buffer().unwrap();
        let at = at % bytes.len();
        with.iter().zip(&mut bytes[at..]).for_each(|(new, old)| *old = *new);
        plan_everything(&bytes);
    }
}

proptest! {
    // A table of random cells takes long to make without optimisation.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cells(
        rows in prop::collection::vec(
            prop::collection::vec("[0-9一二十A号楼栋单元室#./-]{0,6}|[ -~·𬭎𠮷（，）　]{0,6}|男|户主|H|重点|15412345678|2026-01-02", 10),
            1..12,
        ),
    ) {
        let mut text = "小区,楼栋,单元,房号,姓名,与户主关系,手机,关爱等级,人口数,出生日期,事项编码,事项名称\n".to_owned();
        rows.iter().for_each(|row| text.push_str(&format!("{}\n", row.join(","))));
        plan_everything(text.as_bytes());
    }
}
