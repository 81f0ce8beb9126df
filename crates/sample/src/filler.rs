//! Plausible items that bring the list to the 2,034 of the article, marked as filler.

use std::collections::HashSet;

use records::codes::{Admission, Origin, Urgency};
use records::item::Item;
use records::pinyin::spell;

/// Things, and what may be the matter with them, for each category from 01.
type Parts = (&'static str, &'static [&'static str], &'static [&'static str]);

const PARTS: &[Parts] = &[
    (
        "城市管理局",
        &["早市", "背街小巷", "校门口", "广场", "菜市场周边", "河沿步道", "公交站", "夜市", "临街商铺"],
        &["乱摆摊", "污水外溢", "乱贴广告", "垃圾没清", "占道堆物", "油污没洗", "落叶没扫", "乱拉横幅"],
    ),
    (
        "城市管理局",
        &["人行道砖", "护栏", "果皮箱", "指路牌", "公园座椅", "路缘石", "盲道", "桥栏杆", "排水口"],
        &["松动", "破损", "缺失", "倾斜", "锈蚀", "被遮挡", "沉降", "脱落"],
    ),
    (
        "住房和城乡建设局",
        &["外墙保温", "屋面防水", "电梯", "地下车库", "门禁", "二次供水泵", "雨落管", "装修垃圾", "天井"],
        &["脱落", "漏水", "停用", "噪声大", "没人管", "维修拖延", "收费不清", "缺少公示"],
    ),
    (
        "生态环境局",
        &["餐饮店", "小锅炉", "工地", "洗车点", "养殖户", "河道", "废品站", "汽修店", "露天烧烤"],
        &["油烟扰民", "冒黑烟", "扬尘", "污水直排", "有异味", "夜间噪声", "乱倒废液", "固废露天放"],
    ),
    (
        "应急管理局",
        &["小旅店", "仓库", "出租屋", "加工作坊", "网吧", "充电棚", "液化气点", "培训班", "养老院"],
        &["灭火器过期", "出口上锁", "线路老化", "超员", "堵塞通道", "没有应急灯", "违规住人", "易燃物混放"],
    ),
    (
        "社区人民调解委员会",
        &["邻里", "婆媳", "租户与房东", "业主与物业", "商户之间", "车位", "宠物", "继承", "合伙"],
        &["口角", "费用争议", "损坏赔偿", "噪声争执", "约定不清", "多次投诉", "互不相让", "需要劝解"],
    ),
    (
        "公安局",
        &[
            "小区监控",
            "楼道门锁",
            "自行车棚",
            "巡逻岗亭",
            "临时停车场",
            "快递柜",
            "老旧院落",
            "夜间路口",
            "公共厕所旁",
        ],
        &["失灵", "被撬", "无人值守", "照明不足", "丢失物品", "有人聚集吵闹", "需要加装", "需要巡查"],
    ),
    (
        "民政局",
        &[
            "高龄津贴",
            "残疾人补贴",
            "临时救助",
            "养老服务",
            "助餐点",
            "殡葬服务",
            "社会组织",
            "慈善救助",
            "康复辅具",
        ],
        &["申请咨询", "发放延迟", "材料不清", "需要上门", "信息有误", "想要代办", "进度查询", "资格复核"],
    ),
    (
        "人力资源和社会保障局",
        &[
            "灵活就业补贴",
            "失业金",
            "技能培训",
            "公益岗位",
            "社保转移",
            "退休手续",
            "工伤认定",
            "求职登记",
            "创业贷款",
        ],
        &["申请咨询", "进度查询", "材料不清", "办理排队久", "信息有误", "想要代办", "到账延迟", "需要指导"],
    ),
    (
        "教育局",
        &[
            "社区课堂",
            "图书角",
            "广场舞队",
            "课后托管",
            "体检车",
            "疫苗接种点",
            "乒乓球台",
            "文化活动室",
            "家长学校",
        ],
        &["时间冲突", "人手不够", "设施损坏", "想要报名", "噪声扰民", "开放不足", "想要参加", "需要场地"],
    ),
    (
        "市场监督管理局",
        &["集市摊位", "小超市", "熟食店", "药店", "眼镜店", "美容店", "菜店", "五金店", "保健品店"],
        &["秤不准", "价格没公示", "虚假宣传", "执照过期", "不给退换", "卫生不好", "向老人推销", "拒开发票"],
    ),
    (
        "交通运输局",
        &["公交线路", "村道", "田间路", "渡口", "停车泊位", "共享单车", "农机棚", "灌溉渠", "客运站"],
        &["班次少", "坑洼", "标志不清", "乱停乱放", "积水", "淤塞", "排队久", "缺少照明"],
    ),
];

const SOURCE: &str = "示例数据，补足清单数量，不是正式事项";

/// As many filler items as are missing, a like number in every category.
pub(crate) fn items(missing: u32, starter: &[&Item]) -> Vec<Item> {
    let taken: HashSet<&str> = starter.iter().map(|item| item.name.as_str()).collect();
    let categories = u32::try_from(PARTS.len()).unwrap_or(1);
    let mut made = Vec::new();
    for (index, parts) in (0_u32..).zip(PARTS) {
        let wanted = missing / categories + u32::from(index < missing % categories);
        let category = format!("{:02}", index + 1);
        let first = 1 + highest_number(starter, &category);
        let names = names_of(parts).filter(|name| !taken.contains(name.as_str()));
        let numbered = (first..).zip(names.take(wanted as usize));
        made.extend(numbered.map(|(number, name)| item(format!("{category}{number:03}"), name, parts.0)));
    }
    made
}

/// Every thing with every trouble, mixed so that neighbours differ.
fn names_of((_, things, troubles): &Parts) -> impl Iterator<Item = String> {
    let (things, troubles) = (*things, *troubles);
    (0..things.len() * troubles.len()).map(move |index| {
        let (round, thing) = (index / things.len(), index % things.len());
        format!("{}{}", things[thing], troubles[(round + thing) % troubles.len()])
    })
}

fn highest_number(starter: &[&Item], category: &str) -> u32 {
    let codes = starter.iter().filter(|item| item.category() == category);
    codes.filter_map(|item| item.code.get(2..)?.parse().ok()).max().unwrap_or(0)
}

fn item(code: String, name: String, department: &str) -> Item {
    let spelling = spell(&name);
    Item {
        code,
        name,
        department: department.to_owned(),
        co_departments: Vec::new(),
        admission: Admission::Report,
        limit_workdays: Some(5),
        limit_minutes: None,
        urgency: Urgency::Normal,
        keywords: Vec::new(),
        pinyin: spelling.full,
        initials: spelling.initials,
        valid_from: None,
        valid_to: None,
        list_version: 1,
        origin: Origin::Filler,
        source: SOURCE.to_owned(),
    }
}
