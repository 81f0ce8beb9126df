//! Rounds without a network: what waits goes into a file, a colleague or a stick carries it, and the
//! answer comes back the same way.
//!
//! What went into a file still waits until an answer settles it, and a round may settle it first: the
//! server takes a commit once, whichever road brings it.

use std::collections::BTreeMap;

use records::Fault;
use records::call::{CourierFile, CourierOpened};
use records::wire::{Anchor, MAX_OPS, NEWEST_OUTCOME, Nonce, PROTOCOL, SyncAnswer, SyncRequest};
use rusqlite::Transaction;
use store::courier::Asked;
use store::identity::{self, Identity};
use store::{WaitingCommit, acknowledged, outbox, scope};
use sync::ServerAddress;
use sync::courier::{self, CourierFault, Header, MAX_ROUNDS, Question, Way};
use sync::device::{Incoming, Outgoing};
use sync::history;

use crate::apply::Unapplied;
use crate::round::{BUDGET, MOST_PUSHED, aftermath, short_hash};
use crate::{Answer, App, Context};

/// Bytes of commits in one file: whatever they are, sealed they can still be posted.
const MOST_CARRIED: usize = 3 * MOST_PUSHED;
/// Files kept for the person to save; one looks at one, perhaps two.
const MOST_DOWNLOADS: usize = 3;

/// Files that wait to be saved. They live in memory only.
#[derive(Default)]
pub(crate) struct Downloads {
    next: u64,
    files: BTreeMap<u64, Download>,
}

impl Downloads {
    /// Keeps a file, and answers its number.
    pub fn add(&mut self, file: Download) -> u64 {
        self.next += 1;
        self.files.insert(self.next, file);
        while self.files.len() > MOST_DOWNLOADS {
            self.files.pop_first();
        }
        self.next
    }
}

/// A file for the shell to write where the person finds it.
#[derive(Clone)]
pub struct Download {
    /// A name for it.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A file for somebody to carry.
pub struct PackedCourier {
    /// A name for it.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Changes in the question.
    pub commits: u32,
    /// Changes that had no room.
    pub left: u32,
}

/// A colleague's file on its way.
pub struct Carrying {
    /// The server.
    pub server: ServerAddress,
    /// The request for the shell to post.
    pub outgoing: Outgoing,
    header: Header,
}

impl App {
    /// Puts everything that waits into a file, the last action included: from here on nothing of it can
    /// be undone on this device.
    ///
    /// # Errors
    /// `not_enrolled`; `courier.no_key` for a server that knows no couriers.
    pub fn pack_courier(&mut self, context: &mut Context<'_>) -> Answer<PackedCourier> {
        let (id, made_ms) = (context.random(), context.now.utc_ms);
        self.rounds.changed();
        let packed = self.store.write(|tx| {
            let who = (identity::identity(tx)?, identity::sealing_key(tx)?);
            let (Some(identity), Some(sealing_key)) = who else { return Ok(Err(no_courier(&who.0))) };
            let (requests, asked) = requests(tx, &identity, &id, made_ms)?;
            let question = Question {
                id: &id,
                server: &identity.server,
                sealing_key: &sealing_key,
                token: &identity.token,
                requests: &requests,
                made_ms,
            };
            let sealed = match courier::ask(&question, context.random) {
                Ok(sealed) => sealed,
                Err(why) => return Ok(Err(Fault::new(why.code()))),
            };
            store::courier::add(tx, &id, &sealed.secret, &asked)?;
            let last = asked.commits.last().map_or(0, |commit| commit.push_seq);
            let left = outbox::waiting_after(tx, last)?;
            let (name, commits) = (sealed.header.file_name(), sealed.header.commits);
            Ok(Ok(PackedCourier { name, bytes: sealed.file, commits, left }))
        });
        packed?
    }

    /// Prepares to bring a colleague's uploaded file to the server both belong to.
    ///
    /// # Errors
    /// `courier.*` when it is not such a file.
    pub fn begin_carrying(&self, upload: u64) -> Answer<Carrying> {
        let file = self.uploaded(upload)?;
        let header = courier::header(file).map_err(|fault| Fault::new(fault.code()))?;
        let (identity, pin, sealing_key) = self
            .store
            .read(|db| Ok((identity::identity(db)?, identity::pin(db)?, identity::sealing_key(db)?)))?;
        let identity = identity.ok_or_else(|| Fault::new("not_enrolled"))?;
        let server = ServerAddress { url: identity.server, pin };
        let is_ours = sealing_key.is_some_and(|key| header.is_of(&key));
        match header.way {
            _ if !is_ours => Err(other_server(&header)),
            Way::Answer => Err(Fault::new(CourierFault::OtherKind.code())),
            Way::Question => Ok(Carrying { server, outgoing: courier::post(file), header }),
        }
    }

    /// Takes the server's answer, to be handed back. Only who asked can read it.
    ///
    /// # Errors
    /// `courier.*` when the server could not open the file, `sync.*` when nothing came of it.
    pub fn finish_carrying(&self, carrying: &Carrying, incoming: &Incoming) -> Answer<PackedCourier> {
        let bytes = courier::posted(incoming).map_err(|fault| Fault::new(fault.code()))?;
        let header = courier::header(&bytes).map_err(|fault| Fault::new(fault.code()))?;
        if header.way != Way::Answer || header.question != carrying.header.question {
            return Err(Fault::new("sync.not_gridwalk"));
        }
        Ok(PackedCourier { name: header.file_name(), bytes, commits: header.commits, left: 0 })
    }

    /// Reads an uploaded answer to a question of this device and settles what was in it. The changes
    /// follow by [`App::apply_step`]. It may be read again, and late: then it tells nothing new.
    ///
    /// # Errors
    /// `courier.*` when it is not such an answer, `sync.*` for what the server said instead of one.
    pub fn read_courier(&mut self, upload: u64, context: &mut Context<'_>) -> Answer<Unapplied> {
        let file = self.uploaded(upload)?;
        let bytes = file.len() as u64;
        let (id, secret, asked) = self.asked(file)?;
        let incoming = courier::read_answer(file, &secret).map_err(|fault| Fault::new(fault.code()))?;
        let identity = self.store.read(identity::identity)?.ok_or_else(|| Fault::new("not_enrolled"))?;
        let server_key = identity.server_key.as_slice().try_into().unwrap_or_default();
        let read = courier::believe(&incoming, &id, &server_key);
        let answer = read.map_err(|fault| Fault::new(fault.code()))?;
        let now_ms = context.now.utc_ms;
        let waited = self.store.read(outbox::waiting_count)?;
        if identity.incarnation == asked.incarnation {
            self.settle_carried(&answer, &asked, context)?;
        }
        let settled = waited.saturating_sub(self.store.read(outbox::waiting_count)?);
        let here = self.store.read(scope::cursors)?;
        let last_round = self.store.read(identity::last_round)?;
        // The server may have spoken of some scopes since, and a record may have moved between them: what
        // it said before is told again by the next round.
        let is_late = last_round.map(|round| round.at_ms) != asked.last_round_ms || here != asked.cursors;
        let sent = u32::try_from(asked.commits.len()).unwrap_or(u32::MAX);
        Ok(self.unapplied(answer, sent, bytes, now_ms)?.carried(is_late, settled))
    }

    /// What a commit became is the same whenever one hears of it.
    fn settle_carried(
        &mut self,
        answer: &SyncAnswer,
        asked: &Asked,
        context: &mut Context<'_>,
    ) -> Answer<bool> {
        let known = self.store.read(identity::anchor)?;
        let carried: BTreeMap<u64, &Anchor> =
            asked.commits.iter().map(|commit| (commit.push_seq, commit)).collect();
        let hash_of = |number| carried.get(&number).map(|commit| commit.hash.clone());
        let anchor = history::heard(known.as_ref(), &answer.results, hash_of);
        let at_ms = (context.now.utc_ms, answer.clock_ms);
        self.store.settle(&answer.results, at_ms, anchor.as_ref())?;
        // The server spoke of what it knew when the file reached it, perhaps long ago.
        self.agree_on_numbers(answer, asked.first, context)
    }

    /// What opens an answer, and where this device stood when it asked.
    fn asked(&self, file: &[u8]) -> Answer<(Nonce, [u8; 32], Asked)> {
        let header = courier::header(file).map_err(|fault| Fault::new(fault.code()))?;
        if header.way != Way::Answer {
            return Err(Fault::new(CourierFault::OtherKind.code()));
        }
        let id = header.id().ok_or_else(|| Fault::new(CourierFault::NotCourier.code()))?;
        let (kept, key) =
            self.store.read(|db| Ok((store::courier::find(db, &id)?, identity::sealing_key(db)?)))?;
        match kept {
            Some((secret, asked)) => Ok((id, secret, asked)),
            None if key.is_some_and(|key| header.is_of(&key)) => Err(Fault::new("courier.not_mine")),
            None => Err(other_server(&header)),
        }
    }

    pub(crate) fn pack_courier_file(&mut self, context: &mut Context<'_>) -> Answer<CourierFile> {
        let packed = self.pack_courier(context)?;
        Ok(self.offer(packed))
    }

    /// Keeps a file until the shell fetches it.
    pub fn offer(&mut self, packed: PackedCourier) -> CourierFile {
        let PackedCourier { name, bytes, commits, left } = packed;
        let size = bytes.len() as u64;
        let download = self.offer_file(name.clone(), bytes);
        CourierFile { download, name, bytes: size, commits, left }
    }

    /// A file that was offered, if it was one of the last.
    pub fn download(&self, number: u64) -> Option<&Download> {
        self.downloads.files.get(&number)
    }

    pub(crate) fn open_courier(&self, upload: u64) -> Answer<CourierOpened> {
        let header = courier::header(self.uploaded(upload)?).map_err(|fault| Fault::new(fault.code()))?;
        let id = header.id().unwrap_or_default();
        let (kept, key) =
            self.store.read(|db| Ok((store::courier::find(db, &id)?, identity::sealing_key(db)?)))?;
        Ok(CourierOpened {
            is_answer: header.way == Way::Answer,
            is_mine: kept.is_some(),
            is_our_server: key.is_some_and(|key| header.is_of(&key)),
            server: header.server,
            made_ms: header.made_ms,
            commits: header.commits,
        })
    }
}

fn no_courier(identity: &Option<Identity>) -> Fault {
    Fault::new(if identity.is_some() { "courier.no_key" } else { "not_enrolled" })
}

fn other_server(header: &Header) -> Fault {
    Fault::new(CourierFault::OtherServer.code()).with("server", &header.server)
}

/// The rounds of one file: all but the last bring commits only.
fn requests(
    tx: &Transaction<'_>,
    identity: &Identity,
    id: &Nonce,
    now_ms: i64,
) -> store::Result<(Vec<SyncRequest>, Asked)> {
    outbox::release_all(tx)?;
    let mut batches = batches(tx, now_ms)?;
    let carried = |commit: &WaitingCommit| Anchor {
        push_seq: commit.push_seq,
        hash: short_hash(&commit.body),
        history: None,
    };
    let commits = batches.iter().flatten().map(carried);
    let last_round = identity::last_round(tx)?;
    let asked = Asked {
        incarnation: identity.incarnation,
        first: acknowledged::first_unanswered(tx)?,
        commits: commits.collect(),
        cursors: scope::cursors(tx)?,
        last_round_ms: last_round.map(|round| round.at_ms),
    };
    let known = identity::anchor(tx)?;
    let request = |commits: Vec<WaitingCommit>| SyncRequest {
        protocol: PROTOCOL,
        incarnation: identity.incarnation,
        clock_ms: now_ms,
        epoch: last_round.map(|round| round.epoch),
        commits: commits.into_iter().map(|commit| commit.body.into()).collect(),
        cursors: vec![],
        budget: 0,
        nonce: id.to_vec().into(),
        anchor: known.clone(),
        lacks_sealing_key: false,
        takes_tokens: false,
        outcomes: NEWEST_OUTCOME,
        aftermath: None,
    };
    let last = batches.pop().unwrap_or_default();
    let budget = u32::try_from(BUDGET).unwrap_or(u32::MAX);
    let aftermath = aftermath(tx)?;
    let last = SyncRequest { cursors: asked.cursors.clone(), budget, aftermath, ..request(last) };
    Ok((batches.into_iter().map(request).chain([last]).collect(), asked))
}

/// Everything that waits, as far as there is room, in as many parts as the server takes at once.
fn batches(tx: &Transaction<'_>, now_ms: i64) -> store::Result<Vec<Vec<WaitingCommit>>> {
    let (mut batches, mut after, mut left) = (vec![], 0, MOST_CARRIED);
    while batches.len() < MAX_ROUNDS && left > 0 {
        let batch = outbox::batch_after(tx, after, now_ms, MAX_OPS, MOST_PUSHED.min(left))?;
        let Some(last) = batch.last() else { break };
        after = last.push_seq;
        let bytes = batch.iter().map(|commit| commit.body.len()).sum::<usize>();
        left = left.saturating_sub(bytes);
        batches.push(batch);
    }
    Ok(batches)
}
