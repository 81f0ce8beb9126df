//! 事项清单: what a county's own list changes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use chrono::NaiveDate;
use intake::items::{self, ItemOptions};
use intake::lists::{starter_categories, starter_items};
use intake::{Plan, PlannedChange, table};
use records::codes::{Admission, Origin, Urgency};
use records::item::{Item, ItemCategory};
use records::{Record, RecordId};

fn ids() -> impl FnMut() -> RecordId {
    let mut next = 1_000_000_u128;
    move || {
        next += 1;
        RecordId::from_bytes(next.to_be_bytes())
    }
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

fn plan(text: &str, existing: &[(RecordId, Item)]) -> Plan {
    let table = table::read(text.as_bytes(), "事项.csv").unwrap();
    let options = ItemOptions {
        county: "230881".parse().unwrap(),
        list_version: 2,
        origin: Origin::County,
        day: day(),
        categories: starter_categories(&mut ids()),
    };
    items::plan(&table, existing, &options, &mut ids()).unwrap()
}

/// The items as they are once a plan is carried out.
fn carried_out(plan: &Plan, existing: &[(RecordId, Item)]) -> Vec<(RecordId, Item)> {
    let mut items = existing.to_vec();
    for change in &plan.changes {
        match change {
            PlannedChange::Create { id, kind, body, scope } if *kind == Item::DECLARATION.kind => {
                assert_eq!(scope.to_string(), "230881#public");
                items.push((*id, Item::from_body(body).unwrap()));
            }
            PlannedChange::Create { .. } => {}
            PlannedChange::Edit { id, patch, .. } => {
                let (_, item) = items.iter_mut().find(|(known, _)| known == id).unwrap();
                *item = Item::from_body(&item.to_body().patched(patch)).unwrap();
            }
        }
    }
    items
}

fn problems(plan: &Plan) -> Vec<(u32, &str, &str, &str)> {
    let problems = plan.problems.iter();
    problems.map(|p| (p.row, p.column.as_str(), p.value.as_str(), p.fault.code.as_str())).collect()
}

const LIST: &str = "事项编码,大类,事项名称,责任部门,协办部门,准入类别,办理时限（工作日）,紧急程度,来源,经办人
2301,市政设施,路灯箱门敞开,城市管理局,供电企业、权属单位,发现上报,3个工作日,一般,县清单,张
05068,安全隐患与应急,燃气软管老化,社区居委会,,协助办理,2小时,紧急,县清单,王
";

#[test]
fn new_changed_and_same_are_told_apart() {
    let existing = starter_items(1, day(), &mut ids());
    let first = plan(LIST, &existing);
    assert_eq!((first.rows, first.new, first.changed, first.same), (2, 1, 1, 0));
    assert_eq!(first.unknown_columns, ["经办人"]);
    assert!(first.problems.is_empty());
    let after = carried_out(&first, &existing);
    let (_, lamp) = after.iter().find(|(_, item)| item.code == "02301").unwrap();
    assert_eq!(lamp.co_departments, ["供电企业", "权属单位"]);
    assert_eq!(
        (lamp.limit_workdays, lamp.initials.as_str(), lamp.origin),
        (Some(3), "ldxmck", Origin::County)
    );
    assert_eq!((lamp.valid_from, lamp.list_version), (Some(day()), 2));
    let (_, hose) = after.iter().find(|(_, item)| item.code == "05068").unwrap();
    assert_eq!((hose.limit_minutes, hose.urgency), (Some(120), Urgency::Urgent));
    assert_eq!((hose.admission, hose.origin, hose.list_version), (Admission::Assist, Origin::Composed, 2));

    let again = plan(LIST, &after);
    assert_eq!((again.new, again.changed, again.same), (0, 0, 2));
    assert!(again.changes.is_empty());
}

#[test]
fn blank_cells_leave_what_is_there() {
    let existing = starter_items(1, day(), &mut ids());
    let plan = plan("编码,名称,部门\n05068,燃气软管老化,\n", &existing);
    assert_eq!((plan.same, plan.changes.len()), (1, 0));
}

#[test]
fn every_problem_names_its_row_column_and_value() {
    let text = "事项编码,事项名称,责任部门,准入类别,时限
99x,坏编码,甲局,发现上报,5
,没有编码,甲局,发现上报,5
01901,,甲局,发现上报,5
01902,没有部门,,发现上报,5
01903,准入不对,甲局,随便,5
01904,时限不对,甲局,发现上报,五天
01905,重复,甲局,发现上报,5
01905,重复,甲局,发现上报,5
01906,公式,=VLOOKUP(A1),发现上报,5
01907,公式错误,#N/A,发现上报,5
77001,没有这一类,甲局,发现上报,5
01908,多一格,甲局,发现上报,5,多
01909,好的,甲局,发现上报,5
";
    let long = format!("01910,{},甲局,发现上报,5\n", "长".repeat(61));
    let plan = plan(&format!("{text}{long}"), &[]);
    assert_eq!(
        problems(&plan)[..12],
        [
            (2, "事项编码", "99x", "item.code_wrong"),
            (3, "事项编码", "", "import.value_missing"),
            (4, "事项名称", "", "import.value_missing"),
            (5, "责任部门", "", "import.value_missing"),
            (6, "准入类别", "随便", "import.value_wrong"),
            (7, "时限", "五天", "import.value_wrong"),
            (9, "事项编码", "01905", "import.duplicate"),
            (10, "责任部门", "=VLOOKUP(A1)", "import.value_wrong"),
            (10, "责任部门", "=VLOOKUP(A1)", "import.value_missing"),
            (11, "责任部门", "#N/A", "import.value_wrong"),
            (11, "责任部门", "#N/A", "import.value_missing"),
            (12, "事项编码", "77001", "item.category_unknown"),
        ]
    );
    assert_eq!(problems(&plan)[12], (13, "", "多", "import.too_many_cells"));
    assert_eq!(problems(&plan)[13].3, "item.name_too_long");
    assert_eq!((plan.rows, plan.new, plan.same), (14, 2, 0));
}

#[test]
fn a_category_the_county_lacks_is_created_once() {
    let text = "事项编码,类别,事项名称,责任部门\n13001,冰雪服务,冰面开裂,应急管理局\n13002,冰雪服务,雪堆挡路,城市管理局\n01911,02,类别不符,城市管理局\n";
    let plan = plan(text, &[]);
    let category = ItemCategory::DECLARATION.kind;
    let created = plan
        .changes
        .iter()
        .filter(|change| matches!(change, PlannedChange::Create { kind, .. } if *kind == category));
    assert_eq!((created.count(), plan.new), (1, 2));
    assert_eq!(problems(&plan), [(4, "事项编码", "01911", "item.category_differs")]);
}

#[test]
fn columns_that_are_missing_unknown_or_twice() {
    let table = table::read("事项名称,责任部门\n甲,乙\n".as_bytes(), "a.csv").unwrap();
    let options = ItemOptions {
        county: "230881".parse().unwrap(),
        list_version: 1,
        origin: Origin::County,
        day: day(),
        categories: Vec::new(),
    };
    let fault = items::plan(&table, &[], &options, &mut ids()).unwrap_err();
    assert_eq!(
        records::Fault::from(&fault).to_string(),
        "import.column_missing column=事项编码 field=item.code"
    );

    let names: Vec<String> = (1..=100).map(|number| format!("自定义{number}")).collect();
    let text =
        format!("{},事项编码,事项名称,责任部门\n{}01912,甲,乙局\n", names.join(","), "值,".repeat(100));
    let wide = plan(&text, &[]);
    assert_eq!((wide.unknown_columns.len(), wide.new), (100, 1));

    let twice = plan(
        "事项编码,事项名称,事项名称,责任部门\n01913,甲,乙,丙局\n01914,甲,甲,丙局\n01915,,甲,丙局\n",
        &[],
    );
    assert_eq!(problems(&twice)[0], (2, "事项名称", "甲", "import.columns_disagree"));
    assert_eq!(twice.new, 2);
}
