//! One edit of one record: field by field, by the policy of each.

use std::collections::BTreeSet;

use records::body::NULL;
use records::declaration::Policy;
use records::set::{self, SetWrite};

use super::draft::Stop;
use super::{Entry, Write, rank};

/// A value that lost, and the one that stands.
pub(super) struct Loss {
    pub field: u32,
    pub lost: (Vec<u8>, Write),
    pub won: (Vec<u8>, Write),
}

impl Loss {
    pub fn new(field: u32, lost: (&[u8], Write), won: (&[u8], Write)) -> Self {
        Self { field, lost: (lost.0.to_vec(), lost.1), won: (won.0.to_vec(), won.1) }
    }
}

/// An edit in the middle: what it takes, what it makes lose.
pub(super) struct Edit<'e> {
    there: &'e Entry,
    seen: u64,
    write: Write,
    pub entry: Entry,
    pub taken: Vec<(u32, Vec<u8>)>,
    pub losses: Vec<Loss>,
    /// Fields whose new value lost.
    outdone: BTreeSet<u32>,
    pub is_touched: bool,
}

impl<'e> Edit<'e> {
    pub fn of(there: &'e Entry, base: u64, write: Write) -> Self {
        let seen = if base > there.version { 0 } else { base };
        let (taken, losses, outdone, is_touched) = (vec![], vec![], BTreeSet::new(), false);
        Self { there, seen, write, entry: there.clone(), taken, losses, outdone, is_touched }
    }

    /// Somebody else wrote this, and whoever edits had not seen it.
    pub fn is_opposed(&self, last: &Write) -> bool {
        last.version > self.seen && last.incarnation != self.write.incarnation
    }

    pub fn write(&mut self, policy: Policy, field: u32, value: &[u8]) -> Result<(), Stop> {
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
            Policy::Decided => return Err(Stop::Refused("record.field_decided")),
            Policy::Fixed => return Err(Stop::Refused("record.field_fixed")),
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
    fn write_set(&mut self, field: u32, there: &[u8], value: &[u8]) -> Result<(), Stop> {
        let said = SetWrite::parse(value).ok_or(Stop::Refused("record.malformed"))?;
        let now = set::elements(there).ok_or(Stop::Refused("record.malformed"))?;
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

pub(super) fn register(is_deleted: bool) -> &'static [u8] {
    if is_deleted { &[0xf5] } else { NULL }
}
