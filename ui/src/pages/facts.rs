//! The small sheet that corrects one fact of a household or a person.

use leptos::prelude::*;
use records::call::{EditHousehold, EditPerson, Saved};
use records::codes::{CareLevel, KeyCategory};
use records::{Fault, RecordId};

use crate::bridge::ask;
use crate::components::pick::place_of;
use crate::components::{Button, Choice, Dialog, FaultNote, Field, LongField, Pick, Tone};
use crate::state::Shared;
use crate::{labels, t};

/// A fact with its value as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Care level, categories and reason.
    Care { household: RecordId, care: CareLevel, categories: Vec<KeyCategory>, reason: String },
    /// The three 有.
    Three { household: RecordId, has_partner: bool, channel: String, services: String },
    /// How many live here.
    Residents { household: RecordId, residents: u8 },
    /// What helps at the door.
    Hint { household: RecordId, hint: String },
    /// A note for colleagues.
    Note { household: RecordId, note: String },
    /// Name, phone and ID number, each empty until it is typed anew.
    Person { id: RecordId, name: String },
}

impl Fact {
    /// Names the pencil for tests.
    pub fn act(&self) -> &'static str {
        match self {
            Self::Care { .. } => "edit-care",
            Self::Three { .. } => "edit-three",
            Self::Residents { .. } => "edit-residents",
            Self::Hint { .. } => "edit-hint",
            Self::Note { .. } => "edit-note",
            Self::Person { .. } => "edit-person",
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Care { .. } => t!("household.edit_care").to_owned(),
            Self::Three { .. } => t!("household.edit_three").to_owned(),
            Self::Residents { .. } => t!("field.residents").to_owned(),
            Self::Hint { .. } => t!("field.hint").to_owned(),
            Self::Note { .. } => t!("field.note").to_owned(),
            Self::Person { name, .. } => t!("person.edit", name = name),
        }
    }
}

/// Corrects one fact.
#[component]
pub fn FactSheet(
    /// Which.
    fact: Fact,
    /// What closing does.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let form = form(&fact);
    view! {
        <Dialog name="fact" title=fact.title() on_close=on_close>{form(on_close)}</Dialog>
    }
}

type Form = Box<dyn FnOnce(Callback<()>) -> AnyView + Send>;

fn form(fact: &Fact) -> Form {
    match fact.clone() {
        Fact::Care { household, care, categories, reason } => {
            Box::new(move |done| view! { <CareForm household care categories reason done /> }.into_any())
        }
        Fact::Three { household, has_partner, channel, services } => Box::new(move |done| {
            view! { <ThreeForm household has_partner channel services done /> }.into_any()
        }),
        Fact::Residents { household, residents } => {
            Box::new(move |done| view! { <ResidentsForm household residents done /> }.into_any())
        }
        Fact::Hint { household, hint } => Box::new(move |done| {
            let save = move |hint| EditHousehold { hint: Some(hint), ..EditHousehold::nothing(household) };
            text_form("fact-hint", t!("field.hint"), t!("household.hint_words"), hint, save, done).into_any()
        }),
        Fact::Note { household, note } => Box::new(move |done| {
            let save = move |note| EditHousehold { note: Some(note), ..EditHousehold::nothing(household) };
            text_form("fact-note", t!("field.note"), t!("household.note_words"), note, save, done).into_any()
        }),
        Fact::Person { id, .. } => Box::new(move |done| view! { <PersonForm id done /> }.into_any()),
    }
}

#[component]
fn CareForm(
    household: RecordId,
    care: CareLevel,
    categories: Vec<KeyCategory>,
    reason: String,
    done: Callback<()>,
) -> impl IntoView {
    let level = RwSignal::new(care);
    let chosen = RwSignal::new(categories);
    let reason = RwSignal::new(reason);
    let levels = CareLevel::ALL.iter().map(|level| labels::care(*level)).collect::<Vec<_>>();
    let picks = KeyCategory::ALL.iter().map(|category| {
        let category = *category;
        let toggle = move |()| chosen.update(|chosen| toggle(chosen, category));
        view! {
            <Pick act=format!("category-{}", category.code()) is_on=move || chosen.with(|chosen| chosen.contains(&category)) on_press=toggle>
                {labels::category(category)}
            </Pick>
        }
    });
    let edit = move || EditHousehold {
        care: Some(level.get_untracked()),
        categories: Some(chosen.get_untracked()),
        care_reason: Some(reason.get_untracked()),
        ..EditHousehold::nothing(household)
    };
    view! {
        <div class="form">
            <Choice act="care" label=t!("field.care") options=levels
                chosen=move || place_of(level.get(), CareLevel::ALL)
                on_choose=move |at| level.set(CareLevel::ALL[at]) />
            <small>{move || labels::rhythm(level.get())}</small>
            <div class="wrap" role="group" aria-label=t!("field.categories")>{picks.collect_view()}</div>
            <LongField act="fact-reason" label=t!("field.reason") aside=t!("optional") value=reason />
        </div>
        <SaveFact edit done />
    }
}

/// Puts a value in, or takes it out; the others keep their order.
pub fn toggle<T: PartialEq>(values: &mut Vec<T>, value: T) {
    match values.iter().position(|other| *other == value) {
        Some(at) => drop(values.remove(at)),
        None => values.push(value),
    }
}

#[component]
fn ThreeForm(
    household: RecordId,
    has_partner: bool,
    channel: String,
    services: String,
    done: Callback<()>,
) -> impl IntoView {
    let partner = RwSignal::new(has_partner);
    let channel = RwSignal::new(channel);
    let services = RwSignal::new(services);
    let edit = move || EditHousehold {
        has_partner: Some(partner.get_untracked()),
        channel: Some(channel.get_untracked()),
        services: Some(services.with_untracked(|services| split_list(services))),
        ..EditHousehold::nothing(household)
    };
    let options = vec![t!("three.partner"), t!("three.no_partner")];
    view! {
        <div class="form">
            <Choice act="partner" label=t!("field.partner") options
                chosen=move || Some(usize::from(!partner.get()))
                on_choose=move |at| partner.set(at == 0) />
            <Field act="fact-channel" label=t!("field.channel") value=channel hint=t!("three.channel_hint") />
            <Field act="fact-services" label=t!("field.services") value=services hint=t!("three.services_hint") />
        </div>
        <SaveFact edit done />
    }
}

/// The entries of a list that was typed in one line.
fn split_list(text: &str) -> Vec<String> {
    let parts = text.split(['、', '，', ',', '；', ';', '\n']);
    parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[component]
fn ResidentsForm(household: RecordId, residents: u8, done: Callback<()>) -> impl IntoView {
    let count = RwSignal::new(residents);
    let edit =
        move || EditHousehold { residents: Some(count.get_untracked()), ..EditHousehold::nothing(household) };
    view! {
        <div class="form stepper">
            <Button act="fewer" is_off=Signal::derive(move || count.get() == 0) on_press=move |()| count.update(|count| *count = count.saturating_sub(1))>
                "−"
            </Button>
            <strong class="big-number number" aria-live="polite">{move || t!("household.residents", count = count.get())}</strong>
            <Button act="more" is_off=Signal::derive(move || count.get() >= 99) on_press=move |()| count.update(|count| *count = count.saturating_add(1))>
                "+"
            </Button>
        </div>
        <SaveFact edit done />
    }
}

fn text_form(
    act: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    save: impl Fn(String) -> EditHousehold + Send + Sync + 'static,
    done: Callback<()>,
) -> impl IntoView {
    let value = RwSignal::new(value);
    view! {
        <div class="form"><LongField act=act label=label value placeholder=hint /></div>
        <SaveFact edit=move || save(value.get_untracked()) done />
    }
}

#[component]
fn SaveFact<F>(edit: F, done: Callback<()>) -> impl IntoView
where
    F: Fn() -> EditHousehold + Send + Sync + 'static,
{
    let shared = Shared::here();
    let fault = RwSignal::new(None);
    let save = move |()| ask(edit(), move |answer| kept(shared, answer, fault, done));
    view! { <SaveFoot fault on_save=save /> }
}

#[component]
fn PersonForm(id: RecordId, done: Callback<()>) -> impl IntoView {
    let shared = Shared::here();
    let fault = RwSignal::new(None);
    let name = RwSignal::new(String::new());
    let phone = RwSignal::new(String::new());
    let id_number = RwSignal::new(String::new());
    let typed = |field: RwSignal<String>| {
        field.with_untracked(|text| (!text.trim().is_empty()).then(|| text.clone()))
    };
    let save = move |()| {
        let edit = EditPerson { id, name: typed(name), phone: typed(phone), id_number: typed(id_number) };
        ask(edit, move |answer| kept(shared, answer, fault, done));
    };
    view! {
        <div class="form">
            <p class="small">{t!("person.edit_words")}</p>
            <Field act="person-name" label=t!("field.name") value=name />
            <Field act="person-phone" label=t!("field.phone") value=phone keyboard="tel" />
            <Field act="person-id" label=t!("field.id_number") value=id_number />
        </div>
        <SaveFoot fault on_save=save />
    }
}

#[component]
fn SaveFoot(fault: RwSignal<Option<Fault>>, #[prop(into)] on_save: Callback<()>) -> impl IntoView {
    view! {
        {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
        <footer class="dialog-foot">
            <Button act="save" tone=Tone::Main on_press=on_save>{t!("save")}</Button>
        </footer>
    }
}

fn kept(shared: Shared, answer: Result<Saved, Fault>, fault: RwSignal<Option<Fault>>, done: Callback<()>) {
    match answer {
        Ok(saved) => {
            done.run(());
            shared.say_with_undo(t!("saved"), saved.undo, saved.undo_until_ms);
        }
        Err(why) => fault.set(Some(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_at_every_usual_mark() {
        assert_eq!(split_list("送餐、 理发，,陪诊;"), ["送餐", "理发", "陪诊"]);
        assert_eq!(split_list("  "), Vec::<String>::new());
    }

    #[test]
    fn a_value_goes_in_and_out_again() {
        let mut values = vec![1, 2];
        toggle(&mut values, 3);
        toggle(&mut values, 1);
        assert_eq!(values, [2, 3]);
    }
}
