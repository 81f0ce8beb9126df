//! One household in a list: door and masked name, how late, when last; never why.

use leptos::prelude::*;
use records::call::{HouseholdRow, Standing};
use records::codes::VisitResult;

use super::chip::{Chip, StandingChip};
use super::icon::Icon;
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t};

/// A household that opens its page, or its visit sheet.
#[component]
pub fn HouseholdLine(
    /// The household.
    row: HouseholdRow,
    /// Whether pressing begins a visit instead of opening the page.
    #[prop(optional)]
    is_visit: bool,
) -> impl IntoView {
    let shared = Shared::here();
    let id = row.id;
    let to = if is_visit { Route::Visit(id) } else { Route::Household(id) };
    let is_current = move || !is_visit && shared.open_household() == Some(id);
    let today = days::today();
    let late = row.due_on.and_then(|due_on| days::late(due_on, today));
    view! {
        <div class="row household-row" class:current=is_current data-row="household" data-id=id.to_string()>
            <div class="grow">
                <a class="row-link" href=to.hash()>
                    <span class="door number">{door(&row)}</span>
                    " "
                    <strong>{name_or_unknown(&row.name)}</strong>
                </a>
                <p>{second_line(&row, today)}</p>
            </div>
            {late.map(|late| view! { <Chip colour="wait" icon=Icon::Clock>{late}</Chip> })}
            {(row.standing != Standing::Accepted).then(|| view! { <StandingChip standing=row.standing /> })}
        </div>
    }
    .into_any()
}

/// Building, unit and door in one.
pub fn door(row: &HouseholdRow) -> String {
    [row.building.as_str(), row.unit.as_str(), row.room.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The masked name, or words when nobody is known.
pub fn name_or_unknown(name: &str) -> String {
    if name.is_empty() { t!("household.name_unknown").to_owned() } else { name.to_owned() }
}

/// When the last visit was; what came of it only when nobody was reached.
pub fn last_visit(last: Option<(chrono::NaiveDate, VisitResult)>, today: chrono::NaiveDate) -> String {
    match last {
        None => t!("household.never_visited").to_owned(),
        Some((on, result)) if result.is_effective() => t!("household.last", day = days::day(on, today)),
        Some((on, result)) => {
            t!("household.last_with", day = days::day(on, today), result = labels::result(result))
        }
    }
}

fn second_line(row: &HouseholdRow, today: chrono::NaiveDate) -> String {
    labels::joined([Some(row.estate.clone()), Some(last_visit(row.last, today))])
}
