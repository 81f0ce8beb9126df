//! What the whole page shares: who is here, where we are, what is going on.

use std::time::Duration;

use leptos::prelude::*;
use records::call::{Lock, MatterDraft, Session, SyncChip, VisitDraft};
use records::codes::Role;
use records::{Fault, RecordId};

use crate::route::{Route, Router};
use crate::walk::Walk;
use crate::{haptics, words};

/// So long a page that is covered waits before it reads anew what it shows.
const SETTLING: Duration = Duration::from_millis(800);

/// Shared state, handed down as context.
#[derive(Clone, Copy)]
pub struct Shared {
    /// The address and moving about.
    pub router: Router,
    /// Which list stands at the left on a wide screen.
    pub list: RwSignal<List>,
    /// Wide screens show list and detail side by side.
    pub is_wide: RwSignal<bool>,
    /// Words are so large, or the window so narrow, that little fits side by side.
    pub is_tight: RwSignal<bool>,
    /// Width and height of the window while no keyboard takes any, in px.
    pub free_window: StoredValue<Option<(i32, i32)>>,
    /// Who is using the app; `None` until the core said so.
    pub session: RwSignal<Option<Session>>,
    /// How the lock stands, while it stands before the pages.
    pub lock: RwSignal<Option<Lock>>,
    /// The chip at the top.
    pub chip: RwSignal<SyncChip>,
    /// Goes up whenever records changed.
    pub changes: RwSignal<u32>,
    /// The same, once there was time for what is in sight.
    pub settled_changes: RwSignal<u32>,
    /// A short message at the bottom.
    pub toast: RwSignal<Option<Toast>>,
    /// The staircase that is being taken in one go.
    pub walk: RwSignal<Walk>,
    /// A visit that was taken back and goes on as a draft.
    pub reopened: RwSignal<Option<VisitDraft>>,
    /// The household whose visit sheet waits for an item.
    pub picking_for: RwSignal<Option<RecordId>>,
    /// What was picked for it.
    pub picked: RwSignal<Option<MatterDraft>>,
    /// What lies over the page.
    pub overlay: RwSignal<Overlay>,
    /// Whether a newer version is here and waits for the person's word.
    pub has_update: RwSignal<bool>,
    owner: StoredValue<Owner>,
}

/// The lists that stand at the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// 今日
    Today,
    /// 住户
    Households,
    /// 事项
    Matters,
}

/// What lies over the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    None,
    /// 记一笔
    Quick,
    /// The keys.
    Keys,
}

/// A short message, with the way back while there is one.
#[derive(Clone)]
pub struct Toast {
    /// The words.
    pub words: String,
    /// The way back.
    pub way_back: WayBack,
    /// Whether something went wrong: such words stay long enough to be read twice.
    pub is_fault: bool,
}

/// How something that was done is taken back.
#[derive(Clone, Copy)]
pub enum WayBack {
    /// Not at all.
    None,
    /// By the core, with this number, until then in ms since 1970 UTC.
    Core(u64, i64),
    /// Here, because nothing was saved yet.
    Here(Callback<()>),
}

impl Shared {
    /// Whether an administrator is here, who holds no work: people are their home.
    pub fn is_administrator(self) -> bool {
        self.session.with(|session| {
            let worker = session.as_ref().and_then(|session| session.worker.as_ref());
            worker.is_some_and(|worker| worker.role == Role::Administrator)
        })
    }

    /// The state at the start.
    pub fn start() -> Self {
        Self {
            router: Router::start(),
            list: RwSignal::new(List::Today),
            is_wide: RwSignal::new(false),
            is_tight: RwSignal::new(false),
            free_window: StoredValue::new(None),
            session: RwSignal::new(None),
            lock: RwSignal::new(None),
            chip: RwSignal::new(SyncChip::default()),
            changes: RwSignal::new(0),
            settled_changes: RwSignal::new(0),
            toast: RwSignal::new(None),
            walk: RwSignal::new(Walk::default()),
            reopened: RwSignal::new(None),
            picking_for: RwSignal::new(None),
            picked: RwSignal::new(None),
            overlay: RwSignal::new(Overlay::None),
            has_update: RwSignal::new(false),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        }
    }

    /// The state handed down.
    pub fn here() -> Self {
        expect_context()
    }

    /// Says something short.
    pub fn say(self, words: impl Into<String>) {
        self.show(words.into(), WayBack::None);
    }

    /// Says what went wrong.
    pub fn say_fault(self, fault: &Fault) {
        let words = words::fault(fault);
        self.toast.set(Some(Toast { words, way_back: WayBack::None, is_fault: true }));
    }

    fn show(self, words: String, way_back: WayBack) {
        self.toast.set(Some(Toast { words, way_back, is_fault: false }));
    }

    /// Says that something was saved, to the hand as well, and how it is taken back.
    pub fn say_with_undo(self, words: impl Into<String>, undo: Option<u64>, until_ms: i64) {
        let way_back = undo.map_or(WayBack::None, |undo| WayBack::Core(undo, until_ms));
        self.show(words.into(), way_back);
        haptics::tremble();
    }

    /// Says something short that can be taken back without the core.
    pub fn say_with_way_back(self, words: impl Into<String>, way_back: impl Fn() + Send + Sync + 'static) {
        // The page that says it may be gone by the time it is taken back.
        let way_back = self.owner.with_value(|owner| owner.with(|| Callback::new(move |()| way_back())));
        self.show(words.into(), WayBack::Here(way_back));
    }

    /// Open pages read again what they show.
    pub fn changed(self) {
        self.changes.update(|changes| *changes = changes.wrapping_add(1));
        let settle = move || self.settled_changes.set(self.changes.get_untracked());
        set_timeout(settle, SETTLING);
    }

    /// The name of whoever is enrolled.
    pub fn my_name(self) -> String {
        self.session.with_untracked(|session| {
            let worker = session.as_ref().and_then(|session| session.worker.as_ref());
            worker.map(|worker| worker.name.clone()).unwrap_or_default()
        })
    }

    /// The household at the right, whatever page shows it.
    pub fn open_household(self) -> Option<RecordId> {
        match self.router.route.get() {
            Route::Household(id) | Route::Visit(id) => Some(id),
            _ => None,
        }
    }
}
