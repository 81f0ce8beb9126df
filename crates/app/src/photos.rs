//! Photos: taken with a draft, saved with its record, sent after the rows, fetched when wanted.

use std::collections::BTreeSet;

use records::attachment::{
    Attachment, AttachmentAnswer, AttachmentAsk, AttachmentHash, AttachmentRequest, PART_BYTES, check_one,
};
use records::call::{Kept, LeaveOutPhoto, PhotoRow, Photos, TakePhoto};
use records::rules::photo;
use records::wire::{Nonce, PROTOCOL};
use records::{Fault, RecordId};
use store::attachment::{self, AttachmentRow};
use store::{identity, outbox};
use sync::ServerAddress;
use sync::attachment::{hash, read_answer, request};
use sync::device::{Incoming, Outgoing, RoundFault};

use crate::{Answer, App, Context};

/// Bytes of photos kept that the server has, too; the longest unseen go first.
const MOST_KEPT: u64 = 200 * 1024 * 1024;

/// Photos of which it is known how far the server has them, since the app started.
#[derive(Default)]
pub(crate) struct Transfers {
    asked: BTreeSet<AttachmentHash>,
}

/// A part of a photo on its way.
pub struct Transfer {
    /// The server.
    pub server: ServerAddress,
    /// The request for the shell to post.
    pub outgoing: Outgoing,
    row: AttachmentRow,
    nonce: Nonce,
    server_key: [u8; 32],
}

impl App {
    /// The next part to send or fetch; `None` when there is nothing to do. What somebody wants to see
    /// comes first. Photos are sent when no row waits, and not where bytes are to be spared.
    pub fn begin_transfer(&mut self, context: &mut Context<'_>) -> Answer<Option<Transfer>> {
        let asked = &self.transfers.asked;
        let next = self.store.read(|db| {
            let Some(identity) = identity::identity(db)? else { return Ok(None) };
            let identity = (identity, identity::pin(db)?);
            if let Some(row) = attachment::next_to_fetch(db)? {
                let ask = AttachmentAsk::Get { offset: row.here };
                return Ok(Some((identity, row, ask)));
            }
            if self.rounds.is_sparing(db)? || outbox::waiting_count(db)? > 0 {
                return Ok(None);
            }
            let Some(row) = attachment::next_to_send(db)? else { return Ok(None) };
            let ask = match attachment::part(db, row.hash, row.there)? {
                Some(part) if asked.contains(&row.hash) => put(&row, &part),
                _ => AttachmentAsk::Offer { size: row.size, media: row.media.clone() },
            };
            Ok(Some((identity, row, ask)))
        })?;
        let Some(((identity, pin), row, ask)) = next else { return Ok(None) };
        let nonce = context.random();
        let frame =
            AttachmentRequest { protocol: PROTOCOL, hash: row.hash, ask, nonce: nonce.to_vec().into() };
        Ok(Some(Transfer {
            outgoing: request(&frame, &identity.token),
            server_key: identity.server_key.as_slice().try_into().unwrap_or_default(),
            server: ServerAddress { url: identity.server, pin },
            row,
            nonce,
        }))
    }

    /// Takes the server's word. What it does not take or give is noted and left; another fault comes
    /// to nothing and is tried again.
    ///
    /// # Errors
    /// `sync.*` as of a round; `attachment.quota` when so much waits for its records that more must wait.
    pub fn finish_transfer(&mut self, transfer: &Transfer, incoming: &Incoming) -> Answer<()> {
        let hash = transfer.row.hash;
        match read_answer(incoming, &transfer.nonce, &transfer.server_key) {
            Ok(AttachmentAnswer::Held) => Ok(self.store.write(|tx| attachment::set_there(tx, hash, None))?),
            Ok(AttachmentAnswer::From { offset }) => {
                self.transfers.asked.insert(hash);
                Ok(self.store.write(|tx| attachment::set_there(tx, hash, Some(offset)))?)
            }
            Ok(AttachmentAnswer::Part { size, bytes }) => self.take_part(&transfer.row, size, &bytes),
            // A server that went back to a backup asks to be asked again.
            Err(RoundFault::Refused { code }) if code == "attachment.not_offered" => {
                self.transfers.asked.remove(&hash);
                Ok(())
            }
            Err(RoundFault::Refused { code }) if is_final(&code) => {
                Ok(self.store.write(|tx| attachment::refuse(tx, hash, &code))?)
            }
            Err(fault) => Err(Fault::new(fault.code())),
        }
    }

    /// The last part shows whether all of them are what the record says.
    fn take_part(&mut self, row: &AttachmentRow, size: u64, bytes: &[u8]) -> Answer<()> {
        let hash_of = hash;
        Ok(self.store.write(|tx| {
            if bytes.is_empty() || bytes.len() > PART_BYTES {
                attachment::drop_bytes(tx, row.hash)?;
                return attachment::refuse(tx, row.hash, "attachment.damaged");
            }
            attachment::set_size(tx, row.hash, size)?;
            attachment::add_part(tx, row, bytes)?;
            match attachment::bytes(tx, row.hash)? {
                None => Ok(()),
                Some(all) if hash_of(&all) == row.hash => attachment::arrived(tx, row.hash),
                Some(_) => {
                    attachment::drop_bytes(tx, row.hash)?;
                    attachment::refuse(tx, row.hash, "attachment.damaged")
                }
            }
        })?)
    }

    /// How many photos wait to be sent.
    pub fn photos_waiting(&self) -> Answer<u32> {
        Ok(self.store.read(attachment::waiting_count)?)
    }

    /// The bytes of a photo; `None` while they are not here.
    pub fn photo(&self, hash: AttachmentHash) -> Answer<Option<Vec<u8>>> {
        Ok(self.store.read(|db| attachment::bytes(db, hash))?)
    }

    /// Forgets what nobody needs any more. Shells call it when idle.
    pub fn tidy_photos(&mut self, context: &Context<'_>) -> Answer<()> {
        let now_ms = context.now.utc_ms;
        Ok(self.store.write(|tx| attachment::tidy(tx, MOST_KEPT, now_ms))?)
    }

    /// What a camera wrote beside the picture is taken out before anything is kept: nobody asks for places here.
    pub(crate) fn take_photo(&mut self, taken: &TakePhoto, context: &Context<'_>) -> Answer<Photos> {
        check_one(&taken.media, 1, None).map_err(Fault::new)?;
        let bytes = photo::stripped(&taken.media, self.uploaded(taken.upload)?).map_err(Fault::new)?;
        check_one(&taken.media, bytes.len() as u64, None).map_err(Fault::new)?;
        let attachment = Attachment {
            hash: hash(&bytes),
            size: bytes.len() as u64,
            media: taken.media.clone(),
            name: None,
        };
        let now_ms = context.now.utc_ms;
        self.store.write(|tx| attachment::take(tx, taken.record, &attachment, &bytes, now_ms))?;
        self.list_photos(taken.record)
    }

    pub(crate) fn leave_out_photo(&mut self, left: LeaveOutPhoto) -> Answer<Kept> {
        self.store.write(|tx| attachment::leave_out(tx, left.record, left.hash))?;
        Ok(Kept {})
    }

    pub(crate) fn list_photos(&self, record: RecordId) -> Answer<Photos> {
        let rows = self.store.read(|db| match attachment::of_record(db, record)? {
            rows if !rows.is_empty() => Ok(rows),
            _ => {
                let taken = attachment::taken_for(db, record)?.unwrap_or_default();
                let rows = taken.iter().map(|one| attachment::find(db, one.hash));
                Ok(rows.collect::<store::Result<Vec<_>>>()?.into_iter().flatten().collect())
            }
        })?;
        Ok(Photos { rows: rows.into_iter().map(shown).collect() })
    }

    pub(crate) fn want_photo(&mut self, hash: AttachmentHash, context: &Context<'_>) -> Answer<Kept> {
        let now_ms = context.now.utc_ms;
        self.store.write(|tx| attachment::want(tx, hash, now_ms))?;
        Ok(Kept {})
    }
}

/// The bytes from where the server has them on, to the end of the part they lie in.
fn put(row: &AttachmentRow, part: &[u8]) -> AttachmentAsk {
    let begun = usize::try_from(row.there % PART_BYTES as u64).unwrap_or(0).min(part.len());
    AttachmentAsk::Put { offset: row.there, bytes: part[begun..].to_vec().into() }
}

/// Whether asking again would bring the same. Room is made as records arrive, and by who runs the server.
fn is_final(code: &str) -> bool {
    code.starts_with("attachment.") && !["attachment.quota", "attachment.no_place"].contains(&code)
}

fn shown(row: AttachmentRow) -> PhotoRow {
    PhotoRow {
        is_here: row.is_here(),
        moved: if row.is_here() { row.there } else { row.here },
        hash: row.hash,
        size: row.size,
        media: row.media,
        is_held: row.is_held,
        refused: row.refused,
    }
}
