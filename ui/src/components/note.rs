//! No dead ends: empty lists say what to do, faults say what happened and what was kept.

use leptos::prelude::*;
use records::Fault;

use super::icon::{Icon, Picture};
use crate::words;

/// A fault as a sentence.
#[component]
pub fn FaultNote(
    /// What went wrong.
    fault: Fault,
) -> impl IntoView {
    view! {
        <div class="fault" role="alert" data-fault=fault.code.clone()>
            <Picture icon=Icon::Alert />
            <p>{words::fault(&fault)}</p>
        </div>
    }
    .into_any()
}

/// An empty list.
#[component]
pub fn Empty(
    /// A picture.
    icon: Icon,
    /// What is so.
    #[prop(into)]
    title: String,
    /// What to do.
    #[prop(into)]
    words: String,
    /// A button that does it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Picture icon />
            <h2>{title}</h2>
            <p>{words}</p>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
