//! `POST /sync`: one round.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use records::wire::{PROTOCOL, SyncAnswer, SyncRequest};

use super::{Server, answer, body};
use crate::database::device;
use crate::fault::ServerFault;
use crate::pull::{Pulled, pull};
use crate::push::{self, Pushed};
use crate::session::{self, Session};

/// How exactly it is known when a device last asked.
const SEEN_EVERY_MS: i64 = 3_600_000;

/// Answers a round.
pub(super) async fn sync(State(server): State<Server>, headers: HeaderMap, body: Body) -> Response {
    match round(&server, &headers, body).await {
        Ok(response) => response,
        Err(fault) => answer::refused(&fault),
    }
}

async fn round(server: &Server, headers: &HeaderMap, body: Body) -> Result<Response, ServerFault> {
    let session = match authenticate(server, headers).await {
        Ok(session) => session,
        Err(fault) => {
            body::drain(body).await;
            return Err(fault);
        }
    };
    let request: SyncRequest = body::read(headers, body).await?;
    if request.protocol > PROTOCOL {
        return Err(ServerFault::ServerOlder);
    }
    let nonce = request.nonce.to_vec();
    let answer = settle_and_read(server, session, request).await?;
    answer::signed(headers, &server.secret_key, &nonce, &answer)
}

async fn authenticate(server: &Server, headers: &HeaderMap) -> Result<Session, ServerFault> {
    let bearer = body::header(headers, AUTHORIZATION.as_str()).and_then(|text| text.strip_prefix("Bearer "));
    let token = bearer.and_then(|text| URL_SAFE_NO_PAD.decode(text.trim()).ok());
    let token = token.ok_or(ServerFault::TokenRefused)?;
    server.database.read(move |snapshot| session::open(snapshot, &token)).await
}

async fn settle_and_read(
    server: &Server,
    session: Session,
    request: SyncRequest,
) -> Result<SyncAnswer, ServerFault> {
    let now_ms = server.now_ms();
    let asked = Arc::new((session, request));
    let pushed = settle(server, asked.clone(), now_ms).await?;
    let reading = asked.clone();
    let pulled = server.database.read(move |snapshot| {
        let (session, request) = &*reading;
        pull(snapshot, &session.grants, &request.cursors, request.budget)
    });
    let pulled = pulled.await?;
    log(&asked, &pushed, &pulled);
    Ok(SyncAnswer {
        protocol: PROTOCOL,
        epoch: server.epoch,
        clock_ms: now_ms,
        settled: pushed.settled,
        results: pushed.results,
        scopes: pulled.scopes,
        granted: pulled.granted,
        is_clone: pushed.is_clone,
    })
}

/// Most rounds bring nothing, and then nothing is written.
async fn settle(
    server: &Server,
    asked: Arc<(Session, SyncRequest)>,
    now_ms: i64,
) -> Result<Pushed, ServerFault> {
    let (session, request) = &*asked;
    let was_seen = session.device.last_seen_ms.is_some_and(|seen| now_ms - seen < SEEN_EVERY_MS);
    if request.commits.is_empty() && was_seen {
        return server.database.read(move |snapshot| push::standing(snapshot, &asked.0, &asked.1)).await;
    }
    let write = server.database.write(move |transaction| {
        let (session, request) = &*asked;
        device::seen(transaction, session.device.id, now_ms)?;
        push::push(transaction, session, request, now_ms)
    });
    write.await
}

fn log(asked: &(Session, SyncRequest), pushed: &Pushed, pulled: &Pulled) {
    let (device, commits) = (asked.0.device.id, asked.1.commits.len());
    let changes: usize = pulled.scopes.iter().map(|scope| scope.changes.len()).sum();
    let (settled, is_clone) = (pushed.settled, pushed.is_clone);
    tracing::info!(%device, commits, settled, is_clone, changes, "round");
}
