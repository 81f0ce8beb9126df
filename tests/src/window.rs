//! The app in its real window or in a browser, looked at and pressed through WebDriver.
//!
//! Nothing here sleeps: the page itself says when what is waited for is there.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use serde_json::{Value, json};
use ureq::http::Response;
use ureq::{Agent, Body};

/// How long a page may take to show what is waited for, ms.
const PAGE_MS: u64 = 30_000;
/// How long the driver may take for any answer: one that hangs must not hang the test.
const ANSWER_TIME: Duration = Duration::from_secs(90);
/// How long the driver may take to be there, and to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two questions whether the driver is there.
const PAUSE: Duration = Duration::from_millis(50);
/// Opens the lock of an app where nobody is there to type it.
const PIN: &str = "135790";
/// The same in a browser.
pub const PASSPHRASE: &str = "tulips-18";
/// A screen that is less wide, in pixels, is a phone's.
const SMALLEST_DESK: u32 = 700;
/// How often something is pressed again because it was being redrawn meanwhile.
const TRIES: usize = 5;
/// What the driver says when a page is left under a script, unless the script gets to say so itself.
const LEFT: [&str; 2] = ["aborted by navigation", "script timeout"];

/// Asks the condition again whenever the page changes; `visible` finds what can be seen.
const WAIT: &str = "
    const [given, time, done] = arguments;
    const visible = selector =>
        [...document.querySelectorAll(selector)].find(element => element.getClientRects().length > 0);
    const holds = () => CONDITION;
    const found = holds();
    if (found) return done([found]);
    const answer = words => { watch.disconnect(); clearTimeout(end); done(words); };
    const end = setTimeout(() => answer(null), time);
    const watch = new MutationObserver(() => {
        const found = holds();
        if (found) answer([found]);
    });
    addEventListener('pagehide', () => answer([]), { once: true });
    watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });";

/// Answers at once when the page has painted already.
const FIRST_PAINT: &str = "
    const [done] = arguments;
    const told = list => list.getEntriesByName('first-contentful-paint').forEach(
        paint => done(performance.timeOrigin + paint.startTime));
    new PerformanceObserver(told).observe({ type: 'paint', buffered: true });";

/// From here on the page notes whatever goes wrong in it.
const NOTE_ERRORS: &str = "
    window.errors = [];
    const note = words => window.errors.push(String(words));
    const error = console.error;
    console.error = (...words) => { note(words.join(' ')); error(...words); };
    addEventListener('error', event => note(event.message));
    addEventListener('unhandledrejection', event => note(event.reason));
    addEventListener('securitypolicyviolation', event => note('forbidden: ' + event.blockedURI));";

/// Calls back when everything that moves, and will stop moving, has stopped.
const SETTLED: &str = "
    const [done] = arguments;
    const ends = animation => animation.effect.getComputedTiming().endTime !== Infinity;
    const still = document.getAnimations().filter(ends).map(animation => animation.finished);
    const frame = () => new Promise(requestAnimationFrame);
    Promise.allSettled([document.fonts.ready, ...still]).then(frame).then(frame).then(() => done(true));";

/// Types the passphrase wherever a page of a browser asks for it, as somebody would: chooses it, or opens with it. A page
/// that answers with a fault or a wrong try is left to the story.
const TYPE_PASSPHRASE: &str = "
    {
        const asks = new MutationObserver(() => type());
        const field = name => document.querySelector(`[data-page=lock] [data-act=${name}]`);
        const fill = (input, text) => {
            input.value = text;
            input.dispatchEvent(new Event('input', { bubbles: true }));
        };
        const seen = new WeakSet();
        const type = () => {
            const [pin, again] = [field('pin'), field('pin-again')];
            const press = field('choose-pin') ?? field('unlock');
            if (!pin || !press || seen.has(press)) return;
            seen.add(press);
            // A page that was just drawn hears what is typed a moment later.
            setTimeout(() => {
                for (const input of [pin, again]) if (input) fill(input, 'PASSPHRASE');
                requestAnimationFrame(() => press.click());
            });
        };
        asks.observe(document, { subtree: true, childList: true });
    }";

/// What a person would see, for the message of a failed test.
const SEEN: &str =
    "return [location.hash, document.body.innerText.slice(0, 2000), ...window.errors].join('\\n')";

/// The app's window, or a browser's; dropping it closes the app and its driver.
pub struct Window {
    agent: Agent,
    session: String,
    data: PathBuf,
    /// The argument that its process was started with, and no other was.
    mark: OsString,
    /// Whether the pages of a browser open by themselves.
    opens_by_itself: bool,
    driver: Driver,
}

/// A browser as a story wants it.
#[derive(Debug, Clone, Copy)]
pub struct Browsing<'a> {
    /// Its memory.
    pub data: &'a Path,
    /// The page it opens.
    pub address: &'a str,
    /// As large as a phone's or a desk's screen: `390x844`.
    pub size: &'a str,
    /// Each page runs it before its own.
    pub script: &'a str,
    /// The file that lists who is in a control group, which the browser and all it starts join.
    pub door: Option<&'a Path>,
    /// The film (y4m) that its camera sees again and again; without one there is no camera.
    pub camera: Option<&'a Path>,
    /// Whether the lock waits for somebody, instead of opening by itself.
    pub is_locked: bool,
}

impl<'a> Browsing<'a> {
    /// One with nothing special.
    pub fn new(data: &'a Path, address: &'a str, size: &'a str) -> Self {
        Self { data, address, size, script: "", door: None, camera: None, is_locked: false }
    }
}

impl Window {
    /// Opens the app over this data folder, as large as a phone's or a desk's screen: `390x844`. Its lock opens by
    /// itself.
    ///
    /// # Errors
    /// When one of the programs is not named, or does not start.
    pub fn open(data: &Path, size: &str) -> Result<Self> {
        Self::open_program(&named("GRIDWALK_APP")?, data, &["--data".as_ref(), data.as_os_str()], size)
    }

    /// As [`Window::open`], and the lock waits for somebody.
    ///
    /// # Errors
    /// As [`Window::open`].
    pub fn open_locked(data: &Path, size: &str) -> Result<Self> {
        let arguments = ["--data".as_ref(), data.as_os_str()];
        Self::open_with(&named("GRIDWALK_APP")?, data, &arguments, size, None)
    }

    /// Opens any Tauri program that was built for this machine.
    ///
    /// # Errors
    /// As [`Window::open`].
    pub fn open_program(app: &Path, data: &Path, arguments: &[&OsStr], size: &str) -> Result<Self> {
        Self::open_with(app, data, arguments, size, Some(PIN))
    }

    fn open_with(
        app: &Path,
        data: &Path,
        arguments: &[&OsStr],
        size: &str,
        pin: Option<&str>,
    ) -> Result<Self> {
        ensure!(
            env::var_os("DISPLAY").is_some() || env::var_os("WAYLAND_DISPLAY").is_some(),
            "there is no screen to open a window on: run this as `cargo xtask test --only window`"
        );
        let [port, native] = free_ports()?;
        let mut driver = Command::new("setpriv");
        driver.args(["--pdeathsig", "TERM", "--"]).arg(named("GRIDWALK_TAURI_DRIVER")?);
        driver.args(["--port", &port.to_string(), "--native-port", &native.to_string()]);
        driver.env("GRIDWALK_WINDOW", size).env("XDG_CONFIG_HOME", config_of(data)?);
        driver.envs(pin.map(|pin| ("GRIDWALK_PIN", pin)));
        let arguments: Vec<&Path> = arguments.iter().map(Path::new).collect();
        let options = json!({ "application": app, "args": arguments });
        let wish = json!({ "tauri:options": options });
        let window = Self::through(driver, port, &wish, data, data.as_os_str().to_owned())?;
        window.script(NOTE_ERRORS, &Value::Null)?;
        Ok(window)
    }

    /// Opens a page in a browser whose memory is this data folder, as on a phone where the size is one of a
    /// phone: `390x844`.
    ///
    /// # Errors
    /// When one of the programs is not named, or does not start.
    pub fn browse(data: &Path, address: &str, size: &str) -> Result<Self> {
        Self::browse_as(&Browsing::new(data, address, size))
    }

    /// As [`Window::browse`], with more that a story wants of the browser.
    ///
    /// # Errors
    /// As [`Window::browse`].
    pub fn browse_as(wish: &Browsing<'_>) -> Result<Self> {
        let [port, _] = free_ports()?;
        let mut driver = match wish.door {
            None => Command::new("setpriv"),
            Some(door) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", "echo $$ > \"$0\" && exec setpriv \"$@\""]).arg(door);
                shell
            }
        };
        driver.args(["--pdeathsig", "TERM", "--"]).arg(named("GRIDWALK_CHROMEDRIVER")?);
        driver.arg(format!("--port={port}"));
        let (width, height) = wish.size.split_once('x').context("a size is WIDTHxHEIGHT")?;
        let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
        let memory = format!("--user-data-dir={}", wish.data.display());
        let mut options = json!({
            "binary": named("GRIDWALK_CHROMIUM")?,
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--lang=zh-CN",
                format!("--window-size={width},{height}"), memory],
            "prefs": { "download.default_directory": downloads_of(wish.data) },
        });
        if let (Some(sees), Some(arguments)) = (wish.camera, options["args"].as_array_mut()) {
            let film = format!("--use-file-for-fake-video-capture={}", sees.display());
            let plays = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", &film];
            arguments.extend(plays.map(Value::from));
        }
        if width < SMALLEST_DESK {
            let metrics = json!({ "width": width, "height": height, "pixelRatio": 2.0, "touch": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let session = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        let mut window = Self::through(driver, port, &session, wish.data, memory.into())?;
        window.opens_by_itself = !wish.is_locked;
        window.run_first(wish.script)?;
        window.visit(wish.address)?;
        Ok(window)
    }

    fn through(driver: Command, port: u16, wish: &Value, data: &Path, mark: OsString) -> Result<Self> {
        let agent = agent();
        let driver = Driver::start(&agent, driver, port)?;
        let address = format!("http://127.0.0.1:{port}/session");
        let wish = json!({ "capabilities": { "alwaysMatch": wish } });
        let answer = value(agent.post(&address).send(wish.to_string())?).context("opening the window")?;
        let name = answer["sessionId"].as_str().context("the driver named no session")?;
        let session = format!("{address}/{name}");
        let window = Self { agent, session, data: data.to_owned(), mark, opens_by_itself: false, driver };
        window.post("timeouts", &json!({ "script": PAGE_MS + 10_000 }))?;
        Ok(window)
    }

    /// Opens one more tab of the same browser and looks at it.
    ///
    /// # Errors
    /// When the driver cannot.
    pub fn open_tab(&self, address: &str) -> Result<String> {
        let tab = self.post("window/new", &json!({ "type": "tab" }))?;
        let tab = tab["handle"].as_str().context("the driver named no tab")?.to_owned();
        self.look_at(&tab)?;
        self.visit(address)?;
        Ok(tab)
    }

    /// Goes to another page in the tab that is looked at.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn go_to(&self, address: &str) -> Result<()> {
        self.post("url", &json!({ "url": address })).map(drop)
    }

    /// Loads a page in a browser's tab, which notes its errors from the very beginning.
    fn visit(&self, address: &str) -> Result<()> {
        self.run_first(NOTE_ERRORS)?;
        if self.opens_by_itself {
            self.run_first(&TYPE_PASSPHRASE.replace("PASSPHRASE", PASSPHRASE))?;
        }
        self.go_to(address)
    }

    /// Every page that this tab loads from now on runs a script before its own.
    fn run_first(&self, script: &str) -> Result<()> {
        self.tell_browser("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script })).map(drop)
    }

    /// The tab that is looked at.
    ///
    /// # Errors
    /// When the driver cannot tell.
    pub fn tab(&self) -> Result<String> {
        let tab = value(self.agent.get(format!("{}/window", self.session)).call()?)?;
        Ok(tab.as_str().context("the driver named no tab")?.to_owned())
    }

    /// Looks at another tab.
    ///
    /// # Errors
    /// When it is gone.
    pub fn look_at(&self, tab: &str) -> Result<()> {
        self.post("window", &json!({ "handle": tab })).map(drop)
    }

    /// Closes the tab that is looked at.
    ///
    /// # Errors
    /// When it is gone.
    pub fn close_tab(&self) -> Result<()> {
        value(self.agent.delete(format!("{}/window", self.session)).call()?).map(drop)
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// When the driver cannot.
    pub fn reload(&self) -> Result<()> {
        self.post("refresh", &json!({})).map(drop)
    }

    /// Tells the browser itself something, in the words of its DevTools protocol.
    ///
    /// # Errors
    /// When it does not know that, or cannot.
    pub fn tell_browser(&self, command: &str, with: &Value) -> Result<Value> {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": with }))
    }

    /// Makes the screen of a browser another one, as when a phone is turned, a screen split or a keyboard out.
    ///
    /// # Errors
    /// When the browser cannot.
    pub fn set_screen(&self, (width, height): (u32, u32)) -> Result<()> {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width.min(height) < SMALLEST_DESK });
        self.tell_browser("Emulation.setDeviceMetricsOverride", &screen).map(drop)
    }

    /// Waits until something that matches can be seen.
    ///
    /// # Errors
    /// When it does not come; the error tells what is to be seen instead.
    pub fn wait_for(&self, selector: &str) -> Result<Element<'_>> {
        let found = self.wait_until("visible(given)", &json!(selector))?;
        let id = found.as_object().and_then(|object| object.values().next()).and_then(Value::as_str);
        let id = id.with_context(|| format!("{selector} is no element"))?;
        Ok(Element { window: self, address: format!("element/{id}") })
    }

    /// Waits until a condition in JavaScript holds, and answers what it came to. `visible(selector)`
    /// is the first element that can be seen, `given` what is passed here.
    ///
    /// # Errors
    /// When it does not come; the error tells what is to be seen instead.
    pub fn wait_until(&self, condition: &str, given: &Value) -> Result<Value> {
        let script = WAIT.replace("CONDITION", condition);
        let asked = json!({ "script": script, "args": [given, PAGE_MS] });
        for _ in 0..TRIES {
            let answer = match self.post("execute/async", &asked) {
                Err(error) if LEFT.iter().any(|words| format!("{error:#}").contains(words)) => continue,
                answer => answer?,
            };
            match answer.as_array().map(Vec::as_slice) {
                Some([found, ..]) => return Ok(found.clone()),
                // The page was left amid the wait; the next one may have it.
                Some([]) => {}
                None => break,
            }
        }
        bail!("waited for {condition} with {given}; to be seen is {}", self.seen())
    }

    /// A file that a page writes for the person, once it is whole.
    ///
    /// # Errors
    /// When it does not come.
    pub fn downloaded(&self, file: PathBuf) -> Result<PathBuf> {
        // A browser gives it its name when it is complete.
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if file.exists() {
                return Ok(file);
            }
            ensure!(!self.driver.ended_within(PAUSE), "the window's driver ended");
        }
        bail!("{} was not written", file.display())
    }

    /// When the page first painted anything, ms since 1970 UTC; waits for it.
    ///
    /// # Errors
    /// When nothing is painted in time.
    pub fn first_paint_ms(&self) -> Result<f64> {
        let answer = self.post("execute/async", &json!({ "script": FIRST_PAINT, "args": [] }))?;
        answer.as_f64().context("a moment")
    }

    /// Presses what matches, once it can be seen.
    ///
    /// # Errors
    /// When it does not come or cannot be pressed.
    pub fn press(&self, selector: &str) -> Result<()> {
        self.persist(selector, |element| element.window.post(&element.part("click"), &json!({})))
    }

    /// Types into what matches, once it can be seen.
    ///
    /// # Errors
    /// When it does not come or cannot be typed into.
    pub fn fill(&self, selector: &str, text: &str) -> Result<()> {
        self.persist(selector, |element| {
            element.window.post(&element.part("value"), &json!({ "text": text }))
        })
    }

    /// A page that is being redrawn replaces an element between finding and pressing it.
    fn persist(&self, selector: &str, act: impl Fn(&Element<'_>) -> Result<Value>) -> Result<()> {
        let mut done = act(&self.wait_for(selector)?);
        for _ in 1..TRIES {
            if done.is_ok() {
                break;
            }
            done = act(&self.wait_for(selector)?);
        }
        done.map(drop).with_context(|| selector.to_owned())
    }

    /// Presses a key, wherever the focus is.
    ///
    /// # Errors
    /// When the driver cannot.
    pub fn key(&self, key: &str) -> Result<()> {
        let strokes = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("actions", &json!({ "actions": [keyboard] })).map(drop)
    }

    /// Runs a script in the page and answers what it returns; a promise is waited for.
    ///
    /// # Errors
    /// When the script fails.
    pub fn script(&self, script: &str, given: &Value) -> Result<Value> {
        self.post("execute/sync", &json!({ "script": script, "args": [given] }))
    }

    /// A PNG of what the window shows, once it stands still.
    ///
    /// # Errors
    /// When the driver sends none.
    pub fn picture(&self) -> Result<Vec<u8>> {
        self.post("execute/async", &json!({ "script": SETTLED, "args": [] }))?;
        let answer = value(self.agent.get(format!("{}/screenshot", self.session)).call()?)?;
        Ok(BASE64_STANDARD.decode(answer.as_str().context("the driver sent no picture")?)?)
    }

    /// What went wrong in the page since it was opened, in its own words.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub fn errors(&self) -> Result<Vec<String>> {
        Ok(serde_json::from_value(self.script("return window.errors", &Value::Null)?)?)
    }

    /// Takes the app's power away (SIGKILL) and waits until nothing of it holds the data.
    ///
    /// # Errors
    /// When no such app runs, or the system does not let us.
    pub fn kill(self) -> Result<()> {
        let process = process_with(&self.mark)?;
        let ending = pidfd_open(process, PidfdFlags::empty())?;
        kill_process(process, Signal::KILL)?;
        poll(&mut [PollFd::new(&ending, PollFlags::IN)], None)?;
        released(&self.data)
    }

    /// Closes the app and waits until nothing of it holds the data.
    ///
    /// # Errors
    /// When the system does not let us see.
    pub fn close(self) -> Result<()> {
        let data = self.data.clone();
        drop(self);
        released(&data)
    }

    fn seen(&self) -> String {
        let seen = self.script(SEEN, &Value::Null);
        seen.map_or_else(|error| format!("nothing: {error:#}"), |seen| seen.as_str().unwrap_or("").to_owned())
    }

    fn post(&self, what: &str, body: &Value) -> Result<Value> {
        let answer = self.agent.post(format!("{}/{what}", self.session)).send(body.to_string())?;
        value(answer).with_context(|| what.to_owned())
    }
}

impl Drop for Window {
    /// Only a closed session lets the driver end the app; where it ends first itself, the app is told.
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        if let Ok(left) = process_with(&self.mark) {
            let _ = kill_process(left, Signal::TERM);
        }
    }
}

/// Something in the page.
pub struct Element<'w> {
    window: &'w Window,
    address: String,
}

impl Element<'_> {
    /// The words in it, as they can be seen.
    ///
    /// # Errors
    /// When it is gone.
    pub fn text(&self) -> Result<String> {
        let answer =
            self.window.agent.get(format!("{}/{}", self.window.session, self.part("text"))).call()?;
        Ok(value(answer)?.as_str().unwrap_or_default().to_owned())
    }

    fn part(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }
}

/// What opens the window and passes on what is to be done in it. `tauri-driver` starts the web view's own driver,
/// which starts the app; a browser's starts the browser.
struct Driver {
    process: Pid,
    ended: Receiver<()>,
}

impl Driver {
    /// The command ends with this test, however the test ends.
    fn start(agent: &Agent, mut command: Command, port: u16) -> Result<Self> {
        command.stdout(Stdio::null());
        let mut child = command.spawn().context("the window's driver does not start")?;
        let (sender, ended) = channel();
        let driver = Self { process: Pid::from_child(&child), ended };
        thread::spawn(move || {
            // The sender goes when the driver has ended, however it did.
            let _ = child.wait();
            drop(sender);
        });
        driver.wait_until_it_answers(agent, port)?;
        Ok(driver)
    }

    /// It passes everything on to the web view's driver, which is there later: its status tells.
    fn wait_until_it_answers(&self, agent: &Agent, port: u16) -> Result<()> {
        let status = format!("http://127.0.0.1:{port}/status");
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if agent.get(&status).call().is_ok() {
                return Ok(());
            }
            ensure!(!self.ended_within(PAUSE), "the window's driver ended at once");
        }
        bail!("the window's driver does not answer")
    }

    fn ended_within(&self, time: Duration) -> bool {
        self.ended.recv_timeout(time) != Err(RecvTimeoutError::Timeout)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        for signal in [Signal::TERM, Signal::KILL] {
            // One that ended already needs no signal.
            let _ = kill_process(self.process, signal);
            if self.ended_within(PATIENCE) {
                return;
            }
        }
    }
}

/// Where the app over this data folder writes files for a person.
pub fn downloads_of(data: &Path) -> PathBuf {
    data.join("downloads")
}

/// A person's settings of the system, by which those files stay within the data folder.
fn config_of(data: &Path) -> Result<PathBuf> {
    let config = data.join("config");
    fs::create_dir_all(&config)?;
    let downloads = format!("XDG_DOWNLOAD_DIR=\"{}\"\n", downloads_of(data).display());
    fs::write(config.join("user-dirs.dirs"), downloads)?;
    Ok(config)
}

/// A program that whoever runs this test names.
fn named(variable: &str) -> Result<PathBuf> {
    let named = env::var_os(variable).with_context(|| {
        format!("{variable} is not set: this test opens a real window and is run by `cargo xtask test`")
    })?;
    let program = PathBuf::from(named);
    ensure!(program.exists(), "{variable} names {}, which is not there", program.display());
    Ok(program)
}

/// Waits until no app has this data folder's lock; a folder without one was never opened.
fn released(data: &Path) -> Result<()> {
    match File::open(data.join("lock")) {
        Ok(lock) => Ok(lock.lock()?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The process that was started with this argument. Those that a browser starts itself have a type.
fn process_with(mark: &OsStr) -> Result<Pid> {
    let argument = mark.as_encoded_bytes();
    for entry in fs::read_dir("/proc")?.flatten() {
        let id = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        // A process may end while it is looked at.
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words = || line.split(|byte| *byte == 0);
        if let Some(id) = id
            && words().any(|word| word == argument)
            && !words().any(|word| word.starts_with(b"--type="))
        {
            return Ok(id);
        }
    }
    bail!("no app runs with {}", mark.display())
}

/// Two at once, so that they differ.
fn free_ports() -> Result<[u16; 2]> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let second = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok([first.local_addr()?.port(), second.local_addr()?.port()])
}

/// A fault comes as a status and a body that says why; the body is what people need to read.
fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).proxy(None);
    config.timeout_global(Some(ANSWER_TIME)).build().into()
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
