//! Reads request bodies: within the caps, and only as long as enough of them comes.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt;
use minicbor::Decode;
use records::wire::MAX_COMPRESSED;
use sync::{device, frame, pack};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::fault::ServerFault;

/// A body that brings nothing for this long has stalled.
const STALLED: Duration = Duration::from_secs(20);

/// How much of a body is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// Most bytes, as sent.
    bytes: usize,
    /// Within this time it is there …
    time: Duration,
    /// … and this much later for every byte that came: a village's network is slow, not hostile.
    per_byte: Duration,
    /// Whether it may be compressed.
    is_inflated: bool,
}

impl Allowance {
    /// Of a device that showed its token: at least 500 bytes a second after the first minute.
    pub(super) const ROUND: Self = Self {
        bytes: MAX_COMPRESSED,
        time: Duration::from_secs(60),
        per_byte: Duration::from_millis(2),
        is_inflated: true,
    };
    /// Of anybody: an enrolment is a few hundred bytes.
    pub(super) const ENROLMENT: Self =
        Self { bytes: 4 * 1024, time: Duration::from_secs(30), per_byte: Duration::ZERO, is_inflated: false };
    /// Of anybody: so little is sooner read than it is known who sends it.
    pub(super) const LITTLE: Self = Self::ENROLMENT;
    /// Of anybody who carries a file for somebody else. Beside its size, what counts is how much all of
    /// them send.
    pub(super) const COURIER: Self = Self { is_inflated: false, ..Self::ROUND };
    /// What a known device sent for nothing: read to its end, so that it hears why.
    pub(super) const OF_NO_USE: Self = Self { bytes: 4 * MAX_COMPRESSED, ..Self::ROUND };
    /// What a stranger sent for nothing.
    pub(super) const OF_A_STRANGER: Self =
        Self { bytes: 64 * 1024, time: Duration::from_secs(5), ..Self::ENROLMENT };
}

/// Whether a request says that it is little, and comes as it is.
pub(super) fn is_little(headers: &HeaderMap) -> bool {
    let length = header(headers, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
    length.is_some_and(|length: usize| length <= Allowance::LITTLE.bytes)
        && !headers.contains_key(CONTENT_ENCODING)
}

/// Reads and decodes a request. `inflating` bounds how many are in memory inflated.
pub(super) async fn read<T>(
    headers: &HeaderMap,
    body: Body,
    allowance: Allowance,
    inflating: &Semaphore,
) -> Result<T, ServerFault>
where
    T: for<'b> Decode<'b, ()> + Send + 'static,
{
    let encoding = header(headers, CONTENT_ENCODING.as_str()).map(str::to_owned);
    let is_cbor = header(headers, CONTENT_TYPE.as_str()).is_some_and(|name| name == device::CONTENT_TYPE);
    let mut reading = Reading::of(body, allowance);
    let collected = match () {
        () if !is_cbor => Err(ServerFault::NotCbor),
        () if encoding.is_some() && !allowance.is_inflated => Err(ServerFault::Garbage(None)),
        () => reading.collect().await,
    };
    match collected {
        Ok(bytes) => decode_apart(bytes, encoding, inflating).await,
        Err(fault) => {
            let of_no_use =
                if allowance.is_inflated { Allowance::OF_NO_USE } else { Allowance::OF_A_STRANGER };
            drain(reading.body, of_no_use).await;
            Err(fault)
        }
    }
}

/// Reads a body to its end, as far as that is allowed, without keeping it.
pub(super) async fn drain(body: Body, allowance: Allowance) {
    let mut reading = Reading::of(body, allowance);
    while let Ok(Some(_)) = reading.next().await {}
}

/// The value of a header, where it is text.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A body that is being read.
struct Reading {
    body: Body,
    allowance: Allowance,
    began: Instant,
    came: usize,
}

impl Reading {
    fn of(body: Body, allowance: Allowance) -> Self {
        Self { body, allowance, began: Instant::now(), came: 0 }
    }

    async fn collect(&mut self) -> Result<Vec<u8>, ServerFault> {
        let mut bytes = Vec::new();
        while let Some(frame) = self.next().await? {
            bytes.extend_from_slice(&frame);
        }
        Ok(bytes)
    }

    async fn next(&mut self) -> Result<Option<Bytes>, ServerFault> {
        let came = u32::try_from(self.came).unwrap_or(u32::MAX);
        let due = self.began + self.allowance.time + self.allowance.per_byte * came;
        let due = due.min(Instant::now() + STALLED);
        let frame = tokio::time::timeout_at(due, self.body.frame()).await;
        let frame = frame.map_err(|_| ServerFault::Stalled)?;
        let frame = frame.transpose().map_err(|_| ServerFault::Stalled)?;
        let Some(frame) = frame else { return Ok(None) };
        let bytes = frame.into_data().unwrap_or_default();
        self.came += bytes.len();
        if self.came > self.allowance.bytes { Err(ServerFault::TooLarge) } else { Ok(Some(bytes)) }
    }
}

/// Inflating megabytes takes its time; other requests need not wait for it.
async fn decode_apart<T>(
    bytes: Vec<u8>,
    encoding: Option<String>,
    inflating: &Semaphore,
) -> Result<T, ServerFault>
where
    T: for<'b> Decode<'b, ()> + Send + 'static,
{
    if encoding.is_none() && bytes.len() <= Allowance::LITTLE.bytes {
        return decode(&bytes, None);
    }
    let _permit = inflating.acquire().await.map_err(|_| ServerFault::Stopping)?;
    let decoded = tokio::task::spawn_blocking(move || decode(&bytes, encoding.as_deref()));
    decoded.await.map_err(ServerFault::Panicked)?
}

fn decode<T: for<'b> Decode<'b, ()>>(bytes: &[u8], encoding: Option<&str>) -> Result<T, ServerFault> {
    let body = pack::unpack(bytes, encoding)?;
    frame::read(&body).map_err(|error| ServerFault::Garbage(Some(error)))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::HttpBody;
    use hyper::body::Frame;
    use tokio::time::{Interval, interval};

    use super::*;

    /// So many bytes, one every few milliseconds.
    struct Trickle(usize, Interval);

    impl HttpBody for Trickle {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            if self.0 == 0 {
                return Poll::Ready(None);
            }
            std::task::ready!(self.1.poll_tick(context));
            self.0 -= 1;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
        }
    }

    const SHORT: Allowance = Allowance { time: Duration::from_millis(40), ..Allowance::ENROLMENT };

    fn collected(bytes: usize, allowance: Allowance) -> Result<usize, ServerFault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let body = Body::new(Trickle(bytes, interval(Duration::from_millis(4))));
            Reading::of(body, allowance).collect().await.map(|bytes| bytes.len())
        })
    }

    #[test]
    fn a_body_that_trickles_has_an_end_and_a_slow_one_gets_through() {
        assert!(matches!(collected(10_000, SHORT), Err(ServerFault::Stalled)));
        let slow = Allowance { per_byte: Duration::from_millis(40), ..SHORT };
        assert_eq!(collected(30, slow).unwrap(), 30);
    }

    #[test]
    fn a_body_larger_than_allowed_is_left() {
        let small = Allowance { bytes: 5, ..Allowance::ENROLMENT };
        assert_eq!(collected(5, small).unwrap(), 5);
        assert!(matches!(collected(6, small), Err(ServerFault::TooLarge)));
    }
}
