//! Buttons: one shape, a few tones; at least 44 px to hit.

use leptos::prelude::*;

use super::icon::{Icon, Picture};
use crate::route::Route;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// The one main action of a page.
    Main,
    /// A main action repeated in rows.
    Soft,
    /// Everything else.
    #[default]
    Plain,
    /// Words that can be pressed.
    Quiet,
}

impl Tone {
    /// The classes of a button of this tone.
    pub fn class(self) -> &'static str {
        match self {
            Self::Main => "button main",
            Self::Soft => "button soft",
            Self::Plain => "button plain",
            Self::Quiet => "button quiet",
        }
    }
}

/// A button with words and perhaps a picture.
#[component]
pub fn Button(
    /// Names the button for tests, as `data-act`.
    #[prop(optional)]
    act: Option<&'static str>,
    /// How much it asks for attention.
    #[prop(optional)]
    tone: Tone,
    /// A picture before the words.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Whether it cannot be pressed now.
    #[prop(optional, into)]
    is_off: Signal<bool>,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class=tone.class() data-act=act disabled=is_off on:click=move |_| on_press.run(())>
            {icon.map(|icon| view! { <Picture icon is_small=true /> })}
            {children()}
        </button>
    }
    .into_any()
}

/// A button that is only a picture; its name is read out and shown on hovering.
#[component]
pub fn IconButton(
    /// Names the button for tests, as `data-act`.
    #[prop(optional)]
    act: Option<&'static str>,
    /// The picture.
    icon: Icon,
    /// Its name.
    #[prop(into)]
    name: Signal<String>,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button icon-only"
            data-act=act
            aria-label=name
            title=name
            on:click=move |_| on_press.run(())
        >
            <Picture icon />
        </button>
    }
    .into_any()
}

/// A link to a page that looks like a button.
#[component]
pub fn LinkButton(
    /// Names the link for tests, as `data-act`.
    #[prop(optional)]
    act: Option<&'static str>,
    /// How much it asks for attention.
    #[prop(optional)]
    tone: Tone,
    /// A picture before the words.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Where it leads.
    to: Route,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <a class=tone.class() data-act=act href=to.hash()>
            {icon.map(|icon| view! { <Picture icon is_small=true /> })}
            {children()}
        </a>
    }
    .into_any()
}
