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

/// One of several values, as a row of segments.
#[component]
pub fn Choice<T>(
    /// Names it for tests: `data-act` of a segment is this, a hyphen and its number from 1.
    act: &'static str,
    /// What is chosen, read out.
    #[prop(into)]
    label: String,
    /// The values with their words.
    options: Vec<(T, &'static str)>,
    /// The value that is on.
    #[prop(into)]
    value: Signal<T>,
    /// What choosing does.
    #[prop(into)]
    on_choose: Callback<T>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let segments = options.into_iter().enumerate().map(|(at, (option, words))| {
        let is_on = move || value.get() == option;
        view! {
            <button
                type="button"
                role="radio"
                class="segment"
                class:on=is_on
                data-act=format!("{act}-{}", at + 1)
                aria-checked=move || is_on().to_string()
                on:click=move |_| on_choose.run(option)
            >
                {words}
            </button>
        }
    });
    view! { <div class="choice" role="radiogroup" aria-label=label>{segments.collect_view()}</div> }
        .into_any()
}
