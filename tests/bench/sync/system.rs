//! A server and its devices, each a process of its own: ours and two others.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::counted::{CountedRoad, Passed};
use super::now_ms;
use super::rows::{AREA, PEOPLE, Size, export, fill};
use crate::running::Running;
use crate::usage;

/// Whose server and device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum System {
    /// This project's.
    #[default]
    Ours,
    /// Anki's sync server with its own client library.
    Anki,
    /// express-pouchdb and PouchDB, both over LevelDB.
    PouchDb,
}

impl System {
    /// Name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "gridwalk",
            Self::Anki => "Anki",
            Self::PouchDb => "PouchDB",
        }
    }

    /// Makes the folder that every run's server begins with.
    pub fn seeded(self, size: Size, rows: &Path) -> Result<TempDir> {
        let folder = TempDir::new()?;
        match self {
            Self::Ours => fill(folder.path(), size, now_ms())?,
            Self::Anki | Self::PouchDb => {
                let server = Server::start(self, folder.path())?;
                let mut device = Device::start(self, &server, 0)?;
                device.tell(&format!("seed {}", rows.display()))?;
            }
        }
        Ok(folder)
    }

    fn server(self, folder: &Path, address: SocketAddr) -> Result<Command> {
        Ok(match self {
            Self::Ours => {
                let mut server = Command::new(named("GRIDWALK_SERVER")?);
                server.args(["run", "--listen", &address.to_string(), "--data"]).arg(folder);
                server
            }
            Self::Anki => {
                let mut server = Command::new(named("GRIDWALK_BENCH_ANKI")?);
                server.args(["-m", "anki.syncserver"]).env("SYNC_USER1", "u:p").env("SYNC_BASE", folder);
                server.env("SYNC_HOST", address.ip().to_string()).env("RUST_LOG", "anki=info");
                server.env("SYNC_PORT", address.port().to_string());
                server
            }
            Self::PouchDb => {
                let mut server = pouchdb()?;
                server.arg("serve").arg(folder).arg(address.to_string());
                server
            }
        })
    }

    /// A device with a folder of its own; whatever it needs to be let in is arranged here.
    fn device(self, server: &Server, person: usize, folder: &Path) -> Result<Command> {
        Ok(match self {
            Self::Ours => {
                let mut device = Command::new(env::current_exe()?);
                device.arg("sync-device").arg(invitation(server, person)?);
                device
            }
            Self::Anki => {
                let mut device = Command::new(named("GRIDWALK_BENCH_ANKI")?);
                device.arg(script("anki_peer.py")).arg(folder).arg(format!("http://{}/", server.reached()));
                device
            }
            Self::PouchDb => {
                let mut device = pouchdb()?;
                device.arg("device").arg(folder).arg(format!("http://{}", server.reached()));
                device
            }
        })
    }
}

/// Node finds packages beside the script it runs, and these are elsewhere.
fn pouchdb() -> Result<Command> {
    let mut node = Command::new("node");
    node.arg(script("pouchdb_peer.js")).env("NODE_PATH", named("GRIDWALK_BENCH_POUCHDB")?);
    Ok(node)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/peers").join(name)
}

fn named(variable: &str) -> Result<PathBuf> {
    let named = env::var_os(variable).with_context(|| format!("{variable} names nothing"))?;
    Ok(named.into())
}

fn invitation(server: &Server, person: usize) -> Result<String> {
    let mut invite = Command::new(named("GRIDWALK_SERVER")?);
    invite.args(["invite", "--role", "community-staff", "--area", AREA, "--name", PEOPLE[person]]);
    invite.args(["--url", &format!("http://{}", server.reached()), "--data"]).arg(&server.folder);
    let said = invite.output()?;
    let said = String::from_utf8(said.stdout)?;
    let link = said.split_whitespace().find(|word| word.contains("://"));
    link.map(str::to_owned).with_context(|| format!("no invitation in {said:?}"))
}

/// A running server.
pub struct Server {
    folder: PathBuf,
    address: SocketAddr,
    road: Option<CountedRoad>,
    running: Running,
}

impl Server {
    /// Starts it over this folder and waits until it listens.
    pub fn start(system: System, folder: &Path) -> Result<Self> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let running = Running::start(&mut system.server(folder, free)?, &folder.join("bench.log"))?;
        Ok(Self { folder: folder.to_owned(), address: free, road: None, running })
    }

    /// From now on devices reach it over a road that counts.
    pub fn count(&mut self) -> Result<()> {
        self.road = Some(CountedRoad::to(self.address)?);
        Ok(())
    }

    /// What passed, where it is counted.
    pub fn passed(&self) -> Passed {
        self.road.as_ref().map(CountedRoad::passed).unwrap_or_default()
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.running.process()
    }

    fn reached(&self) -> SocketAddr {
        self.road.as_ref().map_or(self.address, |road| road.address)
    }
}

/// A running device.
pub struct Device {
    child: Child,
    orders: ChildStdin,
    said: BufReader<ChildStdout>,
    _folder: TempDir,
}

/// What a device says after an order.
#[derive(Debug, Clone, Copy, Deserialize, Default)]
pub struct Said {
    /// What the order took, ms.
    #[serde(default)]
    pub ms: f64,
    /// What a query found.
    #[serde(default)]
    pub found: usize,
    /// Bytes of new text.
    #[serde(default)]
    pub bytes: usize,
    /// Bytes of requests and answers without the heads of HTTP, where the device knows them.
    #[serde(default)]
    pub bodies: Option<[usize; 2]>,
}

/// One order carried out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    /// What the device said.
    pub said: Said,
    /// What passed between it and the server.
    pub passed: Passed,
    /// Processor time of both.
    pub cpu: Duration,
}

impl Device {
    /// Starts the device of this person and waits until it is enrolled or logged in.
    pub fn start(system: System, server: &Server, person: usize) -> Result<Self> {
        let folder = TempDir::new()?;
        let mut command = system.device(server, person, folder.path())?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("no device")?;
        let orders = child.stdin.take().context("its input was piped")?;
        let said = BufReader::new(child.stdout.take().context("its output was piped")?);
        let mut device = Self { child, orders, said, _folder: folder };
        let greeting = device.line()?;
        ensure!(greeting == "ready", "{system:?}'s device said {greeting:?}");
        Ok(device)
    }

    /// Gives an order and waits for its answer.
    pub fn tell(&mut self, order: &str) -> Result<Said> {
        writeln!(self.orders, "{order}")?;
        let line = self.line()?;
        let said: Value = serde_json::from_str(&line).with_context(|| format!("{order}: {line:?}"))?;
        Ok(Said::deserialize(said)?)
    }

    /// The same, with what it cost.
    pub fn measure(&mut self, server: &Server, order: &str) -> Result<Done> {
        let processes = [server.process(), self.process()];
        let spent = || processes.iter().map(|process| usage::cpu(*process)).sum::<Duration>();
        let (passed, cpu) = (server.passed(), spent());
        let said = self.tell(order)?;
        Ok(Done { said, passed: server.passed().since(passed), cpu: spent().saturating_sub(cpu) })
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.said.read_line(&mut line)? == 0 {
            bail!("the device ended");
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A copy of a seeded folder, which a run may change.
pub fn copied(seeded: &Path) -> Result<TempDir> {
    let copy = TempDir::new()?;
    copy_into(seeded, copy.path())?;
    Ok(copy)
}

fn copy_into(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy_into(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The rows as text: a file, and how many bytes.
pub fn exported(seeded: &Path) -> Result<(tempfile::NamedTempFile, usize)> {
    let file = tempfile::NamedTempFile::new()?;
    let bytes = export(seeded, file.path())?;
    Ok((file, bytes))
}
