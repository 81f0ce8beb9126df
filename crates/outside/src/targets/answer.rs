//! Answers of a server, or of whoever takes its place.

use records::wire::{EnrolAnswer, ErrorAnswer, SyncAnswer};
use sync::device::{CONTENT_TYPE, Incoming, read_enrol_answer, read_sync_answer};
use sync::frame;

pub(crate) fn holds(bytes: &[u8]) {
    if let Ok(answer) = frame::read::<SyncAnswer>(bytes) {
        let again = minicbor::to_vec(&answer).unwrap();
        assert_eq!(frame::read::<SyncAnswer>(&again).unwrap(), answer);
    }
    if let Ok(answer) = frame::read::<EnrolAnswer>(bytes) {
        let again = minicbor::to_vec(&answer).unwrap();
        assert!(frame::read::<EnrolAnswer>(&again).unwrap() == answer);
    }
    let _ = frame::read::<ErrorAnswer>(bytes);
    let Some((first, body)) = bytes.split_first() else { return };
    let incoming = Incoming {
        status: [200, 400, 401, 413, 500][usize::from(first % 5)],
        content_type: Some(CONTENT_TYPE.to_owned()),
        content_encoding: [None, Some("gzip"), Some("zstd")][usize::from(first / 5 % 3)].map(str::to_owned),
        signature: None,
        body: body.to_vec(),
    };
    assert!(read_sync_answer(&incoming, &[1; 16], &[2; 32]).is_err(), "nobody has signed it");
    assert!(read_enrol_answer(&incoming, &[1; 16], None).is_err(), "nobody has signed it");
}
