//! iOS's own center of notifications, without a plugin: tauri-plugin-notification (2.8) ends the app when somebody opens
//! a reminder that an earlier start planned, and takes its times for local ones.

use std::time::Duration;

use app::Reminders;
use block2::RcBlock;
use objc2::runtime::Bool;
use objc2_foundation::{NSError, NSString};
use objc2_user_notifications::{
    UNAuthorizationOptions, UNMutableNotificationContent, UNNotificationRequest, UNNotificationSound,
    UNTimeIntervalNotificationTrigger, UNUserNotificationCenter,
};
use tauri::AppHandle;
use tokio::sync::mpsc;

use super::words;
use crate::clock;

/// Whether reminders are shown; the person is asked unless they answered before.
pub async fn is_allowed(_: &AppHandle) -> bool {
    let (answer, mut answered) = mpsc::unbounded_channel();
    ask(answer);
    answered.recv().await.unwrap_or(false)
}

fn ask(answer: mpsc::UnboundedSender<bool>) {
    let hear = RcBlock::new(move |is_granted: Bool, _: *mut NSError| {
        // Nobody waits any more when the page was left.
        let _ = answer.send(is_granted.as_bool());
    });
    let shown = UNAuthorizationOptions::Alert | UNAuthorizationOptions::Sound;
    let center = UNUserNotificationCenter::currentNotificationCenter();
    center.requestAuthorizationWithOptions_completionHandler(shown, &hear);
}

/// Takes back what the system was given before, also what is shown, and gives it these; whether it took them.
pub async fn replace(_: AppHandle, reminders: Reminders) -> bool {
    let center = UNUserNotificationCenter::currentNotificationCenter();
    center.removeAllPendingNotificationRequests();
    center.removeAllDeliveredNotifications();
    for reminder in &reminders.mornings {
        let content = UNMutableNotificationContent::new();
        content.setTitle(&NSString::from_str(&words::due(reminders.language, reminder.due)));
        content.setSound(Some(&UNNotificationSound::defaultSound()));
        let wait = wait_until(reminder.at_ms).as_secs_f64();
        let trigger = UNTimeIntervalNotificationTrigger::triggerWithTimeInterval_repeats(wait, false);
        let name = NSString::from_str(&reminder.at_ms.to_string());
        let request =
            UNNotificationRequest::requestWithIdentifier_content_trigger(&name, &content, Some(&trigger));
        center.addNotificationRequest_withCompletionHandler(&request, None);
    }
    true
}

/// At least a second: the system ends an app that asks for less than nothing.
fn wait_until(at_ms: i64) -> Duration {
    let wait_ms = at_ms.saturating_sub(clock::now().utc_ms);
    Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0).max(1_000))
}
