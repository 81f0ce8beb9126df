//! How much of the first sync has arrived.

use leptos::prelude::*;

use crate::{days, t};

/// A bar and its counts; a `progress` tells screen readers its role and numbers by itself. They take the same room whatever they say.
#[component]
pub fn Progress(
    /// Records received, and records in all as far as they are known.
    #[prop(into)]
    counts: Signal<(u64, u64)>,
) -> impl IntoView {
    let words = Memo::new(move |_| words(counts.get()));
    let percent = Memo::new(move |_| percent(counts.get()));
    view! {
        <div class="progress">
            <progress
                max="100"
                value=move || percent.get().to_string()
                aria-label=t!("chip.first_label")
                aria-valuetext=words
            />
            <p class="number small" aria-hidden="true">{words}</p>
        </div>
    }
    .into_any()
}

fn words((received, total): (u64, u64)) -> String {
    match total {
        0 => t!("today.first_asking").to_owned(),
        _ => t!("today.first_sync", received = days::grouped(received), total = days::grouped(total)),
    }
}

/// Of a hundred; all of it only when everything is here.
pub fn percent((received, total): (u64, u64)) -> u64 {
    (received * 100).checked_div(total).unwrap_or(0).min(if received < total { 99 } else { 100 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_only_when_everything_is_here() {
        assert_eq!(percent((0, 0)), 0);
        assert_eq!(percent((1, 4)), 25);
        assert_eq!(percent((3_999, 4_000)), 99);
        assert_eq!(percent((4_000, 4_000)), 100);
    }

    #[test]
    fn before_the_server_has_said_how_much_there_is_nothing_is_counted() {
        assert!(!words((0, 0)).contains('0'));
        assert!(words((1_802, 4_019)).contains("1,802"));
    }
}
