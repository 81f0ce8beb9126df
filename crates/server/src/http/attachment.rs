//! `POST /attachment`: a part of a photo, there or back.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use records::attachment::AttachmentRequest;
use sync::signature::{self, Purpose};

use super::body::Allowance;
use super::{Server, answer, body, rounds};
use crate::attachments::Attachments;
use crate::fault::ServerFault;
use crate::protocol;

/// Answers what a device asks about an attachment.
pub(super) async fn attachment(State(server): State<Server>, headers: HeaderMap, body: Body) -> Response {
    match answered(&server, &headers, body).await {
        Ok(response) => response,
        Err(fault) => answer::refused(&fault),
    }
}

async fn answered(server: &Server, headers: &HeaderMap, body: Body) -> Result<Response, ServerFault> {
    let (token, body) = rounds::let_in(server, headers, body).await?;
    let request: AttachmentRequest = body::read(headers, body, Allowance::ROUND, &server.inflating).await?;
    protocol::understood(request.protocol)?;
    let nonce = signature::nonce(&request.nonce).ok_or(ServerFault::Garbage(None))?;
    let files = server.files.clone().ok_or(ServerFault::Attachment("attachment.no_place"))?;
    let (database, finishing) = (server.database.clone(), server.finishing.clone());
    let attachments = Attachments { database, files, finishing };
    let now_ms = server.now_ms();
    let answer = attachments.answer(token.into(), request.hash, request.ask, now_ms).await?;
    answer::signed(headers, &server.secret_key, (Purpose::Attachment, &nonce), &answer)
}
