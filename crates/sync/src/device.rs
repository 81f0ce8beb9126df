//! The device's half of a round: the request a shell posts, and what may be believed of the answer.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::{Decode, Encode};
use records::wire::{EnrolAnswer, EnrolRequest, ErrorAnswer, Nonce, PROTOCOL, SyncAnswer, SyncRequest};

pub use crate::round_fault::RoundFault;
use crate::signature::Purpose;
use crate::{frame, pack, signature};

/// Content type of every request and answer.
pub const CONTENT_TYPE: &str = "application/cbor";
/// Header that carries the server's signature, base64.
pub const SIGNATURE_HEADER: &str = "gridwalk-signature";

/// An HTTP POST for the shell to make to `<server><path>` with `Content-Type: application/cbor`. Token
/// and body are not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Below the server's address, `/sync`.
    pub path: &'static str,
    /// Value of `Content-Encoding`; `None` sends no such header.
    pub content_encoding: Option<&'static str>,
    /// Value of `Accept-Encoding`. A browser sets its own and ignores this.
    pub accept_encoding: &'static str,
    /// The device's token, sent as [`Outgoing::authorization`].
    pub token: Option<Vec<u8>>,
    /// The body.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// Value of the header `Authorization`: `Bearer` and the token in base64url.
    pub fn authorization(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("Bearer {}", URL_SAFE_NO_PAD.encode(token)))
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Outgoing");
        shown.field("path", &self.path).field("content_encoding", &self.content_encoding);
        shown.field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// What the shell got back, from whoever answered. The body is not for logs.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Incoming {
    /// HTTP status.
    pub status: u16,
    /// Header `Content-Type`.
    pub content_type: Option<String>,
    /// Header `Content-Encoding`; `None` where the shell's HTTP client has inflated the body already.
    pub content_encoding: Option<String>,
    /// Header [`SIGNATURE_HEADER`].
    pub signature: Option<String>,
    /// The body. The shell stops reading after [`records::wire::MAX_COMPRESSED`] bytes and passes on
    /// what it has, with one byte more.
    pub body: Vec<u8>,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Incoming");
        shown.field("status", &self.status).field("content_type", &self.content_type);
        shown.field("content_encoding", &self.content_encoding).field("signature", &self.signature);
        shown.field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The request of one round.
pub fn sync_request(request: &SyncRequest, token: &[u8]) -> Outgoing {
    outgoing("/sync", pack::pack(encoded(request), pack::ACCEPTED), Some(token.to_vec()))
}

/// The request that redeems a one-time code. It goes as it is: a server inflates nothing for a device
/// it does not know.
pub fn enrol_request(request: &EnrolRequest) -> Outgoing {
    outgoing("/enrol", pack::Packed { encoding: None, bytes: encoded(request) }, None)
}

/// Reads the answer to a round.
///
/// # Errors
/// [`RoundFault`] when the answer is not one of this server's to this request. Nothing is lost by
/// it: the device keeps everything and tries again.
pub fn read_sync_answer(
    incoming: &Incoming,
    nonce: &Nonce,
    server_key: &[u8; 32],
) -> Result<SyncAnswer, RoundFault> {
    read_answer_for(Purpose::Sync, incoming, nonce, server_key)
}

/// Reads the answer to a round, whichever road it took.
pub(crate) fn read_answer_for(
    purpose: Purpose,
    incoming: &Incoming,
    nonce: &Nonce,
    server_key: &[u8; 32],
) -> Result<SyncAnswer, RoundFault> {
    let body = body_of(incoming, refused_sync)?;
    verified(incoming, server_key, purpose, nonce, &body)?;
    decoded(&body, protocol_of(&body)?)
}

/// Reads the answer to an enrolment. `expected_key` is the server's key where it is known, or the
/// first bytes of its SHA-256 as an [`Invitation`](crate::Invitation) carries them.
///
/// # Errors
/// [`RoundFault`] when the code was not accepted or somebody else answered.
pub fn read_enrol_answer(
    incoming: &Incoming,
    nonce: &Nonce,
    expected_key: Option<&[u8]>,
) -> Result<EnrolAnswer, RoundFault> {
    let body = body_of(incoming, refused)?;
    let answer: EnrolAnswer = decoded(&body, PROTOCOL)?;
    if expected_key.is_some_and(|expected| !signature::key_matches(&answer.server_key, expected)) {
        return Err(RoundFault::ServerWrong);
    }
    let key = answer.server_key.as_slice().try_into().map_err(|_| RoundFault::SignatureWrong)?;
    verified(incoming, &key, Purpose::Enrol, nonce, &body)?;
    Ok(answer)
}

pub(crate) fn outgoing(path: &'static str, packed: pack::Packed, token: Option<Vec<u8>>) -> Outgoing {
    Outgoing {
        path,
        content_encoding: packed.encoding,
        accept_encoding: pack::ACCEPTED,
        token,
        body: packed.bytes,
    }
}

#[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
pub(crate) fn encoded<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).unwrap()
}

/// The inflated body of a success; the fault of anything else.
pub(crate) fn body_of(
    incoming: &Incoming,
    refused: fn(u16, ErrorAnswer) -> RoundFault,
) -> Result<Vec<u8>, RoundFault> {
    if !is_cbor(incoming) || is_redirect(incoming.status) {
        return Err(foreign_answer(incoming.status));
    }
    let body = pack::unpack(&incoming.body, incoming.content_encoding.as_deref())?;
    match incoming.status {
        200 => Ok(body),
        status => match frame::read(&body) {
            Ok(answer) => Err(refused(status, answer)),
            Err(_) if status >= 500 => Err(RoundFault::ServerFailed { status }),
            Err(error) => Err(RoundFault::Garbage(error)),
        },
    }
}

fn is_cbor(incoming: &Incoming) -> bool {
    let named = incoming.content_type.as_deref().unwrap_or_default();
    named.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(CONTENT_TYPE))
}

/// The server never sends a device elsewhere, so whoever does is not it.
fn is_redirect(status: u16) -> bool {
    (300..400).contains(&status)
}

/// A gateway in front of a server that is down answers in HTML too. 511 is the captive portal's own.
fn foreign_answer(status: u16) -> RoundFault {
    match status {
        500..=510 | 512.. => RoundFault::ServerFailed { status },
        _ => RoundFault::NotGridwalk { status },
    }
}

pub(crate) fn refused_sync(status: u16, answer: ErrorAnswer) -> RoundFault {
    match status {
        401 if answer.code == "sync.token_void" => RoundFault::TokenVoid,
        401 | 403 => RoundFault::TokenRefused,
        _ => RoundFault::from_code(status, answer.code),
    }
}

/// The fault of a request that needs no token.
pub(crate) fn refused(status: u16, answer: ErrorAnswer) -> RoundFault {
    RoundFault::from_code(status, answer.code)
}

pub(crate) fn verified(
    incoming: &Incoming,
    key: &[u8; 32],
    purpose: Purpose,
    nonce: &Nonce,
    body: &[u8],
) -> Result<(), RoundFault> {
    let signature = incoming.signature.as_deref();
    let signed = signature.is_some_and(|text| signature::verify(key, purpose, nonce, body, text));
    if signed { Ok(()) } else { Err(RoundFault::SignatureWrong) }
}

/// The one field that every version of an answer has in the same place.
#[derive(Decode)]
#[cbor(map)]
struct Versioned {
    #[n(0)]
    protocol: u16,
}

fn protocol_of(body: &[u8]) -> Result<u16, RoundFault> {
    Ok(frame::read::<Versioned>(body)?.protocol)
}

/// An answer that cannot be read is a newer one where it says so, and garbage otherwise.
fn decoded<'b, T: Decode<'b, ()>>(body: &'b [u8], protocol: u16) -> Result<T, RoundFault> {
    frame::read(body).map_err(|error| match protocol {
        newer if newer > PROTOCOL => RoundFault::ServerNewer,
        _ => RoundFault::Garbage(error),
    })
}
