//! Versions of the app that are not today's: what an older one leaves out, what a newer one adds.

use records::wire::SyncRequest;
use sync::device::Outgoing;
use sync::{frame, pack};

/// A version of the app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// From before digests and anchors.
    Older,
    /// This one.
    #[default]
    Today,
    /// One that says more.
    Newer,
}

/// The last key of a request that every version sends.
const LAST_OLD_KEY: u8 = 7;

impl Version {
    /// The request as a device of this version sends it.
    pub fn speak(self, outgoing: Outgoing) -> Outgoing {
        if self == Self::Today {
            return outgoing;
        }
        let body = pack::unpack(&outgoing.body, outgoing.content_encoding).ok();
        let said = body.and_then(|body| match self {
            Self::Older => frame::read::<SyncRequest>(&body).ok().and_then(|request| older(&request)),
            _ => {
                let mut body = body;
                with_unknown_key(&mut body);
                Some(body)
            }
        });
        let Some(said) = said else { return outgoing };
        let packed = pack::pack(said, outgoing.accept_encoding);
        Outgoing { content_encoding: packed.encoding, body: packed.bytes, ..outgoing }
    }
}

/// Appends a key that nobody knows to a map of fewer than 23.
pub fn with_unknown_key(map: &mut Vec<u8>) {
    const UNKNOWN: &[u8] = &[0x18, 99, 0x63, b'n', b'e', b'w'];
    if let Some(head @ 0xa0..0xb7) = map.first_mut() {
        *head += 1;
        map.extend_from_slice(UNKNOWN);
    }
}

/// The frame of the first version: no anchor, and cursors of two.
fn older(request: &SyncRequest) -> Option<Vec<u8>> {
    let mut encoder = minicbor::Encoder::new(Vec::new());
    encoder.map(u64::from(LAST_OLD_KEY) + 1 - u64::from(request.epoch.is_none())).ok()?;
    encoder.u8(0).ok()?.u16(request.protocol).ok()?;
    encoder.u8(1).ok()?.encode(request.incarnation).ok()?;
    encoder.u8(2).ok()?.i64(request.clock_ms).ok()?;
    if let Some(epoch) = request.epoch {
        encoder.u8(3).ok()?.u64(epoch).ok()?;
    }
    encoder.u8(4).ok()?.encode(&request.commits).ok()?;
    encoder.u8(5).ok()?.array(request.cursors.len() as u64).ok()?;
    for cursor in &request.cursors {
        encoder.array(2).ok()?.encode(&cursor.scope).ok()?.u64(cursor.seq).ok()?;
    }
    encoder.u8(6).ok()?.u32(request.budget).ok()?;
    encoder.u8(LAST_OLD_KEY).ok()?.encode(&request.nonce).ok()?;
    Some(encoder.into_writer())
}
