//! The form of a visit: what came of it, and then only what that result needs.

use leptos::prelude::*;
use records::Fault;
use records::call::{MatterDraft, VisitDraft, VisitSheet};
use records::codes::{CareLevel, Finding, VisitKind, VisitResult};

use super::facts::toggle;
use super::visit_time::VisitTime;
use crate::components::household_row::door;
use crate::components::matter_form::MatterSheet;
use crate::components::{Button, DayField, Icon, IconButton, LongField, Pick, Picture};
use crate::route::Route;
use crate::state::Shared;
use crate::{days, keyboard, labels, t};

/// The form, writing into `draft`.
#[component]
pub fn VisitForm(
    /// What the sheet showed when it was opened.
    sheet: VisitSheet,
    /// The visit as it is being filled in.
    draft: RwSignal<VisitDraft>,
    /// Why it could not be saved; gone with the next choice.
    fault: RwSignal<Option<Fault>>,
) -> impl IntoView {
    let shared = Shared::here();
    let result = Memo::new(move |_| draft.with(|draft| draft.result));
    let note = RwSignal::new(draft.with_untracked(|draft| draft.note.clone()));
    Effect::new(move |_| {
        let words = note.get();
        draft.maybe_update(|draft| {
            let is_new = draft.note != words;
            draft.note = words;
            is_new
        });
    });
    let place = door(&sheet.row);
    attach_picked(shared, draft, place.clone());
    let household = sheet.row.id;
    let proposals = StoredValue::new(sheet.proposals.clone());
    let pick_item = move |()| {
        shared.picking_for.set(Some(household));
        shared.router.go(Route::Pick);
    };
    let care = sheet.care;
    view! {
        <div class="visit-form">
            <div class="choosing">
                <Results draft result fault />
                <p class="urgent-line">
                    {t!("visit.danger")}" "
                    <a data-act="urgent" href=Route::Urgent.hash()>{t!("visit.help_now")}</a>
                </p>
            </div>
            <Show when=move || result.get().is_some()>
                <Findings draft result />
                <LongField act="note" label=t!("visit.note") aside=t!("visit.note_aside") value=note />
                <Matters draft />
                <div class="wrap">
                    <Button act="add-matter" icon=Icon::Plus on_press=pick_item>{t!("visit.add_matter")}</Button>
                </div>
                <div class="card">
                    <NextOn draft result proposals care />
                    <VisitTime draft />
                    <Kind draft />
                </div>
            </Show>
        </div>
    }
}

/// An item that was picked for this sheet becomes one of its matters.
fn attach_picked(shared: Shared, draft: RwSignal<VisitDraft>, place: String) {
    Effect::new(move |_| {
        // While the picker lies over the sheet there is nothing to focus.
        if shared.router.route.get() == Route::Pick {
            return;
        }
        let Some(mut matter) = shared.picked.get() else { return };
        shared.picked.set(None);
        if matter.place.is_empty() {
            matter.place.clone_from(&place);
        }
        draft.update(|draft| draft.matters.push(matter));
        request_animation_frame(|| {
            keyboard::focus_first("[data-act=add-matter]");
        });
    });
}

/// Eight results, nothing chosen beforehand.
#[component]
fn Results(
    draft: RwSignal<VisitDraft>,
    result: Memo<Option<VisitResult>>,
    fault: RwSignal<Option<Fault>>,
) -> impl IntoView {
    // On a phone only the chosen result stays in sight; pressing it shows the others again.
    let is_folded = RwSignal::new(result.with_untracked(Option::is_some));
    let choose = move |chosen: VisitResult| {
        fault.set(None);
        is_folded.update(|is_folded| *is_folded = result.get_untracked() != Some(chosen) || !*is_folded);
        draft.update(|draft| {
            draft.result = Some(chosen);
            // What this result does not ask for is not said either.
            draft.findings.retain(|finding| offered(chosen).contains(finding));
            draft.all_well &= chosen.is_effective();
        });
    };
    let buttons = VisitResult::ALL.iter().map(|value| {
        let value = *value;
        let is_on = move || result.get() == Some(value);
        view! {
            <button
                type="button"
                role="radio"
                class="result"
                class:on=is_on
                data-act=format!("result-{}", value.code())
                aria-checked=move || is_on().to_string()
                on:click=move |_| choose(value)
            >
                <Picture icon=labels::result_icon(value) />
                <span class="grow">{labels::result(value)}</span>
                <span class="another">{t!("visit.another_result")}</span>
            </button>
        }
    });
    view! { <div class="results" class:folded=is_folded role="radiogroup" aria-label=t!("visit.results")>{buttons.collect_view()}</div> }
}

/// What can be noticed with a result: behind a closed door little, after a refusal nothing.
fn offered(result: VisitResult) -> &'static [Finding] {
    match result {
        VisitResult::NobodyHome => {
            &[Finding::OutOfContact, Finding::Hazard, Finding::UtilitiesCut, Finding::Other]
        }
        VisitResult::Refused | VisitResult::Later | VisitResult::MovedAway | VisitResult::Newer(_) => &[],
        _ => &[
            Finding::Health,
            Finding::Hardship,
            Finding::Hazard,
            Finding::LowSpirits,
            Finding::UtilitiesCut,
            Finding::Other,
        ],
    }
}

#[component]
fn Findings(draft: RwSignal<VisitDraft>, result: Memo<Option<VisitResult>>) -> impl IntoView {
    let well = move |()| {
        draft.update(|draft| {
            draft.all_well = !draft.all_well;
            draft.findings.clear();
        });
    };
    let choose = move |finding: Finding| {
        draft.update(|draft| {
            toggle(&mut draft.findings, finding);
            draft.all_well = false;
        });
    };
    move || {
        let result = result.get()?;
        let offered = offered(result);
        let picks: Vec<_> = offered
            .iter()
            .map(|finding| {
                let finding = *finding;
                view! {
                    <Pick
                        act=format!("finding-{}", finding.code())
                        is_on=move || draft.with(|draft| draft.findings.contains(&finding))
                        on_press=move |()| choose(finding)
                    >
                        {labels::finding(finding)}
                    </Pick>
                }
            })
            .collect();
        let all_well = result.is_effective().then(|| {
            view! {
                <Pick act="all-well" is_on=move || draft.with(|draft| draft.all_well) on_press=well>
                    <Picture icon=Icon::Well is_small=true />
                    {t!("visit.all_well")}
                </Pick>
            }
        });
        (!offered.is_empty()).then(|| {
            view! {
                <section>
                    <h2>{t!("visit.findings")}</h2>
                    <div class="wrap" role="group" aria-label=t!("visit.findings")>{all_well}{picks}</div>
                </section>
            }
        })
    }
}

/// The matters that will be recorded with the visit.
#[component]
fn Matters(draft: RwSignal<VisitDraft>) -> impl IntoView {
    let shared = Shared::here();
    let editing = RwSignal::new(None::<(usize, MatterDraft)>);
    let remove = move |at: usize| {
        let taken =
            draft.try_update(|draft| (at < draft.matters.len()).then(|| draft.matters.remove(at))).flatten();
        if let Some(matter) = taken {
            shared.say_with_way_back(t!("visit.matter_removed"), move || {
                draft.try_update(|draft| draft.matters.insert(at.min(draft.matters.len()), matter.clone()));
            });
        }
    };
    let card = move |at: usize, matter: MatterDraft| {
        let line = matter_line(&matter);
        let subject = matter.subject.clone();
        let edit = move |()| editing.set(Some((at, matter.clone())));
        view! {
            <div class="card row" data-row="matter-draft">
                <Picture icon=Icon::List />
                <div class="grow"><strong>{subject}</strong><p>{line}</p></div>
                <IconButton act="matter-edit" icon=Icon::Edit name=t!("visit.matter_edit") on_press=edit />
                <IconButton act="matter-remove" icon=Icon::Remove name=t!("visit.matter_remove") on_press=move |()| remove(at) />
            </div>
        }
    };
    let changed = move |at: usize, matter: MatterDraft| {
        editing.set(None);
        draft.update(|draft| {
            if let Some(old) = draft.matters.get_mut(at) {
                *old = matter;
            }
        });
    };
    view! {
        {move || draft.with(|draft| draft.matters.clone()).into_iter().enumerate().map(|(at, matter)| card(at, matter)).collect_view()}
        {move || {
            let (at, matter) = editing.get()?;
            Some(view! {
                <MatterSheet
                    draft=matter
                    done=t!("done")
                    fault=Signal::stored(None)
                    on_done=move |matter| changed(at, matter)
                    on_close=move |()| editing.set(None)
                />
            })
        }}
    }
}

fn matter_line(matter: &MatterDraft) -> String {
    let item = matter.item.as_ref();
    let department = item.map_or_else(|| t!("matter.off_list").to_owned(), |item| item.department.clone());
    let limit = item.and_then(|item| labels::limit(item.limit_workdays, item.limit_minutes));
    labels::joined([Some(department), limit, Some(matter.place.clone())])
}

/// The next day, as the rhythm proposes it or as it was agreed.
#[component]
fn NextOn(
    draft: RwSignal<VisitDraft>,
    result: Memo<Option<VisitResult>>,
    proposals: StoredValue<Vec<(VisitResult, Option<chrono::NaiveDate>)>>,
    care: CareLevel,
) -> impl IntoView {
    let proposed = move || {
        let result = result.get()?;
        proposals.with_value(|proposals| {
            proposals.iter().find(|(other, _)| *other == result).and_then(|(_, day)| *day)
        })
    };
    follow_proposal(draft, result, proposed);
    let shown = move || draft.with(|draft| draft.next_on).or_else(proposed);
    let choose = move |day| draft.update(|draft| draft.next_on = day);
    move || {
        if result.get() == Some(VisitResult::MovedAway) {
            return view! { <div class="row"><p class="words">{moved_away(care)}</p></div> }.into_any();
        }
        view! {
            <div class="row">
                <div class="grow"><strong>{t!("visit.next")}</strong><p>{labels::rhythm(care)}</p></div>
                <DayField act="next-on" label=t!("visit.next") value=Signal::derive(shown) first=days::today() on_choose=choose />
            </div>
        }
        .into_any()
    }
}

/// What follows when somebody has moved away: nobody at high risk is dropped silently.
fn moved_away(care: CareLevel) -> &'static str {
    if care == CareLevel::High { t!("visit.moved_high") } else { t!("visit.moved") }
}

/// Behind a closed door the rhythm moves nothing, so the proposed day is agreed on explicitly, until
/// another result, or the person, says otherwise.
fn follow_proposal(
    draft: RwSignal<VisitDraft>,
    result: Memo<Option<VisitResult>>,
    proposed: impl Fn() -> Option<chrono::NaiveDate> + Copy + Send + Sync + 'static,
) {
    Effect::new(move |before: Option<Option<chrono::NaiveDate>>| {
        let explicit = match result.get() {
            Some(VisitResult::NobodyHome | VisitResult::Later) => proposed(),
            _ => None,
        };
        let ours = before.flatten();
        draft.maybe_update(|draft| {
            let is_ours = draft.next_on.is_none() || (ours.is_some() && draft.next_on == ours);
            let is_new = is_ours && draft.next_on != explicit;
            if is_new {
                draft.next_on = explicit;
            }
            is_new
        });
        explicit
    });
}

/// Why one went; small, because it is nearly always the same.
#[component]
fn Kind(draft: RwSignal<VisitDraft>) -> impl IntoView {
    let options = VisitKind::ALL.iter().map(|kind| {
        let is_on = move || draft.with(|draft| draft.kind == *kind);
        view! { <option value=kind.code().to_string() selected=is_on>{labels::visit_kind(*kind)}</option> }
    });
    let choose = move |code: String| {
        if let Ok(code) = code.parse::<u16>() {
            draft.update(|draft| draft.kind = VisitKind::from(code));
        }
    };
    view! {
        <div class="row">
            <label class="grow" for="kind"><strong>{t!("visit.kind")}</strong></label>
            <select id="kind" data-act="kind" on:change:target=move |event| choose(event.target().value())>
                {options.collect_view()}
            </select>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abuse_is_never_offered_as_a_finding() {
        for result in VisitResult::ALL {
            assert!(offered(*result).iter().all(|finding| finding.code() != 4));
        }
    }

    #[test]
    fn who_has_moved_away_is_not_visited_again_unless_at_high_risk() {
        assert_eq!(moved_away(CareLevel::Key), "保存后，这一户不再安排走访。");
        assert_eq!(moved_away(CareLevel::High), "保存后先请社区确认，确认前还会提醒你。");
    }

    #[test]
    fn a_refusal_is_not_pressed() {
        assert!(offered(VisitResult::Refused).is_empty());
    }
}
