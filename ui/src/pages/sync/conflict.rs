//! Values that met in one field: 我的, 对方的, and which of them is 现在生效的.

use leptos::prelude::*;
use records::RecordId;
use records::call::{CardId, CardWhat, Settlement};

use super::cards::{page_of, settler};
use super::line;
use crate::components::{Chip, Icon, Tone};
use crate::{days, labels, t};

/// One field in which two values met.
pub struct Conflict {
    id: CardId,
    field: String,
    /// The value that is not in force, and the one that is.
    sides: [Side; 2],
    needs_choice: bool,
}

struct Side {
    value: String,
    by: String,
    at_ms: i64,
    is_mine: bool,
}

impl Conflict {
    /// Reads a card's conflict and the record it is about.
    pub fn of(id: CardId, what: CardWhat) -> Option<(RecordId, Self)> {
        let CardWhat::Conflict {
            field,
            record,
            lost,
            lost_by,
            lost_ms,
            winning,
            won_by,
            won_ms,
            is_mine,
            is_winner_mine,
            needs_choice,
        } = what
        else {
            return None;
        };
        let lost = Side { value: lost, by: lost_by, at_ms: lost_ms, is_mine };
        let winning = Side { value: winning, by: won_by, at_ms: won_ms, is_mine: is_winner_mine };
        Some((record, Self { id, field, sides: [lost, winning], needs_choice }))
    }
}

/// The card of a record with all fields in which values met.
pub fn conflicts(title: String, record: RecordId, fields: Vec<Conflict>) -> AnyView {
    let kind = fields.first().and_then(|first| first.field.split('.').next()).unwrap_or_default();
    let open = page_of(kind, Some(record), None);
    let kind = labels::kind_of_record(kind);
    let title = if title.is_empty() { kind.to_owned() } else { title };
    let needs_choice = fields.iter().all(|field| field.needs_choice);
    let words = if needs_choice { t!("sync.choose") } else { t!("sync.conflict") };
    view! {
        <article class="card attention" data-row="card" data-card="conflict">
            {line(None, title, words.to_owned(), open, ().into_any())}
            {fields.into_iter().map(one).collect::<Vec<_>>()}
        </article>
    }
    .into_any()
}

fn one(conflict: Conflict) -> AnyView {
    let Conflict { id, field, sides: [lost, winning], .. } = conflict;
    let name = labels::known_field(&field).unwrap_or(t!("record.other"));
    let has_mine = lost.is_mine || winning.is_mine;
    let is_mine_first = !winning.is_mine;
    let lost = side(lost, id, &field, Settlement::UseMine, has_mine);
    let winning = side(winning, id, &field, Settlement::LeaveIt, has_mine);
    // 我的 first, whichever is in force.
    let sides = if is_mine_first { [lost, winning] } else { [winning, lost] };
    view! {
        <section class="met" aria-label=name>
            <h3>{name}</h3>
            <div class="sides">{Vec::from(sides)}</div>
        </section>
    }
    .into_any()
}

/// One of the two, with the button that chooses it. Where neither is the person's own, both go by the name of
/// whoever wrote them.
fn side(side: Side, id: CardId, field: &str, how: Settlement, has_mine: bool) -> AnyView {
    let when = days::moment(side.at_ms, days::today());
    let (whose, line, choose) = match (side.is_mine, has_mine) {
        (true, _) => (t!("sync.side_mine").to_owned(), when, t!("sync.use_mine").to_owned()),
        (false, true) => {
            let line = labels::joined([Some(side.by), Some(when)]);
            (t!("sync.side_theirs").to_owned(), line, t!("sync.use_theirs").to_owned())
        }
        (false, false) => (side.by.clone(), when, t!("sync.use_of", name = side.by)),
    };
    let is_in_force = how == Settlement::LeaveIt;
    let (act, done) = match is_in_force {
        true => ("leave-it", t!("sync.left")),
        false => ("use-mine", t!("sync.used_mine")),
    };
    view! {
        <div class="side" class:in-force=is_in_force>
            <small>{whose}</small>
            <strong class="number">{labels::value(field, &side.value)}</strong>
            <small class="number">{line}</small>
            {is_in_force.then(|| view! { <Chip colour="ok" icon=Icon::Check>{t!("sync.in_force")}</Chip> })}
            {settler(id, how, act, Tone::Plain, choose, done)}
        </div>
    }
    .into_any()
}
