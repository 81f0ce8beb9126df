//! The staircases of a day: each a card that is drawn anew only when it is another than before.

use chrono::NaiveDate;
use leptos::prelude::*;
use records::call::{DueDoor, Staircase, Today};

use crate::components::household_row::{last_visit, name_or_unknown};
use crate::components::keyed::keyed;
use crate::components::{Button, Chip, Icon, LinkButton, Picture, Tone};
use crate::live::{Answered, after_painting};
use crate::route::Route;
use crate::state::Shared;
use crate::walk::Walk;
use crate::{days, labels, t};

/// Doors that fill the screen of a phone.
const DOORS_OF_A_SCREEN: usize = 8;

/// A staircase as it stands on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Card {
    /// The estate, where the first of its staircases stands.
    estate: Option<String>,
    stairs: Staircase,
    /// The day its words speak from.
    on: NaiveDate,
}

impl Card {
    fn place(&self) -> (&str, &str, &str) {
        (&self.stairs.estate, &self.stairs.building, &self.stairs.unit)
    }
}

/// A card as it was drawn. One that is another gets another number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Drawn {
    number: usize,
    card: Card,
}

/// What stands on the page, and what is still to come.
#[derive(Clone, Copy)]
struct Drawing {
    today: Answered<Today>,
    drawn: RwSignal<Vec<Drawn>>,
    is_under_way: StoredValue<bool>,
    /// The first number that was never used.
    free: StoredValue<usize>,
}

impl Drawing {
    fn of(today: Answered<Today>) -> Self {
        let (is_under_way, free) = (StoredValue::new(false), StoredValue::new(0));
        Self { today, drawn: RwSignal::new(vec![]), is_under_way, free }
    }

    fn numbers(self) -> Vec<usize> {
        self.drawn.with(|drawn| drawn.iter().map(|drawn| drawn.number).collect())
    }

    fn card(self, number: usize) -> Option<Card> {
        self.drawn.with_untracked(|drawn| {
            drawn.iter().find(|drawn| drawn.number == number).map(|drawn| drawn.card.clone())
        })
    }

    /// Draws what is next, and goes on once it is painted.
    fn go_on(self) {
        let wanted = self.today.try_with_untracked(|today| match today {
            Some(Ok(today)) => cards(today),
            _ => vec![],
        });
        let Some(wanted) = wanted else { return };
        let next = self.drawn.with_untracked(|drawn| next(drawn, &wanted, self.free.get_value()));
        let after_last = next.iter().map(|drawn| drawn.number + 1).max().unwrap_or(0);
        self.free.update_value(|free| *free = after_last.max(*free));
        let is_whole = next.iter().map(|drawn| &drawn.card).eq(&wanted);
        self.is_under_way.set_value(!is_whole);
        self.drawn.maybe_update(|drawn| std::mem::replace(drawn, next.clone()) != next);
        if !is_whole {
            after_painting(move || self.go_on());
        }
    }
}

/// The staircases of the newest answer, a screen of doors in one go, so that the page answers between them.
#[component]
pub fn Staircases(today: Answered<Today>) -> impl IntoView {
    let shared = Shared::here();
    let drawing = Drawing::of(today);
    Effect::new(move |_| {
        today.track();
        if !drawing.is_under_way.get_value() {
            drawing.go_on();
        }
    });
    let draw = move |number| drawing.card(number).map(|card| staircase(shared, card)).into_any();
    let numbers = Signal::derive(move || drawing.numbers());
    view! { <div class="stack">{keyed(numbers, Callback::new(draw))}</div> }
}

fn cards(today: &Today) -> Vec<Card> {
    let on = days::today();
    let mut before = "";
    let cards = today.staircases.iter().map(|stairs| {
        let is_new_estate = stairs.estate != before && !stairs.estate.is_empty();
        before = &stairs.estate;
        Card { estate: is_new_estate.then(|| stairs.estate.clone()), stairs: stairs.clone(), on }
    });
    cards.collect()
}

/// What stands on the page next, on the way to what is wanted: at most a screen of doors, rounded up to whole
/// staircases, is drawn anew, with numbers from `free` on. Staircases whose turn has not come stay as they are.
fn next(drawn: &[Drawn], wanted: &[Card], free: usize) -> Vec<Drawn> {
    let mut fresh = free..;
    let mut doors = 0;
    let mut next = Vec::<Drawn>::new();
    for card in wanted {
        // A building that is spelt in two ways can have the same staircase twice.
        let mut free = drawn.iter().filter(|old| next.iter().all(|taken| taken.number != old.number));
        let same = free.clone().find(|old| old.card == *card);
        if same.is_none() && doors < DOORS_OF_A_SCREEN {
            doors += card.stairs.doors.len();
            next.extend(fresh.next().map(|number| Drawn { number, card: card.clone() }));
        } else {
            next.extend(same.or_else(|| free.find(|old| old.card.place() == card.place())).cloned());
        }
    }
    next
}

fn staircase(shared: Shared, Card { estate, stairs, on }: Card) -> impl IntoView {
    let place = labels::joined_words([&stairs.building, &stairs.unit]);
    let title = t!("today.staircase", place = place, count = stairs.doors.len());
    let doors = stairs.doors.iter().cloned().map(|door| view! { <Due door on /> }).collect_view();
    let is_walk = stairs.doors.len() > 1;
    let take = move |()| {
        let first = stairs.doors.first().map(|door| door.household);
        shared.walk.set(Walk::begin(stairs.doors.clone()));
        if let Some(first) = first {
            shared.router.go(Route::Visit(first));
        }
    };
    view! {
        {estate.map(|estate| view! { <h3 class="estate">{estate}</h3> })}
        <section class="card">
            <header class="stair">
                <Picture icon=Icon::Stairs is_small=true />
                <h3 class="grow">{title}</h3>
                {is_walk.then(|| view! { <Button act="walk" on_press=take>{t!("today.walk")}</Button> })}
            </header>
            {doors}
        </section>
    }
}

/// One door of the day.
#[component]
fn Due(door: DueDoor, on: NaiveDate) -> impl IntoView {
    let shared = Shared::here();
    let id = door.household;
    let is_current = move || shared.is_wide.get() && shared.open_household() == Some(id);
    let late = days::late(door.due_on, on);
    let line = labels::joined([Some(last_visit(door.last, on)), door.hint.clone()]);
    view! {
        <div class="row" class:current=is_current data-row="due" data-id=id.to_string()>
            <span class="door number" aria-hidden="true">{door.room.clone()}</span>
            <div class="grow">
                <a class="row-link" href=Route::Household(id).hash()>
                    <span class="out-of-sight">{door.room.clone()}" "</span>
                    <strong>{name_or_unknown(&door.name)}</strong>
                </a>
                {late.map(|late| view! { " "<Chip colour="wait" icon=Icon::Clock>{late}</Chip> })}
                <p>{line}</p>
            </div>
            <LinkButton act="visit" tone=Tone::Soft to=Route::Visit(id)>{t!("visit.visit")}</LinkButton>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use records::RecordId;

    use super::*;

    /// A card of this building with so many doors, told from another by the day of its words.
    fn card(building: &str, doors: u8, day: i32) -> Card {
        let on = NaiveDate::from_epoch_days(day).unwrap();
        let door = |number| DueDoor {
            household: RecordId::new(i64::from(number), [number; 10]),
            room: String::new(),
            name: String::new(),
            due_on: on,
            last: None,
            hint: None,
            has_phone: false,
        };
        let stairs = Staircase {
            estate: String::new(),
            building: building.into(),
            unit: String::new(),
            doors: (0..doors).map(door).collect(),
        };
        Card { estate: None, stairs, on }
    }

    fn cards_of(drawn: &[Drawn]) -> Vec<Card> {
        drawn.iter().map(|drawn| drawn.card.clone()).collect()
    }

    fn drawn_next(drawn: &[Drawn], wanted: &[Card]) -> Vec<Drawn> {
        next(drawn, wanted, drawn.iter().map(|drawn| drawn.number + 1).max().unwrap_or(0))
    }

    #[test]
    fn a_screen_of_doors_is_drawn_in_one_go() {
        let wanted = [card("1", 3, 0), card("2", 5, 0), card("3", 20, 0), card("4", 1, 0)];
        let mut drawn = vec![];
        for shown in [2, 3, 4, 4] {
            drawn = drawn_next(&drawn, &wanted);
            assert_eq!(cards_of(&drawn), wanted[..shown]);
        }
    }

    #[test]
    fn a_staircase_whose_turn_has_not_come_stays_and_one_that_is_done_goes() {
        let before = [card("1", 9, 0), card("2", 9, 0), card("3", 9, 0)];
        let drawn = drawn_next(&drawn_next(&drawn_next(&[], &before), &before), &before);
        let wanted = [card("0", 9, 1), card("1", 9, 1), card("3", 9, 0), card("4", 9, 1)];
        let drawn = drawn_next(&drawn, &wanted);
        assert_eq!(cards_of(&drawn), [card("0", 9, 1), card("1", 9, 0), card("3", 9, 0)]);
        let drawn = drawn_next(&drawn, &wanted);
        assert_eq!(cards_of(&drawn), wanted[..3]);
        assert_eq!(cards_of(&drawn_next(&drawn, &wanted)), wanted);
    }

    #[test]
    fn a_staircase_that_is_there_twice_is_drawn_twice_and_no_more() {
        let wanted = [card("1", 8, 0), card("2", 8, 0), card("1", 9, 0)];
        let mut drawn = drawn_next(&[], &[card("1", 9, 0)]);
        for shown in [&wanted[..1], &wanted[..2], &wanted] {
            drawn = drawn_next(&drawn, &wanted);
            let numbers: std::collections::BTreeSet<_> = drawn.iter().map(|drawn| drawn.number).collect();
            assert_eq!(numbers.len(), drawn.len());
            assert!(shown.iter().all(|card| cards_of(&drawn).contains(card)), "{drawn:?}");
        }
        assert_eq!(cards_of(&drawn), wanted);
    }

    #[test]
    fn only_what_is_another_than_before_gets_another_number() {
        let drawn = drawn_next(&[], &[card("1", 2, 0), card("2", 2, 0), card("3", 2, 0)]);
        let drawn = drawn_next(&drawn, &[card("2", 2, 0), card("1", 2, 1), card("4", 2, 0)]);
        assert_eq!(drawn.iter().map(|drawn| drawn.number).collect::<Vec<_>>(), [1, 3, 4]);
    }
}
