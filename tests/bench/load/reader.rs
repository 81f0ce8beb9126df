//! A device that reads everything it may hold, page by page, and proves that it did. It keeps no rows:
//! what is measured is the server.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use minicbor::bytes::ByteVec;
use records::proof::Proof;
use records::wire::{Cursor, ScopeChanges};
use records::{Audience, Scope};
use server::random;
use sync::device::Outgoing;
use ureq::Agent;

use super::setting::{Enrolled, Served};
use crate::commits::{new_households, request};
use crate::sync::now_ms;

/// What a device asks for in one answer, bytes.
const BUDGET: u32 = 1024 * 1024;

/// A device and what it has read.
pub struct Reader<'a> {
    served: &'a Served,
    device: &'a Enrolled,
    agent: Agent,
    held: BTreeMap<Scope, Held>,
    pushed: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Held {
    seq: u64,
    digest: i64,
}

/// A round that was made.
pub struct Made {
    /// What was posted.
    pub said: Outgoing,
    /// From the first byte sent to the last one read.
    pub took: Duration,
    /// Changes that came.
    pub changes: usize,
    /// Bytes of them as they came.
    pub bytes: usize,
    /// Whether the server had anything to say.
    is_news: bool,
}

impl<'a> Reader<'a> {
    pub fn new(served: &'a Served, device: &'a Enrolled) -> Self {
        Self { served, device, agent: Served::agent(), held: BTreeMap::new(), pushed: 0 }
    }

    /// Rounds until there is nothing new.
    pub fn read_all(&mut self) -> Result<Vec<Made>> {
        let mut made = vec![];
        loop {
            let round = self.round(vec![])?;
            let is_news = round.is_news;
            made.push(round);
            if !is_news {
                return Ok(made);
            }
        }
    }

    /// A round that brings a new household.
    pub fn push(&mut self) -> Result<Made> {
        self.pushed += 1;
        let scope = Scope::new(self.device.area.clone(), Audience::Work);
        let commit = new_households(&scope, self.pushed, 1, now_ms())?;
        self.round(vec![commit])
    }

    fn round(&mut self, commits: Vec<ByteVec>) -> Result<Made> {
        let nonce = random::bytes();
        let held = self.held.iter();
        let cursors = held.map(|(scope, Held { seq, digest })| Cursor {
            scope: scope.clone(),
            seq: *seq,
            digest: *digest,
        });
        let asked = request((self.device.incarnation, nonce), commits, (cursors.collect(), BUDGET), now_ms());
        let said = self.device.says(&asked);
        let began = Instant::now();
        let answer = self.served.post(&self.agent, &said)?;
        let (took, bytes) = (began.elapsed(), answer.body.len());
        let answer = self.served.read(&answer, &nonce)?;
        ensure!(answer.settled == self.pushed, "{} of {} pushes are settled", answer.settled, self.pushed);
        answer.scopes.iter().try_for_each(|page| self.hold(page))?;
        let changes = answer.scopes.iter().map(|page| page.changes.len()).sum();
        Ok(Made { said, took, changes, bytes, is_news: !answer.scopes.is_empty() })
    }

    fn hold(&mut self, page: &ScopeChanges) -> Result<()> {
        let held = self.held.entry(page.scope.clone()).or_default();
        held.seq = page.to;
        for change in &page.changes {
            held.digest = Proof::of(change.id, change.version, change.body.as_ref()).added_to(held.digest);
        }
        ensure!(page.digest.is_none_or(|digest| digest == held.digest), "{} is not whole", page.scope);
        Ok(())
    }
}
