//! Who is using the app, and how they like it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::SyncChip;
use crate::codes::Role;
use crate::scope::AreaPath;

/// Asks for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetSession {}

/// Redeems an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrol {
    /// Server address, `http://127.0.0.1:7420`, or a whole invitation `gridwalk://…`.
    pub server: String,
    /// The one-time code; empty when the invitation holds it.
    pub code: String,
    /// What the person calls the device.
    pub device_name: String,
}

/// Changes how the app looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveSettings {
    /// The new settings, whole.
    pub settings: Settings,
}

/// The state of the app as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who is enrolled; `None` before enrolment.
    pub worker: Option<Worker>,
    /// How the app looks.
    pub settings: Settings,
    /// Today, by the device's clock.
    #[serde(with = "super::as_number")]
    pub today: NaiveDate,
    /// The chip at the top.
    pub sync: SyncChip,
    /// Version of the app.
    pub version: String,
    /// Where the device's database lies, for 我的 → 关于.
    pub data_place: String,
}

/// The enrolled person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// Shown name.
    pub name: String,
    /// Role, which decides the home page.
    pub role: Role,
    /// Area they work in.
    pub area: AreaPath,
    /// Name of the community, when known yet.
    pub community: Option<String>,
    /// Name of the grid, when they work in one.
    pub grid: Option<String>,
    /// 主办单位 of the county, when it is known.
    pub host_unit: Option<String>,
    /// 备案号 of the county, when it is known.
    pub filing: Option<String>,
    /// Server address.
    pub server: String,
}

/// How the app looks and behaves on this device. Never synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Language.
    pub language: Language,
    /// Theme.
    pub theme: Theme,
    /// Text size in percent, 100–200.
    pub text_percent: u16,
    /// 省流量: whether rounds stay small; `None` goes by what the device says of its network.
    #[serde(default)]
    pub spares_data: Option<bool>,
    /// 早上提醒: when the phone says how many households are due, minutes after midnight; `None` never.
    #[serde(default)]
    pub reminds_at: Option<u16>,
    /// 自动锁: so many minutes without a touch lock the device, where it has a lock.
    #[serde(default = "locks_after")]
    pub locks_after: u16,
}

/// Long enough to climb a staircase, short enough for a phone that was left lying.
fn locks_after() -> u16 {
    5
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::Chinese,
            theme: Theme::Device,
            text_percent: 100,
            spares_data: None,
            reminds_at: None,
            locks_after: locks_after(),
        }
    }
}

/// Language of the user interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// 简体中文
    Chinese,
    /// English
    English,
}

/// Colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// As the device says.
    Device,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}
