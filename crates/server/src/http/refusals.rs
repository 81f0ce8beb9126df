//! What was refused is noted in the audit: counted by who asked and why, and written once a second at most, so that a
//! flood of bad requests is one row and not a flood of writes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use records::{AccountId, DeviceId};
use sync::signature::digest;
use tokio::sync::Notify;

use super::listen::{Peer, network};
use super::{Server, rounds};
use crate::audit::{self, Entry, deed};
use crate::database::device;
use crate::database::sql::Sql;
use crate::fault::{ServerFault, chain};

/// So long refusals are gathered before they are written.
const GATHERED: Duration = Duration::from_secs(1);
/// Most kinds gathered at a time; further ones are counted together, by their code alone.
const KINDS: usize = 200;
/// Most rows written at a time, the most frequent first; the rest is counted together, by its code alone.
const ROWS: usize = 50;

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
    let from = request.extensions().get().map(|Peer(from)| network(*from));
    let response = next.run(request).await;
    if let Some(Refused(code)) = response.extensions().get() {
        server.metrics.count_refusal(code);
        let token_hash = token_hash.filter(|_| *code != ServerFault::TokenRefused.code());
        server.refusals.count(Kind { code, token_hash, from }, 1);
    }
    response
}

impl Server {
    /// Writes what was refused into the audit, again and again until `stop` resolves, and once more then.
    pub async fn keep_audit(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            let gathered = async {
                self.refusals.came.notified().await;
                tokio::time::sleep(GATHERED).await;
            };
            let stops = tokio::select! {
                () = &mut stop => true,
                () = gathered => false,
            };
            // Outside of what is given up half done: what was taken out would be written nowhere.
            self.settle_audit().await;
            if stops {
                return;
            }
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
            let rows = rows(transaction, &waiting)?;
            rows.into_iter().try_for_each(|(who, times)| audit::note(transaction, &who.entry(times, now_ms)))
        });
        if let Err(fault) = write.await {
            tracing::error!(cause = chain(&fault), "refusals cannot be noted");
            refusals.into_iter().for_each(|(kind, times)| self.refusals.count(kind, times));
        }
    }
}

/// Who was refused, as far as that is known, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Who {
    code: &'static str,
    device: Option<(DeviceId, AccountId)>,
    from: Option<IpAddr>,
}

impl Who {
    fn entry(self, times: u32, now_ms: i64) -> Entry {
        Entry {
            account: self.device.map(|(_, account)| account),
            device: self.device.map(|(device, _)| device),
            from: self.from.map(|from| from.to_string()),
            times,
            ..Entry::new(deed::REFUSED, now_ms).about(self.code)
        }
    }
}

/// What is written of these: tokens that no device has are all the same, however many there are.
fn rows(snapshot: &dyn Sql, waiting: &BTreeMap<Kind, u32>) -> Result<Vec<(Who, u32)>, ServerFault> {
    let mut by_who = BTreeMap::<Who, u32>::new();
    for (Kind { code, token_hash, from }, times) in waiting {
        let find =
            if *code == ServerFault::TokenVoid.code() { device::by_void_token } else { device::by_token };
        let device = token_hash.map(|hash| find(snapshot, &hash)).transpose()?.flatten();
        let who = Who { code, device: device.map(|device| (device.id, device.account)), from: *from };
        add(&mut by_who, who, *times);
    }
    let mut rows: Vec<(Who, u32)> = by_who.into_iter().collect();
    rows.sort_by_key(|(_, times)| Reverse(*times));
    let mut together = BTreeMap::new();
    for (Who { code, .. }, times) in rows.drain(ROWS.min(rows.len())..) {
        add(&mut together, Who { code, device: None, from: None }, times);
    }
    rows.extend(together);
    Ok(rows)
}

fn add(counts: &mut BTreeMap<Who, u32>, who: Who, times: u32) {
    let counted = counts.entry(who).or_default();
    *counted = counted.saturating_add(times);
}
