//! 本人的权利: a copy of everything, or a request for deletion, once it is clear who asks.

use leptos::prelude::*;
use records::call::{AskErasure, GetCopy, PackCopy, PersonCopy};
use records::codes::{Asker, IdentityCheck};
use records::{Fault, RecordId};

use super::copy;
use crate::bridge::{self, ask};
use crate::components::file::place;
use crate::components::{Button, Dialog, FaultNote, Heading, Icon, Page, Pick, Tone};
use crate::route::Route;
use crate::state::Shared;
use crate::{labels, t};

/// What may be asked for about somebody.
#[component]
pub fn RightsPage(
    /// Whom.
    #[prop(into)]
    id: Signal<RecordId>,
) -> impl IntoView {
    let shared = Shared::here();
    let asker = RwSignal::new(None::<Asker>);
    let checked = RwSignal::new(None::<IdentityCheck>);
    let fault = RwSignal::new(None::<Fault>);
    let copied = RwSignal::new(None::<PersonCopy>);
    let written = RwSignal::new(None::<(String, String)>);
    let failed = move |why: Fault| drop(fault.try_set(Some(why)));
    // Somebody else's page begins anew.
    Effect::new(move |_| {
        id.track();
        asker.set(None);
        checked.set(None);
        copied.set(None);
        fault.set(None);
    });
    let wanted = move || {
        let (receiver, checked) = (asker.get()?, checked.get()?);
        Some(GetCopy { person: id.get(), receiver, checked })
    };
    let is_unclear = Signal::derive(move || wanted().is_none());
    let show = move |()| {
        let Some(wanted) = untrack(wanted) else { return };
        ask(wanted, move |answer| match answer {
            Ok(copy) => drop(copied.try_set(Some(copy))),
            Err(why) => failed(why),
        });
    };
    let pack = move |()| {
        let Some(copy) = untrack(wanted) else { return };
        ask(PackCopy { copy }, move |answer| match answer {
            Ok(file) => bridge::download(file.download, move |path| match path {
                Ok(path) => drop(written.try_set(Some((path, file.code)))),
                Err(why) => failed(why),
            }),
            Err(why) => failed(why),
        });
    };
    let delete = move |()| {
        let Some(GetCopy { person, receiver: asker, checked }) = untrack(wanted) else { return };
        ask(AskErasure { person, asker, checked }, move |answer| match answer {
            Ok(saved) => shared.say_with_undo(t!("rights.asked"), saved.undo, saved.undo_until_ms),
            Err(why) => failed(why),
        });
    };
    view! {
        <Page name="rights" is_ready=true>
            <Heading title=t!("rights.title") back=Route::Households />
            <div class="stack form not-printed">
                <p>{t!("rights.words")}</p>
                {picks(t!("asker.title"), "asker", Asker::ALL.iter().map(|one| (labels::asker(*one), *one)).collect(), asker)}
                {picks(t!("checked.title"), "checked", IdentityCheck::ALL.iter().map(|one| (labels::identity_check(*one), *one)).collect(), checked)}
                {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
                <p class="small">{t!("rights.show_words")}</p>
                <div class="wrap">
                    <Button act="copy-show" tone=Tone::Main icon=Icon::Eye is_off=is_unclear on_press=show>{t!("rights.show")}</Button>
                    <Button act="copy-pack" icon=Icon::File is_off=is_unclear on_press=pack>{t!("rights.pack")}</Button>
                </div>
                <p class="small">{t!("rights.ask_words")}</p>
                <div class="wrap">
                    <Button act="erasure-ask" is_off=is_unclear on_press=delete>{t!("rights.ask")}</Button>
                </div>
            </div>
            {move || copied.get().map(copy::shown)}
            {move || written.get().map(|(path, code)| told(path, code, written))}
        </Page>
    }
}

/// One of several, none before somebody chooses.
fn picks<T: Copy + PartialEq + Send + Sync + 'static>(
    title: &'static str,
    act: &'static str,
    all: Vec<(&'static str, T)>,
    chosen: RwSignal<Option<T>>,
) -> AnyView {
    let picks = all.into_iter().enumerate().map(|(at, (words, one))| {
        let is_on = Signal::derive(move || chosen.get() == Some(one));
        view! { <Pick act=format!("{act}-{}", at + 1) is_on on_press=move |()| chosen.set(Some(one))>{words}</Pick> }
            .into_any()
    });
    let picks = picks.collect::<Vec<_>>();
    view! { <div><p class="small">{title}</p><div class="wrap" role="group" aria-label=title>{picks}</div></div> }.into_any()
}

/// The code, once: nothing keeps it.
fn told(path: String, code: String, written: RwSignal<Option<(String, String)>>) -> AnyView {
    let close = move |()| written.set(None);
    let lies = place(&path);
    view! {
        <Dialog title=t!("rights.packed") name="copy-file" on_close=close>
            <div class="told" data-path=path>{lies}</div>
            <p>{t!("rights.pack_words")}</p>
            <p class="opening-code selectable" data-code=true>{code}</p>
            <Button act="code-written" tone=Tone::Main on_press=close>{t!("device_file.written")}</Button>
        </Dialog>
    }
    .into_any()
}
