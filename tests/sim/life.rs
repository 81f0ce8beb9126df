//! One life of a community: what happens, in an order that the seed decides, and what must be true in
//! the end.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context, Result, bail, ensure};
use records::{AccountId, RecordId};
use simulation::disk::{Disk, Image};
use sync::device::{Incoming, Outgoing};

use crate::chance::Chance;
use crate::device::Device;
use crate::mutant::Mutant;
use crate::proof;
use crate::server::{Backup, Server};
use crate::stage::{BEGIN_MS, Stage};

/// Actions of people in a life, at least.
const ACTIONS: u64 = 200;
/// Faults in a life, at least.
const FAULTS: u64 = 20;
const DAY_MS: i64 = 24 * 3_600_000;
const YEAR_MS: i64 = 365 * DAY_MS;
/// Most devices: copies make new ones.
const MOST_DEVICES: usize = 8;

/// How much happened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    actions: u64,
    faults: u64,
    rounds: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.actions += other.actions;
        self.faults += other.faults;
        self.rounds += other.rounds;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} actions, {} faults, {} rounds", self.actions, self.faults, self.rounds)
    }
}

/// A message on its way.
enum Message {
    /// To the server; the answer goes to this device's round, or to nobody.
    Request { device: usize, round: u64, outgoing: Outgoing, is_awaited: bool },
    /// To a device.
    Answer { device: usize, round: u64, incoming: Incoming },
}

struct Place {
    device: Device,
    account: AccountId,
    /// What was saved here since the beginning, with the step.
    saved: Vec<(u64, RecordId)>,
    known: BTreeSet<RecordId>,
}

/// A life.
pub struct Life<'a> {
    stage: &'a Stage,
    chance: Chance,
    now_ms: i64,
    step: u64,
    server: Server,
    places: Vec<Place>,
    network: Vec<Message>,
    images: Vec<(usize, u64, Image, BTreeSet<RecordId>)>,
    backups: Vec<Backup>,
    next_round: u64,
    tally: Tally,
    mutant: Option<Mutant>,
    /// Saved on a disk that became an older one before it was sent: nobody can have it.
    excused: BTreeSet<RecordId>,
}

impl<'a> Life<'a> {
    /// Plays the life of a seed.
    ///
    /// # Errors
    /// What was broken.
    pub fn play(stage: &'a Stage, seed: u64, mutant: Option<Mutant>) -> Result<Tally> {
        let mut life = Self::begin(stage, seed, mutant)?;
        while life.tally.actions < ACTIONS || life.tally.faults < FAULTS {
            life.happen().with_context(|| format!("step {}", life.step))?;
        }
        life.calm().context("when everything is calm")?;
        Ok(life.tally)
    }

    fn begin(stage: &'a Stage, seed: u64, mutant: Option<Mutant>) -> Result<Self> {
        let mut chance = Chance::new(seed);
        let server = Server::new(stage, chance.seed(), mutant)?;
        let mut places = vec![];
        for image in &stage.devices {
            let disk = Disk::new(chance.seed());
            disk.restore(image);
            let account = stage.account_of_device(places.len());
            let device = Device::new(disk, chance.seed(), mutant)?;
            places.push(Place { device, account, saved: vec![], known: BTreeSet::new() });
        }
        Ok(Self {
            stage,
            chance,
            now_ms: BEGIN_MS,
            step: 0,
            server,
            places,
            network: vec![],
            images: vec![],
            backups: vec![],
            next_round: 0,
            tally: Tally::default(),
            mutant,
            excused: BTreeSet::new(),
        })
    }

    fn happen(&mut self) -> Result<()> {
        self.step += 1;
        self.now_ms += match self.chance.below(50) {
            0 => DAY_MS,
            1..=9 => 3_600_000,
            _ => 1_000 + i64::try_from(self.chance.below(20_000))?,
        };
        let place = usize::try_from(self.chance.below(self.places.len() as u64))?;
        match self.chance.below(100) {
            0..=29 => self.act(place),
            30..=49 => self.begin_round(place),
            50..=69 => self.deliver(),
            70..=87 => self.apply(place),
            88..=89 => self.give_up(place),
            _ => self.fault(place),
        }
    }

    fn act(&mut self, place: usize) -> Result<()> {
        self.revive(place)?;
        self.tally.actions += 1;
        let device = &mut self.places[place].device;
        let undoable = device.undoable()?;
        let before = (self.mutant == Some(Mutant::SavedBeforeDisk) && self.chance.one_in(20))
            .then(|| device.disk.snapshot());
        // What the core refuses, what a full disk or a cut prevents: the person was told.
        let _ = device.act(&self.stage.households, self.now_ms);
        self.note_saved(place)?;
        // Taken back, or nearly so: a cut may hide from the person that it was.
        let now: BTreeSet<RecordId> = self.places[place].device.waiting()?.into_iter().collect();
        self.excused.extend(undoable.into_iter().filter(|op| !now.contains(op)));
        before.map_or(Ok(()), |before| self.places[place].device.go_back(&before))
    }

    /// What waits on a device is there to stay; what is gone again was taken back or answered.
    fn note_saved(&mut self, place: usize) -> Result<()> {
        let step = self.step;
        let Place { device, saved, known, .. } = &mut self.places[place];
        for op in device.waiting()? {
            if known.insert(op) {
                saved.push((step, op));
            }
        }
        Ok(())
    }

    fn begin_round(&mut self, place: usize) -> Result<()> {
        self.revive(place)?;
        let device = &mut self.places[place].device;
        if device.round.is_some() || device.is_applying() {
            return Ok(());
        }
        self.next_round += 1;
        let number = self.next_round;
        let _ = device.begin(number, self.now_ms);
        let Some((_, round)) = &device.round else { return Ok(()) };
        let outgoing = round.outgoing.clone();
        self.tally.rounds += 1;
        match self.chance.below(20) {
            0 | 1 => self.tally.faults += 1, // It never arrives.
            2 => {
                self.tally.faults += 1;
                let again = Message::Request {
                    device: place,
                    round: number,
                    outgoing: outgoing.clone(),
                    is_awaited: false,
                };
                self.network.push(again);
                self.network.push(Message::Request {
                    device: place,
                    round: number,
                    outgoing,
                    is_awaited: true,
                });
            }
            3 => {
                self.tally.faults += 1;
                let mut outgoing = outgoing;
                let left = self.chance.below(outgoing.body.len() as u64);
                outgoing.body.truncate(usize::try_from(left)?);
                self.network.push(Message::Request {
                    device: place,
                    round: number,
                    outgoing,
                    is_awaited: true,
                });
            }
            _ => self.network.push(Message::Request {
                device: place,
                round: number,
                outgoing,
                is_awaited: true,
            }),
        }
        Ok(())
    }

    /// Some message arrives, not always the oldest.
    fn deliver(&mut self) -> Result<()> {
        if self.network.is_empty() {
            return Ok(());
        }
        let late = self.chance.one_in(4);
        let which = if late { self.chance.below(self.network.len() as u64) } else { 0 };
        match self.network.remove(usize::try_from(which)?) {
            Message::Request { device, round, outgoing, is_awaited } => {
                self.serve(device, round, &outgoing, is_awaited)
            }
            Message::Answer { device, round, incoming } => self.hear(device, round, &incoming),
        }
    }

    fn serve(&mut self, device: usize, round: u64, outgoing: &Outgoing, is_awaited: bool) -> Result<()> {
        if !self.server.is_up() {
            if self.chance.one_in(2) {
                self.server.start()?;
            }
            return Ok(());
        }
        let Some(mut incoming) = self.server.answer(outgoing, self.now_ms)? else { return Ok(()) };
        if !is_awaited {
            return Ok(());
        }
        match self.chance.below(20) {
            0 | 1 => {
                self.tally.faults += 1;
                return Ok(());
            }
            2 => {
                self.tally.faults += 1;
                let left = self.chance.below(incoming.body.len() as u64);
                incoming.body.truncate(usize::try_from(left)?);
            }
            _ => {}
        }
        self.network.push(Message::Answer { device, round, incoming });
        Ok(())
    }

    fn hear(&mut self, place: usize, round: u64, incoming: &Incoming) -> Result<()> {
        let device = &mut self.places[place].device;
        if device.is_up() && device.round.as_ref().is_some_and(|(number, _)| *number == round) {
            let _ = device.hear(incoming, self.now_ms);
        }
        Ok(())
    }

    fn apply(&mut self, place: usize) -> Result<()> {
        let steps = 1 + self.chance.below(6);
        for _ in 0..steps {
            if !self.places[place].device.apply(self.now_ms)? {
                break;
            }
        }
        Ok(())
    }

    fn give_up(&mut self, place: usize) -> Result<()> {
        let _ = self.places[place].device.give_up(self.now_ms);
        Ok(())
    }

    /// A device that is off is switched on.
    fn revive(&mut self, place: usize) -> Result<()> {
        if self.places[place].device.is_up() {
            return Ok(());
        }
        self.places[place].device.start()?;
        self.note_saved(place)
    }

    fn fault(&mut self, place: usize) -> Result<()> {
        self.tally.faults += 1;
        match self.chance.below(14) {
            0..=2 => {
                let after = 1 + self.chance.below(60);
                self.places[place].device.disk.cut_after(after);
            }
            3 | 4 => {
                let after = 1 + self.chance.below(80);
                self.server.disk.cut_after(after);
            }
            5 => self.places[place].device.stop(),
            6 => self.server.stop(),
            7 => {
                let years = i64::try_from(self.chance.below(7))? - 3;
                self.places[place].device.offset_ms = years * YEAR_MS;
            }
            8 => {
                let room = self.chance.one_in(2).then_some(4_096);
                self.places[place].device.disk.fill(room);
            }
            9 => self.keep_image(place)?,
            10 => self.go_back(place)?,
            11 => self.copy(place)?,
            12 => self.backups.push(self.server.backup()),
            _ => self.server_goes_back()?,
        }
        Ok(())
    }

    fn keep_image(&mut self, place: usize) -> Result<()> {
        self.note_saved(place)?;
        let Place { device, known, .. } = &self.places[place];
        if !device.disk.has_lost_power() {
            self.images.push((place, self.step, device.disk.snapshot(), known.clone()));
        }
        Ok(())
    }

    /// The device's disk becomes an older one. What was saved since is nobody's fault to lose.
    fn go_back(&mut self, place: usize) -> Result<()> {
        let mine: Vec<usize> =
            self.images.iter().enumerate().filter(|(_, image)| image.0 == place).map(|(i, _)| i).collect();
        if mine.is_empty() {
            return Ok(());
        }
        let (_, step, image, known) = &self.images[*self.chance.of(&mine)];
        let Place { device, saved, known: now, .. } = &mut self.places[place];
        let since = saved.iter().filter(|(at, _)| at > step).map(|(_, op)| *op);
        self.excused.extend(since);
        saved.retain(|(at, _)| at <= step);
        now.clone_from(known);
        device.disk.fill(None);
        device.go_back(image)
    }

    /// Somebody copies a device: both go on.
    fn copy(&mut self, place: usize) -> Result<()> {
        if self.places.len() >= MOST_DEVICES || self.places[place].device.disk.has_lost_power() {
            return Ok(());
        }
        self.note_saved(place)?;
        let disk = self.places[place].device.disk.copy(self.chance.seed());
        let device = Device::new(disk, self.chance.seed(), self.mutant)?;
        let (account, known) = (self.places[place].account, self.places[place].known.clone());
        self.places.push(Place { device, account, saved: vec![], known });
        Ok(())
    }

    fn server_goes_back(&mut self) -> Result<()> {
        if self.backups.is_empty() {
            return Ok(());
        }
        let which = self.chance.below(self.backups.len() as u64);
        self.server.go_back(&self.backups[usize::try_from(which)?])
    }

    /// All faults are over: everything that was saved arrives, and everybody holds the same.
    fn calm(&mut self) -> Result<()> {
        const MOST: usize = 40;
        self.network.clear();
        self.server.disk.fill(None);
        self.server.start()?;
        for place in 0..self.places.len() {
            let device = &mut self.places[place].device;
            device.disk.fill(None);
            device.start()?;
            self.note_saved(place)?;
        }
        for _ in 0..MOST {
            // Longer than anything can be undone, and than a scope waits to be read anew.
            self.now_ms += 2 * 3_600_000;
            let mut is_quiet = true;
            for place in 0..self.places.len() {
                is_quiet &= !self.exchange(place)?;
            }
            if is_quiet {
                return self.prove();
            }
        }
        bail!("it never becomes quiet")
    }

    /// One whole round without faults; whether anything came of it.
    fn exchange(&mut self, place: usize) -> Result<bool> {
        let now_ms = self.now_ms;
        let device = &mut self.places[place].device;
        device.begin(0, now_ms).map_err(|fault| anyhow::anyhow!("no round begins: {fault:?}"))?;
        let Some((_, round)) = &device.round else { bail!("a device belongs to nobody") };
        let outgoing = round.outgoing.clone();
        let incoming = self.server.answer(&outgoing, now_ms)?.context("the server died")?;
        ensure!(incoming.status == 200, "the server says {}", incoming.status);
        let device = &mut self.places[place].device;
        device.hear(&incoming, now_ms).map_err(|fault| anyhow::anyhow!("the answer: {fault:?}"))?;
        let is_applying = device.is_applying();
        ensure!(is_applying, "the answer could not be read");
        let mut again = false;
        while device.is_applying() {
            again = device.apply(now_ms)?;
        }
        Ok(again || !device.waiting()?.is_empty() || has_news(&incoming))
    }

    fn prove(&mut self) -> Result<()> {
        let mut refused = BTreeSet::new();
        for place in &mut self.places {
            refused.extend(place.device.refused()?.into_iter().map(|(op, _)| op));
        }
        let saved: BTreeSet<RecordId> = self
            .places
            .iter()
            .flat_map(|place| place.saved.iter().map(|(_, op)| *op))
            .filter(|op| !self.excused.contains(op))
            .collect();
        if let Err(lost) = proof::nothing_is_lost(&saved, &self.server, &refused) {
            let of = |op: &RecordId| lost.to_string().contains(&op.to_string());
            let whose: Vec<_> = self
                .places
                .iter()
                .enumerate()
                .filter_map(|(number, place)| {
                    let found = place.saved.iter().find(|(_, op)| of(op))?;
                    Some(format!("on device {} at step {}", number + 1, found.0))
                })
                .collect();
            return Err(lost.context(whose.join(", ")));
        }
        for (number, place) in (1..).zip(&mut self.places) {
            let same = proof::all_hold_the_same(&self.server, place.account, &mut place.device);
            if let Err(why) = same {
                let told = proof::told(&self.server, &mut place.device)?;
                return Err(why.context(format!("device {number}\n{told}")));
            }
        }
        Ok(())
    }
}

/// Whether the answer carried changes.
fn has_news(incoming: &Incoming) -> bool {
    let body = sync::pack::unpack(&incoming.body, incoming.content_encoding.as_deref());
    let answer = body.ok().and_then(|body| sync::frame::read::<records::wire::SyncAnswer>(&body).ok());
    answer.is_some_and(|answer| answer.scopes.iter().any(|page| !page.changes.is_empty()))
}
