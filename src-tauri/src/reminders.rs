//! Reminders in the morning, where the system shows them: it is given anew what the core plans, as a whole, whenever
//! that is another. No server knows of them.

#[cfg(target_os = "android")]
mod android;
#[cfg(target_os = "ios")]
mod ios;

use std::sync::Arc;

use records::Fault;
use records::call::Event;
use shell::{Asker, Platform};
use tauri::{AppHandle, WebviewWindow};
use tokio::sync::Notify;

use crate::platform::Desktop;

#[cfg(target_os = "android")]
use android::{is_allowed, replace};
#[cfg(target_os = "ios")]
use ios::{is_allowed, replace};

/// So long what changed may go on changing before it is planned anew, ms: a sync brings much at once, and a phone soon
/// halts an app that was left.
#[cfg(mobile)]
const SETTLING_MS: u64 = 1_000;

/// Lets reminders be planned anew. Where the system shows none, nobody listens.
#[derive(Clone, Default)]
pub struct Reminding {
    changed: Arc<Notify>,
}

impl Reminding {
    /// What pages are told may be of households that are due.
    pub fn hear(&self, event: &Event) {
        if matches!(event, Event::Changed) {
            self.plan_anew();
        }
    }

    /// Plans them anew, soon.
    pub fn plan_anew(&self) {
        self.changed.notify_one();
    }

    /// Begins, for as long as there is a core. Whoever leaves the app is reminded seven days from then.
    #[cfg(mobile)]
    pub fn start(&self, window: &WebviewWindow, desktop: Desktop) {
        use tauri::{Manager, WindowEvent};
        let left = self.clone();
        window.on_window_event(move |event| {
            if matches!(event, WindowEvent::Suspended) {
                left.plan_anew();
            }
        });
        let app = window.app_handle().clone();
        let give = move |reminders| replace(app.clone(), reminders);
        tauri::async_runtime::spawn(go_on(desktop, self.clone(), SETTLING_MS, give));
    }

    /// Elsewhere there is nothing to begin.
    #[cfg(desktop)]
    pub fn start(&self, _: &WebviewWindow, _: Desktop) {}
}

/// Lets the person be asked whether the app may remind, when they have just chosen a time for it.
///
/// # Errors
/// `reminder.refused` when it may not.
pub async fn allow(app: &AppHandle, desktop: &Desktop, chosen: Option<u16>) -> Result<(), Fault> {
    let before = desktop.ask(Asker::Page, |app, _| app.reminds_at()).await?;
    if chosen.is_none() || chosen == before || is_allowed(app).await {
        return Ok(());
    }
    Err(Fault::new("reminder.refused"))
}

/// Elsewhere nobody is offered a time.
#[cfg(desktop)]
async fn is_allowed(_: &AppHandle) -> bool {
    true
}

/// Gives the system what is planned, at first and whenever it is another. What it did not take is given again with the
/// next change.
#[cfg(any(mobile, test))]
async fn go_on<Given: Future<Output = bool>>(
    desktop: Desktop,
    reminding: Reminding,
    settling_ms: u64,
    give: impl Fn(app::Reminders) -> Given,
) {
    let mut given = None;
    loop {
        reminding.changed.notified().await;
        desktop.sleep(settling_ms).await;
        match desktop.ask(Asker::Sync, |app, context| app.reminders(context)).await {
            Ok(planned) if given.as_ref() != Some(&planned) => {
                given = give(planned.clone()).await.then_some(planned);
            }
            Err(fault) if fault.code == shell::STOPPED => return,
            _ => {}
        }
    }
}

/// What the system says and shows for the app.
#[cfg(any(mobile, test))]
mod words {
    use records::call::Language;

    include!(concat!(env!("OUT_DIR"), "/words.rs"));

    /// What reminders are called.
    #[cfg_attr(target_os = "ios", expect(dead_code, reason = "only Android shows a name for them"))]
    pub fn title(language: Language) -> &'static str {
        of(language, TITLE)
    }

    /// The one sentence of a reminder.
    pub fn due(language: Language, count: u32) -> String {
        of(language, DUE).replace("{due}", &count.to_string())
    }

    fn of(language: Language, (chinese, english): (&'static str, &'static str)) -> &'static str {
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

#[cfg(test)]
mod tests {
    use records::call::{Language, SaveSettings, Settings};
    use tempfile::TempDir;
    use tokio::sync::mpsc;
    use transport::Transport;

    use super::*;
    use crate::core::Core;
    use crate::key_store::Place;

    #[test]
    fn a_reminder_says_how_many_and_in_whose_words() {
        assert_eq!(words::due(Language::Chinese, 4), "今天有 4 户到日子了");
        assert_eq!(words::due(Language::English, 4), "Due today: 4");
        assert_eq!(words::title(Language::Chinese), "早上提醒");
    }

    /// A device that nobody uses yet, and what its system is given; it takes what is English.
    fn started(folder: &TempDir) -> (Desktop, Reminding, mpsc::UnboundedReceiver<Language>) {
        let place = folder.path().to_owned();
        let core = Core::start(Place::named(place.clone()), Some("135790".to_owned()), |_| ());
        let (desktop, _) = Desktop::start(core, Transport::new().unwrap(), place);
        let (tell, told) = mpsc::unbounded_channel();
        let reminding = Reminding::default();
        let give = move |reminders: app::Reminders| {
            tell.send(reminders.language).unwrap();
            std::future::ready(reminders.language == Language::English)
        };
        tauri::async_runtime::spawn(go_on(desktop.clone(), reminding.clone(), 0, give));
        (desktop, reminding, told)
    }

    async fn speak(desktop: &Desktop, language: Language) {
        let settings = Settings { language, ..Settings::default() };
        let save = SaveSettings { settings }.into();
        desktop.ask(Asker::Page, move |app, context| app.call(save, context)).await.unwrap();
    }

    #[test]
    fn the_system_is_given_what_is_planned_until_it_took_it() {
        use Language::{Chinese, English};
        let folder = TempDir::new().unwrap();
        tauri::async_runtime::block_on(async {
            let (desktop, reminding, mut told) = started(&folder);
            for (language, given) in
                [(Chinese, true), (Chinese, true), (English, true), (English, false), (Chinese, true)]
            {
                speak(&desktop, language).await;
                reminding.hear(&Event::Changed);
                if given {
                    assert_eq!(told.recv().await, Some(language));
                }
            }
        });
    }
}
