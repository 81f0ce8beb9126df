//! The words of a register and what they mean.

use records::Fault;
use records::codes::{CareLevel, HouseUse, KeyCategory, Relation, Residence, Sex};

use crate::row::{parts, wrong};

type Words<T> = &'static [(T, &'static [&'static str])];

const CARE: Words<CareLevel> = &[
    (CareLevel::High, &["H", "高风险", "高", "每周"]),
    (CareLevel::Key, &["M", "重点", "每月"]),
    (CareLevel::General, &["N", "一般", "每季", "每季度"]),
    (CareLevel::Ordinary, &["O", "普通", "无", "正常"]),
];

const RELATIONS: Words<Relation> = &[
    (Relation::Head, &["户主", "本人", "户主本人"]),
    (Relation::Spouse, &["配偶", "妻", "夫", "妻子", "丈夫", "爱人", "老伴"]),
    (Relation::Son, &["子", "儿子", "长子", "次子", "三子", "独生子", "二子"]),
    (Relation::Daughter, &["女", "女儿", "长女", "次女", "三女", "独生女", "二女"]),
    (Relation::Grandchild, &["孙辈", "孙", "孙子", "孙女", "外孙", "外孙子", "外孙女"]),
    (Relation::Parent, &["父母", "父", "母", "父亲", "母亲", "岳父", "岳母", "公公", "婆婆", "公婆"]),
    (
        Relation::Grandparent,
        &["祖父母", "祖父", "祖母", "爷爷", "奶奶", "姥姥", "姥爷", "外祖父", "外祖母", "外祖父母"],
    ),
    (
        Relation::Sibling,
        &["兄弟姐妹", "兄", "弟", "姐", "妹", "哥哥", "弟弟", "姐姐", "妹妹", "兄弟", "姐妹"],
    ),
    (
        Relation::Other,
        &[
            "其他",
            "其它",
            "其他亲属",
            "非亲属",
            "儿媳",
            "女婿",
            "媳妇",
            "侄子",
            "侄女",
            "外甥",
            "租客",
            "租户",
            "保姆",
            "同住",
        ],
    ),
];

const SEXES: Words<Sex> = &[(Sex::Male, &["男", "1", "男性"]), (Sex::Female, &["女", "2", "女性"])];

const RESIDENCES: Words<Residence> = &[
    (Residence::Registered, &["户籍", "户籍人口", "本地", "本地户籍", "在册"]),
    (Residence::Resident, &["常住", "常住人口"]),
    (Residence::Floating, &["流动", "流动人口", "外来", "外来人口", "暂住", "租住"]),
    (Residence::Away, &["人户分离", "外出", "空挂", "空挂户", "户在人不在"]),
];

const USES: Words<HouseUse> = &[
    (HouseUse::OwnerOccupied, &["自住", "自用", "自有", "自有住房", "住宅"]),
    (HouseUse::Rented, &["出租", "租住", "租赁", "承租", "租房", "出租房"]),
    (HouseUse::Vacant, &["空置", "空房", "闲置", "空闲", "无人居住"]),
    (HouseUse::Business, &["经营", "商用", "商业", "门市", "商铺", "办公"]),
    (HouseUse::Shared, &["群租", "集体", "宿舍", "合租", "集体宿舍", "群租房"]),
];

const CATEGORIES: Words<KeyCategory> = &[
    (KeyCategory::Aged80Alone, &["80岁以上独居", "独居老人", "高龄独居", "独居", "高龄独居老人"]),
    (KeyCategory::EmptyNest, &["空巢老人", "空巢"]),
    (KeyCategory::RuralLeftBehindAged, &["农村留守老人", "留守老人"]),
    (KeyCategory::Disabled, &["失能失智老人", "失能老人", "失智老人", "失能", "失智", "半失能老人"]),
    (KeyCategory::DestituteAtHome, &["分散供养特困", "特困", "特困人员", "五保", "五保户", "特困供养"]),
    (KeyCategory::Orphan, &["孤儿"]),
    (KeyCategory::UnsupportedChild, &["事实无人抚养儿童", "事实孤儿"]),
    (KeyCategory::ChildInNeed, &["困境儿童"]),
    (KeyCategory::LeftBehindChild, &["留守儿童"]),
    (KeyCategory::SevereDisability, &["重度残疾", "重残", "残疾", "残疾人", "重度残疾人"]),
    (KeyCategory::MinimumLiving, &["低保", "低保户"]),
    (
        KeyCategory::LowIncome,
        &["低保边缘/低收入", "低保边缘", "低收入", "低收入户", "低保边缘户", "低收入家庭"],
    ),
    (KeyCategory::HighExpense, &["支出型困难", "支出型困难家庭"]),
    (KeyCategory::SeriousIllness, &["重病家庭", "重病", "大病", "大病家庭", "重病户"]),
    (KeyCategory::LostOnlyChild, &["计划生育特殊家庭", "计生特殊家庭", "失独", "失独家庭"]),
    (KeyCategory::SpecialCare, &["优抚对象", "优抚"]),
    (KeyCategory::VeteranInNeed, &["退役军人困难户", "困难退役军人"]),
    (KeyCategory::Temporary, &["临时遇困", "临时困难"]),
];

/// H, M, N, O or the words for them.
pub(super) fn care(text: &str) -> Result<CareLevel, Fault> {
    let word = text.to_ascii_uppercase();
    let bare = word.trim_end_matches("等级").trim_end_matches('级').trim_end_matches('户');
    meaning(CARE, &word).or_else(|_| meaning(CARE, bare))
}

/// Relation to the head of the household.
pub(super) fn relation(text: &str) -> Result<Relation, Fault> {
    meaning(RELATIONS, text)
}

pub(super) fn sex(text: &str) -> Result<Sex, Fault> {
    meaning(SEXES, text)
}

pub(super) fn residence(text: &str) -> Result<Residence, Fault> {
    meaning(RESIDENCES, text)
}

pub(super) fn usage(text: &str) -> Result<HouseUse, Fault> {
    meaning(USES, text)
}

/// Several categories in one cell, by name or by number `01`–`18`; `无` is none.
pub(super) fn categories(text: &str) -> Result<Vec<KeyCategory>, Fault> {
    if matches!(text, "无" | "否" | "-" | "/") {
        return Ok(Vec::new());
    }
    // A name may itself hold a separator: 低保边缘/低收入.
    let mut found: Vec<KeyCategory> =
        parts(text).iter().map(|part| category(part)).collect::<Result<_, _>>()?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn category(text: &str) -> Result<KeyCategory, Fault> {
    let by_number = text.parse::<u16>().ok().map(KeyCategory::from).filter(|category| category.is_known());
    by_number.map_or_else(|| meaning(CATEGORIES, text), Ok)
}

fn meaning<T: Copy>(words: Words<T>, text: &str) -> Result<T, Fault> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let known = words.iter().find(|(_, words)| words.contains(&text.as_str()));
    known.map(|(value, _)| *value).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_the_field_means_by_them() {
        assert_eq!(care("h"), Ok(CareLevel::High));
        assert_eq!(care("重点户"), Ok(CareLevel::Key));
        assert_eq!(care("一般"), Ok(CareLevel::General));
        assert_eq!(relation("次 子"), Ok(Relation::Son));
        assert_eq!(
            categories("低保、独居老人;低保"),
            Ok(vec![KeyCategory::Aged80Alone, KeyCategory::MinimumLiving])
        );
        assert_eq!(
            categories("低保边缘/低收入,02"),
            Ok(vec![KeyCategory::EmptyNest, KeyCategory::LowIncome])
        );
        assert_eq!(categories("无"), Ok(Vec::new()));
        for text in ["信访", "99", "低保、其他"] {
            assert!(categories(text).is_err(), "{text}");
        }
        assert!(care("X").is_err() && relation("邻居家").is_err());
    }

    #[test]
    fn every_category_is_known_by_its_number_and_its_name() {
        for category in KeyCategory::ALL {
            assert_eq!(categories(&format!("{:02}", category.code())), Ok(vec![*category]));
            let (_, words) = CATEGORIES.iter().find(|(known, _)| known == category).unwrap();
            assert_eq!(categories(words[0]), Ok(vec![*category]));
        }
    }
}
