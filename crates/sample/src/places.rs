//! Names of streets, communities and estates. The county's code is real, the places are not.

use crate::dice::Dice;

/// The estate of the demo grid.
pub(crate) const DEMO_ESTATE: &str = "沙河桥小区";

const STREETS: &[&str] = &["临江街道", "兴安街道", "向阳街道", "站前街道"];

const COMMUNITIES: &[&str] = &[
    "沙河桥社区",
    "望江社区",
    "朝晖社区",
    "繁荣社区",
    "友谊社区",
    "和平里社区",
    "新建社区",
    "松江社区",
    "前进社区",
    "曙光社区",
    "建设社区",
    "兴隆社区",
    "迎春社区",
    "育才社区",
    "文化宫社区",
    "康乐社区",
    "长青社区",
    "站前社区",
    "兴华社区",
    "北岗社区",
    "西园社区",
    "东门社区",
];

const ESTATE_FIRST: &[&str] = &[
    "锦绣", "丽景", "江畔", "福源", "平安", "同福", "松江", "沿江", "金色", "阳光", "幸福", "和谐", "康泰",
    "龙泽", "学府", "翠湖", "滨江", "鑫苑", "盛世", "东方", "华亿", "祥和", "御景", "百合", "向荣", "安居",
    "惠民", "丰泽", "银河", "景泰", "宏大", "天成", "北苑", "西城", "南岗", "兴业", "万福", "金桥", "聚贤",
    "枫林",
];
const ESTATE_LAST: &[&str] =
    &["家园", "小区", "花园", "新村", "雅居", "名苑", "嘉园", "新城", "公寓", "华庭", "佳苑"];
const ESTATE_OLD: &[&str] = &[
    "粮库家属楼",
    "一中家属楼",
    "水利局家属楼",
    "供销社家属楼",
    "林业局家属楼",
    "邮电家属楼",
    "罐头厂家属院",
    "航运站家属楼",
    "医院家属楼",
    "农机厂家属院",
    "物资局家属楼",
    "铁路家属院",
    "糖厂家属院",
    "纺织厂家属楼",
    "渔业队平房",
    "砖厂平房",
    "北街平房",
    "河沿平房",
];

/// The name of a street by its number, from 1.
pub(crate) fn street_name(number: u32) -> String {
    let known = number.checked_sub(1).and_then(|index| STREETS.get(index as usize));
    known.map_or_else(|| format!("第{number}街道"), |name| (*name).to_owned())
}

/// Names of this many communities, 沙河桥社区 first.
pub(crate) fn community_names(count: u32) -> Vec<String> {
    let name = |index: u32| COMMUNITIES.get(index as usize).map(|name| (*name).to_owned());
    (0..count).map(|index| name(index).unwrap_or_else(|| format!("第{}社区", index + 1))).collect()
}

/// This many names of estates, no two the same.
pub(crate) fn estate_names(count: u32, dice: &mut Dice) -> Vec<String> {
    let composed =
        ESTATE_FIRST.iter().flat_map(|first| ESTATE_LAST.iter().map(move |last| format!("{first}{last}")));
    let mut names: Vec<String> = composed.chain(ESTATE_OLD.iter().map(|name| (*name).to_owned())).collect();
    dice.shuffle(&mut names);
    let plain = names.clone();
    let phases = (2..).flat_map(|phase| plain.iter().map(move |name| format!("{name}{phase}期")));
    let missing = (count as usize).saturating_sub(names.len());
    names.extend(phases.take(missing));
    names.truncate(count as usize);
    names
}

/// Whether an estate is rows of one-storey houses.
pub(crate) fn is_bungalows(estate: &str) -> bool {
    estate.contains("平房")
}

/// Whether an estate was built by a work unit, decades ago.
pub(crate) fn is_old(estate: &str) -> bool {
    estate.contains("家属") || estate == DEMO_ESTATE
}
