//! 删除请求: noted at the door, decided by the lead of the community, carried out by the server.

use records::call::{AskErasure, DecideErasure, ErasureRow, ErasureWindow, ListErasures, Saved};
use records::codes::{ErasureState, Role};
use records::erasure_request::{ErasureArgs, ErasureRequest};
use records::person::Person;
use records::{Moment, RecordId};
use rusqlite::Connection;
use store::tables::{erasure_request, staff};
use store::{RecordRow, StoreFault, identity, record};

use crate::handling::{scope_of, whose};
use crate::timeline::{author_name, parse_key};
use crate::{Answer, App, Context};

impl App {
    /// # Errors
    /// `erasure.asked_already` while another request about the same person waits.
    pub(crate) fn ask_erasure(&mut self, request: AskErasure, context: &mut Context<'_>) -> Answer<Saved> {
        let (id, at) = (context.new_id(), context.now);
        let AskErasure { person: subject, asker, checked } = request;
        self.save(subject, context, |action| {
            let _: Person = record::typed(action.db(), subject)?;
            if is_asked(action.db(), subject)? {
                return Err(StoreFault::Refused("erasure.asked_already"));
            }
            let request = ErasureRequest { subject, asker, checked, at, decision: None };
            action.create(id, &scope_of(action.db(), subject)?, &request)
        })
    }

    /// # Errors
    /// `erasure.not_yours`, `erasure.state_wrong`, `erasure.ground_missing`, `erasure.until_wrong`: nothing is kept then.
    pub(crate) fn decide_erasure(
        &mut self,
        request: DecideErasure,
        context: &mut Context<'_>,
    ) -> Answer<Saved> {
        let DecideErasure { id, command, erased_for, stopped_for, until } = request;
        self.save(id, context, |action| {
            let asked: ErasureRequest = record::typed(action.db(), id)?;
            let args = ErasureArgs { subject: asked.subject, erased_for, stopped_for, until };
            action.command(id, command.code(), &args)
        })
    }

    pub(crate) fn list_erasures(
        &self,
        request: &ListErasures,
        context: &Context<'_>,
    ) -> Answer<ErasureWindow> {
        let limit = u32::from(request.limit.clamp(1, 200));
        let before = parse_key(request.after.as_deref());
        Ok(self.store.read(|db| {
            let found = erasure_request::window(db, before, limit)?;
            let last = found.last().filter(|_| found.len() == limit as usize);
            let next = last.map(|(row, request)| format!("{} {}", request.at.utc_ms, row.rid));
            let rows = found.iter().map(|(row, request)| row_of(db, row, request, context.now));
            let rows = rows.collect::<store::Result<_>>()?;
            let may_decide = identity::identity(db)?.is_some_and(|me| me.role == Role::CommunityLead);
            Ok(ErasureWindow { rows, next, may_decide })
        })?)
    }
}

/// Whether a request about somebody waits for an answer.
pub(crate) fn is_asked(db: &Connection, person: RecordId) -> store::Result<bool> {
    let requests = erasure_request::of_person(db, person)?;
    Ok(requests.iter().any(|(_, request)| request.state() == ErasureState::Open))
}

fn row_of(
    db: &Connection,
    row: &RecordRow,
    request: &ErasureRequest,
    now: Moment,
) -> store::Result<ErasureRow> {
    let reply_due = request.reply_due();
    let decision = request.decision.as_ref();
    let days_left = i32::try_from((reply_due - now.local_day()).num_days()).unwrap_or(i32::MIN);
    let person = record::find(db, request.subject)?;
    Ok(ErasureRow {
        id: row.id,
        subject: request.subject,
        whose: whose(db, request.subject)?,
        asker: request.asker,
        checked: request.checked,
        at: request.at,
        by: author_name(db, row)?,
        reply_due,
        days_left: decision.is_none().then_some(days_left),
        state: request.state(),
        decided_at: decision.map(|decision| Moment::beijing(decision.at_ms)),
        decided_by: decision.map_or(Ok(None), |decision| staff::name(db, decision.by))?,
        erased_for: decision.and_then(|decision| decision.erased_for),
        stopped_for: decision.and_then(|decision| decision.stopped_for),
        until: decision.and_then(|decision| decision.until),
        is_gone_here: person.is_none_or(|person| person.is_gone()),
        standing: row.standing(db)?,
    })
}
