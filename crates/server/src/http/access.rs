//! `POST /access`: who may come in.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use records::access::AccessRequest;
use sync::signature::{self, Purpose};

use super::body::Allowance;
use super::{Server, answer, body, rounds};
use crate::access;
use crate::fault::ServerFault;
use crate::protocol;

/// Answers a question about who may come in.
pub(super) async fn access(State(server): State<Server>, headers: HeaderMap, body: Body) -> Response {
    match answered(&server, &headers, body).await {
        Ok(response) => response,
        Err(fault) => answer::refused(&fault),
    }
}

async fn answered(server: &Server, headers: &HeaderMap, body: Body) -> Result<Response, ServerFault> {
    let (token, body) = rounds::let_in(server, headers, body).await?;
    let request: AccessRequest = body::read(headers, body, Allowance::LITTLE, &server.inflating).await?;
    protocol::understood(request.protocol)?;
    let nonce = signature::nonce(&request.nonce).ok_or(ServerFault::Garbage(None))?;
    let (ask, now_ms) = (request.ask, server.now_ms());
    let answer = match access::only_asks(&ask) {
        true => server.database.read(move |snapshot| access::answer(snapshot, &token, &ask, now_ms)).await,
        false => server.database.write(move |sql| access::answer(sql, &token, &ask, now_ms)).await,
    };
    answer::signed(headers, &server.secret_key, (Purpose::Access, &nonce), &answer?)
}
