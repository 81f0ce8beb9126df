//! A device on its virtual disk: the real core, driven by a person who does not care about networks.

use std::collections::{BTreeSet, HashMap};

use anyhow::Result;
use app::{App, Applied, Context, Round, Transfer, Unapplied};
use records::call::{Request, Response};
use records::wire::Commit;
use records::{AccountId, Fault, Moment, RecordId, Scope};
use rusqlite::{Connection, OptionalExtension};
use simulation::disk::Image;
use store::outbox;
use sync::device::Incoming;
use sync::frame;
use xxhash_rust::xxh3::xxh3_64;

use crate::chance::Chance;
use crate::machines::Machine;
use crate::model::{Model, Person};
use crate::mutant::Mutant;
use crate::skew::Version;
use crate::watch::{Confirmed, Said, Watch};

/// A device.
pub struct Device {
    /// Its disk, and what is open on it.
    pub machine: Machine,
    /// Whose it is.
    pub owner: AccountId,
    /// How far its clock is off, ms.
    pub offset_ms: i64,
    /// The version of its app.
    pub version: Version,
    /// The round on its way, by its number.
    pub round: Option<(u64, Round)>,
    /// The part of a photo on its way, by its number.
    pub transfer: Option<(u64, Transfer)>,
    /// Whether the person takes photos.
    pub has_camera: bool,
    /// How long they still watch a photo go before they do anything else.
    pub watches: u64,
    /// What was taken back or withdrawn, or may have been: a cut hides from the person whether it was.
    pub given_up: BTreeSet<RecordId>,
    pub(crate) chance: Chance,
    pub(crate) undo: Option<u64>,
    app: Option<App>,
    mutant: Option<Mutant>,
    unapplied: Option<Unapplied>,
    pub(crate) watch: Watch,
    /// The ops of bodies seen in the outbox.
    bodies: HashMap<u64, Vec<RecordId>>,
    /// What its disk had written when it was looked at last, and how often it had lost steps.
    looked_at: Option<(u64, u32)>,
}

impl Device {
    /// The device of a disk.
    pub fn new(machine: Machine, owner: AccountId, seed: u64, mutant: Option<Mutant>) -> Result<Self> {
        let mut device = Self {
            machine,
            owner,
            offset_ms: 0,
            version: Version::default(),
            round: None,
            transfer: None,
            has_camera: false,
            watches: 0,
            given_up: BTreeSet::new(),
            chance: Chance::new(seed),
            undo: None,
            app: None,
            mutant,
            unapplied: None,
            watch: Watch::default(),
            bodies: HashMap::new(),
            looked_at: None,
        };
        device.start()?;
        Ok(device)
    }

    /// Whether the app is open.
    pub fn is_up(&self) -> bool {
        self.app.is_some()
    }

    /// Whether an answer is being applied.
    pub fn is_applying(&self) -> bool {
        self.unapplied.is_some()
    }

    /// Whether a round is under way.
    pub fn is_busy(&self) -> bool {
        self.round.is_some() || self.transfer.is_some() || self.is_applying()
    }

    /// All throws of its own dice.
    pub fn chance(&self) -> &Chance {
        &self.chance
    }

    /// Ends as a process does that is killed.
    pub fn stop(&mut self) {
        (self.round, self.unapplied, self.undo) = (None, None, None);
        self.transfer = None;
        if let Some(app) = self.app.take() {
            self.machine.left(app.close());
        }
    }

    /// Starts the app, on a disk that has power. What was saved is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn start(&mut self) -> Result<()> {
        self.stop();
        self.machine.disk.power_on();
        let connection = self.machine.connect(&mut self.chance)?;
        let mut app = App::open(connection, String::new()).map_err(said)?;
        if let Some(mutant) = self.mutant {
            mutant.opened(&mut app);
        }
        self.app = Some(app);
        let waiting = self.waiting()?;
        let (watch, given_up) = (&self.watch, &self.given_up);
        if let Some(app) = &mut self.app {
            app_read(app, |db| watch.nothing_went(db, &waiting, given_up))??;
        }
        self.watch.owe(waiting);
        self.watch.start();
        self.look()
    }

    /// Ends for good; its machine is free.
    pub fn retire(mut self) -> Machine {
        self.stop();
        self.machine
    }

    /// The disk becomes an older one.
    pub fn go_back(&mut self, image: &Image) -> Result<()> {
        self.stop();
        self.machine.disk.restore(image);
        let before = std::mem::take(&mut self.watch);
        self.watch.server_may_have_gone_back(&before);
        self.looked_at = None;
        self.start()
    }

    pub(crate) fn call(&mut self, request: Request, now_ms: i64) -> Result<Response, Fault> {
        self.with(now_ms, |app, context| app.call(request, context))
    }

    /// Works with the core; the power may go meanwhile.
    pub(crate) fn with<T>(
        &mut self,
        now_ms: i64,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let chance = &mut self.chance;
        let mut random = |buffer: &mut [u8]| chance.fill(buffer);
        let now = Moment::beijing(now_ms.saturating_add(self.offset_ms));
        let Some(app) = &mut self.app else { return Err(Fault::new("core.stopped")) };
        let done = work(app, &mut Context { now, random: &mut random });
        if self.machine.disk.has_lost_power() {
            self.stop();
        }
        done
    }

    pub(crate) fn mutate(&mut self, how: impl FnOnce(Mutant, &mut App)) {
        if let (Some(mutant), Some(app)) = (self.mutant, &mut self.app) {
            how(mutant, app);
        }
    }

    /// Reads of its database; nothing where it is off or the power goes.
    pub fn read<T: Default>(&mut self, read: impl FnOnce(&Connection) -> store::Result<T>) -> Result<T> {
        let Some(app) = &mut self.app else { return Ok(T::default()) };
        let read = app_read(app, read);
        if self.machine.disk.has_lost_power() {
            self.stop();
            return Ok(T::default());
        }
        read
    }

    /// Looks whether it is as a device must be.
    ///
    /// # Errors
    /// When it is not.
    pub fn look(&mut self) -> Result<()> {
        let Some(app) = &mut self.app else { return Ok(()) };
        let losses = app.store().losses();
        let changes = (self.machine.disk.counters().writes, losses);
        // Nothing has changed since.
        if self.looked_at == Some(changes) {
            return Ok(());
        }
        let looked = app_read(app, |db| self.watch.look(db, losses));
        if self.machine.disk.has_lost_power() {
            return Ok(());
        }
        self.looked_at = Some(changes);
        looked?
    }

    /// Looks at every confirmed record.
    ///
    /// # Errors
    /// When one is not as it must be.
    pub fn look_at_records(&mut self, person: &Person, model: &Model, said: &Said) -> Result<()> {
        let Some(app) = &mut self.app else { return Ok(()) };
        let looked = app_read(app, |db| self.watch.look_at_records(db, (person, model), said));
        if self.machine.disk.has_lost_power() { Ok(()) } else { looked? }
    }

    /// The ids of all ops that wait. They are owed from now on.
    pub fn waiting(&mut self) -> Result<BTreeSet<RecordId>> {
        let bodies = self.read(|db| {
            let mut find = db.prepare_cached("SELECT body FROM outbox")?;
            let bodies = find.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            Ok(bodies.collect::<rusqlite::Result<Vec<_>>>()?)
        })?;
        // A body is read once: most of them wait for long.
        let read = |body: &Vec<u8>| frame::read::<Commit>(body).into_iter().flat_map(ids).collect();
        let mut waiting = BTreeSet::new();
        for body in &bodies {
            waiting.extend(self.bodies.entry(xxh3_64(body)).or_insert_with(|| read(body)).iter());
        }
        Ok(waiting)
    }

    /// The person was told: what waits is saved.
    pub fn owe(&mut self, waiting: BTreeSet<RecordId>) {
        self.given_up.retain(|op| !waiting.contains(op));
        self.watch.owe(waiting);
    }

    pub(crate) fn commits(&mut self) -> Result<Vec<Commit>> {
        let waiting = self.read(|db| outbox::batch(db, i64::MAX, usize::MAX, usize::MAX))?;
        Ok(waiting.into_iter().filter_map(|waiting| frame::read(&waiting.body).ok()).collect())
    }

    /// Ops of the commits that were refused, with the numbers of their cards.
    pub fn refused(&mut self) -> Result<Vec<(u64, Vec<RecordId>)>> {
        let rows = self.read(outbox::refused)?;
        Ok(rows.into_iter().map(|row| (row.number, row.commit.into_iter().flat_map(ids).collect())).collect())
    }

    /// Prepares the next round.
    pub fn begin(&mut self, number: u64, now_ms: i64) -> Result<(), Fault> {
        self.mutate(Mutant::beginning);
        if let Some(round) = self.with(now_ms, |app, context| app.begin_round(context))? {
            self.mutate(Mutant::begun);
            self.round = Some((number, round));
        }
        Ok(())
    }

    /// No answer comes.
    pub fn give_up(&mut self, now_ms: i64) -> Result<(), Fault> {
        let Some((_, round)) = self.round.take() else { return Ok(()) };
        let at_ms = now_ms.saturating_add(self.offset_ms);
        self.with(now_ms, |app, _| app.round_failed(&round, None, at_ms))
    }

    /// An answer comes.
    pub fn hear(&mut self, incoming: &Incoming, now_ms: i64) -> Result<(), Fault> {
        let Some((_, round)) = self.round.take() else { return Ok(()) };
        let at_ms = now_ms.saturating_add(self.offset_ms);
        match self.with(now_ms, |app, context| app.read_answer(&round, incoming, context)) {
            Ok(unapplied) => {
                self.mutate(|mutant, app| mutant.heard(app, incoming));
                self.unapplied = self.app.is_some().then_some(unapplied);
                Ok(())
            }
            Err(fault) => self.with(now_ms, |app, _| app.round_failed(&round, Some(fault), at_ms)),
        }
    }

    /// Applies the next step of an answer; how far it is, `None` where there was none or it failed.
    pub fn apply(&mut self, now_ms: i64) -> Option<Applied> {
        let mut unapplied = self.unapplied.take()?;
        let at_ms = now_ms.saturating_add(self.offset_ms);
        let Ok(applied) = self.with(now_ms, |app, _| app.apply_step(&mut unapplied, at_ms)) else {
            self.watch.start();
            return None;
        };
        match applied {
            Applied::More => self.unapplied = self.app.is_some().then_some(unapplied),
            Applied::Done { .. } => self.watch.keep(),
        }
        Some(applied)
    }

    /// All ops that were refused: the page shows a hundred commits, and a life may come to more.
    pub fn refused_ops(&mut self) -> Result<Vec<RecordId>> {
        let bodies: Vec<Vec<u8>> = self.read(|db| {
            let mut find = db.prepare_cached("SELECT body FROM refused")?;
            let bodies = find.query_map([], |row| row.get(0))?;
            Ok(bodies.collect::<rusqlite::Result<_>>()?)
        })?;
        Ok(bodies.iter().filter_map(|body| frame::read::<Commit>(body).ok()).flat_map(ids).collect())
    }

    /// The tables in which the commit of an op lies, to find out what became of it.
    pub fn kept_in(&mut self, op: RecordId) -> Result<Vec<&'static str>> {
        let tables = ["outbox", "acknowledged", "refused", "quarantined"];
        let mut found = vec![];
        for table in tables {
            let bodies: Vec<Vec<u8>> = self.read(|db| {
                let mut find = db.prepare(&format!("SELECT body FROM {table}"))?;
                let bodies = find.query_map([], |row| row.get(0))?;
                Ok(bodies.collect::<rusqlite::Result<_>>()?)
            })?;
            let mut commits = bodies.iter().filter_map(|body| frame::read::<Commit>(body).ok());
            found.extend(commits.any(|commit| ids(commit).any(|id| id == op)).then_some(table));
        }
        Ok(found)
    }

    /// What the device thinks of its scopes.
    pub fn told(&mut self) -> Result<String> {
        let find = "SELECT name, cursor, held, digest, generation, is_reread, reread_from_ms FROM scope";
        self.read(|db| {
            let mut find = db.prepare(find)?;
            let rows = find.query_map([], |row| {
                let numbers: Vec<i64> = (1..7).map(|n| row.get(n)).collect::<rusqlite::Result<_>>()?;
                let name: String = row.get(0)?;
                Ok(format!("device {name}: cursor, held, digest, generation, is_reread, from: {numbers:?}\n"))
            })?;
            Ok(rows.collect::<rusqlite::Result<String>>()?)
        })
    }

    /// Cursor and digest of a scope.
    pub fn place(&mut self, scope: &Scope) -> Result<Option<(u64, i64)>> {
        let name = scope.to_string();
        self.read(|db| {
            let mut find = db.prepare_cached("SELECT cursor, digest FROM scope WHERE name = ?1")?;
            Ok(find.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
        })
    }

    /// The confirmed records that are not deleted.
    pub fn confirmed(&mut self) -> Result<Vec<Confirmed>> {
        type Row = (String, [u8; 16], u64, Option<Vec<u8>>);
        let find = "SELECT s.name, r.id, r.version, r.confirmed FROM record r JOIN scope s ON s.rid = r.scope
                    WHERE r.version > 0 AND r.confirmed IS NOT NULL ORDER BY r.id";
        let rows: Vec<Row> = self.read(|db| {
            let mut find = db.prepare_cached(find)?;
            let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        rows.into_iter()
            .map(|(name, id, version, body)| Ok((name.parse()?, RecordId::from_bytes(id), version, body)))
            .collect()
    }
}

pub(crate) fn ids(commit: Commit) -> impl Iterator<Item = RecordId> {
    commit.ops.into_iter().map(|op| op.id)
}

fn app_read<T>(app: &mut App, read: impl FnOnce(&Connection) -> store::Result<T>) -> Result<T> {
    Ok(app.store().read(read)?)
}

fn said(fault: Fault) -> anyhow::Error {
    anyhow::anyhow!("{fault:?}")
}
