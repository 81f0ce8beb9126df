//! What goes wrong in a life, beside the network.

use anyhow::Result;

use crate::device::Device;
use crate::life::{Kept, Life, Place, any_version};
use crate::tally::Fault;

const YEAR_MS: i64 = 365 * 24 * 3_600_000;
/// No older backup is taken up again: devices keep what was taken for little longer.
const OLDEST_BACKUP_MS: i64 = 30 * 24 * 3_600_000;
/// Most devices: copies make new ones.
const MOST_DEVICES: usize = 6;
/// Most images and backups kept at a time.
const MOST_KEPT: usize = 6;

impl Life {
    /// Something goes wrong, or is kept that will let it go wrong later.
    pub(crate) fn fault(&mut self, place: usize) -> Result<()> {
        match self.chance.below(19) {
            0..=2 => self.device_will_be_cut(place),
            3 | 4 => self.server_will_be_cut(),
            5 => self.kill(place),
            6 => self.kill_server(),
            7 => self.turn_clock(place)?,
            8 => self.fill_device(place),
            9 => self.fill_server(),
            10 => self.change_version(place),
            _ if self.is_skewed => {}
            11 => self.keep_image(place)?,
            12 => self.go_back(place)?,
            13 | 14 => self.copy(place)?,
            15 => self.keep_backup(),
            _ => self.server_goes_back()?,
        }
        Ok(())
    }

    fn device_will_be_cut(&mut self, place: usize) {
        let after = 1 + self.chance.below(60);
        self.places[place].device.disk.cut_after(after);
    }

    fn server_will_be_cut(&mut self) {
        let after = 1 + self.chance.below(80);
        self.server.disk.cut_after(after);
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
        self.places[place].device.disk.fill(room);
    }

    fn fill_server(&mut self) {
        let room = self.chance.one_in(2).then(|| self.chance.below(40_000));
        self.tally.fault(Fault::ServerFull, u64::from(room.is_some()));
        self.server.disk.fill(room);
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
        if !device.disk.has_lost_power() && self.images.len() < MOST_KEPT {
            let (step, image) = (self.step, device.disk.snapshot());
            self.images.push(Kept { place, step, image, known: known.clone() });
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
        let Kept { step, image, known, .. } = self.images.swap_remove(*self.chance.of(&mine));
        let Place { device, saved, known: now } = &mut self.places[place];
        let since = saved.iter().filter(|(at, _)| *at > step).map(|(_, op)| *op);
        self.excused.extend(since);
        saved.retain(|(at, _)| *at <= step);
        *now = known;
        self.tally.fault(Fault::DeviceBack, 1);
        device.disk.fill(None);
        device.go_back(&image)?;
        self.note_saved(place)
    }

    /// Somebody copies a device: both go on.
    fn copy(&mut self, place: usize) -> Result<()> {
        if self.places.len() >= MOST_DEVICES || self.places[place].device.disk.has_lost_power() {
            return Ok(());
        }
        self.note_saved(place)?;
        let Place { device, known, .. } = &self.places[place];
        let disk = device.disk.copy(self.chance.seed());
        let copy = Device::new(disk, device.owner.clone(), self.chance.seed(), self.mutant)?;
        let known = known.clone();
        self.places.push(Place { device: copy, saved: vec![], known });
        self.tally.fault(Fault::Copied, 1);
        // From here on both give out the same numbers: the worst moment for a server to go back to.
        self.keep_backup();
        Ok(())
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
        self.server.disk.fill(None);
        self.server.go_back(&backup)
    }
}
