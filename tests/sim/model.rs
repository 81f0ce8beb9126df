//! What the server must hold, told a second time: plain maps, one commit after the other, in the order
//! in which the server took them. It shares no code with how the server settles and merges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use minicbor::bytes::ByteVec;
use records::body::{DELETED, NULL};
use records::codes::Role;
use records::declaration::{Family, Policy, declaration};
use records::losing_edit::LosingEdit;
use records::permissions::may_write;
use records::set::{self, SetWrite};
use records::visit::{Visit, VisitAmendment};
use records::wire::{Change, Commit, Op, Outcome};
use records::{AccountId, AreaPath, Audience, Body, Incarnation, Kind, Patch, Record, RecordId, Scope};
use sync::signature::digest;

/// Version of what has none yet: above every other.
const PENDING: u64 = u64::MAX;

/// One write of a field: its version, its effective time, and whose it is.
#[derive(Debug, Clone, Copy)]
struct Write {
    version: u64,
    time: u64,
    incarnation: Incarnation,
    push_seq: u64,
    author: AccountId,
}

/// A record as the server must have it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its type.
    pub kind: Kind,
    /// Its scope.
    pub scope: Scope,
    /// Its version.
    pub version: u64,
    /// Its fields.
    pub body: Body,
    /// Whether it is deleted.
    pub is_deleted: bool,
    /// Who made it.
    pub author: AccountId,
    made: Write,
    writes: BTreeMap<u32, Write>,
    /// When elements of sets were added.
    elements: BTreeMap<(u32, Vec<u8>), Write>,
}

/// Who a commit is from.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The account.
    pub account: AccountId,
    /// Its role.
    pub role: Role,
    /// Where it works.
    pub area: AreaPath,
}

/// A life of a device's database: the last commit it settled, the last effective time.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    settled: u64,
    time: u64,
}

/// The clocks of a contact: the server's, and the device's. ms since 1970 UTC.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// The server's.
    pub server_ms: i64,
    /// The device's.
    pub device_ms: i64,
}

/// The model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Every record.
    pub records: BTreeMap<RecordId, Arc<Entry>>,
    /// The ops that were applied.
    pub applied: BTreeSet<RecordId>,
    counters: BTreeMap<Scope, u64>,
    progress: BTreeMap<Incarnation, Progress>,
    results: BTreeMap<(Incarnation, u64), ([u8; 32], Outcome)>,
    /// What changed in this contact and waits for its version, in order.
    touched: Vec<RecordId>,
}

/// A commit in the middle: nothing of it counts until all of it does.
struct Draft<'m> {
    model: &'m Model,
    sender: &'m Sender,
    received_ms: i64,
    changed: BTreeMap<RecordId, Entry>,
    order: Vec<RecordId>,
    ops: BTreeSet<RecordId>,
    lost: usize,
}

type Code = &'static str;

impl Model {
    /// Knows a record that was there from the beginning.
    pub fn begin_with(&mut self, id: RecordId, entry: (Kind, Scope, u64, Body, AccountId), since_ms: i64) {
        let (kind, scope, version, body, author) = entry;
        let incarnation = Incarnation::from_bytes([0; 16]);
        let made = Write { version, time: hlc(since_ms), incarnation, push_seq: 0, author };
        let counter = self.counters.entry(scope.clone()).or_default();
        *counter = version.max(*counter);
        let entry = Entry { version, ..Entry::new(kind, scope, body, Write { author, ..made }) };
        self.records.insert(id, Arc::new(entry));
    }

    /// The last commit of a database that was settled.
    pub fn settled(&self, incarnation: Incarnation) -> u64 {
        self.progress.get(&incarnation).map_or(0, |progress| progress.settled)
    }

    /// The server took a commit, or answered it once more, and says what became of it. New is what
    /// [`Self::end_contact`] gives versions to.
    ///
    /// # Errors
    /// When it says anything else than it must.
    pub fn take(
        &mut self,
        (sender, incarnation): (&Sender, Incarnation),
        clocks: Clocks,
        bytes: &[u8],
        (push_seq, outcome): (u64, &Outcome),
    ) -> Result<()> {
        let hash = digest(bytes);
        if let Some((known, said)) = self.results.get(&(incarnation, push_seq)) {
            ensure!(*known == hash, "commit {push_seq} was answered for another one");
            ensure!(said == outcome, "commit {push_seq} was {said:?}, and is {outcome:?} on a retry");
            return Ok(());
        }
        let progress = self.progress.entry(incarnation).or_default();
        ensure!(push_seq == progress.settled + 1, "commit {push_seq} came after {}", progress.settled);
        progress.settled = push_seq;
        let expected = match minicbor::decode::<Commit>(bytes) {
            Ok(commit) => self.settle(&commit, sender, incarnation, clocks),
            Err(_) => refused("commit.malformed"),
        };
        ensure!(expected == *outcome, "commit {push_seq} must be {expected:?}, and is {outcome:?}");
        self.results.insert((incarnation, push_seq), (hash, expected));
        Ok(())
    }

    fn settle(
        &mut self,
        commit: &Commit,
        sender: &Sender,
        incarnation: Incarnation,
        clocks: Clocks,
    ) -> Outcome {
        let mut time = self.progress[&incarnation].time;
        let (changed, order, ops, lost) = (BTreeMap::new(), vec![], BTreeSet::new(), 0);
        let received_ms = clocks.server_ms;
        let mut draft = Draft { model: self, sender, received_ms, changed, order, ops, lost };
        let mut failed = None;
        for op in &commit.ops {
            let at_ms = op.at_ms.saturating_add(clocks.server_ms.saturating_sub(clocks.device_ms));
            time = hlc(at_ms.min(clocks.server_ms)).max(time + 1);
            if draft.model.applied.contains(&op.id) || !draft.ops.insert(op.id) {
                continue;
            }
            let (version, author, push_seq) = (PENDING, sender.account, commit.push_seq);
            failed = draft.apply(op, Write { version, time, incarnation, push_seq, author }).err();
            if failed.is_some() {
                break;
            }
        }
        let Draft { changed, order, ops, lost, .. } = draft;
        self.progress.entry(incarnation).or_default().time = time;
        if let Some(code) = failed {
            return refused(code);
        }
        let new = order.into_iter().filter(|id| changed[id].version == PENDING);
        let new: Vec<RecordId> = new.filter(|id| !self.touched.contains(id)).collect();
        self.touched.extend(new);
        self.records.extend(changed.into_iter().map(|(id, entry)| (id, Arc::new(entry))));
        self.applied.extend(ops);
        if lost > 0 { Outcome::Merged } else { Outcome::Applied }
    }

    /// Every change of this contact gets its version; they are answered, in order.
    pub fn end_contact(&mut self) -> Vec<RecordId> {
        let touched = std::mem::take(&mut self.touched);
        for id in &touched {
            let Some(entry) = self.records.get_mut(id).map(Arc::make_mut) else { continue };
            let counter = self.counters.entry(entry.scope.clone()).or_default();
            *counter += 1;
            entry.version = *counter;
            let writes =
                entry.writes.values_mut().chain(entry.elements.values_mut()).chain([&mut entry.made]);
            writes.filter(|write| write.version == PENDING).for_each(|write| write.version = *counter);
        }
        touched
    }
}

impl Draft<'_> {
    fn get(&self, id: RecordId) -> Option<&Entry> {
        self.changed.get(&id).or_else(|| self.model.records.get(&id).map(Arc::as_ref))
    }

    fn put(&mut self, id: RecordId, entry: Entry) {
        if self.changed.insert(id, entry).is_none() {
            self.order.push(id);
        }
    }

    fn apply(&mut self, op: &Op, write: Write) -> Result<(), Code> {
        declaration(op.kind).ok_or("record.kind_unknown")?;
        guard(may_write(self.sender.role, op.kind), "record.not_permitted")?;
        match &op.change {
            Change::Create { scope, body } => self.create(op, scope, body, write),
            Change::Edit { base, patch } => self.edit(op, *base, patch, write),
            Change::Delete { base } => self.set_deleted(op, *base, true, write),
            Change::Restore { base } => self.set_deleted(op, *base, false, write),
            // Nobody commands here.
            Change::Command { .. } => Err("command.unknown"),
        }
    }

    fn create(&mut self, op: &Op, scope: &Scope, body: &Body, made: Write) -> Result<(), Code> {
        let declared = declaration(op.kind).ok_or("record.kind_unknown")?;
        guard(may_know(self.sender, scope), "record.not_permitted")?;
        let fits = scope.area.depth() == declared.depth && scope.audience == declared.audience;
        guard(fits, "record.scope_wrong")?;
        let body = laid_over(&empty(), &body.fields());
        if let Some(there) = self.get(op.record) {
            let is_same = there.kind == op.kind && there.scope == *scope && there.body == body;
            guard(is_same, "record.exists")?;
            return guard(!there.is_deleted, "record.deleted");
        }
        (declared.check)(&body)?;
        self.corrects(op.kind, &body, scope)?;
        self.put(op.record, Entry::new(op.kind, scope.clone(), body, made));
        Ok(())
    }

    /// A correction stands beside a visit of the same person.
    fn corrects(&self, kind: Kind, body: &Body, scope: &Scope) -> Result<(), Code> {
        if kind != VisitAmendment::DECLARATION.kind {
            return Ok(());
        }
        let Ok(amendment) = VisitAmendment::from_body(body) else { return Ok(()) };
        let visit = self.get(amendment.visit);
        let visit = visit.filter(|it| it.kind == Visit::DECLARATION.kind && it.scope == *scope);
        let visit = visit.ok_or("amendment.nothing_there")?;
        guard(visit.author == self.sender.account, "amendment.not_yours")
    }

    fn editable(&self, op: &Op) -> Result<Entry, Code> {
        let there = self.get(op.record).ok_or("record.missing")?;
        guard(may_know(self.sender, &there.scope), "record.not_permitted")?;
        guard(there.kind == op.kind, "record.kind_wrong")?;
        let family = declaration(op.kind).map(|declared| declared.family);
        guard(family != Some(Family::AppendOnly), "record.append_only")?;
        Ok(there.clone())
    }

    fn edit(&mut self, op: &Op, base: u64, patch: &Patch, write: Write) -> Result<(), Code> {
        let there = self.editable(op)?;
        guard(!there.is_deleted, "record.deleted")?;
        let declared = declaration(op.kind).ok_or("record.kind_unknown")?;
        let mut edit = Edit::of(&there, base, write);
        for (field, value) in patch.fields() {
            edit.write(declared.policy_of(field), field, value)?;
        }
        let Edit { mut entry, taken, losses, is_touched, .. } = edit;
        if !taken.is_empty() {
            entry.body = there.body.patched(&Patch::of_fields(&taken));
            entry.version = PENDING;
            entry.writes.extend(taken.iter().map(|(field, _)| (*field, write)));
            (declared.check)(&entry.body)?;
        }
        if is_touched || !taken.is_empty() {
            self.put(op.record, entry);
        }
        self.keep_losing(op, &there, losses, write);
        Ok(())
    }

    /// Deleted or not is a field like others; but a deletion that did not see an edit is told of it.
    fn set_deleted(&mut self, op: &Op, base: u64, is_deleted: bool, write: Write) -> Result<(), Code> {
        let there = self.editable(op)?;
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
            let id = losing_id(op.id, loss.field, self.received_ms);
            let (kind, scope) = (LosingEdit::DECLARATION.kind, of.scope.clone());
            self.put(id, Entry::new(kind, scope, losing(op, of.kind, loss), made));
        }
    }
}

impl Entry {
    fn new(kind: Kind, scope: Scope, body: Body, made: Write) -> Self {
        let (writes, elements, author) = (BTreeMap::new(), BTreeMap::new(), made.author);
        Self { kind, scope, version: PENDING, body, is_deleted: false, author, made, writes, elements }
    }

    fn last(&self, field: u32) -> Write {
        *self.writes.get(&field).unwrap_or(&self.made)
    }
}

/// A value that lost, and the one that stands.
struct Loss {
    field: u32,
    lost: (Vec<u8>, Write),
    won: (Vec<u8>, Write),
}

impl Loss {
    fn new(field: u32, lost: (&[u8], Write), won: (&[u8], Write)) -> Self {
        Self { field, lost: (lost.0.to_vec(), lost.1), won: (won.0.to_vec(), won.1) }
    }
}

/// An edit in the middle: what it takes, what it makes lose.
struct Edit<'e> {
    there: &'e Entry,
    seen: u64,
    write: Write,
    entry: Entry,
    taken: Vec<(u32, Vec<u8>)>,
    losses: Vec<Loss>,
    /// Fields whose new value lost.
    outdone: BTreeSet<u32>,
    is_touched: bool,
}

impl<'e> Edit<'e> {
    fn of(there: &'e Entry, base: u64, write: Write) -> Self {
        let seen = if base > there.version { 0 } else { base };
        let (taken, losses, outdone, is_touched) = (vec![], vec![], BTreeSet::new(), false);
        Self { there, seen, write, entry: there.clone(), taken, losses, outdone, is_touched }
    }

    /// Somebody else wrote this, and whoever edits had not seen it.
    fn is_opposed(&self, last: &Write) -> bool {
        last.version > self.seen && last.incarnation != self.write.incarnation
    }

    fn write(&mut self, policy: Policy, field: u32, value: &[u8]) -> Result<(), Code> {
        let there = self.there.body.field(field).unwrap_or(NULL);
        let (last, write) = (self.there.last(field), self.write);
        match policy {
            Policy::Set => return self.write_set(field, there, value),
            Policy::Max | Policy::Min => {
                let farther = policy.written(there, value);
                self.take(*farther != *there, field, &farther);
                return Ok(());
            }
            _ => {}
        }
        let (is_later, is_opposed) = (rank(&write) > rank(&last), self.is_opposed(&last));
        if there == value {
            if is_later {
                self.entry.writes.insert(field, Write { version: last.version, ..write });
                self.is_touched = true;
            }
            return Ok(());
        }
        match policy {
            Policy::Fixed => return Err("record.field_fixed"),
            Policy::Follows(leader) => {
                self.take((is_later || !is_opposed) && !self.outdone.contains(&leader), field, value);
            }
            _ if !is_opposed => self.take(true, field, value),
            _ if is_later && policy != Policy::Review => {
                self.losses.push(Loss::new(field, (there, last), (value, write)));
                self.take(true, field, value);
            }
            _ => {
                self.losses.push(Loss::new(field, (value, write), (there, last)));
                self.outdone.insert(field);
            }
        }
        Ok(())
    }

    /// Each element on its own: what was added and not seen is not removed.
    fn write_set(&mut self, field: u32, there: &[u8], value: &[u8]) -> Result<(), Code> {
        let said = SetWrite::parse(value).ok_or("record.malformed")?;
        let now = set::elements(there).ok_or("record.malformed")?;
        let (made, elements) = (self.there.made, &self.there.elements);
        let since = |element: &Vec<u8>| *elements.get(&(field, element.clone())).unwrap_or(&made);
        let removed: Vec<_> =
            said.removed(&now).into_iter().filter(|it| !self.is_opposed(&since(it))).collect();
        let added = said.added(&now);
        let mut after = now.clone();
        for element in &removed {
            after.remove(element);
            self.entry.elements.remove(&(field, element.clone()));
        }
        for element in &added {
            after.insert(element.clone());
            self.entry.elements.insert((field, element.clone()), self.write);
        }
        let value = if after == now { there.to_vec() } else { set::encode(&after) };
        self.take(!removed.is_empty() || !added.is_empty(), field, &value);
        Ok(())
    }

    fn take(&mut self, is_taken: bool, field: u32, value: &[u8]) {
        if is_taken {
            self.taken.push((field, value.to_vec()));
        }
    }
}

fn register(is_deleted: bool) -> &'static [u8] {
    if is_deleted { &[0xf5] } else { NULL }
}

/// Two grid workers and a community's desk: what they may know, without asking the table.
pub fn may_know(sender: &Sender, scope: &Scope) -> bool {
    match scope.audience {
        Audience::Public => scope.area.depth() == 1 && scope.area.contains(&sender.area),
        Audience::Work if scope.area.depth() == 3 => scope.area.contains(&sender.area),
        Audience::Work | Audience::Sensitive => scope.area.depth() == 4 && sender.area.contains(&scope.area),
        _ => false,
    }
}

fn guard(is_well: bool, code: Code) -> Result<(), Code> {
    if is_well { Ok(()) } else { Err(code) }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.to_owned() }
}

fn rank(write: &Write) -> (u64, Incarnation, u64) {
    (write.time, write.incarnation, write.push_seq)
}

fn hlc(ms: i64) -> u64 {
    ms.max(0).unsigned_abs() << 16
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
fn losing_id(op: RecordId, field: u32, received_ms: i64) -> RecordId {
    let hash = digest(&[op.as_bytes().as_slice(), &field.to_be_bytes()].concat());
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    RecordId::new(received_ms, random)
}

/// The record of the server beside the model's.
///
/// # Errors
/// Where they differ.
pub fn same(id: RecordId, ours: &Entry, theirs: Option<&sync::settle::Stored>) -> Result<()> {
    let theirs = theirs.with_context(|| format!("{id} is not at the server"))?;
    let name = declaration(ours.kind).map_or("record", |declared| declared.name);
    ensure!(theirs.kind == ours.kind && theirs.scope == ours.scope, "{name} {id} is somewhere else");
    ensure!(theirs.body == ours.body, "{name} {id} has another body than it must");
    ensure!(theirs.is_deleted == ours.is_deleted, "{name} {id}: deleted is {}", theirs.is_deleted);
    ensure!(
        theirs.version == ours.version,
        "{name} {id} is version {}, not {}",
        theirs.version,
        ours.version
    );
    ensure!(theirs.author == ours.author, "{name} {id} is by somebody else");
    Ok(())
}
