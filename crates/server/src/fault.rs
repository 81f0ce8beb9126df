//! What can go wrong in the server, and what of it a device is told.

use std::error::Error;
use std::path::PathBuf;

use axum::http::StatusCode;
use records::AreaPath;
use records::codes::Role;
use sync::courier::CourierFault;
use sync::frame::FrameFault;
use sync::invitation::InvitationFault;
use sync::pack::PackFault;
use sync::round::Gap;
use thiserror::Error;

use crate::backup::BackupFault;
use crate::database::sql::SqlFault;
use crate::files::FilesFault;

/// Why the server does not do what was asked.
#[derive(Debug, Error)]
pub enum ServerFault {
    /// The request is not `application/cbor`.
    #[error("the request is not application/cbor")]
    NotCbor,
    /// The request's bytes are not what they should be.
    #[error("the request cannot be read")]
    Garbage(#[source] Option<FrameFault>),
    /// The request cannot be inflated.
    #[error("the request cannot be inflated")]
    Packed(#[from] PackFault),
    /// The request has more bytes than are taken here.
    #[error("the request is too large")]
    TooLarge,
    /// The request stopped coming.
    #[error("the request stopped coming")]
    Stalled,
    /// The device speaks a newer protocol.
    #[error("the device is newer than this server")]
    ServerOlder,
    /// No device has this token.
    #[error("unknown token")]
    TokenRefused,
    /// A device had this token before it was given another one.
    #[error("the token was replaced by another one")]
    TokenVoid,
    /// The device was shut out.
    #[error("the device is revoked")]
    Revoked,
    /// Commits are missing or out of order.
    #[error(transparent)]
    Gap(#[from] Gap),
    /// A file that was carried here cannot be opened.
    #[error(transparent)]
    Courier(#[from] CourierFault),
    /// A backup is not made, read or restored.
    #[error(transparent)]
    Backup(#[from] BackupFault),
    /// An attachment that is not taken or not given; its stable code.
    #[error("attachment refused: {0}")]
    Attachment(&'static str),
    /// Something about who may come in that is not to be; its stable code.
    #[error("not to be: {0}")]
    Access(&'static str),
    /// The store of attachments failed.
    #[error("the store of attachments failed")]
    Files(#[from] FilesFault),
    /// So much is being carried that this has to wait.
    #[error("too much is being carried at once")]
    CourierBusy,
    /// No such one-time code.
    #[error("wrong code")]
    CodeWrong,
    /// The one-time code has expired.
    #[error("expired code")]
    CodeExpired,
    /// The one-time code was used.
    #[error("used code")]
    CodeUsed,
    /// The one-time code is void after too many wrong tries.
    #[error("too many tries")]
    TooManyTries,
    /// As many one-time codes are open as there can be.
    #[error("too many open codes")]
    TooManyCodes,
    /// An id belongs to a record elsewhere.
    #[error("the record belongs to another scope")]
    OtherScope,
    /// A value that has no place in the database.
    #[error("a value cannot be written")]
    Unwritable,
    /// The database is of a newer version.
    #[error("the database has schema {found}, this server knows up to {known}; please update the server")]
    NewerDatabase {
        /// The file's schema.
        found: usize,
        /// This version's.
        known: usize,
    },
    /// There is no database where one was expected.
    #[error("there is no {}", .0.display())]
    NoDatabase(PathBuf),
    /// The database is not a Gridwalk server's.
    #[error("that is not a Gridwalk server's database")]
    ForeignDatabase,
    /// What is named is no database.
    #[error("a database is named as postgres://USER@HOST/NAME")]
    NoPlace,
    /// The way to the database is open to others.
    #[error(
        "the way to the database is not encrypted: say sslmode=require, name one on this machine, \
         or say sslmode=disable where nobody else can read along"
    )]
    AddressUnsafe,
    /// A file that is to be imported cannot be read.
    #[error("the file cannot be imported ({})", .0.code())]
    Intake(#[from] intake::IntakeFault),
    /// A change of an import was refused.
    #[error("a change was refused: {0}")]
    ImportRefused(String),
    /// There is something on the server already.
    #[error("there is something on this server already, and nothing was changed")]
    Begun,
    /// Words about the host that no record takes; the stable code says why.
    #[error("the host cannot be written down ({0})")]
    HostWrong(&'static str),
    /// No demo account has this role.
    #[error("no demo account has this role")]
    NoDemoAccount,
    /// The role does not work in areas of this depth.
    #[error("{role:?} does not work in an area like {area}; see gridwalk-server --help")]
    AreaWrong {
        /// The role.
        role: Role,
        /// The area.
        area: AreaPath,
    },
    /// Nobody of this name works there as that.
    #[error("nobody of that name has this role there")]
    NoSuchPerson,
    /// There is no such device.
    #[error("there is no such device")]
    NoSuchDevice,
    /// No commit in quarantine has this id.
    #[error("no commit in quarantine has this id")]
    NotQuarantined,
    /// There is no such record.
    #[error("there is no such record")]
    NoSuchRecord,
    /// A record cannot move there: it is there, or it belongs at another depth or in another county.
    #[error("the record cannot move to {0}")]
    NotAPlaceToMove(AreaPath),
    /// The address devices are to reach the server at is none that an invitation may name.
    #[error("{address}: {fault}")]
    AddressWrong {
        /// The address.
        address: String,
        /// What is wrong with it.
        fault: InvitationFault,
    },
    /// The data folder cannot be made.
    #[error("the data folder cannot be made")]
    Folder(#[from] std::io::Error),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] SqlFault),
    /// A defect.
    #[error("a task ended unexpectedly")]
    Panicked(#[source] tokio::task::JoinError),
    /// The system gives no threads.
    #[error("the system gives no threads")]
    Threads(#[source] std::io::Error),
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}

impl ServerFault {
    /// Stable code, as the device is told.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotCbor => "sync.not_cbor",
            Self::Garbage(fault) => fault.as_ref().map_or("sync.garbage", FrameFault::code),
            Self::Packed(fault) => fault.code(),
            Self::TooLarge => "sync.too_large",
            Self::Stalled => "sync.stalled",
            Self::ServerOlder => "sync.server_older",
            Self::TokenRefused => "sync.token_refused",
            Self::TokenVoid => "sync.token_void",
            Self::Revoked => "sync.revoked",
            Self::Gap(gap) => gap.code(),
            Self::Courier(fault) => fault.code(),
            Self::CourierBusy => "courier.busy",
            Self::Backup(fault) => fault.code(),
            Self::Attachment(code) | Self::Access(code) => code,
            Self::CodeWrong => "enrol.code_wrong",
            Self::CodeExpired => "enrol.code_expired",
            Self::CodeUsed => "enrol.code_used",
            Self::TooManyTries => "enrol.too_many_tries",
            Self::TooManyCodes => "enrol.too_many_codes",
            Self::NewerDatabase { .. } => "server.newer_database",
            Self::NoDatabase(_) => "server.no_database",
            Self::ForeignDatabase => "server.foreign_database",
            Self::NoPlace => "server.no_place",
            Self::AddressUnsafe => "server.address_unsafe",
            Self::Stopping => "server.stopping",
            Self::Intake(fault) => fault.code(),
            Self::ImportRefused(_) => "import.refused",
            Self::Begun => "server.begun",
            Self::HostWrong(code) => code,
            Self::NoDemoAccount => "server.no_demo_account",
            Self::AreaWrong { .. } => "server.area_wrong",
            Self::AddressWrong { .. } => "server.address_wrong",
            Self::NoSuchPerson => "server.no_such_person",
            Self::NoSuchDevice => "server.no_such_device",
            Self::NotQuarantined => "server.not_quarantined",
            Self::NoSuchRecord => "record.missing",
            Self::NotAPlaceToMove(_) => "server.not_a_place_to_move",
            Self::Folder(_) => "server.no_folder",
            Self::Files(_)
            | Self::OtherScope
            | Self::Unwritable
            | Self::Database(_)
            | Self::Panicked(_)
            | Self::Threads(_) => "server.failed",
        }
    }

    /// HTTP status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotCbor => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Garbage(_) | Self::ServerOlder => StatusCode::BAD_REQUEST,
            Self::TooLarge | Self::Courier(CourierFault::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Attachment("attachment.missing") | Self::Access("access.unknown") => StatusCode::NOT_FOUND,
            Self::Courier(_) | Self::Attachment(_) | Self::Access(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Packed(fault) if fault.is_size() => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Packed(_) => StatusCode::BAD_REQUEST,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::TokenRefused | Self::TokenVoid => StatusCode::UNAUTHORIZED,
            Self::Revoked | Self::CodeWrong | Self::CodeExpired | Self::CodeUsed => StatusCode::FORBIDDEN,
            Self::TooManyTries | Self::TooManyCodes | Self::CourierBusy => StatusCode::TOO_MANY_REQUESTS,
            Self::Gap(_) => StatusCode::CONFLICT,
            Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether it concerns one commit alone, so that others can go on.
    pub fn is_of_one_commit(&self) -> bool {
        match self {
            Self::Files(_) | Self::OtherScope | Self::Unwritable => true,
            Self::Database(fault) => fault.is_of_the_values(),
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for ServerFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}

/// A fault with its sources, for the log and the command line. None of them carries a record's
/// content.
pub fn chain(fault: &dyn Error) -> String {
    let mut text = fault.to_string();
    let mut next = fault.source();
    while let Some(source) = next {
        text.push_str(&format!(": {source}"));
        next = source.source();
    }
    text
}
