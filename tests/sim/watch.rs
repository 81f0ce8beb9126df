//! What must be true of a device at every step, not only in the end.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use anyhow::{Result, ensure};
use records::wire::{Commit, SyncAnswer};
use records::{Body, Incarnation, RecordId, Scope};
use rusqlite::Connection;
use store::{acknowledged, identity};
use sync::frame;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::model::{Model, Person};

/// A confirmed record: its scope, id, version and body; no body where it is deleted.
pub type Confirmed = (Scope, RecordId, u64, Option<Vec<u8>>);

/// Everything a server ever said of a record: scope, id, version and body, as one number each.
#[derive(Debug, Default)]
pub struct Said(HashSet<u64>);

impl Said {
    /// Remembers what an answer says.
    pub fn hear(&mut self, answer: &SyncAnswer) {
        for page in &answer.scopes {
            let place = place(&page.scope.to_string());
            let here = page.changes.iter().filter(|change| !change.has_left);
            self.0.extend(here.map(|change| {
                fingerprint(place, change.id, change.version, change.body.as_ref().map(Body::as_bytes))
            }));
        }
    }

    fn has(&self, place: Place, id: RecordId, version: u64, body: Option<&[u8]>) -> bool {
        self.0.contains(&fingerprint(place, id, version, body))
    }
}

/// A scope, as one number.
type Place = u64;

fn place(scope: &str) -> Place {
    xxh3_64(scope.as_bytes())
}

fn fingerprint(place: Place, id: RecordId, version: u64, body: Option<&[u8]>) -> u64 {
    let of_id = xxh3_64_with_seed(id.as_bytes(), place ^ version);
    body.map_or(of_id, |body| xxh3_64_with_seed(body, of_id.wrapping_add(1)))
}

/// What a device was when it was last looked at.
#[derive(Debug, Default)]
pub struct Watch {
    numbers: Option<(Incarnation, u64)>,
    /// Generation and cursor by scope.
    cursors: BTreeMap<String, (i64, u64)>,
    /// As they were at the end of the last round: what came since may not be on the disk yet.
    kept: BTreeMap<String, (i64, u64)>,
    /// How often the device had lost steps of a round since its app was started.
    losses: u32,
    /// The server went back to a backup at some time.
    server_went_back: bool,
    /// Scope, generation and version by record, at the end of the last round: what a round that stopped halfway
    /// brought may be gone after a cut, with its cursors.
    versions: BTreeMap<RecordId, (Place, i64, u64)>,
    /// A round came to its end, and its records were not looked at yet.
    is_at_end: bool,
    /// What the person was told is saved, and no answer has come to.
    owed: BTreeSet<RecordId>,
}

impl Watch {
    /// Looks at a device: its numbers, its outbox, its cursors, and how often it has lost steps of a round.
    ///
    /// # Errors
    /// What is not as it must be; inside, a failure of the database.
    pub fn look(&mut self, db: &Connection, losses: u32) -> store::Result<Result<()>> {
        if self.losses < losses {
            self.start();
        }
        self.losses = losses;
        let Some(me) = identity::identity(db)? else { return Ok(Ok(())) };
        let (first, next) = (acknowledged::first_unanswered(db)?, acknowledged::next_number(db)?);
        let waiting: u64 =
            db.prepare_cached("SELECT count(*) FROM outbox")?.query_row([], |row| row.get(0))?;
        let cursors = cursors(db)?;
        Ok(self.compare((me.incarnation, first, next, waiting), cursors))
    }

    fn compare(
        &mut self,
        (incarnation, first, next, waiting): (Incarnation, u64, u64, u64),
        cursors: Vec<(String, (i64, u64))>,
    ) -> Result<()> {
        ensure!(next - first == waiting, "{waiting} commits wait from {first} on, and {next} is next");
        if let Some((before, number)) = self.numbers.replace((incarnation, next)) {
            ensure!(before != incarnation || number <= next, "the next number was {number}, and is {next}");
        }
        let gone = |scope: &String| !cursors.iter().any(|(held, _)| held == scope);
        // What was purged and is granted again begins anew.
        self.cursors.retain(|scope, _| !gone(scope));
        self.kept.retain(|scope, _| !gone(scope));
        for (scope, now) in cursors {
            if let Some(before) = self.cursors.insert(scope.clone(), now) {
                let may_go_back = self.server_went_back;
                ensure!(
                    before <= now || may_go_back,
                    "the cursor of {scope} went back from {before:?} to {now:?}"
                );
            }
        }
        Ok(())
    }

    /// Looks at everything that is confirmed: said by the server of that scope, which was granted and which
    /// it has not left, never older than before.
    ///
    /// # Errors
    /// What is not as it must be; inside, a failure of the database.
    pub fn look_at_records(
        &mut self,
        db: &Connection,
        (person, model): (&Person, &Model),
        said: &Said,
    ) -> store::Result<Result<()>> {
        let sql = "SELECT s.name, r.id, r.version, r.confirmed, r.generation, s.cursor
                   FROM record r JOIN scope s ON s.rid = r.scope WHERE r.version > 0";
        let mut find = db.prepare_cached(sql)?;
        let mut rows = find.query([])?;
        let mut all = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let name = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            let id = RecordId::from_bytes(row.get(1)?);
            let (version, generation, cursor): (u64, i64, u64) = (row.get(2)?, row.get(4)?, row.get(5)?);
            let body = row.get_ref(3)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
            let now = (place(name), generation, version);
            if !said.has(now.0, id, version, body) {
                return Ok(Err(anyhow::anyhow!(
                    "the server never said {id} of version {version} in {name} so"
                )));
            }
            all.insert(id, now);
            let before = self.versions.get(&id).copied();
            if before.is_some_and(|before| self.is_older(now, before)) {
                return Ok(Err(anyhow::anyhow!("{id} was {before:?}, and is {now:?} again")));
            }
            let scope = name.parse::<Scope>().ok().filter(|scope| person.might_know(scope));
            let Some(scope) = scope else {
                return Ok(Err(anyhow::anyhow!("a device holds {id} of {name}, which it may not")));
            };
            if self.is_kept_after_it_left(model, id, (&scope, cursor)) {
                return Ok(Err(anyhow::anyhow!("{id} has left {name}, and is there still")));
            }
        }
        if std::mem::take(&mut self.is_at_end) {
            self.versions = all;
        }
        nothing_was_taken_away(db, person)
    }

    /// Wherever a record goes, its versions grow.
    fn is_older(&self, now: (Place, i64, u64), before: (Place, i64, u64)) -> bool {
        match before.0 == now.0 {
            true => before > now,
            false => before.2 >= now.2 && !self.server_went_back,
        }
    }

    /// Whether the device has read that a record left, and holds it all the same.
    fn is_kept_after_it_left(&self, model: &Model, id: RecordId, (scope, cursor): (&Scope, u64)) -> bool {
        let left = if model.has_moves() { model.left(id, scope) } else { None };
        left.is_some_and(|left| left.version <= cursor && !self.server_went_back)
    }

    /// The server went back to a backup. Where that holds the same, as when only numbers were drawn
    /// since, the cursor follows it: the numbers come again with something in them.
    pub fn server_goes_back(&mut self) {
        self.server_went_back = true;
    }

    /// A copy of a device, or an older state of it, knows of no more and no less.
    pub fn server_may_have_gone_back(&mut self, original: &Self) {
        self.server_went_back = original.server_went_back;
    }

    /// A round came to its end: what it brought is on the disk.
    pub fn keep(&mut self) {
        self.kept.clone_from(&self.cursors);
        self.is_at_end = true;
    }

    /// The device starts, or an answer failed halfway: a round that was cut short may have left nothing.
    pub fn start(&mut self) {
        self.cursors.clone_from(&self.kept);
        (self.is_at_end, self.losses) = (false, 0);
    }

    /// These ops wait: the person was told that they are saved.
    pub fn owe(&mut self, waiting: BTreeSet<RecordId>) {
        self.owed = waiting;
    }

    /// After a restart everything saved waits still, or was answered meanwhile.
    ///
    /// # Errors
    /// When something is gone; inside, a failure of the database.
    pub fn nothing_went(
        &self,
        db: &Connection,
        waiting: &BTreeSet<RecordId>,
        excused: &BTreeSet<RecordId>,
    ) -> store::Result<Result<()>> {
        let missing: Vec<&RecordId> =
            self.owed.difference(waiting).filter(|op| !excused.contains(op)).collect();
        if missing.is_empty() {
            return Ok(Ok(()));
        }
        let mut find = db.prepare(
            "SELECT body FROM acknowledged UNION ALL SELECT body FROM refused
             UNION ALL SELECT body FROM quarantined",
        )?;
        let bodies = find.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        let bodies: Vec<Vec<u8>> = bodies.collect::<rusqlite::Result<_>>()?;
        let commits = bodies.iter().filter_map(|body| frame::read::<Commit>(body).ok());
        let answered: BTreeSet<RecordId> = commits.flat_map(|commit| commit.ops).map(|op| op.id).collect();
        let gone = missing.into_iter().find(|op| !answered.contains(op));
        Ok(gone.map_or(Ok(()), |op| Err(anyhow::anyhow!("{op} was saved, and is gone after a restart"))))
    }
}

/// Nothing is purged, or about to be, but what was taken from this person.
fn nothing_was_taken_away(db: &Connection, person: &Person) -> store::Result<Result<()>> {
    let mut find = db.prepare_cached(
        "SELECT name, revoked_ms FROM scope WHERE revoked_ms IS NOT NULL
         UNION ALL SELECT scope, revoked_ms FROM purge_receipt",
    )?;
    let rows = find.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    for row in rows {
        let (name, at_ms) = row?;
        if !name.parse::<Scope>().is_ok_and(|scope| person.lost(&scope, at_ms)) {
            return Ok(Err(anyhow::anyhow!("{name} is purged, which nobody took away at {at_ms}")));
        }
    }
    Ok(Ok(()))
}

fn cursors(db: &Connection) -> store::Result<Vec<(String, (i64, u64))>> {
    let mut find = db.prepare_cached("SELECT name, generation, cursor FROM scope")?;
    let rows = find.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All ops a server says it applied.
pub fn ops(server: &Connection) -> Result<BTreeSet<RecordId>> {
    ids_of(server, "SELECT id FROM op")
}

/// All records of a server.
pub fn ids(server: &Connection) -> Result<BTreeSet<RecordId>> {
    ids_of(server, "SELECT id FROM record")
}

fn ids_of(server: &Connection, sql: &str) -> Result<BTreeSet<RecordId>> {
    let mut find = server.prepare_cached(sql)?;
    let rows = find.query_map([], |row| row.get(0))?;
    Ok(rows.map(|id| id.map(RecordId::from_bytes)).collect::<rusqlite::Result<_>>()?)
}
