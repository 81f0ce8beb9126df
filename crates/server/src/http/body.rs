//! Reads request bodies: within the caps, and only as long as something comes.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::BodyExt;
use minicbor::Decode;
use records::wire::MAX_COMPRESSED;
use sync::device;
use sync::pack::{self, PackFault};

use crate::fault::ServerFault;

/// A body that brings nothing for this long has stalled. The total time is not limited: a village's
/// network is slow, not hostile.
const STALLED: Duration = Duration::from_secs(20);
/// How much of a refused body is read and thrown away, so that the refusal gets through.
const DRAINED: usize = 4 * MAX_COMPRESSED;

/// Reads and decodes a request.
pub(super) async fn read<T>(headers: &HeaderMap, mut body: Body) -> Result<T, ServerFault>
where
    T: for<'b> Decode<'b, ()> + Send + 'static,
{
    let encoding = header(headers, CONTENT_ENCODING.as_str()).map(str::to_owned);
    let is_cbor = header(headers, CONTENT_TYPE.as_str()).is_some_and(|name| name == device::CONTENT_TYPE);
    match if is_cbor { collect(&mut body).await } else { Err(ServerFault::NotCbor) } {
        Ok(bytes) => decode_apart(bytes, encoding).await,
        Err(fault) => {
            drain(body).await;
            Err(fault)
        }
    }
}

/// Reads a body to its end without keeping it.
pub(super) async fn drain(mut body: Body) {
    let mut bytes = 0;
    while let Ok(Some(frame)) = next_frame(&mut body).await {
        bytes += frame.len();
        if bytes > DRAINED {
            return;
        }
    }
}

/// The value of a header, where it is text.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn collect(body: &mut Body) -> Result<Vec<u8>, ServerFault> {
    let mut bytes = Vec::new();
    while let Some(frame) = next_frame(body).await? {
        if bytes.len() + frame.len() > MAX_COMPRESSED {
            return Err(ServerFault::TooLarge);
        }
        bytes.extend_from_slice(&frame);
    }
    Ok(bytes)
}

async fn next_frame(body: &mut Body) -> Result<Option<Bytes>, ServerFault> {
    let frame = tokio::time::timeout(STALLED, body.frame()).await.map_err(|_| ServerFault::Stalled)?;
    let frame = frame.transpose().map_err(|_| ServerFault::Stalled)?;
    Ok(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

/// Inflating megabytes takes its time; other requests need not wait for it.
async fn decode_apart<T>(bytes: Vec<u8>, encoding: Option<String>) -> Result<T, ServerFault>
where
    T: for<'b> Decode<'b, ()> + Send + 'static,
{
    let decoded = tokio::task::spawn_blocking(move || decode(&bytes, encoding.as_deref()));
    decoded.await.map_err(ServerFault::Panicked)?
}

fn decode<T: for<'b> Decode<'b, ()>>(bytes: &[u8], encoding: Option<&str>) -> Result<T, ServerFault> {
    let body = pack::unpack(bytes, encoding).map_err(|fault| match fault {
        PackFault::TooLarge => ServerFault::TooLarge,
        PackFault::Unknown(_) | PackFault::Damaged(_) => ServerFault::Garbage(None),
    })?;
    minicbor::decode(&body).map_err(|error| ServerFault::Garbage(Some(error)))
}
