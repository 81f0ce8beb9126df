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
use crate::database::device::{self, Shown};
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::protocol;
use crate::pull::Pulled;
use crate::push::Pushed;
use crate::round::{self, Asked, Look};
use crate::tokens;

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
    // Most rounds are so little that they are read before anybody is asked whose they are: then one
    // thread sees to everything.
    let is_little = body::is_little(headers);
    let (token, body, allowance) = match is_little {
        true => (token_of(headers)?, body, Allowance::LITTLE),
        false => {
            let (token, body) = let_in(server, headers, body).await?;
            (token, body, Allowance::ROUND)
        }
    };
    let request: SyncRequest = body::read(headers, body, allowance, &server.inflating).await?;
    protocol::understood(request.protocol)?;
    let nonce = signature::nonce(&request.nonce).ok_or(ServerFault::Garbage(None))?;
    let (asked, now_ms) = (Arc::new(Asked { token, request }), server.now_ms());
    if is_little && !asked.only_asks() {
        // A stranger gets no turn at writing.
        authenticate(server, headers).await?;
    }
    let (server, headers) = (server.clone(), headers.clone());
    Round { server, headers, nonce, asked, now_ms }.answered().await
}

/// Lets the body of a device with a good token in, with that token; another's is read for nothing.
pub(super) async fn let_in(
    server: &Server,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Vec<u8>, Body), ServerFault> {
    match authenticate(server, headers).await {
        Ok(token) => Ok((token, body)),
        Err(fault) => {
            body::drain(body, Allowance::OF_A_STRANGER).await;
            Err(fault)
        }
    }
}

async fn authenticate(server: &Server, headers: &HeaderMap) -> Result<Vec<u8>, ServerFault> {
    let token = token_of(headers)?;
    let open = move |snapshot: &dyn Sql| {
        let hash = digest(&token);
        match device::by_token(snapshot, &hash)? {
            Some(_) => Ok(token),
            None => Err(tokens::refusal(snapshot, &hash)?),
        }
    };
    server.database.read(open).await
}

/// What a request shows for a token.
pub(super) fn token_of(headers: &HeaderMap) -> Result<Vec<u8>, ServerFault> {
    let bearer = body::header(headers, AUTHORIZATION.as_str()).and_then(|text| text.strip_prefix("Bearer "));
    let token = bearer.and_then(|text| URL_SAFE_NO_PAD.decode(text.trim()).ok());
    token.ok_or(ServerFault::TokenRefused)
}

/// A round that was read.
struct Round {
    server: Server,
    headers: HeaderMap,
    nonce: Nonce,
    asked: Arc<Asked>,
    now_ms: i64,
}

/// Who asked and how its token stands, where its incarnation stands, and what it has not seen.
type Found = (DeviceId, Shown, Pushed, Pulled);

/// What a first look says.
enum Seen {
    /// Everything.
    All(Found),
    /// There is much to say; what became of its commits, if that is known.
    Much(Option<Pushed>),
    /// It must be noted that the device was here.
    Unnoted,
}

impl Round {
    /// Answers it here, or aside where there is much to say. Most bring nothing, and then nothing is written.
    async fn answered(self) -> Result<Response, ServerFault> {
        let mut pushed = if self.asked.only_asks() { None } else { Some(self.settled().await?) };
        loop {
            match self.looked(pushed).await? {
                Seen::All(found) => return self.signed(found),
                Seen::Much(pushed) => {
                    return self.server.aside.clone().run(self.answered_at_length(pushed)).await;
                }
                Seen::Unnoted => pushed = Some(self.settled().await?),
            }
        }
    }

    async fn settled(&self) -> Result<Pushed, ServerFault> {
        let (asked, now_ms) = (self.asked.clone(), self.now_ms);
        self.server.database.write(move |transaction| round::settle(transaction, &asked, now_ms)).await
    }

    async fn looked(&self, pushed: Option<Pushed>) -> Result<Seen, ServerFault> {
        let (asked, now_ms) = (self.asked.clone(), self.now_ms);
        let read = move |snapshot: &dyn Sql| {
            let look = Look::of(snapshot, &asked)?;
            match look.changes() > MUCH {
                _ if pushed.is_none() && !look.is_noted(now_ms) => Ok(Seen::Unnoted),
                true => Ok(Seen::Much(pushed)),
                false => found(look, pushed).map(Seen::All),
            }
        };
        self.server.database.read(read).await
    }

    async fn answered_at_length(self, pushed: Option<Pushed>) -> Result<Response, ServerFault> {
        let asked = self.asked.clone();
        let read = move |snapshot: &dyn Sql| found(Look::of(snapshot, &asked)?, pushed);
        let found = self.server.database.read(read).await?;
        self.signed(found)
    }

    fn signed(self, (device, shown, pushed, pulled): Found) -> Result<Response, ServerFault> {
        let Self { server, headers, nonce, asked, now_ms } = self;
        note(&server, device, &asked.request, &pushed, &pulled);
        let sealing_key = asked.request.lacks_sealing_key.then(|| server.sealing_key.to_vec().into());
        let token = tokens::due(&server.secret_key, shown, &asked.token, server.token_age_ms, now_ms);
        let token = token.filter(|_| asked.request.takes_tokens);
        let answer = SyncAnswer { sealing_key, token, ..round::answer(pushed, pulled, server.epoch, now_ms) };
        answer::signed(&headers, &server.secret_key, (Purpose::Sync, &nonce), &answer)
    }
}

/// Reads from one snapshot what the device has not seen, and where it stands when it brought nothing.
fn found(look: Look<'_>, pushed: Option<Pushed>) -> Result<Found, ServerFault> {
    let pushed = pushed.map_or_else(|| look.standing(), Ok)?;
    let shown = look.shown();
    let (device, pulled) = look.pulled()?;
    Ok((device, shown, pushed, pulled))
}

fn note(server: &Server, device: DeviceId, request: &SyncRequest, pushed: &Pushed, pulled: &Pulled) {
    let commits = request.commits.len();
    let changes: usize = pulled.scopes.iter().map(|scope| scope.changes.len()).sum();
    let (settled, is_clone) = (pushed.settled, pushed.is_clone);
    server.metrics.count_round(commits, changes);
    tracing::info!(%device, commits, settled, is_clone, changes, "round");
}
