//! What goes wrong in a life, beside the network.

use anyhow::Result;
use records::codes::Role;
use records::{AccountId, AreaPath};

use crate::chance::Chance;
use crate::device::Device;
use crate::life::{Kept, Life, Place, any_version};
use crate::tally::Fault;

const YEAR_MS: i64 = 365 * 24 * 3_600_000;
/// No older backup is taken up again: devices keep what was taken for little longer.
const OLDEST_BACKUP_MS: i64 = 30 * 24 * 3_600_000;
/// Where people may come to work.
const POSTS: [(Role, &str); 3] = [
    (Role::GridWorker, "230881/001/003/07"),
    (Role::GridWorker, "230881/001/003/08"),
    (Role::CommunityStaff, "230881/001/003"),
];
/// Most devices: copies make new ones.
const MOST_DEVICES: usize = 6;
/// Steps that a device lies in a drawer at most.
const LONGEST_REST: u64 = 100;
/// Most images and backups kept at a time.
const MOST_KEPT: usize = 6;

/// What a life can suffer from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    DevicePower,
    ServerPower,
    DeviceKills,
    ServerKills,
    Clocks,
    DeviceRoom,
    ServerRoom,
    Versions,
    OldImages,
    Copies,
    OldBackups,
    Posts,
    Confusion,
    Couriers,
    Moves,
}

/// How often each comes, beside the others.
const TROUBLES: [(Trouble, usize); 15] = [
    (Trouble::DevicePower, 2),
    (Trouble::ServerPower, 2),
    (Trouble::DeviceKills, 1),
    (Trouble::ServerKills, 1),
    (Trouble::Clocks, 1),
    (Trouble::DeviceRoom, 1),
    (Trouble::ServerRoom, 1),
    (Trouble::Versions, 1),
    (Trouble::OldImages, 2),
    (Trouble::Copies, 2),
    (Trouble::OldBackups, 3),
    (Trouble::Posts, 3),
    (Trouble::Confusion, 1),
    (Trouble::Couriers, 4),
    (Trouble::Moves, 2),
];

/// The troubles of a life. None suffers from all of them: what one does would be hidden by another.
pub(crate) fn any_troubles(chance: &mut Chance, is_skewed: bool) -> Vec<Trouble> {
    let not_of_old = [Trouble::OldImages, Trouble::Copies, Trouble::OldBackups, Trouble::Posts];
    let possible = TROUBLES.iter().filter(|(trouble, _)| !is_skewed || !not_of_old.contains(trouble));
    let mut troubles = vec![];
    for (trouble, weight) in possible {
        if chance.one_in(2) {
            troubles.extend(std::iter::repeat_n(*trouble, *weight));
        }
    }
    // A server that goes back behind a revocation does not know that it ever gave what it took.
    if troubles.contains(&Trouble::Posts) {
        troubles.retain(|trouble| *trouble != Trouble::OldBackups);
    }
    // Nor does it know of moves.
    if troubles.contains(&Trouble::OldBackups) {
        troubles.retain(|trouble| *trouble != Trouble::Moves);
    }
    if troubles.is_empty() { vec![Trouble::DevicePower] } else { troubles }
}

impl Life<'_> {
    /// Something goes wrong, or is kept that will let it go wrong later.
    pub(crate) fn fault(&mut self, place: usize) -> Result<()> {
        match *self.chance.of(&self.troubles) {
            Trouble::DevicePower => self.device_will_be_cut(place),
            Trouble::ServerPower => self.server_will_be_cut(),
            Trouble::DeviceKills => self.kill(place),
            Trouble::ServerKills => self.kill_server(),
            Trouble::Clocks => self.turn_clock(place)?,
            Trouble::DeviceRoom => self.fill_device(place),
            Trouble::ServerRoom => self.fill_server(),
            Trouble::Versions => self.change_version(place),
            Trouble::OldImages if self.chance.one_in(2) => self.keep_image(place)?,
            Trouble::OldImages => self.go_back(place)?,
            Trouble::Copies => self.copy(place)?,
            Trouble::OldBackups if self.chance.one_in(4) => self.keep_backup(),
            Trouble::OldBackups => self.server_goes_back()?,
            Trouble::Posts if self.chance.one_in(2) => self.change_post()?,
            Trouble::Posts => self.decide()?,
            Trouble::Confusion => self.confuse(),
            Trouble::Couriers => self.carry(place)?,
            Trouble::Moves => self.relocate()?,
        }
        Ok(())
    }

    fn device_will_be_cut(&mut self, place: usize) {
        let after = 1 + self.chance.below(60);
        self.places[place].device.machine.disk.cut_after(after);
    }

    fn server_will_be_cut(&mut self) {
        let after = 1 + self.chance.below(80);
        self.server.disk().cut_after(after);
    }

    fn kill(&mut self, place: usize) {
        let device = &mut self.places[place].device;
        self.tally.fault(Fault::DeviceKilled, u64::from(device.is_up()));
        device.stop();
    }

    fn kill_server(&mut self) {
        self.tally.fault(Fault::ServerKilled, u64::from(self.server.is_up()));
        self.server.stop();
    }

    fn turn_clock(&mut self, place: usize) -> Result<()> {
        let years = i64::try_from(self.chance.below(7))? - 3;
        let device = &mut self.places[place].device;
        self.tally.fault(Fault::Clock, u64::from(device.offset_ms != years * YEAR_MS));
        device.offset_ms = years * YEAR_MS;
        Ok(())
    }

    fn fill_device(&mut self, place: usize) {
        let room = self.chance.one_in(2).then_some(4_096);
        self.tally.fault(Fault::DeviceFull, u64::from(room.is_some()));
        self.places[place].device.machine.disk.fill(room);
    }

    fn fill_server(&mut self) {
        let room = self.chance.one_in(2).then(|| self.chance.below(40_000));
        self.tally.fault(Fault::ServerFull, u64::from(room.is_some()));
        self.server.disk().fill(room);
    }

    fn change_version(&mut self, place: usize) {
        let version = any_version(&mut self.chance, self.is_skewed);
        let device = &mut self.places[place].device;
        self.tally.fault(Fault::Version, u64::from(device.version != version));
        device.version = version;
    }

    fn keep_image(&mut self, place: usize) -> Result<()> {
        self.note_saved(place)?;
        let Place { device, known, .. } = &self.places[place];
        if !device.machine.disk.has_lost_power() && self.images.len() < MOST_KEPT {
            let (step, image) = (self.step, device.machine.disk.snapshot());
            let (known, given_up) = (known.clone(), device.given_up.clone());
            self.images.push(Kept { place, step, image, known, given_up });
        }
        Ok(())
    }

    /// The device's disk becomes an older one. What was saved since is nobody's fault to lose.
    fn go_back(&mut self, place: usize) -> Result<()> {
        let mine = self.images.iter().enumerate().filter(|(_, kept)| kept.place == place);
        let mine: Vec<usize> = mine.map(|(number, _)| number).collect();
        if mine.is_empty() {
            return Ok(());
        }
        // Only one that is on says which photos it has not sent.
        self.revive(place)?;
        let Kept { step, image, known, given_up, .. } = self.images.swap_remove(*self.chance.of(&mine));
        let Place { device, saved, known: now, .. } = &mut self.places[place];
        let since = saved.iter().filter(|(at, _)| *at > step).map(|(_, op)| *op);
        self.excused.extend(since);
        saved.retain(|(at, _)| *at <= step);
        // What was withdrawn, then sent again, is withdrawn once more.
        (*now, device.given_up) = (known, given_up);
        let owner = device.owner;
        self.excused_photos.extend(device.unsent_photos()?.into_iter().map(|photo| (owner, photo)));
        self.tally.fault(Fault::DeviceBack, 1);
        device.machine.disk.fill(None);
        device.go_back(&image)?;
        self.note_saved(place)
    }

    /// Somebody copies a device. Both go on, but for a while one of them lies in a drawer.
    fn copy(&mut self, place: usize) -> Result<()> {
        if self.places.len() >= MOST_DEVICES || self.places[place].device.machine.disk.has_lost_power() {
            return Ok(());
        }
        self.note_saved(place)?;
        let Place { device, known, .. } = &self.places[place];
        let machine = self.hall.devices.take(&device.machine.disk.snapshot(), self.chance.seed());
        let mut copy = Device::new(machine, device.owner, self.chance.seed(), self.mutant)?;
        copy.watch.server_may_have_gone_back(&device.watch);
        copy.has_camera = device.has_camera;
        let known = known.clone();
        let rests_until = self.step + self.chance.below(LONGEST_REST);
        self.places.push(Place { copied_from: Some(place), rests_until, ..Place::of(copy, known) });
        self.tally.fault(Fault::Copied, 1);
        // From here on both give out the same numbers: the worst moment for a server to go back to.
        self.keep_backup();
        Ok(())
    }

    /// Who wonders what has become of the server takes the copy out of its drawer, and puts the other there.
    fn change_phones(&mut self) {
        for copy in 0..self.places.len() {
            let Place { copied_from, rests_until, .. } = &mut self.places[copy];
            let (Some(original), true) = (*copied_from, *rests_until > self.step) else { continue };
            *rests_until = self.step;
            self.places[original].rests_until = self.step + self.chance.below(LONGEST_REST);
        }
    }

    /// Somebody gets another post, or loses theirs; one person at a time is without.
    fn change_post(&mut self) -> Result<()> {
        let people = &self.server.model.people;
        let idle = people.iter().find(|(_, person)| !person.is_at_work()).map(|(account, _)| *account);
        let all: Vec<AccountId> = people.keys().copied().collect();
        let who = idle.unwrap_or(*self.chance.of(&all));
        let (role, area) = *self.chance.of(&POSTS);
        let area: AreaPath = area.parse()?;
        if people.get(&who).is_some_and(|person| person.works_in(&area)) && idle.is_none() {
            return Ok(());
        }
        let is_dismissed = idle.is_none() && self.chance.one_in(4);
        let is_done = self.server.assign(who, (!is_dismissed).then_some((role, area)), self.now_ms)?;
        self.tally.fault(Fault::Post, u64::from(is_done));
        Ok(())
    }

    /// Somebody looks at a commit that came late.
    fn decide(&mut self) -> Result<()> {
        let undecided = self.server.model.undecided();
        if undecided.is_empty() {
            return Ok(());
        }
        let (id, is_accepted) = (*self.chance.of(&undecided), self.chance.one_in(2));
        let is_done = self.server.decide(id, is_accepted, self.now_ms)?;
        self.tally.fault(Fault::Decision, u64::from(is_done));
        Ok(())
    }

    fn confuse(&mut self) {
        let answers = 1 + self.chance.below(6);
        self.server.confuse(answers);
        self.tally.fault(Fault::Confusion, 1);
    }

    fn keep_backup(&mut self) {
        let backup = if self.backups.len() < MOST_KEPT { self.server.backup(self.now_ms) } else { None };
        self.backups.extend(backup);
    }

    fn server_goes_back(&mut self) -> Result<()> {
        self.backups.retain(|backup| self.now_ms - backup.at_ms <= OLDEST_BACKUP_MS);
        if self.backups.is_empty() {
            return Ok(());
        }
        let any = usize::try_from(self.chance.below(self.backups.len() as u64))?;
        let which = if self.chance.one_in(2) { self.backups.len() - 1 } else { any };
        let backup = self.backups.remove(which);
        self.tally.fault(Fault::ServerBack, 1);
        self.places.iter_mut().for_each(|place| place.device.watch.server_goes_back());
        self.change_phones();
        self.server.disk().fill(None);
        self.server.go_back(&backup)
    }
}
