//! `POST /enrol`: redeems a one-time code.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use records::wire::{EnrolAnswer, EnrolRequest};
use sync::signature::{self, Purpose};

use super::body::Allowance;
use super::refusals::Peer;
use super::{Server, answer, body};
use crate::enrol;
use crate::fault::ServerFault;
use crate::protocol;

/// Answers an enrolment.
pub(super) async fn enrol(
    State(server): State<Server>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let from = peer.map(|Extension(Peer(from))| from);
    let redeemed = match from {
        Some(from) if !server.guesses.is_heard(from, server.now_ms()) => Err(ServerFault::TooManyTries),
        _ => redeem(&server, &headers, body).await,
    };
    if let (Err(ServerFault::CodeWrong), Some(from)) = (&redeemed, from) {
        server.guesses.count(from, server.now_ms());
    }
    redeemed.unwrap_or_else(|fault| answer::refused(&fault))
}

async fn redeem(server: &Server, headers: &HeaderMap, body: Body) -> Result<Response, ServerFault> {
    let request: EnrolRequest = body::read(headers, body, Allowance::ENROLMENT, &server.inflating).await?;
    protocol::understood(request.protocol)?;
    let nonce = signature::nonce(&request.nonce).ok_or(ServerFault::Garbage(None))?;
    let now_ms = server.now_ms();
    let write = server.database.write(move |transaction| enrol::enrol(transaction, &request, now_ms));
    let answer: EnrolAnswer = write.await??;
    tracing::info!(device = %answer.device, "enrolled");
    answer::signed(headers, &server.secret_key, (Purpose::Enrol, &nonce), &answer)
}
