//! What is listed by numbers: of each number one thing is drawn, and stays while its number is there.

use leptos::prelude::*;

/// Draws what belongs to each number. One place for all lists: each of its own would be compiled
/// again, into what a browser fetches.
pub fn keyed(numbers: Signal<Vec<usize>>, draw: Callback<usize, AnyView>) -> AnyView {
    view! {
        <For each=move || numbers.get() key=|number| *number children=move |number| draw.run(number) />
    }
    .into_any()
}
