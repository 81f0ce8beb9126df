//! What was refused is noted in the audit: counted by who asked and why, and written once a second at most, so that a
//! flood of bad requests is one row and not a flood of writes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use sync::signature::digest;
use tokio::sync::Notify;

use super::{Server, rounds};
use crate::audit::{self, Entry, deed};
use crate::database::device;
use crate::database::sql::Sql;
use crate::fault::{ServerFault, chain};

/// So long refusals are gathered before they are written.
const GATHERED: Duration = Duration::from_secs(1);
/// Most kinds gathered at a time; further ones are counted together, by their code alone.
const KINDS: usize = 1_000;

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// Marks an answer that refuses, with its stable code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused(pub(super) &'static str);

/// Who was refused, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    code: &'static str,
    token_hash: Option<[u8; 32]>,
    from: Option<IpAddr>,
}

/// Refusals that are not written yet.
#[derive(Default)]
pub(super) struct Refusals {
    waiting: Mutex<BTreeMap<Kind, u32>>,
    came: Notify,
}

impl Refusals {
    fn count(&self, kind: Kind, times: u32) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = waiting.len() >= KINDS && !waiting.contains_key(&kind);
        let kind = if is_full { Kind { code: kind.code, token_hash: None, from: None } } else { kind };
        let counted = waiting.entry(kind).or_default();
        *counted = counted.saturating_add(times);
        self.came.notify_one();
    }

    fn take(&self) -> BTreeMap<Kind, u32> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Counts a request that is refused on its way out.
pub(super) async fn noted(State(server): State<Server>, request: Request, next: Next) -> Response {
    let token_hash = rounds::token_of(request.headers()).ok().map(|token| digest(&token));
    let from = request.extensions().get().map(|Peer(from)| *from);
    let response = next.run(request).await;
    if let Some(Refused(code)) = response.extensions().get() {
        server.metrics.count_refusal(code);
        server.refusals.count(Kind { code, token_hash, from }, 1);
    }
    response
}

impl Server {
    /// Writes what was refused into the audit, again and again. It never ends.
    pub async fn keep_audit(&self) {
        loop {
            self.refusals.came.notified().await;
            tokio::time::sleep(GATHERED).await;
            self.settle_audit().await;
        }
    }

    /// Writes what was refused so far into the audit. What cannot be written now waits for the next time.
    pub async fn settle_audit(&self) {
        let (refusals, now_ms) = (self.refusals.take(), self.now_ms());
        if refusals.is_empty() {
            return;
        }
        let waiting = refusals.clone();
        let write = self.database.write(move |transaction| {
            waiting.iter().try_for_each(|(kind, times)| write(transaction, *kind, *times, now_ms))
        });
        if let Err(fault) = write.await {
            tracing::error!(cause = chain(&fault), "refusals cannot be noted");
            refusals.into_iter().for_each(|(kind, times)| self.refusals.count(kind, times));
        }
    }
}

fn write(transaction: &dyn Sql, kind: Kind, times: u32, now_ms: i64) -> Result<(), ServerFault> {
    let device = kind.token_hash.map(|hash| device::by_token(transaction, &hash)).transpose()?.flatten();
    let entry = Entry {
        account: device.map(|device| device.account),
        device: device.map(|device| device.id),
        from: kind.from.map(|from| from.to_string()),
        times,
        ..Entry::new(deed::REFUSED, now_ms).about(kind.code)
    };
    audit::note(transaction, &entry)
}
