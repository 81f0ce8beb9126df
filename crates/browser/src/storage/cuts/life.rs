//! A few days with the app in a browser, watched from below the pool.

use std::rc::Rc;

use app::{App, Context};
use device::{demo_identity, draw, fill, sunday};
use records::call::{Action, EditHousehold, OpenVisitSheet, SaveDraft, SaveVisit, Undo};
use records::codes::VisitResult;
use records::house::House;
use records::household::Household;
use records::person::Person;
use records::{Incarnation, Moment, Record, RecordId};
use rusqlite::Connection;
use sample::{Plan, Sample, SampleRecord};
use sqlite_wasm_vfs::sahpool::OpfsSAHPoolUtil;
use store::{Store, identity};

use super::super::{DoorFiles, PLAIN, connect, open, take, take_slots};
use super::bench::{key, leave_a_torn_name, look};
use super::watch::{Noted, Watch};

/// What a person does between two starts.
const ACTIONS: u32 = 8;
/// Pages of the log after which the database takes it over; by default so many that a day would not do.
const TAKEN_OVER_AFTER: u32 = 60;
/// Bytes of a page where the app runs in a window of its own.
const PAGE_ELSEWHERE: u32 = 1024;

/// What was done to the files, and what the person was told meanwhile.
pub struct Lived {
    /// What noted it.
    pub watch: Rc<Watch>,
    /// Every step.
    pub noted: Noted,
    /// In their order; the first is the database that nothing was done in.
    pub acknowledged: Vec<Acknowledged>,
    /// The step from which on the power may go.
    pub from: usize,
    /// The step with which the person began to work.
    pub begins: usize,
    /// The one with which the last start began.
    pub last_begins: usize,
}

/// Something is said to be saved.
pub struct Acknowledged {
    /// So many steps were taken by then.
    pub steps: usize,
    /// The database as it is from then on.
    pub content: u64,
}

struct Life {
    watch: Rc<Watch>,
    acknowledged: Vec<Acknowledged>,
    now_ms: i64,
    drawn: u64,
}

/// The first start of all, one that ends as when another tab takes over, and one that never ends.
pub async fn live(watch: Watch) -> Lived {
    let mut life = Life::watched_by(Rc::new(watch));
    let records = doors();
    let homes = records.iter().filter(|record| record.1 == Household::DECLARATION.kind);
    let homes: Vec<RecordId> = homes.map(|record| record.0).collect();

    // As a worker finds it that the pool was never open in.
    leave_a_torn_name().await;
    assert!(take_slots().await.is_err());
    life.watch.begin();
    let ((files, door), mut app) = start().await;
    life.is_told(&mut app);
    fill(app.store(), records.into_iter()).unwrap();
    life.is_told(&mut app);
    app.store().write(|tx| identity::set_identity(tx, &demo_identity())).unwrap();
    life.is_told(&mut app);
    let begins = life.watch.count();
    end((files, door), app);

    let ((files, door), mut app) = start().await;
    app.store().read(|db| Ok(db.pragma_update(None, "wal_autocheckpoint", TAKEN_OVER_AFTER)?)).unwrap();
    life.work(&mut app, &homes);
    end((files, door), app);

    let last_begins = life.watch.count();
    let ((files, door), mut app) = start().await;
    life.work(&mut app, &homes);
    let noted = life.watch.end(vec![]);
    end((files, door), app);
    Lived { watch: life.watch, noted, acknowledged: life.acknowledged, from: 0, begins, last_begins }
}

/// A device that takes over what a file brings from another, whose database has smaller pages, where `empty` are the
/// pool's files and nothing is in them.
pub async fn move_in(watch: &Rc<Watch>, empty: Vec<String>) -> Lived {
    let mut life = Life::watched_by(watch.clone());
    let image = image();
    life.watch.begin();
    let ((files, door), mut app) = start().await;
    life.is_told(&mut app);
    let begins = life.watch.count();
    app.store().take_image(&image, Incarnation::new(0, [3; 10])).unwrap();
    life.is_told(&mut app);
    let last_begins = life.watch.count();
    end((files, door), app);
    let noted = life.watch.end(empty);
    Lived { watch: life.watch, noted, acknowledged: life.acknowledged, from: 0, begins, last_begins }
}

fn image() -> Vec<u8> {
    let memory = Connection::open_in_memory().unwrap();
    memory.pragma_update(None, "page_size", PAGE_ELSEWHERE).unwrap();
    let mut elsewhere = Store::open(memory).unwrap();
    fill(&mut elsewhere, doors().into_iter()).unwrap();
    elsewhere.write(|tx| identity::set_identity(tx, &demo_identity())).unwrap();
    elsewhere.image().unwrap()
}

impl Lived {
    /// Whether this is what may be found after a cut amid a step.
    pub fn allows(&self, content: u64, amid: usize) -> bool {
        let told = self.acknowledged.iter().filter(|told| told.steps <= amid).count();
        // What was just being saved may be there too, and a database that was being made is made when it is opened.
        let may_be = told.saturating_sub(1)..(told + 1).min(self.acknowledged.len());
        self.acknowledged[may_be].iter().any(|told| told.content == content)
    }
}

/// A database that an earlier version left open to read is encrypted, where `empty` are the files and nothing is in them.
pub async fn encrypt(watch: &Rc<Watch>, empty: Vec<String>) -> Lived {
    let mut life = Life::watched_by(watch.clone());
    life.watch.begin();
    let (files, door) = take().await.unwrap();
    let mut store = Store::open(connect(PLAIN).unwrap()).unwrap();
    fill(&mut store, doors().into_iter()).unwrap();
    store.write(|tx| identity::set_identity(tx, &demo_identity())).unwrap();
    let content = store.read(|db| Ok(contract::content(db)?)).unwrap();
    drop(store);
    let from = life.watch.count();
    life.acknowledged.push(Acknowledged { steps: from, content });
    let app = open(&files, &door, &key()).unwrap();
    let last_begins = life.watch.count();
    end((files, door), app);
    let noted = life.watch.end(empty);
    Lived { watch: life.watch, noted, acknowledged: life.acknowledged, from, begins: from, last_begins }
}

async fn start() -> ((OpfsSAHPoolUtil, DoorFiles), App) {
    let (files, door) = take().await.unwrap();
    let app = open(&files, &door, &key()).unwrap();
    ((files, door), app)
}

fn end((files, door): (OpfsSAHPoolUtil, DoorFiles), app: App) {
    drop((app, door));
    files.pause().unwrap();
}

/// A grid's houses, households and people.
fn doors() -> Vec<SampleRecord> {
    let kinds = [House::DECLARATION.kind, Household::DECLARATION.kind, Person::DECLARATION.kind];
    let few = Plan {
        households: 140,
        key_households: 7,
        visits: 0,
        matters: 0,
        items: 0,
        ..Plan::community(7, sunday())
    };
    let grid = Sample::of(few).grid(&sample::demo_worker().area);
    grid.into_iter().filter(|record| kinds.contains(&record.1)).collect()
}

impl Life {
    fn watched_by(watch: Rc<Watch>) -> Self {
        let nine = Moment::beijing_at(sunday(), 9, 0).unwrap();
        Self { watch, acknowledged: vec![], now_ms: nine.utc_ms, drawn: 0 }
    }

    fn work(&mut self, app: &mut App, homes: &[RecordId]) {
        let mut undo = None;
        for number in 0..ACTIONS {
            // Soon enough to take back what was just saved.
            self.now_ms += 2_000;
            let home = homes[number as usize % homes.len()];
            // From a few words to nearly as many as a note may have.
            let told = self.acknowledged.len();
            let note = format!("第 {told} 次。{}", "燃气已查，约好下周再来。".repeat(1 << (number % 7)));
            match number % 8 {
                0 | 4 | 6 => undo = self.visit(app, home, note),
                1 | 5 => self.keep_draft(app, home, note),
                2 => drop(self.ask(app, Undo { undo: undo.unwrap() })),
                _ => drop(self.ask(app, EditHousehold { note: Some(note), ..EditHousehold::nothing(home) })),
            }
            self.is_told(app);
        }
        self.keep_draft(app, homes[0], format!("第 {} 次，写到一半", self.acknowledged.len()));
        self.is_told(app);
    }

    fn visit(&mut self, app: &mut App, household: RecordId, note: String) -> Option<u64> {
        let mut draft = self.ask(app, OpenVisitSheet { household }).draft;
        (draft.result, draft.note) = (Some(VisitResult::Met), note);
        self.ask(app, SaveVisit { draft }).undo
    }

    fn keep_draft(&mut self, app: &mut App, household: RecordId, note: String) {
        let mut draft = self.ask(app, OpenVisitSheet { household }).draft;
        draft.note = note;
        self.ask(app, SaveDraft { draft });
    }

    fn ask<A: Action>(&mut self, app: &mut App, action: A) -> A::Answer {
        let mut random = |buffer: &mut [u8]| draw(&mut self.drawn, buffer);
        let mut context = Context { now: Moment::beijing(self.now_ms), random: &mut random };
        let response = app.call(action.into(), &mut context).unwrap();
        A::Answer::try_from(response).unwrap()
    }

    fn is_told(&mut self, app: &mut App) {
        let steps = self.watch.count();
        let content = look(app).unwrap();
        assert!(self.acknowledged.iter().all(|told| told.content != content), "nothing would be missed");
        self.acknowledged.push(Acknowledged { steps, content });
    }
}
