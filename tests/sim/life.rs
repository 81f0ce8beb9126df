//! One life of a community: what happens, in an order that the seed decides.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use app::Applied;
use records::attachment::AttachmentHash;
use records::{AccountId, RecordId};
use simulation::disk::Image;
use sync::device::{Incoming, Outgoing};

use crate::chance::Chance;
use crate::courier::Carried;
use crate::device::Device;
use crate::faults::{Trouble, any_troubles};
use crate::machines::Hall;
use crate::mutant::Mutant;
use crate::network::{Message, Network};
use crate::photos::any_cameras;
use crate::server::{Backup, Server, Visit};
use crate::skew::Version;
use crate::stage::{BEGIN_MS, Stage};
use crate::tally::{Fault, Tally};
use crate::work::Home;

pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
/// Most households: people make new ones.
const MOST_HOMES: usize = 16;

/// A device among the others.
pub(crate) struct Place {
    pub device: Device,
    /// What was saved here since the beginning, with the step.
    pub saved: Vec<(u64, RecordId)>,
    pub known: BTreeSet<RecordId>,
    /// The device it was copied from.
    pub copied_from: Option<usize>,
    /// Until that step it lies in a drawer.
    pub rests_until: u64,
}

/// A device's disk as it was.
pub(crate) struct Kept {
    pub place: usize,
    pub step: u64,
    pub image: Image,
    pub known: BTreeSet<RecordId>,
    pub given_up: BTreeSet<RecordId>,
}

impl Place {
    /// The place of a device on which nothing was saved, but what is known to have been.
    pub fn of(device: Device, known: BTreeSet<RecordId>) -> Self {
        Self { device, saved: vec![], known, copied_from: None, rests_until: 0 }
    }
}

/// A life.
pub struct Life<'h> {
    pub(crate) chance: Chance,
    pub(crate) hall: &'h mut Hall,
    pub(crate) now_ms: i64,
    pub(crate) step: u64,
    pub(crate) server: Server,
    pub(crate) places: Vec<Place>,
    pub(crate) network: Network,
    pub(crate) images: Vec<Kept>,
    pub(crate) backups: Vec<Backup>,
    pub(crate) tally: Tally,
    pub(crate) mutant: Option<Mutant>,
    /// Saved on a disk that became an older one before it was sent: nobody can have it.
    pub(crate) excused: BTreeSet<RecordId>,
    /// Whether some devices are of the first version. Nothing goes back to an older state then: that
    /// version cannot notice it.
    pub(crate) is_skewed: bool,
    /// What goes wrong in this life.
    pub(crate) troubles: Vec<Trouble>,
    /// Photos that were only on a disk which became an older one: nobody can have them.
    pub(crate) excused_photos: BTreeSet<(AccountId, AttachmentHash)>,
    /// Files that somebody carries.
    pub(crate) carried: Vec<Carried>,
    pub(crate) homes: Vec<Home>,
    pub(crate) next_round: u64,
}

impl<'h> Life<'h> {
    /// Plays the life of a seed.
    ///
    /// # Errors
    /// What was broken.
    pub fn play(stage: &Stage, hall: &'h mut Hall, seed: u64, mutant: Option<Mutant>) -> Result<Tally> {
        let mut life = Self::begin(stage, hall, seed, mutant)?;
        while !life.is_enough() {
            life.happen().with_context(|| format!("step {} of {:?}", life.step, life.troubles))?;
        }
        let days = (life.now_ms - BEGIN_MS) / DAY_MS;
        let troubles = life.troubles.clone();
        life.calm().with_context(|| format!("when everything is calm, after {days} days of {troubles:?}"))?;
        let tally = life.end();
        tally.check()?;
        Ok(tally)
    }

    fn begin(stage: &Stage, hall: &'h mut Hall, seed: u64, mutant: Option<Mutant>) -> Result<Self> {
        let mut chance = Chance::new(seed);
        // Only copies meeting a server that went back show what an anchor is for: nothing else happens then.
        let is_about_copies = mutant == Some(Mutant::AnchorUntold);
        let is_skewed = chance.one_in(4) && !is_about_copies;
        let troubles = match is_about_copies {
            true => vec![Trouble::Copies, Trouble::OldBackups],
            false => any_troubles(&mut chance, is_skewed),
        };
        let machine = hall.servers.take(&stage.server, chance.seed());
        let mut server = Server::new(stage, machine, chance.seed(), mutant)?;
        server.is_newer = chance.one_in(4);
        let (mut places, has_cameras) = (vec![], any_cameras(&mut chance, &troubles));
        for number in who(&mut chance, stage.devices.len()) {
            let (image, owner) = &stage.devices[number];
            let machine = hall.devices.take(image, chance.seed());
            let mut device = Device::new(machine, *owner, chance.seed(), mutant)?;
            device.version = any_version(&mut chance, is_skewed);
            device.has_camera = has_cameras;
            places.push(Place::of(device, BTreeSet::new()));
        }
        Ok(Self {
            chance,
            hall,
            now_ms: BEGIN_MS,
            step: 0,
            server,
            places,
            network: Network::default(),
            images: vec![],
            backups: vec![],
            tally: Tally::default(),
            mutant,
            excused: BTreeSet::new(),
            is_skewed,
            troubles,
            excused_photos: BTreeSet::new(),
            carried: vec![],
            homes: stage.homes.clone(),
            next_round: 0,
        })
    }

    fn is_enough(&mut self) -> bool {
        let missed = std::mem::take(&mut self.network.faults);
        self.tally.fault(Fault::Network, missed);
        self.tally.is_enough()
    }

    fn happen(&mut self) -> Result<()> {
        self.step += 1;
        self.now_ms += match self.chance.below(5_000) {
            0 => 365 * DAY_MS,
            1..=100 => DAY_MS,
            101..=1_000 => HOUR_MS,
            _ => 1_000 + i64::try_from(self.chance.below(20_000))?,
        };
        let awake = (0..self.places.len()).filter(|place| self.places[*place].rests_until <= self.step);
        let place = *self.chance.of(&awake.collect::<Vec<_>>());
        match self.chance.below(100) {
            0..=43 => self.act(place)?,
            44..=57 => self.begin_round(place)?,
            58..=72 => self.deliver()?,
            73..=89 => self.apply(place)?,
            90..=91 => self.give_up(place),
            _ => self.fault(place)?,
        }
        self.places[place].device.look()
    }

    fn act(&mut self, place: usize) -> Result<()> {
        self.revive(place)?;
        if self.watches_photos(place)? {
            return self.deliver();
        }
        let device = &mut self.places[place].device;
        let before = (self.mutant == Some(Mutant::SavedBeforeDisk) && self.chance.one_in(20))
            .then(|| device.machine.disk.snapshot());
        // Now and then somebody tries what is none of their business.
        let is_anywhere = self.chance.one_in(12);
        let person = self.server.model.people.get(&device.owner);
        let knows = |scope| person.is_some_and(|person| person.might_know(scope));
        let homes = self.homes.iter().filter(|home| is_anywhere || knows(&home.1));
        let homes: Vec<Home> = homes.cloned().collect();
        // What the core refuses, what a full disk or a cut prevents: the person was told.
        if let Ok((count, made)) = device.act(&homes, self.now_ms) {
            self.tally.operations += count;
            self.homes.extend(made.filter(|_| self.homes.len() < MOST_HOMES));
        }
        self.note_saved(place)?;
        match before {
            Some(before) => self.places[place].device.go_back(&before),
            None => Ok(()),
        }
    }

    /// What waits on a device is there to stay; what is gone again was taken back or answered.
    pub(crate) fn note_saved(&mut self, place: usize) -> Result<()> {
        let Place { device, saved, known, .. } = &mut self.places[place];
        let waiting = device.waiting()?;
        if device.is_up() {
            saved.extend(waiting.iter().filter(|op| known.insert(**op)).map(|op| (self.step, *op)));
            device.owe(waiting);
        }
        Ok(())
    }

    pub(crate) fn begin_round(&mut self, place: usize) -> Result<()> {
        self.revive(place)?;
        let device = &mut self.places[place].device;
        if device.round.is_some() || device.is_applying() {
            return Ok(());
        }
        self.next_round += 1;
        let _ = device.begin(self.next_round, self.now_ms);
        let Some((number, round)) = &device.round else { return Ok(()) };
        self.tally.rounds += 1;
        let said = device.version.speak(round.outgoing.clone());
        self.network.send((place, *number), said, &mut self.chance);
        Ok(())
    }

    fn deliver(&mut self) -> Result<()> {
        match self.network.next(&mut self.chance)? {
            Some(Message::Request { device, round, outgoing, is_awaited }) => {
                self.serve((device, round), &outgoing, is_awaited)
            }
            Some(Message::Answer { device, round, incoming, .. }) => self.hear(device, round, &incoming),
            None => Ok(()),
        }
    }

    fn serve(&mut self, whose: (usize, u64), outgoing: &Outgoing, is_awaited: bool) -> Result<()> {
        if !self.server.is_up() {
            return if self.chance.one_in(2) { self.revive_server() } else { Ok(()) };
        }
        let device = &self.places[whose.0].device;
        let is_older = device.version == Version::Older;
        let visit = Visit { sender: device.owner, outgoing, is_older, now_ms: self.now_ms };
        if let Some(incoming) = self.server.answer(&visit)?.filter(|_| is_awaited) {
            self.network.answer(whose, (outgoing.path, incoming), &mut self.chance);
        }
        Ok(())
    }

    fn hear(&mut self, place: usize, round: u64, incoming: &Incoming) -> Result<()> {
        let device = &mut self.places[place].device;
        if device.is_up() && device.round.as_ref().is_some_and(|(number, _)| *number == round) {
            let _ = device.hear(incoming, self.now_ms);
            device.look()?;
            self.note_saved(place)?;
        } else if device.transfer.as_ref().is_some_and(|(number, _)| *number == round) {
            let _ = device.hear_photo(incoming, self.now_ms);
        }
        Ok(())
    }

    fn apply(&mut self, place: usize) -> Result<()> {
        let steps = 1 + self.chance.below(6);
        let device = &mut self.places[place].device;
        for _ in 0..steps {
            match device.apply(self.now_ms) {
                Some(Applied::More) => device.look()?,
                Some(Applied::Done { .. }) => return self.look_at_records(place),
                None => break,
            }
        }
        Ok(())
    }

    /// Looks at every confirmed record of a device.
    pub(crate) fn look_at_records(&mut self, place: usize) -> Result<()> {
        let device = &mut self.places[place].device;
        let person = self.server.model.people.get(&device.owner).context("a device belongs to nobody")?;
        device.look_at_records(person, &self.server.model, &self.server.said)
    }

    fn give_up(&mut self, place: usize) {
        let device = &mut self.places[place].device;
        self.tally.fault(Fault::GivenUp, u64::from(device.round.is_some()));
        device.transfer = None;
        let _ = device.give_up(self.now_ms);
    }

    /// A device that is off is switched on.
    pub(crate) fn revive(&mut self, place: usize) -> Result<()> {
        let device = &mut self.places[place].device;
        if device.is_up() {
            return Ok(());
        }
        self.tally.fault(Fault::DeviceCut, u64::from(device.machine.disk.has_lost_power()));
        device.start()?;
        self.look_at_records(place)?;
        self.note_saved(place)
    }

    pub(crate) fn revive_server(&mut self) -> Result<()> {
        self.tally.fault(Fault::ServerCut, u64::from(self.server.disk().has_lost_power()));
        self.server.start()
    }

    /// How much it was, and all of it in one number.
    fn end(mut self) -> Tally {
        let mut trace = self.network.trace;
        trace.number(self.chance.trace().0);
        let disks = self.places.iter().map(|place| &place.device.machine.disk);
        for disk in disks.chain([self.server.disk()]) {
            let counters = disk.counters();
            let counts = [counters.writes, counters.syncs, counters.bytes_written];
            counts.into_iter().for_each(|count| trace.number(count));
        }
        for place in &self.places {
            trace.number(place.device.chance().trace().0);
        }
        for (id, entry) in &self.server.model.records {
            trace.bytes(id.as_bytes());
            trace.number(entry.version);
            trace.bytes(entry.body.as_bytes());
        }
        self.tally.trace = trace;
        self.tally.traffic = self.network.traffic;
        self.tally.bytes_a_change = vec![self.network.traffic.bytes_a_change()];
        self.tally.devices = self.places.len() as u64;
        self.hall.servers.give_back(self.server.retire());
        for place in self.places {
            self.hall.devices.give_back(place.device.retire());
        }
        self.tally
    }
}

/// Two colleagues, and one to three of the others.
fn who(chance: &mut Chance, all: usize) -> Vec<usize> {
    let mut who: Vec<usize> = (0..all).collect();
    let left = *chance.of(&[3, 3, 3, 4, 4, 5]);
    while who.len() > left {
        let leaves = 2 + chance.below(who.len() as u64 - 2) as usize;
        who.remove(leaves);
    }
    who
}

/// A version for a device; the first one only where that may be.
pub(crate) fn any_version(chance: &mut Chance, is_skewed: bool) -> Version {
    match chance.below(6) {
        0 | 1 if is_skewed => Version::Older,
        2 => Version::Newer,
        _ => Version::Today,
    }
}
