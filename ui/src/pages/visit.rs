//! 走访: the sheet from opening to the next door. The form itself is in `visit_form`.

use std::time::Duration;

use leptos::ev;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use records::call::{
    DropDraft, DueDoor, OpenVisitSheet, SaveDraft, SaveVisit, Saved, VisitDraft, VisitSheet,
};
use records::{Fault, RecordId};

use super::visit_form::VisitForm;
use crate::bridge::ask;
use crate::components::call::CallButton;
use crate::components::household_row::{door, last_visit, name_or_unknown};
use crate::components::{Button, FaultNote, Heading, Icon, Page, Picture, Tone};
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t};

/// Typing pauses this long before the draft is kept.
const DRAFT_PAUSE: Duration = Duration::from_millis(600);

/// What the sheet goes through.
#[derive(Clone)]
enum Stage {
    Opening,
    Filling(Box<VisitSheet>),
    Saved(DueDoor),
    Failed(Fault),
}

/// The visit sheet of a household.
#[component]
pub fn VisitPage(
    /// Whose.
    #[prop(into)]
    household: Signal<RecordId>,
) -> impl IntoView {
    let shared = Shared::here();
    let stage = RwSignal::new(Stage::Opening);
    open(shared, household, stage);
    view! {
        <Page name="visit" is_ready=move || stage.with(|stage| !matches!(stage, Stage::Opening))>
            {move || match stage.get() {
                Stage::Opening => ().into_any(),
                Stage::Filling(sheet) => view! { <Filling sheet=*sheet stage /> }.into_any(),
                Stage::Saved(next) => view! { <NextDoor next /> }.into_any(),
                Stage::Failed(fault) => {
                    view! { <Heading title=t!("visit.visit") back=Route::Today /><FaultNote fault /> }.into_any()
                }
            }}
        </Page>
    }
}

/// Opens the sheet when the household changes, or when its visit was taken back.
fn open(shared: Shared, household: Signal<RecordId>, stage: RwSignal<Stage>) {
    let opened = StoredValue::new(None);
    Effect::new(move |_| {
        let household = household.get();
        let reopened = shared.reopened.get().filter(|draft| draft.household == household);
        if reopened.is_none() && opened.get_value() == Some(household) {
            return;
        }
        opened.set_value(Some(household));
        ask(OpenVisitSheet { household }, move |answer| {
            let filled = answer.map_or_else(Stage::Failed, |mut sheet| {
                if let Some(draft) = reopened {
                    sheet.draft = draft;
                    shared.reopened.set(None);
                }
                Stage::Filling(Box::new(sheet))
            });
            if opened.try_get_value() == Some(Some(household)) {
                stage.try_set(filled);
            }
        });
    });
}

/// The sheet while it is being filled in.
#[component]
fn Filling(sheet: VisitSheet, stage: RwSignal<Stage>) -> impl IntoView {
    let shared = Shared::here();
    let draft = RwSignal::new(sheet.draft.clone());
    let kept = StoredValue::new(sheet.draft.clone());
    let fault = RwSignal::new(None::<Fault>);
    let is_saving = RwSignal::new(false);
    keep_draft(draft, kept);
    let next_door = sheet.next_door;
    let save = move |()| {
        if draft.with_untracked(|draft| draft.result.is_none()) {
            fault.set(Some(Fault::new("visit.result_missing")));
            return;
        }
        if is_saving.get_untracked() {
            return;
        }
        is_saving.set(true);
        ask(SaveVisit { draft: draft.get_untracked() }, move |answer| {
            is_saving.try_set(false);
            match answer {
                Ok(saved) => {
                    kept.set_value(draft.get_untracked());
                    after_saving(
                        shared,
                        &saved,
                        draft.with_untracked(|draft| draft.household),
                        next_door,
                        stage,
                    );
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
        });
    };
    let put_aside = move |()| {
        shared.router.back(Route::Today);
        shared.say(t!("visit.put_aside"));
    };
    let time = move || draft.with(|draft| days::moment(draft.started.utc_ms, days::today()));
    let title = name_or_unknown(&sheet.row.name);
    let call = sheet.phone.clone().map(|(person, _)| view! { <CallButton person name=title.clone() /> });
    view! {
        <Heading above=door(&sheet.row) title=title.clone() aside=t!("visit.visit") back=Route::Today>{call}</Heading>
        {lead(&sheet)}
        {sheet.is_resumed.then(|| view! { <Resumed sheet=sheet.clone() stage kept /> })}
        <VisitForm sheet=sheet draft fault />
        <footer class="foot">
            {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            <div class="foot-row">
                <Button act="later" on_press=put_aside>{t!("visit.later")}</Button>
                <Button act="save" tone=Tone::Main is_off=is_saving on_press=save>
                    {t!("save")}" · "<span class="number">{time}</span>
                </Button>
            </div>
        </footer>
    }
}

/// What helps before knocking.
fn lead(sheet: &VisitSheet) -> impl IntoView + use<> {
    let last = last_visit(sheet.row.last, days::today());
    let hint = sheet.hint.clone();
    view! {
        <p class="hint-line">
            <Picture icon=Icon::Door is_small=true />
            <span>{labels::joined([hint, Some(last)])}</span>
        </p>
    }
}

/// A draft goes on where it was left; it can also be begun anew.
#[component]
fn Resumed(sheet: VisitSheet, stage: RwSignal<Stage>, kept: StoredValue<VisitDraft>) -> impl IntoView {
    let shared = Shared::here();
    let household = sheet.row.id;
    let old = sheet.draft;
    let anew = move |()| {
        let old = old.clone();
        // Nothing of the old draft is to be kept again when this form goes.
        kept.set_value(old.clone());
        ask(DropDraft { household }, move |_| {
            ask(OpenVisitSheet { household }, move |answer| {
                stage.try_set(answer.map_or_else(Stage::Failed, |sheet| Stage::Filling(Box::new(sheet))));
                shared.say_with_way_back(t!("visit.dropped"), move || {
                    shared.reopened.set(Some(old.clone()));
                    shared.router.go(Route::Visit(household));
                });
            });
        });
    };
    view! {
        <div class="resumed">
            <p class="small">{t!("visit.resumed")}</p>
            <Button act="anew" tone=Tone::Quiet on_press=anew>{t!("visit.anew")}</Button>
        </div>
    }
}

/// Keeps what is typed: after a pause, when the app is hidden, and when the sheet is left.
fn keep_draft(draft: RwSignal<VisitDraft>, kept: StoredValue<VisitDraft>) {
    let keep = move || {
        let Some(now) = draft.try_get_untracked() else { return };
        if kept.try_get_value().is_some_and(|kept| kept != now) {
            kept.set_value(now.clone());
            ask(SaveDraft { draft: now }, |_| {});
        }
    };
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |_| {
        draft.track();
        if let Some(timer) = timer.get_value() {
            timer.clear();
        }
        timer.set_value(set_timeout_with_handle(keep, DRAFT_PAUSE).ok());
    });
    let hidden = window_event_listener(ev::visibilitychange, move |_| keep());
    on_cleanup(move || {
        hidden.remove();
        if let Some(Some(timer)) = timer.try_get_value() {
            timer.clear();
        }
        keep();
    });
}

fn after_saving(
    shared: Shared,
    saved: &Saved,
    household: RecordId,
    next_door: Option<RecordId>,
    stage: RwSignal<Stage>,
) {
    let next = shared.walk.try_update(|walk| next_in_walk(walk, household, next_door)).flatten();
    shared.say_with_undo(t!("saved"), saved.undo, saved.undo_until_ms);
    match next {
        Some(next) => drop(stage.try_set(Stage::Saved(next))),
        None => shared.router.back(Route::Today),
    }
}

/// The next door of the walk; the door just done leaves it.
fn next_in_walk(walk: &mut Vec<DueDoor>, done: RecordId, next_door: Option<RecordId>) -> Option<DueDoor> {
    let was_on_walk = walk.iter().any(|door| door.household == done);
    walk.retain(|door| door.household != done);
    if !was_on_walk {
        // A visit beside the way ends the walk.
        walk.clear();
    }
    let named = walk.iter().find(|door| Some(door.household) == next_door);
    named.or(walk.first()).cloned()
}

/// After saving on a walk: the next door.
#[component]
fn NextDoor(next: DueDoor) -> impl IntoView {
    let shared = Shared::here();
    let household = next.household;
    let left = shared.walk.with_untracked(Vec::len);
    let line = labels::joined([Some(last_visit(next.last, days::today())), next.hint]);
    let stop = move |()| {
        shared.walk.set(Vec::new());
        shared.router.back(Route::Today);
    };
    view! {
        <Heading title=t!("visit.next_title") back=Route::Today />
        <div class="next-door" data-row="next">
            <p class="saved-line"><Picture icon=Icon::Check />{t!("saved")}</p>
            <p class="big-number number">{next.room}</p>
            <p><strong>{name_or_unknown(&next.name)}</strong></p>
            <p class="small">{line}</p>
            <p class="small">{t!("visit.left", count = left)}</p>
        </div>
        <footer class="foot">
            <div class="foot-row">
                <Button act="walk-stop" on_press=stop>{t!("visit.stop")}</Button>
                <Button act="next-door" tone=Tone::Main on_press=move |()| shared.router.replace(Route::Visit(household))>
                    {t!("visit.next_door")}
                </Button>
            </div>
        </footer>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(number: u8) -> DueDoor {
        DueDoor {
            household: RecordId::new(i64::from(number), [number; 10]),
            room: format!("{number}01"),
            name: String::new(),
            due_on: chrono::NaiveDate::default(),
            last: None,
            hint: None,
            has_phone: false,
        }
    }

    #[test]
    fn a_walk_goes_from_door_to_door_and_ends() {
        let mut walk = vec![door(2), door(3), door(5)];
        let next = next_in_walk(&mut walk, door(2).household, Some(door(5).household));
        assert_eq!(next, Some(door(5)));
        let next = next_in_walk(&mut walk, door(5).household, None);
        assert_eq!(next, Some(door(3)));
        assert_eq!(next_in_walk(&mut walk, door(3).household, None), None);
    }

    #[test]
    fn a_visit_beside_the_way_ends_the_walk() {
        let mut walk = vec![door(2), door(3)];
        assert_eq!(next_in_walk(&mut walk, door(9).household, Some(door(3).household)), None);
        assert!(walk.is_empty());
    }
}
