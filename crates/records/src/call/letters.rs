//! What is handed in to the county: complaints and suggestions about the app, and that suspected harm was reported.

use serde::{Deserialize, Serialize};

use crate::codes::ReportReceiver;
use crate::time::Moment;

/// Hands in a complaint or suggestion about the app, without its sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendFeedback {
    /// What.
    pub text: String,
    /// How to reach whoever wrote it; empty for nobody.
    pub contact: String,
}

/// Keeps that suspected harm was reported: when, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepDutyReport {
    /// To whom.
    pub receiver: ReportReceiver,
}

/// Asks for what was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListLetters {}

/// What was handed in, newest first; nothing for anybody but the county.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Letters {
    /// Complaints and suggestions.
    pub feedback: Vec<FeedbackRow>,
    /// Reports of suspected harm.
    pub reports: Vec<DutyReportRow>,
}

/// One complaint or suggestion. It has no sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackRow {
    /// When.
    pub at: Moment,
    /// What.
    pub text: String,
    /// How to reach whoever wrote it.
    pub contact: Option<String>,
}

/// One report: all that is kept of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyReportRow {
    /// When.
    pub at: Moment,
    /// To whom.
    pub receiver: ReportReceiver,
}
