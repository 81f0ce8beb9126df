//! 一份这个人的全部信息: everything that is kept of somebody, to read and to print.

use leptos::prelude::*;
use leptos::task::spawn_local;
use records::Fault;
use records::call::{
    CopiedConsent, CopiedFact, CopiedHandling, CopiedMatter, CopiedRequest, CopiedVisit, OpenCopy, PersonCopy,
};
use records::codes::{Basis, CareLevel, KeyCategory, Relation, Residence, Sex};
use web_sys::File;

use crate::bridge::ask;
use crate::components::file::{ChooseFile, upload};
use crate::components::{Button, FaultNote, Field, Tone};
use crate::{days, labels, t};

/// A copy, for a screen and for A4.
pub fn shown(copy: PersonCopy) -> AnyView {
    let day = days::on_paper(copy.made.utc_ms);
    let by = copy.by.unwrap_or_default();
    let elsewhere = [
        copy.is_behind.then(|| t!("copy.behind").to_owned()),
        (copy.waiting > 0).then(|| t!("copy.waiting", count = copy.waiting)),
        Some(t!("copy.backups").to_owned()),
        Some(t!("copy.confidence").to_owned()),
    ];
    let history = copy.history.into_iter().map(|change| {
        let what = labels::known_field(&change.field).unwrap_or_default().to_owned();
        let words = labels::joined([
            Some(t!("copy.before", before = change.before)),
            Some(days::on_paper(change.written.utc_ms)),
        ]);
        (what, words)
    });
    view! {
        <section class="stack wide-gap more" data-copy=true>
            <h2>{t!("copy.title")}</h2>
            <p>{t!("copy.made", day = day, by = by, receiver = labels::asker(copy.receiver))}</p>
            {copy.host_unit.map(|host| view! { <p>{t!("copy.host", host = host)}</p> })}
            <p>{t!("copy.door", door = copy.door)}</p>
            {part(t!("copy.facts"), copy.facts.into_iter().map(fact).collect())}
            {part(t!("copy.history"), history.collect())}
            {part(t!("copy.visits"), copy.visits.into_iter().map(visit).collect())}
            {part(t!("copy.matters"), copy.matters.into_iter().map(matter).collect())}
            {part(t!("copy.consents"), copy.consents.into_iter().map(consent).collect())}
            {part(t!("copy.handlings"), copy.handlings.into_iter().map(handling).collect())}
            {part(t!("copy.requests"), copy.requests.into_iter().map(request).collect())}
            {part(t!("copy.elsewhere"), elsewhere.into_iter().flatten().map(|words| (words, String::new())).collect())}
            <div class="wrap not-printed">
                <Button act="copy-print" tone=Tone::Main on_press=|()| drop(window().print())>{t!("privacy.print")}</Button>
            </div>
        </section>
    }
    .into_any()
}

/// One part of it: what, and beneath it what is to be said of that.
fn part(title: &'static str, rows: Vec<(String, String)>) -> AnyView {
    let is_empty = rows.is_empty();
    let lines = rows.into_iter().map(|(what, words)| {
        view! {
            <div class="row"><div class="grow"><strong>{what}</strong>{(!words.is_empty()).then(|| view! { <p>{words}</p> })}</div></div>
        }
        .into_any()
    });
    let lines = lines.collect::<Vec<_>>();
    view! {
        <h3 class="section">{title}</h3>
        <div class="card">{lines}{is_empty.then(|| view! { <p class="quiet-line">{t!("copy.none")}</p> })}</div>
    }
    .into_any()
}

fn fact(fact: CopiedFact) -> (String, String) {
    let name = labels::known_field(&fact.field).unwrap_or_default();
    let basis = if fact.basis == Basis::Consent { t!("copy.consent") } else { t!("copy.duty") };
    let value = value_of(&fact.field, &fact.value);
    (labels::joined([Some(name.to_owned()), Some(value)]), t!("copy.because", basis = basis, law = fact.law))
}

/// Of an enumeration the words.
fn value_of(field: &str, value: &str) -> String {
    let code = || value.parse::<u16>().unwrap_or_default();
    match field {
        "person.relation" => labels::relation(Relation::from(code())).to_owned(),
        "person.sex" => labels::sex(Sex::from(code())).to_owned(),
        "person.residence" => labels::residence(Residence::from(code())).unwrap_or_default().to_owned(),
        "household.care" => labels::rhythm(CareLevel::from(code())).to_owned(),
        "household.categories" => {
            let categories = value.split(' ').filter_map(|code| code.parse::<u16>().ok());
            let words: Vec<_> = categories.map(|code| labels::category(KeyCategory::from(code))).collect();
            words.join("、")
        }
        _ => value.to_owned(),
    }
}

fn visit(visit: CopiedVisit) -> (String, String) {
    let what = labels::joined([
        Some(days::on_paper(visit.started.utc_ms)),
        Some(labels::result(visit.result).to_owned()),
        visit.by,
    ]);
    (what, visit.note)
}

fn matter(matter: CopiedMatter) -> (String, String) {
    let subject = if matter.subject.is_empty() { t!("copy.by_others").to_owned() } else { matter.subject };
    let when = matter.occurred.map(|occurred| days::on_paper(occurred.utc_ms));
    (labels::joined([Some(subject), when]), matter.content)
}

fn consent(consent: CopiedConsent) -> (String, String) {
    let field = labels::known_field(&consent.field).unwrap_or_default();
    let said = if consent.is_given { t!("copy.agreed") } else { t!("copy.took_back") };
    let how = labels::consent_form(consent.form).to_owned();
    let when = days::on_paper(consent.said.utc_ms);
    (labels::joined([Some(field.to_owned()), Some(said.to_owned())]), labels::joined([Some(how), Some(when)]))
}

fn handling(handling: CopiedHandling) -> (String, String) {
    let field = handling.field.as_deref().and_then(labels::known_field).map(str::to_owned);
    let receiver = handling.receiver.map(|receiver| t!("copy.given_to", receiver = labels::asker(receiver)));
    let purpose = handling.purpose.map(|purpose| labels::purpose(purpose).to_owned());
    let what = labels::joined([Some(labels::deed(handling.deed).to_owned()), field, receiver]);
    (what, labels::joined([Some(days::on_paper(handling.done.utc_ms)), handling.by, purpose]))
}

fn request(request: CopiedRequest) -> (String, String) {
    let what = labels::joined([
        Some(labels::erasure_state(request.state).to_owned()),
        Some(labels::asker(request.asker).to_owned()),
    ]);
    (what, days::on_paper(request.asked.utc_ms))
}

/// Opens a copy that somebody brings, from here or from another community.
#[component]
pub fn OpenCopyForm() -> impl IntoView {
    let (name, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let number = StoredValue::new(0_u64);
    let (opened, fault) = (RwSignal::new(None::<PersonCopy>), RwSignal::new(None::<Fault>));
    let choose = move |file: File| {
        fault.set(None);
        let chosen = file.name();
        spawn_local(async move {
            match upload(file).await {
                Ok(upload) => {
                    number.try_set_value(upload);
                    name.try_set(chosen);
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
        });
    };
    let open = move |()| {
        ask(
            OpenCopy { upload: number.get_value(), code: code.get_untracked() },
            move |answer| match answer {
                Ok(copy) => {
                    fault.try_set(None);
                    opened.try_set(Some(copy));
                }
                Err(why) => drop(fault.try_set(Some(why))),
            },
        );
    };
    view! {
        <div class="stack form not-printed">
            <h2 class="section">{t!("copy.open_title")}</h2>
            <p>{t!("copy.open_words")}</p>
            <ChooseFile act="copy-file" words=t!("copy.choose") accept=".gwcopy" on_choose=choose />
            {move || name.with(|name| (!name.is_empty()).then(|| view! { <p>{name.clone()}</p> }))}
            <Field act="copy-code" label=t!("copy.code") value=code />
            {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            <Button act="copy-open" on_press=open>{t!("copy.open")}</Button>
        </div>
        {move || opened.get().map(shown)}
    }
    .into_any()
}
