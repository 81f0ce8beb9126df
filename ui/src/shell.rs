//! The frame around the pages: tabs below on a phone, a rail and two panes at the desk.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use records::call::{Event, GetSession, Language, Settings, Theme};
use records::{Fault, RecordId};

use crate::bridge::ask;
use crate::components::pull::Pull;
use crate::components::quick::QuickSheet;
use crate::components::toast::ToastPlace;
use crate::components::{Button, FaultNote, Icon, Picture, Tone};
use crate::layout::set_root;
use crate::live::Covered;
use crate::navigation::{Rail, Tabs};
use crate::pages::devices::DevicesPage;
use crate::pages::enrol::EnrolPage;
use crate::pages::erasures::ProofPage;
use crate::pages::feedback::FeedbackPage;
use crate::pages::household::HouseholdPage;
use crate::pages::households::HouseholdsPage;
use crate::pages::import::ImportPage;
use crate::pages::keys::KeysSheet;
use crate::pages::lock::{LockPage, begin};
use crate::pages::matter::MatterPage;
use crate::pages::matters::MattersPage;
use crate::pages::me::MePage;
use crate::pages::picker::PickerPage;
use crate::pages::privacy::PrivacyPage;
use crate::pages::rights::RightsPage;
use crate::pages::sync::SyncPage;
use crate::pages::team::TeamPage;
use crate::pages::today::TodayPage;
use crate::pages::urgent::UrgentPage;
use crate::pages::visit::VisitPage;
use crate::route::Route;
use crate::state::{List, Overlay, Shared};
use crate::{bridge, idle, keyboard, layout, network, t, words};

/// So long pages wait before they read anew what they show.
const BRIEFLY: Duration = Duration::from_millis(30);

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    let shared = Shared::start();
    provide_context(shared);
    let fault = RwSignal::new(None);
    begin(shared, fault);
    hear(shared);
    idle::follow(shared);
    layout::follow_window(shared);
    network::follow();
    follow_route(shared);
    keyboard::listen(shared);
    // Before anything is open they are those of the last time; locking changes nothing of how the app looks.
    let settings = Memo::new(move |before: Option<&Option<Settings>>| {
        let before = before.copied().flatten();
        let of_session = shared.session.with(|session| session.as_ref().map(|session| session.settings));
        let of_lock = shared.lock.with(|lock| lock.as_ref().map(|lock| lock.settings));
        of_session.or_else(|| of_lock.map(|last| last.or(before).unwrap_or_default())).or(before)
    });
    Effect::new(move |_| {
        if let Some(settings) = settings.get() {
            apply_looks(settings.theme, settings.text_percent);
            layout::measure(shared);
        }
    });
    let stand = Memo::new(move |_| {
        let is_enrolled =
            shared.session.with(|session| session.as_ref().map(|session| session.worker.is_some()));
        // Whatever was on its way when the device was locked opens nothing.
        let is_locked = shared.lock.with(Option::is_some);
        match (is_locked, is_enrolled) {
            (true, _) => Stand::Locked,
            (false, None) => Stand::Starting,
            (false, Some(false)) => Stand::Unenrolled,
            (false, Some(true)) => Stand::Working,
        }
    });
    let is_spoken = follow_language(Memo::new(move |_| settings.get().map(|settings| settings.language)));
    view! {
        {move || {
            // Words are not signals: another language draws everything anew.
            let can_be_read = is_spoken.get();
            say_language();
            match stand.get() {
                _ if can_be_read == 0 => view! { {move || fault.get().map(cannot_begin)} }.into_any(),
                Stand::Starting => view! { {move || fault.get().map(cannot_begin)} }.into_any(),
                Stand::Locked => view! { <LockPage /> }.into_any(),
                Stand::Unenrolled => view! { <EnrolPage /> }.into_any(),
                Stand::Working => view! { <Frame /> }.into_any(),
            }
        }}
        <ToastPlace />
    }
}

/// How far somebody has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Nothing was answered yet.
    Starting,
    /// The lock stands before everything.
    Locked,
    /// Nobody is enrolled.
    Unenrolled,
    /// The pages are there.
    Working,
}

/// What keeps the app from starting, and the way to try again.
fn cannot_begin(fault: Fault) -> impl IntoView {
    view! {
        <FaultNote fault />
        <Button act="again" tone=Tone::Plain on_press=|()| bridge::again()>
            {t!("courier.again")}
        </Button>
    }
}

/// Speaks the language that is chosen, from when its words are here on; goes up each time.
fn follow_language(chosen: Memo<Option<Language>>) -> RwSignal<u32> {
    let spoken = RwSignal::new(0);
    let speak = move |language| {
        words::speak(language);
        spoken.update(|times| *times += 1);
    };
    Effect::new(move |_| match chosen.get() {
        Some(language) if words::knows(language) => speak(language),
        Some(language) => bridge::fetch_english(move |english| {
            // Without them it is Chinese, for some words are better than none.
            words::learn(&english.unwrap_or_default());
            speak(language);
        }),
        None => (),
    });
    spoken
}

fn hear(shared: Shared) {
    bridge::listen(move |event| match event {
        // A little later: whoever caused it hears first that it is done.
        Event::Changed => set_timeout(
            move || {
                // Another tab may have opened or locked.
                if shared.lock.with_untracked(Option::is_some) {
                    begin(shared, RwSignal::new(None));
                } else {
                    renew_session(shared);
                    shared.changed();
                }
            },
            BRIEFLY,
        ),
        Event::Sync(chip) => shared.chip.set(chip),
        Event::Update => shared.has_update.set(true),
    });
}

/// Enrolment may end, and the names of grid and community arrive, after the first page is drawn.
fn renew_session(shared: Shared) {
    ask(GetSession {}, move |answer| {
        let session = match answer {
            Ok(session) => session,
            Err(why) if why.code.starts_with("lock.") => return crate::idle::was_locked(shared),
            Err(_) => return,
        };
        let is_new = shared.session.with_untracked(|old| {
            old.as_ref().is_none_or(|old| (&old.worker, old.today) != (&session.worker, session.today))
        });
        if is_new && shared.lock.with_untracked(Option::is_none) {
            shared.session.set(Some(session));
        }
    });
}

fn apply_looks(theme: Theme, text_percent: u16) {
    let theme = match theme {
        Theme::Device => "device",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    set_root("data-theme", theme);
    set_root("style", &format!("font-size: {text_percent}%"));
}

fn say_language() {
    set_root("lang", if words::is_english() { "en" } else { "zh-CN" });
    document().set_title(t!("app.name"));
}

/// Remembers which list stands at the left, and forgets an item picked for a sheet that was left.
fn follow_route(shared: Shared) {
    Effect::new(move |_| {
        let route = shared.router.route.get();
        let list = match route {
            Route::Today => Some(List::Today),
            Route::Households => Some(List::Households),
            Route::Items | Route::Matter(_) => Some(List::Matters),
            _ => None,
        };
        if let Some(list) = list {
            shared.list.set(list);
        }
        if route != Route::Pick {
            shared.picking_for.set(None);
        }
        shared.overlay.set(Overlay::None);
    });
}

/// Rail or tabs, and the panes between.
#[component]
fn Frame() -> impl IntoView {
    let shared = Shared::here();
    let is_administrator = Memo::new(move |_| shared.is_administrator());
    let is_covered = Signal::derive(move || detail(shared).is_some() && !shared.is_wide.get());
    view! {
        <a class="skip" href="#content" on:click=move |event| skip(&event)>{t!("skip")}</a>
        <div
            class="frame"
            class:has-detail=move || detail(shared).is_some()
            class:alone=move || is_alone(shared)
            class:at-main=move || is_main(shared)
        >
            <Rail />
            <section class="pane list-pane" aria-label=t!("pane.list")>
                {move || {
                    provide_context(Covered(is_covered));
                    if is_administrator.get() {
                        return ().into_any();
                    }
                    match shared.list.get() {
                        List::Today => view! { <TodayPage /> }.into_any(),
                        List::Households => view! { <HouseholdsPage /> }.into_any(),
                        List::Matters => view! { <MattersPage /> }.into_any(),
                    }
                }}
            </section>
            <main class="pane detail-pane" id="content" tabindex="-1">
                <Detail />
            </main>
            <Tabs />
            <Pull />
        </div>
        {move || match shared.overlay.get() {
            Overlay::None => ().into_any(),
            Overlay::Quick => view! { <QuickSheet /> }.into_any(),
            Overlay::Keys => view! { <KeysSheet /> }.into_any(),
        }}
    }
}

fn skip(event: &ev::MouseEvent) {
    event.prevent_default();
    if let Some(content) = document().query_selector("#content h1, .list-pane h1").ok().flatten() {
        use wasm_bindgen::JsCast;
        if let Ok(content) = content.dyn_into::<web_sys::HtmlElement>() {
            drop(content.focus());
        }
    }
}

/// What the right pane shows; on a narrow screen it covers the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Household(RecordId),
    Visit(RecordId),
    Matter(RecordId),
    Pick,
    Sync,
    Me,
    Import,
    Urgent,
    Privacy,
    Feedback,
    Devices,
    Team,
    Rights(RecordId),
    Proof(RecordId),
}

impl Shown {
    /// The page regardless of whose.
    fn page(self) -> u8 {
        match self {
            Self::Household(_) => 0,
            Self::Visit(_) => 1,
            Self::Matter(_) => 2,
            Self::Pick => 3,
            Self::Sync => 4,
            Self::Me => 5,
            Self::Import => 6,
            Self::Urgent => 7,
            Self::Privacy => 8,
            Self::Feedback => 9,
            Self::Devices => 10,
            Self::Team => 11,
            Self::Rights(_) => 12,
            Self::Proof(_) => 13,
        }
    }

    fn id(self) -> Option<RecordId> {
        match self {
            Self::Household(id) | Self::Visit(id) | Self::Matter(id) | Self::Rights(id) | Self::Proof(id) => {
                Some(id)
            }
            _ => None,
        }
    }
}

fn detail(shared: Shared) -> Option<Shown> {
    match shared.router.route.get() {
        Route::Today | Route::Households | Route::Items if shared.is_administrator() => Some(Shown::Team),
        Route::Today | Route::Households | Route::Items => None,
        Route::Devices => Some(Shown::Devices),
        Route::Team => Some(Shown::Team),
        Route::Household(id) => Some(Shown::Household(id)),
        Route::Visit(id) => Some(Shown::Visit(id)),
        Route::Matter(id) => Some(Shown::Matter(id)),
        // The sheet that waits for an item stays as it is behind the picker.
        Route::Pick => Some(shared.picking_for.get().map_or(Shown::Pick, Shown::Visit)),
        Route::Sync => Some(Shown::Sync),
        Route::Me => Some(Shown::Me),
        Route::Import => Some(Shown::Import),
        Route::Urgent => Some(Shown::Urgent),
        Route::Privacy => Some(Shown::Privacy),
        Route::Rights(id) => Some(Shown::Rights(id)),
        Route::Proof(id) => Some(Shown::Proof(id)),
        Route::Feedback => Some(Shown::Feedback),
    }
}

/// Pages without a list beside them.
fn is_alone(shared: Shared) -> bool {
    let pages = [
        Shown::Sync,
        Shown::Me,
        Shown::Import,
        Shown::Urgent,
        Shown::Privacy,
        Shown::Feedback,
        Shown::Devices,
        Shown::Team,
    ];
    detail(shared).is_some_and(|shown| pages.contains(&shown) || matches!(shown, Shown::Proof(_)))
}

/// Pages that the tabs lead to, and so keep them in sight.
fn is_main(shared: Shared) -> bool {
    matches!(shared.router.route.get(), Route::Today | Route::Households | Route::Items | Route::Me)
}

/// The right pane. A page stays while only the record changes, so that moving through a list is quick.
#[component]
fn Detail() -> impl IntoView {
    let shared = Shared::here();
    let shown = Memo::new(move |_| detail(shared));
    let page = Memo::new(move |_| shown.get().map(Shown::page));
    let is_picking = Memo::new(move |_| {
        shared.router.route.get() == Route::Pick && shared.picking_for.with(Option::is_some)
    });
    move || {
        // Read, not only tracked: a memo that nobody reads never looks at what it depends on.
        let Some(now) = page.get().and(shown.get_untracked()) else {
            return view! { <Nothing /> }.into_any();
        };
        let first = now.id();
        let id = Memo::new(move |before: Option<&Option<RecordId>>| {
            let same_page = shown.get().filter(|shown| shown.page() == now.page()).and_then(Shown::id);
            same_page.or(before.copied().flatten()).or(first)
        });
        let id = move || id.get().or(first).unwrap_or(NOBODY);
        match now {
            Shown::Household(_) => view! { <HouseholdPage id=Signal::derive(id) /> }.into_any(),
            Shown::Visit(_) => view! {
                <div class="over-place" class:behind=is_picking><VisitPage household=Signal::derive(id) /></div>
                {move || is_picking.get().then(|| view! { <PickerPage /> })}
            }
            .into_any(),
            Shown::Matter(_) => view! { <MatterPage id=Signal::derive(id) /> }.into_any(),
            Shown::Pick => view! { <PickerPage /> }.into_any(),
            Shown::Sync => view! { <SyncPage /> }.into_any(),
            Shown::Me => view! { <MePage /> }.into_any(),
            Shown::Import => view! { <ImportPage /> }.into_any(),
            Shown::Urgent => view! { <UrgentPage /> }.into_any(),
            Shown::Privacy => view! { <PrivacyPage /> }.into_any(),
            Shown::Feedback => view! { <FeedbackPage /> }.into_any(),
            Shown::Devices => view! { <DevicesPage /> }.into_any(),
            Shown::Team => view! { <TeamPage /> }.into_any(),
            Shown::Rights(_) => view! { <RightsPage id=Signal::derive(id) /> }.into_any(),
            Shown::Proof(_) => view! { <ProofPage id=Signal::derive(id) /> }.into_any(),
        }
    }
}

/// Asked for only by a page that is just going.
const NOBODY: RecordId = RecordId(uuid::Uuid::nil());

/// The right pane at the desk while nothing is open.
#[component]
fn Nothing() -> impl IntoView {
    let shared = Shared::here();
    let words = move || match shared.list.get() {
        List::Matters => t!("nothing.matter"),
        List::Today | List::Households => t!("nothing.household"),
    };
    view! { <div class="nothing"><Picture icon=Icon::Home /><p>{words}</p></div> }
}
