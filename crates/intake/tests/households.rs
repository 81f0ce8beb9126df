//! 住户台账: what a grid's register changes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use chrono::NaiveDate;
use intake::households::{self, HouseholdOptions, HouseholdsHere};
use intake::{Plan, PlannedChange, table};
use records::codes::{CareLevel, HouseUse, KeyCategory, Relation, Sex};
use records::house::House;
use records::household::Household;
use records::person::Person;
use records::{Kind, Patch, Record, RecordId};

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

/// A grid that carries out what is planned.
#[derive(Default)]
struct Grid {
    houses: Vec<(RecordId, House)>,
    households: Vec<(RecordId, Household)>,
    persons: Vec<(RecordId, Person)>,
    next: u128,
}

impl Grid {
    fn plan(&mut self, text: &str) -> Plan {
        let table = table::read(text.as_bytes(), "住户.csv").unwrap();
        let options = HouseholdOptions { grid: "230881/001/003/07".parse().unwrap(), day: day() };
        let here =
            HouseholdsHere { houses: &self.houses, households: &self.households, persons: &self.persons };
        let next = &mut self.next;
        let mut new_id = || {
            *next += 1;
            RecordId::from_bytes(next.to_be_bytes())
        };
        households::plan(&table, &here, &options, &mut new_id).unwrap()
    }

    fn import(&mut self, text: &str) -> Plan {
        let plan = self.plan(text);
        for change in &plan.changes {
            match change {
                PlannedChange::Create { id, kind, scope, body } => {
                    let audience = if *kind == Person::DECLARATION.kind { "sensitive" } else { "work" };
                    assert_eq!(scope.to_string(), format!("230881/001/003/07#{audience}"));
                    let declaration = records::declaration(*kind).unwrap();
                    assert_eq!((declaration.check)(body), Ok(()));
                    match declaration.name {
                        "house" => self.houses.push((*id, House::from_body(body).unwrap())),
                        "household" => self.households.push((*id, Household::from_body(body).unwrap())),
                        _ => self.persons.push((*id, Person::from_body(body).unwrap())),
                    }
                }
                PlannedChange::Edit { id, kind, patch } => {
                    edit(&mut self.houses, *id, *kind, patch);
                    edit(&mut self.households, *id, *kind, patch);
                    edit(&mut self.persons, *id, *kind, patch);
                }
            }
        }
        plan
    }

    fn doors(&self) -> Vec<String> {
        let door =
            |h: &House| format!("{} {} {} {} {}", h.building_code, h.estate, h.building, h.unit, h.room);
        self.houses.iter().map(|(_, house)| door(house)).collect()
    }

    fn person(&self, name: &str) -> &Person {
        &self.persons.iter().find(|(_, person)| person.name == name).unwrap().1
    }

    fn household_of(&self, name: &str) -> &Household {
        let id = self.person(name).household;
        &self.households.iter().find(|(known, _)| *known == id).unwrap().1
    }
}

fn edit<T: Record>(records: &mut [(RecordId, T)], id: RecordId, kind: Kind, patch: &Patch) {
    for (known, record) in records.iter_mut().filter(|_| kind == T::DECLARATION.kind) {
        if *known == id {
            *record = T::from_body(&record.to_body().patched(patch)).unwrap();
        }
    }
}

fn problems(plan: &Plan) -> Vec<(u32, &str, &str, &str)> {
    let problems = plan.problems.iter();
    problems.map(|p| (p.row, p.column.as_str(), p.value.as_str(), p.fault.code.as_str())).collect()
}

const ONE_ROW_A_PERSON: &str = "小区,楼栋,单元,房号,姓名,与户主关系,性别,联系电话(手机),身份证号,出生日期,家庭人口,房屋用途,关爱等级,重点类别,备注,门口提示
沙河桥小区,2号楼,1单元,201,张月荣,户主,女,15412345678,230881194803150022,,1,自住,高风险,独居老人、低保,爱下棋,耳背，多敲两下
沙河桥小区,2,1,302.0,李世祥,户主,男,0454-0242207,,1950年12月28日,2,自住,M,低保,,
,,,,戴玉兰,妻,女,,,1949/10/3,,,,,,
沙河桥小区,二 栋,一单元,501室,欧阳宝阁,户主,男,１６８９３２１４１８７,,,,出租,,,,
沙河桥小区,A座,,1203,单雄,户主,,,,,,空置,,,,
";

#[test]
fn one_row_a_person_with_merged_cells() {
    let mut grid = Grid::default();
    let plan = grid.import(ONE_ROW_A_PERSON);
    assert_eq!(problems(&plan), []);
    assert_eq!((plan.rows, plan.new, plan.changed, plan.same), (5, 5, 0, 0));
    assert_eq!(plan.record_counts(), (4 + 4 + 5, 0));
    assert_eq!(
        grid.doors(),
        [
            "2 沙河桥小区 2 号楼 1 单元 201",
            "2 沙河桥小区 2 号楼 1 单元 302",
            "2 沙河桥小区 2 号楼 1 单元 501",
            "3 沙河桥小区 A 座  1203",
        ]
    );
    let zhang = grid.person("张月荣");
    assert_eq!((zhang.sex, zhang.born_on), (Some(Sex::Female), NaiveDate::from_ymd_opt(1948, 3, 15)));
    let household = grid.household_of("张月荣");
    assert_eq!(
        (household.care, household.care_since, household.residents),
        (CareLevel::High, Some(day()), 1)
    );
    assert_eq!(household.categories, [KeyCategory::Aged80Alone, KeyCategory::MinimumLiving]);
    assert_eq!(grid.houses[0].1.hint.as_deref(), Some("耳背，多敲两下"));
    let wife = grid.person("戴玉兰");
    assert_eq!((wife.relation, wife.household), (Relation::Spouse, grid.person("李世祥").household));
    assert_eq!(grid.household_of("戴玉兰").residents, 2);
    assert_eq!(grid.houses[2].1.usage, HouseUse::Rented);
    assert_eq!(grid.person("欧阳宝阁").phone.as_deref(), Some("16893214187"));
}

#[test]
fn the_same_file_again_changes_nothing() {
    let mut grid = Grid::default();
    grid.import(ONE_ROW_A_PERSON);
    let again = grid.plan(ONE_ROW_A_PERSON);
    assert_eq!((again.new, again.changed, again.same), (0, 0, 5));
    assert_eq!(again.changes, []);
}

#[test]
fn one_row_a_household_without_estate_and_in_other_words() {
    let mut grid = Grid::default();
    grid.import(ONE_ROW_A_PERSON);
    let plan = grid.import("户主,楼号,单元,室,手机,人口数,等级\n李世祥,2号楼,1单元,302,15498765432,3,\n王景江,5幢,3,102,,1,重点\n");
    assert_eq!(problems(&plan), []);
    assert_eq!((plan.new, plan.changed, plan.same), (1, 1, 0));
    assert_eq!(grid.person("李世祥").phone.as_deref(), Some("15498765432"));
    assert_eq!((grid.household_of("李世祥").residents, grid.houses.len()), (3, 5));
    assert_eq!(grid.household_of("李世祥").care, CareLevel::Key);
    let head = grid.household_of("王景江").head.unwrap();
    assert!(grid.persons.iter().any(|(id, person)| *id == head && person.relation == Relation::Head));
}

#[test]
fn addresses_in_one_cell() {
    let mut grid = Grid::default();
    let plan =
        grid.import("姓名,家庭住址\n张三,沙河桥社区幸福小区2号楼1单元201室\n李四,2-1-302\n王五,东头第三家\n");
    assert_eq!(problems(&plan), [(4, "家庭住址", "东头第三家", "import.value_wrong")]);
    assert_eq!(grid.doors(), ["2 幸福小区 2 号楼 1 单元 201", "2 幸福小区 2 号楼 1 单元 302"]);
}

#[test]
fn every_problem_names_its_row_column_and_value() {
    let text = "楼栋,单元,房号,姓名,与户主关系,手机,身份证号,出生日期,人口数,关爱等级,重点类别,网格
2,1,101,甲一,户主,12345,,,,,,
2,1,102,甲二,户主,,110105194912310021,,,,,
2,1,103,甲三,户主,,23088120230229001X,,,,,
2,1,104,甲四,户主,,123,,,,,
2,1,105,甲五,户主,,,2027-01-01,,,,
2,1,106,甲六,户主,,,明天,,,,
2,1,107,甲七,户主,,,,31,,,
2,1,108,甲八,户主,,,,很多,,,
2,1,109,甲九,户主,,,,,特别,,
2,1,110,乙一,户主,,,,,,信访,
2,1,,乙二,户主,,,,,,,
,,,乙三,户主,,,,,,,
2,1,111,乙四,邻居,,,,,,,
2,1,112,乙五,户主,,,,,,,06网格
2,1,113,乙六,户主,,,,,,,
2,1,113,乙六,户主,,,,,,,
2,1,113,乙七,户主,,,,,,,
2,1,114,12,户主,,,,,,,
2,1,115,乙八,户主,,,,,,,7
2,1,116,乙九,户主,#N/A,,,,,,
";
    let mut grid = Grid::default();
    let plan = grid.import(text);
    assert_eq!(
        problems(&plan),
        [
            (2, "手机", "****45", "phone.wrong"),
            (3, "身份证号", "**************0021", "id_number.check_digit"),
            (4, "身份证号", "**************001X", "id_number.birth_date"),
            (5, "身份证号", "123", "id_number.form"),
            (6, "出生日期", "**********", "date.future"),
            (7, "出生日期", "**", "date.wrong"),
            (8, "人口数", "31", "household.too_many_residents"),
            (9, "人口数", "很多", "import.value_wrong"),
            (10, "关爱等级", "特别", "import.value_wrong"),
            (11, "重点类别", "信访", "import.value_wrong"),
            (12, "房号", "", "import.value_missing"),
            (13, "房号", "", "import.value_missing"),
            (14, "与户主关系", "邻居", "import.value_wrong"),
            (15, "网格", "06网格", "import.other_grid"),
            (17, "姓名", "乙*", "import.duplicate"),
            (18, "与户主关系", "户主", "household.second_head"),
            (19, "姓名", "1*", "import.value_wrong"),
            (21, "手机", "****/A", "import.value_wrong"),
        ]
    );
    assert_eq!((plan.rows, plan.new, plan.changed, plan.same), (20, 2, 0, 0));
    assert_eq!(plan.preview(7).problem_count, 18);
}

#[test]
fn a_preview_names_nobody() {
    let mut grid = Grid::default();
    let file = "楼栋,房号,姓名,户主,手机,身份证号,出生日期
2,101,张月荣,张月荣,13812341234,230881194803150022,1948-03-15
2,102,王五,王五,,,,李世祥
";
    let preview = grid.plan(file).preview(1);
    let masked = ["2", "101", "张**", "张**", "138****1234", "**************0022", "**********"];
    assert_eq!(preview.sample[0], masked);
    assert_eq!(preview.problems[0].value, "李**");
}

#[test]
fn vacant_houses_have_no_household_and_left_ones_get_a_new_one() {
    let mut grid = Grid::default();
    let plan = grid.import("楼栋,房号,姓名,用途\n1,101,,空置\n1,102,赵六,自住\n");
    assert_eq!((problems(&plan).len(), grid.houses.len(), grid.households.len()), (0, 2, 1));
    grid.households[0].1.left_on = Some(day());
    grid.import("楼栋,房号,姓名\n1,102,钱七\n");
    assert_eq!((grid.houses.len(), grid.households.len()), (2, 2));
    assert!(grid.household_of("钱七").left_on.is_none());
}

#[test]
fn a_large_register_is_planned_quickly_and_completely() {
    let mut text = "小区,楼栋,单元,房号,姓名,与户主关系,手机\n".to_owned();
    for number in 0..20_000_u32 {
        let (building, unit, room) = (number / 96 + 1, number / 24 % 4 + 1, number / 2 % 12 + 101);
        let relation = if number % 2 == 0 { "户主" } else { "配偶" };
        text.push_str(&format!("大院,{building},{unit},{room},居民{number},{relation},154{number:08}\n"));
    }
    let mut grid = Grid::default();
    let plan = grid.import(&text);
    assert_eq!((plan.new, plan.problems.len()), (20_000, 0));
    assert_eq!(grid.households.len(), 10_000);
    assert_eq!(grid.plan(&text).same, 20_000);
}
