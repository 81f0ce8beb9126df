//! The people of a household, masked; a value is shown once, and that is recorded.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use records::call::{ConsentRow, Masked, NoteConsent, PersonRow, Reveal};
use records::codes::{ConsentForm, Purpose};
use records::person::{ID_NUMBER, Person};
use records::rules::protection::grounds_of;
use records::{Fault, Record, RecordId};

use super::facts::Fact;
use super::household::pencil;
use crate::bridge::ask;
use crate::components::call::spaced;
use crate::components::{Button, Icon, LinkButton, Pick, Picture, Tone};
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t, words};

/// How long a value stays readable.
const SHOWN_FOR: Duration = Duration::from_secs(20);

/// Everybody who lives here.
#[component]
pub fn People(
    /// The rows.
    people: Vec<PersonRow>,
    /// The fact whose sheet is open.
    editing: RwSignal<Option<Fact>>,
) -> impl IntoView {
    if people.is_empty() {
        return view! { <p class="quiet-line">{t!("household.nobody_known")}</p> }.into_any();
    }
    let cards = people.into_iter().map(|person| view! { <Person person editing /> }).collect_view();
    view! { <div class="card people">{cards}</div> }.into_any()
}

#[component]
fn Person(person: PersonRow, editing: RwSignal<Option<Fact>>) -> impl IntoView {
    let line = labels::joined([
        Some(labels::relation(person.relation).to_owned()),
        person.sex.map(|sex| labels::sex(sex).to_owned()),
        person.age.map(|age| t!("person.age", age = age)),
        labels::residence(person.residence).map(str::to_owned),
    ]);
    let fact = Fact::Person { id: person.id, name: person.name.clone() };
    let phone = person.phone.clone();
    let is_withdrawn = person.id_consent.is_some_and(|said| !said.is_given);
    view! {
        <div class="row fact" data-row="person" data-id=person.id.to_string()>
            <div class="grow">
                <div class="person-line">
                    <Shown person=person.id what=Masked::Name masked=person.name.clone() facts=line />
                </div>
                {phone.map(|masked| view! {
                    <div class="person-line"><Picture icon=Icon::Phone is_small=true /><Shown person=person.id what=Masked::Phone masked /></div>
                })}
                {person.has_id_number.then(|| view! {
                    <div class="person-line">
                        <small>{t!("field.id_number")}</small>
                        {(!is_withdrawn).then(|| view! { <Shown person=person.id what=Masked::IdNumber masked="****" /> })}
                    </div>
                    <Agreed person=person.id said=person.id_consent />
                })}
                <div class="person-line"><LinkButton act="to-rights" tone=Tone::Quiet to=Route::Rights(person.id)>{t!("rights.open")}</LinkButton></div>
            </div>
            {pencil(t!("person.person"), editing, fact)}
        </div>
    }
}

/// A masked value with 显示一次 beside it.
#[component]
fn Shown(
    person: RecordId,
    what: Masked,
    #[prop(into)] masked: String,
    /// What is known beside it and hides nothing.
    #[prop(optional)]
    facts: String,
) -> impl IntoView {
    let value = RwSignal::new(None::<Result<String, Fault>>);
    let asks_why = RwSignal::new(false);
    let show = move |purpose| {
        asks_why.set(false);
        ask(Reveal { person, what, purpose }, move |answer| {
            value.try_set(Some(answer.map(|revealed| revealed.value)));
            set_timeout(move || drop(value.try_set(None)), SHOWN_FOR);
        });
    };
    let reveal = move |()| if what == Masked::IdNumber { asks_why.set(true) } else { show(None) };
    // Whoever looks over at another app, or puts the phone away, leaves nothing open.
    let hidden = window_event_listener(ev::visibilitychange, move |_| drop(value.try_set(None)));
    on_cleanup(move || hidden.remove());
    let act = match what {
        Masked::Name => "reveal-name",
        Masked::Phone => "reveal-phone",
        Masked::IdNumber => "reveal-id",
    };
    let words = move || match value.get() {
        Some(Ok(value)) if what == Masked::Phone => spaced(&value),
        Some(Ok(value)) => value,
        Some(Err(fault)) => words::fault(&fault),
        None => masked.clone(),
    };
    view! {
        <span class="masked number" class:shown=move || value.with(Option::is_some) aria-live="polite">{words}</span>
        {(!facts.is_empty()).then(|| view! { <span class="small">{facts}</span> })}
        <Show when=move || value.with(Option::is_none)>
            <Button act=act tone=Tone::Quiet on_press=reveal>{t!("show_once")}</Button>
        </Show>
        {move || asks_why.get().then(|| why(show))}
    }
}

/// The purposes for which a sensitive value may be looked at.
fn why(show: impl Fn(Option<Purpose>) + Copy + Send + Sync + 'static) -> impl IntoView {
    let purposes = Purpose::ALL.iter().map(|purpose| {
        let purpose = *purpose;
        view! {
            <Pick act=format!("why-{}", purpose.code()) is_on=false on_press=move |()| show(Some(purpose))>
                {labels::purpose(purpose)}
            </Pick>
        }
    });
    view! {
        <div class="wrap" role="group" aria-label=t!("person.why")>
            <small>{t!("person.why")}</small>
            {purposes.collect_view()}
        </div>
    }
}

/// On what the ID number rests, what was agreed to, and noting it anew.
#[component]
fn Agreed(person: RecordId, said: Option<ConsentRow>) -> impl IntoView {
    let shared = Shared::here();
    let asks_how = RwSignal::new(false);
    let note = move |is_given, form| {
        asks_how.set(false);
        ask(NoteConsent { person, what: Masked::IdNumber, is_given, form }, move |answer| match answer {
            Ok(saved) => shared.say_with_undo(t!("consent.noted"), saved.undo, saved.undo_until_ms),
            Err(fault) => shared.say_fault(&fault),
        });
    };
    let is_given = said.is_some_and(|said| said.is_given);
    let words = said.map_or_else(
        || t!("consent.unsaid").to_owned(),
        |said| {
            let day = days::date(said.at.local_day(), days::today());
            match said.is_given {
                true => t!("consent.given", day = day, form = labels::consent_form(said.form)),
                false => t!("consent.withdrawn", day = day),
            }
        },
    );
    let law = grounds_of(Person::DECLARATION.kind, ID_NUMBER).map_or("", |grounds| grounds.law);
    let (act, button) = if is_given {
        ("consent-withdraw", t!("consent.withdraw"))
    } else {
        ("consent-note", t!("consent.note"))
    };
    let press = move |()| if is_given { note(false, ConsentForm::Spoken) } else { asks_how.set(true) };
    view! {
        <p class="small">{t!("consent.basis", law = law)}</p>
        <div class="person-line">
            <small>{words}</small>
            <Button act=act tone=Tone::Quiet on_press=press>{button}</Button>
            {move || asks_how.get().then(|| how(note))}
        </div>
    }
    .into_any()
}

fn how(note: impl Fn(bool, ConsentForm) + Copy + Send + Sync + 'static) -> impl IntoView {
    let forms = ConsentForm::ALL.iter().map(|form| {
        let form = *form;
        view! {
            <Pick act=format!("consent-{}", form.code()) is_on=false on_press=move |()| note(true, form)>
                {labels::consent_form(form)}
            </Pick>
        }
    });
    view! {
        <div class="wrap" role="group" aria-label=t!("consent.how")><small>{t!("consent.how")}</small>{forms.collect_view()}</div>
    }
}
