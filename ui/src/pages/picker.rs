//! 选事项: one search box over the whole item list; found in three taps or three letters.

use leptos::prelude::*;
use records::Fault;
use records::call::{ItemHits, ItemRow, ListItemCategories, MatterDraft, SaveMatter, SearchItems};
use records::codes::{Admission, Urgency};

use crate::bridge::ask;
use crate::components::matter_form::MatterSheet;
use crate::components::{
    Button, Chip, Empty, FaultNote, Heading, Icon, Page, Pick, Picture, SearchField, Tone,
};
use crate::live::live;
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t};

const SHOWN: u16 = 50;

/// The picker. What is picked goes back to the visit sheet, or is reported on its own.
#[component]
pub fn PickerPage() -> impl IntoView {
    let shared = Shared::here();
    let search = RwSignal::new(String::new());
    let category = RwSignal::new(None::<String>);
    let hits = live(move || {
        Some(SearchItems { search: search.get(), category: category.get(), skip: 0, limit: SHOWN })
    });
    let filling = RwSignal::new(None::<MatterDraft>);
    let picked = move |item: Option<ItemRow>| {
        let draft = draft_of(item);
        match shared.picking_for.get_untracked() {
            // An item of the list needs nothing more; what is off the list needs its reason.
            Some(household) if draft.item.is_some() => {
                shared.picked.set(Some(draft));
                shared.router.back(Route::Visit(household));
            }
            _ => filling.set(Some(draft)),
        }
    };
    let aside = move || {
        let hits = hits.get()?.ok()?;
        let (total, found) = (days::grouped(hits.total.into()), days::grouped(hits.found.into()));
        let is_search = search.with(|search| !search.trim().is_empty()) || category.with(Option::is_some);
        Some(if is_search {
            t!("picker.found", total = total, found = found)
        } else {
            t!("picker.total", total = total)
        })
    };
    view! {
        <Page name="picker" is_ready=move || hits.with(Option::is_some)>
            <Heading title=t!("picker.title") back=Route::Items />
            <div class="sticky">
                <SearchField label=t!("picker.search") value=search aside=Signal::derive(aside) is_first=true />
                <Categories category search />
            </div>
            <div class="stack">
                {move || match hits.get()? {
                    Ok(hits) => Some(view! { <Hits hits search category on_pick=move |item| picked(Some(item)) /> }.into_any()),
                    Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
                }}
            </div>
            <footer class="foot">
                <Button act="off-list" on_press=move |()| picked(None)>{t!("picker.off_list")}</Button>
            </footer>
            <FillIn filling />
        </Page>
    }
}

fn draft_of(item: Option<ItemRow>) -> MatterDraft {
    let subject = item.as_ref().map(|item| item.name.clone()).unwrap_or_default();
    MatterDraft {
        id: None,
        item,
        subject,
        place: String::new(),
        content: String::new(),
        off_list_reason: String::new(),
    }
}

/// 常用 and the twelve categories.
#[component]
fn Categories(category: RwSignal<Option<String>>, search: RwSignal<String>) -> impl IntoView {
    let categories = live(|| Some(ListItemCategories {}));
    let chips = move || {
        let rows = categories.get()?.ok()?.rows;
        let chips = rows.into_iter().map(|row| {
            let code = row.code.clone();
            let is_on = move || category.with(|category| category.as_ref() == Some(&code));
            let code = row.code.clone();
            view! {
                <Pick act=format!("category-{}", row.code) is_on=is_on on_press=move |()| category.set(Some(code.clone()))>
                    {row.name}
                </Pick>
            }
        });
        Some(chips.collect_view())
    };
    view! {
        <div class="scroll-chips" role="group" aria-label=t!("picker.categories")>
            <Pick act="category-frequent" is_on=move || category.with(Option::is_none) && search.with(|search| search.trim().is_empty()) on_press=move |()| category.set(None)>
                {t!("picker.frequent")}
            </Pick>
            {chips}
        </div>
    }
}

/// The items found, more of them on demand.
#[component]
fn Hits(
    hits: ItemHits,
    search: RwSignal<String>,
    category: RwSignal<Option<String>>,
    #[prop(into)] on_pick: Callback<ItemRow>,
) -> impl IntoView {
    let shared = Shared::here();
    if hits.rows.is_empty() {
        return view! { <Empty icon=Icon::Search title=t!("picker.nothing") words=t!("picker.nothing_words") /> }.into_any();
    }
    let more_rows = RwSignal::new(Vec::<ItemRow>::new());
    let first = hits.rows.len();
    let found = hits.found as usize;
    let is_search =
        search.with_untracked(|search| !search.trim().is_empty()) || category.with_untracked(Option::is_some);
    let more = move |()| {
        let skip = u16::try_from(first + more_rows.with_untracked(Vec::len)).unwrap_or(u16::MAX);
        let next = SearchItems {
            search: search.get_untracked(),
            category: category.get_untracked(),
            skip,
            limit: SHOWN,
        };
        ask(next, move |answer| match answer {
            Ok(hits) => drop(more_rows.try_update(|rows| rows.extend(hits.rows))),
            Err(fault) => shared.say_fault(&fault),
        });
    };
    let rows: Vec<_> = hits.rows.into_iter().map(|item| view! { <Item item on_pick /> }).collect();
    view! {
        {(!is_search).then(|| view! { <h2 class="list-head">{t!("picker.frequent_head")}</h2> })}
        <div class="card">
            {rows}
            {move || more_rows.get().into_iter().map(|item| view! { <Item item on_pick /> }).collect_view()}
        </div>
        <Show when=move || { first + more_rows.with(Vec::len) < found }>
            <Button act="items-more" tone=Tone::Quiet on_press=more>{t!("picker.more")}</Button>
        </Show>
    }
    .into_any()
}

/// Whether this is reported at once and never through a list; a list of before that was so says it in names.
fn is_mandatory_report(item: &ItemRow) -> bool {
    item.admission == Admission::MandatoryReport || item.name.contains("强制报告")
}

/// What must be reported at once has one button, 马上求助, and no record.
fn mandatory(item: &ItemRow) -> AnyView {
    let shared = Shared::here();
    let help = move |()| match shared.picking_for.get_untracked() {
        // The sheet lies right behind the picker, so that one goes back to it.
        Some(_) => shared.router.replace(Route::Urgent),
        None => shared.router.go(Route::Urgent),
    };
    view! {
        <div class="row item" data-row="item" data-code=item.code.clone()>
            <div class="grow">
                <strong>{marked(&item.name, &item.marks)}</strong>
                <span class="line">{t!("picker.mandatory")}</span>
            </div>
            <Button act="urgent" tone=Tone::Main on_press=help>{t!("urgent.title")}</Button>
        </div>
    }
    .into_any()
}

/// One item; where a call comes first, the call is the first button.
#[component]
fn Item(item: ItemRow, #[prop(into)] on_pick: Callback<ItemRow>) -> impl IntoView {
    if is_mandatory_report(&item) {
        return mandatory(&item);
    }
    let is_call_first = item.urgency == Urgency::CallFirst;
    let call = item.call.clone().filter(|_| is_call_first);
    let line = if is_call_first {
        labels::joined([
            Some(t!("picker.call_first").to_owned()),
            labels::limit(item.limit_workdays, item.limit_minutes),
        ])
    } else {
        labels::joined([
            Some(item.department.clone()),
            Some(labels::admission(item.admission).to_owned()),
            labels::limit(item.limit_workdays, item.limit_minutes),
        ])
    };
    let urgency = labels::urgency(item.urgency).filter(|_| !is_call_first);
    let name = marked(&item.name, &item.marks);
    let code = item.code.clone();
    view! {
        <div class="row item" data-row="item" data-code=code>
            {call.map(|number| view! {
                <a class="button main call-first" data-act="call-first" href=format!("tel:{number}")>
                    <Picture icon=Icon::Phone is_small=true />{t!("picker.call", number = number)}
                </a>
            })}
            <button type="button" class="row-link grow" data-act="pick" on:click=move |_| on_pick.run(item.clone())>
                <strong>{name}</strong>
                {urgency.map(|(words, colour)| view! { " "<Chip colour icon=Icon::Alert>{words}</Chip> })}
                <span class="line">{line}</span>
            </button>
        </div>
    }
    .into_any()
}

/// The name with what was found marked in it.
fn marked(name: &str, marks: &[(u16, u16)]) -> Vec<AnyView> {
    pieces(name, marks)
        .into_iter()
        .map(
            |(piece, is_hit)| {
                if is_hit { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() }
            },
        )
        .collect()
}

/// Cuts a name at its marks, which count characters.
fn pieces(name: &str, marks: &[(u16, u16)]) -> Vec<(String, bool)> {
    let is_hit = |at: usize| {
        marks.iter().any(|(start, length)| (*start..start + length).any(|hit| usize::from(hit) == at))
    };
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for (at, character) in name.chars().enumerate() {
        match pieces.last_mut() {
            Some((piece, hit)) if *hit == is_hit(at) => piece.push(character),
            _ => pieces.push((character.to_string(), is_hit(at))),
        }
    }
    pieces
}

/// The form of a matter that is reported on its own, or that needs its reason.
#[component]
fn FillIn(filling: RwSignal<Option<MatterDraft>>) -> impl IntoView {
    let shared = Shared::here();
    let fault = RwSignal::new(None::<Fault>);
    let finish = move |draft: MatterDraft| match shared.picking_for.get_untracked() {
        Some(household) => {
            if draft.subject.trim().is_empty() || draft.off_list_reason.trim().is_empty() {
                fault.set(Some(Fault::new("matter.item_or_reason")));
                return;
            }
            filling.set(None);
            shared.picked.set(Some(draft));
            shared.router.back(Route::Visit(household));
        }
        None => ask(SaveMatter { draft, household: None }, move |answer| match answer {
            Ok(saved) => {
                filling.try_set(None);
                shared.router.back(Route::Items);
                shared.say_with_undo(t!("saved"), saved.undo, saved.undo_until_ms);
            }
            Err(why) => drop(fault.try_set(Some(why))),
        }),
    };
    let close = move |()| {
        fault.set(None);
        filling.set(None);
    };
    move || {
        let draft = filling.get()?;
        let done = if shared.picking_for.get_untracked().is_some() { t!("done") } else { t!("save") };
        Some(view! { <MatterSheet draft done fault on_done=finish on_close=close /> })
    }
}

#[cfg(test)]
mod tests {
    use records::codes::Origin;

    use super::*;

    #[test]
    fn what_must_be_reported_at_once_is_no_record() {
        let item = |name: &str, admission| ItemRow {
            code: "07042".into(),
            name: name.into(),
            marks: Vec::new(),
            department: "公安局".into(),
            admission,
            limit_workdays: None,
            limit_minutes: None,
            urgency: Urgency::Normal,
            call: None,
            origin: Origin::Composed,
        };
        assert!(is_mandatory_report(&item("家庭暴力线索", Admission::MandatoryReport)));
        assert!(is_mandatory_report(&item("家庭暴力线索（强制报告）", Admission::Report)));
        assert!(!is_mandatory_report(&item("养老诈骗线索", Admission::Report)));
    }

    #[test]
    fn marks_count_characters() {
        let cut = pieces("燃气软管老化", &[(0, 2), (4, 2)]);
        assert_eq!(cut, [("燃气".into(), true), ("软管".into(), false), ("老化".into(), true)]);
        assert_eq!(pieces("井盖", &[]), [("井盖".into(), false)]);
        assert_eq!(pieces("井盖", &[(1, 9)]), [("井".into(), false), ("盖".into(), true)]);
    }
}
