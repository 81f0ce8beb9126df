//! One household in a list: door and masked name, how late, when last; never why.

use leptos::prelude::*;
use records::call::{HouseholdRow, Standing};
use records::codes::VisitResult;

use super::button::{LinkButton, Tone};
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
    /// Where it is: only the door where a heading says the rest.
    #[prop(into)]
    place: String,
    /// The staircase that begins with this row.
    #[prop(optional_no_strip)]
    stairs: Option<String>,
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
            {stairs.map(|stairs| view! { <span class="stairs-mark">{stairs}</span> })}
            <div class="grow">
                <a class="row-link" href=to.hash()>
                    <span class="door number">{place}</span>
                    <strong>{name_or_unknown(&row.name)}</strong>
                </a>
                {late.map(|late| view! { " "<Chip colour="wait" icon=Icon::Clock>{late}</Chip> })}
                <p>{last_visit(row.last, today)}</p>
            </div>
            {(row.standing != Standing::Accepted).then(|| view! { <StandingChip standing=row.standing /> })}
            {(!is_visit).then(|| view! { <LinkButton act="visit" tone=Tone::Soft to=Route::Visit(id)>{t!("visit.visit")}</LinkButton> })}
        </div>
    }
    .into_any()
}

/// Building and unit, after the estate where there are several.
pub fn stairs(row: &HouseholdRow, has_estates: bool) -> String {
    let estate = if has_estates { &row.estate } else { "" };
    labels::joined_words([estate, &row.building, &row.unit])
}

/// Building, unit and door in one, after the estate where there are several.
pub fn whole_place(row: &HouseholdRow, has_estates: bool) -> String {
    labels::joined_words([&stairs(row, has_estates), &row.room])
}

/// Whether two doors are in the same staircase.
pub fn are_neighbours(one: &HouseholdRow, other: &HouseholdRow) -> bool {
    (&one.estate, &one.building, &one.unit) == (&other.estate, &other.building, &other.unit)
}

/// Building, unit and door in one.
pub fn door(row: &HouseholdRow) -> String {
    whole_place(row, false)
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
