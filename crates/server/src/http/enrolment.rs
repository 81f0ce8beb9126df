//! `POST /enrol`: redeems a one-time code.

use std::net::IpAddr;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use records::wire::{EnrolAnswer, EnrolRequest};
use sync::signature::{self, Purpose};

use super::body::Allowance;
use super::listen::Peer;
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
    // Behind a proxy on this machine nobody can be told from another.
    let from = peer.map(|Extension(Peer(from))| from).filter(|from| !from.is_loopback());
    let redeemed = redeem(&server, from, &headers, body).await;
    redeemed.unwrap_or_else(|fault| answer::refused(&fault))
}

async fn redeem(
    server: &Server,
    from: Option<IpAddr>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ServerFault> {
    let request: EnrolRequest = body::read(headers, body, Allowance::ENROLMENT, &server.inflating).await?;
    protocol::understood(request.protocol)?;
    let nonce = signature::nonce(&request.nonce).ok_or(ServerFault::Garbage(None))?;
    let now_ms = server.now_ms();
    let write = server.database.write(move |transaction| enrol::enrol(transaction, &request, now_ms));
    if from.is_some_and(|from| !server.guesses.take(from, now_ms)) {
        return Err(ServerFault::TooManyTries);
    }
    let redeemed = write.await;
    if !matches!(redeemed, Ok(Err(ServerFault::CodeWrong))) {
        from.into_iter().for_each(|from| server.guesses.give_back(from));
    }
    let answer: EnrolAnswer = redeemed??;
    tracing::info!(device = %answer.device, "enrolled");
    answer::signed(headers, &server.secret_key, (Purpose::Enrol, &nonce), &answer)
}
