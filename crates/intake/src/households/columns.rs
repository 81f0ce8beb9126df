//! Names counties give the columns of a household register.

use crate::columns::Column;

pub(crate) const COLUMNS: &[Column] = &[
    Column {
        field: "area.grid", names: &["网格", "所属网格", "网格编号", "网格编码", "网格名称", "网格号"]
    },
    Column {
        field: "house.address",
        names: &[
            "地址",
            "住址",
            "家庭住址",
            "详细地址",
            "现住址",
            "居住地址",
            "房屋地址",
            "家庭地址",
            "门牌地址",
        ],
    },
    Column {
        field: "house.estate", names: &["小区", "小区名称", "所属小区", "住宅小区", "院落", "屯"]
    },
    Column {
        field: "house.building",
        names: &["楼栋", "楼号", "幢", "栋", "楼", "楼栋号", "栋号", "幢号", "楼幢", "楼宇", "排"],
    },
    Column { field: "house.unit", names: &["单元", "单元号", "门洞"] },
    Column {
        field: "house.room",
        names: &[
            "门牌",
            "房号",
            "室",
            "室号",
            "房间号",
            "门牌号",
            "户室号",
            "房屋号",
            "门牌房号",
            "门号",
            "户号",
        ],
    },
    Column {
        field: "house.usage",
        names: &["房屋用途", "用途", "房屋性质", "房屋状态", "居住类型", "房屋类型"],
    },
    Column { field: "house.hint", names: &["门口提示", "提示", "敲门提示", "上门提示"] },
    Column { field: "household.head", names: &["户主", "户主姓名"] },
    Column {
        field: "household.residents",
        names: &[
            "人口数",
            "家庭人口",
            "人口",
            "家庭人口数",
            "户内人口",
            "居住人数",
            "人数",
            "家庭人数",
            "常住人口数",
        ],
    },
    Column {
        field: "household.care",
        names: &["关爱等级", "探访等级", "走访等级", "等级", "风险等级", "关注等级", "探访级别"],
    },
    Column {
        field: "household.categories",
        names: &[
            "重点类别",
            "重点户类别",
            "特殊群体类别",
            "人群类别",
            "特殊群体",
            "重点人群类别",
            "重点户类型",
        ],
    },
    Column { field: "household.care_reason", names: &["关爱原因", "重点原因", "列入原因"] },
    Column { field: "household.note", names: &["备注", "说明", "备注说明", "情况说明"] },
    Column {
        field: "person.name",
        names: &["姓名", "居民姓名", "成员姓名", "人员姓名", "家庭成员", "家庭成员姓名"],
    },
    Column {
        field: "person.relation",
        names: &["与户主关系", "关系", "家庭关系", "户主关系", "与户主的关系"],
    },
    Column {
        field: "person.phone",
        names: &[
            "联系电话",
            "手机",
            "手机号",
            "手机号码",
            "电话",
            "联系方式",
            "电话号码",
            "联系手机",
            "户主电话",
        ],
    },
    Column {
        field: "person.id_number",
        names: &["身份证号", "身份证", "身份证号码", "公民身份号码", "证件号码", "证件号", "身份号码"],
    },
    Column { field: "person.sex", names: &["性别"] },
    Column { field: "person.born_on", names: &["出生日期", "出生年月日", "生日", "出生"] },
    Column {
        field: "person.residence",
        names: &["居住状态", "居住情况", "户籍状态", "人口类型", "户籍类型", "居住性质"],
    },
];
