//! Questions about who may come in, and what may be believed of the answers.

use records::access::{AccessAnswer, AccessRequest};
use records::wire::{ErrorAnswer, Nonce};

use crate::device::{self, Incoming, Outgoing};
use crate::frame;
use crate::pack::Packed;
use crate::round_fault::RoundFault;
use crate::signature::Purpose;

/// The request. It goes as it is: it is a few hundred bytes.
pub fn request(request: &AccessRequest, token: &[u8]) -> Outgoing {
    let packed = Packed { encoding: None, bytes: device::encoded(request) };
    device::outgoing("/access", packed, Some(token.to_vec()))
}

/// Reads the answer.
///
/// # Errors
/// [`RoundFault`]; [`RoundFault::Refused`] with a code that begins with `access.` for what is not to be, and with
/// `access.server_older` of a server that does not know such questions.
pub fn read_answer(
    incoming: &Incoming,
    nonce: &Nonce,
    server_key: &[u8; 32],
) -> Result<AccessAnswer, RoundFault> {
    let body = device::body_of(incoming, refused).map_err(|fault| match fault {
        // Where nothing answers such a question, servers of before give out the pages of the app.
        RoundFault::NotGridwalk { status: 404 | 405 } => {
            RoundFault::Refused { code: "access.server_older".to_owned() }
        }
        fault => fault,
    })?;
    device::verified(incoming, server_key, Purpose::Access, nonce, &body)?;
    Ok(frame::read(&body)?)
}

fn refused(status: u16, answer: ErrorAnswer) -> RoundFault {
    match answer.code.starts_with("access.") {
        true => RoundFault::Refused { code: answer.code },
        false => device::refused_sync(status, answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{public_key, sign};

    const NONCE: Nonce = [7; 16];
    const SECRET: [u8; 32] = [9; 32];

    fn answered(status: u16, content_type: &str, body: Vec<u8>, signature: Option<String>) -> String {
        let content_type = Some(content_type.to_owned());
        let incoming = Incoming { status, content_type, content_encoding: None, signature, body };
        match read_answer(&incoming, &NONCE, &public_key(&SECRET)) {
            Ok(answer) => format!("{answer:?}"),
            Err(fault) => fault.code().to_owned(),
        }
    }

    fn error(code: &str) -> Vec<u8> {
        minicbor::to_vec(ErrorAnswer { code: code.to_owned() }).unwrap()
    }

    #[test]
    fn an_answer_is_believed_when_the_server_signed_it_for_this_question() {
        let body = minicbor::to_vec(AccessAnswer::Done).unwrap();
        let cbor = device::CONTENT_TYPE;
        let by = |purpose, nonce| Some(sign(&SECRET, purpose, nonce, &body));
        assert_eq!(answered(200, cbor, body.clone(), by(Purpose::Access, &NONCE)), "Done");
        for wrong in [
            None,
            by(Purpose::Access, &[8; 16]),
            by(Purpose::Attachment, &NONCE),
            by(Purpose::Sync, &NONCE),
            Some(sign(&[1; 32], Purpose::Access, &NONCE, &body)),
        ] {
            assert_eq!(answered(200, cbor, body.clone(), wrong), "sync.signature_wrong");
        }
    }

    #[test]
    fn a_refusal_says_why_and_an_older_server_that_it_is_older() {
        let cbor = device::CONTENT_TYPE;
        for (status, code, said) in [
            (422, "access.not_permitted", "access.not_permitted"),
            (404, "access.unknown", "access.unknown"),
            (401, "sync.token_refused", "sync.token_refused"),
            (403, "sync.revoked", "sync.token_refused"),
            (429, "enrol.too_many_codes", "enrol.too_many_codes"),
        ] {
            assert_eq!(answered(status, cbor, error(code), None), said, "{status} {code}");
        }
        for status in [404, 405] {
            assert_eq!(answered(status, "text/html", b"<html>".to_vec(), None), "access.server_older");
        }
        assert_eq!(answered(200, "text/html", b"<html>".to_vec(), None), "sync.not_gridwalk");
    }
}
