//! The words for every enumerated value that is shown.

use records::call::{MatterRow, Standing};
use records::codes::{
    Admission, Asker, CareLevel, ConsentForm, Deed, ErasureGround, ErasureState, Finding, HouseholdKind,
    IdentityCheck, KeyCategory, MatterSource, Purpose, Relation, ReportReceiver, Residence, Role, Sex,
    StopGround, Urgency, VisitKind, VisitResult,
};

use crate::components::icon::Icon;
use crate::t;

/// What came of a visit.
pub fn result(result: VisitResult) -> &'static str {
    match result {
        VisitResult::Met => t!("result.met"),
        VisitResult::FamilyAnswered => t!("result.family"),
        VisitResult::NobodyHome => t!("result.nobody"),
        VisitResult::Later => t!("result.later"),
        VisitResult::Refused => t!("result.refused"),
        VisitResult::MovedAway => t!("result.moved"),
        VisitResult::Phone => t!("result.phone"),
        VisitResult::Neighbour => t!("result.neighbour"),
        VisitResult::Newer(_) => t!("newer"),
    }
}

/// What was done with personal data.
pub fn deed(deed: Deed) -> &'static str {
    match deed {
        Deed::Shown => t!("deed.shown"),
        Deed::TakenOut => t!("deed.taken_out"),
        Deed::Deleted => t!("deed.deleted"),
        Deed::Imported => t!("deed.imported"),
        Deed::Stopped => t!("deed.stopped"),
        Deed::Entrusted => t!("deed.entrusted"),
        Deed::Resumed => t!("deed.resumed"),
        Deed::Newer(_) => t!("newer"),
    }
}

/// Who asks for what is kept of a person.
pub fn asker(asker: Asker) -> &'static str {
    match asker {
        Asker::Person => t!("asker.person"),
        Asker::Guardian => t!("asker.guardian"),
        Asker::Proxy => t!("asker.proxy"),
        Asker::NextOfKin => t!("asker.next_of_kin"),
        Asker::Newer(_) => t!("newer"),
    }
}

/// How it was made sure that somebody may ask.
pub fn identity_check(check: IdentityCheck) -> &'static str {
    match check {
        IdentityCheck::Known => t!("checked.known"),
        IdentityCheck::Document => t!("checked.document"),
        IdentityCheck::CalledBack => t!("checked.called_back"),
        IdentityCheck::Mandate => t!("checked.mandate"),
        IdentityCheck::Newer(_) => t!("newer"),
    }
}

/// Why data is deleted.
pub fn erasure_ground(ground: ErasureGround) -> &'static str {
    match ground {
        ErasureGround::PurposeOver => t!("erasure.purpose_over"),
        ErasureGround::TimeOver => t!("erasure.time_over"),
        ErasureGround::ConsentWithdrawn => t!("erasure.consent_withdrawn"),
        ErasureGround::Unlawful => t!("erasure.unlawful"),
        ErasureGround::OtherLaw => t!("erasure.other_law"),
        ErasureGround::Newer(_) => t!("newer"),
    }
}

/// Why data is kept and not used.
pub fn stop_ground(ground: StopGround) -> &'static str {
    match ground {
        StopGround::TermOfLaw => t!("erasure.term_of_law"),
        StopGround::Infeasible => t!("erasure.infeasible"),
        StopGround::Newer(_) => t!("newer"),
    }
}

/// Where a request for deletion stands.
pub fn erasure_state(state: ErasureState) -> &'static str {
    match state {
        ErasureState::Open => t!("erasure.open"),
        ErasureState::Erased => t!("erasure.erased"),
        ErasureState::Stopped => t!("erasure.stopped"),
        ErasureState::TakenBack => t!("erasure.taken_back"),
        ErasureState::Resumed => t!("erasure.resumed"),
        ErasureState::Newer(_) => t!("newer"),
    }
}

/// How somebody agreed.
pub fn consent_form(form: ConsentForm) -> &'static str {
    match form {
        ConsentForm::Spoken => t!("consent.spoken"),
        ConsentForm::Written => t!("consent.written"),
        ConsentForm::Guardian => t!("consent.guardian"),
        ConsentForm::Newer(_) => t!("newer"),
    }
}

/// Who is told of suspected harm.
pub fn receiver(receiver: ReportReceiver) -> &'static str {
    match receiver {
        ReportReceiver::Police => t!("receiver.police"),
        ReportReceiver::CivilAffairs => t!("receiver.civil_affairs"),
        ReportReceiver::Education => t!("receiver.education"),
        ReportReceiver::WomensFederation => t!("receiver.women"),
        ReportReceiver::Newer(_) => t!("newer"),
    }
}

/// Why something sensitive is looked at.
pub fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Service => t!("purpose.service"),
        Purpose::Check => t!("purpose.check"),
        Purpose::Emergency => t!("purpose.emergency"),
        Purpose::OwnRequest => t!("purpose.own_request"),
        Purpose::Newer(_) => t!("newer"),
    }
}

/// The picture of a result.
pub fn result_icon(result: VisitResult) -> Icon {
    match result {
        VisitResult::Met | VisitResult::Newer(_) => Icon::Person,
        VisitResult::FamilyAnswered => Icon::Family,
        VisitResult::NobodyHome => Icon::Door,
        VisitResult::Later => Icon::Clock,
        VisitResult::Refused => Icon::No,
        VisitResult::MovedAway => Icon::Moved,
        VisitResult::Phone => Icon::Phone,
        VisitResult::Neighbour => Icon::Eye,
    }
}

/// What was noticed.
pub fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Health => t!("finding.health"),
        Finding::Hardship => t!("finding.hardship"),
        Finding::Hazard => t!("finding.hazard"),
        Finding::OutOfContact => t!("finding.contact"),
        Finding::UtilitiesCut => t!("finding.utilities"),
        Finding::LowSpirits => t!("finding.spirits"),
        Finding::Other => t!("finding.other"),
        Finding::Newer(_) => t!("newer"),
    }
}

/// Why one goes.
pub fn visit_kind(kind: VisitKind) -> &'static str {
    match kind {
        VisitKind::Routine => t!("visit_kind.routine"),
        VisitKind::SpecialGroup => t!("visit_kind.special"),
        VisitKind::Paired => t!("visit_kind.paired"),
        VisitKind::Festival => t!("visit_kind.festival"),
        VisitKind::Errand => t!("visit_kind.errand"),
        VisitKind::FactCheck => t!("visit_kind.facts"),
        VisitKind::HazardCheck => t!("visit_kind.hazard"),
        VisitKind::FollowUp => t!("visit_kind.follow_up"),
        VisitKind::Policy => t!("visit_kind.policy"),
        VisitKind::Newer(_) => t!("newer"),
    }
}

/// The care level.
pub fn care(care: CareLevel) -> &'static str {
    match care {
        CareLevel::Ordinary => t!("care.ordinary"),
        CareLevel::General => t!("care.general"),
        CareLevel::Key => t!("care.key"),
        CareLevel::High => t!("care.high"),
        CareLevel::Newer(_) => t!("newer"),
    }
}

/// How often the care level asks for a visit.
pub fn rhythm(care: CareLevel) -> &'static str {
    match care {
        CareLevel::Ordinary | CareLevel::Newer(_) => t!("rhythm.none"),
        CareLevel::General => t!("rhythm.quarter"),
        CareLevel::Key => t!("rhythm.month"),
        CareLevel::High => t!("rhythm.week"),
    }
}

/// Why a household is looked after.
pub fn category(category: KeyCategory) -> &'static str {
    match category {
        KeyCategory::Aged80Alone => t!("category.aged_alone"),
        KeyCategory::EmptyNest => t!("category.empty_nest"),
        KeyCategory::RuralLeftBehindAged => t!("category.left_behind_aged"),
        KeyCategory::Disabled => t!("category.disabled"),
        KeyCategory::DestituteAtHome => t!("category.destitute"),
        KeyCategory::Orphan => t!("category.orphan"),
        KeyCategory::UnsupportedChild => t!("category.unsupported_child"),
        KeyCategory::ChildInNeed => t!("category.child_in_need"),
        KeyCategory::LeftBehindChild => t!("category.left_behind_child"),
        KeyCategory::SevereDisability => t!("category.severe_disability"),
        KeyCategory::MinimumLiving => t!("category.minimum_living"),
        KeyCategory::LowIncome => t!("category.low_income"),
        KeyCategory::HighExpense => t!("category.high_expense"),
        KeyCategory::SeriousIllness => t!("category.serious_illness"),
        KeyCategory::LostOnlyChild => t!("category.lost_child"),
        KeyCategory::SpecialCare => t!("category.special_care"),
        KeyCategory::VeteranInNeed => t!("category.veteran"),
        KeyCategory::Temporary => t!("category.temporary"),
        KeyCategory::Newer(_) => t!("newer"),
    }
}

/// Relation to the head of the household.
pub fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Head => t!("relation.head"),
        Relation::Spouse => t!("relation.spouse"),
        Relation::Son => t!("relation.son"),
        Relation::Daughter => t!("relation.daughter"),
        Relation::Grandchild => t!("relation.grandchild"),
        Relation::Parent => t!("relation.parent"),
        Relation::Grandparent => t!("relation.grandparent"),
        Relation::Sibling => t!("relation.sibling"),
        Relation::Other => t!("relation.other"),
        Relation::Newer(_) => t!("newer"),
    }
}

/// Sex.
pub fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => t!("sex.male"),
        Sex::Female => t!("sex.female"),
        Sex::Newer(_) => t!("newer"),
    }
}

/// Residence; nothing for those who simply live here.
pub fn residence(residence: Residence) -> Option<&'static str> {
    match residence {
        Residence::Registered | Residence::Resident => None,
        Residence::Floating => Some(t!("residence.floating")),
        Residence::Away => Some(t!("residence.away")),
        Residence::Newer(_) => Some(t!("newer")),
    }
}

/// Kind of household; nothing for a family.
pub fn household_kind(kind: HouseholdKind) -> Option<&'static str> {
    match kind {
        HouseholdKind::Family => None,
        HouseholdKind::Collective => Some(t!("household_kind.collective")),
        HouseholdKind::Tenant => Some(t!("household_kind.tenant")),
        HouseholdKind::Newer(_) => Some(t!("newer")),
    }
}

/// 准入类别.
pub fn admission(admission: Admission) -> &'static str {
    match admission {
        Admission::SelfClosed => t!("admission.self_closed"),
        Admission::Assist => t!("admission.assist"),
        Admission::Report => t!("admission.report"),
        Admission::Errand => t!("admission.errand"),
        Admission::Negative => t!("admission.negative"),
        Admission::MandatoryReport => t!("admission.mandatory_report"),
        Admission::Newer(_) => t!("newer"),
    }
}

/// Urgency with its colour; nothing for the ordinary.
pub fn urgency(urgency: Urgency) -> Option<(&'static str, &'static str)> {
    match urgency {
        Urgency::Normal => None,
        Urgency::Soon => Some((t!("urgency.soon"), "wait")),
        Urgency::Urgent => Some((t!("urgency.urgent"), "need")),
        Urgency::CallFirst => Some((t!("urgency.call_first"), "need")),
        Urgency::Newer(_) => Some((t!("newer"), "")),
    }
}

/// Where a matter came from.
pub fn source(source: MatterSource) -> &'static str {
    match source {
        MatterSource::Visit => t!("source.visit"),
        MatterSource::Patrol => t!("source.patrol"),
        MatterSource::Resident => t!("source.resident"),
        MatterSource::Hotline => t!("source.hotline"),
        MatterSource::Online => t!("source.online"),
        MatterSource::Meeting => t!("source.meeting"),
        MatterSource::Superior => t!("source.superior"),
        MatterSource::Department => t!("source.department"),
        MatterSource::Campaign => t!("source.campaign"),
        MatterSource::SpotCheck => t!("source.spot_check"),
        MatterSource::Member => t!("source.member"),
        MatterSource::Newer(_) => t!("newer"),
    }
}

/// Role.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::GridWorker => t!("role.grid_worker"),
        Role::Member => t!("role.member"),
        Role::CommunityStaff => t!("role.community_staff"),
        Role::CommunityLead => t!("role.community_lead"),
        Role::Street => t!("role.street"),
        Role::Department => t!("role.department"),
        Role::UnitLiaison => t!("role.unit_liaison"),
        Role::VillageLiaison => t!("role.village_liaison"),
        Role::SpotChecker => t!("role.spot_checker"),
        Role::County => t!("role.county"),
        Role::Administrator => t!("role.administrator"),
        Role::Contractor => t!("role.contractor"),
        Role::Newer(_) => t!("newer"),
    }
}

/// Where a record stands: word, picture and the colour's name.
pub fn standing(standing: Standing) -> (&'static str, Icon, &'static str) {
    match standing {
        Standing::OnDevice => (t!("standing.on_device"), Icon::Device, "wait"),
        Standing::Sent => (t!("standing.sent"), Icon::Up, "sent"),
        Standing::Accepted => (t!("standing.accepted"), Icon::Check, "ok"),
        Standing::NeedsYou => (t!("standing.needs_you"), Icon::Alert, "need"),
    }
}

/// A limit in words; `None` without one.
pub fn limit(workdays: Option<u16>, minutes: Option<u32>) -> Option<String> {
    match (workdays, minutes) {
        (_, Some(minutes)) if minutes % 60 == 0 => Some(t!("limit.hours", hours = minutes / 60)),
        (_, Some(minutes)) => Some(t!("limit.minutes", minutes = minutes)),
        (Some(0), None) | (None, None) => None,
        (Some(days), None) => Some(t!("limit.workdays", days = days)),
    }
}

/// Who holds a matter and by when.
pub fn matter_line(row: &MatterRow) -> String {
    let department = row.department.clone().unwrap_or_else(|| t!("matter.off_list").to_owned());
    joined([Some(department), limit(row.limit_workdays, None)])
}

/// Name of a record's type as the core calls it.
pub fn kind_of_record(kind: &str) -> &'static str {
    match kind {
        "visit" => t!("record.visit"),
        "amendment" | "visit_amendment" => t!("record.amendment"),
        "matter" => t!("record.matter"),
        "household" => t!("record.household"),
        "person" => t!("record.person"),
        "house" => t!("record.house"),
        "item" => t!("record.item"),
        "handling" => t!("record.handling"),
        "consent" => t!("record.consent"),
        "erasure_request" => t!("record.erasure"),
        _ => t!("record.other"),
    }
}

/// Name of a field as the core calls it, `household.note`; `None` where there is nothing to tell a person.
pub fn known_field(name: &str) -> Option<&'static str> {
    Some(match name {
        "household.kind" => t!("field.kind"),
        "household.residents" => t!("field.residents"),
        "household.care" => t!("field.care"),
        "household.care_since" => t!("field.care_since"),
        "household.review_on" => t!("field.review_on"),
        "household.left_on" => t!("field.left_on"),
        "household.categories" => t!("field.categories"),
        "household.care_reason" => t!("field.reason"),
        "household.has_partner" => t!("field.partner"),
        "household.channel" => t!("field.channel"),
        "household.services" => t!("field.services"),
        "household.note" => t!("field.note"),
        "household.head" => t!("relation.head"),
        "record.deleted" => t!("field.deleted"),
        "house.hint" => t!("field.hint"),
        "house.estate" | "house.building" | "house.unit" | "house.room" => t!("field.door"),
        "house.usage" => t!("field.usage"),
        "matter.subject" => t!("matter_form.subject"),
        "matter.content" => t!("matter_form.content"),
        "visit.note" => t!("visit.note"),
        "person.name" => t!("field.name"),
        "person.phone" => t!("field.phone"),
        "person.id_number" => t!("field.id_number"),
        "person.born_on" => t!("field.born_on"),
        "person.relation" => t!("field.relation"),
        "person.residence" => t!("field.residence"),
        "person.sex" => t!("field.sex"),
        _ => return None,
    })
}

/// A field's value as the core tells it, in words: codes by their names, nothing as nothing.
pub fn value(field: &str, value: &str) -> String {
    let code = || value.parse::<u16>().ok();
    match field {
        _ if value.is_empty() => t!("sync.empty_value").to_owned(),
        "household.kind" => {
            let family = t!("household_kind.family");
            code().and_then(|code| household_kind(code.into())).unwrap_or(family).to_owned()
        }
        "household.categories" => {
            let names = value.split('、').filter_map(|code| code.parse::<u16>().ok());
            names.map(|code| category(code.into())).collect::<Vec<_>>().join(t!("sync.comma"))
        }
        "record.deleted" if value == "✓" => t!("field.deleted").to_owned(),
        "record.deleted" => t!("field.kept").to_owned(),
        _ => value.to_owned(),
    }
}

/// So many bytes, as people read them.
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    // A number and its unit stay on one line.
    format!("{}.{}\u{a0}{name}", bytes / unit, bytes % unit * 10 / unit)
}

/// Parts of a line, with the field's middle dot between those that are there.
pub fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Words of a place side by side, leaving out those that are empty.
pub fn joined_words<const N: usize>(parts: [&str; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_read() {
        for (bytes, read) in [
            (640, "0.6\u{a0}kB"),
            (3_140, "3.1\u{a0}kB"),
            (999_999, "999.9\u{a0}kB"),
            (12_900_000, "12.9\u{a0}MB"),
            (64_050_000_000, "64.0\u{a0}GB"),
        ] {
            assert_eq!(size(bytes), read);
        }
    }
}
