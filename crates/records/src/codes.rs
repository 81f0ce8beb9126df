//! Enumerations of the field (domain model §3), each with the numeric code it is stored and sent as.
//!
//! A code this build does not know becomes `Newer(code)`: it is kept, shown as "新类型" and sent on
//! unchanged, so that a device two versions old loses nothing.

/// Declares an enumeration whose stored form is a small number.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "u16", into = "u16")]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A code from a newer version, kept as it came.
            Newer(u16),
        }

        impl $name {
            /// Every value this version knows, in the order of the source.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stored code.
            pub fn code(self) -> u16 {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Newer(code) => code,
                }
            }

            /// Whether this version knows the code.
            pub fn is_known(self) -> bool {
                !matches!(self, Self::Newer(_))
            }
        }

        impl From<u16> for $name {
            fn from(code: u16) -> Self {
                match code {
                    $($code => Self::$variant,)+
                    other => Self::Newer(other),
                }
            }
        }

        impl From<$name> for u16 {
            fn from(value: $name) -> u16 {
                value.code()
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.u16(self.code())?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                Ok(Self::from(d.u16()?))
            }
        }
    };
}

coded! {
    /// Roles R1–R13 (§3.1). R12, a resident without an account, never appears here.
    Role {
        /// 网格员
        GridWorker = 1,
        /// 在职党员
        Member = 2,
        /// 社区工作者
        CommunityStaff = 3,
        /// 社区党组织负责人
        CommunityLead = 4,
        /// 街道(乡镇)
        Street = 5,
        /// 职能部门
        Department = 6,
        /// 单位党组织联络员
        UnitLiaison = 7,
        /// 片长、党员中心户、楼栋长
        VillageLiaison = 8,
        /// 抽查员
        SpotChecker = 9,
        /// 县级组织部、社会工作部
        County = 10,
        /// 系统管理员, without business data
        Administrator = 11,
        /// 承办企业
        Contractor = 13,
    }
}

coded! {
    /// AREA: levels of the area tree (§2.1).
    AreaKind {
        /// 县市
        County = 1,
        /// 乡镇·街道
        Street = 2,
        /// 村·社区
        Community = 3,
        /// 网格
        Grid = 4,
    }
}

coded! {
    /// ADM 准入类别 of an item (§3.3).
    Admission {
        /// Z 自办自结: grid or community closes it.
        SelfClosed = 1,
        /// X 协助办理: the community assists, the department leads.
        Assist = 2,
        /// F 发现上报: find and report only.
        Report = 3,
        /// D 代办帮办: an errand for the resident.
        Errand = 4,
        /// N 不得下派: negative list.
        Negative = 5,
        /// Q 强制报告: reported to the police at once, outside every flow (§5.13); never a matter.
        MandatoryReport = 6,
    }
}

coded! {
    /// URG urgency (§3.7).
    Urgency {
        /// 一般
        Normal = 0,
        /// 较急
        Soon = 1,
        /// 紧急
        Urgent = 2,
        /// 特急, call first
        CallFirst = 3,
    }
}

coded! {
    /// EST: states of a matter (§3.5); a matter without one waits to be accepted.
    MatterState {
        /// P 待受理
        Waiting = 1,
        /// A 已受理待派
        Accepted = 2,
        /// H 办理中
        InHand = 4,
        /// V 办结待核查
        Done = 7,
        /// R 待回访
        CallBack = 8,
        /// C 已结案
        Closed = 9,
        /// J 不予受理
        Declined = 11,
        /// M 已合并
        Merged = 12,
        /// K 已作废
        Void = 13,
        /// U 已转紧急
        Escalated = 14,
    }
}

coded! {
    /// EOP: what is done with a matter (§3.4).
    MatterCommand {
        /// 社区自行办理
        Handle = 1,
        /// 核查通过
        Verify = 30,
        /// 受理
        Accept = 61,
        /// 办结
        Finish = 101,
        /// 核查不通过, back to whoever handles it
        SendBack = 200,
        /// 自办自结
        SelfClose = 300,
        /// 不予受理
        Decline = 310,
        /// 合并重复
        Merge = 320,
        /// 转紧急 (110, 119, 120, 122)
        Escalate = 330,
        /// 回访
        CallBack = 360,
        /// 重启
        Reopen = 370,
        /// 撤回, 作废
        Withdraw = 1111,
    }
}

coded! {
    /// WST: states of a small wish (§3.11).
    WishState {
        /// 待审
        Waiting = 0,
        /// 待认领
        Open = 1,
        /// 已认领
        Claimed = 3,
        /// 实现中
        InHand = 4,
        /// 待确认
        Done = 5,
        /// 已实现
        Fulfilled = 6,
        /// 未认领转社区
        HandedOver = 7,
        /// 撤下
        TakenDown = 8,
    }
}

coded! {
    /// What is done with a small wish (SM-3).
    WishCommand {
        /// 审核通过
        Approve = 1,
        /// 认领
        Claim = 2,
        /// 交回
        GiveBack = 3,
        /// 开始实现
        Begin = 4,
        /// 办好了
        Finish = 5,
        /// 确认
        Confirm = 6,
        /// 转社区
        HandOver = 7,
        /// 撤下
        TakeDown = 8,
    }
}

coded! {
    /// Where a list row comes from, kept so that nobody takes a composed row for an official one.
    Origin {
        /// A public list, named in `source`.
        Public = 1,
        /// The source article itself.
        Article = 2,
        /// Composed as starter data, for the county to edit.
        Composed = 3,
        /// Filler that brings the sample city to full size.
        Filler = 4,
        /// Handed over by the county.
        County = 5,
    }
}

coded! {
    /// Which reference list an entry belongs to.
    ListName {
        /// 专职网格员职责任务清单 (12)
        GridWorkerDuties = 1,
        /// 村(社区)三项清单 (50)
        CommunityDuties = 2,
        /// 不应由社区出具证明事项 (20)
        CertificatesNotIssued = 3,
        /// 岗位 (8 类 44 个)
        Posts = 4,
        /// 管理办法 (5)
        ManagementRules = 5,
    }
}

coded! {
    /// Use of a house (HOUSEUSE, §2.2).
    HouseUse {
        /// 自住
        OwnerOccupied = 1,
        /// 出租
        Rented = 2,
        /// 空置
        Vacant = 3,
        /// 经营
        Business = 4,
        /// 群租或集体
        Shared = 5,
    }
}

coded! {
    /// Kind of household (HHKIND, §2.2).
    HouseholdKind {
        /// 家庭户
        Family = 1,
        /// 集体户
        Collective = 2,
        /// 租住户
        Tenant = 3,
    }
}

coded! {
    /// CARE level, which sets the visit rhythm (§3.9).
    CareLevel {
        /// O 普通: no fixed rhythm, the default.
        Ordinary = 0,
        /// N 一般: at least once a quarter.
        General = 1,
        /// M 重点: at least once a month.
        Key = 2,
        /// H 高风险: at least once a week.
        High = 3,
    }
}

coded! {
    /// KEYCAT: why a household is a 重点户 (§3.9).
    KeyCategory {
        /// 80岁以上独居
        Aged80Alone = 1,
        /// 空巢老人
        EmptyNest = 2,
        /// 农村留守老人
        RuralLeftBehindAged = 3,
        /// 失能失智老人
        Disabled = 4,
        /// 分散供养特困
        DestituteAtHome = 5,
        /// 孤儿
        Orphan = 6,
        /// 事实无人抚养儿童
        UnsupportedChild = 7,
        /// 困境儿童
        ChildInNeed = 8,
        /// 留守儿童
        LeftBehindChild = 9,
        /// 重度残疾
        SevereDisability = 10,
        /// 低保
        MinimumLiving = 11,
        /// 低保边缘/低收入
        LowIncome = 12,
        /// 支出型困难
        HighExpense = 13,
        /// 重病家庭
        SeriousIllness = 14,
        /// 计划生育特殊家庭
        LostOnlyChild = 15,
        /// 优抚对象
        SpecialCare = 16,
        /// 退役军人困难户
        VeteranInNeed = 17,
        /// 临时遇困
        Temporary = 18,
    }
}

coded! {
    /// REL: relation to the head of the household.
    Relation {
        /// 户主
        Head = 0,
        /// 配偶
        Spouse = 1,
        /// 子
        Son = 2,
        /// 女
        Daughter = 3,
        /// 孙辈
        Grandchild = 4,
        /// 父母
        Parent = 5,
        /// 祖父母
        Grandparent = 6,
        /// 兄弟姐妹
        Sibling = 7,
        /// 其他
        Other = 8,
    }
}

coded! {
    /// Sex as on the identity card.
    Sex {
        /// 男
        Male = 1,
        /// 女
        Female = 2,
    }
}

coded! {
    /// RES: residence (§2.2).
    Residence {
        /// 户籍
        Registered = 1,
        /// 常住
        Resident = 2,
        /// 流动
        Floating = 3,
        /// 人户分离
        Away = 4,
    }
}

coded! {
    /// VISIT: kinds of visit (§3.8).
    VisitKind {
        /// 日常走访
        Routine = 1,
        /// 特殊群体探访
        SpecialGroup = 2,
        /// 包联走访
        Paired = 3,
        /// 节日慰问
        Festival = 4,
        /// 帮办代办
        Errand = 5,
        /// 信息核对
        FactCheck = 6,
        /// 隐患排查
        HazardCheck = 7,
        /// 回访
        FollowUp = 8,
        /// 政策宣传
        Policy = 9,
    }
}

coded! {
    /// VRES: what came of a visit (§3.8).
    VisitResult {
        /// 已见面
        Met = 1,
        /// 家人代答
        FamilyAnswered = 2,
        /// 无人在家
        NobodyHome = 3,
        /// 本人不便改期
        Later = 4,
        /// 不愿接受, not to be pressed
        Refused = 5,
        /// 已迁出
        MovedAway = 6,
        /// 电话/视频替代
        Phone = 7,
        /// 邻里代访
        Neighbour = 8,
    }
}

coded! {
    /// ABN: abnormal findings (§3.8). Code 4, suspected violence or abuse, is deliberately absent:
    /// it goes through the mandatory-report screen and never becomes a finding others see (§5.13).
    Finding {
        /// 身体异常
        Health = 1,
        /// 生活困难
        Hardship = 2,
        /// 安全隐患
        Hazard = 3,
        /// 失联
        OutOfContact = 5,
        /// 欠缴停水停电
        UtilitiesCut = 6,
        /// 情绪低落需关爱
        LowSpirits = 7,
        /// 其他
        Other = 8,
    }
}

coded! {
    /// SRC: where a matter came from (§3.6).
    MatterSource {
        /// 走访
        Visit = 1,
        /// 巡查
        Patrol = 2,
        /// 居民上门
        Resident = 3,
        /// 电话热线
        Hotline = 4,
        /// 微信/网站转入
        Online = 5,
        /// 会议议题
        Meeting = 6,
        /// 上级交办
        Superior = 7,
        /// 部门转入
        Department = 8,
        /// “我是网格员”蹲点
        Campaign = 9,
        /// 抽查发现
        SpotCheck = 10,
        /// 党员反映
        Member = 11,
    }
}

impl VisitResult {
    /// Whether the visit counts for coverage and the rhythm (§5.3: results 1, 2, 7, 8).
    pub fn is_effective(self) -> bool {
        matches!(self, Self::Met | Self::FamilyAnswered | Self::Phone | Self::Neighbour)
    }
}

impl CareLevel {
    /// The letter used in the field's own tables: H, M, N or O.
    pub fn letter(self) -> char {
        match self {
            Self::High => 'H',
            Self::Key => 'M',
            Self::General => 'N',
            Self::Ordinary | Self::Newer(_) => 'O',
        }
    }
}

coded! {
    /// What was done with personal data (PIPL 55 and 56 want a record of handling; domain §6, report 35).
    Deed {
        /// 查看: one masked value was shown once.
        Shown = 1,
        /// 导出、打印: it left the app.
        TakenOut = 2,
        /// 删除
        Deleted = 3,
        /// 导入
        Imported = 4,
        /// 停止处理: kept because the law demands it, and used for nothing.
        Stopped = 5,
        /// 委托、提供: somebody else was given it.
        Entrusted = 6,
        /// 恢复处理: what was stopped is used again.
        Resumed = 7,
    }
}

coded! {
    /// Why a field of level 4 is looked at: a short list, composed, so that nobody types reasons about people.
    Purpose {
        /// 办理本人托办的事
        Service = 1,
        /// 核对登记
        Check = 2,
        /// 紧急救助
        Emergency = 3,
        /// 本人要求
        OwnRequest = 4,
    }
}

coded! {
    /// BASIS on which a field is kept (PIPL 13; of sensitive ones 29, of State organs 34).
    Basis {
        /// 履行法定职责
        Duty = 1,
        /// 本人单独同意
        Consent = 2,
    }
}

coded! {
    /// How somebody agreed.
    ConsentForm {
        /// 口头
        Spoken = 1,
        /// 书面
        Written = 2,
        /// 监护人代为 (PIPL 31: under 14)
        Guardian = 3,
    }
}

coded! {
    /// Who was told of suspected harm (未成年人保护法 11: 公安, 民政, 教育 and others; 反家庭暴力法 14: 公安).
    ReportReceiver {
        /// 公安
        Police = 1,
        /// 民政（未成年人保护）
        CivilAffairs = 2,
        /// 教育
        Education = 3,
        /// 妇联
        WomensFederation = 4,
    }
}

coded! {
    /// Who asks for what is kept of a person (PIPL 45, 47; 31 for those under 14, 49 for the dead).
    Asker {
        /// 本人
        Person = 1,
        /// 监护人
        Guardian = 2,
        /// 受本人委托的人
        Proxy = 3,
        /// 去世者的近亲属
        NextOfKin = 4,
    }
}

coded! {
    /// How it was made sure that somebody may ask.
    IdentityCheck {
        /// 当面，本来就认识
        Known = 1,
        /// 当面，看过证件
        Document = 2,
        /// 拨登记的电话核对过
        CalledBack = 3,
        /// 有书面委托
        Mandate = 4,
    }
}

coded! {
    /// Why data is deleted (PIPL 47).
    ErasureGround {
        /// 目的已经达到，不再需要
        PurposeOver = 1,
        /// 保存时间已到
        TimeOver = 2,
        /// 撤回了同意
        ConsentWithdrawn = 3,
        /// 本来就不该收集
        Unlawful = 4,
        /// 法律规定的其他情形
        OtherLaw = 5,
    }
}

coded! {
    /// Why data that was asked to be deleted is kept for a time, and used for nothing (PIPL 47, second paragraph).
    StopGround {
        /// 法律、行政法规规定的保存期限未到
        TermOfLaw = 1,
        /// 技术上难以删除
        Infeasible = 2,
    }
}

coded! {
    /// Where a request for deletion stands.
    ErasureState {
        /// 等社区决定
        Open = 1,
        /// 已删除
        Erased = 2,
        /// 停止处理
        Stopped = 3,
        /// 请求人撤回
        TakenBack = 4,
        /// 恢复处理
        Resumed = 5,
    }
}

coded! {
    /// What is done about a request for deletion.
    ErasureCommand {
        /// 删除
        Erase = 1,
        /// 停止处理
        Stop = 2,
        /// 撤回请求
        TakeBack = 3,
        /// 恢复处理
        Resume = 4,
    }
}
