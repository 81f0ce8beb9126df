//! Questions about who may come in, and what answers them: what is read is written and read again as the same.

use records::access::{AccessAnswer, AccessRequest};
use sync::device::{CONTENT_TYPE, Incoming};
use sync::{access, frame};

pub(crate) fn holds(bytes: &[u8]) {
    if let Ok(request) = frame::read::<AccessRequest>(bytes) {
        let again = minicbor::to_vec(&request).unwrap();
        assert_eq!(frame::read::<AccessRequest>(&again).unwrap(), request);
    }
    if let Ok(answer) = frame::read::<AccessAnswer>(bytes) {
        let again = minicbor::to_vec(&answer).unwrap();
        assert_eq!(frame::read::<AccessAnswer>(&again).unwrap(), answer);
        let said = format!("{answer:?}");
        if let AccessAnswer::Code { given, .. } = &answer {
            assert!(
                given.invitation.len() < 40 || !said.contains(&given.invitation),
                "a code is not for logs"
            );
        }
    }
    for status in [200, 400, 404] {
        let incoming = Incoming {
            status,
            content_type: Some(CONTENT_TYPE.to_owned()),
            content_encoding: None,
            signature: None,
            body: bytes.to_vec(),
        };
        assert!(access::read_answer(&incoming, &[1; 16], &[2; 32]).is_err(), "nobody has signed it");
    }
}
