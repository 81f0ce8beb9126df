//! 走访: the sheet from opening to the next door. The form itself is in `visit_form`.

use std::time::Duration;

use leptos::ev;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use records::call::{
    DropDraft, DueDoor, Kept, OpenVisitSheet, SaveDraft, SaveVisit, Saved, VisitDraft, VisitSheet,
};
use records::{Fault, RecordId};

use super::visit_form::VisitForm;
use crate::bridge::ask;
use crate::components::call::CallButton;
use crate::components::household_row::{door, last_visit, name_or_unknown};
use crate::components::{Button, FaultNote, Heading, Icon, Page, Picture, Tone};
use crate::live::after_painting;
use crate::route::Route;
use crate::state::Shared;
use crate::walk::{After, Walk};
use crate::{days, keyboard, labels, t};

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
    let keeping = RwSignal::new(Keeping::begin(&sheet.draft));
    let fault = RwSignal::new(None::<Fault>);
    let is_saving = RwSignal::new(false);
    keep_draft(draft, keeping);
    let next_door = sheet.next_door;
    let save = move |()| {
        if is_saving.get_untracked() {
            return;
        }
        is_saving.set(true);
        ask(SaveVisit { draft: draft.get_untracked() }, move |answer| {
            // Whoever left the sheet meanwhile is not led anywhere.
            let is_left = is_saving.try_get_untracked().is_none();
            match answer {
                Ok(saved) if is_left => shared.say_with_undo(t!("saved"), saved.undo, saved.undo_until_ms),
                Err(why) if is_left => shared.say_fault(&why),
                Ok(saved) => {
                    keeping.update(Keeping::end);
                    after_saving(
                        shared,
                        &saved,
                        draft.with_untracked(|draft| draft.household),
                        next_door,
                        stage,
                    );
                }
                Err(why) => {
                    is_saving.set(false);
                    fault.set(Some(why));
                }
            }
        });
    };
    let put_aside = move |()| {
        shared.router.back(Route::Today);
        shared.say(t!("visit.put_aside"));
    };
    let has_result = Memo::new(move |_| draft.with(|draft| draft.result.is_some()));
    let save_button = move || {
        if has_result.get() {
            view! { <Button act="save" tone=Tone::Main is_off=is_saving on_press=save>{t!("save")}</Button> }
        } else {
            let show = |()| {
                keyboard::focus_first("[data-act=result-1]");
            };
            view! { <Button act="save" tone=Tone::Soft on_press=show>{t!("visit.result_first")}</Button> }
        }
    };
    let fault_shown = move || fault.get().or_else(|| keeping.with(|keeping| keeping.fault.clone()));
    let title = name_or_unknown(&sheet.row.name);
    let call = sheet.phone.clone().map(|(person, _)| view! { <CallButton person name=title.clone() /> });
    view! {
        <Heading above=door(&sheet.row) title=title.clone() aside=t!("visit.visit") back=Route::Today>{call}</Heading>
        {lead(&sheet)}
        {sheet.is_resumed.then(|| view! { <Resumed sheet=sheet.clone() stage keeping /> })}
        <VisitForm sheet=sheet draft fault />
        <footer class="foot">
            {move || fault_shown().map(|fault| view! { <FaultNote fault /> })}
            <div class="foot-row">
                <Button act="later" on_press=put_aside>{t!("visit.later")}</Button>
                {save_button}
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
fn Resumed(sheet: VisitSheet, stage: RwSignal<Stage>, keeping: RwSignal<Keeping>) -> impl IntoView {
    let shared = Shared::here();
    let household = sheet.row.id;
    let old = sheet.draft;
    let anew = move |()| {
        let old = old.clone();
        // Nothing of the old draft is to be kept again when this form goes.
        keeping.update(Keeping::end);
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

/// What of a draft is known to be on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Keeping {
    kept: VisitDraft,
    fault: Option<Fault>,
    /// The visit was saved, or the draft dropped: nothing more of it is kept.
    is_over: bool,
}

impl Keeping {
    fn begin(draft: &VisitDraft) -> Self {
        Self { kept: draft.clone(), fault: None, is_over: false }
    }

    fn end(&mut self) {
        *self = Self { fault: None, is_over: true, ..self.clone() };
    }

    fn needs(&self, now: &VisitDraft) -> bool {
        !self.is_over && self.kept != *now
    }

    /// Only what the core has confirmed counts as kept; what failed is tried again with the next change.
    fn answered(&mut self, draft: VisitDraft, answer: Result<Kept, Fault>) {
        self.fault = answer.err().filter(|_| !self.is_over);
        if self.fault.is_none() {
            self.kept = draft;
        }
    }
}

/// Keeps what is typed: after a pause, when the app is hidden or loaded anew, and when the sheet is left.
fn keep_draft(draft: RwSignal<VisitDraft>, keeping: RwSignal<Keeping>) {
    let keep = move || {
        let Some(now) = draft.try_get_untracked() else { return };
        if keeping.try_with_untracked(|keeping| keeping.needs(&now)) == Some(true) {
            ask(SaveDraft { draft: now.clone() }, move |answer| {
                keeping.try_update(|keeping| keeping.answered(now, answer));
            });
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
    let left = window_event_listener(ev::pagehide, move |_| keep());
    on_cleanup(move || {
        hidden.remove();
        left.remove();
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
    let after = shared.walk.try_update(|walk| walk.saved(household, next_door)).unwrap_or(After::Beside);
    let words = if after == After::Finished { t!("visit.walk_done") } else { t!("saved") };
    shared.say_with_undo(words, saved.undo, saved.undo_until_ms);
    match after {
        After::Next(next) => drop(stage.try_set(Stage::Saved(next))),
        // First the word that it is kept, then the page behind: drawing that takes longer.
        After::Finished | After::Beside => after_painting(move || {
            if shared.router.route.get_untracked() == Route::Visit(household) {
                shared.router.back(Route::Today);
            }
        }),
    }
}

/// After saving on a walk: the next door.
#[component]
fn NextDoor(next: DueDoor) -> impl IntoView {
    let shared = Shared::here();
    let household = next.household;
    let left = shared.walk.with_untracked(Walk::left);
    let line = labels::joined([Some(last_visit(next.last, days::today())), next.hint]);
    let stop = move |()| {
        shared.walk.set(Walk::default());
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
    use records::Moment;
    use records::codes::VisitKind;

    use super::*;

    fn draft(note: &str) -> VisitDraft {
        VisitDraft {
            id: RecordId::new(1, [1; 10]),
            household: RecordId::new(2, [2; 10]),
            kind: VisitKind::Routine,
            result: None,
            started: Moment::beijing(0),
            findings: Vec::new(),
            all_well: false,
            note: note.to_owned(),
            next_on: None,
            matters: Vec::new(),
        }
    }

    #[test]
    fn a_draft_that_could_not_be_kept_is_tried_again_and_says_so() {
        let mut keeping = Keeping::begin(&draft(""));
        keeping.answered(draft("耳背"), Err(Fault::new("store.full")));
        assert_eq!(keeping.fault, Some(Fault::new("store.full")));
        assert!(keeping.needs(&draft("耳背")));
        keeping.answered(draft("耳背"), Ok(Kept {}));
        assert_eq!(keeping.fault, None);
        assert!(!keeping.needs(&draft("耳背")));
    }

    #[test]
    fn nothing_is_kept_of_a_draft_that_is_saved_or_dropped() {
        let mut keeping = Keeping::begin(&draft(""));
        keeping.end();
        keeping.answered(draft("耳背"), Ok(Kept {}));
        assert!(!keeping.needs(&draft("耳背，多敲两下")));
    }
}
