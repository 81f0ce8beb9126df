//! A few matters as they are reported from a grid.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use records::codes::{MatterSource, Urgency};
use records::item::Item;
use records::matter::Matter;
use records::visit::Visit;
use records::{Moment, RecordId};

use crate::dice::Dice;

/// Item, subject, and what is said about it.
const MATTERS: &[(&str, &str, &str)] = &[
    ("燃气软管老化", "燃气软管老化，需要更换", "软管有裂纹，已让住户先关阀门"),
    ("楼道堆放易燃物", "楼道里堆了纸壳子和旧家具", "说是楼上住户的，劝了一次没清"),
    ("电动自行车楼道停放充电", "门厅里给电动车充电", "从窗户拉的线，晚上充一宿"),
    ("阳台堆放杂物", "阳台堆满木头和纸箱", "老人舍不得扔，想找人帮着清"),
    ("楼道照明故障", "楼道灯不亮", "三楼到五楼都不亮，晚上上楼费劲"),
    ("楼道扶手松动", "楼梯扶手松了", "二楼转角处，老人扶着不稳"),
    ("单元门损坏", "单元门关不上", "闭门器坏了，冬天往里灌风"),
    ("下水管道反味", "卫生间反味", "一楼和二楼都有，像是主管堵了"),
    ("路灯损坏、缺失或移位", "小区门口路灯不亮", "连着两盏，晚上黑"),
    ("雨水井盖损坏、缺失或移位", "井盖松动", "车一压就响，怕有人踩空"),
    ("暴露垃圾", "垃圾桶旁边堆了一地", "两天没清了"),
    ("单元门口积雪未清扫", "单元门口积雪没扫", "已经冻成冰，走路打滑"),
    ("小区路面破损", "小区路面有坑", "下雨就积水，轮椅过不去"),
    ("健身器材报修", "健身器材坏了一个", "漫步机的踏板掉了"),
    ("供暖问题", "屋里暖气不热", "只有十六度，邻居家也一样"),
    ("占用消防通道", "消防通道停了车", "天天晚上停，消防车进不来"),
    ("楼上漏水纠纷", "楼上漏水，两家说不拢", "厨房顶棚湿了一片"),
    ("居民医保参保缴费代办", "想代缴医保", "不会用手机，想让帮着交"),
];

/// This many matters of a grid; some follow a visit that found a hazard.
pub(crate) fn report(
    dice: &mut Dice,
    count: u32,
    today: NaiveDate,
    visits: &mut [(RecordId, Visit)],
    place_of: &dyn Fn(RecordId) -> String,
    items: &HashMap<&str, &Item>,
) -> Vec<(RecordId, Matter)> {
    let hazards = visits.iter().enumerate().filter(|(_, (_, visit))| !visit.findings.is_empty());
    let mut hazards: Vec<usize> = hazards.map(|(index, _)| index).collect();
    dice.shuffle(&mut hazards);
    let mut matters = Vec::new();
    for _ in 0..count {
        let from_visit = hazards.pop().filter(|_| dice.percent(60));
        let (name, subject, content) = *dice.pick(MATTERS);
        let Some(item) = items.get(name) else { continue };
        let mut matter = matter_of(dice, item, subject, content, today);
        match from_visit.and_then(|index| visits.get_mut(index)) {
            Some((visit_id, visit)) => {
                matter.occurred = visit.started;
                matter.place = place_of(visit.household);
                matter.source = MatterSource::Visit;
                (matter.household, matter.visit) = (Some(visit.household), Some(*visit_id));
                let id = dice.id(matter.occurred.utc_ms + 60_000);
                visit.matters.push(id);
                matters.push((id, matter));
            }
            None => {
                if let Some((_, visit)) = visits.get(dice.below(visits.len() as u32) as usize) {
                    matter.place = format!("{}附近", place_of(visit.household));
                }
                matters.push((dice.id(matter.occurred.utc_ms + 60_000), matter));
            }
        }
    }
    matters
}

fn matter_of(dice: &mut Dice, item: &Item, subject: &str, content: &str, today: NaiveDate) -> Matter {
    let day = dice.day(today - Days::new(60), today - Days::new(1));
    let occurred = Moment::beijing_at(day, dice.between(8, 17), dice.below(60));
    Matter {
        item: Some(item.code.clone()),
        list_version: item.list_version,
        subject: subject.to_owned(),
        place: String::new(),
        occurred: occurred.unwrap_or(Moment::beijing(0)),
        content: Some(content.to_owned()),
        source: *dice.pick(&[MatterSource::Patrol, MatterSource::Resident, MatterSource::Hotline]),
        household: None,
        visit: None,
        urgency: item.urgency.max(Urgency::Normal),
        off_list_reason: None,
        department: Some(item.department.clone()),
        limit_workdays: item.limit_workdays,
        progress: None,
        photos: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_matter_points_at_a_starter_item() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let mut ids = || RecordId::from_bytes([0; 16]);
        let items = intake::lists::starter_items(1, day, &mut ids);
        for (name, ..) in MATTERS {
            assert!(items.iter().any(|(_, item)| item.name == *name), "{name}");
        }
    }
}
