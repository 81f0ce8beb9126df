//! The device's process, as the one who kills it sees it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::Pid;
use tempfile::TempDir;

/// The name of the command that starts it.
pub const COMMAND: &str = "device";

/// A folder with a device's data, and the process that works on it, if there is one.
pub struct DeviceProcess {
    folder: TempDir,
    running: Option<Running>,
    starts: u64,
}

struct Running {
    child: Child,
    orders: ChildStdin,
    says: BufReader<ChildStdout>,
}

/// Something the person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The line the process reads.
    pub line: String,
    /// Whether the process said that it was saved.
    pub is_saved: bool,
}

impl DeviceProcess {
    /// Over a folder in which a device was enrolled.
    pub fn new(folder: TempDir) -> Self {
        Self { folder, running: None, starts: 0 }
    }

    /// Where it keeps its data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process, started where there is none.
    ///
    /// # Errors
    /// When it does not start or its data cannot be opened.
    pub fn process(&mut self, now_ms: i64) -> Result<Pid> {
        if self.running.is_none() {
            self.starts += 1;
            self.running = Some(start(self.folder.path().to_owned(), self.starts, now_ms)?);
        }
        let running = self.running.as_ref().context("just started")?;
        Ok(Pid::from_child(&running.child))
    }

    /// Gives orders, and marks those of which it says that they are saved. After so many words it is killed.
    /// Whether it is alive.
    ///
    /// # Errors
    /// When it ends by itself.
    pub fn does(&mut self, orders: &mut [Order], killed_after: Option<usize>) -> Result<bool> {
        let Some(mut running) = self.running.take() else { return Ok(false) };
        let lines: String = orders.iter().map(|order| format!("{}\n", order.line)).collect();
        // A process that was killed reads nothing more.
        let _ = running.orders.write_all(lines.as_bytes());
        let (mut words, mut ended) = (0, 0);
        while ended < orders.len() {
            if killed_after == Some(words) {
                running.child.kill()?;
            }
            match running.word()?.as_str() {
                "saved" => orders[ended].is_saved = true,
                "end" => ended += 1,
                "" => {
                    running.is_killed()?;
                    return Ok(false);
                }
                _ => {}
            }
            words += 1;
        }
        self.running = Some(running);
        Ok(true)
    }

    /// Kills it, if it is there.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn kill(&mut self) -> Result<()> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        running.child.kill()?;
        running.child.wait()?;
        Ok(())
    }
}

impl Drop for DeviceProcess {
    fn drop(&mut self) {
        // A process that is gone already needs no end.
        let _ = self.kill();
    }
}

impl Running {
    /// What it says next; nothing when it is gone.
    fn word(&mut self) -> Result<String> {
        let mut line = String::new();
        self.says.read_line(&mut line)?;
        // A word that was cut off was not said.
        Ok(line.strip_suffix('\n').unwrap_or_default().to_owned())
    }

    /// Nothing but a signal may end it.
    fn is_killed(&mut self) -> Result<()> {
        let status = self.child.wait()?;
        anyhow::ensure!(status.code().is_none(), "the device ended by itself, with {status}");
        Ok(())
    }
}

fn start(folder: PathBuf, starts: u64, now_ms: i64) -> Result<Running> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(COMMAND).arg(folder).args([starts.to_string(), now_ms.to_string()]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let orders = child.stdin.take().context("its input was piped")?;
    let says = BufReader::new(child.stdout.take().context("its output was piped")?);
    let mut running = Running { child, orders, says };
    anyhow::ensure!(running.word()? == "open", "the device's data does not open");
    Ok(running)
}
