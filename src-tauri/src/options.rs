//! How the app was started: arguments and environment.

use std::env;
use std::path::PathBuf;

use anyhow::Context as _;
use records::call::{Enrol, Event};
use shell::{Background, Platform, calls};
use tauri::{AppHandle, Manager};

use crate::key_store::Place;
use crate::platform::Desktop;

/// How the app was started. An invitation is not for logs, and so this is not shown.
#[derive(Default)]
pub struct Options {
    /// `--data DIR`: where the database lies, instead of the system's place for it.
    data: Option<PathBuf>,
    /// `--enrol INVITATION`: redeemed at the first start, ignored once enrolled.
    enrol: Option<String>,
    /// `GRIDWALK_PIN`: opens the device, or locks it with this from now on, where nobody is there to type it: in
    /// demonstrations and tests.
    pub pin: Option<String>,
    /// `GRIDWALK_WINDOW=390x844`: size of the window in pixels.
    #[cfg(desktop)]
    pub window: Option<(f64, f64)>,
}

impl Options {
    /// Reads arguments and environment.
    ///
    /// # Errors
    /// An argument nobody knows.
    #[cfg(desktop)]
    pub fn from_environment() -> anyhow::Result<Self> {
        use lexopt::{Arg, Parser, ValueExt};
        let pin = env::var("GRIDWALK_PIN").ok();
        let mut options = Self { window: window_size(), pin, ..Self::default() };
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("data") => options.data = Some(parser.value()?.into()),
                Arg::Long("enrol") => options.enrol = Some(parser.value()?.string()?),
                other => anyhow::bail!("unknown argument: {}", other.unexpected()),
            }
        }
        Ok(options)
    }

    /// On a phone an app is started by a finger, without a word.
    ///
    /// # Errors
    /// None.
    #[cfg(mobile)]
    pub fn from_environment() -> anyhow::Result<Self> {
        Ok(Self::default())
    }

    /// The data folder.
    ///
    /// # Errors
    /// When the system has no place for an app's data.
    pub fn data_place(&self, app: &AppHandle) -> anyhow::Result<Place> {
        match &self.data {
            Some(folder) => Ok(Place::named(folder.clone())),
            None => Ok(Place::own(own_folder(app).context("no place for the app's data")?)),
        }
    }

    /// Redeems the invitation in the background; pages learn of it when it is done.
    pub fn enrol_at_start(&self, desktop: Desktop, background: Background) {
        let Some(invitation) = self.enrol.clone() else { return };
        tauri::async_runtime::spawn(async move {
            let typed = Enrol { server: invitation, code: String::new(), device_name: device_name() };
            // An enrolled device says so, and that is what we want; other faults show on the page.
            if calls::enrol(&desktop, &background, typed).await.is_ok() {
                desktop.tell(&Event::Changed);
            }
        });
    }
}

#[cfg(desktop)]
fn own_folder(app: &AppHandle) -> tauri::Result<PathBuf> {
    app.path().app_data_dir()
}

/// The system keeps files of its own in the app's folder, those of the pages among them.
#[cfg(mobile)]
fn own_folder(app: &AppHandle) -> tauri::Result<PathBuf> {
    Ok(app.path().app_local_data_dir()?.join("gridwalk"))
}

fn device_name() -> String {
    env::var("HOSTNAME").unwrap_or_else(|_| "desktop".to_owned())
}

#[cfg(desktop)]
fn window_size() -> Option<(f64, f64)> {
    let size = env::var("GRIDWALK_WINDOW").ok()?;
    let (width, height) = size.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}
