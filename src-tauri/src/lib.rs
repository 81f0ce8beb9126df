//! The Tauri shell: a window, a thread for the core, and the network. The only code that knows Tauri.

mod clock;
mod commands;
mod core;
mod downloads;
mod folder;
mod held;
mod key_store;
mod left_behind;
mod options;
#[cfg(test)]
mod permitted;
mod platform;
mod private;
mod reminders;
mod storage;
mod unsent;
mod window;

use tauri::{Emitter, Manager};
use transport::Transport;

use crate::core::Core;
use crate::options::Options;
use crate::platform::Desktop;
use crate::reminders::Reminding;

/// Name of the event stream to the pages.
const EVENTS: &str = "gridwalk";

/// Runs the app until its window is closed.
///
/// # Errors
/// When the window system or the network stack cannot be set up.
pub fn run() -> anyhow::Result<()> {
    let options = Options::from_environment()?;
    let transport = Transport::new()?;
    with_plugins(tauri::Builder::default())
        .invoke_handler(tauri::generate_handler![
            commands::call,
            commands::upload,
            commands::download,
            commands::photo
        ])
        .setup(move |tauri| {
            let place = options.data_place(tauri.handle())?;
            let pages = tauri.handle().clone();
            let reminding = Reminding::default();
            let ears = reminding.clone();
            let core = Core::start(place.clone(), options.pin.clone(), move |event| {
                ears.hear(event);
                // The window may be gone already; then nobody needs to know.
                drop(pages.emit(EVENTS, event));
            });
            let (desktop, background) = Desktop::start(core, transport.clone(), place.folder);
            options.enrol_at_start(desktop.clone(), background.clone());
            tauri.manage(desktop.clone());
            tauri.manage(background);
            tauri.manage(reminding.clone());
            let window = window::open(tauri.handle(), &options)?;
            reminding.start(&window, desktop);
            Ok(())
        })
        .run(context())?;
    Ok(())
}

/// The configuration, the pages and what these may ask for, as they were built.
fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// Where a phone's own main begins. It has nobody to answer to: what went wrong goes to the system's log.
#[cfg(mobile)]
#[tauri::mobile_entry_point]
fn run_on_a_phone() {
    if let Err(why) = run() {
        panic!("{why:#}");
    }
}

#[cfg(target_os = "android")]
fn with_plugins(builder: tauri::Builder<tauri::Wry>) -> tauri::Builder<tauri::Wry> {
    builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_fs::init())
        .plugin(tauri_plugin_notification::init())
}

/// Elsewhere a file is kept without asking where.
#[cfg(not(target_os = "android"))]
fn with_plugins(builder: tauri::Builder<tauri::Wry>) -> tauri::Builder<tauri::Wry> {
    builder
}
