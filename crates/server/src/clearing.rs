//! Clearing: what is kept of a person goes by a decision, or because its time is over.

use std::collections::{BTreeMap, BTreeSet};

use records::body::{CLEARED, DELETED};
use records::codes::ErasureGround;
use records::command::Clearing;
use records::rules::erasure::{self, Fate, Standing};
use records::wire::Outcome;
use records::{AccountId, AreaPath, Body, RecordId};
use sync::settle::{Refusal, Stored};
use sync::stamps::{Stamps, UNNUMBERED};

use crate::audit::{self, Entry, deed};
use crate::database::sql::Sql;
use crate::database::{quarantine, record};
use crate::fault::ServerFault;
use crate::load::{THE_SERVER, the_servers};
use crate::writing::Writing;

impl Writing {
    /// Clears a record; returns how many records changed by it. One that is not there, or is so already, changes none.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn clear(
        &mut self,
        connection: &dyn Sql,
        id: RecordId,
        how: Clearing,
        now_ms: i64,
    ) -> Result<usize, ServerFault> {
        let Some(stored) = self.look_at(connection, id, now_ms)? else { return Ok(0) };
        let is_erased = stored.body.erased_for().is_some();
        match how {
            _ if is_erased => Ok(0),
            Clearing::Erase(ground) => self.erase(connection, &stored, ground, now_ms),
            Clearing::Withhold => Ok(self.set_withheld(stored, true, now_ms)),
            Clearing::Release if stored.is_sealed() => Ok(self.set_withheld(stored, false, now_ms)),
            Clearing::Release => Ok(0),
        }
    }

    /// Gives a record its fate, unless it is another version by now: then it is looked at the next time. Whether it was.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn decide_fate(
        &mut self,
        connection: &dyn Sql,
        (id, version): (RecordId, u64),
        fate: &Fate,
        now_ms: i64,
    ) -> Result<bool, ServerFault> {
        let stored = self.look_at(connection, id, now_ms)?.filter(|stored| stored.version == version);
        let Some(stored) = stored else { return Ok(false) };
        self.suffer(stored, fate, ErasureGround::TimeOver, now_ms);
        Ok(true)
    }

    fn set_withheld(&mut self, mut stored: Stored, is_deleted: bool, now_ms: i64) -> usize {
        let stamp = the_servers(THE_SERVER, now_ms);
        stored.stamps.set(DELETED, stamp);
        stored.stamps.set(CLEARED, stamp);
        self.keep(Stored { is_deleted, version: UNNUMBERED, ..stored });
        1
    }

    /// Decided by what stands in the area, and once more by that as it is locked.
    fn erase(
        &mut self,
        connection: &dyn Sql,
        person: &Stored,
        ground: ErasureGround,
        now_ms: i64,
    ) -> Result<usize, ServerFault> {
        let before = self.standing_around(connection, &person.scope.area)?;
        let named = erasure::plan(person.id, before.values().cloned().collect::<Vec<_>>().as_slice());
        self.look_at_all(connection, named.fates.iter().map(|(id, _)| *id).collect(), now_ms)?;
        let now: Vec<Standing> = self.over(before).into_values().collect();
        let mut plan = erasure::plan(person.id, &now);
        if plan.fates.is_empty() {
            // Of a newer version, or damaged: nobody can say what it names.
            plan.fates.push((person.id, Fate::Erase));
        }
        for (id, fate) in &plan.fates {
            let stored = self.look_at(connection, *id, now_ms)?;
            stored.into_iter().for_each(|stored| self.suffer(stored, fate, ground, now_ms));
        }
        for (id, body, is_decided) in quarantine::bodies(connection)? {
            if plan.is_about(&body) {
                let refused = Outcome::Refused { code: Refusal::Cleared.code().to_owned() };
                if !is_decided {
                    quarantine::decide(connection, &id, &refused, now_ms)?;
                }
                quarantine::empty(connection, &id)?;
            }
        }
        Ok(plan.fates.len())
    }

    fn suffer(&mut self, mut stored: Stored, fate: &Fate, ground: ErasureGround, now_ms: i64) {
        let stamp = the_servers(THE_SERVER, now_ms);
        match fate {
            Fate::Erase => {
                stored.body = Body::tombstone(ground.code());
                stored.is_deleted = true;
                // Who wrote which field, and the elements of sets themselves, are words about somebody too.
                stored.stamps = Stamps::of_new(stamp);
            }
            Fate::Rewrite(body) => {
                for (field, _) in stored.body.patch_to(body).fields() {
                    stored.stamps.set(field, stamp);
                }
                stored.stamps.forget_elements();
                stored.body = body.clone();
            }
        }
        stored.stamps.set(CLEARED, stamp);
        self.relink(stored.id);
        self.keep(Stored { version: UNNUMBERED, ..stored });
    }

    /// What stands in a grid and in the community around it, with what this transaction has made of it so far.
    fn standing_around(
        &self,
        connection: &dyn Sql,
        area: &AreaPath,
    ) -> Result<BTreeMap<RecordId, Standing>, ServerFault> {
        let around = area.at_depth(area.depth().saturating_sub(1)).filter(|around| around.depth() > 2);
        let areas: BTreeSet<AreaPath> = around.into_iter().chain([area.clone()]).collect();
        let mut standing = BTreeMap::new();
        for area in &areas {
            let aged = record::aged_in_area(connection, area)?;
            standing.extend(aged.into_iter().map(|(aged, _)| (aged.record.id, aged.record)));
        }
        let here = self.records().filter(|stored| areas.contains(&stored.scope.area)).map(standing_of);
        standing.extend(here.map(|record| (record.id, record)));
        Ok(standing)
    }

    /// These records as this transaction holds them.
    fn over(&self, mut standing: BTreeMap<RecordId, Standing>) -> BTreeMap<RecordId, Standing> {
        let held: Vec<Standing> =
            self.records().filter(|stored| standing.contains_key(&stored.id)).map(standing_of).collect();
        standing.extend(held.into_iter().map(|record| (record.id, record)));
        standing
    }
}

fn standing_of(stored: &Stored) -> Standing {
    Standing { id: stored.id, kind: stored.kind, body: stored.body.clone(), is_deleted: stored.is_deleted }
}

/// Notes how much was cleared, by whom, and never whose it was.
pub(crate) fn note_cleared(
    connection: &dyn Sql,
    (by, how, records): (AccountId, Clearing, usize),
    now_ms: i64,
) -> Result<(), ServerFault> {
    let deed = match how {
        Clearing::Erase(_) => deed::ERASED,
        Clearing::Withhold => deed::WITHHELD,
        Clearing::Release => deed::RELEASED,
    };
    let times = u32::try_from(records).unwrap_or(u32::MAX);
    audit::note(connection, &Entry { times, ..Entry::new(deed, now_ms) }.by(Some(by)))
}
