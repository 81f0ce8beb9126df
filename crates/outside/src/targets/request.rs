//! Requests of a device: what is read is written and read again as the same.

use records::wire::{EnrolRequest, MAX_OPS, SyncRequest};
use sync::{frame, round};

pub(crate) fn holds(bytes: &[u8]) {
    if let Ok(request) = frame::read::<SyncRequest>(bytes) {
        assert!(request.commits.len() <= MAX_OPS + 1);
        let again = minicbor::to_vec(&request).unwrap();
        assert_eq!(frame::read::<SyncRequest>(&again).unwrap(), request);
        let received = round::received::<round::Gap>(&request.commits, 0, |_| Ok(None));
        assert!(received.is_err() || received.is_ok_and(|received| received.len() <= MAX_OPS));
    }
    if let Ok(request) = frame::read::<EnrolRequest>(bytes) {
        let again = minicbor::to_vec(&request).unwrap();
        assert!(frame::read::<EnrolRequest>(&again).unwrap() == request);
    }
}
