//! The one typed call between user interface and core, and the events that come back.
//!
//! Each request is a struct that names its answer through [`Action`]; `Request` and `Response` are
//! what crosses the boundary, as JSON.

mod access;
mod as_number;
mod copy;
mod courier;
mod device_file;
mod erasure;
mod handling;
mod households;
mod import;
mod items;
mod letters;
mod lock;
mod matters;
mod photos;
mod room;
mod session;
mod sync;
mod today;
mod visits;

use std::fmt::{self, Formatter};

use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

pub use access::*;
pub use copy::*;
pub use courier::*;
pub use device_file::*;
pub use erasure::*;
pub use handling::*;
pub use households::*;
pub use import::*;
pub use items::*;
pub use letters::*;
pub use lock::*;
pub use matters::*;
pub use photos::*;
pub use room::*;
pub use session::*;
pub use sync::*;
pub use today::*;
pub use visits::*;

/// A request that knows its answer.
pub trait Action: Into<Request> {
    /// What the core answers.
    type Answer: TryFrom<Response, Error = UnexpectedResponse> + DeserializeOwned;
}

/// The core answered another request's answer: a programming error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer belongs to another request")]
pub struct UnexpectedResponse;

macro_rules! actions {
    ($($(#[$doc:meta])* $request:ident => $answer:ident,)+) => {
        /// Everything the user interface can ask.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "call", content = "with")]
        pub enum Request { $($(#[$doc])* $request($request),)+ }

        impl Request {
            const NAMES: &'static [&'static str] = &[$(stringify!($request)),+];

            /// Reads what the named request is made with.
            fn read<'de, M: MapAccess<'de>>(name: &str, map: &mut M) -> Result<Self, M::Error> {
                match name {
                    $(stringify!($request) => map.next_value().map(Self::$request),)+
                    _ => Err(Error::unknown_variant(name, Self::NAMES)),
                }
            }
        }

        $(
            impl From<$request> for Request {
                fn from(request: $request) -> Self { Self::$request(request) }
            }
            impl Action for $request { type Answer = $answer; }
        )+
    };
}

macro_rules! responses {
    ($($(#[$doc:meta])* $answer:ident,)+) => {
        /// Everything the core can answer.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "answer", content = "with")]
        pub enum Response { $($(#[$doc])* $answer($answer),)+ }

        $(
            impl From<$answer> for Response {
                fn from(answer: $answer) -> Self { Self::$answer(answer) }
            }
            impl TryFrom<Response> for $answer {
                type Error = UnexpectedResponse;
                fn try_from(response: Response) -> Result<Self, Self::Error> {
                    match response {
                        Response::$answer(answer) => Ok(answer),
                        _ => Err(UnexpectedResponse),
                    }
                }
            }
        )+
    };
}

actions! {
    /// Who is using the app, and how they like it.
    GetSession => Session,
    /// Redeems an invitation; needs the network.
    Enrol => Session,
    /// Changes language, theme or text size.
    SaveSettings => Session,
    /// The home page.
    GetToday => Today,
    /// A window of the household list, by walking order or by search.
    ListHouseholds => HouseholdWindow,
    /// One household's page.
    GetHousehold => HouseholdPage,
    /// Earlier entries of a household's timeline.
    ListTimeline => TimelineWindow,
    /// Shows one masked value once; recorded.
    Reveal => Revealed,
    /// Corrects facts of a household in place.
    EditHousehold => Saved,
    /// Corrects facts of a person in place.
    EditPerson => Saved,
    /// Deletes a person or a household entered by mistake.
    Delete => Saved,
    /// Takes a deletion back.
    Restore => Saved,
    /// Opens the visit sheet, with a draft if there is one.
    OpenVisitSheet => VisitSheet,
    /// Saves a visit and the matters recorded with it.
    SaveVisit => Saved,
    /// Corrects or withdraws a saved visit.
    AmendVisit => Saved,
    /// Takes a save back while that is still possible.
    Undo => Undone,
    /// Keeps what is being typed.
    SaveDraft => Kept,
    /// Forgets a draft.
    DropDraft => Kept,
    /// The twelve categories.
    ListItemCategories => ItemCategories,
    /// Searches the item list.
    SearchItems => ItemHits,
    /// Reports a matter on its own.
    SaveMatter => Saved,
    /// Saves a corrected matter in place of a refused one.
    CorrectMatter => Saved,
    /// A window of the matters.
    ListMatters => MatterWindow,
    /// One matter.
    GetMatter => MatterPage,
    /// Does something with a matter.
    CommandMatter => Saved,
    /// The sync page.
    GetSync => SyncPage,
    /// Starts a round now.
    SyncNow => Kept,
    /// Puts the first sync off, or goes on with it.
    PauseSync => Kept,
    /// Says what kind of network the device is on.
    TellLink => Kept,
    /// More of what waits than the sync page holds.
    ListWaiting => WaitingWindow,
    /// Settles a conflict card or a refused change.
    Settle => Settled,
    /// Reads an uploaded spreadsheet and shows what would happen.
    PreviewImport => ImportPreview,
    /// Carries out a previewed import.
    AcceptImport => Imported,
    /// Puts what waits into a file.
    PackCourier => CourierFile,
    /// Says what a courier file is.
    OpenCourier => CourierOpened,
    /// Brings a colleague's file to the server; needs the network.
    CarryCourier => CourierFile,
    /// Takes in the answer to a file.
    ApplyCourier => CourierTaken,
    /// Keeps a photo for what is being filled in.
    TakePhoto => Photos,
    /// Leaves a photo out again.
    LeaveOutPhoto => Kept,
    /// The photos of a record or draft.
    ListPhotos => Photos,
    /// Fetches a photo.
    WantPhoto => Kept,
    /// Asks how much room there is.
    GetRoom => Room,
    /// Closes everything on this device into a file.
    PackDevice => DeviceFile,
    /// Begins from such a file.
    TakeDevice => Session,
    /// How the lock stands.
    GetLock => Lock,
    /// Chooses a PIN.
    SetPin => Lock,
    /// Opens.
    Unlock => Lock,
    /// Locks at once.
    LockNow => Lock,
    /// Gives up what is on this device.
    BeginAnew => Lock,
    /// What was done with personal data.
    ListHandling => HandlingWindow,
    /// Puts the ledger into a table.
    ExportHandling => TableFile,
    /// Writes down what a person agreed to, or took back.
    NoteConsent => Saved,
    /// Shows everything kept of somebody; recorded.
    GetCopy => PersonCopy,
    /// The same as a closed file.
    PackCopy => DeviceFile,
    /// Opens such a file.
    OpenCopy => PersonCopy,
    /// Notes that somebody asked for deletion.
    AskErasure => Saved,
    /// Decides about such a request.
    DecideErasure => Saved,
    /// Requests for deletion.
    ListErasures => ErasureWindow,
    /// Hands in a complaint or suggestion about the app.
    SendFeedback => Saved,
    /// Keeps when and to whom suspected harm was reported.
    KeepDutyReport => Saved,
    /// What was handed in, for the county.
    ListLetters => Letters,
    /// Asks who may come in, or changes it; needs the network.
    AskAccess => AccessTold,
}

responses! {
    /// See [`Session`].
    Session,
    /// See [`Today`].
    Today,
    /// See [`HouseholdWindow`].
    HouseholdWindow,
    /// See [`HouseholdPage`].
    HouseholdPage,
    /// See [`TimelineWindow`].
    TimelineWindow,
    /// See [`Revealed`].
    Revealed,
    /// See [`Saved`].
    Saved,
    /// See [`VisitSheet`].
    VisitSheet,
    /// See [`Undone`].
    Undone,
    /// See [`Kept`].
    Kept,
    /// See [`ItemCategories`].
    ItemCategories,
    /// See [`ItemHits`].
    ItemHits,
    /// See [`MatterWindow`].
    MatterWindow,
    /// See [`MatterPage`].
    MatterPage,
    /// See [`SyncPage`].
    SyncPage,
    /// See [`WaitingWindow`].
    WaitingWindow,
    /// See [`Settled`].
    Settled,
    /// See [`ImportPreview`].
    ImportPreview,
    /// See [`Imported`].
    Imported,
    /// See [`CourierFile`].
    CourierFile,
    /// See [`CourierOpened`].
    CourierOpened,
    /// See [`CourierTaken`].
    CourierTaken,
    /// See [`Photos`].
    Photos,
    /// See [`Room`].
    Room,
    /// See [`DeviceFile`].
    DeviceFile,
    /// See [`Lock`].
    Lock,
    /// See [`HandlingWindow`].
    HandlingWindow,
    /// See [`PersonCopy`].
    PersonCopy,
    /// See [`ErasureWindow`].
    ErasureWindow,
    /// See [`Letters`].
    Letters,
    /// See [`TableFile`].
    TableFile,
    /// See [`AccessTold`].
    AccessTold,
}

/// Takes the name first, as it is written: whoever takes it after the rest needs code for each request twice over,
/// 27 kB of what a browser fetches.
impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(NameFirst)
    }
}

struct NameFirst;

impl<'de> Visitor<'de> for NameFirst {
    type Value = Request;

    fn expecting(&self, words: &mut Formatter<'_>) -> fmt::Result {
        words.write_str("the name of a call, then what it is made with")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Request, M::Error> {
        let name: String = keyed(&mut map, "call")?.next_value()?;
        Request::read(&name, keyed(&mut map, "with")?)
    }
}

/// The map, if that key is next.
fn keyed<'a, 'de, M: MapAccess<'de>>(map: &'a mut M, key: &'static str) -> Result<&'a mut M, M::Error> {
    match map.next_key::<String>()? {
        Some(next) if next == key => Ok(map),
        _ => Err(Error::missing_field(key)),
    }
}

/// Done, nothing more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kept {}

/// What the core and its shell tell the user interface without being asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "with")]
pub enum Event {
    /// Records changed; open pages read again what they show.
    Changed,
    /// The chip at the top has something new to say.
    Sync(SyncChip),
    /// A newer version of the pages is on this device, whole; it begins when the person says so.
    Update,
}

/// Where a record stands: honest and quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Saved on this device, not sent yet.
    OnDevice,
    /// Sent; the server's word is awaited.
    Sent,
    /// The server has it.
    Accepted,
    /// The server refused it, or it lost against another edit.
    NeedsYou,
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, from_value, to_string, to_value};

    use super::{GetMatter, GetToday, Request};
    use crate::ids::RecordId;

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let id = RecordId::from_bytes([7; 16]);
        for request in [Request::from(GetToday {}), GetMatter { id }.into()] {
            assert_eq!(from_str::<Request>(&to_string(&request).unwrap()).unwrap(), request);
            assert_eq!(from_value::<Request>(to_value(&request).unwrap()).unwrap(), request);
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for json in [
            r#"{}"#,
            r#"{"with":{},"call":"GetToday"}"#,
            r#"{"call":"GetToday"}"#,
            r#"{"call":"GetNothing","with":{}}"#,
            r#"{"call":"GetToday","with":{},"more":1}"#,
        ] {
            assert!(from_str::<Request>(json).is_err(), "{json}");
        }
    }
}
