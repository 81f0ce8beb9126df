//! Android's alarms and notifications.

use std::ops::RangeInclusive;

use app::{Reminder, Reminders};
use tauri::AppHandle;
use tauri_plugin_notification::{Channel, NotificationExt, PermissionState, Result, Schedule};
use time::OffsetDateTime;

use super::words;

/// The numbers of reminders. The plugin remembers none that it was given, so that they must be the same at every start.
const NUMBERS: RangeInclusive<i32> = 1..=7;
/// What the person turns off, or makes silent, in the system's settings.
const CHANNEL: &str = "reminders";

/// Whether reminders are shown; the person is asked unless they answered before.
pub async fn is_allowed(app: &AppHandle) -> bool {
    let app = app.clone();
    let asked = tauri::async_runtime::spawn_blocking(move || ask(&app)).await;
    matches!(asked, Ok(Ok(PermissionState::Granted)))
}

/// The plugin does not answer whoever asks for what is granted.
fn ask(app: &AppHandle) -> Result<PermissionState> {
    match app.notification().permission_state()? {
        PermissionState::Granted => Ok(PermissionState::Granted),
        _ => app.notification().request_permission(),
    }
}

/// Takes back what the system was given before, also what is shown, and gives it these; whether it took them.
pub async fn replace(app: AppHandle, reminders: Reminders) -> bool {
    let given = tauri::async_runtime::spawn_blocking(move || give(&app, &reminders)).await;
    matches!(given, Ok(Ok(())))
}

fn give(app: &AppHandle, reminders: &Reminders) -> Result<()> {
    let notifications = app.notification();
    notifications.cancel(NUMBERS.collect())?;
    if reminders.mornings.is_empty() {
        return Ok(());
    }
    let language = reminders.language;
    notifications.create_channel(Channel::builder(CHANNEL, words::title(language)).build())?;
    for (number, reminder) in NUMBERS.zip(&reminders.mornings) {
        // One sentence, as the title: under it the plugin would open an empty list.
        let notification = notifications.builder().id(number).title(words::due(language, reminder.due));
        let notification = notification.channel_id(CHANNEL).icon("reminder").auto_cancel();
        notification.schedule(at(reminder)).show()?;
    }
    Ok(())
}

/// About then, also while the phone rests: an exact alarm would need a permission of its own.
fn at(reminder: &Reminder) -> Schedule {
    let seconds = reminder.at_ms.div_euclid(1_000);
    // The plugin reads nothing but UTC.
    let date = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    Schedule::At { date, repeating: false, allow_while_idle: true }
}
