//! All faults are over: everything that was saved arrives, and everybody holds the same.

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow, bail, ensure};
use app::Applied;
use records::wire::SyncAnswer;
use sync::device::Incoming;
use sync::{frame, pack};

use crate::life::{HOUR_MS, Life};
use crate::proof;
use crate::server::Visit;
use crate::skew::Version;

/// Rounds of everybody until everything must be quiet.
const MOST: usize = 40;

impl Life<'_> {
    /// Lets everything come to rest, and looks at what is there.
    ///
    /// # Errors
    /// What is not as it must be.
    pub(crate) fn calm(&mut self) -> Result<()> {
        self.network.clear();
        self.server.disk().fill(None);
        self.server.confuse(0);
        self.revive_server()?;
        for place in 0..self.places.len() {
            let device = &mut self.places[place].device;
            device.machine.disk.fill(None);
            device.version = Version::Today;
            if device.is_busy() || device.machine.disk.has_lost_power() {
                device.stop();
            }
            device.machine.disk.power_on();
            self.revive(place)?;
        }
        for _ in 0..MOST {
            // Longer than anything can be undone, and than a scope waits to be read anew.
            self.now_ms += 2 * HOUR_MS;
            let mut is_quiet = true;
            for place in 0..self.places.len() {
                is_quiet &= !self.exchange(place)?;
            }
            if is_quiet {
                self.move_photos()?;
                self.prove()?;
                return self.prove_photos();
            }
        }
        bail!("it never becomes quiet")
    }

    /// One whole round without faults; whether anything came of it.
    fn exchange(&mut self, place: usize) -> Result<bool> {
        let now_ms = self.now_ms;
        let device = &mut self.places[place].device;
        device.begin(0, now_ms).map_err(|fault| anyhow!("no round begins: {fault:?}"))?;
        let Some((_, round)) = &device.round else { bail!("a device belongs to nobody") };
        let outgoing = round.outgoing.clone();
        self.network.requested(&outgoing)?;
        let visit = Visit { sender: device.owner, outgoing: &outgoing, is_older: false, now_ms };
        let incoming = self.server.answer(&visit)?.context("the server died")?;
        ensure!(incoming.status == 200, "the server says {}", incoming.status);
        self.network.answered(&incoming)?;
        device.hear(&incoming, now_ms).map_err(|fault| anyhow!("the answer: {fault:?}"))?;
        ensure!(device.is_applying(), "the answer could not be read");
        let mut again = true;
        while let Some(applied) = device.apply(now_ms) {
            again = applied != Applied::Done { again: false };
        }
        device.look()?;
        self.look_at_records(place)?;
        let device = &mut self.places[place].device;
        Ok(again || !device.waiting()?.is_empty() || has_news(&incoming))
    }

    fn prove(&mut self) -> Result<()> {
        self.server.is_as_modelled()?;
        let mut settled = BTreeSet::new();
        for place in &mut self.places {
            settled.extend(place.device.refused_ops()?);
            settled.extend(&place.device.given_up);
        }
        settled.extend(&self.excused);
        settled.extend(&self.server.model.applied);
        settled.extend(self.server.model.undecided_ops());
        for (number, place) in (1..).zip(&mut self.places) {
            let lost = place.saved.iter().find(|(_, op)| !settled.contains(op)).copied();
            if let Some((step, op)) = lost {
                let kept = place.device.kept_in(op)?;
                bail!("lost is {op}, saved on device {number} at step {step}, there kept in {kept:?}");
            }
        }
        let digests = proof::digests(&self.server)?;
        for (number, place) in (1..).zip(&mut self.places) {
            let same = proof::all_hold_the_same(&self.server.model, &digests, &mut place.device);
            if let Err(why) = same {
                let told = place.device.told()?;
                return Err(why.context(format!("device {number}\n{digests:?}\n{told}")));
            }
        }
        Ok(())
    }
}

/// Whether the answer carried changes.
fn has_news(incoming: &Incoming) -> bool {
    let body = pack::unpack(&incoming.body, incoming.content_encoding.as_deref());
    let answer = body.ok().and_then(|body| frame::read::<SyncAnswer>(&body).ok());
    answer.is_some_and(|answer| answer.scopes.iter().any(|page| !page.changes.is_empty()))
}
