//! One household: who lives here, why we come, what happened so far; facts corrected in place.

use leptos::prelude::*;
use records::call::{GetHousehold, HouseholdPage as Household};
use records::codes::CareLevel;
use records::household::{CATEGORIES, Household as HouseholdRecord};
use records::rules::protection::grounds_of;
use records::{Record, RecordId};

use super::amend::AmendSheet;
use super::facts::{Fact, FactSheet};
use super::people::People;
use super::timeline::{Beyond, Earlier, Timeline};
use crate::components::call::CallButton;
use crate::components::household_row::{door, name_or_unknown};
use crate::components::{Chip, FaultNote, Heading, Icon, IconButton, LinkButton, Page, Picture, Tone};
use crate::live::live;
use crate::route::Route;
use crate::{days, labels, t};

/// A household's page.
#[component]
pub fn HouseholdPage(
    /// Which.
    #[prop(into)]
    id: Signal<RecordId>,
) -> impl IntoView {
    let page = live(move || Some(GetHousehold { id: id.get() }));
    let editing = RwSignal::new(None::<Fact>);
    let beyond = Beyond { earlier: RwSignal::new(Earlier::default()), amending: RwSignal::new(None) };
    let above = move || {
        page.with(|page| page.as_ref().and_then(|page| page.as_ref().ok()).map(above).unwrap_or_default())
    };
    let title = move || {
        page.with(|page| match page {
            Some(Ok(page)) => name_or_unknown(&page.row.name),
            _ => String::new(),
        })
    };
    view! {
        <Page name="household" is_ready=move || page.with(Option::is_some)>
            <Heading above=Signal::derive(above) title=Signal::derive(title) back=Route::Households />
            {move || match page.get()? {
                Ok(page) => Some(shown(page, editing, beyond).into_any()),
                Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
            }}
            {move || {
                let fact = editing.get()?;
                Some(view! { <FactSheet fact on_close=move |()| editing.set(None) /> })
            }}
            {move || {
                let visit = beyond.amending.get()?;
                Some(view! { <AmendSheet visit on_close=move |()| beyond.amending.set(None) /> })
            }}
        </Page>
    }
}

fn above(page: &Household) -> String {
    labels::joined([Some(page.row.estate.clone()), Some(door(&page.row))])
}

fn shown(page: Household, editing: RwSignal<Option<Fact>>, beyond: Beyond) -> impl IntoView {
    let id = page.row.id;
    let timeline = page.timeline.clone();
    view! {
        {actions(&page)}
        {page.hint.clone().map(|hint| hint_line(&hint))}
        <p class="urgent-line">{t!("visit.danger")}" "<a data-act="urgent" href=Route::Urgent.hash()>{t!("visit.help_now")}</a></p>
        <div class="stack wide-gap">
            <section class="card">{care(&page, editing)}{three(&page, editing)}</section>
            <section>
                <h2 class="section">{t!("household.people")}</h2>
                <p class="small quiet-line">{t!("household.reveal_recorded")}</p>
                <People people=page.people.clone() editing />
            </section>
            <section class="card">{other_facts(&page, editing)}</section>
            <section>
                <h2 class="section">{t!("household.timeline")}</h2>
                <Timeline household=id newest=timeline beyond />
            </section>
        </div>
    }
}

/// Calls whoever has a phone, the head of the household first; begins a visit.
fn actions(page: &Household) -> impl IntoView + use<> {
    let id = page.row.id;
    let person = page.people.iter().find(|person| person.phone.is_some());
    let call =
        person.map(|person| view! { <CallButton person=person.id name=person.name.clone() household=id /> });
    let words = if page.has_draft { t!("today.resume") } else { t!("visit.record") };
    view! {
        <div class="acts">
            {call}
            <LinkButton act="visit" tone=Tone::Main icon=Icon::Note to=Route::Visit(id)>
                {words}
                <kbd aria-hidden="true">"N"</kbd>
            </LinkButton>
        </div>
    }
}

fn hint_line(hint: &str) -> impl IntoView + use<> {
    view! { <p class="hint-line"><Picture icon=Icon::Door is_small=true />{hint.to_owned()}</p> }
}

/// How often somebody comes and why: what a list never shows. The level's own name stands only in its sheet,
/// for nobody is looked at as a risk.
fn care(page: &Household, editing: RwSignal<Option<Fact>>) -> impl IntoView + use<> {
    let rhythm = labels::rhythm(page.care);
    let review = page.review_on.map(|day| t!("household.review", day = days::date(day, days::today())));
    let due = page.row.due_on.map(|day| {
        let today = days::today();
        days::late(day, today).unwrap_or_else(|| t!("household.due", day = days::day(day, today)))
    });
    let categories: Vec<_> = page
        .categories
        .iter()
        .map(|category| labels::category(*category))
        .map(|words| view! { <Chip>{words}</Chip> })
        .collect();
    let law = grounds_of(HouseholdRecord::DECLARATION.kind, CATEGORIES).map_or("", |grounds| grounds.law);
    let fact = Fact::Care {
        household: page.row.id,
        care: page.care,
        categories: page.categories.clone(),
        reason: page.care_reason.clone().unwrap_or_default(),
    };
    view! {
        <div class="row fact">
            <div class="grow">
                <div class="wrap">
                    <Chip>{rhythm}</Chip>
                    {categories}
                </div>
                {page.care_reason.clone().map(|reason| view! { <p class="words">{reason}</p> })}
                <p>{labels::joined([due, review])}</p>
                {(!page.categories.is_empty()).then(|| view! { <p class="small">{t!("consent.duty", law = law)}</p> })}
            </div>
            {pencil(t!("household.edit_care"), editing, fact)}
        </div>
    }
}

/// 三个有: a member who looks after them, a channel, a menu of services.
fn three(page: &Household, editing: RwSignal<Option<Fact>>) -> impl IntoView + use<> {
    let has = |is_there: bool, there: String, missing: &'static str| {
        if is_there {
            view! { <Chip colour="ok" icon=Icon::Check>{there}</Chip> }.into_any()
        } else {
            view! { <Chip colour="wait" icon=Icon::Alert>{missing}</Chip> }.into_any()
        }
    };
    let is_key = !matches!(page.care, CareLevel::Ordinary);
    let services = page.services.join("、");
    let has_services = !page.services.is_empty();
    let fact = Fact::Three {
        household: page.row.id,
        has_partner: page.has_partner,
        channel: page.channel.clone().unwrap_or_default(),
        services: services.clone(),
    };
    is_key.then(|| {
        let channel = page.channel.clone();
        let lines = labels::joined([channel.clone(), has_services.then_some(services)]);
        view! {
            <div class="row fact">
                <div class="grow">
                    <div class="wrap">
                        {has(page.has_partner, t!("three.partner").to_owned(), t!("three.no_partner"))}
                        {has(channel.is_some(), t!("three.channel").to_owned(), t!("three.no_channel"))}
                        {has(has_services, t!("three.services").to_owned(), t!("three.no_services"))}
                    </div>
                    {(!lines.is_empty()).then(|| view! { <p class="words">{lines}</p> })}
                </div>
                {pencil(t!("household.edit_three"), editing, fact)}
            </div>
        }
    })
}

fn other_facts(page: &Household, editing: RwSignal<Option<Fact>>) -> impl IntoView + use<> {
    let id = page.row.id;
    let hint = page.hint.clone().unwrap_or_default();
    let note = page.note.clone().unwrap_or_default();
    let residents = labels::joined([
        Some(t!("household.residents", count = page.residents)),
        labels::household_kind(page.kind).map(str::to_owned),
    ]);
    view! {
        {fact_row(t!("field.residents"), residents, editing, Fact::Residents { household: id, residents: page.residents })}
        {fact_row(t!("field.hint"), hint.clone(), editing, Fact::Hint { household: id, hint })}
        {fact_row(t!("field.note"), note.clone(), editing, Fact::Note { household: id, note })}
    }
}

fn fact_row(name: &'static str, value: String, editing: RwSignal<Option<Fact>>, fact: Fact) -> impl IntoView {
    let value = if value.is_empty() { t!("household.nothing_yet").to_owned() } else { value };
    view! {
        <div class="row fact">
            <div class="grow"><small>{name}</small><p class="words">{value}</p></div>
            {pencil(name, editing, fact)}
        </div>
    }
}

/// The pencil that opens the sheet for one fact.
pub fn pencil(name: &'static str, editing: RwSignal<Option<Fact>>, fact: Fact) -> impl IntoView {
    let act = fact.act();
    let name = t!("household.correct", what = name);
    view! { <IconButton act=act icon=Icon::Edit name=name on_press=move |()| editing.set(Some(fact.clone())) /> }
}
