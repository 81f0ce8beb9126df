//! `POST /courier`: a round that somebody else carried.

use std::sync::PoisonError;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use minicbor::bytes::ByteVec;
use records::wire::MAX_COMPRESSED;

use super::body::Allowance;
use super::{Server, answer, body};
use crate::courier::Desk;
use crate::fault::ServerFault;

/// Answers a question that anybody may bring.
pub(super) async fn carry(State(server): State<Server>, headers: HeaderMap, body: Body) -> Response {
    match answered(&server, &headers, body).await {
        Ok(response) => response,
        Err(fault) => answer::refused(&fault),
    }
}

async fn answered(server: &Server, headers: &HeaderMap, body: Body) -> Result<Response, ServerFault> {
    let now_ms = server.now_ms();
    if !has_room(server, headers, now_ms) {
        body::drain(body, Allowance::OF_A_STRANGER).await;
        return Err(ServerFault::CourierBusy);
    }
    let file: ByteVec = body::read(headers, body, Allowance::COURIER, &server.inflating).await?;
    let desk = Desk {
        database: server.database.clone(),
        secret_key: server.secret_key.clone(),
        epoch: server.epoch,
    };
    answer::file(desk.answer(file.into(), now_ms).await?)
}

/// Counts a file against what all of them together may bring. One that does not say how large it is
/// counts as the largest.
fn has_room(server: &Server, headers: &HeaderMap, now_ms: i64) -> bool {
    let length = body::header(headers, CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
    let mut carried = server.carried.lock().unwrap_or_else(PoisonError::into_inner);
    carried.take(length.unwrap_or(u64::MAX).min(MAX_COMPRESSED as u64), now_ms)
}

/// How much may still be carried here: so many bytes at once, and so many more every second. A day's
/// work is a few kilobytes, so that a county's couriers never come near it.
pub(super) struct Bucket {
    left: u64,
    at_ms: i64,
}

impl Bucket {
    /// Bytes at once.
    const MOST: u64 = 32 * 1024 * 1024;
    /// Bytes that come back every millisecond.
    const PER_MS: u64 = 256;

    fn take(&mut self, bytes: u64, now_ms: i64) -> bool {
        let since_ms = now_ms.saturating_sub(self.at_ms).max(0).unsigned_abs();
        self.left = self.left.saturating_add(since_ms.saturating_mul(Self::PER_MS)).min(Self::MOST);
        self.at_ms = now_ms;
        let has_room = bytes <= self.left;
        self.left -= if has_room { bytes } else { 0 };
        has_room
    }
}

impl Default for Bucket {
    fn default() -> Self {
        Self { left: Self::MOST, at_ms: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_together_has_a_measure_that_fills_again() {
        let mut bucket = Bucket::default();
        const FILE: u64 = 2 * 1024 * 1024;
        let taken = (0..100).filter(|_| bucket.take(FILE, 1_000)).count();
        assert_eq!(taken, 16);
        assert!(bucket.take(0, 1_000), "an empty one costs nothing");
        assert!(!bucket.take(FILE, 1_000 + 8_191) && bucket.take(FILE, 1_000 + 8_192));
        assert!(!bucket.take(FILE, 0), "a clock put back brings nothing");
        assert!(!bucket.take(FILE, 8_191) && bucket.take(FILE, 8_192), "and takes nothing away");
    }
}
