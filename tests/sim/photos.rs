//! Photos: taken with a visit, sent in parts after the rows over the same network, and in the end whole at the
//! server for whoever may know the visit, and for nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use app::Transfer;
use records::attachment::{
    AttachmentAnswer, AttachmentAsk, AttachmentHash, AttachmentRequest, PART_BYTES, referred,
};
use records::call::{TakePhoto, WantPhoto};
use records::{AccountId, Fault, RecordId, Scope};
use server::attachments::Attachments;
use server::database::Database;
use server::fault::ServerFault;
use store::attachment::AttachmentRow;
use store::identity;
use sync::attachment::hash;
use sync::device::{Incoming, Outgoing};
use sync::frame;
use sync::signature::{self, Purpose};
use tokio::sync::Semaphore;

use crate::chance::Chance;
use crate::device::Device;
use crate::faults::Trouble;
use crate::life::Life;
use crate::model::Model;
use crate::mutant::Mutant;
use crate::server::{Server, refused, signed};

/// Where photos go.
pub const PATH: &str = "/attachment";
/// One visit in so many has a photo.
const PHOTOGRAPHED: u64 = 12;
/// Photos there are to take: some people take the same.
const PICTURES: u64 = 12;
/// What somebody would have done who watches a photo go.
const WATCHED: u64 = 12;
/// Parts after which all photos must have come through.
const MOST_PARTS: usize = 200;

/// One photo in three has two parts.
fn picture(number: u64) -> Vec<u8> {
    let bytes = 500 * (1 + number) as usize + if number.is_multiple_of(3) { PART_BYTES } else { 0 };
    sample::picture(bytes, u32::try_from(number).unwrap_or_default())
}

/// Whether people take photos in a life. A device offers photos again only with the commits that go out again,
/// and what is taken away from somebody may take photos with it.
pub(crate) fn any_cameras(chance: &mut Chance, troubles: &[Trouble]) -> bool {
    const WITHOUT: [Trouble; 2] = [Trouble::OldBackups, Trouble::Posts];
    chance.one_in(3) && !troubles.iter().any(|trouble| WITHOUT.contains(trouble))
}

impl Life<'_> {
    /// Whoever took a photo watches it go for a while: photos wait until no row does.
    pub(crate) fn watches_photos(&mut self, place: usize) -> Result<bool> {
        let device = &mut self.places[place].device;
        let is_watching = device.watches > 0;
        device.watches = device.watches.saturating_sub(1);
        if is_watching {
            self.begin_transfer(place)?;
            self.begin_round(place)?;
        }
        Ok(is_watching)
    }

    /// A part goes out, or is asked for.
    fn begin_transfer(&mut self, place: usize) -> Result<()> {
        let device = &mut self.places[place].device;
        if device.transfer.is_none() {
            self.next_round += 1;
            if let Some(outgoing) = device.begin_transfer(self.next_round, self.now_ms) {
                self.network.send((place, self.next_round), outgoing, &mut self.chance);
            }
        }
        Ok(())
    }

    /// Everything that is left comes through.
    pub(crate) fn move_photos(&mut self) -> Result<()> {
        for place in 0..self.places.len() {
            self.move_all_photos(place)?;
        }
        Ok(())
    }

    fn move_all_photos(&mut self, place: usize) -> Result<()> {
        let device = &mut self.places[place].device;
        for _ in 0..MOST_PARTS {
            let Some(outgoing) = device.begin_transfer(0, self.now_ms) else { return Ok(()) };
            let incoming = self.server.answer_photo(&outgoing, self.now_ms)?.context("the server died")?;
            device.hear_photo(&incoming, self.now_ms).map_err(|fault| anyhow!("a photo: {fault:?}"))?;
        }
        bail!("photos never come to an end")
    }

    /// Every photo of a visit that the server took is there for whoever may know the visit.
    ///
    /// # Errors
    /// When one is lost, or somebody else gets it.
    pub(crate) fn prove_photos(&mut self) -> Result<()> {
        for (photo, named) in shown(&self.server.model) {
            let mut scopes = BTreeSet::new();
            for (author, scope) in named {
                let is_here = self.server.has_brought(author, photo)?;
                let is_excused = self.excused_photos.contains(&(author, photo));
                if !is_here && !is_excused {
                    let told: Vec<_> =
                        self.places.iter_mut().map(|place| place.device.told_of(photo)).collect();
                    bail!("{photo}, which {author} took in {scope}, is lost; on the devices: {told:?}");
                }
                scopes.extend(is_here.then_some(scope));
            }
            for place in 0..self.places.len() {
                self.prove_photo(place, photo, &scopes)?;
            }
        }
        Ok(())
    }

    fn prove_photo(&mut self, place: usize, photo: AttachmentHash, scopes: &BTreeSet<Scope>) -> Result<()> {
        let device = &mut self.places[place].device;
        let person = self.server.model.people.get(&device.owner).context("a device belongs to nobody")?;
        let may_see = scopes.iter().any(|scope| person.may_know(scope));
        let token = device.token()?;
        let answer = self.server.give(&token, photo, self.now_ms)?;
        let is_given = matches!(answer, Ok(AttachmentAnswer::Part { .. }));
        ensure!(is_given == may_see, "given is {photo} of {scopes:?}: {is_given}");
        if may_see {
            let want = WantPhoto { hash: photo }.into();
            device.call(want, self.now_ms).map_err(|fault| anyhow!("{photo} is not wanted: {fault:?}"))?;
            self.move_all_photos(place)?;
            let bytes = self.places[place].device.photo(photo);
            ensure!(bytes.is_some_and(|bytes| hash(&bytes) == photo), "{photo} did not come whole");
        }
        Ok(())
    }
}

/// The photos of records that are not deleted, with who made those and where they stand.
fn shown(model: &Model) -> BTreeMap<AttachmentHash, BTreeSet<(AccountId, Scope)>> {
    let mut shown = BTreeMap::<_, BTreeSet<_>>::new();
    for entry in model.records.values().filter(|entry| !entry.is_deleted) {
        for one in referred(entry.kind, &entry.body) {
            shown.entry(one.hash).or_default().insert((entry.author, entry.scope.clone()));
        }
    }
    shown
}

impl Device {
    /// Now and then there is something to see.
    pub(crate) fn photograph(&mut self, visit: RecordId, now_ms: i64) -> Result<(), Fault> {
        if !self.has_camera || !self.chance.one_in(PHOTOGRAPHED) {
            return Ok(());
        }
        let bytes = picture(self.chance.below(PICTURES));
        let upload = self.with(now_ms, |app, _| Ok(app.upload(bytes)))?;
        let taken = TakePhoto { record: visit, upload, media: "image/jpeg".to_owned() };
        self.watches = WATCHED;
        self.call(taken.into(), now_ms).map(drop)
    }

    fn begin_transfer(&mut self, number: u64, now_ms: i64) -> Option<Outgoing> {
        let begun: Option<Transfer> = self.with(now_ms, |app, context| app.begin_transfer(context)).ok()?;
        let Some(transfer) = begun.filter(|_| self.is_up()) else {
            let _ = self.with(now_ms, |app, context| app.tidy_photos(context));
            return None;
        };
        let outgoing = transfer.outgoing.clone();
        self.transfer = Some((number, transfer));
        Some(outgoing)
    }

    /// The answer about a part comes.
    pub(crate) fn hear_photo(&mut self, incoming: &Incoming, now_ms: i64) -> Result<(), Fault> {
        let Some((_, transfer)) = self.transfer.take() else { return Ok(()) };
        let heard = self.with(now_ms, |app, _| app.finish_transfer(&transfer, incoming));
        self.mutate(Mutant::photo_heard);
        heard
    }

    /// What the server has not said to have.
    pub(crate) fn unsent_photos(&mut self) -> Result<Vec<AttachmentHash>> {
        self.read(|db| {
            let mut find = db.prepare("SELECT hash FROM attachment WHERE is_held = 0")?;
            let rows = find.query_map([], |row| row.get(0).map(AttachmentHash::new))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// What the device knows of a photo, to find out what became of it.
    fn told_of(&mut self, photo: AttachmentHash) -> Option<AttachmentRow> {
        self.read(|db| store::attachment::find(db, photo)).ok().flatten()
    }

    fn token(&mut self) -> Result<Vec<u8>> {
        self.read(|db| Ok(identity::identity(db)?.map(|me| me.token.to_vec()).unwrap_or_default()))
    }

    fn photo(&mut self, photo: AttachmentHash) -> Option<Vec<u8>> {
        self.read(|db| store::attachment::bytes(db, photo)).ok().flatten()
    }
}

impl Server {
    /// Answers about a part as it came over the network; `None` when the server died of it.
    pub(crate) fn answer_photo(&mut self, outgoing: &Outgoing, now_ms: i64) -> Result<Option<Incoming>> {
        let request = frame::read::<AttachmentRequest>(&outgoing.body).ok();
        let nonce = request.as_ref().and_then(|request| signature::nonce(&request.nonce));
        let (Some(request), Some(nonce), Some(token)) = (request, nonce, &outgoing.token) else {
            return Ok(Some(refused(&ServerFault::Garbage(None))));
        };
        let answer = self.attachment(token, request.hash, request.ask, now_ms)?;
        if self.disk().has_lost_power() {
            self.stop();
            return Ok(None);
        }
        Ok(Some(match answer {
            Ok(answer) => {
                let body = minicbor::to_vec(&answer)?;
                signed(signature::sign(&self.secret, Purpose::Attachment, &nonce, &body), body, None)
            }
            Err(fault) => refused(&fault),
        }))
    }

    fn give(
        &mut self,
        token: &[u8],
        photo: AttachmentHash,
        now_ms: i64,
    ) -> Result<Result<AttachmentAnswer, ServerFault>> {
        self.attachment(token, photo, AttachmentAsk::Get { offset: 0 }, now_ms)
    }

    /// The real thing, over the connection of this server.
    fn attachment(
        &mut self,
        token: &[u8],
        photo: AttachmentHash,
        ask: AttachmentAsk,
        now_ms: i64,
    ) -> Result<Result<AttachmentAnswer, ServerFault>> {
        let Some(connection) = self.take_connection() else { return Ok(Err(ServerFault::Stopping)) };
        let database = Database::over(connection);
        let (files, finishing) = (self.files.clone(), Arc::new(Semaphore::new(1)));
        let attachments = Attachments { database: database.clone(), files, finishing };
        let answer = self.runtime.block_on(attachments.answer(Arc::from(token), photo, ask, now_ms));
        self.put_connection(database.take_back().context("the server's connection is gone")?);
        Ok(answer)
    }

    /// Whether the photo is here whole, and a device of this person has brought all of it.
    fn has_brought(&self, author: AccountId, photo: AttachmentHash) -> Result<bool> {
        let sql = "SELECT count(*) FROM attachment a JOIN attachment_brought b USING (hash)
                   JOIN device d ON d.id = b.device
                   WHERE a.hash = ?1 AND d.account = ?2 AND b.received = b.size";
        let keys = (photo.as_bytes(), author.as_bytes());
        Ok(self.connection()?.query_row(sql, keys, |row| row.get::<_, i64>(0))? > 0)
    }
}
