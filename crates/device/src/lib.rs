//! For tests and measurements: a device without network, filled from the sample as if a server had sent it.

use std::collections::BTreeMap;

use anyhow::Result;
use app::{App, Context};
use chrono::NaiveDate;
use contract::File;
use records::call::Action;
use records::wire::RecordChange;
use records::{AccountId, DeviceId, Fault, Incarnation, Moment, Scope};
use rusqlite::Connection;
use sample::{Sample, SampleRecord};
use store::identity::{self, Identity};
use store::{Slice, Store, encryption};

/// What a database is encrypted with.
pub type Key = [u8; encryption::KEY_BYTES];

/// The day most stories play on: a Sunday.
pub fn sunday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default()
}

/// A core on a database file, with a clock and randomness the story decides.
pub struct LocalDevice {
    app: Option<App>,
    file: File,
    key: Option<Key>,
    /// Device clock, ms since 1970 UTC.
    pub now_ms: i64,
    drawn: u64,
}

impl LocalDevice {
    /// An empty device that is not enrolled, at nine in the morning.
    ///
    /// # Errors
    /// When the database cannot be made.
    pub fn empty() -> Result<Self> {
        Self::under(None)
    }

    fn under(key: Option<Key>) -> Result<Self> {
        let file = File::new();
        let nine = Moment::beijing_at(sunday(), 9, 0).map_or(0, |moment| moment.utc_ms);
        let mut device = Self { app: None, file, key, now_ms: nine, drawn: 0 };
        device.restart()?;
        Ok(device)
    }

    /// The demo worker's device with everything of the demo grid.
    ///
    /// # Errors
    /// As [`LocalDevice::empty`].
    pub fn with_demo_grid() -> Result<Self> {
        let sample = sample::community(7, sunday());
        let grid = sample::demo_worker().area;
        let records = sample.reference().iter().cloned().chain(sample.grid(&grid));
        Self::empty()?.filled(records)
    }

    /// A device that holds a whole sample.
    ///
    /// # Errors
    /// As [`LocalDevice::empty`].
    pub fn with_all_of(sample: &Sample) -> Result<Self> {
        Self::empty()?.filled(sample.records())
    }

    /// The same, encrypted under a key.
    ///
    /// # Errors
    /// As [`LocalDevice::empty`], and when SQLite was built without a cipher.
    pub fn encrypted_with_all_of(sample: &Sample, key: Key) -> Result<Self> {
        Self::under(Some(key))?.filled(sample.records())
    }

    fn filled(mut self, records: impl Iterator<Item = SampleRecord>) -> Result<Self> {
        self.app = None;
        let mut store = Store::open(self.connect()?)?;
        fill(&mut store, records)?;
        store.write(|tx| identity::set_identity(tx, &demo_identity()))?;
        drop(store);
        self.restart()?;
        Ok(self)
    }

    /// A connection to its database.
    ///
    /// # Errors
    /// When SQLite was built without a cipher, and the device has a key.
    pub fn connect(&self) -> Result<Connection> {
        let db = self.file.open();
        if let Some(key) = &self.key {
            encryption::unlock(&db, key)?;
        }
        Ok(db)
    }

    /// Asks the core.
    ///
    /// # Errors
    /// The core's own fault.
    pub fn ask<A: Action>(&mut self, action: A) -> Result<A::Answer, Fault> {
        let response = self.with(|app, context| app.call(action.into(), context))?;
        A::Answer::try_from(response).map_err(|_| Fault::new("core.unexpected"))
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

    /// Closes the core without any farewell and opens it again, as after a crash.
    ///
    /// # Errors
    /// When the database does not open.
    pub fn restart(&mut self) -> Result<()> {
        self.app = None;
        self.app = Some(App::open(self.connect()?, String::new())?);
        Ok(())
    }

    /// What the core keeps, as a round finds it.
    ///
    /// # Panics
    /// When the device is closed.
    pub fn store(&mut self) -> &mut Store {
        #[expect(clippy::expect_used, reason = "a story that uses a closed device is wrong")]
        self.app.as_mut().expect("the device is open").store()
    }

    /// Closes the core and answers its file, which lives as long as the answer.
    pub fn close(self) -> File {
        self.file
    }

    /// The database file.
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// Applies records as confirmed by a server, scope by scope.
///
/// # Errors
/// The store's own.
pub fn fill(store: &mut Store, records: impl Iterator<Item = SampleRecord>) -> store::Result<()> {
    let mut scopes: BTreeMap<Scope, Vec<RecordChange>> = BTreeMap::new();
    for (id, kind, scope, body) in records {
        let changes = scopes.entry(scope).or_default();
        let version = changes.len() as u64 + 1;
        let by = sample::demo_worker().account;
        changes.push(RecordChange {
            id,
            kind,
            version,
            body: Some(body),
            by,
            received_ms: 0,
            has_left: false,
            cleared: 0,
        });
    }
    for (scope, changes) in &scopes {
        let total = changes.len() as u64;
        for slice in changes.chunks(5_000) {
            let cursor = slice.last().map_or(0, |change| change.version);
            store.apply(Slice { scope, changes: slice, cursor, total, digest: None, server_ms: 0 })?;
        }
    }
    store.keep_steps()
}

/// Who the demo worker's device is to the server.
pub fn demo_identity() -> Identity {
    let worker = sample::demo_worker();
    Identity {
        device: DeviceId::new(0, [1; 10]),
        incarnation: Incarnation::new(0, [2; 10]),
        token: vec![0; 32].into(),
        server_key: vec![0; 32].into(),
        server: "http://127.0.0.1:9".to_owned(),
        account: AccountId(worker.account.0),
        name: worker.name.to_owned(),
        role: worker.role,
        area: worker.area,
    }
}

/// `SplitMix64`.
pub fn draw(drawn: &mut u64, buffer: &mut [u8]) {
    for byte in buffer {
        *drawn = drawn.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*drawn ^ (*drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        *byte = (mixed >> 56) as u8;
    }
}
