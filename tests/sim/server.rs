//! The server on its virtual disk, without HTTP.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use records::wire::{Commit, ErrorAnswer, ScopeChanges, SyncRequest};
use records::{RecordId, Scope};
use rusqlite::Connection;
use server::database::{self, record, schema};
use server::fault::ServerFault;
use server::round::{self, Asked};
use simulation::disk::{Disk, Image};
use sync::device::{self, Incoming, Outgoing};
use sync::signature::{self, Purpose};
use sync::{frame, pack};

use crate::mutant::Mutant;
use crate::stage::{BEGIN_MS, SERVER_FILE, Stage};

/// A server, running or not.
pub struct Server {
    /// Its disk.
    pub disk: Disk,
    connection: Option<Connection>,
    secret: [u8; 32],
    epoch: u64,
    /// Ops it has applied, by its own word, since the beginning or the backup it went back to.
    applied: BTreeSet<RecordId>,
    mutant: Option<Mutant>,
}

/// What the server was at some moment.
pub struct Backup {
    image: Image,
    applied: BTreeSet<RecordId>,
}

/// A scope that nobody of the mutant's victims may hold.
const FOREIGN: &str = "230881/001/003/08#work";

impl Server {
    /// The server of the beginning.
    pub fn new(stage: &Stage, seed: u64, mutant: Option<Mutant>) -> Result<Self> {
        let disk = Disk::new(seed);
        disk.restore(&stage.server);
        let (secret, epoch) = (stage.secret, stage.epoch);
        let mut server = Self { disk, connection: None, secret, epoch, applied: BTreeSet::new(), mutant };
        server.start()?;
        Ok(server)
    }

    /// Whether it answers.
    pub fn is_up(&self) -> bool {
        self.connection.is_some()
    }

    /// Ends as a process does that is killed.
    pub fn stop(&mut self) {
        self.connection = None;
    }

    /// Starts again, on a disk that has power.
    ///
    /// # Errors
    /// When something it had acknowledged is gone.
    pub fn start(&mut self) -> Result<()> {
        self.connection = None;
        self.disk.power_on();
        let connection = schema::open_on(self.disk.open(SERVER_FILE)?, BEGIN_MS)?;
        if self.mutant == Some(Mutant::AckBeforeCommit) {
            connection.pragma_update(None, "synchronous", "OFF")?;
        }
        for op in &self.applied {
            ensure!(
                record::is_applied(&connection, *op)?,
                "the server had acknowledged {op}, and it is gone"
            );
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// A backup of now.
    pub fn backup(&self) -> Backup {
        Backup { image: self.disk.snapshot(), applied: self.applied.clone() }
    }

    /// Goes back to a backup.
    pub fn go_back(&mut self, backup: &Backup) -> Result<()> {
        self.connection = None;
        self.disk.restore(&backup.image);
        self.applied.clone_from(&backup.applied);
        self.start()
    }

    /// Answers a request as it came over the network; `None` when the server died of it.
    ///
    /// # Errors
    /// When an op was applied twice, or the database is broken.
    pub fn answer(&mut self, outgoing: &Outgoing, now_ms: i64) -> Result<Option<Incoming>> {
        let Some(asked) = read(outgoing) else { return Ok(Some(refused(&ServerFault::Garbage(None)))) };
        let ops = ops_of(&asked.request);
        let answered = self.round(&asked, now_ms);
        if self.disk.has_lost_power() {
            self.connection = None;
            return Ok(None);
        }
        let answer = match answered {
            Ok(answer) => answer,
            Err(fault) => return Ok(Some(refused(&fault))),
        };
        self.count_applied(&ops)?;
        if let (Some(Mutant::ResultsForgotten), Some(connection)) = (self.mutant, &mut self.connection) {
            let forget = ["DELETE FROM op", "DELETE FROM result", "DELETE FROM incarnation"];
            // Where the power goes now, nothing is forgotten.
            let _ = database::write(connection, |tx| {
                forget.iter().try_for_each(|sql| Ok(tx.execute(sql, vec![]).map(drop)?))
            });
        }
        let nonce = signature::nonce(&asked.request.nonce);
        let Some(nonce) = nonce else { return Ok(Some(refused(&ServerFault::Garbage(None)))) };
        let body = minicbor::to_vec(&answer)?;
        let signature = signature::sign(&self.secret, Purpose::Sync, &nonce, &body);
        let packed = pack::pack(body, outgoing.accept_encoding);
        Ok(Some(Incoming {
            status: 200,
            content_type: Some(device::CONTENT_TYPE.to_owned()),
            content_encoding: packed.encoding.map(str::to_owned),
            signature: Some(signature),
            body: packed.bytes,
        }))
    }

    fn round(&mut self, asked: &Asked, now_ms: i64) -> Result<records::wire::SyncAnswer, ServerFault> {
        let (epoch, mutant) = (self.epoch, self.mutant);
        let Some(connection) = &mut self.connection else { return Err(ServerFault::Stopping) };
        let pushed = database::write(connection, |tx| round::settle(tx, asked, now_ms))?;
        let (_, mut pulled) = database::read(connection, |snapshot| round::read(snapshot, asked))?;
        match mutant {
            Some(Mutant::SkippedPage) => pulled.scopes.iter_mut().filter(|page| !page.more).for_each(skip),
            Some(Mutant::ScopeLeak) => leak(connection, asked, &mut pulled.scopes)?,
            _ => {}
        }
        Ok(round::answer(pushed, pulled, epoch, now_ms))
    }

    /// Exactly once: what was applied is never applied again.
    fn count_applied(&mut self, ops: &[RecordId]) -> Result<()> {
        let connection = self.connection()?;
        let mut now = vec![];
        for op in ops {
            if record::is_applied(connection, *op)? {
                now.push(*op);
            }
        }
        let known: Vec<RecordId> = ops.iter().filter(|op| self.applied.contains(op)).copied().collect();
        for op in known {
            ensure!(now.contains(&op), "the server forgot that it applied {op}");
        }
        self.applied.extend(now);
        Ok(())
    }

    /// Its database.
    pub fn connection(&self) -> Result<&Connection> {
        self.connection.as_ref().ok_or_else(|| anyhow::anyhow!("the server is down"))
    }
}

fn skip(page: &mut ScopeChanges) {
    page.changes.clear();
    page.digest = None;
}

/// Once, so that everything else goes its usual way.
fn leak(connection: &Connection, asked: &Asked, pages: &mut Vec<ScopeChanges>) -> Result<(), ServerFault> {
    let Ok(scope) = FOREIGN.parse::<Scope>() else { return Ok(()) };
    let is_known = asked.request.cursors.iter().any(|cursor| cursor.scope == scope);
    if is_known || pages.iter().any(|page| page.scope == scope) {
        return Ok(());
    }
    let mut changes = vec![];
    record::changes_after(connection, &scope, 0, |change| {
        changes.push(change);
        true
    })?;
    let to = changes.last().map_or(0, |change| change.version);
    pages.push(ScopeChanges { scope, to, more: false, changes, count: 0, digest: None });
    Ok(())
}

fn read(outgoing: &Outgoing) -> Option<Asked> {
    let body = pack::unpack(&outgoing.body, outgoing.content_encoding).ok()?;
    let request: SyncRequest = frame::read(&body).ok()?;
    Some(Asked { token: outgoing.token.clone()?, request })
}

/// Ids of the ops in a request, as far as they can be read.
fn ops_of(request: &SyncRequest) -> Vec<RecordId> {
    let commits = request.commits.iter().filter_map(|bytes| frame::read::<Commit>(bytes).ok());
    commits.flat_map(|commit| commit.ops).map(|op| op.id).collect()
}

fn refused(fault: &ServerFault) -> Incoming {
    let body = minicbor::to_vec(ErrorAnswer { code: fault.code().to_owned() }).unwrap_or_default();
    Incoming {
        status: fault.status().as_u16(),
        content_type: Some(device::CONTENT_TYPE.to_owned()),
        body,
        ..Incoming::default()
    }
}
