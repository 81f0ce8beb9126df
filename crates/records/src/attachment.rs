//! Photos and other files that a record refers to. The record carries the hash; the bytes travel apart
//! and later, and no record waits for them.

use std::fmt;
use std::str::FromStr;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::body::Body;
use crate::declaration::{Kind, RefusalCode, declaration};
use crate::hex;

/// Most bytes of one.
pub const MAX_BYTES: u64 = 10 * 1024 * 1024;
/// Most of them in one field.
pub const MOST: usize = 9;
/// Most bytes in one request or answer, and of one stored part: what is sent over a weak link is
/// lost by the part.
pub const PART_BYTES: usize = 128 * 1024;
/// What they may be, by media type.
pub const MEDIA: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
/// Longest name, in characters.
const NAME_LENGTH: usize = 100;

/// SHA-256 of the bytes, by which they are known everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct AttachmentHash(#[n(0)] pub ByteArray<32>);

impl AttachmentHash {
    /// Of 32 bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes.into())
    }

    /// The 32 bytes, as stored and sent.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for AttachmentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::digits(self.as_bytes()))
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256")]
pub struct NoHash;

impl FromStr for AttachmentHash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let bytes = hex::bytes(text).ok_or(NoHash)?;
        bytes.try_into().map(Self::new).map_err(|_| NoHash)
    }
}

impl Serialize for AttachmentHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AttachmentHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a record says of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Attachment {
    /// Its hash.
    #[n(0)]
    pub hash: AttachmentHash,
    /// Its size in bytes.
    #[n(1)]
    pub size: u64,
    /// Its media type, one of [`MEDIA`].
    #[n(2)]
    pub media: String,
    /// What it was called, when that is worth keeping.
    #[n(3)]
    pub name: Option<String>,
}

/// Refuses what could never be sent. None are needed anywhere: a visit without a photo counts fully.
pub(crate) fn check(attachments: Option<&[Attachment]>) -> Result<(), RefusalCode> {
    let attachments = attachments.unwrap_or_default();
    if attachments.len() > MOST {
        return Err("record.list_too_long");
    }
    attachments.iter().try_for_each(|one| check_one(&one.media, one.size, one.name.as_deref()))
}

/// Refuses a media type or a size that is not taken.
///
/// # Errors
/// A stable code.
pub fn check_one(media: &str, size: u64, name: Option<&str>) -> Result<(), RefusalCode> {
    match () {
        () if !MEDIA.contains(&media) => Err("attachment.media_wrong"),
        () if size == 0 || size > MAX_BYTES => Err("attachment.too_large"),
        () if name.is_some_and(|name| name.chars().count() > NAME_LENGTH) => Err("record.text_too_long"),
        () => Ok(()),
    }
}

/// Whether records of a type can refer to any.
pub fn may_refer(kind: Kind) -> bool {
    declaration(kind).is_some_and(|declaration| declaration.fields.iter().any(|field| field.has_attachments))
}

/// What a body refers to, as the declaration of its type says.
pub fn referred(kind: Kind, body: &Body) -> Vec<Attachment> {
    let Some(declaration) = declaration(kind) else { return vec![] };
    let fields = declaration.fields.iter().filter(|field| field.has_attachments);
    fields.filter_map(|field| body.field(field.number)).flat_map(read).collect()
}

fn read(value: &[u8]) -> Vec<Attachment> {
    minicbor::decode(value).unwrap_or_default()
}

/// What is asked of the server about one attachment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AttachmentRequest {
    /// Version of the frames.
    #[n(0)]
    pub protocol: u16,
    /// Which one.
    #[n(1)]
    pub hash: AttachmentHash,
    /// What.
    #[n(2)]
    pub ask: AttachmentAsk,
    /// The answer's signature covers it.
    #[n(3)]
    pub nonce: ByteVec,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum AttachmentAsk {
    /// From where on the server needs the bytes.
    #[n(0)]
    Offer {
        /// How many there are.
        #[n(0)]
        size: u64,
        /// What they are.
        #[n(1)]
        media: String,
    },
    /// Here are some.
    #[n(1)]
    Put {
        /// Where they begin.
        #[n(0)]
        offset: u64,
        /// The bytes, at most [`PART_BYTES`].
        #[n(1)]
        bytes: ByteVec,
    },
    /// Some are wanted.
    #[n(2)]
    Get {
        /// Where they begin; at most [`PART_BYTES`] come.
        #[n(0)]
        offset: u64,
    },
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum AttachmentAnswer {
    /// It has them all; nothing more needs to be sent.
    #[n(0)]
    Held,
    /// It needs them from here on.
    #[n(1)]
    From {
        /// How many it has of this device.
        #[n(0)]
        offset: u64,
    },
    /// The bytes that were wanted.
    #[n(2)]
    Part {
        /// How many there are in all.
        #[n(0)]
        size: u64,
        /// Some of them.
        #[n(1)]
        bytes: ByteVec,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::Record;
    use crate::matter::Matter;

    fn photo(byte: u8) -> Attachment {
        let hash = AttachmentHash::new([byte; 32]);
        Attachment { hash, size: 9, media: "image/jpeg".to_owned(), name: None }
    }

    #[test]
    fn a_hash_reads_what_it_writes() {
        let hash = AttachmentHash::new([0xa5; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(serde_json::to_string(&hash).unwrap(), format!("\"{}\"", "a5".repeat(32)));
        for wrong in ["", "a5", &"a5".repeat(33), &"g5".repeat(32), &"é".repeat(32)] {
            assert_eq!(wrong.parse::<AttachmentHash>(), Err(NoHash), "{wrong}");
        }
    }

    #[test]
    fn what_a_body_refers_to_is_found_by_its_declaration() {
        let field = Matter::DECLARATION.fields.iter().find(|field| field.has_attachments).unwrap();
        let photos = vec![photo(1), photo(2)];
        let empty = Body::parse(vec![0xa0]).unwrap();
        let body =
            empty.patched(&crate::Patch::of_fields(&[(field.number, minicbor::to_vec(&photos).unwrap())]));
        assert_eq!(referred(Matter::DECLARATION.kind, &body), photos);
        assert_eq!(referred(Kind(4_000), &body), [], "a newer type's are not known");
        assert_eq!(referred(Matter::DECLARATION.kind, &empty), []);
    }

    /// Whoever made a record has named what it refers to, and answers for having had it.
    #[test]
    fn what_a_record_refers_to_never_changes() {
        let all = crate::declaration::DECLARATIONS.iter();
        let fields = all.flat_map(|declaration| declaration.fields).filter(|field| field.has_attachments);
        assert!(fields.clone().count() > 0);
        assert!(fields.clone().all(|field| field.policy == crate::policy::Policy::Fixed));
    }

    #[test]
    fn only_what_can_be_sent_is_referred_to() {
        assert_eq!(check(None), Ok(()));
        assert_eq!(check(Some(&vec![photo(1); MOST])), Ok(()));
        assert_eq!(check(Some(&vec![photo(1); MOST + 1])), Err("record.list_too_long"));
        for (wrong, code) in [
            (Attachment { media: "text/html".to_owned(), ..photo(1) }, "attachment.media_wrong"),
            (Attachment { size: MAX_BYTES + 1, ..photo(1) }, "attachment.too_large"),
            (Attachment { size: 0, ..photo(1) }, "attachment.too_large"),
            (Attachment { name: Some("长".repeat(101)), ..photo(1) }, "record.text_too_long"),
        ] {
            assert_eq!(check(Some(&[wrong])), Err(code));
        }
    }
}
