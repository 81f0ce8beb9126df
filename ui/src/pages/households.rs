//! 住户: everybody in the area, found by name, pinyin or door.

use leptos::prelude::*;
use records::Fault;
use records::call::{HouseholdFilter, HouseholdRow, ImportKind, ListHouseholds};

use super::import::importable;
use crate::bridge::ask;
use crate::components::household_row::{HouseholdLine, are_neighbours, stairs, whole_place};
use crate::components::virtual_list::{VirtualList, Wanted, take_in};
use crate::components::{Empty, FaultNote, Heading, Icon, LinkButton, Page, Pick, SearchField, Tone};
use crate::route::Route;
use crate::state::Shared;
use crate::windows::{FOUND, ROWS, Windows};
use crate::{days, labels, live, t};

const ROW_REM: (f64, f64) = (5.0, 8.75);

/// The list with its search.
#[component]
pub fn HouseholdsPage() -> impl IntoView {
    let shared = Shared::here();
    let search = RwSignal::new(String::new());
    let filter = RwSignal::new(HouseholdFilter::All);
    let windows = RwSignal::new(Windows::<HouseholdRow>::default());
    let fault = RwSignal::new(None::<Fault>);
    let question = StoredValue::new(0_u32);
    let top = RwSignal::new(0);
    let estates = Estates::default();
    let is_search = move || search.with(|search| !search.trim().is_empty());
    Effect::new(move |before: Option<()>| {
        search.track();
        filter.track();
        question.update_value(|question| *question += 1);
        if before.is_some() {
            let size = if is_search() { FOUND } else { ROWS };
            windows.update(|windows| windows.begin_anew(size));
        }
    });
    let changes = live::changes();
    Effect::new(move |before: Option<()>| {
        changes();
        if before.is_some() {
            windows.update(Windows::grow_stale);
        }
    });
    let fetch = move |(number, after): Wanted| {
        let asked = question.get_value();
        #[expect(clippy::cast_possible_truncation, reason = "200 rows at most")]
        let limit = windows.with_untracked(Windows::window_size) as u16;
        let list =
            ListHouseholds { search: search.get_untracked(), filter: filter.get_untracked(), after, limit };
        ask(list, move |answer| {
            // Another search was begun meanwhile; its own windows are on their way.
            if question.try_get_value() == Some(asked) {
                fault.set(take_in(windows, number, answer, |window| {
                    estates.note(&window.rows);
                    (window.rows, window.next, window.total)
                }));
            }
        });
    };
    let draw = move |row, before: Option<&HouseholdRow>| line(row, before, is_search(), estates);
    let is_empty = move || windows.with(|windows| windows.is_ready() && windows.len() == 0);
    view! {
        <Page name="households" is_ready=move || windows.with(Windows::is_ready)>
            <Heading title=t!("households.title") aside=Signal::derive(move || count(windows, search)) />
            <div class="sticky">
                <SearchField label=t!("households.search") value=search />
                <Filters filter />
                <Show when=move || !is_search()><StairsHead windows estates top /></Show>
            </div>
            {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            <VirtualList label=t!("households.title") windows row_height=ROW_REM fetch top draw=draw />
            <Show when=is_empty>{nobody(shared, search, filter)}</Show>
        </Page>
    }
}

/// Whether there are several estates, as far as rows were seen: only then is one worth a word.
#[derive(Clone, Copy, Default)]
struct Estates {
    first: StoredValue<Option<String>>,
    are_several: RwSignal<bool>,
}

impl Estates {
    fn note(self, rows: &[HouseholdRow]) {
        let differs = |row: &HouseholdRow| {
            self.first
                .try_update_value(|first| *first.get_or_insert_with(|| row.estate.clone()) != row.estate)
        };
        if rows.iter().any(|row| differs(row) == Some(true)) {
            self.are_several.set(true);
        }
    }
}

/// A row under the one before it: where a staircase begins, it says which. What a search finds stands in no
/// order, so that each row says all of it.
fn line(
    row: HouseholdRow,
    before: Option<&HouseholdRow>,
    is_search: bool,
    estates: Estates,
) -> impl IntoView + use<> {
    let has_estates = estates.are_several.get();
    let begins = before.is_some_and(|before| !is_search && !are_neighbours(before, &row));
    let stairs = begins.then(|| stairs(&row, has_estates));
    let place = if is_search { whole_place(&row, has_estates) } else { row.room.clone() };
    view! { <HouseholdLine row place stairs /> }
}

/// The staircase of the topmost row, which stays in sight: `1 号楼 1 单元 · 8 户`.
#[component]
fn StairsHead(
    windows: RwSignal<Windows<HouseholdRow>>,
    estates: Estates,
    top: RwSignal<usize>,
) -> impl IntoView {
    let words = move || {
        windows.with(|windows| {
            let row = windows.row(top.get())?;
            let count = windows.alike(top.get(), are_neighbours);
            let count = count.map(|count| t!("households.count", count = count));
            Some(labels::joined([Some(stairs(row, estates.are_several.get())), count]))
        })
    };
    move || words().map(|words| view! { <p class="stairs-head number">{words}</p> })
}

/// How many households there are; nothing while searching, when it is not counted.
fn count(windows: RwSignal<Windows<HouseholdRow>>, search: RwSignal<String>) -> String {
    let is_counted = windows.with(Windows::is_ready) && search.with(String::is_empty);
    if !is_counted {
        return String::new();
    }
    t!("households.count", count = days::grouped(windows.with(Windows::len) as u64))
}

#[component]
fn Filters(filter: RwSignal<HouseholdFilter>) -> impl IntoView {
    let chips = [
        ("filter-all", HouseholdFilter::All, t!("households.all")),
        ("filter-key", HouseholdFilter::Key, t!("households.key")),
        ("filter-due", HouseholdFilter::Due, t!("households.due")),
    ];
    let chips = chips.map(|(act, value, words)| {
        view! { <Pick act=act is_on=move || filter.get() == value on_press=move |()| filter.set(value)>{words}</Pick> }
    });
    view! { <div class="wrap" role="group" aria-label=t!("households.filters")>{chips.into_iter().collect_view()}</div> }
}

fn nobody(shared: Shared, search: RwSignal<String>, filter: RwSignal<HouseholdFilter>) -> impl IntoView {
    let is_search = !search.get().trim().is_empty();
    let importable = shared.session.with(|session| session.as_ref().and_then(importable));
    let may_import = importable == Some(ImportKind::Households);
    match (is_search, filter.get()) {
        (true, _) => view! {
            <Empty icon=Icon::Search title=t!("households.none_found") words=t!("households.none_found_words") />
        }
        .into_any(),
        (false, HouseholdFilter::Due) => view! {
            <Empty icon=Icon::Well title=t!("today.nothing") words=t!("households.none_due_words") />
        }
        .into_any(),
        (false, _) => view! {
            <Empty icon=Icon::Home title=t!("households.none") words=t!("households.none_words")>
                {may_import.then(|| view! { <LinkButton tone=Tone::Main icon=Icon::Import to=Route::Import>{t!("import.title")}</LinkButton> })}
            </Empty>
        }
        .into_any(),
    }
}
