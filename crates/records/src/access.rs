//! What is asked of the server about who may come in: one's own devices, and the people one is in charge of. It needs
//! the network, and nothing of it is kept on the device.

use std::fmt;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codes::Role;
use crate::ids::{AccountId, DeviceId};
use crate::scope::AreaPath;

/// Most people in one answer; who is looking for more says whom.
pub const MOST_PEOPLE: usize = 200;
/// Most characters of a name, and of what is looked for.
pub const NAME_LENGTH: usize = 30;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AccessRequest {
    /// Version of the frames.
    #[n(0)]
    pub protocol: u16,
    /// What.
    #[n(1)]
    pub ask: AccessAsk,
    /// The answer's signature covers it.
    #[n(2)]
    pub nonce: ByteVec,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub enum AccessAsk {
    /// Which devices somebody has.
    #[n(0)]
    Devices {
        /// Who; `None` for oneself.
        #[n(0)]
        of: Option<AccountId>,
    },
    /// 挂失: a device is to be shut out.
    #[n(1)]
    LockOut {
        /// Which; never the one that asks.
        #[n(0)]
        device: DeviceId,
    },
    /// A one-time code for one more device.
    #[n(2)]
    Code {
        /// Whose; `None` for oneself.
        #[n(0)]
        of: Option<AccountId>,
    },
    /// The people one is in charge of.
    #[n(3)]
    People {
        /// Part of the name; empty for all.
        #[n(0)]
        words: String,
    },
    /// Lets somebody new in.
    #[n(4)]
    Invite {
        /// Shown name.
        #[n(0)]
        name: String,
        /// What they will do.
        #[n(1)]
        post: AskedPost,
        /// Phone at work.
        #[n(2)]
        phone: Option<String>,
    },
    /// 换岗
    #[n(5)]
    Assign {
        /// Who.
        #[n(0)]
        account: AccountId,
        /// What they will do.
        #[n(1)]
        post: AskedPost,
    },
    /// 离岗
    #[n(6)]
    Dismiss {
        /// Who.
        #[n(0)]
        account: AccountId,
    },
}

/// What somebody is to do, and where.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct AskedPost {
    /// What.
    #[n(0)]
    pub role: Role,
    /// Where.
    #[n(1)]
    pub area: AreaPath,
    /// The department's name, or the unit's id, for roles that have one.
    #[n(2)]
    pub of: Option<String>,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum AccessAnswer {
    /// It is done.
    #[n(0)]
    Done,
    /// Somebody's devices, those in use first.
    #[n(1)]
    Devices {
        /// They.
        #[n(0)]
        devices: Vec<KnownDevice>,
    },
    /// People, by where they work.
    #[n(2)]
    People {
        /// They.
        #[n(0)]
        people: Vec<Colleague>,
        /// There are more than are told.
        #[n(1)]
        is_cut: bool,
    },
    /// A way in.
    #[n(3)]
    Code {
        /// Whose device it lets in.
        #[n(0)]
        account: AccountId,
        /// It.
        #[n(1)]
        given: GivenCode,
    },
}

/// A one-time code as it is handed over. Not for logs.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct GivenCode {
    /// The invitation, `gridwalk://enrol?…`.
    #[n(0)]
    pub invitation: String,
    /// For so long it counts, ms.
    #[n(1)]
    pub lasts_ms: i64,
}

impl fmt::Debug for GivenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenCode").field("lasts_ms", &self.lasts_ms).finish_non_exhaustive()
    }
}

/// One device of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct KnownDevice {
    /// Its id.
    #[n(0)]
    pub device: DeviceId,
    /// What its person calls it.
    #[n(1)]
    pub name: String,
    /// When it was let in, ms since 1970 UTC.
    #[n(2)]
    pub made_ms: i64,
    /// The beginning of the day on which it was last heard of, ms since 1970 UTC. Told to its own person alone.
    #[n(3)]
    pub seen_on_ms: Option<i64>,
    /// Since when it is shut out, ms since 1970 UTC.
    #[n(4)]
    pub locked_out_ms: Option<i64>,
    /// It is the one that asks.
    #[n(5)]
    pub is_this: bool,
}

/// Somebody one is in charge of.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Colleague {
    /// The account.
    #[n(0)]
    pub account: AccountId,
    /// Shown name.
    #[n(1)]
    pub name: String,
    /// What they do.
    #[n(2)]
    pub role: Role,
    /// Where.
    #[n(3)]
    pub area: AreaPath,
    /// How many devices they have that are not shut out.
    #[n(4)]
    pub devices: u32,
    /// 离岗: everything was taken from them.
    #[n(5)]
    pub is_dismissed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_and_answer_reads_as_it_was_written() {
        let (account, device) = (AccountId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        let post = AskedPost { role: Role::GridWorker, area: "230881/001/003/07".parse().unwrap(), of: None };
        let asks = [
            AccessAsk::Devices { of: None },
            AccessAsk::LockOut { device },
            AccessAsk::Code { of: Some(account) },
            AccessAsk::People { words: "王".into() },
            AccessAsk::Invite { name: "王芳".into(), post: post.clone(), phone: None },
            AccessAsk::Assign { account, post },
            AccessAsk::Dismiss { account },
        ];
        for (number, ask) in asks.into_iter().enumerate() {
            let bytes = minicbor::to_vec(&ask).unwrap();
            // An enum is an array of its number and its fields: renumbering what goes over the wire shows here.
            assert_eq!((bytes[0], usize::from(bytes[1])), (0x82, number), "{ask:?}");
            assert_eq!(minicbor::decode::<AccessAsk>(&bytes).unwrap(), ask);
        }
    }

    #[test]
    fn a_code_is_not_shown() {
        let given = GivenCode { invitation: "gridwalk://enrol?code=1234567897".into(), lasts_ms: 600_000 };
        let shown = format!("{:?}", AccessAnswer::Code { account: AccountId::from_bytes([1; 16]), given });
        assert!(shown.contains("600000") && !shown.contains("12345"), "{shown}");
    }
}
