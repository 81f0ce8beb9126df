//! A commit in the middle of being settled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use records::body::DELETED;
use records::codes::Role;
use records::command::{Event, Situation};
use records::declaration::{Family, declaration};
use records::losing_edit::LosingEdit;
use records::permissions::may_write;
use records::visit::{Visit, VisitAmendment};
use records::wire::{Change, Op};
use records::{AccountId, Body, Kind, Patch, Record, RecordId, Scope};
use sync::signature::digest;

use super::edit::{Edit, Loss, register};
use super::posts::{Person, Standing};
use super::{Entry, Model, PENDING, Write, rank};

/// Why a commit is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// It is refused.
    Refused(&'static str),
    /// It comes after its author might make it: somebody is to look at it.
    Late,
}

/// Who made a commit.
#[derive(Clone, Copy)]
pub(super) struct Author<'m> {
    pub account: AccountId,
    pub person: &'m Person,
    /// Somebody looked at it and says that it is to be taken.
    pub is_vouched_for: bool,
}

/// A commit in the middle: nothing of it counts until all of it does.
pub(super) struct Draft<'m> {
    pub model: &'m Model,
    pub author: Author<'m>,
    pub received_ms: i64,
    pub changed: BTreeMap<RecordId, Entry>,
    pub order: Vec<RecordId>,
    pub ops: BTreeSet<RecordId>,
    pub lost: usize,
    /// New records that stand elsewhere than their author says: where that is, and until when it was right.
    pub rerouted: BTreeMap<RecordId, (Scope, i64)>,
}

impl Draft<'_> {
    pub fn get(&self, id: RecordId) -> Option<&Entry> {
        self.changed.get(&id).or_else(|| self.model.records.get(&id).map(Arc::as_ref))
    }

    fn put(&mut self, id: RecordId, entry: Entry) {
        if self.changed.insert(id, entry).is_none() {
            self.order.push(id);
        }
    }

    pub fn apply(&mut self, op: &Op, write: Write) -> Result<(), Stop> {
        declaration(op.kind).ok_or(Stop::Refused("record.kind_unknown"))?;
        let is_command = matches!(op.change, Change::Command { .. });
        guard(is_command || may_write(self.author.person.role, op.kind), "record.not_permitted")?;
        match &op.change {
            Change::Create { scope, body } => self.create(op, scope, body, write),
            Change::Edit { base, patch } => self.edit(op, *base, patch, write),
            Change::Delete { base } => self.set_deleted(op, *base, true, write),
            Change::Restore { base } => self.set_deleted(op, *base, false, write),
            Change::Command { command, args } => self.command(op, *command, args, write),
        }
    }

    fn create(&mut self, op: &Op, said: &Scope, body: &Body, made: Write) -> Result<(), Stop> {
        let declared = declaration(op.kind).ok_or(Stop::Refused("record.kind_unknown"))?;
        let (scope, home) = self.home_of_new(op, said, body);
        self.permit(Some(op.kind), &scope, home.as_slice(), made)?;
        let fits = scope.area.depth() == declared.depth && scope.audience == declared.audience;
        guard(fits, "record.scope_wrong")?;
        let body = laid_over(&empty(), &body.fields());
        if let Some(there) = self.get(op.record) {
            let is_same = there.kind == op.kind && there.scope == scope && there.body == body;
            guard(is_same, "record.exists")?;
            return guard(!there.is_deleted, "record.deleted");
        }
        (declared.check)(&body).map_err(Stop::Refused)?;
        self.corrects(op.kind, &body, &scope)?;
        self.rerouted.extend(home.map(|home| (op.record, home)));
        self.put(op.record, Entry::new(op.kind, scope, body, made));
        Ok(())
    }

    /// A correction stands beside a visit of the same person.
    fn corrects(&self, kind: Kind, body: &Body, scope: &Scope) -> Result<(), Stop> {
        if kind != VisitAmendment::DECLARATION.kind {
            return Ok(());
        }
        let Ok(amendment) = VisitAmendment::from_body(body) else { return Ok(()) };
        let visit = self.get(amendment.visit);
        let visit = visit.filter(|it| it.kind == Visit::DECLARATION.kind && it.scope == *scope);
        let visit = visit.ok_or(Stop::Refused("amendment.nothing_there"))?;
        guard(visit.author == self.author.account, "amendment.not_yours")
    }

    /// The role by which whoever wrote this may, or might when they did; unless they never might. The record
    /// is in `scope`, and was in `homes` until then.
    fn permit(
        &self,
        kind: Option<Kind>,
        scope: &Scope,
        homes: &[(Scope, i64)],
        write: Write,
    ) -> Result<Role, Stop> {
        let at_ms = i64::try_from(write.time >> 16).unwrap_or(i64::MAX);
        let person = self.author.person;
        let now = person.standing(kind, scope, at_ms);
        let before = homes.iter().map(|(home, until_ms)| match person.standing(kind, home, at_ms) {
            // It was not there any more.
            Standing::Entitled if at_ms > *until_ms => Standing::Late(person.role),
            standing => standing,
        });
        match before.fold(now, Standing::or) {
            Standing::Entitled => Ok(person.role),
            Standing::Late(role) if self.author.is_vouched_for => Ok(role),
            Standing::Late(_) => Err(Stop::Late),
            Standing::Stranger => Err(Stop::Refused("record.not_permitted")),
        }
    }

    fn known(&self, op: &Op, kind: Option<Kind>, write: Write) -> Result<(&Entry, Role), Stop> {
        let there = self.get(op.record).ok_or(Stop::Refused("record.missing"))?;
        let role = self.permit(kind, &there.scope, &self.homes(op.record), write)?;
        guard(there.kind == op.kind, "record.kind_wrong")?;
        Ok((there, role))
    }

    /// A command is decided by the rule of its type, about the record as it is when its turn comes.
    fn command(&mut self, op: &Op, number: u16, args: &Body, write: Write) -> Result<(), Stop> {
        let (there, role) = self.known(op, None, write)?;
        let there = there.clone();
        let declared = declaration(op.kind).ok_or(Stop::Refused("record.kind_unknown"))?;
        let command = declared.command(number).ok_or(Stop::Refused("command.unknown"))?;
        guard(!there.is_deleted, "record.deleted")?;
        let named = (command.needs)(args).into_iter().filter_map(|id| Some((id, self.get(id)?)));
        let known =
            named.filter(|(_, it)| !it.is_deleted && self.permit(None, &it.scope, &[], write).is_ok());
        let others = known.map(|(id, it)| (id, (it.kind, it.body.clone()))).collect();
        let events = (command.decide)(&Situation {
            command: number,
            args,
            record: op.record,
            body: &there.body,
            author: there.author,
            by: self.author.account,
            role,
            at_ms: i64::try_from(write.time >> 16).unwrap_or(i64::MAX),
            others: &others,
        });
        for (part, event) in (0..).zip(events.map_err(Stop::Refused)?) {
            match event {
                Event::Patch(patch) => {
                    let mut entry = self.get(op.record).cloned().ok_or(Stop::Refused("record.missing"))?;
                    (entry.body, entry.version) = (entry.body.patched(&patch), PENDING);
                    entry.writes.extend(patch.fields().iter().map(|(field, _)| (*field, write)));
                    self.put(op.record, entry);
                }
                Event::Create { kind, body } => {
                    let id = derived_id(op.id, part, self.received_ms);
                    self.put(id, Entry::new(kind, there.scope.clone(), body, write));
                }
                // In no life here anybody asks for it.
                Event::Clear { .. } => return Err(Stop::Refused("record.cleared")),
            }
        }
        Ok(())
    }

    fn editable(&self, op: &Op, write: Write) -> Result<Entry, Stop> {
        let (there, _) = self.known(op, Some(op.kind), write)?;
        let family = declaration(op.kind).map(|declared| declared.family);
        guard(family != Some(Family::AppendOnly), "record.append_only")?;
        Ok(there.clone())
    }

    fn edit(&mut self, op: &Op, base: u64, patch: &Patch, write: Write) -> Result<(), Stop> {
        let there = self.editable(op, write)?;
        guard(!there.is_deleted, "record.deleted")?;
        let declared = declaration(op.kind).ok_or(Stop::Refused("record.kind_unknown"))?;
        let mut edit = Edit::of(&there, base, write);
        for (field, value) in patch.fields() {
            edit.write(declared.policy_of(field), field, value)?;
        }
        let Edit { mut entry, taken, losses, is_touched, .. } = edit;
        if !taken.is_empty() {
            entry.body = there.body.patched(&Patch::of_fields(&taken));
            entry.version = PENDING;
            entry.writes.extend(taken.iter().map(|(field, _)| (*field, write)));
            (declared.check)(&entry.body).map_err(Stop::Refused)?;
        }
        if is_touched || !taken.is_empty() {
            self.put(op.record, entry);
        }
        self.keep_losing(op, &there, losses, write);
        Ok(())
    }

    /// Deleted or not is a field like others; but a deletion that did not see an edit is told of it.
    fn set_deleted(&mut self, op: &Op, base: u64, is_deleted: bool, write: Write) -> Result<(), Stop> {
        let there = self.editable(op, write)?;
        if there.is_deleted == is_deleted {
            return Ok(());
        }
        let edit = Edit::of(&there, base, write);
        let (value, before) = (register(is_deleted), register(there.is_deleted));
        let last = there.writes.get(&DELETED).copied();
        let opponent = last.filter(|last| edit.is_opposed(last));
        let is_outdone = opponent.is_some_and(|last| rank(&last) >= rank(&write));
        let unseen = there.writes.iter().filter(|(field, _)| **field != DELETED).map(|(_, last)| *last);
        let unseen = unseen.filter(|last| is_deleted && edit.is_opposed(last)).max_by_key(rank);
        let loss = match opponent {
            Some(last) if is_outdone => Some(Loss::new(DELETED, (value, write), (before, last))),
            Some(last) => Some(Loss::new(DELETED, (before, last), (value, write))),
            None => unseen.map(|last| Loss::new(DELETED, (before, last), (value, write))),
        };
        if !is_outdone {
            let mut entry = Entry { is_deleted, version: PENDING, ..there.clone() };
            entry.writes.insert(DELETED, write);
            self.put(op.record, entry);
        }
        self.keep_losing(op, &there, loss.into_iter().collect(), write);
        Ok(())
    }

    fn keep_losing(&mut self, op: &Op, of: &Entry, losses: Vec<Loss>, made: Write) {
        self.lost += losses.len();
        for loss in losses {
            let id = derived_id(op.id, loss.field, self.received_ms);
            let (kind, scope) = (LosingEdit::DECLARATION.kind, of.scope.clone());
            self.put(id, Entry::new(kind, scope, losing(op, of.kind, loss), made));
        }
    }
}

fn guard(is_well: bool, code: &'static str) -> Result<(), Stop> {
    if is_well { Ok(()) } else { Err(Stop::Refused(code)) }
}

fn empty() -> Body {
    Body::trusted(vec![0xa0])
}

fn laid_over(body: &Body, fields: &[(u32, &[u8])]) -> Body {
    let fields: Vec<(u32, Vec<u8>)> = fields.iter().map(|(field, value)| (*field, value.to_vec())).collect();
    body.patched(&Patch::of_fields(&fields))
}

fn losing(op: &Op, kind: Kind, loss: Loss) -> Body {
    let ms = |write: &Write| i64::try_from(write.time >> 16).unwrap_or(i64::MAX);
    let edit = LosingEdit {
        record: op.record,
        kind,
        field: loss.field,
        lost_by: loss.lost.1.author,
        lost_at: ms(&loss.lost.1),
        lost: ByteVec::from(loss.lost.0),
        won_by: loss.won.1.author,
        won_at: ms(&loss.won.1),
        winning: ByteVec::from(loss.won.0),
    };
    edit.to_body()
}

/// The id follows from the op and the field, so that deciding twice makes it once.
fn derived_id(op: RecordId, field: u32, received_ms: i64) -> RecordId {
    let hash = digest(&[op.as_bytes().as_slice(), &field.to_be_bytes()].concat());
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    RecordId::new(received_ms, random)
}
