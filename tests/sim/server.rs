//! The server on its virtual disk, without HTTP, with the model of what it must hold beside it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use minicbor::bytes::ByteVec;
use records::codes::Role;
use records::wire::{Commit, CommitResult, ErrorAnswer, NEWEST_OUTCOME, Outcome, SyncAnswer, SyncRequest};
use records::{AccountId, AreaPath, RecordId, Scope};
use rusqlite::Connection;
use server::database::{self, account, incarnation, quarantine, record, schema};
use server::fault::ServerFault;
use server::files::Files;
use server::posts::{self, NewPost};
use server::pull::Pulled;
use server::push::Pushed;
use server::round::{self, Asked};
use simulation::disk::{Disk, Image};
use sync::device::{self, Incoming, Outgoing};
use sync::settle::Stored;
use sync::signature::{self, Purpose};
use sync::{frame, pack};
use tokio::runtime::{Builder, Runtime};

use crate::chance::Chance;
use crate::machines::Machine;
use crate::model::{self, Clocks, Model};
use crate::mutant::{self, Mutant};
use crate::network;
use crate::photos;
use crate::skew;
use crate::stage::{BEGIN_MS, Stage};
use crate::watch::{self, Said};

/// A server, running or not.
pub struct Server {
    machine: Machine,
    pub(crate) chance: Chance,
    /// What it must hold.
    pub model: Model,
    /// Everything it ever said of a record.
    pub said: Said,
    /// Whether it is of a newer version, which says more than its devices know.
    pub is_newer: bool,
    connection: Option<Connection>,
    pub(crate) secret: [u8; 32],
    pub(crate) epoch: u64,
    /// During this the power went: nobody knows whether it was done.
    pub(crate) doubt: Option<Doubt>,
    pub(crate) mutant: Option<Mutant>,
    /// The photos. They do not go back with the database.
    pub(crate) files: Files,
    pub(crate) runtime: Runtime,
    /// So many answers more are given without knowing who may hold what.
    confused: u64,
}

/// What was under way when the power went.
pub(crate) enum Doubt {
    /// A request, and when it came.
    Round(AccountId, Box<Asked>, i64),
    /// Somebody was given another post, or none.
    Post(AccountId, Option<(Role, AreaPath)>, i64),
    /// Somebody decided about a commit that came late.
    Decision([u8; 16], bool),
    /// A record was moved to an area.
    Move(RecordId, AreaPath, i64),
}

/// What the server was at some moment.
pub struct Backup {
    image: Image,
    model: Model,
    /// When it was made, ms since 1970 UTC.
    pub at_ms: i64,
}

/// A request that came, and what is known of whoever sent it.
pub struct Visit<'a> {
    /// Who sent it.
    pub sender: AccountId,
    /// What was sent.
    pub outgoing: &'a Outgoing,
    /// Whether it is of a version that knows of no digests.
    pub is_older: bool,
    /// Server clock, ms since 1970 UTC.
    pub now_ms: i64,
}

impl Server {
    /// The server of the beginning.
    pub fn new(stage: &Stage, machine: Machine, seed: u64, mutant: Option<Mutant>) -> Result<Self> {
        let mut server = Self {
            machine,
            chance: Chance::new(seed),
            model: stage.model(),
            said: Said::default(),
            is_newer: false,
            connection: None,
            secret: stage.secret,
            epoch: stage.epoch,
            doubt: None,
            mutant,
            files: Files::in_memory(),
            runtime: Builder::new_current_thread().build()?,
            confused: 0,
        };
        server.start()?;
        Ok(server)
    }

    /// Its disk.
    pub fn disk(&self) -> &Disk {
        &self.machine.disk
    }

    /// Ends for good; its machine is free.
    pub fn retire(mut self) -> Machine {
        self.stop();
        self.machine
    }

    /// Whether it answers.
    pub fn is_up(&self) -> bool {
        self.connection.is_some()
    }

    /// Ends as a process does that is killed.
    pub fn stop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.machine.left(connection);
        }
    }

    /// Starts again, on a disk that has power. Everything that was taken is there, and nothing else.
    ///
    /// # Errors
    /// When something it had acknowledged is gone.
    pub fn start(&mut self) -> Result<()> {
        self.stop();
        self.disk().power_on();
        let connection = schema::open_on(self.machine.connect(&mut self.chance)?, BEGIN_MS)?;
        if self.mutant == Some(Mutant::AckBeforeCommit) {
            connection.pragma_update(None, "synchronous", "OFF")?;
        }
        self.connection = Some(connection);
        self.resolve_doubt()?;
        self.is_as_modelled().context("after a start")
    }

    /// What was under way when the power went is there wholly or not at all.
    fn resolve_doubt(&mut self) -> Result<()> {
        let (sender, asked, now_ms) = match self.doubt.take() {
            None => return Ok(()),
            Some(Doubt::Round(sender, asked, now_ms)) => (sender, *asked, now_ms),
            Some(Doubt::Post(account, post, now_ms)) => {
                let moved_ms = account::get(self.connection()?, account)?.moved_ms;
                if moved_ms == Some(now_ms) {
                    self.assigned(account, post, now_ms);
                }
                return Ok(());
            }
            Some(Doubt::Decision(id, is_accepted)) => {
                let outcome = quarantine::get(self.connection()?, &id)?.and_then(|late| late.outcome);
                return outcome.map_or(Ok(()), |outcome| self.decided(id, is_accepted, &outcome));
            }
            Some(Doubt::Move(root, to, now_ms)) => return self.resolve_move(root, &to, now_ms),
        };
        let connection = self.connection()?;
        let life = asked.request.incarnation;
        let there = incarnation::progress(connection, life)?.map_or(0, |progress| progress.settled);
        let known = incarnation::results(connection, life, self.model.settled(life) + 1..=there)?;
        let results: Vec<CommitResult> = known
            .into_iter()
            .map(|(push_seq, known)| CommitResult { push_seq, outcome: known.outcome })
            .collect();
        self.follow(sender, &asked, now_ms, (&results, NEWEST_OUTCOME)).map(drop)
    }

    /// A backup of now; none while it is off.
    pub fn backup(&self, at_ms: i64) -> Option<Backup> {
        let is_sure = self.is_up() && self.doubt.is_none();
        is_sure.then(|| Backup { image: self.disk().snapshot(), model: self.model.clone(), at_ms })
    }

    /// Goes back to a backup.
    pub fn go_back(&mut self, backup: &Backup) -> Result<()> {
        self.stop();
        self.doubt = None;
        self.disk().restore(&backup.image);
        self.model.clone_from(&backup.model);
        self.start()
    }

    /// Answers a request as it came over the network; `None` when the server died of it.
    ///
    /// # Errors
    /// When it did anything else than it must.
    pub fn answer(&mut self, visit: &Visit<'_>) -> Result<Option<Incoming>> {
        if visit.outgoing.path == photos::PATH {
            return self.answer_photo(visit.outgoing, visit.now_ms);
        }
        let Some(asked) = read(visit.outgoing) else { return Ok(Some(refused(&ServerFault::Garbage(None)))) };
        let answered = self.round(visit.sender, &asked, visit.now_ms)?;
        if self.disk().has_lost_power() {
            self.stop();
            return Ok(None);
        }
        let mut answer = match answered {
            Ok(answer) => answer,
            Err(fault) => return Ok(Some(refused(&fault))),
        };
        self.said.hear(&answer);
        let nonce = signature::nonce(&asked.request.nonce);
        let Some(nonce) = nonce else { return Ok(Some(refused(&ServerFault::Garbage(None)))) };
        if visit.is_older || self.mutant == Some(Mutant::DigestsUntold) {
            answer.scopes.iter_mut().for_each(|page| page.digest = None);
        }
        let mut body = minicbor::to_vec(&answer)?;
        if self.is_newer {
            skew::with_unknown_key(&mut body);
        }
        let signature = signature::sign(&self.secret, Purpose::Sync, &nonce, &body);
        let packed = pack::pack(body, visit.outgoing.accept_encoding);
        Ok(Some(signed(signature, packed.bytes, packed.encoding)))
    }

    fn round(
        &mut self,
        sender: AccountId,
        asked: &Asked,
        now_ms: i64,
    ) -> Result<Result<SyncAnswer, ServerFault>> {
        let pushed = match self.settle(sender, asked, now_ms)? {
            Ok(pushed) => pushed,
            Err(fault) => return Ok(Err(fault)),
        };
        let pulled = self.pull(asked)?;
        Ok(pulled.map(|pulled| round::answer(pushed, pulled, self.epoch, now_ms)))
    }

    /// The first half of a round: its commits.
    pub(crate) fn settle(
        &mut self,
        sender: AccountId,
        asked: &Asked,
        now_ms: i64,
    ) -> Result<Result<Pushed, ServerFault>> {
        let mutant = self.mutant;
        let Some(connection) = &mut self.connection else { return Ok(Err(ServerFault::Stopping)) };
        // As over HTTP: what brings nothing writes nothing.
        let settled = match mutant {
            _ if asked.only_asks() => database::read(connection, |db| round::standing(db, asked)),
            Some(mutant) => database::write(connection, |tx| mutant.settle(tx, asked, now_ms)),
            None => database::write(connection, |tx| round::settle(tx, asked, now_ms)),
        };
        let pushed = match (settled, mutant) {
            (Ok(pushed), _) => pushed,
            (Err(_), Some(Mutant::AnsweredUncommitted)) if !self.disk().has_lost_power() => {
                mutant::as_if_taken(asked)
            }
            (Err(fault), _) => {
                if self.disk().has_lost_power() {
                    self.doubt = Some(Doubt::Round(sender, Box::new(clone(asked)), now_ms));
                }
                return Ok(Err(fault));
            }
        };
        self.take(sender, asked, now_ms, &pushed)?;
        Ok(Ok(pushed))
    }

    /// The second half: what is new.
    pub(crate) fn pull(&mut self, asked: &Asked) -> Result<Result<Pulled, ServerFault>> {
        let mutant = self.mutant;
        self.confused = self.confused.saturating_sub(1);
        if self.confused % 2 == 1 {
            // Whoever knows what may be held does not answer.
            return Ok(Err(ServerFault::Stopping));
        }
        let Some(connection) = &mut self.connection else { return Ok(Err(ServerFault::Stopping)) };
        let mut pulled = match database::read(connection, |snapshot| round::read(snapshot, asked)) {
            Ok((_, pulled)) => pulled,
            Err(fault) => return Ok(Err(fault)),
        };
        if let Some(mutant) = mutant {
            let spoilt = mutant.spoil(connection, asked, &mut pulled.scopes);
            ensure!(spoilt.is_ok() || self.disk().has_lost_power(), "a mutant could not do its work");
        }
        if self.confused > 0 {
            (pulled.granted, pulled.scopes, pulled.ruling) = (vec![], vec![], None);
        }
        if let Some(mutant) = mutant {
            mutant.misrule(&asked.request, self.confused > 0, &mut pulled.ruling);
        }
        for page in &pulled.scopes {
            network::no_more_than_new(page, &asked.request)?;
        }
        Ok(Ok(pulled))
    }

    /// The server says that it took these commits: now it must hold what the model holds.
    fn take(&mut self, sender: AccountId, asked: &Asked, now_ms: i64, pushed: &Pushed) -> Result<()> {
        let newest = asked.request.outcomes;
        let touched = self.follow(sender, asked, now_ms, (&pushed.results, newest))?;
        let settled = self.model.settled(asked.request.incarnation);
        let is_of_another = pushed.is_clone && pushed.settled >= settled;
        ensure!(pushed.settled == settled || is_of_another, "settled {}, not {settled}", pushed.settled);
        let theirs = stored(self.connection()?, &touched);
        if self.disk().has_lost_power() {
            return Ok(());
        }
        let theirs = theirs?;
        touched.iter().try_for_each(|id| model::same(*id, &self.model.records[id], theirs.get(id)))
    }

    /// The model takes what the server took, and told as to a device that knows outcomes up to a number.
    fn follow(
        &mut self,
        sender: AccountId,
        asked: &Asked,
        now_ms: i64,
        (results, newest): (&[CommitResult], u8),
    ) -> Result<BTreeSet<RecordId>> {
        let commits = &asked.request.commits;
        let clocks = Clocks { server_ms: now_ms, device_ms: asked.request.clock_ms };
        // A commit that cannot be read is one that no device of ours makes.
        let number = |bytes: &ByteVec| Some((frame::read::<Commit>(bytes).ok()?.push_seq, bytes.clone()));
        let sent: BTreeMap<u64, ByteVec> =
            if results.is_empty() { BTreeMap::new() } else { commits.iter().filter_map(number).collect() };
        for result in results {
            let bytes = sent.get(&result.push_seq);
            let bytes = bytes.with_context(|| format!("{} was answered, not sent", result.push_seq))?;
            let whose = (sender, asked.request.incarnation);
            self.model.take(whose, clocks, bytes, (result.push_seq, &result.outcome, newest))?;
        }
        Ok(self.model.end_contact().into_iter().collect())
    }

    /// So many of the next answers are given without knowing who may hold what.
    pub fn confuse(&mut self, answers: u64) {
        self.confused = answers;
    }

    /// Gives somebody another post, or takes theirs; whether it was done.
    ///
    /// # Errors
    /// What the database says that is still there.
    pub fn assign(&mut self, who: AccountId, post: Option<(Role, AreaPath)>, now_ms: i64) -> Result<bool> {
        let Some(connection) = &mut self.connection else { return Ok(false) };
        let written = database::write(connection, |tx| {
            let person = account::get(tx, who)?;
            match &post {
                Some((role, area)) => {
                    let post = NewPost { role: *role, area: area.clone(), own: None };
                    posts::assign(tx, &person, &post, now_ms)
                }
                None => posts::dismiss(tx, &person, now_ms),
            }
        });
        if self.disk().has_lost_power() {
            self.stop();
            self.doubt = Some(Doubt::Post(who, post, now_ms));
            return Ok(false);
        }
        // On a full disk nothing was done.
        if written.is_ok() {
            self.assigned(who, post, now_ms);
        }
        Ok(written.is_ok())
    }

    fn assigned(&mut self, who: AccountId, post: Option<(Role, AreaPath)>, now_ms: i64) {
        self.model.people.entry(who).and_modify(|person| person.assign(post, now_ms));
    }

    /// Somebody accepts or rejects a commit that came late; whether it was done.
    ///
    /// # Errors
    /// When it became something else than it must.
    pub fn decide(&mut self, id: [u8; 16], is_accepted: bool, now_ms: i64) -> Result<bool> {
        let Some(connection) = &mut self.connection else { return Ok(false) };
        let decided = database::write(connection, |tx| match is_accepted {
            true => server::quarantine::accept(tx, &id, now_ms),
            false => server::quarantine::reject(tx, &id, now_ms),
        });
        if self.disk().has_lost_power() {
            self.stop();
            self.doubt = Some(Doubt::Decision(id, is_accepted));
            return Ok(false);
        }
        let outcome = match decided {
            Ok(outcome) => outcome,
            Err(ServerFault::NotQuarantined) => bail!("the server knows nothing of a commit it kept"),
            // On a full disk nothing was decided.
            Err(_) => return Ok(false),
        };
        self.decided(id, is_accepted, &outcome)?;
        Ok(true)
    }

    fn decided(&mut self, id: [u8; 16], is_accepted: bool, outcome: &Outcome) -> Result<()> {
        self.model.decide(id, is_accepted, outcome)?;
        self.touched_are_as_modelled()
    }

    /// What the model was just told of is so.
    pub(crate) fn touched_are_as_modelled(&mut self) -> Result<()> {
        let touched: BTreeSet<RecordId> = self.model.end_contact().into_iter().collect();
        let theirs = stored(self.connection()?, &touched);
        if self.disk().has_lost_power() {
            return Ok(());
        }
        let theirs = theirs?;
        touched.iter().try_for_each(|id| model::same(*id, &self.model.records[id], theirs.get(id)))
    }

    /// Everything the server holds is what the model holds.
    ///
    /// # Errors
    /// Where they differ.
    pub fn is_as_modelled(&self) -> Result<()> {
        let connection = self.connection()?;
        let ops = watch::ops(connection)?;
        let gone = self.model.applied.difference(&ops).next();
        ensure!(gone.is_none(), "the server had acknowledged {gone:?}, and it is gone");
        let more = ops.difference(&self.model.applied).next();
        ensure!(more.is_none(), "the server says that it applied {more:?}, and it did not");
        let there = watch::ids(connection)?;
        let unknown = there.iter().find(|id| !self.model.records.contains_key(id));
        ensure!(unknown.is_none(), "the server holds {unknown:?}, which nobody made");
        let theirs = stored(connection, &there)?;
        self.model.records.iter().try_for_each(|(id, entry)| model::same(*id, entry, theirs.get(id)))
    }

    /// Where a record is.
    pub(crate) fn stored_in(&self, id: RecordId) -> Result<Option<Scope>> {
        Ok(stored(self.connection()?, &[id].into())?.remove(&id).map(|stored| stored.scope))
    }

    /// Its database, for as long as something else needs it.
    pub(crate) fn take_connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    pub(crate) fn put_connection(&mut self, connection: Connection) {
        self.connection = Some(connection);
    }

    /// Its database, for a mutant.
    pub(crate) fn connection_mut(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()
    }

    /// Its database.
    pub fn connection(&self) -> Result<&Connection> {
        self.connection.as_ref().context("the server is down")
    }
}

fn stored(connection: &Connection, ids: &BTreeSet<RecordId>) -> Result<BTreeMap<RecordId, Stored>> {
    let all = record::lock(connection, ids, &BTreeSet::new())?.records;
    Ok(all.into_iter().map(|proven| (proven.record.id, proven.record)).collect())
}

fn clone(asked: &Asked) -> Asked {
    Asked { token: asked.token.clone(), request: asked.request.clone() }
}

fn read(outgoing: &Outgoing) -> Option<Asked> {
    let body = pack::unpack(&outgoing.body, outgoing.content_encoding).ok()?;
    let request: SyncRequest = frame::read(&body).ok()?;
    Some(Asked { token: outgoing.token.clone()?, request })
}

pub(crate) fn signed(signature: String, body: Vec<u8>, encoding: Option<&str>) -> Incoming {
    Incoming {
        status: 200,
        content_type: Some(device::CONTENT_TYPE.to_owned()),
        content_encoding: encoding.map(str::to_owned),
        signature: Some(signature),
        body,
    }
}

pub(crate) fn refused(fault: &ServerFault) -> Incoming {
    let body = minicbor::to_vec(ErrorAnswer { code: fault.code().to_owned() }).unwrap_or_default();
    Incoming {
        status: fault.status().as_u16(),
        content_type: Some(device::CONTENT_TYPE.to_owned()),
        body,
        ..Incoming::default()
    }
}
