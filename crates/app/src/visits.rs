//! 走访: the sheet, its draft, saving, amending.

use chrono::NaiveDate;
use records::call::{AmendVisit, ItemRow, Kept, MatterDraft, Saved, VisitDraft, VisitSheet};
use records::codes::{Admission, CareLevel, MatterSource, VisitKind, VisitResult};
use records::household::Household;
use records::matter::Matter;
use records::person::Person;
use records::rules::{mask, rhythm, text::prose};
use records::visit::{Visit, VisitAmendment};
use records::{Fault, Moment, Record, RecordId, Scope};
use rusqlite::Connection;
use store::attachment;
use store::tables::household::HouseholdLine;
use store::tables::visit::Amended;
use store::tables::{draft, household, item, person, visit};
use store::{Action, StoreFault, identity, record};

use crate::households::{door_of, line_of, row_of};
use crate::undo::kept;
use crate::{Answer, App, Context};

/// A clock a little ahead is no reason to refuse, ms.
const CLOCK_SLACK_MS: i64 = 10 * 60_000;

impl App {
    pub(crate) fn open_visit_sheet(&mut self, id: RecordId, context: &mut Context<'_>) -> Answer<VisitSheet> {
        let (fresh, today) = (fresh_draft(id, context), context.today());
        Ok(self.store.read(|db| sheet(db, id, fresh, today))?)
    }

    pub(crate) fn save_visit(&mut self, visit: VisitDraft, context: &mut Context<'_>) -> Answer<Saved> {
        let now = context.now;
        let result = check(&visit, now)?;
        self.check_items(&visit.matters)?;
        let (id, now_ms) = (visit.id, now.utc_ms);
        let matters: Vec<(RecordId, MatterDraft)> = visit
            .matters
            .iter()
            .map(|matter| (matter.id.unwrap_or_else(|| context.new_id()), matter.clone()))
            .collect();
        self.save(id, context, |action| {
            // Saving the same sheet twice, by two taps or after a crash, saves once.
            if record::find(action.db(), id)?.is_none() {
                write_visit(action, &visit, result, &matters, now)?;
            }
            draft::forget(action.db(), visit.household)?;
            let mut used = matters.iter().filter_map(|(_, matter)| matter.item.as_ref());
            used.try_for_each(|used| item::note_use(action.db(), &used.code, now_ms))
        })
    }

    pub(crate) fn amend_visit(&mut self, request: AmendVisit, context: &mut Context<'_>) -> Answer<Saved> {
        if request.reason.trim().is_empty() {
            return Err(Fault::new("amendment.reason_missing"));
        }
        let (id, at) = (context.new_id(), context.now);
        self.save(request.visit, context, |action| {
            let (before, household) = amendable(action.db(), request.visit)?;
            let scope = scope_beside(action.db(), request.visit)?;
            let amendment = VisitAmendment {
                visit: request.visit,
                at,
                reason: prose(&request.reason),
                result: request.result,
                note: request.note.as_deref().map(prose),
                withdrawn: request.withdrawn,
            };
            action.create(id, &scope, &amendment)?;
            let says_moved = [before.result, request.result.unwrap_or(before.result)];
            if says_moved.contains(&VisitResult::MovedAway) {
                settle_whether_gone(action, household)?;
            }
            Ok(())
        })
    }

    /// Whether the list on this device has the items of these matters, for anybody to record.
    pub(crate) fn check_items(&self, matters: &[MatterDraft]) -> Answer<()> {
        let codes = matters.iter().filter_map(|matter| matter.item.as_ref()).map(|item| &item.code);
        for code in codes {
            let listed = self.store.read(|db| item::by_code(db, code))?;
            let refusal = match listed.map(|item| item.admission) {
                None => "matter.item_unknown",
                Some(Admission::MandatoryReport) => "matter.belongs_to_report",
                Some(_) => continue,
            };
            return Err(Fault::new(refusal).with("item", code));
        }
        Ok(())
    }

    pub(crate) fn save_draft(&mut self, sheet: &VisitDraft, context: &Context<'_>) -> Answer<Kept> {
        let json = serde_json::to_string(sheet).map_err(|_| Fault::new("store.failed"))?;
        let now_ms = context.now.utc_ms;
        self.store.write(|tx| {
            // A late keystroke must not bring back the draft of a visit that is saved.
            match record::find(tx, sheet.id)? {
                Some(_) => Ok(()),
                None => draft::keep(tx, sheet.household, &json, now_ms),
            }
        })?;
        Ok(Kept {})
    }

    pub(crate) fn drop_draft(&mut self, household: RecordId) -> Answer<Kept> {
        self.store.write(|tx| draft::forget(tx, household))?;
        Ok(Kept {})
    }
}

fn fresh_draft(household: RecordId, context: &mut Context<'_>) -> VisitDraft {
    VisitDraft {
        id: context.new_id(),
        household,
        kind: VisitKind::Routine,
        result: None,
        started: context.now,
        findings: Vec::new(),
        all_well: false,
        note: String::new(),
        next_on: None,
        matters: Vec::new(),
    }
}

fn sheet(db: &Connection, id: RecordId, fresh: VisitDraft, today: NaiveDate) -> store::Result<VisitSheet> {
    let line = line_of(db, id)?;
    let kept = kept(db, id)?;
    let kind = if line.care == CareLevel::Ordinary { VisitKind::Routine } else { VisitKind::SpecialGroup };
    let proposals = VisitResult::ALL
        .iter()
        .map(|result| (*result, rhythm::propose_next(line.care, today, *result)))
        .collect();
    Ok(VisitSheet {
        row: row_of(db, &line)?,
        care: line.care,
        phone: phone_of(db, id)?,
        is_resumed: kept.is_some(),
        // After the clock was put right, a draft must not begin in the future.
        draft: kept.map_or(VisitDraft { kind, ..fresh.clone() }, |kept| VisitDraft {
            started: kept.started.min(fresh.started),
            ..kept
        }),
        proposals,
        next_door: next_door(db, &line, today)?,
        hint: line.hint,
    })
}

fn phone_of(db: &Connection, household: RecordId) -> store::Result<Option<(RecordId, String)>> {
    let people = person::of_household(db, household)?;
    let with_phone = people.into_iter().find_map(|(row, Person { phone, .. })| phone.map(|p| (row.id, p)));
    Ok(with_phone.map(|(id, phone)| (id, mask::phone(&phone))))
}

/// The next due door of the same staircase, the first again after the last.
fn next_door(db: &Connection, line: &HouseholdLine, today: NaiveDate) -> store::Result<Option<RecordId>> {
    let due = household::due(db, today, 40)?;
    let mut stairs: Vec<&HouseholdLine> = due
        .iter()
        .filter(|other| other.id != line.id)
        .filter(|other| {
            (&other.estate, &other.building, &other.unit) == (&line.estate, &line.building, &line.unit)
        })
        .collect();
    stairs.sort_by(|a, b| a.place.cmp(&b.place));
    let following = stairs.iter().find(|other| other.place > line.place).or(stairs.first());
    Ok(following.map(|other| other.id))
}

fn check(visit: &VisitDraft, now: Moment) -> Answer<VisitResult> {
    let result = visit.result.ok_or_else(|| Fault::new("visit.result_missing"))?;
    if visit.started.utc_ms > now.utc_ms + CLOCK_SLACK_MS {
        return Err(Fault::new("visit.future"));
    }
    if visit.next_on.is_some_and(|next| next < now.local_day()) {
        return Err(Fault::new("visit.next_in_past"));
    }
    for matter in &visit.matters {
        check_matter(matter)?;
    }
    Ok(result)
}

pub(crate) fn check_matter(matter: &MatterDraft) -> Answer<()> {
    let has_reason = !matter.off_list_reason.trim().is_empty();
    if matter.item.is_none() && !has_reason {
        return Err(Fault::new("matter.item_or_reason"));
    }
    Ok(())
}

fn write_visit(
    action: &mut Action<'_, '_>,
    draft: &VisitDraft,
    result: VisitResult,
    matters: &[(RecordId, MatterDraft)],
    now: Moment,
) -> store::Result<()> {
    let line = line_of(action.db(), draft.household)?;
    let scope = scope_beside(action.db(), draft.household)?;
    let visit = Visit {
        household: draft.household,
        kind: draft.kind,
        result,
        started: draft.started,
        minutes: minutes_between(draft.started, now),
        findings: draft.findings.clone(),
        note: Some(prose(&draft.note)).filter(|note| !note.is_empty()),
        matters: matters.iter().map(|(id, _)| *id).collect(),
        next_on: draft.next_on,
        all_well: (draft.all_well && draft.findings.is_empty()).then_some(true),
        photos: attachment::taken_for(action.db(), draft.id)?,
    };
    action.create(draft.id, &scope, &visit)?;
    for (id, matter) in matters {
        let about = About { household: Some(draft.household), visit: Some(draft.id), door: door_of(&line) };
        write_matter(action, *id, &scope, matter, &about, now)?;
    }
    settle_whether_gone(action, draft.household)
}

/// Whole minutes from the sheet's opening; left out when the sheet lay about for more than an hour.
fn minutes_between(started: Moment, now: Moment) -> Option<u16> {
    let minutes = (now.utc_ms - started.utc_ms) / 60_000;
    u16::try_from(minutes).ok().filter(|minutes| (1..=60).contains(minutes))
}

/// A household is gone while its latest visit says that it moved away, and back with any other.
///
/// For H one visit does not end the rhythm: the community confirms it first, so that nobody is dropped
/// silently (domain §3.9).
fn settle_whether_gone(action: &mut Action<'_, '_>, id: RecordId) -> store::Result<()> {
    let household: Household = record::typed(action.db(), id)?;
    let left_on = match visit::latest(action.db(), id)? {
        Some((_, VisitResult::MovedAway)) if household.care == CareLevel::High => household.left_on,
        Some((on, VisitResult::MovedAway)) => household.left_on.or(Some(on)),
        _ => None,
    };
    action.edit(id, &Household { left_on, ..household }).map(|_| ())
}

/// A visit as it stands, and its household. Only who made it may amend it.
fn amendable(db: &Connection, id: RecordId) -> store::Result<(Amended, RecordId)> {
    let row = record::get(db, id)?;
    let me = identity::identity(db)?.map(|identity| identity.account);
    if record::author(db, &row)? != me {
        return Err(StoreFault::Refused("amendment.not_yours"));
    }
    let value = Visit::from_body(row.body().ok_or(StoreFault::Missing(id))?)?;
    Ok((Amended::of(db, &row, &value)?, value.household))
}

/// The scope of a record, where what belongs to it goes too.
pub(crate) fn scope_beside(db: &Connection, id: RecordId) -> store::Result<Scope> {
    let row = record::get(db, id)?;
    record::scope_of(db, row.scope)
}

/// Whom a matter concerns, and where.
pub(crate) struct About {
    pub household: Option<RecordId>,
    pub visit: Option<RecordId>,
    pub door: String,
}

/// Writes a matter with department and limit as the list says today.
pub(crate) fn write_matter(
    action: &mut Action<'_, '_>,
    id: RecordId,
    scope: &Scope,
    draft: &MatterDraft,
    about: &About,
    now: Moment,
) -> store::Result<()> {
    let code = draft.item.as_ref().map(|item| item.code.clone());
    let listed = code.as_deref().map(|code| item::by_code(action.db(), code)).transpose()?.flatten();
    if code.is_some() && listed.is_none() {
        return Err(StoreFault::Refused("matter.item_unknown"));
    }
    let given = |text: &str| Some(prose(text)).filter(|text| !text.is_empty());
    let name = draft.item.as_ref().map(|ItemRow { name, .. }| name.clone());
    let matter = Matter {
        list_version: listed.as_ref().map_or(0, |item| item.list_version),
        subject: given(&draft.subject).or(name).or(given(&draft.off_list_reason)).unwrap_or_default(),
        place: given(&draft.place).unwrap_or_else(|| about.door.clone()),
        occurred: now,
        content: given(&draft.content),
        source: if about.visit.is_some() { MatterSource::Visit } else { MatterSource::Patrol },
        household: about.household,
        visit: about.visit,
        urgency: listed.as_ref().map_or(records::codes::Urgency::Normal, |item| item.urgency),
        off_list_reason: if code.is_none() { given(&draft.off_list_reason) } else { None },
        department: listed.as_ref().map(|item| item.department.clone()),
        limit_workdays: listed.as_ref().and_then(|item| item.limit_workdays),
        progress: None,
        photos: attachment::taken_for(action.db(), id)?,
        item: code,
    };
    action.create(id, scope, &matter)
}
