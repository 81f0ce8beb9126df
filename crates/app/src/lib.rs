//! The device's core: one typed function per user action.
//!
//! A shell owns an [`App`], feeds it requests, the time and randomness, and moves bytes to and from
//! the server for it. Nothing here waits, reads a clock or opens a file.

mod access;
mod apply;
mod cards;
mod catalog;
mod consents;
mod context;
mod copy;
mod correct;
mod courier;
mod deletions;
mod device_file;
mod edits;
mod enrol;
mod erasures;
mod handling;
mod households;
mod import;
mod items;
mod lease;
mod ledger_file;
mod letters;
mod matters;
mod pace;
mod photos;
mod reminders;
mod road;
mod round;
mod session;
mod sync_page;
mod timeline;
mod today;
mod undo;
pub mod unsent;
mod visits;

use records::Fault;
use records::call::{Request, Response};
use rusqlite::Connection;
use store::Store;
use store::identity::Lease;
use store::outbox::Withdrawn;

pub use access::Asking;
pub use apply::{Applied, Unapplied};
pub use context::Context;
pub use copy::read_copy;
pub use courier::{Carrying, Download, PackedCourier};
pub use device_file::DeviceImage;
pub use enrol::Enrolment;
pub use photos::Transfer;
pub use reminders::{Reminder, Reminders};
pub use round::Round;
pub use store::StoreFault;

use catalog::Catalog;
use courier::Downloads;
use import::Uploads;
use photos::Transfers;
use round::Rounds;

/// The core of one device.
pub struct App {
    store: Store,
    /// Where the database lies, as a person would find it.
    place: String,
    catalog: Option<Catalog>,
    uploads: Uploads,
    downloads: Downloads,
    transfers: Transfers,
    rounds: Rounds,
    /// As it was last looked up.
    lease: Option<Lease>,
    /// The refused change that was withdrawn last, and its number.
    withdrawn: Option<(u64, Withdrawn)>,
}

type Answer<T> = Result<T, Fault>;

impl App {
    /// Opens the core over a connection the shell has made.
    ///
    /// # Errors
    /// `store.newer`, `store.read_only`, `store.full`, `store.damaged`: the file is untouched.
    pub fn open(connection: Connection, place: String) -> Answer<Self> {
        let store = Store::open(connection)?;
        let rounds = Rounds::of(&store)?;
        Ok(Self {
            store,
            place,
            catalog: None,
            uploads: Uploads::default(),
            downloads: Downloads::default(),
            transfers: Transfers::default(),
            rounds,
            lease: None,
            withdrawn: None,
        })
    }

    /// Answers one request. Requests that need the network or take many steps are the shell's: here
    /// [`Request::Enrol`] and [`Request::SyncNow`] answer the state as it is, [`Request::CarryCourier`],
    /// [`Request::ApplyCourier`], [`Request::GetRoom`], [`Request::PackDevice`], [`Request::PackCopy`], [`Request::OpenCopy`],
    /// [`Request::TakeDevice`] and
    /// [`Request::AskAccess`] and whatever is of the lock that there is no shell.
    ///
    /// # Errors
    /// The request's own; `lease.over` for what would show people after a long time without the server.
    pub fn call(&mut self, request: Request, context: &mut Context<'_>) -> Answer<Response> {
        if !self.captures_only(context.now.utc_ms)? {
            return self.answer(request, context);
        }
        lease::permitted(&request)?;
        self.answer(request, context).map(lease::of_doors)
    }

    fn answer(&mut self, request: Request, context: &mut Context<'_>) -> Answer<Response> {
        Ok(match request {
            Request::GetSession(_) | Request::Enrol(_) => self.session(context)?.into(),
            Request::SaveSettings(request) => self.save_settings(request, context)?.into(),
            Request::GetToday(_) => self.today(context)?.into(),
            Request::ListHouseholds(request) => self.list_households(&request, context)?.into(),
            Request::GetHousehold(request) => self.household(request.id, context)?.into(),
            Request::ListTimeline(request) => self.list_timeline(&request)?.into(),
            Request::Reveal(request) => self.reveal(request, context)?.into(),
            Request::EditHousehold(request) => self.edit_household(request, context)?.into(),
            Request::EditPerson(request) => self.edit_person(request, context)?.into(),
            Request::Delete(request) => self.delete(request, context)?.into(),
            Request::Restore(request) => self.restore(request, context)?.into(),
            Request::OpenVisitSheet(request) => self.open_visit_sheet(request.household, context)?.into(),
            Request::SaveVisit(request) => self.save_visit(request.draft, context)?.into(),
            Request::AmendVisit(request) => self.amend_visit(request, context)?.into(),
            Request::Undo(request) => self.undo(request.undo, context)?.into(),
            Request::SaveDraft(request) => self.save_draft(&request.draft, context)?.into(),
            Request::DropDraft(request) => self.drop_draft(request.household)?.into(),
            Request::ListItemCategories(_) => self.item_categories(context)?.into(),
            Request::SearchItems(request) => self.search_items(&request, context)?.into(),
            Request::SaveMatter(request) => self.save_matter(request, context)?.into(),
            Request::CorrectMatter(request) => self.correct_matter(request, context)?.into(),
            Request::ListMatters(request) => self.list_matters(&request)?.into(),
            Request::GetMatter(request) => self.matter(request.id)?.into(),
            Request::CommandMatter(request) => self.command_matter(request, context)?.into(),
            Request::GetSync(_) => self.sync_page()?.into(),
            Request::SyncNow(_) => records::call::Kept {}.into(),
            Request::PauseSync(request) => self.pause_sync(request)?.into(),
            Request::TellLink(request) => self.tell_link(request).into(),
            Request::ListWaiting(request) => self.list_waiting(&request)?.into(),
            Request::Settle(request) => self.settle(request, context)?.into(),
            Request::PreviewImport(request) => self.preview_import(&request, context)?.into(),
            Request::AcceptImport(request) => self.accept_import(request.upload, context)?.into(),
            Request::PackCourier(_) => self.pack_courier_file(context)?.into(),
            Request::OpenCourier(request) => self.open_courier(request.upload)?.into(),
            Request::CarryCourier(_)
            | Request::ApplyCourier(_)
            | Request::GetRoom(_)
            | Request::PackDevice(_)
            | Request::PackCopy(_)
            | Request::OpenCopy(_)
            | Request::TakeDevice(_)
            | Request::AskAccess(_)
            | Request::GetLock(_)
            | Request::SetPin(_)
            | Request::Unlock(_)
            | Request::LockNow(_)
            | Request::BeginAnew(_) => return Err(Fault::new("shell.missing")),
            Request::TakePhoto(request) => self.take_photo(&request, context)?.into(),
            Request::LeaveOutPhoto(request) => self.leave_out_photo(request)?.into(),
            Request::ListPhotos(request) => self.list_photos(request.record)?.into(),
            Request::WantPhoto(request) => self.want_photo(request.hash, context)?.into(),
            Request::ListHandling(request) => self.list_handling(&request)?.into(),
            Request::ExportHandling(request) => self.export_handling(&request, context)?.into(),
            Request::NoteConsent(request) => self.note_consent(request, context)?.into(),
            Request::GetCopy(request) => self.copy(request, context)?.into(),
            Request::AskErasure(request) => self.ask_erasure(request, context)?.into(),
            Request::DecideErasure(request) => self.decide_erasure(request, context)?.into(),
            Request::ListErasures(request) => self.list_erasures(&request, context)?.into(),
            Request::SendFeedback(request) => self.send_feedback(request, context)?.into(),
            Request::KeepDutyReport(request) => self.keep_duty_report(request, context)?.into(),
            Request::ListLetters(_) => self.list_letters()?.into(),
        })
    }

    /// Whether something is on this device alone: changes that are not sent, a visit that is half written.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn holds_unsent(&self) -> Answer<bool> {
        let chip = self.sync_chip()?;
        Ok(chip.waiting > 0 || chip.needs_you > 0 || !self.store.read(store::tables::draft::all)?.is_empty())
    }

    /// Gives the connection back. Whatever was only in memory is gone.
    pub fn close(self) -> Connection {
        self.store.close()
    }

    /// The records themselves, for whoever proves what the core keeps.
    pub fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Loads what the first keystroke would otherwise wait for. Shells call it when idle.
    pub fn warm(&mut self, context: &Context<'_>) -> Answer<()> {
        self.catalog(context.today()).map(|_| ())
    }
}
