//! 同步: what waits, what was refused, what lost, and settling it.

use chrono::NaiveDate;
use records::body::{DELETED, NULL};
use records::call::{Card, CardId, CardWhat, HeldRow, Kept, Round, Settle, Settlement, SyncPage, WaitingRow};
use records::codes::CareLevel;
use records::losing_edit::LosingEdit;
use records::rules::mask;
use records::{AccountId, Audience, Declaration, Fault, Kind, Patch, Policy, RecordId, declaration};
use rusqlite::Connection;
use store::tables::{area, household, losing_edit, staff};
use store::{Action, RefusedRow, identity, outbox, record, scope};

use crate::edits;
use crate::households::door_of;
use crate::{Answer, App, Context};

impl App {
    pub(crate) fn sync_page(&self) -> Answer<SyncPage> {
        let chip = self.sync_chip()?;
        Ok(self.store.read(|db| {
            Ok(SyncPage {
                chip,
                last: identity::last_round(db)?.map(|round| Round {
                    at_ms: round.at_ms,
                    sent: round.sent,
                    received: round.received,
                    bytes: round.bytes,
                }),
                waiting: waiting(db)?,
                cards: cards(db)?,
                held: held(db)?,
            })
        })?)
    }

    pub(crate) fn settle(&mut self, request: Settle, context: &mut Context<'_>) -> Answer<Kept> {
        let now_ms = context.now.utc_ms;
        match (request.card, request.how) {
            (CardId::Refused(number), Settlement::TryAgain) => self.store.retry_refused(number, now_ms)?,
            (CardId::Refused(number), Settlement::UseMine) => {
                self.store.restore_refused(number, now_ms, &mut || context.new_id())?;
            }
            (CardId::Refused(number), Settlement::LeaveIt) => self.store.withdraw_refused(number)?,
            (CardId::Lost(id), Settlement::UseMine) => self.use_losing(id, context)?,
            (CardId::Lost(id), Settlement::LeaveIt | Settlement::TryAgain) => {
                self.store.write(|tx| losing_edit::settle(tx, id))?
            }
        }
        self.rounds.changed();
        Ok(Kept {})
    }

    /// Makes the losing value the one in force: an edit like any other. When somebody has written the
    /// field since, theirs stays.
    fn use_losing(&mut self, id: RecordId, context: &mut Context<'_>) -> Answer<()> {
        let edit: LosingEdit = self.store.read(|db| record::typed(db, id))?;
        let today = context.today();
        self.save(edit.record, context, |action| {
            if losing_edit::is_open(action.db(), id)? {
                use_value(action, &edit, today)?;
            }
            losing_edit::settle(action.db(), id)
        })?;
        Ok(())
    }
}

fn use_value(action: &mut Action<'_, '_>, edit: &LosingEdit, today: NaiveDate) -> store::Result<()> {
    match edit.field {
        DELETED if edit.lost.as_slice() == NULL => action.restore(edit.record).map(|_| ()),
        DELETED => action.delete(edit.record),
        field => {
            action.patch(edit.record, Patch::of_fields(&[(field, edit.lost.to_vec())]))?;
            edits::note_chosen(action, edit, today)
        }
    }
}

fn waiting(db: &Connection) -> store::Result<Vec<WaitingRow>> {
    let mut rows = Vec::new();
    for commit in outbox::oldest(db, 50)? {
        rows.push(WaitingRow {
            push_seq: commit.push_seq,
            kind: commit.first.map_or_else(String::new, |(kind, _)| kind_name(kind)),
            title: title(db, commit.first)?,
            saved_ms: commit.saved_ms,
        });
    }
    Ok(rows)
}

fn kind_name(kind: Kind) -> String {
    declaration(kind).map_or_else(String::new, |declaration| declaration.name.to_owned())
}

/// A line to know a record by: the door and masked name of its household, or its subject.
fn title(db: &Connection, first: Option<(Kind, RecordId)>) -> store::Result<String> {
    let Some((_, id)) = first else { return Ok(String::new()) };
    let Some(row) = record::find(db, id)? else { return Ok(String::new()) };
    if let Some(household) = household_of(db, &row)? {
        let line = household::one(db, household)?;
        return Ok(
            line.map_or_else(String::new, |line| format!("{} {}", door_of(&line), mask::name(&line.name)))
        );
    }
    let matter = row.body().and_then(|body| body.read::<records::matter::Matter>().ok());
    Ok(matter.map_or_else(String::new, |matter| matter.subject))
}

fn household_of(db: &Connection, row: &store::RecordRow) -> store::Result<Option<RecordId>> {
    use records::{Record, matter::Matter, person::Person, visit::Visit, visit::VisitAmendment};
    let Some(body) = row.body() else { return Ok(None) };
    Ok(match declaration(row.kind).map(|declaration| declaration.name) {
        Some("household") => Some(row.id),
        Some("person") => Person::from_body(body).ok().map(|person| person.household),
        Some("visit") => Visit::from_body(body).ok().map(|visit| visit.household),
        Some("matter") => Matter::from_body(body).ok().and_then(|matter| matter.household),
        Some("visit_amendment") => match VisitAmendment::from_body(body) {
            Ok(amendment) => record::typed::<Visit>(db, amendment.visit).ok().map(|visit| visit.household),
            Err(_) => None,
        },
        _ => None,
    })
}

fn cards(db: &Connection) -> store::Result<Vec<Card>> {
    let mut cards = Vec::new();
    for refused in outbox::refused(db)? {
        cards.push(refused_card(db, &refused)?);
    }
    let me = identity::identity(db)?.map(|identity| identity.account);
    for (id, edit) in losing_edit::open(db)? {
        cards.push(conflict_card(db, id, &edit, me)?);
    }
    Ok(cards)
}

fn refused_card(db: &Connection, refused: &RefusedRow) -> store::Result<Card> {
    let (kind, record) = refused.first.unwrap_or((Kind(0), RecordId::from_bytes([0; 16])));
    let household = match record::find(db, record)? {
        Some(row) => household_of(db, &row)?,
        None => None,
    };
    let fault = Fault::new(&refused.code);
    Ok(Card {
        id: CardId::Refused(refused.number),
        title: title(db, refused.first)?,
        at_ms: refused.refused_ms,
        what: CardWhat::Refused { fault, kind: kind_name(kind), record, household },
    })
}

fn conflict_card(
    db: &Connection,
    id: RecordId,
    edit: &LosingEdit,
    me: Option<AccountId>,
) -> store::Result<Card> {
    let name = |account: AccountId| staff::name(db, account).map(Option::unwrap_or_default);
    let declared = declaration(edit.kind);
    let field = declared.and_then(|d| field_name(d, edit.field)).unwrap_or_default();
    let shown = |value: &[u8]| shown(edit.kind, &field, value);
    Ok(Card {
        id: CardId::Lost(id),
        title: title(db, Some((edit.kind, edit.record)))?,
        at_ms: edit.lost_at.max(edit.won_at),
        what: CardWhat::Conflict {
            record: edit.record,
            lost: shown(&edit.lost),
            lost_by: name(edit.lost_by)?,
            lost_ms: edit.lost_at,
            winning: shown(&edit.winning),
            won_by: name(edit.won_by)?,
            won_ms: edit.won_at,
            is_mine: me == Some(edit.lost_by),
            needs_choice: declared.is_some_and(|d| d.policy_of(edit.field) == Policy::Review),
            field,
        },
    })
}

fn field_name(declaration: &Declaration, number: u32) -> Option<String> {
    if number == DELETED {
        return Some("record.deleted".to_owned());
    }
    let field = declaration.fields.iter().find(|field| field.number == number)?;
    Some(format!("{}.{}", declaration.name, field.name))
}

/// A field's value as a card shows it: personal values masked or left out, an absent one empty.
fn shown(kind: Kind, field: &str, value: &[u8]) -> String {
    let text = || minicbor::decode::<String>(value).unwrap_or_default();
    let is_sensitive = declaration(kind).is_none_or(|d| d.audience == Audience::Sensitive);
    match field {
        "person.name" => mask::name(&text()),
        "person.phone" => mask::phone(&text()),
        "person.id_number" => mask::id_number(&text()),
        "household.care" => minicbor::decode::<CareLevel>(value)
            .map_or_else(|_| String::new(), |care| care.letter().to_string()),
        "record.deleted" => if value == NULL { "✗" } else { "✓" }.to_owned(),
        // A birthday, or a field of a newer version: what has no mask is not shown.
        _ if is_sensitive => String::new(),
        _ => plain(value),
    }
}

fn plain(value: &[u8]) -> String {
    let as_text = minicbor::decode::<String>(value).ok();
    let as_number = || minicbor::decode::<i64>(value).ok().map(|number| number.to_string());
    let as_list = || minicbor::decode::<Vec<String>>(value).ok().map(|list| list.join("、"));
    let as_codes = || {
        let codes = minicbor::decode::<Vec<u16>>(value).ok()?;
        Some(codes.iter().map(u16::to_string).collect::<Vec<_>>().join("、"))
    };
    let as_yes_no = || minicbor::decode::<bool>(value).ok().map(|yes| if yes { "✓" } else { "✗" }.to_owned());
    as_text.or_else(as_number).or_else(as_list).or_else(as_codes).or_else(as_yes_no).unwrap_or_default()
}

fn held(db: &Connection) -> store::Result<Vec<HeldRow>> {
    let mut rows = Vec::new();
    for (scope, records, _) in scope::held(db)? {
        let audience = scope.to_string().rsplit('#').next().unwrap_or_default().to_owned();
        let area = area::name(db, &scope.area)?.unwrap_or_else(|| scope.area.to_string());
        rows.push(HeldRow { area, audience, records });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use records::Record;
    use records::household::Household;
    use records::person::Person;

    use super::*;

    #[test]
    fn a_card_shows_no_personal_value_in_plain() {
        let (person, household) = (Person::DECLARATION.kind, Household::DECLARATION.kind);
        let text = |text: &str| minicbor::to_vec(text).unwrap();
        assert_eq!(shown(person, "person.name", &text("张伟")), "张*");
        assert_eq!(shown(person, "person.phone", &text("13812341234")), "138****1234");
        assert_eq!(shown(person, "person.born_on", &minicbor::to_vec(-9_000).unwrap()), "");
        assert_eq!(shown(person, "", &text("以后的字段")), "");
        assert_eq!(shown(Kind(4_000), "", &text("以后的类型")), "");
        assert_eq!(shown(household, "household.note", &text("晚上在家")), "晚上在家");
    }
}
