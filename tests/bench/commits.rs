//! What devices push when it is only counted how fast that goes: new households.

use anyhow::{Context, Result};
use minicbor::bytes::ByteVec;
use records::household::Household;
use records::wire::{Change, Commit, Cursor, NEWEST_OUTCOME, Nonce, Op, PROTOCOL, SyncRequest};
use records::{Incarnation, Record, Scope};
use server::random;

/// Rows of a push.
pub const ROWS: usize = 20;

/// A commit of new households in a scope, encoded.
pub fn new_households(scope: &Scope, push_seq: u64, rows: usize, now_ms: i64) -> Result<ByteVec> {
    let ops = (0..rows).map(|row| {
        let note = format!("第{push_seq}次第{row}户，三楼左，常年在外务工");
        op(scope, &note, now_ms)
    });
    let commit = minicbor::to_vec(Commit { push_seq, ops: ops.collect() }).context("a commit")?;
    Ok(ByteVec::from(commit))
}

/// A request that brings these commits and asks for so many bytes of changes behind these cursors.
pub fn request(
    (incarnation, nonce): (Incarnation, Nonce),
    commits: Vec<ByteVec>,
    (cursors, budget): (Vec<Cursor>, u32),
    now_ms: i64,
) -> SyncRequest {
    SyncRequest {
        protocol: PROTOCOL,
        incarnation,
        clock_ms: now_ms,
        epoch: None,
        commits,
        cursors,
        budget,
        nonce: ByteVec::from(nonce.to_vec()),
        anchor: None,
        lacks_sealing_key: false,
        takes_tokens: false,
        outcomes: NEWEST_OUTCOME,
        aftermath: None,
    }
}

fn op(scope: &Scope, note: &str, now_ms: i64) -> Op {
    let (id, record, house) =
        (random::record_id(now_ms), random::record_id(now_ms), random::record_id(now_ms));
    let household = Household { residents: 3, note: Some(note.to_owned()), ..Household::blank(house) };
    let change = Change::Create { scope: scope.clone(), body: household.to_body() };
    Op { id, record, kind: Household::DECLARATION.kind, at_ms: now_ms, change }
}
