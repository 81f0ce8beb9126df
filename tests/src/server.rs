//! The real server, as its keeper runs it: a process, a folder and a port.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Context, Result, bail, ensure};
use records::RecordId;
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use server::database::FILE_NAME;
use tempfile::TempDir;

/// Where the file to run is named.
const NAMED_BY: &str = "GRIDWALK_SERVER";

/// A server with the demo community. Dropping it kills it and takes its folder away.
pub struct ServerProcess {
    folder: TempDir,
    port: u16,
    /// By TLS, with an authority of its own.
    is_secure: bool,
    running: Option<Running>,
    /// Enrols the demo's grid worker, 周燕.
    pub worker_invitation: String,
    /// Enrols the demo's community staff, 陈静.
    pub staff_invitation: String,
}

struct Running {
    child: Child,
    /// A closed pipe would be a server whose keeper left.
    _said: BufReader<ChildStdout>,
}

impl ServerProcess {
    /// Starts a server over an empty folder and fills it with the demo community.
    ///
    /// # Errors
    /// When there is no binary, or it ends before it listens; the server's log is in the error.
    pub fn demo() -> Result<Self> {
        Self::demo_with(&["--demo"])
    }

    /// The same by TLS, with an authority that the server makes for itself.
    ///
    /// # Errors
    /// As [`ServerProcess::demo`].
    pub fn demo_by_tls() -> Result<Self> {
        Self::demo_with(&["--demo", "--tls"])
    }

    fn demo_with(options: &[&str]) -> Result<Self> {
        let folder = TempDir::new()?;
        let port = free_port()?;
        let (running, invitations) = start(folder.path(), port, options)?;
        let invitation = |role: &str| {
            let found =
                invitations.iter().find_map(|line| line.strip_prefix(&format!("invitation {role}: ")));
            found.map(str::to_owned).with_context(|| format!("no invitation for {role} in {invitations:?}"))
        };
        Ok(Self {
            worker_invitation: invitation("grid-worker")?,
            staff_invitation: invitation("community-staff")?,
            running: Some(running),
            folder,
            port,
            is_secure: options.contains(&"--tls"),
        })
    }

    /// Starts a server over an empty folder, and leaves it empty.
    ///
    /// # Errors
    /// As [`ServerProcess::demo`].
    pub fn empty() -> Result<Self> {
        Self::over(TempDir::new()?)
    }

    /// One over a folder that somebody filled.
    ///
    /// # Errors
    /// As [`ServerProcess::demo`].
    pub fn over(folder: TempDir) -> Result<Self> {
        let port = free_port()?;
        let (running, _) = start(folder.path(), port, &[])?;
        let (worker_invitation, staff_invitation) = (String::new(), String::new());
        let running = Some(running);
        Ok(Self { folder, port, is_secure: false, running, worker_invitation, staff_invitation })
    }

    /// Starts a server that is told everything by a settings file, but where to listen by a variable, which counts
    /// before the file. Answers also where its counts are read.
    ///
    /// # Errors
    /// As [`ServerProcess::demo`].
    pub fn by_settings() -> Result<(Self, String)> {
        let (folder, port, metrics) = (TempDir::new()?, free_port()?, free_port()?);
        let file = folder.path().join("gridwalk.toml");
        let data = folder.path().display();
        let settings = format!("data = '{data}'\nlisten = '127.0.0.1:1'\nmetrics = '127.0.0.1:{metrics}'\n");
        fs::write(&file, settings)?;
        let mut command = Command::new(binary()?);
        command.args(["run", "--config"]).arg(file).env("GRIDWALK_LISTEN", format!("127.0.0.1:{port}"));
        let (running, _) = begin(command, folder.path(), 0)?;
        let (worker_invitation, staff_invitation) = (String::new(), String::new());
        let running = Some(running);
        let server = Self { folder, port, is_secure: false, running, worker_invitation, staff_invitation };
        Ok((server, format!("http://127.0.0.1:{metrics}/metrics")))
    }

    /// Where it keeps its data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where devices reach it, also while it is stopped.
    pub fn address(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// When it does not end well.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        kill_process(Pid::from_child(&running.child), Signal::TERM)?;
        let status = running.child.wait()?;
        ensure!(status.success(), "the server ended with {status}; its log:\n{}", log(self.folder.path()));
        Ok(())
    }

    /// Takes its power away (SIGKILL).
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn kill(&mut self) -> Result<()> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        running.child.kill()?;
        running.child.wait()?;
        Ok(())
    }

    /// The process, for a power cut at a moment that somebody else chooses.
    pub fn process(&self) -> Option<Pid> {
        self.running.as_ref().map(|running| Pid::from_child(&running.child))
    }

    /// Starts it over the same folder and port.
    ///
    /// # Errors
    /// As [`ServerProcess::demo`].
    pub fn start_again(&mut self) -> Result<()> {
        self.kill()?;
        let options: &[&str] = if self.is_secure { &["--tls"] } else { &[] };
        self.running = Some(start(self.folder.path(), self.port, options)?.0);
        Ok(())
    }

    /// Starts it over the same folder and port, renewing every token at the next contact.
    ///
    /// # Errors
    /// As [`ServerProcess::demo`].
    pub fn start_again_renewing_tokens(&mut self) -> Result<()> {
        self.kill()?;
        self.running = Some(start(self.folder.path(), self.port, &["--token-days", "0"])?.0);
        Ok(())
    }

    /// Starts it over the same folder and port, with the app for browsers from a folder.
    ///
    /// # Errors
    /// As [`ServerProcess::demo`].
    pub fn start_again_with_pages(&mut self, pages: &Path) -> Result<()> {
        self.kill()?;
        let pages = pages.to_str().context("a path is text")?;
        self.running = Some(start(self.folder.path(), self.port, &["--pages", pages])?.0);
        Ok(())
    }

    /// What its keeper copies away at night, while it is stopped.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn backup(&mut self) -> Result<TempDir> {
        self.stop()?;
        let backup = TempDir::new()?;
        fs::copy(self.folder.path().join(FILE_NAME), backup.path().join(FILE_NAME))?;
        self.start_again()?;
        Ok(backup)
    }

    /// Puts a backup in the place of its database.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn go_back_to(&mut self, backup: &TempDir) -> Result<()> {
        self.stop()?;
        fs::copy(backup.path().join(FILE_NAME), self.folder.path().join(FILE_NAME))?;
        self.start_again()
    }

    /// Invites one more device, for a colleague who is new or known.
    ///
    /// # Errors
    /// What the command says.
    pub fn invite(&self, role: &str, area: &str, name: &str) -> Result<String> {
        self.invite_to(&self.address(), role, area, name)
    }

    /// The same, for a device that reaches the server at another address.
    ///
    /// # Errors
    /// What the command says.
    pub fn invite_to(&self, url: &str, role: &str, area: &str, name: &str) -> Result<String> {
        let said = self.command("invite", &["--role", role, "--area", area, "--name", name, "--url", url])?;
        Ok(said.trim().to_owned())
    }

    /// How many files lie in the folder of attachments, and how many bytes.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn attachments(&self) -> Result<(usize, u64)> {
        let mut folders = vec![self.folder.path().join("attachments")];
        let mut found = (0, 0);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                match entry.file_type()?.is_dir() {
                    true => folders.push(entry.path()),
                    false => found = (found.0 + 1, found.1 + entry.metadata()?.len()),
                }
            }
        }
        Ok(found)
    }

    /// Answers a file that came on a stick.
    ///
    /// # Errors
    /// What the command says.
    pub fn courier(&self, question: &[u8]) -> Result<Vec<u8>> {
        let stick = TempDir::new()?;
        let (came, goes) = (stick.path().join("question.gwcourier"), stick.path().join("answer.gwcourier"));
        fs::write(&came, question)?;
        self.command("courier", &[&came.to_string_lossy(), &goes.to_string_lossy()])?;
        Ok(fs::read(goes)?)
    }

    /// What the server holds now.
    ///
    /// # Errors
    /// What the command says.
    pub fn count(&self) -> Result<Counts> {
        let mut counts = Counts::default();
        for line in self.command("count", &[])?.lines() {
            let line: CountLine = serde_json::from_str(line).with_context(|| line.to_owned())?;
            *counts.0.entry(line.name).or_default() += line.count;
        }
        Ok(counts)
    }

    /// Takes a record to another area with everything that belongs to it; how many records moved.
    ///
    /// # Errors
    /// What the command says.
    pub fn relocate(&self, record: RecordId, to: &str) -> Result<usize> {
        let said: Moved = serde_json::from_str(&self.command("move", &[&record.to_string(), "--to", to])?)?;
        Ok(said.moved)
    }

    /// Late commits that wait for a decision, oldest first.
    ///
    /// # Errors
    /// What the command says.
    pub fn quarantined(&self) -> Result<Vec<Late>> {
        let said = self.command("quarantine", &["list"])?;
        said.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
    }

    /// Accepts a late commit; what became of it.
    ///
    /// # Errors
    /// What the command says.
    pub fn accept(&self, late: &Late) -> Result<String> {
        let said: Decision = serde_json::from_str(&self.command("quarantine", &["accept", &late.id])?)?;
        Ok(said.outcome)
    }

    /// What its keeper does with a command; what that says.
    ///
    /// # Errors
    /// What the command says.
    pub fn keeper(&self, command: &str, arguments: &[&str]) -> Result<String> {
        self.command(command, arguments)
    }

    fn command(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(binary()?);
        let output = command.arg(name).args(arguments).arg("--data").arg(self.folder.path()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{name}` ended with {}: {said}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // A server that is gone already needs no end.
        let _ = self.kill();
    }
}

#[derive(Deserialize)]
struct Moved {
    moved: usize,
}

/// A late commit.
#[derive(Debug, Clone, Deserialize)]
pub struct Late {
    id: String,
    /// Who made it.
    pub person: String,
    /// How many changes of each type.
    pub changes: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Decision {
    outcome: String,
}

/// Records by kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts(BTreeMap<String, i64>);

#[derive(Deserialize)]
struct CountLine {
    name: String,
    count: i64,
}

impl Counts {
    /// Kinds of which there are more or fewer than before, and by how many.
    pub fn since(&self, before: &Self) -> BTreeMap<String, i64> {
        let kinds = self.0.keys().chain(before.0.keys());
        let grown = kinds.map(|kind| (kind.clone(), self.of(kind) - before.of(kind)));
        grown.filter(|(_, by)| *by != 0).collect()
    }

    /// Records of this kind.
    pub fn of(&self, kind: &str) -> i64 {
        self.0.get(kind).copied().unwrap_or(0)
    }
}

/// What [`Counts::since`] is to be: so many more of each kind, and of no other.
pub fn more<const N: usize>(kinds: [(&str, i64); N]) -> BTreeMap<String, i64> {
    kinds.into_iter().filter(|(_, by)| *by != 0).map(|(kind, by)| (kind.to_owned(), by)).collect()
}

/// Starts the binary and waits for the line that says that it listens; what it said after that.
fn start(folder: &Path, port: u16, options: &[&str]) -> Result<(Running, Vec<String>)> {
    let mut command = Command::new(binary()?);
    command.args(["run", "--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(folder).args(options);
    begin(command, folder, if options.contains(&"--demo") { 2 } else { 0 })
}

/// Runs a command and waits for the line that says that it listens; so many lines that it says after that.
fn begin(mut command: Command, folder: &Path, lines: usize) -> Result<(Running, Vec<String>)> {
    command.stdout(Stdio::piped()).stderr(File::options().create(true).append(true).open(log_file(folder))?);
    let mut child = command.spawn().context("the server does not start")?;
    let mut said = BufReader::new(child.stdout.take().context("its output was piped")?);
    let listens = next_line(&mut said)?;
    if !listens.starts_with("listening on ") {
        // It is ending by itself, and its log says why.
        child.wait()?;
        bail!("the server said {listens:?} instead of listening; its log:\n{}", log(folder));
    }
    let lines = (0..lines).map(|_| next_line(&mut said)).collect::<Result<_>>()?;
    Ok((Running { child, _said: said }, lines))
}

fn next_line(said: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    said.read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

fn log(folder: &Path) -> String {
    fs::read_to_string(log_file(folder)).unwrap_or_default()
}

/// The binary that is named, or the one that was built beside this test.
fn binary() -> Result<PathBuf> {
    if let Some(named) = env::var_os(NAMED_BY) {
        return Ok(named.into());
    }
    let test = env::current_exe()?;
    let built = test.ancestors().nth(2).context("a test lies in target/<profile>/deps")?;
    let binary = built.join("gridwalk-server").with_extension(env::consts::EXE_EXTENSION);
    if !binary.exists() {
        bail!(
            "no server at {}: build it (`cargo build -p server`) or name it in {NAMED_BY}",
            binary.display()
        );
    }
    Ok(binary)
}

/// A port below those the system hands out, so that it stays ours while the server is stopped.
/// Tests run side by side, each in a process of its own.
fn free_port() -> Result<u16> {
    const FIRST: u16 = 10_000;
    const PORTS: u16 = 20_000;
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id().wrapping_mul(37) % u32::from(PORTS))?;
    for _ in 0..PORTS {
        let port = FIRST + (start + TAKEN.fetch_add(1, Ordering::Relaxed)) % PORTS;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port")
}
