//! Attachments: taken from whoever is enrolled, given to whoever may hold a record that refers to them and
//! whose author had them.
//!
//! Whether one exists is told to nobody else: who may not see it must bring all its bytes, also when
//! they are here already, and who asks for it hears the same as if it did not exist.

use std::sync::Arc;

use records::DeviceId;
use records::attachment::{AttachmentAnswer, AttachmentAsk, AttachmentHash, PART_BYTES, check_one};
use records::rules::photo;
use sync::attachment::hash;
use sync::grants::is_granted;
use tokio::sync::Semaphore;

use crate::database::Database;
use crate::database::attachment::{self, Brought};
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::files::{Files, FilesFault};
use crate::session::{self, Session};

/// Bytes that a device may bring before the records come that refer to them.
pub const MOST_UNREFERRED: u64 = 64 * 1024 * 1024;
/// Announced so long ago, it counts no more, and is forgotten where bytes are missing, ms.
const UNREFERRED_MS: i64 = 30 * 24 * 3_600_000;

/// The database, and where the bytes lie.
#[derive(Clone)]
pub struct Attachments {
    /// The database.
    pub database: Database,
    /// The bytes.
    pub files: Files,
    /// Turns for putting parts together: each takes the memory of a whole one.
    pub finishing: Arc<Semaphore>,
}

/// Where one stands for a device.
struct Standing {
    session: Session,
    /// What there is of it, when it is here whole.
    whole: Option<Brought>,
    /// Whether the device may hold a record that shows it.
    may_see: bool,
    brought: Option<Brought>,
}

impl Attachments {
    /// Answers what a device asks about one.
    ///
    /// # Errors
    /// [`ServerFault::Attachment`] for what is not taken or given; a failure of the database or of the
    /// store.
    pub async fn answer(
        &self,
        token: Arc<[u8]>,
        hash: AttachmentHash,
        ask: AttachmentAsk,
        now_ms: i64,
    ) -> Result<AttachmentAnswer, ServerFault> {
        let standing = self.database.read(move |snapshot| standing(snapshot, &token, hash)).await?;
        match ask {
            AttachmentAsk::Offer { size, media } => self.offered(standing, hash, size, media, now_ms).await,
            AttachmentAsk::Put { offset, bytes } => {
                self.put(standing, hash, offset, bytes.into(), now_ms).await
            }
            AttachmentAsk::Get { offset } => self.get(&standing, hash, offset).await,
        }
    }

    async fn offered(
        &self,
        standing: Standing,
        hash: AttachmentHash,
        size: u64,
        media: String,
        now_ms: i64,
    ) -> Result<AttachmentAnswer, ServerFault> {
        check_one(&media, size, None).map_err(ServerFault::Attachment)?;
        match &standing.brought {
            _ if standing.is_known() => self.held(&standing, hash, now_ms).await,
            // As earlier versions left it when power went between the last part and the whole.
            Some(_) if standing.has_brought() => self.finish(&standing, hash, now_ms).await,
            Some(brought) => Ok(AttachmentAnswer::From { offset: brought.received }),
            None => {
                let device = standing.session.device;
                let begin = move |transaction: &dyn Sql| {
                    let long_ago = now_ms - UNREFERRED_MS;
                    let forgotten = attachment::forget_begun(transaction, device.id, long_ago)?;
                    if attachment::unreferred(transaction, &device, long_ago)? + size > MOST_UNREFERRED {
                        return Err(ServerFault::Attachment("attachment.quota"));
                    }
                    let brought = Brought { size, media: media.clone(), received: 0 };
                    attachment::set_brought(transaction, device.id, hash, &brought, now_ms)?;
                    Ok(forgotten)
                };
                for forgotten in self.database.write(begin).await? {
                    self.files.drop_parts(device.id, forgotten).await?;
                }
                Ok(AttachmentAnswer::From { offset: 0 })
            }
        }
    }

    /// Nothing more is to be sent. Who may see it counts as having brought it, so that a record of theirs
    /// shows it to others.
    async fn held(
        &self,
        standing: &Standing,
        hash: AttachmentHash,
        now_ms: i64,
    ) -> Result<AttachmentAnswer, ServerFault> {
        if let Some(brought) = standing.whole.clone().filter(|_| !standing.has_brought()) {
            let device = standing.session.device.id;
            self.note(device, hash, brought, now_ms).await?;
            self.files.drop_parts(device, hash).await?;
        }
        Ok(AttachmentAnswer::Held)
    }

    async fn put(
        &self,
        mut standing: Standing,
        hash: AttachmentHash,
        offset: u64,
        bytes: Vec<u8>,
        now_ms: i64,
    ) -> Result<AttachmentAnswer, ServerFault> {
        if standing.is_known() {
            return self.held(&standing, hash, now_ms).await;
        }
        let brought = standing.brought.as_mut().ok_or(ServerFault::Attachment("attachment.not_offered"))?;
        let end = offset.saturating_add(bytes.len() as u64);
        if offset != brought.received {
            // A part that came before, or one whose forerunner got lost.
            return Ok(AttachmentAnswer::From { offset: brought.received });
        }
        if bytes.is_empty() || bytes.len() > PART_BYTES || end > brought.size {
            return Err(ServerFault::Attachment("attachment.too_large"));
        }
        let device = standing.session.device.id;
        self.files.put_part(device, hash, offset, bytes).await?;
        brought.received = end;
        if end == brought.size {
            // Who has brought all of it may see it: so that is not said before the bytes are looked at.
            return self.finish(&standing, hash, now_ms).await;
        }
        self.note(device, hash, brought.clone(), now_ms).await?;
        Ok(AttachmentAnswer::From { offset: end })
    }

    /// All parts are there: now it shows whether they are what the hash says, and a photo that tells nothing more than it
    /// shows. Before that nobody sees it.
    async fn finish(
        &self,
        standing: &Standing,
        expected: AttachmentHash,
        now_ms: i64,
    ) -> Result<AttachmentAnswer, ServerFault> {
        let Some(brought) = standing.brought.clone() else { return Err(missing()) };
        let _turn = self.finishing.acquire().await.map_err(|_| ServerFault::Stopping)?;
        let device = standing.session.device.id;
        let bytes = self.files.parts(device, expected, brought.size).await?;
        let offset = bytes.len() as u64;
        if offset < brought.size {
            // The database and the store went apart: one is older, or the photos lie elsewhere since.
            tracing::warn!(%device, received = brought.size, found = offset, "parts are gone from the store");
            self.note(device, expected, Brought { received: offset, ..brought }, now_ms).await?;
            return Ok(AttachmentAnswer::From { offset });
        }
        let media = brought.media.clone();
        let (bytes, checked) = tokio::task::spawn_blocking(move || {
            let checked = match hash(&bytes) == expected {
                true => photo::check(&media, &bytes),
                false => Err("attachment.hash_wrong"),
            };
            (bytes, checked)
        })
        .await
        .map_err(ServerFault::Panicked)?;
        if let Err(code) = checked {
            self.note(device, expected, Brought { received: 0, ..brought }, now_ms).await?;
            self.files.drop_parts(device, expected).await?;
            return Err(ServerFault::Attachment(code));
        }
        self.files.keep(expected, bytes).await?;
        let size = brought.size;
        let note = move |transaction: &dyn Sql| {
            attachment::set_brought(transaction, device, expected, &brought, now_ms)?;
            attachment::keep(transaction, expected, size, &brought.media, now_ms)
        };
        self.database.write(note).await?;
        self.files.drop_parts(device, expected).await?;
        tracing::info!(%device, bytes = size, "attachment");
        Ok(AttachmentAnswer::Held)
    }

    async fn get(
        &self,
        standing: &Standing,
        hash: AttachmentHash,
        offset: u64,
    ) -> Result<AttachmentAnswer, ServerFault> {
        let size = standing.whole.as_ref().filter(|_| standing.may_see).map(|whole| whole.size);
        let size = size.filter(|size| offset < *size).ok_or_else(missing)?;
        let end = size.min(offset + PART_BYTES as u64);
        match self.files.read(hash, offset..end).await {
            Ok(bytes) => Ok(AttachmentAnswer::Part { size, bytes: bytes.into() }),
            Err(FilesFault::Missing) => {
                tracing::error!(%hash, "an attachment that was kept is gone from the store");
                Err(missing())
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Remembers how much of one a device has brought.
    async fn note(
        &self,
        device: DeviceId,
        hash: AttachmentHash,
        brought: Brought,
        now_ms: i64,
    ) -> Result<(), ServerFault> {
        let note =
            move |transaction: &dyn Sql| attachment::set_brought(transaction, device, hash, &brought, now_ms);
        self.database.write(note).await
    }
}

impl Standing {
    /// Whether it is here and this device may know that: it may see it, or brought it itself.
    fn is_known(&self) -> bool {
        self.whole.is_some() && (self.may_see || self.has_brought())
    }

    fn has_brought(&self) -> bool {
        self.brought.as_ref().is_some_and(|brought| brought.received == brought.size)
    }
}

fn missing() -> ServerFault {
    ServerFault::Attachment("attachment.missing")
}

fn standing(snapshot: &dyn Sql, token: &[u8], hash: AttachmentHash) -> Result<Standing, ServerFault> {
    let session = session::open(snapshot, token)?;
    if session.device.revoked_ms.is_some() {
        return Err(ServerFault::Revoked);
    }
    let scopes = attachment::scopes(snapshot, hash)?;
    Ok(Standing {
        whole: attachment::whole(snapshot, hash)?,
        may_see: scopes.iter().any(|scope| is_granted(&session.grants, scope)),
        brought: attachment::brought(snapshot, session.device.id, hash)?,
        session,
    })
}
