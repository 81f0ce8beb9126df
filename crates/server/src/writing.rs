//! Carries out what was decided. Commits are decided about one by one in memory, each by what the ones
//! before it left, and then written at once: records and ops in the order of their ids, numbers last.

use std::collections::{BTreeMap, BTreeSet};

use records::attachment::referred;
use records::command::Clearing;
use records::proof::Proof;
use records::wire::{Change, Commit};
use records::{AccountId, AreaPath, Body, Patch, RecordId, Scope};
use sync::clock::Clock;
use sync::permit::Home;
use sync::settle::{Author, Loaded, Refusal, Settlement, Stored, settle};
use sync::stamps::UNNUMBERED;
use sync::views::{self, Wanted};

use crate::clearing::note_cleared;
use crate::database::attachment;
use crate::database::departure::{self, Departure};
use crate::database::record::{self, Changes, Proven};
use crate::database::scope::{self, Drawing};
use crate::database::sql::{Sql, Statement};
use crate::fault::ServerFault;
use crate::load::{THE_SERVER, the_servers};

/// What a transaction is going to write.
#[derive(Default)]
pub struct Writing {
    held: BTreeMap<RecordId, Held>,
    /// Where those of them were before that have moved.
    homes: BTreeMap<RecordId, Vec<Home>>,
    /// Ops that were applied, before or now …
    applied: BTreeSet<RecordId>,
    /// … and those of them that the database does not know yet.
    ops: BTreeSet<RecordId>,
    /// Records that wait for their numbers, in the order in which they changed first.
    touched: Vec<RecordId>,
    /// Records that may refer to fewer attachments than before.
    relinked: BTreeSet<RecordId>,
    /// What was cleared by whose decision.
    clearings: Vec<(AccountId, Clearing, usize)>,
    /// When all this happens, ms since 1970 UTC.
    now_ms: i64,
}

/// A record that was looked for.
#[derive(Default)]
struct Held {
    /// As it is now; `None` when there is none.
    record: Option<Stored>,
    /// As it was before the transaction; `None` when there was none.
    before: Option<Before>,
    /// The scope it leaves; `None` when it stays where it is.
    left: Option<Left>,
    is_changed: bool,
    /// What it adds to the digest of its scope.
    proof: Proof,
}

#[derive(Clone, Copy)]
struct Before {
    is_there: bool,
    proof: Proof,
}

/// Where a record was before the transaction, and its number there.
struct Left {
    scope: Scope,
    version: u64,
}

impl Writing {
    /// Loads and locks everything these commits name, before the first of them is settled.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn load(&mut self, connection: &dyn Sql, commits: &[&Commit]) -> Result<(), ServerFault> {
        let ops = commits.iter().flat_map(|commit| &commit.ops).map(|op| op.id).collect();
        let wanted: BTreeSet<RecordId> = commits.iter().flat_map(|commit| Loaded::wanted(commit)).collect();
        self.hold(connection, wanted, &ops)
    }

    /// Decides about a commit that was loaded. One that would write over a record elsewhere is refused.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn settle(
        &mut self,
        connection: &dyn Sql,
        commit: &Commit,
        author: &Author,
        clock: &mut Clock,
    ) -> Result<Settlement, ServerFault> {
        self.now_ms = clock.received_ms();
        let settlement = settle(commit, author, clock, self.loaded(commit));
        // Losing edits have ids of their own, which follow from those of the ops.
        let written = settlement.writes.iter().map(|record| record.id).collect();
        self.hold(connection, written, &BTreeSet::new())?;
        if settlement.writes.iter().any(|record| self.is_elsewhere(record)) {
            tracing::error!(push_seq = commit.push_seq, "a commit would write over a record elsewhere");
            return Ok(Settlement::refused(&Refusal::Failed));
        }
        settlement.writes.iter().for_each(|record| self.keep(record.clone()));
        self.note_rerouted(commit);
        self.applied.extend(&settlement.ops);
        self.ops.extend(&settlement.ops);
        for (id, how) in &settlement.clearings {
            let records = self.clear(connection, *id, *how, self.now_ms)?;
            self.clearings.push((author.account, *how, records));
        }
        Ok(settlement)
    }

    /// A new record that follows what it belongs to counts as having left the scope its author named:
    /// what belongs to it will be said to stand there, too.
    fn note_rerouted(&mut self, commit: &Commit) {
        for op in &commit.ops {
            let Change::Create { scope, .. } = &op.change else { continue };
            let Some(held) = self.held.get_mut(&op.record).filter(|held| held.before.is_none()) else {
                continue;
            };
            let is_elsewhere = held.record.as_ref().is_some_and(|record| record.scope != *scope);
            if is_elsewhere && held.left.is_none() {
                held.left = Some(Left { scope: scope.clone(), version: 0 });
                let home = Home { scope: scope.clone(), until_ms: self.now_ms };
                self.homes.entry(op.record).or_default().push(home);
            }
        }
    }

    /// Adds a record without asking anybody: starter lists, samples, accounts.
    ///
    /// # Errors
    /// [`ServerFault::Unwritable`] when it was added before, or names attachments, which nobody brings.
    pub fn add(&mut self, new: Stored) -> Result<(), ServerFault> {
        match self.held.contains_key(&new.id) || !referred(new.kind, &new.body).is_empty() {
            true => Err(ServerFault::Unwritable),
            false => {
                self.keep(new);
                Ok(())
            }
        }
    }

    /// Takes records to another area, each in the scope of its audience there.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn relocate(
        &mut self,
        connection: &dyn Sql,
        ids: BTreeSet<RecordId>,
        to: &AreaPath,
        now_ms: i64,
    ) -> Result<(), ServerFault> {
        self.now_ms = now_ms;
        self.hold(connection, ids.clone(), &BTreeSet::new())?;
        for id in ids {
            let Some(record) = self.held.get(&id).and_then(|held| held.record.clone()) else { continue };
            let scope = Scope::new(to.clone(), record.scope.audience);
            self.keep(Stored { scope, version: UNNUMBERED, ..record });
        }
        Ok(())
    }

    /// Changes a record in the name of the server, as `change` says of what is there. One that is not
    /// there, or deleted, stays so.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn patch(
        &mut self,
        connection: &dyn Sql,
        id: RecordId,
        change: impl Fn(&Body) -> Patch,
        now_ms: i64,
    ) -> Result<(), ServerFault> {
        self.now_ms = now_ms;
        self.hold(connection, BTreeSet::from([id]), &BTreeSet::new())?;
        let known = self.held.get(&id).and_then(|held| held.record.clone());
        let Some(mut record) = known.filter(|record| !record.is_deleted) else { return Ok(()) };
        let patch = change(&record.body);
        if !patch.is_empty() {
            record.body = record.body.patched(&patch);
            let stamp = the_servers(THE_SERVER, now_ms);
            patch.fields().iter().for_each(|(field, _)| record.stamps.set(*field, stamp));
            self.keep(Stored { version: UNNUMBERED, ..record });
        }
        Ok(())
    }

    /// Runs `also`, locks the counters, gives every change its number and writes everything.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn write(mut self, connection: &dyn Sql, also: Vec<Statement<'_>>) -> Result<(), ServerFault> {
        self.keep_views(connection)?;
        let mut first = also;
        first.extend(record::set_applied(&self.ops));
        let drawings = self.drawings();
        first.extend(scope::raise(&drawings));
        let drawn = scope::draw(connection, first, &drawings)?;
        let mut then = self.number(drawn);
        let (relinked, clearings, now_ms) = (self.relinked, self.clearings, self.now_ms);
        then.extend(attachment::unlinked(&relinked));
        let changed = self.held.into_values().filter(|held| held.is_changed);
        let (known, new): (Vec<_>, Vec<_>) = changed.partition(|held| held.before.is_some());
        let (moved, known): (Vec<_>, Vec<_>) = known.into_iter().partition(|held| held.left.is_some());
        let changes = Changes { new: proven(new), known: proven(known), moved: proven(moved) };
        then.extend(linked(&changes.new));
        let again = changes.known.iter().filter(|known| relinked.contains(&known.record.id)).cloned();
        then.extend(linked(&again.collect::<Vec<_>>()));
        record::write(connection, &changes, then)?;
        clearings.into_iter().try_for_each(|clearing| note_cleared(connection, clearing, now_ms))
    }

    /// A record as it is now, loaded and locked; `None` when there is none.
    pub(crate) fn look_at(
        &mut self,
        connection: &dyn Sql,
        id: RecordId,
        now_ms: i64,
    ) -> Result<Option<Stored>, ServerFault> {
        self.look_at_all(connection, BTreeSet::from([id]), now_ms)?;
        Ok(self.held.get(&id).and_then(|held| held.record.clone()))
    }

    /// Loads and locks these records.
    pub(crate) fn look_at_all(
        &mut self,
        connection: &dyn Sql,
        ids: BTreeSet<RecordId>,
        now_ms: i64,
    ) -> Result<(), ServerFault> {
        self.now_ms = now_ms;
        self.hold(connection, ids, &BTreeSet::new())
    }

    /// The records that are held, as they are now.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Stored> {
        self.held.values().filter_map(|held| held.record.as_ref())
    }

    /// What a record refers to is to be looked at again when it is written.
    pub(crate) fn relink(&mut self, id: RecordId) {
        self.relinked.insert(id);
    }

    fn hold(
        &mut self,
        connection: &dyn Sql,
        ids: BTreeSet<RecordId>,
        ops: &BTreeSet<RecordId>,
    ) -> Result<(), ServerFault> {
        let new: BTreeSet<RecordId> = ids.into_iter().filter(|id| !self.held.contains_key(id)).collect();
        if new.is_empty() && ops.is_empty() {
            return Ok(());
        }
        self.held.extend(new.iter().map(|id| (*id, Held::default())));
        let found = record::lock(connection, &new, ops)?;
        self.applied.extend(found.applied);
        self.homes.extend(found.homes);
        for Proven { record, proof } in found.records {
            let before = Some(Before { is_there: !record.is_deleted, proof });
            let id = record.id;
            self.held.insert(id, Held { record: Some(record), before, left: None, is_changed: false, proof });
        }
        Ok(())
    }

    /// Makes the views of what changed what they should be.
    fn keep_views(&mut self, connection: &dyn Sql) -> Result<(), ServerFault> {
        let changed = self.held.values().filter(|held| held.is_changed);
        let sources = changed.filter_map(|held| held.record.as_ref());
        let wanted: Vec<Wanted> = sources.flat_map(views::wanted).collect();
        self.hold(connection, wanted.iter().map(|view| view.id).collect(), &BTreeSet::new())?;
        for view in wanted {
            let known = self.held.get(&view.id).and_then(|held| held.record.as_ref());
            view.over(known).into_iter().for_each(|record| self.keep(record));
        }
        Ok(())
    }

    fn loaded(&self, commit: &Commit) -> Loaded {
        let wanted = Loaded::wanted(commit);
        let records = wanted.iter().filter_map(|id| Some((*id, self.held.get(id)?.record.clone()?)));
        let applied = commit.ops.iter().map(|op| op.id).filter(|op| self.applied.contains(op));
        let homes = wanted.iter().filter_map(|id| Some((*id, self.homes.get(id)?.clone())));
        Loaded { records: records.collect(), homes: homes.collect(), applied: applied.collect() }
    }

    fn is_elsewhere(&self, record: &Stored) -> bool {
        let held = self.held.get(&record.id).and_then(|held| held.record.as_ref());
        held.is_some_and(|held| held.scope != record.scope || held.kind != record.kind)
    }

    pub(crate) fn keep(&mut self, record: Stored) {
        let held = self.held.entry(record.id).or_default();
        let waits = held.record.as_ref().is_some_and(|record| record.version == UNNUMBERED);
        if record.version == UNNUMBERED && !waits {
            self.touched.push(record.id);
        }
        held.leave_for(&record.scope);
        held.is_changed = true;
        held.record = Some(record);
    }

    /// The records that wait for a number.
    fn waiting(&self) -> impl Iterator<Item = (&Held, &Stored)> {
        self.touched.iter().filter_map(|id| {
            let held = self.held.get(id)?;
            Some((held, held.record.as_ref()?))
        })
    }

    fn drawings(&self) -> BTreeMap<Scope, Drawing> {
        let mut drawings: BTreeMap<Scope, Drawing> = BTreeMap::new();
        for (held, record) in self.waiting() {
            let was_there = held.before.is_some_and(|before| before.is_there);
            let drawing = drawings.entry(record.scope.clone()).or_default();
            drawing.numbers += 1;
            drawing.count += i64::from(!record.is_deleted);
            drawing.after = drawing.after.max(held.left.as_ref().map_or(0, |left| left.version));
            let had_it = held.left.as_ref().map_or(&record.scope, |left| &left.scope);
            let drawing = drawings.entry(had_it.clone()).or_default();
            drawing.numbers += u64::from(held.left.is_some());
            drawing.count -= i64::from(was_there);
        }
        drawings
    }

    /// Gives each change its number; returns what keeps the digests and who left which scope.
    fn number(&mut self, mut drawn: BTreeMap<Scope, (u64, i64)>) -> Vec<Statement<'static>> {
        let mut departures = vec![];
        for id in &self.touched {
            let Some(held) = self.held.get_mut(id) else { continue };
            let before = held.before.map_or_else(Proof::default, |before| before.proof);
            let Some(record) = &mut held.record else { continue };
            let had_it = held.left.as_ref().map_or(&record.scope, |left| &left.scope);
            if let Some((version, digest)) = drawn.get_mut(had_it) {
                *digest = before.taken_from(*digest);
                if let Some(left) = &held.left {
                    *version += 1;
                    let (scope, to) = (left.scope.clone(), record.scope.clone());
                    departures.push(Departure {
                        scope,
                        version: *version,
                        record: *id,
                        kind: record.kind,
                        to,
                    });
                }
            }
            let Some((version, digest)) = drawn.get_mut(&record.scope) else { continue };
            *version += 1;
            record.version = *version;
            record.stamps.number(*version);
            let body = (!record.is_deleted).then_some(&record.body);
            held.proof = Proof::of(*id, *version, body);
            *digest = held.proof.added_to(*digest);
        }
        let digests = drawn.iter().map(|(scope, (_, digest))| scope::set_digest(scope, *digest));
        digests.chain(departure::kept(&departures, self.now_ms)).collect()
    }
}

impl Held {
    /// Notes the scope it leaves, unless it comes back to it.
    fn leave_for(&mut self, scope: &Scope) {
        let is_known = self.before.is_some();
        let Some(record) = self.record.as_ref().filter(|_| is_known) else { return };
        if self.left.is_none() && record.scope != *scope {
            self.left = Some(Left { scope: record.scope.clone(), version: record.version });
        }
        self.left = self.left.take().filter(|left| left.scope != *scope);
    }
}

/// What keeps which attachments new records refer to. Few types have any, and none ever changes them.
fn linked(new: &[Proven]) -> Vec<Statement<'static>> {
    let of = |Proven { record, .. }: &Proven| {
        let (id, referred) = (record.id, referred(record.kind, &record.body));
        referred.into_iter().map(move |one| (id, one.hash))
    };
    attachment::linked(&new.iter().flat_map(of).collect::<Vec<_>>())
}

fn proven(held: Vec<Held>) -> Vec<Proven> {
    let proven = held.into_iter().filter_map(|held| Some(Proven { record: held.record?, proof: held.proof }));
    proven.collect()
}
