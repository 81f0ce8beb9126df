//! What people write after a visit, in the words they speak.

use records::codes::{Finding, KeyCategory};

/// Nothing special, any time of the year.
pub(crate) const ALL_WELL: &[&str] = &[
    "一切都好，聊了一会儿",
    "刚买菜回来，精神不错",
    "家里收拾得挺利索",
    "问了医保缴费的事，说清楚了",
    "留了我的电话，有事就打",
    "提醒睡前关好燃气阀门",
    "楼上偶尔有动静，说能忍",
    "讲了防诈骗，下载了反诈软件",
    "在楼下遇见的，说都挺好",
    "核对了电话，没有变",
    "问暖气费能不能晚几天交",
    "问幼儿园报名的事，告诉了时间",
    "想在小区装充电桩，记下了",
    "下班刚到家，简单聊了几句",
    "换了工作，在园区上班",
    "问居住证怎么办，讲了材料",
];
/// The same where somebody elderly opens.
pub(crate) const ELDERLY_WELL: &[&str] = &[
    "身体还行，正看电视",
    "血压药按时吃，量了一下正常",
    "孩子周末回来，老人挺高兴",
    "家里添了个小孙子，忙着带",
    "饭吃得香，睡得也踏实",
    "说最近睡得好多了",
    "社区食堂的饭吃得惯",
    "腿比上个月好，能下楼了",
    "晒太阳呢，聊了一会儿",
    "新换了门锁，钥匙给女儿留了一把",
    "问高龄津贴啥时候发，查了告诉他",
    "刚买菜回来，精神不错",
    "教了怎么用手机挂号",
];
/// October to April.
pub(crate) const COLD: &[&str] = &[
    "屋里挺暖和，二十三度",
    "暖气不太热，已告诉供热公司",
    "窗户缝漏风，帮着贴了密封条",
    "路滑，叮嘱少出门",
    "冬菜都备好了",
    "棉衣棉被够用",
    "提醒别用电热毯过夜",
];
/// May to September.
pub(crate) const WARM: &[&str] = &[
    "天热，叮嘱中午别出门",
    "蚊子多，想要点药，下次带去",
    "下雨屋顶没漏",
    "窗户都开着，通风好",
    "在院里种了点小菜",
    "提醒下雨别走河沿那条路",
];
/// Nobody opened.
pub(crate) const NOBODY: &[&str] = &[
    "敲门没人应，邻居说出门了",
    "没人在家，留了条子",
    "打电话没接，改天再来",
    "对门说去闺女家了",
    "灯关着，晚点再来",
];
/// Another time.
pub(crate) const LATER: &[&str] = &["正要出门，约了改天", "家里来客人，说过两天再来", "刚下夜班在睡觉，改天"];
/// By phone.
pub(crate) const PHONE: &[&str] =
    &["电话里说都好，在外地儿子家", "视频看了，气色不错", "打电话问了，没什么事", "住院陪护，电话里聊的"];
/// By a neighbour.
pub(crate) const NEIGHBOUR: &[&str] =
    &["对门大姐帮忙看的，说挺好", "楼长上去看过，一切正常", "邻居早上还见着他下楼"];
/// Family answered.
pub(crate) const FAMILY: &[&str] =
    &["爱人在家，说都挺好", "孩子开的门，说爸妈上班去了", "家里人说出差了，一切正常", "家里人在，情况没变化"];
/// Family answered for somebody elderly.
pub(crate) const ELDERLY_FAMILY: &[&str] =
    &["女儿在家，说情况平稳", "闺女来送饭，说都好", "儿媳开的门，说身体不错", "家里人说睡着呢，没什么事"];
/// Gone.
pub(crate) const MOVED: &[&str] =
    &["搬到儿子那边住了，房子空着", "房子卖了，新住户还没来", "租期到了，已经搬走"];

/// What was found, in words.
pub(crate) fn found(finding: Finding) -> &'static [&'static str] {
    match finding {
        Finding::Health => &[
            "说头晕，已联系社区医院上门",
            "咳嗽好几天了，劝去看看",
            "膝盖肿了，帮着约了号",
            "血压偏高，提醒按时吃药",
        ],
        Finding::Hardship => {
            &["这个月药费多，想问临时救助", "打零工断了，手头紧", "孩子学费差一点，帮着问问助学"]
        }
        Finding::Hazard => &[
            "煤气软管老化，得换",
            "楼道里堆了纸壳子",
            "电动车停在门厅充电",
            "插线板接了好几个电器，劝拔了",
            "阳台堆满了木头",
            "门口井盖有点松",
        ],
        Finding::OutOfContact => &["两天没联系上，问了女儿，去外地了", "电话停机，找邻居问到了"],
        Finding::UtilitiesCut => &["电费欠了两个月，已停电，帮着联系", "水管冻住停水，报修了"],
        Finding::LowSpirits => &[
            "老伴刚走，不爱说话，多坐了一会儿",
            "最近睡不着，心里烦，约了下周再来",
            "想孩子，掉眼泪了，陪着聊了聊",
        ],
        _ => &["门牌掉了，想补一个", "信箱锁坏了"],
    }
}

/// Why a household is looked after, in words shown only on its own page.
pub(crate) fn reason(category: KeyCategory) -> &'static [&'static str] {
    match category {
        KeyCategory::Aged80Alone => &[
            "八十多岁，一个人住，女儿在佳木斯",
            "高龄独居，儿子在外地打工",
            "一个人住，去年摔过一次，要常去看看",
        ],
        KeyCategory::EmptyNest => &["老两口自己住，孩子都在南方", "儿女不在身边，互相照应着过"],
        KeyCategory::Disabled => &["老伴半身不遂，离不开人", "记性不好，走丢过一次，家里人白天上班"],
        KeyCategory::DestituteAtHome => &["没有子女，政府供养，自己做饭"],
        KeyCategory::Orphan => &["父母都不在了，跟着奶奶过"],
        KeyCategory::UnsupportedChild => &["爸爸重病，妈妈联系不上，爷爷带着"],
        KeyCategory::ChildInNeed => &["孩子身体不好，妈妈一个人带", "孩子要做康复，家里开销大"],
        KeyCategory::LeftBehindChild => &["父母在外打工，姥姥带孩子上学"],
        KeyCategory::SevereDisability => &["腿脚不能动，坐轮椅，出门要人抬", "看不见，一个人做饭不方便"],
        KeyCategory::MinimumLiving => &["吃低保，靠打零工添补", "低保户，孩子还在上学"],
        KeyCategory::LowIncome => &["收入不高，供两个孩子念书", "打零工为主，租房住"],
        KeyCategory::HighExpense => &["看病花得多，欠了亲戚的钱"],
        KeyCategory::SeriousIllness => &["刚做完手术，在家养着", "每周透析三次，路上要人陪"],
        KeyCategory::LostOnlyChild => &["独生儿子没了，老两口话少"],
        KeyCategory::SpecialCare => &["立过功的老兵，听力不好"],
        KeyCategory::VeteranInNeed => &["退伍后身体不好，干不了重活"],
        _ => &["家里失了火，正在重新收拾", "主劳力受伤，暂时没有收入"],
    }
}

/// What helps at such a door.
pub(crate) const KEY_HINTS: &[&str] = &[
    "耳背，多敲两下",
    "先打电话",
    "腿脚慢，多等一会儿",
    "下午睡觉，三点以后来",
    "带上材料单",
    "钥匙在对门",
    "只听得懂本地话，说慢点",
    "孙女在写作业，轻点声",
    "有狗，先喊一声",
    "早上去医院，十点以后在家",
    "爱聊天，留点时间",
    "看不清，进门先报名字",
];

/// 有渠道对接.
pub(crate) const CHANNELS: &[&str] = &[
    "女儿电话每天通",
    "对门邻居有钥匙",
    "楼长每天看一眼",
    "儿子手机，微信也行",
    "侄子住同一小区",
    "一楼小卖店帮着留意",
];

/// 有菜单服务.
pub(crate) const SERVICES: &[&str] =
    &["送餐", "代买药", "陪诊", "理发上门", "修水电", "代缴费", "量血压", "家政", "聊天陪伴", "代办手续"];

/// Notes for colleagues.
pub(crate) const NOTES: &[&str] = &[
    "房子是女儿的名",
    "老人习惯叫他李师傅",
    "爱下棋，楼下凉亭常见",
    "家里有轮椅，搬东西找物业",
    "过敏，别送点心",
    "孩子放寒暑假才在",
    "每月十号领退休金，那天不在家",
];
