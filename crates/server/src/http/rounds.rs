//! `POST /sync`: one round.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use records::DeviceId;
use records::wire::{Nonce, SyncAnswer, SyncRequest};
use sync::signature::{self, Purpose, digest};

use super::body::Allowance;
use super::{Server, answer, body};
use crate::database::device;
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::protocol;
use crate::pull::Pulled;
use crate::push::Pushed;
use crate::round::{self, Asked, Look};

/// Reading, signing and packing more changes than this takes more than a few milliseconds.
const MUCH: usize = 2_000;

/// Answers a round.
pub(super) async fn sync(State(server): State<Server>, headers: HeaderMap, body: Body) -> Response {
    match answered(&server, &headers, body).await {
        Ok(response) => response,
        Err(fault) => answer::refused(&fault),
    }
}

async fn answered(server: &Server, headers: &HeaderMap, body: Body) -> Result<Response, ServerFault> {
    let (gate, body) = let_in(server, headers, body).await?;
    let request: SyncRequest = body::read(headers, body, Allowance::ROUND, &server.inflating).await?;
    protocol::understood(request.protocol)?;
    let nonce = signature::nonce(&request.nonce).ok_or(ServerFault::Garbage(None))?;
    let (asked, now_ms) = (Arc::new(Asked { token: gate.token, request }), server.now_ms());
    let pushed = match brings_nothing(&asked, gate.last_seen_ms, now_ms) {
        true => None,
        false => Some(settle(server, asked.clone(), now_ms).await?),
    };
    let (server, headers) = (server.clone(), headers.clone());
    Settled { server, headers, nonce, asked, now_ms }.answered(pushed).await
}

/// A token that was good when the request began.
pub(super) struct Gate {
    pub token: Vec<u8>,
    last_seen_ms: Option<i64>,
}

/// Lets the body of a device with a good token in; another's is read for nothing.
pub(super) async fn let_in(
    server: &Server,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Gate, Body), ServerFault> {
    match authenticate(server, headers).await {
        Ok(gate) => Ok((gate, body)),
        Err(fault) => {
            body::drain(body, Allowance::OF_A_STRANGER).await;
            Err(fault)
        }
    }
}

async fn authenticate(server: &Server, headers: &HeaderMap) -> Result<Gate, ServerFault> {
    let bearer = body::header(headers, AUTHORIZATION.as_str()).and_then(|text| text.strip_prefix("Bearer "));
    let token = bearer.and_then(|text| URL_SAFE_NO_PAD.decode(text.trim()).ok());
    let token = token.ok_or(ServerFault::TokenRefused)?;
    let open = move |snapshot: &dyn Sql| {
        let device = device::by_token(snapshot, &digest(&token))?.ok_or(ServerFault::TokenRefused)?;
        Ok(Gate { token, last_seen_ms: device.last_seen_ms })
    };
    server.database.read(open).await
}

/// Most rounds bring nothing, and then nothing is written.
fn brings_nothing(asked: &Asked, last_seen_ms: Option<i64>, now_ms: i64) -> bool {
    asked.only_asks() && round::was_seen(last_seen_ms, now_ms)
}

async fn settle(server: &Server, asked: Arc<Asked>, now_ms: i64) -> Result<Pushed, ServerFault> {
    server.database.write(move |transaction| round::settle(transaction, &asked, now_ms)).await
}

/// A round of which nothing is left but its answer.
struct Settled {
    server: Server,
    headers: HeaderMap,
    nonce: Nonce,
    asked: Arc<Asked>,
    now_ms: i64,
}

/// Who asked, where its incarnation stands, and what it has not seen.
type Found = (DeviceId, Pushed, Pulled);

impl Settled {
    /// Answers it here, or aside where there is much to say. `pushed` is `None` when it brought nothing.
    async fn answered(self, pushed: Option<Pushed>) -> Result<Response, ServerFault> {
        let asked = self.asked.clone();
        let read_little = move |snapshot: &dyn Sql| {
            let look = Look::of(snapshot, &asked)?;
            if look.changes() > MUCH { Ok(Err(pushed)) } else { found(look, pushed).map(Ok) }
        };
        match self.server.database.read(read_little).await? {
            Ok(found) => self.signed(found),
            Err(pushed) => self.server.aside.clone().run(self.answered_at_length(pushed)).await,
        }
    }

    async fn answered_at_length(self, pushed: Option<Pushed>) -> Result<Response, ServerFault> {
        let asked = self.asked.clone();
        let read = move |snapshot: &dyn Sql| found(Look::of(snapshot, &asked)?, pushed);
        let found = self.server.database.read(read).await?;
        self.signed(found)
    }

    fn signed(self, (device, pushed, pulled): Found) -> Result<Response, ServerFault> {
        let Self { server, headers, nonce, asked, now_ms } = self;
        log(device, &asked.request, &pushed, &pulled);
        let sealing_key = asked.request.lacks_sealing_key.then(|| server.sealing_key.to_vec().into());
        let answer = SyncAnswer { sealing_key, ..round::answer(pushed, pulled, server.epoch, now_ms) };
        answer::signed(&headers, &server.secret_key, (Purpose::Sync, &nonce), &answer)
    }
}

/// Reads from one snapshot what the device has not seen, and where it stands when it brought nothing.
fn found(look: Look<'_>, pushed: Option<Pushed>) -> Result<Found, ServerFault> {
    let pushed = pushed.map_or_else(|| look.standing(), Ok)?;
    let (device, pulled) = look.pulled()?;
    Ok((device, pushed, pulled))
}

fn log(device: DeviceId, request: &SyncRequest, pushed: &Pushed, pulled: &Pulled) {
    let commits = request.commits.len();
    let changes: usize = pulled.scopes.iter().map(|scope| scope.changes.len()).sum();
    let (settled, is_clone) = (pushed.settled, pushed.is_clone);
    tracing::info!(%device, commits, settled, is_clone, changes, "round");
}
