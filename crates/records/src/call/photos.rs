//! 照片: optional everywhere, kept with what they show, sent when there is room.

use serde::{Deserialize, Serialize};

use crate::attachment::AttachmentHash;
use crate::ids::RecordId;

/// Keeps an uploaded photo for a visit or matter that is being filled in; it is saved with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakePhoto {
    /// Id of the draft.
    pub record: RecordId,
    /// Number of the upload.
    pub upload: u64,
    /// Its media type.
    pub media: String,
}

/// Leaves a photo out again, before the record is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveOutPhoto {
    /// Id of the draft.
    pub record: RecordId,
    /// The photo.
    pub hash: AttachmentHash,
}

/// Asks for the photos of a record or a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPhotos {
    /// The record or draft.
    pub record: RecordId,
}

/// Somebody wants to see a photo: it is fetched if it is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantPhoto {
    /// The photo.
    pub hash: AttachmentHash,
}

/// The photos of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photos {
    /// The photos.
    pub rows: Vec<PhotoRow>,
}

/// A photo and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoRow {
    /// Its hash; its bytes are fetched under it.
    pub hash: AttachmentHash,
    /// Size in bytes.
    pub size: u64,
    /// Media type.
    pub media: String,
    /// Whether it is on this device, to be shown.
    pub is_here: bool,
    /// Bytes that the server has of a photo of this device, or that have come of another's.
    pub moved: u64,
    /// Whether the server has it all.
    pub is_held: bool,
    /// Why the server does not take or give it.
    pub refused: Option<String>,
}
