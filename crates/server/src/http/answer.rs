//! Writes answers: CBOR, signed over the request's nonce, compressed as the device likes it.

use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use minicbor::Encode;
use minicbor::bytes::ByteVec;
use records::wire::{ErrorAnswer, Nonce};
use sync::device::{self, SIGNATURE_HEADER};
use sync::pack;
use sync::signature::{self, Purpose};

use super::body::header;
use super::refusals::Refused;
use crate::fault::{ServerFault, chain};

/// A signed answer.
pub(super) fn signed<T: Encode<()>>(
    headers: &HeaderMap,
    secret_key: &[u8; 32],
    (purpose, nonce): (Purpose, &Nonce),
    answer: &T,
) -> Result<Response, ServerFault> {
    let body = minicbor::to_vec(answer).map_err(|_| ServerFault::Unwritable)?;
    let signature = signature::sign(secret_key, purpose, nonce, &body);
    let signature = HeaderValue::try_from(signature).map_err(|_| ServerFault::Unwritable)?;
    let accepted = header(headers, ACCEPT_ENCODING.as_str()).unwrap_or_default();
    let mut response = cbor(StatusCode::OK, pack::pack(body, accepted));
    response.headers_mut().insert(HeaderName::from_static(SIGNATURE_HEADER), signature);
    Ok(response)
}

/// A file to carry back. It is sealed and signed inside.
pub(super) fn file(bytes: Vec<u8>) -> Result<Response, ServerFault> {
    let body = minicbor::to_vec(ByteVec::from(bytes)).map_err(|_| ServerFault::Unwritable)?;
    Ok(cbor(StatusCode::OK, pack::Packed { encoding: None, bytes: body }))
}

/// The answer that carries a fault's stable code. It is not signed: nothing on a device follows from
/// it but another try.
pub(super) fn refused(fault: &ServerFault) -> Response {
    match fault.status() {
        status if status.is_server_error() => {
            tracing::error!(code = fault.code(), cause = chain(fault), "request failed");
        }
        _ => tracing::info!(code = fault.code(), "request refused"),
    }
    let body = minicbor::to_vec(ErrorAnswer { code: fault.code().to_owned() }).unwrap_or_default();
    let mut response = cbor(fault.status(), pack::Packed { encoding: None, bytes: body });
    if fault.status().is_client_error() {
        response.extensions_mut().insert(Refused(fault.code()));
    }
    response
}

fn cbor(status: StatusCode, packed: pack::Packed) -> Response {
    let mut response = (status, packed.bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(device::CONTENT_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(encoding) = packed.encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}
