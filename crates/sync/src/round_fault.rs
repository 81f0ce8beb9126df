//! Why a round came to nothing, as the device sees it.

use thiserror::Error;

use crate::frame::FrameFault;
use crate::pack::PackFault;

/// Why an answer cannot be used. Whatever it says, the device keeps everything it has.
#[derive(Debug, Error)]
pub enum RoundFault {
    /// Somebody else answered: a captive portal, a wrong address.
    #[error("not a Gridwalk server answered, status {status}")]
    NotGridwalk {
        /// HTTP status.
        status: u16,
    },
    /// The answer's bytes are not what they should be.
    #[error("the answer cannot be read")]
    Garbage(#[from] FrameFault),
    /// The answer cannot be inflated.
    #[error("the answer cannot be inflated")]
    Inflating(#[source] PackFault),
    /// The answer was not signed by the pinned key for this request.
    #[error("the answer is not signed by this server")]
    SignatureWrong,
    /// Another server than the invitation names.
    #[error("the server's key is not the one of the invitation")]
    ServerWrong,
    /// The server does not know this device (any more).
    #[error("the device's token was refused")]
    TokenRefused,
    /// The device's token was replaced by another one, which this database never saw: it went back to a copy of before,
    /// or somebody else uses one.
    #[error("the device's token was replaced")]
    TokenVoid,
    /// The server speaks a protocol this version cannot read.
    #[error("the server is newer than this version")]
    ServerNewer,
    /// The server or a gateway in front of it failed.
    #[error("the server failed, status {status}")]
    ServerFailed {
        /// HTTP status.
        status: u16,
    },
    /// The answer goes beyond the limits.
    #[error("the answer is too large")]
    TooLarge,
    /// The server knows no such one-time code.
    #[error("the code is wrong")]
    CodeWrong,
    /// The code was right once.
    #[error("the code has expired")]
    CodeExpired,
    /// The code was tried too often and is void.
    #[error("too many tries")]
    TooManyTries,
    /// Any other refusal, by the server's own stable code.
    #[error("refused: {code}")]
    Refused {
        /// Stable code.
        code: String,
    },
}

impl RoundFault {
    /// Stable code, for the sentence a person reads.
    pub fn code(&self) -> &str {
        match self {
            Self::NotGridwalk { .. } => "sync.not_gridwalk",
            Self::Garbage(_) | Self::Inflating(_) => "sync.garbage",
            Self::SignatureWrong => "sync.signature_wrong",
            Self::ServerWrong => "enrol.server_wrong",
            Self::TokenRefused => "sync.token_refused",
            Self::TokenVoid => "sync.token_void",
            Self::ServerNewer => "sync.server_newer",
            Self::ServerFailed { .. } => "sync.server_failed",
            Self::TooLarge => "sync.too_large",
            Self::CodeWrong => "enrol.code_wrong",
            Self::CodeExpired => "enrol.code_expired",
            Self::TooManyTries => "enrol.too_many_tries",
            Self::Refused { code } => code,
        }
    }

    /// The fault an error answer stands for.
    pub(crate) fn from_code(status: u16, code: String) -> Self {
        match code.as_str() {
            "sync.server_newer" => Self::ServerNewer,
            "sync.too_large" | "sync.inflates_too_far" | "sync.ratio_too_high" => Self::TooLarge,
            // Why exactly is for the log; a person reads that it was not understood.
            "sync.too_deep"
            | "sync.too_many_values"
            | "sync.length_undeclared"
            | "sync.keys_unordered"
            | "sync.trailing"
            | "sync.encoding_unknown" => Self::Refused { code: "sync.garbage".to_owned() },
            "enrol.code_wrong" => Self::CodeWrong,
            "enrol.code_expired" => Self::CodeExpired,
            "enrol.too_many_tries" => Self::TooManyTries,
            _ if status >= 500 => Self::ServerFailed { status },
            _ => Self::Refused { code },
        }
    }
}

impl From<PackFault> for RoundFault {
    fn from(fault: PackFault) -> Self {
        match fault {
            fault if fault.is_size() => Self::TooLarge,
            other => Self::Inflating(other),
        }
    }
}
