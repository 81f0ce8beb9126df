//! Names as they are given in each generation; put together by chance, they belong to nobody.

use records::codes::Sex;

use crate::dice::Dice;
use crate::surnames::SURNAMES;

/// Characters for the given names of one generation.
struct Generation {
    /// First year of birth it does not cover.
    until: i32,
    /// Of a hundred names, those of one character.
    single: u32,
    male: [&'static [&'static str]; 3],
    female: [&'static [&'static str]; 3],
}

/// First characters, last characters, single names.
const GENERATIONS: &[Generation] = &[
    Generation {
        until: 1950,
        single: 12,
        male: [
            &[
                "德", "福", "玉", "永", "万", "文", "振", "广", "兴", "长", "凤", "树", "清", "锡", "连",
                "士", "宝", "景",
            ],
            &[
                "山", "林", "才", "贵", "财", "海", "祥", "发", "江", "堂", "田", "奎", "义", "春", "和",
                "臣", "阁", "武",
            ],
            &["福", "贵", "昌", "仁", "江", "俭", "恩", "祥"],
        ],
        female: [
            &["桂", "秀", "淑", "玉", "凤", "素", "月", "春", "金", "翠", "兰", "喜", "美", "贤"],
            &["兰", "英", "珍", "芝", "琴", "荣", "香", "梅", "云", "芳", "贞", "清", "霞", "娥", "莲", "华"],
            &["芝", "兰", "珍", "英", "凤", "清"],
        ],
    },
    Generation {
        until: 1970,
        single: 14,
        male: [
            &[
                "建", "国", "志", "卫", "红", "永", "玉", "长", "振", "立", "明", "庆", "世", "洪", "宝",
                "占", "跃", "保",
            ],
            &[
                "国", "军", "民", "华", "平", "东", "生", "成", "新", "林", "春", "山", "力", "祥", "武",
                "星", "忠", "海",
            ],
            &["军", "刚", "斌", "强", "忠", "平", "利", "波"],
        ],
        female: [
            &["秀", "丽", "玉", "桂", "淑", "亚", "艳", "春", "红", "晓", "凤", "雅", "金", "立", "洪", "永"],
            &["芬", "华", "梅", "琴", "芳", "英", "珍", "霞", "杰", "红", "萍", "云", "玲", "荣", "娟", "琦"],
            &["萍", "红", "杰", "霞", "玲", "敏", "静", "丽"],
        ],
    },
    Generation {
        until: 1990,
        single: 32,
        male: [
            &[
                "海", "志", "晓", "建", "永", "立", "春", "洪", "文", "俊", "庆", "宏", "金", "东", "明",
                "德", "国", "少",
            ],
            &[
                "涛", "刚", "峰", "伟", "强", "东", "波", "军", "明", "辉", "龙", "勇", "亮", "斌", "鹏",
                "飞", "超", "生",
            ],
            &["伟", "强", "磊", "军", "勇", "涛", "超", "鹏", "辉", "峰", "亮", "凯", "宁", "岩", "赟", "犇"],
        ],
        female: [
            &["丽", "晓", "海", "艳", "春", "红", "雪", "立", "玉", "秋", "文", "小", "亚", "宏", "爱", "冬"],
            &["艳", "娜", "丽", "燕", "红", "梅", "霞", "静", "敏", "玲", "杰", "华", "萍", "辉", "莉", "娟"],
            &["静", "丽", "敏", "艳", "娜", "娟", "燕", "婷", "丹", "莉", "玲", "颖", "洋", "璐", "喆", "婧"],
        ],
    },
    Generation {
        until: 2006,
        single: 22,
        male: [
            &["浩", "宇", "嘉", "俊", "文", "博", "天", "思", "家", "鹏", "子", "志", "泽", "佳", "明", "瑞"],
            &["宇", "然", "豪", "杰", "轩", "文", "鑫", "阳", "楠", "博", "涵", "航", "哲", "辰", "龙", "琦"],
            &["鑫", "帅", "浩", "宇", "昊", "博", "洋", "旭", "淼", "翀", "堃", "晗"],
        ],
        female: [
            &["雨", "佳", "思", "欣", "婷", "雪", "梦", "子", "晓", "可", "嘉", "诗", "文", "美", "宇", "紫"],
            &["婷", "琪", "怡", "雪", "涵", "瑶", "萱", "妍", "彤", "欣", "桐", "颖", "晴", "莹", "琳", "宁"],
            &["雪", "婷", "悦", "欣", "瑶", "晴", "琪", "祎", "玥", "彤"],
        ],
    },
    Generation {
        until: 9_999,
        single: 12,
        male: [
            &["子", "梓", "浩", "宇", "奕", "沐", "皓", "一", "景", "承", "俊", "泽", "梦", "铭", "嘉", "禹"],
            &["轩", "涵", "然", "宸", "泽", "睿", "航", "霖", "辰", "恩", "阳", "熙", "琛", "晨", "诺", "尧"],
            &["睿", "辰", "宸", "彧", "昉", "泽", "𬭎", "安"],
        ],
        female: [
            &["梓", "欣", "若", "雨", "诗", "语", "子", "思", "一", "可", "沐", "芷", "依", "佳", "昕", "芃"],
            &["涵", "萱", "怡", "妍", "彤", "桐", "汐", "诺", "瑶", "晗", "宁", "玥", "菲", "琪", "然", "依"],
            &["玥", "彤", "媛", "苒", "芃", "祎", "悦", "禾"],
        ],
    },
];

/// A few families write their names the long way; the app must have room for them.
const LONG_NAMES: &[(&str, Sex)] = &[
    ("阿依努尔·艾山江", Sex::Female),
    ("帕丽扎提·木拉提别克", Sex::Female),
    ("巴图孟和·额尔德尼", Sex::Male),
    ("艾尔肯·吐尔逊江", Sex::Male),
];

/// A surname, as often as it occurs.
pub(crate) fn surname(dice: &mut Dice) -> &'static str {
    let surname: &&'static str = dice.weighted(SURNAMES);
    surname
}

/// A full name for somebody born in this year.
pub(crate) fn full(dice: &mut Dice, surname: &str, sex: Sex, born: i32) -> String {
    if dice.permille(1) {
        let long: Vec<&str> = LONG_NAMES.iter().filter(|(_, s)| *s == sex).map(|(name, _)| *name).collect();
        return (*dice.pick(&long)).to_owned();
    }
    format!("{surname}{}", given(dice, sex, born))
}

/// The name of somebody who works: born between 1968 and 1997.
pub(crate) fn colleague(dice: &mut Dice) -> String {
    let sex = if dice.percent(60) { Sex::Female } else { Sex::Male };
    let born = 1_968 + i32::try_from(dice.below(30)).unwrap_or(0);
    let surname = surname(dice);
    format!("{surname}{}", given(dice, sex, born))
}

fn given(dice: &mut Dice, sex: Sex, born: i32) -> String {
    let generation = GENERATIONS.iter().find(|generation| born < generation.until);
    let generation = generation.unwrap_or(&GENERATIONS[GENERATIONS.len() - 1]);
    let [first, last, single] = if sex == Sex::Male { generation.male } else { generation.female };
    if dice.percent(generation.single) {
        return (*dice.pick(single)).to_owned();
    }
    let (first, last) = (dice.pick(first), dice.pick(last));
    // 国国 or 玉玉 is no name.
    if first == last { (*last).to_owned() } else { format!("{first}{last}") }
}
