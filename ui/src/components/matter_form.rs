//! The form of a matter: what it is, where, more words, and why no item fits.

use leptos::prelude::*;
use records::Fault;
use records::call::MatterDraft;

use super::button::{Button, Tone};
use super::chip::Chip;
use super::dialog::Dialog;
use super::field::{Field, LongField};
use super::note::FaultNote;
use crate::{labels, t};

/// A sheet to fill in a matter.
#[component]
pub fn MatterSheet(
    /// The form as it stands.
    draft: MatterDraft,
    /// The words on the button.
    #[prop(into)]
    done: String,
    /// Why the core did not take it.
    #[prop(into)]
    fault: Signal<Option<Fault>>,
    /// What the button does.
    #[prop(into)]
    on_done: Callback<MatterDraft>,
    /// What closing does.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let subject = RwSignal::new(draft.subject.clone());
    let place = RwSignal::new(draft.place.clone());
    let content = RwSignal::new(draft.content.clone());
    let reason = RwSignal::new(draft.off_list_reason.clone());
    let is_off_list = draft.item.is_none();
    let title = if is_off_list { t!("matter_form.off_list") } else { t!("matter_form.title") };
    let item = draft.item.as_ref().map(|item| {
        let limit = labels::limit(item.limit_workdays, item.limit_minutes);
        let admission = labels::admission(item.admission).to_owned();
        (item.name.clone(), labels::joined([Some(item.department.clone()), Some(admission), limit]))
    });
    let finish = move |()| {
        on_done.run(MatterDraft {
            subject: subject.get_untracked(),
            place: place.get_untracked(),
            content: content.get_untracked(),
            off_list_reason: reason.get_untracked(),
            ..draft.clone()
        });
    };
    view! {
        <Dialog name="matter-form" title=title on_close=on_close>
            <div class="form">
                {item.map(|(name, line)| view! { <p class="form-item"><Chip>{name}</Chip><small>{line}</small></p> })}
                <Field act="matter-subject" label=t!("matter_form.subject") value=subject is_first=is_off_list />
                <Field act="matter-place" label=t!("matter_form.place") value=place hint=t!("matter_form.place_hint") is_first=!is_off_list />
                <LongField act="matter-content" label=t!("matter_form.content") aside=t!("optional") value=content />
                {is_off_list
                    .then(|| view! {
                        <LongField act="matter-reason" label=t!("matter_form.reason") value=reason placeholder=t!("matter_form.reason_hint") />
                    })}
                {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            </div>
            <footer class="dialog-foot">
                <Button act="save" tone=Tone::Main on_press=finish>{done}</Button>
            </footer>
        </Dialog>
    }
    .into_any()
}
