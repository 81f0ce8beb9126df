//! How long what is kept may be kept, and what is due on a day (PIPL 19: no longer than needed; domain §9.4).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Months, NaiveDate};
use thiserror::Error;

use super::erasure::{Fate, Standing};
use crate::Body;
use crate::body::{NULL, Patch};
use crate::codes::ErasureState;
use crate::consent::Consent;
use crate::declaration::Record;
use crate::erasure_request::ErasureRequest;
use crate::handling::Handling;
use crate::household::{self, Household};
use crate::ids::RecordId;
use crate::matter::Matter;
use crate::matter_flow::is_ended;
use crate::person::Person;
use crate::time::Moment;
use crate::visit::{Visit, VisitAmendment};

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeps {
    /// Visits, until they lose names and words; counts stay.
    Visits,
    /// People, after they or their household left or were deleted.
    People,
    /// Photos, after what they show is closed.
    Photos,
    /// What was done with people's data, and what they asked and agreed to, after their data is gone.
    Proof,
    /// The audit of the server.
    Audit,
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What it is about.
    pub keeps: Keeps,
    /// Its name among the settings.
    pub name: &'static str,
    /// Months it is kept, unless the county says otherwise.
    pub months: u16,
    /// Months it is kept at least, whatever the county says.
    pub least: u16,
    /// Where the numbers are from.
    pub source: &'static str,
}

const fn rule(keeps: Keeps, name: &'static str, (months, least): (u16, u16), source: &'static str) -> Rule {
    Rule { keeps, name, months, least, source }
}

/// Every rule. The months are decisions of this project, a county's settings change them; what is least is the law's.
pub const RULES: &[Rule] = &[
    rule(Keeps::Visits, "visits", (36, 1), "decided here: three years, then de-identified"),
    rule(Keeps::People, "people", (24, 1), "decided here: two years after they left"),
    rule(Keeps::Photos, "photos", (12, 1), "decided here: one year after the matter is closed"),
    rule(Keeps::Proof, "proof", (36, 36), "个人信息保护法 第56条: records of handling three years at least"),
    rule(Keeps::Audit, "audit", (36, 6), "decided here; 网络安全法 第21条: six months at least"),
];

/// How long each is kept here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periods(BTreeMap<Keeps, u16>);

/// Shorter than the law allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{name} are kept {least} months at least")]
pub struct TooShort {
    name: &'static str,
    least: u16,
}

impl Default for Periods {
    fn default() -> Self {
        Self(RULES.iter().map(|rule| (rule.keeps, rule.months)).collect())
    }
}

impl Periods {
    /// The same with so many months for one of them.
    ///
    /// # Errors
    /// [`TooShort`].
    pub fn keeping(mut self, rule: &Rule, months: u16) -> Result<Self, TooShort> {
        if months < rule.least {
            return Err(TooShort { name: rule.name, least: rule.least });
        }
        self.0.insert(rule.keeps, months);
        Ok(self)
    }

    /// The first day on which what ended on this one is due; `None` where no calendar has it.
    pub fn due_on(&self, keeps: Keeps, ended: NaiveDate) -> Option<NaiveDate> {
        let months = self.0.get(&keeps).copied().unwrap_or(u16::MAX);
        ended.checked_add_months(Months::new(months.into()))?.succ_opt()
    }

    fn is_over(&self, keeps: Keeps, ended: NaiveDate, today: NaiveDate) -> bool {
        self.due_on(keeps, ended).is_some_and(|due| due <= today)
    }

    /// The last day of which nothing need be kept, seen from this one.
    pub fn over_before(&self, keeps: Keeps, today: NaiveDate) -> Option<NaiveDate> {
        let months = self.0.get(&keeps).copied().unwrap_or(u16::MAX);
        today.checked_sub_months(Months::new(months.into()))
    }
}

/// A record of a grid with what says how long it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aged {
    /// The record.
    pub record: Standing,
    /// The day it was deleted; `None` when it is not.
    pub deleted_on: Option<NaiveDate>,
    /// The day it was cleared last.
    pub cleared_on: Option<NaiveDate>,
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The record.
    pub id: RecordId,
    /// By which rule.
    pub keeps: Keeps,
    /// What becomes of it; `None` for a person, who is erased with all that names them.
    pub fate: Option<Fate>,
}

const PERSON: crate::Kind = Person::DECLARATION.kind;
/// Number of the field [`Visit::photos`].
const VISIT_PHOTOS: u32 = 10;
/// Number of the field [`Matter::photos`].
const MATTER_PHOTOS: u32 = 14;

/// What is due in a grid on a day. A record is in it once; what is left of it may be due by another rule the next time.
pub fn due(grid: &[Aged], periods: &Periods, today: NaiveDate) -> Vec<Due> {
    let grid = Grid::of(grid, periods, today);
    grid.all.iter().filter_map(|aged| grid.due(aged)).collect()
}

/// Everything of a grid, found by what it belongs to.
struct Grid<'a> {
    all: &'a [Aged],
    by_id: BTreeMap<RecordId, &'a Aged>,
    /// What was corrected about which visits, oldest first.
    amendments: BTreeMap<RecordId, Vec<VisitAmendment>>,
    /// The last day somebody is put aside.
    withheld: BTreeMap<RecordId, NaiveDate>,
    periods: &'a Periods,
    today: NaiveDate,
}

impl<'a> Grid<'a> {
    fn of(all: &'a [Aged], periods: &'a Periods, today: NaiveDate) -> Self {
        let by_id = all.iter().map(|aged| (aged.record.id, aged)).collect();
        let (mut amendments, mut withheld) = (BTreeMap::<_, Vec<VisitAmendment>>::new(), BTreeMap::new());
        for aged in all.iter().filter(|aged| !aged.record.is_deleted) {
            if let Some(amendment) = read::<VisitAmendment>(&aged.record) {
                amendments.entry(amendment.visit).or_default().push(amendment);
            }
            let request = read::<ErasureRequest>(&aged.record);
            if let Some(request) = request.filter(|request| request.state() == ErasureState::Stopped) {
                let until = request.decision.and_then(|decision| decision.until).unwrap_or(NaiveDate::MAX);
                let last = withheld.entry(request.subject).or_insert(until);
                *last = until.max(*last);
            }
        }
        amendments.values_mut().for_each(|of_one| of_one.sort_by_key(|amendment| amendment.at.utc_ms));
        Self { all, by_id, amendments, withheld, periods, today }
    }

    fn due(&self, aged: &Aged) -> Option<Due> {
        let record = &aged.record;
        let is_of = |kind: crate::Kind| record.kind == kind;
        let (keeps, fate) = match () {
            () if record.body.erased_for().is_some() => return None,
            () if is_of(PERSON) => (Keeps::People, self.person(aged).then_some(None)?),
            () if record.is_deleted => return None,
            () if is_of(Visit::DECLARATION.kind) => self.visit(record)?,
            () if is_of(VisitAmendment::DECLARATION.kind) => (Keeps::Visits, self.amendment(record)?),
            () if is_of(Household::DECLARATION.kind) => (Keeps::People, self.household(record)?),
            () if is_of(Matter::DECLARATION.kind) => (Keeps::Photos, self.matter(record)?),
            () => (Keeps::Proof, self.proof(record)?),
        };
        Some(Due { id: record.id, keeps, fate })
    }

    fn is_over(&self, keeps: Keeps, ended: NaiveDate) -> bool {
        self.periods.is_over(keeps, ended, self.today)
    }

    /// Whoever is put aside is kept until the day that was decided, and no other rule counts.
    fn person(&self, aged: &Aged) -> bool {
        let Some(person) = read::<Person>(&aged.record) else { return false };
        if let Some(until) = self.withheld.get(&aged.record.id).filter(|_| aged.record.is_deleted) {
            return *until < self.today;
        }
        let left_on = self.left_on(person.household);
        aged.deleted_on.into_iter().chain(left_on).any(|ended| self.is_over(Keeps::People, ended))
    }

    fn left_on(&self, household: RecordId) -> Option<NaiveDate> {
        let home = self.by_id.get(&household)?;
        home.deleted_on.or(read::<Household>(&home.record)?.left_on)
    }

    /// Why and how a household that left was cared for is about its people.
    fn household(&self, record: &Standing) -> Option<Option<Fate>> {
        let left_on = read::<Household>(record)?.left_on?;
        let mut fields = [household::CARE_REASON, CHANNEL, NOTE].map(|field| (field, NULL.to_vec())).to_vec();
        fields.push((household::CATEGORIES, Body::trusted(vec![0x80]).as_bytes().to_vec()));
        self.is_over(Keeps::People, left_on).then(|| rewritten(record, &fields))?
    }

    fn visit(&self, record: &Standing) -> Option<(Keeps, Option<Fate>)> {
        let visit = read::<Visit>(record)?;
        let day = visit.started.local_day();
        if self.is_over(Keeps::Visits, day) {
            return Some((Keeps::Visits, self.counted(record, visit)?));
        }
        let is_open =
            |id: &RecordId| self.by_id.get(id).is_some_and(|aged| !self.is_long_closed(&aged.record));
        let has_photos = visit.photos.as_ref().is_some_and(|photos| !photos.is_empty());
        let may_go = has_photos && self.is_over(Keeps::Photos, day) && !visit.matters.iter().any(is_open);
        may_go.then(|| Some((Keeps::Photos, rewritten(record, &[(VISIT_PHOTOS, NULL.to_vec())])?)))?
    }

    /// What stays of a visit to be counted: on which day somebody came, why, and what came of it. Not to whom.
    fn counted(&self, record: &Standing, visit: Visit) -> Option<Option<Fate>> {
        let amended = self.amendments.get(&record.id).map_or(&[][..], Vec::as_slice);
        if amended.iter().any(|amendment| amendment.withdrawn) {
            return Some(Some(Fate::Erase));
        }
        let day = visit.started.local_day();
        let counted = Visit {
            household: NOBODYS,
            kind: visit.kind,
            result: amended
                .iter()
                .filter_map(|amendment| amendment.result)
                .next_back()
                .unwrap_or(visit.result),
            started: Moment::beijing_at(day, 0, 0).unwrap_or(visit.started),
            findings: visit.findings,
            all_well: visit.all_well,
            ..Visit::met(NOBODYS, visit.started)
        };
        // Fields of a newer version are words as far as anybody here knows.
        let body = counted.to_body().without_nulls();
        (body != record.body).then_some(Some(Fate::Rewrite(body)))
    }

    /// What was corrected is in the visit that is counted.
    fn amendment(&self, record: &Standing) -> Option<Option<Fate>> {
        let amendment = read::<VisitAmendment>(record)?;
        let visit = self.by_id.get(&amendment.visit).and_then(|aged| read::<Visit>(&aged.record));
        let day = visit.map_or(amendment.at, |visit| visit.started).local_day();
        self.is_over(Keeps::Visits, day).then_some(Some(Fate::Erase))
    }

    fn matter(&self, record: &Standing) -> Option<Option<Fate>> {
        let has_photos = read::<Matter>(record)?.photos.is_some_and(|photos| !photos.is_empty());
        let may_go = has_photos && self.is_long_closed(record);
        may_go.then(|| rewritten(record, &[(MATTER_PHOTOS, NULL.to_vec())]))?
    }

    fn is_long_closed(&self, record: &Standing) -> bool {
        let Some(matter) = read::<Matter>(record).filter(|matter| is_ended(matter.state())) else {
            return false;
        };
        let closed = matter.progress.map(|progress| Moment::beijing(progress.at_ms).local_day());
        closed.is_some_and(|closed| self.is_over(Keeps::Photos, closed))
    }

    fn proof(&self, record: &Standing) -> Option<Option<Fate>> {
        let ended = match () {
            () if record.kind == Handling::DECLARATION.kind => Some(read::<Handling>(record)?.at.local_day()),
            () if record.kind == Consent::DECLARATION.kind => self.gone_on(read::<Consent>(record)?.person),
            () if record.kind == ErasureRequest::DECLARATION.kind => {
                self.gone_on(read::<ErasureRequest>(record)?.subject)
            }
            () => None,
        };
        self.is_over(Keeps::Proof, ended?).then_some(Some(Fate::Erase))
    }

    /// The day nothing was left of a person.
    fn gone_on(&self, person: RecordId) -> Option<NaiveDate> {
        let aged = self.by_id.get(&person)?;
        aged.cleared_on.filter(|_| aged.record.body.erased_for().is_some())
    }
}

/// The household of a visit that is nobody's any more.
pub const NOBODYS: RecordId = RecordId::from_bytes([0; 16]);
/// Number of the field [`Household::channel`].
const CHANNEL: u32 = 10;
/// Number of the field [`Household::note`].
const NOTE: u32 = 12;

fn read<T: Record>(record: &Standing) -> Option<T> {
    (record.kind == T::DECLARATION.kind).then(|| T::from_body(&record.body).ok())?
}

/// With these fields; `None` when they are so already.
fn rewritten(record: &Standing, fields: &[(u32, Vec<u8>)]) -> Option<Option<Fate>> {
    let there: BTreeSet<u32> = record.body.fields().into_iter().map(|(number, _)| number).collect();
    let fields: Vec<_> = fields.iter().filter(|(number, _)| there.contains(number)).cloned().collect();
    let body = record.body.patched(&Patch::of_fields(&fields));
    (body != record.body).then_some(Some(Fate::Rewrite(body)))
}
