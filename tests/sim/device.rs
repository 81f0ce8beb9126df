//! A device on its virtual disk: the real core, driven by a person who does not care about networks.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use app::{App, Applied, Context, Round, Unapplied};
use records::call::{EditHousehold, Request, Response, SaveVisit, Undo, VisitDraft};
use records::codes::{CareLevel, VisitKind, VisitResult};
use records::wire::{Commit, SyncAnswer};
use records::{Fault, Moment, RecordId, Scope};
use simulation::disk::{Disk, Image};
use store::{Origin, outbox};
use sync::device::Incoming;
use sync::frame;

use crate::chance::Chance;
use crate::mutant::Mutant;
use crate::stage::{self, DEVICE_FILE};

/// A confirmed record: its scope, id, version and body.
pub type Confirmed = (Scope, RecordId, u64, Vec<u8>);

/// A device.
pub struct Device {
    /// Its disk.
    pub disk: Disk,
    /// How far its clock is off, ms.
    pub offset_ms: i64,
    app: Option<App>,
    chance: Chance,
    mutant: Option<Mutant>,
    /// The round on its way, by its number.
    pub round: Option<(u64, Round)>,
    unapplied: Option<Unapplied>,
    undo: Option<u64>,
    cursors: BTreeMap<Scope, (i64, u64)>,
    /// As they were at the end of the last round: what came since may not be on disk yet.
    kept_cursors: BTreeMap<Scope, (i64, u64)>,
}

impl Device {
    /// The device of a disk.
    pub fn new(disk: Disk, seed: u64, mutant: Option<Mutant>) -> Result<Self> {
        let mut device = Self {
            disk,
            offset_ms: 0,
            app: None,
            chance: Chance::new(seed),
            mutant,
            round: None,
            unapplied: None,
            undo: None,
            cursors: BTreeMap::new(),
            kept_cursors: BTreeMap::new(),
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

    /// Ends as a process does that is killed.
    pub fn stop(&mut self) {
        (self.app, self.round, self.unapplied, self.undo) = (None, None, None, None);
        self.cursors.clone_from(&self.kept_cursors);
    }

    /// Starts the app, on a disk that has power.
    pub fn start(&mut self) -> Result<()> {
        self.stop();
        self.disk.power_on();
        let connection = self.disk.open(DEVICE_FILE)?;
        self.app = Some(App::open(connection, String::new()).map_err(said)?);
        Ok(())
    }

    /// The disk becomes an older one.
    pub fn go_back(&mut self, image: &Image) -> Result<()> {
        self.stop();
        self.disk.restore(image);
        self.cursors.clear();
        self.kept_cursors.clear();
        self.start()
    }

    fn call(&mut self, request: Request, now_ms: i64) -> Result<Response, Fault> {
        self.with(now_ms, |app, context| app.call(request, context))
    }

    fn with<T>(
        &mut self,
        now_ms: i64,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let chance = &mut self.chance;
        let mut random = |buffer: &mut [u8]| chance.fill(buffer);
        let now = Moment::beijing(now_ms.saturating_add(self.offset_ms));
        let Some(app) = &mut self.app else { return Err(Fault::new("core.stopped")) };
        let done = work(app, &mut Context { now, random: &mut random });
        if self.disk.has_lost_power() {
            self.stop();
        }
        done
    }

    /// The ops that an undo would take back now.
    pub fn undoable(&mut self) -> Result<Vec<RecordId>> {
        let Some(undo) = self.undo else { return Ok(vec![]) };
        let waiting = self.commits()?;
        Ok(waiting.into_iter().filter(|commit| commit.push_seq == undo).flat_map(ids).collect())
    }

    /// The person does something. A fault is what the page would show.
    pub fn act(&mut self, households: &[(RecordId, Scope)], now_ms: i64) -> Result<(), Fault> {
        let (household, scope) = self.chance.of(households).clone();
        match self.chance.below(10) {
            0..=3 => self.visit(household, now_ms),
            4..=7 => self.edit(household, now_ms),
            8 => self.make(&scope, now_ms),
            _ => self.take_back(now_ms),
        }
    }

    fn visit(&mut self, household: RecordId, now_ms: i64) -> Result<(), Fault> {
        let id = self.chance.id(now_ms);
        let draft = VisitDraft {
            id,
            household,
            kind: VisitKind::Routine,
            result: Some(VisitResult::Met),
            started: Moment::beijing(now_ms.saturating_add(self.offset_ms)),
            findings: vec![],
            all_well: false,
            note: String::new(),
            next_on: None,
            matters: vec![],
        };
        self.saved(SaveVisit { draft }.into(), now_ms)
    }

    fn edit(&mut self, id: RecordId, now_ms: i64) -> Result<(), Fault> {
        let note = format!("记{}", self.chance.below(1_000_000));
        let residents = u8::try_from(1 + self.chance.below(9)).ok();
        let reason = format!("因{}", self.chance.below(1_000_000));
        let nothing = EditHousehold {
            id,
            residents: None,
            care: None,
            categories: None,
            care_reason: None,
            has_partner: None,
            channel: None,
            services: None,
            note: None,
            hint: None,
        };
        let edit = match self.chance.below(4) {
            0 => EditHousehold { residents, ..nothing },
            1 => EditHousehold { care: Some(CareLevel::Key), care_reason: Some(reason), ..nothing },
            2 => EditHousehold { residents, note: Some(note), ..nothing },
            _ => EditHousehold { note: Some(note), ..nothing },
        };
        self.saved(edit.into(), now_ms)
    }

    /// What has no page yet: a household is made.
    fn make(&mut self, scope: &Scope, now_ms: i64) -> Result<(), Fault> {
        let id = self.chance.id(now_ms);
        let now_ms = now_ms.saturating_add(self.offset_ms);
        let chance = &mut self.chance;
        let mut new_id = || chance.id(now_ms);
        let origin = Origin { now_ms, hold_ms: 0, new_id: &mut new_id };
        let Some(app) = &mut self.app else { return Ok(()) };
        let done = app.store().act(origin, |action| action.create(id, scope, &stage::household(id)));
        if self.disk.has_lost_power() {
            self.stop();
        }
        done.map(|_| ()).map_err(Fault::from)
    }

    fn take_back(&mut self, now_ms: i64) -> Result<(), Fault> {
        let Some(undo) = self.undo.take() else { return Ok(()) };
        self.call(Undo { undo }.into(), now_ms).map(|_| ())
    }

    fn saved(&mut self, request: Request, now_ms: i64) -> Result<(), Fault> {
        if let Response::Saved(saved) = self.call(request, now_ms)? {
            self.undo = saved.undo;
        }
        Ok(())
    }

    /// The ids of all ops that wait.
    pub fn waiting(&mut self) -> Result<Vec<RecordId>> {
        Ok(self.commits()?.into_iter().flat_map(ids).collect())
    }

    fn commits(&mut self) -> Result<Vec<Commit>> {
        let Some(app) = &mut self.app else { return Ok(vec![]) };
        let waiting = app.store().read(|db| outbox::batch(db, i64::MAX, usize::MAX, usize::MAX));
        if self.disk.has_lost_power() {
            self.stop();
            return Ok(vec![]);
        }
        Ok(waiting?.into_iter().filter_map(|waiting| frame::read(&waiting.body).ok()).collect())
    }

    /// Ops of the commits that were refused, and the reasons.
    pub fn refused(&mut self) -> Result<Vec<(RecordId, String)>> {
        let Some(app) = &mut self.app else { return Ok(vec![]) };
        let rows = app.store().read(outbox::refused)?;
        let ops = rows.into_iter().flat_map(|row| {
            let ops = row.commit.map(|commit| commit.ops).unwrap_or_default();
            ops.into_iter().map(move |op| (op.id, row.code.clone()))
        });
        Ok(ops.collect())
    }

    /// Prepares the next round.
    pub fn begin(&mut self, number: u64, now_ms: i64) -> Result<(), Fault> {
        if let Some(round) = self.with(now_ms, |app, context| app.begin_round(context))? {
            if self.mutant == Some(Mutant::ForgottenWhenSent) {
                self.forget_outbox();
            }
            self.round = Some((number, round));
        }
        Ok(())
    }

    fn forget_outbox(&mut self) {
        if let Some(app) = &mut self.app {
            let forget = "DELETE FROM outbox; DELETE FROM outbox_record; UPDATE record SET pending = 0";
            let _ = app.store().write(|tx| Ok(tx.execute_batch(forget)?));
        }
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
                if self.mutant == Some(Mutant::CursorTooEarly) {
                    self.run_ahead(incoming);
                }
                self.unapplied = self.app.is_some().then_some(unapplied);
                Ok(())
            }
            Err(fault) => self.with(now_ms, |app, _| app.round_failed(&round, Some(fault), at_ms)),
        }
    }

    fn run_ahead(&mut self, incoming: &Incoming) {
        let body = sync::pack::unpack(&incoming.body, incoming.content_encoding.as_deref());
        let answer = body.ok().and_then(|body| frame::read::<SyncAnswer>(&body).ok());
        let (Some(answer), Some(app)) = (answer, &mut self.app) else { return };
        for page in answer.scopes {
            let ahead = "UPDATE scope SET cursor = ?2, digest = ?3 WHERE name = ?1";
            let (name, digest) = (page.scope.to_string(), page.digest.unwrap_or_default());
            let _ = app.store().write(|tx| Ok(tx.execute(ahead, (name, page.to, digest)).map(drop)?));
        }
    }

    /// Applies the next step of an answer; whether more is to be done at once.
    ///
    /// # Errors
    /// When a cursor went back without a reason.
    pub fn apply(&mut self, now_ms: i64) -> Result<bool> {
        let Some(mut unapplied) = self.unapplied.take() else { return Ok(false) };
        let at_ms = now_ms.saturating_add(self.offset_ms);
        let applied = self.with(now_ms, |app, _| app.apply_step(&mut unapplied, at_ms));
        let again = match applied {
            Ok(Applied::More) => {
                self.unapplied = self.app.is_some().then_some(unapplied);
                true
            }
            Ok(Applied::Done { again }) => again,
            Err(_) => return Ok(false),
        };
        self.cursors_only_grow()?;
        if self.unapplied.is_none() {
            self.kept_cursors.clone_from(&self.cursors);
        }
        Ok(again)
    }

    fn cursors_only_grow(&mut self) -> Result<()> {
        let Some(app) = &mut self.app else { return Ok(()) };
        let find = "SELECT name, generation, cursor FROM scope";
        let now: Vec<(String, i64, u64)> = app.store().read(|db| {
            let mut find = db.prepare_cached(find)?;
            let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        for (name, generation, cursor) in now {
            let scope: Scope = name.parse()?;
            let before = self.cursors.insert(scope, (generation, cursor));
            ensure!(
                before.is_none_or(|before| before <= (generation, cursor)),
                "the cursor of {name} went back"
            );
        }
        Ok(())
    }

    /// What the device thinks of its scopes.
    pub fn told(&mut self) -> Result<String> {
        let Some(app) = &mut self.app else { return Ok(String::new()) };
        let find = "SELECT name, cursor, held, digest, generation, is_reread, reread_from_ms FROM scope";
        Ok(app.store().read(|db| {
            let mut find = db.prepare(find)?;
            let rows = find.query_map([], |row| {
                let numbers: Vec<i64> = (1..7).map(|n| row.get(n)).collect::<rusqlite::Result<_>>()?;
                Ok(format!(
                    "device {}: cursor, held, digest, generation, is_reread, from: {numbers:?}\n",
                    row.get::<_, String>(0)?
                ))
            })?;
            Ok(rows.collect::<rusqlite::Result<String>>()?)
        })?)
    }

    /// The confirmed records by scope: id, version, body.
    pub fn confirmed(&mut self) -> Result<Vec<Confirmed>> {
        let Some(app) = &mut self.app else { return Ok(vec![]) };
        let find = "SELECT s.name, r.id, r.version, r.confirmed FROM record r JOIN scope s ON s.rid = r.scope
                    WHERE r.version > 0 AND r.confirmed IS NOT NULL";
        let rows: Vec<(String, [u8; 16], u64, Vec<u8>)> = app.store().read(|db| {
            let mut find = db.prepare_cached(find)?;
            let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        rows.into_iter()
            .map(|(name, id, version, body)| Ok((name.parse()?, RecordId::from_bytes(id), version, body)))
            .collect()
    }
}

fn ids(commit: Commit) -> impl Iterator<Item = RecordId> {
    commit.ops.into_iter().map(|op| op.id)
}

fn said(fault: Fault) -> anyhow::Error {
    anyhow::anyhow!("{fault:?}")
}
