//! What stands between a person and what is on this device.

use serde::{Deserialize, Serialize};

use super::Settings;

/// Asks how the lock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetLock {}

/// Chooses a PIN or passphrase, or another one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPin {
    /// The new one, at least six characters.
    pub pin: String,
    /// The one before; nothing the first time.
    pub before: Option<String>,
}

/// Opens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlock {
    /// What was typed.
    pub pin: String,
}

/// Locks at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LockNow {}

/// Gives up what is on this device, to be enrolled anew. What was not sent stays, sealed to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BeginAnew {}

// What a person knows is not for logs.
impl std::fmt::Debug for SetPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetPin").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Unlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unlock").finish_non_exhaustive()
    }
}

/// How the lock stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Whether there is one, and how it is.
    pub state: LockState,
    /// Wrong tries in a row.
    pub wrong: u8,
    /// Further ones before the key is destroyed.
    pub tries_left: u8,
    /// So long before the next try, ms.
    pub wait_ms: u64,
    /// Changes that another PIN of this device left behind, sealed, and that are still to be sent.
    pub left_behind: u32,
    /// How the app looked when it was last open.
    pub settings: Option<Settings>,
    /// Whether it has to be a passphrase, as in a browser. What is not sent goes with its key there.
    #[serde(default)]
    pub is_passphrase: bool,
}

impl Lock {
    /// Of a device that has no lock of its own.
    pub fn none() -> Self {
        Self::of(LockState::None)
    }

    /// With nothing to say but this.
    pub fn of(state: LockState) -> Self {
        Self {
            state,
            wrong: 0,
            tries_left: 0,
            wait_ms: 0,
            left_behind: 0,
            settings: None,
            is_passphrase: false,
        }
    }
}

/// How a lock can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockState {
    /// This kind of device has none.
    None,
    /// A PIN is to be chosen first.
    Unset,
    /// Locked.
    Shut,
    /// Open.
    Open,
    /// The key was destroyed: nobody opens what is here.
    Gone,
}
