//! Names counties give the columns of an item list.

use crate::columns::Column;

pub(crate) const COLUMNS: &[Column] = &[
    Column {
        field: "item.code",
        names: &["事项编码", "事项编号", "事项代码", "编码", "代码", "编号", "item_code", "code"],
    },
    Column {
        field: "item.name",
        names: &["事项名称", "事项", "名称", "网格事项", "小类", "小类名称", "item", "name"],
    },
    Column {
        field: "item.category_code", names: &["类别编码", "大类编码", "类别代码", "category_code"]
    },
    Column {
        field: "item.category",
        names: &["类别", "大类", "事项类别", "大类名称", "类别名称", "category"],
    },
    Column {
        field: "item.department",
        names: &[
            "主办部门",
            "责任部门",
            "主办单位",
            "责任单位",
            "牵头部门",
            "主责部门",
            "承办部门",
            "主办责任部门",
            "部门",
            "lead_department",
            "department",
        ],
    },
    Column {
        field: "item.co_departments",
        names: &["协办部门", "协办单位", "配合部门", "协助部门", "配合单位", "co_departments"],
    },
    Column {
        field: "item.admission", names: &["准入类别", "准入类型", "准入", "办理方式", "admission"]
    },
    Column {
        field: "item.limit_workdays",
        names: &["办理时限", "时限", "时限工作日", "时限天", "处置时限", "工作日", "limit_workdays"],
    },
    Column {
        field: "item.limit_minutes",
        names: &["时限(分钟)", "办理时限(分钟)", "紧急时限", "时限分钟", "limit_minutes"],
    },
    Column { field: "item.urgency", names: &["紧急程度", "紧急", "缓急", "urgency"] },
    Column { field: "item.keywords", names: &["关键词", "别名", "俗称", "其他说法", "keywords"] },
    Column { field: "item.origin", names: &["来源类别", "来源性质", "origin"] },
    Column { field: "item.source", names: &["来源", "依据", "出处", "来源依据", "source"] },
];
