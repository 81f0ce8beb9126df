//! A screen and a message bus for windows on a machine that has neither.

use std::{
    env,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use crate::process::{Running, line_after, tied};

/// Drawing in software: there is no graphics card behind a virtual screen.
///
/// `WEBKIT_DISABLE_DMABUF_RENDERER` is not among them: with it WebKitGTK 2.50 never answers a request for a
/// picture.
const SOFTWARE: [(&str, &str); 2] = [("NO_AT_BRIDGE", "1"), ("LIBGL_ALWAYS_SOFTWARE", "1")];

/// Whether this session has a screen of its own.
pub fn has_screen() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// A virtual screen with a message bus; both end when this is dropped.
///
/// Started here and not by `xvfb-run` and `dbus-run-session`, which leave theirs behind when they are killed.
pub struct VirtualScreen {
    display: String,
    bus: String,
    _screen: Running,
    _bus: Running,
}

impl VirtualScreen {
    /// Starts both and waits until they are ready, which each says by printing where it is.
    pub fn start() -> Result<Self> {
        let mut screen = tied("Xvfb");
        screen
            .args(["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"])
            .stderr(Stdio::null());
        let (screen, mut said) = Running::start_reading(&mut screen)?;
        let number = line_after(&mut said, "").context("the virtual screen")?;

        let mut bus = tied("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]).stderr(Stdio::null());
        let (bus, mut said) = Running::start_reading(&mut bus)?;
        let address = line_after(&mut said, "").context("the message bus")?;
        Ok(Self { display: format!(":{number}"), bus: address, _screen: screen, _bus: bus })
    }

    /// Lets a command open its windows here.
    pub fn show<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env_remove("WAYLAND_DISPLAY")
            .envs(SOFTWARE)
    }
}
