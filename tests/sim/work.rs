//! What people do with their devices.

use records::call::{
    AmendVisit, CardId, CommandMatter, EditHousehold, MatterDraft, Request, Response, SaveVisit, Settle,
    Settlement, Undo, VisitDraft,
};
use records::codes::{CareLevel, KeyCategory, MatterCommand, VisitKind, VisitResult};
use records::{Body, Fault, Kind, Moment, Patch, RecordId, Scope};
use store::tables::losing_edit;
use store::{Action, Origin};

use crate::device::{Device, ids};
use crate::skew::Version;
use crate::stage;

/// A field that no version of today knows.
const UNKNOWN_FIELD: u32 = 77;
/// A type that no version of today knows.
const UNKNOWN_KIND: Kind = Kind(777);
/// What visits come to; most people are at home.
const RESULTS: [VisitResult; 5] =
    [VisitResult::Met, VisitResult::Met, VisitResult::Phone, VisitResult::NobodyHome, VisitResult::MovedAway];

/// What is done with matters, the usual steps most.
const COMMANDS: [MatterCommand; 9] = [
    MatterCommand::Accept,
    MatterCommand::Accept,
    MatterCommand::Handle,
    MatterCommand::Finish,
    MatterCommand::Verify,
    MatterCommand::Withdraw,
    MatterCommand::Escalate,
    MatterCommand::Merge,
    MatterCommand::Decline,
];

/// A household, and where it stands.
pub type Home = (RecordId, Scope);

impl Device {
    /// The person does something; how many operations that were, and a household that was made. A fault
    /// is what the page would show.
    pub fn act(&mut self, homes: &[Home], now_ms: i64) -> Result<(u64, Option<Home>), Fault> {
        let (id, scope) = self.chance.of(homes).clone();
        let is_newer = self.version == Version::Newer;
        match self.chance.below(100) {
            0..=6 => return self.make(&scope, now_ms).map(|made| (1, Some((made, scope)))),
            7..=12 => self.amend(now_ms)?,
            13..=18 => return self.settle(now_ms).map(|count| (count, None)),
            19..=21 if is_newer => self.say_more(id, now_ms)?,
            22..=24 if is_newer => self.make_unknown(&scope, now_ms)?,
            22..=24 => self.command(now_ms)?,
            25..=27 => self.write(now_ms, |action| action.delete(id))?,
            28..=31 => return self.restore(homes, now_ms).map(|count| (count, None)),
            32..=60 => self.visit(id, now_ms)?,
            _ => self.edit(id, now_ms)?,
        }
        let is_taken_back = self.chance.one_in(8) && self.take_back(now_ms)?;
        Ok((1 + u64::from(is_taken_back), None))
    }

    fn visit(&mut self, household: RecordId, now_ms: i64) -> Result<(), Fault> {
        let id = self.chance.id(now_ms);
        let result = *self.chance.of(&RESULTS);
        let matters = if self.chance.one_in(4) { vec![self.matter()] } else { vec![] };
        self.photograph(id, now_ms)?;
        let draft = VisitDraft {
            id,
            household,
            kind: VisitKind::Routine,
            result: Some(result),
            started: Moment::beijing(now_ms.saturating_add(self.offset_ms)),
            findings: vec![],
            all_well: false,
            note: String::new(),
            next_on: None,
            matters,
        };
        self.saved(SaveVisit { draft }.into(), now_ms)
    }

    fn matter(&mut self) -> MatterDraft {
        MatterDraft {
            id: None,
            item: None,
            subject: format!("事{}", self.chance.below(1_000)),
            place: "门口".to_owned(),
            content: String::new(),
            off_list_reason: "清单上没有".to_owned(),
        }
    }

    fn edit(&mut self, id: RecordId, now_ms: i64) -> Result<(), Fault> {
        let note = format!("记{}", self.chance.below(1_000_000));
        let residents = u8::try_from(1 + self.chance.below(9)).ok();
        let reason = format!("因{}", self.chance.below(1_000_000));
        let nothing = EditHousehold::nothing(id);
        let services = (0..self.chance.below(3)).map(|_| format!("服{}", self.chance.below(4))).collect();
        let category = *self.chance.of(&[KeyCategory::EmptyNest, KeyCategory::LowIncome]);
        let edit = match self.chance.below(6) {
            4 => EditHousehold { services: Some(services), ..nothing },
            5 => EditHousehold { categories: Some(vec![category]), note: Some(note), ..nothing },
            0 => EditHousehold { residents, ..nothing },
            1 => EditHousehold { care: Some(CareLevel::Key), care_reason: Some(reason), ..nothing },
            2 => EditHousehold { residents, note: Some(note), ..nothing },
            _ => EditHousehold { note: Some(note), ..nothing },
        };
        self.saved(edit.into(), now_ms)
    }

    /// Corrects a visit, one's own or not.
    fn amend(&mut self, now_ms: i64) -> Result<(), Fault> {
        let sql = "SELECT id FROM visit ORDER BY id DESC LIMIT 12";
        let visits = self.read(|db| {
            let mut find = db.prepare_cached(sql)?;
            let rows = find.query_map([], |row| row.get(0).map(RecordId::from_bytes))?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        let visits = visits.unwrap_or_default();
        if visits.is_empty() {
            return Err(Fault::new("visit.none"));
        }
        let visit = *self.chance.of(&visits);
        let result = Some(*self.chance.of(&RESULTS));
        let withdrawn = self.chance.one_in(4);
        let amendment = AmendVisit { visit, reason: "按错了".to_owned(), result, note: None, withdrawn };
        self.saved(amendment.into(), now_ms)
    }

    /// Does something with a matter, whether it is its turn or not.
    fn command(&mut self, now_ms: i64) -> Result<(), Fault> {
        let matters = self.read(|db| {
            let mut find = db.prepare_cached(
                "SELECT r.id FROM matter m JOIN record r ON r.rid = m.rid ORDER BY r.id DESC LIMIT 6",
            )?;
            let rows = find.query_map([], |row| row.get(0).map(RecordId::from_bytes))?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        let matters = matters.unwrap_or_default();
        if matters.is_empty() {
            return Err(Fault::new("matter.none"));
        }
        let (id, other) = (*self.chance.of(&matters), *self.chance.of(&matters));
        let command = *self.chance.of(&COMMANDS);
        let target = (command == MatterCommand::Merge).then_some(other);
        self.saved(CommandMatter { id, command, note: "办好了".to_owned(), target }.into(), now_ms)
    }

    /// Settles a card: a refused commit is sent again or withdrawn, a losing value used or left.
    fn settle(&mut self, now_ms: i64) -> Result<u64, Fault> {
        let (refused, lost) = (self.refused().unwrap_or_default(), self.read(losing_edit::open));
        let lost = lost.unwrap_or_default();
        let (card, how) = match (refused.is_empty(), lost.is_empty()) {
            (true, true) => return Ok(0),
            (false, is_all) if is_all || self.chance.one_in(2) => {
                let (number, ops) = self.chance.of(&refused).clone();
                let is_withdrawn = self.chance.one_in(2);
                if is_withdrawn {
                    self.given_up.extend(ops);
                }
                let how = if is_withdrawn { Settlement::LeaveIt } else { Settlement::TryAgain };
                (CardId::Refused(number), how)
            }
            _ => {
                let id = self.chance.of(&lost).0;
                let is_used = self.chance.one_in(2);
                (CardId::Lost(id), if is_used { Settlement::UseMine } else { Settlement::LeaveIt })
            }
        };
        self.call(Settle { card, how }.into(), now_ms).map(|_| 1)
    }

    /// What has no page yet: a household is made.
    fn make(&mut self, scope: &Scope, now_ms: i64) -> Result<RecordId, Fault> {
        let id = self.chance.id(now_ms);
        self.write(now_ms, |action| action.create(id, scope, &stage::household(id)))?;
        Ok(id)
    }

    /// Takes the deletion of the first household back that is gone.
    fn restore(&mut self, homes: &[Home], now_ms: i64) -> Result<u64, Fault> {
        let mut count = 0;
        self.write(now_ms, |action| {
            for (id, _) in homes {
                // One that never came here cannot be brought back either.
                if count == 0 && action.restore(*id).unwrap_or(false) {
                    count = 1;
                }
            }
            Ok(())
        })?;
        Ok(count)
    }

    /// A newer version fills a field that others do not know.
    fn say_more(&mut self, id: RecordId, now_ms: i64) -> Result<(), Fault> {
        let value = minicbor::to_vec(self.chance.below(1_000)).unwrap_or_default();
        let patch = Patch::of_fields(&[(UNKNOWN_FIELD, value)]);
        self.write(now_ms, |action| action.patch(id, patch))
    }

    /// A newer version makes a record of a type that nobody knows.
    fn make_unknown(&mut self, scope: &Scope, now_ms: i64) -> Result<(), Fault> {
        let id = self.chance.id(now_ms);
        let body = Body::trusted(vec![0xa0]);
        self.write(now_ms, |action| action.create_body(id, UNKNOWN_KIND, scope, body))
    }

    fn write(
        &mut self,
        now_ms: i64,
        act: impl FnOnce(&mut Action<'_, '_>) -> store::Result<()>,
    ) -> Result<(), Fault> {
        let at_ms = now_ms.saturating_add(self.offset_ms);
        let mut new_ids: Vec<RecordId> = (0..4).map(|_| self.chance.id(at_ms)).collect();
        self.with(now_ms, |app, _| {
            let mut new_id = || new_ids.pop().unwrap_or_else(|| RecordId::from_bytes([0; 16]));
            let origin = Origin { now_ms: at_ms, hold_ms: 0, new_id: &mut new_id };
            Ok(app.store().act(origin, act).map(|_| ())?)
        })
    }

    /// Takes back what was just saved; whether anything was.
    fn take_back(&mut self, now_ms: i64) -> Result<bool, Fault> {
        let Some(undo) = self.undo.take() else { return Ok(false) };
        let waiting = self.commits().unwrap_or_default();
        let ops = waiting.into_iter().filter(|commit| commit.push_seq == undo).flat_map(ids);
        self.given_up.extend(ops);
        self.call(Undo { undo }.into(), now_ms)?;
        self.mutate(crate::mutant::Mutant::taken_back);
        Ok(true)
    }

    fn saved(&mut self, request: Request, now_ms: i64) -> Result<(), Fault> {
        self.undo = None;
        if let Response::Saved(saved) = self.call(request, now_ms)? {
            self.undo = saved.undo;
        }
        Ok(())
    }
}
