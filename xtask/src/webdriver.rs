//! A small W3C WebDriver client: enough to open the app's window, walk through it and take pictures.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use ureq::{Agent, Body, http::Response};

use crate::{
    display::VirtualScreen,
    places::Places,
    process::{Running, tied},
};

/// How long a page may take to show its data, in milliseconds.
const PAGE_TIME: u64 = 20_000;

/// How long the driver lets a question to the page take, in milliseconds: longer than the page itself waits.
const SCRIPT_TIME: u64 = PAGE_TIME + 10_000;

/// How long any answer of the driver may take: a driver that hangs must not hang this.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// How often a question is asked again because the page was being replaced meanwhile.
const TRIES: usize = 3;

/// How long to wait for the driver between two tries to reach it.
const PAUSE: Duration = Duration::from_millis(50);

/// A route already shown is left first, or going there would change nothing and close no sheet.
const GO: &str = "
    const [hash] = arguments;
    if (location.hash === hash) location.hash = '#/';
    location.hash = hash;";

/// Calls back as soon as an element matches, at once if one does already, and in vain when time is up.
const APPEARS: &str = "
    const [selector, time, done] = arguments;
    if (document.querySelector(selector)) return done(true);
    new MutationObserver((_, observer) => {
        if (!document.querySelector(selector)) return;
        observer.disconnect();
        done(true);
    }).observe(document, { subtree: true, childList: true, attributes: true });
    setTimeout(() => done(false), time);";

/// Calls back when fonts are loaded and everything that moves, and will stop moving, has stopped.
const SETTLED: &str = "
    const [done] = arguments;
    const ends = animation => animation.effect.getComputedTiming().endTime !== Infinity;
    const still = document.getAnimations().filter(ends).map(animation => animation.finished);
    const frame = () => new Promise(requestAnimationFrame);
    Promise.allSettled([document.fonts.ready, ...still]).then(frame).then(frame).then(() => done(true));";

/// How the app is opened.
pub struct Opening<'a> {
    /// The app's binary.
    pub app: &'a Path,
    /// Its arguments.
    pub arguments: &'a [String],
    /// Its environment, beside this process's own.
    pub environment: &'a [(&'a str, String)],
}

/// The app in a window that can be asked and clicked; dropping it closes the app and its driver.
pub struct Window {
    agent: Agent,
    session: String,
    _driver: Running,
}

impl Window {
    /// Starts a driver of its own and opens the app through it.
    pub fn open(places: &Places, screen: &VirtualScreen, opening: &Opening) -> Result<Self> {
        let [port, native] = free_ports()?;
        let mut driver = tied(places.tauri_driver());
        driver.args(["--port", &port.to_string(), "--native-port", &native.to_string()]);
        let agent = agent();
        let driver = start(screen.show(&mut driver), opening, &agent, port)?;
        let address = format!("http://127.0.0.1:{port}/session");
        let options = json!({ "application": opening.app, "args": opening.arguments });
        let wish = json!({ "capabilities": { "alwaysMatch": { "tauri:options": options } } });
        let answer =
            value(agent.post(&address).send(wish.to_string())?).context("opening the app's window")?;
        let name = answer["sessionId"].as_str().context("the driver named no session")?;
        let window = Self { agent, session: format!("{address}/{name}"), _driver: driver };
        window.post("timeouts", &json!({ "script": SCRIPT_TIME }))?;
        Ok(window)
    }

    /// Goes to a route of the app.
    pub fn go(&self, hash: &str) -> Result<()> {
        self.post("execute/sync", &json!({ "script": GO, "args": [hash] }))?;
        Ok(())
    }

    /// Waits until an element matches.
    pub fn wait_for(&self, selector: &str) -> Result<()> {
        let ask = || self.post("execute/async", &json!({ "script": APPEARS, "args": [selector, PAGE_TIME] }));
        let mut answer = ask();
        for _ in 1..TRIES {
            answer = answer.or_else(|_| ask());
        }
        match answer?.as_bool() {
            Some(true) => Ok(()),
            _ => bail!("nothing matched {selector}"),
        }
    }

    /// Clicks the first element that matches.
    pub fn click(&self, selector: &str) -> Result<()> {
        let found = self.post("element", &json!({ "using": "css selector", "value": selector }))?;
        let element = found.as_object().and_then(|object| object.values().next()).and_then(Value::as_str);
        let element = element.with_context(|| format!("nothing matches {selector}"))?;
        self.post(&format!("element/{element}/click"), &json!({}))?;
        Ok(())
    }

    /// A PNG of what the window shows, once it stands still.
    pub fn picture(&self) -> Result<Vec<u8>> {
        self.post("execute/async", &json!({ "script": SETTLED, "args": [] }))?;
        let answer = value(self.agent.get(format!("{}/screenshot", self.session)).call()?)?;
        let text = answer.as_str().context("the driver sent no picture")?;
        BASE64_STANDARD.decode(text).context("the driver's picture")
    }

    fn post(&self, what: &str, body: &Value) -> Result<Value> {
        let answer = self.agent.post(format!("{}/{what}", self.session)).send(body.to_string())?;
        value(answer).with_context(|| what.to_owned())
    }
}

impl Drop for Window {
    /// Only a closed session lets the driver end the app.
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
    }
}

/// Two at once, so that they differ.
fn free_ports() -> Result<[u16; 2]> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let second = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok([first.local_addr()?.port(), second.local_addr()?.port()])
}

/// The driver passes everything on to the web view's own driver, which is ready later: its status tells.
fn start(driver: &mut Command, opening: &Opening, agent: &Agent, port: u16) -> Result<Running> {
    driver.envs(opening.environment.iter().map(|(name, value)| (name, value)));
    let running = Running::start(driver.stdout(Stdio::null()))?;
    let status = format!("http://127.0.0.1:{port}/status");
    while agent.get(&status).call().is_err() {
        if running.ended_within(PAUSE) {
            bail!("the driver of the app's window ended at once");
        }
    }
    Ok(running)
}

/// A fault comes as a status and a body that says why; the body is what people need to read.
fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER_TIME)).build().into()
}

fn value(mut answer: Response<Body>) -> Result<Value> {
    let status = answer.status();
    let text = answer.body_mut().with_config().limit(u64::MAX).read_to_string()?;
    let body: Value =
        serde_json::from_str(&text).with_context(|| format!("the driver answered {status}: {text}"))?;
    if !status.is_success() {
        bail!("{}: {}", body["value"]["error"], body["value"]["message"]);
    }
    Ok(body["value"].clone())
}
