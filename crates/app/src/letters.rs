//! What is handed in to the county. Whoever hands it in sees it until the server has it, and then never again.

use records::call::{DutyReportRow, FeedbackRow, KeepDutyReport, Letters, Saved, SendFeedback};
use records::codes::Role;
use records::duty_report::DutyReport;
use records::feedback::Feedback;
use records::rules::text::prose;
use records::{Record, Scope};
use rusqlite::Connection;
use store::tables::{duty_report, feedback};
use store::{StoreFault, identity};

use crate::{Answer, App, Context};

/// Letters shown; who has more to read exports them.
const MOST_ROWS: u32 = 200;

impl App {
    /// # Errors
    /// `feedback.text_missing`, `feedback.text_too_long`.
    pub(crate) fn send_feedback(
        &mut self,
        request: SendFeedback,
        context: &mut Context<'_>,
    ) -> Answer<Saved> {
        let contact = Some(prose(&request.contact)).filter(|contact| !contact.is_empty());
        self.hand_in(&Feedback { at: context.now, text: prose(&request.text), contact }, context)
    }

    pub(crate) fn keep_duty_report(
        &mut self,
        request: KeepDutyReport,
        context: &mut Context<'_>,
    ) -> Answer<Saved> {
        self.hand_in(&DutyReport { at: context.now, receiver: request.receiver }, context)
    }

    pub(crate) fn list_letters(&self) -> Answer<Letters> {
        Ok(self.store.read(letters)?)
    }

    fn hand_in<T: Record>(&mut self, letter: &T, context: &mut Context<'_>) -> Answer<Saved> {
        let id = context.new_id();
        self.save(id, context, |action| {
            let scope = slot(action.db(), T::DECLARATION)?;
            action.create(id, &scope, letter)
        })
    }
}

/// Where something is handed in: in the county of whoever does.
fn slot(db: &Connection, declaration: &records::Declaration) -> store::Result<Scope> {
    let me = identity::identity(db)?;
    let county = me.and_then(|me| me.area.at_depth(declaration.depth));
    county.map(|area| Scope::new(area, declaration.audience)).ok_or(StoreFault::Refused("not_enrolled"))
}

fn letters(db: &Connection) -> store::Result<Letters> {
    // What stands here on other devices is their own, and only until it is gone.
    if identity::identity(db)?.is_none_or(|me| me.role != Role::County) {
        return Ok(Letters::default());
    }
    let feedback = feedback::newest(db, MOST_ROWS)?.into_iter();
    let reports = duty_report::newest(db, MOST_ROWS)?.into_iter();
    Ok(Letters {
        feedback: feedback
            .map(|(_, one)| FeedbackRow { at: one.at, text: one.text, contact: one.contact })
            .collect(),
        reports: reports.map(|(_, one)| DutyReportRow { at: one.at, receiver: one.receiver }).collect(),
    })
}
