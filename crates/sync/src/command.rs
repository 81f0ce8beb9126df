//! Commands at the server: each is decided against the record as it is when it arrives, by the rule
//! that the device has shown it by. They never merge.

use std::collections::BTreeMap;

use records::command::{Clearing, Command, Event, Situation};
use records::declaration::{Declaration, declaration};
use records::wire::{MAX_OP_BYTES, Op};
use records::{Body, Kind, RecordId, Scope};

use crate::merge;
use crate::refusal::Refusal;
use crate::settle::{Stored, Work, checked};
use crate::stamps::{Stamp, Stamps, UNNUMBERED};

/// The records that a command names, none of an unknown one.
pub(crate) fn needs(kind: Kind, number: u16, args: &Body) -> Vec<RecordId> {
    let command = declaration(kind).and_then(|declaration| declaration.command(number));
    command.map_or_else(Vec::new, |command| (command.needs)(args))
}

impl Work<'_> {
    pub(crate) fn command(
        &mut self,
        op: &Op,
        declaration: &Declaration,
        number: u16,
        args: &Body,
        stamp: Stamp,
    ) -> Result<(), Refusal> {
        let (stored, role) = self.known(op)?;
        let stored = stored.clone();
        let command = declaration.command(number).ok_or(Refusal::CommandUnknown)?;
        match () {
            () if stored.is_sealed() => return Err(Refusal::Cleared),
            () if stored.is_deleted => return Err(Refusal::Deleted),
            () if args.as_bytes().len() > MAX_OP_BYTES => return Err(Refusal::OpTooLarge),
            () if args.is_hiding() => return Err(Refusal::TextHidden),
            () => {}
        }
        let others = self.others(command, args);
        let events = (command.decide)(&Situation {
            command: number,
            args,
            record: stored.id,
            body: &stored.body,
            author: stored.author,
            by: self.author.account,
            role,
            at_ms: stamp.hlc.ms(),
            others: &others,
        });
        for (place, event) in (0..).zip(events.map_err(Refusal::Invalid)?) {
            self.happen(op, declaration, place, event, stamp)?;
        }
        Ok(())
    }

    /// What a command names and whoever gives it may know.
    fn others(&self, command: &Command, args: &Body) -> BTreeMap<RecordId, (Kind, Body)> {
        let named = (command.needs)(args).into_iter().filter_map(|id| self.loaded.records.get(&id));
        let known = named.filter(|other| !other.is_deleted && self.permitted(&other.scope).is_ok());
        known.map(|other| (other.id, (other.kind, other.body.clone()))).collect()
    }

    /// What is cleared stands in the area of what it is decided by; who may know that may know it too.
    fn clear(&mut self, beside: &Scope, id: RecordId, kind: Kind, how: Clearing) -> Result<(), Refusal> {
        let stored = self.loaded.records.get(&id).ok_or(Refusal::Missing)?;
        self.permitted(&stored.scope)?;
        let is_erased = stored.body.erased_for().is_some();
        match () {
            () if stored.kind != kind => Err(Refusal::KindWrong),
            () if stored.scope.area != beside.area => Err(Refusal::ScopeWrong),
            () if is_erased && !matches!(how, Clearing::Erase(_)) => Err(Refusal::Cleared),
            () => {
                self.clearings.push((id, how));
                Ok(())
            }
        }
    }

    fn happen(
        &mut self,
        op: &Op,
        declaration: &Declaration,
        place: u32,
        event: Event,
        stamp: Stamp,
    ) -> Result<(), Refusal> {
        let mut record = self.known(op)?.0.clone();
        match event {
            Event::Patch(patch) => {
                record.body = record.body.patched(&patch);
                checked(declaration, &record.body)?;
                record.version = UNNUMBERED;
                patch.fields().iter().for_each(|(field, _)| record.stamps.set(*field, stamp));
                self.put(record);
            }
            Event::Create { kind, body } => {
                let received_ms = self.clock.received_ms();
                self.put(Stored {
                    id: merge::derived_id(op.id, place, received_ms),
                    kind,
                    body,
                    version: UNNUMBERED,
                    stamps: Stamps::of_new(stamp),
                    author: stamp.author,
                    received_ms,
                    ..record
                });
            }
            Event::Clear { record: cleared, kind, how } => self.clear(&record.scope, cleared, kind, how)?,
        }
        Ok(())
    }
}
