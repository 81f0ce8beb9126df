//! Cards on the sync page: what was refused, and values that lost, in a form that can be shown.

use records::body::{DELETED, NULL};
use records::call::{Card, CardId, CardWhat, Said};
use records::codes::CareLevel;
use records::losing_edit::LosingEdit;
use records::matter::Matter;
use records::person::Person;
use records::rules::mask;
use records::visit::Visit;
use records::wire::{Change, Commit, Op};
use records::{AccountId, Audience, Fault, Kind, Policy, Record, RecordId, declaration, time};
use rusqlite::Connection;
use store::quarantine::{self, QuarantinedRow};
use store::tables::{losing_edit, staff};
use store::{RefusedRow, identity, outbox, record};

use crate::sync_page::{Named, kind_name, named};

/// Fields of a new record that say what it is about; the others are codes and links.
const TELLING: [&str; 5] =
    ["visit.note", "matter.subject", "matter.content", "household.note", "person.name"];

/// The server has another record under the id of one that was to be made.
const TAKEN: &str = "record.exists";

pub(crate) fn cards(db: &Connection) -> store::Result<Vec<Card>> {
    let mut cards = Vec::new();
    for refused in outbox::refused(db)? {
        cards.push(refused_card(db, &refused)?);
    }
    for quarantined in quarantine::rows(db)? {
        cards.push(quarantined_card(db, &quarantined)?);
    }
    let me = identity::identity(db)?.map(|identity| identity.account);
    for (id, edit) in losing_edit::open(db)? {
        cards.push(conflict_card(db, id, &edit, me)?);
    }
    Ok(cards)
}

fn refused_card(db: &Connection, refused: &RefusedRow) -> store::Result<Card> {
    let (kind, record) = refused.first.unwrap_or((Kind(0), RecordId::from_bytes([0; 16])));
    let ops = refused.commit.iter().flat_map(|commit| &commit.ops);
    let says = ops.map(|op| said(db, op)).collect::<store::Result<Vec<_>>>()?;
    // What is here under that id is then another record: the server's.
    let is_taken = refused.code == TAKEN;
    let first = refused.first.filter(|_| !is_taken);
    let Named { title, household } = named_commit(db, first, refused.commit.as_ref())?;
    Ok(Card {
        id: CardId::Refused(refused.number),
        title,
        at_ms: refused.refused_ms,
        what: CardWhat::Refused {
            fault: Fault::new(&refused.code),
            kind: kind_name(kind),
            record,
            is_here: !is_taken && record::find(db, record)?.is_some(),
            household,
            says: says.into_iter().flatten().collect(),
        },
    })
}

fn quarantined_card(db: &Connection, row: &QuarantinedRow) -> store::Result<Card> {
    let kind = row.first.map_or_else(String::new, |(kind, _)| kind_name(kind));
    Ok(Card {
        id: CardId::Quarantined(row.number),
        title: named_commit(db, row.first, row.commit.as_ref())?.title,
        at_ms: row.sent_ms,
        what: CardWhat::Quarantined { kind },
    })
}

/// How a list names a commit whose records may be gone from here: by what it says itself.
fn named_commit(
    db: &Connection,
    first: Option<(Kind, RecordId)>,
    commit: Option<&Commit>,
) -> store::Result<Named> {
    let mut named = named(db, first)?;
    if named.title.is_empty() {
        let made = commit.and_then(|commit| commit.ops.first());
        named.title = made.and_then(own_words).unwrap_or_default();
    }
    Ok(named)
}

/// The words of a record that was made.
fn own_words(op: &Op) -> Option<String> {
    let Change::Create { body, .. } = &op.change else { return None };
    match declaration(op.kind).map(|declaration| declaration.name) {
        Some("matter") => Matter::from_body(body).ok().map(|matter| matter.subject),
        Some("visit") => Visit::from_body(body).ok().and_then(|visit| visit.note),
        Some("person") => Person::from_body(body).ok().map(|person| mask::name(&person.name)),
        _ => None,
    }
}

/// What an op puts into its record, as far as it can be shown.
fn said(db: &Connection, op: &Op) -> store::Result<Vec<Said>> {
    let (fields, is_edit) = match &op.change {
        Change::Edit { patch, .. } => (patch.fields(), true),
        Change::Create { body, .. } => (body.fields(), false),
        _ => (Vec::new(), false),
    };
    let mut says = Vec::new();
    for (number, bytes) in fields {
        let Some(field) = field_name(op.kind, number) else { continue };
        let value = shown(db, op.kind, &field, bytes)?;
        if is_edit || (TELLING.contains(&field.as_str()) && !value.is_empty()) {
            says.push(Said { field, value });
        }
    }
    Ok(says)
}

fn conflict_card(
    db: &Connection,
    id: RecordId,
    edit: &LosingEdit,
    me: Option<AccountId>,
) -> store::Result<Card> {
    let name = |account: AccountId| staff::name(db, account).map(Option::unwrap_or_default);
    let field = field_name(edit.kind, edit.field).unwrap_or_default();
    Ok(Card {
        id: CardId::Lost(id),
        title: named(db, Some((edit.kind, edit.record)))?.title,
        at_ms: edit.lost_at.max(edit.won_at),
        what: CardWhat::Conflict {
            record: edit.record,
            lost: shown(db, edit.kind, &field, &edit.lost)?,
            lost_by: name(edit.lost_by)?,
            lost_ms: edit.lost_at,
            winning: shown(db, edit.kind, &field, &edit.winning)?,
            won_by: name(edit.won_by)?,
            won_ms: edit.won_at,
            is_mine: me == Some(edit.lost_by),
            is_winner_mine: me == Some(edit.won_by),
            needs_choice: declaration(edit.kind).is_some_and(|d| d.policy_of(edit.field) == Policy::Review),
            field,
        },
    })
}

/// `household.note`; `None` for a field of a newer version.
pub(crate) fn field_name(kind: Kind, number: u32) -> Option<String> {
    if number == DELETED {
        return Some("record.deleted".to_owned());
    }
    let declaration = declaration(kind)?;
    let field = declaration.fields.iter().find(|field| field.number == number)?;
    Some(format!("{}.{}", declaration.name, field.name))
}

/// A field's value as a card shows it: personal values masked or left out, an absent one empty.
fn shown(db: &Connection, kind: Kind, field: &str, value: &[u8]) -> store::Result<String> {
    if field == "household.head" {
        let head = minicbor::decode::<RecordId>(value).ok();
        let person = head.and_then(|head| record::typed::<Person>(db, head).ok());
        return Ok(person.map_or_else(String::new, |person| mask::name(&person.name)));
    }
    Ok(plainly(kind, field, value))
}

fn plainly(kind: Kind, field: &str, value: &[u8]) -> String {
    let text = || minicbor::decode::<String>(value).unwrap_or_default();
    let is_sensitive = declaration(kind).is_none_or(|d| d.audience == Audience::Sensitive);
    match field {
        "person.name" => mask::name(&text()),
        "person.phone" => mask::phone(&text()),
        "person.id_number" => mask::id_number(&text()),
        "household.care" => minicbor::decode::<CareLevel>(value)
            .map_or_else(|_| String::new(), |care| care.letter().to_string()),
        "record.deleted" => if value == NULL { "✗" } else { "✓" }.to_owned(),
        "household.care_since" | "household.review_on" | "household.left_on" => {
            minicbor::decode::<i32>(value)
                .map_or_else(|_| String::new(), |day| time::day_from_number(day).to_string())
        }
        // A birthday, or a field of a newer version: what has no mask is not shown.
        _ if is_sensitive => String::new(),
        _ => plain(value),
    }
}

/// Texts as they are; numbers and codes as digits, which the page has words for.
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

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use contract::test;
    use records::Record;
    use records::household::Household;

    use super::*;

    #[test]
    fn a_card_shows_no_personal_value_in_plain() {
        let (person, household) = (Person::DECLARATION.kind, Household::DECLARATION.kind);
        let text = |text: &str| minicbor::to_vec(text).unwrap();
        assert_eq!(plainly(person, "person.name", &text("张伟")), "张*");
        assert_eq!(plainly(person, "person.phone", &text("13812341234")), "138****1234");
        assert_eq!(plainly(person, "person.born_on", &minicbor::to_vec(-9_000).unwrap()), "");
        assert_eq!(plainly(person, "", &text("以后的字段")), "");
        assert_eq!(plainly(Kind(4_000), "", &text("以后的类型")), "");
        assert_eq!(plainly(household, "household.note", &text("晚上在家")), "晚上在家");
    }

    #[test]
    fn days_and_codes_are_shown_and_nothing_is_nothing() {
        let household = Household::DECLARATION.kind;
        let day = minicbor::to_vec(20_779).unwrap();
        assert_eq!(plainly(household, "household.care_since", &day), "2026-11-22");
        assert_eq!(plainly(household, "household.categories", &minicbor::to_vec([1, 18]).unwrap()), "1、18");
        assert_eq!(plainly(household, "household.left_on", &[0xf6]), "");
    }
}
