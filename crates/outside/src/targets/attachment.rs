//! Photos on their way: questions and answers are written as they were read, and an answer that nobody signed is none.

use records::attachment::{AttachmentAnswer, AttachmentRequest};
use sync::device::{CONTENT_TYPE, Incoming};
use sync::{attachment, frame};

pub(crate) fn holds(bytes: &[u8]) {
    if let Ok(request) = frame::read::<AttachmentRequest>(bytes) {
        let again = minicbor::to_vec(&request).unwrap();
        assert_eq!(frame::read::<AttachmentRequest>(&again).unwrap(), request);
    }
    if let Ok(answer) = frame::read::<AttachmentAnswer>(bytes) {
        let again = minicbor::to_vec(&answer).unwrap();
        assert_eq!(frame::read::<AttachmentAnswer>(&again).unwrap(), answer);
    }
    let incoming = Incoming {
        status: 200,
        content_type: Some(CONTENT_TYPE.to_owned()),
        content_encoding: None,
        signature: Some(String::from_utf8_lossy(bytes).into_owned()),
        body: bytes.to_vec(),
    };
    assert!(attachment::read_answer(&incoming, &[1; 16], &[2; 32]).is_err(), "nobody has signed it");
}
