//! Choices: chips that are on or off, and one of several.

use leptos::prelude::*;

/// A chip that is on or off.
#[component]
pub fn Pick(
    /// Names it for tests, as `data-act`.
    #[prop(into)]
    act: String,
    /// Whether it is on.
    #[prop(into)]
    is_on: Signal<bool>,
    /// What pressing it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="pick"
            class:on=is_on
            data-act=act
            aria-pressed=move || is_on.get().to_string()
            on:click=move |_| on_press.run(())
        >
            {children()}
        </button>
    }
    .into_any()
}

/// One of several values, as a row of segments. They go by their places, so that this is compiled once and not for
/// each type of value.
#[component]
pub fn Choice(
    /// Names it for tests: `data-act` of a segment is this, a hyphen and its number from 1.
    act: &'static str,
    /// What is chosen, read out.
    #[prop(into)]
    label: String,
    /// The words of the values.
    options: Vec<&'static str>,
    /// The place of the value that is on.
    #[prop(into)]
    chosen: Signal<Option<usize>>,
    /// What choosing does.
    #[prop(into)]
    on_choose: Callback<usize>,
) -> impl IntoView {
    let segments = options.into_iter().enumerate().map(|(at, words)| {
        let is_on = move || chosen.get() == Some(at);
        view! {
            <button
                type="button"
                role="radio"
                class="segment"
                class:on=is_on
                data-act=format!("{act}-{}", at + 1)
                aria-checked=move || is_on().to_string()
                on:click=move |_| on_choose.run(at)
            >
                {words}
            </button>
        }
    });
    view! { <div class="choice" role="radiogroup" aria-label=label>{segments.collect_view()}</div> }
        .into_any()
}

/// The place of a value among others.
pub fn place_of<T: PartialEq>(value: T, values: &[T]) -> Option<usize> {
    values.iter().position(|other| *other == value)
}
