//! What waits, sealed to the server while it is saved: a shell keeps it beside the database, where it outlives the
//! database's key. This device cannot read it again; the server takes it from whoever brings it.

use std::collections::BTreeSet;

use records::Fault;
use records::wire::{NEWEST_OUTCOME, Nonce, PROTOCOL, SyncRequest};
use store::identity::{self, Identity};
use store::outbox::{self, Outline};
use sync::ServerAddress;
use sync::courier::{self, Question};
use sync::device::{Incoming, Outgoing};
use sync::seal::{KEY_BYTES, Key};
use sync::signature::digest;

use crate::{Answer, App, Context};

/// Bytes of a mark.
pub const MARK_BYTES: usize = 16;

/// Names a waiting commit as it is sealed now. It tells nothing of what is in it.
pub type Mark = [u8; MARK_BYTES];

/// What is to be kept beside the database.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// Everything that waits; what else was kept has arrived, or was taken back.
    pub all: BTreeSet<Mark>,
    /// Of these what was not kept yet, in the order in which it is to be sent.
    pub new: Vec<(Mark, Vec<u8>)>,
}

impl App {
    /// Goes up with every row that is written: as long as it stays, [`App::unsent`] answers the same.
    pub fn writes(&self) -> Answer<u64> {
        Ok(self.store.read(|db| Ok(db.total_changes()))?)
    }

    /// What waits, with what is not among the `known` sealed. Nothing where nobody is enrolled, or at a server that
    /// opens no letters.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unsent(&self, known: &BTreeSet<Mark>, context: &mut Context<'_>) -> Answer<Unsent> {
        let made_ms = context.now.utc_ms;
        let unsent = self.store.read(|db| {
            let who = (identity::identity(db)?, identity::sealing_key(db)?);
            let (Some(identity), Some(sealing_key)) = who else { return Ok(Unsent::default()) };
            let mut unsent = Unsent::default();
            for outline in outbox::outlines(db)? {
                let mark = mark(&identity, outline);
                if !known.contains(&mark)
                    && let Some(body) = outbox::body(db, outline.push_seq)?
                {
                    let sealed = sealed(&identity, &sealing_key, body, made_ms, context);
                    unsent.new.extend(sealed.map(|sealed| (mark, sealed)));
                }
                unsent.all.insert(mark);
            }
            Ok(unsent)
        });
        Ok(unsent?)
    }

    /// The request that brings a sealed commit to the server this device belongs to now; nothing for what no server, or
    /// another one, could open.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn letter(&self, sealed: &[u8]) -> Answer<Option<(ServerAddress, Outgoing)>> {
        let (identity, key, pin) = self
            .store
            .read(|db| Ok((identity::identity(db)?, identity::sealing_key(db)?, identity::pin(db)?)))?;
        let identity = identity.ok_or_else(|| Fault::new("not_enrolled"))?;
        let Some((_, question)) = parts(sealed) else { return Ok(None) };
        let is_ours = courier::header(question).is_ok_and(|header| key.is_some_and(|key| header.is_of(&key)));
        Ok(is_ours.then(|| (ServerAddress { url: identity.server, pin }, courier::post(question))))
    }

    /// Whether the server settled what was brought, as it says itself: what it refused to hear is to be brought again.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn is_settled(&self, sealed: &[u8], incoming: &Incoming) -> Answer<bool> {
        let identity = self.store.read(identity::identity)?.ok_or_else(|| Fault::new("not_enrolled"))?;
        let server_key = identity.server_key.as_slice().try_into().unwrap_or_default();
        let settled = || {
            let (secret, question) = parts(sealed)?;
            let id = courier::header(question).ok()?.id()?;
            let answer = courier::read_answer(&courier::posted(incoming).ok()?, &secret).ok()?;
            let answer = courier::believe(&answer, &id, &server_key).ok()?;
            Some(!answer.results.is_empty())
        };
        Ok(settled().unwrap_or(false))
    }
}

/// What opens the answer, and the question. The answer to a question that asks for nothing tells no more than what
/// became of the commit.
fn parts(sealed: &[u8]) -> Option<(Key, &[u8])> {
    let (secret, question) = sealed.split_at_checked(KEY_BYTES)?;
    Some((secret.try_into().ok()?, question))
}

/// Another token makes another mark: what was sealed with the one before may not be heard any more.
fn mark(identity: &Identity, Outline { push_seq, saved_ms, bytes }: Outline) -> Mark {
    let parts = [
        identity.incarnation.as_bytes(),
        &identity.token[..],
        &push_seq.to_be_bytes(),
        &saved_ms.to_be_bytes(),
        &bytes.to_be_bytes(),
    ];
    let mut mark = [0; MARK_BYTES];
    mark.copy_from_slice(&digest(&parts.concat())[..MARK_BYTES]);
    mark
}

/// A question of its own for each commit, so that each can be kept, sent and dropped alone. It asks for nothing but what
/// becomes of it.
fn sealed(
    identity: &Identity,
    sealing_key: &Key,
    commit: Vec<u8>,
    made_ms: i64,
    context: &mut Context<'_>,
) -> Option<Vec<u8>> {
    let id: Nonce = context.random();
    let request = SyncRequest {
        protocol: PROTOCOL,
        incarnation: identity.incarnation,
        clock_ms: made_ms,
        epoch: None,
        commits: vec![commit.into()],
        cursors: vec![],
        budget: 0,
        nonce: id.to_vec().into(),
        anchor: None,
        lacks_sealing_key: false,
        outcomes: NEWEST_OUTCOME,
        aftermath: None,
        takes_tokens: false,
    };
    let question = Question {
        id: &id,
        server: &identity.server,
        sealing_key,
        token: &identity.token,
        requests: &[request],
        made_ms,
    };
    let asked = courier::ask(&question, context.random).ok()?;
    Some([&asked.secret[..], &asked.file].concat())
}
