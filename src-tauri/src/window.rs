//! The one window.

use tauri::{AppHandle, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::options::Options;

#[cfg(desktop)]
const SIZE: (f64, f64) = (1180.0, 780.0);
#[cfg(desktop)]
const SMALLEST: (f64, f64) = (320.0, 480.0);

/// Opens the window.
///
/// # Errors
/// When the window system says no.
pub fn open(app: &AppHandle, options: &Options) -> tauri::Result<WebviewWindow> {
    let builder = WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .initialization_script(include_str!("bridge.js"));
    #[cfg(target_os = "android")]
    let builder = builder.initialization_script(include_str!("back.js"));
    #[cfg(mobile)]
    let builder = builder.initialization_script(include_str!("reminds.js"));
    sized(builder, options).build()
}

#[cfg(desktop)]
fn sized<'a, R: tauri::Runtime, M: tauri::Manager<R>>(
    builder: WebviewWindowBuilder<'a, R, M>,
    options: &Options,
) -> WebviewWindowBuilder<'a, R, M> {
    let (width, height) = options.window.unwrap_or(SIZE);
    builder.title("网格随行").inner_size(width, height).min_inner_size(SMALLEST.0, SMALLEST.1)
}

/// On a phone the system says how large it is.
#[cfg(mobile)]
fn sized<'a, R: tauri::Runtime, M: tauri::Manager<R>>(
    builder: WebviewWindowBuilder<'a, R, M>,
    _: &Options,
) -> WebviewWindowBuilder<'a, R, M> {
    builder
}
