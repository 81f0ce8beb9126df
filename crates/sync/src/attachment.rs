//! Photos and other files between device and server, part by part.

use records::attachment::{AttachmentAnswer, AttachmentHash, AttachmentRequest};
use records::wire::Nonce;

use crate::device::{self, Incoming, Outgoing};
use crate::frame;
use crate::pack::Packed;
use crate::round_fault::RoundFault;
use crate::signature::{Purpose, digest};

/// The hash by which these bytes are known.
pub fn hash(bytes: &[u8]) -> AttachmentHash {
    AttachmentHash::new(digest(bytes))
}

/// The request about one attachment. It goes as it is: a photo does not shrink.
pub fn request(request: &AttachmentRequest, token: &[u8]) -> Outgoing {
    let packed = Packed { encoding: None, bytes: device::encoded(request) };
    device::outgoing("/attachment", packed, Some(token.to_vec()))
}

/// Reads the answer.
///
/// # Errors
/// [`RoundFault`]; [`RoundFault::Refused`] with a code that begins with `attachment.` for what the
/// server does not take or give.
pub fn read_answer(
    incoming: &Incoming,
    nonce: &Nonce,
    server_key: &[u8; 32],
) -> Result<AttachmentAnswer, RoundFault> {
    let body = device::body_of(incoming, device::refused_sync)?;
    device::verified(incoming, server_key, Purpose::Attachment, nonce, &body)?;
    Ok(frame::read(&body)?)
}
