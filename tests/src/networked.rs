//! A device with a real database and real HTTP, and with a clock that the story turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use ::device::draw;
use anyhow::{Context as _, Result};
use app::{App, Applied, Context, Unapplied};
use records::access::AccessAsk;
use records::attachment::{AttachmentAnswer, AttachmentAsk, AttachmentHash, AttachmentRequest};
use records::call::{AccessTold, Action, Enrol, PackCourier, Session};
use records::wire::{Cursor, PROTOCOL, SyncRequest};
use records::{Fault, Moment, RecordId, Scope};
use rusqlite::Connection;
use store::identity::{self, Identity};
use store::{Origin, Store, record, scope};
use sync::ServerAddress;
use sync::attachment;
use sync::device::{self, Incoming, Outgoing, RoundFault};
use sync::pack;
use tempfile::TempDir;

use crate::pinned;
use crate::post::Post;

/// After this long nothing can be undone any more, and it is sent.
const UNDO_IS_OVER_MS: i64 = 10_000;
/// Rounds after which a device that still wants more is wrong.
const MOST_ROUNDS: usize = 2_000;

/// A device core with its shell's work done by the story.
pub struct Device {
    app: Option<App>,
    folder: PathBuf,
    /// Takes the folder away, where it is not somebody else's.
    temporary: Option<TempDir>,
    drawn: u64,
    /// Device clock, ms since 1970 UTC.
    pub now_ms: i64,
    /// How long it waits while nothing comes.
    pub patience: Duration,
    /// Most bytes of changes it asks for in one answer, where the core would ask for more.
    pub budget: Option<u32>,
}

/// Why a round came to nothing: nobody answered.
pub const UNREACHABLE: &str = "unreachable";

impl Device {
    /// A new device that belongs to nobody.
    ///
    /// # Errors
    /// When the temporary folder or database cannot be made.
    pub fn new() -> Result<Self> {
        Self::over(TempDir::new()?)
    }

    /// The device whose data a folder keeps, in a process of its own: `drawn` must differ from that of
    /// every process before it.
    ///
    /// # Errors
    /// When the database cannot be opened or made.
    pub fn at(folder: &Path, drawn: u64) -> Result<Self> {
        let app = Some(open(folder)?);
        let (folder, patience) = (folder.to_owned(), Duration::from_secs(60));
        Ok(Self { app, folder, temporary: None, drawn, now_ms: now_ms(), patience, budget: None })
    }

    /// A new device that redeemed an invitation and has everything it may hold.
    ///
    /// # Errors
    /// What the server or the core says.
    pub fn enrolled(invitation: &str) -> Result<Self> {
        let mut device = Self::new()?;
        device.enrol(invitation)?;
        device.sync()?;
        Ok(device)
    }

    fn over(folder: TempDir) -> Result<Self> {
        let device = Self::at(folder.path(), seed())?;
        Ok(Self { temporary: Some(folder), ..device })
    }

    /// Redeems an invitation.
    ///
    /// # Errors
    /// What the server or the core says.
    pub fn enrol(&mut self, invitation: &str) -> Result<Session, Fault> {
        let (server, device_name) = (invitation.to_owned(), "测试机".to_owned());
        self.enrol_as(&Enrol { server, code: String::new(), device_name })
    }

    /// Redeems what the person typed or pasted.
    ///
    /// # Errors
    /// What the server or the core says.
    pub fn enrol_as(&mut self, typed: &Enrol) -> Result<Session, Fault> {
        let enrolment = self.with(|app, context| app.begin_enrolment(typed, context))?;
        let incoming = self.post(&enrolment.server, &enrolment.outgoing)?;
        self.with(|app, context| app.finish_enrolment(&enrolment, &incoming, context))
    }

    /// Asks the core.
    ///
    /// # Errors
    /// The core's own fault.
    pub fn ask<A: Action>(&mut self, action: A) -> Result<A::Answer, Fault> {
        let response = self.with(|app, context| app.call(action.into(), context))?;
        A::Answer::try_from(response).map_err(|_| Fault::new("core.unexpected"))
    }

    /// Asks the server who may come in, or changes it.
    ///
    /// # Errors
    /// What the server or the core says.
    pub fn access(&mut self, ask: AccessAsk) -> Result<AccessTold, Fault> {
        let asking = self.with(|app, context| app.begin_access(ask, context))?;
        let incoming = self.post(&asking.server, &asking.outgoing)?;
        self.with(|app, context| app.finish_access(&asking, &incoming, context))
    }

    /// Takes a file the person chose.
    pub fn upload(&mut self, bytes: Vec<u8>) -> u64 {
        self.with(|app, _| app.upload(bytes))
    }

    /// Puts what waits into a file.
    ///
    /// # Errors
    /// The core's own fault.
    pub fn pack_courier(&mut self) -> Result<Vec<u8>, Fault> {
        let offered = self.ask(PackCourier {})?;
        let file = self.with(|app, _| app.download(offered.download).map(|file| file.bytes.clone()));
        file.ok_or_else(|| Fault::new("core.unexpected"))
    }

    /// Brings a colleague's file to the server; the file that goes back.
    ///
    /// # Errors
    /// What the server or the core says.
    pub fn carry(&mut self, file: &[u8]) -> Result<Vec<u8>, Fault> {
        let upload = self.upload(file.to_vec());
        let carrying = self.with(|app, _| app.begin_carrying(upload))?;
        let incoming = self.post(&carrying.server, &carrying.outgoing)?;
        let packed = self.with(|app, _| app.finish_carrying(&carrying, &incoming))?;
        Ok(packed.bytes)
    }

    /// Brings a commit that another key sealed; whether the server settled it.
    ///
    /// # Errors
    /// What the server or the core says; `courier.not_a_file` for what nobody could open.
    pub fn bring(&mut self, sealed: &[u8]) -> Result<bool, Fault> {
        let letter = self.with(|app, _| app.letter(sealed))?;
        let (server, outgoing) = letter.ok_or_else(|| Fault::new("courier.not_a_file"))?;
        let incoming = self.post(&server, &outgoing)?;
        self.with(|app, _| app.is_settled(sealed, &incoming))
    }

    /// Takes in the answer to a file of this device.
    ///
    /// # Errors
    /// The core's own fault.
    pub fn apply_courier(&mut self, answer: &[u8]) -> Result<(), Fault> {
        let upload = self.upload(answer.to_vec());
        let unapplied = self.with(|app, context| app.read_courier(upload, context))?;
        self.apply(unapplied, &mut |_| ()).map(|_| ())
    }

    /// Moves photos until there is nothing to do; how many requests that took.
    ///
    /// # Errors
    /// Why one came to nothing.
    pub fn move_photos(&mut self) -> Result<usize, Fault> {
        for requests in 0..MOST_ROUNDS {
            if !self.move_photo()? {
                return Ok(requests);
            }
        }
        Err(Fault::new("never_quiet"))
    }

    /// Sends or fetches one part of a photo; whether there was one.
    ///
    /// # Errors
    /// Why it came to nothing.
    pub fn move_photo(&mut self) -> Result<bool, Fault> {
        let Some(transfer) = self.with(|app, context| app.begin_transfer(context))? else {
            return Ok(false);
        };
        let incoming = self.post(&transfer.server, &transfer.outgoing)?;
        self.with(|app, _| app.finish_transfer(&transfer, &incoming)).map(|()| true)
    }

    /// Asks about a photo as an altered app could; status and code of a refusal.
    ///
    /// # Errors
    /// When nobody answers, or not as this server does.
    pub fn ask_about_photo(
        &self,
        hash: AttachmentHash,
        ask: AttachmentAsk,
    ) -> Result<Result<AttachmentAnswer, (u16, String)>> {
        let (identity, nonce) = (self.identity()?, [7; 16]);
        let request = AttachmentRequest { protocol: PROTOCOL, hash, ask, nonce: nonce.to_vec().into() };
        let outgoing = attachment::request(&request, &identity.token);
        let pin = self.store()?.read(identity::pin)?;
        let server = ServerAddress { url: identity.server.clone(), pin };
        let incoming = self.post(&server, &outgoing)?;
        let key = identity.server_key.as_slice().try_into()?;
        match attachment::read_answer(&incoming, &nonce, &key) {
            Ok(answer) => Ok(Ok(answer)),
            Err(RoundFault::Refused { code }) => Ok(Err((incoming.status, code))),
            Err(other) => Err(other.into()),
        }
    }

    /// The bytes of a photo that is here.
    ///
    /// # Errors
    /// The core's own fault.
    pub fn photo(&mut self, hash: AttachmentHash) -> Result<Option<Vec<u8>>, Fault> {
        self.with(|app, _| app.photo(hash))
    }

    /// Lets the time to undo pass, then syncs until nothing waits on either side.
    ///
    /// # Errors
    /// Why a round came to nothing.
    pub fn sync(&mut self) -> Result<(), Fault> {
        self.pass(UNDO_IS_OVER_MS);
        for _ in 0..MOST_ROUNDS {
            if !self.round()? {
                return Ok(());
            }
        }
        Err(Fault::new("never_quiet"))
    }

    /// One round, right now; whether more waits on either side.
    ///
    /// # Errors
    /// Why it came to nothing.
    pub fn round(&mut self) -> Result<bool, Fault> {
        self.round_telling(&mut |_| ())
    }

    /// The same, and at each step somebody is told.
    ///
    /// # Errors
    /// Why it came to nothing.
    pub fn round_telling(&mut self, tell: &mut dyn FnMut(&str)) -> Result<bool, Fault> {
        tell("asking");
        let Some(unapplied) = self.exchange()? else { return Ok(false) };
        tell("answered");
        self.apply(unapplied, tell)
    }

    /// One round during which something else happens between the server's answer and its arrival here.
    ///
    /// # Errors
    /// As [`Device::round`].
    pub fn round_while(&mut self, meanwhile: impl FnOnce(&mut Self)) -> Result<bool, Fault> {
        let Some(round) = self.with(|app, context| app.begin_round(context))? else { return Ok(false) };
        let incoming = self.post(&round.server, &round.outgoing)?;
        meanwhile(self);
        let unapplied = self.with(|app, context| app.read_answer(&round, &incoming, context))?;
        self.apply(unapplied, &mut |_| ())
    }

    /// How far it has read each scope.
    ///
    /// # Errors
    /// When the database does not open.
    pub fn cursors(&self) -> Result<Vec<Cursor>> {
        Ok(self.store()?.read(scope::cursors)?)
    }

    /// Takes in what came, step by step; whether more waits on either side.
    fn apply(&mut self, mut unapplied: Unapplied, tell: &mut dyn FnMut(&str)) -> Result<bool, Fault> {
        loop {
            let now_ms = self.now_ms;
            let applied = self.with(|app, _| app.apply_step(&mut unapplied, now_ms))?;
            tell("applied");
            match applied {
                Applied::More => {}
                Applied::Done { again } => return Ok(again),
            }
        }
    }

    /// A round in which the battery dies after so many steps of taking in the answer; whether it
    /// was through by then.
    ///
    /// # Errors
    /// Why the round came to nothing before that.
    pub fn round_dying_after(&mut self, steps: usize) -> Result<bool> {
        let unapplied = self.exchange()?;
        let mut is_done = false;
        if let Some(mut unapplied) = unapplied {
            for _ in 0..steps {
                let now_ms = self.now_ms;
                let applied = self.with(|app, _| app.apply_step(&mut unapplied, now_ms))?;
                is_done = matches!(applied, Applied::Done { .. });
                if is_done {
                    break;
                }
            }
        }
        self.restart()?;
        Ok(is_done)
    }

    /// Sends what waits and reads the answer; it is not applied yet.
    fn exchange(&mut self) -> Result<Option<Unapplied>, Fault> {
        let Some(round) = self.with(|app, context| app.begin_round(context))? else { return Ok(None) };
        let now_ms = self.now_ms;
        let incoming = match self.post(&round.server, &self.budgeted(&round.outgoing)) {
            Ok(incoming) => incoming,
            Err(fault) => {
                let noted = Some(fault.clone()).filter(|fault| fault.code != UNREACHABLE);
                self.with(|app, _| app.round_failed(&round, noted, now_ms))?;
                return Err(fault);
            }
        };
        let read = self.with(|app, context| app.read_answer(&round, &incoming, context));
        if let Err(fault) = &read {
            self.with(|app, _| app.round_failed(&round, Some(fault.clone()), now_ms))?;
        }
        read.map(Some)
    }

    /// Where the address has a pin, as the app's own window does.
    fn post(&self, server: &ServerAddress, outgoing: &Outgoing) -> Result<Incoming, Fault> {
        let unreachable = || Fault::new(UNREACHABLE);
        match server.pin {
            None => {
                let post = Post { patience: self.patience };
                post.post(&server.url, outgoing).map_err(|_| unreachable())
            }
            Some(_) => {
                let answer = pinned::post(server, outgoing, self.patience);
                answer.map_err(|none| none.fault().unwrap_or_else(unreachable))
            }
        }
    }

    /// The request with a budget no larger than this device's.
    fn budgeted(&self, outgoing: &Outgoing) -> Outgoing {
        let Some(budget) = self.budget else { return outgoing.clone() };
        let body = pack::unpack(&outgoing.body, outgoing.content_encoding).ok();
        let request = body.and_then(|body| minicbor::decode::<SyncRequest>(&body).ok());
        let token = outgoing.token.clone().unwrap_or_default();
        let changed = request.map(|request| {
            let budget = budget.min(request.budget);
            device::sync_request(&SyncRequest { budget, ..request }, &token)
        });
        changed.unwrap_or_else(|| outgoing.clone())
    }

    /// Time passes on this device.
    pub fn pass(&mut self, ms: i64) {
        self.now_ms += ms;
    }

    /// Closes the core without any farewell and opens it again, as after a crash.
    ///
    /// # Errors
    /// When the database does not open.
    pub fn restart(&mut self) -> Result<()> {
        self.app = None;
        self.app = Some(open(&self.folder)?);
        Ok(())
    }

    /// Closes the core and answers the folder, which lives as long as the answer.
    ///
    /// # Errors
    /// When the folder is somebody else's.
    pub fn close(self) -> Result<TempDir> {
        self.temporary.context("a folder of its own")
    }

    /// A second device with a copy of this one's disk.
    ///
    /// # Errors
    /// When the files cannot be copied.
    pub fn copied(&mut self) -> Result<Self> {
        self.app = None;
        let folder = TempDir::new()?;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            fs::copy(entry.path(), folder.path().join(entry.file_name()))?;
        }
        self.app = Some(open(&self.folder)?);
        let mut copy = Self::over(folder)?;
        copy.now_ms = self.now_ms;
        Ok(copy)
    }

    /// Who this device is to the server.
    ///
    /// # Errors
    /// When it is nobody yet.
    pub fn identity(&self) -> Result<Identity> {
        let store = self.store()?;
        store.read(identity::identity)?.context("enrolled")
    }

    /// The scopes it stands in.
    ///
    /// # Errors
    /// When the database does not open.
    pub fn scopes(&self) -> Result<Vec<Scope>> {
        Ok(self.cursors()?.into_iter().map(|cursor| cursor.scope).collect())
    }

    /// Whether it holds anything of a record.
    ///
    /// # Errors
    /// When the database does not open.
    pub fn holds(&self, record: RecordId) -> Result<bool> {
        Ok(self.store()?.read(|db| record::find(db, record))?.is_some())
    }

    /// Becomes somebody else behind the core's back.
    ///
    /// # Errors
    /// When the database does not open.
    pub fn forge_identity(&mut self, change: impl FnOnce(&mut Identity)) -> Result<()> {
        self.app = None;
        let mut identity = self.identity()?;
        change(&mut identity);
        self.store()?.write(|tx| identity::set_identity(tx, &identity))?;
        self.app = Some(open(&self.folder)?);
        Ok(())
    }

    /// Writes into the outbox what the core would never write, as an altered app could.
    ///
    /// # Errors
    /// When the store does not take it.
    pub fn forge(
        &mut self,
        act: impl FnOnce(&mut store::Action<'_, '_>, RecordId) -> store::Result<()>,
    ) -> Result<RecordId> {
        self.app = None;
        let mut store = self.store()?;
        let (now_ms, id) = (self.now_ms, self.new_id());
        let origin = Origin { now_ms, hold_ms: 0, new_id: &mut || self.new_id() };
        store.act(origin, |action| act(action, id))?;
        drop(store);
        self.app = Some(open(&self.folder)?);
        Ok(id)
    }

    /// The database file.
    pub fn file(&self) -> PathBuf {
        file_in(&self.folder)
    }

    /// Runs something on the core with this device's time and randomness.
    ///
    /// # Panics
    /// When the device is closed.
    pub fn with<T>(&mut self, run: impl FnOnce(&mut App, &mut Context<'_>) -> T) -> T {
        let drawn = &mut self.drawn;
        let mut random = |buffer: &mut [u8]| draw(drawn, buffer);
        let mut context = Context { now: Moment::beijing(self.now_ms), random: &mut random };
        #[expect(clippy::expect_used, reason = "a story that uses a closed device is wrong")]
        run(self.app.as_mut().expect("the device is open"), &mut context)
    }

    fn store(&self) -> Result<Store> {
        Ok(Store::open(Connection::open(self.file())?)?)
    }

    fn new_id(&mut self) -> RecordId {
        let mut bytes = [0; 10];
        draw(&mut self.drawn, &mut bytes);
        RecordId::new(self.now_ms, bytes)
    }
}

fn open(folder: &Path) -> Result<App> {
    let file = file_in(folder);
    Ok(App::open(Connection::open(&file)?, file.display().to_string())?)
}

fn file_in(folder: &Path) -> PathBuf {
    folder.join("gridwalk.db")
}

/// Every device of a story draws other numbers, the same in every run.
fn seed() -> u64 {
    static DEVICES: AtomicU64 = AtomicU64::new(1);
    DEVICES.fetch_add(1, Ordering::Relaxed) << 32
}

/// The server goes by the real time, and so does a new device.
fn now_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "here the story is the shell")]
    let since_epoch = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
