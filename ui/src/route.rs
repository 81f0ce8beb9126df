//! Which page the address names, and moving between pages.

use leptos::prelude::*;
use records::RecordId;
use wasm_bindgen::JsValue;

use crate::bridge;

/// A page, as `location.hash` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `#/`
    Today,
    /// `#/households`
    Households,
    /// `#/households/<id>`
    Household(RecordId),
    /// `#/visit/<household id>`
    Visit(RecordId),
    /// `#/items`
    Items,
    /// `#/items/pick`
    Pick,
    /// `#/matters/<id>`
    Matter(RecordId),
    /// `#/sync`
    Sync,
    /// `#/me`
    Me,
    /// `#/import`
    Import,
    /// `#/devices`
    Devices,
    /// `#/team`
    Team,
    /// `#/help`: the numbers to call at once.
    Urgent,
    /// `#/privacy`: what was done with personal data.
    Privacy,
    /// `#/rights/<person id>`: what somebody may ask for.
    Rights(RecordId),
    /// `#/proof/<request id>`: what became of a request for deletion, for paper.
    Proof(RecordId),
    /// `#/feedback`: complaints and suggestions about the app.
    Feedback,
}

impl Route {
    /// Reads an address; whatever it does not know is 今日.
    pub fn parse(hash: &str) -> Self {
        let path = hash.trim_start_matches('#').trim_matches('/');
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let with_id = |page: fn(RecordId) -> Self| rest.parse().map_or(Self::Today, page);
        match (first, rest) {
            ("households", "") => Self::Households,
            ("households", _) => with_id(Self::Household),
            ("visit", _) => with_id(Self::Visit),
            ("items", "") => Self::Items,
            ("items", "pick") => Self::Pick,
            ("matters", _) => with_id(Self::Matter),
            ("sync", _) => Self::Sync,
            ("me", _) => Self::Me,
            ("import", _) => Self::Import,
            ("devices", _) => Self::Devices,
            ("team", _) => Self::Team,
            ("help", _) => Self::Urgent,
            ("privacy", _) => Self::Privacy,
            ("rights", _) => with_id(Self::Rights),
            ("proof", _) => with_id(Self::Proof),
            ("feedback", _) => Self::Feedback,
            _ => Self::Today,
        }
    }

    /// The address of the page.
    pub fn hash(self) -> String {
        match self {
            Self::Today => "#/".to_owned(),
            Self::Households => "#/households".to_owned(),
            Self::Household(id) => format!("#/households/{id}"),
            Self::Visit(id) => format!("#/visit/{id}"),
            Self::Items => "#/items".to_owned(),
            Self::Pick => "#/items/pick".to_owned(),
            Self::Matter(id) => format!("#/matters/{id}"),
            Self::Sync => "#/sync".to_owned(),
            Self::Me => "#/me".to_owned(),
            Self::Import => "#/import".to_owned(),
            Self::Devices => "#/devices".to_owned(),
            Self::Team => "#/team".to_owned(),
            Self::Urgent => "#/help".to_owned(),
            Self::Privacy => "#/privacy".to_owned(),
            Self::Rights(id) => format!("#/rights/{id}"),
            Self::Proof(id) => format!("#/proof/{id}"),
            Self::Feedback => "#/feedback".to_owned(),
        }
    }
}

/// The current page and how many pages of ours lie behind it.
#[derive(Clone, Copy)]
pub struct Router {
    /// The current page.
    pub route: RwSignal<Route>,
    depth: StoredValue<u32>,
}

impl Router {
    /// Starts at the window's address and follows it.
    pub fn start() -> Self {
        let router = Self { route: RwSignal::new(current()), depth: StoredValue::new(0) };
        router.arrived();
        let handle = window_event_listener(leptos::ev::popstate, move |_| router.arrived());
        on_cleanup(move || handle.remove());
        router
    }

    /// Opens a page.
    pub fn go(self, to: Route) {
        self.enter(to, false);
    }

    /// Opens a page in place of the current one, so that going back skips it.
    pub fn replace(self, with: Route) {
        self.enter(with, true);
    }

    /// Goes back to the page before, or to `fallback` when the app was opened right here.
    pub fn back(self, fallback: Route) {
        if self.depth.get_value() == 0 {
            self.replace(fallback);
            return;
        }
        bridge::back();
    }

    fn enter(self, to: Route, in_place: bool) {
        if to == self.route.get_untracked() {
            return;
        }
        let Ok(history) = window().history() else { return };
        let depth = self.depth.get_value() + u32::from(!in_place);
        let state = JsValue::from(depth);
        let hash = to.hash();
        let done = if in_place {
            history.replace_state_with_url(&state, "", Some(&hash))
        } else {
            history.push_state_with_url(&state, "", Some(&hash))
        };
        if done.is_ok() {
            self.depth.set_value(depth);
            self.show(to);
        }
    }

    /// An entry without a number was made by a plain link or by hand: it is one deeper than the last.
    fn arrived(self) {
        let Ok(history) = window().history() else { return };
        let known = history.state().ok().and_then(|state| state.as_f64());
        match known {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "we wrote it as u32")]
            Some(depth) => self.depth.set_value(depth as u32),
            None => {
                let is_first = history.length().unwrap_or(1) <= 1;
                let depth = if is_first {
                    0
                } else {
                    self.depth.get_value() + u32::from(self.route.get_untracked() != current())
                };
                self.depth.set_value(depth);
                drop(history.replace_state(&JsValue::from(depth), ""));
            }
        }
        self.show(current());
    }

    fn show(self, route: Route) {
        if self.route.get_untracked() != route {
            self.route.set(route);
        }
    }
}

fn current() -> Route {
    Route::parse(&window().location().hash().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn addresses_lead_back_to_their_pages() {
        let id = "0190163d-8694-739b-aea5-966c26f8ad91".parse().unwrap();
        for route in [
            Route::Today,
            Route::Households,
            Route::Household(id),
            Route::Visit(id),
            Route::Items,
            Route::Pick,
            Route::Matter(id),
            Route::Sync,
            Route::Me,
            Route::Import,
            Route::Urgent,
            Route::Privacy,
            Route::Rights(id),
            Route::Proof(id),
            Route::Feedback,
        ] {
            assert_eq!(Route::parse(&route.hash()), route);
        }
    }

    #[test]
    fn an_address_nobody_knows_is_today() {
        for hash in ["", "#", "#/", "#/nothing", "#/households/not-an-id", "#/visit/"] {
            assert_eq!(Route::parse(hash), Route::Today, "{hash}");
        }
    }
}
