//! A working day on a device and its server, watched after every action that was acknowledged.

use anyhow::{Context, Result, ensure};
use app::{Applied, Round, Unapplied};
use oorandom::Rand64;
use records::RecordId;
use records::call::{OpenVisitSheet, SaveDraft, SaveVisit, Undo};
use records::codes::VisitResult;
use records::wire::{Commit, SyncRequest};
use server::database::FILE_NAME;
use store::record;
use stories::networked::Device;
use stories::post::Post;
use stories::server::ServerProcess;
use sync::device::Outgoing;
use sync::{frame, pack};

use super::watched::{Moment, Side, Watched};
use crate::setting::{self, GRID, UNDO_IS_OVER_MS, said};

/// A device and its server, working.
pub struct Life {
    server: ServerProcess,
    device: Device,
    colleague: Device,
    doors: Vec<RecordId>,
    chance: Rand64,
    undo: Option<u64>,
    of_device: Watched,
    of_server: Watched,
    seen: Vec<Moment>,
}

impl Life {
    /// The morning: a device that is enrolled and holds nothing yet, and a colleague who holds everything.
    ///
    /// # Errors
    /// When server or devices do not come up.
    pub fn new(seed: u64) -> Result<Self> {
        let (server, doors) = setting::set()?;
        let invite = |name| server.invite("grid-worker", GRID, name);
        let colleague = Device::enrolled(&invite("吴迪")?)?;
        let mut device = Device::new()?;
        device.enrol(&invite(setting::WORKER)?).map_err(said)?;
        let of_device = Watched::new(Side::Device, &device.file())?;
        let of_server = Watched::new(Side::Server, &server.folder().join(FILE_NAME))?;
        let chance = Rand64::new(u128::from(seed));
        Ok(Self { server, device, colleague, doors, chance, undo: None, of_device, of_server, seen: vec![] })
    }

    /// The first sync, a page at a time.
    ///
    /// # Errors
    /// When something is not as it should be.
    pub fn first_sync(&mut self) -> Result<Vec<Moment>> {
        while self.round()? {}
        Ok(std::mem::take(&mut self.seen))
    }

    /// A few actions of the person, something of the colleague's, and a round.
    ///
    /// # Errors
    /// When something is not as it should be.
    pub fn go_on(&mut self) -> Result<Vec<Moment>> {
        for _ in 0..=self.below(3) {
            self.act()?;
        }
        if self.below(3) == 0 {
            let (door, note) = (self.door(), self.words());
            self.colleague.ask(setting::edit(door, &note)).map_err(said)?;
            self.colleague.sync().map_err(said)?;
            self.look()?;
        }
        self.device.pass(UNDO_IS_OVER_MS);
        self.undo = None;
        while self.round()? {}
        Ok(std::mem::take(&mut self.seen))
    }

    /// The person does one thing.
    fn act(&mut self) -> Result<()> {
        let (door, note) = (self.door(), self.words());
        match self.below(8) {
            0..=3 => self.visit(door, &note)?,
            4..=5 => self.edit(door, &note)?,
            6 => self.keep_draft(door, note)?,
            _ => {
                if let Some(undo) = self.undo.take() {
                    self.device.ask(Undo { undo }).map_err(said)?;
                }
            }
        }
        self.look()
    }

    fn visit(&mut self, household: RecordId, note: &str) -> Result<()> {
        let mut draft = self.device.ask(OpenVisitSheet { household }).map_err(said)?.draft;
        (draft.result, draft.note) = (Some(VisitResult::Met), note.to_owned());
        let saved = self.device.ask(SaveVisit { draft }).map_err(said)?;
        self.undo = saved.undo;
        self.is_kept(saved.id, note)
    }

    fn edit(&mut self, household: RecordId, note: &str) -> Result<()> {
        self.undo = self.device.ask(setting::edit(household, note)).map_err(said)?.undo;
        self.is_kept(household, note)
    }

    /// What was said to be saved can be read by anybody who opens the file.
    fn is_kept(&self, id: RecordId, note: &str) -> Result<()> {
        let row = record::get(self.of_device.eye(), id)?;
        let body = row.body().map(|body| String::from_utf8_lossy(body.as_bytes()).into_owned());
        ensure!(body.is_some_and(|body| body.contains(note)), "{id} was acknowledged and is not there");
        Ok(())
    }

    fn keep_draft(&mut self, household: RecordId, note: String) -> Result<()> {
        let mut draft = self.device.ask(OpenVisitSheet { household }).map_err(said)?.draft;
        draft.note = note;
        self.device.ask(SaveDraft { draft }).map_err(said)?;
        Ok(())
    }

    /// One round, watched at each of its steps; whether more waits on either side.
    fn round(&mut self) -> Result<bool> {
        let round = self.device.with(|app, context| app.begin_round(context)).map_err(said)?;
        let round = round.context("the device is enrolled")?;
        self.look()?;
        let mut unapplied = self.exchange(&round)?;
        loop {
            let now_ms = self.device.now_ms;
            let applied = self.device.with(|app, _| app.apply_step(&mut unapplied, now_ms));
            self.look()?;
            if let Applied::Done { again } = applied.map_err(said)? {
                return Ok(again);
            }
        }
    }

    fn exchange(&mut self, round: &Round) -> Result<Unapplied> {
        let incoming = Post { patience: self.device.patience }.post(&round.server.url, &round.outgoing)?;
        self.are_applied(&round.outgoing)?;
        self.look()?;
        let read = self.device.with(|app, context| app.read_answer(round, &incoming, context));
        self.look()?;
        read.map_err(said)
    }

    /// What the server was asked to take and has answered, it has.
    fn are_applied(&self, request: &Outgoing) -> Result<()> {
        let body = pack::unpack(&request.body, request.content_encoding)?;
        let request: SyncRequest = frame::read(&body)?;
        for bytes in &request.commits {
            for op in frame::read::<Commit>(bytes)?.ops {
                let is_applied = server::database::record::is_applied(self.of_server.eye(), op.id)?;
                ensure!(is_applied, "{} was answered and is not there", op.id);
            }
        }
        Ok(())
    }

    fn look(&mut self) -> Result<()> {
        self.seen.extend(self.of_device.look()?);
        self.seen.extend(self.of_server.look()?);
        Ok(())
    }

    fn door(&mut self) -> RecordId {
        let place = self.below(self.doors.len() as u64);
        self.doors[place as usize]
    }

    /// Between a word and a page.
    fn words(&mut self) -> String {
        let words = ["老人在家", "燃气已查", "子女外出务工", "反映楼道灯不亮", "已加微信", "约好下周再来"];
        let count = 1 + self.below(40);
        (0..count).map(|_| words[self.below(words.len() as u64) as usize]).collect()
    }

    fn below(&mut self, end: u64) -> u64 {
        self.chance.rand_range(0..end)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // A server that does not end well is killed with its folder.
        let _ = self.server.stop();
    }
}
