//! 我的: who I am here, how the app looks, and what it is.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use records::call::{Language, SaveSettings, Session, Settings, Theme, Worker};
use records::codes::Role;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::import::{importable, words_of};
use super::lock::LockRows;
use super::team::has_team;
use crate::bridge::{self, ask};
use crate::components::device_file::KeepRow;
use crate::components::pick::place_of;
use crate::components::room::RoomRow;
use crate::components::{Button, Choice, Heading, Icon, Page, Picture, Tone};
use crate::route::Route;
use crate::state::{Overlay, Shared};
use crate::{labels, t};

const SMALLEST_PERCENT: u16 = 100;
const LARGEST_PERCENT: u16 = 200;
const STEP_PERCENT: u16 = 10;
const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];
const THEMES: [Theme; 3] = [Theme::Device, Theme::Light, Theme::Dark];
/// Minutes without a touch after which the device may lock.
const MINUTES: [u16; 4] = [1, 5, 15, 30];
/// When the phone may remind, minutes after midnight.
const MORNINGS: [Option<u16>; 4] = [None, Some(450), Some(480), Some(510)];

/// The page of the person and the device.
#[component]
pub fn MePage() -> impl IntoView {
    let shared = Shared::here();
    view! {
        <Page name="me" is_ready=move || shared.session.with(Option::is_some)>
            <Heading title=t!("me.title") />
            {move || shared.session.get().map(|session| shown(shared, session))}
        </Page>
    }
}

fn shown(shared: Shared, session: Session) -> impl IntoView {
    let import = importable(&session);
    let role = session.worker.as_ref().map(|worker| worker.role);
    let has_team = role.is_some_and(|role| has_team(role) && role != Role::Administrator);
    let host = session.worker.as_ref().map(host);
    let server = session.worker.as_ref().map(|worker| worker.server.clone()).unwrap_or_default();
    view! {
        <div class="stack wide-gap">
            <Update />
            {session.worker.map(person)}
            <Looks settings=session.settings />
            <div class="card">
                {leads_to("to-privacy", Icon::Eye, t!("privacy.title"), t!("me.privacy_words"), Route::Privacy)}
                {leads_to("to-feedback", Icon::Edit, t!("feedback.title"), t!("me.feedback_words"), Route::Feedback)}
                {leads_to("to-help", Icon::Phone, t!("urgent.title"), t!("me.urgent_words"), Route::Urgent)}
                {leads_to("to-sync", Icon::Sync, t!("sync.title"), t!("me.sync_words"), Route::Sync)}
                {leads_to("to-devices", Icon::Device, t!("devices.title"), t!("me.devices_words"), Route::Devices)}
                {has_team.then(|| leads_to("to-team", Icon::Family, t!("team.title"), t!("me.team_words"), Route::Team))}
                {import.map(|what| leads_to("to-import", Icon::Import, t!("import.title"), words_of(what), Route::Import))}
            </div>
            <LockRows soon=soon(shared, session.settings) />
            <div class="card"><RoomRow /><KeepRow /></div>
            <div class="card" data-about="true">
                {about(shared, session.version, server, session.data_place)}
                <div class="row low wide-only">
                    <Picture icon=Icon::Keyboard />
                    <div class="grow"><strong>{t!("keys.title")}</strong></div>
                    <Button act="keys" on_press=move |()| shared.overlay.set(Overlay::Keys)>{t!("me.show")}</Button>
                </div>
            </div>
            <div class="small quiet-line">
                <p>{t!("me.promise")}</p>
                {host}
            </div>
        </div>
    }
}

/// Who is answerable for the app, as the law wants it shown (国办函〔2026〕12号).
fn host(worker: &Worker) -> impl IntoView + use<> {
    let unit = worker.host_unit.as_ref().map(|unit| t!("me.host_unit", unit = unit));
    let filing = worker.filing.as_ref().map(|number| t!("me.filing", number = number));
    [unit, filing].map(|words| words.map(|words| view! { <p data-host="true">{words}</p> }))
}

fn person(worker: Worker) -> impl IntoView {
    let area = labels::joined([worker.community, worker.grid]);
    let area = if area.is_empty() { worker.area.as_str().to_owned() } else { area };
    view! {
        <div class="card person">
            <span class="portrait" aria-hidden="true">{worker.name.chars().next().map(String::from)}</span>
            <div class="grow">
                <strong class="name">{worker.name.clone()}</strong>
                <p>{labels::role(worker.role)}</p>
                <p>{area}</p>
            </div>
        </div>
    }
}

/// Offers a newer version; nothing happens before the person says so.
#[component]
fn Update() -> impl IntoView {
    let shared = Shared::here();
    let is_taken = RwSignal::new(false);
    let take = move |()| {
        is_taken.set(true);
        bridge::update();
    };
    let offer = move || {
        view! {
            <div class="card" role="status">
                <div class="row" data-row="update">
                    <Picture icon=Icon::Import />
                    <div class="grow"><strong>{t!("update.title")}</strong><p>{t!("update.words")}</p></div>
                    <Button act="update" tone=Tone::Soft is_off=is_taken on_press=take>
                        {move || if is_taken.get() { t!("update.taking") } else { t!("update.take") }}
                    </Button>
                </div>
            </div>
        }
    };
    move || shared.has_update.get().then(offer)
}

/// How soon the device locks by itself.
fn soon(shared: Shared, settings: Settings) -> AnyView {
    let save = move |at: usize| {
        let settings = Settings { locks_after: MINUTES[at], ..settings };
        ask(SaveSettings { settings }, move |answer| match answer {
            Ok(session) => shared.session.set(Some(session)),
            Err(fault) => shared.say_fault(&fault),
        });
    };
    view! {
        <Choice act="soon" label=t!("lock.soon") options=vec!["1", "5", "15", "30"]
            chosen=place_of(settings.locks_after, &MINUTES) on_choose=save />
    }
    .into_any()
}

/// Language, colours and size; they apply at once and stay on this device.
#[component]
fn Looks(settings: Settings) -> impl IntoView {
    let shared = Shared::here();
    let save = move |settings: Settings| {
        ask(SaveSettings { settings }, move |answer| match answer {
            Ok(session) => shared.session.set(Some(session)),
            Err(fault) => shared.say_fault(&fault),
        });
    };
    let themes = vec![t!("theme.device"), t!("theme.light"), t!("theme.dark")];
    let language = view! {
        <Choice act="language" label=t!("me.language") options=vec!["中文", "English"]
            chosen=place_of(settings.language, &LANGUAGES)
            on_choose=move |at| save(Settings { language: LANGUAGES[at], ..settings }) />
    };
    let theme = view! {
        <Choice act="theme" label=t!("me.theme") options=themes chosen=place_of(settings.theme, &THEMES)
            on_choose=move |at| save(Settings { theme: THEMES[at], ..settings }) />
    };
    let size = view! {
        <div class="stepper">
            <Button act="smaller" is_off=Signal::stored(settings.text_percent <= SMALLEST_PERCENT)
                on_press=move |()| save(resized(settings, false))>{t!("me.smaller")}</Button>
            <span class="number" aria-live="polite">{format!("{} %", settings.text_percent)}</span>
            <Button act="larger" is_off=Signal::stored(settings.text_percent >= LARGEST_PERCENT)
                on_press=move |()| save(resized(settings, true))>{t!("me.larger")}</Button>
        </div>
    };
    let reminder = move || {
        view! {
            <Choice act="reminder" label=t!("reminder.title")
                options=vec![t!("reminder.never"), "7:30", "8:00", "8:30"]
                chosen=place_of(settings.reminds_at, &MORNINGS)
                on_choose=move |at| save(Settings { reminds_at: MORNINGS[at], ..settings }) />
        }
    };
    let reminder = bridge::can_remind().then(reminder);
    view! {
        <div class="card">
            {setting(Icon::Globe, t!("me.language"), None, language.into_any())}
            {setting(Icon::Theme, t!("me.theme"), None, theme.into_any())}
            {setting(Icon::Size, t!("me.size"), None, size.into_any())}
            {reminder.map(|choice| {
                setting(Icon::Clock, t!("reminder.title"), Some(t!("reminder.words")), choice.into_any())
            })}
        </div>
    }
}

fn setting(icon: Icon, title: &'static str, words: Option<&'static str>, control: AnyView) -> AnyView {
    view! {
        <div class="row setting">
            <Picture icon />
            <div class="grow"><strong>{title}</strong>{words.map(|words| view! { <p>{words}</p> })}</div>
            {control}
        </div>
    }
    .into_any()
}

fn resized(settings: Settings, is_larger: bool) -> Settings {
    let percent = if is_larger {
        settings.text_percent.saturating_add(STEP_PERCENT)
    } else {
        settings.text_percent.saturating_sub(STEP_PERCENT)
    };
    Settings { text_percent: percent.clamp(SMALLEST_PERCENT, LARGEST_PERCENT), ..settings }
}

fn leads_to(
    act: &'static str,
    icon: Icon,
    title: &'static str,
    words: &'static str,
    to: Route,
) -> impl IntoView {
    view! {
        <div class="row">
            <Picture icon />
            <div class="grow">
                <a class="row-link" data-act=act href=to.hash()><strong>{title}</strong></a>
                <p>{words}</p>
            </div>
            <Picture icon=Icon::Forward is_small=true />
        </div>
    }
}

/// What an administrator asks for, in one row; the details when it is opened.
fn about(shared: Shared, version: String, server: String, data_place: String) -> impl IntoView {
    let lines = [
        format!("{} {version}", t!("me.version")),
        format!("{} {server}", t!("me.server")),
        format!("{} {data_place}", t!("me.data_place")),
    ];
    let text = format!("{}\n{}", t!("app.name"), lines.join("\n"));
    let copy = move |()| copy_words(shared, &text);
    view! {
        <details>
            <summary class="row low">
                <Picture icon=Icon::About />
                <strong class="grow">{t!("me.about")}</strong>
                <Picture icon=Icon::Forward is_small=true />
            </summary>
            <div class="about">
                {lines.map(|line| view! { <p class="selectable">{line}</p> }).collect_view()}
                <Button act="copy-about" on_press=copy>{t!("me.copy")}</Button>
            </div>
        </details>
    }
}

/// Puts words on the clipboard, and says whether they are there.
pub fn copy_words(shared: Shared, text: &str) {
    let Some(copying) = copy(text) else { return shared.say(t!("me.copy_by_hand")) };
    spawn_local(async move {
        let is_copied = JsFuture::from(copying).await.is_ok();
        shared.say(if is_copied { t!("me.copied") } else { t!("me.copy_by_hand") });
    });
}

/// Puts words on the clipboard; `None` where the page has none.
fn copy(text: &str) -> Option<Promise> {
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).ok()?;
    let write: Function = Reflect::get(&clipboard, &"writeText".into()).ok()?.dyn_into().ok()?;
    write.call1(&clipboard, &text.into()).ok()?.dyn_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_between_once_and_twice_its_size() {
        let settings = Settings { text_percent: 200, ..Settings::default() };
        assert_eq!(resized(settings, true).text_percent, 200);
        assert_eq!(resized(settings, false).text_percent, 190);
        assert_eq!(resized(Settings::default(), false).text_percent, 100);
    }
}
